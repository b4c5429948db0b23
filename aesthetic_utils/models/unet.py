"""A U-Net that says, of a noisy picture and a time, which way it moves: the network of flow matching.

Ronneberger et al. (2015), https://arxiv.org/abs/1505.04597, gave the shape: down to small maps, up again, and at each
size the maps of the way down beside those of the way up. Time and conditions enter as in Dhariwal and Nichol (2021),
https://arxiv.org/abs/2105.05233: they scale and shift the normalised maps of every block.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LONGEST = 8  # words of a name that are read; no name of the drawings has more


@dataclass(frozen=True, kw_only=True)
class UNetConfig:
    """Settings of a `UNet`."""

    image_channels: int = 3  # 3 = RGB, 1 = grey
    channels: int = 32  # at full size
    multipliers: tuple[int, ...] = (1, 2, 3)  # of the channels at each size; each halves the last
    condition: int = 128  # numbers that say time, category, designer and words
    groups: int = 8  # of channels that are normalised together
    heads: int = 4  # of attention, at the smallest size
    categories: int = 8
    designers: int = 10
    words: tuple[str, ...] = ()  # that the network knows

    def __post_init__(self) -> None:
        if len(self.multipliers) < 2:
            raise ValueError(f"multipliers are {self.multipliers}; a U needs two sizes or more")
        if self.channels % self.groups:
            raise ValueError(f"{self.channels} channels do not divide into {self.groups} groups")
        if self.widths[-1] % self.heads or self.condition % 2:
            raise ValueError(
                f"{self.widths[-1]} channels need to divide among {self.heads} heads, and "
                f"condition, which is {self.condition}, has to be even"
            )

    @property
    def widths(self) -> list[int]:
        """Channels at each size, the largest size first."""
        return [self.channels * m for m in self.multipliers]


class Conditions(NamedTuple):
    """What N pictures are asked to be, as int64 numbers from 1; 0 asks for nothing."""

    category: Tensor  # [N]
    designer: Tensor  # [N]
    words: Tensor  # [N, LONGEST], zeros behind the last word

    def kept(self, *names: str) -> "Conditions":
        """The conditions of these names; nothing is asked of the others."""
        return Conditions(*(x if f in names else 0 * x for f, x in self._asdict().items()))

    def rows(self, rows: Tensor | slice) -> "Conditions":
        """The conditions of some of the pictures, in this order."""
        return Conditions(*(x[rows] for x in self))

    def to(self, device: torch.device | str) -> "Conditions":
        """The same on a device."""
        return Conditions(*(x.to(device) for x in self))


def no_conditions(n: int) -> Conditions:
    """Nothing is asked of n pictures."""
    nothing = torch.zeros(n, dtype=torch.int64)
    return Conditions(nothing, nothing, nothing[:, None].repeat(1, LONGEST))


def word_numbers(names: Sequence[str], known: Sequence[str]) -> Tensor:
    """The words of names such as "smiling-cat", as numbers from 1 in the list of known words; int64 [N, LONGEST].

    Words that are not known are left out, like those after the first LONGEST known ones; zeros stand behind the last.
    """
    numbers = {word: i for i, word in enumerate(known, 1)}
    table = torch.zeros(len(names), LONGEST, dtype=torch.int64)
    for row, name in zip(table, names, strict=True):
        found = [numbers[w] for w in name.lower().replace(" ", "-").split("-") if w in numbers]
        row[: len(found)] = torch.tensor(found[:LONGEST], dtype=torch.int64)[: len(row)]
    return table


def waves(t: Tensor, numbers: int) -> Tensor:
    """A time as sines and cosines of many frequencies: t [N] in [0, 1] -> [N, numbers], in float32.

    Vaswani et al. (2017), https://arxiv.org/abs/1706.03762, of 1000 t: the slowest wave does a tenth of
    a radian while t goes from 0 to 1, the fastest a thousand radians.
    """
    half = numbers // 2
    frequencies = torch.exp(-math.log(10_000) * torch.arange(half, device=t.device) / half)  # [D/2]
    angles = 1000 * t.float()[:, None] * frequencies  # [N, D/2]
    return torch.cat([angles.sin(), angles.cos()], 1)  # [N, D]


class ConditionedBlock(nn.Module):
    """Two convolutions whose result is added to what came in, steered by a vector.

    In: [N, channels_in, H, W] and [N, condition]; out: [N, channels_out, H, W]. The vector says for each channel by how
    much its normalised values are scaled and shifted (adaptive group normalisation, Dhariwal and Nichol
    2021). The last convolution starts at 0, so that an untrained block passes on what it gets.
    """

    def __init__(self, channels_in: int, channels_out: int, condition: int, groups: int):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.steer = nn.Linear(condition, 2 * channels_out)
        self.norm2 = nn.GroupNorm(groups, channels_out)
        self.conv2 = zeroed(nn.Conv2d(channels_out, channels_out, 3, padding=1))
        same = channels_in == channels_out
        self.around = nn.Identity() if same else nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        change = self.conv1(F.silu(self.norm1(x)))  # [N, C_out, H, W]
        scale, shift = self.steer(F.silu(condition))[:, :, None, None].chunk(
            2, 1
        )  # [N, C_out, 1, 1]
        change = self.norm2(change) * (1 + scale) + shift  # [N, C_out, H, W]
        return self.around(x) + self.conv2(F.silu(change))  # [N, C_out, H, W]


class Attention(nn.Module):
    """Every place of the maps looks at every other: [N, C, H, W] -> the same, added to what came in."""

    def __init__(self, channels: int, heads: int, groups: int):
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(groups, channels)
        self.to_qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = zeroed(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        qkv = self.to_qkv(self.norm(x)).reshape(n, 3, self.heads, c // self.heads, h * w)
        q, k, v = qkv.transpose(3, 4).unbind(1)  # [N, heads, HW, C/heads] each
        seen = F.scaled_dot_product_attention(q, k, v)  # [N, heads, HW, C/heads]
        return x + self.out(seen.transpose(2, 3).reshape(n, c, h, w))  # [N, C, H, W]


class UNet(nn.Module):
    """The velocity of noisy pictures at a time: [N, C, S, S] around [-1, 1] and t [N] in [0, 1] -> [N, C, S, S].

    t = 0 is a drawing, t = 1 is noise. conditions: `Conditions` of N pictures; None asks for nothing. Raises ValueError
    for another number of channels, and for a size that cannot be halved as often as needed.
    """

    def __init__(self, config: UNetConfig):
        super().__init__()
        self.config = config
        widths, d, g = config.widths, config.condition, config.groups
        self.category = nn.Embedding(config.categories + 1, d)  # row 0 stands for "not said"
        self.designer = nn.Embedding(config.designers + 1, d)
        self.word = nn.Embedding(len(config.words) + 1, d)
        self.time = nn.Sequential(nn.Linear(d, d), nn.SiLU(), nn.Linear(d, d))

        self.first = nn.Conv2d(config.image_channels, widths[0], 3, padding=1)
        self.down, self.smaller = nn.ModuleList(), nn.ModuleList()
        for before, here in pairwise([widths[0], *widths]):
            self.down.append(ConditionedBlock(before, here, d, g))
        for here in widths[:-1]:
            self.smaller.append(nn.Conv2d(here, here, 3, stride=2, padding=1))
        self.middle1 = ConditionedBlock(widths[-1], widths[-1], d, g)
        self.look = Attention(widths[-1], config.heads, g)
        self.middle2 = ConditionedBlock(widths[-1], widths[-1], d, g)
        self.up, self.larger = nn.ModuleList(), nn.ModuleList()
        for here in widths[::-1]:
            self.up.append(ConditionedBlock(2 * here, here, d, g))
        for below, here in pairwise(widths[::-1]):
            self.larger.append(nn.Conv2d(below, here, 3, padding=1))
        self.norm = nn.GroupNorm(g, widths[0])
        self.to_velocity = zeroed(nn.Conv2d(widths[0], config.image_channels, 3, padding=1))
        for table in (self.category, self.designer, self.word):
            nn.init.normal_(table.weight, std=0.5)

    def asked(self, t: Tensor, conditions: Conditions) -> Tensor:
        """Time and conditions as one vector a picture, the sum of what stands for each: [N, condition]."""
        words = self.word(conditions.words)  # [N, L, D]
        known = (conditions.words > 0)[:, :, None]  # [N, L, 1]
        mean = (words * known).sum(1) / known.sum(1).clamp(min=1)  # [N, D]
        named = torch.where(known.any(1), mean, self.word.weight[0])  # [N, D]
        labels = self.category(conditions.category) + self.designer(conditions.designer)  # [N, D]
        return self.time(waves(t, self.config.condition)) + labels + named  # [N, D]

    def forward(self, x: Tensor, t: Tensor, conditions: Conditions | None = None) -> Tensor:
        c, times = self.config.image_channels, 2 ** len(self.smaller)
        if x.ndim != 4 or x.shape[1] != c or x.shape[2] % times or x.shape[3] % times:
            raise ValueError(
                f"this U-Net takes pictures [N, {c}, H, W], H and W multiples of {times}; got {tuple(x.shape)}"
            )
        if conditions is None:
            conditions = no_conditions(len(x)).to(x.device)
        asked = self.asked(t, conditions)  # [N, D]
        x = self.first(x)  # [N, 32, 32, 32]
        kept = []
        for i, block in enumerate(self.down):
            x = block(x, asked)  # [N, 32, 32, 32], [N, 64, 16, 16], [N, 96, 8, 8]
            kept.append(x)
            x = self.smaller[i](x) if i < len(self.smaller) else x
        x = self.middle2(self.look(self.middle1(x, asked)), asked)  # [N, 96, 8, 8]
        for i, block in enumerate(self.up):
            x = block(torch.cat([x, kept.pop()], 1), asked)  # [N, 96, 8, 8] ... [N, 32, 32, 32]
            if i < len(self.larger):
                x = self.larger[i](F.interpolate(x, scale_factor=2.0))  # [N, 64, 16, 16] ...
        return self.to_velocity(F.silu(self.norm(x)))  # [N, 3, 32, 32]


def zeroed(layer: nn.Conv2d) -> nn.Conv2d:
    """The layer with all its weights at 0."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
