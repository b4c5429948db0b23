// The whole numbers that numpy.random.default_rng(seed).integers(n) gives, one after the other; so that a bootstrap here
// draws whom the package draws. The state of PCG64 (O'Neill 2014) has 128 bits. Pure functions, tested against numpy.
"use strict";

const Draws = (() => {
  const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
  const [ALL_64, ALL_128] = [(1n << 64n) - 1n, (1n << 128n) - 1n];
  const POOL = 4;

  /** Spreads a seed over eight words of 32 bits (numpy's SeedSequence). */
  function words(seed) {
    const hash = (constant, multiplier) => (value) => {
      const mixed = Math.imul(value ^ constant, (constant = Math.imul(constant, multiplier)));
      return mixed ^ (mixed >>> 16);
    };
    const mix = (x, y) => {
      const mixed = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y) | 0;
      return mixed ^ (mixed >>> 16);
    };
    const into = hash(0x43b0d7e5, 0x931e8875);
    const pool = Array.from({ length: POOL }, (_, i) => into(i ? 0 : seed));
    for (let from = 0; from < POOL; from++) {
      for (let to = 0; to < POOL; to++) if (from !== to) pool[to] = mix(pool[to], into(pool[from]));
    }
    const out = hash(0x8b51f9dd, 0x58f38ded);
    return Array.from({ length: 8 }, (_, i) => BigInt(out(pool[i % POOL]) >>> 0));
  }

  /** A function that gives whole numbers from 0 to n - 1, for n from 1 to 2^32; seed: a whole number below 2^32. */
  function generator(seed) {
    const w = words(seed);
    const long = (i) => ((w[i + 1] << 32n) | w[i]) << 64n | (w[i + 3] << 32n) | w[i + 2];
    const increment = ((long(4) << 1n) | 1n) & ALL_128;
    let state = 0n;
    const step = () => (state = (state * MULTIPLIER + increment) & ALL_128);
    step();
    state = (state + long(0)) & ALL_128;
    step();
    const kept = []; // the upper half of the last 64 bits
    function bits() {
      if (kept.length) return kept.pop();
      step();
      const [folded, turn] = [(state >> 64n) ^ (state & ALL_64), state >> 122n];
      const out = ((folded >> turn) | (folded << (64n - turn))) & ALL_64;
      kept.push(Number(out >> 32n));
      return Number(out & 0xffffffffn);
    }
    return (n) => {
      if (n === 1) return 0; // numpy draws nothing for it
      const least = (2 ** 32 - n) % n;
      for (;;) { // Lemire (2019), without a bias
        const product = BigInt(bits()) * BigInt(n);
        if (Number(product & 0xffffffffn) >= least) return Number(product >> 32n);
      }
    };
  }

  return { generator };
})();

if (typeof module !== "undefined") module.exports = Draws;
