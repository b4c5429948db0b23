// Runs published networks in the page: loaded when a reader asks for it, in a worker, kept for the next visit.
//
//   const starter = Networks.starter(["srresnet_x4_light"], { what: "the network", ready: (network) => ... });
//   place.append(starter.element);                       // "Load the network, 4.2 MB", progress, what went wrong
//   const { enlarged } = await network.run("srresnet_x4_light", { image: Networks.tensor(rgb, [1, 3, 64, 64]) });
//
// What goes in and comes out: tools/live_networks.py. Other networks are released when these are loaded.
"use strict";

const Networks = (() => {
  // ---- pure functions

  /** The files that some networks need, each once: [{url, bytes}], below the folder of this script. */
  function filesOf(names, list, runtime) {
    const files = new Map();
    const add = (url, bytes) => files.set(url, { url, bytes });
    add(`../ort/${runtime.file}?${runtime.hash}`, runtime.bytes);
    for (const name of names) {
      const { graph, graphBytes, graphHash, weights, weightBytes, weightHash } = list[name];
      add(`${graph}?${graphHash}`, graphBytes);
      add(`${weights}?${weightHash}`, weightBytes);
    }
    return [...files.values()];
  }

  const total = (files) => files.reduce((sum, { bytes }) => sum + bytes, 0);

  /** A number of bytes in megabytes of a million, with one digit: "4.2 MB". */
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)}\u00a0MB`;

  const FILE =
    "This page was opened from a disk, and a browser lets such a page read no network. Serve the folder of the site, " +
    "for example by \u201cpython -m http.server\u201d inside it, and open http://localhost:8000.";

  /** What went wrong, and what to do, in a sentence for the reader. */
  function sentence(message) {
    if (/allocat|memory|OOM|bad_alloc|RangeError/i.test(message)) {
      return "The browser refused the memory that the network needs. Close other tabs, or take a smaller picture, and try again.";
    }
    if (/download|fetch|network ?error|load failed|timed? ?out|aborted a request/i.test(message)) {
      return "The download broke off. Look at your connection and try again; what has arrived whole is kept.";
    }
    if (/DecompressionStream|WebAssembly|SIMD|module worker|worker/i.test(message)) {
      return "This browser is too old, or set, not to run networks (it needs WebAssembly and module workers). Try a current one.";
    }
    return `The network cannot run here: ${message}`;
  }

  const aborted = () => new DOMException("cancelled", "AbortError");

  /** A tensor for `run`: float32, or int32 for an Int32Array. The array is copied, so that it can be used again. */
  const tensor = (data, dims) => ({ type: data instanceof Int32Array ? "int32" : "float32", data: data.slice(), dims });

  // ---- the worker

  const here = typeof document === "undefined" ? "" : new URL(".", document.currentScript.src).href;
  let worker = null;
  let count = 0;
  const waiting = new Map(); // id -> {resolve, reject, progress}

  function started() {
    if (worker) return worker;
    worker = new Worker(new URL("worker.mjs", here), { type: "module" });
    worker.onmessage = ({ data: { id, bytes, done, outputs, failed } }) => {
      const asked = waiting.get(id);
      if (!asked) return; // cancelled
      if (bytes) return asked.progress?.(bytes);
      waiting.delete(id);
      if (done) asked.resolve(outputs);
      else asked.reject(new Error(failed));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      stop(new Error(event.message ? `worker: ${event.message}` : "download of the worker"));
    };
    return worker;
  }

  /** Ends the worker, and whatever waits for it. */
  function stop(error) {
    worker?.terminate();
    worker = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  /** Sends a message; a promise of the answer. An abort ends the promise at once, and calls `dropped`. */
  function ask(message, { signal, progress, transfer = [], dropped = () => {} } = {}) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(aborted());
      const id = ++count;
      const forget = () => {
        waiting.delete(id);
        reject(aborted());
        dropped();
      };
      signal?.addEventListener("abort", forget, { once: true });
      const ended = (settle) => (value) => {
        signal?.removeEventListener("abort", forget);
        settle(value);
      };
      waiting.set(id, { resolve: ended(resolve), reject: ended(reject), progress });
      started().postMessage({ id, ...message }, transfer);
    });
  }

  const absolute = ({ url, bytes }) => ({ url: new URL(url, here).href, bytes });

  /**
   * Loads networks by name. `onProgress(loaded)` is told how many bytes have been fetched; `signal` cancels.
   * Gives {run(name, inputs, {signal}), release()}. A run that is cancelled answers at once; the worker ends it in peace.
   */
  async function load(names, { onProgress = () => {}, signal } = {}) {
    if (location.protocol === "file:") throw new Error("file");
    const [runtime] = filesOf(names, NETWORKS, NETWORK_RUNTIME).map(absolute);
    const networks = names.map((name) => {
      const { graph, graphBytes, graphHash, weights, weightBytes, weightHash } = NETWORKS[name];
      return {
        name,
        path: weights,
        graph: absolute({ url: `${graph}?${graphHash}`, bytes: graphBytes }),
        weights: absolute({ url: `${weights}?${weightHash}`, bytes: weightBytes }),
      };
    });
    let loaded = 0;
    const progress = (bytes) => onProgress((loaded += bytes));
    const dropped = () => stop(aborted());
    await ask({ what: "load", networks, runtime }, { signal, progress, dropped });
    return {
      run: (name, inputs, { signal } = {}) => {
        const transfer = Object.values(inputs).map(({ data }) => data.buffer);
        return ask({ what: "run", name, inputs }, { signal, transfer });
      },
      release: () => stop(aborted()),
    };
  }

  /** How many bytes of some networks are not on this device yet. */
  async function missing(names) {
    const files = filesOf(names, NETWORKS, NETWORK_RUNTIME).map(absolute);
    try {
      const cache = await caches.open("networks");
      const kept = await Promise.all(files.map(({ url }) => cache.match(url)));
      return total(files.filter((_, i) => !kept[i]));
    } catch {
      return total(files); // no store for this address; the browser may have some of them all the same
    }
  }

  // ---- the button

  const labels = new Set(); // functions that write anew what the buttons of this page would fetch

  /**
   * A button that loads networks, with size, progress, a way to cancel, and a sentence when it fails.
   * what: "the network", "both networks" ...; `ready(network)` is called once they can run, and may be called again
   * after a failure. Gives {element, start(), fail(error)}; `fail` shows what went wrong in a run, and the button again.
   */
  function starter(names, { what, ready }) {
    const { make } = LiveFigure;
    const button = make("button", { type: "button", className: "live-button network-load" }, `Load ${what}`);
    const bar = make("progress", { attributes: { "aria-label": `Loading ${what}` } });
    const count = make("span", { className: "network-count" });
    const cancel = make("button", { type: "button", className: "live-button" }, "Cancel");
    const loading = make("span", { className: "network-loading", hidden: true }, bar, count, cancel);
    const said = make("p", { className: "network-said", attributes: { role: "status" } });
    const element = make("div", { className: "network-starter" }, button, loading, said);
    let stopping = null;

    const show = (state, text = "") => {
      element.hidden = state === "ready";
      button.hidden = state !== "idle";
      loading.hidden = state !== "loading";
      said.textContent = text;
    };
    const label = async () => {
      const bytes = await missing(names);
      button.textContent = bytes
        ? `Load ${what}, ${megabytes(bytes)}`
        : `Start ${what} (on this device already)`;
    };
    const fail = (error) => {
      if (error.message === "file") return show("file", FILE);
      const cancelled = error.name === "AbortError";
      show("idle", cancelled ? "Cancelled. What has arrived whole is kept." : sentence(error.message));
      label();
    };
    const start = async () => {
      stopping = new AbortController();
      show("loading");
      const bytes = await missing(names);
      bar.max = bytes || 1;
      const onProgress = (loaded) => {
        bar.value = loaded;
        const going = loaded < bytes;
        count.textContent = going ? `${megabytes(loaded)} of ${megabytes(bytes)}` : "starting \u2026";
      };
      onProgress(0);
      try {
        const network = await load(names, { onProgress, signal: stopping.signal });
        show("ready");
        for (const refresh of labels) refresh();
        ready(network);
      } catch (error) {
        fail(error);
      }
    };
    button.onclick = start;
    cancel.onclick = () => stopping.abort();
    labels.add(label);
    if (location.protocol === "file:") fail(new Error("file"));
    else label();
    return { element, start, fail };
  }

  return { filesOf, total, megabytes, sentence, tensor, load, missing, starter };
})();

if (typeof module !== "undefined") module.exports = Networks;
