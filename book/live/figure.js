// What live figures share: elements, numbers that are dragged, the address, and a voice for screen readers.
"use strict";

const LiveFigure = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const PIXELS_A_STEP = 12; // of dragging

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  /** A number with a minus sign, not a hyphen; `digits` after the point at most. */
  const signed = (value, digits = 2) =>
    String(Number(value.toFixed(digits)) || 0).replace("-", "\u2212");

  /** An element with properties, attributes (in `attributes`) and children. */
  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    const { attributes = {}, ...rest } = properties;
    Object.assign(element, rest);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  /** An SVG element with attributes and children. */
  function svg(tag, attributes = {}, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  /** Calls `draw` once in the next frame, however often it is asked before. */
  function inNextFrame(draw) {
    let asked = false;
    return () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        draw();
      });
    };
  }

  /** An element that a screen reader follows, and a function that says something there once all is quiet. */
  function voice() {
    const element = make("p", { className: "live-hidden", attributes: { role: "status" } });
    let timer = 0;
    const say = (text) => {
      clearTimeout(timer);
      timer = setTimeout(() => (element.textContent = text), 250);
    };
    return { element, say };
  }

  // ---- numbers that are dragged

  /**
   * Lets a pointer pull a number right or up to raise it, left or down to lower it.
   * `begin(event)` gives the number at the start, or null for "not here"; `change(number)` gets each new one;
   * `end(moved)` is called when the pointer is lifted.
   */
  function draggable(element, { begin, change, end = () => {} }) {
    let start = null;
    element.addEventListener("pointerdown", (event) => {
      const value = event.button === 0 ? begin(event) : null;
      if (value === null) return;
      start = { x: event.clientX, y: event.clientY, value, moved: false };
      element.setPointerCapture(event.pointerId);
      element.focus({ preventScroll: true });
      event.preventDefault();
    });
    element.addEventListener("pointermove", (event) => {
      if (!start) return;
      const steps = (event.clientX - start.x - (event.clientY - start.y)) / PIXELS_A_STEP;
      if (!start.moved && Math.abs(steps) < 0.5) return;
      start.moved = true;
      change(start.value + Math.round(steps));
    });
    const stop = () => {
      if (start) end(start.moved);
      start = null;
    };
    element.addEventListener("pointerup", stop);
    element.addEventListener("pointercancel", stop);
  }

  /** By how much a key changes a number; 0 for other keys. */
  const STEPS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, "+": 1, "-": -1 };

  /**
   * A whole number inside a sentence or a formula: dragged, or changed by the arrow keys.
   * `change(number)` gets each new value, from `low` to `high`; `show(number)` sets what stands there.
   */
  function scrub({ name, letter = "", low, high, change }) {
    const digits = make("span", { className: "live-digits" });
    const element = make(
      "span",
      {
        className: "live-scrub",
        tabIndex: 0,
        title: `${name}: drag, or use the arrow keys`,
        attributes: { role: "spinbutton", "aria-label": name, "aria-valuemin": low, "aria-valuemax": high },
      },
      digits,
    );
    if (letter) element.append(make("i", { className: "live-letter" }, letter));
    let value = low;
    const show = (number) => {
      value = number;
      digits.textContent = signed(number);
      element.setAttribute("aria-valuenow", number);
    };
    const set = (number) => {
      const next = clamp(number, low, high);
      if (next === value) return;
      show(next); // at once, so that a second key in the same frame counts
      change(next);
    };
    draggable(element, { begin: () => value, change: set });
    element.addEventListener("keydown", (event) => {
      const ends = { Home: low, End: high };
      const next = event.key in ends ? ends[event.key] : value + (STEPS[event.key] ?? 0);
      if (next === value || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      set(next);
    });
    return { element, show };
  }

  /** Buttons of which one is pressed: `choose(key)` gets its key; `show(key)` presses one. */
  function choice(name, options, choose) {
    const buttons = Object.entries(options).map(([key, text]) =>
      make("button", { type: "button", className: "live-button", onclick: () => choose(key), value: key }, text),
    );
    const element = make(
      "span",
      { className: "live-choice", attributes: { role: "group", "aria-label": name } },
      ...buttons,
    );
    const show = (key) => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.value === key));
    };
    return { element, show };
  }

  // ---- the address and the page

  /** Writes the state of a figure into the address, for a link. */
  function remember(hash) {
    try {
      history.replaceState(null, "", hash);
    } catch {
      // a browser may refuse this for a page opened from a file
    }
  }

  const builds = new Map(); // name -> build(place)

  /**
   * Says how a figure is built; its last script calls this.
   * `build(place)` gives back `open(hash)`, which shows a state and says whether it is one. Such states come from the
   * address and from links <a data-live="#NAME-...">, which without the script lead to the figure.
   */
  const start = (name, build) => builds.set(name, build);

  const loaded = new Map(); // address -> promise

  /** Loads a script once; scripts that are asked for at the same time run in the order in which they were asked for. */
  function load(name) {
    const address = new URL(name, here).href;
    if (!loaded.has(address)) {
      const element = make("script", { src: address, async: false });
      const arrived = new Promise((done, failed) => Object.assign(element, { onload: done, onerror: failed }));
      loaded.set(address, arrived);
      arrived.catch(() => loaded.delete(address)); // so that it is tried again
      document.head.append(element);
    }
    return loaded.get(address);
  }

  /** Loads and builds the figure of a place when it comes near the screen, or at once if the address is about it. */
  function watch(place) {
    const { live: name, files } = place.dataset;
    const figure = place.closest("figure");
    let opening = null;
    const lost = () => {
      opening = null;
      figure.classList.add("live-still-shown");
      return () => false;
    };
    const built = () => {
      figure.classList.remove("live-still-shown");
      return builds.get(name)(place);
    };
    const opened = () => (opening ??= Promise.all(files.split(" ").map(load)).then(built, lost));
    async function follow(hash, behavior = "auto") {
      if (!hash.startsWith(`#${name}-`) || !(await opened())(hash)) return;
      figure.scrollIntoView({ behavior });
      place.tabIndex = -1;
      place.focus({ preventScroll: true });
    }
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        opened();
      },
      { rootMargin: "100% 0px" },
    );
    observer.observe(place);
    follow(location.hash, "instant"); // whoever opens an address has not come to see the page pass by
    addEventListener("hashchange", () => follow(location.hash));
    document.addEventListener("click", (event) => {
      const link = event.target.closest(`a[data-live^="#${name}-"]`);
      if (!link) return;
      event.preventDefault();
      if (location.hash === link.dataset.live) follow(location.hash);
      else location.hash = link.dataset.live; // so that "back" leads back to the sentence
    });
  }

  const here = document.currentScript.src;
  for (const place of document.querySelectorAll(".live-place")) watch(place);

  return { clamp, signed, make, svg, inNextFrame, voice, draggable, scrub, choice, remember, start, STEPS };
})();
