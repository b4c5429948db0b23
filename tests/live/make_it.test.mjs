// The pure functions of the page "Make it", against torch:  node --test tests/live/
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const model = require("../../book/live/make_it/model.js");
require("../../book/live/make_it/data.js");
const { ways, guidance, styles } = JSON.parse(readFileSync(new URL("make_it.json", import.meta.url), "utf-8"));
const WORDS = globalThis.MAKE_IT.words.split(" ");

function near(found, expected, within = 1e-5) {
  assert.equal(found.length, expected.length);
  [...found].forEach((v, i) => assert.ok(Math.abs(v - expected[i]) <= within * Math.max(1, Math.abs(expected[i])), `${v}, not ${expected[i]}`));
}

test("both solvers end where torch does, and tell their stops", async () => {
  const velocity = async (x, t) => x.map((v) => Math.sin(3 * v) + t * v - 0.5);
  for (const { solver, steps, x, end } of ways) {
    const stops = [];
    const ended = await model.follow(velocity, Float64Array.from(x), { solver, steps, watch: ({ t }) => stops.push(t) });
    near(ended, end, 1e-9);
    near(stops, model.times(steps), 1e-12);
  }
  assert.equal(model.evaluations("heun", 9), 17);
  assert.equal(model.evaluations("euler", 9), 9);
});

test("on a straight way every place heads for its end", () => {
  const [drawing, noise] = [[1, -1], [3, 5]];
  const v = Float32Array.from(noise, (e, i) => e - drawing[i]);
  for (const t of [1, 0.4]) {
    const x = Float32Array.from(noise, (e, i) => (1 - t) * drawing[i] + t * e);
    near(model.heading({ t, x, v }), drawing);
  }
  near(model.heading({ t: 0, x: Float32Array.from(drawing), v: null }), drawing);
});

test("guidance is that of the package", () => {
  for (const { strength, words, v } of guidance) {
    const { numbers, unknown } = model.wordNumbers("cat heart", WORDS);
    assert.deepEqual([...numbers], words);
    assert.deepEqual(unknown, []);
    const parts = model.questions({ category: 2, designer: 3, words: numbers }, strength);
    const inputs = model.inputsOf(parts, Float32Array.from([0, 1, 2, 3, 4, 5]), 0.5, 2, 1);
    const { x, t, category, designer, words: asked } = Object.fromEntries(Object.entries(inputs).map(([k, { data }]) => [k, data]));
    assert.equal(inputs.x.dims[0], parts.length * 2);
    const answers = x.map((value, i) => {
      const row = Math.floor(i / 3);
      const sum = asked.slice(8 * row, 8 * row + 8).reduce((a, b) => a + b);
      return value * (1 + category[row] + 10 * designer[row] + 100 * sum) + t[row];
    });
    near(model.guided(parts, answers), v);
  }
  assert.equal(model.questions({ category: 0, designer: 0, words: new Int32Array(8) }, 3).length, 1);
});

test("styles are pulled and mixed as the package does it", () => {
  const [a, b, mean] = [styles.a, styles.b, styles.mean].map((row) => Float32Array.from(row));
  near(model.truncated(a, mean, 0.7), styles.truncated);
  near(model.mixed(a, b, { coarse: 0, middle: 1, fine: 1 }), styles.from_3);
  near(model.mixed(a, b, { coarse: 0, middle: 0, fine: 1 }), styles.from_5);
  near(model.meanOf([a, b]), a.map((v, i) => (v + b[i]) / 2));
});

test("a walk along the ball keeps the length, and ends at its ends", () => {
  const [a, b] = [model.normal(100, 1), model.normal(100, 2)];
  const length = (v) => Math.hypot(...v);
  near(model.alongBall(a, b, 0), a);
  near(model.alongBall(a, b, 1), b);
  assert.ok(Math.abs(length(model.alongBall(a, b, 0.5)) - (length(a) + length(b)) / 2) < 0.5);
  assert.ok(length(model.between(a, b, 0.5)) < 0.85 * length(a));
  near(model.alongBall(a, a, 0.3), a);
});

test("normal numbers follow from the seed, with mean 0 and variance 1", () => {
  const numbers = model.normal(20_000, 7);
  assert.deepEqual(model.normal(5, 7), numbers.slice(0, 5));
  assert.notDeepEqual(model.normal(5, 8), numbers.slice(0, 5));
  const mean = numbers.reduce((a, b) => a + b) / numbers.length;
  const variance = numbers.reduce((total, v) => total + v * v, 0) / numbers.length;
  assert.ok(Math.abs(mean) < 0.02 && Math.abs(variance - 1) < 0.03);
});

test("words that are not known are told", () => {
  const { numbers, unknown } = model.wordNumbers("Smiling-cat, zeppelin!", WORDS);
  assert.equal(WORDS[numbers[0] - 1], "smiling");
  assert.equal(WORDS[numbers[1] - 1], "cat");
  assert.equal(numbers[2], 0);
  assert.deepEqual(unknown, ["zeppelin"]);
});

test("pictures are cut off at black and white", () => {
  const images = Float32Array.from([-2, 0, 1, 3, -1, 1, 0, 0, 0.5, 0.5, -1, -1]);
  assert.deepEqual([...model.rgbaOf(images, 2).slice(0, 8)], [0, 0, 191, 255, 128, 255, 191, 255]);
});

test("the address of a state gives it back, and others give none", () => {
  const state = structuredClone(model.START);
  state.flow.words = "smiling cat";
  for (const tab of model.TABS) {
    state.tab = tab;
    assert.deepEqual(model.stateOf(model.address(state)), { tab, part: state[tab] });
  }
  const odd = ["#make_it-gan-1-50", "#make_it-gan-1.2-101", "#make_it-style-1.2-0.0-70", "#make_it-flow-1-9.1-20-8-heun", "#make_it-flow-1-8.1-20-0-heun", "#make_it-flow-1-8.1-20-8-leap", "#make_it-vae-1"];
  for (const hash of odd) assert.equal(model.stateOf(hash), null, hash);
});

test("what is said follows the state", () => {
  assert.match(model.saidGan({ a: 4, b: 11, at: 25 }), /^25\u00a0% of the way from drawing 4 to drawing 11/);
  assert.match(model.saidStyle({ ...model.START.style, psi: 0 }), /one drawing for everybody/);
  const flow = { ...model.START.flow, steps: 8 };
  assert.match(model.saidFlow(flow, { t: 0.5, seconds: null, unknown: ["zeppelin"] }), /50\u00a0% .* 15 times\. The network does not know: zeppelin/);
});
