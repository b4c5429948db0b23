// Make it: a reader steers three generators, each loaded when asked for.
"use strict";

(() => {
  const { make, voice, remember, start } = LiveFigure;
  const model = MakeIt;
  const { categories, hands, words } = globalThis.MAKE_IT;
  const KNOWN = words.split(" ");
  const SIDE = 32; // pixels of a drawing
  const NAMES = { gan: "DCGAN", style: "StyleGAN2", flow: "the flow" };
  const NETWORKS_OF = { gan: ["gan_emoji"], style: ["stylegan2_mapping", "stylegan2_synthesis"], flow: ["flow_emoji"] };
  const STOPS = 9; // drawings of a walk that are shown at once

  const tensor = ({ data, dims }) => Networks.tensor(data, dims);
  const randomSeed = () => Math.floor(Math.random() * (model.MOST.seed + 1));

  // ---- pieces

  function drawingCanvas(name) {
    return make("canvas", { width: SIDE, height: SIDE, attributes: { role: "img", "aria-label": name } });
  }

  const paint = (canvas, images, index = 0) =>
    canvas.getContext("2d").putImageData(new ImageData(model.rgbaOf(images, SIDE, index), SIDE, SIDE), 0, 0);

  const button = (name, onclick) => make("button", { type: "button", className: "live-button", onclick }, name);

  /** A slider with its name and what it stands at. */
  function slider(name, { low, high, step = 1, said, change }) {
    const input = make("input", { type: "range", className: "live-range", min: low, max: high, step });
    const shown = make("output", {});
    input.oninput = () => change(Number(input.value));
    const show = (value) => {
      input.value = value;
      shown.textContent = said(value);
      input.setAttribute("aria-valuetext", said(value));
    };
    return { element: make("label", { className: "make-slider" }, make("span", {}, name), input, shown), show };
  }

  function select(name, options, change) {
    const element = make(
      "select",
      { className: "live-select", onchange: () => change(Number(element.value)), attributes: { "aria-label": name } },
      ...options.map((text, i) => make("option", { value: i }, text)),
    );
    return element;
  }

  /** A row of drawings along which one drags; `change(index)` of `count` places. */
  function strip(name, { count, said, change }) {
    const cells = make("div", { className: "make-cells" });
    const handle = make("div", { className: "make-handle" });
    const element = make("div", { className: "make-strip" }, cells, handle);
    let places = count;
    const toIndex = (x) => ((places - 1) * x) / (element.clientWidth || 1);
    const drag = LiveChart.slider(element, handle, { name, count, toIndex, said, change });
    const show = (index) => {
      handle.style.left = `${(100 * index) / Math.max(1, places - 1)}%`;
      drag.show(index);
    };
    /** The drawings of float [N, 3, S, S]. */
    const fill = (images, n) => {
      while (cells.children.length > n) cells.lastChild.remove();
      while (cells.children.length < n) {
        const canvas = drawingCanvas("");
        canvas.setAttribute("aria-hidden", "true");
        cells.append(canvas);
      }
      for (let i = 0; i < n; i++) paint(cells.children[i], images, i);
    };
    return { element, show, fill, cells, setPlaces: (n) => (places = n) };
  }

  /** Lets a task run once at a time: what is asked for meanwhile runs once more, at the end. */
  function newest(task, failed) {
    let [busy, again] = [false, false];
    return async () => {
      again = true;
      if (busy) return;
      busy = true;
      try {
        while (again) {
          again = false;
          await task();
        }
      } catch (error) {
        if (error.name !== "AbortError") failed(error);
      } finally {
        busy = false;
      }
    };
  }

  /** Saves a drawing, each pixel as a square of 16, as PNG. */
  function save(canvas, name) {
    const large = make("canvas", { width: 16 * SIDE, height: 16 * SIDE });
    const pen = large.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(canvas, 0, 0, large.width, large.height);
    large.toBlob((blob) => {
      const link = make("a", { href: URL.createObjectURL(blob), download: `${name}.png` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  /** A large drawing with buttons below it. */
  function stage(name, ...buttons) {
    const canvas = drawingCanvas(name);
    const saving = button("save as PNG", () => save(canvas, name.replaceAll(" ", "_")));
    const element = make("div", { className: "make-stage" }, canvas, make("div", { className: "make-buttons" }, saving, ...buttons));
    return { canvas, element };
  }

  /** Numbers of several vectors one after the other. */
  function stacked(rows) {
    const all = new Float32Array(rows.length * rows[0].length);
    rows.forEach((row, i) => all.set(row, i * row.length));
    return all;
  }

  const shares = Array.from({ length: STOPS }, (_, i) => i / (STOPS - 1));
  const ends = (change) => [
    button("new start", () => change({ a: randomSeed() })),
    button("new end", () => change({ b: randomSeed() })),
  ];

  // ---- the three generators: each gives {element, show(state, whether it can run), begin(network, failed)}

  function ganPanel(change) {
    const large = stage("made by a DCGAN", ...ends(change));
    const walk = strip("The way between two drawings", {
      count: 101, said: (at) => `${at} per cent of the way`, change: (at) => change({ at }),
    }); // prettier-ignore
    let [state, network, walked] = [null, null, ""];
    const latent = (seed) => model.normal(100, seed);
    const drawn = async (zs) => {
      const z = tensor({ data: stacked(zs), dims: [zs.length, 100] });
      return (await network.run("gan_emoji", { z })).image.data;
    };
    const task = async () => {
      const [a, b] = [latent(state.a), latent(state.b)];
      paint(large.canvas, await drawn([model.alongBall(a, b, state.at / 100)]));
      if (walked === `${state.a}.${state.b}`) return;
      walked = `${state.a}.${state.b}`;
      walk.fill(await drawn(shares.map((share) => model.alongBall(a, b, share))), STOPS);
    };
    let run = () => {};
    return {
      element: make("div", { className: "make-panel" }, large.element, make("div", {}, walk.element)),
      show: (next, awake) => {
        state = next;
        walk.show(state.at);
        if (awake) run();
        return model.saidGan(state);
      },
      begin: (loaded, failed) => {
        [network, walked] = [loaded, ""];
        run = newest(task, failed);
      },
    };
  }

  function stylePanel(change) {
    const large = stage("made by a StyleGAN2", ...ends(change));
    const walk = strip("The way between two drawings, in all layers", {
      count: 101, said: (at) => `${at} per cent of the way`, change: (at) => change({ coarse: at, middle: at, fine: at }),
    }); // prettier-ignore
    const percent = (value) => `${value} %`;
    const names = { coarse: "coarse (4 and 8 pixels)", middle: "middle (16)", fine: "fine (32)" };
    const sliders = Object.entries(names).map(([key, name]) => [
      key,
      slider(name, { low: 0, high: 100, said: percent, change: (value) => change({ [key]: value }) }),
    ]);
    const psi = slider("truncation \u03c8", {
      low: 0, high: model.MOST.psi, step: 5, said: (value) => (value / 100).toFixed(2), change: (value) => change({ psi: value }),
    }); // prettier-ignore
    let [state, network, mean, pair, pairOf, walked] = [null, null, null, null, "", ""];
    const mapped = async (seeds) => {
      const z = tensor({ data: stacked(seeds.map((seed) => model.normal(128, seed))), dims: [seeds.length, 128] });
      const { data } = (await network.run("stylegan2_mapping", { z })).w;
      return seeds.map((_, i) => data.slice(128 * i, 128 * (i + 1)));
    };
    const drawn = async (styles) => {
      const inputs = {
        styles: tensor({ data: stacked(styles), dims: [styles.length, model.LAYERS, 128] }),
        noise: tensor({ data: Float32Array.of(1), dims: [1] }),
      };
      return (await network.run("stylegan2_synthesis", inputs)).image.data;
    };
    const task = async () => {
      const key = `${state.a}.${state.b}`;
      mean ??= model.meanOf(await mapped(Array.from({ length: 500 }, (_, i) => 20_000 + i)));
      if (pairOf !== key) [pairOf, pair] = [key, await mapped([state.a, state.b])];
      const [a, b] = pair.map((w) => model.truncated(w, mean, state.psi / 100));
      const parts = Object.fromEntries(Object.keys(names).map((name) => [name, state[name] / 100]));
      paint(large.canvas, await drawn([model.mixed(a, b, parts)]));
      if (walked === `${key}.${state.psi}`) return;
      walked = `${key}.${state.psi}`;
      const all = (share) => ({ coarse: share, middle: share, fine: share });
      walk.fill(await drawn(shares.map((share) => model.mixed(a, b, all(share)))), STOPS);
    };
    let run = () => {};
    return {
      element: make(
        "div",
        { className: "make-panel" },
        large.element,
        make("div", {}, walk.element, ...sliders.map(([, { element }]) => element), psi.element),
      ),
      show: (next, awake) => {
        state = next;
        for (const [key, { show }] of sliders) show(state[key]);
        walk.show(Math.round((state.coarse + state.middle + state.fine) / 3));
        psi.show(state.psi);
        if (awake) run();
        return model.saidStyle(state);
      },
      begin: (loaded, failed) => {
        [network, mean, pairOf, walked] = [loaded, null, "", ""];
        run = newest(task, failed);
      },
    };
  }

  /** One way from noise to a drawing: calls `watch` with each stop; ends early, with null, when `current()` is false. */
  async function way(network, state, current, watch) {
    const asked = { ...state, words: model.wordNumbers(state.words, KNOWN).numbers };
    const parts = model.questions(asked, state.strength / 10);
    const velocity = async (x, t) => {
      if (!current()) throw new DOMException("another way", "AbortError");
      const inputs = Object.entries(model.inputsOf(parts, x, t, 1, SIDE)).map(([name, value]) => [name, tensor(value)]);
      const { velocity: v } = await network.run("flow_emoji", Object.fromEntries(inputs));
      return model.guided(parts, v.data);
    };
    const noise = model.normal(3 * SIDE * SIDE, state.seed);
    await model.follow(velocity, noise, { solver: state.solver, steps: state.steps, watch });
  }

  function flowPanel(change, heard) {
    const large = stage("made by a flow", button("new noise", () => change({ seed: randomSeed() })));
    const place = drawingCanvas("the place on the way");
    const film = strip("The way from noise to drawing", {
      count: model.MOST.steps + 1, said: (i) => `stop ${i} of ${state?.steps ?? ""}`, change: (i) => look(i),
    }); // prettier-ignore
    const category = select("category", ["any category", ...categories], (value) => change({ category: value }));
    const designer = select("designer", ["any designer", ...hands], (value) => change({ designer: value }));
    const list = make("datalist", { id: "make-words" }, ...KNOWN.map((word) => make("option", { value: word })));
    const text = make("input", {
      type: "text", className: "live-select make-words", placeholder: "words, such as: smiling cat",
      attributes: { list: "make-words", "aria-label": "words of the name", spellcheck: "false" },
      onchange: () => change({ words: text.value }),
    }); // prettier-ignore
    const strength = slider("strength of asking", {
      low: 0, high: model.MOST.strength, step: 5, said: (value) => (value / 10).toFixed(1), change: (value) => change({ strength: value }),
    }); // prettier-ignore
    const steps = slider("steps", { low: 1, high: model.MOST.steps, said: String, change: (value) => change({ steps: value }) });
    const solver = LiveFigure.choice("solver", { heun: "Heun", euler: "Euler" }, (value) => change({ solver: value }));
    let [state, network, frames, looked, turn, seconds, went] = [null, null, [], 0, 0, null, ""];
    let failed = () => {};

    function look(index) {
      looked = Math.min(index, frames.length - 1);
      if (looked < 0) return;
      film.show(looked);
      paint(place, frames[looked].x);
      paint(large.canvas, model.heading(frames[looked]));
      heard();
    }
    function keep(frame) {
      frames.push(frame);
      film.fill(stacked(frames.map(model.heading)), frames.length);
      look(frames.length - 1);
    }
    async function run() {
      const key = model.address({ tab: "flow", flow: state });
      if (key === went) return;
      went = key;
      const mine = ++turn;
      const begun = performance.now();
      [frames, seconds] = [[], null];
      film.setPlaces(state.steps + 1);
      film.cells.style.setProperty("--places", state.steps + 1);
      try {
        await way(network, state, () => mine === turn, (frame) => mine === turn && keep(frame));
        if (mine !== turn) return;
        seconds = (performance.now() - begun) / 1000;
        heard();
      } catch (error) {
        if (error.name !== "AbortError") failed(error);
      }
    }
    return {
      element: make(
        "div",
        { className: "make-panel" },
        make("div", { className: "make-two" }, make("figure", {}, place, make("span", {}, "the place on the way; below, the drawing that it heads for")), make("figure", {}, large.element)),
        make(
          "div",
          {},
          film.element,
          make("div", { className: "make-asked" }, category, designer, text, list),
          strength.element, steps.element, solver.element,
        ),
      ),
      show: (next, awake) => {
        state = next;
        [category.value, designer.value, text.value] = [state.category, state.designer, state.words];
        strength.show(state.strength);
        steps.show(state.steps);
        solver.show(state.solver);
        if (awake) run();
        const { unknown } = model.wordNumbers(state.words, KNOWN);
        return model.saidFlow(state, { t: frames[looked]?.t ?? 1, seconds, unknown });
      },
      begin: (loaded, fails) => {
        [network, went, failed] = [loaded, "", fails];
      },
    };
  }

  // ---- the figure

  function build(place) {
    const state = structuredClone(model.START);
    const { element: spoken, say } = voice();
    const sentence = make("p", { className: "live-sentence" });
    const change = (tab) => (part, keep = true) => {
      Object.assign(state[tab], part);
      if (keep) remember(model.address(state));
      draw();
    };
    const tabs = LiveFigure.choice("generator", NAMES, (tab) => turnTo(tab));
    const panels = {
      gan: ganPanel(change("gan")),
      style: stylePanel(change("style")),
      flow: flowPanel(change("flow"), () => draw()),
    };
    const starters = Object.fromEntries(model.TABS.map((tab) => [tab, make("div", {})]));
    let running = ""; // the tab whose networks are loaded; loading others lets these go

    /** A fresh button for a generator. */
    function offer(tab) {
      const starter = Networks.starter(NETWORKS_OF[tab], {
        what: "this generator",
        ready: (network) => {
          const before = running;
          running = tab;
          if (before && before !== tab) offer(before);
          panels[tab].begin(network, (error) => {
            running = "";
            offer(tab).fail(error);
            draw();
          });
          draw();
        },
      });
      starters[tab].replaceChildren(starter.element);
      return (offered[tab] = starter);
    }
    const offered = {};
    model.TABS.forEach(offer);

    /** Another generator; started at once if the reader has started one before and this one is on the device. */
    async function turnTo(tab) {
      state.tab = tab;
      remember(model.address(state));
      draw();
      if (running && running !== tab && !(await Networks.missing(NETWORKS_OF[tab]))) offered[tab].start();
    }
    function draw() {
      tabs.show(state.tab);
      for (const tab of model.TABS) {
        const mine = tab === state.tab;
        starters[tab].hidden = !mine || tab === running;
        panels[tab].element.hidden = !mine || tab !== running;
      }
      // until a generator is there, the still picture says what it will be like
      place.closest("figure").classList.toggle("live-still-shown", state.tab !== running);
      const said = panels[state.tab].show(state[state.tab], state.tab === running);
      sentence.textContent = state.tab === running ? said : "";
      if (state.tab === running) say(said);
    }
    place.replaceChildren(
      make(
        "div",
        { className: "make live-figure" },
        tabs.element,
        ...model.TABS.flatMap((tab) => [starters[tab], panels[tab].element]),
        sentence, spoken,
      ),
    );
    draw();
    return (hash) => {
      const asked = model.stateOf(hash);
      if (!asked) return false;
      state.tab = asked.tab;
      change(asked.tab)(asked.part, false);
      return true;
    };
  }

  start("make_it", build);
})();
