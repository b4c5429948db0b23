// The pure functions of evolution by choice:  node --test tests/live/
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const evolve = require("../../book/live/evolve/model.js");
const { generator } = require("../../book/live/chart.js");

const near = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);
const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
const correlation = (x, y) => {
  const [mx, my] = [mean([...x]), mean([...y])];
  const sum = (f) => x.reduce((total, _, i) => total + f(x[i] - mx, y[i] - my), 0);
  return sum((a, b) => a * b) / Math.sqrt(sum((a) => a * a) * sum((_, b) => b * b));
};
const grown = (turns, reach = 6, seed = 5) => {
  let state = { seed, steps: [], reach };
  for (let i = 0; i < turns; i++) state = evolve.choose(state, (3 * i + 1) % 9);
  return state;
};

test("latent vectors are standard normal, and stay so over the generations", () => {
  for (const turns of [0, 1, 12]) {
    // the parents of twelve generations over many seeds, as one sample
    const all = Array.from({ length: 40 }, (_, seed) => [...evolve.generation(grown(turns, 6, seed))[0]]).flat();
    near(mean(all), 0, 4.5 / Math.sqrt(all.length));
    near(mean(all.map((v) => v * v)), 1, 4.5 * Math.sqrt(2 / all.length));
  }
});

test("a child is as like its parent as is said, a copy with reach 0, a stranger with reach 10", () => {
  const random = generator(3);
  const [z, noise] = [evolve.normals(20_000, random), evolve.normals(20_000, random)];
  for (const reach of [0, 3, 6, 9, 10]) {
    near(correlation(z, evolve.child(z, noise, reach)), evolve.likeness(reach), 0.03);
  }
  assert.deepEqual([...evolve.child(z, noise, 0)], [...z]);
  assert.deepEqual([...evolve.child(z, noise, 10)], [...noise]);
});

test("the choice stays in the middle, and a change of reach alone keeps its direction", () => {
  const before = grown(3);
  const chosen = evolve.generation(before)[7];
  const state = evolve.choose(before, 7);
  assert.deepEqual([...evolve.generation(state)[evolve.MIDDLE]], [...chosen]);
  assert.deepEqual([...evolve.ancestors(state).at(-1)], [...chosen]);
  assert.equal(evolve.ancestors(state).length, 4);
  const far = { ...state, reach: 9 };
  assert.deepEqual([...evolve.generation(far)[evolve.MIDDLE]], [...chosen]);
  assert.notDeepEqual([...evolve.generation(far)[0]], [...evolve.generation(state)[0]]);
  assert.deepEqual(evolve.back(state), before);
  // what was chosen with one reach is not moved by a later one
  const later = { ...evolve.choose(far, 0), reach: 2 };
  assert.deepEqual([...evolve.generation(later)[evolve.MIDDLE]], [...evolve.generation(far)[0]]);
});

test("the same address gives the same drawings", () => {
  for (const state of [grown(0), grown(5), { ...grown(2), reach: 10 }, { ...grown(1), reach: 0 }]) {
    const read = evolve.stateOf(evolve.address(state));
    assert.deepEqual(read, state);
    assert.deepEqual(evolve.generation(read), evolve.generation(state));
  }
  for (const other of ["", "#evolve-00005", "#evolve-00005-6-69", "#evolve-00005-b", "#evolve-00005-6-63.", "#taste-map"]) {
    assert.equal(evolve.stateOf(other), null);
  }
});

test("the blind pairs set a child of the choice against a stranger, on either side", () => {
  const state = grown(4);
  const parent = evolve.ancestors(state).at(-1);
  const sides = new Set();
  for (let seed = 0; seed < 4; seed++) {
    const from = { ...state, seed };
    const own = evolve.ancestors(from).at(-1);
    for (const pair of evolve.blindPairs(from)) {
      sides.add(pair.own);
      const other = pair.own === "left" ? "right" : "left";
      assert.ok(correlation(own, pair[pair.own]) > 0.85);
      assert.ok(Math.abs(correlation(own, pair[other])) < 0.5);
    }
  }
  assert.deepEqual([...sides].sort(), ["left", "right"]);
  assert.equal(parent.length, evolve.LATENT);
});

test("a network's numbers become bytes, red green blue, from -1 to 1", () => {
  const output = new Float32Array(2 * 3 * 32 * 32).fill(-1);
  output[3 * 1024] = 1; // the first pixel of the second picture: red
  output[5 * 1024 + 1] = 0; // its second pixel: half blue
  const bytes = evolve.pixels(output, 1);
  assert.deepEqual([...bytes.slice(0, 8)], [255, 0, 0, 255, 0, 0, 128, 255]);
  assert.equal(bytes.length, 4096);
});

test("the sentences say what is near and what is not known", () => {
  assert.match(evolve.said(grown(0)), /^Nine drawings out of chance/);
  assert.match(evolve.said(grown(2)), /^Generation 3: .* correlate by 0.80 /);
  assert.match(evolve.said(grown(1, 10)), /strangers/);
  assert.match(evolve.said(grown(1, 0)), /copies/);
  const plain = (own) => evolve.verdict(own, 6).replaceAll("\u00a0", " ");
  assert.match(plain(6), /in 6 of 6 pairs, interval 61 to 100 %\. Your choices have led somewhere that you like\.$/);
  assert.match(plain(5), /does not rule out a coin/);
  assert.match(plain(0), /strangers better/);
});
