"""Cheaper networks made from dear ones: other number formats, fewer weights, narrower layers, a pupil of a teacher.

What is done to a network here is done to a copy.
"""

import copy
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.models import ResNet, SRResNet
from aesthetic_utils.models.resnet import ResidualBlock as DrawingBlock
from aesthetic_utils.models.srresnet import ResidualBlock as PhotoBlock
from aesthetic_utils.storage import AestheticError


class NoIntegersError(AestheticError):
    """This torch has no integer layers, or none for this network."""


# --------------------------------------------------------------------------------------------------
# number formats


class InFormat(nn.Module):
    """A network whose weights and sums are of another number format; float32 in and out, [N, C, H, W]."""

    def __init__(self, network: nn.Module, dtype: torch.dtype):
        super().__init__()
        self.network = copy.deepcopy(network).eval().to(dtype, memory_format=torch.channels_last)
        self.dtype = dtype

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x.to(self.dtype, memory_format=torch.channels_last)).float()


class ResNetPath(nn.Module):
    """A `ResNet`'s way from picture to logits, without what it asks of its input, so that it can be traced."""

    def __init__(self, network: ResNet):
        super().__init__()
        self.stem, self.blocks, self.classify = network.stem, network.blocks, network.classify

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.stem(x - 0.5))  # [N, 256, 4, 4]
        return self.classify(x.mean((2, 3)))  # [N, classes]


class SRResNetPath(nn.Module):
    """What an `SRResNet` adds to the enlarged picture, so that it can be traced."""

    def __init__(self, network: SRResNet):
        super().__init__()
        self.head, self.blocks, self.merge = network.head, network.blocks, network.merge
        self.upsample, self.to_image = network.upsample, network.to_image

    def forward(self, x: Tensor) -> Tensor:
        shallow = self.head(x)  # [N, C, H, W]
        deep = self.merge(self.blocks(shallow))  # [N, C, H, W]
        return self.to_image(self.upsample(shallow + deep))  # [N, 3, sH, sW]


class WithSkip(nn.Module):
    """A `SRResNetPath` in another format, whose result is added to the bicubic picture in float32."""

    def __init__(self, network: SRResNet, path: nn.Module):
        super().__init__()
        self.config, self.path = network.config, path
        self.skip: Callable[[Tensor], Tensor] = copy.deepcopy(network).skip

    def forward(self, x: Tensor) -> Tensor:
        added = self.path(x)  # [N, 3, sH, sW]
        return added + self.skip(x) if self.config.image_skip else added


def in_format(network: nn.Module, dtype: torch.dtype) -> nn.Module:
    """The network in another floating format; what an `SRResNet` adds to stays float32, which holds 256 levels."""
    if isinstance(network, SRResNet):
        return WithSkip(network, InFormat(SRResNetPath(network), dtype)).eval()
    return InFormat(network, dtype).eval()


def eight_bit(network: ResNet | SRResNet, calibration: Iterable[Tensor]) -> nn.Module:
    """The network in integers: weights int8 with a scale a filter, activations uint8 with a scale a layer.

    calibration: batches [N, C, H, W] in [0, 1] on which the ranges of the activations are measured. A conv and the
    norm after it become one (Jacob et al. 2018, https://arxiv.org/abs/1712.05877, sections 2 and 3). torch's own
    static quantisation on the CPU, on its way out of torch into the package torchao. Raises NoIntegersError where this
    torch has it no more.
    """
    if isinstance(network, ResNet):
        path: nn.Module = ResNetPath(network)
    elif isinstance(network, SRResNet):
        path = _with_plain_slopes(SRResNetPath(network))
    else:
        raise NoIntegersError(
            f"eight_bit takes a ResNet or an SRResNet, and not {type(network).__name__}"
        )
    batches = list(calibration)
    if not batches:
        raise ValueError(
            "calibration is empty; the ranges of the activations are measured on pictures"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is going to move
        integers = _converted(path, batches)
    if isinstance(network, SRResNet):
        return WithSkip(network, integers).eval()
    return integers


def _with_plain_slopes(path: nn.Module) -> nn.Module:
    """A copy whose PReLUs of one learned slope are leaky ReLUs of that slope, which compute the same.

    torch's integer PReLU gives nothing but zeros for a slope that is nearly 0, as trained ones can be.
    """
    path = copy.deepcopy(path)
    for module in list(path.modules()):
        for name, part in module.named_children():
            if isinstance(part, nn.PReLU) and part.num_parameters == 1:
                setattr(module, name, nn.LeakyReLU(part.weight.item()))
    return path


def _converted(path: nn.Module, batches: list[Tensor]) -> nn.Module:
    try:
        from torch.ao.quantization import get_default_qconfig_mapping
        from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx
    except ImportError as error:
        raise NoIntegersError(
            "this torch has no integer layers any more (they have moved to the package torchao)"
        ) from error
    engines = torch.backends.quantized.supported_engines
    engine = next((name for name in ("x86", "qnnpack") if name in engines), None)
    if engine is None:
        raise NoIntegersError("this torch was built without integer layers for this processor")
    before = torch.backends.quantized.engine
    try:
        torch.backends.quantized.engine = engine
        mapping = get_default_qconfig_mapping(engine)
        watched = prepare_fx(copy.deepcopy(path).eval(), mapping, (batches[0],))
        with torch.no_grad():
            for x in batches:
                watched(x)
        return convert_fx(watched).eval()
    finally:
        torch.backends.quantized.engine = before


# --------------------------------------------------------------------------------------------------
# fewer weights


def pruned_weights(network: nn.Module) -> dict[str, Tensor]:
    """The weights that pruning chooses from: filters and matrices, by name; biases and norms are few and stay."""
    return {name: p for name, p in network.named_parameters() if p.ndim > 1}


def magnitude_masks(network: nn.Module, share: float) -> dict[str, Tensor]:
    """Which weights stay when the smallest `share` of all filters and matrices together goes: bool by name.

    Han et al. (2015), https://arxiv.org/abs/1506.02626, with one threshold for the whole network. Raises ValueError
    unless 0 <= share < 1.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share is {share}; it lies from 0 to below 1")
    weights = pruned_weights(network)
    sizes = torch.cat([w.detach().abs().flatten() for w in weights.values()])
    gone = int(share * len(sizes))
    threshold = sizes.kthvalue(gone).values if gone else sizes.new_tensor(-1.0)
    return {name: w.detach().abs() > threshold for name, w in weights.items()}


@torch.no_grad()
def mask_weights(network: nn.Module, masks: dict[str, Tensor]) -> nn.Module:
    """Puts zeros where the masks say so, in place; the network."""
    for name, weight in pruned_weights(network).items():
        weight.mul_(masks[name])
    return network


def slimmed(network: nn.Module, share: float) -> Any:
    """A copy in which each residual block keeps so large a share of its inner channels, those of the largest filters.

    Large: by the sum of absolute weights (Li et al. 2017, https://arxiv.org/abs/1608.08710, section 3.1). What a block
    takes and gives stays as wide, so that its sum does. At least one channel a block stays. Raises ValueError unless
    0 < share <= 1, or where the network has no such block.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; it lies above 0 and up to 1")
    slim = copy.deepcopy(network)
    blocks = [m for m in slim.modules() if isinstance(m, DrawingBlock | PhotoBlock)]
    if not blocks:
        raise ValueError(f"{type(network).__name__} has no residual block to slim")
    for block in blocks:
        if isinstance(block, DrawingBlock):
            rows = _largest(block.conv1, share)
            block.conv1, block.conv2 = _some_out(block.conv1, rows), _some_in(block.conv2, rows)
            block.norm1 = _some_norms(block.norm1, rows)
        else:
            body = block.body
            rows = _largest(body[0], share)
            body[0], body[3] = _some_out(body[0], rows), _some_in(body[3], rows)
            if isinstance(body[1], nn.BatchNorm2d):
                body[1] = _some_norms(body[1], rows)
    return slim


def _largest(conv: nn.Conv2d, share: float) -> Tensor:
    """The filters with the largest sums of absolute weights, in their old order: int64 [K]."""
    sizes = conv.weight.detach().abs().sum((1, 2, 3))  # [C_out]
    return sizes.topk(max(1, round(share * len(sizes)))).indices.sort().values


def _some_out(conv: nn.Conv2d, rows: Tensor) -> nn.Conv2d:
    return _filled(conv, conv.in_channels, len(rows), conv.weight[rows],
                   None if conv.bias is None else conv.bias[rows])  # fmt: skip


def _some_in(conv: nn.Conv2d, rows: Tensor) -> nn.Conv2d:
    return _filled(conv, len(rows), conv.out_channels, conv.weight[:, rows], conv.bias)


def _filled(
    like: nn.Conv2d, channels_in: int, channels_out: int, weight: Tensor, bias: Tensor | None
) -> nn.Conv2d:
    conv = nn.Conv2d(
        channels_in, channels_out, like.kernel_size, like.stride, like.padding, bias=bias is not None
    ).to(weight)  # fmt: skip
    with torch.no_grad():
        conv.weight.copy_(weight)
        if bias is not None and conv.bias is not None:
            conv.bias.copy_(bias)
    return conv


def _some_norms(norm: nn.BatchNorm2d, rows: Tensor) -> nn.BatchNorm2d:
    fewer = nn.BatchNorm2d(len(rows), norm.eps, norm.momentum).to(norm.weight)
    with torch.no_grad():
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(fewer, name).copy_(getattr(norm, name)[rows])
    return fewer.train(norm.training)


# --------------------------------------------------------------------------------------------------
# a pupil of a teacher


def distillation_loss(
    logits: Tensor,
    teacher: Tensor,
    labels: Tensor,
    *,
    temperature: float = 4.0,
    soft: float = 0.9,
    label_smoothing: float = 0.1,
) -> Tensor:
    """`soft` times the cross-entropy with the teacher's softened answers, plus the rest times that with the labels.

    logits, teacher: [N, K]; labels: int64 [N]; a scalar. Hinton et al. (2015), https://arxiv.org/abs/1503.02531, section
    2: both are divided by the temperature, and the gradients of the soft part, which shrink with its square, are
    multiplied by it.
    """
    answers = (teacher / temperature).softmax(1)  # [N, K]
    like_teacher = F.cross_entropy(logits / temperature, answers) * temperature**2
    like_labels = F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
    return soft * like_teacher + (1 - soft) * like_labels


def smaller(images: Tensor, side: int) -> Tensor:
    """Float pictures [N, C, S, S] with `side` pixels each way, averaged, not picked: [N, C, side, side]."""
    if images.shape[-1] == side:
        return images
    return F.interpolate(images, (side, side), mode="bilinear", antialias=True).clamp(0, 1)
