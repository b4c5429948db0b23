/* The search page: reads the question, asks query.js, and shows what it found. */
(function () {
  "use strict";

  const AT_ONCE = 10;
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const root = document.documentElement.dataset.content_root || "./";
  const form = document.querySelector("form.search-form");
  const field = form.querySelector("input[name=q]");
  const status = document.getElementById("search-status");
  const list = document.getElementById("search-results");
  const more = document.getElementById("search-more");
  const help = document.getElementById("search-help");
  const index = courseSearch.prepare(globalThis.courseSearchIndex);
  const loading = new Map();

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  /* A text as nodes; what is Chinese says so, for voices and fonts. */
  function nodes(text) {
    return text.split(/(\p{Script=Han}+)/u).filter(Boolean).map((piece) =>
      piece > "\u3400" ? element("span", { lang: "zh" }, piece) : piece);
  }

  const address = (section) =>
    root + index.pages[section.page].name + ".html" + (section.anchor ? "#" + section.anchor : "");

  const titleOfPage = (section) => index.pages[section.page].sections[0][0];

  /* The texts of a page's sections, from its own script; a promise. */
  function texts(name) {
    if (!loading.has(name)) {
      loading.set(name, new Promise((resolve) => {
        const there = () => resolve((globalThis.courseSearchTexts || {})[name] || []);
        const src = here + "text/" + name.replaceAll("/", ".") + ".js";
        document.head.append(element("script", { src, onload: there, onerror: there }));
      }));
    }
    return loading.get(name);
  }

  async function fillExcerpt(paragraph, section, terms) {
    const all = await texts(index.pages[section.page].name);
    const pieces = courseSearch.excerpt(all[section.number] || "", terms, index);
    paragraph.append(...pieces.map(([text, marked]) => element(marked ? "mark" : "span", {}, ...nodes(text))));
    paragraph.hidden = !pieces.length;
  }

  /* Excerpts load when their result comes near the screen: a look at the first few costs no more. */
  const waiting = new Map();
  const watcher = new IntersectionObserver((seen) => seen.forEach(({ isIntersecting, target }) => {
    if (!isIntersecting) return;
    watcher.unobserve(target);
    fillExcerpt(target, ...waiting.get(target));
  }), { rootMargin: "100px" });

  function link(section, text) {
    return element("a", { href: address(section) }, ...nodes(text));
  }

  function item(result, terms) {
    const { section } = result;
    const inside = section.number > 0;
    const above = titleOfPage(section);
    const part = index.pages[section.page].part;
    const where = [inside ? above : "", part.endsWith(above) ? "" : part].filter(Boolean);
    const entry = element("li", {}, element("h2", {}, link(section, section.title || above)));
    if (where.length) entry.append(element("p", { className: "search-where" }, where.join(" · ")));
    const paragraph = element("p", { className: "search-excerpt" });
    entry.append(paragraph);
    waiting.set(paragraph, [section, terms]);
    watcher.observe(paragraph);
    if (result.others.length) entry.append(alsoIn(result.others));
    if (result.missing.length) entry.append(element("p", { className: "search-missing" },
      "Without " + result.missing.map((term) => "“" + term.shown + "”").join(", ")));
    return entry;
  }

  function alsoIn(sections) {
    const line = element("p", { className: "search-also" }, "Also: ");
    sections.forEach((section, i) => line.append(i ? ", " : "", link(section, section.title)));
    return line;
  }

  function sentence(text, answer) {
    const count = answer.results.length;
    if (answer.onlyStopWords) {
      return "These words stand on every page. Add one that says what you look for.";
    }
    if (!count) return "Nothing in the course matches “" + text + "”.";
    const pages = count === 1 ? "1 result" : count + " results";
    const what = pages + " for “" + text + "”.";
    return answer.complete ? what : "No page has all of these words; those with most of them follow. " + what;
  }

  function showHelp(wanted) {
    help.replaceChildren();
    if (!wanted) return;
    const examples = ["golden ratio", "mode collapse", "Colab", "out of memory", "卷积"];
    const line = element("p", {}, "For example: ");
    examples.forEach((text, i) => {
      const href = "?q=" + encodeURIComponent(text);
      line.append(i ? ", " : "", element("a", { href, lang: text > "\u3400" ? "zh" : "" }, text));
    });
    help.append(line);
  }

  function show(text) {
    const answer = courseSearch.search(text, index);
    let shown = 0;
    status.textContent = text.trim() ? sentence(text.trim(), answer) : "";
    showHelp(!answer.results.length);
    list.replaceChildren();
    more.onclick = () => {
      const next = answer.results.slice(shown, shown + AT_ONCE).map((result) => item(result, answer.terms));
      const first = shown > 0 && next.length ? next[0].querySelector("a") : null;
      shown += next.length;
      list.append(...next);
      more.hidden = shown >= answer.results.length;
      if (first) first.focus();
    };
    more.onclick();
  }

  const asked = new URLSearchParams(location.search).get("q") || "";
  field.value = asked;
  show(asked);
  if (!asked) field.focus();
})();
