"""The search page of the built site, in Chromium and from a folder: `make book` first."""

import gzip
import re
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = ROOT / "_build" / "html"
LIMIT = 165_000  # bytes of what only the search loads, compressed

# A question, and the places of which one has to be among the first three results; a place without
# "#" is anywhere on that page.
QUESTIONS = [
    ("convolution", ["book/3-algorithms/3_1_1_convolution_layer"]),
    ("mode collapse", ["book/3-algorithms/3_2_3_gan_training#mode-collapse"]),
    ("backpropagation", ["book/2-concepts/2_1_neural_networks#backpropagation-derived"]),
    ("golden ratio", ["book/1-background/index#fechner-ask-many-people"]),
    ("how do I open a lesson in Colab", ["book/how_to_use"]),
    ("Colab", ["book/how_to_use"]),
    ("install", ["book/how_to_use"]),
    ("set up", ["book/how_to_use"]),
    ("loss is nan", ["book/6-faq/faq#the-loss-becomes-nan"]),
    ("out of memory", ["book/6-faq/faq#cuda-out-of-memory"]),
    ("OOM", ["book/6-faq/faq#cuda-out-of-memory"]),
    ("GPU", ["book/6-faq/faq#do-i-need-a-gpu"]),
    ("what is beauty", ["book/2-concepts/2_4_human_aesthetics"]),
    ("batch normalization", ["book/3-algorithms/3_1_3_training"]),
    ("BN", ["book/3-algorithms/3_1_3_training"]),
    ("StyleGAN2", ["book/1-background/1_2_image_generation"]),
    ("diffusion", ["book/1-background/1_2_image_generation"]),
    ("卷积", ["book/3-algorithms/3_1_1_convolution_layer", "book/6-faq/glossary#term-convolution"]),
    ("CNN", ["book/2-concepts/2_2_convolutional_neural_networks"]),
    ("GAN", ["book/2-concepts/2_3_generative_adversarial_networks"]),
    ("SR", ["book/3-algorithms/3_4_super_resolution"]),
    ("PSNR", ["book/6-faq/faq#why-is-my-psnr-not-that-of-the-paper"]),
    ("FID", ["book/6-faq/glossary#term-Frechet-distance"]),
    ("SGD", ["book/3-algorithms/3_1_3_training"]),
    ("self-attention", ["book/3-algorithms/3_3_other_algorithms"]),
    (
        "why do all my pictures look the same",
        ["book/6-faq/faq#all-generated-pictures-look-the-same"],
    ),
    ("how to teach this in one hour", ["book/how_to_use"]),
]
# What one types first: here the answer has to be the first result.
FIRST = {"convolution", "golden ratio", "Colab", "install", "out of memory", "OOM", "GPU"}
SAME = [
    ("batch normalization", "batch normalisation"),
    ("color", "colour"),
    ("gray", "grey"),
    ("center", "centre"),
    ("optimize", "optimise"),
    ("behavior", "behaviour"),
]


# The functions of the page, asked without loading it for every question.
FOUND = """question => {
  const index = globalThis.prepared ||= courseSearch.prepare(courseSearchIndex);
  return courseSearch.search(question, index).results.map(({ section }) =>
    index.pages[section.page].name + (section.anchor && "#" + section.anchor));
}"""


@pytest.fixture(scope="module")
def find(browser):
    page = browser.new_page()
    page.goto((SITE / "search.html").as_uri())
    yield lambda question: page.evaluate(FOUND, question)
    page.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.troubles, page.asked = [], []
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.troubles.append(said.text))
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    assert not page.troubles
    assert all(url.startswith(("file:", "data:")) for url in page.asked)
    context.close()


def ask(page, question: str) -> list[str]:
    """Where the results lead, as page or page#section."""
    page.goto(f"{(SITE / 'search.html').as_uri()}?q={quote(question)}")
    links = page.locator("#search-results h2 a").evaluate_all("links => links.map(a => a.href)")
    return [re.sub(r"^.*?/_build/html/|\.html", "", unquote(link)) for link in links]


def leads_to(found: str, wanted: str) -> bool:
    return found == wanted or ("#" not in wanted and found.split("#")[0] == wanted)


@pytest.mark.parametrize(("question", "wanted"), QUESTIONS, ids=[q for q, _ in QUESTIONS])
def test_a_question_finds_its_answer(find, question, wanted):
    first = find(question)[: 1 if question in FIRST else 3]
    assert any(leads_to(found, place) for found in first for place in wanted), first


@pytest.mark.parametrize(("american", "british"), SAME)
def test_both_spellings_find_the_same(find, american, british):
    found = find(american)
    assert found and found == find(british)


@pytest.mark.parametrize("question", ["convolution", "mode collapse", "batch normalization"])
def test_the_glossary_comes_after_pages_and_stays_in_reach(find, question):
    found = find(question)
    assert not any("glossary" in place for place in found[:2])
    assert any("glossary" in place for place in found)


def test_the_page_shows_what_the_functions_find(page, find):
    assert ask(page, "mode collapse") == find("mode collapse")[:10]


def test_every_result_leads_to_a_place_that_exists(find):
    for question in ("convolution", "GAN", "colour"):
        for place in find(question):
            name, _, anchor = place.partition("#")
            html = (SITE / f"{name}.html").read_text("utf-8")
            assert not anchor or f'id="{anchor}"' in html, place


def test_stop_words_alone_are_said_to_be_no_question(page):
    assert ask(page, "how do I") == []
    assert "every page" in page.inner_text("#search-status")


def test_what_no_page_has_in_full_is_said(page):
    assert ask(page, "kinkade srresnet checkerboard")
    assert page.inner_text("#search-status").startswith("No page has all of these words")
    assert page.locator(".search-missing").count() > 0
    assert ask(page, "xyzzy") == []
    assert "xyzzy" in page.inner_text("#search-status")


def test_excerpts_are_prose_with_whole_words_marked(page):
    for question in ("how do I open a lesson in Colab", "loss", "convolution", "generator"):
        ask(page, question)
        page.set_viewport_size({"width": 1280, "height": 4000})  # so that all of them are seen
        page.wait_for_function(
            "[...document.querySelectorAll('.search-excerpt')].every(p => p.hidden || p.textContent)"
        )
        texts = page.locator(".search-excerpt").all_inner_texts()
        assert not re.search(r"Open issue|\.md\b|Contents|\\[a-z(\[]|\$", " ".join(texts))
        marks = page.locator(".search-excerpt mark").all_inner_texts()
        assert marks and min(map(len, marks)) > 1
        html = " ".join(
            page.locator(".search-excerpt").evaluate_all("all => all.map(p => p.innerHTML)")
        )
        plain = re.sub(r"</?span[^>]*>", "", html)
        assert not re.search(r"\w<mark>|</mark>[^\W\d]", plain), "a mark inside a word"


def test_a_word_stays_text_and_is_never_run(page):
    ask(page, "<img src=x onerror=alert(1)> convolution")
    assert page.locator("#search-status img, #search-results img").count() == 0


def test_nothing_is_left_on_the_next_page(page):
    ask(page, "how do I open a lesson in Colab")
    page.locator("#search-results h2 a").first.click()
    page.wait_for_load_state()
    assert "highlight=" not in page.url and "q=" not in page.url
    assert page.locator("span.highlighted, mark, .highlight-link").count() == 0


def test_a_highlight_in_an_address_does_nothing(page):
    page.goto(f"{(SITE / 'book' / 'intro.html').as_uri()}?highlight=beauty")
    page.wait_for_load_state()
    assert page.locator("span.highlighted, .highlight-link").count() == 0


def test_more_results_come_when_asked_for_and_the_focus_goes_with_them(page):
    assert len(ask(page, "convolution")) == 10
    page.click("#search-more")  # ten more
    links = page.locator("#search-results h2 a")
    assert links.count() > 10
    assert links.nth(10).evaluate("link => link === document.activeElement")


def test_it_is_used_with_the_keyboard_and_heard(page):
    page.goto((SITE / "search.html").as_uri())
    page.keyboard.type("fechner")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=fechner*")
    status = page.locator("#search-status")
    assert status.get_attribute("aria-live") == "polite"
    assert re.match(r"\d+ results for “fechner”", status.inner_text())
    tags = page.locator("#search-results > *").evaluate_all("all => all.map(e => e.tagName)")
    assert set(tags) == {"LI"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 800})
    ask(page, "ModuleNotFoundError convolution GAN")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_excerpt_loads_when_its_result_is_reached(page):
    ask(page, "convolution")
    last = page.locator(".search-excerpt").last
    page.wait_for_function("document.querySelector('.search-excerpt').textContent")
    assert last.text_content() == ""
    last.scroll_into_view_if_needed()
    page.wait_for_function("[...document.querySelectorAll('.search-excerpt')].at(-1).textContent")


def test_the_search_files_stay_light_and_on_their_page(page):
    ask(page, "convolution")
    page.wait_for_load_state("networkidle")
    ours = {Path(unquote(urlsplit(url).path)) for url in page.asked if "/_static/search/" in url}
    assert 4 < len(ours) < 20, "scripts, index, and the texts of the results shown"
    assert sum(len(gzip.compress(file.read_bytes())) for file in ours) < LIMIT
    assert "_static/search/" not in (SITE / "book" / "intro.html").read_text("utf-8")
