"""The taste laboratory in Chromium, on the built page."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from aesthetic_utils.cli.main import main
from aesthetic_utils.judgements import bradley_terry
from aesthetic_utils.judgements.vote_file import read_votes
from aesthetic_utils.judgements.vote_record import as_pairs
from aesthetic_utils.models import DCGANConfig, Generator
from aesthetic_utils.runtime import evaluating
from aesthetic_utils.training import load_weights, weights_info
from tools import live_taste

PAGE = "book/lab/taste.html"
SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
PAUSE = 260  # milliseconds: a quicker press is taken for one that was meant for the pair before
DONE = """(choices) => {  // answers by the alphabet, as fast as a program can
    const rows = [];
    for (let next; (next = Taste.nextPair(TASTE, Taste.choicesOf(TASTE, VoteRecord.standing(rows)), {seed: 1})); ) {
      const {left, right} = next;
      const [shown, now] = [new Date(1e12 + 9000 * rows.length), new Date(1e12 + 9000 * rows.length + 1500)];
      const choice = left < right ? "left" : "right";
      rows.push(VoteRecord.choiceRow({rater: "r-0a0b0c0d", session: "s-1", left, right, choice, question: Taste.QUESTION, shown, now}));
    }
    localStorage.setItem("aesthetic-taste", JSON.stringify({rater: "r-0a0b0c0d", seed: 1, rows: rows.slice(0, choices), rounds: 0, expected: null}));
    dispatchEvent(new StorageEvent("storage", {key: "aesthetic-taste"}));  // as from another window
}"""


@pytest.fixture
def open_page(watched, address):
    """Opens the page; with `choices` so many are in the browser already."""
    with watched() as open_url:

        def open_it(choices: int = 0, hash: str = "", url: str = "", **options):
            page = open_url((url or address + PAGE) + hash, **options)
            place(page).scroll_into_view_if_needed()
            if options.get("java_script_enabled", True):
                page.locator(".taste-body > *").first.wait_for()
            if choices:
                page.evaluate(DONE, choices)
            return page

        yield open_it


def place(page):
    return page.locator('.live-place[data-live="taste"]')


def text(page, selector: str = ".taste") -> str:
    return page.locator(selector).inner_text().replace("\u00a0", " ")


def kept(page) -> dict:
    return json.loads(page.evaluate("localStorage.getItem('aesthetic-taste')"))


@pytest.fixture
def open_evolution(open_page):
    """Opens the evolution in a state, its network loaded."""

    def open_it(hash: str, **options):
        page = open_page(hash=hash, **options)
        page.locator(".evolve .network-load").click()
        page.locator(".evolve-tile").first.wait_for(timeout=20_000)
        return page

    return open_it


def drawings(page) -> np.ndarray:
    """What the nine canvases show: [9, 32, 32, 3]."""
    found = page.evaluate("""() => [...document.querySelectorAll(".evolve-tile canvas")].map((canvas) =>
        [...canvas.getContext("2d").getImageData(0, 0, 32, 32).data])""")
    return np.array(found).reshape(-1, 32, 32, 4)[..., :3]


def growing(page, words: str) -> None:
    page.locator(".evolve .live-sentence", has_text=words).wait_for()


def begin(page) -> None:
    page.get_by_role("button", name="I agree: start").click()
    page.locator(".taste-picture").first.wait_for()
    page.wait_for_timeout(PAUSE)


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(PAUSE)


AT_ONCE = """() => {
  document.querySelectorAll('.taste-picture')[1].click();
  const key = new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true });
  document.querySelector('.taste-picture').dispatchEvent(key);
}"""


def exported(page, folder: Path) -> Path:
    with page.expect_download() as found:
        page.get_by_role("button", name="Export").click()
    file = folder / found.value.suggested_filename
    found.value.save_as(file)
    return file


def test_nothing_is_kept_before_the_reader_agrees(open_page):
    page = open_page()
    assert "Nothing is sent to anybody" in text(page)
    assert page.locator(".taste-picture").count() == 0
    assert page.evaluate("localStorage.getItem('aesthetic-taste')") is None
    begin(page)
    assert kept(page)["rows"] == [] and kept(page)["rater"].startswith("r-")


def test_keys_and_mouse_choose_an_undo_takes_back_and_a_reload_goes_on(open_page):
    page = open_page()
    begin(page)
    press(page, "ArrowRight", "ArrowDown", "ArrowLeft")
    page.evaluate(AT_ONCE)  # the key is too fast: it is not meant for the new pair
    assert [row["choice"] for row in kept(page)["rows"]] == ["right", "tie", "left", "right"]
    page.wait_for_timeout(PAUSE)
    label = page.locator(".taste-picture").first.get_attribute("aria-label")
    press(page, "u")
    assert "3 of 28" in text(page)
    assert kept(page)["rows"][-1]["task"] == "undo"
    press(page, "ArrowRight")
    assert page.locator(".taste-picture").first.get_attribute("aria-label") == label
    page.reload()
    place(page).scroll_into_view_if_needed()
    page.locator(".taste-picture").first.wait_for()
    assert "Going on after the 4 choices that this browser has kept" in text(page)
    assert page.locator(".taste-picture").first.get_attribute("aria-label") == label


def test_a_guess_comes_before_the_map(open_page):
    page = open_page(28)
    assert "You were asked about 6 of the pairs twice" in text(page)
    assert "same answer to" not in text(page)
    page.locator(".taste-range").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Show me the map").click()
    said = text(page)
    assert "the same answer to 6 of 6 pairs: 100 %" in said and "from 61 to 100 %" in said
    assert "You had expected 4: you are steadier than you thought" in said
    assert page.evaluate("location.hash") == "#taste-map"
    assert page.locator(".taste-of-photographs li").count() == 12
    first = page.locator(".taste-of-photographs li").first.get_attribute("title")
    assert first.startswith("Alpaca: plausible are place")
    assert "None of the five intervals" in said or "without 0" in said
    assert "19 choices" in said and "in 65 % of cases" in said
    page.get_by_role("button", name="16 more pairs of photographs").click()
    assert "28 of 44" in text(page)


def test_an_exported_file_is_that_of_the_course_and_gives_the_packages_ranking(open_page, tmp_path):
    page = open_page(28)
    file = exported(page, tmp_path / "class")
    votes, problems = read_votes(file)
    assert problems == [] and len(votes) == 28
    assert {vote.question for vote in votes} == {"Which of the two do you like better?"}
    pairs = as_pairs(votes, list(live_taste.PHOTOGRAPHS))
    assert len(pairs) == 14
    package = bradley_terry.fit_ranking(pairs)
    found = page.evaluate("""() => {
      const fit = Taste.fit(TASTE, Taste.choicesOf(TASTE, recalled()), "photographs");
      return {score: [...fit.score], ends: BradleyTerry.intervals(fit)};
      function recalled() { return VoteRecord.standing(JSON.parse(localStorage.getItem("aesthetic-taste")).rows); }
    }""")
    np.testing.assert_allclose(found["score"], package.score, atol=1e-6)
    ends = np.stack(bradley_terry.score_intervals(package), 1)
    np.testing.assert_allclose(found["ends"], ends, atol=1e-3)
    again = bradley_terry.repeat_agreement(as_pairs(votes))
    assert (again.value, again.n) == (1.0, 6)
    merged = tmp_path / "all.csv"
    assert main(["votes", "merge", str(file.parent), "--out", str(merged)]) == 0
    assert len(read_votes(merged)[0]) == 28


def test_a_file_comes_back_and_everything_can_be_deleted(open_page, tmp_path):
    page = open_page(10)
    file = exported(page, tmp_path)
    remove = page.locator(".taste-own button").nth(2)
    remove.click()
    assert remove.inner_text() == "Delete for good?"
    remove.click()
    assert page.evaluate("localStorage.getItem('aesthetic-taste')") is None
    assert "I agree: start" in text(page)
    chooser = page.locator(".taste-own input")
    chooser.set_input_files(file)
    page.get_by_text("10 choices came from the file.").wait_for()
    assert "10 of 28" in text(page)
    for name, content, said in (
        ("other.csv", "a,b\n1,2\n", "This is no file of votes"),
        ("picture.csv", "\x00\x01", "This is no file of votes"),
        (
            "hers.csv",
            file.read_text().replace("r-0a0b0c0d", "r-11111111"),
            "Export and delete these first",
        ),
    ):
        (tmp_path / name).write_text(content)
        chooser.set_input_files(tmp_path / name)
        page.get_by_text(said).wait_for()
    assert "10 of 28" in text(page)


def test_a_phone_in_the_dark_with_fingers(open_page):
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    page = open_page(27, color_scheme="dark", **phone)
    page.wait_for_timeout(PAUSE)
    page.locator(".taste-picture").first.tap()
    page.get_by_role("button", name="Show me the map").tap()
    page.locator(".taste-map").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for button in place(page).locator(".live-button:visible").all():
        assert button.bounding_box()["height"] >= 44


def test_it_works_from_the_disk_too_and_without_storage_it_says_so(open_page):
    page = open_page(url=(SITE / PAGE).as_uri())
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    begin(page)
    assert "This browser keeps nothing for this page" in text(page)
    assert "0 of 28" in text(page)


def test_without_javascript_and_on_paper_the_still_picture_stands_there(open_page):
    plain = open_page(java_script_enabled=False)
    assert plain.locator("#fig-taste img").first.is_visible()
    page = open_page(28, hash="#taste-map")
    assert not page.locator("#fig-taste > img, #fig-taste > a img").first.is_visible()
    page.emulate_media(media="print")
    assert not place(page).is_visible()


def test_the_map_speaks_to_everybody(open_page):
    axe = pytest.importorskip("axe_playwright_python")
    page = open_page(28)
    page.get_by_role("button", name="Show me the map").click()
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run(document.querySelector('figure.live'))")["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


# ---- evolution


def test_the_page_draws_what_torch_draws_and_the_choice_stays_in_the_middle(open_evolution):
    page = open_evolution("#evolve-0001a-6")
    z = page.evaluate("Evolve.generation(Evolve.stateOf(location.hash)).map((one) => [...one])")
    network = load_weights(
        Generator(DCGANConfig(**weights_info("gan_emoji")["config"])), "gan_emoji"
    )
    with evaluating(network):
        images = network(torch.tensor(z)) / 2 + 0.5
    expected = (255 * images).permute(0, 2, 3, 1).numpy()
    assert abs(drawings(page) - expected).max() < 1
    fourth = drawings(page)[3]
    page.locator(".evolve-tile").nth(3).focus()
    page.keyboard.press("Enter")
    growing(page, "Generation 2: in the middle your choice")
    assert (drawings(page)[4] == fourth).all()
    assert page.evaluate("location.hash") == "#evolve-0001a-6-63"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.ariaLabel") == "Your choice, unchanged"


def test_the_reach_is_dragged_and_back_goes_back(open_evolution):
    page = open_evolution("#evolve-0001a-6-63.64")
    assert page.locator(".evolve-path canvas").count() == 2
    slider = page.locator(".evolve-reach")
    slider.focus()
    page.keyboard.press("Home")
    growing(page, "With a reach of 0 they are copies.")
    shown = drawings(page)
    assert abs(shown - shown[4]).max() == 0
    page.get_by_role("button", name="Back").click()
    growing(page, "Generation 2")
    assert page.evaluate("location.hash") == "#evolve-0001a-6-63"


def test_six_blind_pairs_on_a_phone(open_evolution):
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    page = open_evolution("#evolve-0001a-6-63.64.60.68", **phone)
    page.get_by_role("button", name="Was it your taste?").tap()
    for pair in range(6):
        growing(page, f"Pair {pair + 1} of 6")
        page.locator(".evolve-tile").first.tap()
    said = page.locator(".evolve .live-sentence").inner_text()
    assert "you took a child of your last choice before a stranger in" in said
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Go on").tap()
    growing(page, "Generation 5")


def test_from_the_disk_the_evolution_says_what_to_do(open_page):
    page = open_page(url=(SITE / PAGE).as_uri())
    page.locator('[data-live="evolve"]').scroll_into_view_if_needed()
    page.get_by_text("a browser lets such a page read no network").wait_for()
    assert page.locator(".evolve-example").is_visible()
