// The perception-distortion plane with pictures: pairs to choose from, and what the choices say. Pure functions.
// A point is an index on the line from SRResNet (0) to SRGAN (4); a pair is {crop, left, right}, two of them points.
"use strict";

const Plane = (() => {
  const { generator, shuffled, wilson, percent } = typeof LiveChart === "undefined" ? require("../chart.js") : LiveChart;
  const POINTS = 5;
  const ENDS = [0, POINTS - 1];
  const NEARER = [[1, 3], [0, 2], [2, 4]]; // the second pair of a crop
  const BESIDE = ["original", "bicubic"];

  /** Two pairs for each crop, the ends of the line and a nearer one, in an order and with sides that the seed gives. */
  function pairs(seed, crops) {
    const random = generator(seed);
    const all = Array.from({ length: crops }, (_, crop) => {
      const nearer = NEARER[Math.floor(random() * NEARER.length)];
      return [ENDS, nearer].map((two) => ({ crop, two }));
    }).flat();
    return shuffled(all.length, random).map((i) => {
      const { crop, two } = all[i];
      const [left, right] = random() < 0.5 ? two : [two[1], two[0]];
      return { crop, left, right };
    });
  }

  /** Of choices [{pair, chosen}], chosen a point: how many took that further from SRResNet, how often each was taken. */
  function tally(choices) {
    const taken = Array(POINTS).fill(0);
    for (const { chosen } of choices) taken[chosen]++;
    const further = choices.filter(({ pair, chosen }) => chosen === Math.max(pair.left, pair.right)).length;
    return { n: choices.length, further, taken };
  }

  // ---- the address: "#plane-2-0-original"

  const address = ({ point, crop, beside }) => `#plane-${point}-${crop}-${beside}`;
  function stateOf(hash, crops) {
    const found = /^#plane-(\d)-(\d)-(original|bicubic)$/.exec(hash);
    if (!found || found[1] >= POINTS || found[2] >= crops) return null;
    return { point: Number(found[1]), crop: Number(found[2]), beside: found[3] };
  }

  // ---- saying it

  const NAMES = ["SRResNet", "A quarter of the way", "Half way", "Three quarters of the way", "SRGAN"];

  /** Where a point lies. */
  function where(line, point) {
    const [psnr, distance] = line[point];
    return `${NAMES[point]}: ${psnr.toFixed(1)}\u00a0dB, at a distance of ${distance.toFixed(0)} from photographs.`;
  }

  /** What the choices say; nothing if there are none. */
  function verdict(choices) {
    const { n, further } = tally(choices);
    if (n === 0) return "";
    const { low, high } = wilson(further, n);
    return (
      `In ${further} of ${n} pairs you took the picture further towards SRGAN, where PSNR always takes the other one. ` +
      `With so few choices the interval runs from ${Math.round(100 * low)} to ${percent(high)}.`
    );
  }

  return { POINTS, BESIDE, NAMES, pairs, tally, address, stateOf, where, verdict };
})();

if (typeof module !== "undefined") module.exports = Plane;
