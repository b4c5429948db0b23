// The pure functions of the figures about people's judgements, against values by numpy and the package (people.json,
// which tools/live_people.py writes):  node --test tests/live/
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const folder = "../../book/live/";
const fixture = JSON.parse(readFileSync(new URL("./people.json", import.meta.url), "utf-8"));
for (const name of ["fechner", "how_many", "threshold"]) require(`${folder}${name}/data.js`);
const chart = require(`${folder}chart.js`);
const fechner = require(`${folder}fechner/model.js`);
const u = require(`${folder}inverted_u/model.js`);
const many = require(`${folder}how_many/model.js`);
const cut = require(`${folder}threshold/model.js`);
const { rectangles } = globalThis.FECHNER;
const { parts, icc } = globalThis.HOW_MANY;
const photographs = globalThis.THRESHOLD;

const plain = (text) => text.replaceAll("\u00a0", " ");
function near(found, expected, tolerance = 1e-9) {
  assert.ok(Math.abs(found - expected) <= tolerance, `${found} instead of ${expected}`);
}

test("shuffling gives every order equally often", () => {
  const random = chart.generator(3);
  const orders = new Map();
  for (let i = 0; i < 6000; i++) {
    const key = chart.shuffled(3, random).join("");
    orders.set(key, (orders.get(key) ?? 0) + 1);
  }
  assert.equal(orders.size, 6);
  // expected 1000; four standard deviations and a half of the binomial
  for (const n of orders.values()) assert.ok(Math.abs(n - 1000) < 4.5 * Math.sqrt((6000 * 5) / 36));
});

// ---- Fechner

test("the rectangles lie each in a place of its own, and the address brings the same table back", () => {
  for (const [columns, rows] of [[5, 2], [3, 4]]) {
    for (let seed = 0; seed < 200; seed++) {
      const places = fechner.lay(seed, rectangles.length, columns, rows);
      const cells = places.map(({ x, y }) => `${Math.floor(x * columns)},${Math.floor(y * rows)}`);
      assert.equal(new Set(cells).size, rectangles.length);
      for (const { x, y, turn } of places) assert.ok(x > 0 && x < 1 && y > 0 && y < 1 && Math.abs(turn) <= 90);
    }
  }
  assert.deepEqual(fechner.lay(5, 10, 5, 2), fechner.lay(5, 10, 5, 2));
  assert.notDeepEqual(fechner.lay(5, 10, 5, 2), fechner.lay(6, 10, 5, 2));
  assert.throws(() => fechner.lay(1, 10, 3, 3), /10 rectangles do not fit 3 times 3 places/);
});

test("an address gives its seed back, and other addresses give none", () => {
  for (const seed of [0, 41, fechner.SEEDS - 1]) assert.equal(fechner.seedOf(fechner.address(seed)), seed);
  for (const other of ["", "#fechner-", "#fechner-0042", "#fechner-00042x", "#hand-00042"]) assert.equal(fechner.seedOf(other), null);
});

test("two choices of 1876 agree as often as numpy says", () => near(fechner.agreement(rectangles), fixture.agreement));

const said = (...rounds) => plain(fechner.said(rectangles, rounds.map(([best, worst]) => ({ best, worst }))).join(" "));

test("a choice is set beside those of 1876", () => {
  const golden = said([6, 0]);
  assert.match(golden, /^You find the golden rectangle, 34:21, the most pleasing. So did 35 % of the choices in 1876; 65 % went/);
  assert.match(golden, /You find the square the least pleasing, as 27.8 % did./);
  assert.match(golden, /agree on the most pleasing in 22 % of cases. Blind choice would agree in 10 %/);
  assert.match(said([5, 6]), /So did 20.6 % of the choices in 1876; 79.4 % went/);
  assert.match(said([5, 6]), /34:21, the least pleasing, and in 1876 nobody did/);
});

test("a second choice is set beside the first", () => {
  assert.match(said([6, 0], [6, 9]), /^You chose the golden rectangle, 34:21, again: you agree with yourself/);
  assert.match(said([6, 0], [5, 9]), /^Before, you chose the golden rectangle, 34:21, and now 3:2, its neighbour. Fechner saw/);
  assert.match(said([0, 9], [5, 9]), /^Before, you chose the square, and now 3:2, 5 places along the row/);
  assert.match(said([6, 0], [5, 0], [6, 0]), /In 3 rounds 2 different rectangles were your best/);
  assert.match(said([6, 0], [6, 0], [6, 0]), /In 3 rounds one rectangle was your best/);
});

// ---- the inverted U

const people = u.habits();
const everyone = Array.from({ length: u.PEOPLE }, (_, i) => i);
const grid = Array.from({ length: 501 }, (_, i) => i / 500);

test("the average peaks where numpy finds its peak", () => {
  for (const [rising, x, y] of fixture.camps) {
    const peak = u.peak(rising);
    near(peak.x, x, 1e-3);
    near(peak.y, y, 1e-6);
  }
});

test("both worlds have the same average, which is that of their people", () => {
  for (const world of u.WORLDS) {
    for (const rising of [0, 7, 15, 30]) {
      for (const x of [0, 0.3, 0.5, 1]) {
        const liking = everyone.map((person) => u.liking({ world, rising, person, x }, people));
        near(liking.reduce((a, b) => a + b, 0) / u.PEOPLE, u.average(rising, x), 1e-12);
      }
    }
  }
});

test("so many people rise as the handle says, and each peaks where a search finds the peak", () => {
  for (let rising = 0; rising <= u.PEOPLE; rising++) {
    assert.equal(everyone.filter((person) => u.rises(person, rising)).length, rising);
  }
  for (const world of u.WORLDS) {
    for (const person of [0, 11, 29]) {
      const state = { world, rising: 12, person };
      const liking = grid.map((x) => u.liking({ ...state, x }, people));
      near(u.ownPeak(state, people), grid[liking.indexOf(Math.max(...liking))], 2e-3);
    }
  }
});

test("between two camps the average's best is nobody's, on one hill everybody's", () => {
  for (const rising of [5, 15, 25]) {
    assert.equal(u.served({ world: "camps", rising }, people), 0);
    assert.equal(u.served({ world: "hill", rising }, people), 30);
  }
  assert.equal(u.served({ world: "camps", rising: 0 }, people), 30);
});

test("the sentence does not give away what is hidden", () => {
  const state = { rising: 15, world: "camps", shown: false };
  assert.match(u.said(state, people), /highest at a complexity of 0.5, in between. How many of the 30 like that best\?/);
  const seen = u.said({ ...state, shown: true }, people);
  assert.match(seen, /None of them likes that best. 15 like the simplest pictures best, 15 the most complex ones/);
  assert.match(u.said({ ...state, world: "hill", shown: true }, people), /All of them like that best\.$/);
  assert.match(u.said({ ...state, rising: 0, shown: true }, people), /0.0, at the end. All of them/);
});

test("the address of the inverted U holds its state", () => {
  for (const state of [{ rising: 0, world: "hill", shown: true }, { rising: 30, world: "camps", shown: false }]) {
    assert.deepEqual(u.stateOf(u.address(state)), state);
  }
  for (const other of ["", "#inverted_u-31-camps-shown", "#inverted_u-3-tents-shown", "#inverted_u-3"]) assert.equal(u.stateOf(other), null);
});

// ---- how many people is a score?

test("a part's mean, a correlation and the formula of Spearman and Brown are the package's", () => {
  parts.forEach((shares, i) => near(many.meanOf(shares), fixture.means[i]));
  const { x, y, r } = fixture.correlation;
  near(many.correlation(x, y), r);
  for (const [k, expected] of fixture.spearman_brown) near(many.spearmanBrown(icc, k), expected);
  for (const [r, voters] of Object.entries(fixture.voters_for)) assert.equal(many.votersFor(icc, Number(r)), voters);
});

test("two single voters on the sixty parts agree as the variances of the parts say, many votes as the formula", () => {
  const correlations = (k) =>
    Array.from({ length: 60 }, (_, seed) => {
      const [a, b] = many.classes(parts, seed).map((votes) => votes.map((one) => many.mean(one, k)));
      return many.correlation(a, b);
    });
  for (const k of [1, 20]) {
    const found = correlations(k);
    const mean = found.reduce((a, b) => a + b, 0) / found.length;
    const sd = Math.sqrt(found.reduce((a, b) => a + (b - mean) ** 2, 0) / (found.length - 1));
    near(mean, many.spearmanBrown(fixture.icc_of_parts, k), 4 * (sd / Math.sqrt(found.length)) + 0.01);
  }
});

test("votes are drawn with the shares that they have", () => {
  const shares = [0, 1000, 2000, 0, 4000, 0, 0, 3000, 0, 0];
  const votes = many.draw(shares, 20_000, chart.generator(9));
  const counts = many.histogram(votes, votes.length);
  // four standard deviations and a half of the binomial, at most
  shares.forEach((share, i) => assert.ok(share ? Math.abs(counts[i] / 2 - share) < 160 : counts[i] === 0));
  assert.deepEqual(many.histogram(Uint8Array.of(3, 5, 5), 2), [0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
  near(many.mean(Uint8Array.of(3, 5, 10), 2), 4);
});

test("the sentence asks first, and then says what both numbers are", () => {
  const state = { voters: 15, shown: false, guess: null };
  assert.match(many.said(state, 0.7, icc), /^Two classes, 15 voters in each. Drag until/);
  assert.doesNotMatch(many.said(state, 0.7, icc), /0\.7|0\.2/);
  const seen = many.said({ ...state, voters: 1, shown: true, guess: 15 }, -0.1, icc);
  assert.match(seen, /^You stopped at 15 voters, where 0.79 is to be expected; 0.90 takes 36. Means of one voter:/);
  assert.match(seen, /correlate by \u22120.10 this time, by 0.20 on average. Two single people correlate by 0.20, as before.$/);
});

test("the address of the classes holds their state", () => {
  const state = { voters: 20, seed: 371, shown: true };
  assert.deepEqual(many.stateOf(many.address(state)), state);
  for (const other of ["", "#how_many-21-001-shown", "#how_many-20-001"]) assert.equal(many.stateOf(other), null);
});

// ---- what a threshold does

test("every cut has its numbers, and the shares agree with the bars", () => {
  const all = photographs.images.reduce((a, b) => a + b, 0);
  for (const step of cut.cuts(photographs)) {
    const { good, below, above } = cut.at(photographs, step);
    const bars = photographs.images.filter((_, i) => cut.nameOf(photographs.first + i, step) === "good");
    near(bars.reduce((a, b) => a + b, 0) / all, good, 1e-4);
    // the mean of an average histogram lies in its bin of a tenth
    for (const [votes, high] of [[below, step], [above, step + 1]]) {
      const mean = 10 * many.meanOf(votes);
      assert.ok(mean > high - 1 && mean < high + 0.01);
    }
    near(cut.renamedShare(photographs, step), Math.abs(good - cut.at(photographs, 50).good), 1e-4);
  }
  assert.throws(() => cut.at(photographs, 39), RangeError);
});

test("what has another name lies between the two cuts", () => {
  assert.deepEqual([50, 51, 53, 54].map((step) => cut.renamed(step, 53)), [false, true, true, false]);
  assert.deepEqual([48, 50, 51].map((step) => cut.renamed(step, 47)), [true, true, false]);
  assert.deepEqual([45, 46, 55, 56].map((step) => cut.isNear(step, 50)), [false, true, true, false]);
});

test("the sentences of a threshold read its numbers aloud", () => {
  const usual = plain(cut.said(photographs, 50).join(" "));
  assert.match(usual, /^Cut at 5.0, 70 % of the photographs are “good”, and 46 % lie within half a point/);
  assert.match(usual, /With 20 of each photograph's voters, drawn at random, 11 % of the labels would be others/);
  assert.match(usual, /67 % are five or less/);
  assert.doesNotMatch(usual, /Beside the cut/);
  assert.match(plain(cut.said(photographs, 55).join(" ")), /Beside the cut at 5, 27 % have another name, and not one vote has changed/);
});

test("the address of a cut gives it back, if there is such a cut", () => {
  assert.equal(cut.cutOf(cut.address(53), photographs), 53);
  for (const other of ["", "#threshold-39", "#threshold-5", "#threshold-67"]) assert.equal(cut.cutOf(other, photographs), null);
});
