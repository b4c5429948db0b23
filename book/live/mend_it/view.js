// Mend it: a photograph of the reader's, enlarged or cleaned by a published network, beside what is there without it.
"use strict";

(() => {
  const { make, choice, clamp, voice, remember, start } = LiveFigure;
  const model = MendIt;
  const base = `${document.documentElement.dataset.content_root ?? "./"}mend_it/`;
  const EXAMPLES = { macaw: "Macaw", koala: "Koala" };
  const TASKS = { enlarge: "Enlarge it four times", clean: "Clean it" };
  const HOWS = {
    quarter: "from a quarter of its size",
    asis: "as it is",
    noise: "after noise",
    blur: "after blur",
    jpeg: "after strong JPEG",
  };
  const JPEG_QUALITY = 0.1;
  const BEFORE = { enlarge: "bicubic", noise: "with noise", blur: "blurred", jpeg: "as JPEG", asis: "as it is" };

  /** A picture on a canvas, which takes its size. */
  function show(canvas, { rgb, width, height }) {
    Object.assign(canvas, { width, height });
    canvas.getContext("2d").putImageData(new ImageData(Pictures.toRgba(rgb), width, height), 0, 0);
  }

  /** The picture as a JPEG file of low quality gives it back. */
  async function compressed(picture) {
    const canvas = make("canvas");
    show(canvas, picture);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", JPEG_QUALITY));
    const { rgb, width, height } = await Pictures.read(blob, { longest: Infinity });
    return { rgb, width, height };
  }

  async function preparedBy(picture, task, how) {
    const prepared = model.prepared(picture, task, how);
    if (how === "jpeg") prepared.input = prepared.before = await compressed(prepared.truth);
    return prepared;
  }

  /** The network's answer, tile by tile: `each(whole, place, share)` is told of every tile that is in its place. */
  async function mended(network, name, input, signal, each) {
    const settings = model.NETWORKS[name];
    const { scale } = settings;
    const whole = model.empty(scale * input.width, scale * input.height);
    const tiles = model.tilesOf(input.width, input.height, settings);
    for (const [i, tile] of tiles.entries()) {
      const { rgb } = model.cut(input, tile);
      const feeds = { [settings.input]: Networks.tensor(rgb, [1, 3, tile.h, tile.w]) };
      const found = await network.run(name, feeds, { signal });
      const place = model.paste(whole, found[settings.output].data, tile, scale);
      each(whole, place, (i + 1) / tiles.length);
    }
    return model.eightBit(whole);
  }

  // ---- the split view

  /** Two pictures of one size, one on the other, with a line that is dragged: {element, under, over, labels, set}. */
  function splitView() {
    const under = make("canvas", { className: "mend-canvas" });
    const over = make("canvas", { className: "mend-canvas mend-over" });
    const line = make("div", {
      className: "mend-line",
      tabIndex: 0,
      title: "drag, or use the arrow keys",
      attributes: { role: "slider", "aria-label": "Line between the two pictures", "aria-valuemin": 0, "aria-valuemax": 100 },
    });
    const labels = [make("span", { className: "mend-label" }), make("span", { className: "mend-label mend-right" })];
    const stage = make("div", { className: "mend-stage" }, under, over, ...labels, line);
    const element = make("div", { className: "mend-view" }, stage);
    let share = 50;
    const set = (percent) => {
      share = clamp(percent, 0, 100);
      stage.style.setProperty("--share", `${share}%`);
      line.setAttribute("aria-valuenow", Math.round(share));
      line.setAttribute("aria-valuetext", `${Math.round(share)} per cent ${labels[0].textContent}`);
    };
    const follow = (event) => {
      const box = stage.getBoundingClientRect();
      set((100 * (event.clientX - box.left)) / box.width);
    };
    stage.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      stage.setPointerCapture(event.pointerId);
      line.focus({ preventScroll: true });
      event.preventDefault();
      follow(event);
    });
    stage.addEventListener("pointermove", (event) => stage.hasPointerCapture(event.pointerId) && follow(event));
    line.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -2, ArrowRight: 2, ArrowDown: -2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };
      if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      set(share + steps[event.key]);
    });
    set(share);
    return { element, stage, under, over, labels, set: () => set(share) };
  }

  // ---- the tool

  function build(place) {
    const state = { task: "enlarge", how: "quarter", example: "macaw", own: null };
    let network = null;
    let picture = null;
    let made = null; // {input, before, truth, after, ...}
    let turn = 0;
    let stopping = new AbortController();

    const view = splitView();
    const speech = voice();
    const said = make("p", { className: "mend-said" });
    const bar = make("progress", { max: 1, value: 0, attributes: { "aria-label": "Tiles that are done" } });
    const cancel = make("button", { type: "button", className: "live-button", onclick: () => stopping.abort() }, "Cancel");
    const again = make("button", { type: "button", className: "live-button", onclick: () => run() }, "Go on with the network");
    const running = make("span", { className: "mend-running", hidden: true }, bar, cancel);
    const save = make("button", { type: "button", className: "live-button", onclick: () => download() }, "Save as PNG");
    const truth = make("button", { type: "button", className: "live-button", onclick: () => flip("truth") }, "Original on the left");
    const pixels = make("button", { type: "button", className: "live-button", onclick: () => flip("pixels") }, "Pixel by pixel");
    const tools = make("div", { className: "mend-tools" }, truth, pixels, save, again, running);
    const tasks = choice("What to do", TASKS, (task) => change({ task, how: model.HOWS[task][0] }));
    const hows = make("span");
    const starter = Networks.starter(Object.keys(model.NETWORKS), {
      what: "the two networks",
      ready: (loaded) => {
        network = loaded;
        run();
      },
    });
    const chooser = Pictures.chooser({
      longest: model.LONGEST.quarter,
      ask: "Choose a photograph",
      examples: Object.entries(EXAMPLES).map(([example, name]) => ({ name, use: () => change({ example, own: null }) })),
      use: (read) => change({ own: read }),
    });
    const flags = { truth: false, pixels: false };

    function flip(flag) {
      flags[flag] = !flags[flag];
      draw();
    }

    /** Everything but the pictures of the network. */
    function draw() {
      const left = flags.truth && made.truth ? made.truth : made.before;
      show(view.under, left);
      truth.hidden = !made.truth;
      truth.setAttribute("aria-pressed", String(flags.truth));
      pixels.setAttribute("aria-pressed", String(flags.pixels));
      view.element.classList.toggle("mend-pixels", flags.pixels);
      view.element.tabIndex = flags.pixels ? 0 : -1; // it scrolls then
      view.stage.style.setProperty("--width", `${made.before.width}px`);
      const beforeName = BEFORE[state.task === "enlarge" ? "enlarge" : state.how];
      view.labels[0].textContent = left === made.truth ? "original" : beforeName;
      const waiting = state.task === "enlarge" ? "the pixels that the network gets" : "what the network gets";
      view.labels[1].textContent = made.after || made.going ? "network" : waiting;
      save.disabled = !made.after;
      again.hidden = !network || Boolean(made.after) || made.going;
      running.hidden = !made.going;
      view.set();
    }

    /** What stands on the right before the network has been there: its input, in squares. */
    function showInput() {
      const { input, before } = made;
      const small = make("canvas");
      show(small, input);
      Object.assign(view.over, { width: before.width, height: before.height });
      const pen = view.over.getContext("2d");
      pen.imageSmoothingEnabled = false;
      pen.drawImage(small, 0, 0, before.width, before.height);
    }

    async function change(changes) {
      Object.assign(state, changes);
      const mine = ++turn;
      stopping.abort();
      tasks.show(state.task);
      const options = Object.fromEntries(model.HOWS[state.task].map((how) => [how, HOWS[how]]));
      const how = choice("From what", options, (key) => change({ how: key }));
      how.show(state.how);
      hows.replaceChildren(how.element);
      if (!state.own) remember(model.codeOf(state));
      try {
        const source = state.own ?? (await example(state.example));
        const prepared = await preparedBy(source, state.task, state.how);
        if (mine !== turn) return;
        picture = source;
        made = prepared;
      } catch (error) {
        if (mine === turn) chooser.say(error.message);
        return;
      }
      showInput();
      said.textContent = network
        ? ""
        : "Pull the line. What do you expect the network to add, and where will it be wrong? Then load it.";
      draw();
      run();
    }

    const examples = new Map();
    async function example(name) {
      if (!examples.has(name)) {
        const response = await fetch(`${base}${name}.webp`);
        if (!response.ok) throw new Error("The photograph did not arrive. Look at your connection and try again.");
        examples.set(name, await Pictures.read(await response.blob(), { name, longest: model.LONGEST.quarter }));
      }
      return examples.get(name);
    }

    async function run() {
      if (!network || !made) return;
      stopping.abort();
      stopping = new AbortController();
      const mine = made;
      const { signal } = stopping;
      const begun = performance.now();
      Object.assign(mine, { going: true, after: null });
      bar.value = 0;
      draw();
      try {
        mine.after = await mended(network, mine.network, mine.input, signal, (whole, tile, share) => {
          if (mine !== made) return;
          bar.value = share;
          const part = model.cut(whole, { x: tile.x, y: tile.y, w: tile.width, h: tile.height });
          const pixels = new ImageData(Pictures.toRgba(part.rgb), part.width, part.height);
          view.over.getContext("2d").putImageData(pixels, tile.x, tile.y);
        });
        if (mine === made) tell((performance.now() - begun) / 1000);
      } catch (error) {
        if (mine === made) failed(error);
      }
      mine.going = false;
      if (mine === made) draw();
    }

    function tell(seconds) {
      said.textContent = model.outcome({ ...state, ...made, seconds });
      speech.say(said.textContent);
    }

    function failed(error) {
      if (error.name === "AbortError") {
        said.textContent = "Cancelled. What is done stays; the rest is as the network got it.";
        return;
      }
      network = null;
      starter.fail(error);
    }

    async function download() {
      const canvas = make("canvas");
      show(canvas, made.after);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
      const link = make("a", { href: URL.createObjectURL(blob) });
      const name = (picture.name ?? "picture").replace(/\.\w+$/, "");
      link.download = `${name}-${state.task === "enlarge" ? "enlarged" : "cleaned"}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    }

    const menu = make("div", { className: "mend-menu" }, tasks.element, hows);
    place.replaceChildren(
      make("div", { className: "live-figure mend" }, chooser.element, menu, view.element, tools, said, starter.element, speech.element),
    );
    const open = (hash) => {
      const asked = model.stateOf(hash, Object.keys(EXAMPLES));
      if (asked) change({ ...asked, own: null });
      return Boolean(asked);
    };
    change({});
    return open;
  }

  start("mend_it", build);
})();
