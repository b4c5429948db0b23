// One convolution: builds the figure, and follows the pointer, the keys and the address.
"use strict";

(() => {
  const { make, svg, scrub, choice, draggable, signed, clamp, voice } = LiveFigure;
  const model = Convolution;
  const data = globalThis.CONVOLUTION;

  const pixels = (rows) => [...rows.replaceAll(" ", "")].map(Number);
  const PICTURES = {
    post: ["a bright post", pixels("00440 01440 02441 12441 22442")],
    dot: ["one bright pixel", pixels("00000 00000 00400 00000 00000")],
    stripes: ["fine stripes", pixels("04040404 04040404 04040404 04040404 04040404 04040404 04040404 04040404")],
    drawing: ["a monster", data.drawing],
  };
  const FILTERS = {
    upright: ["upright edge", [-1, 0, 1, -2, 0, 2, -1, 0, 1]],
    level: ["level edge", [-1, -2, -1, 0, 0, 0, 1, 2, 1]],
    blur: ["blur (a sum)", [1, 1, 1, 1, 1, 1, 1, 1, 1]],
    sharpen: ["sharpen", [0, -1, 0, -1, 5, -1, 0, -1, 0]],
    count: ["1 to 9", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  };
  const NAMES = { n: "side of the picture", P: "padding", d: "dilation", k: "side of the filter", s: "stride" };
  const TITLES = {
    forward: { input: "picture x", filter: "filter w", output: "output y" },
    backward: { input: "∂L/∂x", filter: "filter w", output: "δ = ∂L/∂y" },
  };
  const HINTS = {
    forward: {
      input: "Arrow keys move, 0 to 4 set a pixel, space switches it.",
      filter: "Arrow keys move, plus and minus change a weight.",
      output: "Arrow keys move.",
    },
    backward: {
      input: "Arrow keys move.",
      filter: "Arrow keys move, plus and minus change a weight.",
      output: "Arrow keys move, plus and minus change a δ.",
    },
  };

  const NOTES = {
    backward:
      "Backwards, every output stamps the whole filter, times its δ, onto its window, and stamps that overlap add up: a " +
      "transposed convolution, and the gradient ∂L/∂x. Drag a δ up or down.",
    turned: "Turned by half a turn and moved as before, the filter computes the convolution of mathematics, w ∗ x.",
    back: "Not turned: this is cross-correlation, w ⋆ x, which all libraries call convolution.",
  };

  const first = () => ({
    n: 5, k: 3, P: 0, s: 1, d: 1, x: PICTURES.post[1], w: FILTERS.upright[1], turned: false, backwards: false,
    delta: model.middle(3), photo: false, focus: { part: "output", at: 3 }, found: new Set([3]), note: "",
  });

  // ---- what the cells show

  const shade = (value, most) => {
    const share = most ? Math.round((45 * Math.abs(value)) / most) : 0;
    const ink = value < 0 ? "--live-negative" : "--live-positive";
    return `color-mix(in srgb, var(${ink}) ${share}%, var(--pst-color-on-background))`;
  };
  const largest = (values) => Math.max(...values.map(Math.abs), 0);

  /** The cells of the padded picture, or of its gradient: {text, kind, fill, corner, mark}. */
  function inputCells(state) {
    const { n, P, focus } = state;
    const side = n + 2 * P;
    const m = model.outputSize(state);
    const gradient = state.backwards ? model.backwardInput(state.delta, state.w, state) : null;
    const most = gradient ? largest(gradient) : 0;
    const lost = new Set(model.untouched(state));
    const marks = new Map(); // padded place -> the weight that meets it
    if (focus.part === "output") {
      for (const { row, column, p, q } of model.windowOf(state, Math.floor(focus.at / m), focus.at % m)) {
        marks.set((row + P) * side + column + P, signed(state.w[p * state.k + q]));
      }
    } else if (focus.part === "filter") {
      for (const { pixel } of model.meetingsOf(state, focus.at)) {
        marks.set((Math.floor(pixel / n) + P) * side + (pixel % n) + P, "");
      }
    }
    return Array.from({ length: side * side }, (_, at) => {
      const [row, column] = [Math.floor(at / side) - P, (at % side) - P];
      const mark = marks.has(at) ? { mark: "window", corner: marks.get(at) } : {};
      if (row < 0 || column < 0 || row >= n || column >= n) return { text: "0", kind: "padding", ...mark };
      const pixel = row * n + column;
      if (focus.part === "input" && focus.at === pixel) mark.mark = "chosen";
      const kind = `${gradient ? "" : `grey-${state.x[pixel]}`}${lost.has(pixel) ? " lost" : ""}`;
      return gradient
        ? { text: signed(gradient[pixel]), kind, fill: shade(gradient[pixel], most), ...mark }
        : { text: `${state.x[pixel]}`, kind, ...mark };
    });
  }

  const filterCells = ({ w, focus }) =>
    w.map((weight, at) => ({
      text: signed(weight),
      kind: "weight",
      ...(focus.part === "filter" && focus.at === at ? { mark: "chosen" } : {}),
    }));

  /** The cells of the output, or of δ. Those that a chosen pixel reaches have their weight for it in the corner. */
  function outputCells(state) {
    const { focus, backwards } = state;
    const values = backwards ? state.delta : model.forward(state.x, state.w, state);
    const most = largest(values);
    const lit = new Map();
    if (focus.part === "input") {
      for (const { output, weight } of model.readersOf(state, focus.at)) lit.set(output, signed(state.w[weight]));
    }
    return values.map((value, at) => {
      const mark = lit.has(at) ? "window" : focus.part === "output" && focus.at === at ? "chosen" : undefined;
      const covered = !backwards && state.found && !state.found.has(at);
      const shown = covered ? { text: "?", kind: "covered" } : { text: signed(value), fill: shade(value, most) };
      return { ...shown, corner: lit.get(at), mark };
    });
  }

  // ---- a grid

  function drawCells(element, cells) {
    const side = Math.sqrt(cells.length);
    element.setAttribute("viewBox", `-0.06 -0.06 ${side + 0.12} ${side + 0.12}`);
    element.style.setProperty("--side", side);
    element.classList.toggle("many", side > 9);
    const drawn = cells.map((cell, at) => drawCell(cell, at % side, Math.floor(at / side)));
    const marked = (mark) => drawn.filter((_, at) => cells[at].mark === mark);
    // what is marked comes last, so that its outline lies on top
    element.replaceChildren(
      svg("g", {}, ...marked(undefined), ...marked("window"), ...marked("chosen")),
    );
  }

  function drawCell({ text, kind = "", fill, corner, mark = "" }, x, y) {
    const cell = svg("g", { class: `conv-cell ${kind} ${mark}` });
    const box = svg("rect", { x, y, width: 1, height: 1 });
    if (fill) box.style.fill = fill;
    const label = svg("text", { x: x + 0.5, y: y + (corner ? 0.42 : 0.52) });
    label.textContent = text;
    if (text.length > 2) label.setAttribute("class", "long");
    cell.append(box, label);
    if (corner) {
      const small = svg("text", { x: x + 0.93, y: y + 0.8, class: "conv-corner" });
      small.textContent = `×${corner}`;
      cell.append(small);
    }
    return cell;
  }

  /** The cell under a pointer as [row, column]; `ring` is the width of the padding round what can be chosen. */
  function cellAt(element, event, side, ring) {
    const box = element.getBoundingClientRect();
    const along = (from, length) => Math.floor(((from / length) * (side + 0.12)) - 0.06) - ring;
    return [along(event.clientY - box.top, box.height), along(event.clientX - box.left, box.width)];
  }

  // ---- the parts

  function buildParts(figure) {
    const parts = { titles: {}, grids: {}, canvases: {}, signs: [] };
    for (const part of ["input", "filter", "output"]) {
      parts.titles[part] = make("span", { className: "conv-title" });
      parts.grids[part] = svg("svg", { class: `conv-grid conv-${part}`, tabindex: "0", role: "application" });
    }
    for (const part of ["input", "output"]) {
      parts.canvases[part] = make("canvas", { className: "conv-canvas", attributes: { role: "img" } });
    }
    parts.view = choice("Input", { numbers: "numbers", photo: "a photograph" }, (key) => figure.edit({ photo: key === "photo" }));
    parts.way = choice("Direction", { forward: "forwards", backward: "backwards" }, (key) =>
      figure.edit({ backwards: key === "backward", note: NOTES[key] ?? "" }),
    );
    parts.picture = menu("Picture", PICTURES, figure.choosePicture);
    parts.filter = menu("Filter", FILTERS, figure.chooseFilter);
    parts.turn = make("button", { type: "button", className: "live-button", onclick: figure.turn });
    parts.formula = buildFormula(figure.set);
    parts.status = make("p", { className: "conv-status" });
    parts.size = make("p", { className: "conv-size" });
    parts.root = make(
      "div",
      { className: "conv live-figure" },
      make("div", { className: "conv-bar" }, parts.view.element, parts.way.element),
      buildBoard(parts), parts.status, parts.formula.element, parts.size,
    );
    return parts;
  }

  function buildBoard(parts) {
    const part = (name, ...below) =>
      make("div", { className: `conv-part conv-part-${name}` }, parts.titles[name], parts.grids[name], ...below);
    parts.signs = [1, 2].map(() => make("span", { className: "conv-sign", attributes: { "aria-hidden": "true" } }));
    return make(
      "div",
      { className: "conv-board" },
      part("input", parts.canvases.input, parts.picture.element),
      parts.signs[0],
      part("filter", make("span", { className: "conv-tools" }, parts.filter.element, parts.turn)),
      parts.signs[1],
      part("output", parts.canvases.output),
    );
  }

  /** A menu of presets, with an entry for what the reader made. */
  function menu(name, presets, choose) {
    const options = Object.entries(presets).map(([key, [text]]) => make("option", { value: key }, text));
    const own = make("option", { value: "", disabled: true }, "your own");
    const element = make("select", { className: "live-select", attributes: { "aria-label": name } }, ...options, own);
    element.onchange = () => choose(presets[element.value][1]);
    const show = (values) => {
      const found = Object.entries(presets).find(([, [, preset]]) => String(preset) === String(values));
      element.value = found ? found[0] : "";
    };
    return { element, show };
  }

  /** The formula of the size, with its numbers to drag. */
  function buildFormula(change) {
    const numbers = Object.fromEntries(
      Object.entries(model.LIMITS).map(([letter, [low, high]]) => [
        letter, scrub({ name: NAMES[letter], letter, low, high, change: (value) => change(letter, value) }),
      ]),
    );
    const { n, P, d, k, s } = Object.fromEntries(Object.entries(numbers).map(([l, { element }]) => [l, element]));
    const text = (words) => make("span", {}, words);
    const width = make("span", { className: "conv-width" }); // of the photograph, in place of n
    const result = make("span", { className: "conv-result" });
    const above = make("span", {}, n, width, text(" + 2·"), P, text(" − "), d, text("·("), k, text(" − 1) − 1"));
    const element = make(
      "p",
      { className: "conv-formula" },
      make("span", {}, make("i", {}, "m"), " = "),
      make("span", { className: "conv-floor" }, make("span", { className: "conv-fraction" }, above, make("span", {}, s))),
      text(" + 1"),
      result,
    );
    const show = (state) => {
      for (const letter of Object.keys(numbers)) numbers[letter].show(state[letter]);
      n.hidden = state.photo;
      width.textContent = state.photo ? `${data.photo.width}` : "";
      const settings = state.photo ? { ...state, n: data.photo.width } : state;
      const m = model.outputSize(settings);
      result.textContent = ` = ⌊${signed(model.room(settings))}/${state.s}⌋ + 1 = ${m || "no window"}`;
    };
    return { element, show };
  }

  // ---- what the pointer and the keys do in a grid

  const sideOf = (state, part) => ({ input: state.n, filter: state.k, output: model.outputSize(state) })[part];

  /** Which value a cell shows and may change: {name, low, high, index}, name and index in the state; or null. */
  function changeable(state, part, at) {
    if (part === "filter") {
      return { name: "w", low: -model.WEIGHT, high: model.WEIGHT, index: state.turned ? state.k ** 2 - 1 - at : at };
    }
    if (part === "output" && state.backwards) return { name: "delta", low: -model.WEIGHT, high: model.WEIGHT, index: at };
    if (part === "input" && !state.backwards) return { name: "x", low: 0, high: model.PIXEL, index: at };
    return null;
  }
  function valueAt(state, part, at) {
    const { name, index } = changeable(state, part, at);
    return state[name][index];
  }

  /** Pointing looks at a cell, pressing paints a pixel, dragging changes a weight or a δ. */
  function followPointer(element, part, figure) {
    let brush = null; // the pixel value that is being painted
    const placeOf = (event) => {
      const [side, ring] = [sideOf(figure.state, part), part === "input" ? figure.state.P : 0];
      const [row, column] = cellAt(element, event, side + 2 * ring, ring);
      return row >= 0 && column >= 0 && row < side && column < side ? row * side + column : null;
    };
    element.addEventListener("pointermove", (event) => {
      const at = placeOf(event);
      if (at === null) return;
      if (brush !== null && figure.state.x[at] !== brush) figure.put(part, at, brush);
      else if (event.buttons === 0 || part === "input" || !changeable(figure.state, part, at)) figure.look(part, at);
    });
    element.addEventListener("pointerdown", (event) => {
      const at = placeOf(event);
      if (at === null || event.button !== 0) return;
      figure.look(part, at);
      if (part !== "input" || figure.state.backwards) return;
      element.setPointerCapture(event.pointerId);
      brush = figure.state.x[at] ? 0 : model.PIXEL;
      figure.put(part, at, brush);
    });
    for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => (brush = null));
    draggable(element, {
      begin: (event) => {
        const at = placeOf(event);
        return at === null || part === "input" || !changeable(figure.state, part, at) ? null : valueAt(figure.state, part, at);
      },
      change: (value) => figure.put(part, figure.state.focus.at, value),
    });
  }

  const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  /** Arrow keys look at a cell, digits, plus, minus and space change its value. */
  function followKeys(element, part, figure) {
    element.addEventListener("keydown", (event) => {
      const { state } = figure;
      const side = sideOf(state, part);
      if (!side || event.ctrlKey || event.metaKey || event.altKey) return;
      const at = state.focus.part === part ? state.focus.at : 0;
      if (event.key in ARROWS) {
        const [down, right] = ARROWS[event.key];
        const [row, column] = [Math.floor(at / side) + down, (at % side) + right];
        figure.look(part, clamp(row, 0, side - 1) * side + clamp(column, 0, side - 1), true);
      } else {
        const value = changeable(state, part, at) ? typed(event.key, part, valueAt(state, part, at)) : null;
        if (value === null) return;
        figure.put(part, at, value);
      }
      event.preventDefault();
    });
    element.addEventListener("focus", () => {
      const { state } = figure;
      if (element.matches(":focus-visible") && state.focus.part !== part && sideOf(state, part)) figure.look(part, 0, true);
    });
  }

  /** The value that a key gives a cell; null for a key that gives none. */
  function typed(key, part, old) {
    if (part === "input" && key === " ") return old ? 0 : model.PIXEL;
    if (/^\d$/.test(key)) return Number(key);
    if (key === "+" || key === "=") return old + 1;
    if (key === "-" || key === "\u2212") return old - 1;
    return null;
  }

  // ---- drawing

  function drawNumbers(parts, state) {
    const direction = state.backwards ? "backward" : "forward";
    drawCells(parts.grids.input, inputCells(state));
    drawCells(parts.grids.output, outputCells(state));
    for (const part of ["input", "filter", "output"]) {
      const title = TITLES[direction][part] + (part === "filter" && state.turned ? ", turned" : "");
      const side = sideOf(state, part);
      parts.titles[part].textContent = title;
      parts.grids[part].setAttribute("aria-label", `${title}, ${side} by ${side}. ${HINTS[direction][part]}`);
    }
    const ask = state.found?.size === 1 && state.focus.part === "output";
    parts.status.textContent =
      (state.note || model.sentence(state, state.focus)) + (ask ? " Move on to the other eight: which will be negative?" : "");
    parts.size.textContent = model.sizeSentence(state);
  }

  function drawPhotograph(parts, state, photo) {
    const { width, height, pixels } = photo;
    parts.titles.input.textContent = `${width} × ${height}`;
    parts.titles.filter.textContent = TITLES.forward.filter + (state.turned ? ", turned" : "");
    if (!pixels) return;
    const map = model.filterPicture(photo, state.w, state);
    const { grey, zeroIsGrey } = model.greyScale(state.w);
    paint(parts.canvases.input, pixels, width, height);
    paint(parts.canvases.output, map.values.map(grey), map.width, map.height);
    parts.canvases.output.style.setProperty("--share", map.width / width);
    parts.titles.output.textContent = `${map.width} × ${map.height}`;
    parts.status.textContent = zeroIsGrey
      ? "Mid-grey is 0: there the filter finds nothing. White and black are its two signs: which side of an edge is brighter."
      : "The weights do not add up to 0, so the output, divided by their sum, is a picture again.";
    const products = map.width * map.height * state.k ** 2;
    parts.size.textContent = `${products.toLocaleString("en-GB")} multiply-adds for one map. Drag a weight, or the stride.`;
    parts.canvases.input.setAttribute("aria-label", "The Brandenburg Gate, in grey");
    parts.canvases.output.setAttribute("aria-label", `What the filter makes of it. ${parts.status.textContent}`);
  }

  /** Shows a state; the photograph's pixels may still be missing. */
  function drawAll(parts, state, photo) {
    const shown = { ...state, w: state.turned ? model.turned(state.w) : state.w }; // the layer uses what is shown
    parts.root.classList.toggle("conv-photo", state.photo);
    parts.view.show(state.photo ? "photo" : "numbers");
    parts.way.show(state.backwards ? "backward" : "forward");
    parts.way.element.hidden = state.photo;
    const signs = state.backwards && !state.photo ? ["=", "∗"] : ["⋆", "="];
    parts.signs.forEach((sign, i) => (sign.textContent = signs[i]));
    drawCells(parts.grids.filter, filterCells(shown));
    if (state.photo) drawPhotograph(parts, shown, photo);
    else drawNumbers(parts, shown);
    parts.picture.show(state.x);
    parts.filter.show(state.w);
    parts.turn.textContent = state.turned ? "turn back" : "half a turn";
    parts.formula.show(state);
    const lost = model.outputSize(state) === 0 || model.untouched(state).length > 0;
    parts.size.classList.toggle("conv-warning", lost && !state.photo);
  }

  // ---- the figure

  function build(place) {
    let state = first();
    const { element: spoken, say } = voice();
    const parts = buildParts({ set, choosePicture, chooseFilter, turn, edit });
    parts.root.append(spoken);
    place.replaceChildren(parts.root);
    const draw = () => drawAll(parts, state, photo);
    const redraw = LiveFigure.inNextFrame(draw);
    const photo = loadPhotograph(redraw);
    const tell = () => say(`${parts.status.textContent} ${parts.size.textContent}`);

    /** Every change of the state by the reader goes through here: shown, said and kept in the address. */
    function edit(change) {
      state = { ...state, note: "", found: null, ...change };
      const m = model.outputSize(state);
      if (state.delta.length !== m * m) state.delta = model.middle(m);
      if (state.focus.at >= sideOf(state, state.focus.part) ** 2) {
        state.focus = m ? { part: "output", at: 0 } : { part: "filter", at: 0 };
      }
      LiveFigure.remember(model.address(state));
      draw();
      tell();
    }
    function set(letter, value) {
      const change = { [letter]: value };
      if (letter === "n") change.x = model.resized(state.x, value);
      if (letter === "k") change.w = model.resizedFilter(state.w, value);
      edit(change);
    }
    function choosePicture(x) {
      edit({ x, n: Math.sqrt(x.length) });
    }
    function chooseFilter(w) {
      edit({ w, k: Math.sqrt(w.length), turned: false });
    }
    function turn() {
      edit({ turned: !state.turned, note: state.turned ? NOTES.back : NOTES.turned });
      parts.grids.filter.classList.remove("conv-turning");
      parts.grids.filter.getBoundingClientRect(); // so that a second turn starts anew
      parts.grids.filter.classList.add("conv-turning");
    }
    function put(part, at, value) {
      const { name, low, high, index } = changeable(state, part, at);
      edit({ [name]: state[name].with(index, clamp(value, low, high)), focus: { part, at } });
    }
    /** Which cell is looked at; `aloud` if a key brought us there. */
    function look(part, at, aloud = false) {
      if (state.focus.part === part && state.focus.at === at && !state.note && !aloud) return;
      state.focus = { part, at };
      state.note = "";
      if (part === "output") state.found?.add(at);
      if (aloud) {
        draw();
        say(parts.status.textContent);
      } else redraw();
    }

    const figure = { put, look, get state() { return state; } };
    for (const [part, element] of Object.entries(parts.grids)) {
      followPointer(element, part, figure);
      followKeys(element, part, figure);
    }
    draw();

    /** Shows the state of an address; false if it holds none. */
    return (hash) => {
      const found = model.stateOf(hash);
      if (!found) return false;
      const last = model.outputSize(found) ** 2 - 1;
      const focus = last < 0 ? { part: "filter", at: 0 } : { part: "output", at: Math.floor(last / 2) };
      state = { ...first(), ...found, focus, found: null };
      draw();
      tell();
      return true;
    };
  }

  // ---- the photograph

  /** Values from 0 to 1 as greys on a canvas; others are cut off. */
  function paint(canvas, values, width, height) {
    canvas.width = width;
    canvas.height = height;
    if (!width || !height) return;
    const image = new ImageData(width, height);
    values.forEach((value, i) => {
      image.data.fill(255 * clamp(value, 0, 1), 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = 255;
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  /** {width, height, pixels}; the pixels, from 0 to 1, are there when `ready` is called. */
  function loadPhotograph(ready) {
    const { width, height, source } = data.photo;
    const photo = { width, height, pixels: null };
    const image = new Image();
    image.onload = () => {
      const canvas = make("canvas", { width, height });
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const bytes = context.getImageData(0, 0, width, height).data;
      photo.pixels = Float32Array.from({ length: width * height }, (_, i) => bytes[4 * i] / 255);
      ready();
    };
    image.src = source;
    return photo;
  }

  LiveFigure.start("convolution", build);
})();
