// Choices between two, and the ranking that they give, with its uncertainty: aesthetic_utils/judgements/bradley_terry.py
// and next_pair.py once more, for few items. Pure functions, tested by node against the package.
// A vote is [winner, loser, tie]: two indices of items, and whether it was a tie (then either order will do).
"use strict";

const BradleyTerry = (() => {
  const { generator } = typeof LiveChart === "undefined" ? require("../chart.js") : LiveChart;
  const RIDGE = 0.1; // a normal prior on scores with standard deviation 1 / sqrt(0.1)
  const Z95 = 1.959963984540054;
  // Gauss and Hermite's 21 places of a standard normal and their weights, the negative ones left out
  const NODES = [
    [0, 0.270260183573], [0.678045692441, 0.215333715695], [1.35976582321, 0.108392285626],
    [2.04910246826, 0.0339527297865], [2.75059298105, 0.00643969705141], [3.46984669048, 0.000708047795482],
    [4.21434398169, 4.21923474255e-05], [4.99496394478, 1.22535483615e-06], [5.8293820073, 1.45066128449e-08],
    [6.75144471872, 4.97536860412e-11], [7.84938289511, 2.09899121957e-14],
  ];

  const zeros = (k) => Array.from({ length: k }, () => new Float64Array(k));
  const logistic = (x) => 1 / (1 + Math.exp(-x));
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

  /** How often the row's item beat the column's; a tie is half a win for each: [K][K]. */
  function winsOf(votes, k) {
    const wins = zeros(k);
    for (const [winner, loser, tie] of votes) {
      wins[winner][loser] += tie ? 0.5 : 1;
      if (tie) wins[loser][winner] += 0.5;
    }
    return wins;
  }

  // ---- a little linear algebra, for symmetric positive definite [K][K]

  /** Cholesky's lower factor. */
  function factor(matrix) {
    const k = matrix.length;
    const lower = zeros(k);
    for (let i = 0; i < k; i++) {
      for (let j = 0; j <= i; j++) {
        let rest = matrix[i][j];
        for (let m = 0; m < j; m++) rest -= lower[i][m] * lower[j][m];
        lower[i][j] = i === j ? Math.sqrt(rest) : rest / lower[j][j];
      }
    }
    return lower;
  }

  /** The solution of lower x = right. */
  function forward(lower, right) {
    const x = new Float64Array(right.length);
    for (let i = 0; i < x.length; i++) {
      let rest = right[i];
      for (let m = 0; m < i; m++) rest -= lower[i][m] * x[m];
      x[i] = rest / lower[i][i];
    }
    return x;
  }

  /** The solution of lower^T x = right. */
  function backward(lower, right) {
    const x = new Float64Array(right.length);
    for (let i = x.length - 1; i >= 0; i--) {
      let rest = right[i];
      for (let m = i + 1; m < x.length; m++) rest -= lower[m][i] * x[m];
      x[i] = rest / lower[i][i];
    }
    return x;
  }

  const solve = (lower, right) => backward(lower, forward(lower, right));

  function centred(values) {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return values.map((value) => value - mean);
  }

  // ---- the ranking

  /** Second derivatives of the penalty and of minus the log-likelihood; plus 1 / K everywhere, for the scores' mean. */
  function informationAt(wins, score, ridge) {
    const k = score.length;
    const information = Array.from({ length: k }, () => new Float64Array(k).fill(1 / k));
    for (let i = 0; i < k; i++) {
      information[i][i] += ridge;
      for (let j = 0; j < k; j++) {
        const p = logistic(score[i] - score[j]);
        const weight = (wins[i][j] + wins[j][i]) * p * (1 - p);
        information[i][i] += weight;
        information[i][j] -= weight;
      }
    }
    return information;
  }

  /** Of the penalised log-likelihood: gradient [K], and the value. */
  function slopeAt(wins, score, ridge) {
    const gradient = score.map((s) => -ridge * s);
    let value = (-ridge / 2) * dot(score, score);
    for (let i = 0; i < score.length; i++) {
      for (let j = 0; j < score.length; j++) {
        if (!wins[i][j]) continue;
        const p = logistic(score[i] - score[j]);
        gradient[i] += wins[i][j] * (1 - p);
        gradient[j] -= wins[i][j] * (1 - p);
        value += wins[i][j] * Math.log(p);
      }
    }
    return { gradient, value };
  }

  /** The most probable scores [K] in logits, of mean 0, by Newton's method that begins at `from`. */
  function maximise(wins, ridge = RIDGE, from = new Float64Array(wins.length)) {
    const most = wins.reduce((a, row) => row.reduce((b, n) => Math.max(b, n), a), 0);
    let score = from;
    for (let turn = 0; turn < 200; turn++) {
      const { gradient, value } = slopeAt(wins, score, ridge);
      if (gradient.every((g) => Math.abs(g) < 1e-10 * (1 + most))) break;
      let step = solve(factor(informationAt(wins, score, ridge)), gradient);
      const moved = () => centred(score.map((s, i) => s + step[i]));
      for (let half = 0; half < 40 && slopeAt(wins, moved(), ridge).value < value - 1e-12; half++) {
        step = step.map((s) => s / 2);
      }
      score = moved();
    }
    return score;
  }

  /**
   * Scores [K] of one rater's choices; their covariance [K][K], and the lower factor of the information that it is the
   * centred inverse of.
   */
  function fit(votes, k, ridge = RIDGE) {
    const wins = winsOf(votes, k);
    const score = maximise(wins, ridge);
    const lower = factor(informationAt(wins, score, ridge));
    const columns = score.map(() => 0);
    const covariance = Array.from({ length: k }, (_, i) => {
      const unit = centred(columns.map((_, j) => (i === j ? 1 : 0)));
      return centred(solve(lower, unit));
    });
    return { score, covariance, lower, votes: votes.length };
  }

  /** Ends [low, high] of the 95 % interval of each score, against the mean of all. */
  const intervals = ({ score, covariance }) =>
    Array.from(score, (s, i) => {
      const half = Z95 * Math.sqrt(Math.max(0, covariance[i][i]));
      return [s - half, s + half];
    });

  /** Places [K], 1 for the highest score. */
  function ranks(score) {
    const order = Array.from(score, (_, i) => i).sort((a, b) => score[b] - score[a] || a - b);
    const rank = Array(score.length);
    order.forEach((i, place) => (rank[i] = place + 1));
    return rank;
  }

  /** Two independent standard normal numbers (Box and Muller). */
  function normals(random) {
    const [length, turn] = [Math.sqrt(-2 * Math.log(1 - random())), 2 * Math.PI * random()];
    return [length * Math.cos(turn), length * Math.sin(turn)];
  }

  /** Best and worst place [low, high] that is plausible for each item, from scores drawn around the fitted ones. */
  const rankIntervals = ({ score, lower }, options = {}) =>
    placesAround(score, (noise) => backward(lower, noise), options); // of the covariance, but for a shift of all

  /** The same with any errors: `error(noise)` makes those of K scores of K independent standard normal numbers. */
  function placesAround(score, error, { draws = 4000, seed = 0 } = {}) {
    const k = score.length;
    const random = generator(seed);
    const seen = zeros(k);
    for (let draw = 0; draw < draws; draw++) {
      const noise = [];
      while (noise.length < k) noise.push(...normals(random));
      const moved = error(noise.slice(0, k));
      ranks(score.map((s, i) => s + moved[i])).forEach((rank, i) => seen[i][rank - 1]++);
    }
    const place = (counts, share) => {
      let sum = 0;
      return 1 + counts.findIndex((n) => (sum += n) >= share * draws);
    };
    return seen.map((counts) => [place(counts, 0.025), place(counts, 0.975)]);
  }

  // ---- what to ask next

  /** Of an answer that is yes with probability p, in nats. */
  function entropy(p) {
    const q = Math.min(1 - 1e-12, Math.max(1e-12, p));
    return -(q * Math.log(q) + (1 - q) * Math.log(1 - q));
  }

  /** What the answer to a pair is expected to tell about the scores, in nats (Houlsby et al. 2011): [K][K]. */
  function expectedInformation({ score, covariance: c }) {
    const gain = zeros(score.length);
    for (let i = 0; i < score.length; i++) {
      for (let j = 0; j < score.length; j++) {
        const spread = Math.sqrt(Math.max(0, c[i][i] + c[j][j] - 2 * c[i][j]));
        let [chance, remaining] = [0, 0];
        for (const [node, weight] of NODES) {
          for (const side of node ? [-1, 1] : [1]) {
            const p = logistic(score[i] - score[j] + side * spread * node);
            chance += weight * p;
            remaining += weight * entropy(p);
          }
        }
        gain[i][j] = entropy(chance) - remaining;
      }
    }
    return gain;
  }

  // ---- agreement

  /**
   * How often a pair that is asked again gets the answer of the time before: {same, n}. One tie of two counts half.
   * Votes in the order in which they were given, items of any kind that a Map can tell apart.
   */
  function repeatAgreement(votes) {
    const before = new Map();
    let [same, n] = [0, 0];
    for (const [winner, loser, tie] of votes) {
      const [low, high] = winner < loser ? [winner, loser] : [loser, winner];
      const [key, outcome] = [`${low}\t${high}`, tie ? 0 : winner === low ? 1 : -1];
      if (before.has(key)) {
        same += 1 - Math.abs(outcome - before.get(key)) / 2;
        n++;
      }
      before.set(key, outcome);
    }
    return { same, n };
  }

  /** Spearman's correlation of two lists, and its 95 % interval by Fisher's z with the error of Bonett and Wright (2000). */
  function rankCorrelation(x, y) {
    const places = (values) => {
      const sorted = [...values].sort((a, b) => a - b);
      return centred(values.map((v) => (sorted.indexOf(v) + sorted.lastIndexOf(v)) / 2));
    };
    const [a, b] = [places([...x]), places([...y])];
    const rho = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    const half = Z95 * Math.sqrt((1 + rho ** 2 / 2) / (x.length - 3));
    const [low, high] = [-half, half].map((h) => Math.tanh(Math.atanh(Math.min(1, Math.max(-1, rho))) + h));
    return { rho, low, high };
  }

  return { RIDGE, winsOf, maximise, fit, intervals, ranks, rankIntervals, placesAround, expectedInformation, repeatAgreement, rankCorrelation };
})();

if (typeof module !== "undefined") module.exports = BradleyTerry;
