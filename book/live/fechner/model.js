// Fechner's ten rectangles: where they lie, and what is said of a choice. Pure functions, tested by node.
// A rectangle is an index into the data, from the square (0) to 5:2 (9); a round is {best, worst}, two of them.
"use strict";

const Fechner = (() => {
  const { generator, shuffled } = typeof LiveChart === "undefined" ? require("../chart.js") : LiveChart;
  const SEEDS = 36 ** 5; // as many as five letters and digits can name
  const [NAME, RATIO, BEST, WORST] = [0, 1, 2, 3]; // columns of the data; the last two in per cent of the choices

  /** The order in which they lie, in the address: "#fechner-0001a" and back; null for any other address. */
  const address = (seed) => "#fechner-" + seed.toString(36).padStart(5, "0");
  function seedOf(hash) {
    const found = /^#fechner-([0-9a-z]{5})$/.exec(hash);
    return found ? parseInt(found[1], 36) : null;
  }

  /**
   * Rectangles on a table of columns times rows places, no two in one place: for each its middle {x, y}, as shares of
   * the table's width and height, and its turn in degrees, from -90 to 90.
   */
  function lay(seed, count, columns, rows) {
    if (count > columns * rows) throw new RangeError(`${count} rectangles do not fit ${columns} times ${rows} places`);
    const random = generator(seed);
    const places = shuffled(columns * rows, random);
    return Array.from({ length: count }, (_, i) => {
      const [column, row] = [places[i] % columns, Math.floor(places[i] / columns)];
      const [dx, dy] = [random() - 0.5, random() - 0.5].map((jitter) => 0.5 + 0.16 * jitter);
      return { x: (column + dx) / columns, y: (row + dy) / rows, turn: Math.round(180 * random() - 90) };
    });
  }

  /** How often two of the choices of 1876, drawn at random, name the same rectangle as the most pleasing: 0 to 1. */
  const agreement = (rectangles) => rectangles.reduce((sum, row) => sum + (row[BEST] / 100) ** 2, 0);

  // ---- saying it

  const share = (percent) => `${percent}\u00a0%`;
  function nameOf(row) {
    if (row[RATIO] === 1) return "the square";
    return row[NAME] === "34:21" ? "the golden rectangle, 34:21," : row[NAME];
  }
  const plain = (row) => nameOf(row).replace(/,$/, "");

  /** The chosen beside those of 1876: a list of sentences. */
  function besideFechner(rectangles, { best, worst }) {
    const [most, least] = [rectangles[best], rectangles[worst]];
    const others = Math.round(10 * (100 - most[BEST])) / 10;
    const again = agreement(rectangles);
    return [
      `You find ${nameOf(most)} the most pleasing. So did ${share(most[BEST])} of the choices in 1876; ` +
        `${share(others)} went to another.`,
      least[WORST] === 0
        ? `You find ${nameOf(least)} the least pleasing, and in 1876 nobody did.`
        : `You find ${nameOf(least)} the least pleasing, as ${share(least[WORST])} did.`,
      `Two of those choices, drawn at random, agree on the most pleasing in ${share(Math.round(100 * again))} of cases. ` +
        `Blind choice would agree in ${share(Math.round(100 / rectangles.length))}.`,
    ];
  }

  /** The last of several rounds beside the one before: a list of sentences. */
  function besideYourself(rectangles, rounds) {
    const [before, now] = rounds.slice(-2).map((round) => round.best);
    const steps = Math.abs(now - before);
    const names = `Before, you chose ${plain(rectangles[before])}, and now ${plain(rectangles[now])}`;
    const different = new Set(rounds.map((round) => round.best)).size;
    const sentences = [
      steps === 0
        ? `You chose ${nameOf(rectangles[now])} again: you agree with yourself, this time.`
        : steps === 1
          ? `${names}, its neighbour. Fechner saw this too: people asked again at another time not seldom ` +
            "took a neighbour of the one they had preferred."
          : `${names}, ${steps} places along the row. Your taste has moved, or it was not firm.`,
    ];
    if (rounds.length > 2) {
      const best = different === 1 ? "one rectangle was" : `${different} different rectangles were`;
      sentences.push(`In ${rounds.length} rounds ${best} your best.`);
    }
    return sentences;
  }

  /** What is said after the last of the rounds. */
  const said = (rectangles, rounds) => [
    ...(rounds.length > 1 ? besideYourself(rectangles, rounds) : []),
    ...besideFechner(rectangles, rounds.at(-1)).slice(0, rounds.length > 1 ? 1 : 3),
  ];

  return { SEEDS, NAME, RATIO, BEST, WORST, address, seedOf, lay, agreement, besideFechner, besideYourself, said, plain };
})();

if (typeof module !== "undefined") module.exports = Fechner;
