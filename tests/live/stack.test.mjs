// The pure functions of the figures "stack" and "stamp", against torch:  node --test tests/live/
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const stack = require("../../book/live/stack/model.js");
const stamp = require("../../book/live/stamp/model.js");
const fixture = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf-8"));
const { stacks } = fixture("stack");
const { stamps } = fixture("stamp");
const layersOf = (code) => stack.stateOf(`#stack-${code}-0.0`).layers;
const twoBlocks = layersOf("c3111.p2210.c3111.p2210");

test("sizes and paths are those that torch finds by autograd", () => {
  for (const { layers: code, sizes, paths } of stacks) {
    const layers = layersOf(code);
    assert.deepEqual(stack.sizes(layers), sizes);
    paths.forEach((row, i) => assert.deepEqual(stack.paths(layers, layers.length, i)[0], row));
  }
});

test("the field reaches from the first pixel with a path to the last, where no edge cuts it", () => {
  let seen = 0;
  for (const { layers: code, paths } of stacks) {
    const layers = layersOf(code);
    paths.forEach((row, i) => {
      const { first, last } = stack.fieldOf(layers, layers.length, i);
      if (first < 0 || last >= stack.PIXELS) return;
      seen++;
      assert.equal(row.findIndex(Boolean), first);
      assert.equal(row.findLastIndex(Boolean), last);
    });
  }
  assert.ok(seen > 30);
});

test("the two-block network has the numbers of the page's table", () => {
  assert.deepEqual(stack.fields(twoBlocks), [
    { R: 1, J: 1, c: 0 }, { R: 3, J: 1, c: 0 }, { R: 4, J: 2, c: 0.5 }, { R: 8, J: 2, c: 0.5 }, { R: 10, J: 4, c: 1.5 },
  ]);
  assert.deepEqual(stack.fieldOf(twoBlocks, 4, 0), { first: -3, last: 6 });
});

test("the middle half is the shortest stretch with half of the paths", () => {
  assert.deepEqual(stack.middleHalf([1, 2, 3, 2, 1]), { first: 1, last: 2 });
  assert.deepEqual(stack.middleHalf([0, 1, 0]), { first: 1, last: 1 });
  assert.deepEqual(stack.middleHalf([1, 1, 1, 1]), { first: 0, last: 1 });
});

test("layers can be moved, and a window that does not fit leaves nothing", () => {
  const order = (layers) => layers.map(({ kind }) => kind).join("");
  assert.equal(order(stack.moved(twoBlocks, 1, 3)), "ccpp");
  assert.equal(order(stack.moved(twoBlocks, 3, 0)), "pcpc");
  const tiny = Array.from({ length: 6 }, () => stack.pooling());
  assert.deepEqual(stack.sizes(tiny), [32, 16, 8, 4, 2, 1, 0]);
  assert.equal(stack.sentence(tiny, { level: 5, i: 0 }), "Nothing is left for layer 6: its window does not fit into 1 cell.");
});

test("the sentence says what the chosen cell sees", () => {
  const say = (level, i, guess) => stack.sentence(twoBlocks, { level, i }, guess);
  assert.match(say(4, 4, 7), /^You guessed 7\. Cell 4 of level 4 depends on 10 pixels\. Half of all paths to it begin in 4 of them/);
  assert.match(say(4, 4, 10), /^Your guess is right\. /);
  assert.match(say(4, 0), /depends on 10 pixels, of which 3 are padding\./);
  assert.equal(say(0, 3), "A pixel sees itself.");
  assert.match(stack.sentence(layersOf("c3141"), { level: 1, i: 9 }), /9 pixels\. It skips 6 in between/);
});

test("the stack's address gives it back, and others give none", () => {
  const state = { layers: twoBlocks, chosen: { level: 4, i: 5 } };
  assert.deepEqual(stack.stateOf(stack.address(state.layers, state.chosen)), state);
  for (const bad of ["", "#stack-", "#stack-c9111-0.0", "#stack-c3111-2.0", "#stack-c3111-1.32", "#stack-x3111-0.0"]) {
    assert.equal(stack.stateOf(bad), null, bad);
  }
  assert.equal(stack.stateOf(`#stack-${new Array(7).fill("c1110").join(".")}-0.0`), null);
});

// ---- the checkerboard

test("the sheet is torch's transposed convolution of ones, and in two dimensions the sums multiply", () => {
  for (const { settings, w, row, square } of stamps) {
    const mine = stamp.sheet(w, settings);
    assert.deepEqual(mine, row);
    assert.deepEqual(mine.flatMap((a) => mine.map((b) => a * b)), square);
  }
});

test("it is even where torch's inside is even, and the phases are its sums", () => {
  for (const { settings, w, row } of stamps.filter((one) => one.settings.layers === 1)) {
    const inside = row.slice(w.length - 1 - settings.P, row.length - w.length + 1 + settings.P);
    assert.equal(stamp.isEven(w, settings.s), new Set(inside).size === 1);
    for (const value of inside) assert.ok(stamp.phases(w, settings.s).includes(value));
  }
  assert.ok(stamp.isEven([1, 2, 1], 2)); // uneven weights that make up for the width
  assert.ok(!stamp.isEven([1, 2, 1, 1], 2)); // and uneven weights that spoil a width that fits
});

test("the stamps on a pixel add up to it", () => {
  for (const { settings, w, row } of stamps.filter((one) => one.settings.layers === 1)) {
    row.forEach((value, pixel) => {
      const stampsOn = stamp.stampsOn(pixel, w.length, settings);
      assert.equal(stampsOn.reduce((sum, { weight }) => sum + w[weight], 0), value);
    });
  }
});

test("the sentence names the reason", () => {
  const say = (w, s) => stamp.sentence(w, { k: w.length, s, P: 0, layers: 1 });
  assert.match(say([1, 1, 1], 2), /^A checkerboard\. Along one axis the pixels inside get 2 and 1 in turn: the stride, 2, does not divide/);
  assert.match(say([1, 1, 1, 1], 2), /^Even\. .* every pixel inside gets 2: the stride, 2, divides the width, 4\.$/);
  assert.match(say([1, 2, 1], 2), /^Even\. .*although the weights differ/);
  assert.match(say([1, 2, 1, 1], 2), /^A checkerboard\. .*but the weights are uneven/);
  assert.match(say([1, 1], 3), /never written to/);
  assert.match(say([1, 1], 1), /every pixel inside gets 2/);
  assert.match(stamp.pixelSentence(2, [1, 1, 1], { s: 2, P: 0 }), /^2 stamps reach pixel 2, with the weights 1 \+ 1 = 2\./);
});

test("the stamp's address gives it back, and others give none", () => {
  const state = { w: [1, 0, 2], settings: { k: 3, s: 2, P: 0, layers: 2 } };
  assert.deepEqual(stamp.stateOf(stamp.address(state.w, state.settings)), state);
  for (const bad of ["", "#stamp-3202-11", "#stamp-3502-111", "#stamp-3202-115"]) assert.equal(stamp.stateOf(bad), null, bad);
});
