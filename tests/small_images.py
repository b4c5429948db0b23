"""Little pictures for tests."""

import torch
import torch.nn.functional as F
from torch import Tensor


def smooth_images(n: int, size: int = 16) -> Tensor:
    """Always the same n pictures, uint8 [n, 3, size, size]: neighbours and channels are alike, as in photographs."""
    generator = torch.Generator().manual_seed(3)
    grey = torch.rand(n, 1, size // 4, size // 4, generator=generator)
    colour = 0.3 * torch.rand(n, 3, size // 2, size // 2, generator=generator)
    image = F.interpolate(grey, size, mode="bilinear") + F.interpolate(colour, size)
    noise = 0.05 * torch.rand(n, 3, size, size, generator=generator)
    return ((image + noise) / 1.4 * 255).to(torch.uint8)
