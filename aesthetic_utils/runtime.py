"""Run modes, devices, seeds, number formats, and the description of a run that results carry."""

import contextlib
import copy
import ctypes
import datetime
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import TypeVar

import torch
from torch import Tensor, nn

MODES = ("smoke", "laptop", "full")
T = TypeVar("T")


# --------------------------------------------------------------------------------------------------
# run modes


def run_mode() -> str:
    """`smoke` (tests, seconds), `laptop` (minutes on two cores) or `full` (the published outputs).

    Read from the environment variable AESTHETIC_MODE; without it `full` where there is a GPU, else
    `laptop`. Raises ValueError for any other value.
    """
    mode = os.environ.get("AESTHETIC_MODE") or ("full" if torch.cuda.is_available() else "laptop")
    if mode not in MODES:
        raise ValueError(
            f"AESTHETIC_MODE is {mode!r}; set it to one of {', '.join(MODES)}, or unset it"
        )
    return mode


def by_mode(*, smoke: T, laptop: T, full: T) -> T:
    """The value for the present run mode."""
    return {"smoke": smoke, "laptop": laptop, "full": full}[run_mode()]


# --------------------------------------------------------------------------------------------------
# device and seeds


def default_device() -> torch.device:
    """The CUDA GPU of this process, else Apple's GPU, else the CPU, which `accelerate launch --cpu` asks for."""
    if os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true":
        return torch.device("cpu")
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def seed_everything(seed: int) -> torch.Generator:
    """Seeds torch's global generators and returns a CPU generator with the same seed."""
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def step_generator(seed: int, step: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator on a device that depends on seed and step alone.

    Whatever a training step draws from it is the same after a restart, so no generator state has
    to be stored in a checkpoint. Generators of different devices give different numbers.
    """
    return torch.Generator(device).manual_seed(seed * 1_000_003 + step)


# --------------------------------------------------------------------------------------------------
# number format and memory layout


@dataclass(frozen=True, kw_only=True)
class Precision:
    """How a network computes: the number format of its heavy layers and the memory layout."""

    dtype: torch.dtype = torch.float32  # autocast format; float32 means no autocast
    channels_last: bool = False  # [N, H, W, C] in memory; the shape stays [N, C, H, W]

    def autocast(self, device: torch.device | str) -> contextlib.AbstractContextManager:
        """The context in which forward passes and losses run."""
        if self.dtype == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(torch.device(device).type, dtype=self.dtype)

    def scaler(self, device: torch.device | str) -> torch.amp.GradScaler:
        """A gradient scaler, which does something only where float16 needs it."""
        return torch.amp.GradScaler(torch.device(device).type, enabled=self.dtype == torch.float16)

    def place(self, module: nn.Module, device: torch.device | str) -> nn.Module:
        """The module on the device, in this memory layout."""
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        return module.to(device=device, memory_format=layout)

    def __str__(self) -> str:
        layout = "channels_last" if self.channels_last else "channels_first"
        return f"{str(self.dtype).removeprefix('torch.')}, {layout}"


def without_autocast(device: torch.device | str) -> contextlib.AbstractContextManager:
    """The context for what has to be computed in the format of its inputs inside an autocast, too."""
    kind = torch.device(device).type
    if kind == "meta" or not torch.is_autocast_enabled(kind):
        return contextlib.nullcontext()  # which leaves no trace in an exported network
    return torch.autocast(kind, enabled=False)


def precision_candidates(device: torch.device) -> list[Precision]:
    """What is worth trying on a device; plain float32 always comes first."""
    half = torch.bfloat16
    if device.type == "cuda" and torch.cuda.get_device_capability(device) < (8, 0):
        half = torch.float16  # before Ampere bfloat16 is emulated
    candidates = [Precision(), Precision(channels_last=True)]
    if device.type in {"cuda", "cpu"}:
        candidates.append(Precision(dtype=half, channels_last=True))
    return candidates


def choose_precision(
    model: nn.Module,
    batch: Tensor,
    *,
    rounds: int = 5,
    margin: float = 1.05,
    candidates: Iterable[Precision] | None = None,
    training: bool = True,
) -> Precision:
    """The fastest number format and layout for `model`, by a short timing on this machine.

    model: left as it was (a copy is timed), on the device to be timed
    batch: an example input, float [N, C, H, W]
    margin: plain float32 is kept unless something else is at least this much faster
    training: time forward and backward passes; False: forward passes alone, without gradients

    bfloat16 is up to ten times slower than float32 on a processor without instructions for it, and
    nothing but a clock says so reliably; that is why it is tried and not guessed.
    """
    device = batch.device
    candidates = list(candidates or precision_candidates(device))
    trials = [_trial(model, batch, p, training) for p in candidates]
    seconds: list[list[float]] = [[] for _ in candidates]
    for trial in trials:
        trial()  # the first pass allocates and compiles kernels
    for _ in range(rounds):  # in turns, so that a busy moment hits all alike
        for trial, times in zip(trials, seconds, strict=True):
            start = time.perf_counter()
            trial()
            times.append(time.perf_counter() - start)
    medians = [statistics.median(times) for times in seconds]
    best = min(range(len(candidates)), key=medians.__getitem__)
    return candidates[best] if medians[0] / medians[best] >= margin else candidates[0]


def _trial(
    model: nn.Module, batch: Tensor, precision: Precision, training: bool
) -> Callable[[], None]:
    copied = precision.place(copy.deepcopy(model), batch.device).train(training)
    layout = torch.channels_last if precision.channels_last else torch.contiguous_format
    batch = batch.contiguous(memory_format=layout) if batch.ndim == 4 else batch

    def trial() -> None:
        with torch.set_grad_enabled(training), precision.autocast(batch.device):
            loss = copied(batch).float().square().mean()
        if training:
            loss.backward()
            copied.zero_grad(set_to_none=True)
        if batch.is_cuda:
            torch.cuda.synchronize()

    return trial


def keep_freed_memory() -> bool:
    """Tells glibc to keep large freed blocks instead of returning them at every training step.

    Returns whether it took effect (Linux with glibc only). Training on a CPU spends up to half its
    time on page faults without it; the price is that the process does not shrink.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # musl has none
        return False
    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD of malloc.h
    return bool(mallopt(mmap_threshold, 1 << 30)) and bool(mallopt(trim_threshold, (1 << 31) - 1))


# --------------------------------------------------------------------------------------------------
# what a result carries


def hardware() -> str:
    """The processor that computes, in words."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        name = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), name)
    threads = torch.get_num_threads()
    return f"{name}, {threads} thread{'' if threads == 1 else 's'}"


def describe_run() -> dict:
    """Hardware, versions, date and mode, as the results files and published notebooks carry them."""
    packages = ("torch", "numpy", "aesthetic-utils")
    versions = {"python": platform.python_version()}
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return {
        "date": datetime.date.today().isoformat(),
        "mode": run_mode(),
        "hardware": hardware(),
        "versions": versions,
    }


def hardware_line() -> str:
    """One printable line: mode, hardware and torch's version."""
    return f"{run_mode()} mode on {hardware()}, torch {torch.__version__.split('+')[0]}"


@contextlib.contextmanager
def evaluating(*modules: nn.Module) -> Iterator[None]:
    """Evaluation mode and no gradients inside; each module's own mode is restored on the way out."""
    before = [m.training for m in modules]
    try:
        for m in modules:
            m.eval()
        with torch.no_grad():
            yield
    finally:
        for m, mode in zip(modules, before, strict=True):
            m.train(mode)
