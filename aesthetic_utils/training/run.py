"""A training run that can be killed, resumed and stopped on time, while its loop stays a plain `for`."""

import math
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm.auto import tqdm

from aesthetic_utils.runtime import Precision
from aesthetic_utils.training.checkpoint import load_checkpoint, plain_config, save_checkpoint
from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.optimization import TrainingError, require_finite_loss


@dataclass(kw_only=True)
class Run:
    """Iterates over the steps that are left, as pairs (step, progress from 0 to 1).

        run = Run(steps=1000, models={"cnn": model}, optimizers={"adam": optimizer}, path=path)
        for step, progress in run:
            set_learning_rate(optimizer, peak * warmup_cosine(progress))
            loss = classification_step(model, optimizer, *batches.batch(step))
            run.log(step, loss=loss)

    With a `path` a checkpoint is written there once a minute and at the end, and an existing one is
    resumed; the run says on stderr where it is and from which step it goes on. Ctrl-C then waits for
    the end of the step, saves, says so and raises KeyboardInterrupt; a second Ctrl-C does not wait.

    With `minutes` the loop ends when they are used up, the time before a restart included;
    `progress` then follows the clock if the clock is ahead of the steps, so that a learning rate that
    falls with it has come down by the end.

    Without `minutes`, or with more than it needs, a run that was killed and resumed ends with the same
    weights as an unbroken one, provided that what a step draws depends on its number
    (`TensorBatches.batch`, `step_generator`, `seed_step`) and not on a running generator. The number
    format is compared like a setting: a run goes on in the one it began with, or not at all.

    Where several processes train together (`training.devices`), the main one writes and speaks, and all stop
    after the same step. Each reads the checkpoint.
    """

    steps: int  # planned
    models: Mapping[str, nn.Module]
    optimizers: Mapping[str, Optimizer]
    config: Any = None  # compared with the checkpoint's
    precision: Precision | None = None  # compared, too
    scalers: Mapping[str, torch.amp.GradScaler] = field(default_factory=dict)  # their state is kept
    path: Path | None = None
    minutes: float | None = None
    checkpoint_every_s: float = 60.0
    label: str = "training"
    history: list[dict[str, float]] = field(default_factory=list)  # what was logged
    step: int = 0  # steps done
    elapsed: float = 0.0  # seconds, over all restarts
    processor_s: float = (
        0.0  # seconds that this process computed, all threads together, over all restarts
    )

    def __iter__(self) -> Iterator[tuple[int, float]]:
        self._resume()
        self._require_one_beginning()
        team, before, start = current_team(), self.elapsed, time.monotonic()
        computed = self.processor_s - time.process_time()
        saved_at, shown = start, 0
        bar = tqdm(
            total=self.steps, initial=self.step, desc=self.label, mininterval=1.0,
            disable=not team.main,
        )  # fmt: skip
        with bar, _patient(self.path is not None) as asked_to_stop:
            while self.stopped_by is None and not asked_to_stop:
                yield self.step, self.progress
                self.step += 1
                self.elapsed = before + time.monotonic() - start
                self.processor_s = computed + time.process_time()
                if team.count > 1:  # one clock for all, and whoever is asked to stop stops all
                    self.elapsed, asked = team.largest(self.elapsed, len(asked_to_stop))
                    asked_to_stop[:] = asked_to_stop or [signal.SIGINT] * int(asked)
                bar.update()
                if len(self.history) > shown:  # formatting numbers costs more than all the rest
                    shown = len(self.history)
                    bar.set_postfix(
                        {k: f"{v:.3g}" for k, v in self.history[-1].items() if k != "step"},
                        refresh=False,
                    )
                if time.monotonic() - saved_at > self.checkpoint_every_s:
                    self.save()
                    saved_at = time.monotonic()
            self.save()
        if asked_to_stop:
            self._say(f"stopped after {self._done()}; saved in {self.path}")
            raise KeyboardInterrupt

    @property
    def progress(self) -> float:
        """Share that is done, by the steps or by the clock, whichever is further."""
        by_clock = self.elapsed / (60 * self.minutes) if self.minutes else 0.0
        return min(max(self.step / self.steps, by_clock), 1.0)

    @property
    def stopped_by(self) -> str | None:
        """What ended the run, "steps" or "clock"; None while neither has."""
        if self.step >= self.steps:
            return "steps"
        return "clock" if self.minutes is not None and self.elapsed >= 60 * self.minutes else None

    def log(self, step: int, *, every: int = 50, **values: Any) -> None:
        """Keeps the numbers of every `every`-th step in `history` (tensors are read only then).

        Raises TrainingError for one that is NaN or infinite.
        """
        if step % every == 0 or step == self.steps - 1:
            numbers = {k: v.detach() if isinstance(v, Tensor) else v for k, v in values.items()}
            numbers = current_team().mean({k: float(v) for k, v in numbers.items()})
            for name, value in numbers.items():
                require_finite_loss(value, f"{name} of step {step:,}")
            self.history.append({"step": step} | numbers)

    def save(self) -> None:
        """Writes the checkpoint now, if the run has a path.

        Raises TrainingError if a weight is NaN or infinite; the checkpoint before stays as it is.
        """
        if self.path is not None and current_team().main:
            self._require_finite_weights()
            scalers = {name: scaler.state_dict() for name, scaler in self.scalers.items()}
            extra = {"history": self.history, "elapsed": self.elapsed, "scalers": scalers}
            extra |= {"processor_s": self.processor_s}
            save_checkpoint(
                self.path, models=self.models, optimizers=self.optimizers, step=self.step,
                config=self._compared(), extra=extra,
            )  # fmt: skip

    def _require_finite_weights(self) -> None:
        for name, model in self.models.items():
            values = [x for x in model.state_dict().values() if x.is_floating_point()]
            if values and not bool(torch.stack([x.isfinite().all() for x in values]).all()):
                raise TrainingError(
                    f"the weights of {name} are no numbers any more (NaN or infinite) after "
                    f"{self._done()}; they are not saved, and an earlier checkpoint stays in "
                    f"{self.path}. Lower the learning rate, or look for NaN among the data"
                )

    def _resume(self) -> None:
        if self.path is None or self.step > 0:
            return
        if not Path(self.path).exists():
            self._say(f"begins{self._format()}; checkpoints go to {self.path}")
            return
        extra: dict[str, Any] = {}
        self.step = load_checkpoint(
            self.path, models=self.models, optimizers=self.optimizers, config=self._compared(), extra=extra
        )  # fmt: skip
        self.history, self.elapsed = extra["history"], extra["elapsed"]
        self.processor_s = extra.get("processor_s", math.nan)  # an older checkpoint does not say
        for name, state in extra.get("scalers", {}).items():
            if state:  # of a scaler that has something to do
                self.scalers[name].load_state_dict(state)
        if self.stopped_by:
            self._say(f"was finished before, after {self._done()}{self._format()}: {self.path}")
        else:
            self._say(f"goes on after {self._done()}{self._format()}, as it began: {self.path}")

    def _require_one_beginning(self) -> None:
        """Raises TrainingError if the processes of a team would go on from different steps."""
        last, first = current_team().largest(self.step, -self.step)
        if last != -first:
            raise TrainingError(
                f"the processes begin at different steps, from {-first:.0f} to {last:.0f}; {self.path} has to "
                "lie where all of them can read it, on a disk that the machines share"
            )

    def _compared(self) -> Any:
        config = plain_config(self.config)
        return (
            config
            if self.precision is None
            else (config or {}) | {"precision": str(self.precision)}
        )

    def _done(self) -> str:
        return f"{self.step:,} of {self.steps:,} steps"

    def _format(self) -> str:
        return "" if self.precision is None else f" in {self.precision}"

    def _say(self, what: str) -> None:
        if current_team().main:
            tqdm.write(f"{self.label} {what}", file=sys.stderr)


def seed_step(seed: int, step: int, device: torch.device | str = "cpu") -> None:
    """Seeds torch's global generators by seed and step alone, for what draws from them, such as dropout.

    What the step draws is then the same after a restart. Only the CPU's generator and that of `device`
    are seeded, which takes a hundredth of the time of `torch.manual_seed`.
    """
    number, kind = seed * 1_000_003 + step, torch.device(device).type
    torch.default_generator.manual_seed(number)
    if kind != "cpu":
        getattr(torch, kind).manual_seed(number)


@contextmanager
def _patient(active: bool) -> Iterator[list[int]]:
    """Ctrl-C inside only fills the list, so that a step is not torn in two; the second one interrupts."""
    before = signal.getsignal(signal.SIGINT)
    asked: list[int] = []

    def note(number: int, frame: Any) -> None:
        if asked and callable(before):
            before(number, frame)
        asked.append(number)

    main = threading.current_thread() is threading.main_thread()
    if not (
        active and main and callable(before)
    ):  # only the main thread may; ignored stays ignored
        yield asked
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
