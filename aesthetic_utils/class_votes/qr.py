"""The address of a room as a QR code, for the wall and for the terminal."""

import io

import segno

BORDER = 4  # modules of white around it, as ISO/IEC 18004 asks for


def qr_svg(text: str) -> str:
    """A QR code as one SVG element, dark on light, one unit a module; its size is left to the page."""
    out = io.BytesIO()
    _made(text).save(
        out, kind="svg", border=BORDER, light="#fff", omitsize=True, xmldecl=False, nl=False
    )
    return out.getvalue().decode("utf-8")


def qr_text(text: str) -> str:
    """A QR code in half blocks, for a terminal that writes light on dark."""
    out = io.StringIO()
    _made(text).terminal(out, border=BORDER, compact=True)
    return out.getvalue()


def _made(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="m")
