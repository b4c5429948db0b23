// Evolution by choice: nine latent vectors, of which the reader chooses one to be the parent of the next. Pure functions.
// A state is {seed, steps: [{reach, choice}, ...], reach}: reach in tenths, from 0 (copies) to 10 (strangers); choice 0 to 8.
"use strict";

const Evolve = (() => {
  const { generator, wilson, percent } = typeof LiveChart === "undefined" ? require("../chart.js") : LiveChart;
  const SEEDS = 36 ** 5;
  const COUNT = 9;
  const MIDDLE = 4; // where the parent stays
  const LATENT = 100; // numbers of the DCGAN's latent vector
  const SIDE = 32; // pixels of a drawing
  const REACH = 6;
  const ENOUGH = 4; // generations after which the blind test is offered
  const PAIRS = 6;
  const NEAR = 3; // reach of the children in the blind test

  /** Independent standard normal numbers (Box and Muller). */
  function normals(n, random) {
    const found = new Float32Array(n + 1);
    for (let i = 0; i < n; i += 2) {
      const [length, turn] = [Math.sqrt(-2 * Math.log(1 - random())), 2 * Math.PI * random()];
      found[i] = length * Math.cos(turn);
      found[i + 1] = length * Math.sin(turn);
    }
    return found.subarray(0, n);
  }

  /**
   * A child: sqrt(1 - r^2) z + r e with fresh normal e and r = reach / 10. Whoever comes from a standard normal law, as the
   * generator expects, has children of that law, however many generations go by.
   */
  function child(parent, noise, reach) {
    const r = reach / 10;
    const kept = Math.sqrt(1 - r * r);
    return parent.map((value, i) => kept * value + r * noise[i]);
  }

  /** How parent and child correlate, over many numbers. */
  const likeness = (reach) => Math.sqrt(1 - (reach / 10) ** 2);

  const noiseOf = (seed, turn) => {
    const random = generator(seed + 7919 * turn);
    return Array.from({ length: COUNT }, () => normals(LATENT, random));
  };

  /** The nine latent vectors now; the parent is in the middle, except at the very beginning. */
  function generation({ seed, steps, reach }) {
    let now = noiseOf(seed, 0);
    steps.forEach(({ choice }, i) => {
      const parent = now[choice];
      const far = steps[i + 1]?.reach ?? reach; // each generation was made with the reach that was set when one chose in it
      now = noiseOf(seed, i + 1).map((noise, place) => (place === MIDDLE ? parent : child(parent, noise, far)));
    });
    return now;
  }

  /** The latent vectors that were chosen, in their order. */
  function ancestors(state) {
    return state.steps.map(({ reach, choice }, i) => generation({ ...state, steps: state.steps.slice(0, i), reach })[choice]);
  }

  const choose = (state, choice) => ({ ...state, steps: [...state.steps, { reach: state.reach, choice }] });
  const back = (state) => ({ ...state, steps: state.steps.slice(0, -1), reach: state.steps.at(-1)?.reach ?? state.reach });

  /** Pairs [{own, left, right}] of latent vectors: a child of the last choice and a stranger; `own` is the side of the child. */
  function blindPairs(state) {
    const parent = ancestors(state).at(-1);
    const random = generator(state.seed + 104_729 * (state.steps.length + 1));
    return Array.from({ length: PAIRS }, () => {
      const own = child(parent, normals(LATENT, random), NEAR);
      const other = normals(LATENT, random);
      return random() < 0.5 ? { own: "left", left: own, right: other } : { own: "right", left: other, right: own };
    });
  }

  /** Picture `index` of a network's output, floats [N, 3, 32, 32] from -1 to 1, as RGBA bytes. */
  function pixels(output, index) {
    const area = SIDE * SIDE;
    const bytes = new Uint8ClampedArray(4 * area).fill(255);
    for (let c = 0; c < 3; c++) {
      const plane = (3 * index + c) * area;
      for (let i = 0; i < area; i++) bytes[4 * i + c] = 127.5 * (output[plane + i] + 1);
    }
    return bytes;
  }

  // ---- saying it

  function said({ steps, reach }) {
    if (!steps.length) return "Nine drawings out of chance. Press the one that you like best.";
    const near = likeness(reach).toFixed(2);
    const first = `Generation ${steps.length + 1}: in the middle your choice, around it eight children. `;
    if (reach === 0) return `${first}With a reach of 0 they are copies.`;
    if (reach === 10) return `${first}With a reach of 1 they are strangers: nothing of your choice is left in them.`;
    return `${first}Their latent vectors correlate by ${near} with that of your choice.`;
  }

  /** After the blind test: how often a child of one's own choice was taken. */
  function verdict(own, n) {
    const { low, high } = wilson(own, n);
    const sure = low > 0.5 ? "Your choices have led somewhere that you like." : high < 0.5
      ? "You like strangers better than where you led it." : "That does not rule out a coin: perhaps you have led it nowhere.";
    return (
      `Not knowing which was which, you took a child of your last choice before a stranger in ${own} of ${n} pairs, ` +
      `interval ${Math.round(100 * low)} to ${percent(high)}. ${sure}`
    );
  }

  // ---- the address: "#evolve-0001a-6-63.40": seed, reach now, and for each step its reach and its choice

  const digit = (n) => n.toString(36);
  const address = ({ seed, steps, reach }) =>
    `#evolve-${seed.toString(36).padStart(5, "0")}-${digit(reach)}` +
    (steps.length ? "-" + steps.map((step) => digit(step.reach) + step.choice).join(".") : "");
  function stateOf(hash) {
    const found = /^#evolve-([0-9a-z]{5})-([0-9a])(?:-((?:[0-9a][0-8])(?:\.[0-9a][0-8])*))?$/.exec(hash);
    if (!found) return null;
    const steps = (found[3]?.split(".") ?? []).map(([reach, choice]) => ({ reach: parseInt(reach, 36), choice: Number(choice) }));
    return { seed: parseInt(found[1], 36), reach: parseInt(found[2], 36), steps };
  }

  return {
    SEEDS, COUNT, MIDDLE, LATENT, SIDE, REACH, ENOUGH, PAIRS, normals, child, likeness, generation, ancestors, choose, back,
    blindPairs, pixels, said, verdict, address, stateOf,
  };
})();

if (typeof module !== "undefined") module.exports = Evolve;
