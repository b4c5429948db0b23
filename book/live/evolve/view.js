// Evolution by choice: a network draws nine children of the drawing that was chosen, again and again.
"use strict";

(() => {
  const { make, voice, remember, start } = LiveFigure;
  const model = Evolve;
  const NETWORK = "gan_emoji";
  const base = document.documentElement.dataset.content_root ?? "./";
  const button = (words, onclick) => make("button", { type: "button", className: "live-button", onclick }, words);

  const canvas = () => make("canvas", { width: model.SIDE, height: model.SIDE, attributes: { "aria-hidden": "true" } });

  function paint(element, output, index) {
    element.getContext("2d").putImageData(new ImageData(model.pixels(output, index), model.SIDE, model.SIDE), 0, 0);
  }

  /** Pictures of latent vectors by the network: floats [N, 3, 32, 32]. */
  async function drawn(network, latents) {
    const all = new Float32Array(latents.length * model.LATENT);
    latents.forEach((z, i) => all.set(z, i * model.LATENT));
    const { image } = await network.run(NETWORK, { z: Networks.tensor(all, [latents.length, model.LATENT]) });
    return image.data;
  }

  /** Nine buttons with a drawing each. */
  function board(choose) {
    const tiles = Array.from({ length: model.COUNT }, (_, i) => {
      const picture = canvas();
      const tile = make("button", { type: "button", className: "evolve-tile", onclick: () => choose(i) }, picture);
      return { tile, picture };
    });
    const element = make("div", { className: "evolve-board", attributes: { role: "group", "aria-label": "Nine drawings" } },
      ...tiles.map(({ tile }) => tile));
    element.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3 }[event.key];
      const to = tiles.findIndex(({ tile }) => tile === document.activeElement) + (by ?? NaN);
      if (!tiles[to]) return;
      event.preventDefault();
      tiles[to].tile.focus();
    });
    const show = (output, grown) =>
      tiles.forEach(({ tile, picture }, i) => {
        paint(picture, output, i);
        const parent = grown && i === model.MIDDLE;
        tile.classList.toggle("parent", parent);
        tile.setAttribute("aria-label", parent ? "Your choice, unchanged" : `Drawing ${i + 1}`);
      });
    return { element, show };
  }

  function build(place) {
    let state = { seed: Math.floor(Math.random() * model.SEEDS), steps: [], reach: model.REACH };
    let network = null;
    let [busy, stale, blinded] = [false, false, false]; // a run is going on; its state is not the latest; the blind test is on
    const { element: spoken, say } = voice();
    const sentence = make("p", { className: "live-sentence" });
    const starter = Networks.starter([NETWORK], { what: "the network", ready });
    const example = make("img", { src: `${base}evolve/example.webp`, width: 642, height: 198, className: "evolve-example",
      alt: "An example: three generations of nine drawings, in each of which the most colourful was chosen" });
    const nine = board((choice) => update(model.choose(state, choice)));
    const path = make("div", { className: "evolve-path", attributes: { role: "img" } });
    const reach = make("input", {
      type: "range", className: "evolve-reach", min: 0, max: 10, step: 1,
      oninput: () => update({ ...state, reach: Number(reach.value) }), attributes: { "aria-label": "How far the children may go, in tenths" },
    });
    const undo = button("Back", () => update(model.back(state)));
    const anew = button("Begin anew", () => update({ ...state, seed: Math.floor(Math.random() * model.SEEDS), steps: [] }));
    const test = button("Was it your taste? Six blind pairs", blind);
    const side = make("div", { className: "evolve-side" },
      make("label", { className: "evolve-label" }, "How far the children may go", reach),
      make("p", { className: "evolve-buttons" }, undo, anew, test), path);
    const root = make("div", { className: "evolve live-figure" });
    place.replaceChildren(root);

    function ready(loaded) {
      network = loaded;
      update(state, false);
    }

    /** Runs the network; what goes wrong is said by the starter, with its button. */
    async function draw(latents) {
      try {
        return await drawn(network, latents);
      } catch (error) {
        network = null;
        root.replaceChildren(starter.element, example, spoken);
        starter.fail(error);
        return null;
      }
    }

    function update(next, keep = true) {
      state = next;
      blinded = false;
      if (keep) remember(model.address(state));
      if (network) refresh();
    }

    /** Draws the state, one run at a time: what is asked meanwhile is drawn when the run has ended. */
    async function refresh() {
      stale = true;
      if (busy) return;
      busy = true;
      while (stale && !blinded) {
        stale = false;
        const [now, line] = [state, model.ancestors(state)];
        const output = await draw([...model.generation(now), ...line]);
        if (output && !blinded) show(now, line, output);
      }
      busy = false;
    }

    function show(now, line, output) {
      if (!nine.element.isConnected) root.replaceChildren(nine.element, side, sentence, spoken);
      nine.show(output, line.length > 0);
      path.replaceChildren(...line.map((_, i) => {
        const picture = canvas();
        paint(picture, output, model.COUNT + i);
        return picture;
      }));
      path.setAttribute("aria-label", `Your ${line.length} choices so far`);
      reach.value = now.reach;
      reach.disabled = undo.disabled = !line.length;
      test.hidden = line.length < model.ENOUGH;
      sentence.textContent = model.said(now);
      say(sentence.textContent);
    }

    /** Six pairs, a child of the last choice and a stranger, and what they say. */
    async function blind() {
      const pairs = model.blindPairs(state);
      blinded = true;
      const output = await draw(pairs.flatMap(({ left, right }) => [left, right]));
      if (!output) return;
      let [asked, own] = [0, 0];
      const question = make("p", { className: "live-sentence" });
      const tiles = ["left", "right"].map((which) => {
        const picture = canvas();
        const tile = make("button", { type: "button", className: "evolve-tile", onclick: () => take(which),
          attributes: { "aria-label": `The ${which} one` } }, picture);
        return { tile, picture };
      });
      const ask = () => {
        tiles.forEach(({ picture }, i) => paint(picture, output, 2 * asked + i));
        question.textContent = `Which of the two do you like better? Pair ${asked + 1} of ${pairs.length}.`;
        say(question.textContent);
      };
      const take = (which) => {
        if (pairs[asked].own === which) own++;
        asked++;
        if (asked < pairs.length) return ask();
        question.textContent = model.verdict(own, pairs.length);
        say(question.textContent);
        const goOn = button("Go on", () => update(state));
        root.replaceChildren(question, goOn, spoken);
        goOn.focus({ preventScroll: true });
      };
      root.replaceChildren(question, make("div", { className: "evolve-pair" }, ...tiles.map(({ tile }) => tile)), spoken);
      ask();
      tiles[0].tile.focus({ preventScroll: true });
    }

    root.replaceChildren(starter.element, example, spoken);
    return (hash) => {
      const asked = model.stateOf(hash);
      if (asked) update(asked, false);
      return asked !== null;
    };
  }

  start("evolve", build);
})();
