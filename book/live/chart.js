// What live figures of numbers share: random numbers, plots as wide as their place, and values dragged along an axis.
"use strict";

const LiveChart = (() => {
  const Z95 = 1.959963984540054; // of the normal distribution, 95 % between -z and z
  const TEXT = 7; // pixels that a letter of an axis needs, half of it on each side

  /** Numbers in [0, 1) that follow from the seed alone (Marsaglia's xorshift on 32 bits). */
  function generator(seed) {
    let state = Math.imul(seed + 1, 0x9e3779b1) | 0 || 1; // spread, and never 0
    const next = () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 2 ** 32;
    };
    for (let i = 0; i < 8; i++) next(); // neighbouring seeds part ways
    return next;
  }

  /** Numbers from 0 to n - 1 in an order that `random` gives. */
  function shuffled(n, random) {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  /** The 95 % interval of a share by Wilson's score method. */
  function wilson(right, n) {
    if (!(n >= 1 && right >= 0 && right <= n)) throw new RangeError(`${right} of ${n} is no share`);
    const share = right / n;
    const z2 = Z95 * Z95;
    const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
    const half = (Z95 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
    return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
  }

  /** Whole percent of a share from 0 to 1, with a space that does not break. */
  const percent = (share) => `${Math.round(100 * share)}\u00a0%`;

  // ---- plots

  /**
   * An SVG drawing as wide as its place; its role is "img" if nothing in it takes the focus.
   * `height(width)` in pixels; `margin` {top, right, bottom, left};
   * `x` and `y` are {low, high} or functions of a value that give 0 to 1. `draw(plot)` draws it anew for a new width.
   */
  function plot({ label, role = "group", height, margin, x, y, draw }) {
    const { svg } = LiveFigure;
    const element = svg("svg", { class: "live-plot", role, "aria-label": label });
    const share = (axis) => (typeof axis === "function" ? axis : (v) => (v - axis.low) / (axis.high - axis.low));
    const [shareX, shareY] = [share(x), share(y)];
    const self = { element, margin, width: 0, height: 0 };
    self.X = (v) => margin.left + shareX(v) * (self.width - margin.left - margin.right);
    self.Y = (v) => self.height - margin.bottom - shareY(v) * (self.height - margin.top - margin.bottom);
    const resize = () => {
      const width = Math.round(element.parentElement?.clientWidth ?? 0);
      if (!width || width === self.width) return;
      self.width = width;
      self.height = Math.round(height(width));
      element.setAttribute("viewBox", `0 0 ${self.width} ${self.height}`);
      element.style.height = `${self.height}px`;
      draw(self);
    };
    self.watch = () => {
      new ResizeObserver(resize).observe(element.parentElement);
      resize();
    };
    return self;
  }

  /** A path through points [[x, y], ...] in pixels. */
  const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

  const text = (x, y, words, options = {}) => LiveFigure.svg("text", { x, y, ...options }, words);

  /** The axes of a plot: a line below with its ticks and name, names of heights on the left. */
  function axes({ X, Y, width, height, margin }, { ticks = [], name = "", heights = [], top = "" }) {
    const { svg } = LiveFigure;
    const bottom = height - margin.bottom;
    const group = svg("g", { class: "live-axes" });
    group.append(svg("path", { d: path([[margin.left, bottom], [width - margin.right, bottom]]) }));
    for (const [value, words] of ticks) {
      const half = String(words).length * TEXT * 0.5;
      const x = Math.min(width - half, Math.max(half, X(value)));
      group.append(svg("path", { d: path([[X(value), bottom], [X(value), bottom + 4]]) }));
      group.append(text(x, bottom + 17, words, { "text-anchor": "middle" }));
    }
    for (const [value, words] of heights) {
      group.append(svg("path", { d: path([[margin.left - 4, Y(value)], [margin.left, Y(value)]]) }));
      group.append(text(margin.left - 7, Y(value) + 4, words, { "text-anchor": "end" }));
    }
    const middle = (margin.left + width - margin.right) / 2;
    if (name) group.append(text(middle, bottom + 34, name, { "text-anchor": "middle" }));
    if (top) group.append(text(margin.left > 20 ? 0 : margin.left, margin.top - 9, top));
    return group;
  }

  /**
   * Lets a pointer anywhere on `surface`, or the keys on `handle`, choose one of `count` places along the x axis.
   * `toIndex(pixels)` from the left edge of the surface; `said(index)` in words; `change(index)` gets each new one.
   * `show(index)` tells the handle where it is.
   */
  function slider(surface, handle, { name, count, toIndex, said, change }) {
    let index = -1;
    const attributes = { role: "slider", tabindex: 0, "aria-label": name, "aria-valuemin": 0, "aria-valuemax": count - 1 };
    for (const [key, value] of Object.entries(attributes)) handle.setAttribute(key, value);
    const ask = (place) => {
      const next = LiveFigure.clamp(Math.round(place), 0, count - 1);
      if (next === index) return;
      index = next; // at once: the next key may come before the next frame
      change(next);
    };
    const follow = (event) => ask(toIndex(event.clientX - surface.getBoundingClientRect().left));
    surface.classList.add("live-surface");
    surface.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      surface.setPointerCapture(event.pointerId);
      handle.focus({ preventScroll: true });
      event.preventDefault();
      follow(event);
    });
    surface.addEventListener("pointermove", (event) => {
      if (surface.hasPointerCapture(event.pointerId)) follow(event);
    });
    const leap = Math.max(2, Math.round(count / 8));
    const steps = { ...LiveFigure.STEPS, PageUp: leap, PageDown: -leap, Home: -count, End: count };
    handle.addEventListener("keydown", (event) => {
      if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      ask(index + steps[event.key]);
    });
    const show = (place) => {
      index = place;
      handle.setAttribute("aria-valuenow", place);
      handle.setAttribute("aria-valuetext", said(place));
    };
    return { show };
  }

  return { generator, shuffled, wilson, percent, plot, path, text, axes, slider };
})();

if (typeof module !== "undefined") module.exports = LiveChart;
