"""The search: what the extension reads from pages, and the functions that answer a question."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import search

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = json.loads((ROOT / "book" / "search" / "words.json").read_text("utf-8"))

PAGE = """
<body><nav><h1>Contents</h1></nav>
<article class="bd-article"><section id="page">
<h1>2.1 Networks of <span class="math">\\(z\\)</span><a class="headerlink">#</a></h1>
<p>First words (<em>Runtime</em>, then .70).</p><p>A formula
<span class="math">\\(L_G = 1\\)</span> and <span class="katex"><span class="katex-mathml"><math>
<annotation encoding="application/x-tex">\\frac{a}{b}</annotation></math></span><span
class="katex-html" aria-hidden="true">ab</span></span>.</p>
<div class="cell tag_setup"><pre>import hidden_setup</pre></div>
<div class="cell"><pre>shown_code(batch)</pre></div><div class="cell_output"><pre>printed 12</pre></div>
<section id="inner"><h2>What the loss is: <span class="math">\\(-\\log 4\\)</span></h2>
<ul><li>one</li><li>two</li></ul><button>Press</button></section>
<section id="words"><h2>Words</h2><dl class="glossary">
<dt id="term-convolution">convolution</dt><dt id="term-1">卷积</dt><dd><p>A sum.</p></dd></dl>
</section></section></article>
<footer>Repository Open issue .md</footer></body>
"""


@pytest.fixture(scope="module")
def sections() -> list[search.Section]:
    return search.read_page(PAGE)


def test_a_page_is_read_section_by_section(sections):
    assert [(section.title, section.anchor) for section in sections] == [
        ("2.1 Networks of z", ""),
        ("What the loss is", "inner"),
        ("Words", "words"),
        ("convolution, 卷积", "term-convolution"),
    ]


def test_a_text_has_no_furniture_no_code_and_no_tex(sections):
    assert sections[0].text == "First words (Runtime, then .70). A formula … and …."
    assert sections[1].text == "one two"
    assert sections[3].text == "A sum."


def test_code_is_kept_apart_and_setup_and_output_are_not_kept(sections):
    assert sections[0].code == "shown_code(batch)"


def test_words_are_plain_and_without_stop_words_letters_and_numbers():
    words = search.words_of(
        "The Fréchet-distance of 64 x, by_mode: conv2d, 转置卷积", {"the", "of"}
    )
    assert words == ["frechet", "distance", "by", "mode", "conv2d", "转置卷积"]


def test_postings_say_where_a_word_stands_and_how():
    there = [search.Section("", "", "loss"), *[search.Section("", "", "")] * 39]
    there += [search.Section("", "", "loss loss loss"), search.Section("", "", "", "loss = 1")]
    assert search.postings(there, set()) == {"loss": "0 14+ 1-"}  # 0, 40 and 41


def test_a_word_of_code_is_kept_where_prose_hardly_has_it():
    there = [search.Section("", "", "loss")] * 3 + [search.Section("", "", "", "loss = mse_mean()")]
    assert search.postings(there, set()) == {"loss": "0 1 1", "mean": "3-", "mse": "3-"}


def test_an_answer_to_a_section_that_is_gone_is_reported(sections):
    page = search.Page("book/a", "", "page", sections)
    answers = [{"at": "book/a#inner"}, {"at": "book/a#"}, {"at": "book/a#gone"}, {"at": "book/b#"}]
    assert search.without_section(answers, [page]) == ["book/a#gone", "book/b#"]


def test_the_files_are_scripts_that_set_one_global_each(tmp_path, sections):
    page = search.Page("book/6-faq/faq", "6 Answers", "answer", sections)
    search.write_index([page], LANGUAGE, tmp_path)
    index = (tmp_path / "index.js").read_text("utf-8")
    name, data = index.split(" = ", 1)
    assert name == "globalThis.courseSearchIndex"
    assert json.loads(data.rstrip(";\n"))["pages"][0]["sections"][1] == [
        "What the loss is",
        "inner",
    ]
    text = (tmp_path / "text" / "book.6-faq.faq.js").read_text("utf-8")
    assert '["book/6-faq/faq"] = ["First words' in text


def test_the_words_of_the_search_are_in_order():
    stop = LANGUAGE["stop"].split()
    assert len(stop) == len(set(stop))
    phrases = [phrase for group in LANGUAGE["same"] for phrase in group]
    assert len(phrases) == len(set(phrases)), "a phrase in two groups means two things"
    for answer in LANGUAGE["answers"]:
        assert re.fullmatch(r"[\w/-]+#[\w-]*", answer["at"])
        assert all(set(search.words_of(asked, set(stop))) for asked in answer["asked"]), answer


def test_the_functions_that_answer_a_question():
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node, to run the functions of book/search/query.js")
    files = sorted((ROOT / "tests" / "search").glob("*.test.mjs"))
    assert files
    done = subprocess.run([node, "--test", *map(str, files)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
