// The file of votes: aesthetic_utils/judgements/vote_record.py and vote_file.py once more. Pure functions, tested against
// the package. A row is an object of strings, one for each column, as it is written; a vote is what a row means: numbers
// in place of text, its time in microseconds. Rows are only ever added to a file, and an undo is a row too.
"use strict";

const VoteRecord = (() => {
  const COLUMNS = [
    "version", "session", "rater", "task", "left", "right", "item", "choice", "score",
    "response_ms", "time", "lowest", "highest", "question",
  ];
  const SINCE_2 = ["lowest", "highest", "question"]; // files of version 1 lack them
  const NUMBERS = ["version", "score", "response_ms", "lowest", "highest"];
  const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
  const ITEM = /^[^\x00-\x1f\x7f\ufffd]{1,200}$/u;
  const FLOAT = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
  const TIME = /^(\d{4})(-?)(\d\d)\2(\d\d)[^](\d\d)(?:(:?)(\d\d)(?:\6(\d\d)(?:[.,](\d+))?)?)?(?:Z|[+-]00(?::?00(?::?00)?)?)$/u;
  const USED = { pair: ["left", "right", "choice"], scale: ["item", "score"], undo: ["left", "right"] };
  const CHOICES = ["left", "right", "tie"];
  const SCORES = [1, 10]; // of a score of version 1, which does not say its scale

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

  /** What a row or a vote is about, and who gave it. */
  const target = (one) =>
    JSON.stringify([one.rater, one.session, one.left, one.right, one.item, one.question]);

  /** {kept, stray}: what was not taken back, in its order, and undos of what is not here. */
  function withoutUndone(all) {
    const [kept, stray, places] = [new Map(), [], new Map()];
    all.forEach((one, i) => {
      const earlier = places.get(target(one)) ?? [];
      places.set(target(one), earlier);
      if (one.task !== "undo") {
        kept.set(i, one);
        earlier.push(i);
      } else if (earlier.length) kept.delete(earlier.pop());
      else stray.push(one);
    });
    return { kept: [...kept.values()], stray };
  }

  /** The choices between two that were not taken back, in their order. */
  const standing = (rows) => withoutUndone(rows).kept.filter((row) => row.task === "pair");

  // ---- text

  const quoted = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const line = (values) => values.map(quoted).join(",") + "\n";
  const asCsv = (rows) => line(COLUMNS) + rows.map((row) => line(COLUMNS.map((name) => row[name]))).join("");

  /** What Python's repr gives, nearly: a text between quotation marks. */
  function repr(text) {
    const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
    const unseen = (c) => (c === "\t" ? "\\t" : c < "\xff" ? `\\x${hex(c, 2)}` : `\\u${hex(c, 4)}`);
    const hex = (c, digits) => c.charCodeAt(0).toString(16).padStart(digits, "0");
    const plain = text.replaceAll("\\", "\\\\").replaceAll(mark, `\\${mark}`);
    return mark + plain.replace(/[\x00-\x1f\x7f-\xa0\xad\u2028-\u202f\ufeff]/g, unseen) + mark;
  }

  /** A number with six digits, as Python's format "g" has it. */
  function general(value) {
    const short = (digits) => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);
    if (value === 0) return "0";
    const [digits, power] = value.toExponential(5).split("e");
    const exponent = Number(power);
    if (exponent >= -4 && exponent < 6) return short(value.toFixed(5 - exponent));
    return `${short(digits)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }

  /** The text of a file's bytes. Throws an Error for what is none. */
  function decode(bytes) {
    const begins = (...first) => first.every((byte, i) => bytes[i] === byte);
    if (begins(0x50, 0x4b, 3, 4)) throw new Error("This is a spreadsheet; open it there and save it as CSV.");
    if (begins(0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20)) {
      throw new Error("This is where the class's server keeps its votes; press Save the votes on the board, and take that file.");
    }
    const little = begins(0xff, 0xfe) || (bytes[1] === 0 && bytes[0] !== 0);
    const big = begins(0xfe, 0xff) || bytes[0] === 0;
    return new TextDecoder(big ? "utf-16be" : little ? "utf-16le" : "utf-8").decode(bytes);
  }

  /** The fields of a line. Throws an Error if its quotation marks do not match. */
  function fieldsOf(text, separator) {
    const fields = [];
    let [field, state] = ["", "begins"];
    for (const c of text) {
      if (state === "quoted" ? c !== '"' : state === "closing" && c === '"') {
        field += c;
        state = "quoted";
      } else if (state === "quoted") state = "closing";
      else if (c === separator) {
        fields.push(field);
        [field, state] = ["", "begins"];
      } else if (state === "closing") throw new Error(`'${separator}' expected after '"'`);
      else if (state === "begins" && c === '"') state = "quoted";
      else {
        field += c;
        state = "plain";
      }
    }
    if (state === "quoted") throw new Error("unexpected end of data");
    fields.push(field);
    // a line that some program has put into quotes as a whole
    return fields.length === 1 && field.includes(separator) && field !== text ? fieldsOf(field, separator) : fields;
  }

  // ---- rows

  const whole = (text) => text.replace(/(?<=[0-9])\.0+$/, "");
  const number = (text) => (FLOAT.test(text) ? Number(text) : NaN);

  /** The vote of a row. Throws an Error that says what is wrong with it. */
  function voteOf(given) {
    const wrong = (condition, text) => {
      if (condition) throw new Error(text);
    };
    wrong(!["1", "2"].includes(whole(given.version)), `version is ${repr(given.version)}; this program reads 1 and 2`);
    for (const name of ["session", "rater"]) {
      wrong(!NAME.test(given[name]), `${name} is ${repr(given[name])}; 1 to 32 letters, digits, - and _ are allowed`);
    }
    const { session, rater, task } = given;
    wrong(!(task in USED), `task is ${repr(task)}; there are ${Object.keys(USED).join(", ")}`);
    const filled = (name) => task !== "undo" && USED[task].includes(name);
    const row = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, !filled(name) && /^(NA|NaN|nan)$/.test(value) ? "" : value]),
    );
    const used = row.left || task !== "undo" ? USED[task] : ["item"];
    for (const name of ["left", "right", "item", "choice", "score"]) {
      const value = row[name];
      wrong(!used.includes(name) && value, `${name} is ${repr(value)}; a row of task ${task} leaves it empty`);
      wrong(used.includes(name) && !ITEM.test(value), `${name} is ${repr(value)}, which is empty, too long or unreadable`);
    }
    const { left, right, item, choice, question } = row;
    wrong(question && !ITEM.test(question), `question is ${repr(question)}, which is too long or unreadable`);
    wrong(task !== "scale" && (row.lowest || row.highest), `a row of task ${task} has no scale; lowest and highest stay empty`);
    wrong(left && left === right, `left and right are both ${repr(left)}`);
    wrong(choice && !CHOICES.includes(choice), `choice is ${repr(choice)}; there are ${CHOICES.join(", ")}`);
    const scale = scaleOf(row.lowest, row.highest);
    const [low, high] = scale ?? SCORES;
    const score = row.score ? number(row.score) : null;
    wrong(row.score && !(low <= score && score <= high), `score is ${repr(row.score)}; a number from ${general(low)} to ${general(high)} is allowed`);
    const ms = whole(row.response_ms);
    wrong(ms && !/^[0-9]{1,9}$/.test(ms), `response_ms is ${repr(row.response_ms)}; whole milliseconds are allowed`);
    return { session, rater, task, left, right, item, choice, score, ms: ms ? Number(ms) : null, time: timeOf(row.time), scale, question };
  }

  function scaleOf(lowest, highest) {
    if (!lowest && !highest) return null;
    const [low, high] = [number(lowest), number(highest)];
    if (!(low > -Infinity && low < high && high < Infinity)) {
      throw new Error(`lowest and highest are ${repr(lowest)} and ${repr(highest)}; two numbers are needed, the first below the second`);
    }
    return [low, high];
  }

  /** Microseconds since 1970. */
  function timeOf(text) {
    const [, year, , month, day, hour, , minute = "0", second = "0", part = ""] = TIME.exec(text) ?? [];
    const date = new Date(0);
    date.setUTCFullYear(Number(year), month - 1, Number(day));
    const real = Number(year) > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === Number(day);
    if (!real || hour > 23 || minute > 59 || second > 59) {
      throw new Error(`time is ${repr(text)}; such as 2026-03-01T09:30:00.000Z is needed, in UTC`);
    }
    date.setUTCHours(hour, minute, second);
    return 1000 * date.getTime() + Number(part.slice(0, 6).padEnd(6, "0"));
  }

  /** A vote as it is written. */
  const rowOf = ({ session, rater, task, left, right, item, choice, score, ms, time, scale, question }) => ({
    version: "2", session, rater, task, left, right, item, choice, question,
    score: score === null ? "" : general(score),
    response_ms: ms === null ? "" : String(ms),
    time: new Date(Math.floor(time / 1000)).toISOString(),
    lowest: scale ? general(scale[0]) : "",
    highest: scale ? general(scale[1]) : "",
  });

  // ---- files

  /**
   * The votes and undos of a file, each with its line, and the lines that are neither:
   * {votes: [{vote, line}], problems: [{line, reason}]}. Of bytes, or of a text. Read is all that vote_file.py reads. Throws an Error
   * for what is no file of votes.
   */
  function read(data) {
    const text = typeof data === "string" ? data.replace(/^\ufeff/, "") : decode(data);
    const [votes, problems] = [[], []];
    if (!text.trim()) return { votes, problems };
    const lines = text.split(/\r\n|\r|\n/);
    const first = /^sep=[^\n]\s*\n/i.test(text) ? 1 : 0;
    const { columns, separator } = headerOf(lines[first] ?? "");
    lines.forEach((one, i) => {
      if (i <= first || [...one].every((c) => c === separator || c === " ")) return;
      try {
        votes.push({ vote: voteOf(rowIn(one, columns, separator)), line: i + 1 });
      } catch ({ message }) {
        problems.push({ line: i + 1, reason: message });
      }
    });
    return { votes, problems };
  }

  function headerOf(text) {
    const count = (c) => text.split(c).length;
    const separator = [",", ";", "\t"].reduce((a, b) => (count(b) > count(a) ? b : a));
    const columns = text.split(separator).map((name) => name.trim().replace(/^"+|"+$/g, "").toLowerCase());
    const missing = COLUMNS.filter((name) => !columns.includes(name) && !SINCE_2.includes(name));
    if (missing.length) throw new Error(`This is no file of votes: its first line lacks ${missing.join(", ")}.`);
    return { columns, separator };
  }

  function rowIn(text, columns, separator) {
    if (text.includes("\ufffd")) throw new Error('it is unreadable: not in UTF-8. Save the file as "CSV UTF-8"');
    const fields = fieldsOf(text, separator);
    if (fields.length !== columns.length) {
      throw new Error(`it has ${fields.length} field${fields.length === 1 ? "" : "s"} and the header ${columns.length}`);
    }
    const row = Object.fromEntries(COLUMNS.map((name) => [name, fields[columns.lastIndexOf(name)] ?? ""]));
    if (separator !== ",") for (const name of NUMBERS) row[name] = row[name].replaceAll(",", ".");
    return row;
  }

  /** The rows of a file, as they are written today, and a sentence on each line that is none. Throws as `read` does. */
  function parse(data) {
    const { votes, problems } = read(data);
    return { rows: votes.map(({ vote }) => rowOf(vote)), problems: problems.map(({ line, reason }) => `line ${line}: ${reason}`) };
  }

  /** Two lists of rows as one, by time, no row twice. */
  function merged(rows, more) {
    const key = (row) => line(COLUMNS.map((name) => row[name]));
    const all = new Map([...rows, ...more].map((row) => [key(row), row]));
    return [...all.values()].sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
  }

  /**
   * The votes of several files, ordered by time, each once however often it is there, and none that was taken back.
   * files: [{name, votes}] as `read` gives them. {votes, stray: undos of nothing, [{file, line}], fresh: name -> how many are in no file
   * before it, duplicates, origins: rater -> names of files}
   */
  function merge(files) {
    const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const [seen, fresh, origins] = [new Map(), new Map(), new Map()];
    let total = 0;
    for (const { name, votes } of sorted) {
      fresh.set(name, 0);
      for (const { vote, line } of votes) {
        const key = JSON.stringify(vote);
        total++;
        if (!seen.has(key)) fresh.set(name, fresh.get(name) + 1);
        else if (seen.get(key).file !== name) continue;
        seen.set(key, { ...vote, file: name, line });
        origins.set(vote.rater, (origins.get(vote.rater) ?? new Set()).add(name));
      }
    }
    const { kept, stray } = withoutUndone([...seen.values()].sort((a, b) => a.time - b.time));
    return { votes: kept, stray, fresh, duplicates: total - seen.size, origins };
  }

  const csvOf = (votes) => asCsv(votes.map(rowOf));

  return { COLUMNS, newName, choiceRow, undoRow, standing, asCsv, parse, merged, read, merge, csvOf };
})();

if (typeof module !== "undefined") module.exports = VoteRecord;
