// The pure functions of the taste laboratory:  node --test tests/live/
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const folder = "../../book/live/taste/";
const bt = require("../../book/live/votes/bradley_terry.js");
const record = require("../../book/live/votes/record.js");
const taste = require(`${folder}model.js`);
const chart = require("../../book/live/chart.js");
require(`${folder}data.js`);
const data = globalThis.TASTE;
const fixture = JSON.parse(readFileSync(new URL("taste.json", import.meta.url)));

const near = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);
const plain = (text) => text.replaceAll("\u00a0", " ");

// ---- the ranking, against the package

test("scores, intervals, what a pair promises and repeat agreement are the package's on the same votes", () => {
  for (const expected of fixture.fits) {
    const fitted = bt.fit(expected.votes, expected.items);
    const ends = bt.intervals(fitted);
    const gain = bt.expectedInformation(fitted);
    for (let i = 0; i < expected.items; i++) {
      near(fitted.score[i], expected.score[i], 1e-6);
      near(ends[i][0], expected.low[i], 1e-3);
      near(ends[i][1], expected.high[i], 1e-3);
      expected.information[i].forEach((value, j) => near(gain[i][j], value, 1e-6));
    }
    const again = bt.repeatAgreement(expected.votes);
    const [same, n, low, high] = expected.again;
    near(again.same, same, 1e-9);
    assert.equal(again.n, n);
    near(chart.wilson(same, n).low, low, 1e-9);
    near(chart.wilson(same, n).high, high, 1e-9);
  }
});

test("plausible places are the package's, but for a draw on the edge", () => {
  for (const expected of fixture.fits) {
    const found = bt.rankIntervals(bt.fit(expected.votes, expected.items));
    found.forEach(([best, worst], i) => {
      near(best, expected.best[i], 1);
      near(worst, expected.worst[i], 1);
    });
  }
});

test("without votes nothing is known, and a tie says that two are alike", () => {
  const { score } = bt.fit([], 4);
  assert.deepEqual([...score], [0, 0, 0, 0]);
  assert.deepEqual(bt.rankIntervals(bt.fit([], 4)), Array(4).fill([1, 4]));
  const tied = bt.fit([[0, 1, true], [1, 2, false]], 3).score;
  assert.ok(tied[0] > tied[2] && tied[1] > tied[0]);
});

test("rank correlations and their intervals are numpy's", () => {
  for (const { x, y, rho, low, high } of fixture.correlations) {
    const found = bt.rankCorrelation(x, y);
    near(found.rho, rho, 1e-9);
    near(found.low, low, 1e-9);
    near(found.high, high, 1e-9);
  }
});

// ---- what is asked

/** A sitting of a reader who answers by `choose(left, right)`, so long as it lasts. */
function sitting(choose, { rounds = 0, seed = 1 } = {}) {
  const choices = [];
  const asked = [];
  for (let next; (next = taste.nextPair(data, choices, { rounds, seed })); ) {
    asked.push(next);
    choices.push({ group: next.group, left: next.left, right: next.right, choice: choose(next.left, next.right) });
  }
  return { choices, asked };
}
const alphabet = (left, right) => (left < right ? "left" : "right");
const left = () => "left";

test("a sitting asks 28 pairs, six of them twice, with the sides turned and never at once", () => {
  for (const seed of [1, 2, 3, 4]) {
    const { choices, asked } = sitting(alphabet, { seed });
    assert.equal(choices.length, 28);
    assert.deepEqual(taste.progress(choices, 0), { answered: 28, all: 28 });
    for (const [group, n] of Object.entries({ photographs: 14, designs: 6, crops: 4, drawings: 4 })) {
      assert.equal(taste.count(choices, group), n);
    }
    const before = new Map();
    asked.forEach(({ left, right, again }, i) => {
      const key = [left, right].sort().join();
      assert.equal(before.has(key), again);
      if (again) {
        assert.equal(before.get(key).left, right);
        assert.ok(i - before.get(key).i > 5);
      }
      before.set(key, { left, i });
    });
    assert.equal(asked.filter(({ again }) => again).length, 6);
  }
});

test("pairs are of one group, of one topic, of two things; and new ones promise most", () => {
  const { choices, asked } = sitting(alphabet, { rounds: 1, seed: 5 });
  assert.equal(choices.length, 28 + taste.MORE);
  assert.ok(taste.count(choices, "photographs") >= 30); // as many as lesson 2.5 wants
  asked.forEach(({ group, left, right, again }, i) => {
    const [a, b] = [left, right].map((name) => taste.find(data, name));
    assert.ok(a.group === group && b.group === group);
    assert.notEqual(a.picture.thing, b.picture.thing);
    assert.equal(a.picture.topic, b.picture.topic);
    if (again) return;
    const best = taste.bestPairs(data, choices.slice(0, i), group).map((pair) => [...pair].sort().join());
    assert.ok(best.includes([a.place, b.place].sort().join()));
  });
});

test("the same choices and seed give the same pair, another seed another order", () => {
  const names = (seed) => sitting(alphabet, { seed }).asked.map(({ left, right }) => left + right).join();
  assert.equal(names(9), names(9));
  assert.notEqual(names(9), names(10));
});

test("choices from elsewhere, as from lesson 2.5, count, and what is missing is asked", () => {
  const [a, b] = data.groups.photographs.map(({ name }) => name);
  const rows = Array.from({ length: 20 }, () => ({ left: a, right: b, choice: "left", question: "" }));
  rows.push({ left: a, right: "penguin by noto", choice: "left", question: "" }); // of two groups
  rows.push({ left: a, right: b, choice: "left", question: "Which is sharper?" });
  const choices = taste.choicesOf(data, rows);
  assert.equal(choices.length, 20);
  assert.notEqual(taste.groupNow(choices, 0), "photographs");
  assert.deepEqual(taste.progress(choices, 0), { answered: 20, all: 34 });
});

// ---- what is said

test("whoever goes by the alphabet agrees with himself, and whoever always presses left does not", () => {
  assert.deepEqual(taste.withOneself(sitting(alphabet).choices), { same: 6, n: 6 });
  assert.deepEqual(taste.withOneself(sitting(left).choices), { same: 0, n: 6 });
  const said = (same, expected) => plain(taste.agreementSaid({ same, n: 6 }, expected).join(" "));
  assert.match(said(6, 6), /same answer to 6 of 6 pairs: 100 %, .* from 61 to 100 %\. That is what you expected\. .*does rule out/);
  assert.match(said(4.5, 6), /to 4½ of 6 pairs: 75 %.* You had expected 6: you are less steady than you thought, or this was bad luck.*does not rule it out/);
  assert.match(said(4, null), /^Asked again .* rule it out\.$/);
});

test("the ranking follows the choices, with places that can be believed", () => {
  const { choices } = sitting((a, b) => (a === "animals_hd_bee" ? "left" : b === "animals_hd_bee" ? "right" : alphabet(a, b)), { rounds: 2 });
  const [first, ...others] = taste.places(data, choices, "photographs");
  assert.equal(first.thing, "animals_hd_bee");
  for (const { best, worst, score, ends } of [first, ...others]) {
    assert.ok(best <= worst && ends[0] < score && score < ends[1]);
  }
  assert.match(taste.rankingSaid([first, ...others], choices.length).join(" "), /plausible places of 12 on average.* could be your first/);
});

test("who chooses as the judge does is foretold, and the opposite is not", () => {
  const score = (name) => taste.find(data, name).picture.judge ?? 0;
  const like = sitting((a, b) => (score(a) > score(b) ? "left" : "right")).choices;
  const found = taste.foretold(data, like);
  assert.ok(found.n === 19 && found.right === 19, JSON.stringify(found)); // no crops, no pair twice
  const opposite = like.map((c) => ({ ...c, choice: c.choice === "left" ? "right" : "left" }));
  assert.equal(taste.foretold(data, opposite).right, 0);
  assert.match(plain(taste.judgeSaid(found, data.crowd).join(" ")), /19 of your 19 choices: 100 %.*more than a coin.*in 65 % of cases/);
  assert.match(taste.judgeSaid({ right: 1, n: 19 }, 0.65).join(" "), /less than a coin/);
});

test("crops and drawings are counted by method and by maker", () => {
  const by = (wanted) => (a, b) => (taste.find(data, a).picture.thing === wanted ? "left" : taste.find(data, b).picture.thing === wanted ? "right" : "tie");
  const sharp = sitting(by("srgan_x4")).choices;
  const { won, n } = taste.duel(data, sharp, "crops", "srgan_x4", "srresnet_x4_light");
  assert.ok(n >= 1 && won === n);
  assert.match(taste.cropsSaid(data, sharp)[0], new RegExp(`You took SRGAN before SRResNet in ${n} of ${n}\\. Of 26 people`));
  const human = taste.peopleFirst(data, sitting(by("people")).choices);
  assert.ok(human.n >= 2 && human.won === human.n);
});

test("measures are said to track a taste only where the interval leaves out 0", () => {
  const rows = (low, high) => data.measures.map((name) => ({ name, rho: (low + high) / 2, low, high }));
  assert.match(taste.tracksSaid(rows(-0.4, 0.8), 12).join(" "), /^None of the five intervals leaves out 0. With twelve pictures .* 1.2 wide/);
  const one = rows(-0.4, 0.8).with(1, { name: "contrast", rho: 0.7, low: 0.1, high: 0.9 });
  assert.match(taste.tracksSaid(one, 12).join(" "), /^Contrast has an interval without 0/);
  assert.equal(taste.tracks(data, sitting(alphabet).choices).length, 5);
});

test("the address holds the view", () => {
  for (const view of ["choose", "map"]) assert.equal(taste.viewOf(taste.address(view)), view);
  for (const other of ["", "#taste", "#taste-x"]) assert.equal(taste.viewOf(other), null);
});

// ---- the file

const row = (more = {}) =>
  record.choiceRow({
    rater: "r-1", session: "s-1", left: "a", right: "b, \"c\"", choice: "left", question: taste.QUESTION,
    shown: new Date(1000), now: new Date(1900), ...more,
  });

test("what is written is read back, and an undo takes back the latest choice on its target", () => {
  const [one, two] = [row(), row({ choice: "right", now: new Date(5000) })];
  const rows = [one, two, record.undoRow(two, new Date(6000))];
  const { rows: found, problems } = record.parse(record.asCsv(rows));
  assert.deepEqual(problems, []);
  assert.deepEqual(found, rows);
  assert.deepEqual(record.standing(found), [one]);
  assert.equal(one.response_ms, "900");
  assert.equal(one.time, "1970-01-01T00:00:01.900Z");
});

test("other programs' files are read, and what is no row is named", () => {
  const text = `\ufeff${record.asCsv([row({ right: "b" })]).replaceAll(",", ";").replaceAll("\n", "\r\n")}a stain\r\n`;
  const { rows, problems } = record.parse(text);
  assert.equal(rows.length, 1);
  assert.deepEqual(problems, ["line 3: it has 1 field and the header 14"]);
  assert.throws(() => record.parse("a,b\n1,2\n"), /no file of votes: its first line lacks version, session/);
  assert.equal(record.parse(record.asCsv([row({ choice: "both" })])).problems[0], "line 2: choice is 'both'; there are left, right, tie");
});

test("two files become one by time, each row once", () => {
  const [one, two] = [row(), row({ now: new Date(500) })];
  assert.deepEqual(record.merged([one], [one, two]), [two, one]);
  assert.match(record.newName("r", Uint8Array.of(1, 255, 16, 0)), /^r-01ff1000$/);
});
