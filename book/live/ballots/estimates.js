// What votes say, with intervals: aesthetic_utils/judgements (agreement, rankings, choice_parts, taste) and
// aesthetic_utils/statistics once more, with the same draws. Pure functions, tested by node against the package.
"use strict";

const Estimates = (() => {
  const node = typeof module !== "undefined";
  const { maximise, fit, intervals, ranks, winsOf, placesAround, rankIntervals } = node
    ? require("../votes/bradley_terry.js")
    : BradleyTerry;
  const { wilson } = node ? require("../chart.js") : LiveChart;
  const { generator } = node ? require("./draws.js") : Draws;

  const REPEATS = 400; // draws of each bootstrap
  const SEED = 0; // of each

  const table = (rows, columns, value = 0) => Array.from({ length: rows }, () => new Float64Array(columns).fill(value));
  const range = (n) => Array.from({ length: n }, (_, i) => i);
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const mean = (values) => sum(values) / values.length;
  const unique = (values) => [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

  /** The quantile of numbers, as numpy's, between neighbours; NaNs are left out. */
  function quantile(values, share) {
    const sorted = Float64Array.from(values).filter((v) => !Number.isNaN(v)).sort();
    const place = share * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return low + (high - low) * (place - Math.floor(place));
  }

  const ends = (values) => ({ low: quantile(values, 0.025), high: quantile(values, 0.975) });

  /** How often each of k was drawn, when k are drawn with replacement: [k]. */
  function times(draw, k) {
    const counts = new Float64Array(k);
    for (let i = 0; i < k; i++) counts[draw(k)]++;
    return counts;
  }

  /** The value below which a share of 97.5 % of Student's distribution lies; freedom: a whole number from 1. */
  function studentQuantile(freedom) {
    // the chance of -t to t as a finite sum (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4)
    const inside = (t) => {
      const angle = Math.atan(t / Math.sqrt(freedom));
      const [sine, square] = [Math.sin(angle), Math.cos(angle) ** 2];
      const odd = freedom % 2 === 1;
      let [term, total] = odd ? [Math.cos(angle), 0] : [1, 0];
      for (let i = odd ? 1 : 0; i <= freedom - 2; i += 2) {
        total += term;
        term *= (square * (i + 1)) / (i + 2);
      }
      return odd ? (2 / Math.PI) * (angle + sine * total) : sine * total;
    };
    let [low, high] = [0, 13];
    for (let turn = 0; turn < 60; turn++) {
      const middle = (low + high) / 2;
      if (inside(middle) < 0.95) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }

  // ---- choices between two

  /** Choices by the numbers of raters, items and pairs: {raters, items, pairs: [[a, b]], choices: [{rater, pair, outcome}]}. */
  function choicesOf(votes) {
    const items = unique(votes.flatMap(({ left, right }) => [left, right]));
    const raters = unique(votes.map(({ rater }) => rater));
    const [item, rater] = [items, raters].map((names) => new Map(names.map((name, i) => [name, i])));
    const [pairs, place] = [[], new Map()];
    const choices = votes.map((vote) => {
      const [left, right] = [item.get(vote.left), item.get(vote.right)];
      const [a, b] = left < right ? [left, right] : [right, left];
      const key = a * items.length + b;
      if (!place.has(key)) place.set(key, pairs.push([a, b]) - 1);
      const first = (vote.choice === "left") === (left === a);
      return { rater: rater.get(vote.rater), pair: place.get(key), outcome: vote.choice === "tie" ? 0 : first ? 1 : -1 };
    });
    return { items, raters, pairs, choices };
  }

  /** How often two raters prefer the same of two items, and over how many common questions; null without any. */
  function agreement({ raters, pairs, choices }) {
    const said = range(3).map(() => table(raters.length, pairs.length)); // win, tie, loss
    for (const { rater, pair, outcome } of choices) said[1 - outcome][rater][pair]++;
    const asked = range(raters.length).map((r) => range(pairs.length).filter((p) => said.some((s) => s[r][p])));
    for (const [r, own] of asked.entries()) {
      for (const p of own) {
        const count = sum(said.map((s) => s[r][p]));
        for (const s of said) s[r][p] /= count;
      }
    }
    const [same, common] = [table(raters.length, raters.length), table(raters.length, raters.length)];
    for (let i = 0; i < raters.length; i++) {
      for (let j = 0; j < i; j++) {
        for (const p of asked[i]) {
          const [a, b] = [said.map((s) => s[i][p]), said.map((s) => s[j][p])];
          if (!sum(b)) continue;
          common[i][j]++;
          same[i][j] += a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + (a[1] * (b[0] + b[2]) + b[1] * (a[0] + a[2])) / 2;
        }
        [common[j][i], same[j][i]] = [common[i][j], same[i][j]];
      }
    }
    return ofCommon(same, common);
  }

  function ofCommon(same, common) {
    const k = same.length;
    const twice = sum(common.map(sum));
    if (!twice) return null;
    const found = { value: sum(same.map(sum)) / twice, common: twice / 2 };
    if (k === 2) return { ...found, ...wilson(found.value * found.common, found.common), n: found.common };
    const draw = generator(SEED);
    const drawn = [];
    for (let turn = 0; turn < REPEATS; turn++) {
      const counts = times(draw, k);
      const there = range(k).filter((i) => counts[i]);
      let [alike, all] = [0, 0];
      for (const i of there) {
        for (const j of there) {
          alike += counts[i] * counts[j] * same[i][j];
          all += counts[i] * counts[j] * common[i][j];
        }
      }
      if (all) drawn.push(alike / all);
    }
    return { ...found, ...ends(drawn), n: k };
  }

  /**
   * Shared, private and noise: parts of the variance of a choice, from each rater's first and second answer to a question;
   * null where no two raters answered a question twice. `ties` counts what was left out since one of the two was a tie.
   */
  function choiceParts({ raters, pairs, choices }) {
    const given = raters.map(() => new Map());
    for (const { rater, pair, outcome } of choices) given[rater].set(pair, [...(given[rater].get(pair) ?? []), outcome]);
    let ties = 0;
    const rows = given.map((own) => {
      const twice = [...own].filter(([, outcomes]) => outcomes.length > 1);
      const plain = twice.filter(([, [one, two]]) => one && two);
      ties += twice.length - plain.length;
      return plain.map(([pair, [one, two]]) => ({ pair, mean: (one + two) / 2, same: one * two }));
    }).filter((row) => row.length);
    const parts = (counts) => {
      const columns = table(4, pairs.length); // n, squares, mean, squares of mean
      let [within, all] = [0, 0];
      rows.forEach((row, i) => {
        const n = counts[i];
        if (!n) return;
        for (const { pair, mean: m, same } of row) {
          [n, n * n, n * m, n * n * m * m].forEach((value, c) => (columns[c][pair] += value));
          within += n * same;
          all += n;
        }
      });
      const [n, squares, means, own] = columns;
      const held = sum(pairs.map((_, p) => n[p] ** 2 - squares[p]));
      if (!held) return [NaN, NaN, NaN];
      const between = sum(pairs.map((_, p) => means[p] ** 2 - own[p])) / held;
      return [between, within / all - between, 1 - within / all];
    };
    const answered = pairs.map((_, p) => rows.filter((row) => row.some(({ pair }) => pair === p)).length);
    const questions = answered.filter((n) => n > 1).length;
    if (!questions) return null;
    const draw = generator(SEED);
    const drawn = range(REPEATS).map(() => parts(times(draw, rows.length)));
    const found = parts(rows.map(() => 1));
    const [shared, own, noise] = found.map((value, i) => ({ value, ...ends(drawn.map((d) => d[i])), n: rows.length }));
    return { shared, private: own, noise, questions, ties };
  }

  /** The scores of raters drawn anew: [REPEATS][K]. */
  function raterBootstrap({ items, raters, pairs, choices }, score) {
    const own = raters.map(() => []);
    for (const { rater, pair, outcome } of choices) own[rater].push([pair, outcome]);
    const draw = generator(SEED);
    return range(REPEATS).map(() => {
      const wins = table(items.length, items.length);
      times(draw, raters.length).forEach((n, rater) => {
        if (!n) return;
        for (const [pair, outcome] of own[rater]) {
          const [a, b] = pairs[pair];
          wins[a][b] += (n * (1 + outcome)) / 2;
          wins[b][a] += (n * (1 - outcome)) / 2;
        }
      });
      return maximise(wins, undefined, score);
    });
  }

  /** Rows [K][K] of which linear combinations of independent numbers have the covariance [K][K], which may be singular. */
  function root(covariance) {
    const k = covariance.length;
    const lower = table(k, k);
    const least = 1e-12 * Math.max(...covariance.map((row, i) => row[i]));
    for (let j = 0; j < k; j++) {
      const rest = (i) => covariance[i][j] - sum(range(j).map((m) => lower[i][m] * lower[j][m]));
      const pivot = rest(j);
      if (pivot <= least) continue;
      for (let i = j; i < k; i++) lower[i][j] = rest(i) / Math.sqrt(pivot);
    }
    return lower;
  }

  /** The covariance of scores had other raters been asked: [K][K]. */
  function covarianceOf(drawn, raters) {
    const k = drawn[0].length;
    const centre = range(k).map((i) => mean(drawn.map((row) => row[i])));
    const found = table(k, k);
    for (const row of drawn) {
      for (let i = 0; i < k; i++) {
        for (let j = 0; j < k; j++) found[i][j] += (row[i] - centre[i]) * (row[j] - centre[j]);
      }
    }
    return found.map((row) => row.map((value) => ((value / drawn.length) * raters) / (raters - 1)));
  }

  /** The items, the best first, with scores, intervals and plausible ranks. */
  function ranking(all) {
    const { items, raters, pairs, choices } = all;
    const votes = choices.map(({ pair, outcome }) => {
      const [a, b] = pairs[pair];
      return outcome < 0 ? [b, a, false] : [a, b, outcome === 0];
    });
    const k = items.length;
    let [score, spread, places] = [maximise(winsOf(votes, k)), null, null];
    if (raters.length > 1) {
      const covariance = covarianceOf(raterBootstrap(all, score), raters.length);
      const lower = root(covariance);
      const half = studentQuantile(raters.length - 1);
      spread = Array.from(score, (s, i) => [-1, 1].map((side) => s + side * half * Math.sqrt(Math.max(0, covariance[i][i]))));
      const error = (noise) => range(k).map((i) => sum(range(i + 1).map((j) => lower[i][j] * noise[j])));
      places = placesAround(score, error, { seed: SEED });
    } else {
      const fitted = fit(votes, k);
      [spread, places] = [intervals(fitted), rankIntervals(fitted, { seed: SEED })];
    }
    const shown = new Float64Array(k);
    for (const [a, b] of votes) [a, b].forEach((i) => shown[i]++);
    const rank = ranks(score);
    return range(k)
      .map((i) => ({
        item: items[i], votes: shown[i], score: score[i], low: spread[i][0], high: spread[i][1], rank: rank[i],
        best: places[i][0], worst: places[i][1],
      }))
      .sort((a, b) => a.rank - b.rank);
  }

  /** What the reader of the scores has to know about missing comparisons; nothing if there is nothing. */
  function missingLinks({ items, pairs, choices }) {
    const beat = items.map(() => new Set());
    for (const { pair, outcome } of choices) {
      const [a, b] = pairs[pair];
      if (outcome >= 0) beat[a].add(b);
      if (outcome <= 0) beat[b].add(a);
    }
    const met = items.map((_, i) => new Set([...beat[i], ...range(items.length).filter((j) => beat[j].has(i))]));
    const reached = (links, start) => {
      const found = new Set([start]);
      for (const i of found) for (const j of links[i]) found.add(j);
      return found;
    };
    const named = (places) => {
      const names = [...places].sort((a, b) => a - b).map((i) => items[i]);
      return names.slice(0, 4).join(", ") + (names.length > 4 ? ` and ${names.length - 4} more` : "");
    };
    const parts = [];
    for (const i of items.keys()) if (!parts.some((part) => part.has(i))) parts.push(reached(met, i));
    if (parts.length > 1) {
      const small = parts.reduce((a, b) => (b.size < a.size ? b : a));
      return `The comparisons fall into ${parts.length} groups that were never compared with each other, one ` +
        `of them ${named(small)}: how the groups stand to each other is not known.`;
    }
    const below = items.map((_, i) => reached(beat, i));
    const groups = items.map((_, i) => new Set([...below[i]].filter((j) => below[j].has(i))));
    if (groups[0].size === items.length) return "";
    const top = groups.find((group) => items.every((_, j) => group.has(j) || [...group].every((i) => !beat[j].has(i))));
    return `${named(top)} never lost against any of the other items: without ridge the distance to ` +
      "them is not bounded, and with it the distance is set by the ridge as well.";
  }

  // ---- scores on a scale

  /** Scores by the numbers of raters and items: {raters, items, values: [R][I] lists of a rater's scores, the first first}. */
  function scoresOf(votes) {
    const raters = unique(votes.map(({ rater }) => rater));
    const items = unique(votes.map(({ item }) => item));
    const values = raters.map(() => items.map(() => []));
    const [row, column] = [raters, items].map((names) => new Map(names.map((name, i) => [name, i])));
    for (const { rater, item, score } of votes) values[row.get(rater)][column.get(item)].push(score);
    return { raters, items, values };
  }

  /** Krippendorff's alpha of first scores, for interval data; null where it cannot be had. */
  function alpha({ values, items }) {
    const columns = items.map((_, i) => values.map((row) => row[i][0]).filter((s) => s !== undefined)).filter((c) => c.length > 1);
    if (columns.length < 2) return null;
    const middle = mean(columns.flat());
    const stats = columns.map((column) => {
      const centred = column.map((s) => s - middle);
      const [n, s, q] = [column.length, sum(centred), sum(centred.map((x) => x * x))];
      return { n, s, q, observed: (n * q - s * s) / (n - 1) };
    });
    const least = 1e-12;
    const all = sum(stats.map(({ q }) => q));
    const of = (drawn) => {
      const [n, s, q, observed] = ["n", "s", "q", "observed"].map((key) => sum(drawn.map((d) => stats[d][key])));
      const spread = n * q - s * s;
      return spread <= least * Math.max(n * all, 1e-300) ? NaN : 1 - ((n - 1) * observed) / spread;
    };
    const value = of(range(stats.length));
    if (Number.isNaN(value)) return null;
    const draw = generator(SEED);
    const drawn = range(REPEATS).map(() => of(stats.map(() => draw(stats.length))));
    return { value, ...ends(drawn), n: stats.length, basis: `${stats.length} pictures with two scores or more` };
  }

  /** Raters and items of a large block without a gap: there [R][I]. The one with most gaps goes, until there is none. */
  function completeBlock(there) {
    let [rows, columns] = [range(there.length), range(there[0]?.length ?? 0)];
    while (rows.length && columns.length) {
      const byRow = rows.map((r) => mean(columns.map((c) => (there[r][c] ? 0 : 1))));
      const byColumn = columns.map((c) => mean(rows.map((r) => (there[r][c] ? 0 : 1))));
      const [most, mostColumn] = [Math.max(...byRow), Math.max(...byColumn)];
      if (!most) break;
      if (most >= mostColumn) rows = rows.filter((_, i) => i !== byRow.indexOf(most));
      else columns = columns.filter((_, i) => i !== byColumn.indexOf(mostColumn));
    }
    return [rows, columns];
  }

  /** Variances of shared and of private taste, by the analysis of variance: x [R][I][2]; either may be below 0. */
  function tasteParts(x) {
    const [raters, items] = [x.length, x[0].length];
    const cell = x.map((row) => row.map(mean));
    const byRater = cell.map(mean);
    const byItem = range(items).map((i) => mean(cell.map((row) => row[i])));
    const all = mean(byRater);
    const variance = (values, centre = mean(values)) => sum(values.map((v) => (v - centre) ** 2)) / (values.length - 1);
    const rest = sum(cell.map((row, r) => sum(row.map((v, i) => (v - byRater[r] - byItem[i] + all) ** 2))));
    const both = (2 * rest) / ((raters - 1) * (items - 1));
    const noise = sum(x.map((row, r) => sum(row.map((two, i) => sum(two.map((v) => (v - cell[r][i]) ** 2)))))) / (raters * items);
    return { item: (raters * 2 * variance(byItem) - both) / (raters * 2), interaction: (both - noise) / 2 };
  }

  /** The beholder index b1 with its interval, from the pictures that were scored twice; null where it cannot be had. */
  function beholder({ values, raters, items }) {
    const [rows, columns] = completeBlock(values.map((row) => row.map((scores) => scores.length > 1)));
    if (Math.min(rows.length, columns.length) < 2) return null;
    const x = rows.map((r) => columns.map((c) => values[r][c].slice(0, 2)));
    const unclipped = ({ item, interaction }) => (interaction + item > 0 ? interaction / (interaction + item) : NaN);
    const found = tasteParts(x);
    const [own, shared] = [Math.max(found.interaction, 0), Math.max(found.item, 0)];
    if (!(own + shared)) return null;
    const draw = generator(SEED);
    const drawn = range(REPEATS).map(() => {
      const r = rows.map(() => draw(rows.length));
      const c = columns.map(() => draw(columns.length));
      return unclipped(tasteParts(r.map((i) => c.map((j) => x[i][j]))));
    });
    const centre = unclipped(found);
    let [low, high] = [0, 1]; // more noise than taste of either kind: nothing is known
    if (drawn.some((d) => !Number.isNaN(d)) && !Number.isNaN(centre)) {
      const moved = ends(drawn);
      const shift = centre - quantile(drawn, 0.5);
      [low, high] = [moved.low, moved.high].map((end) => Math.min(1, Math.max(0, end + shift)));
    }
    return {
      private: {
        value: own / (own + shared), low, high, n: Math.min(rows.length, columns.length),
        basis: `${rows.length} voters, ${columns.length} pictures scored twice`,
      },
    };
  }

  /** The items by mean score, the best first; a rater's rounds are averaged first. */
  function meanRows({ items, values }) {
    return items
      .map((item, i) => {
        const own = values.map((row) => row[i]).filter((scores) => scores.length);
        const means = own.map(mean);
        const score = mean(means);
        const sd = Math.sqrt(sum(means.map((m) => (m - score) ** 2)) / (means.length - 1));
        const half = means.length > 1 ? (studentQuantile(means.length - 1) * sd) / Math.sqrt(means.length) : null;
        const between = half === null ? { low: null, high: null } : { low: score - half, high: score + half };
        return { item, votes: sum(own.map((scores) => scores.length)), score, ...between, best: null, worst: null };
      })
      .sort((a, b) => b.score - a.score || (a.item < b.item ? -1 : 1))
      .map((row, i) => ({ ...row, rank: i + 1 }));
  }

  return {
    REPEATS, SEED, unique, studentQuantile, choicesOf, agreement, choiceParts, ranking, missingLinks, scoresOf, alpha, beholder, meanRows,
  };
})();

if (typeof module !== "undefined") module.exports = Estimates;
