// Whose hand?  The page's side of the game: builds it, and follows clicks, keys and the address.
"use strict";

(() => {
  const { make } = LiveFigure;
  const game = WhoseHand;
  const data = globalThis.WHOSE_HAND;
  const base = (document.documentElement.dataset.content_root ?? "./") + "whose_hand/";
  const still = "(prefers-reduced-motion: reduce)";

  // ---- pictures: one file an idea, the five hands side by side

  const stripOf = (idea) => `${base}ideas/${data.ideas[idea].name}.webp`;
  const preload = (round) => round && (new Image().src = stripOf(round.idea));

  /** Shows one designer's drawing of an idea in an element. */
  function showDrawing(element, idea, designer) {
    element.style.backgroundImage = `url("${stripOf(idea)}")`;
    element.style.backgroundSize = `${100 * data.designers.length}% 100%`;
    element.style.backgroundPosition = `${(100 * designer) / (data.designers.length - 1)}% 0`;
  }

  /** One of the drawings by which one learns the hands. */
  function example(designer, column) {
    const [columns, rows] = [data.examples.length, data.designers.length];
    const element = make("span", { className: "hand-tile hand-example" });
    element.style.backgroundImage = `url("${base}examples.webp")`;
    element.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
    element.style.backgroundPosition =
      `${(100 * column) / (columns - 1)}% ${(100 * designer) / (rows - 1)}%`;
    return element;
  }

  // ---- the parts of the board

  function buildRow(designer, choose) {
    const row = {
      verdict: make("span", { className: "live-hidden" }),
      same: make("span", { className: "hand-tile hand-same" }),
      bar: make("span", { className: "hand-bar" }),
      chance: make("span", { className: "hand-chance" }),
    };
    row.button = make(
      "button",
      { type: "button", className: "hand-row", onclick: () => choose(designer) },
      make("span", { className: "hand-key", attributes: { "aria-hidden": "true" } }, `${designer + 1}`),
      make("span", { className: "hand-designer" }, data.designers[designer]),
      make(
        "span",
        { className: "hand-examples", attributes: { "aria-hidden": "true" } },
        ...data.examples.map((_, column) => example(designer, column)),
      ),
      row.same,
      make("span", { className: "hand-chances" }, row.bar, row.chance),
      row.verdict,
    );
    return row;
  }

  /** The hands in numbers, said once to those who cannot see the examples. */
  function buildNumbers() {
    const lines = data.designers.map((name, i) => `${name}: ${game.lookSentence(data.usual[i])}.`);
    const start = "What the five hands' drawings are like on average, over the ideas for training. ";
    return make("p", { className: "live-hidden" }, start + lines.join(" "));
  }

  const buildTally = (who) => ({
    marks: make("span", { className: `hand-marks hand-${who}`, attributes: { "aria-hidden": "true" } }),
    count: make("span", { className: "hand-count" }),
  });

  function buildBoard(choose, next) {
    const parts = {
      round: make("p", { className: "hand-round" }),
      drawing: make("div", { className: "hand-drawing", attributes: { role: "img" } }),
      idea: make("p", { className: "hand-idea" }),
      tallies: { you: buildTally("you"), network: buildTally("network") },
      rows: data.designers.map((_, designer) => buildRow(designer, choose)),
      next: make("button", { type: "button", className: "hand-next", onclick: next }),
    };
    const line = (name, { marks, count }) =>
      make("p", { className: "hand-tally" }, make("span", {}, name), marks, count);
    const side = make(
      "div",
      { className: "hand-side" },
      parts.round, parts.drawing, parts.idea,
      line("You", parts.tallies.you), line("Network", parts.tallies.network),
    );
    parts.legend = make(
      "p",
      { className: "hand-legend", attributes: { "aria-hidden": "true" } },
      make("span", {}, "the hands, in other things"),
      make("span", { className: "hand-after" }, "this thing"),
      make("span", { className: "hand-after" }, "the network"),
    );
    const rows = make(
      "div",
      { className: "hand-rows", attributes: { role: "group", "aria-label": "Whose hand is it?" } },
      parts.legend,
      ...parts.rows.map((row) => row.button),
    );
    parts.board = make(
      "div",
      { className: "hand-board", tabIndex: -1, attributes: { role: "group" } },
      side, rows,
    );
    return parts;
  }

  // ---- the end

  function bar(name, className, right, n) {
    const { low, high } = game.wilson(right, n);
    const at = (share) => `${100 * share}%`;
    const value = make("span", { className: "hand-value" });
    value.style.width = at(right / n);
    const whisker = make("span", { className: "hand-whisker" });
    whisker.style.left = at(low);
    whisker.style.width = at(high - low);
    return make(
      "div",
      { className: `hand-line ${className}` },
      make("span", { className: "hand-label" }, name),
      make("span", { className: "hand-track" }, value, whisker),
    );
  }

  function chart(sums) {
    const all = game.overall(data);
    const said = (name, right, n) =>
      `${name}: ${right} of ${n}, interval ${game.range(game.wilson(right, n))}.`;
    const label = [
      said("You", sums.you, sums.n),
      said("The network", sums.network, sums.n),
      said("The network on all drawings", all.right, all.n),
    ].join(" ");
    const guess = make("span", { className: "hand-guess" });
    guess.style.left = `${100 / data.designers.length}%`;
    const ticks = [0, 50, 100].map((tick) => {
      const mark = make("span", { className: "hand-tick" }, tick ? `${tick}\u00a0%` : "0");
      mark.style.left = `${tick}%`;
      return mark;
    });
    return make(
      "div",
      { className: "hand-chart", attributes: { role: "img", "aria-label": label } },
      bar("You", "hand-you", sums.you, sums.n),
      bar("Network", "hand-network-line", sums.network, sums.n),
      bar(`on all ${all.n}`, "hand-all", all.right, all.n),
      make(
        "div",
        { className: "hand-line hand-axis" },
        make("span", { className: "hand-label" }),
        make("span", { className: "hand-track" }, guess, ...ticks),
      ),
    );
  }

  /** The ten drawings again, each with who was right. */
  function gallery(rounds, answers) {
    return make(
      "ol",
      { className: "hand-gallery" },
      ...rounds.map((round, i) => {
        const you = answers[i] === round.designer;
        const network = game.best(game.chancesOf(data, round)) === round.designer;
        const tile = make("span", { className: "hand-tile" });
        showDrawing(tile, round.idea, round.designer);
        const name = game.ideaName(data.ideas[round.idea].name);
        const text =
          `${name}, by ${data.designers[round.designer]}: you ${you ? "right" : "wrong"}, ` +
          `the network ${network ? "right" : "wrong"}`;
        const mark = (who, right) =>
          make("span", { className: `hand-mark hand-${who} ${right ? "right" : "wrong"}` });
        const marks = make("span", { className: "hand-marks" }, mark("you", you), mark("network", network));
        return make(
          "li",
          { title: text },
          make("span", { attributes: { "aria-hidden": "true" } }, tile, marks),
          make("span", { className: "live-hidden" }, text),
        );
      }),
    );
  }

  function buildEnd(seed, rounds, answers, again) {
    const sums = game.score(data, rounds, answers);
    const head = make(
      "p",
      { className: "hand-head", tabIndex: -1 },
      `You ${sums.you} of ${sums.n}, the network ${sums.network}.`,
    );
    const replay = make("a", { href: game.address(seed) }, "the same ten again");
    replay.onclick = (event) => {
      event.preventDefault();
      again(seed);
    };
    const element = make(
      "div",
      { className: "hand-end" },
      head,
      chart(sums),
      make("p", {}, game.verdict(sums, data.designers.length).join(" ")),
      make("p", {}, game.overallSentence(data)),
      gallery(rounds, answers),
      make(
        "p",
        { className: "hand-again" },
        make("button", { type: "button", className: "hand-next", onclick: () => again(null) }, "Ten new drawings"),
        make("span", {}, "or ", replay, " (a link to share)"),
      ),
    );
    return { element, head };
  }

  // ---- the game

  const newSeed = () => Math.floor(Math.random() * game.SEEDS);

  /** Writes the game's address, where the browser allows it, without a new entry in its history. */
  const remember = (seed) => LiveFigure.remember(game.address(seed));

  function play(place) {
    let seed, rounds, answers;
    const status = make("p", { className: "hand-status", attributes: { role: "status" } });
    const parts = buildBoard(choose, next);
    const foot = make("div", { className: "hand-foot" }, status, parts.next);
    const root = make("div", { className: "hand live-figure" }, buildNumbers(), parts.board, foot);
    place.replaceChildren(root);

    const open = () => answers.length < rounds.length && !root.classList.contains("answered");

    function start(newOne) {
      seed = newOne ?? newSeed();
      rounds = game.drawRounds(seed, data.ideas.length, data.designers.length);
      answers = [];
      root.replaceChildren(root.firstChild, parts.board, foot);
      ask();
    }

    function ask() {
      const round = rounds[answers.length];
      const idea = data.ideas[round.idea];
      const name = game.ideaName(idea.name);
      root.classList.remove("answered");
      parts.round.textContent = `Drawing ${answers.length + 1} of ${rounds.length}`;
      parts.board.setAttribute("aria-label", `${parts.round.textContent}: ${name}`);
      parts.idea.textContent = name;
      showDrawing(parts.drawing, round.idea, round.designer);
      parts.drawing.setAttribute("aria-label", `${name}: ${game.lookSentence(idea.looks[round.designer])}`);
      for (const row of parts.rows) {
        row.button.disabled = false;
        row.button.classList.remove("truth", "mistake");
        row.same.style.backgroundImage = "none";
        row.bar.style.width = "0";
        row.chance.textContent = row.verdict.textContent = "";
      }
      parts.next.hidden = true;
      status.textContent = `Whose hand is this? Choose one of the five (keys 1 to ${parts.rows.length}).`;
      tally();
      preload(rounds[answers.length + 1]);
    }

    function choose(designer) {
      if (!open()) return;
      const round = rounds[answers.length];
      const chances = game.chancesOf(data, round);
      answers.push(designer);
      if (answers.length === 1) remember(seed);
      root.classList.add("answered");
      parts.rows.forEach((row, i) => {
        row.button.disabled = true;
        row.button.classList.toggle("truth", i === round.designer);
        row.button.classList.toggle("mistake", i === designer && i !== round.designer);
        showDrawing(row.same, round.idea, i);
        row.bar.style.width = `${chances[i] / 10}%`;
        row.chance.textContent = game.chance(chances[i]).replace("under ", "< ").replace("over ", "> ");
        row.verdict.textContent =
          (i === round.designer ? ", drew it" : "") + (i === designer ? ", your answer" : "");
      });
      status.textContent = game.afterRound(data.designers, round.designer, designer, chances);
      parts.next.textContent = answers.length < rounds.length ? "Next drawing" : "The result";
      parts.next.hidden = false;
      parts.next.focus({ preventScroll: true });
      tally();
    }

    function tally() {
      const sums = game.score(data, rounds, answers);
      for (const who of ["you", "network"]) {
        const { marks, count } = parts.tallies[who];
        const right = (answer, round) =>
          (who === "you" ? answer : game.best(game.chancesOf(data, round))) === round.designer;
        marks.replaceChildren(
          ...rounds.map((round, i) => {
            const state = i >= answers.length ? "" : right(answers[i], round) ? "right" : "wrong";
            return make("span", { className: `hand-mark hand-${who} ${state}` });
          }),
        );
        count.textContent = `${sums[who]}`;
        count.setAttribute("aria-label", `${sums[who]} of ${sums.n}`);
        count.setAttribute("role", "img");
      }
    }

    function next() {
      if (answers.length < rounds.length) {
        ask();
        parts.board.focus({ preventScroll: true });
        return;
      }
      const end = buildEnd(seed, rounds, answers, again);
      root.classList.remove("answered");
      root.replaceChildren(root.firstChild, end.element);
      end.head.focus({ preventScroll: true });
    }

    function again(seedOrNew) {
      start(seedOrNew);
      remember(seed);
      parts.board.focus({ preventScroll: true });
      if (parts.board.getBoundingClientRect().top < 0) {
        place.scrollIntoView({ behavior: matchMedia(still).matches ? "auto" : "smooth" });
      }
    }

    // the keys 1 to 5 answer while nothing else on the page has the focus
    document.addEventListener("keydown", (event) => {
      const digit = parts.rows.findIndex((_, i) => event.key === `${i + 1}`);
      const here = event.target === document.body || place.contains(event.target);
      if (digit < 0 || !here || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (root.contains(parts.board) && open()) choose(digit);
    });

    start();
    return (hash) => {
      const asked = game.seedOf(hash);
      if (asked !== null && asked !== seed) start(asked);
      return asked !== null;
    };
  }

  /** A button that shows the still picture under the game. */
  function offerStill(place) {
    const figure = place.closest("figure");
    const button = make(
      "button",
      { type: "button", className: "hand-more", attributes: { "aria-expanded": "false" } },
      "Show more drawings of each hand",
    );
    button.onclick = () => {
      const shown = figure.classList.toggle("live-still-shown");
      button.setAttribute("aria-expanded", String(shown));
      button.textContent = shown ? "Hide them" : "Show more drawings of each hand";
    };
    place.after(button);
  }

  LiveFigure.start("whose_hand", (place) => {
    offerStill(place);
    return play(place);
  });
})();
