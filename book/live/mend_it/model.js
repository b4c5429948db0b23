// Pictures made smaller, larger, noisy and blurred, cut into tiles and compared, as the package does it. Pure functions.
// A picture is {rgb: Float32 [3, H, W] in [0, 1], width, height}.
"use strict";

const MendIt = (() => {
  /**
   * What the networks need to be cut into tiles: how many pixels around a place of the input have a say in it
   * (tests/test_live_lab.py measures it), the side of a tile's kept part, and how much larger the output is.
   */
  const NETWORKS = {
    srresnet_x4_light: { input: "image", output: "enlarged", reach: 24, core: 112, scale: 4 },
    srresnet_restore: { input: "image", output: "restored", reach: 21, core: 160, scale: 1 },
  };

  const area = ({ width, height }) => width * height;
  const empty = (width, height) => ({ rgb: new Float32Array(3 * width * height), width, height });

  // ---- bicubic interpolation

  /** The weight of a neighbour at a distance of x pixels; Keys (1981), a = -1/2, as MATLAB and Pillow have it. */
  function cubic(x) {
    const d = Math.abs(x);
    if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
    return d < 2 ? -0.5 * (((d - 5) * d + 8) * d - 4) : 0;
  }

  /** For each new pixel of a line the first old one and the weights, which sum to 1: [{first, weights}]. */
  function weightsOf(from, to) {
    const step = from / to;
    const stretch = Math.max(step, 1); // antialiasing, where it gets smaller
    return Array.from({ length: to }, (_, i) => {
      const centre = (i + 0.5) * step;
      const first = Math.max(0, Math.floor(centre - 2 * stretch + 0.5));
      const end = Math.min(from, Math.floor(centre + 2 * stretch + 0.5));
      const raw = Array.from({ length: end - first }, (_, j) => cubic((first + j + 0.5 - centre) / stretch));
      const sum = raw.reduce((a, b) => a + b, 0);
      return { first, weights: raw.map((w) => w / sum) };
    });
  }

  /** A picture at another size, by bicubic interpolation with antialiasing, cut off at 0 and 1. */
  function resized({ rgb, width, height }, newWidth, newHeight) {
    const across = weightsOf(width, newWidth);
    const down = weightsOf(height, newHeight);
    const between = new Float32Array(3 * height * newWidth);
    for (let row = 0; row < 3 * height; row++) {
      across.forEach(({ first, weights }, x) => {
        let sum = 0;
        for (let j = 0; j < weights.length; j++) sum += weights[j] * rgb[row * width + first + j];
        between[row * newWidth + x] = sum;
      });
    }
    const made = empty(newWidth, newHeight);
    for (let c = 0; c < 3; c++) {
      down.forEach(({ first, weights }, y) => {
        const line = made.rgb.subarray((c * newHeight + y) * newWidth, (c * newHeight + y + 1) * newWidth);
        weights.forEach((w, j) => {
          const old = (c * height + first + j) * newWidth;
          for (let x = 0; x < newWidth; x++) line[x] += w * between[old + x];
        });
      });
    }
    for (let i = 0; i < made.rgb.length; i++) made.rgb[i] = Math.min(1, Math.max(0, made.rgb[i]));
    return made;
  }

  /** The nearest of the 256 levels that a file can hold. */
  const eightBit = ({ rgb, ...rest }) => ({
    ...rest,
    rgb: rgb.map((v) => Math.round(Math.min(1, Math.max(0, v)) * 255) / 255),
  });

  /** The upper left part. */
  function cropped({ rgb, width, height }, newWidth, newHeight) {
    return cut({ rgb, width, height }, { x: 0, y: 0, w: newWidth, h: newHeight });
  }

  // ---- damage

  /** Sampled Gaussian of nine pixels across and down, mirrored at the border; sigma in pixels. */
  function blurred({ rgb, width, height }, sigma) {
    const raw = Array.from({ length: 9 }, (_, i) => Math.exp(-0.5 * ((i - 4) / sigma) ** 2));
    const sum = raw.reduce((a, b) => a + b, 0);
    const kernel = raw.map((w) => w / sum);
    const mirrored = (i, n) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i);
    const pass = (from, lines, length, at) => {
      const to = new Float32Array(from.length);
      for (let line = 0; line < lines; line++) {
        for (let i = 0; i < length; i++) {
          for (let k = 0; k < 9; k++) to[at(line, i)] += kernel[k] * from[at(line, mirrored(i + k - 4, length))];
        }
      }
      return to;
    };
    const once = pass(rgb, 3 * height, width, (line, i) => line * width + i);
    const column = (line, i) => (Math.floor(line / width) * height + i) * width + (line % width);
    return { rgb: pass(once, 3 * width, height, column), width, height };
  }

  /** Numbers from 0 to 1, the same for the same seed (mulberry32). */
  function random(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  /** Normal noise on every value; sigma as a share of the range. */
  function noisy({ rgb, width, height }, sigma, seed = 1) {
    const draw = random(seed);
    const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
    return { rgb: rgb.map((v) => v + sigma * normal()), width, height };
  }

  // ---- tiles

  /**
   * How a picture is cut: windows {x, y, w, h} that overlap, and in each the part {left, top, width, height} that is
   * kept. What is kept has all its neighbours within `reach`, or the border of the picture: the seams cannot be seen.
   */
  function tilesOf(width, height, { reach, core }) {
    const spans = (side) => {
      const parts = Math.max(1, Math.ceil(side / core));
      const ends = Array.from({ length: parts + 1 }, (_, i) => Math.round((i * side) / parts));
      return ends.slice(1).map((end, i) => {
        const [from, to] = [Math.max(0, ends[i] - reach), Math.min(side, end + reach)];
        return { from, size: to - from, skip: ends[i] - from, keep: end - ends[i] };
      });
    };
    return spans(height).flatMap((v) =>
      spans(width).map((h) => ({
        x: h.from, y: v.from, w: h.size, h: v.size, left: h.skip, top: v.skip, width: h.keep, height: v.keep,
      })),
    );
  }

  /** A window of a picture as a picture. */
  function cut({ rgb, width, height }, { x, y, w, h }) {
    const part = empty(w, h);
    for (let c = 0; c < 3; c++) {
      for (let row = 0; row < h; row++) {
        const from = (c * height + y + row) * width + x;
        part.rgb.set(rgb.subarray(from, from + w), (c * h + row) * w);
      }
    }
    return part;
  }

  /** Puts the kept part of a tile's output (Float32 [3, scale h, scale w]) where it belongs in `whole`. */
  function paste(whole, output, tile, scale) {
    const [w, h] = [scale * tile.w, scale * tile.h];
    const kept = cut(
      { rgb: output, width: w, height: h },
      { x: scale * tile.left, y: scale * tile.top, w: scale * tile.width, h: scale * tile.height },
    );
    const [x, y] = [scale * (tile.x + tile.left), scale * (tile.y + tile.top)];
    for (let c = 0; c < 3; c++) {
      for (let row = 0; row < kept.height; row++) {
        const line = kept.rgb.subarray((c * kept.height + row) * kept.width, (c * kept.height + row + 1) * kept.width);
        whole.rgb.set(line, (c * whole.height + y + row) * whole.width + x);
      }
    }
    return { x, y, width: kept.width, height: kept.height };
  }

  // ---- comparison

  /** PSNR in dB on the luma of BT.601 (16 to 235 of 255), without a border of so many pixels; Infinity for equals. */
  function psnrOfLuma(a, b, border = 0) {
    const { width, height } = a;
    const n = width * height;
    const luma = ({ rgb }, i) => (65.481 * rgb[i] + 128.553 * rgb[n + i] + 24.966 * rgb[2 * n + i]) / 255;
    let [sum, count] = [0, 0];
    for (let y = border; y < height - border; y++) {
      for (let x = border; x < width - border; x++, count++) sum += (luma(a, y * width + x) - luma(b, y * width + x)) ** 2;
    }
    return -10 * Math.log10(sum / count);
  }

  // ---- what is done, and the address

  const HOWS = { enlarge: ["quarter", "asis"], clean: ["noise", "blur", "jpeg", "asis"] };
  const LONGEST = { quarter: 768, enlarge: 320, clean: 384 }; // pixels of the longer side

  const codeOf = ({ task, how, example }) => `#mend_it-${task}-${how}-${example}`;

  /** {task, how, example} from an address, or null. */
  function stateOf(hash, examples) {
    const [head, task, how, example, more] = hash.split("-");
    const known = head === "#mend_it" && HOWS[task]?.includes(how) && examples.includes(example) && more === undefined;
    return known ? { task, how, example } : null;
  }

  /** A picture whose longer side has `longest` pixels at most, its sides multiples of `multiple`. */
  function fitted(picture, longest, multiple = 1) {
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
    const [w, h] = [picture.width, picture.height].map((side) => Math.max(multiple, Math.round(side * scale)));
    const same = w === picture.width && h === picture.height;
    const small = same ? picture : resized(picture, w, h);
    return cropped(small, w - (w % multiple), h - (h % multiple));
  }

  /**
   * What the network gets, what it has to beat, at the size of the result, and the truth where it is known.
   * how "jpeg" is the page's business, since only a browser compresses: it gets {input: truth} to do it with.
   */
  function prepared(picture, task, how) {
    if (task === "enlarge") {
      const truth = how === "quarter" ? eightBit(fitted(picture, LONGEST.quarter, 4)) : null;
      const input = eightBit(
        truth ? resized(truth, truth.width / 4, truth.height / 4) : fitted(picture, LONGEST.enlarge),
      );
      const before = eightBit(resized(input, 4 * input.width, 4 * input.height));
      return { network: "srresnet_x4_light", input, before, truth };
    }
    const clean = eightBit(fitted(picture, LONGEST.clean));
    const damages = { noise: (p) => noisy(p, 25 / 255), blur: (p) => blurred(p, 1.2) };
    const input = damages[how] ? eightBit(damages[how](clean)) : clean;
    return { network: "srresnet_restore", input, before: input, truth: how === "asis" ? null : clean };
  }

  const decibels = (value) => (Number.isFinite(value) ? `${value.toFixed(1)}\u00a0dB` : "no error at all");

  /** What came of it, in sentences. */
  function outcome({ task, how, input, before, after, truth, seconds }) {
    const size = ({ width, height }) => `${width}\u00a0\u00d7\u00a0${height}`;
    const took = `${seconds.toFixed(1)}\u00a0s`;
    const made =
      task === "enlarge"
        ? `Of ${size(input)} pixels the network has made ${size(after)} in ${took}.`
        : `The network has gone over ${size(after)} pixels in ${took}.`;
    if (!truth) return `${made} Nobody knows the truth here, so that nothing can be measured: judge for yourself, and distrust what looks too good.`;
    const border = task === "enlarge" ? 4 : 0;
    const [was, is] = [before, after].map((picture) => psnrOfLuma(picture, truth, border));
    const names = { enlarge: "bicubic interpolation", noise: "the noisy picture", blur: "the blurred picture", jpeg: "the JPEG file" };
    const gain = is - was;
    const verdict = Math.abs(gain) < 0.05 ? "no difference" : `${Math.abs(gain).toFixed(1)}\u00a0dB ${gain > 0 ? "better" : "worse"}`;
    return `${made} Against the original, ${names[task === "enlarge" ? task : how]} has ${decibels(was)} and the network ${decibels(is)}: ${verdict}.`;
  }

  return {
    NETWORKS, HOWS, LONGEST, area, empty, cubic, weightsOf, resized, eightBit, cropped, blurred, noisy, tilesOf, cut, paste,
    psnrOfLuma, codeOf, stateOf, fitted, prepared, outcome,
  };
})();

if (typeof module !== "undefined") module.exports = MendIt;
