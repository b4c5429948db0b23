// The board from files: which files came in, what aesthetic_utils/class_votes/board.py says of their votes, and in which
// words. Pure functions, tested by node against the package on the same files.
"use strict";

const Ballots = (() => {
  const node = typeof module !== "undefined";
  const record = node ? require("../votes/record.js") : VoteRecord;
  const estimates = node ? require("./estimates.js") : Estimates;
  const { unique, choicesOf, scoresOf } = estimates;

  const FEW = 10; // voters below which intervals are only roughly known
  const MOST_ITEMS = 100; // a ranking of more takes too long here
  const MOST_BYTES = 10e6; // of a file
  const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

  // ---- the board

  /**
   * Votes that can be taken together, the most first: [{task, question, scale, votes}]. Answers to two questions are kept apart, and
   * scores on two scales. Where only one question was recorded, votes without one go with it.
   */
  function groupsOf(votes) {
    const groups = ["pair", "scale"].flatMap((task) => {
      const own = votes.filter((vote) => vote.task === task);
      const asked = unique(own.map(({ question }) => question).filter(Boolean));
      const scales = new Set(own.map(({ scale }) => String(scale)));
      const found = new Map();
      for (const vote of own) {
        const question = asked.length > 1 || scales.size > 1 ? vote.question : asked[0] ?? "";
        const key = JSON.stringify([question, vote.scale]);
        if (!found.has(key)) found.set(key, { task, question, scale: vote.scale, votes: [] });
        found.get(key).votes.push(vote);
      }
      return [...found.values()];
    });
    return groups.sort((a, b) => b.votes.length - a.votes.length);
  }

  /** What the board shows of the votes of one group; what cannot be said yet has a sentence in `cannot`, by its name. */
  function board({ task, votes }) {
    const voters = new Set(votes.map(({ rater }) => rater)).size;
    const found = { votes: votes.length, voters, agreement: null, parts: null, ranking: [], cannot: {}, notes: [] };
    return task === "pair" ? ofChoices(found, choicesOf(votes)) : ofScores(found, scoresOf(votes));
  }

  function ofChoices(found, all) {
    const { items, raters, choices } = all;
    const { cannot, notes } = found;
    if (items.length > MOST_ITEMS) {
      cannot.ranking = `${items.length} pictures are more than this page ranks (${MOST_ITEMS}). aesthetic votes report does.`;
    } else {
      found.ranking = estimates.ranking(all);
      const missing = estimates.missingLinks(all);
      if (missing) notes.push(missing);
    }
    const ties = choices.filter(({ outcome }) => !outcome).length;
    if (ties) notes.push(`${ties} of ${choices.length} answers are ties; a tie counts as half a win for each of the two.`);
    if (raters.length === 1) notes.push("This is the ranking of one person; its intervals say nothing about others.");
    else if (raters.length < FEW) notes.push(`With fewer than ${FEW} voters the intervals are only roughly known.`);
    if (raters.length === 2) notes.push("With two voters the interval of their agreement counts questions; it says nothing about other people.");
    found.agreement = estimates.agreement(all);
    if (!found.agreement) cannot.agreement = "No two of you have answered the same question yet.";
    found.parts = estimates.choiceParts(all);
    if (!found.parts) {
      cannot.parts =
        "One round cannot tell private taste from noise. It takes the second round, and two voters who answered " +
        "the same question in both.";
    } else if (found.parts.ties) {
      notes.push(`What is shared and what is private leaves out ${plural(found.parts.ties, "answer")} in which one of two rounds was a tie.`);
    }
    return found;
  }

  function ofScores(found, all) {
    found.ranking = estimates.meanRows(all);
    found.agreement = estimates.alpha(all);
    if (!found.agreement) {
      found.cannot.agreement = "No two of you have scored the same two pictures, or all scores are alike.";
    }
    found.parts = estimates.beholder(all);
    if (!found.parts) {
      found.cannot.parts =
        "It takes the second round, and two voters who scored the same two pictures in both, not all alike, and more " +
        "in the scores than noise.";
    }
    return found;
  }

  // ---- files

  /** What a file is: {votes: as VoteRecord.read gives them} if all of it came in, or {refused: why none of it did}. */
  function opened(bytes) {
    if (bytes.length > MOST_BYTES) return { refused: `It has ${Math.round(bytes.length / 1e6)} MB; this page reads files up to ${MOST_BYTES / 1e6} MB.` };
    try {
      const { votes, problems } = record.read(bytes);
      if (problems.length) {
        const [{ line, reason }] = problems;
        const more = problems.length > 1 ? ` So ${problems.length === 2 ? "is another line" : `are ${problems.length - 1} other lines`}.` : "";
        return { refused: `Line ${line} is no vote: ${reason}.${more} Nothing of the file was taken.` };
      }
      if (!votes.length) return { refused: "There is no vote in it." };
      const { votes: standing } = record.merge([{ name: "", votes }]);
      return standing.length ? { votes, standing } : { refused: "There is no vote in it that was not taken back." };
    } catch ({ message }) {
      return { refused: message };
    }
  }

  /** A name that no file has yet: `a.csv`, then `a (2).csv`. */
  function freeName(name, names) {
    const [, stem, ending] = /^(.*?)(\.[^.]*)?$/s.exec(name);
    let [free, n] = [name, 2];
    while (names.includes(free)) free = `${stem} (${n++})${ending ?? ""}`;
    return free;
  }

  /** What is said of the votes that a file, {name, votes, standing}, brought, given `merge` of all. */
  function broughtSaid({ name, votes, standing }, merged) {
    const raters = unique(standing.map(({ rater }) => rater));
    const who = raters.length === 1 ? raters[0] : plural(raters.length, "voter");
    const fresh = merged.fresh.get(name);
    const twice = fresh === votes.length ? "" : fresh
      ? ` ${votes.length - fresh} of its ${votes.length} rows are in another file too, or twice in this one, and counted once.`
      : " All of it is in another file too, and counted once.";
    return `${plural(standing.length, "vote")} of ${who}.${twice}`;
  }

  /** What the teacher should look at before believing the numbers: one voter in two files, two names for one voter, loose undos. */
  function doubtsOf({ votes, stray, origins }) {
    const listed = (names) => [...names].sort().join(" and ");
    const several = [...origins].filter(([, names]) => names.size > 1).map(([rater, names]) =>
      `${rater} is in ${listed(names)}: one person, or two with the same name? Both count as one voter.`,
    );
    const alike = sameAnswers(votes).map(([a, b, n]) =>
      `${a} (in ${listed(origins.get(a))}) and ${b} (in ${listed(origins.get(b))}) gave ${n} answers at the same thousandth of a second: ` +
        "one person under two names? They count as two voters; remove one of the files if they are not.",
    );
    const loose = stray.map(({ file, line }) => `${file}, line ${line}: it takes back a vote that is not here.`);
    return [...several, ...alike, ...loose];
  }

  /** Pairs of raters, at least three of whose answers, and half of those of the one with fewer, fell at the same time: [[a, b, n]]. */
  function sameAnswers(votes) {
    const [count, held, shared] = [new Map(), new Map(), new Map()];
    for (const { rater, time, left, right, item, choice, score } of votes) {
      const key = JSON.stringify([time, left, right, item, choice, score]);
      count.set(rater, (count.get(rater) ?? 0) + 1);
      for (const other of held.get(key) ?? []) {
        const pair = JSON.stringify([other, rater].sort());
        if (other !== rater) shared.set(pair, (shared.get(pair) ?? 0) + 1);
      }
      held.set(key, [...(held.get(key) ?? []), rater]);
    }
    return [...shared]
      .map(([pair, n]) => [...JSON.parse(pair), n])
      .filter(([a, b, n]) => n >= 3 && 2 * n >= Math.min(count.get(a), count.get(b)));
  }

  // ---- words

  const minus = (text) => text.replace("-", "\u2212");
  const signed = (value) => minus(value.toFixed(2));
  const percent = (value) => minus(`${Math.round(100 * value)}\u00a0%`);
  const between = ({ value, low, high }, words = percent) => `${words(value)} (${words(low)} to ${words(high)})`;

  const agreementSaid = ({ agreement: found, voters }, task) =>
    task === "pair"
      ? `Two of you prefer the same of two pictures in ${between(found)} of cases; by chance it would be 50\u00a0%. ` +
        `${plural(found.common, "common question")} of ${plural(voters, "voter")}.`
      : `Krippendorff's alpha of your first scores is ${between(found, signed)}: 1 if all agree, 0 if the scores ` +
        `might as well have been dealt at random. ${found.basis}.`;

  const partsSaid = ({ parts }, task) =>
    task === "pair"
      ? `Of the variance of your choices, ${between(parts.shared)} is shared by all, ${between(parts.private)} is private ` +
        `taste, and ${between(parts.noise)} is noise, not repeated by the same person. ` +
        `${plural(parts.shared.n, "voter")}, ${plural(parts.questions, "question")} answered twice.`
      : `Of your taste, ${between(parts.private)} is private, and the rest is shared by all (the beholder ` +
        `index b1). ${parts.private.basis}.`;

  function groupSaid({ task, question, scale }) {
    const kind = task === "pair" ? "pairs" : scale ? `scores from ${scale[0]} to ${scale[1]}` : "scores, their scale not recorded";
    return `${question ? `\u201c${question}\u201d` : "a question that was not recorded"} (${kind})`;
  }

  // ---- the invented class

  /** The files of an invented class, {name, bytes}: `data` has items, pairs and each voter's answers in two rounds, L or R. */
  function invented({ question, items, pairs, answers }) {
    const start = Date.UTC(2026, 8, 7, 8);
    return answers.map((given, voter) => {
      const rows = [...given].map((letter, i) => {
        const [round, turned] = i < pairs.length ? [1, false] : [2, true];
        const [a, b] = pairs[i % pairs.length].map((place) => items[place]);
        const [left, right] = turned ? [b, a] : [a, b];
        const shown = new Date(start + 1000 * (voter + 6 * i + (round - 1) * 600));
        const choice = letter === "L" ? "left" : "right";
        return record.choiceRow({
          rater: `invented-${voter + 1}`, session: `EXAMPLE-${round}`, left, right, choice, question, shown, now: new Date(+shown + 2500 + 10 * voter),
        });
      });
      return { name: `invented_${voter + 1}.csv`, bytes: new TextEncoder().encode(record.asCsv(rows)) };
    });
  }

  return {
    groupsOf, board, opened, freeName, broughtSaid, doubtsOf, agreementSaid, partsSaid,
    groupSaid, signed, plural, invented,
  };
})();

if (typeof module !== "undefined") module.exports = Ballots;
