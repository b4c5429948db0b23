// Train by hand: points of two kinds, a line or a few hidden units, and gradient descent. Pure functions, tested by node.
// A point is [x, y, kind], x and y from -3 to 3, kind 0 or 1. What is learned is one list of numbers, `theta`.
"use strict";

const ByHand = (() => {
  const net = typeof LiveNet === "undefined" ? require("../net.js") : LiveNet;
  const chart = typeof LiveChart === "undefined" ? require("../chart.js") : LiveChart;
  const REACH = 3; // the plane runs from -REACH to REACH
  const MOST = 6; // hidden units
  const STEPS = 3000; // the most that an address replays
  const RATES = Array.from({ length: 41 }, (_, i) => 0.01 * 10 ** (i / 10)); // 0.01 to 100
  const TENTHS = 10;

  // ---- points

  /** The exclusive or, with some scatter: kind 1 where the signs of x and y differ. */
  function crossed() {
    const random = chart.generator(5);
    return Array.from({ length: 28 }, (_, i) => {
      const [a, b] = [i % 2 ? 1 : -1, i % 4 < 2 ? 1 : -1];
      const near = () => 0.5 + 1.4 * random();
      return [Math.round(TENTHS * a * near()) / TENTHS, Math.round(TENTHS * b * near()) / TENTHS, Number(a !== b)];
    });
  }

  /** The sets by name: those of drawings come in tenths. */
  function sets(data) {
    const scaled = (rows) => rows.map(([x, y, kind]) => [x / TENTHS, y / TENTHS, kind]);
    return { black: scaled(data.black), size: scaled(data.size), xor: crossed() };
  }

  // ---- the network: no hidden units is a line

  const shape = (hidden) => (hidden ? [2, hidden, 1] : [2, 1]);
  const count = (hidden) => (hidden ? 4 * hidden + 1 : 3);
  function built(theta, hidden) {
    const made = net.network(shape(hidden));
    made.theta.set(theta);
    return made;
  }

  /** Where learning begins: "r7" at random with the seed 7, "e" with all units equal, "z" at zero, or given numbers. */
  function begin(start, hidden) {
    if (Array.isArray(start)) return Float64Array.from(start);
    const made = net.network(shape(hidden));
    if (start === "e") {
      made.theta.fill(0.5);
      if (hidden) for (let i = 0; i < hidden; i++) made.theta.set([0.9, 0.5], 2 * i);
    } else if (start !== "z") {
      const random = chart.generator(Number(start.slice(1)));
      net.initialise(made, net.normal(random));
      const first = made.layers[0];
      for (let i = 0; i < first.rows; i++) made.theta[first.b + i] = 1.6 * random() - 0.8; // not all lines through the middle
    }
    return made.theta;
  }

  const flat = (points) => Float64Array.from(points.flatMap(([x, y]) => [x, y]));

  /** Logits of points, and of each hidden unit at each point. */
  function pass(theta, hidden, points) {
    return net.forward(built(theta, hidden), flat(points), points.length);
  }

  /** Mean cross-entropy, in nats, its gradient, and how many points are on the wrong side. */
  function judge(theta, hidden, points) {
    const made = built(theta, hidden);
    const run = net.forward(made, flat(points), points.length);
    const logits = run.values.at(-1);
    let [loss, wrong] = [0, 0];
    const delta = Float64Array.from(logits, (a, i) => {
      const kind = points[i][2];
      loss += net.softplus(kind ? -a : a) / points.length;
      wrong += Number(a > 0 !== Boolean(kind));
      return (net.sigmoid(a) - kind) / points.length;
    });
    return { loss, wrong, gradient: net.backward(made, run, delta).gradient };
  }

  const stepped = (theta, gradient, rate) => theta.map((value, i) => value - rate * gradient[i]);

  /** So many steps of gradient descent. */
  function descend(theta, hidden, points, rate, steps) {
    let now = theta;
    for (let i = 0; i < steps; i++) now = stepped(now, judge(now, hidden, points).gradient, rate);
    return now;
  }

  // ---- curvature

  /** The loss's second derivatives, from differences of gradients. */
  function hessian(theta, hidden, points, nudge = 1e-5) {
    return Array.from(theta, (value, i) => {
      const [up, down] = [1, -1].map((side) => judge(theta.with(i, value + side * nudge), hidden, points).gradient);
      return Array.from(up, (slope, j) => (slope - down[j]) / (2 * nudge));
    });
  }

  /** The largest eigenvalue of a symmetric matrix, by Jacobi's rotations. */
  function largest(matrix) {
    const a = matrix.map((row, i) => row.map((value, j) => (value + matrix[j][i]) / 2));
    const n = a.length;
    for (let sweep = 0; sweep < 12; sweep++) {
      for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, p, q);
    }
    return Math.max(...a.map((row, i) => row[i]));
  }
  /** Turns the plane of the axes p and q so that a[p][q] becomes 0. */
  function rotate(a, p, q) {
    if (Math.abs(a[p][q]) < 1e-15) return;
    const angle = 0.5 * Math.atan2(2 * a[p][q], a[q][q] - a[p][p]);
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    for (const row of a) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
    [a[p], a[q]] = [a[p].map((v, k) => c * v - s * a[q][k]), a[p].map((v, k) => s * v + c * a[q][k])];
  }

  /** The learning rate at which steps in the steepest direction begin to grow: 2 over the largest curvature. */
  function limit(theta, hidden, points) {
    const steepest = largest(hessian(theta, hidden, points));
    return steepest > 1e-9 ? 2 / steepest : Infinity;
  }

  /** Where the loss of a line is smallest, by Newton's method with steps that are halved until they lead down. */
  function bottom(points) {
    let theta = begin("z", 0);
    for (let i = 0; i < 30; i++) {
      const { loss, gradient } = judge(theta, 0, points);
      const curved = hessian(theta, 0, points).map((row, j) => row.with(j, row[j] + 1e-9));
      const step = solve(curved, Array.from(gradient));
      let rate = 1;
      while (rate > 1e-6 && !(judge(stepped(theta, step, rate), 0, points).loss <= loss)) rate /= 2;
      theta = stepped(theta, step, rate);
    }
    return theta;
  }
  /** The solution of a small system of equations (Gauss and Jordan). */
  function solve(matrix, right) {
    const rows = matrix.map((row, i) => [...row, right[i]]);
    const n = rows.length;
    for (let p = 0; p < n; p++) {
      const best = rows.slice(p).reduce((found, row, i) => (Math.abs(row[p]) > Math.abs(rows[found][p]) ? p + i : found), p);
      [rows[p], rows[best]] = [rows[best], rows[p]];
      rows[p] = rows[p].map((value) => value / rows[p][p]);
      for (let i = 0; i < n; i++) if (i !== p) rows[i] = rows[i].map((value, k) => value - rows[i][p] * rows[p][k]);
    }
    return rows.map((row) => row[n]);
  }

  const found = { points: null, edge: Infinity }; // for the points of the last call
  /** The learning rate from which on there is no settling: of a line at its bottom, of hidden units at their weights. */
  function edgeOf({ theta, hidden, points }) {
    if (hidden) return limit(theta, hidden, points);
    if (found.points !== points) Object.assign(found, { points, edge: limit(bottom(points), 0, points) });
    return found.edge;
  }

  // ---- lines: each unit's, or the only one

  /** The weights and the bias of a line: {w: [w1, w2], b, out}, `out` the weight of what it gives on. */
  function lineOf(theta, hidden, unit) {
    const lines = Math.max(1, hidden);
    return {
      w: [theta[2 * unit], theta[2 * unit + 1]],
      b: theta[2 * lines + unit],
      out: hidden ? theta[3 * lines + unit] : 1,
    };
  }
  const withLine = (theta, hidden, unit, { w, b }) => {
    const next = Float64Array.from(theta);
    next.set(w, 2 * unit);
    next[2 * Math.max(1, hidden) + unit] = b;
    return next;
  };
  /** The point of a line next to another point; the point itself where there is no line. */
  function foot({ w, b }, [x, y]) {
    const length2 = w[0] ** 2 + w[1] ** 2;
    if (length2 < 1e-6) return [x, y];
    const away = (w[0] * x + w[1] * y + b) / length2;
    return [x - away * w[0], y - away * w[1]];
  }
  const throughPoint = (w, [x, y]) => ({ w, b: -(w[0] * x + w[1] * y) });

  /** The two ends of a line within the square; null where it misses it. */
  function ends({ w, b }, reach = REACH) {
    const found = [];
    for (const axis of [0, 1]) {
      for (const edge of [-reach, reach]) {
        const other = -(b + w[axis] * edge) / w[1 - axis];
        if (Number.isFinite(other) && Math.abs(other) <= reach + 1e-9) found.push(axis ? [other, edge] : [edge, other]);
      }
    }
    const far = found.find(([x, y]) => Math.hypot(x - found[0][0], y - found[0][1]) > 1e-6);
    return far ? [found[0], far] : null;
  }

  /** Whether several units have the same numbers: one line, drawn several times. */
  function twins(theta, hidden) {
    const keys = Array.from({ length: hidden }, (_, i) => {
      const { w, b, out } = lineOf(theta, hidden, i);
      return [...w, b, out].map((value) => value.toFixed(9)).join();
    });
    return hidden > 1 && new Set(keys).size === 1;
  }

  // ---- the address: "#by_hand-black-3-r1-20-150", or with the points and the numbers themselves

  const digits = (values, scale) => values.map((value) => Math.round(value * scale)).join("_").replaceAll("-", "n");
  const values = (text, scale) => text.split("_").map((part) => Number(part.replace("n", "-")) / scale);

  /** {set, points, hidden, start, rate, steps}: `rate` an index into RATES; `set` is null for points of one's own. */
  function address({ set, points, hidden, start, rate, steps }) {
    const where = set ?? `p${digits(points.flat(), TENTHS)}`;
    const from = Array.isArray(start) ? `h${digits(start, 100)}` : start;
    return `#by_hand-${where}-${hidden}-${from}-${rate}-${Math.min(steps, STEPS)}`;
  }
  function stateOf(hash, known) {
    const found = /^#by_hand-(black|size|xor|p[n\d_]+)-([0-6])-(r\d{1,4}|e|z|h[n\d_]+)-(\d\d?)-(\d{1,4})$/.exec(hash);
    if (!found) return null;
    const [hidden, rate, steps] = [found[2], found[4], found[5]].map(Number);
    const set = found[1] in known ? found[1] : null;
    const numbers = set ? [] : values(found[1].slice(1), TENTHS);
    const points = set ? known[set] : Array.from({ length: numbers.length / 3 }, (_, i) => numbers.slice(3 * i, 3 * i + 3));
    const start = found[3][0] === "h" ? values(found[3].slice(1), 100) : found[3];
    const sound =
      rate < RATES.length && steps <= STEPS && points.length >= 2 && numbers.length % 3 === 0 &&
      points.every(([x, y, kind]) => Math.max(Math.abs(x), Math.abs(y)) <= REACH && (kind === 0 || kind === 1)) &&
      (!Array.isArray(start) || start.length === count(hidden));
    if (!sound) return null;
    return { set, points, hidden, start, rate, steps };
  }

  // ---- saying it

  const decimals = (value) => (value >= 100 ? value.toFixed(0) : value >= 9.95 ? value.toFixed(1) : value.toFixed(value < 0.095 ? 3 : 2));
  const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

  /** What is to be seen: a list of sentences. `best` is the smallest loss that the reader's own hand has reached. */
  function said({ theta, points, hidden, rate, steps, set, best, limit: edge }) {
    const { loss, wrong, gradient } = judge(theta, hidden, points);
    if (!Number.isFinite(loss)) return ["The numbers have grown beyond all bounds: the learning rate is far too large. Start again."];
    const sentences = [];
    const when = steps ? `After ${plural(steps, "step")} the loss is` : "The loss is";
    sentences.push(`${when} ${decimals(loss)}, and ${wrong ? plural(wrong, "point") : "no point"} of ${points.length} ${wrong === 1 || !wrong ? "lies" : "lie"} on the wrong side.`);
    if (steps && best !== null) {
      const verdict = loss < best - 0.005 ? "descent has found better" : loss > best + 0.005 ? "descent is not there yet" : "descent has found no better";
      sentences.push(`Your own hand reached ${decimals(best)}: ${verdict}.`);
    }
    if (hidden && gradient.slice(0, -1).every((slope) => slope === 0)) {
      const balanced = Math.abs(gradient.at(-1)) < 1e-12;
      sentences.push(
        balanced
          ? "No weight gets a gradient, and with as many points of each kind the last bias gets none either: the answer is ½ everywhere."
          : "No weight gets a gradient, only the last bias: whatever the point, the answer is the same.",
      );
    } else if (twins(theta, hidden)) {
      sentences.push(`The ${hidden} units are twins. They get the same gradient, and stay one line for ever.`);
    }
    if (steps && RATES[rate] > edge) {
      const there = hidden ? "here: along the steepest direction each step lands further up on the other side" : "at the bottom: near it each step lands further up on the other side, so it cannot settle there";
      sentences.push(`The rate is beyond 2/λ ${there}.`);
    }
    if (!hidden && set === "xor" && steps > 20) sentences.push("No straight line parts these points. Give the network hidden units.");
    return sentences;
  }

  return {
    REACH, MOST, STEPS, RATES, sets, shape, count, begin, pass, judge, stepped, descend, hessian, largest, limit, bottom, edgeOf,
    lineOf, withLine, foot, throughPoint, ends, twins, address, stateOf, decimals, said,
  };
})();

if (typeof module !== "undefined") module.exports = ByHand;
