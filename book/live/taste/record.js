// The file in which a reader's choices are kept: the CSV of aesthetic_utils/judgements/vote_file.py. Pure functions.
// A row is an object of strings, one for each column; rows are only ever added, and an undo is a row too.
"use strict";

const TasteRecord = (() => {
  const COLUMNS = [
    "version", "session", "rater", "task", "left", "right", "item", "choice", "score",
    "response_ms", "time", "lowest", "highest", "question",
  ];
  const OPTIONAL = ["lowest", "highest", "question"]; // files of version 1 lack them
  const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
  const ITEM = /^[^\x00-\x1f\x7f\ufffd]{1,200}$/;
  const TASKS = ["pair", "scale", "undo"];
  const CHOICES = ["left", "right", "tie"];

  /** A name such as "r-5f3a90c2", of four random bytes, that says nothing about anybody. */
  const newName = (letter, bytes) => `${letter}-${[...bytes].map((b) => b.toString(16).padStart(2, "0")).join("")}`;

  /** A choice as a row; `shown` and `now` are Dates. */
  const choiceRow = ({ rater, session, left, right, choice, question, shown, now }) => ({
    version: "2", session, rater, task: "pair", left, right, item: "", choice, score: "",
    response_ms: String(Math.min(999_999_999, Math.max(0, Math.round(now - shown)))),
    time: now.toISOString(), lowest: "", highest: "", question,
  });

  /** The row that takes another one back. */
  const undoRow = (row, now) => ({
    ...row, task: "undo", choice: "", score: "", response_ms: "", lowest: "", highest: "", time: now.toISOString(),
  });

  /** What a row is about, and who gave it. */
  const target = (row) =>
    JSON.stringify([row.rater, row.session, row.left, row.right, row.item, row.question]);

  /** The choices between two that were not taken back, in their order. */
  function standing(rows) {
    const kept = [];
    for (const row of rows) {
      if (row.task !== "undo") {
        kept.push(row);
        continue;
      }
      const place = kept.findLastIndex((earlier) => target(earlier) === target(row));
      if (place >= 0) kept.splice(place, 1);
    }
    return kept.filter((row) => row.task === "pair");
  }

  // ---- text

  const quoted = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const line = (values) => values.map(quoted).join(",") + "\n";
  const asCsv = (rows) => line(COLUMNS) + rows.map((row) => line(COLUMNS.map((name) => row[name]))).join("");

  /** The fields of a line; null if its quotation marks do not match. */
  function fieldsOf(text, separator) {
    const fields = [];
    let [field, inside, i] = ["", false, 0];
    for (; i < text.length; i++) {
      const c = text[i];
      if (inside && c === '"' && text[i + 1] === '"') field += text[++i];
      else if (c === '"' && (inside || field === "")) inside = !inside;
      else if (c === separator && !inside) field = void fields.push(field) ?? "";
      else field += c;
    }
    return inside ? null : [...fields, field];
  }

  /** What is wrong with a row, or nothing. */
  function fault(row) {
    const whole = row.version.replace(/\.0+$/, "");
    if (whole !== "1" && whole !== "2") return `version is "${row.version}"`;
    if (!NAME.test(row.rater) || !NAME.test(row.session)) return "rater or session is no name";
    if (!TASKS.includes(row.task)) return `task is "${row.task}"`;
    const about = row.task === "scale" || (row.task === "undo" && !row.left) ? [row.item] : [row.left, row.right];
    if (!about.every((name) => ITEM.test(name)) || about[0] === about[1]) return "an item is missing";
    if (row.task === "pair" && !CHOICES.includes(row.choice)) return `choice is "${row.choice}"`;
    if (Number.isNaN(Date.parse(row.time))) return `time is "${row.time}"`;
    return "";
  }

  /**
   * The rows of a file, and what is wrong with others: {rows, problems}. Read are further columns, another order of them,
   * semicolons or tabs, and the line ends of Windows. Throws an Error for what is no file of choices.
   */
  function parse(text) {
    const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
    if (/^sep=.\s*$/i.test(lines[0])) lines.shift();
    const count = (c) => lines[0].split(c).length;
    const separator = [",", ";", "\t"].reduce((a, b) => (count(b) > count(a) ? b : a));
    const columns = (fieldsOf(lines[0], separator) ?? []).map((name) => name.trim().toLowerCase());
    const missing = COLUMNS.filter((name) => !columns.includes(name) && !OPTIONAL.includes(name));
    if (missing.length) throw new Error(`This is no file of choices: its first line lacks ${missing.join(", ")}.`);
    const [rows, problems] = [[], []];
    lines.slice(1).forEach((one, i) => {
      if (!one.trim()) return;
      const fields = fieldsOf(one, separator);
      const row = Object.fromEntries(COLUMNS.map((name) => [name, fields?.[columns.indexOf(name)] ?? ""]));
      const wrong = fields?.length === columns.length ? fault(row) : "it has another number of fields than the header";
      if (wrong) problems.push(`line ${i + 2}: ${wrong}`);
      else rows.push(row);
    });
    return { rows, problems };
  }

  /** Two lists of rows as one, by time, no row twice. */
  function merged(rows, more) {
    const key = (row) => line(COLUMNS.map((name) => row[name]));
    const all = new Map([...rows, ...more].map((row) => [key(row), row]));
    return [...all.values()].sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
  }

  return { COLUMNS, newName, choiceRow, undoRow, standing, asCsv, parse, merged };
})();

if (typeof module !== "undefined") module.exports = TasteRecord;
