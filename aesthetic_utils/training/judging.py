"""Learning to judge: one step on votes, one on pairs, and how a judge is measured."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from aesthetic_utils.checks import require_byte_images
from aesthetic_utils.judgements import vote_histograms
from aesthetic_utils.losses import emd_loss, ranking_loss
from aesthetic_utils.models.judge import Judge, JudgeConfig
from aesthetic_utils.runtime import evaluating, seed_everything
from aesthetic_utils.statistics.distances import emd
from aesthetic_utils.training.optimization import set_learning_rate, update_weights, warmup_cosine


@dataclass(frozen=True, kw_only=True)
class JudgeSettings:
    """Settings of one training run of a `Judge`, on all pictures at once."""

    steps: int = 200
    learning_rate: float = 0.01  # peak; warm-up, then a cosine
    weight_decay: float = 0.1  # pulls the weights to 0, where the picture makes no difference
    dropout: float = 0.5
    r: int = 2  # of the earth mover's distance


def histogram_step(
    judge: Judge,
    optimizer: torch.optim.Optimizer,
    features: Tensor,
    histograms: Tensor,
    *,
    r: int = 2,
) -> Tensor:
    """One update on votes: features [N, D], histograms [N, bins]. Gives the loss before it."""
    loss = emd_loss(judge(features), histograms, r=r)
    update_weights(loss, optimizer)
    return loss.detach()


def ranking_step(
    judge: Judge,
    optimizer: torch.optim.Optimizer,
    winners: Tensor,
    losers: Tensor,
    ties: Tensor | None = None,
) -> Tensor:
    """One update on choices between two: features [M, D] of both, ties bool [M]. Gives the loss before it."""
    loss = ranking_loss(judge.score(winners), judge.score(losers), ties)
    update_weights(loss, optimizer)
    return loss.detach()


def judge_optimizer(judge: Judge, settings: JudgeSettings) -> torch.optim.Optimizer:
    """AdamW whose decay leaves the bias alone: the level of the votes is no weight on a picture."""
    groups = [
        {"params": [judge.head.weight], "weight_decay": settings.weight_decay},
        {"params": [judge.head.bias], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate)


def train_judge(
    features: Tensor,
    histograms: Tensor,
    *,
    settings: JudgeSettings = JudgeSettings(),  # noqa: B008 (frozen)
    seed: int = 0,
) -> Judge:
    """A judge of its own for these votes: features [N, D], histograms [N, K] -> in evaluation mode.

    Raises ValueError for other shapes, features that are not finite and pictures without votes, and
    TrainingError for a loss that is not finite.
    """
    if features.ndim != 2 or histograms.ndim != 2 or len(features) != len(histograms):
        raise ValueError(
            f"features [N, D] and histograms [N, K] are needed; got {tuple(features.shape)} and "
            f"{tuple(histograms.shape)}"
        )
    seed_everything(seed)
    bins = histograms.shape[1]
    config = JudgeConfig(features=features.shape[1], bins=bins, dropout=settings.dropout)
    judge = Judge(config).prepare(features, histograms)
    optimizer = judge_optimizer(judge, settings)
    for step in range(settings.steps):
        set_learning_rate(optimizer, settings.learning_rate * warmup_cosine(step / settings.steps))
        histogram_step(judge, optimizer, features, histograms, r=settings.r)
    return judge.eval()


def image_features(network: nn.Module, images: Tensor, *, batch_size: int = 128) -> Tensor:
    """`network.features` of uint8 images [N, 3, H, W], in order: [N, D], on the CPU, without gradients.

    Raises ValueError for other images, such as float ones, which would be divided by 255 once more.
    """
    require_byte_images(images)
    device = next(network.parameters()).device
    with evaluating(network):
        found = [
            network.features(x.to(device).float() / 255).cpu() for x in images.split(batch_size)
        ]
    return torch.cat(found)


def evaluate_judge(judge: Judge, features: Tensor, histograms: Tensor) -> dict[str, float]:
    """How near a judge comes to the votes [N, K] on N pictures, as papers report it.

    emd_r1, emd_r2: mean earth mover's distances. lcc, srcc: correlation of predicted and given means,
    linear and of ranks; lcc_spread: of standard deviations. A correlation is NaN for a judge who says
    the same of all pictures.
    """
    with evaluating(judge):
        said = judge.histogram(features).double().cpu().numpy()  # [N, K]
    given = np.asarray(histograms.cpu(), dtype=float)
    means = vote_histograms.means(given), said @ np.arange(1, said.shape[1] + 1)
    return {
        "emd_r1": float(emd(said, given, r=1).mean()),
        "emd_r2": float(emd(said, given, r=2).mean()),
        "lcc": correlation(*means),
        "srcc": correlation(*means, ranks=True),
        "lcc_spread": correlation(vote_histograms.spreads(given), _spreads(said)),
        "n": len(given),
    }


def correlation(a: np.ndarray, b: np.ndarray, *, ranks: bool = False) -> float:
    """Pearson's correlation of [N] and [N], or Spearman's; NaN where one of them does not vary."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if min(a.std(), b.std()) < 1e-9:
        return float("nan")
    if ranks:
        from scipy.stats import spearmanr  # slow to import

        return float(spearmanr(a, b).statistic)
    return float(np.corrcoef(a, b)[0, 1])


def _spreads(shares: np.ndarray) -> np.ndarray:
    """Standard deviations of distributions [N, K]; `vote_histograms.spreads` takes whole votes."""
    scale = np.arange(1, shares.shape[1] + 1)
    mean = shares @ scale
    return np.sqrt(np.maximum(shares @ scale**2 - mean**2, 0))
