// The taste laboratory: asks, keeps the answers in this browser alone, and draws the map of the reader's own taste.
"use strict";

(() => {
  const { make, voice, remember, start } = LiveFigure;
  const { wilson, percent } = LiveChart;
  const model = Taste;
  const record = VoteRecord;
  const data = globalThis.TASTE;
  const base = document.documentElement.dataset.content_root ?? "./";
  const KEY = "aesthetic-taste"; // in the browser's storage
  const TOO_FAST = 250; // milliseconds within which a second press was meant for the pair before
  const EARLY = 14; // choices after which the map can be had
  const LESSON = 30; // choices of photographs that lesson 2.5 wants
  const still = "(prefers-reduced-motion: reduce)";

  const button = (words, onclick, more = {}) =>
    make("button", { type: "button", className: "live-button", onclick, ...more }, words);
  const paragraph = (...words) => make("p", {}, ...words);
  const random = (n) => crypto.getRandomValues(new Uint8Array(n));

  // ---- what is kept

  const fresh = () => ({
    rater: record.newName("r", random(4)), seed: random(1)[0] * 256 + random(1)[0], rows: [], rounds: 0, expected: null,
  });

  /** What the browser has kept; null if there is nothing, or nothing of ours. */
  function recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY));
      return Array.isArray(kept?.rows) && typeof kept.rater === "string" ? { ...fresh(), ...kept } : null;
    } catch {
      return null;
    }
  }

  /** Keeps it, and says whether the browser did. */
  function keep(state) {
    try {
      if (state) localStorage.setItem(KEY, JSON.stringify(state));
      else localStorage.removeItem(KEY);
      return true;
    } catch {
      return false;
    }
  }

  function download(name, text) {
    const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    make("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  // ---- pictures

  function show(element, { file, tile, tiles }) {
    element.style.backgroundImage = `url("${base}${file}")`;
    element.style.backgroundSize = tiles > 1 ? `${100 * tiles}% 100%` : "contain";
    element.style.backgroundPosition = tiles > 1 ? `${(100 * tile) / (tiles - 1)}% 50%` : "center";
  }

  function tileOf(picture, className = "taste-thumb") {
    const element = make("span", { className });
    show(element, picture);
    return element;
  }

  /** What a picture is called before it is chosen; what it stands for is not said. */
  function called({ title, topic = "" }, group) {
    const subject = topic.replace(/^[a-z]+_/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    return { photographs: title, designs: "a penguin", crops: `a piece of a photograph, ${subject}`, drawings: "a drawing" }[group];
  }

  function preload() {
    const files = new Set(Object.values(data.groups).flatMap((pictures) => pictures.map(({ file }) => file)));
    for (const file of files) new Image().src = base + file;
  }

  // ---- parts of the map

  const heading = (words) => make("p", { className: "taste-head", attributes: { role: "heading", "aria-level": 3 } }, words);

  /** A line from `from` to `to` with a band, a dot, and marks [[value, className]]; everything it shows is in `label`. */
  function track({ from = 0, to = 1, low, high, value = null, marks = [] }) {
    const at = (v) => `${(100 * (v - from)) / (to - from)}%`;
    const band = make("span", { className: "taste-band" });
    band.style.left = at(low);
    band.style.width = at(from + high - low);
    const dots = [...marks, ...(value === null ? [] : [[value, "taste-dot"]])].map(([v, className]) => {
      const dot = make("span", { className });
      dot.style.left = at(v);
      return dot;
    });
    return make("span", { className: "taste-track" }, band, ...dots);
  }

  const line = (name, label, shown) =>
    make(
      "div",
      { className: "taste-line", attributes: { role: "img", "aria-label": label } },
      make("span", { className: "taste-name" }, name),
      shown,
    );

  const scale = (...ticks) =>
    make("div", { className: "taste-line taste-scale", attributes: { "aria-hidden": "true" } },
      make("span", { className: "taste-name" }),
      make("span", { className: "taste-ticks" }, ...ticks.map((tick) => make("span", {}, tick))),
    );

  /** A share of pairs with its interval, and marks beside it. */
  function shareLine(name, right, n, marks = []) {
    const { low, high } = wilson(right, n);
    const label = `${name}: ${model.half(right)} of ${n}, interval ${model.range({ low, high })}`;
    return line(name, label, track({ low, high, value: right / n, marks }));
  }

  function withYourself(choices, expected) {
    const { same, n } = model.withOneself(choices);
    const coin = [0.5, "taste-tick"];
    const lines = n ? [
      shareLine("the same answer", same, n, expected === null ? [coin] : [coin, [expected / n, "taste-expected"]]),
      scale("0", "a coin", "100\u00a0%"),
    ] : [];
    const key = n && expected !== null ? [paragraph(make("span", { className: "taste-key" }), "what you expected")] : [];
    return [heading("With yourself"), ...lines, ...key, paragraph(model.agreementSaid({ same, n }, expected).join(" "))];
  }

  const nameOf = (group, thing) =>
    data.things[group]?.[thing] ?? data.groups[group].find((picture) => picture.thing === thing).title;

  /** What a group ranks, the best first, each with its plausible places. */
  function ranking(choices, group) {
    const places = model.places(data, choices, group);
    return make(
      "ol",
      { className: `taste-ranking taste-of-${group}` },
      ...places.map(({ thing, best, worst }, i) => {
        const pictures = data.groups[group].filter((picture) => picture.thing === thing);
        const name = nameOf(group, thing);
        const plausible = best === worst ? `place ${best}` : `places ${best} to ${worst}`;
        const shown = track({ from: 0.5, to: places.length + 0.5, low: best - 0.5, high: worst + 0.5, marks: [[i + 1, "taste-dot"]] });
        return make(
          "li",
          { attributes: { title: `${name}: plausible are ${plausible}` } },
          make("span", { className: "taste-thumbs" }, ...pictures.slice(0, group === "photographs" ? 1 : 3).map((p) => tileOf(p))),
          make("span", { className: "taste-name" }, name),
          shown,
          make("span", { className: "live-hidden" }, `, ${i + 1}, plausible are ${plausible}`),
        );
      }),
    );
  }

  function yourPhotographs(choices) {
    const n = model.count(choices, "photographs");
    return [
      heading("Your photographs, in order"),
      paragraph("A bar covers the places that are plausible, from first on the left to last."),
      ranking(choices, "photographs"),
      paragraph(model.rankingSaid(model.places(data, choices, "photographs"), n).join(" ")),
    ];
  }

  function yourMeasures(choices) {
    const tracks = model.tracks(data, choices);
    const number = (value) => value.toFixed(2).replace("-", "\u2212");
    return [
      heading("What your order goes with"),
      ...tracks.map(({ name, rho, low, high }) =>
        line(name, `${name}: rank correlation ${number(rho)}, interval ${number(low)} to ${number(high)}`,
          track({ from: -1, to: 1, low, high, value: rho, marks: [[0, "taste-tick"]] })),
      ),
      scale("\u22121", "0", "+1"),
      paragraph(model.tracksSaid(tracks, data.groups.photographs.length).join(" ")),
    ];
  }

  function besideTheJudge(choices) {
    const { right, n } = model.foretold(data, choices);
    if (!n) return [];
    return [
      heading("Beside a network"),
      shareLine("foretold by the judge", right, n, [[0.5, "taste-tick"], [data.crowd, "taste-crowd"]]),
      scale("0", "a coin", "100\u00a0%"),
      paragraph(make("span", { className: "taste-key taste-crowd" }), "one voter, the crowd of AVA"),
      paragraph(model.judgeSaid({ right, n }, data.crowd).join(" ")),
    ];
  }

  function theOthers(choices) {
    const part = (title, group, sentences) => [heading(title), ranking(choices, group), ...sentences.map((s) => paragraph(s))];
    return [
      part("Five hands, one penguin", "designs", [
        "There are ten pairs of these five, of which you saw a few. And there is one drawing by each hand: this ranks penguins, not designers.",
      ]),
      part("Three ways to enlarge", "crops", model.cropsSaid(data, choices)),
      part("Who drew it?", "drawings", model.drawingsSaid(data, choices)),
    ];
  }

  // ---- the views

  const CONSENT = [
    `${model.progress([], 0).all} pairs of pictures, about three minutes. Press the one that you like better; there are no right answers, and no faces of people.`,
    "Your choices stay in this browser. Nothing is sent to anybody: this page has nowhere to send it. They are kept under a random " +
      "name, with the time that each took, and you can export or delete them whenever you like. Whoever uses this browser after you can see them.",
  ];

  function build(place) {
    let state = recall();
    let pair = null; // what is shown now
    let shown = new Date();
    const { element: spoken, say } = voice();
    const notice = make("p", { className: "taste-notice", attributes: { role: "status" } });
    const body = make("div", { className: "taste-body", tabIndex: -1 });
    const own = ownData({ say: (words) => (notice.textContent = words), exported, imported, erased });
    place.replaceChildren(make("div", { className: "taste live-figure" }, body, notice, own.element, spoken));

    const standing = () => record.standing(state?.rows ?? []);
    const choices = () => model.choicesOf(data, standing());

    function store() {
      if (!keep(state)) notice.textContent = "This browser keeps nothing for this page: export before you leave it.";
      own.show(Boolean(state));
    }

    // ---- asking

    const sides = ["left", "right"].map((side) =>
      make("button", { type: "button", className: "taste-picture", onclick: () => choose(side) }),
    );
    const bar = make("span", { className: "taste-done" });
    const counted = make("span", { className: "taste-counted" });
    const undo = button("Undo (U)", takeBack);
    const enough = button("Enough: my map", guess);
    const board = make(
      "div",
      { className: "taste-board", attributes: { role: "group", "aria-label": model.QUESTION } },
      make("p", { className: "taste-question" }, model.QUESTION),
      make("div", { className: "taste-pair" }, ...sides),
      make("div", { className: "taste-buttons" }, button("Equal (\u2193)", () => choose("tie")), undo, enough),
      make("p", { className: "taste-progress" }, make("span", { className: "taste-bar", attributes: { "aria-hidden": "true" } }, bar), counted),
    );

    function ask() {
      const given = choices();
      pair = model.nextPair(data, given, { rounds: state.rounds, seed: state.seed });
      if (!pair) {
        if (state.expected === null) guess();
        else map();
        return;
      }
      if (board.parentElement !== body) {
        body.replaceChildren(board);
        preload();
      }
      [pair.left, pair.right].forEach((name, i) => {
        const { picture } = model.find(data, name);
        show(sides[i], picture);
        sides[i].setAttribute("aria-label", `${["Left", "Right"][i]}: ${called(picture, pair.group)}`);
      });
      const { answered, all } = model.progress(given, state.rounds);
      bar.style.width = `${(100 * answered) / all}%`;
      counted.textContent = `${answered} of ${all}`;
      undo.disabled = !given.length;
      enough.hidden = given.length < EARLY;
      shown = new Date();
      say(`Pair ${answered + 1} of ${all}. ${sides.map((side) => side.getAttribute("aria-label")).join(". ")}.`);
    }

    function choose(choice) {
      const now = new Date();
      if (!pair || now - shown < TOO_FAST) return;
      notice.textContent = "";
      const { left, right } = pair;
      const about = { rater: state.rater, session, left, right, choice, question: model.QUESTION, shown, now };
      state.rows.push(record.choiceRow(about));
      state.expected = null; // a guess was about the choices before
      store();
      ask();
    }

    function takeBack() {
      const last = standing().findLast((row) => model.choicesOf(data, [row]).length);
      if (!last) return;
      state.rows.push(record.undoRow(last, new Date()));
      store();
      ask();
      notice.textContent = "Taken back.";
      if (undo.disabled || !board.contains(document.activeElement)) focus();
    }

    // ---- before the map

    function guess() {
      const { n } = model.withOneself(choices());
      if (!n || state.expected !== null) {
        map();
        return;
      }
      pair = null;
      const said = make("output", {});
      const range = make("input", {
        type: "range", className: "taste-range", min: 0, max: n, step: 1, value: Math.round(n / 2),
        oninput: () => (said.textContent = `${range.value} of ${n}`),
        attributes: { "aria-label": `Pairs with the same answer, of ${n}` },
      });
      range.oninput();
      const done = () => {
        state.expected = Number(range.value);
        store();
        map();
      };
      body.replaceChildren(
        heading("First a guess"),
        paragraph(`You were asked about ${n} of the pairs twice, the second time with the sides turned. To how many did you give the same answer both times?`),
        make("p", { className: "taste-guess" }, range, said),
        make("p", { className: "taste-buttons" }, button("Show me the map of my taste", done), button("Undo the last choice", takeBack)),
      );
      say(`First a guess. Of ${n} pairs asked twice, how many had the same answer?`);
      range.focus({ preventScroll: true });
    }

    function map() {
      pair = null;
      const given = choices();
      const [designs, crops, drawings] = theOthers(given);
      const column = (...parts) => make("div", { className: "taste-column" }, ...parts.flat());
      const photographs = model.count(given, "photographs");
      const more = () => {
        state = { ...state, rounds: state.rounds + 1, expected: null };
        store();
        ask();
        focus();
      };
      const goOn = model.nextPair(data, given, state) ? button("Go on choosing", () => (ask(), focus()))
        : button(`${model.MORE} more pairs of photographs`, more);
      const lesson = photographs >= LESSON
        ? "Your file now has enough choices of photographs for lesson 2.5: save it as my_votes.csv beside the notebook."
        : `More choices make the bars shorter; from ${LESSON} choices of photographs on (you have ${photographs}) lesson 2.5 works with your file as well.`;
      body.replaceChildren(
        make("div", { className: "taste-map" },
          column(withYourself(given, state.expected), yourMeasures(given), besideTheJudge(given), drawings),
          column(yourPhotographs(given), designs, crops)),
        make("p", { className: "taste-buttons" }, goOn, make("span", {}, lesson)),
      );
      remember(model.address("map"));
      say(`The map of your taste. ${model.agreementSaid(model.withOneself(given), state.expected).join(" ")}`);
      body.focus({ preventScroll: true });
      if (body.getBoundingClientRect().top < 0) {
        place.closest("figure").scrollIntoView({ behavior: matchMedia(still).matches ? "auto" : "smooth" });
      }
    }

    // ---- beginning, and what is the reader's own

    const session = record.newName("s", random(4));
    const focus = () => sides[0].focus({ preventScroll: true });

    function consent() {
      pair = null;
      const begin = () => {
        state = fresh();
        store();
        remember(model.address("choose"));
        ask();
        focus();
      };
      body.replaceChildren(
        make("div", { className: "taste-consent" }, ...CONSENT.map((words) => paragraph(words)),
          make("p", { className: "taste-buttons" }, button("I agree: start", begin, { className: "live-button taste-start" }))),
        make("div", { className: "taste-samples", attributes: { "aria-hidden": "true" } },
          ...[["photographs", 2], ["photographs", 5], ["designs", 1], ["designs", 4], ["crops", 3], ["crops", 5], ["drawings", 0], ["drawings", 5]]
            .map(([group, i]) => tileOf(data.groups[group][i]))),
      );
    }

    function exported() {
      download("my_votes.csv", record.asCsv(state.rows));
    }

    function imported(bytes) {
      const { rows, problems } = record.parse(bytes);
      const raters = [...new Set(rows.map(({ rater }) => rater))];
      if (!rows.length) throw new Error("There are no choices in this file.");
      if (raters.length > 1) throw new Error(`This file has the choices of ${raters.length} people; import your own alone.`);
      if (state?.rows.length && state.rater !== raters[0]) {
        throw new Error(`This file is of ${raters[0]} and the choices here are of ${state.rater}. Export and delete these first.`);
      }
      const before = choices().length;
      state = { ...(state ?? fresh()), rater: raters[0], expected: null };
      state.rows = record.merged(state.rows, rows);
      store();
      ask();
      const bad = problems.length ? ` ${problems.length} lines were left out: ${problems[0]}.` : "";
      return `${choices().length - before} choices came from the file.${bad}`;
    }

    function erased() {
      state = null;
      store();
      consent();
      remember(location.pathname + location.search);
      say("All choices are deleted.");
    }

    place.addEventListener("keydown", (event) => {
      if (!pair || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.closest("input, .taste-own")) return;
      const action = { ArrowLeft: () => choose("left"), ArrowRight: () => choose("right"), ArrowDown: () => choose("tie"), u: takeBack }[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    });
    addEventListener("storage", (event) => {
      if (event.key !== KEY && event.key !== null) return; // another window of this page
      state = recall();
      own.show(Boolean(state));
      if (state) ask();
      else consent();
    });

    own.show(Boolean(state));
    if (!state) consent();
    else {
      ask();
      const { length } = choices();
      if (length && pair) notice.textContent = `Going on after the ${length} choices that this browser has kept.`;
    }
    return (hash) => {
      const view = model.viewOf(hash);
      if (view === "map" && state && choices().length >= EARLY) guess();
      return view !== null;
    };
  }

  /** Export, import and delete. */
  function ownData({ say, exported, imported, erased }) {
    const input = make("input", { type: "file", accept: ".csv,text/csv", className: "live-hidden", tabIndex: -1 });
    input.onchange = async () => {
      const [file] = input.files;
      if (!file) return;
      try {
        say(imported(new Uint8Array(await file.arrayBuffer())));
      } catch (error) {
        say(error instanceof Error && error.message ? error.message : "The file cannot be read.");
      }
      input.value = "";
    };
    const save = button("Export", exported);
    const load = button("Import", () => input.click());
    const remove = button("Delete", () => {
      if (remove.dataset.sure) erased();
      else sure(true);
    });
    const sure = (yes) => {
      remove.textContent = yes ? "Delete for good?" : "Delete";
      if (yes) remove.dataset.sure = "yes";
      else delete remove.dataset.sure;
    };
    remove.addEventListener("blur", () => sure(false));
    const element = make(
      "div",
      { className: "taste-own", attributes: { role: "group", "aria-label": "Your choices" } },
      make("span", {}, "Your choices:"), save, load, remove, input,
    );
    input.setAttribute("aria-label", "A file of choices");
    const show = (any) => {
      save.disabled = remove.disabled = !any;
      sure(false);
    };
    return { element, show };
  }

  start("taste", build);
})();
