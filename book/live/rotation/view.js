// The smallest game: builds the figure, and follows the pointer, the keys and the address.
"use strict";

(() => {
  const { make, svg, voice, remember, start } = LiveFigure;
  const { plot } = LiveChart;
  const { arrow, trail, key, grip, rail, courses, columns } = LivePlay;
  const model = Rotation;
  const KINDS = ["play-one", "play-two", "play-three"]; // of the rules, in their order
  const ASK =
    "Three ways of taking turns, from the same start. Will smaller steps turn the outward spiral inwards? Decide, and then drag η to the left.";
  const first = () => ({ start: [1, 0], eta: 3, gamma: 0, asks: true });

  // ---- the board

  /** Arrows of the field, on a grid; the longest has the length of a gap. */
  function arrows(chart, gamma) {
    const places = [-2.7, -1.8, -0.9, 0, 0.9, 1.8, 2.7];
    const longest = Math.hypot(...model.field([2.7, -2.7], gamma));
    const d = places.flatMap((x) =>
      places.map((y) => {
        const [u, v] = model.field([x, y], gamma).map((part) => (0.8 * part) / longest);
        const ends = [[x - u / 2, y - v / 2], [x + u / 2, y + v / 2]].map(([a, b]) => [chart.X(a), chart.Y(b)]);
        return arrow(...ends, 6);
      }),
    );
    return svg("path", { d: d.join(""), class: "game-field" });
  }

  function board(change, draw) {
    const [back, trails] = [svg("g"), svg("g")];
    const chart = plot({
      label: "The plane of the two players, x across and y up, with three trails",
      height: (width) => width,
      margin: { top: 0, right: 0, bottom: 0, left: 0 },
      x: { low: -model.REACH, high: model.REACH },
      y: { low: -model.REACH, high: model.REACH },
      draw,
    });
    const handle = grip(chart, {
      name: "Start of the trails", step: 0.1, reach: model.REACH, change: (at) => change({ start: at.map((v) => Math.round(10 * v) / 10) }),
      said: ([x, y]) => `x ${x.toFixed(1)}, y ${y.toFixed(1)}`,
    });
    chart.element.append(back, trails, handle.element);
    const show = ({ start, eta, gamma }) => {
      if (!chart.width) return;
      const [length, weight] = [model.ETAS[eta], model.GAMMAS[gamma]];
      const ways = model.RULES.map((rule) => model.trail(rule, start, length, weight));
      const [x, y] = model.mean(ways[1]);
      const cross = svg("path", { d: `M${chart.X(x) - 6} ${chart.Y(y)}h12m-6 -6v12`, class: "game-mean play-two" });
      back.replaceChildren(
        svg("rect", { x: 0.5, y: 0.5, width: chart.width - 1, height: chart.height - 1, rx: 6, class: "play-frame" }), arrows(chart, weight),
        svg("circle", { cx: chart.X(0), cy: chart.Y(0), r: 3, class: "play-goal" }),
      );
      trails.replaceChildren(...ways.flatMap((places, i) => trail(chart, places, KINDS[i])), cross);
      handle.show(start);
      return ways;
    };
    return { chart, show };
  }

  // ---- the three rules and their fates

  function table() {
    const cells = model.RULES.map((rule, i) => {
      const fate = make("td", {});
      return { fate, row: make("tr", {}, make("th", { scope: "row" }, key(KINDS[i]), rule), fate) };
    });
    const element = make("table", { className: "game-table" }, make("caption", {}, "distance from the solution, with every step"), make("tbody", {}, ...cells.map(({ row }) => row)));
    const show = (eta, gamma) =>
      model.fates(eta, gamma).forEach(({ factor, way }, i) => (cells[i].fate.textContent = `×\u00a0${factor.toFixed(3)}, ${way}`));
    return { element, show };
  }

  // ---- the figure

  function build(place) {
    let state = first();
    const { element: spoken, say } = voice();
    const later = LiveFigure.inNextFrame(draw);
    const upper = board(edit, later);
    const sentence = make("p", { className: "live-sentence game-said" });
    const fates = table();
    const steps = rail({
      name: "length of a step η", flags: 1, values: model.ETAS, ticks: [[0, "0.05"], [9, "0.5"], [19, "1"], [29, "1.5"]],
      said: (i) => `${model.ETAS[i]}`, change: (eta) => edit({ eta }),
    });
    const penalty = rail({
      name: "penalty on y: γ", flags: 1, values: model.GAMMAS, ticks: [[0, "0"], [10, "0.5"], [20, "1"], [30, "1.5"]],
      said: (i) => `${model.GAMMAS[i]}`, change: (gamma) => edit({ gamma }),
    });
    const course = courses({
      label: "Distances from the solution, step after step", top: "distance", low: 0.01, high: 10, height: 130,
      heights: [[10, "10"], [1, "1"], [0.1, "0.1"], [0.01, "0.01"]],
    });
    const note = make("p", { className: "play-name" }, "+ the mean of all places of the alternating players");
    place.replaceChildren(
      make(
        "div", { className: "live-figure" },
        columns(
          [make("div", {}, upper.chart.element)], [note],
          [sentence, fates.element, steps.element, penalty.element, make("div", {}, course.chart.element)],
        ),
        spoken,
      ),
    );

    function draw() {
      const [eta, gamma] = [model.ETAS[state.eta], model.GAMMAS[state.gamma]];
      const ways = upper.show(state) ?? [];
      fates.show(eta, gamma);
      steps.show(state.eta, [[state.eta, `η = ${eta}`]]);
      penalty.show(state.gamma, [[state.gamma, `γ = ${gamma}`]]);
      course.show(ways.map((places, i) => ({ values: places.map((at) => Math.hypot(...at)), kind: KINDS[i] })), model.STEPS);
      sentence.textContent = state.asks ? ASK : model.said(eta, gamma).join(" ");
      fates.element.hidden = state.asks;
      if (!state.asks) say(sentence.textContent);
    }
    function edit(change) {
      state = { ...state, ...change };
      if ("eta" in change || "gamma" in change) state.asks = false;
      remember(model.address(state));
      later();
    }

    draw();
    for (const { chart } of [upper, steps, penalty, course]) chart.watch();
    return (hash) => {
      const found = model.stateOf(hash);
      if (!found) return false;
      state = { ...found, asks: false };
      draw();
      return true;
    };
  }

  start("rotation", build);
})();
