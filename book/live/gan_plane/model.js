// A GAN in the plane: two small networks in turn, the points they fight over, and what can be counted. Pure functions
// but for `game`, whose networks learn; all chance follows from a seed. Tested by node.
"use strict";

const GanPlane = (() => {
  const net = typeof LiveNet === "undefined" ? require("../net.js") : LiveNet;
  const { generator } = typeof LiveChart === "undefined" ? require("../chart.js") : LiveChart;
  const REACH = 2; // the plane runs from -REACH to REACH
  const NOISE = 2; // length of z
  const WIDTH = 16; // units of each hidden layer
  const LEAK = 0.2;
  const BATCH = 64; // real points, and generated ones, that a turn looks at
  const SHOWN = 128; // generated points that are drawn and counted
  const ADAM = { eta: 0.004, beta1: 0.5, beta2: 0.999 };
  const NEAR = 0.3; // two points are near each other
  const HEAP = 0.35; // of the data's width: less is a collapse
  const ROUNDS = 3000; // the most that an address replays
  const CELLS = 36; // along a side, for points that are drawn by hand
  const MOST = 150; // of them
  const LOSSES = { ns: "−log D", sat: "log(1 − D)" };
  const TURNS = 10; // the most that a player takes in a row

  // ---- data

  const around = (count, radius, spread, n) => {
    const random = generator(7);
    const next = net.normal(random);
    return Array.from({ length: n }, (_, i) => {
      const angle = (2 * Math.PI * (count ? i % count : random() * n)) / (count || n) + 0.4;
      return [radius * Math.cos(angle) + spread * next(), radius * Math.sin(angle) + spread * next()];
    });
  };
  const SETS = { two: around(2, 1.1, 0.14, 120), five: around(5, 1.3, 0.1, 120), ring: around(0, 1.3, 0.07, 120) };

  // ---- losses

  /** The discriminator's loss and its derivatives by the logits: of real points first, then of as many generated ones. */
  function judgeLoss(logits, real) {
    const fake = logits.length - real;
    let loss = 0;
    const delta = Float64Array.from(logits, (a, i) => {
      loss += i < real ? net.softplus(-a) / real : net.softplus(a) / fake;
      return i < real ? -net.sigmoid(-a) / real : net.sigmoid(a) / fake;
    });
    return { loss, delta };
  }
  /** The generator's: "ns" is -log D, "sat" is log(1 - D). */
  function makerLoss(logits, kind) {
    let loss = 0;
    const delta = Float64Array.from(logits, (a) => {
      loss += (kind === "ns" ? net.softplus(-a) : -net.softplus(a)) / logits.length;
      return -(kind === "ns" ? net.sigmoid(-a) : net.sigmoid(a)) / logits.length;
    });
    return { loss, delta };
  }

  const flat = (points) => Float64Array.from(points.flat());
  const rows = (values) => Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i], values[2 * i + 1]]);

  // ---- the game

  /** Two new networks, their optimisers, and their chance. */
  function game(seed) {
    const random = generator(seed);
    const next = net.normal(random);
    const maker = net.network([NOISE, WIDTH, WIDTH, 2], LEAK);
    const judge = net.network([2, WIDTH, WIDTH, 1], LEAK);
    for (const player of [maker, judge]) net.initialise(player, next);
    const seen = generator(seed + 1);
    const z = Float64Array.from({ length: SHOWN * NOISE }, net.normal(seen)); // the same ones are shown all the time
    return {
      maker, judge, random, next, z, rounds: 0,
      makerState: net.adamState(maker.theta.length), judgeState: net.adamState(judge.theta.length),
    };
  }
  const noise = ({ next }, n) => Float64Array.from({ length: n * NOISE }, next);

  /** The gradient of the discriminator's loss by its own numbers. */
  function judgeGradient({ judge }, real, fake) {
    const n = (real.length + fake.length) / 2;
    const all = new Float64Array(2 * n);
    all.set(real);
    all.set(fake, real.length);
    const run = net.forward(judge, all, n);
    const { loss, delta } = judgeLoss(run.values.at(-1), real.length / 2);
    return { loss, gradient: net.backward(judge, run, delta).gradient };
  }
  /** The gradient of the generator's loss, through the discriminator, by the generator's numbers. */
  function makerGradient({ maker, judge }, z, kind) {
    const n = z.length / NOISE;
    const made = net.forward(maker, z, n);
    const run = net.forward(judge, made.values.at(-1), n);
    const { loss, delta } = makerLoss(run.values.at(-1), kind);
    const { input } = net.backward(judge, run, delta);
    return { loss, gradient: net.backward(maker, made, input).gradient };
  }

  function judgeTurn(players, points) {
    const real = new Float64Array(2 * BATCH);
    for (let i = 0; i < BATCH; i++) real.set(points[Math.floor(players.random() * points.length)], 2 * i);
    const fake = net.forward(players.maker, noise(players, BATCH), BATCH).values.at(-1);
    const { loss, gradient } = judgeGradient(players, real, fake);
    net.adam(players.judge.theta, gradient, players.judgeState, ADAM);
    return loss;
  }
  function makerTurn(players, kind) {
    const { loss, gradient } = makerGradient(players, noise(players, BATCH), kind);
    net.adam(players.maker.theta, gradient, players.makerState, ADAM);
    return loss;
  }
  /** A round: so many turns of the discriminator, then so many of the generator. */
  function round(players, points, { loss, judgeTurns, makerTurns }) {
    for (let i = 0; i < judgeTurns; i++) judgeTurn(players, points);
    for (let i = 0; i < makerTurns; i++) makerTurn(players, loss);
    players.rounds++;
  }

  // ---- what is seen

  /** Generated points, what the discriminator says of each (0 to 1), and where each one's loss sends it. */
  function look({ maker, judge, z }, kind) {
    const made = net.forward(maker, z, SHOWN).values.at(-1);
    const run = net.forward(judge, made, SHOWN);
    const logits = run.values.at(-1);
    const { delta } = makerLoss(logits, kind);
    const { input } = net.backward(judge, run, delta);
    return { places: rows(made), says: Array.from(logits, net.sigmoid), pulls: rows(input.map((slope) => -SHOWN * slope)) };
  }
  const field = ({ judge }, places) => net.forward(judge, flat(places), places.length).values.at(-1);

  const share = (from, to) => from.filter(([x, y]) => to.some(([u, v]) => Math.hypot(x - u, y - v) < NEAR)).length / from.length;
  /** Root of the mean squared distance from the middle. */
  function width(points) {
    const middle = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
    return Math.sqrt(points.reduce((sum, [x, y]) => sum + (x - middle[0]) ** 2 + (y - middle[1]) ** 2, 0) / points.length);
  }
  /**
   * Which share of the data has a generated point near it, and the other way round, both 0 to 1; and how wide what is
   * generated is spread, as a share of the data's width.
   */
  const count = (points, places) => ({
    covered: share(points, places), right: share(places, points), spread: width(places) / width(points),
  });

  // ---- the address: "#gan_plane-five-ns-1-1-3-400": set or points, loss, turns of D and of G, seed, rounds

  const digit = (value) => Math.min(CELLS - 1, Math.max(0, Math.round(((value + REACH) / (2 * REACH)) * (CELLS - 1)))).toString(CELLS);
  const value = (text) => (parseInt(text, CELLS) / (CELLS - 1)) * 2 * REACH - REACH;
  const packed = (points) => points.map(([x, y]) => digit(x) + digit(y)).join("");
  const unpacked = (text) => (text.match(/../g) ?? []).map(([x, y]) => [value(x), value(y)]);

  function address({ set, points, loss, judgeTurns, makerTurns, seed, rounds }) {
    const where = set ?? `p${packed(points)}`;
    return `#gan_plane-${where}-${loss}-${judgeTurns}-${makerTurns}-${seed}-${Math.min(rounds, ROUNDS)}`;
  }
  function stateOf(hash) {
    const found = /^#gan_plane-(two|five|ring|p(?:[0-9a-z]{2})+)-(ns|sat)-(\d\d?)-(\d\d?)-(\d{1,4})-(\d{1,4})$/.exec(hash);
    if (!found) return null;
    const [judgeTurns, makerTurns, seed, rounds] = found.slice(3).map(Number);
    const set = found[1] in SETS ? found[1] : null;
    const points = set ? SETS[set] : unpacked(found[1].slice(1));
    const sound = Math.max(judgeTurns, makerTurns) <= TURNS && judgeTurns + makerTurns > 0 && rounds <= ROUNDS && points.length <= MOST;
    return sound ? { set, points, loss: found[2], judgeTurns, makerTurns, seed, rounds } : null;
  }

  // ---- saying it

  const percent = (part) => `${Math.round(100 * part)}\u00a0%`;

  /** What is to be seen: a list of sentences. `seen` is what `look` and `count` found. */
  function said({ rounds, loss, says, covered, right, spread, judgeTurns, makerTurns }) {
    const mean = says.reduce((a, b) => a + b, 0) / says.length;
    const pull = loss === "ns" ? 1 - mean : mean;
    const other = 1 - pull;
    const sentences = [
      `After ${rounds} round${rounds === 1 ? "" : "s"}: ${percent(covered)} of the data have a generated point near them, and ${percent(right)} of the generated points have data near them.`,
      `D gives the generated points ${percent(mean)} on average, so ${LOSSES[loss]} pulls at them with ${pull.toFixed(2)}; the other loss would with ${other.toFixed(2)}.`,
    ];
    if (rounds >= 20 && makerTurns && spread < HEAP) sentences.push("A collapse: G makes nearly the same point every time, and carries it off when D has found it out.");
    if (!judgeTurns) sentences.push("D does not move: G runs to wherever D's hill is highest.");
    if (!makerTurns) sentences.push("G does not move: D grows surer and surer.");
    return sentences;
  }

  return {
    REACH, SETS, SHOWN, BATCH, ADAM, ROUNDS, MOST, TURNS, LOSSES, judgeLoss, makerLoss, game, judgeGradient, makerGradient,
    judgeTurn, makerTurn, round, look, field, count, address, stateOf, packed, unpacked, said,
  };
})();

if (typeof module !== "undefined") module.exports = GanPlane;
