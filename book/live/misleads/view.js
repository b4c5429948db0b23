// Three ways in which a measure misleads: one photograph, made smaller, brighter or mirrored, and eight measures of it.
"use strict";

(() => {
  const { make, voice, remember, start, inNextFrame } = LiveFigure;
  const model = Misleads;

  /** A row: the name, a track from the least to the most of the photographs, the value. */
  function row([column, name, digits]) {
    const value = make("span", { className: "mis-value" });
    const [was, way, now] = ["was", "way", "now"].map((kind) => make("span", { className: `mis-${kind}` }));
    const track = make("span", { className: "mis-track", attributes: { "aria-hidden": "true" } }, way, was, now);
    const element = make("li", {}, make("span", { className: "mis-name" }, name), track, value);
    const paint = (before, after) => {
      const [from, to] = [before[column].place, after[column].place];
      was.style.left = `${from}%`;
      now.style.left = `${to}%`;
      way.style.left = `${Math.min(from, to)}%`;
      way.style.width = `${Math.abs(to - from)}%`;
      value.textContent = model.written(after[column].value, digits);
      element.classList.toggle("moved", Math.abs(to - from) > 3);
    };
    return { element, paint };
  }

  /** A slider with its name and what it stands at. */
  function slider(name, { low, high, said, change }) {
    const input = make("input", { type: "range", min: low, max: high, step: 1, className: "live-range" });
    const shown = make("output", {});
    input.oninput = () => change(Number(input.value));
    const show = (value) => {
      input.value = value;
      shown.textContent = said(value);
      input.setAttribute("aria-valuetext", said(value));
    };
    return { element: make("label", { className: "mis-slider" }, make("span", {}, name), input, shown), show };
  }

  const brightness = (stops) => (stops ? `${stops > 0 ? "+" : "\u2212"}${(Math.abs(stops) / 10).toFixed(1)}` : "0");

  function build(place) {
    let [state, original, before, after] = [{ ...model.START }, null, null, {}];
    const canvas = make("canvas", { attributes: { role: "img", "aria-label": "A butterfly at a flower" } });
    const stage = make("div", { className: "mis-stage" }, canvas);
    const rows = model.MEASURES.map(row);
    const { element: spoken, say } = voice();
    const sentence = make("p", { className: "live-sentence" });
    const update = (change, keep = true) => {
      Object.assign(state, change);
      if (keep) remember(model.address(state));
      later();
    };
    const size = slider("size", {
      low: 0, high: model.SIDES.length - 1, said: (i) => `${model.SIDES.at(-1 - i)} px`,
      change: (i) => update({ side: model.SIDES.at(-1 - i) }),
    }); // prettier-ignore
    const light = slider("brightness", {
      low: -model.MOST_STOPS, high: model.MOST_STOPS, said: brightness, change: (stops) => update({ stops }),
    }); // prettier-ignore
    const mirror = make("button", {
      type: "button", className: "live-button", onclick: () => update({ mirror: !state.mirror }),
    }, "mirror"); // prettier-ignore
    const back = make("button", {
      type: "button", className: "live-button", onclick: () => update(model.START),
    }, "as it was"); // prettier-ignore
    place.replaceChildren(
      make(
        "div",
        { className: "mis live-figure" },
        make(
          "div",
          { className: "mis-picture" },
          stage, size.element, light.element, make("div", { className: "mis-buttons" }, mirror, back),
        ),
        make(
          "div",
          { className: "mis-measures" },
          make("div", { className: "mis-scale", attributes: { "aria-hidden": "true" } }, make("span", {}, "least"), make("span", {}, "most")),
          make("ul", {}, ...rows.map(({ element }) => element)),
        ),
        sentence, spoken,
      ),
    );

    let ask = () => {};
    let reference = null;
    function changed() {
      const picture = Reference.scaled(original, state.side, Measures.resized);
      const lit = state.stops ? Reference.brightened(picture, state.stops / 10) : picture;
      return state.mirror ? Reference.mirrored(lit) : lit;
    }
    function paint() {
      size.show(model.SIDES.length - 1 - model.SIDES.indexOf(state.side));
      light.show(state.stops);
      mirror.setAttribute("aria-pressed", String(state.mirror));
      if (!original) return;
      const picture = changed();
      MeasuresBeside.show(canvas, picture);
      canvas.style.width = `${(100 * state.side) / model.START.side}%`;
      ask(picture, model.GROUPS);
    }
    const later = inNextFrame(paint);
    function heard({ values, last }) {
      for (const [column] of model.MEASURES) {
        if (!(column in values)) continue;
        const value = values[column];
        after[column] = { value, place: Reference.percentile(reference.quantiles, column, value) };
      }
      if (!before) {
        if (!last) return;
        before = { ...after };
        if (model.done(state)) return void later(); // the address asked for more
      }
      for (const { paint: draw } of rows) draw(before, after);
      if (!last) return;
      sentence.textContent = model.said(state, before, after, reference.images).join(" ");
      say(sentence.textContent);
    }
    MeasuresBeside.photograph().then((picture) => {
      [original, reference] = [picture, globalThis.MEASURED];
      ask = MeasuresBeside.measuring(heard);
      MeasuresBeside.show(canvas, original);
      ask(original, model.GROUPS);
    });
    paint();
    return (hash) => {
      const asked = model.stateOf(hash);
      if (asked) update(asked, false);
      return asked !== null;
    };
  }

  start("misleads", build);
})();
