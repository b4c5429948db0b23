"""The errata page: each printed form fails or behaves as the page says; the repaired one works.

Messages, probes and repairs are read from the page itself (tests/errata/pages.py), so that page and
program cannot drift apart. A block's name tells what it is:

    cnn-KEY-error   the message; of the diff or probe named cnn-*-try or cnn-*-see before it, if any
    cnn-KEY-see     a probe, run in the names that the listing leaves
    cnn-KEY-out     what that probe prints
    cnn-KEY-try     a change made for the next message only
    cnn-KEY-fix     a repair; those below it build on it
"""

import functools
import hashlib

import pytest
import torch
from errata import pages
from errata.pages import ERRATA, Block

from aesthetic_utils.data import load_emoji
from aesthetic_utils.models import ArticleCNN, CNNConfig, DCGANConfig, Discriminator, Generator
from aesthetic_utils.training import discriminator_step, generator_step

PAGE_TORCH = "2.15"  # the version that the page names
pytestmark = pytest.mark.xdist_group("errata")  # one process: several claims look at one training
BLOCKS = [b for b in pages.code_blocks(ERRATA) if b.name]
CLAIMS = [b for b in BLOCKS if b.name.endswith(("-error", "-out"))]


@functools.cache
def run_once(source: str) -> pages.Run:
    return pages.run(source)


def claim_before(claim: Block) -> Block | None:
    """The probe or trial that a message or an output belongs to: the block right before it."""
    before = BLOCKS[: BLOCKS.index(claim)]
    return before[-1] if before and before[-1].name.endswith(("-see", "-try")) else None


def result_of(claim: Block) -> pages.Run:
    listing = claim.name.split("-")[0]
    if claim.name == "cnn-indent-error":
        flat = "\n".join(line.strip() for line in pages.printed(listing).splitlines())
        return pages.run(flat)
    source, cause = pages.state(listing, claim.name), claim_before(claim)
    if cause is not None and cause.name.endswith("-try"):
        return pages.run(pages.apply_diff(source, cause.text))
    if cause is None:
        return run_once(source)
    if "verdict" not in cause.text:  # needs no trained network
        return pages.run(cause.text, run_once(source.split("\nfor epoch in ")[0]).names)
    names = run_once(source).names
    if "def verdict" not in cause.text:  # defined on the page, further up
        names |= {"verdict": verdict_for(names), **probe_images(names)}
    return pages.run(cause.text, names)


def probe_images(names: dict) -> dict:
    return {"real": names["train_dataset"][:64][0], "noise": torch.randn(64, 100, 1, 1)}


def verdict_for(names: dict):
    """The page's own `verdict`, for the networks of these names."""
    source = next(b.text for b in BLOCKS if b.name == "gan-zero-see")
    exec(source[: source.index("real, noise")], names)
    return names["verdict"]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda b: b.name)
def test_page_says_what_happens(claim: Block):
    result = result_of(claim)
    if claim.name.endswith("-out"):
        assert result.error is None, result.message
        assert result.output == claim.text
    elif torch.__version__.startswith(PAGE_TORCH):
        assert pages.agrees(result.message, claim.text), result.message
    else:  # other versions word some messages differently
        assert result.message.split(":")[0] == claim.text.split(":")[0]


def test_page_names_the_version_that_its_messages_come_from():
    assert f"PyTorch {PAGE_TORCH}" in ERRATA.read_text(encoding="utf-8")


def test_every_block_is_used():
    kinds = {"error", "out", "see", "try", "fix"}
    assert {b.name.rsplit("-", 1)[1] for b in BLOCKS} == kinds
    for block, after in zip(BLOCKS, BLOCKS[1:], strict=False):
        if block.name.endswith(("-see", "-try")):
            assert after.name.endswith(("-out", "-error")), f"nothing checks {block.name}"
    unnamed = [b.line for b in pages.code_blocks(ERRATA) if not b.name]
    assert not unnamed, f"blocks without a name, on lines {unnamed}"


@pytest.mark.parametrize(
    ("listing", "lines", "digest"),
    [("cnn", 31, "105de599fff01192"), ("gan", 54, "b1622b14d7762d2e")],
)
def test_listings_are_the_articles(listing: str, lines: int, digest: str):
    """Line for line, except for indentation: the hash is that of the article's own lines."""
    flat = [line.strip() for line in pages.printed(listing).splitlines()]
    assert len(flat) == lines
    assert hashlib.sha256("\n".join(flat).encode()).hexdigest()[:16] == digest


@pytest.mark.parametrize("listing", ["cnn", "gan"])
def test_repaired_listing_is_the_printed_one_with_all_repairs(listing: str):
    assert pages.repaired(listing) == pages.state(listing)


@pytest.mark.parametrize(("listing", "designers"), [("cnn", None), ("gan", ["noto"])])
def test_sizes_in_comments_are_those_of_the_data(listing: str, designers: list[str] | None):
    shape = list(load_emoji("train", size=32, designers=designers).images.shape)
    assert f"# uint8 {shape}\n" in pages.repaired(listing)


def test_repaired_cnn_learns():
    result = pages.run(pages.repaired("cnn").replace("epochs = 3", "epochs = 1"))
    assert result.error is None, result.message
    assert result.names["accuracy"] > result.names["baseline"] + 0.05
    assert result.output.startswith("epoch 1: loss ") and "held-out accuracy" in result.output


def test_repaired_gan_comes_closer_to_the_pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # it saves generator.pt
    result = pages.run(pages.repaired("gan").replace("epochs = 30", "epochs = 10"))
    assert result.error is None, result.message
    real = result.names["emoji"].images / 255  # [N, 3, 32, 32]
    samples = result.names["samples"]  # [16, 3, 32, 32]
    assert samples.shape == (16, 3, 32, 32) and 0 <= samples.min() and samples.max() <= 1
    torch.manual_seed(0)
    untrained = (result.names["Generator"]()(torch.randn(16, 100, 1, 1)) + 1) / 2

    def distance(images: torch.Tensor) -> float:
        """Of the mean image: white margins and a coloured middle, or not."""
        return (images.mean(0) - real.mean(0)).square().mean().sqrt().item()

    assert distance(samples) < 0.75 * distance(untrained)
    assert (tmp_path / "generator.pt").stat().st_size > 0


def test_package_networks_have_the_right_sizes():
    assert ArticleCNN(CNNConfig())(torch.zeros(49, 3, 32, 32)).shape == (49, 10)
    images = Generator(DCGANConfig())(torch.randn(5, 100))
    assert images.shape == (5, 3, 32, 32) and images.abs().max() <= 1
    assert Discriminator(DCGANConfig())(images).shape == (5,)


def test_package_steps_leave_nothing_in_the_other_network():
    config = DCGANConfig(base_channels=8)
    net_g, net_d = Generator(config), Discriminator(config)
    adam_g, adam_d = (torch.optim.Adam(net.parameters()) for net in (net_g, net_d))
    real, z = torch.rand(6, 3, 32, 32) * 2 - 1, torch.randn(6, 100)

    before = [p.clone() for p in net_g.parameters()]
    discriminator_step(net_g, net_d, adam_d, real, z)
    assert all(p.grad is None for p in net_g.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, net_g.parameters(), strict=True))

    adam_d.zero_grad()
    before = [p.clone() for p in net_d.parameters()]
    generator_step(net_g, net_d, adam_g, z)
    assert all(p.grad is None for p in net_d.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, net_d.parameters(), strict=True))


def test_package_discriminator_learns_to_tell_real_from_generated():
    torch.manual_seed(0)
    config = DCGANConfig(base_channels=8)
    net_g, net_d = Generator(config), Discriminator(config)
    adam_d = torch.optim.Adam(net_d.parameters(), lr=1e-3)
    real = load_emoji("validation", size=32, designers=["noto"]).images[:32] / 127.5 - 1
    for _ in range(30):
        discriminator_step(net_g, net_d, adam_d, real, torch.randn(32, 100))
    with torch.no_grad():  # in training mode: 30 steps are too few for the running averages
        assert (net_d(real) > 0).float().mean() > 0.9
        assert (net_d(net_g(torch.randn(32, 100))) < 0).float().mean() > 0.9


def test_apply_diff_refuses_a_hunk_that_does_not_fit():
    with pytest.raises(ValueError, match="fits in 0 places"):
        pages.apply_diff("a = 1\n", "-b = 1\n+b = 2\n")
    with pytest.raises(ValueError, match="fits in 2 places"):
        pages.apply_diff("a = 1\na = 1\n", "-a = 1\n+a = 2\n")
    assert pages.apply_diff("a = 1\nb = 2\n", " a = 1\n+c = 3\n") == "a = 1\nc = 3\nb = 2\n"
