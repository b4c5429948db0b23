// What one output of a stack of layers sees: pure functions, tested by node against torch.
// One dimension. A layer is {kind, k, s, d, P}: "c" for a convolution or "p" for a pooling, width, stride, dilation,
// padding. Level 0 is the picture, level t what layer t gives; cells are counted from 0.
"use strict";

const Stack = (() => {
  const PIXELS = 32; // of the picture, as in the two-block network
  const MOST = 6; // layers
  const LIMITS = { k: [1, 7], s: [1, 3], P: [0, 4], d: [1, 4] };
  const KINDS = { c: "convolution", p: "pooling" };
  const convolution = (k = 3, s = 1, d = 1, P = 1) => ({ kind: "c", k, s, d, P });
  const pooling = (k = 2, s = 2, d = 1, P = 0) => ({ kind: "p", k, s, d, P });

  /** Cells of each level, the picture first; 0 from the layer on in which no window fits. */
  function sizes(layers, n = PIXELS) {
    const found = [n];
    for (const { k, s, d, P } of layers) {
      const last = found.at(-1);
      const room = last + 2 * P - d * (k - 1) - 1;
      found.push(last && room >= 0 ? Math.floor(room / s) + 1 : 0);
    }
    return found;
  }

  /** Side R of the field, jump J and centre c of the first cell's field, in pixels, for each level. */
  function fields(layers) {
    const found = [{ R: 1, J: 1, c: 0 }];
    for (const { k, s, d, P } of layers) {
      const { R, J, c } = found.at(-1);
      found.push({ R: R + d * (k - 1) * J, J: s * J, c: c + ((d * (k - 1)) / 2 - P) * J });
    }
    return found;
  }

  /** First and last pixel of the field of cell i of a level; those below 0 or beyond the picture are padding. */
  function fieldOf(layers, level, i) {
    const { R, J, c } = fields(layers)[level];
    return { first: c + i * J - (R - 1) / 2, last: c + i * J + (R - 1) / 2 };
  }

  /** For each level up to `level`, by how many paths each of its cells reaches cell i there: arrays of counts. */
  function paths(layers, level, i, n = PIXELS) {
    const cells = sizes(layers, n);
    const counts = cells.slice(0, level + 1).map((size) => new Array(size).fill(0));
    counts[level][i] = 1;
    for (let t = level; t > 0; t--) {
      const { k, s, d, P } = layers[t - 1];
      counts[t].forEach((count, j) => {
        for (let p = 0; p < k && count; p++) {
          const below = j * s + p * d - P;
          if (below >= 0 && below < cells[t - 1]) counts[t - 1][below] += count;
        }
      });
    }
    return counts;
  }

  /** The fewest neighbouring pixels that hold at least half of the paths, as {first, last}. */
  function middleHalf(counts) {
    const total = counts.reduce((a, b) => a + b, 0);
    let best = { first: 0, last: counts.length - 1 };
    for (let first = 0; first < counts.length; first++) {
      let sum = 0;
      for (let last = first; last < counts.length; last++) {
        sum += counts[last];
        if (2 * sum >= total) {
          if (last - first < best.last - best.first) best = { first, last };
          break;
        }
      }
    }
    return best;
  }

  /** The layers with the one at `from` moved to `to`. */
  function moved(layers, from, to) {
    const rest = layers.filter((_, i) => i !== from);
    return [...rest.slice(0, to), layers[from], ...rest.slice(to)];
  }

  // ---- saying it

  const many = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

  /** What the chosen cell sees. `guess` is how many pixels the reader thought, or null. */
  function sentence(layers, { level, i }, guess = null) {
    const [cells, { R }] = [sizes(layers), fields(layers)[level]];
    const stop = cells.indexOf(0);
    if (stop > 0) return `Nothing is left for layer ${stop}: its window does not fit into ${many(cells[stop - 1], "cell")}.`;
    if (!level) return "A pixel sees itself.";
    const { first, last } = fieldOf(layers, level, i);
    const outside = Math.max(0, -first) + Math.max(0, last - PIXELS + 1);
    const said = guess === null ? "" : guess === R ? `Your guess is right. ` : `You guessed ${guess}. `;
    const padding = outside ? `, of which ${outside === 1 ? "one is" : `${outside} are`} padding` : "";
    const counts = paths(layers, level, i)[0];
    const half = middleHalf(counts);
    const seen = counts.filter(Boolean).length;
    const width = half.last - half.first + 1;
    const middle = seen > 2
      ? ` Half of all paths to it begin in ${width === 1 ? "one of them" : `${width} of them, side by side`}.`
      : "";
    const gaps = seen + outside < R ? ` It skips ${R - seen - outside} in between: the dilation leaves gaps.` : "";
    return `${said}Cell ${i} of level ${level} depends on ${many(R, "pixel")}${padding}.${gaps}${middle}`;
  }

  // ---- the address

  const code = ({ kind, k, s, d, P }) => `${kind}${k}${s}${d}${P}`;
  /** "#stack-c3111.p2210-2.15": the layers, and the chosen level and cell. */
  const address = (layers, { level, i }) => `#stack-${layers.map(code).join(".")}-${level}.${i}`;

  /** {layers, chosen} of an address; null for one that holds none. */
  function stateOf(hash) {
    const found = /^#stack-((?:[cp]\d{4}\.?)+)-(\d)\.(\d+)$/.exec(hash);
    if (!found) return null;
    const layers = found[1].split(".").map(([kind, ...digits]) => {
      const [k, s, d, P] = digits.map(Number);
      return { kind, k, s, d, P };
    });
    const fits = (layer) => Object.entries(LIMITS).every(([l, [low, high]]) => layer[l] >= low && layer[l] <= high);
    const chosen = { level: Number(found[2]), i: Number(found[3]) };
    if (layers.length > MOST || !layers.every(fits) || !(chosen.i < sizes(layers)[chosen.level])) return null;
    return { layers, chosen };
  }

  return {
    PIXELS, MOST, LIMITS, KINDS, convolution, pooling, sizes, fields, fieldOf, paths, middleHalf, moved, sentence,
    address, stateOf,
  };
})();

if (typeof module !== "undefined") module.exports = Stack;
