"""How fast each network trains here, and what its loop costs beside the step itself.

    python -m tools.benchmark [--seconds 120] [--only families overhead loops precision]

families   the real training loop of each family, with clocks around its parts: images a second of making batches
           alone, of the steps alone, and of both; the last over the second should be at least 0.97
overhead   microseconds that `Run` with logging takes at each step beside a plain `for`; at most 50
loops      the article's network on the drawings in four loops: ours; the article's own, over PIL images (which needs
           torchvision, of the extra `test`); a plain one over a DataLoader with two workers; and Lightning's, over
           the same DataLoader, where lightning is installed. Each has a process of its own, in turns
precision  each family's network, forwards and backwards, in the format that is chosen for it here, against plain
           float32: at least 0.97. Then the same in a process that may use no newer instructions than AVX2

On a processor `families`, `overhead` and `precision` count processor time, and all give medians or ratios within
one run, so that a busy machine slows all alike. Sizes follow AESTHETIC_MODE.
"""

import argparse
import contextlib
import importlib.util
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partialmethod
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn

from aesthetic_utils import runtime
from aesthetic_utils.data import TensorBatches, load_emoji
from aesthetic_utils.data.augmented import AugmentedBatches
from aesthetic_utils.models import ArticleCNN, CNNConfig, Generator
from aesthetic_utils.models.dcgan import DCGANConfig
from aesthetic_utils.models.resnet import ResNet
from aesthetic_utils.published import cnn, gan, resnet, srgan, super_resolution
from aesthetic_utils.published import convnet as published_convnet
from aesthetic_utils.runtime import Precision, by_mode
from aesthetic_utils.training import classification, convnet
from aesthetic_utils.training import gan as gan_training
from aesthetic_utils.training import resnet as resnet_training
from aesthetic_utils.training import srgan as srgan_training
from aesthetic_utils.training.patches import PatchPool
from aesthetic_utils.training.perception import load_eyes
from aesthetic_utils.training.run import Run

PARTS = ("families", "overhead", "loops", "precision")
ENOUGH, MOST = 0.97, 50.0  # share of the step alone, or of float32; microseconds a step
FOREVER = 1_000_000  # steps, of a loop that is ended by the clock
AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
}  # for torch's kernels and oneDNN's


def clock() -> float:
    """Seconds: of the processor while it computes, of the wall where a graphics card does."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


# --------------------------------------------------------------------------------------------------
# families


@dataclass(frozen=True, kw_only=True)
class Family:
    """One family of the registry, as it is measured here."""

    name: str
    module: ModuleType  # where its loop stands
    images: int  # in a step
    probe: Callable[[], tuple[nn.Module, Tensor]]  # a network and an example batch for it
    train: Callable[[Precision], Any]  # its loop, which never ends by itself


def families() -> list[Family]:
    """All of them, at the sizes of the run mode."""
    emoji, device = load_emoji("train"), runtime.default_device()
    drawings = emoji.images[:64].to(device).float() / 255
    long = {"epochs": 10_000}
    small = replace(cnn.cnn_settings(), **long)
    generator = DCGANConfig(base_channels=gan.gan_settings().base_channels)
    ten, hands = resnet.network(10), replace(resnet.settings_by_mode("emoji designer"), **long)
    return [
        Family(
            name="cnn", module=classification, images=small.batch_size,
            probe=lambda: (ArticleCNN(CNNConfig(classes=5)), drawings),
            train=lambda p: classification.train_classifier(
                small, emoji.images, emoji.designer, 5, precision=p
            ),
        ),
        convnet_family(device),
        Family(
            name="resnet", module=resnet_training, images=hands.batch_size,
            probe=lambda: (ResNet(ten), drawings),
            train=lambda p: resnet_training.train_resnet(
                ten, hands, emoji.images, emoji.designer, precision=p, second_labels=emoji.category
            ),
        ),
        Family(
            name="gan", module=gan_training, images=gan.gan_settings().batch_size,
            probe=lambda: (Generator(generator), torch.randn(64, 100, device=device)),
            train=lambda p: gan_training.train_gan(
                replace(gan.gan_settings(), steps=FOREVER), emoji.images, precision=p
            ),
        ),
        *super_resolution_families(device),
    ]  # fmt: skip


def convnet_family(device: torch.device) -> Family:
    """The network for CIFAR-10, on random pictures of that size; on a processor in batches of 100."""
    n = by_mode(smoke=100, laptop=2000, full=2000)
    images = torch.randint(0, 256, (n, 3, 32, 32), dtype=torch.uint8)
    config, settings = published_convnet.network(), published_convnet.settings_by_mode(20)
    batch = 100 if device.type == "cpu" else settings.batch_size
    settings = replace(settings, epochs=10_000, batch_size=batch)
    return Family(
        name="convnet", module=convnet, images=batch,
        probe=lambda: (convnet.untrained(config, images), images[:100].to(device).float() / 255),
        train=lambda p: convnet.train_convnet(config, settings, images, torch.arange(n) % 10, precision=p),
    )  # fmt: skip


def super_resolution_families(device: torch.device) -> list[Family]:
    """SRResNet x4 and its light version, the restorer, and SRGAN."""
    found = []
    for name, kind in (("srresnet", "x4"), ("light", "x4 light"), ("restore", "restore")):
        settings = replace(super_resolution.settings_by_mode(kind), steps=FOREVER)
        size = (settings.batch_size, 3, settings.patch, settings.patch)

        def train(precision: Precision, settings: Any = settings) -> Any:
            pool, _ = super_resolution.training_pool(settings)
            return super_resolution.train_super_resolution(settings, pool, precision=precision)

        found.append(
            Family(
                name=name, module=super_resolution, images=settings.batch_size, train=train,
                probe=lambda s=settings, size=size: (
                    super_resolution.build(s),
                    torch.rand(size, device=device),
                ),
            )
        )  # fmt: skip
    against = replace(srgan.settings_by_mode(), steps=FOREVER)
    patches = torch.rand(against.batch_size, 3, against.patch, against.patch, device=device)

    def train_srgan(precision: Precision) -> Any:
        like_sr = replace(
            super_resolution.settings_by_mode("x4"), patch=against.patch, reject=against.reject
        )
        pool, _ = super_resolution.training_pool(like_sr)
        eyes = load_eyes(srgan.TEACHER)
        return srgan_training.train_srgan(
            against, srgan.load_start(), eyes, pool, precision=precision
        )

    found.append(
        Family(
            name="srgan", module=srgan_training, images=against.batch_size,
            probe=lambda: (srgan.load_start(), patches), train=train_srgan,
        )
    )  # fmt: skip
    return found


STEPS = (  # what computes; super-resolution's is made by `fastest_step`
    "classification_step", "two_task_step", "discriminator_step", "generator_step", "perceptual_step",
    "look_ahead", "update_ema",
)  # fmt: skip
LOADS = ("random_damage",)  # what makes batches, beside the classes below
BATCHES = ((TensorBatches, "batch"), (AugmentedBatches, "batch"), (PatchPool, "sample"))


def watched(family: Family, precision: Precision, seconds: float) -> dict[str, float]:
    """Runs the family's loop for so long; steps, and seconds spent on "loading", on the "step" and in "all"."""
    spent = {"loading": 0.0, "step": 0.0, "all": 0.0, "steps": 0}

    def timed(function: Callable, part: str) -> Callable:
        def call(*arguments: Any, **options: Any) -> Any:
            start = clock()
            try:
                return function(*arguments, **options)
            finally:
                spent[part] += clock() - start

        return call

    iterate, fastest = Run.__iter__, getattr(family.module, "fastest_step", None)

    def ended_by_the_clock(run: Run) -> Iterator[tuple[int, float]]:
        for done, pair in enumerate(iterate(run)):
            if done == 3:  # the first steps allocate memory
                spent.update(loading=0.0, step=0.0)
                start = clock()
            elif done > 7 and clock() - start > seconds:
                spent.update({"all": clock() - start, "steps": done - 3})
                return
            yield pair

    with contextlib.ExitStack() as patches:
        for part, names in (("step", STEPS), ("loading", LOADS)):
            for name in names:
                if inner := getattr(family.module, name, None):
                    patches.enter_context(
                        mock.patch.object(family.module, name, timed(inner, part))
                    )
        for kind, name in BATCHES:
            inner = timed(getattr(kind, name), "loading")
            patches.enter_context(mock.patch.object(kind, name, partialmethod(inner)))
        if fastest is not None:
            quick = lambda *a, **k: timed(fastest(*a, **k), "step")  # noqa: E731
            patches.enter_context(mock.patch.object(family.module, "fastest_step", quick))
        patches.enter_context(mock.patch.object(Run, "__iter__", ended_by_the_clock))
        family.train(precision)
    return spent


def chosen_for(family: Family) -> Precision:
    """What `choose_precision` finds for the family's network on this machine."""
    model, example = family.probe()
    rounds = by_mode(smoke=1, laptop=5, full=5)
    return runtime.choose_precision(model.to(example.device), example, rounds=rounds)


def measure_families(seconds: float) -> None:
    """Prints a line a family."""
    print("family    images a second: loading     step     both   both/step   format")
    everyone = families()
    for family in everyone:
        precision = chosen_for(family)
        spent = watched(family, precision, seconds / len(everyone))
        images = spent["steps"] * family.images
        rates = [images / max(spent[part], 1e-9) for part in ("loading", "step", "all")]
        ratio = spent["step"] / spent["all"]
        print(
            f"{family.name:10}{rates[0]:24,.0f} {rates[1]:8,.1f} {rates[2]:8,.1f} {ratio:11.3f}   {precision}"
            f"{'' if ratio >= ENOUGH else f'  BELOW {ENOUGH}'}",
            flush=True,
        )


# --------------------------------------------------------------------------------------------------
# overhead


def loop_overhead(steps: int) -> float:
    """Microseconds a step that `Run` with logging takes beside a plain `for` over as many steps."""
    loss = torch.tensor(0.5)
    start = clock()
    for _ in range(steps):
        pass
    plain = clock() - start
    run = Run(steps=steps, models={}, optimizers={}, label="overhead")
    start = clock()
    for step, _ in run:
        run.log(step, loss=loss)
    return 1e6 * (clock() - start - plain) / steps


def measure_overhead() -> None:
    """Prints the median of five."""
    steps = by_mode(smoke=500, laptop=20_000, full=20_000)
    found = statistics.median(loop_overhead(steps) for _ in range(5))
    note = "" if found <= MOST else f"  ABOVE {MOST:.0f}"
    print(f"Run with logging: {found:.1f} microseconds a step beside a plain for{note}", flush=True)


# --------------------------------------------------------------------------------------------------
# loops

BATCH, TURN = 64, 8  # images a step, steps a turn


class PilImages(torch.utils.data.Dataset):
    """The article's data set: PIL images, made into tensors one by one."""

    def __init__(self, images: Tensor, labels: Tensor):
        from torchvision.transforms.functional import to_pil_image, to_tensor

        self.images, self.labels = [to_pil_image(i) for i in images], labels
        self.to_tensor = to_tensor

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return self.to_tensor(self.images[i]), int(self.labels[i])


class Bytes(torch.utils.data.Dataset):
    """Images that lie in one tensor, made into floats one by one."""

    def __init__(self, images: Tensor, labels: Tensor):
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return self.images[i].float() / 255, self.labels[i]


def loader(data: torch.utils.data.Dataset, workers: int = 0) -> torch.utils.data.DataLoader:
    """Batches in random order, as they are usually made."""
    return torch.utils.data.DataLoader(
        data, batch_size=BATCH, shuffle=True, drop_last=True, num_workers=workers,
        persistent_workers=workers > 0,
    )  # fmt: skip


def article_network() -> nn.Module:
    """The article's network in the article's order, with the size of its first linear layer put right."""
    return nn.Sequential(
        *(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(64 * 8 * 8, 128), nn.ReLU(), nn.Linear(128, 5)),
    )


def plain_loop(batches: torch.utils.data.DataLoader, after_step: Callable[[], None]) -> None:
    """The article's own loop, epoch after epoch."""
    model = article_network()
    criterion, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=0.001)
    while True:
        for images, labels in batches:
            optimizer.zero_grad()
            criterion(model(images), labels).backward()
            optimizer.step()
            after_step()


def our_loop(images: Tensor, labels: Tensor, after_step: Callable[[], None]) -> None:
    """The course's loop, in the format that is chosen here."""
    runtime.keep_freed_memory()  # as every training of ours does
    network = article_network()
    precision = runtime.choose_precision(network, images[:BATCH].float() / 255)
    model = precision.place(network, "cpu")
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
    batches = TensorBatches(
        images, labels, batch_size=BATCH, drop_last=True, channels_last=precision.channels_last
    )
    run = Run(steps=FOREVER, models={"cnn": model}, optimizers={"adam": optimizer}, label="ours")
    for step, _ in run:
        batch = batches.batch(step)
        loss = classification.classification_step(model, optimizer, *batch, precision=precision)
        run.log(step, loss=loss)
        after_step()


def lightning_loop(batches: torch.utils.data.DataLoader, after_step: Callable[[], None]) -> None:
    """The article's loop in Lightning's Trainer, with its progress bar and its logger as they come."""
    import lightning

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = article_network()

        def training_step(self, batch: list[Tensor], number: int) -> Tensor:
            loss = nn.functional.cross_entropy(self.model(batch[0]), batch[1])
            self.log("loss", loss, prog_bar=True)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=0.001)

    class Turns(lightning.Callback):
        def on_train_batch_end(self, *arguments: Any) -> None:
            after_step()

    lightning.Trainer(
        max_epochs=-1, accelerator="cpu", callbacks=[Turns()], logger=False, enable_checkpointing=False
    ).fit(Module(), batches)  # fmt: skip


def run_loop(name: str, after_step: Callable[[], None]) -> None:
    """Runs one of the loops, which ends when `after_step` raises."""
    emoji = load_emoji("train")
    n = by_mode(smoke=TURN * BATCH, laptop=len(emoji), full=len(emoji))
    images, labels = emoji.images[:n], emoji.designer[:n]
    if name == "ours":
        our_loop(images, labels, after_step)
    elif name == "article":
        plain_loop(loader(PilImages(images, labels)), after_step)
    elif name == "DataLoader":
        plain_loop(loader(Bytes(images, labels), workers=2), after_step)
    else:
        lightning_loop(loader(Bytes(images, labels), workers=2), after_step)


class Ended(Exception):
    """Ends a loop from inside."""


def worker(name: str, threads: int, pipe: Connection) -> None:
    """Trains one turn for every message and answers with its seconds; False ends it."""
    torch.set_num_threads(threads)
    steps, start = 0, 0.0

    def after_step() -> None:
        nonlocal steps, start
        steps += 1
        if steps % TURN == 0:
            pipe.send(time.perf_counter() - start)  # the first turn warms up
            if not pipe.recv():
                raise Ended
            start = time.perf_counter()

    with contextlib.suppress(Ended):
        run_loop(name, after_step)


def measure_loops(seconds: float) -> None:
    """Prints a line a loop: images a second, and as a share of ours."""
    names = ["ours", "article", "DataLoader"]
    names += ["Lightning"] if importlib.util.find_spec("lightning") else []
    context, pipes, workers = multiprocessing.get_context("spawn"), {}, []
    for name in names:
        pipes[name], theirs = context.Pipe()
        workers.append(context.Process(target=worker, args=(name, torch.get_num_threads(), theirs)))
        workers[-1].start()
        theirs.close()  # so that a worker that fails is noticed
        pipes[name].recv()
    times: dict[str, list[float]] = {name: [] for name in names}
    end = time.perf_counter() + seconds
    try:
        while time.perf_counter() < end or len(times["ours"]) < 3:
            for name, pipe in pipes.items():
                pipe.send(True)
                times[name].append(pipe.recv())
    finally:
        for pipe in pipes.values():
            pipe.send(False)
        for process in workers:
            process.join()
    rates = {name: TURN * BATCH / statistics.median(t) for name, t in times.items()}
    print(f"{len(times['ours'])} turns of {TURN} steps of {BATCH} drawings")
    for name, rate in rates.items():
        print(
            f"{name:10} {rate:8,.0f} images a second, {rate / rates['ours']:5.2f} of ours",
            flush=True,
        )


# --------------------------------------------------------------------------------------------------
# precision


def speed_of_choice(family: Family, rounds: int) -> tuple[Precision, float]:
    """The format chosen for a family, and its speed as a multiple of plain float32's."""
    model, example = family.probe()
    model = model.to(example.device)
    chosen = runtime.choose_precision(model, example)
    if chosen == Precision():
        return chosen, 1.0
    trials = [runtime._trial(model, example, p, True) for p in (Precision(), chosen)]
    seconds: list[list[float]] = [[], []]
    for _ in range(rounds + 1):
        for trial, times in zip(trials, seconds, strict=True):
            start = clock()
            trial()
            times.append(clock() - start)
    plain, fast = (statistics.median(times[1:]) for times in seconds)
    return chosen, plain / fast


def measure_precision(title: str) -> None:
    """Prints a line a family."""
    print(f"speed of the chosen format against plain float32, {title}")
    rounds = by_mode(smoke=1, laptop=5, full=7)
    for family in families():
        chosen, speed = speed_of_choice(family, rounds)
        note = "" if speed >= ENOUGH else f"  BELOW {ENOUGH}"
        print(f"{family.name:10} {speed:5.2f}   {chosen}{note}", flush=True)


def measure_precision_twice() -> None:
    """With all instructions of this processor, then, in a process of its own, with none newer than AVX2."""
    measure_precision(f"torch with {torch.backends.cpu.get_cpu_capability()}")
    if os.environ.get("ATEN_CPU_CAPABILITY") != AVX2["ATEN_CPU_CAPABILITY"]:
        command = [sys.executable, "-m", "tools.benchmark", "--only", "precision"]
        subprocess.run(command, env=os.environ | AVX2, check=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=120.0, help="for families and loops (120)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts")
    options = parser.parse_args(arguments)
    print(runtime.hardware_line(), flush=True)
    runtime.keep_freed_memory()
    if "families" in options.only:
        measure_families(0.7 * options.seconds)
    if "overhead" in options.only:
        measure_overhead()
    if "loops" in options.only:
        measure_loops(0.3 * options.seconds)
    if "precision" in options.only:
        measure_precision_twice()


if __name__ == "__main__":
    main()
