"""The published super-resolution runs: their data, their plan, and what their records say."""

import json

import pytest
import torch
from PIL import Image

from aesthetic_utils.data import load_photos
from aesthetic_utils.data.photos import photo_names
from aesthetic_utils.published import super_resolution as sr
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.runtime import Precision, step_generator
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.super_resolution import damage

KINDS = ("x4", "x4 light", "restore")


@pytest.fixture(autouse=True)
def smoke(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which a held-out photograph lies among others."""
    place = tmp_path_factory.mktemp("photographs")
    photos = load_photos("train")[:2] + load_photos("test")[:1] + load_photos("validation")[:1]
    for photo in photos:
        pixels = photo.image[:, :300, :340].permute(1, 2, 0).contiguous().numpy()
        Image.fromarray(pixels).save(place / f"{photo.name}.png")
    return place


def test_held_out_photographs_are_no_training_data_wherever_they_lie(folder):
    settings = sr.settings_by_mode("x4")
    pool, described = sr.training_pool(settings, folder)
    files = {f.stem for f in folder.iterdir()}
    held_out = files & {*photo_names("test"), *photo_names("validation")}
    assert len(held_out) == 2 and described["photographs"] == len(files) - 2 == 2
    assert described.keys() == {"photographs", "megapixels", "sha256"} and str(folder) not in str(
        described
    )
    only = sr.training_pool(settings)[1]
    assert only == {"photographs": 3, "embedded": True}
    assert pool.scale == 4 and pool.patch == settings.patch


def test_a_photograph_from_which_no_patch_can_be_cut_is_none_to_train_on(tmp_path):
    settings = sr.settings_by_mode("x4")
    side = settings.scale * settings.patch
    Image.new("RGB", (side + 40, side - 1), "gray").save(tmp_path / "low.png")
    with pytest.raises(AestheticError, match=f"at least {side} "):
        sr.training_pool(settings, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_plan_keeps_to_the_settings_without_a_time_and_to_the_time_with_one(
    kind, monkeypatch, tmp_path
):
    settings = sr.replace(sr.settings_by_mode(kind), steps=40)
    pool, _ = sr.training_pool(settings)
    before = torch.random.get_rng_state()
    assert sr.planned(settings, pool, Precision(), None) == settings
    asked = []
    monkeypatch.setattr(sr, "steps_that_fit", lambda step, *a, **k: (step(), asked.append(k)) and 7)
    planned = sr.planned(settings, pool, Precision(), 1.5, tmp_path / "checkpoint")
    assert planned == sr.replace(settings, steps=7)
    assert asked == [{"at_most": 40, "path": tmp_path / "checkpoint"}]
    assert before.shape == torch.random.get_rng_state().shape


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_says_what_it_was_trained_on_and_how_it_went(kind, folder, tmp_path):
    run = RUNS[f"srresnet {kind}".replace(" ", "_")]
    result = run(run_dir=tmp_path, photos=folder, time_budget_s=600, precision="float32")
    assert result["data"]["photographs"] == 2 and len(result["data"]["sha256"]) == 64
    assert result["planned_steps"] == result["steps"] == 2
    assert [set(row) for row in result["history"]] == [{"step", "loss"}] * 2
    assert [row["step"] for row in result["validation"]] == [0, 1]
    kept = json.loads((tmp_path / run.name / "seed_0" / "validation.json").read_text("utf-8"))
    assert [row["psnr_y"] for row in kept] == pytest.approx(
        [row["psnr_y"] for row in result["validation"]], abs=1e-4
    )
    again = run(run_dir=tmp_path, photos=folder, time_budget_s=600)
    assert again["metrics"] == result["metrics"] and again["steps"] == 2
    assert json.dumps(result)
    if kind == "restore":
        assert result["metrics"]["by_damage"].keys() == {*sr.DAMAGES, *sr.MORE_DAMAGES}
        assert result["metrics"]["clean"].keys() == {"n", "srresnet_psnr_y", "srresnet_ssim_y"}


def test_damages_of_the_table_are_those_named():
    photo = load_photos("test", 128)[0].image[None] / 255
    blurred = sr.damaged(photo, "blur 1.2", step_generator(0, 0))
    expected = damage(photo, torch.tensor([1.2]), torch.tensor([0.0]), step_generator(0, 0))
    assert torch.equal(blurred, expected)
    compressed = sr.damaged(photo, "JPEG 10", step_generator(0, 0))
    assert torch.equal(compressed[0], sr.as_jpeg(photo[0], 10))
    errors = [
        (sr.damaged(photo, kind, step_generator(0, 0)) - photo).square().mean()
        for kind in ("JPEG 30", "JPEG 10", "noise 50")
    ]
    assert errors == sorted(errors)


def test_a_network_that_adds_nothing_leaves_clean_pictures_as_they_are():
    settings = sr.settings_by_mode("restore")
    photos = {p.name: p.image for p in load_photos("test", 128)[:1]}
    rows = sr.clean_table(sr.build(settings).eval(), photos)
    assert rows[0]["srresnet_psnr_y"] == float("inf") and rows[0]["srresnet_ssim_y"] == 1


def test_a_run_whose_loss_is_no_number_ends_at_once(monkeypatch):
    settings = sr.replace(sr.settings_by_mode("x4"), steps=200)
    pool, _ = sr.training_pool(settings)
    broken = torch.tensor(float("nan"))
    monkeypatch.setattr(sr, "fastest_step", lambda *a: lambda low, high: broken)
    with pytest.raises(AestheticError, match="loss of step 0 is nan"):
        sr.train_super_resolution(settings, pool, precision=Precision())


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_never_looks_at_a_value_and_leaves_nothing_on_the_processor(kind):
    """On the device "meta" there are no values: what looks at one, or adds a tensor from elsewhere, raises."""
    settings = sr.settings_by_mode(kind)
    pool = sr.training_pool(settings)[0].to("meta")
    model, average = (sr.build(settings).to("meta") for _ in range(2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    low, high = pool.sample(batch_size=3, seed=0, step=0)
    if settings.scale == 1:
        low = sr.random_damage(low, step_generator(0, 0))
    assert low.is_meta and high.is_meta
    loss = sr.super_resolution_step(model, optimizer, low, high)
    sr.update_ema(average, model, 0.9)
    assert loss.is_meta and loss.shape == ()
