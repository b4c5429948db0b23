"""A run that is killed and goes on ends like one that never stopped; nothing else is loaded."""

import copy
import dataclasses
import itertools
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from aesthetic_utils import storage
from aesthetic_utils.training.checkpoint import (
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)

REPOSITORY = Path(__file__).parents[1]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    width: int = 8
    learning_rate: float = 0.01
    betas: tuple[float, float] = (0.5, 0.999)


def network(width: int = 8) -> nn.Sequential:
    """A little of everything that has a state: convolution, batch norm, dropout, linear."""
    return nn.Sequential(
        nn.Conv2d(3, width, 3),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(width * 36, 2),
    )


class Run:
    """A small training run with the parts that a real one has."""

    def __init__(self, settings: Settings = Settings(), fused: bool = True):  # noqa: B008
        torch.manual_seed(0)
        self.settings = settings
        self.model = network(settings.width).to(memory_format=torch.channels_last)
        self.ema = copy.deepcopy(self.model)
        options = {"lr": settings.learning_rate, "betas": settings.betas}
        self.optimizer = torch.optim.Adam(self.model.parameters(), fused=fused, **options)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, 0.02, total_steps=400)
        self.order = torch.Generator().manual_seed(1)
        self.step, self.losses = 0, []

    def train_step(self) -> None:
        x = torch.rand(4, 3, 8, 8, generator=self.order)
        labels = torch.randint(2, (4,), generator=self.order)
        loss = F.cross_entropy(self.model(x), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        with torch.no_grad():
            for average, parameter in zip(
                self.ema.parameters(), self.model.parameters(), strict=True
            ):
                average.lerp_(parameter, 0.1)
        self.losses.append(loss.item())
        self.step += 1

    def parts(self) -> dict:
        return {
            "models": {"model": self.model, "ema": self.ema},
            "optimizers": {"adam": self.optimizer},
            "generators": {"order": self.order, "torch": torch.default_generator},
            "config": self.settings,
        }

    def save(self, path: Path) -> None:
        extra = {"schedule": self.schedule.state_dict(), "losses": self.losses}
        save_checkpoint(path, step=self.step, extra=extra, **self.parts())

    def load(self, path: Path) -> None:
        extra = {}
        self.step = load_checkpoint(path, extra=extra, **self.parts())
        self.schedule.load_state_dict(extra["schedule"])
        self.losses = extra["losses"]

    def tensors(self) -> list[torch.Tensor]:
        averages = [s[k] for s in self.optimizer.state.values() for k in ("exp_avg", "exp_avg_sq")]
        states = [*self.model.state_dict().values(), *self.ema.state_dict().values()]
        return [torch.tensor(self.losses), *states, *averages, torch.get_rng_state()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.safetensors"


@pytest.fixture
def saved(path: Path) -> Path:
    run = Run()
    for _ in range(3):
        run.train_step()
    run.save(path)
    return path


# --------------------------------------------------------------------------------------------------
# going on


@pytest.mark.parametrize("fused", [True, False])
def test_going_on_is_bit_for_bit_the_same(path, fused):
    unbroken = Run(fused=fused)
    for _ in range(12):
        unbroken.train_step()
    expected = [x.clone() for x in unbroken.tensors()]

    first = Run(fused=fused)
    for _ in range(5):
        first.train_step()
    first.save(path)
    second = Run(fused=fused)
    second.load(path)
    for _ in range(7):
        second.train_step()
    for a, b in zip(second.tensors(), expected, strict=True):
        assert torch.equal(a, b)
    state = next(iter(second.optimizer.state.values()))
    assert state["exp_avg"].is_contiguous(memory_format=torch.channels_last)


def test_killed_in_the_middle(path):
    """A real process, killed with SIGKILL while it trains and saves without a pause."""
    child = subprocess.Popen(
        [sys.executable, __file__, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env={"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": str(torch.get_num_threads())},
    )
    with child:
        for line in child.stdout:
            if int(line) >= 20:
                break
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL

    resumed = Run()
    resumed.load(path)
    assert 19 <= resumed.step < 300
    last = resumed.step + 10
    while resumed.step < last:
        resumed.train_step()
    expected = [x.clone() for x in resumed.tensors()]
    unbroken = Run()
    while unbroken.step < last:
        unbroken.train_step()
    for a, b in zip(unbroken.tensors(), expected, strict=True):
        assert torch.equal(a, b)


def train_and_save_for_ever(path: str) -> None:
    run = Run()
    for step in itertools.count(1):
        run.train_step()
        run.save(Path(path))
        print(step, flush=True)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.9),
        lambda p: torch.optim.AdamW(p, 0.1, amsgrad=True),
        lambda p: torch.optim.RMSprop(p, torch.tensor(0.1)),
        lambda p: torch.optim.Adagrad(p, 0.1),
    ],
    ids=["SGD", "AdamW", "RMSprop", "Adagrad"],
)
def test_other_optimisers(path, make):
    def fresh():
        torch.manual_seed(3)
        model = nn.Linear(4, 1)
        return model, make(list(model.parameters()))

    def train(model, optimizer, steps):
        for step in steps:
            optimizer.zero_grad()
            (model(torch.full((2, 4), step / 10)) - 1).square().mean().backward()
            optimizer.step()

    unbroken, optimizer = fresh()
    train(unbroken, optimizer, range(8))
    first, optimizer = fresh()
    train(first, optimizer, range(4))
    save_checkpoint(path, models={"m": first}, optimizers={"o": optimizer}, step=4)
    second, optimizer = fresh()
    step = load_checkpoint(path, models={"m": second}, optimizers={"o": optimizer})
    train(second, optimizer, range(step, 8))
    assert torch.equal(unbroken.weight, second.weight)


def test_extra_comes_back_as_it_was(path):
    extra = {
        "loss": [0.1, float("inf"), 1e-300],
        "best": None,
        "done": True,
        "name": "Grüße",
        "pair": (1, (2, "x")),
        3: {"by number": torch.arange(3)},
        "a": {"b": torch.zeros(2)},
        "a.b": torch.ones(2, dtype=torch.bfloat16),
        "seed": 2**100,
        "empty": torch.zeros(0, 3),
    }
    save_checkpoint(path, models={}, step=7, extra=extra)
    back = {}
    assert load_checkpoint(path, models={}, extra=back) == 7
    assert str(back) == str(extra)
    assert back["pair"] == (1, (2, "x")) and back["a.b"].dtype == torch.bfloat16


def test_what_cannot_be_kept_is_named(path):
    with pytest.raises(CheckpointError, match=r"extra\.plan\.1 is of the type function"):
        save_checkpoint(path, models={}, step=0, extra={"plan": [1, lambda: 2]})
    assert not path.exists()


# --------------------------------------------------------------------------------------------------
# what is refused


def refused(path: Path, run: Run | None = None) -> str:
    """The message; checks that nothing was changed by the attempt."""
    run = run or Run()
    before = [x.clone() for x in run.tensors()]
    with pytest.raises(CheckpointError) as caught:
        run.load(path)
    assert all(torch.equal(a, b) for a, b in zip(run.tensors(), before, strict=True))
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kept", [0, 4, 100, 0.3, 0.999])
def test_cut_short(saved, kept):
    data = saved.read_bytes()
    saved.write_bytes(data[: kept if isinstance(kept, int) else int(kept * len(data))])
    assert "is damaged" in refused(saved) and "delete it and begin again" in refused(saved)


@pytest.mark.parametrize("place", [0, 20, 0.1, 0.5, 0.9, -1])
def test_one_flipped_bit(saved, place):
    data = bytearray(saved.read_bytes())
    data[int(place * len(data)) if isinstance(place, float) else place] ^= 4
    saved.write_bytes(data)
    refused(saved)


def test_missing(path):
    assert "no such file" in refused(path)


@pytest.mark.parametrize("write", ["torch.save", "pickle"])
def test_a_pickle_is_never_loaded(path, write):
    class Harmful:
        def __reduce__(self):
            return exec, ("raise SystemExit('a pickle was loaded')",)

    with path.open("wb") as file:
        torch.save(Harmful(), file) if write == "torch.save" else pickle.dump(Harmful(), file)
    assert "is a pickle" in refused(path) and "only safetensors" in refused(path)


def test_a_header_of_128_bytes_is_not_taken_for_a_pickle(path):
    """Its length begins with the byte 0x80, as a pickle does."""
    for padding in range(200):
        save_file({"x": torch.zeros(2)}, path, {"a": "b" * padding})
        if path.read_bytes().startswith(b"\x80"):
            break
    assert "load_weights" in refused(path)


def test_weights_are_no_checkpoint(path):
    save_file({"x": torch.zeros(2)}, path)
    assert "load_weights" in refused(path)


def test_another_architecture(saved):
    run = Run()
    run.model = network(width=9)
    says = refused(saved, run)
    assert "model.0.bias is float32 [8] there and float32 [9] here" in says and "more diff" in says
    run.model = nn.Sequential(nn.Linear(2, 2))
    assert "model.0.weight" in refused(saved, run)
    run.model = network().double()
    assert "float64" in refused(saved, run)


def test_another_configuration(saved):
    says = refused(saved, Run(Settings(learning_rate=0.02)))
    assert "setting learning_rate is 0.01 there and 0.02 here" in says
    assert "Continue with the settings it was saved with" in says


def test_other_names(saved):
    run = Run()
    with pytest.raises(CheckpointError, match="its models are ema, model, and here they are cnn"):
        load_checkpoint(saved, models={"cnn": run.model})


def test_another_optimiser(saved):
    run = Run()
    parts = run.parts() | {"optimizers": {"adam": torch.optim.SGD(run.model.parameters(), 0.1)}}
    with pytest.raises(CheckpointError, match="optimiser adam is Adam there and SGD here"):
        load_checkpoint(saved, **parts)
    fewer = torch.optim.Adam(run.model[0].parameters())
    with pytest.raises(CheckpointError, match=r"groups of \[6\] tensors there and of \[2\] here"):
        load_checkpoint(saved, **parts | {"optimizers": {"adam": fewer}})


def test_a_configuration_may_be_a_dict_or_absent(path):
    config = {"sizes": (1, 2), "dtype": torch.float32, "nested": {"path": Path("x")}}
    save_checkpoint(path, models={}, step=1, config=config)
    assert load_checkpoint(path, models={}, config=config) == 1
    assert load_checkpoint(path, models={}) == 1
    with pytest.raises(CheckpointError, match=r"setting nested\.path is 'x' there and 'y' here"):
        load_checkpoint(path, models={}, config=config | {"nested": {"path": Path("y")}})
    with pytest.raises(CheckpointError, match="setting new is 'absent' there and 1 here"):
        load_checkpoint(path, models={}, config=config | {"new": 1})


# --------------------------------------------------------------------------------------------------
# a disk that is full


def test_full_disk_keeps_the_old_checkpoint(saved, monkeypatch):
    before = saved.read_bytes()

    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_force_to_disk", full)
    with pytest.raises(CheckpointError, match="the disk is full.*that was there is untouched"):
        Run().save(saved)
    assert saved.read_bytes() == before and list(saved.parent.iterdir()) == [saved]
    with pytest.raises(CheckpointError, match="nothing was written"):
        Run().save(saved.with_name("new.safetensors"))


@pytest.mark.skipif(sys.platform == "win32", reason="limits are set by POSIX means")
def test_the_system_stops_the_writing(saved):
    """The real thing: the system allows no file as large as the checkpoint."""
    import resource

    before = saved.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    run = Run()
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        with pytest.raises(CheckpointError, match="larger than this system allows"):
            run.save(saved)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert saved.read_bytes() == before and list(saved.parent.iterdir()) == [saved]


if __name__ == "__main__":
    train_and_save_for_ever(sys.argv[1])
