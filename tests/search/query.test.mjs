// The functions of book/search/query.js on a book of a few lines: node --test tests/search
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const { canonical, stem, prepare, parse, search, excerpt } =
  createRequire(import.meta.url)("../../book/search/query.js");

const page = (name, kind, ...sections) => ({ name, part: "", kind, sections });
const BOOK = {
  language: {
    stop: "how do i a an the is what in of my up get",
    same: [["golden ratio", "golden rectangle"], ["oom", "out of memory"], ["install", "set up"]],
    answers: [{ at: "help#oom", asked: ["oom"] }],
  },
  pages: [
    page("cnn", "page", ["3.1 The convolution layer", ""], ["Padding", "padding"]), // 0, 1
    page("lesson", "lesson", ["Lesson 4.1: A network", ""], ["Exercise 1: convolution", "ex"]), // 2, 3
    page("words", "glossary", ["Glossary", ""], ["convolution, 卷积", "term-convolution"]), // 4, 5
    page("help", "answer", ["Questions", ""], ["CUDA out of memory", "oom"], ["Slow", "slow"]), // 6, 7, 8
    page("beauty", "page", ["1 Beauty", ""], ["Fechner", "fechner"]), // 9, 10
  ],
  words: {
    convolution: "0+ 2 1- 2", colour: "1", optimised: "1", normalisation: "2", memory: "0 7",
    golden: "a", rectangle: "9 1", ratio: "3", picture: "0 1 8", batch: "8", collapse: "8", i: "0",
  },
};
const index = prepare(BOOK);
const found = (text) => search(text, index).results.map(({ section }) =>
  index.pages[section.page].name + (section.anchor && "#" + section.anchor));

test("British and American spellings are one word", () => {
  const pairs = ["color colour", "gray grey", "center centre", "normalization normalisation",
    "behavior behaviour", "optimizing optimising", "labeled labelled", "analyze analyse",
    "artifact artefact", "license licence", "judgment judgement", "neighboring neighbouring"];
  for (const [american, british] of pairs.map((pair) => pair.split(" "))) {
    assert.equal(canonical(american), canonical(british), american);
  }
  assert.notEqual(stem("parameter"), stem("parametre"));
});

test("forms of a word share a stem, different words do not", () => {
  for (const forms of ["convolution convolutions convolutional", "network networks", "loss losses",
    "train trains trained training", "install installing installation", "normalise normalised normalization"]) {
    assert.equal(new Set(forms.split(" ").map(stem)).size, 1, forms);
  }
  for (const [a, b] of [["memory", "memorise"], ["loss", "lose"], ["nan", "name"], ["gan", "gain"]]) {
    assert.notEqual(stem(a), stem(b), `${a} ${b}`);
  }
});

test("stop words and single letters are no terms", () => {
  assert.deepEqual(parse("How do I x the convolution?", index).terms.map((term) => term.shown), ["convolution"]);
  const answer = search("how do I", index);
  assert.equal(answer.onlyStopWords, true);
  assert.deepEqual(answer.results, []);
  assert.deepEqual(found("i"), []);
});

test("a page with the word in its title leads, the glossary and an exercise follow", () => {
  assert.deepEqual(found("convolution"), ["cnn", "lesson#ex", "words#term-convolution"]);
});

test("a synonym finds the words that the book uses", () => {
  assert.deepEqual(found("golden ratio"), ["beauty#fechner"]);
});

test("a Chinese term finds its English pages", () => {
  assert.equal(found("卷积")[0], "cnn");
  assert.ok(found("卷积").includes("words#term-convolution"));
});

test("a known answer leads, by any of its names", () => {
  for (const text of ["OOM", "out of memory", "how do I get out of memory"]) {
    assert.equal(found(text)[0], "help#oom", text);
  }
});

test("a synonym of stop words does not stand for the rest of it", () => {
  const words = parse("install", index).terms[0].alternatives.map((alternative) => alternative.words.join(" "));
  assert.deepEqual(words, ["install"]);
});

test("numbers of lessons are found in titles", () => {
  assert.equal(found("lesson 4.1")[0], "lesson");
});

test("where no page has all words, those with most are shown and named", () => {
  const answer = search("padding of a golden picture", index);
  assert.equal(answer.complete, false);
  const [first] = answer.results;
  assert.equal(index.pages[first.section.page].name, "cnn");
  assert.deepEqual(first.missing.map((term) => term.shown), ["golden"]);
});

test("one slip of the finger is forgiven, a word that exists is not changed", () => {
  assert.equal(found("convoluton")[0], "cnn");
  assert.equal(found("covnolution")[0], "cnn");
  assert.deepEqual(found("xyzzy"), []);
});

test("names that every object has are words like others", () => {
  assert.deepEqual(found("constructor"), []);
  assert.deepEqual(found("__proto__ toString"), []);
});

test("an excerpt marks whole words only and cuts none", () => {
  const text = "Paint it. " + "Nothing here. ".repeat(30) + "The image, an i and a collapse, or imagecollapsed. End of it.";
  const pieces = excerpt(text, parse("collapse", index).terms, index);
  assert.deepEqual(pieces.filter(([, marked]) => marked).map(([piece]) => piece), ["collapse"]);
  const shown = pieces.map(([piece]) => piece).join("").replace(/^… | …$/g, "");
  assert.ok(shown.length < 300);
  assert.ok((" " + text + " ").includes(" " + shown + " "));
});

test("an excerpt marks the other spelling and the synonym", () => {
  const marked = (text, query) => excerpt(text, parse(query, index).terms, index)
    .filter(([, mark]) => mark).map(([piece]) => piece);
  assert.deepEqual(marked("Its colours, in Colour.", "color"), ["colours", "Colour"]);
  assert.deepEqual(marked("A golden rectangle.", "golden ratio"), ["golden", "rectangle"]);
});
