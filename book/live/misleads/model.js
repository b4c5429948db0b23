// Three ways in which a measure misleads: what the eight measures are, and what is said of them. Tested by node.
"use strict";

const Misleads = (() => {
  const SIDES = [768, 640, 512, 384, 320, 256, 192, 160, 128, 96]; // pixels of the long side
  const MOST_STOPS = 15; // tenths: of brightness, up and down

  /** The measures: column, name, digits after the point. */
  const MEASURES = [
    ["rms_contrast", "contrast", 1],
    ["colourfulness", "colourfulness", 1],
    ["luminance_entropy", "variety of lightnesses", 2],
    ["phog_complexity", "strength of gradients", 1],
    ["fourier_slope_redies", "slope of the spectrum", 2],
    ["mirror_symmetry", "published mirror symmetry", 1],
    ["normalised_mirror_symmetry_lr", "left-right correlation", 2],
    ["dcm_x", "which side is heavy", 3],
  ];
  const GROUPS = ["colour", "composition", "phog", "enlarged"]; // those that compute them
  const START = { side: 768, stops: 0, mirror: false };

  // ---- the address: "#misleads-384-5-m": pixels, tenths of brightness, mirrored

  const address = ({ side, stops, mirror }) => `#misleads-${side}-${stops}${mirror ? "-m" : ""}`;
  function stateOf(hash) {
    const found = /^#misleads-(\d+)-(-?\d+)(-m)?$/.exec(hash);
    if (!found) return null;
    const [side, stops] = [Number(found[1]), Number(found[2])];
    return SIDES.includes(side) && Math.abs(stops) <= MOST_STOPS ? { side, stops, mirror: Boolean(found[3]) } : null;
  }

  // ---- saying it

  const STILL = 3; // of a hundred places: who moves no farther has stayed
  const minus = (text) => text.replace("-", "\u2212");
  const written = (value, digits) => minus(value.toFixed(digits));
  const listed = (words) =>
    words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
  const COUNTS = ["none", "one", "two", "three", "four", "five", "six", "seven", "all eight"];

  /** What was done to the picture, in words; "" for nothing. */
  function done({ side, stops, mirror }) {
    const parts = [];
    if (side !== START.side) parts.push(`shrunk to ${side} pixels`);
    if (stops) parts.push(stops > 0 ? "made brighter" : "made darker");
    if (mirror) parts.push("mirrored");
    return listed(parts);
  }

  /** How far each measure has moved, the farthest first: [{name, digits, before, after, places}]. */
  function moves(before, after) {
    return MEASURES.map(([column, name, digits]) => ({
      column, name, digits, before: before[column], after: after[column],
      places: after[column].place - before[column].place,
    })).sort((a, b) => Math.abs(b.places) - Math.abs(a.places)); // prettier-ignore
  }

  const LESSONS = {
    side: "Say the size with every number, and compare at one size only.",
    stops: "Not a pixel has changed its place. But what counts as dark is decided anew at every brightness, and with it what the published symmetry and the centre of mass look at.",
    mirror: "All measures but the last are blind to left and right; whether people are is a question that they cannot ask.",
  };

  /**
   * Sentences about a state. `before` and `after`: by column {value, place}, the place of 100 among the photographs;
   * `images`: how many these are.
   */
  function said(state, before, after, images) {
    const what = done(state);
    if (!what) {
      return [
        `Each dot is where this photograph stands among ${images} photographs of the course, from the least to the most.`,
        "Guess before you drag: which of the eight will leave its place when the picture is half as large? Which when it is brighter?",
      ];
    }
    const all = moves(before, after);
    const [first] = all;
    const still = all.filter(({ places }) => Math.abs(places) <= STILL);
    const sentences = [`The same butterfly, ${what}: ${COUNTS[still.length]} of the eight stay where they were.`];
    if (Math.abs(first.places) > STILL) {
      const [from, to] = [first.before, first.after].map(({ value }) => written(value, first.digits));
      const [at, now] = [first.before, first.after].map(({ place }) => Math.round(place));
      sentences.push(
        `Farthest goes \u201c${first.name}\u201d, from ${from} to ${to}: it exceeded ${at} of 100 photographs, and now exceeds ${now}.`,
      );
    }
    const kinds = Object.keys(LESSONS).filter((key) => state[key] !== START[key]);
    if (kinds.length === 1) sentences.push(LESSONS[kinds[0]]);
    return sentences;
  }

  return { SIDES, MOST_STOPS, MEASURES, GROUPS, START, address, stateOf, done, moves, said, written };
})();

if (typeof module !== "undefined") module.exports = Misleads;
