"""Forward and backward pass of a step, recorded once and replayed, for GPUs that wait for Python.

A small network is over on a GPU before Python has asked for its next layer. A CUDA graph holds all of a
pass's kernels and starts them with one call. https://docs.pytorch.org/docs/stable/notes/cuda.html
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.optimization import shorten_gradients, update_weights

WARM_UP = 3  # passes before the recording; libraries choose their kernels in them


class GradientGraph:
    """Calls like `loss_of(*inputs)` followed by `backward()`: the loss comes back, the gradients are in place.

        gradients = GradientGraph(partial(super_resolution_loss, model, precision=bf16), model)
        loss = gradients(low, high)
        optimizer.step()

    The first call records, so a checkpoint has to be loaded before it; what the recording does to running
    statistics is undone. All inputs have to keep their
    shapes and lie on the GPU, `loss_of` must draw no random numbers and never look at a value. The gradients
    are overwritten with each call: no `zero_grad` between the steps. The loss is the same tensor each time.
    Where recording fails, it is said in a warning, and the passes are made one kernel after the other.

    Raises ValueError for inputs of other shapes than those of the first call, or on another device.
    """

    def __init__(self, loss_of: Callable[..., Tensor], model: nn.Module):
        self.loss_of, self.model = loss_of, model
        self._graph: torch.cuda.CUDAGraph | None = None
        self._fails = False
        self._inputs: tuple[Tensor, ...] = ()
        self._loss = torch.zeros(())

    def __call__(self, *inputs: Tensor) -> Tensor:
        if any(not x.is_cuda for x in inputs):
            raise ValueError("a CUDA graph takes tensors on a CUDA device")
        if self._graph is None and not self._fails:
            try:
                self._record(inputs)
            except RuntimeError as error:
                self._fails = True
                warnings.warn(f"the passes cannot be recorded: {error}", stacklevel=2)
        if self._graph is None:
            return self._plain(inputs)
        if [x.shape for x in inputs] != [x.shape for x in self._inputs]:
            shapes = [tuple(x.shape) for x in self._inputs]
            raise ValueError(f"the graph was recorded for inputs of the shapes {shapes}")
        for here, there in zip(inputs, self._inputs, strict=True):
            there.copy_(here)
        self._graph.replay()
        return self._loss

    def _plain(self, inputs: tuple[Tensor, ...]) -> Tensor:
        self.model.zero_grad(set_to_none=True)
        loss = self.loss_of(*inputs)
        loss.backward()
        return loss.detach()

    def _record(self, inputs: tuple[Tensor, ...]) -> None:
        self._inputs = tuple(x.detach().clone() for x in inputs)  # clone keeps the layout
        before = [(b, b.clone()) for b in self.model.buffers()]
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with tried_kernels():
            with torch.cuda.stream(beside):
                for _ in range(WARM_UP):
                    self.model.zero_grad(set_to_none=True)
                    self.loss_of(*self._inputs).backward()
            torch.cuda.current_stream().wait_stream(beside)
            self.model.zero_grad(
                set_to_none=True
            )  # the recording has to make them, not to add to them
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                loss = self.loss_of(*self._inputs)
                loss.backward()
        self._graph, self._loss = graph, loss.detach()
        for buffer, value in before:
            buffer.copy_(value)


def fastest_step(
    loss_of: Callable[..., Tensor],
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    scaler: torch.amp.GradScaler,
    clip: float | None = None,
) -> Callable[..., Tensor]:
    """inputs -> loss: one update of the model's weights by `loss_of(*inputs)`, on a CUDA device with recorded passes.

    loss_of: as `GradientGraph` wants it. clip: see `update_weights`, which makes the update elsewhere than on a GPU, and
    with a scaler that is at work: it looks at the gradients, and what is recorded may look at nothing.
    """
    if not next(model.parameters()).is_cuda or scaler.is_enabled():

        def step(*inputs: Tensor) -> Tensor:
            loss = loss_of(*inputs)
            update_weights(loss, optimizer, scaler, clip=clip)
            return loss.detach()

        return step

    gradients = GradientGraph(loss_of, model)

    def recorded_step(*inputs: Tensor) -> Tensor:
        loss = gradients(*inputs)
        current_team().average_gradients(optimizer)
        shorten_gradients(optimizer, clip)
        optimizer.step()
        return loss

    return recorded_step


@contextmanager
def tried_kernels() -> Iterator[None]:
    """Inside, cuDNN tries its kernels for each new shape and keeps the fastest: worth it for one shape."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
