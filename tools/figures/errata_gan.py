"""The figure of the page "The article's code, line by line": three states of listing 4.2.

    python tools/figures/errata_gan.py

Trains the listing as the page's repairs leave it (about four minutes on two cores) and writes
book/figures/errata_gan.svg.
"""

import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tools" / "figures")]

import grids  # noqa: E402
from errata import pages  # noqa: E402

EPOCHS = 30  # of 14 steps
STATES = {  # title: the block of the page at which to stop repairing
    "After exercise 11: it runs": "gan-zero-see",
    "After exercise 18: a real contest": "gan-dcgan-fix",
    "After exercise 20: with the recipe": None,
}


def train(source: str) -> tuple[list[tuple[float, ...]], torch.Tensor]:
    """Losses and mean verdicts of every step, and the pictures at the end, in [0, 1]."""
    history: list[tuple[float, ...]] = []
    names: dict = {"__name__": "__main__"}

    def record() -> None:
        net_d, logits = names["model_D"], "Logits" in type(names["criterion"]).__name__
        with torch.no_grad():
            verdicts = [net_d(x).view(-1) for x in (names["images"], names["fake_images"])]
        means = [(v.sigmoid() if logits else v).mean().item() for v in verdicts]
        history.append((names["error_G"].item(), names["error_D"].item(), *means))

    step = "        optimizer_D.step()\n"
    assert source.count(step) == 1
    source = source.replace(step, f"{step}        record()\n").replace("torch.save(", "(")
    for epochs in (5, 30):
        source = source.replace(f"\nepochs = {epochs}\n", f"\nepochs = {EPOCHS}\n")
    names["record"] = record
    torch.manual_seed(0)
    exec(compile(source, "listing", "exec"), names)
    generator = names["model_G"].eval()
    with torch.no_grad():
        images = generator(torch.randn(6, 100, 1, 1, generator=torch.Generator().manual_seed(1)))
    in_unit = "127.5" in source  # the real pictures' range, after exercise 17
    return history, ((images + 1) / 2 if in_unit else images.clamp(0, 1))


def draw(runs: dict[str, tuple[list[tuple[float, ...]], torch.Tensor]]) -> plt.Figure:
    """For each state its two kinds of curves, and below them its pictures."""
    fig = plt.figure(figsize=(grids.WIDTH, 8.6), layout="constrained")
    grid = fig.add_gridspec(2 * len(runs), 2, height_ratios=[1.25, 1] * len(runs))
    for i, (title, (history, images)) in enumerate(runs.items()):
        loss_g, loss_d, real, fake = zip(*history, strict=True)
        left, right = (fig.add_subplot(grid[2 * i, column]) for column in (0, 1))
        steps = range(1, len(history) + 1)
        left.plot(steps, loss_g, color=grids.ORANGE, lw=1.1, label="generator")
        left.plot(steps, loss_d, color=grids.BLUE, lw=1.1, label="discriminator")
        left.set(ylim=(-0.2, 6), yticks=[0, 2, 4, 6], ylabel="loss")
        left.set_title(title, loc="left", fontsize=11.5, fontweight="bold")
        right.plot(steps, real, color=grids.GREEN, lw=1.1, label="real pictures")
        right.plot(steps, fake, color=grids.PURPLE, lw=1.1, label="generated")
        right.set(ylim=(-0.04, 1.04), yticks=[0, 0.5, 1], ylabel="verdict")
        for ax in (left, right):
            ax.set(xlim=(0, len(history)), xticks=[0, 200, 400])
            ax.spines[["top", "right"]].set_visible(False)
            if i == 0:
                ax.legend(frameon=False, loc="center right")
        left.set_xlabel("step", loc="right", labelpad=0)
        below = fig.add_subplot(grid[2 * i + 1, :])
        tiles = torch.nn.functional.pad(images, (1, 1, 1, 1), value=0.7)  # a thin grey frame
        below.imshow(torch.cat(list(tiles), -1).permute(1, 2, 0).numpy(), interpolation="nearest")
        below.set_axis_off()
    return fig


def main() -> None:
    runs = {title: train(pages.state("gan", until)) for title, until in STATES.items()}
    path = ROOT / "book" / "figures" / "errata_gan.svg"
    with plt.rc_context(grids.STYLE):
        grids.save(draw(runs), path)
    print(path)


if __name__ == "__main__":
    main()
