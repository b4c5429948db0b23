// Attention on a patch: builds the figure, and follows the pointer, the keys and the address.
"use strict";

(() => {
  const { make, svg, voice, choice, remember, start, clamp } = LiveFigure;
  const model = Attention;
  const { drawings, hands, drawn } = ATTENTION;
  const SPRITE = new URL("drawings.webp", document.currentScript.src).href;
  const ASK = "Which patch does the answer rest on? Choose one, see where it looks, and blot it out.";
  const first = () => ({ drawing: 2, head: 0, patch: 42, view: "a", blotted: false, asks: true });

  /** A drawing as the background of an element. */
  const paint = (element, drawing) =>
    Object.assign(element.style, {
      backgroundImage: `url("${SPRITE}")`,
      backgroundSize: `${100 * drawings.length}% 100%`,
      backgroundPosition: `${(100 * drawing) / (drawings.length - 1)}% 0`,
    });

  /** The drawing with its patches: `peek(patch)` follows the mouse (null: gone), `choose(patch)` holds one, `blot()`. */
  function board({ peek, choose, blot }) {
    const square = (patch) => ({ x: patch % model.SIDE, y: Math.floor(patch / model.SIDE), width: 1, height: 1 });
    const veils = Array.from({ length: model.PATCHES }, (_, p) => svg("rect", { ...square(p), class: "attention-veil" }));
    const hole = svg("rect", { class: "attention-hole" });
    const frame = svg("rect", { class: "attention-frame" });
    const sheet = svg("svg", { viewBox: `0 0 ${model.SIDE} ${model.SIDE}`, "aria-hidden": "true" }, hole, ...veils, frame);
    const element = make(
      "div",
      {
        className: "attention-board", tabIndex: 0,
        attributes: { role: "slider", "aria-label": "Patch; the space bar blots it out", "aria-valuemin": 1, "aria-valuemax": model.PATCHES },
      },
      sheet,
    );
    const under = (event) => {
      const box = element.getBoundingClientRect();
      const [column, row] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((share) =>
        clamp(Math.floor(share * model.SIDE), 0, model.SIDE - 1),
      );
      return row * model.SIDE + column;
    };
    element.addEventListener("pointerdown", (event) => event.button === 0 && choose(under(event)));
    element.addEventListener("pointermove", (event) => (event.pointerType !== "mouse" && event.buttons ? choose(under(event)) : peek(under(event))));
    element.addEventListener("pointerleave", () => peek(null));
    let held = 0;
    element.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const next = model.moved(held, event.key);
      if (next === null && ![" ", "Enter"].includes(event.key)) return;
      event.preventDefault();
      if (next === null) blot();
      else choose((held = next)); // at once, so that a second key in the same frame counts
    });
    const show = (state, shown, light) => {
      held = state.patch;
      paint(element, shown.drawing);
      veils.forEach((veil, p) => veil.setAttribute("opacity", (0.82 * (1 - light[p])).toFixed(3)));
      for (const [name, value] of Object.entries(square(shown.patch))) for (const mark of [hole, frame]) mark.setAttribute(name, value);
      hole.style.display = shown.blotted ? "" : "none";
      frame.classList.toggle("blotted", shown.blotted);
      element.setAttribute("aria-valuenow", 1 + state.patch);
      element.setAttribute("aria-valuetext", `${model.named(state.patch)}${state.blotted ? ", blotted out" : ""}`);
    };
    return { element, show };
  }

  /** A bar for each hand; while a patch is blotted out, a mark where it was before. */
  function bars() {
    const rows = hands.map((name) => {
      const [fill, mark, number] = [make("i", { className: "attention-fill" }), make("i", { className: "attention-mark" }), make("span")];
      const label = make("span");
      return { label, fill, mark, number, element: make("div", { className: "attention-row" }, label, make("span", { className: "attention-bar" }, fill, mark), number), name };
    });
    const show = (drawing, before, now, blotted) =>
      rows.forEach((row, i) => {
        row.label.textContent = `${row.name}${drawn[drawing] === i ? " ✓" : ""}`;
        row.element.classList.toggle("answer", i === model.best(now));
        row.fill.style.width = `${100 * now[i]}%`;
        row.mark.hidden = !blotted;
        row.mark.style.left = `${100 * before[i]}%`;
        row.number.textContent = model.percent(now[i]).replace("under", "<");
      });
    return { element: make("div", { className: "attention-bars", attributes: { role: "group", "aria-label": "Whose hand? The network's answer; ✓ marks who drew it" } }, ...rows.map(({ element }) => element)), show };
  }

  /** The small pictures of which one is chosen. */
  function album(choose) {
    const buttons = drawings.map((name, i) => {
      const button = make("button", { type: "button", className: "live-button attention-thumb", title: name, onclick: () => choose(i), attributes: { "aria-label": name } });
      paint(button, i);
      return button;
    });
    const show = (drawing) => buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === drawing)));
    return { element: make("div", { className: "play-bar", attributes: { role: "group", "aria-label": "Drawing" } }, ...buttons), show };
  }

  // ---- the figure

  function build(place) {
    let [state, peeked, data] = [first(), null, null];
    const { element: spoken, say } = voice();
    const later = LiveFigure.inNextFrame(draw);
    const sheet = board({
      peek: (patch) => {
        if (patch === peeked) return;
        peeked = patch;
        later();
      },
      choose: (patch) => edit({ patch, view: state.asks ? "p" : state.view }),
      blot: () => edit({ blotted: !state.blotted, asks: false }),
    });
    const chances = bars();
    const thumbs = album((drawing) => edit({ drawing }));
    const views = choice("Light on", model.VIEWS, (view) => edit({ view, asks: state.asks && view !== "w" }));
    const heads = choice("Heads", { 0: "mean", 1: "1", 2: "2", 3: "3", 4: "4" }, (head) => edit({ head: Number(head) }));
    const blot = make("button", { type: "button", className: "live-button", onclick: () => edit({ blotted: !state.blotted, asks: false }) }, "Blot it out");
    const sentence = make("p", { className: "live-sentence attention-said" });
    const name = (text) => make("span", { className: "play-name" }, text);
    const bar = (...parts) => make("div", { className: "play-bar" }, ...parts);
    place.replaceChildren(
      make(
        "div", { className: "live-figure attention" },
        LivePlay.columns(
          [sheet.element], [thumbs.element, bar(views.element), bar(name("Heads"), heads.element, blot)],
          [chances.element, sentence],
        ),
        spoken,
      ),
    );

    function draw() {
      if (!data) return;
      const shown = peeked === null ? state : { ...state, patch: peeked, view: state.asks ? "p" : state.view };
      sheet.show(state, shown, model.light(data, shown));
      thumbs.show(state.drawing);
      views.show(shown.view);
      heads.show(String(state.head));
      heads.element.classList.toggle("attention-off", state.view === "w");
      blot.setAttribute("aria-pressed", String(state.blotted));
      chances.show(state.drawing, model.answers(data, state.drawing, 0), model.answers(data, state.drawing, state.blotted ? 1 + shown.patch : 0), state.blotted);
      const told = (one) => [model.saidLook(data, one), state.asks ? ASK : model.saidCost(data, one, hands)].join(" ");
      sentence.textContent = told(shown);
      if (peeked === null) say(told(state));
    }
    function edit(change) {
      state = { ...state, ...change };
      remember(model.address(state));
      later();
    }
    model.unpack(ATTENTION).then((found) => {
      data = found;
      draw();
    }, () => place.closest("figure").classList.add("live-still-shown")); // a browser that cannot unpack

    return (hash) => {
      const found = model.stateOf(hash, drawings.length);
      if (!found) return false;
      state = { ...found, asks: !found.blotted && found.view !== "w" };
      draw();
      return true;
    };
  }

  start("attention", build);
})();
