"""Throughput of training the article's CNN, as ratios measured in one run.

    python -m tools.benchmark [--seconds 60]

Every variant trains in a process of its own, in turns, a few steps at a time and round after round;
the figures are ratios of medians, so that a busy machine slows all alike. Variants:

    fixed     one preloaded float32 batch again and again: the limit that no loader can pass
    batches   TensorBatches in plain float32
    article   the article's loop over a DataLoader of PIL images, with none of our settings; needs torchvision,
              which comes with the extra `test`
    float32   TensorBatches with the faster of the two layouts, in float32
    chosen    TensorBatches with the number format and layout that choose_precision picks
"""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

import torch
from torch import Tensor, nn

from aesthetic_utils import runtime
from aesthetic_utils.data import TensorBatches, load_emoji
from aesthetic_utils.models import ArticleCNN, CNNConfig
from aesthetic_utils.runtime import Precision
from aesthetic_utils.training import classification_step

BATCH, STEPS = 64, 8  # images a step, steps a turn


class PilImages(torch.utils.data.Dataset):
    """The article's data set: PIL images, made into tensors one by one."""

    def __init__(self, images: Tensor, labels: Tensor):
        from torchvision.transforms.functional import to_pil_image, to_tensor

        self.images, self.labels, self.to_tensor = (
            [to_pil_image(i) for i in images],
            labels,
            to_tensor,
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return self.to_tensor(self.images[i]), int(self.labels[i])


def trainer(batches: Iterator, precision: Precision) -> Callable[[], None]:
    """A function that trains a network of its own for one turn."""
    model = precision.place(ArticleCNN(CNNConfig(classes=5)), "cpu").train()
    optimizer = torch.optim.Adam(model.parameters(), fused=precision != Precision())

    def turn() -> None:
        for _ in range(STEPS):
            classification_step(model, optimizer, *next(batches), precision=precision)

    return turn


def forever(loader) -> Iterator:
    while True:
        yield from loader


def article_network(classes: int) -> nn.Module:
    """The article's network in the article's order, with the size of its first linear layer put right."""
    return nn.Sequential(
        *(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(64 * 8 * 8, 128), nn.ReLU(), nn.Linear(128, classes)),
    )


def article_turn(loader: Iterator) -> Callable[[], None]:
    """One turn of the article's own loop."""
    model = article_network(classes=5)
    criterion, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=0.001)

    def turn() -> None:
        for _ in range(STEPS):
            images, labels = next(loader)
            optimizer.zero_grad()
            criterion(model(images), labels).backward()
            optimizer.step()

    return turn


def make_turn(variant: str) -> tuple[Callable[[], None], str]:
    """The function that trains a variant for one turn, and the settings it uses."""
    emoji = load_emoji("train")
    images, labels = emoji.images, emoji.designer
    if variant == "article":
        loader = torch.utils.data.DataLoader(
            PilImages(images, labels), batch_size=BATCH, shuffle=True, drop_last=True
        )
        return article_turn(forever(loader)), "as printed"
    runtime.keep_freed_memory()  # as every training of ours does
    plain = TensorBatches(images, labels, batch_size=BATCH, drop_last=True)
    fixed = plain.batch(0)
    if variant == "fixed":
        return trainer(forever([fixed]), Precision()), str(Precision())
    if variant == "batches":
        return trainer(forever(plain), Precision()), str(Precision())
    candidates = [Precision(), Precision(channels_last=True)] if variant == "float32" else None
    model = ArticleCNN(CNNConfig(classes=5))
    precision = runtime.choose_precision(model, fixed[0], candidates=candidates)
    layout = {"channels_last": precision.channels_last}
    batches = TensorBatches(images, labels, batch_size=BATCH, drop_last=True, **layout)
    return trainer(forever(batches), precision), str(precision)


def worker(variant: str, threads: int, pipe: Connection) -> None:
    """Trains one turn for every message and answers with its seconds; None ends it."""
    torch.set_num_threads(threads)
    turn, settings = make_turn(variant)
    turn()  # warms up
    pipe.send(settings)
    while pipe.recv():
        start = time.perf_counter()
        turn()
        pipe.send(time.perf_counter() - start)


def measure(seconds: float) -> dict[str, float]:
    """Images a second relative to `fixed`, by variant."""
    context, pipes = multiprocessing.get_context("spawn"), {}
    for variant in ("fixed", "batches", "article", "float32", "chosen"):
        pipes[variant], theirs = context.Pipe()
        arguments = (variant, torch.get_num_threads(), theirs)
        context.Process(target=worker, args=arguments, daemon=True).start()
        print(f"{variant:8} {pipes[variant].recv()}")
    times: dict[str, list[float]] = {name: [] for name in pipes}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times["chosen"]) < 4:
        for name, pipe in pipes.items():
            pipe.send(True)
            times[name].append(pipe.recv())
    for pipe in pipes.values():
        pipe.send(None)
    medians = {name: statistics.median(t) for name, t in times.items()}
    print(
        f"{len(times['fixed'])} turns of {STEPS} steps of {BATCH} images, {runtime.hardware_line()}"
    )
    return {name: medians["fixed"] / m for name, m in medians.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    ratios = measure(parser.parse_args().seconds)
    for name, ratio in ratios.items():
        print(f"{name:8} {ratio:5.2f} of fixed   {ratio / ratios['article']:5.2f} of article")


if __name__ == "__main__":
    main()
