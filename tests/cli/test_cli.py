"""The command `aesthetic`: what it does, its exit codes, and that it fails in plain sentences."""

import dataclasses
import json
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest
import torch
from PIL import Image

from aesthetic_utils.cli import main as cli
from aesthetic_utils.data.images import read_image, save_image
from aesthetic_utils.models import ArticleCNN, CNNConfig, SRResNet, SRResNetConfig
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.weights import save_weights

REPOSITORY = Path(__file__).parents[2]


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    try:
        code = cli.main([str(argument) for argument in arguments])
    except SystemExit as end:  # argparse's way out
        code = end.code
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.out, captured.err


def test_help_is_fast():
    """It imports neither torch nor anything as large."""
    program = (
        "import sys; from aesthetic_utils.cli import main as cli; cli.build_parser().format_help(); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'PIL', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY).returncode == 0


COMMANDS = [
    [],
    ["train"],
    ["upscale"],
    ["measure"],
    ["compare"],
    ["votes"],
    ["votes", "merge"],
    ["votes", "report"],
    ["challenge"],
    ["challenge", "score"],
    ["challenge", "secret"],
    ["class"],
    ["class", "serve"],
    ["class", "export"],
    ["grade"],
    ["data"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help(capsys, command):
    code, out, _ = run(capsys, *command, "--help")
    assert code == 0 and out.startswith("usage: aesthetic")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["train"],
        ["train", "cnn", "--seed", "one"],
        ["train", "cnn", "--seed", "-1"],
        ["train", "cnn", "--minutes", "0"],
        ["train", "cnn", "--minutes", "nan"],
        ["train", "cnn", "--mode", "fast"],
        ["train", "cnn", "--precision", "int8"],
        ["upscale"],
        ["upscale", "photo.jpg", "--tile", "8"],
        ["upscale", "photo.jpg", "--max-megapixels", "nan"],
        ["upscale", "photo.jpg", "--max-megapixels", "inf"],
        ["upscale", "photo.jpg", "--max-megapixels", "-1"],
        ["measure", "photo.jpg", "--csv", "out.csv", "--max-megapixels", "nan"],
        ["measure", "photo.jpg"],
        ["measure", "--csv", "out.csv"],
        ["measure", "photo.jpg", "--csv", "out.csv", "--workers", "0"],
        ["measure", "photo.jpg", "--csv", "out.csv", "--columns", "beauty"],
        ["measure", "photo.jpg", "--csv", "out.csv", "--crop", "--pad"],
        ["measure", "photo.jpg", "--csv", "out.csv", "--size", "4"],
        ["measure", "photo.jpg", "--csv", "out.csv", "--workers", "many"],
        ["compare", "a.csv"],
        ["votes"],
        ["votes", "merge"],
        ["votes", "merge", "class"],
        ["data", "--download", "imagenet"],
    ],
    ids=" ".join,
)
def test_bad_use_is_2(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert code == 2 and not out and err.startswith("usage: aesthetic")


# --------------------------------------------------------------------------------------------------
# train


@pytest.fixture
def calls(monkeypatch):
    """Stands in for the real runs, which take half an hour."""
    calls = []

    def gan_emoji(seed, run_dir, time_budget_s, precision):
        calls.append((seed, run_dir, time_budget_s, precision))
        return {"frechet": {"mean": 12.5}, "file": Path("x")}

    def srresnet_x4(**options):
        raise AestheticError("the disk is full; free some space and try again")

    def cnn_emoji_category(**options):
        raise KeyboardInterrupt

    functions = (gan_emoji, srresnet_x4, cnn_emoji_category)
    module = types.SimpleNamespace(
        RUNS={function.__name__: function for function in functions},
        SHORT_NAMES={"gan": "gan_emoji", "srresnet": "srresnet_x4", "cnn": "cnn_emoji_category"},
    )
    monkeypatch.setitem(sys.modules, "aesthetic_utils.published.registry", module)
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    return calls


@pytest.mark.parametrize("name", ["gan", "gan_emoji"])
def test_train_calls_the_run(capsys, calls, name):
    code, out, _ = run(capsys, "train", name, "--seed", 3, "--minutes", 0.5, "--run-dir", "here")
    assert code == 0 and calls == [(3, Path("here"), 30.0, "auto")]
    assert '"mean": 12.5' in out


def test_train_in_a_named_format(capsys, calls):
    assert run(capsys, "train", "gan", "--precision", "bfloat16")[0] == 0
    assert calls[0][-1] == "bfloat16"
    code, _, err = run(capsys, "train", "gan", "--precision", "int8")
    assert code == 2 and "--precision is 'int8'; there are auto, float32, float32-channels" in err
    help_text = run(capsys, "train", "--help")[1]
    from aesthetic_utils.training.precision import NAMES

    assert all(name in " ".join(help_text.split()) for name in NAMES)


def test_photographs_reach_the_runs_that_take_them(capsys, monkeypatch, tmp_path):
    from aesthetic_utils.published import registry

    given = []

    def train(kind, seed, folder, minutes, precision, **options):
        given.append(options)
        raise AestheticError("enough")

    changed = dataclasses.replace(registry.RUNS["srresnet_x4"], train=train)
    monkeypatch.setitem(registry.RUNS, "srresnet_x4", changed)
    place = ["--run-dir", tmp_path, "--mode", "smoke"]
    assert run(capsys, "train", "srresnet", "--photos", "here", *place)[0] == 1
    assert run(capsys, "train", "srresnet", *place)[0] == 1
    assert given == [{"photos": Path("here")}, {}]
    code, _, err = run(capsys, "train", "gan", "--photos", "here", *place)
    assert code == 2 and "--photos is for srresnet_x4, srresnet_x4_light" in err
    with pytest.raises(AestheticError, match="gan_emoji takes no photos"):
        registry.RUNS["gan_emoji"](run_dir=tmp_path, photos=tmp_path)


def test_train_says_what_runs_there_are(capsys, calls):
    code, _, err = run(capsys, "train", "gpt")
    assert code == 2 and "no run 'gpt'; there are gan_emoji, srresnet_x4" in err


def test_train_fails_in_a_sentence(capsys, calls):
    code, _, err = run(capsys, "train", "srresnet")
    assert code == 1 and err == "aesthetic: the disk is full; free some space and try again\n"


def test_train_can_be_stopped(capsys, calls):
    assert run(capsys, "train", "cnn")[::2] == (130, "aesthetic: stopped\n")


def test_train_in_an_unknown_mode(capsys, calls, monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "turbo")
    code, _, err = run(capsys, "train", "gan")
    assert code == 2 and "AESTHETIC_MODE is 'turbo'" in err and not calls


def test_train_stopped_and_started_again(capsys, monkeypatch, tmp_path):
    """As from a terminal: two seeds side by side, a Ctrl-C, and the same command once more."""
    from aesthetic_utils.training.run import Run

    command = ["train", "cnn_emoji_designer", "--mode", "smoke", "--run-dir", tmp_path]
    command += ["--precision", "float32"]
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    code, out, err = run(capsys, *command, "--seed", 1)
    assert code == 0 and "begins in float32, channels_first; checkpoints go to" in err
    log = Run.log

    def stop(self, step, **values):
        log(self, step, **values)
        if step == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Run, "log", stop)
    code, _, err = run(capsys, *command)
    place = tmp_path / "cnn_emoji_designer" / "seed_0" / "checkpoint.safetensors"
    assert code == 130 and "stopped after 3 of" in err and f"saved in {place}" in err
    code, _, err = run(capsys, *command[:-1], "bfloat16")
    assert code == 1 and "begun in the format float32 and cannot go on in bfloat16" in err
    code, out, err = run(capsys, *command[:-2])
    assert code == 0 and "goes on after 3 of" in err and json.loads(out)["stopped_by"] == "steps"


# --------------------------------------------------------------------------------------------------
# upscale


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.linear_gradient("L").convert("RGB").resize((60, 40)).save(tmp_path / "photo.jpg")
    return tmp_path / "photo.jpg"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    config = SRResNetConfig(blocks=1, channels=4)
    save_weights(SRResNet(config), tmp_path / "tiny.safetensors", config=config)
    return tmp_path / "tiny.safetensors"


def test_upscale(capsys, photo, weights):
    code, out, _ = run(capsys, "upscale", photo, "--weights", weights, "--device", "cpu")
    large = photo.with_name("photo_x4.png")
    assert code == 0 and out.startswith("60 x 40 -> 240 x 160 pixels in") and str(large) in out
    assert read_image(large).shape == (3, 160, 240)


def test_upscale_replaces_nothing_unasked(capsys, photo, weights, tmp_path):
    out = tmp_path / "large.png"
    save_image(torch.zeros(3, 1, 1), out)
    command = ["upscale", photo, "--out", out, "--weights", weights, "--device", "cpu"]
    code, _, err = run(capsys, *command)
    assert code == 1 and "add --overwrite" in err and read_image(out).shape == (3, 1, 1)
    assert run(capsys, *command, "--overwrite")[0] == 0
    assert read_image(out).shape == (3, 160, 240)


def test_upscale_says_what_is_wrong(capsys, photo, weights, tmp_path):
    def says(*arguments: object) -> str:
        code, _, err = run(capsys, "upscale", *arguments)
        assert code == 1 and err.startswith("aesthetic: ") and len(err.splitlines()) == 1
        return err

    assert "no such file" in says(tmp_path / "none.jpg")
    assert "the limit is 1,000" in says(photo, "--max-megapixels", 0.001)
    assert "no weights are called 'best'" in says(photo, "--weights", "best")
    save_weights(ArticleCNN(CNNConfig()), tmp_path / "cnn.safetensors", config=CNNConfig())
    assert "are not those of an SRResNet" in says(photo, "--weights", tmp_path / "cnn.safetensors")
    assert "no format is called '.gift'" in says(
        photo, "--weights", weights, "--out", tmp_path / "a.gift", "--device", "cpu"
    )
    there = ["--weights", weights, "--device", "cpu", "--out", tmp_path / "none" / "a.png"]
    assert "cannot be written" in says(photo, *there), "before the work"
    photo.write_bytes(photo.read_bytes()[:400])
    assert "damaged" in says(photo)


def test_upscale_on_no_such_device(capsys, photo, weights):
    code, _, err = run(capsys, "upscale", photo, "--weights", weights, "--device", "abacus")
    assert code == 2 and "--device abacus cannot be used" in err


# --------------------------------------------------------------------------------------------------
# data


def test_data(capsys, tmp_path):
    code, out, _ = run(capsys, "data", "--root", tmp_path)
    assert code == 0
    for words in ("emoji", "5 designers", "115 photographs", "openmoji (CC-BY-SA-4.0)", "CC0-1.0"):
        assert words in out
    for name in ("cifar10", "set5"):
        assert f"not here: aesthetic data --download {name}" in out
    assert str(tmp_path) in out


def test_data_without_a_network(capsys, tmp_path, monkeypatch):
    def no_network(*args, **kwargs):
        raise OSError("Network is unreachable")

    monkeypatch.setattr("socket.create_connection", no_network)
    code, out, err = run(capsys, "data", "--root", tmp_path, "--download", "set5")
    assert code == 1 and not out and "out of reach" in err and "Without one: get" in err
