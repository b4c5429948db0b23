// Fetches networks and runs them, beside the page, so that the page never waits. See networks.js for the messages.
import * as ort from "../ort/ort.mjs";

ort.env.wasm.numThreads = 1; // more need headers that a plain server does not send
ort.env.logLevel = "error";
const CACHE = "networks";
const sessions = new Map(); // by name

/** The bytes of a file, from the cache or the network; `seen(bytes)` is told of each piece that is fetched. */
async function bytesOf({ url, bytes }, seen) {
  const cache = await opened();
  const kept = await cache?.match(url);
  if (kept) return new Uint8Array(await kept.arrayBuffer());
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`download: ${response.status}`);
  const content = await collected(response.body.getReader(), seen);
  if (content.length !== bytes && !isUnpacked(url, content)) throw new Error("download: not whole");
  await keep(cache, url, content);
  return content;
}

async function collected(reader, seen) {
  const parts = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    seen(value.length);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Whether a server has unpacked on the way what we store packed. */
const isUnpacked = (url, content) => /\.gz\b/.test(url) && !isPacked(content);
const isPacked = (content) => content[0] === 0x1f && content[1] === 0x8b;

async function unpacked(content) {
  if (!isPacked(content)) return content;
  const stream = new Blob([content]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The browser's store for a second visit; null where there is none (an address without https), or no room. */
async function opened() {
  try {
    return await caches.open(CACHE);
  } catch {
    return null;
  }
}

/** Keeps a file, and forgets its older versions. */
async function keep(cache, url, content) {
  try {
    const path = (address) => address.split("?")[0];
    for (const { url: old } of (await cache?.keys()) ?? []) {
      if (path(old) === path(url)) await cache.delete(old);
    }
    await cache?.put(url, new Response(content));
  } catch {
    // no room: it is fetched again next time
  }
}

/** Loads networks [{name, graph, weights, path}] and releases all others; files are {url, bytes}. */
async function load(networks, runtime, tell) {
  const wanted = new Set(networks.map(({ name }) => name));
  for (const [name, session] of sessions) {
    if (wanted.has(name)) continue;
    sessions.delete(name);
    await session.release();
  }
  const fetched = new Map();
  const get = (file) => {
    if (!fetched.has(file.url)) fetched.set(file.url, bytesOf(file, tell));
    return fetched.get(file.url);
  };
  const missing = networks.filter(({ name }) => !sessions.has(name));
  const program = ort.env.wasm.wasmBinary ? null : get(runtime);
  await Promise.all([program, ...missing.flatMap(({ graph, weights }) => [get(graph), get(weights)])]);
  if (program) ort.env.wasm.wasmBinary = await unpacked(await program);
  for (const { name, graph, weights, path } of missing) {
    const externalData = [{ path, data: await get(weights) }];
    const options = { executionProviders: ["wasm"], logSeverityLevel: 3, externalData };
    sessions.set(name, await ort.InferenceSession.create(await unpacked(await get(graph)), options));
  }
}

/** The outputs of a network: {name: {data, dims}}. */
async function run(name, inputs) {
  if (!sessions.has(name)) throw new Error(`${name} was released for another network`);
  const feeds = {};
  for (const [key, { type, data, dims }] of Object.entries(inputs)) feeds[key] = new ort.Tensor(type, data, dims);
  const found = await sessions.get(name).run(feeds);
  return Object.fromEntries(Object.entries(found).map(([key, { data, dims }]) => [key, { data, dims: [...dims] }]));
}

onmessage = async ({ data: { id, what, ...rest } }) => {
  try {
    if (what === "load") {
      await load(rest.networks, rest.runtime, (bytes) => postMessage({ id, bytes }));
      postMessage({ id, done: true });
    } else {
      const outputs = await run(rest.name, rest.inputs);
      const buffers = Object.values(outputs).map(({ data }) => data.buffer);
      postMessage({ id, done: true, outputs }, buffers);
    }
  } catch (error) {
    postMessage({ id, failed: String(error?.message ?? error) });
  }
};
postMessage({ ready: true });
