// A GAN in the plane: builds the figure, and follows the pointer, the keys and the address.
"use strict";

(() => {
  const { make, svg, scrub, choice, voice, clamp, remember, start } = LiveFigure;
  const { plot, path } = LiveChart;
  const { colour, onTheme, paint, contour, middles, arrow, key, placeOf, grip, clock, columns } = LivePlay;
  const model = GanPlane;
  const SIDE = 40; // cells along the side of D's field
  const CELLS = middles(SIDE, model.REACH);
  const LEVELS = [-2.2, -0.85, 0, 0.85, 2.2]; // logits of 0.1, 0.3, 0.5, 0.7 and 0.9
  const ARROWS = 64; // generated points that show where they are sent
  const PULL = 0.3; // length of an arrow of strength 1, in the plane
  const LONGEST = 0.7;
  const HEAD = 4; // pixels
  const BUDGET = 10; // milliseconds of a frame that may be spent on rounds when a link is replayed
  const GAP = 0.12; // between points that are drawn
  const HASTE = { judgeTurns: 1, makerTurns: 10 }; // a generator that runs ahead
  const CURE = { judgeTurns: 5, makerTurns: 1 };
  const SETS = { five: "five heaps", two: "two heaps", ring: "a ring", own: "drawn by you" };
  const FIRST = { set: "five", points: model.SETS.five, loss: "ns", judgeTurns: 1, makerTurns: 1, seed: 3, rounds: 0 };
  const START = 40; // rounds that are played before anybody looks
  const ASK = "Will G find all five heaps? Guess, and press Play.";
  const SEEDS = 10000;

  // ---- the board

  function board(draw, pen) {
    const canvas = make("canvas", { attributes: { "aria-hidden": "true" } });
    const layers = { levels: svg("g"), data: svg("path", { class: "plane-data" }), arrows: svg("path", { class: "plane-arrows" }), made: svg("path", { class: "plane-made" }) };
    const chart = plot({
      label: "The plane: data, generated points, and what the discriminator says of each place",
      height: (width) => width,
      margin: { top: 0, right: 0, bottom: 0, left: 0 },
      x: { low: -model.REACH, high: model.REACH },
      y: { low: -model.REACH, high: model.REACH },
      draw,
    });
    const nib = grip(chart, {
      name: "Pen: leaves points behind", step: GAP, reach: model.REACH, change: pen, said: ([x, y]) => `${x.toFixed(1)} across, ${y.toFixed(1)} up`,
    });
    chart.element.classList.add("plane-board");
    chart.element.append(layers.levels, layers.data, layers.arrows, layers.made, nib.element);
    return { canvas, chart, layers, nib };
  }

  const dots = (chart, points) => points.map(([x, y]) => `M${chart.X(x).toFixed(1)} ${chart.Y(y).toFixed(1)}h0`).join("");

  function arrowsOf(chart, places, pulls) {
    const lines = places.slice(0, ARROWS).map(([x, y], i) => {
      const length = Math.hypot(...pulls[i]);
      const by = length ? Math.min(PULL, LONGEST / length) : 0;
      const [u, v] = pulls[i].map((part) => by * part);
      return arrow([chart.X(x), chart.Y(y)], [chart.X(x + u), chart.Y(y + v)], HEAD);
    });
    return lines.join("");
  }

  function drawField({ canvas, chart, layers }, players) {
    const logits = model.field(players, CELLS);
    const [real, made] = ["--live-input-ink", "--live-filter-line"].map(colour);
    paint(canvas, logits, SIDE, (a) => [...(a > 0 ? real : made), 0.6 * Math.abs(LiveNet.sigmoid(a) - 0.5)]);
    const cell = chart.width / SIDE;
    const place = ([x, y]) => [(x + 0.5) * cell, (y + 0.5) * cell];
    layers.levels.replaceChildren(
      ...LEVELS.map((level) => {
        const pieces = contour(logits.map((a) => a - level), SIDE).map((piece) => path(piece.map(place)));
        return svg("path", { d: pieces.join(""), class: `plane-level${level ? "" : " middle"}` });
      }),
    );
  }

  // ---- the figure

  function build(place) {
    let state = { ...FIRST };
    let players = null;
    let target = 0; // the round to which a link leads
    let [asks, drawing] = [true, false];
    const { element: spoken, say } = voice();
    const later = LiveFigure.inNextFrame(draw);
    const parts = board(later, put);
    const sentence = make("p", { className: "live-sentence plane-said" });
    const run = clock({ go: "Play", halt: "Pause", tick, rest: () => changed() });
    const button = (words, onclick) => make("button", { type: "button", className: "live-button", onclick }, words);
    const pen = button("Draw data", togglePen);
    const losses = choice("Loss of the generator", model.LOSSES, (loss) => edit({ loss }));
    const sets = make(
      "select", { className: "live-select", attributes: { "aria-label": "Data" }, onchange: () => begin({ set: sets.value, points: model.SETS[sets.value] }) },
      ...Object.entries(SETS).map(([value, words]) => make("option", { value, disabled: value === "own" }, words)),
    );
    const turns = Object.fromEntries(
      [["judgeTurns", "turns of D in a round"], ["makerTurns", "turns of G in a round"]].map(([key, name]) => [
        key, scrub({ name, low: 0, high: model.TURNS, change: (value) => paced({ [key]: value }) }),
      ]),
    );
    const legend = make(
      "p", { className: "play-name plane-legend" },
      key("play-two"), "data ", key("plane-key"),
      "generated, with where its loss sends it. Blue ground: D says \u201creal\u201d; lines at 0.1 to 0.9.",
    );
    place.replaceChildren(
      make(
        "div", { className: "live-figure" },
        columns(
          [parts.canvas, make("div", {}, parts.chart.element)], [legend],
          [
            sentence,
            make("div", { className: "play-bar" }, run.button, button("D\u2019s turn", () => turn("judge")), button("G\u2019s turn", () => turn("maker"))),
            make("p", {}, "Turns in a round: D ", turns.judgeTurns.element, " G ", turns.makerTurns.element),
            make("div", { className: "play-bar" }, button("Collapse it", collapse), button("Cure it", cure)),
            make("div", { className: "play-bar" }, make("span", {}, "G lowers "), losses.element),
            make("div", { className: "play-bar" }, sets, pen, button("New networks", () => begin({ seed: (state.seed + 1) % SEEDS }))),
          ],
        ),
        spoken,
      ),
    );

    // ---- changes

    function begin(change) {
      run.stop();
      state = { ...state, ...change, rounds: 0 };
      players = model.game(state.seed);
      target = 0;
      changed();
    }
    function edit(change) {
      state = { ...state, ...change };
      changed();
    }
    /** A round needs somebody who moves. */
    function paced(change) {
      const next = { ...state, ...change };
      if (next.judgeTurns + next.makerTurns === 0) next["judgeTurns" in change ? "makerTurns" : "judgeTurns"] = 1;
      edit(next);
    }
    function collapse() {
      begin(HASTE);
      run.button.click();
    }
    function cure() {
      edit(CURE);
      if (!run.running()) run.button.click();
    }
    function turn(who) {
      run.stop();
      asks = false;
      if (who === "judge") model.judgeTurn(players, state.points);
      else model.makerTurn(players, state.loss);
      changed();
    }
    function tick() {
      if (state.points.length < 2) return false;
      [asks, drawing] = [false, false];
      model.round(players, state.points, state);
      state.rounds = players.rounds;
      changed();
      return true;
    }
    /** Plays on to the round of a link, as far as each frame allows. */
    function replay() {
      if (state.rounds >= target) return;
      const end = performance.now() + BUDGET;
      while (state.rounds < target && performance.now() < end) {
        model.round(players, state.points, state);
        state.rounds = players.rounds;
      }
      later();
      requestAnimationFrame(replay);
    }

    // ---- drawing data

    function togglePen() {
      drawing = !drawing;
      if (drawing) begin({ set: null, points: [] });
      else changed();
      if (drawing) parts.nib.element.focus({ preventScroll: true });
    }
    function put([x, y]) {
      const last = state.points.at(-1);
      parts.nib.show([x, y]);
      if (state.points.length >= model.MOST || (last && Math.hypot(x - last[0], y - last[1]) < 0.95 * GAP)) return;
      edit({ points: [...state.points, ...model.unpacked(model.packed([[x, y]]))] });
    }
    parts.chart.element.addEventListener("pointerdown", (event) => {
      if (!drawing || event.button !== 0) return;
      parts.chart.element.setPointerCapture(event.pointerId);
      event.preventDefault();
      put(placeOf(parts.chart, event).map((value) => clamp(value, -model.REACH, model.REACH)));
    });
    parts.chart.element.addEventListener("pointermove", (event) => {
      if (drawing && parts.chart.element.hasPointerCapture(event.pointerId)) put(placeOf(parts.chart, event).map((value) => clamp(value, -model.REACH, model.REACH)));
    });

    // ---- what is shown

    function changed() {
      if (!run.running()) remember(model.address(state));
      later();
    }
    function draw() {
      if (!parts.chart.width || !players) return;
      const { chart, layers, nib } = parts;
      const seen = model.look(players, state.loss);
      drawField(parts, players);
      layers.data.setAttribute("d", dots(chart, state.points));
      layers.made.setAttribute("d", dots(chart, seen.places));
      layers.arrows.setAttribute("d", arrowsOf(chart, seen.places, seen.pulls));
      nib.element.toggleAttribute("hidden", !drawing);
      nib.show(state.points.at(-1) ?? [0, 0]);
      chart.element.classList.toggle("drawing", drawing);
      pen.setAttribute("aria-pressed", String(drawing));
      losses.show(state.loss);
      sets.value = state.set ?? "own";
      for (const [key, { show }] of Object.entries(turns)) show(state[key]);
      sentence.textContent = words(seen);
      if (!run.running()) say(sentence.textContent);
    }
    function words(seen) {
      if (drawing) return `Draw what G should learn to make, with a finger, the mouse or the pen\u2019s arrow keys: ${state.points.length} of ${model.MOST} points. Then press Play.`;
      if (state.points.length < 2) return "There are no data yet. Draw some.";
      const sentences = model.said({ ...state, ...seen, ...model.count(state.points, seen.places) });
      return [...sentences, ...(asks ? [ASK] : [])].join(" ");
    }

    onTheme(later);
    players = model.game(state.seed);
    for (let i = 0; i < START; i++) model.round(players, state.points, state);
    state.rounds = players.rounds;
    parts.chart.watch();
    draw();

    /** Shows the state of an address; false if it holds none. */
    return (hash) => {
      const found = model.stateOf(hash);
      if (!found) return false;
      run.stop();
      [asks, drawing] = [false, false];
      state = { ...found, rounds: 0 };
      players = model.game(state.seed);
      target = found.rounds;
      remember(hash); // a run that was stopped has left its own
      later();
      replay();
      return true;
    };
  }

  start("gan_plane", build);
})();
