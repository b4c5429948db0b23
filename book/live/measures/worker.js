// Measures beside the page: a worker from the text of `makeMeasures`, which a page opened from a file may start too.
"use strict";

const MeasuresBeside = (() => {
  /** Answers {id, picture, groups} group by group; a newer question ends an older one. Runs in the worker, or here. */
  function server(measures, reply) {
    let latest = 0;
    return async ({ id, picture, groups }) => {
      latest = id;
      const planes = measures.planesOf(picture);
      for (const group of groups) {
        await new Promise((done) => setTimeout(done));
        if (latest !== id) return;
        reply({ id, values: measures.GROUPS[group](planes), last: group === groups.at(-1) });
      }
    };
  }

  /** A worker with the measures, or null where there can be none. */
  function started(answer) {
    const text = `const serve = (${server})((${makeMeasures})(), postMessage); onmessage = ({ data }) => serve(data);`;
    try {
      const worker = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
      worker.onmessage = ({ data }) => answer(data);
      return worker;
    } catch {
      return null;
    }
  }

  /**
   * Gives `ask(picture, groups)`; `heard({values, last, ms})` gets the groups one after the other, of the newest question
   * alone. While an answer is on its way, only the newest of the questions that come is kept; it begins with the group
   * that has waited longest, so that each gets its turn while somebody drags.
   */
  function measuring(heard) {
    let [id, waiting, busy, begun, turn] = [0, null, false, 0, 0];
    const answer = (part) => {
      if (part.id !== id) return;
      turn++;
      heard({ ...part, ms: performance.now() - begun });
      if (waiting || part.last) next();
    };
    const worker = started(answer);
    const here = worker ? null : server(Measures, answer);
    function next() {
      busy = waiting !== null;
      if (!busy) return;
      const { picture, groups } = waiting;
      const first = turn % groups.length;
      const question = { id: ++id, picture, groups: [...groups.slice(first), ...groups.slice(0, first)] };
      [waiting, begun] = [null, performance.now()];
      if (worker) worker.postMessage(question);
      else here(question);
    }
    return (picture, groups) => {
      waiting = { picture, groups };
      if (!busy) next();
    };
  }

  /** Draws a picture {width, height, rgb} on a canvas of its size. */
  function show(canvas, { width, height, rgb }) {
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    const image = context.createImageData(width, height);
    for (let i = 0, k = 0; k < rgb.length; i += 4, k += 3) {
      image.data[i] = rgb[k];
      image.data[i + 1] = rgb[k + 1];
      image.data[i + 2] = rgb[k + 2];
      image.data[i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  /** The pixels of something that can be drawn (an image, a bitmap, a canvas): {width, height, rgb}. */
  function pixelsOf(source, width, height) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(source, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    const rgb = new Uint8ClampedArray(width * height * 3);
    for (let i = 0, k = 0; k < rgb.length; i += 4, k += 3) rgb.set(data.subarray(i, i + 3), k);
    return { width, height, rgb };
  }

  /** The photograph of the course that the figures begin with. */
  async function photograph() {
    const image = new Image();
    image.src = MEASURED.photograph;
    await image.decode();
    return pixelsOf(image, image.naturalWidth, image.naturalHeight);
  }

  return { measuring, show, pixelsOf, photograph };
})();
