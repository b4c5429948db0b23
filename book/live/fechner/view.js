// Fechner's ten rectangles: the table on which they are dragged and chosen, and what people chose in 1876.
"use strict";

(() => {
  const { make, voice, remember, start } = LiveFigure;
  const { rectangles } = globalThis.FECHNER;
  const game = Fechner;
  const WIDE = "(min-width: 640px)";
  const MOVED = 5; // pixels after which a touch is no choice
  const TURN = 15; // degrees that a key turns
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const QUESTIONS = {
    best:
      "Which one pleases you most, apart from any use? Drag them beside each other if you like; " +
      "tap the one that you choose.",
    worst: "And which one pleases you least?",
  };

  // ---- the table

  let top = 0;

  /** A white card that is dragged over its table; `choose` is called when it is tapped or pressed. */
  function card(index, table, choose) {
    const [, ratio] = rectangles[index];
    const element = make("button", {
      type: "button",
      className: "fechner-card",
      onclick: () => !drag?.moved && choose(index),
      attributes: { "aria-label": `Rectangle, long side ${ratio.toFixed(2)} times the short side` },
    });
    element.style.setProperty("--ratio", ratio);
    let at = { x: 0.5, y: 0.5, turn: 0 };
    let drag = null;
    const inside = (v) => LiveFigure.clamp(v, 0.04, 0.96);
    const put = (place) => {
      at = { ...at, ...place };
      element.style.left = `${100 * at.x}%`;
      element.style.top = `${100 * at.y}%`;
      element.style.rotate = `${at.turn}deg`;
    };
    element.addEventListener("pointerdown", (event) => {
      drag = { x: event.clientX, y: event.clientY, from: at, moved: false, down: true };
      element.setPointerCapture(event.pointerId);
      element.style.zIndex = ++top; // over the others
    });
    element.addEventListener("pointermove", (event) => {
      if (!drag?.down) return;
      const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
      if (!drag.moved && Math.hypot(dx, dy) < MOVED) return;
      drag.moved = true;
      put({ x: inside(drag.from.x + dx / table.clientWidth), y: inside(drag.from.y + dy / table.clientHeight) });
    });
    for (const end of ["pointerup", "pointercancel"]) {
      element.addEventListener(end, () => drag && (drag.down = false));
    }
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") drag = null;
      const [dx, dy] = STEPS[event.key] ?? [0, 0];
      const turn = { "[": -TURN, "]": TURN }[event.key] ?? 0;
      if ((!dx && !dy && !turn) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      put({ x: inside(at.x + dx / 30), y: inside(at.y + dy / 15), turn: at.turn + turn });
    });
    return { element, put };
  }

  // ---- the result

  const marks = (rounds, index, which) =>
    rounds.map((round, i) => (round[which] === index ? i + 1 : 0)).filter(Boolean);

  /** What the reader chose, under or over a bar: "you", with the rounds if there were several. */
  function yours(rounds, index, which) {
    const found = marks(rounds, index, which);
    const words = found.length ? (rounds.length > 1 ? `you ${found.join(", ")}` : "you") : "";
    return make("span", { className: "fechner-you" }, words);
  }

  function column(rounds, index, tallest) {
    const [name, ratio, best, worst] = rectangles[index];
    const bar = (className, value, height) => {
      const element = make("span", { className: `fechner-bar ${className}` });
      element.style.setProperty("--height", value / height);
      return element;
    };
    const shape = make("span", { className: "fechner-shape" });
    shape.style.setProperty("--ratio", ratio);
    const number = (value) => make("span", { className: "fechner-number" }, `${value}`);
    return make(
      "div",
      { className: "fechner-column" },
      make("div", { className: "fechner-up" }, yours(rounds, index, "best"), number(best), bar("best", best, tallest)),
      make("div", { className: "fechner-frame" }, shape),
      make("div", { className: "fechner-name" }, name),
      make(
        "div",
        { className: "fechner-down" },
        bar("worst", worst, tallest), number(worst), yours(rounds, index, "worst"),
      ),
    );
  }

  function result(rounds) {
    const tallest = Math.max(...rectangles.flatMap(([, , best, worst]) => [best, worst]));
    const label = rectangles.map(
      ([name, , best, worst]) => `${name}: most pleasing ${best}, least pleasing ${worst} per cent.`,
    );
    const columns = rectangles.map((_, index) => column(rounds, index, tallest));
    return make(
      "div",
      { className: "fechner-result", attributes: { role: "img", "aria-label": `Choices of 1876. ${label.join(" ")}` } },
      make("p", { className: "fechner-key" }, "most pleasing, % of the choices in 1876"),
      make("div", { className: "fechner-columns" }, ...columns),
      make("p", { className: "fechner-key" }, "least pleasing"),
    );
  }

  // ---- the figure

  function build(place) {
    const wide = matchMedia(WIDE);
    const rounds = [];
    const { element: spoken, say } = voice();
    const label = "The table. Arrow keys move a rectangle, brackets turn it.";
    const table = make("div", { className: "fechner-table", attributes: { role: "group", "aria-label": label } });
    const sentence = make("p", { className: "live-sentence" });
    const again = make("button", { type: "button", className: "live-button", onclick: () => lay() }, "Lay them out again");
    const foot = make("div", { className: "fechner-foot" }, sentence, again);
    let seed, choice, cards;
    place.replaceChildren(make("div", { className: "fechner live-figure" }, table, foot, spoken));

    function arrange() {
      const [columns, rows] = wide.matches ? [5, 2] : [3, 4];
      const places = game.lay(seed, rectangles.length, columns, rows);
      cards.forEach(({ put }, i) => put(places[i]));
    }

    function ask(which) {
      sentence.textContent = QUESTIONS[which];
      say(QUESTIONS[which]);
    }

    function lay(newSeed = Math.floor(Math.random() * game.SEEDS)) {
      seed = newSeed;
      choice = {};
      cards = rectangles.map((_, i) => card(i, table, choose));
      const order = game.lay(seed, rectangles.length, 5, 2);
      const sorted = cards.map((one, i) => [order[i], one.element]).sort(([a], [b]) => a.y - b.y || a.x - b.x);
      table.replaceChildren(...sorted.map(([, element]) => element));
      place.firstChild.firstChild.replaceWith(table);
      arrange();
      again.hidden = true;
      ask("best");
    }

    function choose(index) {
      if (choice.best === undefined) {
        choice.best = index;
        cards[index].element.classList.add("chosen");
        cards[index].element.setAttribute("aria-pressed", "true");
        remember(game.address(seed));
        ask("worst");
      } else if (index !== choice.best) {
        rounds.push({ best: choice.best, worst: index });
        reveal();
      }
    }

    function reveal() {
      const shown = result(rounds);
      place.firstChild.firstChild.replaceWith(shown);
      const words = game.said(rectangles, rounds).join(" ");
      sentence.textContent = words;
      say(words);
      again.hidden = false;
      again.focus({ preventScroll: true });
      requestAnimationFrame(() => requestAnimationFrame(() => shown.classList.add("risen")));
    }

    wide.addEventListener("change", arrange);
    lay();
    return (hash) => {
      const asked = game.seedOf(hash);
      if (asked !== null && asked !== seed) lay(asked);
      return asked !== null;
    };
  }

  start("fechner", build);
})();
