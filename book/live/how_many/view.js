// How many people is a score?  The means of two classes, the votes behind one of them, and the curve of agreement.
"use strict";

(() => {
  const { make, svg, voice, remember, start } = LiveFigure;
  const { plot, path, text, axes, slider } = LiveChart;
  const model = HowMany;
  const { parts, icc, measured } = globalThis.HOW_MANY;
  const { STOPS } = model;
  const [LOW, HIGH] = [0.6, 10.4]; // of the plot of the means
  const square = (width) => Math.min(290, 0.85 * width);

  /** Where k voters stand on an axis of logarithms: 0 to 1. */
  const along = (k) => Math.log(k) / Math.log(model.MOST);
  function nearest(share) {
    const gaps = STOPS.map((k) => Math.abs(along(k) - share));
    return gaps.indexOf(Math.min(...gaps));
  }

  // ---- the means of the two classes

  function scatter(choose) {
    const back = svg("g");
    const dots = parts.map(() => svg("circle", { r: 4.5, class: "many-dot" }));
    for (const event of ["pointerenter", "click"]) dots.forEach((dot, i) => dot.addEventListener(event, () => choose(i)));
    const ring = svg("g", { class: "live-handle many-ring" }, svg("circle", { r: 6 }));
    const chart = plot({
      label: "Each dot a photograph: its mean in the one class and in the other",
      height: square,
      margin: { top: 24, right: 8, bottom: 40, left: 26 },
      x: { low: LOW, high: HIGH },
      y: { low: LOW, high: HIGH },
      draw: () => {
        const ticks = [1, 3, 5, 7, 10].map((value) => [value, value]);
        const same = path([LOW, HIGH].map((v) => [chart.X(v), chart.Y(v)]));
        back.replaceChildren(
          axes(chart, { ticks, heights: ticks, name: "mean vote in class A", top: "mean vote in class B" }),
          svg("path", { d: same, class: "many-same" }),
        );
        if (paint.last) paint(...paint.last);
      },
    });
    const keys = slider(ring, ring, {
      name: "Photograph whose votes are shown, from the lowest mean of all voters to the highest",
      count: parts.length,
      toIndex: () => paint.last[1], // the pointer chooses a dot, not a place
      said: (i) => `${i + 1}, mean ${model.meanOf(parts[i]).toFixed(1)}`,
      change: choose,
    });
    const paint = (means, chosen) => {
      paint.last = [means, chosen];
      keys.show(chosen);
      if (!chart.width) return;
      const at = (i) => [chart.X(means[0][i]), chart.Y(means[1][i])];
      dots.forEach((dot, i) => {
        dot.setAttribute("cx", at(i)[0]);
        dot.setAttribute("cy", at(i)[1]);
      });
      ring.setAttribute("transform", `translate(${at(chosen).join(" ")})`);
    };
    chart.element.append(back, ...dots, ring);
    return { chart, paint };
  }

  // ---- the votes on one photograph

  function mirror() {
    const back = svg("g");
    const front = svg("g");
    const tallest = Math.max(...parts.flat()) / 10_000;
    const chart = plot({
      label: "The votes of the two classes on one photograph, and those of all voters as an outline",
      role: "img",
      height: square,
      margin: { top: 24, right: 8, bottom: 40, left: 8 },
      x: { low: 0.5, high: 10.5 },
      y: { low: -1, high: 1 },
      draw: () => {
        const ticks = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((value) => [value, value]);
        back.replaceChildren(axes(chart, { ticks, name: "vote" }));
        if (paint.last) paint(...paint.last);
      },
    });
    const bar = (vote, share, side, className) => {
      const [from, to] = [chart.Y(0), chart.Y((side * Math.min(1.2 * tallest, share)) / (1.2 * tallest))];
      const width = 0.76 * (chart.X(2) - chart.X(1));
      return svg("rect", {
        class: className, x: chart.X(vote) - width / 2, width, y: Math.min(from, to), height: Math.abs(to - from),
      });
    };
    const paint = (shares, votes, k) => {
      paint.last = [shares, votes, k];
      if (!chart.width) return;
      const marks = [];
      for (const [which, side] of [[0, 1], [1, -1]]) {
        const counts = model.histogram(votes[which], k);
        const name = `class ${"AB"[which]}: mean ${model.mean(votes[which], k).toFixed(1)}`;
        marks.push(...counts.map((n, i) => bar(i + 1, n / k, side, `many-${"ab"[which]}`)));
        marks.push(...shares.map((share, i) => bar(i + 1, share / 10_000, side, "many-all")));
        const height = side > 0 ? chart.margin.top - 9 : chart.Y(-0.94);
        marks.push(text(chart.X(0.5), height, name, { class: `many-name-${"ab"[which]}` }));
      }
      const zero = path([0.5, 10.5].map((vote) => [chart.X(vote), chart.Y(0)]));
      front.replaceChildren(...marks, svg("path", { class: "many-zero", d: zero }));
    };
    chart.element.append(back, front);
    return { chart, paint };
  }

  // ---- agreement against voters

  function agreement(change) {
    const back = svg("g");
    const front = svg("g");
    const [line, grip] = [svg("path", { class: "many-line" }), svg("circle", { r: 9 })];
    const handle = svg("g", { class: "live-handle many-handle" }, line, grip);
    const chart = plot({
      label: "Correlation of the two classes' means against the voters in each",
      height: () => 150,
      margin: { top: 24, right: 14, bottom: 40, left: 30 },
      x: along,
      y: { low: 0, high: 1 },
      draw: () => {
        const ticks = [1, 2, 5, 10, 20, 50, 100, 200].map((k) => [k, k]);
        const heights = [[0, 0], [0.5, ".5"], [1, 1]];
        back.replaceChildren(axes(chart, { ticks, heights, name: "voters in each class: drag", top: "correlation" }));
        if (paint.last) paint(...paint.last);
      },
    });
    const drag = slider(chart.element, handle, {
      name: "Voters in each class",
      count: STOPS.length,
      toIndex: (x) => nearest((x - chart.margin.left) / (chart.width - chart.margin.left - chart.margin.right)),
      said: (i) => `${STOPS[i]}`,
      change: (i) => change(STOPS[i]),
    });
    const paint = (state, found) => {
      paint.last = [state, found];
      drag.show(STOPS.indexOf(state.voters));
      if (!chart.width) return;
      const x = chart.X(state.voters);
      handle.setAttribute("transform", `translate(${x} 0)`);
      line.setAttribute("d", path([[0, chart.Y(0)], [0, chart.Y(1)]]));
      grip.setAttribute("cy", chart.Y(state.shown ? Math.max(0, found) : 0));
      front.replaceChildren(...(state.shown ? curves(chart, icc, measured) : []));
    };
    chart.element.append(back, front, handle);
    return { chart, paint };
  }

  function curves(chart, icc, measured) {
    const voters = Array.from({ length: 41 }, (_, i) => model.MOST ** (i / 40));
    const through = (f) => path(voters.map((k) => [chart.X(k), chart.Y(f(k))]));
    return [
      svg("path", { class: "many-curve", d: through((k) => model.spearmanBrown(icc, k)) }),
      ...measured.map(([k, r]) => svg("circle", { class: "many-measured", r: 3, cx: chart.X(k), cy: chart.Y(r) })),
      svg("path", { class: "many-two", d: through(() => icc) }),
      text(chart.X(model.MOST), chart.Y(icc) - 5, "two people", { class: "many-two-name", "text-anchor": "end" }),
    ];
  }

  // ---- the figure

  function build(place) {
    let state = { voters: 1, seed: 1, shown: false, guess: null };
    let votes = model.classes(parts, state.seed);
    let chosen = 30;
    const { element: spoken, say } = voice();
    const means = scatter((i) => ((chosen = i), later()));
    const piles = mirror();
    const curve = agreement((voters) => update({ voters }));
    const sentence = make("p", { className: "live-sentence" });
    const button = (words, onclick) => make("button", { type: "button", className: "live-button", onclick }, words);
    const look = button("Look", () => update({ shown: true, guess: state.voters }));
    const others = button("Two other classes", () => update({ seed: Math.floor(Math.random() * model.SEEDS) }));
    const box = (element) => make("div", {}, element);
    place.replaceChildren(
      make(
        "div",
        { className: "many live-figure" },
        make("div", { className: "many-top" }, box(means.chart.element), box(piles.chart.element)),
        box(curve.chart.element),
        sentence,
        make("div", { className: "many-buttons" }, look, others),
        spoken,
      ),
    );

    function paint() {
      const both = votes.map((votesOfClass) => votesOfClass.map((one) => model.mean(one, state.voters)));
      const found = model.correlation(...both);
      means.paint(both, chosen);
      piles.paint(parts[chosen], votes.map((votesOfClass) => votesOfClass[chosen]), state.voters);
      curve.paint(state, found);
      sentence.textContent = model.said(state, found, icc);
      look.hidden = state.shown;
      say(sentence.textContent);
    }
    const later = LiveFigure.inNextFrame(paint);

    function update(change, keep = true) {
      const before = state;
      state = { ...state, ...change };
      if (state.seed !== before.seed) votes = model.classes(parts, state.seed);
      if (keep) remember(model.address(state));
      if (state.shown && !before.shown && keep) others.focus({ preventScroll: true });
      later();
    }

    paint();
    for (const { chart } of [means, piles, curve]) chart.watch();
    return (hash) => {
      const asked = model.stateOf(hash);
      if (asked) update({ guess: null, ...asked }, false);
      return asked !== null;
    };
  }

  start("how_many", build);
})();
