// Where a measure stands among the photographs of the course, and pictures that are changed. Pure, tested by node.
"use strict";

const Reference = (() => {
  /**
   * Where a value lies among rising, evenly spaced quantiles, 0 to 100, as `measures.reference.place` has it:
   * on the straight line between two of them, at several that are equal in the middle of them.
   */
  function place(value, levels) {
    if (Number.isNaN(value)) return NaN;
    const first = levels.filter((level) => level < value).length;
    const after = levels.filter((level) => level <= value).length;
    const steps = levels.length - 1;
    if (after > first) return (100 * (first + after - 1)) / 2 / steps;
    if (first === 0) return 0;
    if (first > steps) return 100;
    const [low, high] = [levels[first - 1], levels[first]];
    return (100 * (first - 1 + (value - low) / (high - low))) / steps;
  }

  /** A value with six significant digits, as the record keeps them. */
  const digits = (value) => Number(value.toPrecision(6));

  /** Percentile of a measure by its name; `quantiles`: of each name. */
  const percentile = (quantiles, name, value) => place(digits(value), quantiles[name]);

  /** Share of the pictures in each of `n` equal bins between two values, from their quantiles. */
  function shares(levels, n, low, high) {
    const below = (value) => place(value, levels) / 100;
    const borders = Array.from({ length: n + 1 }, (_, i) => low + (i * (high - low)) / n);
    return borders.slice(1).map((border, i) => Math.max(0, below(border) - (i ? below(borders[i]) : 0)));
  }

  // ---- pictures {width, height, rgb} that are changed

  /** A part of a picture; the sides as shares from 0 to 1. It has at least 16 pixels a side, if the picture has. */
  function cropped({ width, height, rgb }, [left, top, right, bottom]) {
    const span = (from, to, side) => {
      const first = Math.min(Math.round(from * side), Math.max(0, side - 16));
      return [first, Math.min(side, Math.max(Math.round(to * side), first + 16))];
    };
    const [x0, x1] = span(left, right, width);
    const [y0, y1] = span(top, bottom, height);
    const part = new Uint8ClampedArray((x1 - x0) * (y1 - y0) * 3);
    for (let y = y0; y < y1; y++) {
      part.set(rgb.subarray((y * width + x0) * 3, (y * width + x1) * 3), (y - y0) * (x1 - x0) * 3);
    }
    return { width: x1 - x0, height: y1 - y0, rgb: part };
  }

  function mirrored({ width, height, rgb }) {
    const turned = new Uint8ClampedArray(rgb.length);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = (y * width + width - 1 - x) * 3;
        turned.set(rgb.subarray(from, from + 3), (y * width + x) * 3);
      }
    }
    return { width, height, rgb: turned };
  }

  /** Every level v in [0, 1] becomes v to the power of 2^-stops: brighter above 0, black and white stay. */
  function brightened({ width, height, rgb }, stops) {
    const table = Uint8ClampedArray.from({ length: 256 }, (_, v) => Math.round(255 * (v / 255) ** (2 ** -stops)));
    return { width, height, rgb: rgb.map((v) => table[v]) };
  }

  /** The picture in another size, as Pillow's Lanczos makes it; `resized` is that of the measures. */
  function scaled(picture, longSide, resized) {
    const { width, height, rgb } = picture;
    const scale = longSide / Math.max(width, height);
    const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
    if (size.width === width && size.height === height) return picture;
    const out = new Uint8ClampedArray(size.width * size.height * 3);
    for (const channel of [0, 1, 2]) {
      const plane = new Uint8Array(width * height);
      for (let i = 0; i < plane.length; i++) plane[i] = rgb[3 * i + channel];
      resized(plane, picture, size, "lanczos").forEach((v, i) => (out[3 * i + channel] = v));
    }
    return { ...size, rgb: out };
  }

  return { place, percentile, shares, cropped, mirrored, brightened, scaled };
})();

if (typeof module !== "undefined") module.exports = Reference;
