// The checkerboard: builds the figure, and follows the pointer, the keys and the address.
"use strict";

(() => {
  const { make, svg, scrub, clamp, voice } = LiveFigure;
  const model = Stamp;

  const NAMES = { k: "width of the filter", s: "stride", P: "cut off at each end", layers: "layers" };
  const LETTERS = { k: "k", s: "s", P: "P", layers: "" };
  const first = () => ({ w: [1, 1, 1], settings: { k: 3, s: 2, P: 0, layers: 1 }, pixel: null, asks: true });

  // ---- the stamps of one layer, along one axis

  function drawCell(x, y, text, kind, fill) {
    const group = svg("g", { class: `stamp-cell ${kind}` });
    const box = svg("rect", { x, y, width: 1, height: 1 });
    if (fill) box.style.fill = fill;
    const label = svg("text", { x: x + 0.5, y: y + 0.54 });
    label.textContent = text;
    group.append(box, label);
    return group;
  }

  /** One row for each input, its stamp where it lands, and below them the sums. */
  function stampsOf({ w, settings, pixel }) {
    const { k, s, P } = settings;
    const sums = model.stamped(new Array(model.INPUTS).fill(1), w, { s, P: 0 });
    const lit = pixel === null ? null : pixel + P;
    const cells = [];
    for (let input = 0; input < model.INPUTS; input++) {
      for (let p = 0; p < k; p++) {
        const x = input * s + p;
        cells.push(drawCell(x, input * 1.15, w[p], `stamp-weight ${x === lit ? "stamp-lit" : ""}`));
      }
    }
    const most = Math.max(...sums, 1);
    const bottom = model.INPUTS * 1.15 + 0.6;
    const sumCells = sums.map((sum, x) => {
      const cut = x < P || x >= sums.length - P;
      const kind = `${cut ? "stamp-cut" : "stamp-sum"} ${x === lit ? "stamp-lit" : ""}`;
      const share = Math.round((45 * sum) / most);
      return drawCell(x, bottom, sum, kind, cut ? "" : `color-mix(in srgb, var(--live-positive) ${share}%, var(--pst-color-on-background))`);
    });
    return { cells: [...cells, ...sumCells], columns: sums.length, rows: bottom + 1 };
  }

  // ---- the sheet, in two dimensions

  /** Paints the products of the sums as greys, the largest white. */
  function paint(canvas, row) {
    const side = Math.max(1, row.length);
    const most = Math.max(...row, 1);
    canvas.width = canvas.height = side;
    const image = new ImageData(side, side);
    row.forEach((a, i) => {
      row.forEach((b, j) => {
        const at = 4 * (i * side + j);
        image.data.fill(40 + (215 * a * b) / (most * most), at, at + 3);
        image.data[at + 3] = 255;
      });
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  // ---- the figure

  function build(place) {
    let state = first();
    const draw = LiveFigure.inNextFrame(drawNow);
    const board = svg("svg", { class: "stamp-board", tabindex: "0", role: "application" });
    const canvas = make("canvas", { className: "stamp-sheet", attributes: { role: "img" } });
    const sheetTitle = make("span", { className: "stamp-title" });
    const status = make("p", { className: "stamp-status" });
    const detail = make("p", { className: "stamp-detail" });
    const numbers = Object.fromEntries(
      Object.entries(model.LIMITS).map(([letter, [low, high]]) => [
        letter, scrub({ name: NAMES[letter], letter: LETTERS[letter], low, high, change: (value) => set(letter, value) }),
      ]),
    );
    const weights = Array.from({ length: model.LIMITS.k[1] }, (_, p) =>
      scrub({
        name: `weight ${p}`, low: 0, high: model.WEIGHT,
        change: (value) => edit({ w: state.w.with(p, value) }),
      }),
    );
    const control = (text, ...elements) => make("span", { className: "stamp-control" }, text, ...elements);
    const controls = make(
      "div", { className: "stamp-controls" },
      ...Object.entries(numbers).map(([letter, { element }]) => control(NAMES[letter], element)),
      control("weights", ...weights.map(({ element }) => element)),
    );
    const { element: spoken, say } = voice();
    const root = make(
      "div", { className: "stamp live-figure" }, controls,
      make(
        "div", { className: "stamp-both" },
        make("div", {}, make("span", { className: "stamp-title" }, `${model.INPUTS} stamps of one layer, and their sum`), board, detail),
        make("div", {}, sheetTitle, canvas),
      ),
      status, spoken,
    );
    place.replaceChildren(root);

    // ---- changes

    function edit(change) {
      state = { ...state, pixel: null, asks: false, ...change };
      LiveFigure.remember(model.address(state.w, state.settings));
      drawNow();
      say(status.textContent);
    }
    function set(letter, value) {
      const settings = { ...state.settings, [letter]: value };
      const w = Array.from({ length: settings.k }, (_, p) => state.w[p] ?? state.w.at(-1));
      edit({ settings, w });
    }
    /** Looks at a pixel of the sum; `aloud` if a key brought us there. */
    function look(pixel, aloud = false) {
      const last = model.sheet(state.w, { ...state.settings, layers: 1 }).length - 1;
      state.pixel = clamp(pixel, 0, Math.max(0, last));
      draw();
      if (aloud) say(model.pixelSentence(state.pixel, state.w, state.settings));
    }

    function point(event) {
      const box = board.getBoundingClientRect();
      const { columns } = stampsOf(state);
      look(Math.floor(((event.clientX - box.left) / box.width) * columns) - state.settings.P);
    }
    board.addEventListener("pointermove", point);
    board.addEventListener("pointerdown", point);
    board.addEventListener("pointerleave", () => {
      state.pixel = null;
      draw();
    });
    board.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      look(state.pixel === null ? 0 : state.pixel + step, true);
    });

    function drawNow() {
      const { w, settings, pixel } = state;
      const { cells, columns, rows } = stampsOf(state);
      board.setAttribute("viewBox", `-0.05 -0.05 ${columns + 0.1} ${rows + 0.1}`);
      board.style.setProperty("--columns", columns);
      board.replaceChildren(...cells);
      const row = model.sheet(w, settings);
      paint(canvas, row);
      sheetTitle.textContent = `${settings.layers === 1 ? "one layer" : `${settings.layers} layers`}: ${row.length} × ${row.length} pixels`;
      const ask = state.asks ? " Which widths would make it even? Drag the numbers." : "";
      status.textContent = model.sentence(w, settings) + ask;
      detail.textContent =
        pixel === null ? "Point at a pixel to see who writes to it." : model.pixelSentence(pixel, w, settings);
      for (const letter of Object.keys(numbers)) numbers[letter].show(settings[letter]);
      weights.forEach(({ element, show }, p) => {
        element.hidden = p >= settings.k;
        if (p < settings.k) show(w[p]);
      });
      canvas.setAttribute("aria-label", `What a constant input becomes. ${status.textContent}`);
      board.setAttribute("aria-label", `The stamps and their sum. Arrow keys choose a pixel. ${status.textContent}`);
    }

    /** Shows the state of an address; false if it holds none. */
    function open(hash) {
      const found = model.stateOf(hash);
      if (!found) return false;
      state = { ...first(), ...found, asks: false };
      drawNow();
      say(status.textContent);
      return true;
    }

    drawNow();
    return open;
  }

  LiveFigure.start("stamp", build);
})();
