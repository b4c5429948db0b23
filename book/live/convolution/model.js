// One convolution, forwards and backwards: pure functions, tested by node against torch.
// Settings are {n, k, P, s, d}: side of the picture and of the filter in pixels, padding, stride, dilation.
// Grids are square and flat, row by row. Places are [row, column], from 0.
"use strict";

const Convolution = (() => {
  const LIMITS = { n: [3, 9], k: [1, 5], P: [0, 2], s: [1, 4], d: [1, 3] };
  const PIXEL = 4; // of the brightest pixel; the darkest is 0
  const WEIGHT = 9; // weights and derivatives are whole numbers from -9 to 9
  const LETTERS = "nkPsd";

  // ---- sizes

  /** How many pixels a filter covers from its first weight to its last. */
  const span = ({ k, d }) => d * (k - 1) + 1;
  /** How far the first window can still move: pixels, negative if it does not fit. */
  const room = (settings) => settings.n + 2 * settings.P - span(settings);
  /** Side of the output; 0 if no window fits. */
  const outputSize = (settings) => Math.max(0, Math.floor(room(settings) / settings.s) + 1);
  /** Padded rows at the far edge that no window reaches. */
  const remainder = (settings) =>
    outputSize(settings) ? room(settings) - (outputSize(settings) - 1) * settings.s : 0;

  // ---- who reads whom

  /** The pixels that output [i, j] reads, each with its place in the filter: {row, column, p, q, inside}. */
  function windowOf(settings, i, j) {
    const { n, k, P, s, d } = settings;
    return Array.from({ length: k * k }, (_, at) => {
      const [p, q] = [Math.floor(at / k), at % k];
      const [row, column] = [i * s + p * d - P, j * s + q * d - P];
      const inside = row >= 0 && row < n && column >= 0 && column < n;
      return { row, column, p, q, inside };
    });
  }

  /** Calls `visit(output, pixel, weight)` with flat indices, for each product of the layer that is no padding. */
  function eachWire(settings, visit) {
    const { n, k } = settings;
    const m = outputSize(settings);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < m; j++) {
        for (const { row, column, p, q, inside } of windowOf(settings, i, j)) {
          if (inside) visit(i * m + j, row * n + column, p * k + q);
        }
      }
    }
  }

  /** The outputs that read a pixel, and by which weight: {output, weight}, flat indices. */
  function readersOf(settings, pixel) {
    const found = [];
    eachWire(settings, (output, read, weight) => {
      if (read === pixel) found.push({ output, weight });
    });
    return found;
  }

  /** The pixels that a weight meets, and for which output: {output, pixel}, flat indices. */
  function meetingsOf(settings, weight) {
    const found = [];
    eachWire(settings, (output, pixel, used) => {
      if (used === weight) found.push({ output, pixel });
    });
    return found;
  }

  /** Flat indices of the picture's own pixels that no window reads. */
  function untouched(settings) {
    const read = new Set();
    eachWire(settings, (_, pixel) => read.add(pixel));
    return Array.from({ length: settings.n ** 2 }, (_, i) => i).filter((i) => !read.has(i));
  }

  // ---- the layer

  /** y = w ⋆ x, the cross-correlation: [m * m] numbers. */
  function forward(x, w, settings) {
    const y = new Array(outputSize(settings) ** 2).fill(0);
    eachWire(settings, (output, pixel, weight) => (y[output] += x[pixel] * w[weight]));
    return y;
  }

  /** ∂L/∂x from δ = ∂L/∂y, which is the transposed convolution of δ: [n * n] numbers. */
  function backwardInput(delta, w, settings) {
    const gradient = new Array(settings.n ** 2).fill(0);
    eachWire(settings, (output, pixel, weight) => (gradient[pixel] += delta[output] * w[weight]));
    return gradient;
  }

  /** ∂L/∂w from δ = ∂L/∂y: [k * k] numbers. */
  function backwardWeight(delta, x, settings) {
    const gradient = new Array(settings.k ** 2).fill(0);
    eachWire(settings, (output, pixel, weight) => (gradient[weight] += delta[output] * x[pixel]));
    return gradient;
  }

  /** A filter after half a turn: cross-correlation with it is convolution with the filter itself. */
  const turned = (w) => [...w].reverse();

  /**
   * The layer on a picture that is not square: `pixels` is [height * width], from 0 to 1.
   * Gives {width, height, values}; width and height are 0 if no window fits.
   */
  function filterPicture({ width, height, pixels }, w, settings) {
    const { k, P, s, d } = settings;
    const size = (n) => outputSize({ ...settings, n });
    const [columns, rows] = [size(width), size(height)];
    const values = new Float32Array(columns * rows);
    for (let p = 0; p < k; p++) {
      for (let q = 0; q < k; q++) {
        if (w[p * k + q]) addShifted(p * d - P, q * d - P, w[p * k + q]);
      }
    }
    return { width: columns, height: rows, values };

    function addShifted(down, right, weight) {
      for (let i = 0; i < rows; i++) {
        const row = i * s + down;
        if (row < 0 || row >= height) continue;
        for (let j = 0; j < columns; j++) {
          const column = j * s + right;
          if (column >= 0 && column < width) values[i * columns + j] += weight * pixels[row * width + column];
        }
      }
    }
  }

  /**
   * How a map is shown as grey, from 0 to 1: a filter whose weights add up to something is divided by that sum, and its
   * map is a picture; otherwise mid-grey is 0, and white is the largest value that the filter can give.
   */
  function greyScale(w) {
    const sum = w.reduce((a, b) => a + b, 0);
    const positive = w.reduce((a, b) => a + Math.max(b, 0), 0);
    if (sum !== 0) return { zeroIsGrey: false, grey: (value) => value / sum };
    return { zeroIsGrey: true, grey: (value) => 0.5 + (positive ? value / (2 * positive) : 0) };
  }

  /** A square grid cut or continued to another side: by its last row and column, or by `fill`. */
  function resized(grid, side, fill) {
    const old = Math.sqrt(grid.length);
    const edge = (i) => Math.min(i, old - 1);
    return Array.from({ length: side * side }, (_, at) => {
      const [i, j] = [Math.floor(at / side), at % side];
      if (fill !== undefined && (i >= old || j >= old)) return fill;
      return grid[edge(i) * old + edge(j)];
    });
  }

  /** A filter of another side with the same middle; what is new is 0. */
  function resizedFilter(w, side) {
    const old = Math.sqrt(w.length);
    const shift = Math.floor((side - old) / 2);
    return Array.from({ length: side * side }, (_, at) => {
      const [i, j] = [Math.floor(at / side) - shift, (at % side) - shift];
      return i >= 0 && i < old && j >= 0 && j < old ? w[i * old + j] : 0;
    });
  }

  // ---- saying it

  const number = (value) => String(value).replace("-", "\u2212");
  const factor = (value) => (value < 0 ? `(${number(value)})` : number(value));
  const many = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;
  const place = (index, side) => `(${Math.floor(index / side)}, ${index % side})`;

  /** "4·1 + 3·(−2) = −2", of the products that are not zero; `most` of them are written out. */
  function sumOf(pairs, most = 10) {
    const total = pairs.reduce((sum, [a, b]) => sum + a * b, 0);
    const terms = pairs.filter(([a, b]) => a * b !== 0).map(([a, b]) => `${number(a)}·${factor(b)}`);
    if (!terms.length) return "0, as every product is zero";
    const shown = terms.length > most ? [...terms.slice(0, most - 1), "…"] : terms;
    return `${shown.join(" + ").replaceAll("+ \u2212", "\u2212 ")} = ${number(total)}`;
  }

  function overEdge(count) {
    if (!count) return "";
    const weights = count === 1 ? "One weight hangs" : `${count} weights hang`;
    return ` ${weights} over the edge and ${count === 1 ? "meets a zero" : "meet zeros"}.`;
  }

  const sayForward = {
    output(state, at) {
      const m = outputSize(state);
      const read = windowOf(state, Math.floor(at / m), at % m);
      const padding = read.filter(({ inside }) => !inside).length;
      const pairs = read.map(({ row, column, p, q, inside }) => [
        inside ? state.x[row * state.n + column] : 0, state.w[p * state.k + q],
      ]);
      return `Output ${place(at, m)} is ${sumOf(pairs)}.${overEdge(padding)}`;
    },
    input(state, at) {
      const readers = readersOf(state, at);
      const name = `Pixel ${place(at, state.n)}`;
      if (!readers.length) return `${name} is in no window. Whatever it holds, no output changes.`;
      if (readers.length === 1) {
        return `${name} is read by one output, which changes by ${number(state.w[readers[0].weight])} when the pixel grows by 1.`;
      }
      return (
        `${name} is read by ${readers.length} outputs, each through the weight in its corner. Raise the pixel ` +
        "by 1, and each changes by its weight: these are the derivatives ∂y/∂x."
      );
    },
    filter(state, at) {
      const met = meetingsOf(state, at).length;
      return (
        `Weight ${place(at, state.k)} is ${number(state.w[at])}. It meets ${many(met, "pixel")}, one for each output ` +
        "whose window lies on the picture there. Drag it up or down."
      );
    },
  };

  const sayBackward = {
    output(state, at) {
      const value = state.delta[at];
      const name = `δ at ${place(at, outputSize(state))} is ${number(value)}`;
      return value
        ? `${name}: it stamps the whole filter, times ${number(value)}, onto the window from which the output came.`
        : `${name}: it stamps nothing. Drag it up or down.`;
    },
    input(state, at) {
      const readers = readersOf(state, at);
      if (!readers.length) return `∂L/∂x at ${place(at, state.n)} is 0: the pixel is in no window.`;
      const pairs = readers.map(({ output, weight }) => [state.delta[output], state.w[weight]]);
      return (
        `∂L/∂x at ${place(at, state.n)} is ${sumOf(pairs)}: each output that reads the pixel sends its δ back, ` +
        "times the weight between them."
      );
    },
    filter(state, at) {
      const pairs = meetingsOf(state, at).map(({ output, pixel }) => [state.delta[output], state.x[pixel]]);
      return `∂L/∂w at ${place(at, state.k)} is ${sumOf(pairs)}: of all outputs, δ times the pixel that this weight met.`;
    },
  };

  /** What there is to see at a cell: `part` is "input", "filter" or "output", `at` its flat index. */
  const sentence = (state, { part, at }) => (state.backwards ? sayBackward : sayForward)[part](state, at);

  /** What the settings make of the size. */
  function sizeSentence(settings) {
    const m = outputSize(settings);
    if (!m) {
      return (
        `The filter covers ${many(span(settings), "pixel")} and the padded picture has only ` +
        `${settings.n + 2 * settings.P}: no window fits, and PyTorch refuses the layer.`
      );
    }
    const lost = untouched(settings).length;
    const left = remainder(settings);
    const rest = left ? `, remainder ${left}` : "";
    const red = lost
      ? ` ${lost === 1 ? "One pixel is" : `${lost} pixels are`} in no window (red).`
      : left && settings.P
        ? " Only padding is left over."
        : " Every pixel is in some window.";
    return `${m} windows fit side by side${rest}.${red}`.replace(/^1 windows fit side by side/, "One window fits");
  }

  // ---- the address

  const digit = (value) => (value + WEIGHT).toString(36);
  const text = (grid) => grid.map(digit).join("");
  const grid = (letters) => [...letters].map((letter) => parseInt(letter, 36) - WEIGHT);

  /** "#convolution-53011-WEIGHTS-PIXELS-f", and "-b-DELTAS" backwards, "-p" for the photograph; "t": filter turned. */
  function address(state) {
    const mode = (state.photo ? "p" : state.backwards ? "b" : "f") + (state.turned ? "t" : "");
    const parts = [LETTERS.split("").map((l) => state[l]).join(""), text(state.w), text(state.x), mode];
    if (state.backwards) parts.push(text(state.delta));
    return `#convolution-${parts.join("-")}`;
  }

  /** The state in an address; null for an address that holds none. */
  function stateOf(hash) {
    const found = /^#convolution-(\d{5})-([0-9a-i]+)-([0-9a-i]+)-([fbp])(t?)(?:-([0-9a-i]*))?$/.exec(hash);
    if (!found) return null;
    const settings = Object.fromEntries([...found[1]].map((value, i) => [LETTERS[i], Number(value)]));
    const fits = Object.entries(LIMITS).every(([l, [low, high]]) => settings[l] >= low && settings[l] <= high);
    const [w, x, delta] = [grid(found[2]), grid(found[3]), grid(found[6] ?? "")];
    const m = outputSize(settings);
    if (!fits || w.length !== settings.k ** 2 || x.length !== settings.n ** 2) return null;
    if (x.some((value) => value < 0 || value > PIXEL)) return null;
    const backwards = found[4] === "b";
    if (backwards && delta.length !== m * m) return null;
    return {
      ...settings, w, x, backwards, delta: backwards ? delta : middle(m), photo: found[4] === "p", turned: found[5] === "t",
    };
  }

  /** δ of 1 in the middle and 0 elsewhere: [m * m]. */
  const middle = (m) => Array.from({ length: m * m }, (_, i) => Number(i === Math.floor(m / 2) * (m + 1)));

  return {
    LIMITS, PIXEL, WEIGHT, span, room, outputSize, remainder, windowOf, readersOf, meetingsOf, untouched,
    forward, backwardInput, backwardWeight, turned, filterPicture, greyScale, resized, resizedFilter, sumOf, sentence,
    sizeSentence, address, stateOf, middle,
  };
})();

if (typeof module !== "undefined") module.exports = Convolution;
