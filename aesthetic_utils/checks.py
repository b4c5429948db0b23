"""What public functions ask of the arrays they are given; what does not hold is said in a ValueError."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

ROUNDING = 1e-3  # a quarter of an 8-bit level, by which a value may lie outside its range


def require_unit_images(images: "Tensor", name: str = "images", *, channels: int = 0) -> None:
    """Raise ValueError unless `images` is a float batch [N, C, H, W] with all values in [0, 1].

    channels: how many there have to be; 0 for any number. NaN lies in no range. Not for the inside of a
    training loop: it reads all pixels.
    """
    wanted = f"[N, {channels or 'C'}, H, W]"
    if images.ndim != 4 or (channels and images.shape[1] != channels):
        raise ValueError(f"{name} must be a batch {wanted}; got {tuple(images.shape)}")
    if not images.is_floating_point():
        raise ValueError(f"{name} must be float in [0, 1]; divide 8-bit images by 255")
    require_range(images, name, -ROUNDING, 1 + ROUNDING)


def require_byte_images(images: "Tensor", name: str = "images") -> None:
    """Raise ValueError unless `images` is a uint8 batch [N, C, H, W], values 0 to 255."""
    kind = str(images.dtype).removeprefix("torch.")
    if images.ndim != 4 or kind != "uint8":
        cure = "; for float in [0, 1] use (255 * images).round().byte()" * ("float" in kind)
        raise ValueError(
            f"{name} must be uint8 [N, C, H, W]; got {kind} {tuple(images.shape)}{cure}"
        )


def require_range(images: "Tensor", name: str, low: float, high: float) -> None:
    """Raise ValueError unless all values lie from low to high; the message says how to come to [0, 1]."""
    if not images.numel():
        return
    least, most = (float(x) for x in images.detach().aminmax())
    if low <= least and most <= high:  # false for NaN
        return
    if least != least:
        raise ValueError(f"{name} must be in [0, 1]; some values are not a number (NaN)")
    cure = "clamp it" if least > -0.9 and most < 1.9 else "bring it there"
    if most > 2:
        cure = "divide by 255 if it is in 0 to 255"
    elif -1.001 <= least < -0.1 and most <= 1.001:
        cure = "use (x + 1) / 2 if it is in [-1, 1], or clamp it"
    raise ValueError(f"{name} must be in [0, 1]; it runs from {least:.4g} to {most:.4g}: {cure}")


def require_indices(values: "Tensor", name: str, count: int) -> "Tensor":
    """`values` [N] as int64; ValueError unless they are whole numbers from 0 to count - 1."""
    if values.ndim != 1 or values.is_floating_point() or values.is_complex():
        kind = f"{str(values.dtype).removeprefix('torch.')} {tuple(values.shape)}"
        raise ValueError(f"{name} must be whole numbers [N]; got {kind}")
    values = values.long()  # a product of two small integers would not fit into their own type
    if len(values) and not (0 <= values.min() and values.max() < count):
        found = f"{int(values.min())} to {int(values.max())}"
        raise ValueError(f"{name} must be from 0 to {count - 1}; they run from {found}")
    return values


def require_finite(values: Any, name: str) -> None:
    """Raise ValueError if an array or a tensor holds NaN or an infinity; the message counts them."""
    import numpy as np

    values = values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
    odd = int((~np.isfinite(values)).sum())
    if odd:
        raise ValueError(f"{name} must be finite; {odd} of {values.size} values are not")
