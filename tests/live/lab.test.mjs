// The pure functions of the laboratory, against torch and the package:  node --test tests/live/
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const mend = require("../../book/live/mend_it/model.js");
const name = require("../../book/live/name_it/model.js");
const pictures = require("../../book/live/pictures/pictures.js");
const networks = require("../../book/live/networks/networks.js");
const fixture = JSON.parse(readFileSync(new URL("lab.json", import.meta.url), "utf-8"));

const pictureOf = ({ width, height, rgb }) => ({ width, height, rgb: Float32Array.from(rgb) });
function near(found, expected, within) {
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) <= within, `${i}: ${value}, ${expected[i]}`));
}

// ---- mend it

test("bicubic interpolation is that of the package, up, down and to an odd size", () => {
  for (const key of ["up", "down", "odd"]) {
    const { from, to } = fixture.mend_it[key];
    const found = mend.resized(pictureOf(from), to.width, to.height);
    near(found.rgb, to.rgb, 2e-5);
  }
});

test("blur and PSNR are those of the package", () => {
  const { blur, psnr } = fixture.mend_it;
  near(mend.blurred(pictureOf(blur.from), 1.2).rgb, blur.to.rgb, 2e-5);
  const [a, b] = [mend.eightBit(pictureOf(psnr.a)), mend.eightBit(pictureOf(psnr.b))];
  for (const border of [0, 4]) assert.ok(Math.abs(mend.psnrOfLuma(a, b, border) - psnr[border]) < 1e-3);
  assert.equal(mend.psnrOfLuma(a, a), Infinity);
});

test("noise has the strength that is asked for, and is the same each time", () => {
  const grey = { rgb: new Float32Array(3 * 64 * 64).fill(0.5), width: 64, height: 64 };
  const found = mend.noisy(grey, 0.1).rgb;
  const mean = found.reduce((a, b) => a + b, 0) / found.length;
  const spread = Math.sqrt(found.reduce((a, b) => a + (b - mean) ** 2, 0) / found.length);
  assert.ok(Math.abs(mean - 0.5) < 0.003 && Math.abs(spread - 0.1) < 0.003);
  assert.deepEqual(mend.noisy(grey, 0.1).rgb, found);
});

test("tiles cover each pixel once, and each has its neighbours within reach", () => {
  for (const settings of Object.values(mend.NETWORKS)) {
    for (const [width, height] of [[64, 64], [512, 341], [113, 500], [8, 8], [161, 320]]) {
      const seen = new Uint8Array(width * height);
      for (const { x, y, w, h, left, top, width: kept, height: high } of mend.tilesOf(width, height, settings)) {
        for (let row = y + top; row < y + top + high; row++) {
          for (let column = x + left; column < x + left + kept; column++) seen[row * width + column]++;
        }
        const { reach, core } = settings;
        assert.ok(kept <= core && high <= core);
        assert.ok((x === 0 && left >= 0) || left === reach);
        assert.ok(x + w === width || w - left - kept === reach);
        assert.ok(y === 0 || top === reach);
        assert.ok(y + h === height || h - top - high === reach);
      }
      assert.ok(seen.every((times) => times === 1));
    }
  }
});

test("a picture cut and put together again is the picture", () => {
  const whole = { rgb: Float32Array.from({ length: 3 * 130 * 120 }, (_, i) => i), width: 130, height: 120 };
  const again = mend.empty(130, 120);
  for (const tile of mend.tilesOf(130, 120, { reach: 7, core: 40 })) mend.paste(again, mend.cut(whole, tile).rgb, tile, 1);
  assert.deepEqual(again.rgb, whole.rgb);
});

test("what is prepared has the sizes that the network needs, and a truth where there is one", () => {
  const picture = { rgb: new Float32Array(3 * 803 * 401).fill(0.25), width: 803, height: 401 };
  const quarter = mend.prepared(picture, "enlarge", "quarter");
  assert.deepEqual([quarter.truth.width % 4, quarter.truth.height % 4], [0, 0]);
  assert.equal(quarter.input.width * 4, quarter.before.width);
  assert.ok(quarter.truth.width <= mend.LONGEST.quarter);
  const asis = mend.prepared(picture, "enlarge", "asis");
  assert.equal(asis.truth, null);
  assert.equal(asis.input.width, mend.LONGEST.enlarge);
  assert.equal(mend.prepared(picture, "clean", "noise").truth.width, mend.LONGEST.clean);
  assert.equal(mend.prepared(picture, "clean", "asis").truth, null);
});

test("addresses lead back to their states, and others nowhere", () => {
  const state = { task: "clean", how: "jpeg", example: "koala" };
  assert.deepEqual(mend.stateOf(mend.codeOf(state), ["koala"]), state);
  for (const bad of ["", "#mend_it-clean-quarter-koala", "#mend_it-clean-jpeg-cat", "#mend_it-paint-jpeg-koala"]) {
    assert.equal(mend.stateOf(bad, ["koala"]), null);
  }
});

test("the sentence says what was measured, and that nothing can be where there is no truth", () => {
  const flat = (value) => ({ rgb: new Float32Array(3 * 256).fill(value), width: 16, height: 16 });
  const common = { task: "clean", how: "noise", input: flat(0.5), before: flat(0.6), after: flat(0.51), truth: flat(0.5), seconds: 1 };
  assert.match(mend.outcome(common), /the noisy picture has 21\.3.dB and the network 41\.3.dB: 20\.0.dB better/);
  assert.match(mend.outcome({ ...common, how: "asis", truth: null }), /Nobody knows the truth/);
});

// ---- name it

test("probabilities are a softmax, and add up to 1", () => {
  const [first, second] = name.chancesOf(Float32Array.from([0, Math.log(3), 1000, 1000]), 2);
  near(first, [0.25, 0.75], 1e-6);
  near(second, [0.5, 0.5], 1e-12);
});

test("falls are those that PyTorch gives, and a square covers what it says", () => {
  for (const kind of ["category", "designer"]) {
    const { chances, covered, falls } = fixture.name_it[kind];
    const found = name.fallsOf(Math.max(...chances), covered).filter((_, i) => i % 31 === 0);
    near(found, falls, 2e-4);
  }
  const black = new Float32Array(3 * 32 * 32);
  const sum = (x, y) => name.covered(black, x, y).reduce((a, b) => a + b, 0);
  assert.equal(sum(4, 6), 3 * 64);
  assert.equal(sum(-4, 28), 3 * 16);
  assert.deepEqual(name.coveredRow(black, 6).subarray(0, 3072), name.covered(black, 0, 6));
});

test("four pixels become one, rounded as torch rounds", () => {
  const rgba = new Uint8ClampedArray(4 * 64 * 64).fill(255);
  rgba[0] = 253; // 254.5 -> 254
  rgba[8] = 251; // 254 -> 254
  rgba[16] = 249; // 253.5 -> 254
  near(name.halved(rgba).subarray(0, 4), [254, 254, 254, 255].map((v) => v / 255), 1e-6);
});

test("sentences follow the numbers", () => {
  const names = { categories: ["Food", "Objects"], designers: ["Noto", "Fluent"] };
  const said = { category: [0.7, 0.3], designer: [0.1, 0.9], names };
  assert.match(name.verdict({ ...said, truth: { category: 0, designer: 0 } }), /Food, by Noto: right about the kind, wrong about the hand/);
  assert.match(name.verdict(said), /They have to name something/);
  const covered = new Array(169).fill(0.7);
  assert.match(name.reason({ name: "Food", probability: 0.7, coveredChances: covered }), /No square/);
  covered[0] = 0.2;
  const why = name.reason({ name: "Food", probability: 0.7, coveredChances: covered, other: "Objects" });
  assert.match(why, /Covered at the top, on the left it falls to 20.% and the first place goes to Objects/);
});

test("addresses of drawings", () => {
  const data = { ideas: [["taxi", 4], ["yin-yang", 7]], hands: ["noto", "fluent"] };
  assert.deepEqual(name.stateOf(name.codeOf("yin-yang", "fluent"), data), { idea: 1, hand: 1 });
  for (const bad of ["", "#name_it-taxi", "#name_it-cat.noto"]) assert.equal(name.stateOf(bad, data), null);
});

// ---- pictures

const bytes = (...parts) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...part].map((c) => c.charCodeAt(0)) : part)));
const big = (n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const png = (width, height, ...chunks) =>
  bytes("\x89PNG\r\n\x1a\n", big(13), "IHDR", big(width), big(height), [8, 2, 0, 0, 0], big(0), ...chunks, big(0), "IDAT", big(0));
const gif = (frames) =>
  bytes("GIF89a", [3, 0, 2, 0, 0x80, 0, 0], [0, 0, 0, 1, 1, 1],
    ...Array.from({ length: frames }, () => [0x21, 0xf9, 4, 0, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 3, 0, 2, 0, 0, 2, 2, 0x4c, 1, 0]).flat(), [0x3b]); // prettier-ignore
const jpeg = (width, height) =>
  bytes([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 3, 1, 0xff, 0xc2, 0, 17, 8], big(height).slice(2), big(width).slice(2), [3, 0, 0, 0, 0, 0]);
const webp = (flags) => bytes("RIFF", big(0), "WEBP", "VP8X", big(0), [flags, 0, 0, 0], [99, 0, 0], [49, 0, 0]);

test("files are told apart by their first bytes, and their sizes read before decoding", () => {
  const cases = [
    [png(40_000, 30), "png", 40_000, 30], [gif(1), "gif", 3, 2], [jpeg(640, 480), "jpeg", 640, 480], [webp(0), "webp", 100, 50],
  ]; // prettier-ignore
  for (const [file, kind, width, height] of cases) {
    assert.equal(pictures.kindOf(file), kind);
    assert.deepEqual(pictures.sizeOf(file, kind), { width, height });
  }
  for (const other of ["<svg>", "%PDF-1.7", "", "\x00\x00\x00\x18ftypmp42"]) assert.equal(pictures.kindOf(bytes(other)), null);
  assert.equal(pictures.kindOf(bytes([0, 0, 0, 28], "ftypheic", [0, 0, 0, 0], "mif1")), "heic");
});

test("animations are noticed", () => {
  assert.ok(pictures.isAnimated(gif(2), "gif") && !pictures.isAnimated(gif(1), "gif"));
  assert.ok(pictures.isAnimated(webp(2), "webp") && !pictures.isAnimated(webp(0), "webp"));
  assert.ok(pictures.isAnimated(png(4, 4, big(0), "acTL", big(0)), "png") && !pictures.isAnimated(png(4, 4), "png"));
});

test("sizes that cannot be read are refused with a sentence", () => {
  assert.match(pictures.refusal({ width: 10_000, height: 10_000 }), /100 million; 50 million is the most/);
  assert.match(pictures.refusal({ width: 1, height: 4000 }), /8 on each side is the least/);
  assert.match(pictures.refusal({ width: 4000, height: 100 }), /more than 20 times as long/);
  assert.equal(pictures.refusal({ width: 640, height: 480 }), null);
});

test("what is see-through lies on white, and levels come back", () => {
  const { rgb, clear } = pictures.overWhite(Uint8ClampedArray.from([255, 0, 0, 255, 0, 0, 0, 0]));
  assert.deepEqual([...rgb], [1, 1, 0, 1, 0, 1]);
  assert.ok(clear);
  assert.deepEqual([...pictures.toRgba(rgb)], [255, 0, 0, 255, 255, 255, 255, 255]);
  assert.deepEqual(pictures.fitted({ width: 4000, height: 1000 }, 500), { width: 500, height: 125 });
});

// ---- networks

test("files are counted once, and errors become sentences", () => {
  const entry = (graph) => ({ graph, graphBytes: 1, graphHash: "a", weights: "w", weightBytes: 10, weightHash: "b" });
  const files = networks.filesOf(["x", "y"], { x: entry("x"), y: entry("y") }, { file: "r.gz", bytes: 100, hash: "c" });
  assert.equal(networks.total(files), 112);
  assert.equal(networks.megabytes(4_240_000), "4.2\u00a0MB");
  assert.match(networks.sentence("RangeError: could not allocate memory"), /refused the memory/);
  assert.match(networks.sentence("Failed to fetch"), /download broke off/);
  assert.match(networks.sentence("download: 404"), /download broke off/);
  assert.match(networks.sentence("DecompressionStream is not defined"), /too old/);
  assert.match(networks.sentence("odd"), /cannot run here: odd/);
});
