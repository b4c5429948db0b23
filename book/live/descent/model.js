// Down a ravine: L = (x² + κ·y²) / 2, by gradient descent, with momentum and with Adam. Pure functions, tested by node.
"use strict";

const Descent = (() => {
  const { adamState, adam } = typeof LiveNet === "undefined" ? require("../net.js") : LiveNet;
  const RULES = ["gradient descent", "momentum", "Adam"];
  const ETAS = Array.from({ length: 61 }, (_, i) => 0.002 * 10 ** (i / 20)); // 0.002 to 2
  const MUS = [0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
  const KAPPAS = [1, 100]; // how many times as steep across as along
  const STEPS = 60;
  const LOOK = 20; // the step whose heights are read aloud
  const FAR = 1e6; // a height at which a trail is given up
  const REACH = 3;
  const RIM = 2.2; // half the length of the contour line with the handle

  const height = ([x, y], kappa) => (x * x + kappa * y * y) / 2;
  const slope = ([x, y], kappa) => [x, kappa * y];

  /** Places from the start on. `settings` {eta, mu, adam}, the last Adam's own η. */
  function trail(rule, start, kappa, settings, steps = STEPS) {
    const places = [start];
    const at = Float64Array.from(start);
    const velocity = [0, 0];
    const state = adamState(2);
    while (places.length <= steps && height(at, kappa) < FAR) {
      const g = slope(at, kappa);
      if (rule === "Adam") adam(at, g, state, { eta: settings.adam });
      else {
        const mu = rule === "momentum" ? settings.mu : 0;
        for (const i of [0, 1]) {
          velocity[i] = mu * velocity[i] + g[i];
          at[i] -= settings.eta * velocity[i];
        }
      }
      places.push(Array.from(at));
    }
    return places;
  }

  /** The η from which on steps grow: 2/λ for descent, 2 (1 + μ)/λ with momentum, λ the steepest curvature. */
  const limits = (kappa, mu) => ({ descent: 2 / Math.max(1, kappa), momentum: (2 * (1 + mu)) / Math.max(1, kappa) });

  /** The curvature that makes a contour line of half the length RIM so wide (half), and back. */
  const kappaOf = (half) => Math.min(KAPPAS[1], Math.max(KAPPAS[0], (RIM / Math.max(half, 1e-9)) ** 2));
  const halfOf = (kappa) => RIM / Math.sqrt(kappa);

  // ---- the address: "#descent-n22_10-25-30-4-45": start in tenths, κ, indices of η and μ, index of Adam's η

  function address({ start, kappa, eta, mu, adam: own }) {
    const place = start.map((value) => Math.round(10 * value)).join("_").replaceAll("-", "n");
    return `#descent-${place}-${Math.round(kappa)}-${eta}-${mu}-${own}`;
  }
  function stateOf(hash) {
    const found = /^#descent-(n?\d\d?)_(n?\d\d?)-(\d{1,3})-(\d\d?)-(\d)-(\d\d?)$/.exec(hash);
    if (!found) return null;
    const start = found.slice(1, 3).map((text) => Number(text.replace("n", "-")) / 10);
    const [kappa, eta, mu, own] = found.slice(3).map(Number);
    const sound =
      start.every((value) => Math.abs(value) <= REACH) && kappa >= KAPPAS[0] && kappa <= KAPPAS[1] &&
      eta < ETAS.length && own < ETAS.length && mu < MUS.length;
    return sound ? { start, kappa, eta, mu, adam: own } : null;
  }

  // ---- saying it

  const figures = (value) => (value >= 1000 ? "thousands" : value >= 10 ? value.toFixed(0) : value >= 0.001 ? String(Number(value.toPrecision(2))) : "under 0.001");

  /** What is to be seen: a list of sentences. `settings` as for `trail`. */
  function said(start, kappa, settings) {
    const edge = limits(kappa, settings.mu);
    const ends = RULES.map((rule) => trail(rule, start, kappa, settings, LOOK).at(-1)).map((at) => figures(height(at, kappa)));
    const sentences = [
      `After ${LOOK} steps the height, ${figures(height(start, kappa))} at the start, is ${ends[0]} for gradient descent, ` +
        `${ends[1]} with momentum, ${ends[2]} with Adam.`,
    ];
    if (settings.eta > edge.momentum) sentences.push("η is beyond both limits: gradient descent climbs, with and without momentum.");
    else if (settings.eta > edge.descent) {
      sentences.push("η is beyond 2/λ: gradient descent climbs, each step landing further up on the other side. With momentum the limit lies further right.");
    } else {
      const best = 2 / (1 + kappa);
      const slow = settings.eta < 0.5 * best ? " and longer steps would get there sooner" : "";
      sentences.push(`η is below 2/λ = ${figures(edge.descent)}, λ = ${Math.round(kappa)} being the curvature across: gradient descent arrives${slow}.`);
    }
    return sentences;
  }

  return { RULES, ETAS, MUS, KAPPAS, STEPS, REACH, RIM, height, slope, trail, limits, kappaOf, halfOf, address, stateOf, figures, said };
})();

if (typeof module !== "undefined") module.exports = Descent;
