"""Training that an attacker on membership is to learn little from: a plain loop, and a differentially private one by opacus.

Differentially private gradient descent: Abadi, Chu, Goodfellow, McMahan, Mironov, Talwar & Zhang (2016), Deep Learning with
Differential Privacy, algorithm 1, https://arxiv.org/abs/1607.00133.
"""

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.data.batches import TensorBatches, random_flip, random_shift
from aesthetic_utils.models.groupnorm_cnn import GroupNormCNN, GroupNormCNNConfig
from aesthetic_utils.runtime import seed_everything
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.classification import classification_step

Watch = Callable[[int, GroupNormCNN], None]  # epochs done, the network


class MissingExtraError(AestheticError):
    """A library that only some lessons need is not installed."""


def opacus_part(module: str, name: str) -> Any:
    """One name of opacus, such as ("opacus.accountants", "RDPAccountant"); MissingExtraError without opacus."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it reports on what it imports in turn
            return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "opacus":
            raise
        raise MissingExtraError(
            "private training needs opacus, which is not installed: pip install opacus, and run this "
            "cell again"
        ) from None


# --------------------------------------------------------------------------------------------------
# the plain loop


@dataclass(frozen=True, kw_only=True)
class PlainSettings:
    """Settings of ordinary training."""

    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 2e-3  # AdamW's
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    flip: bool = False  # mirror half of the pictures
    shift: int = 0  # move each picture by up to so many pixels


def train_plain(
    settings: PlainSettings,
    config: GroupNormCNNConfig,
    images: Tensor,
    labels: Tensor,
    *,
    seed: int = 0,
    watch: Watch | None = None,
) -> GroupNormCNN:
    """Ordinary training on uint8 images [N, 3, S, S] with labels [N]; watch is called after each epoch."""
    seed_everything(seed)
    model = GroupNormCNN(config).train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    augment = [random_flip] * settings.flip
    augment += [partial(random_shift, pixels=settings.shift)] * bool(settings.shift)
    batches = TensorBatches(
        images, labels, batch_size=settings.batch_size, seed=seed, augment=augment
    )
    for epoch in range(settings.epochs):
        for x, y in batches:
            classification_step(model, optimizer, x, y, label_smoothing=settings.label_smoothing)
        if watch is not None:
            watch(epoch + 1, model)
    return model.eval()


# --------------------------------------------------------------------------------------------------
# the private loop


@dataclass(frozen=True, kw_only=True)
class PrivateSettings:
    """Settings of private training; the noise is found from epsilon."""

    epsilon: float | None = (
        8.0  # None: gradients are clipped, no noise is added, nothing is promised
    )
    delta: float = 1e-4  # below one divided by the number of pictures
    steps: int = 120
    share: float = 0.1  # the chance with which a picture is in a batch
    clip: float = 1.0  # the greatest length of one picture's gradient
    learning_rate: float = 2e-3  # Adam's


def noise_for(settings: PrivateSettings) -> float:
    """The sigma that keeps a training below its epsilon, by opacus's accountant in Rényi's divergence; 0 for None."""
    if settings.epsilon is None:
        return 0.0
    find = opacus_part("opacus.accountants.utils", "get_noise_multiplier")
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # the best order lies at an end of its list, for large sigma
        return find(
            target_epsilon=settings.epsilon, target_delta=settings.delta, sample_rate=settings.share,
            steps=settings.steps, accountant="rdp",
        )  # fmt: skip


def train_private(
    settings: PrivateSettings,
    config: GroupNormCNNConfig,
    images: Tensor,
    labels: Tensor,
    *,
    sigma: float | None = None,
    seed: int = 0,
) -> GroupNormCNN:
    """Private training on uint8 images [N, 3, S, S] with labels [N], by opacus.

    sigma: the noise, if it is known; else `noise_for` finds it. The noise comes from torch's generator, so that a run can be
    repeated. For data that need protection it has to come from a secure one, and the seed must not be known.
    """
    wrap = opacus_part("opacus.grad_sample", "GradSampleModule")
    private = opacus_part("opacus.optimizers", "DPOptimizer")
    sigma = noise_for(settings) if sigma is None else sigma
    seed_everything(seed)
    model = GroupNormCNN(config)
    wrapped = wrap(model)
    optimizer = private(
        torch.optim.Adam(wrapped.parameters(), lr=settings.learning_rate),
        noise_multiplier=sigma, max_grad_norm=settings.clip,
        expected_batch_size=settings.share * len(images),
    )  # fmt: skip
    for _ in range(settings.steps):
        private_step(wrapped, optimizer, images, labels, settings.share)
    wrapped.remove_hooks()
    for parameter in model.parameters():
        parameter.grad_sample = None  # a gradient for every picture of the last batch
    return model.eval()


def private_step(
    wrapped: Any, optimizer: Any, images: Tensor, labels: Tensor, share: float
) -> None:
    """One step: each picture takes part by its own coin; gradients are kept apart, clipped, added, and noise is added."""
    chosen = torch.rand(len(images)) < share
    x = images[chosen].float() / 255  # [B, 3, S, S], B another one in each step
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # hooks on a network whose input needs no gradient
        F.cross_entropy(wrapped(x), labels[chosen]).backward()
    optimizer.step()
    optimizer.zero_grad()


def private_gradient(
    gradients: Tensor, clip: float, sigma: float, generator: torch.Generator
) -> Tensor:
    """What such a step moves along: gradients of single pictures [N, D] -> their noisy sum [D], not yet divided.

    Each is shortened to length `clip` if it is longer; noise of standard deviation sigma * clip is added once to the sum.
    """
    length = gradients.norm(dim=1, keepdim=True)  # [N, 1]
    kept = gradients * (clip / length.clamp(min=1e-12)).clamp(max=1)
    noise = torch.randn(gradients.shape[1], generator=generator, dtype=gradients.dtype)
    return kept.sum(0) + sigma * clip * noise
