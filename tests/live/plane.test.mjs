// The pure functions of the perception-distortion plane with pictures:  node --test tests/live/
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const plane = require("../../book/live/plane/model.js");
require("../../book/live/plane/data.js");
const data = globalThis.PLANE;
const plain = (text) => text.replaceAll("\u00a0", " ");

test("each crop is asked about twice, once with the ends of the line", () => {
  const sides = { left: 0, right: 0 };
  for (let seed = 0; seed < 200; seed++) {
    const pairs = plane.pairs(seed, data.crops.length);
    assert.equal(pairs.length, 2 * data.crops.length);
    data.crops.forEach((_, crop) => {
      const own = pairs.filter((pair) => pair.crop === crop).map(({ left, right }) => [left, right].sort().join(""));
      assert.equal(own.length, 2);
      assert.ok(own.includes("04") && own.some((key) => ["13", "02", "24"].includes(key)));
    });
    for (const { left, right } of pairs) sides[left > right ? "left" : "right"]++;
  }
  // expected 600 and 600; four standard deviations and a half of the binomial
  assert.ok(Math.abs(sides.left - 600) < 4.5 * Math.sqrt(1200 * 0.25));
  assert.deepEqual(plane.pairs(3, 3), plane.pairs(3, 3));
});

test("choices are counted by point and by direction", () => {
  const choice = (left, right, chosen) => ({ pair: { crop: 0, left, right }, chosen });
  const choices = [choice(0, 4, 4), choice(4, 0, 4), choice(1, 3, 1), choice(2, 0, 2)];
  assert.deepEqual(plane.tally(choices), { n: 4, further: 3, taken: [0, 1, 1, 0, 2] });
  assert.match(plain(plane.verdict(choices)), /^In 3 of 4 pairs you took .* runs from 30 to 95 %.$/); // Wilson's
  assert.equal(plane.verdict([]), "");
});

test("along the line each point costs decibels and comes nearer to photographs", () => {
  assert.equal(data.line.length, plane.POINTS);
  for (let i = 1; i < data.line.length; i++) {
    assert.ok(data.line[i][0] < data.line[i - 1][0] && data.line[i][1] < data.line[i - 1][1]);
  }
  assert.equal(plain(plane.where(data.line, 2)), "Half way: 27.9 dB, at a distance of 37 from photographs.");
});

test("the address of the plane holds its state", () => {
  const state = { point: 4, crop: 2, beside: "bicubic" };
  assert.deepEqual(plane.stateOf(plane.address(state), 3), state);
  for (const other of ["", "#plane-5-0-original", "#plane-0-3-original", "#plane-0-0-nearest"]) assert.equal(plane.stateOf(other, 3), null);
});
