// The measures in the page, and what the figures "misleads" and "measure_it" say of them:  node --test tests/live/
// That they are equal to the package's on photographs and drawings: tests/test_live_measures.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const folder = "../../book/live";
const Measures = require(`${folder}/measures/model.js`);
const Reference = require(`${folder}/measures/reference.js`);
const Misleads = require(`${folder}/misleads/model.js`);
const MeasureIt = require(`${folder}/measure_it/model.js`);
const { pictures, percentiles, scaled } = JSON.parse(readFileSync(new URL("measures.json", import.meta.url), "utf-8"));

/** The picture of tools/live_measures.py by the same whole-number formula. */
function pattern(width, height, seed) {
  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) rgb[i++] = (x * x * (c + 1) + 3 * x * y + seed * y * y + 40 * c) % 256;
    }
  }
  return { width, height, rgb };
}

const near = (found, expected, name) => {
  if (expected === null) assert.ok(Number.isNaN(found), `${name}: ${found}`);
  else assert.ok(Math.abs(found - expected) <= 1e-6 * Math.max(1, Math.abs(expected)), `${name}: ${found}, not ${expected}`);
};

test("measures are those of the package", () => {
  for (const { width, height, seed, values } of pictures) {
    const groups = Object.keys(Measures.GROUPS).filter((group) => !["edges", "enlarged"].includes(group));
    const found = Measures.measure(pattern(width, height, seed), groups);
    for (const [name, value] of Object.entries(values)) if (name in found) near(found[name], value, name);
  }
});

test("a picture is made smaller as Pillow makes it", () => {
  const small = Reference.scaled(pattern(45, 30, 5), 18, Measures.resized);
  assert.deepEqual([small.width, small.height], [18, 12]);
  assert.deepEqual([...small.rgb], scaled);
});

test("the transform of any length finds the waves of a row", () => {
  for (const n of [8, 12, 30]) {
    const row = { re: Float64Array.from({ length: n }, (_, i) => Math.cos((6 * Math.PI * i) / n)), im: new Float64Array(n) };
    Measures.transformOf(n)(row);
    row.re.forEach((v, i) => near(v, i === 3 || i === n - 3 ? n / 2 : 0, `${n}, ${i}`));
  }
});

test("percentiles are those of the package", () => {
  for (const { value, levels, place } of percentiles) near(Reference.place(value, levels), place, `${value}`);
  assert.ok(Number.isNaN(Reference.place(NaN, [1, 2])));
  const levels = [0, 1, 2, 3, 10];
  const shares = Reference.shares(levels, 5, 0, 10);
  near(shares.reduce((a, b) => a + b), 1, "all");
});

test("a mirrored picture is mirrored back, and moves no measure but the side", () => {
  const picture = pattern(24, 18, 3);
  const turned = Reference.mirrored(picture);
  assert.notDeepEqual(turned.rgb, picture.rgb);
  assert.deepEqual(Reference.mirrored(turned).rgb, picture.rgb);
  const [one, other] = [picture, turned].map((p) => Measures.measure(p, ["colour", "composition", "slopes"]));
  for (const name of ["rms_contrast", "colourfulness", "normalised_mirror_symmetry_lr", "rule_of_thirds", "balance"]) {
    near(other[name], one[name], name);
  }
});

test("brightness keeps black and white", () => {
  const { rgb } = Reference.brightened({ width: 3, height: 1, rgb: Uint8ClampedArray.from([0, 64, 255, 1, 2, 3, 4, 5, 6]) }, 1);
  assert.deepEqual([...rgb.slice(0, 3)], [0, 128, 255]);
});

test("a crop has its pixels, and some of them", () => {
  const picture = pattern(50, 40, 1);
  const part = Reference.cropped(picture, [0.2, 0.5, 0.6, 1]);
  assert.deepEqual([part.width, part.height], [20, 20]);
  assert.deepEqual([...part.rgb.slice(0, 3)], [...picture.rgb.slice((20 * 50 + 10) * 3, (20 * 50 + 10) * 3 + 3)]);
  assert.deepEqual([Reference.cropped(picture, [0.99, 0, 1, 0.01]).width], [16]);
});

test("the address of a state gives it back, and others give none", () => {
  const state = { side: 320, stops: -7, mirror: true };
  assert.deepEqual(Misleads.stateOf(Misleads.address(state)), state);
  for (const hash of ["#misleads-321-0", "#misleads-320-16", "#misleads-320"]) assert.equal(Misleads.stateOf(hash), null);
  const other = { crop: [0.1, 0.2, 0.9, 0.85], stops: 4, mirror: false };
  assert.deepEqual(MeasureIt.stateOf(MeasureIt.address(other)), other);
  for (const hash of ["#measure_it-0.0.101.100-0", "#measure_it-50.0.52.100-0", "#measure_it-0.0.100.100-99"]) {
    assert.equal(MeasureIt.stateOf(hash), null);
  }
});

test("a corner stays inside and leaves something", () => {
  assert.deepEqual(MeasureIt.moved([0, 0, 1, 1], "lt", -0.5, 0.25), [0, 0.25, 1, 1]);
  const [left, , right] = MeasureIt.moved([0.2, 0, 0.6, 1], "rb", -0.9, 0);
  assert.ok(right > left);
  assert.deepEqual(MeasureIt.moved([0.2, 0.2, 0.6, 0.6], "all", 1, -1).map((v) => Math.round(100 * v)), [60, 0, 100, 40]);
  assert.deepEqual(MeasureIt.mirroredCrop([0, 0.1, 0.25, 1]), [0.75, 0.1, 1, 1]);
});

test("what moved farthest is named, and what stayed is counted", () => {
  const at = (places) =>
    Object.fromEntries(Misleads.MEASURES.map(([column], i) => [column, { value: places[i], place: places[i] }]));
  const before = at([50, 50, 50, 50, 50, 50, 50, 50]);
  const words = Misleads.said({ side: 384, stops: 0, mirror: false }, before, at([50, 50, 51, 90, 40, 50, 50, 50]), 115);
  assert.match(words[0], /shrunk to 384 pixels: six of the eight stay/);
  assert.match(words[1], /\u201cstrength of gradients\u201d, from 50.0 to 90.0: it exceeded 50 of 100 photographs, and now exceeds 90/);
  assert.match(Misleads.said(Misleads.START, before, before, 115)[0], /115 photographs/);
});

test("all measures are told with what people say, and outliers are named", () => {
  const places = Object.fromEntries(MeasureIt.entries.map(({ column }) => [column, 50]));
  for (const { says, people } of MeasureIt.entries) assert.ok(says.endsWith(".") && people.endsWith("."));
  const about = { images: 115, longSide: 768 };
  const usual = MeasureIt.said(places, { width: 768, height: 500 }, about);
  assert.equal(usual.length, 1);
  assert.match(usual[0], /^In 27 of 27 measures/);
  const odd = MeasureIt.said({ ...places, rms_contrast: 99, balance: 0 }, { width: 300, height: 200 }, about);
  assert.equal(odd[1], "Higher than in 95 of 100: contrast; lower than in 95 of 100: imbalance.");
  assert.match(odd[2], /300 by 200 pixels/);
  assert.equal(MeasureIt.written(-0.001, 2), "0.00");
});
