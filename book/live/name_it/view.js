// Name it: draw, take a held-out drawing or open a picture; two classifiers name it, and covering parts of it says why.
"use strict";

(() => {
  const { make, choice, clamp, voice, remember, start } = LiveFigure;
  const model = NameIt;
  const { SIDE, SMALL, PATCH, STEP, PLACES } = model;
  const data = globalThis.NAME_IT;
  const root = document.documentElement.dataset.content_root ?? "./";
  const KINDS = { category: data.categories, designer: data.designers };
  const NETWORK = { category: "resnet_emoji_category", designer: "resnet_emoji_designer" };
  const QUESTIONS = { category: "Which kind of thing?", designer: "Whose hand?" };
  const TOOLS = {
    dark: ["Dark", "#2b2b2b", 3],
    warm: ["Yellow", "#ffcc33", 6],
    blue: ["Blue", "#3b88c3", 4],
    white: ["Eraser", "#ffffff", 9],
    cover: ["Cover a part", null, 0],
  };
  const FIRST = { idea: data.ideas.findIndex(([name]) => name === "taxi"), hand: 0 };
  const spoken = (name) => name.replaceAll("-", " ");

  // ---- parts

  /** The bars of one question: {element, show(chances, before)}; a bar is a button that chooses the class to be explained. */
  function bars(kind, choose) {
    const rows = KINDS[kind].map((name, i) => {
      const bar = make("span", { className: "name-bar" });
      const before = make("span", { className: "name-before", hidden: true });
      const value = make("span", { className: "name-value" });
      const track = make("span", { className: "name-track" }, bar, before);
      const button = make(
        "button",
        { type: "button", className: "name-row", disabled: true, onclick: () => choose(kind, i) },
        make("span", { className: "name-class" }, name), track, value,
      ); // prettier-ignore
      return { button, bar, before, value };
    });
    const head = make("p", { className: "name-head" }, QUESTIONS[kind]);
    const element = make("div", { className: "name-bars" }, head, ...rows.map(({ button }) => button));
    const show = (chances, uncovered, explained) => {
      rows.forEach(({ button, bar, before, value }, i) => {
        button.disabled = !chances;
        bar.style.width = chances ? `${100 * chances[i]}%` : 0;
        value.textContent = chances ? model.percent(chances[i]) : "";
        before.hidden = !uncovered;
        if (uncovered) before.style.left = `${100 * uncovered[i]}%`;
        button.classList.toggle("name-top", Boolean(chances) && i === model.best(chances));
        button.setAttribute("aria-pressed", String(explained === i));
      });
    };
    return { element, show };
  }

  /** Calls `work` with the latest state only: while it runs, further calls become one. */
  function latestOnly(work) {
    let [busy, again] = [false, false];
    return async function ask() {
      if (busy) return void (again = true);
      busy = true;
      do {
        again = false;
        await work();
      } while (again);
      busy = false;
    };
  }

  /** The held-out drawing of an idea by a hand, on a canvas of 64 x 64 pixels. */
  async function heldOut(idea, hand) {
    const strip = new Image();
    strip.src = `${root}whose_hand/ideas/${data.ideas[idea][0]}.webp`;
    await strip.decode();
    return (pen) => pen.drawImage(strip, hand * SIDE, 0, SIDE, SIDE, 0, 0, SIDE, SIDE);
  }

  // ---- the tool

  function build(place) {
    let network = null;
    let tool = "dark";
    let truth = null; // {category, designer} of a held-out drawing
    let shown = null; // what the networks say of the drawing: {category, designer}
    let patch = null; // {x, y} of the square that covers, in pixels of 32
    let cursor = { x: 32, y: 32 }; // of the keyboard
    let searching = new AbortController();
    let map = null;

    const canvas = make("canvas", {
      className: "name-canvas", width: SIDE, height: SIDE, tabIndex: 0,
      attributes: {
        role: "application",
        "aria-label": "Drawing of 64 by 64 pixels. Arrow keys move a cross, the space key draws or covers there.",
      },
    }); // prettier-ignore
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const heat = make("canvas", { className: "name-heat", width: SMALL, height: SMALL, hidden: true });
    const square = make("span", { className: "name-square", hidden: true });
    const cross = make("span", { className: "name-cross", hidden: true });
    const board = make("div", { className: "name-board" }, canvas, heat, square, cross);
    const tools = choice("Tool", Object.fromEntries(Object.entries(TOOLS).map(([key, [text]]) => [key, text])), (key) => {
      tool = key;
      tools.show(key);
      if (key !== "cover") lift();
    });
    const clear = make("button", { type: "button", className: "live-button", onclick: () => wipe() }, "Empty sheet");
    const said = make("p", { className: "name-said" });
    const why = make("p", { className: "name-why" });
    const speech = voice();
    const rows = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, bars(kind, explain)]));
    const whyButtons = Object.keys(KINDS).map((kind) =>
      make(
        "button",
        { type: "button", className: "live-button", disabled: true, onclick: () => explain(kind, model.best(shown[kind])) },
        kind === "category" ? "Why this kind?" : "Why this hand?",
      ),
    );
    const hide = make("button", { type: "button", className: "live-button", hidden: true, onclick: () => forget() }, "Hide the map");
    const bar = make("progress", { max: PLACES, value: 0, hidden: true, attributes: { "aria-label": "Places that are covered" } });

    // ---- the drawing

    function blank() {
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, SIDE, SIDE);
    }

    function wipe() {
      blank();
      changed(null);
    }

    /** Something else is drawn: what was said no longer holds. */
    function changed(is) {
      truth = is;
      forget();
      lift();
      name();
    }

    function dab(from, to) {
      const [, colour, width] = TOOLS[tool];
      Object.assign(pen, { strokeStyle: colour, lineWidth: width, lineCap: "round" });
      pen.beginPath();
      pen.moveTo(from.x, from.y);
      pen.lineTo(to.x + 0.01, to.y);
      pen.stroke();
      changed(null);
    }

    const small = () => model.halved(pen.getImageData(0, 0, SIDE, SIDE).data);

    function cover({ x, y }) {
      const corner = (at) => clamp(Math.round(at / 2 - PATCH / 2), -PATCH / 2, SMALL - PATCH / 2);
      patch = { x: corner(x), y: corner(y) };
      square.hidden = false;
      square.style.left = `${(100 * patch.x) / SMALL}%`;
      square.style.top = `${(100 * patch.y) / SMALL}%`;
      name();
    }

    function lift() {
      if (!patch) return;
      patch = null;
      square.hidden = true;
      name();
    }

    let last = null;
    const at = ({ clientX, clientY }) => {
      const box = canvas.getBoundingClientRect();
      return { x: (SIDE * (clientX - box.left)) / box.width, y: (SIDE * (clientY - box.top)) / box.height };
    };
    const act = (from, to) => (tool === "cover" ? cover(to) : dab(from, to));
    board.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      board.setPointerCapture(event.pointerId);
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      cross.hidden = true;
      last = at(event);
      act(last, last);
    });
    board.addEventListener("pointermove", (event) => {
      if (!last) return;
      const here = at(event);
      act(last, here);
      last = here;
    });
    for (const end of ["pointerup", "pointercancel"]) board.addEventListener(end, () => (last = null));
    canvas.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, -2], ArrowDown: [0, 2] };
      const known = event.key in moves || event.key === " " || event.key === "Escape";
      if (!known || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (event.key === "Escape") return lift();
      const before = { ...cursor };
      const [dx, dy] = moves[event.key] ?? [0, 0];
      cursor = { x: clamp(cursor.x + dx, 0, SIDE), y: clamp(cursor.y + dy, 0, SIDE) };
      cross.hidden = false;
      cross.style.left = `${(100 * cursor.x) / SIDE}%`;
      cross.style.top = `${(100 * cursor.y) / SIDE}%`;
      if (event.key === " " || (tool === "cover" && patch) || event.shiftKey) act(before, cursor);
    });
    canvas.addEventListener("blur", () => (cross.hidden = true));

    // ---- what the networks say

    async function ask(kind, pictures, n, signal) {
      const image = Networks.tensor(pictures, [n, 3, SMALL, SMALL]);
      const { logits } = await network.run(NETWORK[kind], { image }, { signal });
      return model.chancesOf(logits.data, KINDS[kind].length);
    }

    const name = latestOnly(async () => {
      if (!network) return;
      const picture = small();
      const seen = patch && model.covered(picture, patch.x, patch.y);
      const of = truth;
      try {
        const found = {};
        for (const kind of Object.keys(KINDS)) {
          const [plain] = await ask(kind, picture, 1);
          const [now] = seen ? await ask(kind, seen, 1) : [plain];
          found[kind] = plain;
          rows[kind].show(now, seen ? plain : null, map?.kind === kind ? map.at : -1);
        }
        shown = found;
      } catch (error) {
        return failed(error);
      }
      for (const button of whyButtons) button.disabled = false;
      tell(of);
    });

    function tell(of) {
      const names = { categories: data.categories, designers: data.designers };
      const text = patch
        ? "You cover a part. The bars are what the networks say now, the marks what they said without it."
        : model.verdict({ ...shown, names, truth: of });
      if (said.textContent === text) return;
      said.textContent = text;
      speech.say(text);
    }

    function failed(error) {
      if (error.name === "AbortError") return;
      network = null;
      starter.fail(error);
    }

    // ---- why

    function forget() {
      searching.abort();
      map = null;
      heat.hidden = hide.hidden = bar.hidden = true;
      why.textContent = "";
    }

    /** Covers every place in turn, and draws where the probability of a class falls. */
    async function explain(kind, at) {
      forget();
      lift();
      searching = new AbortController();
      const { signal } = searching;
      const picture = small();
      const probability = shown[kind][at];
      map = { kind, at };
      rows[kind].show(shown[kind], null, at);
      bar.hidden = false;
      const covered = [];
      try {
        for (let row = 0; row < PLACES; row++) {
          bar.value = row;
          covered.push(...(await ask(kind, model.coveredRow(picture, row * STEP), PLACES, signal)));
        }
      } catch (error) {
        return failed(error);
      }
      if (signal.aborted) return;
      const coveredChances = covered.map((chances) => chances[at]);
      paint(model.fallsOf(probability, coveredChances));
      const least = covered[coveredChances.indexOf(Math.min(...coveredChances))];
      const other = model.best(shown[kind]) === at && model.best(least) !== at ? KINDS[kind][model.best(least)] : null;
      bar.hidden = true;
      hide.hidden = false;
      why.textContent = model.reason({ name: KINDS[kind][at], probability, coveredChances, other });
      speech.say(why.textContent);
    }

    /** The falls as a layer over the drawing: rust where covering takes from the probability, blue where it adds. */
    function paint(falls) {
      const most = Math.max(0.02, ...falls.map(Math.abs));
      const image = new ImageData(SMALL, SMALL);
      falls.forEach((fall, i) => {
        const colour = fall > 0 ? [168, 63, 0] : [0, 114, 178];
        image.data.set([...colour, 220 * Math.min(1, Math.abs(fall) / most)], 4 * i);
      });
      heat.getContext("2d").putImageData(image, 0, 0);
      heat.hidden = false;
    }

    // ---- where drawings come from

    const select = make(
      "select",
      { className: "live-select", attributes: { "aria-label": "A held-out drawing" }, onchange: () => take(Number(select.value), hand) },
      ...data.ideas.map(([idea], i) => make("option", { value: i }, spoken(idea))),
    );
    let hand = 0;
    const hands = make("span", { className: "name-hands" });

    async function take(idea, by) {
      hand = by;
      select.value = idea;
      const buttons = data.hands.map((_, i) => {
        const button = make("button", {
          type: "button", className: "name-hand", onclick: () => take(idea, i),
          attributes: { "aria-label": data.designers[i], "aria-pressed": String(i === by), title: data.designers[i] },
        }); // prettier-ignore
        button.style.backgroundImage = `url("${root}whose_hand/ideas/${data.ideas[idea][0]}.webp")`;
        button.style.backgroundPosition = `${(100 * i) / (data.hands.length - 1)}% 0`;
        return button;
      });
      const had = [...hands.children].indexOf(document.activeElement);
      hands.replaceChildren(...buttons);
      if (had >= 0) buttons[had].focus({ preventScroll: true });
      remember(model.codeOf(data.ideas[idea][0], data.hands[by]));
      try {
        const draw = await heldOut(idea, by);
        blank();
        draw(pen);
        changed({ category: data.ideas[idea][1], designer: by });
      } catch {
        chooser.say("The drawing did not arrive. Look at your connection and try again.");
      }
    }

    const chooser = Pictures.chooser({
      longest: SIDE,
      ask: "Open a picture",
      use: ({ rgb, width, height }) => {
        blank();
        const left = Math.floor((SIDE - width) / 2);
        const top = Math.floor((SIDE - height) / 2);
        pen.putImageData(new ImageData(Pictures.toRgba(rgb), width, height), left, top);
        changed(null);
      },
    });
    const starter = Networks.starter(Object.values(NETWORK), {
      what: "the two classifiers",
      ready: (loaded) => {
        network = loaded;
        name();
      },
    });

    tools.show(tool);
    const drawing = make("div", { className: "name-left" }, board, make("div", { className: "name-tools" }, tools.element, clear));
    const answers = make(
      "div",
      { className: "name-right" },
      starter.element, rows.category.element, rows.designer.element,
      make("div", { className: "name-tools" }, ...whyButtons, hide, bar),
    ); // prettier-ignore
    const picker = make("div", { className: "name-picker" }, make("span", {}, "A held-out drawing:"), select, hands);
    place.replaceChildren(
      make(
        "div",
        { className: "live-figure name" },
        picker, chooser.element, make("div", { className: "name-sides" }, drawing, answers), said, why, speech.element,
      ),
    ); // prettier-ignore
    for (const kind of Object.keys(KINDS)) rows[kind].show(null);
    said.textContent = "Which part would you have to cover so that nobody could name it? Load the classifiers, then try.";
    blank();

    const open = (hash) => {
      const asked = model.stateOf(hash, data);
      if (asked) take(asked.idea, asked.hand);
      return Boolean(asked);
    };
    if (!model.stateOf(location.hash, data)) take(FIRST.idea, FIRST.hand);
    return open;
  }

  start("name_it", build);
})();
