// What live figures share in which something moves: points dragged in a plane, rails, a clock, courses of numbers.
"use strict";

const LivePlay = (() => {
  const { make, svg, clamp } = LiveFigure;
  const { plot, path, text, axes, slider } = LiveChart;
  const REST = 400; // milliseconds between two leaps, for those who ask for less motion
  const LETTER = 7.5; // pixels of a flag's letter
  const LEAP = 12; // ticks in one of them
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  /** The value of a colour of the theme as [red, green, blue], from 0 to 255. */
  function colour(name) {
    const context = make("canvas", { width: 1, height: 1 }).getContext("2d");
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }

  /** Calls `draw` when the theme changes between light and dark. */
  const onTheme = (draw) =>
    new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });

  /** Paints a canvas of `side` by `side` values, by rows from above: `ink(value)` gives [red, green, blue, opacity]. */
  function paint(canvas, values, side, ink) {
    canvas.width = canvas.height = side;
    const image = new ImageData(side, side);
    values.forEach((value, i) => {
      const [r, g, b, share] = ink(value);
      image.data.set([r, g, b, 255 * share], 4 * i);
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  /** The line where `side` by `side` values, by rows from above, pass through 0: pieces [[x, y], [x, y]] in cells. */
  function contour(values, side) {
    const pieces = [];
    const cross = (a, b, [x, y], [u, v]) => {
      const share = a / (a - b);
      return [x + share * (u - x), y + share * (v - y)];
    };
    for (let row = 0; row + 1 < side; row++) {
      for (let column = 0; column + 1 < side; column++) {
        const corners = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]];
        const heights = corners.map(([x, y]) => values[y * side + x]);
        const found = corners.flatMap((corner, i) => {
          const next = (i + 1) % 4;
          return heights[i] > 0 !== heights[next] > 0 ? [cross(heights[i], heights[next], corner, corners[next])] : [];
        });
        for (let i = 0; i + 1 < found.length; i += 2) pieces.push([found[i], found[i + 1]]);
      }
    }
    return pieces;
  }

  /** The middles of `side` by `side` cells of a square from -reach to reach, by rows from above. */
  function middles(side, reach) {
    const at = (i) => (2 * reach * (i + 0.5)) / side - reach;
    return Array.from({ length: side * side }, (_, i) => [at(i % side), -at(Math.floor(i / side))]);
  }

  /** The path of an arrow between two places in pixels, with a head of so many pixels; "" for one too short to be seen. */
  function arrow([x, y], [u, v], head) {
    const long = Math.hypot(u - x, v - y);
    if (!(long >= 1) || !Number.isFinite(long)) return "";
    const [right, down] = [(head * (u - x)) / long, (head * (v - y)) / long];
    const wings = [[u - right - 0.6 * down, v - down + 0.6 * right], [u, v], [u - right + 0.6 * down, v - down - 0.6 * right]];
    return path([[x, y], [u, v]]) + path(wings);
  }

  /** Places of a plot as a line with a dot at each. */
  function trail(chart, places, kind) {
    const seen = places.map(([x, y]) => [chart.X(x), chart.Y(y)]);
    const dots = seen.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join("");
    return [svg("path", { d: path(seen), class: `play-trail ${kind}` }), svg("path", { d: dots, class: `play-dots ${kind}` })];
  }
  /** The sign of a kind in a legend. */
  const key = (kind) => make("span", { className: `play-key ${kind}`, attributes: { "aria-hidden": "true" } });

  /** Where a pointer is in a plot with straight axes. */
  function placeOf(chart, event) {
    const box = chart.element.getBoundingClientRect();
    const [x0, x1, y0, y1] = [chart.X(0), chart.X(1), chart.Y(0), chart.Y(1)];
    return [(event.clientX - box.left - x0) / (x1 - x0), (event.clientY - box.top - y0) / (y1 - y0)];
  }

  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

  /**
   * A handle that is dragged in a plot, or moved by `step` with the arrow keys: `change([x, y])` gets each new place,
   * no further out than `reach`; `said([x, y])` puts it into words. `show([x, y])` moves it.
   */
  function grip(chart, { name, step, reach, change, said, radius = 8 }) {
    const dot = svg("circle", { r: radius });
    const element = svg(
      "g",
      { class: "live-handle play-grip", role: "slider", tabindex: 0, "aria-label": name },
      svg("circle", { r: 20, class: "play-reach" }), dot,
    );
    let place = [0, 0];
    const move = ([x, y]) => {
      place = [clamp(x, -reach, reach), clamp(y, -reach, reach)];
      change(place);
    };
    let held = null; // from the middle of the handle to the pointer
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const [x, y] = placeOf(chart, event);
      held = [place[0] - x, place[1] - y];
      element.setPointerCapture(event.pointerId);
      element.focus({ preventScroll: true });
      event.preventDefault();
      event.stopPropagation();
    });
    element.addEventListener("pointermove", (event) => {
      if (!held) return;
      const [x, y] = placeOf(chart, event);
      move([x + held[0], y + held[1]]);
    });
    for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => (held = null));
    element.addEventListener("keydown", (event) => {
      if (!(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const [right, up] = KEYS[event.key];
      move([place[0] + right * step, place[1] + up * step]);
    });
    const show = (at) => {
      place = at;
      element.setAttribute("transform", `translate(${chart.X(at[0]).toFixed(1)} ${chart.Y(at[1]).toFixed(1)})`);
      for (const [key, value] of [["min", -reach], ["max", reach], ["now", at[0].toFixed(2)]]) {
        element.setAttribute(`aria-value${key}`, value);
      }
      element.setAttribute("aria-valuetext", said(at));
    };
    return { element, show };
  }

  /**
   * A rail with `values` at equal distances and one handle: `change(index)`; `said(index)` in words; `ticks`
   * [[index, words], ...]. `show(index, marks)` moves it; `marks` [[place, words, side], ...] are flags above the rail, for
   * which `flags` lines are kept free; their words stand on the left (side -1) or the right (1), if there is room.
   */
  function rail({ name, values, ticks, said, change, flags: lines = 0 }) {
    const back = svg("g");
    const flags = svg("g", { class: "play-flags" });
    const handle = svg("g", { class: "live-handle" }, svg("circle", { r: 9 }));
    let last = null;
    const chart = plot({
      label: name,
      height: () => 46 + 14 * lines,
      margin: { top: 12 + 14 * lines, right: 12, bottom: 22, left: 12 },
      x: { low: 0, high: values.length - 1 },
      y: { low: 0, high: 1 },
      draw: () => {
        back.replaceChildren(axes(chart, { ticks }));
        if (last) show(...last);
      },
    });
    chart.element.append(back, flags, handle);
    const inside = () => chart.width - chart.margin.left - chart.margin.right;
    const drag = slider(chart.element, handle, {
      name, count: values.length, said, change,
      toIndex: (x) => ((x - chart.margin.left) / inside()) * (values.length - 1),
    });
    function show(index, marks = []) {
      last = [index, marks];
      drag.show(index);
      if (!chart.width) return;
      handle.setAttribute("transform", `translate(${chart.X(index)} ${chart.Y(0)})`);
      flags.replaceChildren(
        ...marks.flatMap(([place, words, side = 1], row) => {
          const x = chart.X(clamp(place, 0, values.length - 1));
          const long = LETTER * words.length;
          const left = side < 0 ? x > long : x + long > chart.width;
          const y = 12 + 14 * row;
          return [
            svg("path", { d: path([[x, chart.Y(0) + 5], [x, y - 9]]) }),
            text(x + (left ? -5 : 5), y, words, { "text-anchor": left ? "end" : "start" }),
          ];
        }),
      );
    }
    return { element: make("div", {}, make("span", { className: "play-name" }, name), chart.element), chart, show };
  }

  /**
   * A button that lets something run: `tick()` is called once a frame while the figure can be seen, and says whether
   * to go on; `rest()` when it stops. For those who ask for less motion ticks come in leaps, at longer intervals.
   */
  function clock({ go, halt, tick, rest }) {
    let running = false;
    let before = 0;
    const button = make("button", { type: "button", className: "live-button", onclick: () => set(!running) }, go);
    const seen = () => {
      const box = button.closest(".live-place").getBoundingClientRect();
      return box.bottom > 0 && box.top < innerHeight;
    };
    function frame(now) {
      if (!running) return;
      requestAnimationFrame(frame);
      if (!seen() || (still() && now - before < REST)) return;
      before = now;
      for (let i = still() ? LEAP : 1; i > 0; i--) if (tick() === false) return set(false);
    }
    function set(on) {
      if (on === running) return;
      running = on;
      button.textContent = on ? halt : go;
      if (on) requestAnimationFrame(frame);
      else rest();
    }
    return { button, stop: () => set(false), running: () => running };
  }

  /**
   * Numbers, step after step, as lines over a logarithmic height from `low` to `high`, tenfold by tenfold.
   * `show([{values, kind}, ...], steps)` draws them over so many steps at least.
   */
  function courses({ label, top, low, high, heights, height = 150, bottom = "steps" }) {
    const back = svg("g");
    const lines = svg("g");
    let last = [[], 10];
    const [floor, span] = [Math.log10(low), Math.log10(high / low)];
    const chart = plot({
      label, role: "img", height: () => height,
      margin: { top: 26, right: 12, bottom: 40, left: 42 },
      x: (step) => step / last[1],
      y: (value) => clamp((Math.log10(Math.max(value, 1e-300)) - floor) / span, -0.02, 1.02),
      draw: () => show(...last),
    });
    function show(series, steps) {
      last = [series, steps];
      if (!chart.width) return;
      back.replaceChildren(axes(chart, { ticks: [[0, 0], [steps, steps]], name: bottom, heights, top }));
      lines.replaceChildren(
        ...series.map(({ values, kind }) => {
          const each = Math.max(1, Math.floor(values.length / 400)); // no more points than can be seen
          const shown = values.map((value, i) => [i, value]).filter(([i]) => i % each === 0 || i === values.length - 1);
          return svg("path", { d: path(shown.map(([i, value]) => [chart.X(i), chart.Y(value)])), class: `play-line ${kind}` });
        }),
      );
    }
    chart.element.append(back, lines);
    return { chart, show };
  }

  /** The columns of a figure: a square board on the left, what stands below it, and what belongs beside it. */
  const columns = (board, below, side) =>
    make(
      "div", { className: "play" },
      make("div", {}, make("div", { className: "play-board" }, ...board), ...below), make("div", { className: "play-side" }, ...side),
    );

  return { colour, onTheme, paint, contour, middles, arrow, trail, key, placeOf, grip, rail, clock, courses, columns };
})();
