// The taste laboratory: what is asked, and what a reader's choices say. Pure functions, tested by node.
// A picture is an entry of TASTE.groups[group]; it stands for a "thing" that is ranked: a photograph, a designer, a method,
// a maker. A choice is {group, left, right, choice}: names of two pictures and "left", "right" or "tie".
"use strict";

const Taste = (() => {
  const node = typeof LiveChart === "undefined";
  const { generator, wilson, percent } = node ? require("../chart.js") : LiveChart;
  const ranking = node ? require("../votes/bradley_terry.js") : BradleyTerry;

  const QUESTION = "Which of the two do you like better?"; // that of lesson 2.5, whose file this one can join
  const PATTERN = ["photographs", "designs", "photographs", "crops", "photographs", "designs", "photographs", "drawings",
    "photographs", "crops", "photographs", "designs", "photographs", "drawings"]; // asked twice over
  const MORE = 16; // further pairs of photographs
  const AGAIN = 4; // each fourth question of a group has been asked before
  const LAST = 5; // but is none of the last so many
  const RANKED = ["photographs", "designs", "crops", "drawings"];

  /** How many choices of each group make a sitting, with so many rounds of MORE. */
  function quota(rounds = 0) {
    const wanted = {};
    for (const group of [...PATTERN, ...PATTERN]) wanted[group] = (wanted[group] ?? 0) + 1;
    wanted.photographs += MORE * rounds;
    return wanted;
  }

  // ---- choices

  const find = (data, name) => {
    for (const [group, pictures] of Object.entries(data.groups)) {
      const place = pictures.findIndex((picture) => picture.name === name);
      if (place >= 0) return { group, place, picture: pictures[place] };
    }
    return null;
  };

  /** The choices among rows of a file (see record.js) that are about pictures of this page and its question. */
  function choicesOf(data, rows) {
    const found = [];
    for (const { left, right, choice, question } of rows) {
      const group = find(data, left)?.group;
      if (!group || find(data, right)?.group !== group || !["", QUESTION].includes(question)) continue;
      found.push({ group, left, right, choice });
    }
    return found;
  }

  const count = (choices, group) => choices.filter((choice) => choice.group === group).length;
  const keyOf = (a, b) => (a < b ? `${a}\t${b}` : `${b}\t${a}`);

  /** The names of what a group ranks, in the order of the data. */
  const thingsOf = (data, group) => [...new Set(data.groups[group].map(({ thing }) => thing))];

  /** Choices of one group as [winner, loser, tie], indices of things. */
  function votesOf(data, choices, group) {
    const things = thingsOf(data, group);
    const index = (name) => things.indexOf(find(data, name).picture.thing);
    return choices
      .filter((choice) => choice.group === group)
      .map(({ left, right, choice }) => {
        const ends = [index(left), index(right)];
        return [...(choice === "right" ? ends.reverse() : ends), choice === "tie"];
      });
  }

  const fit = (data, choices, group) =>
    ranking.fit(votesOf(data, choices, group), thingsOf(data, group).length);

  // ---- what to ask next

  /** Pairs of pictures of a group that can be asked, [place, place]: of two things, and of one topic where there are topics. */
  function pairsOf(data, group) {
    const pictures = data.groups[group];
    const pairs = [];
    pictures.forEach((a, i) =>
      pictures.forEach((b, j) => i < j && a.thing !== b.thing && a.topic === b.topic && pairs.push([i, j])),
    );
    return pairs;
  }

  /** The group that is asked about now; null when the sitting is over. */
  function groupNow(choices, rounds) {
    const needed = {};
    for (const group of [...PATTERN, ...PATTERN]) {
      needed[group] = (needed[group] ?? 0) + 1;
      if (count(choices, group) < needed[group]) return group;
    }
    return count(choices, "photographs") < quota(rounds).photographs ? "photographs" : null;
  }

  /** How many questions are answered, and how many there are in all. */
  function progress(choices, rounds) {
    const left = Object.entries(quota(rounds)).map(([group, n]) => Math.max(0, n - count(choices, group)));
    return { answered: choices.length, all: choices.length + left.reduce((a, b) => a + b, 0) };
  }

  /** Pairs of a group that were judged once and not lately, as they were shown. */
  function askedOnce(choices, group) {
    const times = new Map();
    for (const { left, right } of choices) times.set(keyOf(left, right), (times.get(keyOf(left, right)) ?? 0) + 1);
    return choices.slice(0, -LAST).filter((c) => c.group === group && times.get(keyOf(c.left, c.right)) === 1);
  }

  /**
   * The next two pictures, {group, left, right, again}; null when the sitting is over. Each fourth question of a group is
   * an earlier one with its sides turned; the others are the pair whose answer promises to tell most about the scores,
   * and no pair comes twice until all have been judged. The same choices and seed give the same pair.
   */
  function nextPair(data, choices, { rounds = 0, seed = 0 } = {}) {
    const group = groupNow(choices, rounds);
    if (!group) return null;
    const random = generator(seed + 7919 * choices.length);
    const draw = (list) => list[Math.floor(random() * list.length)];
    const old = (count(choices, group) + 1) % AGAIN === 0 ? askedOnce(choices, group) : [];
    if (old.length) {
      const { left, right } = draw(old);
      return { group, left: right, right: left, again: true };
    }
    const chosen = draw(bestPairs(data, choices, group));
    const [left, right] = random() < 0.5 ? chosen : [chosen[1], chosen[0]];
    const name = (place) => data.groups[group][place].name;
    return { group, left: name(left), right: name(right), again: false };
  }

  /** Pairs of a group [place, place] that have not been judged, if there are any, and promise most. */
  function bestPairs(data, choices, group) {
    const pictures = data.groups[group];
    const judged = new Set(choices.map(({ left, right }) => keyOf(left, right)));
    const pairs = pairsOf(data, group);
    const fresh = pairs.filter(([i, j]) => !judged.has(keyOf(pictures[i].name, pictures[j].name)));
    const open = fresh.length ? fresh : pairs;
    const things = thingsOf(data, group);
    const gain = ranking.expectedInformation(fit(data, choices, group));
    const gains = open.map((pair) => {
      const [a, b] = pair.map((place) => things.indexOf(pictures[place].thing));
      return gain[a][b];
    });
    const most = Math.max(...gains);
    return open.filter((_, i) => gains[i] >= most - 1e-9);
  }

  // ---- the map of one's own taste

  /** How often the reader agrees with an earlier self: {same, n}; a tie against a choice counts half. */
  const withOneself = (choices) =>
    ranking.repeatAgreement(
      choices.map(({ left, right, choice }) => [...(choice === "right" ? [right, left] : [left, right]), choice === "tie"]),
    );

  /** What a group ranks, the best first: {thing, score, low, high, best, worst}. */
  function places(data, choices, group) {
    const fitted = fit(data, choices, group);
    const [ends, ranks] = [ranking.intervals(fitted), ranking.rankIntervals(fitted)];
    return thingsOf(data, group)
      .map((thing, i) => ({ thing, score: fitted.score[i], ends: ends[i], best: ranks[i][0], worst: ranks[i][1] }))
      .sort((a, b) => b.score - a.score);
  }

  /** Rank correlations of the photographs' scores with their measures: [{name, rho, low, high}]. */
  function tracks(data, choices) {
    const { score } = fit(data, choices, "photographs");
    return data.measures.map((name, m) => ({
      name,
      ...ranking.rankCorrelation(data.groups.photographs.map(({ measures }) => measures[m]), score),
    }));
  }

  /** How many of the choices (ties apart, each pair's first) the judge foretells: {right, n}. */
  function foretold(data, choices) {
    const seen = new Set();
    const counted = { right: 0, n: 0 };
    for (const { left, right, choice } of choices) {
      const [a, b] = [left, right].map((name) => find(data, name).picture.judge);
      if (choice === "tie" || a === undefined || a === b || seen.has(keyOf(left, right))) continue;
      seen.add(keyOf(left, right));
      counted.n++;
      if (a > b === (choice === "left")) counted.right++;
    }
    return counted;
  }

  /** How often one thing was taken before another, in all choices between the two that were no ties: {won, n}. */
  function duel(data, choices, group, one, other) {
    const things = thingsOf(data, group);
    const [a, b] = [one, other].map((thing) => things.indexOf(thing));
    const votes = votesOf(data, choices, group).filter(([w, l, tie]) => !tie && keyOf(w, l) === keyOf(a, b));
    return { won: votes.filter(([w]) => w === a).length, n: votes.length };
  }

  /** How often drawings by people were taken before those of a generator, without ties: {won, n}. */
  function peopleFirst(data, choices) {
    const votes = votesOf(data, choices, "drawings").filter(([w, l, tie]) => !tie && (w === 0 || l === 0));
    return { won: votes.filter(([w]) => w === 0).length, n: votes.length };
  }

  // ---- saying it

  const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
  const number = (n) => NUMBERS[n] ?? String(n);
  const half = (n) => String(n).replace(".5", "\u00bd").replace(/^0\u00bd/, "\u00bd");
  const range = ({ low, high }) => `${Math.round(100 * low)} to ${percent(high)}`;

  /** Agreement with oneself, beside what was expected (a number of pairs, or null): a list of sentences. */
  function agreementSaid({ same, n }, expected) {
    if (!n) return ["No pair has been asked twice yet."];
    const interval = wilson(same, n);
    const sentences = [
      `Asked again with the sides turned, you gave the same answer to ${half(same)} of ${n} pairs: ` +
        `${percent(same / n)}, and with so few the 95\u00a0% interval runs from ${range(interval)}.`,
    ];
    if (expected !== null) {
      const gap = same - expected;
      sentences.push(
        gap === 0
          ? "That is what you expected."
          : `You had expected ${half(expected)}: you are ${gap > 0 ? "steadier" : "less steady"} than you thought, or this was ${gap > 0 ? "luck" : "bad luck"}.`,
      );
    }
    sentences.push(
      interval.low <= 0.5
        ? "A coin, thrown for each answer, agrees with itself in half of the cases; the interval does not rule it out."
        : "A coin agrees with itself in half of the cases, and that the interval does rule out.",
    );
    return sentences;
  }

  const inOrder = (places) => places.every((p, i) => p.best === i + 1 && p.worst === i + 1);

  /** How firm a ranking is: a list of sentences. */
  function rankingSaid(places, votes) {
    const wide = places.map(({ best, worst }) => worst - best + 1);
    const mean = wide.reduce((a, b) => a + b, 0) / wide.length;
    const top = places.filter(({ best }) => best === 1).length;
    const bottom = places.filter(({ worst }) => worst === places.length).length;
    if (inOrder(places)) return [`${votes} choices settle the order.`];
    return [
      `After ${votes} choices a photograph has ${mean.toFixed(0)} plausible places of ${places.length} on average.`,
      `${capital(number(top))} could be your first, ${number(bottom)} your last.`,
    ];
  }

  const capital = (text) => text[0].toUpperCase() + text.slice(1);

  /** Whether a measure goes with the ranking: a list of sentences. */
  function tracksSaid(tracks, pictures) {
    const clear = tracks.filter(({ low, high }) => low > 0 || high < 0);
    const wide = Math.max(...tracks.map(({ low, high }) => high - low));
    const first = clear.length
      ? `${capital(clear.map(({ name }) => name).join(" and "))} ${clear.length > 1 ? "have intervals" : "has an interval"} without 0.`
      : "None of the five intervals leaves out 0.";
    return [
      first,
      `With ${number(pictures)} pictures an interval is up to ${wide.toFixed(1)} wide on a scale of 2, ` +
        `and it takes your ranking for exact, which it is not. ` +
        (clear.length
          ? "Of five measures that have nothing to do with you one goes that far in more than one case of five."
          : "That does not say that your taste has nothing to do with them: so few pictures cannot say."),
    ];
  }

  /** The judge of lesson 4.6 beside the reader: a list of sentences. */
  function judgeSaid({ right, n }, crowd) {
    if (!n) return [];
    const interval = wilson(right, n);
    const coin = interval.low <= 0.5 && interval.high >= 0.5;
    return [
      `The judge of lesson 4.6 would have foretold ${right} of your ${n} choices: ${percent(right / n)}, interval ${range(interval)}.`,
      coin
        ? "A coin is not ruled out."
        : interval.low > 0.5
          ? "That is more than a coin."
          : "That is less than a coin: you like what it does not.",
      "It learned from a simulated audience that likes simple things in strong colours, and looks at 32 \u00d7 32 pixels. " +
        `People are no easy target either: one voter of AVA orders two photographs as the crowd does in ${percent(crowd)} of cases.`,
    ];
  }

  /** What the reader's choices among enlargements say, beside the people of Ledig et al. (2017): a list of sentences. */
  function cropsSaid(data, choices) {
    const { won, n } = duel(data, choices, "crops", "srgan_x4", "srresnet_x4_light");
    const people =
      "Of 26 people who rated enlargements from 1 to 5, SRGAN got 3.56, SRResNet 2.29 and bicubic 1.47 on average, though " +
      "by PSNR SRGAN is the furthest of the three from the original (Ledig et al. 2017).";
    const own = n ? `You took SRGAN before SRResNet in ${won} of ${n}. ` : "";
    return [`${own}${people} Their networks were larger than ours.`];
  }

  /** What the choices among unlabelled drawings say: a list of sentences. */
  function drawingsSaid(data, choices) {
    const { won, n } = peopleFirst(data, choices);
    if (!n) return [];
    const interval = wilson(won, n);
    return [
      `Without knowing it you took the drawing by people before that of a generator in ${won} of ${n}, interval ${range(interval)}. ` +
        "Labels would have changed that: in six experiments with 2,965 people the same art was valued less when it was said " +
        "to be made by AI (Horton, White and Iyengar 2023).",
    ];
  }

  // ---- the address: "#taste-choose" and "#taste-map"

  const VIEWS = ["choose", "map"];
  const address = (view) => `#taste-${view}`;
  const viewOf = (hash) => VIEWS.find((view) => hash === address(view)) ?? null;

  return {
    QUESTION, PATTERN, MORE, RANKED, quota, find, choicesOf, count, thingsOf, votesOf, fit, pairsOf, groupNow, progress,
    nextPair, bestPairs, withOneself, places, tracks, foretold, duel, peopleFirst, half, range,
    agreementSaid, rankingSaid, tracksSaid, judgeSaid, cropsSaid, drawingsSaid, address, viewOf,
  };
})();

if (typeof module !== "undefined") module.exports = Taste;
