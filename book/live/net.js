// Small networks for live figures: forwards, backwards, and the steps of the optimisers. Pure functions, tested by node.
"use strict";

const LiveNet = (() => {
  const sigmoid = (a) => (a >= 0 ? 1 / (1 + Math.exp(-a)) : Math.exp(a) / (1 + Math.exp(a)));
  /** log(1 + e^a), which no large `a` can break. */
  const softplus = (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));

  /** Numbers of a normal distribution of mean 0 and variance 1 (Box and Muller), from numbers in [0, 1). */
  function normal(random) {
    return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  }

  /**
   * A fully connected network: `sizes` [inputs, ..., outputs], and a bend between layers that multiplies what is
   * negative by `leak` (0 is the rectifier). All its numbers lie in `theta`, layer by layer: weights by rows, then
   * biases, as PyTorch has them.
   */
  function network(sizes, leak = 0) {
    const layers = [];
    let at = 0;
    for (let i = 1; i < sizes.length; i++) {
      const [columns, rows] = [sizes[i - 1], sizes[i]];
      layers.push({ rows, columns, w: at, b: at + rows * columns });
      at += rows * (columns + 1);
    }
    return { sizes, leak, layers, theta: new Float64Array(at) };
  }

  /** Fills a network: weights of variance 2 / inputs (He), biases of 0. `next()` gives normal numbers. */
  function initialise(net, next) {
    for (const { rows, columns, w, b } of net.layers) {
      const width = Math.sqrt(2 / columns);
      for (let i = w; i < b; i++) net.theta[i] = width * next();
      net.theta.fill(0, b, b + rows);
    }
  }

  /** What stands before and after each layer for `n` inputs, the rows of `x`: {values: [x, h1, ..., output], n}. */
  function forward({ layers, theta, leak }, x, n) {
    const values = [x];
    layers.forEach(({ rows, columns, w, b }, depth) => {
      const from = values[depth];
      const to = new Float64Array(n * rows);
      const bends = depth < layers.length - 1;
      for (let k = 0; k < n; k++) {
        for (let i = 0; i < rows; i++) {
          let sum = theta[b + i];
          for (let j = 0, weight = w + i * columns, at = k * columns; j < columns; j++) sum += theta[weight + j] * from[at + j];
          to[k * rows + i] = bends && sum <= 0 ? leak * sum : sum;
        }
      }
      values.push(to);
    });
    return { values, n };
  }

  /**
   * Backpropagation: from `delta`, the loss's derivative by the outputs, to those by `theta` and by the inputs.
   * At 0 the bend has the slope `leak`, as in PyTorch.
   */
  function backward({ layers, theta, leak }, { values, n }, delta) {
    const gradient = new Float64Array(theta.length);
    let here = delta;
    for (let depth = layers.length - 1; depth >= 0; depth--) {
      const { rows, columns, w, b } = layers[depth];
      const from = values[depth];
      const below = new Float64Array(n * columns);
      for (let k = 0; k < n; k++) {
        for (let i = 0; i < rows; i++) {
          const d = here[k * rows + i];
          gradient[b + i] += d;
          for (let j = 0, weight = w + i * columns, at = k * columns; j < columns; j++) {
            gradient[weight + j] += d * from[at + j];
            below[at + j] += d * theta[weight + j];
          }
        }
      }
      if (depth) for (let i = 0; i < below.length; i++) if (from[i] <= 0) below[i] *= leak;
      here = below;
    }
    return { gradient, input: here };
  }

  /** The state of Adam for so many numbers. */
  const adamState = (count) => ({ m: new Float64Array(count), v: new Float64Array(count), t: 0 });

  /** One step of Adam (Kingma and Ba 2015); changes `theta` and `state`. */
  function adam(theta, gradient, state, { eta, beta1 = 0.9, beta2 = 0.999 }) {
    state.t++;
    const [hat1, hat2] = [1 - beta1 ** state.t, 1 - beta2 ** state.t];
    for (let i = 0; i < theta.length; i++) {
      state.m[i] = beta1 * state.m[i] + (1 - beta1) * gradient[i];
      state.v[i] = beta2 * state.v[i] + (1 - beta2) * gradient[i] ** 2;
      theta[i] -= (eta * (state.m[i] / hat1)) / (Math.sqrt(state.v[i] / hat2) + 1e-8);
    }
  }

  return { sigmoid, softplus, normal, network, initialise, forward, backward, adamState, adam };
})();

if (typeof module !== "undefined") module.exports = LiveNet;
