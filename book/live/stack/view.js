// What one output sees: builds the figure, and follows the pointer, the keys and the address.
"use strict";

(() => {
  const { make, svg, scrub, clamp, voice } = LiveFigure;
  const model = Stack;

  const NAMES = { k: "width", s: "stride", P: "padding", d: "dilation" };
  const CELL = 20; // height of a cell, and of what lies between two rows, in CSS pixels
  const GAP = 26;
  const BARS = 46;
  const MARGIN = 2; // pixels of the picture left free at each side, for padding that is seen

  const twoBlocks = () => [model.convolution(), model.pooling(), model.convolution(), model.pooling()];
  const first = () => ({ layers: twoBlocks(), chosen: { level: 4, i: 4 }, guess: 5, shown: false });

  /** The middle cell of the last level. */
  function topOf(layers) {
    const cells = model.sizes(layers);
    const level = cells.includes(0) ? cells.indexOf(0) - 1 : layers.length;
    return { level, i: Math.floor(cells[level] / 2) };
  }

  // ---- the drawing

  /** Where things stand in a drawing of so many CSS pixels. */
  function scale(width, layers) {
    const unit = width / (model.PIXELS + 2 * MARGIN);
    const fields = model.fields(layers);
    const top = (level) => GAP + (layers.length - level) * (CELL + GAP) - 6;
    return {
      unit, top,
      height: top(0) + CELL + BARS + 28,
      middle: (level, i) => (MARGIN + 0.5 + fields[level].c + i * fields[level].J) * unit,
      wide: (level) => Math.max(1.5, fields[level].J * unit - (unit > 14 ? 2 : 1)),
      left: (pixel) => (MARGIN + pixel) * unit,
    };
  }

  function drawRow(level, counts, at, { layers, chosen }) {
    const cells = model.sizes(layers)[level];
    const most = Math.max(...(counts ?? [0]));
    const label = svg("text", { x: at.left(0), y: at.top(level) - 6, class: "stack-label" });
    const name = level ? model.KINDS[layers[level - 1].kind] : "picture";
    label.textContent = cells ? `${name}: ${cells} ${level ? "cells" : "pixels"}` : `${name}: no window fits`;
    const boxes = Array.from({ length: cells }, (_, i) => {
      const here = chosen.level === level && chosen.i === i;
      const box = svg("rect", {
        x: at.middle(level, i) - at.wide(level) / 2, y: at.top(level), width: at.wide(level), height: CELL,
        class: `stack-cell ${level ? "" : "stack-pixel"} ${here ? "stack-chosen" : ""}`,
      });
      if (counts?.[i] && !here) {
        const share = Math.round(25 + (75 * counts[i]) / most);
        box.style.fill = `color-mix(in srgb, var(--live-filter-line) ${share}%, var(--pst-color-on-background))`;
      }
      return box;
    });
    return [...boxes, label];
  }

  /** The way down from the chosen cell: for each layer, from what is lit above to what is lit below. */
  function drawCone(counts, at) {
    const ends = counts.map((row) => [row.findIndex(Boolean), row.findLastIndex(Boolean)]);
    const edge = (level, side) => at.middle(level, ends[level][side]) + (side - 0.5) * at.wide(level);
    return counts.slice(1).flatMap((_, t) => {
      const level = t + 1;
      if (ends[t][0] < 0) return []; // padding alone
      const [above, below] = [at.top(level) + CELL, at.top(t)];
      const points = [
        [edge(level, 0), above], [edge(level, 1), above], [edge(t, 1), below], [edge(t, 0), below],
      ];
      return [svg("polygon", { points: points.join(" "), class: "stack-cone" })];
    });
  }

  /** Bars under the picture (paths from each pixel), the field as an outline, the middle half as a line. */
  function drawField(counts, at, { layers, chosen }) {
    const { first, last } = model.fieldOf(layers, chosen.level, chosen.i);
    const most = Math.max(...counts);
    const base = at.top(0) + CELL + 4;
    const bars = counts.flatMap((count, i) => {
      const height = (BARS * count) / most;
      const x = at.middle(0, i) - at.wide(0) / 2;
      return count ? [svg("rect", { x, y: base, width: at.wide(0), height, class: "stack-bar" })] : [];
    });
    const half = model.middleHalf(counts);
    const line = svg("line", {
      x1: at.left(half.first), x2: at.left(half.last + 1), y1: base + BARS + 5, y2: base + BARS + 5, class: "stack-half",
    });
    const words = svg("text", { x: at.middle(0, (half.first + half.last) / 2), y: base + BARS + 20, class: "stack-label stack-mid" });
    words.textContent = "half of the paths";
    return [...bars, line, words, outline(first, last, at, "stack-field")];
  }

  const outline = (first, last, at, kind) =>
    svg("rect", {
      x: at.left(first) - 1, y: at.top(0) - 3, width: at.left(last + 1) - at.left(first) + 2, height: CELL + 6, class: kind,
    });

  function drawing(state, width) {
    const { layers, chosen, shown, guess } = state;
    const at = scale(width, layers);
    const counts = shown ? model.paths(layers, chosen.level, chosen.i) : [];
    const rows = Array.from({ length: layers.length + 1 }, (_, level) => drawRow(level, counts[level], at, state));
    const parts = [...drawCone(counts, at), ...rows.flat()];
    if (!shown) {
      const { first, last } = model.fieldOf(layers, chosen.level, chosen.i);
      const start = Math.round((first + last + 1 - guess) / 2);
      parts.push(outline(start, start + guess - 1, at, "stack-guess"));
    } else if (chosen.level && counts[0].some(Boolean)) parts.push(...drawField(counts[0], at, state));
    return { at, parts };
  }

  // ---- the table

  const centre = ({ c, J }) => `${c ? `${c} + `.replace("-", "\u2212") : ""}${J === 1 ? "" : J}i`;

  /** One row a layer; all rows are built once, and those that are not needed are hidden. */
  function buildTable(actions) {
    const head = ["layer", "k", "s", "P", "d", "R", "J", "centre", ""];
    const cell = (content) => make("td", {}, content);
    const rows = Array.from({ length: model.MOST }, (_, index) => {
      const numbers = Object.fromEntries(
        Object.entries(NAMES).map(([letter, name]) => {
          const [low, high] = model.LIMITS[letter];
          const change = (value) => actions.set(index, letter, value);
          return [letter, scrub({ name: `${name} of layer ${index + 1}`, low, high, change })];
        }),
      );
      const row = { numbers, name: make("span"), R: make("td"), J: make("td"), centre: make("td", { className: "stack-centre" }) };
      row.handle = make("button", { type: "button", className: "stack-handle", title: "drag to another place" }, "⠿");
      row.remove = make("button", { type: "button", className: "stack-remove", onclick: () => actions.remove(index) }, "×");
      row.element = make(
        "tr", {}, make("th", { scope: "row" }, row.handle, row.name),
        ...Object.values(numbers).map(({ element }) => cell(element)), row.R, row.J, row.centre, cell(row.remove),
      );
      return row;
    });
    const picture = make(
      "tr", {}, make("th", { scope: "row" }, make("span", { className: "stack-picture" }, "picture")),
      ...["", "", "", "", "1", "1"].map(cell), make("td", { className: "stack-centre" }, "i"), cell(""),
    );
    const titles = head.map((text) =>
      make(text ? "th" : "td", { className: text === "centre" ? "stack-centre" : "" }, text),
    );
    const element = make(
      "table", { className: "stack-table" },
      make("thead", {}, make("tr", {}, ...titles)), make("tbody", {}, picture, ...rows.map((row) => row.element)),
    );
    rows.forEach((row, index) => followHandle(row.handle, index, rows, actions));
    const show = ({ layers, shown }) => {
      const fields = model.fields(layers);
      rows.forEach((row, index) => {
        row.element.hidden = index >= layers.length;
        if (row.element.hidden) return;
        const { R, J } = fields[index + 1];
        const name = model.KINDS[layers[index].kind];
        row.name.textContent = name;
        for (const letter of Object.keys(NAMES)) row.numbers[letter].show(layers[index][letter]);
        row.R.textContent = shown ? R : "?";
        row.J.textContent = shown ? J : "?";
        row.centre.textContent = shown ? centre(fields[index + 1]) : "?";
        row.handle.setAttribute("aria-label", `move layer ${index + 1}, ${name}: arrow keys up and down`);
        row.remove.setAttribute("aria-label", `remove layer ${index + 1}, ${name}`);
        row.remove.disabled = layers.length === 1;
      });
    };
    return { element, show };
  }

  /** A layer is carried to another place by its handle, or by the arrow keys on it. */
  function followHandle(handle, index, rows, { move }) {
    let carried = null; // where the layer is now
    handle.addEventListener("pointerdown", (event) => {
      carried = index;
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (carried === null) return;
      const over = rows.findIndex(({ element }) => {
        const box = element.getBoundingClientRect();
        return !element.hidden && event.clientY >= box.top && event.clientY < box.bottom;
      });
      if (over >= 0 && over !== carried) {
        move(carried, over);
        carried = over;
      }
    });
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => (carried = null));
    handle.addEventListener("keydown", (event) => {
      const to = index + ({ ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0);
      if (to === index || !rows[to] || rows[to].element.hidden) return;
      event.preventDefault();
      move(index, to);
      rows[to].handle.focus();
    });
  }

  // ---- the figure

  function build(place) {
    let state = first();
    const draw = LiveFigure.inNextFrame(drawNow);
    const board = svg("svg", { class: "stack-board", tabindex: "0", role: "application" });
    const status = make("p", { className: "stack-status" });
    const guess = scrub({ name: "my guess", low: 1, high: model.PIXELS, change: wager });
    const show = make("button", { type: "button", className: "live-button", onclick: () => reveal() }, "Show it");
    const question = make(
      "p", { className: "stack-status" }, "On how many pixels of the picture does the marked number depend? I guess ",
      make("span", { className: "stack-guessed" }, guess.element, " pixels."), " ", show,
    );
    const table = buildTable({ set, remove, move });
    const adders = { c: model.convolution, p: model.pooling };
    const add = Object.entries(adders).map(([kind, layer]) =>
      make(
        "button",
        { type: "button", className: "live-button", onclick: () => edit([...state.layers, layer()]) },
        `add a ${model.KINDS[kind]}`,
      ),
    );
    const { element: spoken, say } = voice();
    const root = make(
      "div", { className: "stack live-figure" }, board, question, status, table.element, make("div", { className: "stack-add" }, ...add), spoken,
    );
    place.replaceChildren(root);

    // ---- changes

    function edit(layers) {
      state = { ...state, layers, chosen: topOf(layers), shown: true, guess: null };
      changed();
    }
    function set(index, letter, value) {
      edit(state.layers.map((layer, i) => (i === index ? { ...layer, [letter]: value } : layer)));
    }
    function remove(index) {
      edit(state.layers.filter((_, i) => i !== index));
    }
    function move(from, to) {
      edit(model.moved(state.layers, from, to));
    }
    function reveal() {
      state.shown = true;
      board.focus({ preventScroll: true });
      changed();
    }
    function choose(level, i) {
      if (level === state.chosen.level && i === state.chosen.i) return;
      state = { ...state, chosen: { level, i }, guess: null };
      changed();
    }
    function changed() {
      if (state.shown) LiveFigure.remember(model.address(state.layers, state.chosen));
      drawNow();
      say(status.textContent);
    }

    // ---- the pointer and the keys on the drawing

    function wager(pixels) {
      state.guess = clamp(pixels, 1, model.PIXELS);
      draw();
    }
    function point(event) {
      const box = board.getBoundingClientRect();
      const at = scale(box.width, state.layers);
      if (!state.shown) {
        const { level, i } = state.chosen;
        const away = Math.abs(event.clientX - box.left - at.middle(level, i)) / at.unit;
        if (event.buttons) wager(Math.round(2 * away));
        return;
      }
      const cells = model.sizes(state.layers);
      const level = cells.findIndex((_, t) => {
        const y = event.clientY - box.top - at.top(t);
        return y >= -GAP / 2 && y < CELL + GAP / 2;
      });
      if (level < 0 || !cells[level]) return;
      const { c, J } = model.fields(state.layers)[level];
      const pixel = (event.clientX - box.left) / at.unit - MARGIN - 0.5;
      choose(level, clamp(Math.round((pixel - c) / J), 0, cells[level] - 1));
    }
    board.addEventListener("pointermove", point);
    board.addEventListener("pointerdown", point);
    board.addEventListener("keydown", (event) => {
      const { level, i } = state.chosen;
      const cells = model.sizes(state.layers);
      const [up, right] = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
      const next = clamp(level + up, 0, cells.length - 1);
      if ((!up && !right) || !state.shown || !cells[next] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const { middle } = scale(1, state.layers);
      const nearest = up ? Math.round((middle(level, i) - middle(next, 0)) / (middle(next, 1) - middle(next, 0))) : i + right;
      choose(next, clamp(nearest, 0, cells[next] - 1));
    });

    function drawNow() {
      const { at, parts } = drawing(state, board.clientWidth || 640);
      board.setAttribute("height", at.height);
      board.replaceChildren(...parts);
      question.hidden = state.shown;
      status.hidden = !state.shown;
      if (!state.shown) guess.show(state.guess);
      status.textContent = model.sentence(state.layers, state.chosen, state.guess);
      board.setAttribute(
        "aria-label",
        `${state.layers.length} layers over a row of ${model.PIXELS} pixels. Arrow keys choose a cell. ${state.shown ? status.textContent : ""}`,
      );
      for (const button of add) button.disabled = state.layers.length === model.MOST;
      table.show(state);
    }

    /** Shows the state of an address; false if it holds none. */
    function open(hash) {
      const found = model.stateOf(hash);
      if (!found) return false;
      state = { ...first(), ...found, shown: true, guess: null };
      drawNow();
      say(status.textContent);
      return true;
    }

    new ResizeObserver(draw).observe(board);
    drawNow();
    return open;
  }

  LiveFigure.start("stack", build);
})();
