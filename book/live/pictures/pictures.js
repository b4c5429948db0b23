// Reads a picture of the reader's: from a file, by drop or paste, or one of ours. Nothing leaves the page.
//
//   const chooser = Pictures.chooser({ longest: 512, examples: [{ name, url }], use: (picture) => ... });
//   place.append(chooser.element);    // picture: {rgb, width, height, original, name, notes}, see `read`
"use strict";

const Pictures = (() => {
  const MOST_PIXELS = 50e6;
  const MOST_BYTES = 100e6;
  const LEAST_SIDE = 8; // pixels
  const LONGEST_SHAPE = 20; // times as long as wide

  /** Something that the reader can put right; the message is the sentence for it. */
  class PictureError extends Error {}

  // ---- pure functions on the bytes of a file

  const text = (bytes, at, length) => String.fromCharCode(...bytes.subarray(at, at + length));
  const big16 = (b, at) => (b[at] << 8) | b[at + 1];
  const big32 = (b, at) => (b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3];
  const little16 = (b, at) => b[at] | (b[at + 1] << 8);
  const little24 = (b, at) => little16(b, at) | (b[at + 2] << 16);

  /** What a file is by its first bytes: "png", "jpeg", "gif", "webp", "bmp", "avif", "heic", or null. */
  function kindOf(bytes) {
    if (text(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return "png";
    if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "jpeg";
    if (/^GIF8[79]a/.test(text(bytes, 0, 6))) return "gif";
    if (text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 4) === "WEBP") return "webp";
    if (text(bytes, 0, 2) === "BM") return "bmp";
    if (text(bytes, 4, 4) !== "ftyp") return null;
    if (/avif|avis/.test(text(bytes, 8, 24))) return "avif";
    return /hei[cxms]|hev[cx]|mif1|msf1/.test(text(bytes, 8, 24)) ? "heic" : null;
  }

  /** Width and height as the file says, before anything is decoded (and turned); null if it cannot be told. */
  function sizeOf(bytes, kind) {
    const readers = {
      png: () => [big32(bytes, 16), big32(bytes, 20)],
      gif: () => [little16(bytes, 6), little16(bytes, 8)],
      bmp: () => [little16(bytes, 18), Math.abs(little16(bytes, 22))],
      jpeg: () => jpegSize(bytes),
      webp: () => webpSize(bytes),
    };
    const [width, height] = readers[kind]?.() ?? [0, 0];
    return width > 0 && height > 0 ? { width, height } : null;
  }

  /** From segment to segment up to the one that opens the picture (SOF). */
  function jpegSize(bytes) {
    for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + big16(bytes, at + 2)) {
      const mark = bytes[at + 1];
      const opens = mark >= 0xc0 && mark <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(mark);
      if (opens) return [big16(bytes, at + 7), big16(bytes, at + 5)];
    }
    return null;
  }

  function webpSize(bytes) {
    const kind = text(bytes, 12, 4);
    if (kind === "VP8X") return [little24(bytes, 24) + 1, little24(bytes, 27) + 1];
    if (kind === "VP8 ") return [little16(bytes, 26) & 0x3fff, little16(bytes, 28) & 0x3fff];
    if (kind !== "VP8L") return null;
    const bits = little24(bytes, 21) | (bytes[24] << 24);
    return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
  }

  /** Whether the file holds more than one picture that follow each other. */
  function isAnimated(bytes, kind) {
    if (kind === "webp") return text(bytes, 12, 4) === "VP8X" && (bytes[20] & 2) > 0;
    if (kind === "avif") return text(bytes, 8, 4) === "avis";
    if (kind === "png") return chunksOfPng(bytes).includes("acTL");
    return kind === "gif" && framesOfGif(bytes) > 1;
  }

  /** Names of the chunks before the picture. */
  function chunksOfPng(bytes) {
    const names = [];
    for (let at = 8; at + 8 <= bytes.length; at += 12 + big32(bytes, at)) {
      names.push(text(bytes, at + 4, 4));
      if (names.at(-1) === "IDAT" || big32(bytes, at) < 0) break;
    }
    return names;
  }

  /** How many pictures, at most 2. */
  function framesOfGif(bytes) {
    const table = (flags) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
    let at = 13 + table(bytes[10]);
    for (let frames = 0; at < bytes.length; ) {
      if (bytes[at] === 0x2c) {
        if (++frames === 2) return 2;
        at += 11 + table(bytes[at + 9]); // and a byte before the data
      } else if (bytes[at] === 0x21) at += 2;
      else return frames;
      while (bytes[at]) at += bytes[at] + 1;
      at++;
    }
    return 1;
  }

  const times = (width, height) => `${width}\u00a0\u00d7\u00a0${height}`;

  /** A sentence that refuses a picture of this size, or null. */
  function refusal({ width, height }) {
    const [short, long] = width < height ? [width, height] : [height, width];
    const it = `This picture has ${times(width, height)} pixels`;
    if (width * height > MOST_PIXELS) {
      const has = Math.round((width * height) / 1e6);
      return `${it}, ${has} million; ${MOST_PIXELS / 1e6} million is the most that is read here. Make it smaller first.`;
    }
    if (short < LEAST_SIDE) return `${it}; ${LEAST_SIDE} on each side is the least. Take a larger one.`;
    if (long > LONGEST_SHAPE * short) {
      return `${it}: it is more than ${LONGEST_SHAPE} times as long as wide. Cut a part out of it first.`;
    }
    return null;
  }

  /** The size at which the longer side is `longest` at most, in whole pixels. */
  function fitted({ width, height }, longest) {
    const scale = Math.min(1, longest / Math.max(width, height));
    return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  }

  /** Pixels RGBA (0 to 255, not premultiplied) over white: Float32 [3, H, W] in [0, 1], and whether any was see-through. */
  function overWhite(rgba) {
    const n = rgba.length / 4;
    const rgb = new Float32Array(3 * n);
    let clear = false;
    for (let i = 0; i < n; i++) {
      const alpha = rgba[4 * i + 3] / 255;
      clear ||= alpha < 1;
      for (let c = 0; c < 3; c++) rgb[c * n + i] = 1 - alpha + (alpha * rgba[4 * i + c]) / 255;
    }
    return { rgb, clear };
  }

  /** Float32 [3, H, W] in [0, 1] as RGBA bytes, rounded and cut off at the ends. */
  function toRgba(rgb) {
    const n = rgb.length / 3;
    const rgba = new Uint8ClampedArray(4 * n).fill(255);
    for (let i = 0; i < n; i++) for (let c = 0; c < 3; c++) rgba[4 * i + c] = 255 * rgb[c * n + i]; // rounds by itself
    return rgba;
  }

  // ---- in the page

  const NOT_READ = {
    vanished: "The file could not be read. It may have been moved or deleted since; choose it again.",
    empty: "The file is empty: 0 bytes.",
    heavy: `The file has more than ${MOST_BYTES / 1e6}\u00a0MB. Make it smaller first.`,
    other: "This is not a picture that can be read here: a JPEG, PNG, WebP, GIF or AVIF is needed.",
    broken: "The picture cannot be decoded; its file is damaged, or of a kind that this browser does not know.",
  };

  async function contentOf(blob) {
    if (blob.size > MOST_BYTES) throw new PictureError(NOT_READ.heavy);
    try {
      const content = new Uint8Array(await blob.arrayBuffer());
      if (content.length) return content;
    } catch {
      throw new PictureError(NOT_READ.vanished);
    }
    throw new PictureError(NOT_READ.empty);
  }

  /** A picture on a canvas, at a size whose longer side is `longest` at most. */
  function drawn(source, original, longest) {
    const { width, height } = fitted(original, longest);
    const canvas = LiveFigure.make("canvas", { width, height });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.imageSmoothingQuality = "high";
    pen.drawImage(source, 0, 0, width, height);
    return pen.getImageData(0, 0, width, height);
  }

  /**
   * Reads a blob: {rgb: Float32 [3, H, W] in [0, 1], width, height, original: {width, height}, name, notes}.
   * Turned as its EXIF data say, in sRGB as the browser converts it, over white where it was see-through; `notes` are
   * sentences on what was done. Throws PictureError, whose message is a sentence.
   */
  async function read(blob, { longest = 4096, name = blob.name ?? "picture" } = {}) {
    const content = await contentOf(blob);
    const kind = kindOf(content);
    if (!kind) throw new PictureError(NOT_READ.other);
    const said = sizeOf(content, kind);
    const refused = said && refusal(said);
    if (refused) throw new PictureError(refused);
    let bitmap;
    try {
      bitmap = await createImageBitmap(new Blob([content]));
    } catch {
      throw new PictureError(NOT_READ.broken);
    }
    const original = { width: bitmap.width, height: bitmap.height };
    const late = refusal(original);
    if (late) throw new PictureError(late);
    const { data, width, height } = drawn(bitmap, original, longest);
    bitmap.close();
    const { rgb, clear } = overWhite(data);
    const notes = [];
    if (isAnimated(content, kind)) notes.push("It moves; the first picture was taken.");
    if (clear) notes.push("Where it was see-through there is white now.");
    if (width < original.width) {
      notes.push(`It was made smaller, from ${times(original.width, original.height)} to ${times(width, height)} pixels.`);
    }
    return { rgb, width, height, original, name, notes };
  }

  /** The first picture among files or pasted things. */
  const pictureIn = (transfer) =>
    [...(transfer?.files ?? [])].find(({ type }) => type.startsWith("image/")) ?? transfer?.files?.[0] ?? null;

  /**
   * A place for a picture: file, drop, paste (while it is on the screen), and ours by a button each.
   * examples: [{name, url}], or [{name, use}] for those that the figure shows itself; `use(picture)` gets what `read` gives; longest: in pixels; inside: further elements.
   * Gives {element, take(blob, name), say(sentence)}.
   */
  function chooser({ longest, use, examples = [], ask = "Choose a picture", inside = [] }) {
    const { make } = LiveFigure;
    const input = make("input", { type: "file", accept: "image/*", className: "live-hidden" });
    const label = make("label", { className: "live-button picture-file" }, input, ask);
    let latest = 0;
    const said = make("p", { className: "picture-said", attributes: { role: "status" } });
    const hint = make("span", { className: "picture-hint" }, "or drop it here, or paste it");
    const buttons = examples.map(({ name, url, use = () => fetched(name, url) }) => {
      const choose = () => {
        latest++; // whatever is being read comes too late
        say("");
        use();
      };
      return make("button", { type: "button", className: "live-button", onclick: choose }, name);
    });
    const ours = buttons.length ? [make("span", { className: "picture-hint" }, "or take one of ours:"), ...buttons] : [];
    const row = make("div", { className: "picture-row" }, label, hint, ...ours, ...inside);
    const element = make("div", { className: "picture-chooser" }, row, said);

    const say = (sentence) => (said.textContent = sentence);
    async function take(blob, name) {
      const turn = ++latest;
      say("");
      try {
        const picture = await read(blob, { longest, name });
        if (turn !== latest) return; // another one was chosen meanwhile
        say(picture.notes.join(" "));
        use(picture);
      } catch (error) {
        if (turn === latest) say(error instanceof PictureError ? error.message : `It cannot be read: ${error.message}`);
      }
    }
    async function fetched(name, url) {
      try {
        const response = await fetch(url);
        if (!response.ok) throw new Error(`${response.status}`);
        await take(await response.blob(), name);
      } catch {
        say("It did not arrive. Look at your connection and try again.");
      }
    }
    input.onchange = () => {
      if (input.files[0]) take(input.files[0]);
      input.value = ""; // so that the same file can be chosen again
    };
    element.ondragover = (event) => {
      event.preventDefault();
      element.classList.add("picture-over");
    };
    element.ondragleave = () => element.classList.remove("picture-over");
    element.ondrop = (event) => {
      event.preventDefault();
      element.classList.remove("picture-over");
      const file = pictureIn(event.dataTransfer);
      if (file) take(file);
      else say(NOT_READ.other);
    };
    document.addEventListener("paste", (event) => {
      const file = pictureIn(event.clipboardData);
      if (!file || !element.isConnected || event.target.closest?.("input, textarea")) return;
      event.preventDefault();
      take(file, "pasted");
    });
    return { element, take, say };
  }

  return { PictureError, kindOf, sizeOf, isAnimated, refusal, fitted, overWhite, toRgba, read, chooser, times };
})();

if (typeof module !== "undefined") module.exports = Pictures;
