// The pure functions of the game "Whose hand?":  node --test tests/live/
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const folder = "../../book/live/whose_hand/";
const game = require(`${folder}model.js`);
require(`${folder}data.js`);
const data = globalThis.WHOSE_HAND;
const DESIGNERS = data.designers;

const key = (rounds) => rounds.map(({ idea, designer }) => `${idea}/${designer}`).join(" ");
const plain = (text) => text.replaceAll("\u00a0", " ");

test("the same seed draws the same ten, another seed other ones", () => {
  const drawn = (seed) => key(game.drawRounds(seed, 100, 5));
  assert.equal(drawn(7), drawn(7));
  const different = new Set(Array.from({ length: 300 }, (_, seed) => drawn(seed)));
  assert.equal(different.size, 300);
});

test("a game asks about ten different ideas, by designers that exist", () => {
  for (let seed = 0; seed < 300; seed++) {
    const rounds = game.drawRounds(seed, 100, 5);
    assert.equal(new Set(rounds.map((round) => round.idea)).size, 10);
    for (const { idea, designer } of rounds) {
      assert.ok(Number.isInteger(idea) && idea >= 0 && idea < 100);
      assert.ok(Number.isInteger(designer) && designer >= 0 && designer < 5);
    }
  }
});

test("every idea and every designer is drawn equally often, over many games", () => {
  const games = 5000;
  const [ideas, designers] = [Array(100).fill(0), Array(5).fill(0)];
  for (let seed = 0; seed < games; seed++) {
    for (const { idea, designer } of game.drawRounds(seed * 7919, 100, 5)) {
      ideas[idea]++;
      designers[designer]++;
    }
  }
  // expected 500 and 10000; four standard deviations and a half of the binomial
  for (const count of ideas) assert.ok(Math.abs(count - games / 10) < 4.5 * Math.sqrt(games * 0.09));
  for (const count of designers) assert.ok(Math.abs(count - games * 2) < 4.5 * Math.sqrt(games * 1.6));
});

test("more rounds than ideas are refused", () => {
  assert.throws(() => game.drawRounds(1, 9, 5), /10 rounds need as many ideas; there are 9/);
});

test("the address gives the seed back, and other addresses give none", () => {
  for (const seed of [0, 1, 41, game.SEEDS - 1]) assert.equal(game.seedOf(game.address(seed)), seed);
  for (const other of ["", "#", "#whose_hand-", "#whose_hand-0042", "#whose_hand-00042x", "#whose_hand-0004!", "#three-doors"]) {
    assert.equal(game.seedOf(other), null);
  }
});

// a network that is right on the even rounds and takes designer d for d + 1 on the odd ones
const toy = {
  designers: DESIGNERS,
  ideas: Array.from({ length: 10 }, (_, i) => ({
    name: `idea-${i}`,
    chances: DESIGNERS.map((_, d) => DESIGNERS.map((_, k) => (k === (d + (i % 2)) % 5 ? 600 : 100))),
  })),
};
const toyRounds = Array.from({ length: 10 }, (_, i) => ({ idea: i, designer: i % 5 }));

test("the score counts both players, and who alone was right", () => {
  const truth = toyRounds.map((round) => round.designer);
  assert.deepEqual(game.score(toy, toyRounds, truth), {
    n: 10, you: 10, network: 5, onlyYou: 5, onlyNetwork: 0,
  });
  const wrong = truth.map((designer) => (designer + 2) % 5);
  assert.deepEqual(game.score(toy, toyRounds, wrong), {
    n: 10, you: 0, network: 5, onlyYou: 0, onlyNetwork: 5,
  });
  assert.deepEqual(game.score(toy, toyRounds, truth.slice(0, 3)), {
    n: 3, you: 3, network: 2, onlyYou: 1, onlyNetwork: 0,
  });
  assert.deepEqual(game.overall(toy), { right: 25, n: 50 });
});

test("Wilson's interval holds the shares whose z score is at most 1.96", () => {
  for (let right = 0; right <= 10; right++) {
    const { low, high } = game.wilson(right, 10);
    const z = (share) => Math.abs(right / 10 - share) / Math.sqrt((share * (1 - share)) / 10);
    for (const end of [low, high]) {
      if (end > 1e-12 && end < 1 - 1e-12) assert.ok(Math.abs(z(end) - 1.959964) < 1e-5);
    }
    assert.ok(low <= right / 10 + 1e-12 && right / 10 <= high + 1e-12);
  }
  const { low, high } = game.wilson(8, 10); // published: 0.4902 to 0.9433
  assert.ok(Math.abs(low - 0.4902) < 5e-5 && Math.abs(high - 0.9433) < 5e-5);
  assert.throws(() => game.wilson(3, 2), RangeError);
  assert.throws(() => game.wilson(0, 0), RangeError);
});

test("the sign test is that of a fair coin", () => {
  assert.equal(game.signTest(0, 0), 1);
  assert.equal(game.signTest(3, 3), 1);
  assert.equal(game.signTest(0, 6), 2 / 64);
  assert.equal(game.signTest(7, 1), (2 * (1 + 8)) / 256);
});

test("after an answer the sentence says who was right", () => {
  const say = (truth, answer, chances) => plain(game.afterRound(DESIGNERS, truth, answer, chances));
  assert.equal(say(0, 0, [700, 100, 100, 50, 50]), "Right, Noto drew it. The network says so too, with 70 %.");
  assert.equal(say(0, 0, [100, 700, 100, 50, 50]), "Right, Noto drew it. The network is wrong: it says Twemoji.");
  assert.equal(say(0, 1, [700, 100, 100, 50, 50]), "It is by Noto, not Twemoji. The network is right, with 70 %.");
  assert.equal(say(0, 1, [100, 700, 100, 50, 50]), "It is by Noto. The network made the same mistake as you: Twemoji.");
  assert.equal(say(0, 2, [100, 700, 100, 50, 50]), "It is by Noto, not Fluent. The network is wrong too: it says Twemoji.");
  assert.match(say(0, 0, [400, 300, 100, 100, 100]), /unsure: no hand gets half/);
  assert.doesNotMatch(say(0, 0, [500, 300, 100, 50, 50]), /unsure/);
});

test("a chance at either end is not rounded to certainty", () => {
  assert.equal(plain(game.chance(1000)), "over 99 %");
  assert.equal(plain(game.chance(997)), "over 99 %");
  assert.equal(plain(game.chance(994)), "99 %");
  assert.equal(plain(game.chance(5)), "1 %");
  assert.equal(plain(game.chance(4)), "under 1 %");
});

/** Every score that ten rounds can give. */
function* allScores() {
  for (let both = 0; both <= 10; both++) {
    for (let onlyYou = 0; both + onlyYou <= 10; onlyYou++) {
      for (let onlyNetwork = 0; both + onlyYou + onlyNetwork <= 10; onlyNetwork++) {
        yield { n: 10, you: both + onlyYou, network: both + onlyNetwork, onlyYou, onlyNetwork };
      }
    }
  }
}

test("at the end nobody is called the winner unless the answers show it", () => {
  const seen = new Set();
  for (const score of allScores()) {
    const [mine, its] = [game.wilson(score.you, 10), game.wilson(score.network, 10)];
    const luck = game.signTest(score.onlyYou, score.onlyNetwork);
    const said = game.verdict(score).join(" ");
    const ahead = score.you > score.network ? "you" : "the network";
    if (said.includes("nobody has won")) {
      seen.add("nobody");
      assert.ok(game.overlap(mine, its) && (luck >= 0.05 || score.you === score.network));
    } else if (said.includes("do not overlap")) {
      seen.add("apart");
      assert.ok(!game.overlap(mine, its));
      assert.ok(said.includes(`this time ${ahead} won`));
      assert.ok(luck < 0.05); // the other way of asking agrees
    } else {
      seen.add("one side");
      assert.ok(game.overlap(mine, its) && luck < 0.05);
      assert.ok(said.includes(`yet ${ahead} had`));
    }
    assert.equal(said.includes("hardly explains your score"), mine.low > 0.2);
    assert.equal(said.includes("does not rule it out"), mine.low <= 0.2 && mine.high >= 0.2);
  }
  assert.deepEqual([...seen].sort(), ["apart", "nobody", "one side"]);
});

test("the sentences quote the intervals", () => {
  const said = game.verdict({ n: 10, you: 8, network: 7, onlyYou: 2, onlyNetwork: 1 });
  assert.equal(
    plain(said.slice(0, 2).join(" ")),
    "With ten answers the 95 % interval runs from 49 to 94 % for you, and from 40 to 89 % for the " +
      "network. The two overlap: nobody has won.",
  );
});

test("the sentence on all drawings is counted from the data", () => {
  const { right, n } = game.overall(data);
  assert.equal(n, 500);
  const said = plain(game.overallSentence(data));
  assert.ok(said.startsWith(`Over all 500 held-out drawings the network is right on ${right}: ${Math.round(right / 5)} %`));
});
