"""Set5, the five pictures on which super-resolution is compared.

Bevilacqua, Roumy, Guillemot & Alberi-Morel (2012), "Low-Complexity Single-Image Super-Resolution
Based on Nonnegative Neighbor Embedding", https://doi.org/10.5244/C.26.135. The pictures are not
free to pass on, so they do not come with this package.
"""

import hashlib
from pathlib import Path

from PIL import Image
from torch import Tensor

from aesthetic_utils.data.download import MissingDataError, data_root, fetch
from aesthetic_utils.data.images import ImageError, read_image

Table = dict[str, tuple[int, int, str]]  # name -> width, height, hash of the pixels
ENDINGS = (".png", ".bmp")

# Each picture's width, height and the SHA-256 of its decoded pixels (rows of red, green, blue
# bytes): the same under any file name and any compression.
SET5: Table = {
    "baby": (512, 512, "f14d515486b1a110a8f6a08b23114a7c0ef79e96337692bb48e24dfd8943b3b7"),
    "bird": (288, 288, "0f7ca11adc96abc59dd08160fb99dc77a3732ffc7b903db6832eceeb5592dcbf"),
    "butterfly": (256, 256, "200d3ae507119f83763ea74f31f54de31cad6a36ec478cae7a8eab2de2304163"),
    "head": (280, 280, "1aca63a883d2cabd7a143dd452427305ca9fa8ab965d7202d9081fcce5cbd508"),
    "woman": (228, 344, "6d9d5a40b83984bde434c44ae6e070484ec37b15741b4561c684b2001deb474f"),
}
# Huang, Singh & Ahuja (2015) republished the sets they compare on; one commit, so that what is
# behind the address cannot change.
SET5_URL = (
    "https://raw.githubusercontent.com/jbhuang0604/SelfExSR/"
    "18e00f2d1bd3941e9b8d4895d3541543ad86d5b2/data/Set5/image_SRF_4/img_{number:03d}_SRF_4_HR.png"
)


def load_set5(
    root: str | Path | None = None,
    download: bool = False,
    *,
    table: Table = SET5,
    url: str = SET5_URL,
) -> list[tuple[str, Tensor]]:
    """The five pictures in full size: baby, bird, butterfly, head, woman.

    Gives pairs of a name and an image, uint8 `[3, H, W]`, values 0 to 255.

    root        a folder of PNG or BMP files under any names, or one that holds a folder `Set5`;
                without it the environment's AESTHETIC_DATA, or ~/.cache/aesthetic_utils
    download    fetch the pictures (0.9 MB) to `root`/Set5 when they are not there
    table, url  the pictures' sizes and hashes, and their address; tests use others

    A picture is known by its pixels, so low-resolution copies beside it do not disturb, and a
    cropped or recompressed one is not taken for it: figures on it could not be compared with
    published ones. Raises MissingDataError, or DownloadError when it cannot be fetched.
    """
    root = data_root(root)
    found, impostors = _search(root, table)
    if download:
        for number, name in enumerate(table, start=1):
            if name not in found:
                found[name] = _download(root, name, url.format(number=number), table)
    missing = [name for name in table if name not in found]
    if missing:
        raise MissingDataError(_missing(root, missing, impostors))
    return [(name, found[name]) for name in table]


def pixel_hash(image: Tensor) -> str:
    """SHA-256 of an image uint8 [3, H, W] as rows of red, green, blue bytes."""
    return hashlib.sha256(image.permute(1, 2, 0).contiguous().numpy().tobytes()).hexdigest()


def _search(root: Path, table: Table) -> tuple[dict[str, Tensor], list[Path]]:
    """The pictures by name, and the files that look like one by size alone."""
    sizes = {(width, height) for width, height, _ in table.values()}
    names = {digest: name for name, (_, _, digest) in table.items()}
    found, impostors = {}, []
    for path in _candidates(root):
        if _size(path) not in sizes:  # from the header alone; most files need no decoding
            continue
        try:
            image = read_image(path)
            found[names[pixel_hash(image)]] = image
        except (ImageError, KeyError):
            impostors.append(path)
    return found, impostors


def _candidates(root: Path) -> list[Path]:
    folders = [*root.glob("*/"), *root.glob("*/*/")]
    files = [*root.glob("*")]
    for folder in folders:
        if folder.name.lower() == "set5":
            files += folder.rglob("*")
    return sorted(path for path in files if path.suffix.lower() in ENDINGS)


def _size(path: Path) -> tuple[int, int] | None:
    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, Image.DecompressionBombError):  # not an image, or not one of these
        return None


def _download(root: Path, name: str, url: str, table: Table) -> Tensor:
    def verify(path: Path) -> str | None:
        try:
            right = pixel_hash(read_image(path)) == table[name][2]
        except ImageError as error:
            return str(error)
        return None if right else f"its pixels are not those of {name!r}"

    path = root / "Set5" / f"{name}.png"
    fetch(url, path, sha256=None, offline_hint=f"Without one: {_how_to_place(root)}", verify=verify)
    return read_image(path)


def _missing(root: Path, missing: list[str], impostors: list[Path]) -> str:
    message = f"{', '.join(missing)} of Set5 not found in {root} or {root / 'Set5'}. "
    if impostors:
        names = ", ".join(path.name for path in impostors)
        message += f"Right in size but not in pixels (recompressed, or damaged): {names}. "
    return f"{message}With a network: load_set5(download=True). Without one: {_how_to_place(root)}"


def _how_to_place(root: Path) -> str:
    return (
        "get the five full-size pictures (for example the files img_00*_SRF_4_HR.png in "
        "data/Set5/image_SRF_4 of https://github.com/jbhuang0604/SelfExSR) on another machine and "
        f"put them, under any names, into {root / 'Set5'}, or name their folder with root=..."
    )
