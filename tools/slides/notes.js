// Starts the talk. The key S opens a window for the speaker: the notes, what comes next, the time since it was opened.
// With ?print-pdf behind the address every slide is a page, its notes below it, for the browser's own printing.
"use strict";
(() => {
  const deck = window.Reveal;
  const printing = /print-pdf/i.test(window.location.search);
  deck.initialize({
    width: 1280, height: 720, margin: 0.03, center: false, hash: true, slideNumber: "c/t", transition: "none",
    pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, showNotes: printing ? "separate-page" : false,
  });

  // Text and pictures of a slide that is too full become smaller until it fits.
  function fit(slide) {
    const full = () => slide.scrollHeight > 715 || slide.scrollWidth > 1280;
    for (let size = 1; slide && full() && size > 0.4; ) {
      size *= 0.94;
      slide.style.setProperty("--fit", size);
    }
  }

  let view = null;
  let began = 0;
  const heading = (slide) => slide?.querySelector("h1, h2, h3")?.textContent ?? "the end";

  function tell() {
    if (!view || view.closed) return;
    const slides = deck.getSlides();
    const here = slides.indexOf(deck.getCurrentSlide());
    const page = view.document;
    page.getElementById("notes").replaceChildren(
      ...[...(slides[here]?.querySelectorAll("aside.notes") ?? [])].map((notes) => page.importNode(notes, true)));
    page.getElementById("here").textContent = `${here + 1} of ${slides.length}: ${heading(slides[here])}`;
    page.getElementById("next").textContent = `Next: ${heading(slides[here + 1])}`;
  }

  function clock() {
    if (!view || view.closed) return;
    const seconds = Math.floor((Date.now() - began) / 1000);
    view.document.getElementById("time").textContent =
      `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    window.setTimeout(clock, 1000);
  }

  function open() {
    if (view && !view.closed) { view.focus(); return; }
    view = window.open("", "notes", "width=760,height=640");
    if (!view) return; // the browser allows no second window
    view.document.title = "Notes";
    view.document.body.innerHTML = '<p id="time"></p><h1 id="here"></h1><div id="notes"></div><p id="next"></p>';
    const look = view.document.createElement("style");
    look.textContent =
      "body{font:1.2rem/1.5 Georgia,serif;margin:1.5rem;max-width:44rem}h1{font-size:1.2rem}" +
      "#time{float:right;margin:0;font-variant-numeric:tabular-nums}#next{color:#555}math{font-size:1.1em}" +
      ".katex-html{display:none}";
    view.document.head.append(look);
    view.document.addEventListener("keydown", (event) => {
      if (["ArrowRight", "PageDown", " "].includes(event.key)) deck.next();
      if (["ArrowLeft", "PageUp"].includes(event.key)) deck.prev();
    });
    began = Date.now();
    tell();
    clock();
  }

  deck.on("slidechanged", () => { fit(deck.getCurrentSlide()); tell(); });
  deck.on("ready", () => fit(deck.getCurrentSlide()));
  deck.on("pdf-ready", () => deck.getSlides().forEach(fit));
  deck.addKeyBinding({ keyCode: 83, key: "S", description: "Notes for the speaker" }, open);
})();
