"""What a network costs: multiply-adds, seconds of the processor, bytes of the weights, joules; and who is worth its cost."""

import io
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from aesthetic_utils.runtime import evaluating

POWERCAP = Path("/sys/class/powercap")


def multiply_adds(network: nn.Module, example: Tensor) -> int:
    """Multiply-adds of convolutions and matrix products while the network looks at `example` [N, C, H, W].

    torch's counter counts two operations for each; the rest (norms, activations, sums) it leaves out. Integer
    layers are unknown to it: count the network that they were made from.
    """
    with FlopCounterMode(display=False) as counter, evaluating(network):
        network(example)
    return counter.get_total_flops() // 2


def stored_bytes(network: nn.Module) -> int:
    """Bytes of all numbers that the network keeps: weights, statistics, and the scales of integer weights."""
    return sum(_bytes(value) for value in network.state_dict().values())


def _bytes(value: Any) -> int:
    """Of a tensor, or of the tensors in the tuples in which integer layers keep theirs."""
    if isinstance(value, tuple | list):
        return sum(_bytes(part) for part in value)
    if not isinstance(value, Tensor):
        return 0
    scales = 0
    if value.is_quantized and value.qscheme() in (
        torch.per_channel_affine,
        torch.per_channel_symmetric,
    ):
        scales = 8 * len(value.q_per_channel_scales())  # a scale and a zero of 4 bytes each
    return value.numel() * value.element_size() + scales


def paired_seconds(
    jobs: Mapping[str, Callable[[], object]],
    *,
    rounds: int = 15,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, list[float]]:
    """Seconds of each job in each of so many rounds, in which all take their turn, after one round to warm up.

    The clock runs while this process computes, all threads together, and stops while others do. In pairs, so that
    what slows the machine down for a while slows all of them down. Jobs must not leave work behind on a GPU.
    """
    if rounds < 1:
        raise ValueError(f"rounds is {rounds}; at least one is needed")
    for job in jobs.values():
        job()
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            start = clock()
            job()
            seconds[name].append(clock() - start)
    return seconds


def ratio(a: Sequence[float], b: Sequence[float]) -> tuple[float, float, float]:
    """How many times as long a takes as b: the median of the ratios of the rounds, and their quartiles."""
    ratios = [x / y for x, y in zip(a, b, strict=True)]
    if len(ratios) < 2:
        return ratios[0], ratios[0], ratios[0]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return middle, low, high


def energy_counters(root: Path = POWERCAP) -> list[Path]:
    """Linux's counters of the energy of whole processors (RAPL) that this user may read; none on most machines.

    https://docs.kernel.org/power/powercap/powercap.html. Zones such as intel-rapl:0 are whole processors, and what
    lies within them (intel-rapl:0:1) would be counted twice.
    """
    found = []
    for zone in sorted(root.glob("*:*")) if root.is_dir() else []:
        counter = zone / "energy_uj"
        if zone.name.count(":") == 1:
            try:
                int(counter.read_text())
            except (OSError, ValueError):
                continue  # since 2020 most systems let only the administrator read it
            found.append(counter)
    return found


def joules(job: Callable[[], object], root: Path = POWERCAP) -> float | None:
    """The energy that the processors took while the job ran, whoever else computed; None where no counter is readable."""
    counters = energy_counters(root)
    before = [int(counter.read_text()) for counter in counters]
    job()
    if not counters:
        return None
    total = 0
    for counter, start in zip(counters, before, strict=True):
        used = int(counter.read_text()) - start
        if used < 0:  # it begins at 0 again after so many
            used += int((counter.parent / "max_energy_range_uj").read_text())
        total += used
    return total / 1e6


def front(costs: Sequence[float], quality: Sequence[float]) -> list[int]:
    """Indices of what no other beats: nothing is as good for less, or better for as little; by rising cost.

    The Pareto front. Of two that are alike in both, the first stays.
    """
    if len(costs) != len(quality):
        raise ValueError(f"{len(costs)} costs and {len(quality)} qualities; one each")
    order = sorted(range(len(costs)), key=lambda i: (costs[i], -quality[i], i))
    kept: list[int] = []
    for i in order:
        if not kept or quality[i] > quality[kept[-1]]:
            kept.append(i)
    return kept


def paired_change(before: Tensor, after: Tensor) -> tuple[float, float]:
    """Change of a share that is right, and half of its 95 % interval: bool [N] and bool [N] on the same N pictures.

    Only what changed counts: with b won and c lost the change is (b - c) / N, its variance that of a mean of N
    numbers -1, 0 and 1. Far narrower than two intervals side by side, as most pictures stay right or wrong.
    """
    if before.shape != after.shape or before.ndim != 1 or not len(before):
        raise ValueError(
            f"two answers for each picture are needed; got {tuple(before.shape)} and {tuple(after.shape)}"
        )
    moved = after.double() - before.double()
    return float(moved.mean()), float(1.96 * moved.std(correction=0) / len(moved) ** 0.5)


def compressed_bytes(network: nn.Module) -> int:
    """Bytes of the state as torch saves it, packed by deflate: what zeros are worth on the way to a phone."""
    import zlib

    buffer = io.BytesIO()
    torch.save(network.state_dict(), buffer)
    return len(zlib.compress(buffer.getvalue(), 6))
