// A row of pixels, moved by one, and what four ways of halving make of it: pure functions, tested by node against torch.
// Rows are periodic: what leaves at the right returns at the left. Pixels are whole numbers from 0 to 4.
"use strict";

const Shift = (() => {
  const PIXELS = 16;
  const MOST = 4;
  const METHODS = {
    second: "every second pixel",
    max: "max pooling",
    average: "average pooling",
    blur: "max pooling with a blur",
  };

  /** The row after it was moved `by` pixels to the right. */
  const moved = (row, by) => row.map((_, i) => row[(((i - by) % row.length) + row.length) % row.length]);

  /** Half as many numbers as the row has. The blur is 1, 2, 1 over 4. */
  function halved(row, method) {
    const after = moved(row, -1);
    const dense = {
      second: () => row,
      max: () => row.map((value, i) => Math.max(value, after[i])),
      average: () => row.map((value, i) => (value + after[i]) / 2),
      blur: () => {
        const max = row.map((value, i) => Math.max(value, after[i]));
        const [left, right] = [moved(max, 1), moved(max, -1)];
        return max.map((value, i) => (left[i] + 2 * value + right[i]) / 4);
      },
    }[method]();
    return dense.filter((_, i) => i % 2 === 0);
  }

  /**
   * How unlike the halved row and the halved row moved by one pixel are, whatever the order of their numbers: both are
   * sorted, and the mean difference is given as a share of the row's own range, from 0 to 1.
   */
  function unlike(row, method) {
    const sorted = (by) => halved(moved(row, by), method).sort((a, b) => a - b);
    const [here, there] = [sorted(0), sorted(1)];
    const range = Math.max(...row) - Math.min(...row);
    const sum = here.reduce((total, value, i) => total + Math.abs(value - there[i]), 0);
    return range ? sum / here.length / range : 0;
  }

  const isFlat = (values) => Math.max(...values) - Math.min(...values) < 1e-9;

  // ---- saying it

  const list = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

  /** What one more pixel has done; `by` is how far the row was moved. */
  function sentence(row, by) {
    if (isFlat(row)) return "A row without a pattern. Whatever moves, nothing changes.";
    const pixels = `${Math.abs(by)} pixel${Math.abs(by) === 1 ? "" : "s"}`;
    if (by % 2 === 0) {
      return by ? `Moved by ${pixels}: all four have moved along, by ${Math.abs(by) / 2}, and are otherwise as they were.` : "";
    }
    const names = Object.keys(METHODS);
    const lost = names.filter((method) => isFlat(halved(row, method)) && isFlat(halved(moved(row, 1), method)));
    const most = names.reduce((a, b) => (unlike(row, b) > unlike(row, a) + 1e-9 ? b : a));
    const flat = lost.length === names.length
      ? " None of the four keeps a stripe."
      : lost.length ? ` No stripe is left by ${list(lost.map((method) => METHODS[method]))}.` : "";
    const worst = unlike(row, most)
      ? `The most has changed with ${METHODS[most]}: the numbers differ by ${Math.round(100 * unlike(row, most))}\u00a0% of the row's range.`
      : "Each of the four has the same numbers as before, in another order at most.";
    return `Moved by ${pixels}, half a step of the halved rows. ${worst}${flat}`;
  }

  // ---- the address

  /** "#shift-3100310031003100-1": the pixels, and by how many the row was moved to the right. */
  const address = (row, by) => `#shift-${row.join("")}-${by}`;

  /** {row, by} of an address; null for one that holds none. */
  function stateOf(hash) {
    const found = /^#shift-([0-4]{16})-(\d{1,2})$/.exec(hash);
    const by = found ? Number(found[2]) : PIXELS;
    return by < PIXELS ? { row: [...found[1]].map(Number), by } : null;
  }

  return { PIXELS, MOST, METHODS, moved, halved, unlike, isFlat, sentence, address, stateOf };
})();

if (typeof module !== "undefined") module.exports = Shift;
