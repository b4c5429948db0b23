"""Generators that experiments train many times: short runs of the DCGAN and of the flow, ready to draw.

Imported by tools/publish_own_samples.py and tools/publish_little_data.py. What a generator learns from are `Drawings`:
the flow is asked for their category and designer, the DCGAN for nothing.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data import load_emoji
from aesthetic_utils.data.images import read_image, save_image
from aesthetic_utils.generator_metrics import Ruler, likeness
from aesthetic_utils.models import DCGANConfig, Generator
from aesthetic_utils.models.unet import Conditions, UNet
from aesthetic_utils.published.flow import AtHalfTime, drawings_of, network
from aesthetic_utils.published.gan import detail
from aesthetic_utils.published.run import checkpoint_path
from aesthetic_utils.runtime import Precision
from aesthetic_utils.storage import file_digest, write_json
from aesthetic_utils.training.flow import Drawings, FlowSettings, sample_flow, train_flow
from aesthetic_utils.training.gan import GANSettings, sample, train_gan
from aesthetic_utils.training.precision import run_precision
from aesthetic_utils.training.weights import weights_info

Draw = Callable[[int, int], tuple[Tensor, Tensor]]  # n, seed -> uint8 [n, 3, S, S] and rows [n]


def all_drawings() -> Drawings:
    """The training drawings of all ten hands, of which category and designer are said; in smoke mode every fiftieth."""
    every = runtime.by_mode(smoke=50, laptop=1, full=1)
    found = drawings_of(load_emoji("train", ideas="all"), ()).rows(slice(None, None, every))
    return replace(found, conditions=found.conditions.kept("category", "designer"))


def joined(*sets: Drawings) -> Drawings:
    """One set of all."""
    return Drawings(
        images=torch.cat([each.images for each in sets]),
        conditions=Conditions(
            *(torch.cat(p) for p in zip(*(each.conditions for each in sets), strict=True))
        ),
        may_mirror=torch.cat([each.may_mirror for each in sets]),
    )


def flow_settings() -> FlowSettings:
    """Short: 160,000 pictures."""
    steps, batch = runtime.by_mode(smoke=(2, 8), laptop=(150, 64), full=(2_500, 64))
    return FlowSettings(steps=steps, batch_size=batch, validate_every=steps, warmup_steps=100)


def gan_settings() -> GANSettings:
    """Short: 192,000 pictures."""
    return runtime.by_mode(
        smoke=GANSettings(steps=2, batch_size=8, base_channels=8),
        laptop=GANSettings(steps=200),
        full=GANSettings(steps=3_000),
    )


def number_format() -> str:
    """bfloat16 on a GPU, where a trial before each of many short runs would cost more than it gains; else by trial."""
    return "bfloat16" if runtime.default_device().type == "cuda" else "auto"


def trained(kind: str, drawings: Drawings, folder: Path, seed: int, *, shift: bool = True) -> Draw:
    """A generator, "gan" or "flow", that has learned from the drawings; a run that was broken off goes on.

    What it gives for n and a seed are n pictures and, for each, a row of the drawings: the flow is asked for the category
    and the hand of that row; from the DCGAN, which cannot be asked, the row means nothing. shift: whether the players of
    the DCGAN see pictures moved by some pixels.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "gan":
        return trained_gan(drawings, folder, seed, shift)
    return trained_flow(drawings, folder, seed)


def trained_gan(drawings: Drawings, folder: Path, seed: int, shift: bool) -> Draw:
    """See `trained`."""
    settings = gan_settings() if shift else replace(gan_settings(), shift=0)
    device, path = runtime.default_device(), checkpoint_path(folder)
    probe = Generator(DCGANConfig(base_channels=settings.base_channels)).to(device)
    z = torch.randn(min(settings.batch_size, len(drawings.images)), 100, device=device)
    chosen = run_precision(number_format(), path, lambda: runtime.choose_precision(probe, z))
    average, _, _ = train_gan(settings, drawings.images, seed=seed, precision=chosen, path=path)
    return lambda n, s: (as_bytes(sample(average, n, seed=s)), chosen_rows(drawings, n, s))


def trained_flow(drawings: Drawings, folder: Path, seed: int) -> Draw:
    """See `trained`."""
    settings, config = flow_settings(), replace(network(), words=())
    device, path = runtime.default_device(), checkpoint_path(folder)
    noise = torch.randn(settings.batch_size, 3, 32, 32, device=device)
    probe = AtHalfTime(UNet(config)).to(device)
    chosen = run_precision(number_format(), path, lambda: runtime.choose_precision(probe, noise))
    average, _ = train_flow(config, settings, drawings, seed=seed, precision=chosen, path=path)
    plain = Precision() if device.type == "cpu" else chosen
    steps = runtime.by_mode(smoke=2, laptop=5, full=10)

    def draw(n: int, s: int) -> tuple[Tensor, Tensor]:
        rows = chosen_rows(drawings, n, s)
        asked = drawings.conditions.rows(rows)
        batch = 125 if device.type == "cpu" else 1_000
        made = sample_flow(average, asked, steps=steps, seed=s, batch_size=batch, precision=plain)
        return as_bytes(made), rows

    return draw


def chosen_rows(drawings: Drawings, n: int, seed: int) -> Tensor:
    """n rows of the drawings, drawn with replacement by the seed."""
    chance = torch.Generator().manual_seed(seed)
    return torch.randint(len(drawings.images), (n,), generator=chance)


def as_bytes(images: Tensor) -> Tensor:
    """Float pictures in [0, 1] as uint8."""
    return (images * 255).round().to(torch.uint8)


def keep_pictures(images: Tensor, file: Path) -> None:
    """uint8 [n, 3, S, S], one below the other, without loss."""
    save_image(torch.cat(list(images), 1), file)


def kept_pictures(file: Path) -> Tensor:
    """What `keep_pictures` wrote, float [n, 3, S, S] in [0, 1]."""
    column = read_image(file)  # [3, n S, S]
    return torch.stack(column.split(column.shape[2], 1)).float() / 255


def say_machine(folder: Path) -> None:
    """Keeps beside pictures on which machine they were made, which may be another than measures them."""
    write_json(folder / "made_on.json", runtime.describe_run())


def machine_of(folder: Path) -> str:
    """The hardware that `say_machine` kept."""
    return json.loads((folder / "made_on.json").read_text("utf-8"))["hardware"]


def made_of(pictures: Path, rulers: Iterable[str]) -> dict:
    """What a measurement of kept pictures depends on, but for the code."""
    return {
        "pictures": file_digest(pictures),
        "rulers": [weights_info(name)["sha256"] for name in rulers],
    }


def looked_at(images: Tensor, rulers: dict[str, Ruler], seed: int) -> dict:
    """What is said of a set of pictures: `likeness` by each ruler, the detail, and the white of the ground."""
    return {
        "rulers": {
            name: {
                k: round(v, 4) for k, v in likeness(ruler.look(images), ruler, seed=seed).items()
            }
            for name, ruler in rulers.items()
        },
        "detail": round(detail(images), 5),
        "corner": round(float(images[..., 0, 0].mean()), 4),
    }
