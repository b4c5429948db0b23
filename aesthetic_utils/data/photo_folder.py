"""Photographs of a user's folder, for training: full size, large ones halved, held-out ones left out."""

import hashlib
import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from aesthetic_utils.data.images import PICTURE_ENDINGS, ImageError, read_pixels

ENDINGS = tuple(e for e in PICTURE_ENDINGS if e != ".gif")  # a photograph has more than 256 colours


@dataclass(frozen=True, kw_only=True)
class PhotoFolder:
    """Photographs read from a folder, and what a record says of them; it never says where they lay."""

    images: tuple[Tensor, ...]  # uint8 [3, H, W] each
    names: tuple[str, ...]  # file names without their endings, one a photograph
    sha256: str  # of the files' contents, whatever they are called

    def described(self) -> dict:
        """For a record: how many photographs, how many pixels after halving, and the hash."""
        pixels = sum(image[0].numel() for image in self.images)
        return {
            "photographs": len(self.names),
            "megapixels": round(pixels / 1e6, 2),
            "sha256": self.sha256,
        }


def read_photo_folder(
    folder: str | Path,
    *,
    leave_out: Collection[str] = (),
    longest: int = 1600,
    copies: int = 3,
    least: int = 256,
    most: int | None = None,
    workers: int | None = None,
) -> PhotoFolder:
    """The image files directly in a folder, decoded by several threads, in the order of their names.

    leave_out: names without endings, such as `photo_names("test")`, of photographs that are not read
    longest: in pixels; a picture whose longer side is above it is halved, once, which takes away what
        sharpening and compression left between neighbouring pixels
    copies: so many further sizes of each picture, each with half as many pixels as the one before: the same
        things seen from farther away, and with more detail a pixel
    least: in pixels; a picture or a copy with a shorter side below it is not kept
    most: in pixels; nor is one with a longer side above it, if it is not None: a photograph in full size is soft from
        one pixel to the next, and its small copies are sharp
    workers: threads; as many as there are processors if None

    Raises ImageError when the folder is missing, holds no photograph of that size, or when a file
    cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ImageError(f"{folder} is not a folder; give one that holds photographs")
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in ENDINGS)
    files = [f for f in files if f.stem not in set(leave_out)]
    with ThreadPoolExecutor(workers or os.cpu_count()) as threads:
        digests = threads.map(_digest, files)
        sizes = threads.map(lambda f: _sizes(f, longest, copies, least, most), files)
        read = [(f.stem, d, s) for f, d, s in zip(files, digests, sizes, strict=True) if s]
    if not read:
        endings = ", ".join(ENDINGS)
        larger = (
            "" if most is None else f", at most {most} along the longer side in one of their sizes"
        )
        raise ImageError(
            f"{folder} holds no photograph to train on: files ending in {endings}, at least {least} "
            f"pixels high and wide{larger}, and none of those that are held out"
        )
    return PhotoFolder(
        images=tuple(image for _, _, sizes in read for image in sizes),
        names=tuple(name for name, _, _ in read),
        sha256=hashlib.sha256("".join(sorted(d for _, d, _ in read)).encode()).hexdigest(),
    )


def halved(image: Image.Image) -> Image.Image:
    """Half as wide and high, by bicubic interpolation with antialiasing; an odd row or column is cut."""
    w, h = (side // 2 for side in image.size)
    return image.resize((w, h), Image.Resampling.BICUBIC, box=(0, 0, 2 * w, 2 * h))


def smaller(image: Image.Image, factor: float) -> Image.Image:
    """As wide and high as `factor` says, rounded, by bicubic interpolation with antialiasing."""
    w, h = (round(side * factor) for side in image.size)
    return image.resize((w, h), Image.Resampling.BICUBIC)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def with_copies(image: Image.Image, copies: int) -> list[Image.Image]:
    """A picture and so many smaller ones of it, each with half as many pixels as the one before."""
    return [image] + [smaller(image, 2 ** (-number / 2)) for number in range(1, copies + 1)]


def _sizes(file: Path, longest: int, copies: int, least: int, most: int | None) -> list[Tensor]:
    """A photograph and its smaller copies, uint8 [3, H, W]."""
    image = Image.fromarray(read_pixels(file))
    if max(image.size) > longest:
        image = halved(image)
    sizes = [size for size in with_copies(image, copies) if min(size.size) >= least]
    return [as_tensor(size) for size in sizes if most is None or max(size.size) <= most]


def as_tensor(image: Image.Image) -> Tensor:
    """uint8 [3, H, W] of an RGB picture."""
    w, h = image.size
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return pixels.view(h, w, 3).permute(2, 0, 1).contiguous()  # [3, H, W]
