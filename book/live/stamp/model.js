// How often a transposed convolution writes to each pixel: pure functions, tested by node against torch.
// One dimension; in two, the sums multiply. Settings are {k, s, P, layers}: width of the filter, stride, what is cut off
// at each end, and how many such layers follow each other; w holds the k weights, whole numbers from 0 to 4.
"use strict";

const Stamp = (() => {
  const INPUTS = 5; // ones with which it starts
  const LIMITS = { k: [1, 6], s: [1, 4], P: [0, 2], layers: [1, 3] };
  const WEIGHT = 4;

  /** A transposed convolution without bias: each number of `row` stamps w, times itself, s places apart. */
  function stamped(row, w, { s, P }) {
    const whole = new Array((row.length - 1) * s + w.length).fill(0);
    row.forEach((value, i) => w.forEach((weight, p) => (whole[i * s + p] += value * weight)));
    return whole.slice(P, whole.length - P);
  }

  /** What ones become after `layers` such layers. */
  function sheet(w, settings, inputs = INPUTS) {
    let row = new Array(inputs).fill(1);
    for (let layer = 0; layer < settings.layers; layer++) row = stamped(row, w, settings);
    return row;
  }

  /** The sums that come again and again inside, one for each phase of the stride: the weights p, p + s, p + 2s ... */
  function phases(w, s) {
    return Array.from({ length: s }, (_, phase) =>
      w.reduce((sum, weight, p) => sum + (p % s === phase ? weight : 0), 0),
    );
  }

  const isEven = (w, s) => new Set(phases(w, s)).size === 1;

  /** Which of the inputs write to a pixel of the first layer, and with which weight: {input, weight}. */
  function stampsOn(pixel, k, { s, P }, inputs = INPUTS) {
    const found = [];
    for (let input = 0; input < inputs; input++) {
      const weight = pixel + P - input * s;
      if (weight >= 0 && weight < k) found.push({ input, weight });
    }
    return found;
  }

  // ---- saying it

  const list = (values) => (values.length < 2 ? `${values}` : `${values.slice(0, -1).join(", ")} and ${values.at(-1)}`);

  /** What comes of the settings and the weights. */
  function sentence(w, settings) {
    const { k, s } = settings;
    const sums = phases(w, s);
    const flat = w.every((weight) => weight === w[0]);
    if (sums.every((sum) => sum === 0)) return "All weights are 0: nothing is written.";
    const inside = new Set(sums).size === 1 ? `every pixel inside gets ${sums[0]}` : `the pixels inside get ${list(sums)} in turn`;
    if (isEven(w, s)) {
      const why = flat
        ? `: the stride, ${s}, divides the width, ${k}.`
        : ", although the weights differ: the weights that a pixel meets add up to the same.";
      return `Even. Along one axis ${inside}${why}`;
    }
    const gaps = sums.includes(0) ? " Some pixels are never written to." : "";
    const why = k % s
      ? `the stride, ${s}, does not divide the width, ${k}, and only uneven weights could make up for it.`
      : `the stride, ${s}, divides the width, ${k}, but the weights are uneven.`;
    return `A checkerboard. Along one axis ${inside}: ${why}${gaps}`;
  }

  /** What a pixel of the first layer gets. */
  function pixelSentence(pixel, w, settings) {
    const stamps = stampsOn(pixel, w.length, settings);
    const sum = stamps.reduce((total, { weight }) => total + w[weight], 0);
    const from = stamps.map(({ weight }) => w[weight]).join(" + ");
    if (!stamps.length) return `No stamp reaches pixel ${pixel}.`;
    if (stamps.length === 1) return `One stamp reaches pixel ${pixel}, with the weight ${sum}.`;
    return `${stamps.length} stamps reach pixel ${pixel}, with the weights ${from} = ${sum}.`;
  }

  // ---- the address

  /** "#stamp-3201-111": k, s, P and the number of layers, then the weights. */
  const address = (w, { k, s, P, layers }) => `#stamp-${k}${s}${P}${layers}-${w.join("")}`;

  /** {w, settings} of an address; null for one that holds none. */
  function stateOf(hash) {
    const found = /^#stamp-(\d{4})-([0-4]+)$/.exec(hash);
    if (!found) return null;
    const settings = Object.fromEntries([...found[1]].map((value, i) => [["k", "s", "P", "layers"][i], Number(value)]));
    const fits = Object.entries(LIMITS).every(([l, [low, high]]) => settings[l] >= low && settings[l] <= high);
    const w = [...found[2]].map(Number);
    return fits && w.length === settings.k ? { w, settings } : null;
  }

  return { INPUTS, LIMITS, WEIGHT, stamped, sheet, phases, isEven, stampsOn, sentence, pixelSentence, address, stateOf };
})();

if (typeof module !== "undefined") module.exports = Stamp;
