"""Pictures: light, sized, lazy, with alternative text, and for dark pages a version of their own.

- Pictures of notebooks become WebP, twice as wide as they are shown. Their alternative text stands in the
  metadata of the cell (`mystnb.image.alt`); one without is a warning, and so stops a strict build.
- A picture with a twin for dark pages stands twice in the page, and the stylesheet shows one of the two: for
  drawings of the pages the twin is made by dark_svg, for figures of lessons from the patch that
  `make publish` stores beside them (aesthetic_utils/dark.py, which this extension shares).
- Each is loaded when it comes near the screen, keeps its place until then, and opens large in a click.
- `--least`, in the style of its link, is the width under which its smallest type would fall below 9 pixels: on a phone a
  picture that is wider scrolls instead of shrinking further.

What is encoded is kept in _build/pictures, by its content, from one build to the next.
"""

from __future__ import annotations

import hashlib
import html
import importlib.util
import io
import json
import re
from base64 import b64decode, b64encode
from functools import cache
from pathlib import Path
from typing import Any

from dark_svg import dark_twin
from docutils import nodes
from myst_nb.core import render
from PIL import Image
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
PICTURES = {"image/png", "image/jpeg", "image/gif", "image/svg+xml"}
SMALLEST = 9  # CSS pixels of type on a phone
QUALITY = 86
LINES = 0.03  # bytes a pixel without loss; below, of 212 pictures none was lighter with loss
SHEET = 560  # pixels; a wider picture of a page is a sheet of many, which a phone shows this wide


@cache
def dark() -> Any:
    """aesthetic_utils/dark.py by itself: the package around it would import PyTorch."""
    path = Path(__file__).parents[2] / "aesthetic_utils" / "dark.py"
    spec = importlib.util.spec_from_file_location("aesthetic_dark", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---- alternative text


class AltText:
    """A MyST-NB mime renderer: the built-in picture, if it has an alternative text."""

    mime_priority_overrides = ()

    @staticmethod
    def handle_mime(
        renderer: render.NbElementRenderer, data: render.MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        if data.mime_type == dark().DARK_TWIN:
            return []  # not a picture of its own
        if data.mime_type not in PICTURES:
            return None  # not ours: the built-in renderers go on
        pictures = renderer.render_image(data)
        about = data.output_metadata.get(data.mime_type, {})
        for picture in pictures:
            if not str(picture.get("alt", "")).strip():
                renderer.logger.warning(
                    "a picture without alt text: put it into the cell's metadata, mystnb.image.alt",
                    subtype="image",
                    line=data.line,
                )
            if "smallest_type" in about:
                picture["smallest_type"] = float(about["smallest_type"])
        return pictures


# ---- files


def place(app: Any, name: str) -> Path:
    """Where the picture cache has a file."""
    return Path(app.srcdir) / "_build" / "pictures" / name


def store(app: Any, name: str, content: bytes) -> Path:
    """A file of the picture cache; a build that is killed leaves none half-written."""
    path = place(app, name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{name}")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return path


def webp(image: Image.Image, quality: int = QUALITY) -> bytes:
    """The lighter of two encodings: without loss, which suits lines, or with some, which suits photographs."""
    lossless, lossy = io.BytesIO(), io.BytesIO()
    image.save(lossless, "webp", lossless=True, quality=40, method=1, exact=False)
    if lossless.tell() < max(12_000, LINES * image.width * image.height):
        return lossless.getvalue()
    image.save(lossy, "webp", quality=quality, method=4, alpha_quality=90)
    return min(lossless.getvalue(), lossy.getvalue(), key=len)


def converted(app: Any, png: bytes, patch: bytes | None) -> list[Path]:
    """The WebP files of a PNG: one, or a light and a dark one where there is a patch for the dark."""
    key = hashlib.sha256(png + (patch or b"") + bytes([QUALITY, 2])).hexdigest()[:16]
    names = [f"{key}.webp"] if patch is None else [f"{key}-light.webp", f"{key}-dark.webp"]
    paths = [place(app, name) for name in names]
    if not all(path.exists() for path in paths):
        images = [Image.open(io.BytesIO(png))] if patch is None else dark().versions(png, patch)
        paths = [store(app, n, webp(i)) for n, i in zip(names, images, strict=True)]
    return paths


def patches(notebook: Path) -> dict[str, bytes]:
    """The patches for the dark of a notebook's pictures, by the SHA-256 of the picture."""
    found = {}
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data and dark().DARK_TWIN in data:
                png = b64decode("".join(data["image/png"]))
                found[hashlib.sha256(png).hexdigest()] = b64decode("".join(data[dark().DARK_TWIN]))
    return found


def svg_facts(text: str) -> tuple[tuple[float, float] | None, float | None]:
    """Width and height in CSS pixels, and the smallest type in points, as the root element says."""
    root = re.search(r"<svg\b[^>]*>", text)[0]
    sides = [re.search(rf'\b{side}="([\d.]+)(pt|px)?"', root) for side in ("width", "height")]
    smallest = re.search(r'data-smallest-type="([\d.]+)"', root)
    size = None
    if all(sides):
        size = tuple(float(s[1]) * (4 / 3 if s[2] == "pt" else 1) for s in sides)
    return size, float(smallest[1]) if smallest else None


EMBEDDED = re.compile(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]{8000,})")


def with_light_photographs(svg: str) -> str:
    """A drawing whose embedded pictures are WebP where that is lighter."""

    def recoded(match: re.Match) -> str:
        png = b64decode(re.sub(r"\s", "", match[1]))
        light = webp(Image.open(io.BytesIO(png)), quality=76)
        if len(light) >= len(png):
            return match[0]
        return f"data:image/webp;base64,{b64encode(light).decode()}"

    return EMBEDDED.sub(recoded, svg)


# ---- the transform


class Versions(SphinxTransform):
    """Gives each picture its size and, where there is one, its twin for dark pages."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        source = Path(self.env.doc2path(self.env.docname))
        twins = patches(source) if source.suffix == ".ipynb" else {}
        for number, figure in enumerate(self.document.findall(nodes.figure), start=1):
            if not figure["ids"]:  # without one a figure gets no number
                figure["ids"].append(f"figure-{number}")
        for picture in list(self.document.findall(nodes.image)):
            relative, path = self.env.relfn2path(picture["uri"], self.env.docname)
            if Path(path).is_file():
                self.replace(picture, Path(path), twins)

    def replace(self, picture: nodes.image, path: Path, twins: dict[str, bytes]) -> None:
        smallest = picture.get("smallest_type")
        if path.suffix == ".svg":
            text = path.read_text("utf-8")
            size, smallest = svg_facts(text)
            wide = re.fullmatch(r"([\d.]+)px", str(picture.get("width", "")))
            if size and wide:  # the page asks for another width
                scale = float(wide[1]) / size[0]
                size = (size[0] * scale, size[1] * scale)
                smallest = smallest and smallest * scale
            files = self.drawn(path, text)
        elif path.suffix == ".png":
            png = path.read_bytes()
            size = Image.open(io.BytesIO(png)).size
            size = tuple(
                float(picture.get(s, n)) for s, n in zip(("width", "height"), size, strict=True)
            )
            files = converted(self.app, png, twins.get(hashlib.sha256(png).hexdigest()))
        else:  # a sheet of many small pictures: on a phone it scrolls, too
            size, files = Image.open(path).size, [path]
            picture["least"] = SHEET if size[0] > SHEET else None
        new = [self.image(picture, file, size, smallest) for file in files]
        if len(new) == 2:
            new[0]["classes"], new[1]["classes"] = ["on-light"], ["on-dark"]
        picture.replace_self(new)

    def drawn(self, path: Path, text: str) -> list[Path]:
        """A drawing as it is, and its twin, if the two differ."""
        light = with_light_photographs(text)
        if light != text:
            key = hashlib.sha256(light.encode()).hexdigest()[:8]
            path = store(self.app, f"{path.stem}-{key}.svg", light.encode())
        twin = dark_twin(light)
        if twin == light:
            return [path]
        key = hashlib.sha256(twin.encode()).hexdigest()[:8]
        return [path, store(self.app, f"{path.stem}-dark-{key}.svg", twin.encode())]

    def image(self, old: nodes.image, file: Path, size: Any, smallest: float | None) -> nodes.image:
        address = "/" + file.resolve().relative_to(Path(self.app.srcdir).resolve()).as_posix()
        new = nodes.image(uri=address, alt=old.get("alt", ""))
        new.source, new.line = old.source, old.line
        new["classes"] = list(old["classes"])
        if size:
            new["pixels"] = [round(side) for side in size]
            if smallest:  # its size in CSS pixels, where the picture is shown at its full width
                shown = smallest * (96 if file.suffix == ".svg" else 100) / 72
                new["least"] = round(size[0] * min(SMALLEST / shown, 1))
            elif old.get("least"):
                new["least"] = old["least"]
        return new


# ---- HTML


def visit_image(translator: HTML5Translator, node: nodes.image) -> None:
    """Sphinx calls this for each picture; those that Versions did not see stay as they were."""
    if "pixels" not in node:
        HTML5Translator.visit_image(translator, node)
        return
    name = translator.builder.images.get(node["uri"])
    address = f"{translator.builder.imgpath}/{name}" if name else node["uri"]
    width, height = node["pixels"]
    least = f' style="--least:{node["least"]}px"' if "least" in node else ""
    inside = isinstance(node.parent, nodes.reference)  # it leads somewhere else already
    classes = [*node["classes"]] if inside else ["picture", *node["classes"]]
    named = f' class="{" ".join(classes)}"' if classes else ""
    image = (
        f'<img src="{address}" alt="{html.escape(node["alt"])}" width="{width}" height="{height}"'
        f' loading="lazy" decoding="async"{named if inside else ""} />'
    )
    if not inside:
        image = f'<a{named} href="{address}"{least}>{image}</a>'
    translator.body.append(image)


def depart_image(translator: HTML5Translator, node: nodes.image) -> None:
    """Sphinx calls this."""
    if "pixels" not in node:
        HTML5Translator.depart_image(translator, node)


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    # MyST-NB finds its plug-ins among the entry points of installed packages only; a book's own
    # extension is none, so it joins the list as the list is read.
    installed = render.load_mime_renders
    if not getattr(installed, "has_alt_text", False):

        def with_alt_text() -> list:
            return [AltText, *installed()]

        with_alt_text.has_alt_text = True
        render.load_mime_renders = with_alt_text
    app.add_transform(Versions)
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
