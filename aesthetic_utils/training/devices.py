"""One network trained by several processes, each on a device of its own, with the loop as it stands.

    accelerate launch --num_processes 4 -m aesthetic_utils.cli train srresnet

A batch depends on seed and step alone, so every process makes the same one and keeps its rows (`Team.share`). Before
the weights move, the gradients are averaged (`Team.average_gradients`, called by `update_weights`): the processes stay
copies of each other, and do together what one would do with the whole batch, up to rounding. What they draw at
random inside a network, such as dropout, differs from process to process.

Outside of `joined`, and in it when nothing was launched, there is one process: no function here does anything then,
and Hugging Face's accelerate, which starts the processes and gives each its device, is not imported.
"""

import importlib.util
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from aesthetic_utils.runtime import default_device
from aesthetic_utils.storage import AestheticError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Team:
    """The processes that train together, as seen by one of them; all of them call the same methods in one order."""

    rank: int = 0  # of this process
    count: int = 1  # of processes
    group: Any = None  # for numbers of the processor, on which no graphics card waits

    @property
    def main(self) -> bool:
        """Whether this process writes files and speaks for all."""
        return self.rank == 0

    def share(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """This process's rows of a batch: [B, ...] each -> [B / count, ...] each.

        A batch that cannot be divided evenly, such as the last one of an epoch, is kept whole by every process: the
        average is right all the same, but nobody is faster for it, which is said in a warning.
        """
        n = len(tensors[0])
        if self.count == 1:
            return tensors
        if n % self.count:
            warnings.warn(
                f"{n} images cannot be divided evenly among {self.count} processes; each computes them all",
                stacklevel=2,
            )
            return tensors
        part = n // self.count
        return tuple(x[self.rank * part : (self.rank + 1) * part] for x in tensors)

    def seed(self, seed: int) -> int:
        """A seed of this process's own, for what it draws inside a network; `seed` itself in the main process."""
        return seed + 7_919 * self.rank

    def prepared(self, model: nn.Module) -> nn.Module:
        """The model, with the main process's weights, and batch norms that see the batches of all processes."""
        if self.count > 1:
            for tensor in model.state_dict().values():
                torch.distributed.broadcast(tensor, src=0)
            for module in model.modules():
                if type(module) is nn.BatchNorm2d:
                    module.__class__ = SharedBatchNorm2d  # same settings, weights and names
        return model

    def average_gradients(self, optimizer: torch.optim.Optimizer) -> None:
        """Replaces each gradient by its mean over the processes, all in one message."""
        if self.count == 1:
            return
        weights = [p for group in optimizer.param_groups for p in group["params"]]
        gradients = [p.grad for p in weights if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        torch.distributed.all_reduce(flat)
        flat /= self.count
        parts = flat.split([g.numel() for g in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view(gradient.shape))

    def mean(self, numbers: Mapping[str, float]) -> dict[str, float]:
        """The mean of each number over the processes."""
        if self.count == 1:
            return dict(numbers)
        together = torch.tensor(list(numbers.values()), dtype=torch.float64)
        torch.distributed.all_reduce(together, group=self.group)
        return dict(zip(numbers, (together / self.count).tolist(), strict=True))

    def largest(self, *numbers: float) -> list[float]:
        """The largest of each number among the processes."""
        if self.count == 1:
            return list(numbers)
        together = torch.tensor(numbers, dtype=torch.float64)
        torch.distributed.all_reduce(together, torch.distributed.ReduceOp.MAX, group=self.group)
        return together.tolist()

    def agreed(self, value: T) -> T:
        """The main process's value, for what each would decide by a clock of its own."""
        if self.count == 1:
            return value
        values = [value]
        torch.distributed.broadcast_object_list(values, src=0, group=self.group)
        return values[0]


_TEAM: ContextVar[Team] = ContextVar("team", default=Team())  # noqa: B039 (frozen)


def current_team() -> Team:
    """The team of this process; a team of one outside of `joined`."""
    return _TEAM.get()


@contextmanager
def joined() -> Iterator[Team]:
    """Inside, the processes that `accelerate launch` (or `torchrun`) has started are one team.

    In a team already it changes nothing. Raises AestheticError if several were started and accelerate is not installed.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or current_team().count > 1:
        yield current_team()
        return
    if importlib.util.find_spec("accelerate") is None:
        raise AestheticError("several processes need accelerate: pip install accelerate")
    from accelerate import PartialState

    # begins the conversation and makes this process's graphics card the default one
    state = PartialState(cpu=default_device().type == "cpu")
    group = torch.distributed.new_group(backend="gloo")
    team = Team(rank=state.process_index, count=state.num_processes, group=group)
    before = _TEAM.set(team)
    try:
        yield team
        state.wait_for_everyone()  # a process that leaves early would end the conversation
    finally:
        _TEAM.reset(before)
        state.destroy_process_group()


# --------------------------------------------------------------------------------------------------
# batch norm over the batches of all processes


class MeanOfAll(torch.autograd.Function):
    """The mean of a tensor over the processes; its gradient is the mean of theirs."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        return _mean_of_all(x)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        return _mean_of_all(gradient)


def _mean_of_all(x: Tensor) -> Tensor:
    total = x.detach().clone(memory_format=torch.contiguous_format)
    torch.distributed.all_reduce(total)
    return total / torch.distributed.get_world_size()


class SharedBatchNorm2d(nn.BatchNorm2d):
    """A batch norm whose mean and variance are those of all processes' images together.

    In: [N, C, H, W]; out: the same shape. All processes give it as many images. PyTorch's `SyncBatchNorm` does the same
    on graphics cards alone. In evaluation it is the batch norm that it was.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        values = x.float()
        mean = MeanOfAll.apply(values.mean((0, 2, 3)))  # [C]
        centred = values - mean[:, None, None]  # [N, C, H, W]
        variance = MeanOfAll.apply(centred.square().mean((0, 2, 3)))  # [C]
        if self.track_running_stats:
            self._remember(mean, variance, x.numel() // x.shape[1])
        y = centred * (variance + self.eps).rsqrt()[:, None, None]
        if self.affine:
            y = y * self.weight[:, None, None] + self.bias[:, None, None]
        return y.to(x.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, values: int) -> None:
        """Moves the running statistics as the batch norm of one process would; values: a channel's, in this process."""
        self.num_batches_tracked.add_(1)
        n = values * torch.distributed.get_world_size()
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * n / (n - 1), self.momentum)


# --------------------------------------------------------------------------------------------------
# what it costs


def step_seconds(
    compute: float,
    processes: int,
    *,
    gradient_bytes: float,
    bandwidth: float,
    latency: float,
    fixed: float = 0.0,
) -> float:
    """A model of how long a step takes when N processes share its batch.

    fixed + compute / N + (2 (N - 1) / N) gradient_bytes / bandwidth + 2 (N - 1) latency

    compute: seconds that one process computes on the whole batch; fixed: seconds that do not become fewer, such as the
    making of the batch; bandwidth: bytes a second from one process to the next; latency: seconds before a message
    arrives. The third term counts what a ring all-reduce sends: every process hands on 2 (N - 1) pieces of
    1 / N of the gradients. Raises ValueError for less than one process.
    """
    if processes < 1:
        raise ValueError(f"processes are {processes}; a training needs at least one")
    rounds = 2 * (processes - 1)
    message = gradient_bytes / processes / bandwidth + latency
    return fixed + compute / processes + rounds * message
