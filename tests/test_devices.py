"""Several processes that train one network: they do what one does, and one alone notices nothing of it."""

import importlib.util
import os
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest
import small_runs
import torch
from safetensors.torch import load_file
from torch import nn

from aesthetic_utils.published.registry import FAMILIES
from aesthetic_utils.published.results import load_result
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training import devices
from aesthetic_utils.training.devices import (
    SharedBatchNorm2d,
    Team,
    current_team,
    joined,
    step_seconds,
)
from aesthetic_utils.training.optimization import TrainingError
from aesthetic_utils.training.run import Run
from aesthetic_utils.training.weights import weights_path

HERE = Path(__file__).parent
LAUNCH = [
    "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1",
    "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0",
]  # fmt: skip


def test_every_family_of_runs_is_tried():
    assert {family.__name__.split(".")[-1] for family in FAMILIES} - small_runs.NO_LOOP == {
        *small_runs.RUNS
    }


def launched(folder: Path) -> subprocess.CompletedProcess:
    """Two processes on the CPU, which leave in the folder what each of the small runs ended with."""
    here = {"PYTHONPATH": str(HERE.parent), "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", *LAUNCH, str(HERE / "small_runs.py"), str(folder)],
        env=os.environ | here, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


# Of these weights the loss has no slope: a shift that the next instance norm takes away, and the bias of keys, which
# adds the same number to all scores of a softmax. Adam makes whole steps of what is nothing but rounding.
WITHOUT_SLOPE = {"layers.3.second.norm.shift", "blocks.0.attend.ask.bias"}


@pytest.mark.skipif(
    importlib.util.find_spec("accelerate") is None,
    reason="accelerate is not installed (the extra `devices`)",
)
def test_two_processes_end_where_one_with_the_whole_batch_ends(tmp_path, capsys):
    """Every family's loss and weights, and the command itself; in one test, since processes start slowly."""
    two, one = tmp_path / "two", tmp_path / "one"
    two.mkdir()
    done = launched(two)
    assert done.returncode == 0, done.stderr
    assert (two / "processes_1").read_text("utf-8") == "2"
    for name in small_runs.RUNS:
        alone = small_runs.weights_and_losses(name)
        first, second = (load_file(two / f"{name}_{rank}.safetensors") for rank in (0, 1))
        assert len(alone["losses"]) >= 3 and alone["losses"].unique().numel() >= 3
        for key, value in alone.items():
            assert torch.equal(first[key], second[key]), f"the processes differ in {name}, {key}"
            message = f"{name}, {key}"
            near = (
                {"atol": 1e-3, "rtol": 0} if key in WITHOUT_SLOPE else {"atol": 2e-6, "rtol": 2e-5}
            )
            torch.testing.assert_close(first[key], value, **near, msg=message)
    capsys.readouterr()
    small_runs.command([*small_runs.COMMAND, str(one)])
    place = "srresnet_x4_light/seed_0/weights.safetensors"  # float16
    alone, together = load_file(one / place), load_file(two / place)
    for key, value in alone.items():
        torch.testing.assert_close(together[key], value, atol=1e-3, rtol=1e-3)
    assert capsys.readouterr().out.count('"srresnet_x4_light"') == 1
    assert done.stdout.count('"srresnet_x4_light"') == 1, "the main process speaks for all"
    assert done.stderr.count("SRResNet x4 begins in float32") == 1


# --------------------------------------------------------------------------------------------------
# one process


def test_one_process_is_a_team_that_changes_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)  # to import it fails
    model, x = nn.BatchNorm2d(2), torch.rand(3, 2)
    with joined() as team:
        assert team is current_team() and team.main and team.count == 1
        assert team.share(x)[0] is x and team.prepared(model) is model
        assert type(model) is nn.BatchNorm2d and team.seed(5) == 5
        assert team.mean({"loss": 0.5}) == {"loss": 0.5} and team.agreed("a") == "a"


def test_a_batch_is_divided_into_rows_that_follow_each_other():
    images, labels = torch.arange(6)[:, None], torch.arange(6)
    shares = [Team(rank=rank, count=3).share(images, labels) for rank in range(3)]
    assert [x.tolist() for x, _ in shares] == [[[0], [1]], [[2], [3]], [[4], [5]]]
    assert torch.equal(torch.cat([y for _, y in shares]), labels)


def test_a_batch_that_cannot_be_divided_is_kept_whole_and_said_so():
    with pytest.warns(UserWarning, match="7 images cannot be divided evenly among 2 processes"):
        [x] = Team(rank=1, count=2).share(torch.arange(7))
    assert len(x) == 7


def test_several_processes_without_accelerate_are_told_what_is_missing(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(AestheticError, match="pip install accelerate"), joined():
        pass


def test_processes_that_see_different_checkpoints_are_stopped(monkeypatch, tmp_path):
    class Torn(Team):
        def largest(self, *numbers):
            return [max(pair) for pair in zip(numbers, (40, -40), strict=True)]

    monkeypatch.setattr("aesthetic_utils.training.run.current_team", lambda: Torn(count=2))
    with pytest.raises(TrainingError, match="from 0 to 40; .* on a disk that the machines share"):
        next(iter(Run(steps=50, models={}, optimizers={}, path=tmp_path / "x.safetensors")))


# --------------------------------------------------------------------------------------------------
# batch norm


@pytest.fixture
def alone_in_a_group():
    """A process group of one, for what talks to others."""
    store = torch.distributed.HashStore()
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize("affine", [True, False])
def test_the_shared_batch_norm_is_pytorch_s(alone_in_a_group, affine):
    torch.manual_seed(0)
    x = (5 + 2 * torch.randn(4, 3, 5, 6)).requires_grad_()
    theirs, ours = (
        kind(3, momentum=0.3, affine=affine) for kind in (nn.BatchNorm2d, SharedBatchNorm2d)
    )
    direction = torch.randn(4, 3, 5, 6)
    found = []
    for norm in (theirs, ours):
        x.grad = None
        y = norm(x)
        (y * direction).sum().backward()
        found.append([y.detach(), x.grad, *norm.state_dict().values(), norm.eval()(x).detach()])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)


# --------------------------------------------------------------------------------------------------
# the cost model


def test_a_step_costs_what_is_computed_and_what_a_ring_sends():
    link = {"gradient_bytes": 6e6, "bandwidth": 1e9, "latency": 1e-5}
    assert step_seconds(0.02, 1, **link) == 0.02
    assert step_seconds(0.02, 2, **link) == pytest.approx(0.01 + 0.006 + 2e-5)
    # each of 4 hands on 2 * 3 pieces of a quarter
    assert step_seconds(0.02, 4, **link, fixed=1e-3) == pytest.approx(0.006 + 6 * (1.5e-3 + 1e-5))
    with pytest.raises(ValueError, match="at least one"):
        step_seconds(0.02, 0, **link)


def rows_of(page: str, first: str) -> list[list[str]]:
    """The cells of a table of a page, by how its head begins, without the head."""
    lines = iter((HERE.parent / "book" / page).read_text("utf-8").splitlines())
    next(line for line in lines if line.startswith(f"| {first} "))
    next(lines)
    return [line.strip("| ").split(" | ") for line in takewhile(lambda x: x.startswith("|"), lines)]


def measured(name: str) -> tuple[float, float]:
    """Bytes of a published network's gradients, and seconds a step of its run."""
    weights = load_file(weights_path(name))
    learned = [
        x.numel() for key, x in weights.items() if "running" not in key and x.is_floating_point()
    ]
    record = load_result(name)
    return 4 * sum(learned), 60 * record["minutes"] / record["steps"]


def test_the_page_says_what_the_records_and_the_model_say():
    names = {
        "SRResNet, x4": "srresnet_x4", "SRResNet, light": "srresnet_x4_light",
        "ResNet, drawings": "resnet_emoji_designer", "ConvNet, CIFAR-10": "convnet_cifar10",
    }  # fmt: skip
    rows = rows_of("several_devices.md", "network")
    assert [row[0] for row in rows] == [*names]
    for label, *numbers in rows:
        size, step = measured(names[label])
        trips = [2e3 * size / (gbit * 1e9 / 8) for gbit in (1, 10, 200)]
        assert numbers == [f"{x:.1f}" for x in (size / 1e6, 1e3 * step, *trips)], label
    assert len({load_result(name)["hardware"] for name in names.values()}) == 1
    size, step = measured("srresnet_x4")
    for count, *numbers in rows_of("several_devices.md", "devices"):
        expected = []
        for gbit in (10, 200):
            link = {"gradient_bytes": size, "bandwidth": gbit * 1e9 / 8, "latency": 20e-6}
            found = step_seconds(step, int(count), **link)
            expected += [f"{1e3 * found:.1f}", f"{step / found:.1f}"]
        assert numbers == expected, count
