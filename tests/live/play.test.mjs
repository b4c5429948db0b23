// The pure functions of the figures that learn, against torch:  node --test tests/live/
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const live = (name) => require(`../../book/live/${name}.js`);
const net = live("net");
const hand = live("by_hand/model");
const rotation = live("rotation/model");
const gan = live("gan_plane/model");
const descent = live("descent/model");
live("by_hand/data");
const SETS = hand.sets(globalThis.BY_HAND);
const torch = JSON.parse(readFileSync(new URL("play.json", import.meta.url), "utf-8"));

function near(mine, theirs, within = 1e-9, what = "") {
  const [a, b] = [mine, theirs].map((value) => (typeof value === "number" ? [value] : Array.from(value)));
  assert.equal(a.length, b.length, what);
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) <= within * Math.max(1, Math.abs(b[i])), `${what} ${i}: ${value} is not ${b[i]}`));
}
const plain = (text) => text.replaceAll("\u00a0", " ");

// ---- small networks

test("forwards and backwards are torch's", () => {
  for (const { sizes, leak, theta, x, delta, y, gradient, input } of torch.networks) {
    const made = net.network(sizes, leak);
    made.theta.set(theta);
    const run = net.forward(made, Float64Array.from(x), 6);
    near(run.values.at(-1), y, 1e-9, "output");
    const back = net.backward(made, run, Float64Array.from(delta));
    near(back.gradient, gradient, 1e-9, "gradient");
    near(back.input, input, 1e-9, "by the inputs");
  }
});

test("Adam is torch's", () => {
  const { start, gradients, places } = torch.adam;
  const theta = Float64Array.from(start);
  const state = net.adamState(theta.length);
  gradients.forEach((gradient, i) => {
    net.adam(theta, gradient, state, { eta: 0.05, beta1: 0.5, beta2: 0.99 });
    near(theta, places[i], 1e-9, `step ${i}`);
  });
});

test("losses of logits do not break, and normal numbers are normal", () => {
  assert.equal(net.softplus(1000), 1000);
  assert.equal(net.sigmoid(-1000), 0);
  const next = net.normal(live("chart").generator(1));
  const drawn = Array.from({ length: 4000 }, next);
  const mean = drawn.reduce((a, b) => a + b) / 4000;
  const variance = drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / 4000;
  assert.ok(Math.abs(mean) < 0.06 && Math.abs(variance - 1) < 0.09); // four standard errors
});

// ---- train by hand

test("loss, gradient, curvature and steps by hand are torch's", () => {
  for (const { hidden, points, theta, loss, gradient, curvature, after } of torch.by_hand) {
    const start = Float64Array.from(theta);
    const mine = hand.judge(start, hidden, points);
    near(mine.loss, loss);
    near(mine.gradient, gradient);
    near(2 / hand.limit(start, hidden, points), curvature, 1e-5, "curvature");
    near(hand.descend(start, hidden, points, 0.3, 12), after);
  }
});

test("below 2/λ descent settles, beyond it does not", () => {
  const settled = hand.descend(hand.begin("r1", 0), 0, SETS.black, 1, 3000);
  near(hand.bottom(SETS.black), settled, 1e-3);
  const edge = hand.edgeOf({ hidden: 0, points: SETS.black });
  near(edge, hand.limit(settled, 0, SETS.black), 1e-3);
  assert.ok(hand.edgeOf({ hidden: 0, points: [[-1, 0, 0], [1, 0, 1]] }) > 1e3); // parted points have no bottom
  const lowest = hand.judge(settled, 0, SETS.black).loss;
  const after = (rate) => hand.judge(hand.descend(hand.begin("r1", 0), 0, SETS.black, rate, 400), 0, SETS.black).loss;
  assert.ok(after(0.9 * edge) - lowest < 1e-3);
  assert.ok(after(1.3 * edge) - lowest > 0.05);
});

test("no line parts the cross, and hidden units can", () => {
  const of = (hidden, start) => hand.judge(hand.descend(hand.begin(start, hidden), hidden, SETS.xor, 1, 1000), hidden, SETS.xor);
  assert.ok(of(0, "r1").loss > 0.68); // of log 2 = 0.693
  assert.equal(of(4, "r4").wrong, 0);
  assert.equal(of(2, "r4").wrong, 0); // two are enough, if they start well
});

test("equal units stay twins, and at zero nothing but the last bias moves", () => {
  const twins = hand.descend(hand.begin("e", 3), 3, SETS.xor, 0.5, 50);
  assert.ok(hand.twins(twins, 3));
  assert.ok(!hand.twins(hand.begin("r1", 3), 3));
  const { gradient } = hand.judge(hand.begin("z", 3), 3, SETS.size.slice(3));
  assert.ok(gradient.slice(0, -1).every((slope) => slope === 0) && gradient.at(-1) !== 0);
});

test("a line is cut by the square and moved by its handles", () => {
  const line = { w: [1, 0], b: -1 };
  assert.deepEqual(hand.ends(line).map(([x]) => x), [1, 1]);
  assert.equal(hand.ends({ w: [1, 0], b: -4 }), null);
  near(hand.foot(line, [3, 2]), [1, 2]);
  assert.deepEqual(hand.throughPoint([2, 1], [1, -1]), { w: [2, 1], b: -1 });
  const theta = hand.withLine(hand.begin("r1", 2), 2, 1, { w: [5, 6], b: 7 });
  assert.deepEqual({ ...hand.lineOf(theta, 2, 1), out: 0 }, { w: [5, 6], b: 7, out: 0 });
});

test("the address of a training gives it back, and others give none", () => {
  const known = { set: "black", points: SETS.black, hidden: 3, start: "r12", rate: 20, steps: 150 };
  const own = { set: null, points: [[-1.2, 3, 0], [0.5, -3, 1]], hidden: 0, start: [0.25, -1.5, 0], rate: 0, steps: 0 };
  for (const state of [known, own]) assert.deepEqual(hand.stateOf(hand.address(state), SETS), state);
  for (const bad of ["", "#by_hand-moon-0-z-1-0", "#by_hand-xor-7-z-1-0", "#by_hand-xor-1-z-41-0", "#by_hand-xor-1-h1_2-1-0", "#by_hand-p1_2-0-z-1-0", "#by_hand-xor-1-z-1-3001"]) {
    assert.equal(hand.stateOf(bad, SETS), null, bad);
  }
});

test("the sentence compares the hand with descent, and names what goes wrong", () => {
  const at = (start, hidden, set, more = {}) =>
    hand.said({ theta: hand.begin(start, hidden), points: SETS[set], hidden, rate: 20, steps: 0, set, best: null, limit: 5, ...more }).join(" ");
  assert.match(at("z", 0, "xor"), /^The loss is 0\.69, and 14 points of 28 lie on the wrong side\.$/);
  assert.match(at("z", 0, "xor", { steps: 30, best: 0.9 }), /Your own hand reached 0\.90: descent has found better\. No straight line parts/);
  assert.match(at("e", 3, "xor"), /The 3 units are twins/);
  assert.match(at("z", 3, "size"), /No weight gets a gradient/);
  assert.match(at("z", 0, "xor", { steps: 1, rate: 30 }), /After 1 step .* beyond 2\/λ/);
  assert.match(at([NaN, 0, 0], 0, "xor"), /beyond all bounds/);
});

// ---- the smallest game

test("steps and growth in the game are torch's", () => {
  for (const { eta, gamma, rules } of torch.games) {
    for (const [rule, { places, growth }] of Object.entries(rules)) {
      near(rotation.trail(rule, [1, 0.5], eta, gamma, 5).flat(), places.flat(), 1e-9, rule);
      near(rotation.growth(rule, eta, gamma), growth, 1e-9, rule);
    }
  }
});

test("what the page derives of the game holds at every step size", () => {
  for (const eta of rotation.ETAS) {
    near(rotation.growth("simultaneous", eta, 0), Math.sqrt(1 + eta ** 2));
    near(rotation.growth("alternating", eta, 0), 1, 1e-7);
    near(rotation.growth("extragradient", eta, 0), Math.sqrt(1 - eta ** 2 + eta ** 4));
    for (const gamma of rotation.GAMMAS) {
      assert.equal(rotation.growth("simultaneous", eta, gamma) < 1 - 1e-12, gamma > eta + 1e-12);
    }
  }
  const [x, y] = rotation.mean(rotation.trail("alternating", [1, 0], 0.2, 0));
  assert.ok(Math.hypot(x, y) < 0.15);
});

test("the game says who arrives, and its address gives it back", () => {
  assert.match(rotation.said(0.2, 0).join(" "), /no η, however small.*round and round for every η below 2/);
  assert.match(rotation.said(0.2, 0.3).join(" "), /even simultaneous steps arrive/);
  assert.match(rotation.said(0.5, 0.3).join(" "), /too little of it/);
  assert.match(rotation.said(1.2, 0).join(" "), /does not help either/);
  const state = { start: [1.2, -3], eta: 3, gamma: 8 };
  assert.deepEqual(rotation.stateOf(rotation.address(state)), state);
  for (const bad of ["", "#rotation-99_0-3-0", "#rotation-1_0-30-0", "#rotation-1_0-3-31"]) assert.equal(rotation.stateOf(bad), null, bad);
});

// ---- a GAN in the plane

const waves = (n, phase) => Float64Array.from({ length: n }, (_, i) => 0.6 * Math.sin(1.7 * i + phase));
const some = (values) => {
  const all = Array.from(values);
  return [...all.filter((_, i) => i % 7 === 0), all.reduce((a, b) => a + b), Math.hypot(...all)];
};

test("the gradients of both players are torch's", () => {
  const { z, real, fake, judge, judge_gradient, maker, maker_gradient } = torch.gan;
  const players = gan.game(0);
  players.maker.theta.set(waves(players.maker.theta.length, 0.3));
  players.judge.theta.set(waves(players.judge.theta.length, 1.1));
  const mine = net.forward(players.maker, Float64Array.from(z), 5).values.at(-1);
  near(mine, fake, 1e-9, "made");
  const turn = gan.judgeGradient(players, Float64Array.from(real), mine);
  near(turn.loss, judge);
  near(some(turn.gradient), judge_gradient, 1e-9, "D");
  for (const kind of Object.keys(gan.LOSSES)) {
    const step = gan.makerGradient(players, Float64Array.from(z), kind);
    near(step.loss, maker[kind]);
    near(some(step.gradient), maker_gradient[kind], 1e-9, kind);
  }
});

test("the arrows of the two losses point the same way and pull with 1 - D and D", () => {
  const players = gan.game(4);
  const [ns, sat] = ["ns", "sat"].map((kind) => gan.look(players, kind));
  ns.says.forEach((says, i) => {
    const [long, short] = [ns, sat].map(({ pulls }) => Math.hypot(...pulls[i]));
    near(long * says, short * (1 - says), 1e-9);
    near(ns.pulls[i][0] * short, sat.pulls[i][0] * long, 1e-9);
  });
});

test("the same seed plays the same game, and turns move their own network only", () => {
  const settings = { loss: "ns", judgeTurns: 1, makerTurns: 1 };
  const played = [1, 2].map(() => {
    const players = gan.game(3);
    for (let i = 0; i < 5; i++) gan.round(players, gan.SETS.five, settings);
    return players;
  });
  assert.deepEqual(played[0].maker.theta, played[1].maker.theta);
  const before = [played[0].maker, played[0].judge].map(({ theta }) => Float64Array.from(theta));
  gan.judgeTurn(played[0], gan.SETS.five);
  assert.deepEqual(played[0].maker.theta, before[0]);
  assert.notDeepEqual(played[0].judge.theta, before[1]);
  const judge = Float64Array.from(played[0].judge.theta);
  gan.makerTurn(played[0], "ns");
  assert.deepEqual(played[0].judge.theta, judge);
});

test("in turn they find the heaps, in haste they collapse, and a better judge cures it", () => {
  const play = (game, rounds, judgeTurns, makerTurns) => {
    for (let i = 0; i < rounds; i++) gan.round(game, gan.SETS.two, { loss: "ns", judgeTurns, makerTurns });
    return gan.count(gan.SETS.two, gan.look(game, "ns").places);
  };
  const fair = play(gan.game(1), 120, 1, 1);
  assert.ok(fair.covered > 0.8 && fair.spread > 0.7);
  const hasty = gan.game(1);
  const haste = play(hasty, 50, 1, 10);
  assert.ok(haste.covered < 0.6 && haste.spread < 0.35);
  const cured = play(hasty, 80, 5, 1);
  assert.ok(cured.covered > 0.8 && cured.spread > 0.7);
});

test("the game in the plane counts, speaks and has an address", () => {
  assert.deepEqual(gan.count([[0, 0], [1, 1]], [[0, 0.1], [0, -0.1]]).covered, 0.5);
  const base = { rounds: 60, loss: "sat", says: [0.1, 0.3], covered: 0.5, right: 1, spread: 1, judgeTurns: 1, makerTurns: 1 };
  assert.match(plain(gan.said(base).join(" ")), /^After 60 rounds: 50 % of the data .* 20 % on average, so log\(1 − D\) pulls at them with 0\.20; the other loss would with 0\.80\.$/);
  assert.match(gan.said({ ...base, spread: 0.1 }).join(" "), /A collapse/);
  assert.match(gan.said({ ...base, makerTurns: 0 }).join(" "), /D grows surer/);
  const state = { set: "ring", points: gan.SETS.ring, loss: "sat", judgeTurns: 5, makerTurns: 0, seed: 12, rounds: 300 };
  assert.deepEqual(gan.stateOf(gan.address(state)), state);
  const own = { ...state, set: null, points: gan.unpacked("00zzhi") };
  assert.deepEqual(gan.stateOf(gan.address(own)), own);
  for (const bad of ["", "#gan_plane-star-ns-1-1-1-0", "#gan_plane-five-ns-0-0-1-0", "#gan_plane-five-ns-11-1-1-0", "#gan_plane-p0-ns-1-1-1-0"]) {
    assert.equal(gan.stateOf(bad), null, bad);
  }
});

// ---- down a ravine

test("the trails are those of torch's optimisers", () => {
  for (const { kappa, settings, rules } of torch.ravines) {
    for (const [rule, places] of Object.entries(rules)) near(descent.trail(rule, [-2.4, 0.9], kappa, settings, 12).flat(), places.flat(), 1e-7, rule);
  }
});

test("just below the limits the trails come down, just beyond they climb", () => {
  for (const kappa of [1, 25, 100]) {
    for (const mu of descent.MUS) {
      const edge = descent.limits(kappa, mu);
      const end = (rule, eta) => descent.height(descent.trail(rule, [0, 1], kappa, { eta, mu, adam: 1 }, 6000).at(-1), kappa);
      assert.ok(end("gradient descent", 0.99 * edge.descent) < 1e-9 && end("gradient descent", 1.01 * edge.descent) > 1e5);
      assert.ok(end("momentum", 0.99 * edge.momentum) < 1e-9 && end("momentum", 1.01 * edge.momentum) > 1e5);
    }
  }
});

test("the ravine is squeezed, speaks and has an address", () => {
  near(descent.kappaOf(descent.halfOf(25)), 25);
  assert.equal(descent.kappaOf(0), 100);
  const say = (eta) => descent.said([-2.4, 0.9], 25, { eta, mu: 0.7, adam: 0.16 }).join(" ");
  assert.match(say(0.06), /η is below 2\/λ = 0\.08, λ = 25 .* arrives\.$/);
  assert.match(say(0.01), /longer steps would get there sooner/);
  assert.match(say(0.1), /is thousands for gradient descent.*With momentum the limit lies further right/);
  assert.match(say(0.2), /beyond both limits/);
  const state = { start: [-2.4, 0.9], kappa: 25, eta: 30, mu: 4, adam: 38 };
  assert.deepEqual(descent.stateOf(descent.address(state)), state);
  for (const bad of ["", "#descent-n24_9-0-30-4-38", "#descent-n24_9-25-61-4-38", "#descent-n24_9-25-30-8-38"]) assert.equal(descent.stateOf(bad), null, bad);
});
