"""A small vision transformer: patches that look at each other, after Dosovitskiy et al. (2021)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class ViTConfig:
    """Settings of a `ViT`."""

    classes: int = 10
    image_channels: int = 3  # 3 = RGB, 1 = grey
    image_size: int = 32  # pixels
    patch: int = 4  # pixels, side of a patch; image_size is a multiple of it
    width: int = 64  # length of a token
    depth: int = 3  # blocks
    heads: int = 4  # of each block; width is a multiple of it
    widening: int = 2  # of the two linear layers that work on each token alone
    positions: bool = True  # False: no token knows where it stands
    dropout: float = 0.0  # share of what a block adds that is dropped in training

    def __post_init__(self) -> None:
        if self.image_size % self.patch:
            raise ValueError(
                f"image_size {self.image_size} is no multiple of patch {self.patch}; patches have to fill the picture"
            )
        if self.width % self.heads:
            raise ValueError(f"width {self.width} cannot be shared out among {self.heads} heads")

    @property
    def side(self) -> int:
        """Patches in a row of the picture."""
        return self.image_size // self.patch


def attention_weights(query: Tensor, key: Tensor) -> Tensor:
    """softmax(Q K^T / sqrt(d)), each row a distribution over the keys: [..., n, d], [..., m, d] -> [..., n, m].

    Vaswani et al. (2017), https://arxiv.org/abs/1706.03762, equation 1, without the values.
    """
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    return scores.softmax(-1)


class SelfAttention(nn.Module):
    """Each token asks all others, several times side by side: [N, n, d] -> [N, n, d].

    Vaswani et al. (2017), section 3.2.2: `heads` times queries, keys and values of length d / heads, joined and
    mixed by one more linear layer.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.ask = nn.Linear(width, 3 * width)  # queries, keys and values in one product
        self.mix = nn.Linear(width, width)

    def queries_keys_values(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Each [N, heads, n, d / heads]."""
        parts = self.ask(x).unflatten(2, (3, self.heads, -1))  # [N, n, 3, heads, d / heads]
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each [N, heads, n, d / heads]
        return query, key, value

    def forward(self, x: Tensor) -> Tensor:
        told = F.scaled_dot_product_attention(*self.queries_keys_values(x))
        return self.mix(told.transpose(1, 2).flatten(2))  # [N, n, d]


class Block(nn.Module):
    """Attention among the tokens, then two linear layers on each alone; what each finds is added: [N, n, d].

    The normalisation comes before each part, which leaves a straight way through all blocks (Dosovitskiy et al.
    2021, equations 2 and 3).
    """

    def __init__(self, config: ViTConfig):
        super().__init__()
        d = config.width
        self.norm1, self.attend = nn.LayerNorm(d), SelfAttention(d, config.heads)
        self.norm2 = nn.LayerNorm(d)
        self.think = nn.Sequential(
            nn.Linear(d, config.widening * d), nn.GELU(), nn.Linear(config.widening * d, d)
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.dropout(self.attend(self.norm1(x)))
        return x + self.dropout(self.think(self.norm2(x)))


class ViT(nn.Module):
    """Patches as tokens, one more token that collects the answer, blocks of attention, a linear layer.

    In: float [N, image_channels, S, S], values in [0, 1]. Out: logits [N, classes].

    Dosovitskiy et al. (2021), https://arxiv.org/abs/2010.11929, equations 1 to 4, much smaller, and with learned
    positions that begin at random.
    """

    def __init__(self, config: ViTConfig):
        super().__init__()
        self.config = config
        numbers = config.image_channels * config.patch**2  # in a patch
        self.embed = nn.Linear(numbers, config.width)
        self.answer = nn.Parameter(torch.zeros(1, 1, config.width))  # the token that collects
        places = config.side**2 if config.positions else 0
        self.places = nn.Parameter(0.02 * torch.randn(1, places, config.width))
        self.blocks = nn.Sequential(*(Block(config) for _ in range(config.depth)))
        self.norm = nn.LayerNorm(config.width)
        self.classify = nn.Linear(config.width, config.classes)

    def tokens(self, x: Tensor) -> Tensor:
        """What enters the first block: the token that collects, then one a patch, row by row; [N, 1 + n, d]."""
        tokens = self.embed(patches_of(x, self.config))  # [N, n, d]
        if self.config.positions:
            tokens = tokens + self.places
        return torch.cat([self.answer.expand(len(x), -1, -1), tokens], dim=1)

    def features(self, x: Tensor) -> Tensor:
        """What the collecting token has become, [N, d]."""
        return self.norm(self.blocks(self.tokens(x))[:, 0])

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.features(x))  # [N, classes]

    def attention_maps(self, x: Tensor) -> list[Tensor]:
        """Who looks at whom in each block: [N, heads, 1 + n, 1 + n], rows add up to 1; token 0 collects."""
        maps, tokens = [], self.tokens(x)
        for block in self.blocks:
            query, key, _ = block.attend.queries_keys_values(block.norm1(tokens))
            maps.append(attention_weights(query, key))
            tokens = block(tokens)
        return maps


def patches_of(x: Tensor, config: ViTConfig) -> Tensor:
    """Pictures [N, C, S, S] in [0, 1] cut into squares, row by row: [N, n, C p p], values in [-1, 1].

    Raises ValueError for pictures of another size than the network's.
    """
    c, s, p = config.image_channels, config.image_size, config.patch
    if x.ndim != 4 or tuple(x.shape[1:]) != (c, s, s):
        raise ValueError(
            f"this ViT takes pictures [N, {c}, {s}, {s}]; got {tuple(x.shape)}. Its positions belong to one "
            "size: set image_size in its config"
        )
    cut = (2 * x - 1).reshape(len(x), c, s // p, p, s // p, p)
    return cut.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)  # [N, n, C p p]


def attention_rollout(maps: Sequence[Tensor]) -> Tensor:
    """How much of each token arrives at each other through all blocks, if attention were all there is: [N, n, n].

    maps: of each block, [N, heads, n, n]. Heads are averaged, half of each token stays where it is (the way
    around), rows add up to 1, and the blocks are multiplied: Abnar and Zuidema (2020),
    https://arxiv.org/abs/2005.00928. Values, the linear layers and the signs of all weights are left out of it.
    """
    if not maps:
        raise ValueError("rollout needs the attention maps of at least one block")
    through = torch.eye(maps[0].shape[-1], device=maps[0].device).expand(len(maps[0]), -1, -1)
    for weights in maps:
        mean = weights.mean(1)  # [N, n, n]
        through = (0.5 * mean + 0.5 * torch.eye(mean.shape[-1], device=mean.device)) @ through
    return through
