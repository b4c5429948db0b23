// Attention on a patch: where patches look, where the answer looks, and what the answer rests on. Tested by node.
"use strict";

const Attention = (() => {
  const SIDE = 8; // patches in a row
  const PATCHES = SIDE * SIDE;
  const ASKERS = PATCHES + 1; // 0 is the token that collects the answer (its last block), 1 + p is patch p (the first block)
  const HEADS = 4;
  const LAST = 6; // level of the patch that a row looks at most
  const FULL = 255;
  const EVEN = 0.025; // of a share, where 1/64 = 0.016 would be the same for all
  const VIEWS = { p: "patch looks", a: "answer looks", w: "what matters" };

  /** What tools/live_attention.py packed, as typed arrays. */
  async function unpack({ packed, drawings, hands }) {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const content = await new Response(stream).arrayBuffer();
    let at = 0;
    const part = (length) => new Uint8Array(content.slice(at, (at += length)));
    const n = drawings.length;
    const data = { levels: part(n * HEADS * ASKERS * PATCHES), tops: part(n * (1 + HEADS) * ASKERS), peaks: part(n * (1 + HEADS) * ASKERS) };
    return { ...data, answer: part(n * PATCHES), answers: new Uint16Array(content.slice(at)), hands: hands.length };
  }

  /** What `asker` looks at most by `head` (0: the mean of all): {patch, share}, the share from 0 to 1. */
  function top(data, drawing, head, asker) {
    const at = (drawing * (1 + HEADS) + head) * ASKERS + asker;
    return { patch: data.tops[at], share: data.peaks[at] / FULL };
  }

  /** Shares of the 64 patches in the look of `asker`; what is missing to 1 goes to the collecting token. */
  function look(data, drawing, head, asker) {
    const shares = new Float64Array(PATCHES);
    const heads = head ? [head] : [1, 2, 3, 4];
    for (const h of heads) {
      const start = ((drawing * HEADS + h - 1) * ASKERS + asker) * PATCHES;
      const { share } = top(data, drawing, h, asker);
      for (let p = 0; p < PATCHES; p++) shares[p] += ((data.levels[start + p] / LAST) ** 2 * share) / heads.length;
    }
    return shares;
  }

  /** Probabilities of the hands; `asker` 0: of the whole drawing, 1 + p: with patch p white. */
  function answers(data, drawing, asker) {
    const start = (drawing * ASKERS + asker) * data.hands;
    return Array.from(data.answers.slice(start, start + data.hands), (whole) => whole / 1000);
  }

  const best = (values) => values.indexOf(Math.max(...values));
  /** The place of `values[i]`, 1 for the largest. */
  const rank = (values, i) => 1 + values.filter((value) => value > values[i]).length;

  /** Probability of the first answer that is lost when each patch is blotted out (negative: gained). */
  function losses(data, drawing) {
    const whole = answers(data, drawing, 0);
    const hand = best(whole);
    return Array.from({ length: PATCHES }, (_, p) => whole[hand] - answers(data, drawing, 1 + p)[hand]);
  }

  /** How light each patch is, from 0 to 1, the largest being 1. */
  function light(data, { drawing, head, patch, view }) {
    const values = view === "w" ? losses(data, drawing).map((lost) => Math.max(0, lost)) : look(data, drawing, head, view === "a" ? 0 : 1 + patch);
    const most = Math.max(...values);
    return Array.from(values, (value) => Math.sqrt(value / most));
  }

  /** The patch that a key leads to from `patch`; null for other keys. */
  function moved(patch, key) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
    if (!step) return null;
    const [row, column] = [Math.floor(patch / SIDE) + step[0], (patch % SIDE) + step[1]];
    return Math.min(row, column) < 0 || Math.max(row, column) >= SIDE ? patch : row * SIDE + column;
  }

  // ---- the address: "#attention-2-0-26-p-1": drawing, head, patch, view, whether the patch is blotted out

  const address = ({ drawing, head, patch, view, blotted }) => `#attention-${drawing}-${head}-${patch}-${view}-${Number(blotted)}`;
  function stateOf(hash, count) {
    const found = /^#attention-(\d)-([0-4])-(\d\d?)-([paw])-([01])$/.exec(hash);
    if (!found || found[1] >= count || found[3] >= PATCHES) return null;
    const [drawing, head, patch] = found.slice(1, 4).map(Number);
    return { drawing, head, patch, view: found[4], blotted: found[5] === "1" };
  }

  // ---- saying it

  const named = (patch) => `row ${1 + Math.floor(patch / SIDE)}, column ${1 + (patch % SIDE)}`;
  const percent = (share) => (share > 0 && share < 0.01 ? "under 1\u00a0%" : `${Math.round(100 * share)}\u00a0%`);
  const nth = (n) => `${n}${n % 100 > 10 && n % 100 < 14 ? "th" : ["th", "st", "nd", "rd"][n % 10] ?? "th"}`;
  const most = (place) => (place === 1 ? "more than from any other" : `${nth(place)} of 64`);

  /** Where the patch looks, and how much the answer looks at it. */
  function saidLook(data, { drawing, head, patch }) {
    const seen = top(data, drawing, head, 1 + patch);
    const own = seen.patch === patch ? "itself" : named(seen.patch);
    const who = head ? `by head ${head}` : "by the mean of its heads";
    const where = seen.share < EVEN ? `looks, ${who}, at all patches nearly alike` : `looks most, ${who}, at ${own} (${percent(seen.share)})`;
    const row = data.answer.slice(drawing * PATCHES, (drawing + 1) * PATCHES);
    const share = (top(data, drawing, 0, 0).share * row[patch]) / FULL;
    return (
      `The patch in ${named(patch)} ${where}. ` +
      `The answer takes ${percent(share)} of its look from this patch, ${most(rank(row, patch))}.`
    );
  }

  /** What blotting the patch out changes. `hands` are their names. */
  function saidCost(data, { drawing, patch }, hands) {
    const [whole, now] = [answers(data, drawing, 0), answers(data, drawing, 1 + patch)];
    const [hand, next] = [best(whole), best(now)];
    const place = rank(losses(data, drawing), patch);
    const change = whole[hand] - now[hand];
    if (Math.abs(change) < 0.005) return `Blotting it out leaves ${hands[hand]} at ${percent(now[hand])}: it hardly matters.`;
    const way = change > 0 ? `lowers ${hands[hand]} from` : `raises ${hands[hand]} from`;
    const turned = next === hand ? "" : `, and the answer becomes ${hands[next]}`;
    const placed = change > 0 ? `; ${place === 1 ? "no other patch matters as much" : `${nth(place)} of 64 in what it matters`}` : "";
    return `Blotting it out ${way} ${percent(whole[hand])} to ${percent(now[hand])}${turned}${placed}.`;
  }

  return { SIDE, PATCHES, HEADS, VIEWS, unpack, top, look, answers, best, rank, losses, light, moved, address, stateOf, named, percent, saidLook, saidCost };
})();

if (typeof module !== "undefined") module.exports = Attention;
