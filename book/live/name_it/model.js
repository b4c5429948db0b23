// Drawings of 64 x 64 pixels as the classifiers get them, what these say, and what covering a part does. Pure functions.
"use strict";

const NameIt = (() => {
  const SIDE = 64; // pixels of the drawing
  const SMALL = 32; // pixels of what the networks see
  const PATCH = 8; // of these, the side of the square that covers
  const STEP = 2; // from one place of it to the next
  const PLACES = (SMALL - PATCH) / STEP + 1; // of the square in a row

  /** RGBA bytes of 64 x 64 pixels -> Float32 [3, 32, 32] in [0, 1]: means of four, rounded to 256 levels, as in training. */
  function halved(rgba) {
    const small = new Float32Array(3 * SMALL * SMALL);
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < SMALL; y++) {
        for (let x = 0; x < SMALL; x++) {
          const at = (row, column) => rgba[4 * ((2 * y + row) * SIDE + 2 * x + column) + c];
          const mean = (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
          small[(c * SMALL + y) * SMALL + x] = even(mean) / 255;
        }
      }
    }
    return small;
  }

  /** Rounded to the nearest whole number, halves to the even one, as torch does. */
  function even(value) {
    const low = Math.floor(value);
    if (value - low !== 0.5) return Math.round(value);
    return low % 2 ? low + 1 : low;
  }

  /** Logits of N pictures, one after the other -> N lists of probabilities. */
  function chancesOf(logits, classes) {
    return Array.from({ length: logits.length / classes }, (_, i) => {
      const own = [...logits.subarray(i * classes, (i + 1) * classes)];
      const most = Math.max(...own);
      const powers = own.map((v) => Math.exp(v - most));
      const sum = powers.reduce((a, b) => a + b, 0);
      return powers.map((v) => v / sum);
    });
  }

  const best = (chances) => chances.indexOf(Math.max(...chances));

  /** The mean colour of a small picture, [r, g, b]. */
  const meanOf = (small) =>
    [0, 1, 2].map((c) => {
      const part = small.subarray(c * SMALL * SMALL, (c + 1) * SMALL * SMALL);
      return part.reduce((a, b) => a + b, 0) / part.length;
    });

  const WHITE = [1, 1, 1];

  /** A copy with a square of one colour, its upper left corner at x, y; what lies outside is left out. */
  function covered(small, x, y, colour = WHITE) {
    const copy = small.slice();
    for (let c = 0; c < 3; c++) {
      for (let row = Math.max(0, y); row < Math.min(SMALL, y + PATCH); row++) {
        const line = (c * SMALL + row) * SMALL;
        copy.fill(colour[c], line + Math.max(0, x), line + Math.min(SMALL, x + PATCH));
      }
    }
    return copy;
  }

  /** A row of places: Float32 [13, 3, 32, 32], the square's top at y. */
  function coveredRow(small, y, colour = WHITE) {
    const size = small.length;
    const row = new Float32Array(PLACES * size);
    for (let i = 0; i < PLACES; i++) row.set(covered(small, i * STEP, y, colour), i * size);
    return row;
  }

  /** How far the probability falls on average where the square covers a pixel: 169 probabilities -> Float32 [32, 32]. */
  function fallsOf(probability, coveredChances) {
    const total = new Float32Array(SMALL * SMALL);
    const count = new Float32Array(SMALL * SMALL);
    coveredChances.forEach((chance, place) => {
      const [top, left] = [Math.floor(place / PLACES) * STEP, (place % PLACES) * STEP];
      for (let y = top; y < top + PATCH; y++) {
        for (let x = left; x < left + PATCH; x++) {
          total[y * SMALL + x] += probability - chance;
          count[y * SMALL + x] += 1;
        }
      }
    });
    return total.map((sum, i) => sum / count[i]);
  }

  // ---- words

  const percent = (share) => `${Math.round(100 * share)}\u00a0%`;
  const THIRDS = { down: ["at the top", "in the middle", "at the bottom"], across: ["on the left", "", "on the right"] };

  /** Where a place of the square lies, in words. */
  function whereIs(place) {
    const third = (i) => Math.min(2, Math.floor((3 * i) / PLACES));
    const words = [THIRDS.down[third(Math.floor(place / PLACES))], THIRDS.across[third(place % PLACES)]];
    return words.filter(Boolean).join(", ");
  }

  /** What the classifiers say, and of a held-out drawing whether it is true. */
  function verdict({ category, designer, names, truth }) {
    const [c, d] = [best(category), best(designer)];
    const said = `${names.categories[c]} (${percent(category[c])}), by the hand of ${names.designers[d]} (${percent(designer[d])}).`;
    if (!truth) return `The networks say: ${said} They have to name something, whatever it is.`;
    const right = (guess, is) => (guess === is ? "right" : "wrong");
    const [kind, hand] = [names.categories[truth.category], names.designers[truth.designer]];
    return (
      `The networks say: ${said} It is ${kind}, by ${hand}: ${right(c, truth.category)} about the kind, ` +
      `${right(d, truth.designer)} about the hand.`
    );
  }

  /** What covering showed. `coveredChances` are those of the class by place. */
  function reason({ name, probability, coveredChances, other }) {
    const least = coveredChances.indexOf(Math.min(...coveredChances));
    const most = coveredChances.indexOf(Math.max(...coveredChances));
    const fall = probability - coveredChances[least];
    const rise = coveredChances[most] - probability;
    const start = `Uncovered, ${name} has ${percent(probability)}.`;
    const up = rise > 0.05 ? ` Covered ${whereIs(most)} it even rises, to ${percent(coveredChances[most])}.` : "";
    if (fall < 0.05) {
      return `${start} No square of this size takes more than ${percent(Math.max(0, fall))} from it: it does not hang on one place.${up}`;
    }
    const becomes = other ? ` and the first place goes to ${other}` : "";
    return `${start} Covered ${whereIs(least)} it falls to ${percent(coveredChances[least])}${becomes}: it hangs most on what is there.${up}`;
  }

  // ---- the address

  const codeOf = (idea, hand) => `#name_it-${idea}.${hand}`;

  /** {idea, hand} as places in the lists, from an address, or null. */
  function stateOf(hash, { ideas, hands }) {
    const found = /^#name_it-([\w-]+)\.([\w-]+)$/.exec(hash);
    const idea = ideas.findIndex(([name]) => name === found?.[1]);
    const hand = hands.indexOf(found?.[2]);
    return idea < 0 || hand < 0 ? null : { idea, hand };
  }

  return {
    SIDE, SMALL, PATCH, STEP, PLACES, WHITE, halved, chancesOf, best, meanOf, covered, coveredRow, fallsOf, percent, whereIs,
    verdict, reason, codeOf, stateOf,
  };
})();

if (typeof module !== "undefined") module.exports = NameIt;
