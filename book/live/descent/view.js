// Down a ravine: builds the figure, and follows the pointer, the keys and the address.
"use strict";

(() => {
  const { make, svg, voice, remember, start } = LiveFigure;
  const { plot } = LiveChart;
  const { trail, key, grip, rail, courses, columns } = LivePlay;
  const model = Descent;
  const KINDS = ["play-two", "play-one", "play-three"]; // of the rules, in their order
  const SHAPE = 0.66; // of the board, height by width
  const LEVELS = [0.25, 0.5, 0.75, 1, 1.3]; // of the contour lines, as shares of the one with the handle
  const TICKS = [[0, "0.002"], [14, "0.01"], [34, "0.1"], [54, "1"]];
  const ASK =
    "Three ways down, from the same start; the round handle moves it, and the amber one squeezes the ravine. How far can η go before gradient descent climbs, and does momentum go with it? Guess, and then drag η to the right.";
  const first = () => ({ start: [-2.4, 0.9], kappa: 25, eta: 30, mu: 4, adam: 38, asks: true });

  function board(change, draw) {
    const [back, trails] = [svg("g"), svg("g")];
    const chart = plot({
      label: "The ravine from above, with three trails",
      height: (width) => SHAPE * width,
      margin: { top: 0, right: 0, bottom: 0, left: 0 },
      x: { low: -model.REACH, high: model.REACH },
      y: { low: -SHAPE * model.REACH, high: SHAPE * model.REACH },
      draw,
    });
    const from = grip(chart, {
      name: "Start of the trails", step: 0.1, reach: model.REACH, change: (at) => change({ start: at.map((v) => Math.round(10 * v) / 10) }),
      said: ([x, y]) => `${x.toFixed(1)} along, ${y.toFixed(1)} across`,
    });
    const squeeze = grip(chart, {
      name: "Side of the ravine", step: 0.05, reach: model.RIM, radius: 7, change: ([, y]) => change({ kappa: model.kappaOf(y) }),
      said: ([, y]) => `${Math.round(model.kappaOf(y))} times as steep across as along`,
    });
    squeeze.element.classList.add("descent-squeeze");
    chart.element.append(back, trails, squeeze.element, from.element);

    const contour = (share, kappa) =>
      svg("ellipse", {
        cx: chart.X(0), cy: chart.Y(0), class: `descent-contour${share === 1 ? " held" : ""}`,
        rx: chart.X(share * model.RIM) - chart.X(0), ry: chart.Y(0) - chart.Y(share * model.halfOf(kappa)),
      });
    const show = (state, ways) => {
      if (!chart.width) return;
      back.replaceChildren(
        svg("rect", { x: 0.5, y: 0.5, width: chart.width - 1, height: chart.height - 1, rx: 6, class: "play-frame" }),
        ...LEVELS.map((share) => contour(share, state.kappa)),
        svg("circle", { cx: chart.X(0), cy: chart.Y(0), r: 3, class: "play-goal" }),
      );
      trails.replaceChildren(...ways.flatMap((places, i) => trail(chart, places, KINDS[i])));
      from.show(state.start);
      squeeze.show([0, model.halfOf(state.kappa)]);
    };
    return { chart, show };
  }

  const legend = () =>
    make(
      "p", { className: "play-bar descent-legend" },
      ...model.RULES.map((rule, i) => make("span", {}, key(KINDS[i]), rule)),
    );

  // ---- the figure

  function build(place) {
    let state = first();
    const { element: spoken, say } = voice();
    const later = LiveFigure.inNextFrame(draw);
    const upper = board(edit, later);
    const sentence = make("p", { className: "live-sentence descent-said" });
    const eta = rail({
      name: "η of gradient descent, with and without momentum", flags: 2, values: model.ETAS, ticks: TICKS,
      said: (i) => model.figures(model.ETAS[i]), change: (value) => edit({ eta: value }),
    });
    const mu = rail({
      name: "momentum μ", values: model.MUS, ticks: model.MUS.map((value, i) => [i, value]),
      said: (i) => `${model.MUS[i]}`, change: (value) => edit({ mu: value }),
    });
    const own = rail({
      name: "η of Adam", values: model.ETAS, ticks: TICKS,
      said: (i) => model.figures(model.ETAS[i]), change: (value) => edit({ adam: value }),
    });
    const course = courses({
      label: "Heights above the bottom, step after step", top: "height", low: 1e-6, high: 1000, height: 150,
      heights: [[1000, "1000"], [1, "1"], [0.001, "0.001"], [1e-6, "10⁻⁶"]],
    });
    place.replaceChildren(
      make(
        "div", { className: "live-figure descent" },
        columns(
          [make("div", {}, upper.chart.element)], [legend(), make("div", {}, course.chart.element)],
          [sentence, eta.element, mu.element, own.element],
        ),
        spoken,
      ),
    );

    const settings = () => ({ eta: model.ETAS[state.eta], mu: model.MUS[state.mu], adam: model.ETAS[state.adam] });
    const indexOf = (value) => 20 * Math.log10(value / model.ETAS[0]);
    function draw() {
      const { kappa, asks } = state;
      const ways = model.RULES.map((rule) => model.trail(rule, state.start, kappa, settings()));
      upper.show(state, ways);
      const edge = model.limits(kappa, settings().mu);
      const marks = [[indexOf(edge.momentum), `2(1 + μ)/λ = ${model.figures(edge.momentum)}`], [indexOf(edge.descent), `2/λ = ${model.figures(edge.descent)}`, -1]];
      eta.show(state.eta, asks ? [] : marks);
      mu.show(state.mu);
      own.show(state.adam);
      course.show(ways.map((places, i) => ({ values: places.map((at) => model.height(at, kappa)), kind: KINDS[i] })), model.STEPS);
      sentence.textContent = asks ? ASK : model.said(state.start, kappa, settings()).join(" ");
      if (!asks) say(sentence.textContent);
    }
    function edit(change) {
      state = { ...state, ...change, asks: state.asks && !("eta" in change) };
      remember(model.address(state));
      later();
    }

    draw();
    for (const { chart } of [upper, eta, mu, own, course]) chart.watch();
    return (hash) => {
      const found = model.stateOf(hash);
      if (!found) return false;
      state = { ...found, asks: false };
      draw();
      return true;
    };
  }

  start("descent", build);
})();
