"""What cheaper networks are worth: short trainings of pruned, slimmed and smaller networks, and of a teacher's pupils.

    python -m tools.publish_cost [--run-dir runs]

For lesson 5.2.4. The published classifier of categories and the light SRResNet are changed, trained on for a while, and
measured; pupils learn with and without the classifier's answers, as many steps each. All drawings are learned from in
four places each, so that a teacher has to look once. Writes aesthetic_utils/results/what_it_costs.json; a training that
was broken off goes on, and one that is finished is not made again.
"""

import argparse
import copy
import sys
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils import runtime
from aesthetic_utils.data.augment_drawings import shift_on_white
from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.data.photos import load_photos
from aesthetic_utils.metrics import super_resolution_scores
from aesthetic_utils.models import ResNet, ResNetConfig, SRResNet, SRResNetConfig
from aesthetic_utils.published.cheap_judge import Panel, open_panel, verdicts
from aesthetic_utils.published.course_cost import course_cost, published_records
from aesthetic_utils.published.parts import kept
from aesthetic_utils.published.results import write_result
from aesthetic_utils.published.run import checkpoint_path, run_folder
from aesthetic_utils.runtime import Precision, by_mode, evaluating
from aesthetic_utils.training.cheaper import (
    distillation_loss,
    magnitude_masks,
    mask_weights,
    slimmed,
    smaller,
)
from aesthetic_utils.training.costs import multiply_adds, paired_change, stored_bytes
from aesthetic_utils.training.optimization import set_learning_rate, update_weights, warmup_cosine
from aesthetic_utils.training.patches import PatchPool, patch_pool
from aesthetic_utils.training.resnet import weight_groups
from aesthetic_utils.training.rulers import load_classifier
from aesthetic_utils.training.run import Run, seed_step
from aesthetic_utils.training.super_resolution import (
    bicubic_down,
    bicubic_up,
    eight_bit,
    super_resolution_step,
)
from aesthetic_utils.training.weights import load_weights, weights_info
from tools.modes import refusal

NAME = "what_it_costs"
CLASSIFIER, ENLARGER = "resnet_emoji_category", "srresnet_x4_light"
COPIES = 4  # places of each drawing in the collection
TEMPERATURE, SOFT = 4.0, 0.9


@dataclass(frozen=True, kw_only=True)
class Cheaper:
    """One training: what is done to which network, and how long it learns then."""

    name: str
    way: str  # "again" (nothing done), "zeros", "slim", "smaller", "pupil"; for photographs also "small"
    share: float = 1.0  # of weights, inner channels or widths that stay
    side: int = 32  # pixels of the pictures
    teacher: bool = False
    seed: int = 0
    steps: int = 300
    batch_size: int = 128
    learning_rate: float = 5e-4  # peak; warm-up, then a cosine
    weight_decay: float = 0.05


AGAIN = Cheaper(name="again", way="again")
PUPIL = Cheaper(name="pupil", way="pupil", share=0.25, steps=400, batch_size=64, learning_rate=3e-3)
DRAWINGS = (
    AGAIN,
    *(replace(AGAIN, name=f"zeros {s}", way="zeros", share=s) for s in (0.2, 0.05)),
    replace(AGAIN, name="slim 0.5", way="slim", share=0.5),
    replace(AGAIN, name="16 px", way="smaller", side=16),
    *(
        replace(PUPIL, name=f"pupil {'soft' if soft else 'hard'}", teacher=soft, seed=seed)
        for seed in range(3)
        for soft in (True, False)
    ),
    replace(PUPIL, name="pupil soft 16 px", teacher=True, side=16),
    *(
        replace(
            PUPIL, name=f"longer {'soft' if soft else 'hard'}", teacher=soft, seed=seed, steps=1600
        )
        for seed in range(3)
        for soft in (True, False)
    ),
    replace(PUPIL, name="longer soft 16 px", teacher=True, side=16, steps=1600),
)
PHOTO = Cheaper(name="again", way="again", batch_size=8, steps=100, learning_rate=1e-4)
PHOTOGRAPHS = (
    replace(PHOTO, name="small", way="small", steps=500, learning_rate=1e-3),
    replace(PHOTO, name="slim 0.5", way="slim", share=0.5),
    PHOTO,
)
SMALL = SRResNetConfig(
    blocks=4, channels=16, batch_norm=False, image_skip=True, edge_kernel=5, convolved_skip=True
)
PATCH = 24  # pixels of the small patches


def brief(asked: Cheaper) -> Cheaper:
    """As asked; in smoke mode two steps."""
    return by_mode(smoke=replace(asked, steps=2, batch_size=8), laptop=asked, full=asked)


def precision() -> Precision:
    """Of the trainings: what is fastest on processors of 2023 and later; plain in smoke mode."""
    fast = Precision(dtype=torch.bfloat16, channels_last=True)
    return by_mode(smoke=Precision(), laptop=fast, full=fast)


# --------------------------------------------------------------------------------------------------
# drawings


@cache
def collection() -> tuple[Tensor, Tensor]:
    """All training drawings, each in COPIES places: uint8 [N, 3, 32, 32], and what they show, int64 [N]."""
    emoji = load_emoji("train", ideas="all")
    step = by_mode(smoke=200, laptop=1, full=1)
    images, labels = emoji.images[::step], emoji.category[::step]
    chance = torch.Generator().manual_seed(0)
    return torch.cat([shift_on_white(images, chance) for _ in range(COPIES)]), labels.repeat(COPIES)


@cache
def teacher_answers() -> Tensor:
    """The published classifier's logits for the collection: [N, 8]."""
    form = precision()
    network = form.place(load_classifier(CLASSIFIER), "cpu")
    layout = torch.channels_last if form.channels_last else torch.contiguous_format
    with evaluating(network), form.autocast("cpu"):
        return torch.cat(
            [network((x.float() / 255).contiguous(memory_format=layout)).float() for x in collection()[0].split(256)]
        )  # fmt: skip


def changed(asked: Cheaper) -> tuple[ResNet, dict[str, Tensor] | None]:
    """The network to begin with, and the masks of its weights, if some stay zero."""
    network = load_classifier(CLASSIFIER)
    if asked.way == "pupil":
        runtime.seed_everything(asked.seed)
        widths = tuple(int(asked.share * c) for c in network.config.channels)
        return ResNet(ResNetConfig(classes=network.config.classes, channels=widths)), None
    if asked.way == "slim":
        return slimmed(network, asked.share), None
    if asked.way == "zeros":
        masks = magnitude_masks(network, 1 - asked.share)
        return mask_weights(network, masks), masks
    return network, None


def drawing_loss(asked: Cheaper, network: nn.Module, rows: Tensor) -> Tensor:
    """The loss on some rows of the collection."""
    images, labels = collection()
    x = smaller(images[rows].float() / 255, asked.side)  # [B, 3, S, S]
    with precision().autocast("cpu"):
        logits = network(x).float()
    if asked.teacher:
        return distillation_loss(
            logits, teacher_answers()[rows], labels[rows], temperature=TEMPERATURE, soft=SOFT
        )
    return F.cross_entropy(logits, labels[rows], label_smoothing=0.1)


def learn_drawings(
    asked: Cheaper, network: ResNet, masks: dict[str, Tensor] | None, folder: Path
) -> Run:
    """Trains the network in place."""
    network = precision().place(network, "cpu").train()
    optimizer = torch.optim.AdamW(weight_groups(network, asked.weight_decay), fused=True)
    run = Run(
        steps=asked.steps, models={"net": network}, optimizers={"adamw": optimizer}, config=asdict(asked),
        precision=precision(), path=checkpoint_path(folder), label=asked.name,
    )  # fmt: skip
    for step, progress in run:
        seed_step(asked.seed + 1, step)  # dropout: apart from which drawings are drawn
        chance = runtime.step_generator(asked.seed, step)
        rows = torch.randint(len(collection()[0]), (asked.batch_size,), generator=chance)
        set_learning_rate(optimizer, asked.learning_rate * warmup_cosine(progress))
        loss = drawing_loss(asked, network, rows)
        update_weights(loss, optimizer)
        if masks is not None:
            mask_weights(network, masks)
        run.log(step, loss=loss.detach())
    network.eval()
    return run


def right_answers(network: nn.Module, side: int = 32) -> Tensor:
    """Which held-out drawings of all hands are told right: bool [N]."""
    test = load_emoji("test", ideas="all")
    with evaluating(network):
        logits = torch.cat(
            [network(smaller(x.float() / 255, side)) for x in test.images.split(256)]
        )
    return logits.argmax(1) == test.category


def of_drawings(asked: Cheaper, network: ResNet, panel: Panel, before: Tensor) -> dict:
    """Quality and cost of a finished network; `before`: which drawings the published one tells right."""
    network = copy.deepcopy(network).eval().to(memory_format=torch.contiguous_format)
    right = right_answers(network, asked.side)
    change, half = paired_change(before, right)
    with evaluating(network):
        judged = verdicts(lambda x: network.features(smaller(x, asked.side)), panel)
    return {
        "n": len(right), "accuracy": round(float(right.double().mean()), 4),
        "change": round(change, 4), "change_half": round(half, 4),
        "judge": round(float(judged.double().mean()), 4),
        "multiply_adds": multiply_adds(network, torch.rand(1, 3, asked.side, asked.side)),
        "bytes": stored_bytes(network),
        "zeros": round(share_of_zeros(network), 3),
    }  # fmt: skip


def share_of_zeros(network: nn.Module) -> float:
    """Of all filters and matrices."""
    weights = torch.cat([p.detach().flatten() for p in network.parameters() if p.ndim > 1])
    return float((weights == 0).double().mean())


def drawing_row(asked: Cheaper, run_dir: Path, panel: Panel, before: Tensor) -> dict:
    """What is said of one training on drawings: before it (if it began with the published network) and after it."""
    folder = run_folder(run_dir, f"{NAME}_drawings_{asked.name}".replace(" ", "_"), asked.seed)

    def measured() -> dict:
        network, masks = changed(asked)
        at_once = {} if asked.way == "pupil" else of_drawings(asked, network, panel, before)
        run = learn_drawings(asked, network, masks, folder)
        after = of_drawings(asked, network, panel, before)
        told = (
            {"accuracy_at_once": at_once["accuracy"], "judge_at_once": at_once["judge"]}
            if at_once
            else {}
        )
        return after | told | {"cpu_minutes": round(run.processor_s / 60, 2)}  # fmt: skip

    about = asdict(asked)
    return about | kept(folder / "measured.json", about, measured)


# --------------------------------------------------------------------------------------------------
# photographs


@cache
def crops() -> tuple[Tensor, Tensor]:
    """The middle of each test photograph, 256 x 256 pixels, and a quarter of that: [12, 3, 64, 64], [12, 3, 256, 256]."""
    side, few = by_mode(smoke=64, laptop=256, full=256), by_mode(smoke=2, laptop=None, full=None)
    high = []
    for photo in load_photos("test")[:few]:
        top, left = ((size - side) // 2 for size in photo.image.shape[1:])
        high.append(photo.image[:, top : top + side, left : left + side].float() / 255)
    large = torch.stack(high)
    return eight_bit(bicubic_down(large, 4)), large


def decibels(enlarged: Tensor) -> list[float]:
    """PSNR-Y of each enlarged crop, [12, 3, 256, 256], in dB."""
    found, _ = super_resolution_scores(enlarged.clamp(0, 1), crops()[1], 4)
    return found.tolist()


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def enlarged_by(network: nn.Module) -> Tensor:
    """The crops through a network, one by one: [12, 3, 256, 256]."""
    with evaluating(network):
        return torch.cat([network(x[None]) for x in crops()[0]])


def photo_network(asked: Cheaper) -> SRResNet:
    """The network to begin with."""
    if asked.way == "small":
        runtime.seed_everything(asked.seed)
        return SRResNet(SMALL)
    network = SRResNet(SRResNetConfig(**weights_info(ENLARGER)["config"]))
    load_weights(network, ENLARGER)
    return slimmed(network, asked.share) if asked.way == "slim" else network


@cache
def patches() -> PatchPool:
    """Patches of the embedded training photographs."""
    photos = [p.image for p in load_photos("train")[: by_mode(smoke=2, laptop=None, full=None)]]
    return patch_pool(photos, 4, PATCH)


def learn_photographs(asked: Cheaper, network: SRResNet, folder: Path) -> Run:
    """Trains the network in place, on the mean absolute error."""
    network = precision().place(network, "cpu").train()
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    run = Run(
        steps=asked.steps, models={"net": network}, optimizers={"adam": optimizer}, config=asdict(asked),
        precision=precision(), path=checkpoint_path(folder), label=f"SRResNet {asked.name}",
    )  # fmt: skip
    for step, progress in run:
        set_learning_rate(optimizer, asked.learning_rate * warmup_cosine(progress))
        low, high = patches().sample(batch_size=asked.batch_size, seed=asked.seed, step=step)
        loss = super_resolution_step(network, optimizer, low, high, precision=precision())
        run.log(step, loss=loss)
    network.eval()
    return run


def photo_row(asked: Cheaper, run_dir: Path) -> dict:
    """What is said of one training on photographs."""
    folder = run_folder(run_dir, f"{NAME}_photographs_{asked.name}".replace(" ", "_"), asked.seed)

    def measured() -> dict:
        network = photo_network(asked)
        at_once = mean(decibels(enlarged_by(network))) if asked.way != "small" else None
        run = learn_photographs(asked, network, folder)
        network = network.to(memory_format=torch.contiguous_format)
        return {
            "n": len(crops()[0]), "psnr_y_at_once": at_once, "psnr_y": mean(decibels(enlarged_by(network))),
            "multiply_adds": multiply_adds(network, crops()[0][:1]), "bytes": stored_bytes(network),
            "cpu_minutes": round(run.processor_s / 60, 2),
        }  # fmt: skip

    about = asdict(asked)
    return about | kept(folder / "measured.json", about, measured)


def cost_of_course(own: list[dict]) -> dict:
    """What all published records cost, this one among them: `own` are its trainings."""
    records = [record for record in published_records() if record["name"] != NAME]
    records.append({"name": NAME, "hardware": runtime.hardware(), "rows": own})
    total = course_cost(records)
    order = sorted(total.parts, key=lambda name: -total.parts[name][1])
    return {
        "records": len(records), "counted": len(total.parts), "cpu_minutes": round(total.cpu, 1),
        "gpu_minutes": round(total.gpu, 1),
        "largest": {name: [total.parts[name][0], round(total.parts[name][1], 1)] for name in order[:6]},
        "without": total.without, "clock": total.clock, "first_only": total.first_only,
    }  # fmt: skip


# --------------------------------------------------------------------------------------------------


def main(run_dir: Path) -> int:
    if reason := refusal():
        print(f"publish_cost: {reason}", file=sys.stderr)
        return 1
    runtime.keep_freed_memory()
    panel = by_mode(
        smoke=lambda: open_panel(known=60, votes=60, pairs=100), laptop=open_panel, full=open_panel
    )()
    classifier = load_classifier(CLASSIFIER)
    before = right_answers(classifier)
    rows = []
    for asked in map(brief, DRAWINGS):
        rows.append(drawing_row(asked, run_dir, panel, before))
        print(asked.name, asked.seed, rows[-1]["accuracy"], rows[-1]["cpu_minutes"], flush=True)
    photos = []
    for asked in map(brief, PHOTOGRAPHS):
        photos.append(photo_row(asked, run_dir))
        print(asked.name, photos[-1]["psnr_y"], photos[-1]["cpu_minutes"], flush=True)
    published = Cheaper(name="published", way="again", steps=0)
    write_result(NAME, {
        "name": NAME, **runtime.describe_run(), "precision": str(precision()),
        "source": {"weights": {name: weights_info(name)["sha256"] for name in (CLASSIFIER, ENLARGER)}},
        "drawings": len(collection()[0]), "copies": COPIES, "temperature": TEMPERATURE, "soft": SOFT,
        "published": of_drawings(published, classifier, panel, before),
        "bicubic_psnr_y": mean(decibels(bicubic_up(crops()[0], 4))),
        "published_psnr_y": mean(decibels(enlarged_by(photo_network(PHOTO)))),
        "viewer": {"votes": len(panel.votes), "pairs": len(panel.pairs), "with_taste": round(panel.with_taste, 4),
                   "with_oneself": round(panel.with_oneself, 4)},
        "course": cost_of_course([*rows, *photos]), "rows": rows, "photographs": photos,
    })  # fmt: skip
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run-dir", type=Path, default=Path("runs"))
    sys.exit(main(parser.parse_args().run_dir))
