// Measure it: which measures are shown, what each says, and what is known of people. Pure functions, tested by node.
"use strict";

const MeasureIt = (() => {
  const WHOLE = [0, 0, 1, 1]; // left, top, right, bottom, as shares of the picture
  const LEAST = 0.08; // of a side that a crop keeps
  const MOST_STOPS = 15; // tenths: of brightness, up and down
  const START = { crop: WHOLE, stops: 0, mirror: false };

  const NOBODY = "No study cited in this course asks people about it alone.";
  const WEIGHTS = "It was made for black figures on white.";
  const SLOPE =
    "Scenes of nature and many paintings fall alike (about \u22121.2 in amplitude), but so does noise that nobody would frame.";

  /** [column, name, digits, what it says, what is known of people, does it change with the size?] */
  const SECTIONS = [
    ["Light and colour", [
      ["mean_Lab_L", "lightness", 1, "How light the picture is on average, from 0 to 100.", NOBODY],
      ["rms_contrast", "contrast", 1, "How far the lightnesses spread.", "Contrast makes a picture easier to take in, and by that way can raise liking, other things being equal (Reber and others 2004)."],
      ["luminance_entropy", "variety of lightnesses", 2, "How evenly all lightnesses are used, in bits.", NOBODY],
      ["contrast_range", "range of greys", 0, "The narrowest band of greys that holds nine tenths of the pixels.", "Programs that sort photographs use it; that is no evidence about people."],
      ["rigau_mb", "order of the palette", 2, "The share of bits that is saved because some greys are frequent: Birkhoff\u2019s order in the language of information.", "Tests of Birkhoff\u2019s own formula found correlations with preference between .70 and .05 (Eysenck 1941)."],
      ["colourfulness", "colourfulness", 1, "How strong and how different the colours are.", "Fitted to how colourful people called photographs (Hasler and S\u00fcsstrunk 2003), not to how much they liked them."],
      ["mean_HSV_S", "saturation", 2, "How far the colours are from grey, on average.", "For single colours, liking follows the liked things that have them: four fifths of it (Palmer and Schloss 2010)."],
      ["color_entropy", "variety of hues", 2, "How evenly the hues are used, in bits.", "With other measures it went along with ratings of patterns made by style transfer (Geller and others 2022), and not with those of abstract paintings (Hayn-Leichsenring and others 2020)."],
      ["hue_count", "number of hues", 0, "How many of twenty hues are there in any strength.", "Ke and others (2006) used it to tell professional photographs from snapshots. What sorts photographs need not be what pleases."],
    ]],
    ["Composition", [
      ["mirror_symmetry", "published mirror symmetry", 1, "How often dark meets dark when the picture is folded: in photographs mostly a measure of darkness.", WEIGHTS],
      ["normalised_mirror_symmetry_lr", "left-right symmetry", 2, "The correlation of the picture with its left-right mirror image.", "Symmetry can raise liking, other things being equal (Reber and others 2004), and people who arrange shapes to please themselves make much of it (H\u00fcbner and Th\u00f6mmes 2019)."],
      ["normalised_mirror_symmetry_ud", "top-bottom symmetry", 2, "The correlation with the upside-down picture; skies and grounds make it negative.", NOBODY],
      ["dcm_distance", "distance of the centre of mass", 1, "How far the centre of mass lies from the middle, in per cent of half a side.", "It predicted how balanced people called simple patterns, better than how much they liked them (H\u00fcbner and Fillinger 2016)."],
      ["balance", "imbalance", 1, "How different the masses of halves and of inside and outside are; 0 is balanced.", "An older score of balance: for liking of simple patterns it did better than the centre of mass (H\u00fcbner and Fillinger 2016). People who arrange shapes show little sign of it."],
      ["homogeneity", "evenness", 1, "How evenly the dark or light figure spreads over columns and rows.", WEIGHTS],
      ["rule_of_thirds", "weight on the thirds", 3, "How much stands out near the four crossings of the thirds; about .17 is even.", "A convention of teaching. The measure is this course\u2019s own, and nobody has been asked."],
    ]],
    ["Detail", [
      ["phog_complexity", "strength of gradients", 1, "How much changes from a pixel to the next.", "Another measure of complexity, the size of the compressed file, agrees fairly well with what people call complex (Forsythe and others 2011). Who likes it complex differs from person to person.", true],
      ["phog_selfsimilarity", "likeness of the parts", 2, "How much the edges of a part are like those of the whole.", NOBODY, true],
      ["phog_anisotropy", "unevenness of directions", 4, "Whether some directions and places have more gradients than others.", NOBODY, true],
      ["edge_density", "density of edges", 1, "How strong the edges are, at a fixed area of 120,000 pixels.", NOBODY],
      ["eoe_1st_order", "variety of edge directions", 2, "Whether edges run all ways (4.58 bits) or few.", "Paintings have more of it than photographs, in 73 of 100 draws (tables of Redies and others 2025). That tells two sets apart; it is no judgement."],
      ["fractal_2d", "roughness of the outline", 2, "How fast the border of dark and light grows as one looks closer: a \u201cfractal dimension\u201d.", "With complexity it explained 42 per cent of the ratings of some artworks (Forsythe and others 2011), and less elsewhere.", true],
      ["fractal_3d", "roughness of the relief", 2, "The same for the greys, seen as hills.", NOBODY, true],
      ["fourier_slope_spehar", "slope of the spectrum (Spehar)", 2, "How fast contrast falls from coarse to fine, in amplitude.", SLOPE, true],
      ["fourier_slope_mather", "slope of the spectrum (Mather)", 2, "The same over the middle frequencies of a central square.", SLOPE, true],
      ["fourier_slope_redies", "slope of the spectrum (Redies)", 2, "The same in power, of the picture enlarged to 1024 pixels: about twice the number.", SLOPE, true],
      ["fourier_sigma", "crookedness of the spectrum", 3, "How far the spectrum deviates from that slope.", NOBODY, true],
    ]],
  ]; // prettier-ignore

  const entries = SECTIONS.flatMap(([, list]) =>
    list.map(([column, name, digits, says, people, sized = false]) => ({ column, name, digits, says, people, sized })),
  );

  // ---- the crop

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

  /** A crop whose corner ("lt", "rt", "lb", "rb") or whole ("all") is moved by shares of the picture. */
  function moved([left, top, right, bottom], corner, dx, dy) {
    if (corner === "all") {
      const [x, y] = [clamp(dx, -left, 1 - right), clamp(dy, -top, 1 - bottom)];
      return [left + x, top + y, right + x, bottom + y];
    }
    const isLeft = corner[0] === "l";
    const isTop = corner[1] === "t";
    return [
      isLeft ? clamp(left + dx, 0, right - LEAST) : left,
      isTop ? clamp(top + dy, 0, bottom - LEAST) : top,
      isLeft ? right : clamp(right + dx, left + LEAST, 1),
      isTop ? bottom : clamp(bottom + dy, top + LEAST, 1),
    ];
  }

  const mirroredCrop = ([left, top, right, bottom]) => [1 - right, top, 1 - left, bottom];

  // ---- the address: "#measure_it-0.0.100.100-5-m": the crop in per cent, tenths of brightness, mirrored

  function address({ crop, stops, mirror }) {
    return `#measure_it-${crop.map((share) => Math.round(100 * share)).join(".")}-${stops}${mirror ? "-m" : ""}`;
  }

  function stateOf(hash) {
    const found = /^#measure_it-(\d+)\.(\d+)\.(\d+)\.(\d+)-(-?\d+)(-m)?$/.exec(hash);
    if (!found) return null;
    const [left, top, right, bottom] = found.slice(1, 5).map((text) => Number(text) / 100);
    const stops = Number(found[5]);
    const fits = right <= 1 && bottom <= 1 && right - left >= LEAST - 1e-9 && bottom - top >= LEAST - 1e-9;
    return fits && Math.abs(stops) <= MOST_STOPS ? { crop: [left, top, right, bottom], stops, mirror: Boolean(found[6]) } : null;
  }

  // ---- saying it

  /** A number with a minus sign, never "-0.00"; a dash for what is not defined. */
  function written(value, digits) {
    if (Number.isNaN(value)) return "\u2013";
    const text = value.toFixed(digits);
    return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
  }
  const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

  /** "above 97 %" of the photographs */
  function placeSaid(place) {
    if (Number.isNaN(place)) return "not defined";
    if (place === 0) return "below all";
    if (place === 100) return "above all";
    return `above ${clamp(Math.round(place), 1, 99)}\u00a0%`;
  }

  /**
   * Sentences about all measures of a picture. `places`: by column, 0 to 100 among `images` photographs of `longSide`
   * pixels; `size`: that of what was measured.
   */
  function said(places, size, { images, longSide }) {
    const known = entries.filter(({ column }) => !Number.isNaN(places[column]));
    const usual = known.filter(({ column }) => places[column] >= 25 && places[column] <= 75).length;
    const high = known.filter(({ column }) => places[column] >= 95).map(({ name }) => name);
    const low = known.filter(({ column }) => places[column] <= 5).map(({ name }) => name);
    const extremes = [
      ...(high.length ? [`higher than in 95 of 100: ${listed(high)}`] : []),
      ...(low.length ? [`lower than in 95 of 100: ${listed(low)}`] : []),
    ];
    const outer = high.length + low.length;
    const expected = Math.round(0.1 * known.length);
    const sentences = [
      `In ${usual} of ${known.length} measures this picture lies in the middle half of ${images} photographs, and in ${outer} ` +
        `among their outermost tenth; of a picture like the others one would expect about ${Math.round(known.length / 2)} and ${expected}.`,
    ];
    if (extremes.length) sentences.push(`${extremes.join("; ")}.`.replace(/^./, (letter) => letter.toUpperCase()));
    if (Math.max(size.width, size.height) !== longSide) {
      sentences.push(
        `What is measured has ${size.width} by ${size.height} pixels, the photographs have ${longSide} on their long side: ` +
          "measures with a ring \u00b0 cannot be compared.",
      );
    }
    return sentences;
  }

  return {
    WHOLE, MOST_STOPS, START, SECTIONS, entries, moved, mirroredCrop, address, stateOf, written, placeSaid, said,
  }; // prettier-ignore
})();

if (typeof module !== "undefined") module.exports = MeasureIt;
