// What a threshold does: the cut is dragged through AVA's photographs, and the votes beside it are shown.
"use strict";

(() => {
  const { make, svg, voice, remember, start } = LiveFigure;
  const { plot, path, text, axes, slider } = LiveChart;
  const model = Threshold;
  const data = globalThis.THRESHOLD;
  const CUTS = model.cuts(data);
  const all = data.images.reduce((a, b) => a + b, 0);
  const [LOW, HIGH] = [2.3, 7.8]; // of the means that are shown

  // ---- all photographs by their means

  function photographs(change) {
    const back = svg("g");
    const steps = data.images.map((n, i) => ({ step: data.first + i, share: n / all, bar: svg("rect") }));
    const shown = steps.filter(({ step }) => step / 10 > LOW && step / 10 <= HIGH);
    const poor = svg("text", { class: "cut-poor-name", "text-anchor": "end" });
    const good = svg("text", { class: "cut-good-name" });
    const line = svg("path", { class: "cut-line" });
    const grip = svg("circle", { r: 9 });
    const handle = svg("g", { class: "live-handle" }, line, grip);
    const chart = plot({
      label: "Photographs by their mean vote, with the cut that can be dragged",
      height: (width) => Math.min(280, Math.max(210, 0.45 * width)),
      margin: { top: 30, right: 10, bottom: 40, left: 10 },
      x: { low: LOW, high: HIGH },
      y: { low: 0, high: 1.28 * Math.max(...steps.map(({ share }) => share)) },
      draw: () => {
        const ticks = [3, 4, 5, 6, 7].map((value) => [value, value]);
        back.replaceChildren(axes(chart, { ticks, name: "mean vote of a photograph" }));
        for (const { step, share, bar } of shown) {
          const [left, right] = [chart.X(step / 10 - 0.1), chart.X(step / 10)];
          const box = { x: left + 0.4, width: right - left - 0.8, y: chart.Y(share), height: chart.Y(0) - chart.Y(share) };
          for (const [key, value] of Object.entries(box)) bar.setAttribute(key, value);
        }
        line.setAttribute("d", path([[0, chart.Y(0)], [0, 12]]));
        grip.setAttribute("cy", 12);
        if (paint.last) paint(paint.last);
      },
    });
    chart.element.append(back, ...shown.map(({ bar }) => bar), poor, good, handle);
    const drag = slider(chart.element, handle, {
      name: "The cut",
      count: CUTS.length,
      toIndex: (x) => {
        const inside = (x - chart.margin.left) / (chart.width - chart.margin.left - chart.margin.right);
        return 10 * (LOW + inside * (HIGH - LOW)) - CUTS[0];
      },
      said: (i) => model.decimal(CUTS[i]),
      change: (i) => change(CUTS[i]),
    });
    const paint = (cut) => {
      paint.last = cut;
      drag.show(cut - CUTS[0]);
      if (!chart.width) return;
      for (const { step, bar } of shown) {
        const near = model.isNear(step, cut) ? " near" : "";
        bar.setAttribute("class", `cut-${model.nameOf(step, cut)}${near}${model.renamed(step, cut) ? " renamed" : ""}`);
      }
      const x = chart.X(cut / 10);
      handle.setAttribute("transform", `translate(${x} 0)`);
      const share = model.at(data, cut).good;
      for (const [name, words, side] of [[poor, "\u201cnot good\u201d", -1], [good, "\u201cgood\u201d", 1]]) {
        name.textContent = `${words} ${LiveChart.percent(side > 0 ? share : 1 - share)}`;
        name.setAttribute("x", x + 14 * side);
        name.setAttribute("y", 16);
      }
    };
    return { chart, paint };
  }

  // ---- the votes just below the cut and just above it

  function beside() {
    const back = svg("g");
    const front = svg("g");
    const chart = plot({
      label: "The average votes on photographs just below the cut and just above it",
      role: "img",
      height: (width) => Math.min(200, Math.max(170, 0.34 * width)),
      margin: { top: 42, right: 10, bottom: 40, left: 10 },
      x: { low: 0.5, high: 10.5 },
      y: { low: 0, high: Math.max(...data.votes.flat()) },
      draw: () => {
        const ticks = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((value) => [value, value]);
        back.replaceChildren(axes(chart, { ticks, name: "vote" }));
        if (paint.last) paint(paint.last);
      },
    });
    const bars = (votes, side, className) =>
      votes.map((share, i) => {
        const width = 0.38 * (chart.X(2) - chart.X(1));
        const x = chart.X(i + 1) + (side < 0 ? -width : 0);
        return svg("rect", { class: className, x, width, y: chart.Y(share), height: chart.Y(0) - chart.Y(share) });
      });
    const paint = (cut) => {
      paint.last = cut;
      if (!chart.width) return;
      const { below, above } = model.at(data, cut);
      const [from, middle, to] = [cut - 1, cut, cut + 1].map(model.decimal);
      front.replaceChildren(
        ...bars(below, -1, "cut-poor near"),
        ...bars(above, 1, "cut-good near"),
        text(0, 14, `votes, means ${from} to ${middle}: \u201cnot good\u201d`, { class: "cut-poor-name" }),
        text(0, 31, `votes, means ${middle} to ${to}: \u201cgood\u201d`, { class: "cut-good-name" }),
      );
    };
    chart.element.append(back, front);
    return { chart, paint };
  }

  // ---- the figure

  function build(place) {
    let cut = model.USUAL;
    const { element: spoken, say } = voice();
    const upper = photographs((next) => update(next));
    const lower = beside();
    const sentence = make("p", { className: "live-sentence" });
    place.replaceChildren(
      make(
        "div",
        { className: "cut live-figure" },
        make("div", {}, upper.chart.element), sentence, make("div", {}, lower.chart.element), spoken,
      ),
    );

    function paint() {
      upper.paint(cut);
      lower.paint(cut);
      sentence.textContent = model.said(data, cut).join(" ");
      say(sentence.textContent);
    }
    const later = LiveFigure.inNextFrame(paint);

    function update(next, keep = true) {
      cut = next;
      if (keep) remember(model.address(cut));
      later();
    }

    paint();
    for (const { chart } of [upper, lower]) chart.watch();
    return (hash) => {
      const asked = model.cutOf(hash, data);
      if (asked !== null) update(asked, false);
      return asked !== null;
    };
  }

  start("threshold", build);
})();
