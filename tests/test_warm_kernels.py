"""Kernels that are forked (tools/lessons/warm_kernels.py) are like those that start from nothing."""

import ast
import contextlib
import os
import sys

import pytest
from jupyter_client.manager import start_new_kernel

from aesthetic_utils import plotting
from tools.lessons import in_kernel
from tools.lessons.warm_kernels import SLOW, warm_kernels

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")
ASKED = """(__import__("os").getcwd(), __import__("sys").path, __import__("sys").argv[:1], __name__,
    __import__("os").environ.get("MPLBACKEND"), __import__("os").environ.get("COURSE"), __import__("os").getpid(),
    sorted(m for m in __import__("sys").modules if m.startswith(("aesthetic_utils", "tools", "colorsys"))))"""


@contextlib.contextmanager
def kernel(folder):
    """A manager, and what answers an expression."""
    options = {"cwd": str(folder), "env": os.environ | {"COURSE": "here"}}
    options["extra_arguments"] = ["--log-level=ERROR"]
    manager, client = start_new_kernel(kernel_name="python3", **options)

    def ask(expression):
        reply = client.execute("", silent=True, user_expressions={"it": expression}, reply=True)
        return ast.literal_eval(reply["content"]["user_expressions"]["it"]["data"]["text/plain"])

    yield manager, ask
    client.stop_channels()
    manager.shutdown_kernel()
    assert not manager.is_alive()


def test_a_forked_kernel_is_as_fresh_as_one_from_nothing(tmp_path):
    with kernel(tmp_path) as (_, ask):
        cold = ask(ASKED)
    with warm_kernels(["colorsys", "not_installed"]):
        found = []
        for _ in range(2):
            with kernel(tmp_path) as (manager, ask):
                found.append(ask(ASKED))
                assert found[-1][-2] == manager.provisioner.pid
        with kernel(tmp_path) as (manager, _):
            manager.provisioner.process.kill()
            assert manager.provisioner.process.wait() == -9
    assert cold[-1] == [] and {tuple(one[-1]) for one in found} == {("colorsys",)}
    assert [one[:-2] for one in found] == [cold[:-2]] * 2
    assert found[0][-2] != found[1][-2]


def test_what_is_imported_before_is_of_others():
    assert not {name.split(".")[0] for name in SLOW} & {"aesthetic_utils", "tools"}


def test_a_figure_is_not_drawn_again_and_is_afterwards(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    monkeypatch.setitem(sys.modules, "aesthetic_utils.plotting", plotting)
    drawn = plotting.png, plotting.smallest_type
    for wanted in (False, False, True):
        in_kernel.draw(wanted)
        figure, axes = plotting.plt.subplots(figsize=(1, 1))
        axes.set_title("Title")
        plotting.show(figure)
    assert [bool(data["image/png"]) for data in shown] == [False, False, True]
    assert (plotting.png, plotting.smallest_type) == drawn
