// Pooling under a shift: builds the figure, and follows the pointer, the keys and the address.
"use strict";

(() => {
  const { make, svg, scrub, clamp, voice } = LiveFigure;
  const model = Shift;

  const BAR = 40; // height of the tallest bar, and of what lies between two rows, in CSS pixels
  const GAP = 26;
  const repeated = (pattern) => Array.from({ length: model.PIXELS }, (_, i) => pattern[i % pattern.length]);
  const ROWS = {
    page: ["3, 1, 0, 0, 3, 1, 0, 0", repeated([3, 1, 0, 0])],
    finest: ["the finest stripes", repeated([4, 0])],
    two: ["stripes of two and two", repeated([4, 4, 0, 0])],
    wide: ["wide stripes", repeated([4, 4, 4, 4, 0, 0, 0, 0])],
    wave: ["a slow wave", repeated([0, 1, 2, 3, 4, 3, 2, 1])],
    line: ["one bright pixel", [0, 0, 0, 0, 0, 4, ...new Array(10).fill(0)]],
  };
  const ASK = "Which of the four will still give the same pattern when the row moves by one pixel? Drag it to the right.";

  const first = () => ({ row: ROWS.page[1], by: 0, asks: true });

  // ---- the drawing

  /** A row of bars over the whole width, the label above it; `before` is drawn as a dashed line. */
  function drawRow(values, before, width, top, { label, note, kind }) {
    const each = width / values.length;
    const height = (value) => (BAR * value) / model.MOST;
    const bars = values.map((value, i) =>
      svg("rect", {
        x: i * each + 0.5, y: top + BAR - height(value), width: Math.max(1, each - 1), height: height(value), class: `shift-bar ${kind}`,
      }),
    );
    const words = svg("text", { x: 0, y: top - 7, class: "shift-label" });
    words.textContent = label;
    const share = svg("text", { x: width, y: top - 7, class: "shift-label shift-note" });
    share.textContent = note;
    const floor = svg("line", { x1: 0, x2: width, y1: top + BAR, y2: top + BAR, class: "shift-floor" });
    if (!before) return [floor, ...bars, words, share];
    const steps = before.map((value, i) => `H${i * each}V${top + BAR - height(value)}H${(i + 1) * each}`).join("");
    return [floor, ...bars, svg("path", { d: `M0 ${top + BAR - height(before[0])}${steps}`, class: "shift-before" }), words, share];
  }

  function drawing({ row, by, asks }, width) {
    const top = (index) => GAP - 4 + index * (BAR + GAP);
    const now = model.moved(row, by);
    const earlier = by % 2 ? model.moved(row, by - 1) : null;
    const rows = Object.entries(model.METHODS).map(([method, label], i) => {
      const values = model.halved(now, method);
      const flat = model.isFlat(values) ? "flat, " : "";
      const note = asks ? "" : `${flat}changes by ${Math.round(100 * model.unlike(row, method))}\u00a0%`;
      const before = earlier && model.halved(earlier, method);
      return drawRow(values, before, width, top(i + 1), { label, note, kind: "shift-output" });
    });
    const input = drawRow(now, null, width, top(0), { label: "the row", note: "", kind: "shift-input" });
    return { parts: [...input, ...rows.flat()], height: top(4) + BAR + 4 };
  }

  // ---- the figure

  function build(place) {
    let state = first();
    const board = svg("svg", { class: "shift-board", tabindex: "0", role: "application" });
    const status = make("p", { className: "shift-status" });
    const by = scrub({ name: "moved by", low: 0, high: model.PIXELS - 1, change: (value) => edit({ by: value }) });
    const options = Object.entries(ROWS).map(([key, [text]]) => make("option", { value: key }, text));
    const menu = make(
      "select", { className: "live-select", attributes: { "aria-label": "Row" } },
      ...options, make("option", { value: "", disabled: true }, "your own"),
    );
    menu.onchange = () => edit({ row: ROWS[menu.value][1], by: 0 });
    const { element: spoken, say } = voice();
    const root = make(
      "div", { className: "shift live-figure" },
      make("div", { className: "shift-controls" }, menu, make("span", {}, "moved by ", by.element, " pixels")),
      board, status, spoken,
    );
    place.replaceChildren(root);
    const redraw = LiveFigure.inNextFrame(draw);

    function edit(change) {
      state = { ...state, asks: false, ...change };
      LiveFigure.remember(model.address(state.row, state.by));
      draw();
      say(status.textContent);
    }
    const around = (value) => ((value % model.PIXELS) + model.PIXELS) % model.PIXELS;

    // the row follows the pointer; a tap sets the height of a bar
    let grip = null;
    board.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      grip = { x: event.clientX, by: state.by, moved: false };
      board.setPointerCapture(event.pointerId);
    });
    board.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const pixels = Math.round(((event.clientX - grip.x) / board.clientWidth) * model.PIXELS);
      grip.moved ||= Math.abs(event.clientX - grip.x) > 4;
      if (around(grip.by + pixels) !== state.by) edit({ by: around(grip.by + pixels) });
    });
    board.addEventListener("pointerup", (event) => {
      if (grip && !grip.moved) paint(event);
      grip = null;
    });
    board.addEventListener("pointercancel", () => (grip = null));
    board.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      edit({ by: around(state.by + step) });
    });

    function paint(event) {
      const box = board.getBoundingClientRect();
      const level = (GAP - 4 + BAR - (event.clientY - box.top)) / (BAR / model.MOST);
      if (level < -0.5 || level > model.MOST + 0.5) return;
      const column = clamp(Math.floor(((event.clientX - box.left) / box.width) * model.PIXELS), 0, model.PIXELS - 1);
      edit({ row: state.row.with(around(column - state.by), clamp(Math.round(level), 0, model.MOST)) });
    }

    function draw() {
      const { parts, height } = drawing(state, board.clientWidth || 640);
      board.setAttribute("height", height);
      board.replaceChildren(...parts);
      by.show(state.by);
      const known = Object.entries(ROWS).find(([, [, row]]) => String(row) === String(state.row));
      menu.value = known ? known[0] : "";
      status.textContent = state.asks ? ASK : model.sentence(state.row, state.by) || "The row is where it was.";
      board.setAttribute("aria-label", `A row of ${model.PIXELS} pixels, and four ways of halving it. Arrow keys move the row. ${status.textContent}`);
    }

    new ResizeObserver(redraw).observe(board);
    draw();

    /** Shows the state of an address; false if it holds none. */
    return (hash) => {
      const found = model.stateOf(hash);
      if (!found) return false;
      state = { ...found, asks: false };
      draw();
      say(status.textContent);
      return true;
    };
  }

  LiveFigure.start("shift", build);
})();
