"""The published SRGAN: the published SRResNet, trained on against a discriminator."""

from pathlib import Path

from torch import Tensor

from aesthetic_utils.data.photos import load_photos
from aesthetic_utils.models import SRResNet, SRResNetConfig
from aesthetic_utils.published import super_resolution as sr
from aesthetic_utils.published.run import PublishedRun, checkpoint_path, record
from aesthetic_utils.runtime import by_mode
from aesthetic_utils.training.perception import EYES, enlargements, load_eyes, perception_distortion
from aesthetic_utils.training.precision import run_precision
from aesthetic_utils.training.srgan import SRGANSettings, between, train_srgan
from aesthetic_utils.training.weights import load_weights, weights_info

START = "srresnet_x4_small"  # the network that learns on
SHARES = (0.25, 0.5, 0.75)  # of the way from the start to the end, for the plane


def settings_by_mode() -> SRGANSettings:
    """The sizes of a run in each mode."""
    return by_mode(
        smoke=SRGANSettings(steps=2, patch=16, batch_size=2, channels=4),
        laptop=SRGANSettings(steps=300),
        full=SRGANSettings(),
    )


def load_start() -> SRResNet:
    """The published SRResNet, in single precision."""
    network = SRResNet(SRResNetConfig(**weights_info(START)["config"]))
    return load_weights(network, START).float()


def srgan_metrics(start: SRResNet, end: SRResNet) -> dict:
    """Where test photographs lie on the plane, enlarged by the start, by the end, and by what is between."""
    few, long_side = by_mode(smoke=(1, 128), laptop=(4, 384), full=(None, 384))
    start, end = start.cpu(), end.cpu()
    networks = {"srresnet": start}
    networks |= {f"{share:.0%} of the way": between(start, end, share) for share in SHARES}
    networks |= {"srgan": end}
    results: dict[str, list[Tensor]] = {}
    for photo in load_photos("test", long_side)[:few]:
        for method, image in enlargements(photo.image, networks).items():
            results.setdefault(method, []).append(image)
    return {"eyes": EYES, "plane": perception_distortion(results, load_eyes())}


def train_published_srgan(
    kind: str, seed: int, folder: Path, minutes: float | None, precision: str
) -> tuple[SRResNet, dict]:
    """Both networks and what lies between them, on the plane."""
    path = checkpoint_path(folder)
    settings, start = settings_by_mode(), load_start()
    low, high = sr.training_tiles(start.config.scale)
    timed = sr.settings_by_mode("x4")
    chosen = run_precision(precision, path, lambda: sr.fastest_precision(timed))
    model, run = train_srgan(
        settings, start, low, high, seed=seed, precision=chosen, path=path, minutes=minutes
    )
    metrics = srgan_metrics(start, model)
    return model, record(settings, chosen, seed, run, metrics) | {
        "start": weights_info(START)["sha256"]
    }


RUNS = (PublishedRun(family="srgan", kind="x4", train=train_published_srgan),)
