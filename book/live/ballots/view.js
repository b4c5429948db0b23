// The board from files: takes what is dropped or chosen, says what came in, and shows what the votes say. Sends nothing.
"use strict";

(() => {
  const { make, svg, remember, start } = LiveFigure;
  const model = Ballots;
  const record = VoteRecord;
  const EXAMPLE = "#ballots-example";
  const FEW_FILES = 6; // whose list is open

  const button = (words, onclick, more = {}) =>
    make("button", { type: "button", className: "live-button", onclick, ...more }, words);
  const paragraph = (words, className = "") => make("p", { className }, words);
  const heading = (words) => make("p", { className: "ballots-head", attributes: { role: "heading", "aria-level": 3 } }, words);
  const list = (sentences, className) =>
    sentences.length ? [make("ul", { className }, ...sentences.map((words) => make("li", {}, words)))] : [];
  const spoken = (item) => item.replaceAll("_", " ");

  function download(name, text) {
    const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    make("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  // ---- the board

  /** A score with its interval, on a line from -most to most around the middle. */
  function bar({ score, low, high }, most, middle) {
    const x = (value) => 200 + (190 * Math.max(-most, Math.min(most, value - middle))) / most;
    const line = (className, from, to, y1, y2) => svg("line", { class: className, x1: from, x2: to, y1, y2, "vector-effect": "non-scaling-stroke" });
    return svg(
      "svg", { class: "ballots-bar", viewBox: "0 0 400 16", preserveAspectRatio: "none", "aria-hidden": "true" },
      line("ballots-middle", 200, 200, 0, 16),
      line("ballots-range", x(low ?? score), x(high ?? score), 8, 8),
      line("ballots-score", x(score), x(score), 2, 14),
    );
  }

  function ranking({ ranking: rows }, { task, scale }) {
    const [low, high] = scale ?? [1, 10];
    const middle = task === "pair" ? 0 : (low + high) / 2;
    const most = task === "pair" ? Math.max(1, ...rows.flatMap((row) => [Math.abs(row.low), Math.abs(row.high)])) : high - middle;
    const cell = (tag, scope, ...children) => make(tag, scope ? { scope } : {}, ...children);
    const head = ["rank", "picture", "score"].map((name) => cell("th", "col", name));
    const body = rows.map((row) => {
      const place = row.best === row.worst ? `${row.rank}` : `${row.rank} (${row.best}\u00a0to\u00a0${row.worst})`;
      const range = row.low === null ? "" : `${model.signed(row.low)} to ${model.signed(row.high)}`;
      return make(
        "tr", {},
        cell("td", "", place),
        cell("th", "row", make("span", {}, spoken(row.item)), bar(row, most, middle)),
        cell("td", "", make("span", {}, model.signed(row.score)), make("span", { className: "ballots-between" }, range)),
      );
    });
    return make(
      "table", { className: "ballots-ranking" },
      make("caption", { className: "live-hidden" }, "The pictures, the best first, with 95 % intervals"),
      make("thead", {}, make("tr", {}, ...head)),
      make("tbody", {}, ...body),
    );
  }

  const METHOD =
    "Intervals are for 95\u00a0%. Of pairs they draw voters anew (400 times, seed 0, the same draws as the board of a class's server), and scores are those " +
    "of Bradley and Terry, in logits: a picture that is 1 higher wins 73 of 100 choices. On a scale, scores are means over " +
    "voters; the interval of alpha draws pictures anew, that of the beholder index voters and pictures. The ranking of a class need not be that of any of its members.";

  /** What the votes of one group say. */
  function boardOf(group, invented) {
    const found = model.board(group);
    const part = (title, name, said) => [
      heading(title), paragraph(found[name] ? said(found, group.task) : found.cannot[name]),
    ];
    return [
      paragraph(
        `${invented ? "An invented class: " : ""}${model.plural(found.votes, "vote")} of ${model.plural(found.voters, "voter")} on ${model.groupSaid(group)}.`,
        "ballots-count",
      ),
      ...part("How far you agree", "agreement", model.agreementSaid),
      ...part("What is shared, and what is private", "parts", model.partsSaid),
      heading("The ranking"),
      found.ranking.length ? ranking(found, group) : paragraph(found.cannot.ranking),
      ...list(found.notes, "ballots-notes"),
      paragraph(METHOD, "ballots-quiet"),
    ];
  }

  // ---- files

  /** What `opened` says of a file of the reader's. */
  async function read(file) {
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      return { name: file.name, bytes, ...model.opened(bytes) };
    } catch {
      const refused = "It cannot be read. If it is a folder, open it and take the files in it.";
      return { name: file.name, bytes: new Uint8Array(), refused };
    }
  }

  const alike = (a, b) => a.name === b.name && a.bytes.length === b.bytes.length && a.bytes.every((byte, i) => byte === b.bytes[i]);

  function build(place) {
    let files = [];
    let invented = false;
    let shown = 0; // which group
    const figure = place.closest("figure");
    const notice = make("p", { className: "ballots-notice", attributes: { role: "status" } });
    const listed = make("div", { className: "ballots-files" });
    const board = make("div", { className: "ballots-board" });
    const input = make("input", { type: "file", multiple: true, className: "live-hidden", tabIndex: -1, attributes: { "aria-label": "Files of votes" } });
    const choose = button("Choose files", () => input.click(), { className: "live-button ballots-choose" });
    const zone = make(
      "div", { className: "ballots-drop" },
      paragraph("Drop the files of your class here, all of them at once or one after the other."),
      make("p", { className: "ballots-buttons" }, choose, button("Show an invented class", example), input),
      paragraph("They are read in this browser. Nothing is sent, and nothing is kept when you leave the page.", "ballots-quiet"),
    );
    place.replaceChildren(make("div", { className: "ballots live-figure" }, zone, notice, listed, board));

    // ---- what is there

    async function take(chosen) {
      if (!chosen.length) return;
      notice.textContent = "Reading \u2026";
      const arrived = await Promise.all(chosen.map(read));
      if (invented) [files, invented] = [[], false];
      add(arrived);
    }

    function add(arrived) {
      let again = 0;
      for (const file of arrived) {
        if (files.some((other) => alike(file, other))) {
          again++;
          continue;
        }
        files = files.filter(({ name, refused }) => !(refused && name === file.name)); // it may have been mended
        files.push({ ...file, name: model.freeName(file.name, files.map(({ name }) => name)) });
      }
      const bad = arrived.filter(({ refused }) => refused).length;
      const said = [`${model.plural(arrived.length - bad - again, "file").replace(/^0 file/, "No file")} came in.`];
      if (again) said.push(`${model.plural(again, "file")} of the same name and content had been here already.`);
      if (bad) said.push(`${model.plural(bad, "file")} did not; the reason is below.`);
      show(said.join(" "));
    }

    function removed(file) {
      const next = files.indexOf(file);
      files = files.filter((one) => one !== file);
      show(`${file.name} is out.`);
      const buttons = [...listed.querySelectorAll(".ballots-remove")].filter((one) => one.checkVisibility());
      (buttons[Math.min(next, buttons.length - 1)] ?? choose).focus({ preventScroll: true });
    }

    function emptied() {
      [files, invented] = [[], false];
      show("All files are out.");
      remember(location.pathname + location.search);
      choose.focus({ preventScroll: true });
    }

    function example() {
      files = model.invented(globalThis.BALLOTS).map(({ name, bytes }) => ({ name, bytes, ...model.opened(bytes) }));
      invented = true;
      remember(EXAMPLE);
      show("These voters are invented. They go when your own files come.");
    }

    // ---- what is shown

    function entry(file, said) {
      const remove = button("Remove", () => removed(file), { className: "live-button ballots-remove" });
      remove.setAttribute("aria-label", `Remove ${file.name}`);
      return make("li", {}, make("span", { className: "ballots-name" }, file.name), make("span", { className: "ballots-said" }, said), remove);
    }

    function show(said) {
      const taken = files.filter(({ votes }) => votes).sort((a, b) => (a.name < b.name ? -1 : 1));
      const refused = files.filter((file) => file.refused);
      const merged = record.merge(taken);
      const wasOpen = listed.querySelector("details")?.open ?? taken.length <= FEW_FILES;
      const came = make(
        "details", { open: wasOpen },
        make("summary", {}, `${model.plural(taken.length, "file")} that came in`),
        make("ul", {}, ...taken.map((file) => entry(file, model.broughtSaid(file, merged)))),
      );
      const out = [heading("Not taken"), make("ul", { className: "ballots-refused" }, ...refused.map((file) => entry(file, file.refused)))];
      const doubts = model.doubtsOf(merged);
      listed.replaceChildren(
        ...(refused.length ? out : []),
        ...(taken.length ? [came] : []),
        ...(doubts.length ? [heading("To look at"), ...list(doubts, "ballots-notes")] : []),
      );
      figure.classList.toggle("ballots-shown", merged.votes.length > 0);
      notice.textContent = merged.votes.length ? "Counting \u2026" : said;
      if (!merged.votes.length) board.replaceChildren();
      else setTimeout(() => count(merged, said)); // so that the list is there at once
    }

    function count(merged, said) {
      const groups = model.groupsOf(merged.votes);
      shown = Math.min(shown, groups.length - 1);
      const body = make("div", {});
      const draw = () => body.replaceChildren(...boardOf(groups[shown], invented));
      const select = make(
        "select", { className: "live-select", onchange: () => ((shown = select.selectedIndex), draw()) },
        ...groups.map((group, i) => make("option", { selected: i === shown }, `${model.groupSaid(group)}, ${model.plural(group.votes.length, "vote")}`)),
      );
      const several = make("p", { className: "ballots-buttons" }, make("label", {}, "These votes answer different questions, or are on different scales. Shown are those on ", select));
      board.replaceChildren(
        ...(groups.length > 1 ? [several] : []),
        body,
        make(
          "p", { className: "ballots-buttons" },
          button("Save the merged file", () => download("merged_votes.csv", record.csvOf(merged.votes))),
          button("Print", () => print()),
          button("Remove all files", emptied),
        ),
      );
      draw();
      notice.textContent = said;
    }

    // ---- where files come from

    input.onchange = () => {
      const chosen = [...input.files];
      input.value = "";
      take(chosen);
    };
    const brings = (event) => event.dataTransfer?.types.includes("Files");
    addEventListener("dragover", (event) => {
      if (!brings(event)) return;
      event.preventDefault(); // or the browser would show the file in place of the page
      zone.classList.add("ballots-over");
    });
    addEventListener("dragleave", (event) => event.relatedTarget || zone.classList.remove("ballots-over"));
    addEventListener("drop", (event) => {
      if (!brings(event)) return;
      event.preventDefault();
      zone.classList.remove("ballots-over");
      take([...event.dataTransfer.files]);
    });

    return (hash) => {
      if (hash !== EXAMPLE) return false;
      if (!files.length) example();
      return true;
    };
  }

  start("ballots", build);
})();
