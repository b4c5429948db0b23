// How many people is a score?  Two classes vote on sixty photographs. Pure functions, tested by node.
// A "photograph" is the average of the votes on one sixtieth of AVA's, sorted by their means: ten shares of the
// votes from 1 to 10, in ten-thousandths. A class is a list of votes for each photograph, in the order they came.
"use strict";

const HowMany = (() => {
  const { generator } = typeof LiveChart === "undefined" ? require("../chart.js") : LiveChart;
  const STOPS = [1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100, 150, 200]; // voters
  const MOST = STOPS.at(-1);
  const SEEDS = 36 ** 3;
  const WANTED = 0.9; // the agreement that the reader looks for

  /** `count` votes drawn from shares in ten-thousandths. */
  function draw(shares, count, random) {
    return Uint8Array.from({ length: count }, () => {
      let left = 10_000 * random();
      const vote = shares.findIndex((share) => (left -= share) < 0);
      return vote < 0 ? shares.length : vote + 1;
    });
  }

  /** Two classes of MOST voters: [class][photograph] -> votes. */
  function classes(parts, seed) {
    const random = generator(seed);
    return [0, 1].map(() => parts.map((shares) => draw(shares, MOST, random)));
  }

  /** The mean of the first k votes, from 1 to 10. */
  const mean = (votes, k) => votes.subarray(0, k).reduce((sum, vote) => sum + vote, 0) / k;
  /** How many of the first k votes were 1, 2, ... 10. */
  function histogram(votes, k) {
    const counts = Array(10).fill(0);
    for (const vote of votes.subarray(0, k)) counts[vote - 1]++;
    return counts;
  }
  /** The mean of shares in ten-thousandths. */
  const meanOf = (shares) => shares.reduce((sum, share, i) => sum + share * (i + 1), 0) / 10_000;

  /** Pearson's correlation of two lists; NaN where one does not vary. */
  function correlation(x, y) {
    const centre = (values) => {
      const middle = values.reduce((a, b) => a + b, 0) / values.length;
      return values.map((value) => value - middle);
    };
    const [a, b] = [centre(x), centre(y)];
    const dot = (u, v) => u.reduce((sum, value, i) => sum + value * v[i], 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  }

  /** The correlation to be expected of the means of two groups of k voters, if two voters correlate by icc. */
  const spearmanBrown = (icc, k) => (k * icc) / (1 + (k - 1) * icc);
  /** The smallest number of voters whose means agree by r. */
  const votersFor = (icc, r) => Math.ceil((r * (1 - icc)) / (icc * (1 - r)) - 1e-9);

  // ---- the address: "#how_many-20-0ab-shown"

  const address = ({ voters, seed, shown }) =>
    `#how_many-${voters}-${seed.toString(36).padStart(3, "0")}-${shown ? "shown" : "hidden"}`;
  function stateOf(hash) {
    const found = /^#how_many-(\d+)-([0-9a-z]{3})-(shown|hidden)$/.exec(hash);
    if (!found || !STOPS.includes(Number(found[1]))) return null;
    return { voters: Number(found[1]), seed: parseInt(found[2], 36), shown: found[3] === "shown" };
  }

  // ---- saying it

  const two = (r) => r.toFixed(2).replace("-", "\u2212");
  const people = (k) => (k === 1 ? "one voter" : `${k} voters`);

  /** What the two classes have in common, in a sentence or three. */
  function said({ voters, shown, guess }, found, icc) {
    if (!shown) {
      return (
        `Two classes, ${people(voters)} in each. Drag until the means of the two classes agree well, by a ` +
        `correlation of ${two(WANTED)}, as far as your eye can tell; then look.`
      );
    }
    const needed = votersFor(icc, WANTED);
    const expected = spearmanBrown(icc, voters);
    const first =
      guess === null
        ? ""
        : `You stopped at ${people(guess)}, where ${two(spearmanBrown(icc, guess))} is to be expected; ` +
          `${two(WANTED)} takes ${needed}. `;
    return (
      `${first}Means of ${people(voters)}: the two classes correlate by ${two(found)} this time, by ${two(expected)} on ` +
      `average. Two single people correlate by ${two(icc)}, as before.`
    );
  }

  return {
    STOPS, MOST, SEEDS, WANTED, draw, classes, mean, histogram, meanOf, correlation, spearmanBrown, votersFor,
    address, stateOf, said,
  };
})();

if (typeof module !== "undefined") module.exports = HowMany;
