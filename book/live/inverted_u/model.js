// The inverted U that belongs to nobody: thirty made-up people, and their average. Pure functions, tested by node.
// Complexity x and liking run from 0 to 1. `rising` of the people like the complex best, the others the simple.
"use strict";

const InvertedU = (() => {
  const { generator } = typeof LiveChart === "undefined" ? require("../chart.js") : LiveChart;
  const PEOPLE = 30; // as many as in the study of Güçlütürk and others (2016)
  const LEVEL = 0.05; // largest shift of a person's whole curve, before the shifts are centred
  const TILT = 0.07; // largest tilt of it
  const NEAR = 0.1; // so near the average's peak, a person's own peak counts as the same
  const WORLDS = ["camps", "hill"]; // two groups with opposite slopes; everybody with the average's curve

  const falling = (x) => 1 - x ** 2;
  const risingCurve = (x) => 1 - (1 - x) ** 2;
  /** The average of all thirty, in either world. */
  const average = (rising, x) => (rising * risingCurve(x) + (PEOPLE - rising) * falling(x)) / PEOPLE;
  /** Where the average is highest, {x, y}. */
  const peak = (rising) => ({ x: rising / PEOPLE, y: average(rising, rising / PEOPLE) });

  /** What is a person's own: {level, tilt} of each of the thirty, both adding up to 0 over all of them. */
  function habits(seed = 7) {
    const random = generator(seed);
    const draw = (size) => {
      const values = Array.from({ length: PEOPLE }, () => size * (2 * random() - 1));
      const mean = values.reduce((a, b) => a + b, 0) / PEOPLE;
      return values.map((value) => value - mean);
    };
    const [levels, tilts] = [draw(LEVEL), draw(TILT)];
    return levels.map((level, i) => ({ level, tilt: tilts[i] }));
  }

  /** Whether a person belongs to those who like the complex best: spread evenly over the thirty. */
  const rises = (person, rising) => Math.floor(((person + 1) * rising) / PEOPLE) > Math.floor((person * rising) / PEOPLE);

  /** How much a person likes a picture of complexity x. */
  function liking({ world, rising, person, x }, people) {
    const { level, tilt } = people[person];
    const curve = world === "hill" ? average(rising, x) : rises(person, rising) ? risingCurve(x) : falling(x);
    return curve + level + tilt * (x - 0.5);
  }

  /** The complexity that a person likes best: each curve is a parabola -x² + bx, and a tilt moves its top. */
  function ownPeak({ world, rising, person }, people) {
    const top = world === "hill" ? rising / PEOPLE : rises(person, rising) ? 1 : 0;
    return Math.min(1, Math.max(0, top + people[person].tilt / 2));
  }

  /** How many people like best what the average likes best. */
  function served(state, people) {
    const { x } = peak(state.rising);
    return people.filter((_, person) => Math.abs(ownPeak({ ...state, person }, people) - x) <= NEAR).length;
  }

  // ---- the address: "#inverted_u-15-camps-shown"

  const address = ({ rising, world, shown }) => `#inverted_u-${rising}-${world}-${shown ? "shown" : "hidden"}`;
  function stateOf(hash) {
    const found = /^#inverted_u-(\d{1,2})-(camps|hill)-(shown|hidden)$/.exec(hash);
    if (!found || Number(found[1]) > PEOPLE) return null;
    return { rising: Number(found[1]), world: found[2], shown: found[3] === "shown" };
  }

  // ---- saying it

  const decimal = (x) => x.toFixed(2).replace(/0$/, "");
  const count = (n) => (n === 0 ? "None" : n === PEOPLE ? "All" : String(n));

  /** The sentences beside the curve. */
  function said(state, people) {
    const { rising, world, shown } = state;
    const { x } = peak(rising);
    const where = rising === 0 || rising === PEOPLE ? "at the end" : "in between";
    const first = `The average of these ${PEOPLE} people is highest at a complexity of ${decimal(x)}, ${where}.`;
    if (!shown) return `${first} How many of the ${PEOPLE} like that best? Decide before you look.`;
    const n = served(state, people);
    const who = `${count(n)} of them ${n < 2 ? "likes" : "like"}`;
    const camps = ` ${PEOPLE - rising} like the simplest pictures best, ${rising} the most complex ones.`;
    return `${first} ${who} that best.${world === "camps" ? camps : ""}`;
  }

  return {
    PEOPLE, WORLDS, falling, risingCurve, average, peak, habits, rises, liking, ownPeak, served,
    address, stateOf, said,
  };
})();

if (typeof module !== "undefined") module.exports = InvertedU;
