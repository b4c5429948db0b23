// Measure it: a picture that is cropped, mirrored and lit by the reader, and what the measures say of it.
"use strict";

(() => {
  const { make, svg, voice, remember, start, inNextFrame } = LiveFigure;
  const model = MeasureIt;
  const [WIDE, HIGH, BINS] = [120, 26, 24]; // of a histogram, in its own units
  const CORNERS = { lt: "left upper corner", rt: "right upper corner", lb: "left lower corner", rb: "right lower corner" };

  // ---- the measures

  /** A histogram of the photographs with the place of a value. */
  function histogram(levels) {
    const [low, high] = [levels[1], levels.at(-2)];
    const shares = Reference.shares(levels, BINS, low, high);
    const most = Math.max(...shares);
    const wide = WIDE / BINS;
    const bars = shares.map((share, i) =>
      svg("rect", { x: i * wide, width: wide - 0.6, y: HIGH - (HIGH * share) / most, height: (HIGH * share) / most }),
    );
    const line = svg("path", { class: "mea-place" });
    const element = svg(
      "svg",
      { viewBox: `-3 -3 ${WIDE + 6} ${HIGH + 6}`, class: "mea-histogram", "aria-hidden": "true", preserveAspectRatio: "none" },
      ...bars, line,
    );
    const show = (value) => {
      const at = LiveFigure.clamp((value - low) / (high - low), 0, 1) * WIDE;
      line.setAttribute("d", Number.isNaN(value) ? "" : `M${at} -3V${HIGH + 3}`);
    };
    return { element, show };
  }

  /** A measure: name, value, histogram and place; opened, what it says. */
  function row({ column, name, digits, says, people, sized }, levels) {
    const { element: chart, show } = histogram(levels);
    const value = make("span", { className: "mea-value" }, "\u2026");
    const standing = make("span", { className: "mea-standing" });
    const element = make(
      "details",
      {},
      make("summary", {}, make("span", { className: "mea-name" }, name, sized ? "\u00a0\u00b0" : ""), value, chart, standing),
      make("p", {}, says, " ", people),
    );
    const paint = (number, place) => {
      value.textContent = model.written(number, digits);
      standing.textContent = model.placeSaid(place);
      element.classList.toggle("outer", place <= 5 || place >= 95);
      show(number);
    };
    return { column, element, paint };
  }

  function measures({ quantiles }) {
    const rows = model.entries.map((entry) => row(entry, quantiles[entry.column]));
    const byName = Object.fromEntries(rows.map((one) => [one.column, one]));
    const sections = model.SECTIONS.map(([title, list]) =>
      make("section", {}, make("h3", {}, title), ...list.map(([column]) => byName[column].element)),
    );
    return { element: make("div", { className: "mea-measures" }, ...sections), byName };
  }

  // ---- the crop

  /** A frame over the picture; `change(crop)` gets each new one. */
  function frame(stage, change) {
    let crop = model.WHOLE;
    const handles = Object.entries(CORNERS).map(([corner, name]) => {
      const attributes = { role: "slider", "aria-label": `crop: ${name}`, "aria-valuemin": 0, "aria-valuemax": 100 };
      return [corner, make("span", { className: `mea-handle mea-${corner}`, tabIndex: 0, attributes })];
    });
    const box = make("div", { className: "mea-frame" }, ...handles.map(([, handle]) => handle));
    const drag = (element, part) => {
      let before = null;
      element.addEventListener("pointerdown", (event) => {
        if (event.button !== 0 || (part === "all" && event.target !== box)) return;
        before = { x: event.clientX, y: event.clientY, crop };
        element.setPointerCapture(event.pointerId);
        event.preventDefault();
        if (part !== "all") element.focus({ preventScroll: true });
      });
      element.addEventListener("pointermove", (event) => {
        if (!before) return;
        const { width, height } = stage.getBoundingClientRect();
        change(model.moved(before.crop, part, (event.clientX - before.x) / width, (event.clientY - before.y) / height));
      });
      for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => (before = null));
    };
    drag(box, "all");
    for (const [corner, handle] of handles) {
      drag(handle, corner);
      handle.addEventListener("keydown", (event) => {
        if (!event.key.startsWith("Arrow") || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        const step = event.shiftKey ? 0.1 : 0.02;
        const along = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        change(model.moved(crop, corner, step * along[0], step * along[1]));
      });
    }
    const show = (next) => {
      crop = next;
      const [left, top, right, bottom] = crop.map((share) => 100 * share);
      Object.assign(box.style, { left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%` });
      for (const [corner, handle] of handles) {
        const [x, y] = [corner[0] === "l" ? left : right, corner[1] === "t" ? top : bottom].map(Math.round);
        handle.setAttribute("aria-valuenow", x);
        handle.setAttribute("aria-valuetext", `${x} per cent across, ${y} down`);
      }
    };
    return { element: box, show };
  }

  // ---- the figure

  const brightness = (stops) => (stops ? `${stops > 0 ? "+" : "\u2212"}${(Math.abs(stops) / 10).toFixed(1)}` : "0");

  function brightnessSlider(change) {
    const input = make("input", {
      type: "range", className: "live-range", min: -model.MOST_STOPS, max: model.MOST_STOPS, step: 1,
    }); // prettier-ignore
    const shown = make("output", {});
    input.oninput = () => change(Number(input.value));
    const show = (stops) => {
      input.value = stops;
      shown.textContent = brightness(stops);
      input.setAttribute("aria-valuetext", brightness(stops));
    };
    return { element: make("label", { className: "mea-slider" }, make("span", {}, "brightness"), input, shown), show };
  }

  function assemble(reference, update, choose) {
    const canvas = make("canvas", { attributes: { role: "img" } });
    const stage = make("div", { className: "mea-stage" }, canvas);
    const crop = frame(stage, (next) => update({ crop: next }));
    stage.append(crop.element);
    const light = brightnessSlider((stops) => update({ stops }));
    const button = (name, onclick) => make("button", { type: "button", className: "live-button", onclick }, name);
    const mirror = button("mirror", () => update({ mirrored: true }));
    const back = button("as it was", () => update(model.START));
    const { element: list, byName } = measures(reference);
    const { element: spoken, say } = voice();
    const sentence = make("p", { className: "live-sentence" });
    const element = make(
      "div",
      { className: "mea live-figure" },
      make(
        "div",
        { className: "mea-left" },
        make(
          "div",
          { className: "mea-picture" },
          choose, stage, light.element, make("div", { className: "mea-buttons" }, mirror, back),
        ),
        sentence,
      ),
      list, spoken,
    );
    return { element, canvas, stage, crop, light, mirror, byName, sentence, say };
  }

  /** Float32 [3, H, W] in [0, 1] as bytes [H, W, 3]. */
  function asBytes({ rgb, width, height }) {
    const n = width * height;
    const bytes = new Uint8ClampedArray(3 * n);
    for (let i = 0; i < n; i++) for (const c of [0, 1, 2]) bytes[3 * i + c] = 255 * rgb[c * n + i]; // rounds by itself
    return { width, height, rgb: bytes };
  }

  /** What can be done once all scripts are there. */
  function run(place, state, reference, picture) {
    let [name, own] = ["A butterfly at a flower", false];
    let [values, places] = [{}, {}];
    let measured = picture;
    const update = (change, keep = true) => {
      if (change.mirrored) Object.assign(state, { mirror: !state.mirror, crop: model.mirroredCrop(state.crop) });
      else Object.assign(state, change);
      if (keep && !own) remember(model.address(state));
      later();
    };
    const use = (taken) => {
      [picture, name, own] = [asBytes(taken), taken.name, true];
      update(model.START);
    };
    const chooser = Pictures.chooser({ longest: reference.longSide, ask: "Your own picture", use });
    const parts = assemble(reference, update, chooser.element);
    const groups = Object.keys(Measures.GROUPS);
    const ask = MeasuresBeside.measuring(({ values: some, last }) => {
      Object.assign(values, some);
      for (const [column, value] of Object.entries(some)) {
        if (!parts.byName[column]) continue;
        places[column] = Reference.percentile(reference.quantiles, column, value);
        parts.byName[column].paint(value, places[column]);
      }
      if (!last) return;
      parts.sentence.textContent = model.said(places, measured, reference).join(" ");
      parts.say(parts.sentence.textContent);
    });
    function paint() {
      const turned = state.mirror ? Reference.mirrored(picture) : picture;
      const lit = state.stops ? Reference.brightened(turned, state.stops / 10) : turned;
      measured = Reference.cropped(lit, state.crop);
      MeasuresBeside.show(parts.canvas, lit);
      parts.canvas.setAttribute("aria-label", name);
      parts.stage.style.setProperty("--ratio", lit.width / lit.height);
      parts.crop.show(state.crop);
      parts.light.show(state.stops);
      parts.mirror.setAttribute("aria-pressed", String(state.mirror));
      ask(measured, groups);
    }
    const later = inNextFrame(paint);
    place.replaceChildren(parts.element);
    paint();
    return update;
  }

  function build(place) {
    const state = { ...model.START };
    let update = (change) => Object.assign(state, change);
    place.replaceChildren(make("p", { className: "live-figure" }, "One moment \u2026"));
    MeasuresBeside.photograph().then((picture) => (update = run(place, state, globalThis.MEASURED, picture)));
    return (hash) => {
      const asked = model.stateOf(hash);
      if (asked) update(asked, false);
      return asked !== null;
    };
  }

  start("measure_it", build);
})();
