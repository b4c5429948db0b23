// The inverted U: a peak that is dragged, and the people behind the average.
"use strict";

(() => {
  const { make, svg, voice, remember, start } = LiveFigure;
  const { plot, path, text, axes, slider } = LiveChart;
  const model = InvertedU;
  const GRID = Array.from({ length: 41 }, (_, i) => i / 40);
  const people = model.habits();

  function build(place) {
    let state = { rising: 15, world: "camps", shown: false };
    const { element: spoken, say } = voice();
    const back = svg("g");
    const crowd = svg("g", { class: "u-people" });
    const curve = svg("path", { class: "u-average" });
    const name = text(0, 0, "the average", { class: "u-name" });
    const handle = svg("g", { class: "live-handle" }, svg("circle", { r: 9 }));
    const chart = plot({
      label: "Liking against complexity: the average of thirty people, whose peak can be dragged",
      height: (width) => Math.min(300, Math.max(220, width * 0.5)),
      margin: { top: 26, right: 14, bottom: 40, left: 14 },
      x: { low: 0, high: 1 },
      y: { low: -0.1, high: 1.12 },
      draw: drawAll,
    });
    chart.element.append(back, crowd, curve, name, handle);
    const drag = slider(chart.element, handle, {
      name: "Where the average peaks: how many of the thirty like the complex best",
      count: model.PEOPLE + 1,
      toIndex: (x) => (model.PEOPLE * (x - chart.margin.left)) / (chart.width - chart.margin.left - chart.margin.right),
      said: (rising) => `peak at ${(rising / model.PEOPLE).toFixed(2)}`,
      change: (rising) => update({ rising }),
    });
    const button = (words, onclick) => make("button", { type: "button", className: "live-button", onclick }, words);
    const guesses = [button("Most of them do", () => reveal()), button("Hardly anyone does", () => reveal())];
    const show = button("", () => update({ shown: !state.shown }));
    const swap = button("", () => update({ world: state.world === "camps" ? "hill" : "camps", shown: true }));
    const sentence = make("p", { className: "live-sentence" });
    const buttons = make("div", { className: "u-buttons" });
    place.replaceChildren(
      make("div", { className: "u live-figure" }, make("div", {}, chart.element), sentence, buttons, spoken),
    );

    const points = (y) => path(GRID.map((x) => [chart.X(x), chart.Y(y(x))]));

    function drawAll() {
      back.replaceChildren(
        axes(chart, { ticks: [[0, "simple"], [1, "complex"]], top: "liking" }),
        text(chart.X(0.5), chart.height - 8, "complexity of the picture", { class: "u-axis", "text-anchor": "middle" }),
      );
      paint();
    }

    function paint() {
      const { rising, world, shown } = state;
      const line = (_, person) =>
        svg("path", {
          class: world === "hill" ? "hill" : model.rises(person, rising) ? "rises" : "falls",
          d: points((x) => model.liking({ world, rising, person, x }, people)),
        });
      crowd.replaceChildren(...(shown ? people.map(line) : []));
      curve.setAttribute("d", points((x) => model.average(rising, x)));
      const { x, y } = model.peak(rising);
      handle.setAttribute("transform", `translate(${chart.X(x)} ${chart.Y(y)})`);
      name.setAttribute("x", Math.min(chart.width - 80, Math.max(2, chart.X(x) - 36)));
      name.setAttribute("y", chart.Y(y) - 16);
    }

    function paintWords() {
      sentence.textContent = model.said(state, people);
      say(sentence.textContent);
      show.textContent = state.shown ? "Hide the people" : "Show the people";
      swap.textContent = state.world === "camps" ? "Others with the same average" : "Back to the two camps";
    }

    function reveal() {
      update({ shown: true });
      buttons.replaceChildren(show, swap);
      show.focus({ preventScroll: true });
    }

    const later = LiveFigure.inNextFrame(() => {
      paint();
      paintWords();
    });

    function update(change, keep = true) {
      state = { ...state, ...change };
      drag.show(state.rising);
      if (keep) remember(model.address(state));
      later();
    }

    buttons.replaceChildren(...guesses);
    chart.watch();
    update({}, false);
    return (hash) => {
      const asked = model.stateOf(hash);
      if (!asked) return false;
      if (asked.shown) buttons.replaceChildren(show, swap);
      update(asked, false);
      return true;
    };
  }

  start("inverted_u", build);
})();
