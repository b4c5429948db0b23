// The pure functions of the figure "One convolution", against torch:  node --test tests/live/
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const model = require("../../book/live/convolution/model.js");
require("../../book/live/convolution/data.js");
const torch = JSON.parse(readFileSync(new URL("convolution.json", import.meta.url), "utf-8"));
const { page } = torch;
const plain = { n: 5, k: 3, P: 0, s: 1, d: 1 };
const example = { ...plain, x: page.x, w: page.w, delta: model.middle(3), turned: false, backwards: false, photo: false };

test("forwards and backwards it does what torch does", () => {
  for (const { settings, m, x, w, delta, y, input_gradient, transposed, weight_gradient } of torch.layers) {
    assert.equal(model.outputSize(settings), m);
    assert.deepEqual(model.forward(x, w, settings), y);
    assert.deepEqual(model.backwardInput(delta, w, settings), input_gradient);
    assert.deepEqual(model.backwardInput(delta, w, settings), transposed);
    assert.deepEqual(model.backwardWeight(delta, x, settings), weight_gradient);
  }
});

test("a pixel has as many readers as torch counts, and is red when it has none", () => {
  for (const { settings, readers } of torch.layers) {
    const counts = readers.map((_, pixel) => model.readersOf(settings, pixel).length);
    assert.deepEqual(counts, readers);
    const none = readers.flatMap((count, pixel) => (count ? [] : [pixel]));
    assert.deepEqual(model.untouched(settings), none);
  }
  assert.ok(torch.layers.some(({ readers }) => readers.includes(0)));
});

test("each product is one wire, seen from all three ends", () => {
  for (const { settings, m } of torch.layers) {
    const wires = (from, count) => Array.from({ length: count }, (_, at) => from(settings, at).length);
    const sum = (values) => values.reduce((a, b) => a + b, 0);
    const inside = Array.from({ length: m * m }, (_, at) =>
      model.windowOf(settings, Math.floor(at / m), at % m).filter(({ inside }) => inside).length,
    );
    assert.equal(sum(inside), sum(wires(model.readersOf, settings.n ** 2)));
    assert.equal(sum(inside), sum(wires(model.meetingsOf, settings.k ** 2)));
  }
});

test("the example of the page gives the output that the page prints", () => {
  assert.deepEqual(model.forward(page.x, page.w, plain), page.y);
  assert.deepEqual(page.y, [16, 12, -15, 15, 9, -13, 12, 8, -11]);
});

test("one bright pixel prints the filter turned; the filter turned prints itself", () => {
  const dot = new Array(25).fill(0).with(12, 1);
  const w = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  assert.deepEqual(model.forward(dot, w, plain), model.turned(w));
  assert.deepEqual(model.forward(dot, model.turned(w), plain), w);
});

test("the size, its remainder, and a filter that does not fit", () => {
  const at = (change) => ({ ...plain, ...change });
  assert.equal(model.remainder(at({ n: 8, s: 2 })), 1);
  assert.equal(model.outputSize(at({ n: 8, s: 2 })), 3);
  assert.match(model.sizeSentence(at({ n: 8, s: 2 })), /^3 windows fit side by side, remainder 1\. 15 pixels are in no window/);
  assert.match(model.sizeSentence(at({ n: 8, s: 2, P: 1 })), /^4 windows fit side by side, remainder 1\. Only padding is left over\.$/);
  assert.match(model.sizeSentence(at({ n: 7, s: 4, k: 2 })), /33 pixels are in no window/);
  assert.equal(model.sizeSentence(plain), "3 windows fit side by side. Every pixel is in some window.");
  assert.match(model.sizeSentence(at({ k: 5 })), /^One window fits\./);
  const large = at({ k: 5, d: 2 });
  assert.equal(model.outputSize(large), 0);
  assert.match(model.sizeSentence(large), /covers 9 pixels and the padded picture has only 5: no window fits/);
  assert.deepEqual(model.forward(page.x, new Array(25).fill(1), large), []);
});

test("a photograph is filtered as torch filters it", () => {
  const { x, w, y, shape } = torch.photograph;
  const picture = { width: 11, height: 7, pixels: Float32Array.from(x) };
  const map = model.filterPicture(picture, w, { n: 0, k: 3, P: 1, s: 2, d: 2 });
  assert.deepEqual([map.height, map.width], shape);
  assert.deepEqual([...map.values], y);
});

test("a map of edges is grey where nothing is, other maps keep the brightness", () => {
  const edge = model.greyScale(page.w);
  assert.ok(edge.zeroIsGrey);
  assert.deepEqual([-4, 0, 4].map(edge.grey), [0, 0.5, 1]);
  const blur = model.greyScale(new Array(9).fill(1));
  assert.deepEqual([0, 9].map(blur.grey), [0, 1]);
  assert.equal(model.greyScale([0]).grey(0), 0.5);
});

test("another size keeps what it can", () => {
  assert.deepEqual(model.resized([1, 2, 3, 4], 3), [1, 2, 2, 3, 4, 4, 3, 4, 4]);
  assert.deepEqual(model.resized([1, 2, 3, 4], 3, 0), [1, 2, 0, 3, 4, 0, 0, 0, 0]);
  assert.deepEqual(model.resized([1, 2, 3, 4], 1), [1]);
  assert.deepEqual(model.resizedFilter([5], 3), [0, 0, 0, 0, 5, 0, 0, 0, 0]);
  assert.deepEqual(model.resizedFilter(model.resizedFilter(page.w, 5), 3), page.w);
});

test("the sentence beside the figure says the sum that is taken", () => {
  const say = (part, at, change = {}) => model.sentence({ ...example, ...change }, { part, at });
  assert.equal(say("output", 3), "Output (1, 0) is 4·1 + 4·2 + 1·(−1) + 4·1 = 15.");
  assert.match(say("output", 0, { P: 1 }), /is 1·1 = 1\. 5 weights hang over the edge and meet zeros\.$/);
  assert.match(say("input", 12), /is read by 9 outputs/);
  assert.match(say("input", 0), /is read by one output, which changes by −1 when/);
  assert.match(say("input", 24, { s: 3 }), /is in no window/);
  assert.match(say("filter", 2), /^Weight \(0, 2\) is 1\. It meets 9 pixels/);
  assert.match(say("output", 4, { backwards: true }), /^δ at \(1, 1\) is 1: it stamps the whole filter/);
  assert.match(say("input", 13, { backwards: true }), /^∂L\/∂x at \(2, 3\) is 1·2 = 2:/);
  assert.match(say("input", 12, { backwards: true }), /is 0, as every product is zero:/);
  assert.match(say("filter", 5, { backwards: true }), /^∂L\/∂w at \(1, 2\) is 1·4 = 4:/);
  assert.match(model.sumOf(new Array(25).fill([1, 1])), /^(1·1 \+ ){9}… = 25$/);
});

test("the address gives the state back, and others give none", () => {
  for (const change of [{}, { backwards: true }, { photo: true, turned: true }]) {
    const state = { ...example, ...change };
    assert.deepEqual(model.stateOf(model.address(state)), state);
  }
  const good = model.address(example);
  assert.equal(good.length, "#convolution-53011".length + 1 + 9 + 1 + 25 + 2);
  for (const bad of [
    "", "#convolution-or-cross-correlation", good + "z", good.replace("53011", "53051"), good.replace("53011", "54011"), good.replace("53011", "23011"),
    good.replace("-f", "-b"), good.replace(/d/g, "i"),
  ]) {
    assert.equal(model.stateOf(bad), null, bad);
  }
});

test("the drawing is a picture of five greys", () => {
  const { drawing } = globalThis.CONVOLUTION;
  assert.equal(drawing.length, 81);
  assert.deepEqual([...new Set(drawing)].sort(), [0, 1, 2, 3, 4]);
});

test("every link of the pages into a figure names a state that the figure knows", () => {
  const names = ["convolution", "stack", "stamp", "shift"];
  const models = Object.fromEntries(names.map((name) => [name, require(`../../book/live/${name}/model.js`)]));
  const pages = ["3_1_1_convolution_layer", "3_1_2_pooling_layer"];
  const read = (page) => readFileSync(new URL(`../../book/3-algorithms/${page}.md`, import.meta.url), "utf-8");
  const text = pages.map(read).join("");
  const links = [...text.matchAll(/<a href="#fig-(\w+)" data-live="(#(\w+)-[^"]+)">/g)];
  assert.ok(links.length >= 6);
  assert.equal(links.length, text.match(/data-live=/g).length);
  for (const [, figure, hash, name] of links) {
    assert.equal(figure, name);
    assert.ok(models[name].stateOf(hash), hash);
  }
  const worked = model.stateOf(links.map(([, , hash]) => hash).find((hash) => hash.startsWith("#convolution-32011")));
  assert.deepEqual(model.backwardInput(worked.delta, worked.w, worked), [-1, 3, -2, -2, 3, 1, 0, -2, 0]); // as on the page
  assert.deepEqual(model.backwardWeight(worked.delta, worked.x, worked), [2, -5, 1, 4]);
});
