// Train by hand: builds the figure, and follows the pointer, the keys and the address.
"use strict";

(() => {
  const { make, svg, scrub, voice, remember, start } = LiveFigure;
  const { plot, path, text } = LiveChart;
  const { colour, onTheme, paint, contour, middles, arrow, placeOf, grip, rail, clock, courses, columns } = LivePlay;
  const model = ByHand;
  const SETS = model.sets(globalThis.BY_HAND);
  const NAMES = {
    black: { title: "black and saturation, two hands", kinds: ["Noto", "OpenMoji"], axes: ["more black →", "more saturated ↑"] },
    size: { title: "width and height, two hands", kinds: ["Noto", "Fluent"], axes: ["wider →", "taller ↑"] },
    xor: { title: "crosswise (xor)", kinds: ["one kind", "the other"], axes: ["", ""] },
  };
  const STARTS = { random: "at random", e: "all equal", z: "at zero" };
  const FIELD = 60; // cells along the side of the coloured plane
  const SHEET = 28;
  const NEAR = 18; // pixels within which a point is taken hold of
  const ARROW = 1.6; // length that the arrow of an endlessly steep line would have
  const HALF = 1.5; // slope at which it has half of it
  const FIRST = [-0.6, 0.7, 0.5];
  const SEEDS = 10000;

  const first = () => ({
    set: "black", points: SETS.black, hidden: 0, start: FIRST, rate: 20, steps: 0, best: null, unit: 0, point: 0, asks: true,
  });

  // ---- the arrow of a line: the longer, the steeper

  const lengthOf = (w) => Math.hypot(...w);
  function tipOf({ w }, [x, y]) {
    const length = lengthOf(w);
    const far = length ? ARROW / (HALF + length) : 0;
    return [x + far * w[0], y + far * w[1]];
  }
  function weightsOf([x, y], [u, v]) {
    const [right, up] = [u - x, v - y];
    const far = Math.min(Math.hypot(right, up), 0.94 * ARROW);
    const steep = far ? HALF / (ARROW - far) : 0;
    const cut = far / (Math.hypot(right, up) || 1);
    return [right * steep * cut, up * steep * cut];
  }

  // ---- the board

  const pixels = (chart, points) => points.map(([x, y]) => [chart.X(x), chart.Y(y)]);
  const line = (chart, ends, kind) => (ends ? [svg("path", { d: path(pixels(chart, ends)), class: kind })] : []);

  function mark(chart, [x, y, kind], wrong) {
    const place = `translate(${chart.X(x).toFixed(1)} ${chart.Y(y).toFixed(1)})`;
    const look = { transform: place, class: `hand-point hand-${kind ? "second" : "first"}${wrong ? " wrong" : ""}` };
    return kind ? svg("path", { d: "M0 -6L6 5H-6Z", ...look }) : svg("circle", { r: 5.5, ...look });
  }

  /** From a line's handle to where it will be after one step. */
  const stepTo = (chart, from, to) => [svg("path", { d: arrow(...pixels(chart, [from, to]), 6), class: "hand-step" })];

  function board(change) {
    const canvas = make("canvas", { attributes: { "aria-hidden": "true" } });
    const [back, marks] = [svg("g"), svg("g")];
    const chart = plot({
      label: "The plane, with the points and what the network says of each place",
      height: (width) => width,
      margin: { top: 0, right: 0, bottom: 0, left: 0 },
      x: { low: -model.REACH, high: model.REACH },
      y: { low: -model.REACH, high: model.REACH },
      draw: () => change(null),
    });
    const handles = {
      turn: grip(chart, { name: "Arrow of the line: turns it, and makes it steeper", step: 0.1, reach: 6, change: (at) => change({ turn: at }), said, radius: 6 }),
      shift: grip(chart, { name: "The line: moves it", step: 0.1, reach: model.REACH, change: (at) => change({ shift: at }), said }),
    };
    const ring = grip(chart, {
      name: "A point; page up and page down choose another", step: 0.1, reach: model.REACH, change: (at) => change({ point: at }), said, radius: 9,
    });
    ring.element.classList.add("hand-ring");
    chart.element.append(back, marks, ring.element, handles.turn.element, handles.shift.element);
    return { canvas, chart, back, marks, handles, ring, element: make("div", {}, chart.element) };
  }
  const said = ([x, y]) => `${x.toFixed(1)} across, ${y.toFixed(1)} up`;

  /** A pointer takes hold of the nearest point; the keys go through the points. */
  function followPoints({ chart, ring }, figure) {
    let held = false;
    const nearest = (event) => {
      const box = chart.element.getBoundingClientRect();
      const away = figure.state.points.map(([x, y]) =>
        Math.hypot(event.clientX - box.left - chart.X(x), event.clientY - box.top - chart.Y(y)),
      );
      const i = away.indexOf(Math.min(...away));
      return away[i] < NEAR ? i : null;
    };
    chart.element.addEventListener("pointerdown", (event) => {
      const i = event.button === 0 ? nearest(event) : null;
      if (i === null) return;
      held = true;
      chart.element.setPointerCapture(event.pointerId);
      figure.choose(i);
      event.preventDefault();
    });
    chart.element.addEventListener("pointermove", (event) => {
      if (held) figure.movePoint(placeOf(chart, event));
    });
    for (const end of ["pointerup", "pointercancel"]) chart.element.addEventListener(end, () => (held = false));
    chart.element.addEventListener("touchstart", (event) => held && event.preventDefault(), { passive: false });
    ring.element.addEventListener("keydown", (event) => {
      const by = { PageUp: -1, PageDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      figure.choose((figure.state.point + by + figure.state.points.length) % figure.state.points.length);
    });
  }

  // ---- drawing

  function inks() {
    const [one, two] = ["--live-input-ink", "--live-filter-line"].map(colour);
    const [plus, minus] = ["--live-positive", "--live-negative"].map(colour);
    return { one, two, plus, minus };
  }

  const CELLS = middles(FIELD, model.REACH);
  const SMALL = middles(SHEET, model.REACH);

  function drawField(parts, { theta, hidden }, ink) {
    const logits = model.pass(theta, hidden, CELLS).values.at(-1);
    paint(parts.canvas, logits, FIELD, (a) => {
      const p = LiveNet.sigmoid(a);
      return [...(p > 0.5 ? ink.two : ink.one), 0.75 * Math.abs(p - 0.5)];
    });
    const scale = 2 * model.REACH / FIELD;
    const place = ([x, y]) => [(x + 0.5) * scale - model.REACH, model.REACH - (y + 0.5) * scale];
    const { chart } = parts;
    const pieces = hidden ? contour(logits, FIELD).map((piece) => path(pixels(chart, piece.map(place)))) : [];
    return svg("path", { d: pieces.join(""), class: "hand-border" });
  }

  function drawBoard(parts, state, ink) {
    const { chart, handles, ring } = parts;
    if (!chart.width) return;
    const { theta, hidden, points, unit, anchors } = state;
    const border = drawField(parts, state, ink);
    const { gradient } = model.judge(theta, hidden, points);
    const ahead = model.stepped(theta, gradient, model.RATES[state.rate]);
    const items = [border];
    anchors.forEach((anchor, i) => {
      const now = model.lineOf(theta, hidden, i);
      const mine = i === unit ? " chosen" : "";
      items.push(...line(chart, model.ends(now), `hand-line${hidden ? " unit" : ""}${mine}`));
      if (state.asks) return;
      const next = model.lineOf(ahead, hidden, i);
      const foot = model.foot(next, anchor);
      items.push(...line(chart, model.ends(next), "hand-ahead"), ...stepTo(chart, anchor, foot));
      if (mine) items.push(...stepTo(chart, tipOf(now, anchor), tipOf(next, foot)));
    });
    const now = model.lineOf(theta, hidden, unit);
    const anchor = anchors[unit];
    items.push(svg("path", { d: path(pixels(chart, [anchor, tipOf(now, anchor)])), class: "hand-arm" }));
    const [across, up] = state.set ? NAMES[state.set].axes : ["", ""];
    items.push(text(chart.width - 6, chart.height - 7, across, { "text-anchor": "end" }), text(6, 16, up));
    parts.back.replaceChildren(...items);
    const logits = model.pass(theta, hidden, points).values.at(-1);
    parts.marks.replaceChildren(...points.map((point, i) => mark(chart, point, logits[i] > 0 !== Boolean(point[2]))));
    handles.shift.show(anchor);
    handles.turn.show(tipOf(now, anchor));
    ring.show(points[state.point]);
  }

  /** Each hidden unit as a sheet: what it adds to the logit, place by place. */
  function sheets(choose) {
    const all = Array.from({ length: model.MOST }, (_, i) => {
      const canvas = make("canvas");
      const button = make(
        "button", { type: "button", className: "hand-sheet", onclick: () => choose(i), attributes: { "aria-label": `hidden unit ${i + 1}` } }, canvas,
      );
      return { canvas, button };
    });
    const element = make("div", { className: "hand-sheets", attributes: { role: "group", "aria-label": "What each hidden unit adds" } }, ...all.map(({ button }) => button));
    const show = ({ theta, hidden, unit }, ink) => {
      element.hidden = !hidden;
      const units = hidden ? model.pass(theta, hidden, SMALL).values[1] : [];
      all.forEach(({ canvas, button }, i) => {
        button.hidden = i >= hidden;
        if (button.hidden) return;
        button.setAttribute("aria-pressed", String(i === unit));
        const { out } = model.lineOf(theta, hidden, i);
        paint(canvas, SMALL.map((_, k) => out * units[k * hidden + i]), SHEET, (a) => [...(a > 0 ? ink.plus : ink.minus), Math.min(0.9, Math.abs(a) / 4)]);
      });
    };
    return { element, show };
  }

  function menu(name, options, choose) {
    const element = make(
      "select", { className: "live-select", attributes: { "aria-label": name }, onchange: () => choose(element.value) },
      ...Object.entries(options).map(([value, words]) => make("option", { value }, words)),
    );
    return element;
  }

  // ---- the figure

  function build(place) {
    let state = {};
    const { element: spoken, say } = voice();
    const figure = { choose: choosePoint, movePoint, get state() { return state; } };
    const parts = board(handled);
    const sentence = make("p", { className: "live-sentence hand-said" });
    const legend = make("p", { className: "play-name hand-legend" });
    const sets = menu("Points", { ...Object.fromEntries(Object.entries(NAMES).map(([key, { title }]) => [key, title])), own: "your own" }, chooseSet);
    sets.lastChild.disabled = true;
    const units = scrub({ name: "hidden units", low: 0, high: model.MOST, change: (hidden) => renew({ hidden }) });
    const starts = menu("Weights start", { ...STARTS, h: "by hand" }, chooseStart);
    starts.lastChild.disabled = true;
    const rates = rail({
      name: "learning rate η", values: model.RATES, flags: 1,
      ticks: [[0, "0.01"], [10, "0.1"], [20, "1"], [30, "10"], [40, "100"]],
      said: (i) => model.decimals(model.RATES[i]),
      change: (rate) => edit({ rate, asks: false }),
    });
    const run = clock({ go: "Play", halt: "Pause", tick, rest: () => changed() });
    const once = make("button", { type: "button", className: "live-button", onclick: () => descend(1) }, "Step");
    const again = make("button", { type: "button", className: "live-button", onclick: () => renew({}) }, "Start again");
    const course = courses({
      label: "The loss, step after step", top: "loss", low: 0.001, high: 10,
      heights: [[10, "10"], [1, "1"], [0.1, "0.1"], [0.01, "0.01"], [0.001, "0.001"]],
    });
    const layers = sheets((unit) => edit({ unit }));
    const root = columns(
      [parts.canvas, parts.element],
      [legend, layers.element],
      [
        sentence,
        make("div", { className: "play-bar" }, once, run.button, again),
        rates.element,
        make("div", { className: "play-bar" }, sets, make("span", {}, "hidden units: ", units.element), make("label", {}, "start ", starts)),
        make("div", {}, course.chart.element),
      ],
    );
    place.replaceChildren(make("div", { className: "live-figure" }, root, spoken));
    const later = LiveFigure.inNextFrame(draw);
    followPoints(parts, figure);

    // ---- changes of the state

    /** Weights anew, from `change`, after `steps` steps that are not shown. */
    function restart(change, steps = 0) {
      state = { ...state, ...change, steps };
      state.unit = Math.min(state.unit, Math.max(0, state.hidden - 1));
      const from = model.begin(state.start, state.hidden);
      state.losses = [];
      let theta = from;
      for (let i = 0; i < steps; i++) theta = oneStep(theta);
      state.theta = theta;
      settle();
    }
    /** The handles go to their lines. */
    function settle() {
      const lines = Math.max(1, state.hidden);
      state.anchors = Array.from({ length: lines }, (_, i) => {
        const near = state.anchors?.[i] ?? [0, 0];
        const [x, y] = model.foot(model.lineOf(state.theta, state.hidden, i), near);
        const seen = Math.max(Math.abs(x), Math.abs(y)) < model.REACH;
        return seen ? [x, y] : model.foot(model.lineOf(state.theta, state.hidden, i), [0, 0]);
      });
    }
    function oneStep(theta) {
      const { loss, gradient } = model.judge(theta, state.hidden, state.points);
      state.losses.push(loss);
      return model.stepped(theta, gradient, model.RATES[state.rate]);
    }
    function renew(change) {
      run.stop();
      const by = { ...state, ...change };
      const kept = Array.isArray(by.start) && by.start.length !== model.count(by.hidden) ? "r1" : by.start;
      restart({ ...change, start: kept, best: null, asks: false });
      changed();
    }
    function edit(change) {
      state = { ...state, ...change };
      changed();
    }
    function chooseSet(set) {
      renew({ set, points: SETS[set], point: 0 });
    }
    function chooseStart(value) {
      const seed = /^r/.test(state.start) ? (Number(state.start.slice(1)) + 1) % SEEDS : 1;
      renew({ start: value === "random" ? `r${seed}` : value });
    }
    function choosePoint(point) {
      edit({ point });
    }
    function movePoint(at) {
      const [x, y] = at.map((value) => LiveFigure.clamp(Math.round(10 * value) / 10, -model.REACH, model.REACH));
      const points = state.points.with(state.point, [x, y, state.points[state.point][2]]);
      state = { ...state, points, set: null, best: null, start: Array.from(state.theta), steps: 0, losses: [] };
      changed();
    }
    /** A handle was moved: the line follows, and learning begins from there. */
    function handled(change) {
      if (!change) return later();
      if (change.point) return movePoint(change.point);
      run.stop();
      const { theta, hidden, unit } = state;
      const before = model.lineOf(theta, hidden, unit);
      const anchor = change.shift ?? state.anchors[unit];
      const w = change.turn ? weightsOf(anchor, change.turn) : before.w;
      const next = model.withLine(theta, hidden, unit, model.throughPoint(w, anchor));
      const { loss } = model.judge(next, hidden, state.points);
      const best = state.steps || state.best === null ? loss : Math.min(state.best, loss);
      state = { ...state, theta: next, start: Array.from(next), steps: 0, losses: [], best, anchors: state.anchors.with(unit, anchor) };
      changed();
    }
    function descend(steps) {
      state.asks = false;
      for (let i = 0; i < steps && state.steps < model.STEPS; i++) {
        state.theta = oneStep(state.theta);
        state.steps++;
      }
      settle();
      changed();
    }
    let beat = 0;
    function tick() {
      beat++;
      if (!state.hidden && beat % 3 && !matchMedia("(prefers-reduced-motion: reduce)").matches) return true; // slow enough to watch
      descend(1);
      return state.steps < model.STEPS && Number.isFinite(state.losses.at(-1));
    }

    // ---- what is shown

    function changed() {
      if (!run.running()) remember(model.address(state));
      later();
    }

    function draw() {
      const ink = inks();
      const { theta, hidden, points, losses, set } = state;
      drawBoard(parts, state, ink);
      layers.show(state, ink);
      const edge = model.edgeOf(state);
      const flag = Number.isFinite(edge) ? [[10 * Math.log10(edge / 0.01), `2/λ ${hidden ? "here" : "at the bottom"}: ${model.decimals(edge)}`]] : [];
      rates.show(state.rate, state.asks ? [] : flag);
      units.show(hidden);
      sets.value = set ?? "own";
      starts.value = Array.isArray(state.start) ? "h" : /^r/.test(state.start) ? "random" : state.start;
      const now = model.judge(theta, hidden, points).loss;
      course.show([{ values: [...losses, now], kind: "play-two" }], Math.max(20, losses.length));
      const kinds = NAMES[set ?? "xor"].kinds;
      legend.textContent = `● ${kinds[0]}   ▲ ${kinds[1]}`;
      const sentences = model.said({ ...state, limit: edge });
      if (state.asks) {
        sentences.push("Drag the round handle to move the line, the arrow's end to turn it and to make it steeper. How small can you make the loss? Then press Step.");
      } else if (!state.steps) sentences.push("Dashed: where one step would bring it.");
      sentence.textContent = sentences.join(" ");
      if (!run.running()) say(sentence.textContent);
    }

    onTheme(later);
    restart(first());
    for (const { chart } of [parts, rates, course]) chart.watch();
    draw();

    /** Shows the state of an address; false if it holds none. */
    return (hash) => {
      const found = model.stateOf(hash, SETS);
      if (!found) return false;
      run.stop();
      const { steps, ...rest } = found;
      restart({ ...first(), ...rest, asks: false }, steps);
      remember(hash); // a run that was stopped has left its own
      draw();
      return true;
    };
  }

  start("by_hand", build);
})();
