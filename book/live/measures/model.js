// Measures of a picture, equal to those of the package (aesthetic_utils/measures). Pure functions, tested by node.
//
// All of it is one function, so that its text can be given to a worker, which a page opened from a file may start too.
// A picture is {width, height, rgb}, rgb a Uint8Array or Uint8ClampedArray [H, W, 3].
"use strict";

function makeMeasures() {
  const NONE = Number.NaN; // where a measure is not defined

  // ---- numbers

  /** To the nearest whole number, halves to the even one, as numpy has it. */
  function rint(x) {
    const floor = Math.floor(x);
    const rest = x - floor;
    if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
    return floor % 2 === 0 ? floor : floor + 1;
  }

  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const mean = (values) => sum(values) / values.length;
  const std = (values) => {
    const middle = mean(values);
    return Math.sqrt(values.reduce((total, v) => total + (v - middle) ** 2, 0) / values.length);
  };

  function extremes(values) {
    let [low, high] = [Infinity, -Infinity];
    for (const v of values) {
      if (v < low) low = v;
      if (v > high) high = v;
    }
    return [low, high];
  }

  /** Shannon entropy in bits of weights that need not add up to 1. */
  function entropy(weights) {
    const total = sum(weights);
    return -weights.reduce((bits, w) => (w > 0 ? bits + (w / total) * Math.log2(w / total) : bits), 0);
  }

  /** Slope and constant of the least-squares line through (x, y). */
  function line(x, y) {
    const [mx, my] = [mean(x), mean(y)];
    let [xy, xx] = [0, 0];
    for (let i = 0; i < x.length; i++) {
      xy += (x[i] - mx) * (y[i] - my);
      xx += (x[i] - mx) ** 2;
    }
    return { slope: xy / xx, constant: my - (xy / xx) * mx };
  }

  // ---- the forms of a picture, each made when it is first asked for

  /** The picture with its grey, L*a*b* and HSV, as `aesthetic_utils.measures.planes` makes them. */
  function planesOf({ width, height, rgb }) {
    const kept = {};
    const keep = (name, make) => (kept[name] ??= make());
    return {
      width,
      height,
      rgb,
      size: width * height,
      get grey() {
        return keep("grey", () => greyOf(rgb));
      },
      get lab() {
        return keep("lab", () => labOf(rgb));
      },
      get hsv() {
        return keep("hsv", () => hsvOf(rgb));
      },
    };
  }

  /** Luma of ITU-R BT.601 as Pillow rounds it: Uint8Array [H, W]. */
  function greyOf(rgb) {
    const grey = new Uint8Array(rgb.length / 3);
    for (let i = 0, k = 0; i < grey.length; i++, k += 3) {
      grey[i] = (rgb[k] * 19595 + rgb[k + 1] * 38470 + rgb[k + 2] * 7471 + 0x8000) >> 16;
    }
    return grey;
  }

  /** CIE L*a*b*, illuminant D65: {L, a, b}, each Float64Array [H, W], L from 0 to 100. */
  function labOf(rgb) {
    const linear = Float64Array.from({ length: 256 }, (_, level) => {
      const v = level / 255;
      return v > 0.04045 ? ((v + 0.055) / 1.055) ** 2.4 : v / 12.92;
    });
    const root = (t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
    const n = rgb.length / 3;
    const [L, a, b] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
    for (let i = 0, k = 0; i < n; i++, k += 3) {
      const [red, green, blue] = [linear[rgb[k]], linear[rgb[k + 1]], linear[rgb[k + 2]]];
      const x = root((0.412453 * red + 0.35758 * green + 0.180423 * blue) / 0.95047);
      const y = root(0.212671 * red + 0.71516 * green + 0.072169 * blue);
      const z = root((0.019334 * red + 0.119193 * green + 0.950227 * blue) / 1.08883);
      L[i] = 116 * y - 16;
      a[i] = 500 * (x - y);
      b[i] = 200 * (y - z);
    }
    return { L, a, b };
  }

  /** Hue (a turn is 1; 0 for a grey), saturation, value in [0, 1]: {H, S, V}, each Float64Array [H, W]. */
  function hsvOf(rgb) {
    const n = rgb.length / 3;
    const [H, S, V] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
    for (let i = 0, k = 0; i < n; i++, k += 3) {
      const [red, green, blue] = [rgb[k] * (1 / 255), rgb[k + 1] * (1 / 255), rgb[k + 2] * (1 / 255)];
      const value = Math.max(red, green, blue);
      const range = value - Math.min(red, green, blue);
      V[i] = value;
      if (!range) continue;
      const [sector, ahead] = blue === value ? [4, red - green] : green === value ? [2, blue - red] : [0, green - blue];
      const hue = (sector + ahead / range) / 6;
      H[i] = hue < 0 ? hue + 1 : hue;
      S[i] = range / value;
    }
    return { H, S, V };
  }

  /** Counts of whole numbers from 0 to `levels` - 1. */
  function counted(values, levels) {
    const counts = new Float64Array(levels);
    for (const v of values) counts[v]++;
    return counts;
  }

  // ---- colour and tone

  /** Entropy in 256 levels that are stretched to the plane's own maximum, bits. */
  function levelEntropy(plane) {
    const [, highest] = extremes(plane);
    const counts = new Float64Array(256);
    for (const v of plane) counts[Math.max(0, rint((highest > 0 ? v / highest : v) * 255))]++;
    return entropy(counts);
  }

  /** Width of the shortest interval of greys that holds more than 90 % of the pixels, 1 to 256. */
  function contrastRange(grey) {
    const below = [0];
    for (const n of counted(grey, 256)) below.push(below.at(-1) + n);
    let [end, shortest] = [0, 256];
    for (let low = 0; low < 256; low++) {
      while (end <= 256 && below[end] <= below[low] + 0.9 * grey.length) end++;
      if (end <= 256) shortest = Math.min(shortest, end - low);
    }
    return shortest;
  }

  /** Hasler and Suesstrunk (2003). */
  function colourfulness(rgb) {
    const n = rgb.length / 3;
    const [redGreen, yellowBlue] = [new Float64Array(n), new Float64Array(n)];
    for (let i = 0, k = 0; i < n; i++, k += 3) {
      redGreen[i] = rgb[k] - rgb[k + 1];
      yellowBlue[i] = (rgb[k] + rgb[k + 1]) / 2 - rgb[k + 2];
    }
    return Math.hypot(std(redGreen), std(yellowBlue)) + 0.3 * Math.hypot(mean(redGreen), mean(yellowBlue));
  }

  /** How many of 20 hues hold more than 5 % of the fullest one's pixels; Ke, Tang and Jing (2006). */
  function hueCount({ H, S, V }) {
    const counts = new Float64Array(20);
    for (let i = 0; i < H.length; i++) {
      if (S[i] > 0.2 && V[i] > 0.15 && V[i] < 0.95) counts[Math.floor(((rint(H[i] * 180) % 180) * 20) / 180)]++;
    }
    const most = Math.max(...counts);
    return counts.filter((n) => n > 0.05 * most).length;
  }

  function colour(planes) {
    const { L } = planes.lab;
    const greys = entropy(counted(planes.grey, 256));
    return {
      mean_Lab_L: mean(L),
      rms_contrast: std(L),
      luminance_entropy: levelEntropy(L),
      contrast_range: contrastRange(planes.grey),
      rigau_mb: (8 - greys) / 8,
      colourfulness: colourfulness(planes.rgb),
      mean_HSV_S: mean(planes.hsv.S),
      color_entropy: levelEntropy(planes.hsv.H),
      hue_count: hueCount(planes.hsv),
    };
  }

  // ---- composition

  /** Otsu's threshold of whole numbers, in the arithmetic of scikit-image (whose weights are float32). */
  function otsu(values) {
    const [low, high] = extremes(values);
    if (low === high) return low;
    const counts = new Float64Array(high - low + 1);
    for (const v of values) counts[v - low]++;
    const moments = counts.map((n, i) => n * (i + low));
    const [all, moment] = [sum(counts), sum(moments)];
    let [weight, first, best, threshold] = [0, 0, -1, low];
    for (let i = 0; i < counts.length - 1; i++) {
      weight += counts[i];
      first += moments[i];
      const apart = first / weight - (moment - first) / (all - weight);
      const variance = Math.fround(weight * (all - weight)) * apart ** 2;
      if (variance > best) [best, threshold] = [variance, i + low];
    }
    return threshold;
  }

  /** Weighted share of pairs of dark pixels on the two sides of an axis; `at(k, j)` is the j-th pixel of line k. */
  function folded(lines, length, at) {
    const half = Math.floor(lines / 2);
    let total = 0;
    for (let k = 0; k < half; k++) {
      let pairs = 0;
      for (let j = 0; j < length; j++) pairs += at(k, j) && at(lines - 1 - k, j) ? 1 : 0;
      total += pairs * (1 + k / Math.max(half - 1, 1));
    }
    return (total * 2) / (3 * length * half);
  }

  /** The same on both sides of the main diagonal of a square. */
  function foldedDiagonally(size, at) {
    let total = 0;
    for (let row = 1; row < size; row++) {
      for (let column = 0; column < row; column++) {
        if (at(row, column) && at(column, row)) total += 1 + (column + 1) / row;
      }
    }
    return (total * 4) / (3 * size * (size - 1));
  }

  /** Mirror symmetry as published, mostly a measure of darkness; Huebner and Fillinger (2016). */
  function mirrorSymmetry({ grey, width, height }) {
    if (Math.min(width, height) < 2) return NONE;
    const threshold = otsu(grey);
    const dark = grey.map((v) => (v <= threshold ? 1 : 0));
    const scores = [
      folded(height, width, (k, j) => dark[k * width + j]),
      folded(width, height, (k, j) => dark[j * width + k]),
    ];
    if (width === height) {
      scores.push(
        foldedDiagonally(height, (y, x) => dark[y * width + x]),
        foldedDiagonally(height, (y, x) => dark[x * width + width - 1 - y]),
      );
    }
    return 100 * mean(scores);
  }

  /** Correlation of a plane with its left-right and its upside-down mirror image, -1 to 1. */
  function ownMirror(plane, width, height) {
    const [low, high] = extremes(plane);
    if (low === high) return { lr: NONE, ud: NONE };
    const middle = mean(plane);
    let [lr, ud, variance] = [0, 0, 0];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const v = plane[y * width + x] - middle;
        variance += v * v;
        lr += v * (plane[y * width + width - 1 - x] - middle);
        ud += v * (plane[(height - 1 - y) * width + x] - middle);
      }
    }
    return { lr: lr / variance, ud: ud / variance };
  }

  /** Greys as weights: the rarer half of the scale is the figure and weighs more. */
  function massOf(grey, lightFrom) {
    let [dark, light] = [0, 0];
    for (const v of grey) {
      if (v < 128) dark++;
      if (v >= lightFrom) light++;
    }
    return dark <= light ? grey.map((v) => 255 - v) : grey;
  }

  /** Sums of a plane over its columns and its rows. */
  function margins(plane, width, height) {
    const [columns, rows] = [new Float64Array(width), new Float64Array(height)];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        columns[x] += plane[y * width + x];
        rows[y] += plane[y * width + x];
      }
    }
    return { columns, rows };
  }

  /** How far the centre of mass lies from the middle: {distance} in per cent of half a side, {x, y} in shares. */
  function centreOfMass({ grey, width, height }) {
    const { columns, rows } = margins(massOf(grey, 128), width, height);
    const total = sum(columns);
    if (!total) return { distance: NONE, x: NONE, y: NONE };
    const [x, y] = [columns, rows].map((along) => {
      const centre = along.reduce((moment, mass, i) => moment + mass * i, 0) / total;
      return 0.5 - (rint(centre) + 1) / along.length;
    });
    return { distance: 200 * Math.hypot(x, y), x, y };
  }

  /** Differences of mass: first against last part of a row of numbers, and inner against outer. */
  function parts(along, first, last, outerFirst, outerLast) {
    const before = (end) => sum(along.subarray(0, end));
    const after = (begin) => sum(along.subarray(begin));
    const outer = before(outerFirst) + after(outerLast);
    return [Math.abs(before(first) - after(last)), Math.abs(sum(along) - 2 * outer)];
  }

  function straight(along) {
    const n = along.length;
    return parts(along, Math.floor(n / 2), n - Math.floor(n / 2), Math.floor(n / 4), n - Math.floor(n / 4));
  }

  /** The same across a diagonal; `place(y, x)` counts the lines that run along it. */
  function slanted(mass, width, height, place) {
    const along = new Float64Array(height + width - 1);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) along[place(y, x)] += mass[y * width + x];
    }
    return along;
  }

  /** Imbalance of the masses, 0 (balanced) to 100; Wilson and Chatterjee (2005). */
  function balance({ grey, width, height }) {
    const mass = massOf(grey, 127);
    const { columns, rows } = margins(mass, width, height);
    const total = sum(columns);
    if (!total) return NONE;
    const cut = (side) => Math.trunc(side * Math.sqrt(0.5));
    const main = slanted(mass, width, height, (y, x) => x - y + height - 1);
    const other = slanted(mass, width, height, (y, x) => y + x);
    const differences = [
      ...straight(columns),
      ...straight(rows),
      ...parts(main, height - 1, height, cut(height), height - 1 + width - cut(width)),
      ...parts(other, width - 1, width, cut(width), width - 1 + height - cut(height)),
    ];
    return (100 * mean(differences)) / total;
  }

  /** How evenly the figure spreads over ten columns and ten rows, 0 to 100. */
  function homogeneity({ grey, width, height }) {
    const mass = massOf(grey, 127);
    const [low, high] = extremes(mass);
    if (Math.min(width, height) < 10 || low === high) return NONE;
    const threshold = otsu(mass);
    const { columns, rows } = margins(mass.map((v) => (v > threshold ? 1 : 0)), width, height);
    const spread = ([...along]) => {
      const cell = Math.floor(along.length / 10);
      const cells = new Float64Array(10);
      along.forEach((n, i) => (cells[Math.min(Math.floor(i / cell), 9)] += n));
      return entropy(cells);
    };
    return (100 * (spread(columns) + spread(rows))) / 2 / Math.log2(10);
  }

  /** Share of the visual weight (distance from the mean colour) near the four crossings of the thirds. */
  function ruleOfThirds({ lab, rgb, width, height }) {
    if (rgb.every((v, i) => v === rgb[i % 3])) return NONE;
    const bells = (side) =>
      Float64Array.from({ length: side }, (_, i) => {
        const place = (i + 0.5) / side;
        const distance = Math.min(Math.abs(place - 1 / 3), Math.abs(place - 2 / 3));
        return Math.exp(-(distance ** 2) / (2 / 144));
      });
    const [across, down] = [bells(width), bells(height)];
    const [L, a, b] = [mean(lab.L), mean(lab.a), mean(lab.b)];
    let [near, all] = [0, 0];
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        const weight = Math.sqrt((lab.L[i] - L) ** 2 + (lab.a[i] - a) ** 2 + (lab.b[i] - b) ** 2);
        near += down[y] * across[x] * weight;
        all += weight;
      }
    }
    return near / all;
  }

  function composition(planes) {
    const { lr, ud } = ownMirror(planes.lab.L, planes.width, planes.height);
    const centre = centreOfMass(planes);
    return {
      mirror_symmetry: mirrorSymmetry(planes),
      normalised_mirror_symmetry_lr: lr,
      normalised_mirror_symmetry_ud: ud,
      dcm_distance: centre.distance,
      dcm_x: centre.x,
      dcm_y: centre.y,
      balance: balance(planes),
      homogeneity: homogeneity(planes),
      rule_of_thirds: ruleOfThirds(planes),
    };
  }

  // ---- another size, as Pillow makes it

  const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
  const KERNELS = {
    lanczos: { support: 3, at: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
    bicubic: {
      support: 2,
      at: (signed) => {
        const x = Math.abs(signed);
        if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
        return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
      },
    },
  };

  /** For each new pixel the first old one that it reads, and the weights in 22 binary digits. */
  function weightsOf(before, after, { support, at }) {
    const scale = before / after;
    const wide = Math.max(scale, 1);
    return Array.from({ length: after }, (_, i) => {
      const centre = (i + 0.5) * scale;
      const first = Math.max(0, Math.trunc(centre - support * wide + 0.5));
      const end = Math.min(before, Math.trunc(centre + support * wide + 0.5));
      const exact = Array.from({ length: end - first }, (_, k) => at((k + first - centre + 0.5) / wide));
      const total = sum(exact);
      const weights = exact.map((w) => Math.trunc((w / total) * 2 ** 22 + (w < 0 ? -0.5 : 0.5)));
      return { first, weights };
    });
  }

  /** One pass over a grey picture: lines of `before` numbers, `step` apart, become lines of `after`. */
  function resampled(from, to, { before, after, lines, read, write }, kernel) {
    weightsOf(before, after, kernel).forEach(({ first, weights }, i) => {
      for (let k = 0; k < lines; k++) {
        let total = 1 << 21;
        let place = k * read.line + first * read.step;
        for (const w of weights) {
          total += from[place] * w;
          place += read.step;
        }
        to[k * write.line + i * write.step] = Math.min(255, Math.max(0, total >> 22));
      }
    });
    return to;
  }

  /** A grey picture in another size: Uint8Array [H, W] -> [height, width]; kernel: "lanczos" or "bicubic". */
  function resized(grey, size, { width, height }, kernel) {
    let current = grey;
    if (width !== size.width) {
      current = resampled(current, new Uint8Array(width * size.height), {
        before: size.width, after: width, lines: size.height,
        read: { line: size.width, step: 1 }, write: { line: width, step: 1 },
      }, KERNELS[kernel]); // prettier-ignore
    }
    if (height === size.height) return current;
    return resampled(current, new Uint8Array(width * height), {
      before: size.height, after: height, lines: width,
      read: { line: 1, step: width }, write: { line: 1, step: width },
    }, KERNELS[kernel]); // prettier-ignore
  }

  // ---- spectrum

  /** A function that transforms {re, im} of n numbers in place; n a power of two. */
  function powerOfTwoTransform(n) {
    const [cos, sin] = [Math.cos, Math.sin].map((f) =>
      Float64Array.from({ length: n / 2 }, (_, k) => f((-2 * Math.PI * k) / n)),
    );
    const reversed = new Uint32Array(n);
    for (let i = 1; i < n; i++) reversed[i] = (reversed[i >> 1] >> 1) | (i & 1 ? n >> 1 : 0);
    return ({ re, im }) => {
      for (let i = 0; i < n; i++) {
        const j = reversed[i];
        if (j > i) [re[i], re[j], im[i], im[j]] = [re[j], re[i], im[j], im[i]];
      }
      for (let half = 1, stride = n >> 1; half < n; half *= 2, stride >>= 1) {
        for (let start = 0; start < n; start += 2 * half) {
          for (let k = 0, t = 0, a = start, b = start + half; k < half; k++, t += stride, a++, b++) {
            const x = re[b] * cos[t] - im[b] * sin[t];
            const y = re[b] * sin[t] + im[b] * cos[t];
            re[b] = re[a] - x;
            im[b] = im[a] - y;
            re[a] += x;
            im[a] += y;
          }
        }
      }
    };
  }

  /** The same for any n, by a convolution with a chirp (Bluestein 1970). */
  function chirpTransform(n) {
    const long = 2 ** Math.ceil(Math.log2(2 * n));
    const transform = powerOfTwoTransform(long);
    const angle = Float64Array.from({ length: n }, (_, k) => (Math.PI * ((k * k) % (2 * n))) / n);
    const chirp = { re: new Float64Array(long), im: new Float64Array(long) };
    angle.forEach((t, k) => {
      for (const place of k ? [k, long - k] : [0]) [chirp.re[place], chirp.im[place]] = [Math.cos(t), Math.sin(t)];
    });
    transform(chirp);
    const work = { re: new Float64Array(long), im: new Float64Array(long) };
    return ({ re, im }) => {
      work.re.fill(0);
      work.im.fill(0);
      for (let k = 0; k < n; k++) {
        const [c, s] = [Math.cos(angle[k]), Math.sin(angle[k])];
        [work.re[k], work.im[k]] = [re[k] * c + im[k] * s, im[k] * c - re[k] * s];
      }
      transform(work);
      for (let k = 0; k < long; k++) {
        const x = work.re[k] * chirp.re[k] - work.im[k] * chirp.im[k];
        const y = work.re[k] * chirp.im[k] + work.im[k] * chirp.re[k];
        [work.re[k], work.im[k]] = [x, -y]; // conjugated, so that the next transform goes back
      }
      transform(work);
      for (let k = 0; k < n; k++) {
        const [x, y] = [work.re[k] / long, -work.im[k] / long];
        const [c, s] = [Math.cos(angle[k]), Math.sin(angle[k])];
        [re[k], im[k]] = [x * c + y * s, y * c - x * s];
      }
    };
  }

  const transformOf = (n) => ((n & (n - 1)) === 0 ? powerOfTwoTransform(n) : chirpTransform(n));

  /** The transform of two real rows at once: [N, N] -> {re, im}, each [N, N / 2 + 1], rows transformed alone. */
  function rowsTransformed(square, n, transform) {
    const columns = n / 2 + 1;
    const [re, im] = [new Float64Array(n * columns), new Float64Array(n * columns)];
    const pair = { re: new Float64Array(n), im: new Float64Array(n) };
    for (let y = 0; y < n; y += 2) {
      for (let x = 0; x < n; x++) [pair.re[x], pair.im[x]] = [square[y * n + x], square[(y + 1) * n + x]];
      transform(pair);
      for (let x = 0; x < columns; x++) {
        const back = x ? n - x : 0;
        const [a, b, c, d] = [pair.re[x], pair.re[back], pair.im[x], pair.im[back]];
        [re[y * columns + x], im[y * columns + x]] = [(a + b) / 2, (c - d) / 2];
        [re[(y + 1) * columns + x], im[(y + 1) * columns + x]] = [(c + d) / 2, (b - a) / 2];
      }
    }
    return { re, im };
  }

  /**
   * Means of power and amplitude over the frequencies at each rounded radius of an even square [N, N]:
   * {power, amplitude}, each [N / 2 + 1]. A value within rounding error of 0 is 0.
   */
  function radialSpectrum(square, n) {
    const transform = transformOf(n);
    const columns = n / 2 + 1;
    const { re, im } = rowsTransformed(square, n, transform);
    const smallest = 1e-13 * Math.sqrt(square.reduce((total, v) => total + v * v, 0)) * n;
    const [power, amplitude, count] = [0, 0, 0].map(() => new Float64Array(n));
    const column = { re: new Float64Array(n), im: new Float64Array(n) };
    for (let x = 0; x < columns; x++) {
      for (let y = 0; y < n; y++) [column.re[y], column.im[y]] = [re[y * columns + x], im[y * columns + x]];
      transform(column);
      const times = x === 0 || x === n / 2 ? 1 : 2;
      for (let y = 0; y < n; y++) {
        const ring = rint(Math.sqrt(Math.min(y, n - y) ** 2 + x * x));
        const size = Math.sqrt(column.re[y] ** 2 + column.im[y] ** 2);
        count[ring] += times;
        if (size < smallest) continue;
        amplitude[ring] += times * size;
        power[ring] += times * size * size;
      }
    }
    const averaged = (values) => values.slice(0, columns).map((v, r) => v / count[r]);
    return { power: averaged(power), amplitude: averaged(amplitude) };
  }

  const range = (first, end) => Array.from({ length: end - first }, (_, i) => first + i);

  /** Slope of the power over 10 to 256 cycles at 1024 pixels, and the deviation; Redies and others. */
  function redies({ grey, width, height }) {
    const [side, low, high] = [1024, 10, 256];
    const square = paddedSquare(grey, { width, height }, side);
    const { power } = radialSpectrum(square, side);
    const rings = range(low, high + 1).map((f) => power[f - 1]);
    if (!(Math.min(...rings) > 0)) return { slope: NONE, sigma: NONE };
    const bins = (high - low) / 2;
    const step = (Math.log10(high) - Math.log10(low)) / bins;
    const limits = range(0, bins + 1).map((i) => Math.floor(10 ** (Math.log10(low) + i * step)));
    const [x, y] = [[], []];
    for (let i = 0; i < bins; i++) {
      x.push(Math.log10((limits[i] + limits[i + 1]) / 2));
      y.push(Math.log10(mean(rings.slice(limits[i] - low, limits[i + 1] - low + 1))));
    }
    const { slope, constant } = line(x, y);
    const rest = rings.map((p, i) => Math.log10(p) - slope * Math.log10(low + i) - constant);
    return { slope, sigma: std(rest) ** 2 };
  }

  /** The picture at that long side, in the middle of a square of its own mean. */
  function paddedSquare(grey, size, side) {
    const longest = Math.max(size.width, size.height);
    const to = (length) => (length === longest ? side : Math.max(1, Math.trunc(length * (side / longest))));
    const [width, height] = [to(size.width), to(size.height)];
    const inside = resized(grey, size, { width, height }, "lanczos");
    const square = new Float64Array(side * side).fill(rint(mean(grey)));
    const [top, left] = [height, width].map((length) => side / 2 - Math.floor(length / 2));
    for (let y = 0; y < height; y++) square.set(inside.subarray(y * width, (y + 1) * width), (top + y) * side + left);
    return square;
  }

  /** A square cut from a plane: {square, side}. */
  function cut(plane, width, top, left, side) {
    const square = new Float64Array(side * side);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) square[y * side + x] = plane[(top + y) * width + left + x];
    }
    return { square, side };
  }

  const powerOfTwoBelow = (n) => 2 ** Math.floor(Math.log2(n));

  /** The central square of 2^k pixels, the largest there is; height and width may be those of a part of the plane. */
  function centralPowerOfTwo(plane, { width, height, stride = width }) {
    const side = powerOfTwoBelow(Math.min(width, height));
    const [top, left] = [height, width].map((length) => Math.floor(length / 2) - side / 2);
    return cut(plane, stride, top, left, side);
  }

  /** How much each point moves the line through all of them; Cook (1977). */
  function cooksDistance(x, y) {
    const { slope, constant } = line(x, y);
    const middle = mean(x);
    const total = sum(x.map((v) => (v - middle) ** 2));
    const rest = y.map((v, i) => v - constant - slope * x[i]);
    const variance = sum(rest.map((r) => r * r)) / (x.length - 2);
    if (variance === 0) return x.map(() => 0);
    return rest.map((r, i) => {
      const leverage = 1 / x.length + (x[i] - middle) ** 2 / total;
      return (r * r * leverage) / (2 * variance * (1 - leverage) ** 2);
    });
  }

  /** Slope of the amplitude over all frequencies, outliers removed; Spehar and others. */
  function spehar({ grey, width, height }) {
    if (Math.min(width, height) < 8) return NONE;
    const even = { width: width - (width % 2), height: height - (height % 2), stride: width };
    const { square, side } =
      even.width === even.height ? cut(grey, width, 0, 0, even.width) : centralPowerOfTwo(grey, even);
    const amplitude = [...radialSpectrum(square, side).amplitude].slice(1);
    const frequency = range(1, side / 2 + 1);
    const distance = cooksDistance(frequency, amplitude);
    const kept = frequency.map((_, i) => i).filter((i) => distance[i] <= 4 / frequency.length);
    if (!(Math.min(...kept.map((i) => amplitude[i])) > 0)) return NONE;
    return line(kept.map((i) => Math.log(frequency[i])), kept.map((i) => Math.log(amplitude[i]))).slope;
  }

  /** Slope of the amplitude of lightness over the middle frequencies; Mather (2014). */
  function mather({ lab, width, height }) {
    const { square, side } = centralPowerOfTwo(lab.L, { width, height });
    const nyquist = side / 2;
    const rings = range(rint(nyquist / 25) - 1, rint(nyquist / 2));
    if (rings.length < 2 || rings[0] < 1) return NONE;
    const { power } = radialSpectrum(square.map((v) => Math.floor((v / 100) * 255)), side);
    if (!rings.every((r) => power[r] > 0)) return NONE;
    return line(rings.map(Math.log), rings.map((r) => Math.log(power[r]))).slope / 2;
  }

  const slopes = (planes) => ({ fourier_slope_spehar: spehar(planes), fourier_slope_mather: mather(planes) });

  function enlarged(planes) {
    const { slope, sigma } = redies(planes);
    return { fourier_slope_redies: slope, fourier_sigma: sigma };
  }

  // ---- fractal dimension

  const boxSlope = (x, counts) =>
    counts.length < 2 || Math.min(...counts) === 0 ? NONE : line(x, counts.map(Math.log2)).slope;

  /** Box-counting dimension of the border between dark and light; Spehar and others (2003). */
  function fractal2d({ grey, width, height }) {
    let side = Math.min(width, height);
    const small = width === height ? grey : resized(grey, { width, height }, { width: side, height: side }, "bicubic");
    const middle = mean(small);
    let marked = small.map((v) => (v < middle ? 1 : 0));
    const [sizes, counts] = [[], []];
    for (let half = side >> 1; half > 6; half = side >> 1) {
      const next = new Uint8Array(half * half);
      for (let y = 0; y < half; y++) {
        for (let x = 0; x < half; x++) {
          const corner = 2 * y * side + 2 * x;
          const inside = marked[corner] + marked[corner + 1] + marked[corner + side] + marked[corner + side + 1];
          next[y * half + x] = inside > 0 && inside < 4 ? 1 : 0;
        }
      }
      [marked, side] = [next, half];
      sizes.push(Math.log2(half));
      counts.push(sum(marked));
    }
    return boxSlope(sizes, counts);
  }

  /** Boxes of width `box` and height box / N greys that cover the relief of a square in all windows. */
  function reliefBoxes(square, side, box) {
    const rows = Math.ceil((side - box - 1) / box);
    const columns = Math.ceil((side - box) / (box - 1));
    const deep = box * (1 / side);
    let boxes = 0;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let [low, high] = [255, 0];
        for (let y = row * box; y < (row + 1) * box; y++) {
          const first = y * side + column * (box - 1);
          for (let i = first; i < first + box; i++) {
            if (square[i] < low) low = square[i];
            if (square[i] > high) high = square[i];
          }
        }
        boxes += Math.max(1, Math.ceil((high - low) / deep));
      }
    }
    return boxes;
  }

  /** Differential box-counting dimension of the greys as a relief; Mather (2018). */
  function fractal3d({ grey, width, height }) {
    const side = powerOfTwoBelow(Math.min(width, height));
    if (side < 32) return NONE;
    const [top, left] = [height, width].map((length) => rint((length - side) / 2));
    const { square } = cut(grey, width, top, left, side);
    const smallest = 2 ** Math.ceil(Math.log2(side) / 3);
    let largest = smallest;
    while (Math.ceil(side / largest + 1) <= Math.ceil(side / (largest - 1))) largest++;
    const sizes = range(smallest, largest + 1).filter((box) => (box - smallest) % 2 === 0);
    return boxSlope(sizes.map((box) => -Math.log2(box)), sizes.map((box) => reliefBoxes(square, side, box)));
  }

  const fractal = (planes) => ({ fractal_2d: fractal2d(planes), fractal_3d: fractal3d(planes) });

  // ---- gradients

  /** Of three numbers the one of largest magnitude, and of two opposite ones the positive. */
  function largest(a, b, c) {
    const [high, low] = [Math.max(a, b, c), Math.min(a, b, c)];
    return -low > high ? low : high;
  }

  /** Which of `cells` equal parts each of `pixels` is in. */
  function cellsOf(pixels, cells) {
    const borders = range(1, cells).map((j) => rint(j * (pixels / cells)));
    return range(0, pixels).map((i) => borders.filter((border) => border <= i).length);
  }

  const DIRECTIONS = 16;

  /** Histograms of the gradients' directions in 8 x 8 cells, [64][16], and the mean strength. */
  function gradients({ lab, width, height }) {
    const channels = [
      lab.L.map((v) => rint((v / 100) * 255)),
      lab.a.map((v) => Math.floor(v + 128)),
      lab.b.map((v) => Math.floor(v + 128)),
    ];
    const cells = Array.from({ length: 64 }, () => new Float64Array(DIRECTIONS));
    const [rows, columns] = [cellsOf(height, 8), cellsOf(width, 8)];
    const slope = (i, before, after, by) => largest(...channels.map((c) => (c[i + after] - c[i + before]) / by));
    let total = 0;
    for (let y = 0, i = 0; y < height; y++) {
      const [up, down] = [y ? -width : 0, y < height - 1 ? width : 0];
      for (let x = 0; x < width; x++, i++) {
        const [left, right] = [x ? -1 : 0, x < width - 1 ? 1 : 0];
        const gy = slope(i, up, down, (down - up) / width);
        const gx = slope(i, left, right, right - left);
        const strength = Math.sqrt(gx * gx + gy * gy);
        const turns = Math.atan2(gy, gx) / (2 * Math.PI) + 0.5;
        cells[rows[y] * 8 + columns[x]][Math.floor(turns * DIRECTIONS + 0.5) % DIRECTIONS] += strength;
        total += strength;
      }
    }
    return { cells, complexity: total / (width * height) };
  }

  /** Histograms from the whole picture, [1][16], down to the cells, [64][16]. */
  function pyramidOf(cells) {
    const pyramid = [cells];
    for (let half = 4; half >= 1; half /= 2) {
      const [below] = pyramid;
      const level = range(0, half * half).map((i) => {
        const corner = Math.floor(i / half) * 4 * half + (i % half) * 2;
        const four = [corner, corner + 1, corner + 2 * half, corner + 2 * half + 1];
        return below[corner].map((_, bin) => sum(four.map((place) => below[place][bin])));
      });
      pyramid.unshift(level);
    }
    return pyramid;
  }

  const shares = (histogram) => {
    const total = sum(histogram);
    return histogram.map((v) => (total > 0 ? v / total : 0));
  };

  const median = (values) => {
    const sorted = Float64Array.from(values).sort();
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  };

  /** How alike the cells' gradients are to the whole picture's, 0 to 1. */
  function selfSimilarity([[whole], ...levels]) {
    const all = shares(whole);
    return mean(
      levels.map((cells) =>
        median(
          cells.map((cell) => {
            const [a, b] = [mean(whole), mean(cell) * cells.length];
            if (Math.min(a, b) < 1e-8) return 0;
            const alike = sum(shares(cell).map((v, bin) => Math.min(v, all[bin])));
            return (alike * Math.min(a, b)) / Math.max(a, b);
          }),
        ),
      ),
    );
  }

  /** Pyramids of histograms of oriented gradients; Braun and others (2013). */
  function phog(planes) {
    const none = { phog_selfsimilarity: NONE, phog_complexity: NONE, phog_anisotropy: NONE };
    if (Math.min(planes.width, planes.height) < 8) return none;
    const { cells, complexity } = gradients(planes);
    if (complexity === 0) return { ...none, phog_complexity: 0 };
    const pyramid = pyramidOf(cells);
    const every = pyramid.map((level) => level.map(shares));
    const smallest = every.at(-1).flatMap((cell) => [...cell]);
    return {
      phog_selfsimilarity: selfSimilarity(pyramid),
      phog_complexity: complexity,
      phog_anisotropy: std(smallest) / sum(every.flat().map(sum)),
    };
  }

  // ---- edges

  const REACH = 7; // pixels; beyond it the published filters are 0 when rounded
  const ORIENTATIONS = 24;

  /**
   * The odd Gabor filters of half a turn as whole numbers of ten-thousandths. Each is the negative of itself turned
   * round, so that half of its places are enough: {places: [[dy, dx], ...], filters: [12][places]}.
   */
  const gaborBank = (() => {
    let bank = null;
    return () => (bank ??= make());
    function make() {
      const sigma = ((17 / 15) * Math.sqrt(Math.log(2) / 2)) / (Math.PI / 8);
      const places = [];
      for (let y = 0; y <= REACH; y++) {
        for (let x = -REACH; x <= REACH; x++) if (y > 0 || x > 0) places.push([y, x]);
      }
      const filters = range(0, ORIENTATIONS / 2).map((k) => {
        const t = (k * 2 * Math.PI) / ORIENTATIONS;
        return Float64Array.from(places, ([y, x]) => {
          const envelope = rint(Math.exp(-(x * x + y * y) / (2 * sigma ** 2)) * 1e4) / 1e4;
          const wave = Math.cos((Math.PI / 4) * (x * Math.sin(t) + y * Math.cos(t)) + Math.PI / 2);
          return rint(envelope * wave * 1e4);
        });
      });
      const used = places.map((_, i) => filters.some((filter) => filter[i]));
      return {
        places: places.filter((_, i) => used[i]),
        filters: filters.map((filter) => filter.filter((_, i) => used[i])),
      };
    }
  })();

  /** A grey picture with REACH pixels around it, mirrored: Float64Array [H + 2 REACH, W + 2 REACH]. */
  function mirroredBorder(grey, width, height) {
    const inside = (i, n) => {
      const place = ((i % (2 * n)) + 2 * n) % (2 * n);
      return place < n ? place : 2 * n - 1 - place;
    };
    const wide = width + 2 * REACH;
    const padded = new Float64Array(wide * (height + 2 * REACH));
    const columns = range(0, wide).map((x) => inside(x - REACH, width));
    for (let y = 0; y < height + 2 * REACH; y++) {
      const row = inside(y - REACH, height) * width;
      for (let x = 0; x < wide; x++) padded[y * wide + x] = grey[row + columns[x]];
    }
    return padded;
  }

  /** The response of the best of 24 filters at each pixel, and its number; of equal ones the first. */
  function strongestResponse(grey, width, height) {
    const { places, filters } = gaborBank();
    const padded = mirroredBorder(grey, width, height);
    const wide = width + 2 * REACH;
    const offsets = places.map(([y, x]) => y * wide + x);
    const [n, half] = [offsets.length, filters.length];
    const [strength, kind] = [new Float64Array(width * height), new Uint8Array(width * height)];
    const [odd, responses] = [new Float64Array(n), new Float64Array(half)];
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        const centre = (y + REACH) * wide + x + REACH;
        for (let j = 0; j < n; j++) odd[j] = padded[centre - offsets[j]] - padded[centre + offsets[j]];
        for (let k = 0; k < half; k++) {
          const filter = filters[k];
          let response = 0;
          for (let j = 0; j < n; j++) response += filter[j] * odd[j];
          responses[k] = response;
        }
        let best = 0;
        for (let k = 1; k < half; k++) if (responses[k] > responses[best]) best = k;
        let lowest = 0;
        for (let k = 1; k < half; k++) if (responses[k] < responses[lowest]) lowest = k;
        const turned = -responses[lowest] > responses[best];
        strength[i] = (turned ? -responses[lowest] : responses[best]) / 1e4;
        kind[i] = turned ? lowest + half : best;
      }
    }
    return { strength, kind };
  }

  /** Mean strength of the edges, and the entropy of the orientations of the 10,000 strongest; Redies and others. */
  function edges({ grey, width, height }) {
    const scale = Math.sqrt(120_000 / (width * height));
    const size = { width: Math.trunc(width * scale), height: Math.trunc(height * scale) };
    if (Math.min(size.width, size.height) < 1) return { edge_density: NONE, eoe_1st_order: NONE };
    const small = resized(grey, { width, height }, size, "lanczos");
    const { strength, kind } = strongestResponse(small, size.width, size.height);
    const least = strength.length > 10_000 ? strength.slice().sort()[strength.length - 10_000] : 0;
    const histogram = new Float64Array(ORIENTATIONS);
    strength.forEach((s, i) => {
      if (s > 0 && s >= least) histogram[kind[i]] += s;
    });
    return { edge_density: mean(strength), eoe_1st_order: sum(histogram) > 0 ? entropy(histogram) : NONE };
  }

  // ---- all of them

  /** What is computed together, the quickest first. */
  const GROUPS = { colour, composition, fractal, phog, slopes, edges, enlarged };

  /** Measures of a picture by the package's column names; `groups`: those to compute. */
  function measure(picture, groups = Object.keys(GROUPS)) {
    const planes = planesOf(picture);
    return Object.assign({}, ...groups.map((group) => GROUPS[group](planes)));
  }

  return { GROUPS, planesOf, measure, resized, radialSpectrum, transformOf };
}

const Measures = makeMeasures();

if (typeof module !== "undefined") module.exports = { ...Measures, makeMeasures };
