// What a threshold does: shares of AVA's photographs on the two sides of a cut. Pure functions, tested by node.
// A cut is a whole number of tenths of a vote: 50 is the cut at 5, and "good" is a mean above it.
"use strict";

const Threshold = (() => {
  const USUAL = 50; // the cut of the literature
  const NEAR = 5; // tenths: half a point
  const NUMBERS = { 4: "four", 5: "five", 6: "six" };

  const cuts = ({ cuts: [first, last] }) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

  /** What the data say of a cut: shares of the photographs from 0 to 1, and votes beside it in ten-thousandths. */
  function at(data, cut) {
    const i = cut - data.cuts[0];
    const row = data.shares[i];
    if (!row) throw new RangeError(`no cut at ${cut} tenths`);
    const [good, near] = row;
    const flipped = Object.fromEntries(data.voters.map((voters, k) => [voters, row[2 + k]]));
    return { good, near, flipped, notAbove: row.at(-1), below: data.votes[i], above: data.votes[i + 1] };
  }

  /** Photographs in a bin (a tenth below and up to `step` tenths) by side, and whether the cut has been drawn over it. */
  const nameOf = (step, cut) => (step > cut ? "good" : "poor");
  const isNear = (step, cut) => step > cut - NEAR && step <= cut + NEAR;
  const renamed = (step, cut) => nameOf(step, cut) !== nameOf(step, USUAL);

  /** Share of the photographs that have another name than with the usual cut: exactly, from 0 to 1. */
  function renamedShare(data, cut) {
    const all = data.images.reduce((a, b) => a + b, 0);
    const moved = data.images.reduce((sum, n, i) => sum + (renamed(data.first + i, cut) ? n : 0), 0);
    return moved / all;
  }

  // ---- the address: "#threshold-53"

  const address = (cut) => `#threshold-${cut}`;
  function cutOf(hash, data) {
    const found = /^#threshold-(\d\d)$/.exec(hash);
    const cut = found ? Number(found[1]) : NaN;
    return cut >= data.cuts[0] && cut <= data.cuts[1] ? cut : null;
  }

  // ---- saying it

  const decimal = (cut) => (cut / 10).toFixed(1);
  const percent = (share) => `${Math.round(100 * share)}\u00a0%`;

  /** What a cut does: a list of sentences. */
  function said(data, cut) {
    const { good, near, flipped, notAbove } = at(data, cut);
    const [few] = data.voters;
    const sentences = [
      `Cut at ${decimal(cut)}, ${percent(good)} of the photographs are \u201cgood\u201d, ` +
        `and ${percent(near)} lie within half a point of the cut.`,
    ];
    if (cut !== USUAL) {
      const renamed = percent(renamedShare(data, cut));
      sentences.push(`Beside the cut at 5, ${renamed} have another name, and not one vote has changed.`);
    }
    sentences.push(
      `With ${few} of each photograph's voters, drawn at random, ${percent(flipped[few])} of the labels would be others.`,
      `Of the votes on photographs just above the cut, ${percent(notAbove)} are ${NUMBERS[Math.floor(cut / 10)]} or less.`,
    );
    return sentences;
  }

  return { USUAL, cuts, at, nameOf, isNear, renamed, renamedShare, address, cutOf, decimal, said };
})();

if (typeof module !== "undefined") module.exports = Threshold;
