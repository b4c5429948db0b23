// What the generators are asked, and the ways between drawings. Pure functions, tested by node.
//
// Vectors are Float32Array. A network is asked by functions that give promises; `run(name, inputs)` of book/live/networks
// is one. Everywhere t = 0 is a drawing and t = 1 is noise, as in aesthetic_utils/training/flow.py.
"use strict";

const MakeIt = (() => {
  // ---- chance

  /** Numbers in [0, 1) that follow from a whole number alone (mulberry32). */
  function uniform(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  /** n standard normal numbers of a seed (Box and Muller 1958). */
  function normal(n, seed) {
    const next = uniform(seed);
    return Float32Array.from({ length: n }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
  }

  // ---- ways between two points

  /** Straight from a to b: a + share (b - a). */
  const between = (a, b, share) => a.map((v, i) => v + share * (b[i] - v));

  /** From a to b along the ball on which they lie, so that what is between has the length of a normal vector too. */
  function alongBall(a, b, share) {
    const dot = (x, y) => x.reduce((total, v, i) => total + v * y[i], 0);
    const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
    if (angle < 1e-4) return between(a, b, share);
    const [one, other] = [Math.sin((1 - share) * angle), Math.sin(share * angle)].map((v) => v / Math.sin(angle));
    return a.map((v, i) => one * v + other * b[i]);
  }

  // ---- styles

  const LAYERS = 8; // of the published StyleGAN2
  const SPANS = { coarse: [0, 3], middle: [3, 5], fine: [5, 8] }; // layers, as in lesson 4.4

  const meanOf = (rows) => rows[0].map((_, i) => rows.reduce((total, row) => total + row[i], 0) / rows.length);

  /** mean + psi (w - mean): a style that is pulled towards the mean one. */
  const truncated = (w, mean, psi) => between(mean, w, psi);

  /**
   * The styles of all layers [LAYERS, D] of a drawing between two: `shares` {coarse, middle, fine} from 0 (a) to 1 (b).
   */
  function mixed(a, b, shares) {
    const styles = new Float32Array(LAYERS * a.length);
    for (const [name, [first, end]] of Object.entries(SPANS)) {
      const w = between(a, b, shares[name]);
      for (let layer = first; layer < end; layer++) styles.set(w, layer * a.length);
    }
    return styles;
  }

  // ---- from noise to drawing

  /** Where a way of so many steps stops: 1, ..., 0. */
  const times = (steps) => Array.from({ length: steps + 1 }, (_, i) => 1 - i / steps);

  /** How often a solver asks the network. */
  const evaluations = (solver, steps) => (solver === "heun" ? 2 * steps - 1 : steps);

  /** x + by v. */
  const moved = (x, v, by) => x.map((value, i) => value + by * v[i]);

  /**
   * Follows a velocity from t = 1 to t = 0: by Euler's steps, or Heun's, which go by the mean of both ends (but the last).
   * `velocity(x, t)` gives a promise; `watch({t, x, v})` is called at each stop, v null at the end.
   */
  async function follow(velocity, x, { solver, steps, watch = () => {} }) {
    const stops = times(steps);
    for (let i = 0; i < steps; i++) {
      const [now, then] = [stops[i], stops[i + 1]];
      let v = await velocity(x, now);
      watch({ t: now, x, v });
      const ahead = moved(x, v, then - now);
      if (solver === "heun" && then > 0) {
        const other = await velocity(ahead, then);
        v = v.map((value, k) => (value + other[k]) / 2);
        x = moved(x, v, then - now);
      } else x = ahead;
    }
    watch({ t: 0, x, v: null });
    return x;
  }

  /** The drawing towards which a place heads: x - t v. */
  const heading = ({ t, x, v }) => (v ? moved(x, v, -t) : x);

  // ---- asking

  const LONGEST = 8; // words that the network reads

  /** Words of a text as numbers from 1 in a list of known ones, and those that are not known. */
  function wordNumbers(text, known) {
    const said = text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    const numbers = new Int32Array(LONGEST);
    const found = said.map((word) => known.indexOf(word) + 1).filter(Boolean);
    numbers.set(found.slice(0, LONGEST));
    return { numbers, unknown: said.filter((word) => !known.includes(word)) };
  }

  /**
   * What the network is asked at each step, and the factor of each answer, for one strength of guidance:
   * v() + s (v(asked) - v()). Strength 1 takes one question. asked: {category, designer, words}, 0 for nothing.
   */
  function questions(asked, strength) {
    const nothing = { category: 0, designer: 0, words: new Int32Array(LONGEST) };
    const any = asked.category > 0 || asked.designer > 0 || asked.words.some(Boolean);
    const parts = any ? [[nothing, 1 - strength], [asked, strength]] : [[nothing, 1]];
    return parts.filter(([, factor]) => factor !== 0).map(([what, factor]) => ({ what, factor }));
  }

  /** The inputs of one evaluation: each of `count` pictures in x [count, 3, S, S], once for each question. */
  function inputsOf(parts, x, t, count, side) {
    const n = parts.length * count;
    const per = x.length / count;
    const all = new Float32Array(n * per);
    const [category, designer, words] = [new Int32Array(n), new Int32Array(n), new Int32Array(n * LONGEST)];
    parts.forEach(({ what }, k) => {
      all.set(x, k * x.length);
      for (let i = k * count; i < (k + 1) * count; i++) {
        [category[i], designer[i]] = [what.category, what.designer];
        words.set(what.words, i * LONGEST);
      }
    });
    return {
      x: { data: all, dims: [n, 3, side, side] },
      t: { data: new Float32Array(n).fill(t), dims: [n] },
      category: { data: category, dims: [n] },
      designer: { data: designer, dims: [n] },
      words: { data: words, dims: [n, LONGEST] },
    };
  }

  /** The velocity from the answers to all questions, [questions * count, ...] -> [count, ...]. */
  function guided(parts, answers) {
    const length = answers.length / parts.length;
    const v = new Float32Array(length);
    parts.forEach(({ factor }, k) => {
      for (let i = 0; i < length; i++) v[i] += factor * answers[k * length + i];
    });
    return v;
  }

  // ---- what is shown, and its address

  const TABS = ["gan", "style", "flow"];
  const SOLVERS = ["heun", "euler"];
  const MOST = { seed: 9999, psi: 150, strength: 50, steps: 20, category: 8, designer: 10 };
  const START = {
    tab: "gan",
    gan: { a: 60, b: 78, at: 50 }, // seeds of the two ends, per cent of the way
    style: { a: 64, b: 78, coarse: 0, middle: 100, fine: 0, psi: 70 }, // per cent
    flow: { seed: 3, category: 1, designer: 1, words: "", strength: 30, steps: 8, solver: "heun" }, // tenths
  };

  /** "#make_it-gan-60.78-50", "#make_it-style-64.78-0.100.0-70", "#make_it-flow-3-3.1-30-8-heun-cat.heart" */
  function address({ tab, gan, style, flow }) {
    const parts = {
      gan: () => [`${gan.a}.${gan.b}`, gan.at],
      style: () => [`${style.a}.${style.b}`, `${style.coarse}.${style.middle}.${style.fine}`, style.psi],
      flow: () => [
        flow.seed, `${flow.category}.${flow.designer}`, flow.strength, flow.steps, flow.solver,
        ...(flow.words.trim() ? [encodeURIComponent(flow.words.trim().replace(/[\s.-]+/g, "."))] : []),
      ],
    }; // prettier-ignore
    return `#make_it-${[tab, ...parts[tab]()].join("-")}`;
  }

  /** What an address says: {tab, and its part of the state}, or null. */
  function stateOf(hash) {
    const whole = (text, most, least = 0) => (/^\d+$/.test(text ?? "") && text <= most && text >= least ? Number(text) : NaN);
    const several = (text, most) => (text ?? "").split(".").map((one) => whole(one, most));
    const [name, tab, ...parts] = hash.split("-");
    if (name !== "#make_it" || !TABS.includes(tab)) return null;
    const readers = {
      gan: ([ends, at]) => {
        const [a, b] = several(ends, MOST.seed);
        return { a, b, at: whole(at, 100) };
      },
      style: ([ends, shares, psi]) => {
        const [a, b] = several(ends, MOST.seed);
        const [coarse, middle, fine] = several(shares, 100);
        return { a, b, coarse, middle, fine, psi: whole(psi, MOST.psi) };
      },
      flow: ([seed, asked, strength, steps, solver, words = ""]) => ({
        seed: whole(seed, MOST.seed),
        category: whole(asked?.split(".")[0], MOST.category),
        designer: whole(asked?.split(".")[1], MOST.designer),
        strength: whole(strength, MOST.strength),
        steps: whole(steps, MOST.steps, 1),
        solver: SOLVERS.includes(solver) ? solver : NaN,
        words: decoded(words).replaceAll(".", " "),
      }),
    };
    const part = readers[tab](parts);
    return Object.values(part).some((v) => v === undefined || Number.isNaN(v)) ? null : { tab, part };
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return "";
    }
  }

  // ---- saying it

  const percent = (share) => `${Math.round(share)}\u00a0%`;

  function saidGan({ a, b, at }) {
    if (at === 0 || at === 100) return `Drawing ${at ? b : a}: a hundred numbers drawn at random, and what the generator makes of them.`;
    return (
      `${percent(at)} of the way from drawing ${a} to drawing ${b}. Nobody taught the generator what lies between two drawings; ` +
      "where the way is smooth, it has learned more than a list."
    );
  }

  function saidStyle({ a, b, coarse, middle, fine, psi }) {
    const shares = [["outline", coarse], ["colour", middle], ["finish", fine]];
    const mix = shares.map(([name, share]) => `${name} ${percent(share)}`).join(", ");
    const pulled =
      psi === 0
        ? "With \u03c8 = 0 all that is left is the mean style: one drawing for everybody."
        : psi < 100
          ? `\u03c8 = ${(psi / 100).toFixed(2)} pulls every style towards the mean one: more typical, less various.`
          : "Nothing is pulled towards the mean style: more various, more often wrong.";
    return `Of drawing ${b} (the rest is drawing ${a}): ${mix}. ${pulled}`;
  }

  /** `seconds`: what it took, or null while it is on its way; `unknown`: words that the network does not know. */
  function saidFlow({ strength, steps, solver, category, designer, words }, { t, seconds, unknown }) {
    const asks = evaluations(solver, steps);
    const place = t === 1 ? "Pure noise, and" : t === 0 ? "The end:" : `${percent(100 * t)} of this place is noise, and`;
    const where = t === 1 ? "the large picture is what the network expects of it: a mean of all that it was asked for." : t === 0 ? "no noise is left." : "the large picture is where it heads.";
    const asked = category || designer || words.trim() ? `Asked with strength ${(strength / 10).toFixed(1)}` : "Asked for nothing in particular";
    const cost = seconds === null ? "" : ` It took ${seconds.toFixed(1)} seconds.`;
    const missing = unknown.length ? ` The network does not know: ${unknown.join(", ")}.` : "";
    return `${place} ${where} ${asked}, in ${steps} steps, which ask the network ${asks} times.${cost}${missing}`;
  }

  // ---- pictures

  /** Picture `index` of float [N, 3, S, S] in [-1, 1] as RGBA bytes, cut off at the ends. */
  function rgbaOf(images, side, index = 0) {
    const n = side * side;
    const rgba = new Uint8ClampedArray(4 * n).fill(255);
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < 3; c++) rgba[4 * i + c] = 127.5 * (images[(3 * index + c) * n + i] + 1);
    }
    return rgba;
  }

  return {
    uniform, normal, between, alongBall, LAYERS, SPANS, meanOf, truncated, mixed, times, evaluations, follow, heading,
    LONGEST, wordNumbers, questions, inputsOf, guided, TABS, SOLVERS, MOST, START, address, stateOf, saidGan, saidStyle, saidFlow,
    rgbaOf,
  }; // prettier-ignore
})();

if (typeof module !== "undefined") module.exports = MakeIt;
