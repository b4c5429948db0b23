// The perception-distortion plane with pictures: first six blind choices, then the line and a crop that follows it.
"use strict";

(() => {
  const { make, svg, voice, remember, start, choice } = LiveFigure;
  const { plot, path, text, axes, slider } = LiveChart;
  const model = Plane;
  const data = globalThis.PLANE;
  const base = (document.documentElement.dataset.content_root ?? "./") + "plane/";
  const TILES = ["bicubic", ...data.line.keys(), "original"]; // of a strip, from the left
  const TITLES = { animals_koala: "Koala", monuments_petra: "Petra", monuments_greatPyramidOfGiza: "Pyramid" };
  const SEEDS = 36 ** 5;

  /** Shows a tile of a crop, a point or "bicubic" or "original", as an element's background. */
  function showTile(element, crop, tile) {
    element.style.backgroundImage = `url("${base}${data.crops[crop]}.webp")`;
    element.style.backgroundSize = `${100 * TILES.length}% 100%`;
    element.style.backgroundPosition = `${(100 * TILES.indexOf(tile)) / (TILES.length - 1)}% 0`;
  }

  const button = (words, onclick) => make("button", { type: "button", className: "live-button", onclick }, words);

  // ---- the blind choices

  /** Asks about one pair after the other; `done(choices)` gets what was chosen, all or none. */
  function blind(say, done) {
    const pairs = model.pairs(Math.floor(Math.random() * SEEDS), data.crops.length);
    const choices = [];
    const question = make("p", { className: "live-sentence" });
    const sides = ["left", "right"].map((side) => {
      const attributes = { "aria-label": `The ${side} one` };
      return make("button", { type: "button", className: "plane-tile", onclick: () => take(side), attributes });
    });
    const skip = button("Skip, show the plane", () => done([]));
    const pair = make("div", { className: "plane-pair" }, ...sides);
    const element = make("div", { className: "plane-blind" }, question, pair, skip);
    function ask() {
      const pair = pairs[choices.length];
      showTile(sides[0], pair.crop, pair.left);
      showTile(sides[1], pair.crop, pair.right);
      question.textContent = `Which of the two would you rather hang up? Pair ${choices.length + 1} of ${pairs.length}.`;
      say(question.textContent);
    }
    function take(side) {
      const pair = pairs[choices.length];
      choices.push({ pair, chosen: pair[side] });
      if (choices.length < pairs.length) ask();
      else done(choices);
    }
    ask();
    return element;
  }

  // ---- the plane

  function plane(change) {
    const back = svg("g");
    const rings = svg("g");
    const handle = svg("g", { class: "live-handle" }, svg("circle", { r: 9 }));
    const chart = plot({
      label: "PSNR to the right, distance from photographs upwards; the line from SRResNet to SRGAN can be walked along",
      height: (width) => Math.min(330, Math.max(250, 0.9 * width)),
      margin: { top: 24, right: 16, bottom: 40, left: 34 },
      x: { low: 25.4, high: 28.6 },
      y: { low: 0, high: 88 },
      draw,
    });
    const drag = slider(chart.element, handle, {
      name: "Place on the line, from SRGAN to SRResNet",
      count: model.POINTS,
      toIndex: (x) => {
        const gaps = data.line.map(([psnr]) => Math.abs(chart.X(psnr) - x));
        return model.POINTS - 1 - gaps.indexOf(Math.min(...gaps));
      },
      said: (i) => model.where(data.line, model.POINTS - 1 - i),
      change: (i) => change({ point: model.POINTS - 1 - i }),
    });
    function draw() {
      const at = ([psnr, distance]) => [chart.X(psnr), chart.Y(distance)];
      const dot = (place, className) => svg("circle", { class: className, r: 5, cx: at(place)[0], cy: at(place)[1] });
      const name = (words, place, dx, dy, anchor) =>
        text(at(place)[0] + dx, at(place)[1] + dy, words, { "text-anchor": anchor });
      back.replaceChildren(
        axes(chart, {
          ticks: [26, 27, 28].map((value) => [value, value]), heights: [0, 40, 80].map((value) => [value, value]),
          name: "PSNR, dB: nearer to the original", top: "distance: lower is more like photographs",
        }),
        svg("path", { class: "plane-line", d: path(data.line.map(at)) }),
        ...data.line.map((place) => dot(place, "plane-dot")),
        ...Object.values(data.others).map((place) => dot(place, "plane-other")),
        ...Object.entries(data.others).map(([words, place]) => name(words, place, 9, 4, "start")),
        name("SRResNet", data.line[0], 0, -32, "middle"),
        name("SRGAN", data.line.at(-1), -32, 4, "end"),
      );
      if (paint.last) paint(...paint.last);
    }
    const paint = (point, taken) => {
      paint.last = [point, taken];
      drag.show(model.POINTS - 1 - point);
      if (!chart.width) return;
      const places = data.line.map(([psnr, distance]) => [chart.X(psnr), chart.Y(distance)]);
      handle.setAttribute("transform", `translate(${places[point].join(" ")})`);
      rings.replaceChildren(
        ...places.map(([cx, cy], i) => svg("circle", { class: "plane-taken", r: taken[i] && 9 + 3.5 * taken[i], cx, cy })),
      );
    };
    chart.element.append(back, rings, handle);
    return { chart, paint };
  }

  // ---- the crop

  /** A crop in two versions, the second one to the right of a divider that is dragged. */
  function viewer() {
    const [under, over] = ["plane-under", "plane-over"].map((className) => make("div", { className }));
    const handle = make("div", { className: "plane-divider" });
    const element = make("div", { className: "plane-viewer" }, under, over, handle);
    const place = (share) => {
      element.style.setProperty("--split", `${share}%`);
      drag.show(share);
    };
    const drag = slider(element, handle, {
      name: "Divider between the two pictures",
      count: 101,
      toIndex: (x) => (100 * x) / element.clientWidth,
      said: (share) => `${share} per cent from the left`,
      change: place,
    });
    place(50);
    const paint = ({ crop, point, beside, error }) => {
      showTile(under, crop, point);
      showTile(over, crop, error ? "original" : beside);
      element.classList.toggle("error", error);
    };
    return { element, paint };
  }

  // ---- the figure

  function build(place) {
    let state = { point: 2, crop: 0, beside: "original", error: false };
    let choices = [];
    const { element: spoken, say } = voice();
    const map = plane((change) => update(change));
    const crop = viewer();
    const sentence = make("p", { className: "live-sentence" });
    const titles = Object.fromEntries(data.crops.map((name, i) => [i, TITLES[name]]));
    const which = choice("Photograph", titles, (key) => update({ crop: Number(key) }));
    const sides = Object.fromEntries(model.BESIDE.map((name) => [name, name]));
    const beside = choice("On the right", sides, (key) => update({ beside: key, error: false }));
    const error = button("Show the error", () => update({ error: !state.error }));
    const buttons = make("div", { className: "plane-buttons" }, which.element, beside.element, error);
    const board = make(
      "div",
      { className: "plane-board" },
      make("div", {}, map.chart.element),
      make("div", { className: "plane-side" }, crop.element, buttons),
      sentence,
    );
    const root = make("div", { className: "plane live-figure" });
    place.replaceChildren(root);

    function paint() {
      map.paint(state.point, model.tally(choices).taken);
      crop.paint(state);
      which.show(String(state.crop));
      beside.show(state.beside);
      error.setAttribute("aria-pressed", String(state.error));
      sentence.textContent = [model.where(data.line, state.point), model.verdict(choices)].join(" ").trim();
      say(sentence.textContent);
    }
    const later = LiveFigure.inNextFrame(paint);

    function update(change, keep = true) {
      state = { ...state, ...change };
      if (keep) remember(model.address(state));
      later();
    }

    function explore(made, focus = true) {
      choices = made;
      root.replaceChildren(board, spoken);
      map.chart.watch();
      paint();
      if (focus) map.chart.element.querySelector(".live-handle").focus({ preventScroll: true });
    }

    root.replaceChildren(blind(say, explore), spoken);
    return (hash) => {
      const asked = model.stateOf(hash, data.crops.length);
      if (!asked) return false;
      explore([], false);
      update(asked, false);
      return true;
    };
  }

  start("plane", build);
})();
