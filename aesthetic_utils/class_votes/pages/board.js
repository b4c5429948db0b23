// The teacher's page. Its key stands behind the # of the address, which no browser sends along by itself.
"use strict";

const EVERY_MS = 3000;
const at = (id) => document.getElementById(id);
const key = decodeURIComponent(location.hash.slice(1));
const PARTS = { shared: "shared by all", private: "private taste", noise: "noise: not repeated by the same person" };
const SVG = "http://www.w3.org/2000/svg";

async function ask(what) {
  const headers = { "Content-Type": "application/json", "X-Teacher": key };
  const answer = await fetch("/teacher", { method: "POST", headers, body: JSON.stringify({ do: what }) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

const say = (text, error = false) => {
  at("said").textContent = text;
  at("said").className = error ? "error" : "";
};
const percent = (x) => `${Math.round(100 * x)}\u00a0%`.replace("-", "\u2212");
const between = (x) => `${percent(x.value)} (${percent(x.low)} to ${percent(x.high)})`;
const withInterval = (x, text) => `${text(x.value)} (${text(x.low)} to ${text(x.high)})`;
const signed = (x) => x.toFixed(2).replace(/^-(?=.*[1-9])/, "\u2212").replace("-", "");

function svg(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function cell(row, kind, ...children) {
  const made = document.createElement(kind);
  made.append(...children);
  row.append(made);
  return made;
}

function head(table, ...texts) {
  const row = table.createTHead().insertRow();
  for (const text of texts) cell(row, "th", text).scope = "col";
  cell(row, "th").className = "bar";
}

// A score with its interval, on a line from middle - most to middle + most.
function bar(row, most, middle = 0) {
  const x = (value) => 200 + (190 * Math.max(-most, Math.min(most, value - middle))) / most;
  const drawn = svg("svg", { viewBox: "0 0 400 20", preserveAspectRatio: "none", "aria-hidden": "true" });
  drawn.append(
    svg("line", { class: "middle", x1: 200, x2: 200, y1: 0, y2: 20 }),
    svg("line", { x1: x(row.low ?? row.score), x2: x(row.high ?? row.score), y1: 10, y2: 10 }),
    svg("circle", { cx: x(row.score), cy: 10, r: 6 }),
  );
  return drawn;
}

function ranking(board) {
  const table = document.createElement("table");
  head(table, "rank", "picture", "score", "95 % interval");
  const middle = board.scale ? (board.scale[0] + board.scale[1]) / 2 : 0;
  const most = board.scale ? board.scale[1] - middle : Math.max(1, ...board.ranking.flatMap((row) => [Math.abs(row.low), Math.abs(row.high)]));
  const body = table.createTBody();
  for (const row of board.ranking) {
    const line = body.insertRow();
    cell(line, "td", row.best === row.worst || board.scale ? `${row.rank}` : `${row.rank} (${row.best} to ${row.worst})`);
    const picture = new Image();
    picture.src = `/picture/${board.room}/${board.items.indexOf(row.item)}`;
    picture.alt = "";
    picture.className = "thumb";
    const name = cell(line, "th", picture, row.item.replaceAll("_", " "));
    name.scope = "row";
    cell(line, "td", signed(row.score));
    cell(line, "td", row.low === null ? "" : `${signed(row.low)} to ${signed(row.high)}`);
    cell(line, "td", bar(row, most, middle)).className = "bar";
  }
  return table;
}

// How strongly each measure goes with the scores, and how little is known about it.
function tracked(board) {
  const table = document.createElement("table");
  head(table, "measure", "rank correlation", "95 % interval");
  const body = table.createTBody();
  for (const row of board.tracked) {
    const line = body.insertRow();
    cell(line, "th", row.measure).scope = "row";
    cell(line, "td", signed(row.value));
    cell(line, "td", `${signed(row.low)} to ${signed(row.high)}`);
    cell(line, "td", bar({ ...row, score: row.value }, 1)).className = "bar";
  }
  const note = document.createElement("p");
  note.className = "quiet-text";
  note.textContent = board.tracked.length
    ? `Over ${board.tracked[0].n} pictures. With so few, one of ${board.tracked.length} measures easily seems to matter by chance.`
    : "It takes five pictures whose measures differ.";
  return board.tracked.length ? [table, note] : [note];
}

// The parts of the variance of choices, each on a line from 0 to 1.
function partsDrawn(parts) {
  const table = document.createElement("table");
  head(table, "part", "of the variance", "95 % interval");
  const body = table.createTBody();
  for (const [part, name] of Object.entries(PARTS)) {
    const { value, low, high } = parts[part];
    const line = body.insertRow();
    cell(line, "th", name).scope = "row";
    cell(line, "td", percent(value));
    cell(line, "td", `${percent(low)} to ${percent(high)}`);
    cell(line, "td", bar({ score: value, low, high }, 0.5, 0.5)).className = "bar";
  }
  return table;
}

// The address as a QR code; the program draws it, and it is parsed as an image, not as a page.
function code(svgText) {
  const drawn = document.importNode(new DOMParser().parseFromString(svgText, "image/svg+xml").documentElement, true);
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-label", "QR code of the address");
  return drawn;
}

function show(board) {
  if (!at("qr").firstChild) at("qr").append(code(board.qr));
  at("question").textContent = board.question;
  at("address").textContent = board.address;
  at("code").textContent = board.room;
  at("count").textContent =
    `Round ${board.round} of ${board.rounds}, ${board.asked} questions each: ${board.joined} joined, ${board.finished} of them ` +
    `have answered all. ${board.votes} votes.`;
  at("open").disabled = board.round >= board.rounds;
  const all = board.joined > 0 && board.finished >= board.joined;
  at("numbers").hidden = at("hide").checked && !all;
  at("waiting").hidden = !at("numbers").hidden || !board.joined;
  if (board.scale) showScores(board);
  else showChoices(board);
  at("tracked").replaceChildren(...tracked(board));
  at("notes").replaceChildren(
    ...board.notes.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }),
  );
  at("ranking").replaceChildren(...(board.ranking.length ? [ranking(board)] : []));
}

function showChoices(board) {
  at("agreement").textContent = board.agreement
    ? `Two of you prefer the same of two pictures in ${between(board.agreement)} of cases; by chance it would be 50 %. ` +
      `${board.agreement.common} common questions of ${board.voters} voters.`
    : (board.cannot.agreement ?? "");
  const parts = board.parts;
  at("parts").textContent = parts
    ? `The variance of your choices has three parts, by ${parts.shared.n} voters and ${parts.questions} questions that were ` +
      "answered twice." +
      (Math.min(parts.shared.value, parts.private.value) < 0 ? " An estimate below 0 stands for nothing that can be seen with so few." : "")
    : (board.cannot.parts ?? "");
  at("parts-drawn").replaceChildren(...(parts ? [partsDrawn(parts)] : []));
}

function showScores(board) {
  at("agreement").textContent = board.agreement
    ? `Krippendorff's alpha of your first scores is ${withInterval(board.agreement, signed)}: 1 if all agree, 0 if the scores ` +
      `might as well have been dealt at random. ${board.agreement.basis}.`
    : (board.cannot.agreement ?? "");
  at("parts").textContent = board.parts
    ? `Of your taste, ${withInterval(board.parts.private, percent)} is private, and the rest is shared by all (the beholder ` +
      `index b1). ${board.parts.private.basis}.`
    : (board.cannot.parts ?? "");
}

async function refresh() {
  try {
    show(await ask("board"));
  } catch (error) {
    say(error instanceof TypeError ? "No connection; the program may have been stopped." : error.message, true);
  }
}

async function press(what, then) {
  try {
    const answer = await ask(what);
    say(then(answer) ?? "");
    if (what !== "stop") await refresh();
  } catch (error) {
    say(error.message, true);
  }
}

function save({ name, csv }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

let stopped = false;
at("open").addEventListener("click", () => press("open", () => "The second round is open."));
at("export").addEventListener("click", () => press("export", save));
at("delete").addEventListener("click", () => {
  if (confirm("Delete every vote and every voter of this room? This cannot be undone."))
    press("delete", () => "All votes and voters are deleted.");
});
at("stop").addEventListener("click", () => {
  if (!confirm("Stop the program? The votes stay in its file.")) return;
  stopped = true;
  press("stop", () => "Stopped. The votes are in the file that the program named.");
});
at("hide").addEventListener("change", refresh);
refresh();
setInterval(() => stopped || refresh(), EVERY_MS);
