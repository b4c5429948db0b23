// The smallest game: V = x·y - (γ/2)·y², which one player lowers by x and the other raises by y. Pure functions, tested by node.
"use strict";

const Rotation = (() => {
  const RULES = ["simultaneous", "alternating", "extragradient"];
  const ETAS = Array.from({ length: 30 }, (_, i) => (i + 1) / 20); // length of a step, 0.05 to 1.5
  const GAMMAS = Array.from({ length: 31 }, (_, i) => i / 20); // weight of the penalty, 0 to 1.5
  const STEPS = 150;
  const FAR = 30; // where a trail is given up
  const REACH = 3;

  /** Where the players want to go: -∂V/∂x and ∂V/∂y. */
  const field = ([x, y], gamma) => [-y, x - gamma * y];

  /** One step of a rule. */
  function step(rule, [x, y], eta, gamma) {
    const [right, up] = field([x, y], gamma);
    if (rule === "simultaneous") return [x + eta * right, y + eta * up];
    if (rule === "alternating") {
      const next = x + eta * right;
      return [next, y + eta * field([next, y], gamma)[1]];
    }
    const [a, b] = field([x + eta * right, y + eta * up], gamma); // the field one step ahead
    return [x + eta * a, y + eta * b];
  }

  /** The places of a trail, the start among them. */
  function trail(rule, start, eta, gamma, steps = STEPS) {
    const places = [start];
    while (places.length <= steps && Math.hypot(...places.at(-1)) < FAR) places.push(step(rule, places.at(-1), eta, gamma));
    return places;
  }

  /** By what a step multiplies the distance from the solution in the long run: the length of the larger eigenvalue. */
  function growth(rule, eta, gamma) {
    const [[a, c], [b, d]] = [step(rule, [1, 0], eta, gamma), step(rule, [0, 1], eta, gamma)];
    const [half, det] = [(a + d) / 2, a * d - b * c];
    const under = half * half - det;
    return under < 0 ? Math.sqrt(det) : Math.abs(half) + Math.sqrt(under);
  }

  const mean = (places) => [0, 1].map((axis) => places.reduce((sum, place) => sum + place[axis], 0) / places.length);

  // ---- the address: "#rotation-10_0-4-0": start in tenths, indices into ETAS and GAMMAS

  function address({ start, eta, gamma }) {
    const place = start.map((value) => Math.round(10 * value)).join("_").replaceAll("-", "n");
    return `#rotation-${place}-${eta}-${gamma}`;
  }
  function stateOf(hash) {
    const found = /^#rotation-(n?\d\d?)_(n?\d\d?)-(\d\d?)-(\d\d?)$/.exec(hash);
    if (!found) return null;
    const start = found.slice(1, 3).map((text) => Number(text.replace("n", "-")) / 10);
    const [eta, gamma] = found.slice(3).map(Number);
    const sound = start.every((value) => Math.abs(value) <= REACH) && eta < ETAS.length && gamma < GAMMAS.length;
    return sound ? { start, eta, gamma } : null;
  }

  // ---- saying it

  const way = (factor) => (Math.abs(factor - 1) < 5e-10 ? "round and round" : factor < 1 ? "inwards" : "outwards");

  /** What the three rules do in the long run: [{rule, factor, way}, ...]. */
  const fates = (eta, gamma) =>
    RULES.map((rule) => {
      const factor = growth(rule, eta, gamma);
      return { rule, factor, way: way(factor) };
    });

  /** What follows: a list of sentences. */
  function said(eta, gamma) {
    const [first, second, third] = fates(eta, gamma);
    const sentences = [];
    if (gamma === 0) {
      sentences.push("Simultaneous steps lead outwards, and no η, however small, turns them inwards.");
      sentences.push(`Alternating steps lead ${second.way} for every η below 2.`);
    } else if (first.factor < 1) {
      sentences.push(`The penalty works like friction. With γ = ${gamma}, more than η, even simultaneous steps arrive.`);
    } else {
      sentences.push(`The penalty works like friction, but with γ = ${gamma} there is too little of it: simultaneous steps need more than η = ${eta}.`);
    }
    if (third.factor >= 1) sentences.push("With steps as long as these, looking one step ahead does not help either.");
    return sentences;
  }

  return { RULES, ETAS, GAMMAS, STEPS, REACH, field, step, trail, growth, mean, address, stateOf, fates, said };
})();

if (typeof module !== "undefined") module.exports = Rotation;
