"""Style and content in the features of a classifier: losses, a picture painted by its pixels, and a fast network.

Gatys, Ecker & Bethge (2016), "Image Style Transfer Using Convolutional Neural Networks"; Johnson, Alahi & Fei-Fei (2016),
"Perceptual Losses for Real-Time Style Transfer and Super-Resolution", https://arxiv.org/abs/1603.08155. Departures: the classifier is one that ships with this package and not
VGG; both distances are given as a share of what they are measured against, so that no layer counts more
because its numbers are larger.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.models.convnet import ConvNet
from aesthetic_utils.models.stylizer import FACTOR, Stylizer, StylizerConfig
from aesthetic_utils.runtime import (
    Precision,
    default_device,
    evaluating,
    seed_everything,
    step_generator,
)
from aesthetic_utils.training.checkpoint import fingerprint
from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.optimization import (
    set_learning_rate,
    update_ema,
    update_weights,
    warmup_cosine,
)
from aesthetic_utils.training.patches import PatchPool
from aesthetic_utils.training.run import Run

EYES = "convnet_cifar10"  # of the networks that ship, the one whose Gram matrices give strokes and outlines back
CONTENT = 3  # which of `layer_maps` says what is where
TILE = 32  # pixels of a drawing in a mosaic

# --------------------------------------------------------------------------------------------------
# what is compared


def layer_maps(eyes: ConvNet, images: Tensor, depths: int = 5) -> list[Tensor]:
    """The first `depths` of seven maps of a `ConvNet`, with averages where it was trained with maxima.

    images: float [N, 3, H, W] in [0, 1], H and W at least 8. The first layer's, then two of each block: after its pooling
    and at its end; of the published network [N, 24, H, W], twice [N, 64, H/2, W/2], twice [N, 256, H/4, W/4] and twice
    [N, 256, H/8, W/8]. Gatys et al. (2016) replace maximum by average pooling, too. One row and one column are repeated at the
    border, so that the sizes come out even. Raises ValueError for other images or depths.
    """
    most = 1 + 2 * len(eyes.blocks)
    if not 1 <= depths <= most:
        raise ValueError(f"depths is {depths}; this network has 1 to {most}")
    if (
        images.ndim != 4
        or images.shape[1] != eyes.config.image_channels
        or min(images.shape[2:]) < 8
    ):
        raise ValueError(
            f"images [N, {eyes.config.image_channels}, H, W] of at least 8 pixels are needed; "
            f"got {tuple(images.shape)}"
        )
    x = (images - eyes.mean) / eyes.spread
    if eyes.config.first == "whitening":  # its filters have two rows and are not padded
        more = eyes.config.first_kernel - 1
        x = F.pad(x, (0, more, 0, more), mode="replicate")
    found = [eyes.first(x)]
    for block in eyes.blocks:
        if len(found) < depths:
            x = F.avg_pool2d(block.conv1(found[-1]), kernel_size=2)
            x = F.gelu(block.norm1(x))
            change = block.norm2(block.conv2(x)) if len(found) + 1 < depths else None
            found.append(x)
            if change is not None:
                found.append(F.gelu(x + change if block.residual else change))
    return found


def gram_matrix(maps: Tensor) -> Tensor:
    """How strongly each two maps answer at the same places, on average: [N, C, H, W] -> [N, C, C], symmetric.

    The Gram matrix of Gatys et al. (2016), a sum over places, divided by their number. Where things stand in the picture
    is not in it: the places can be shuffled.
    """
    flat = maps.float().flatten(2)  # [N, C, H W]
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def style_distances(seen: Sequence[Tensor], style: Sequence[Tensor]) -> Tensor:
    """How far the Gram matrices of maps are from those of a style, at each depth: [N, depths], 0 for the same.

    seen: `layer_maps`; style: Gram matrices at the same depths, [N or 1, C, C]. The sum of the squared differences as a
    share of the sum of the squares of the style's own numbers, so that 1 is as far as an image in which the network sees nothing.
    """
    gaps = []
    for maps, target in zip(seen, style, strict=True):
        gap = (gram_matrix(maps) - target).square().sum((1, 2))
        gaps.append(gap / target.square().sum((1, 2)))  # [N]
    return torch.stack(gaps, 1)  # [N, depths]


def style_of(eyes: ConvNet, images: Tensor, depths: int = 5) -> list[Tensor]:
    """The style of each image, its Gram matrices: [N, 3, H, W] in [0, 1] -> [N, C, C] at each depth."""
    with evaluating(eyes):
        return [gram_matrix(maps) for maps in layer_maps(eyes, images, depths)]


def content_distance(seen: Tensor, expected: Tensor) -> Tensor:
    """Squared differences of maps, place by place, as a share of the expected one's squares: [N, C, H, W] twice -> [N]."""
    seen, expected = seen.float(), expected.float()
    gap = (seen - expected).square().sum((1, 2, 3))
    return gap / expected.square().sum((1, 2, 3))  # [N]


def outside(images: Tensor) -> Tensor:
    """Mean squared excess over the range from 0 to 1 of each image, [N, C, H, W] -> [N]."""
    return (images - images.clamp(0, 1)).square().mean((1, 2, 3))


# --------------------------------------------------------------------------------------------------
# a picture painted by its pixels


def paint_pixels(
    eyes: ConvNet,
    content: Tensor,
    style: Tensor,
    *,
    weight: float = 3.0,
    steps: int = 50,
    depths: int = 5,
    start: Tensor | None = None,
    watch: Callable[[int, float, float], None] | None = None,
) -> Tensor:
    """The picture whose content is that of one and whose style is that of another; found by L-BFGS, pixel by pixel.

    content: float [N, 3, H, W] in [0, 1]; style: [N, 3, h, w]. Minimises the sum over images of `content_distance` at CONTENT and
    `weight` times the sum of `style_distances`; a weight of infinity leaves the content out and gives a texture. start: the
    first picture, the content if None. watch: called after each step with its number and the two means. In: any
    of these; out: [N, 3, H, W] in [0, 1]. Memory and time grow with the number of pixels.
    """
    target = style_of(eyes, style, depths)
    with evaluating(eyes):
        expected = layer_maps(eyes, content, CONTENT + 1)[CONTENT]
    pixels = (content if start is None else start).clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [pixels], max_iter=1, max_eval=4, history_size=15, line_search_fn="strong_wolfe",
        tolerance_grad=0, tolerance_change=0,
    )  # fmt: skip
    texture = weight == float("inf")
    last: list[Tensor] = []

    def loss() -> Tensor:
        optimizer.zero_grad()
        seen = layer_maps(eyes, pixels, max(depths, CONTENT + 1))
        far = style_distances(seen[:depths], target).sum(1)  # [N]
        kept = content_distance(seen[CONTENT], expected)  # [N]
        total = (far if texture else kept + weight * far) + outside(pixels)
        last[:] = [kept.detach().mean(), far.detach().mean()]
        total = 100 * total.sum()  # so that the first step of the search is not too short
        total.backward(inputs=[pixels])
        return total

    with evaluating(eyes), torch.enable_grad():
        for step in range(steps):
            optimizer.step(loss)
            if watch is not None:
                watch(step, float(last[0]), float(last[1]))
    return pixels.detach().clamp(0, 1)


# --------------------------------------------------------------------------------------------------
# a picture painted by a network


def stylize(network: Stylizer, images: Tensor, mix: Tensor) -> Tensor:
    """Pictures repainted in one pass: [N, 3, H, W] in [0, 1] and the share of each style, [styles] or [N, styles] -> [N, 3, H, W].

    A picture is mirrored at its border to a multiple of 4 pixels and cut again.
    """
    height, width = images.shape[-2:]
    weight = next(network.parameters())
    x = F.pad(images.to(weight), (0, -width % FACTOR, 0, -height % FACTOR), mode="reflect")
    with evaluating(network):
        painted = network(x, mix.to(weight).expand(len(x), -1))
    return painted[:, :, :height, :width].float().clamp(0, 1).cpu()


def share_of(network: Stylizer, **shares: float) -> Tensor:
    """The mixture of styles by their names: share_of(network, openmoji=1.0) -> [styles].

    Raises ValueError for a style that the network has not learned.
    """
    known = network.config.styles
    if unknown := [name for name in shares if name not in known]:
        raise ValueError(f"no style {unknown[0]!r}; this network has {', '.join(known)}")
    return torch.tensor([shares.get(name, 0.0) for name in known])


@dataclass(frozen=True, kw_only=True)
class StyleSettings:
    """Settings of one training run of a `Stylizer`."""

    steps: int = 12_000
    patch: int = 64  # pixels of a content picture
    batch_size: int = 4
    channels: tuple[int, int, int] = (16, 32, 48)  # of the network
    blocks: int = 3
    depths: int = 5  # of `layer_maps`, in which styles are compared
    style_weight: float = 3.0  # of the style; the content has 1
    learning_rate: float = 2e-3  # at its peak
    ema_decay: float = 0.99  # the averaged weights are the result


def style_step(
    network: nn.Module,
    eyes: ConvNet,
    optimizer: torch.optim.Optimizer,
    content: Tensor,
    mix: Tensor,
    target: Sequence[Tensor],
    weight: float,
    *,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    scaler: torch.amp.GradScaler | None = None,
) -> dict[str, Tensor]:
    """One update of the network; returns the terms of its loss, scalars without weights.

    content: float [N, 3, S, S] in [0, 1]; mix: [N, styles]; target: the Gram matrices of each picture's style at each depth,
    [N, C, C]. "content": `content_distance` from the photograph's own maps at CONTENT; "style", which has a weight: the sum
    of log(1 + d) over all depths but the first, d of `style_distances`. The first layer of eyes that whiten answers most
    to the finest noise, and the logarithm keeps a picture that is far off from ruling the batch: both let plain
    gradient steps get on, which `paint_pixels` does without. Values outside [0, 1] cost `outside`. Means over the batch.
    """
    with precision.autocast(content.device):
        with torch.no_grad():
            own = layer_maps(eyes, content, CONTENT + 1)[CONTENT]
        painted = network(content, mix)
        seen = layer_maps(eyes, painted, max(len(target), CONTENT + 1))
    kept = content_distance(seen[CONTENT], own).mean()
    far = style_distances(seen[: len(target)], target)[:, 1:].log1p().sum(1).mean()
    loss = kept + weight * far + outside(painted.float()).mean()
    update_weights(loss, optimizer, scaler)
    return {"content": kept.detach(), "style": far.detach()}


def train_style(
    settings: StyleSettings,
    eyes: ConvNet,
    pool: PatchPool,
    styles: Mapping[str, Sequence[Tensor]],
    *,
    seed: int = 0,
    precision: Precision,
    path: Path | None = None,
    minutes: float | None = None,
) -> tuple[Stylizer, Run]:
    """A network for photographs from `patch_pool`, in any of the styles: name -> Gram matrices at each depth, [C, C].

    `eyes` stay as they are. Returns the average of the weights over the last steps, as a network, and the run.
    """
    seed_everything(seed)
    device, team = default_device(), current_team()
    eyes = precision.place(copy.deepcopy(eyes).float(), device).eval().requires_grad_(False)
    targets = [torch.stack(grams).to(device) for grams in zip(*styles.values(), strict=True)]
    config = StylizerConfig(
        styles=tuple(styles), channels=settings.channels, blocks=settings.blocks
    )
    model = team.prepared(precision.place(Stylizer(config), device)).train()
    average = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters(), settings.learning_rate, fused=True)
    data = fingerprint(pool.low, pool.places, *targets)
    pool, every = pool.to(device), torch.eye(len(styles), device=device)
    scaler = precision.scaler(device)
    run = Run(
        steps=settings.steps, models={"model": model, "average": average},
        optimizers={"adam": optimizer}, scalers={"adam": scaler},
        config=asdict(settings) | {"seed": seed, "data": data, "eyes": fingerprint(*eyes.state_dict().values())},
        precision=precision, path=path, minutes=minutes, label="style",
    )  # fmt: skip
    for step, progress in run:
        set_learning_rate(optimizer, settings.learning_rate * warmup_cosine(progress))
        content, _ = pool.sample(batch_size=settings.batch_size, seed=seed, step=step)
        generator = step_generator(seed + 1_000_000, step)
        which = torch.randint(len(styles), (settings.batch_size,), generator=generator).to(device)
        content, which = team.share(content, which)
        terms = style_step(
            model, eyes, optimizer, content, every[which], [grams[which] for grams in targets],
            settings.style_weight, precision=precision, scaler=scaler,
        )  # fmt: skip
        update_ema(average, model, min(settings.ema_decay, (1 + step) / (10 + step)))
        run.log(step, **terms)
    return average, run


# --------------------------------------------------------------------------------------------------
# styles of hands


@dataclass(frozen=True, kw_only=True)
class Hands:
    """Drawings, hand after hand, and where each hand begins."""

    images: Tensor  # uint8 [M, 3, 32, 32]
    first: Tensor  # int64 [hands]
    counts: Tensor  # int64 [hands]

    def mosaics(self, hand: Tensor, side: int, generator: torch.Generator) -> Tensor:
        """Pictures of side x side drawings by one hand each, int64 [n] -> float [n, 3, 32 side, 32 side] in [0, 1]."""
        place = torch.rand(len(hand), side * side, generator=generator)
        rows = self.first[hand][:, None] + (place * self.counts[hand][:, None]).long()
        tiles = self.images[rows].unflatten(1, (side, side))  # [n, side, side, 3, 32, 32]
        tiles = tiles.permute(0, 3, 1, 4, 2, 5)  # [n, 3, side, 32, side, 32]
        return tiles.flatten(4).flatten(2, 3).float() / 255  # [n, 3, 32 side, 32 side]


def hands(images: Tensor, designer: Tensor) -> Hands:
    """Drawings uint8 [M, 3, 32, 32], sorted by designer, int64 [M], as a source of mosaics."""
    counts = designer.bincount()
    return Hands(images=images, first=counts.cumsum(0) - counts, counts=counts)
