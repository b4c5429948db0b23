"""The address of a room as a QR code, for the wall and for the terminal."""

import io

import segno

BORDER = 4  # modules of white around it, as ISO/IEC 18004 asks for
LIGHT_ON_DARK, PLAIN = "\x1b[97;40m", "\x1b[0m"  # what ECMA-48 terminals are told


def qr_svg(text: str) -> str:
    """A QR code as one SVG element, dark on light, one unit a module; its size is left to the page."""
    out = io.BytesIO()
    _made(text).save(
        out, kind="svg", border=BORDER, light="#fff", omitsize=True, xmldecl=False, nl=False
    )
    return out.getvalue().decode("utf-8")


def qr_text(text: str, *, colours: bool = False) -> str:
    """A QR code in half blocks, for a terminal that writes light on dark; with colours each line says that it does."""
    out = io.StringIO()
    _made(text).terminal(out, border=BORDER, compact=True)
    if not colours:
        return out.getvalue()
    return "".join(f"{LIGHT_ON_DARK}{line}{PLAIN}\n" for line in out.getvalue().splitlines())


def _made(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="m")
