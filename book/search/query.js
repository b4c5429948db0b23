/* What a question means, and which sections answer it: functions of the index and the question
 * alone, without a page. Written for book/_ext/search.py, whose docstring describes the files. */
(function () {
  "use strict";

  // ---- words

  /* As in book/_ext/search.py: lower case, no accents. */
  function plain(text) {
    return text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  }

  /* "Lesson 4.1: batch_size" gives lesson, 4.1, batch, size. */
  function tokens(text) {
    return plain(text).match(/\d+(?:\.\d+)+|[a-z0-9]+|[\u3400-\u9fff]+/g) || [];
  }

  const isChinese = (word) => word > "\u3400";

  /* One spelling for British and American; the result is a key, not a word to be shown. */
  const SPELLINGS = [
    [/^gray/, "grey"],
    [/^(cent|fib|theat|lust)er(s|ed)?$/, "$1re$2"],
    [/(col|behavi|fav|neighb|hon|flav|lab|harb|hum|rum|vap)or/, "$1our"],
    [/yz(e|es|ed|er|ing)$/, "ys$1"],
    [/iz(e|es|ed|er|ers|ing|ation|ations|able)$/, "is$1"],
    [/([aeiou])ll(ed|ing|er|ers)$/, "$1l$2"],
    [/^artifact/, "artefact"],
    [/^(catal|dial|anal)og(s?)$/, "$1ogue$2"],
    [/^(licen|defen|offen|preten)se/, "$1ce"],
    [/^program(s?)$/, "programme$1"],
    [/^judgment/, "judgement"],
    [/^skeptic/, "sceptic"],
    [/^mold/, "mould"],
    [/^fulfill/, "fulfil"],
  ];

  function canonical(word) {
    return SPELLINGS.reduce((spelt, [from, to]) => spelt.replace(from, to), word);
  }

  const ENDINGS =
    /(?:isational|isations|isation|ational|ations|ation|ionals|ional|ings|ing|ions|ion|ised|ises|ise|edly|ally|able|ers|er|ed|es|al|ly|s|e)$/;

  /* The part of a word that its forms share. Short words lose only a plural's s. */
  function stem(word) {
    const key = canonical(word);
    if (isChinese(key) || /\d/.test(key)) return key;
    if (key.length <= 4) return /[^s]s$/.test(key) && key.length > 3 ? key.slice(0, -1) : key;
    const cut = key.replace(/ies$/, "y").replace(/ss(es)?$/, "ss#").replace(ENDINGS, "");
    const root = cut.replace(/#$/, "");
    if (root.length < 4) return key.replace(/s$/, "");
    return root.length > 4 ? root.replace(/([^s])\1$/, "$1") : root;
  }

  // ---- the index

  const TITLE = { page: 14, section: 9, above: 2.5 };
  const BODY = { "": 2, "+": 3.5, "-": 0.8 };
  const WORTH = { page: 1, answer: 1.1, lesson: 0.75, reference: 0.45, sources: 0.2, glossary: 0.5 };
  const BY_THE_WAY = /^(exercises?|summary|references)\b|to do with beauty|about beauty$/i;
  const ANSWER = 40; // points of a known answer: more than any title brings
  const ENOUGH = 5; // results; where fewer have all words, those that lack one are shown too

  /* Turns the data of index.js into what questions need; once a page. */
  function prepare(data) {
    const stop = new Set(tokens(data.language.stop));
    const index = { stop, pages: data.pages, sections: [], words: data.words, stems: new Map() };
    data.pages.forEach((page, p) => page.sections.forEach(([title, anchor], s) => {
      const terms = meaningful(tokens(title), stop);
      index.sections.push({ page: p, number: s, title, anchor, terms });
    }));
    const key = (section) => section.terms.map(stem).join(" ");
    const often = countBy(index.sections, key);
    for (const section of index.sections) {
      section.rarity = section.number === 0 ? 1 : often.get(key(section)) ** -1.5;
      section.worth = WORTH[data.pages[section.page].kind] * (BY_THE_WAY.test(section.title) ? 0.6 : 1);
    }
    for (const word of Object.keys(data.words)) add(index.stems, stem(word), word);
    for (const section of index.sections) for (const word of section.terms) add(index.stems, stem(word), word);
    index.same = synonyms(data.language.same, index);
    index.answers = readAnswers(data.language.answers, index);
    return index;
  }

  /* Groups of phrases that mean the same; the glossary adds each term's Chinese name. */
  function synonyms(groups, index) {
    const same = groups.map((group) => group.map((text) => tokens(text)));
    const glossary = index.sections.filter((s) => s.number > 0 && index.pages[s.page].kind === "glossary");
    for (const { title } of glossary) {
      const names = title.split(", ").map((name) => tokens(name)).filter((name) => name.length);
      const home = same.find((group) => group.some((phrase) => sameWords(phrase, names[0])));
      if (names.length > 1 && home) home.push(...names.slice(1));
      else if (names.length > 1) same.push(names);
    }
    return same;
  }

  const sameWords = (a, b) => a.map(stem).join(" ") === b.map(stem).join(" ");

  function meaningful(words, stop) {
    return words.filter((word) => !stop.has(word) && (word.length > 1 || isChinese(word)));
  }

  function countBy(list, key) {
    const counts = new Map();
    for (const item of list) counts.set(key(item), (counts.get(key(item)) || 0) + 1);
    return counts;
  }

  function add(map, key, value) {
    if (!map.has(key)) map.set(key, new Set());
    map.get(key).add(value);
  }

  function readAnswers(answers, index) {
    const places = new Map(index.sections.map((section, number) =>
      [index.pages[section.page].name + "#" + section.anchor, number]));
    return answers.map(({ at, asked }) => ({
      section: places.get(at),
      asked: asked.map((text) => parse(text, index).terms.map((term) => term.key)),
    })).filter((answer) => answer.section !== undefined);
  }

  // ---- the question

  /* The terms of a question. Each is a list of alternatives, each of those a list of words. */
  function parse(text, index) {
    const words = tokens(text);
    const terms = [];
    for (let at = 0; at < words.length;) {
      const found = longestPhrase(words, at, index.same);
      const shown = words.slice(at, at + found.length);
      const typed = meaningful(shown, index.stop);
      if (typed.length) terms.push(makeTerm(shown.join(" "), typed, found.group, index));
      at += found.length;
    }
    const unique = terms.filter((term, i) => terms.findIndex((other) => other.key === term.key) === i);
    return { words, terms: unique };
  }

  /* The longest phrase of the synonyms that begins at this word, or the word alone. */
  function longestPhrase(words, at, groups) {
    let best = { length: 1, group: null };
    for (const group of groups || []) {
      for (const phrase of group) {
        const here = phrase.every((word, i) => words[at + i] && stem(words[at + i]) === stem(word));
        if (here && (phrase.length > best.length || (phrase.length === 1 && !best.group))) {
          best = { length: phrase.length, group };
        }
      }
    }
    return best;
  }

  function makeTerm(shown, typed, group, index) {
    const alternatives = [{ words: typed, weight: 1 }];
    for (const phrase of group || []) {
      const words = meaningful(phrase, index.stop);
      if (says(words, phrase) && !sameWords(words, typed)) alternatives.push({ words, weight: 0.8 });
    }
    if (alternatives.length > 1 && !says(typed, tokens(shown))) alternatives.shift();
    const key = group ? group[0].map(stem).join(" ") : stem(shown);
    return { shown, key, alternatives };
  }

  /* Whether a phrase still says something without its stop words: memory does, the set of set up not. */
  function says(words, phrase) {
    return words.length > 0 && (words.length === phrase.length || words.join("").length > 4);
  }

  /* The words of the index that a word of the question stands for, with how well. */
  function spellings(word, index) {
    const exact = canonical(word);
    const of = (set) => [...set].map((w) => ({ word: w, weight: canonical(w) === exact ? 1 : 0.7 }));
    if (isChinese(word)) return near(index, (w) => w.includes(word), 0.8, word);
    if (index.stems.has(stem(word))) return of(index.stems.get(stem(word)));
    const longer = word.length > 2 ? near(index, (w) => w.startsWith(word), 0.5, word) : [];
    if (longer.length || word.length < 5 || /\d/.test(word)) return longer;
    return near(index, (w) => oneSlip(w, word), 0.5, word);
  }

  function near(index, fits, weight, word) {
    const found = [];
    for (const words of index.stems.values()) {
      for (const w of words) if (fits(w)) found.push({ word: w, weight: w === word ? 1 : weight });
    }
    return found;
  }

  /* One letter wrong, missing, too many, or two neighbours exchanged. */
  function oneSlip(a, b) {
    if (Math.abs(a.length - b.length) > 1) return false;
    let i = 0;
    while (i < a.length && a[i] === b[i]) i += 1;
    const [restA, restB] = [a.slice(i), b.slice(i)];
    return restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1) ||
      (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2));
  }

  // ---- where a term stands

  function* places(posting) {
    let number = 0;
    for (const piece of posting ? posting.split(" ") : []) {
      const mark = /[+-]$/.test(piece) ? piece.slice(-1) : "";
      number += parseInt(piece, 36);
      yield [number, BODY[mark]];
    }
  }

  /* For each section that has the word: points of its text and of its title. */
  function findWord(word, index) {
    const found = new Map();
    const at = (n) => found.get(n) || found.set(n, { body: 0, title: 0, above: 0 }).get(n);
    for (const spelt of spellings(word, index)) {
      for (const [n, points] of places(Object.hasOwn(index.words, spelt.word) ? index.words[spelt.word] : "")) {
        at(n).body = Math.max(at(n).body, points * spelt.weight);
      }
      index.sections.forEach((section, n) => {
        if (!section.terms.includes(spelt.word)) return;
        const points = (section.number === 0 ? TITLE.page : TITLE.section) * section.rarity;
        at(n).title = Math.max(at(n).title, points * spelt.weight);
        if (section.number > 0) return;
        for (let below = n + 1; index.sections[below] && index.sections[below].page === section.page; below += 1) {
          at(below).above = Math.max(at(below).above, TITLE.above * spelt.weight);
        }
      });
    }
    return found;
  }

  /* An alternative of several words stands where all of them stand, and counts as the weakest. */
  function findAlternative({ words, weight }, index) {
    const [first, ...rest] = words.map((word) => findWord(word, index));
    const all = new Map();
    for (const [n, hit] of first) {
      const hits = [hit, ...rest.map((found) => found.get(n))];
      if (hits.some((h) => !h)) continue;
      const least = (name) => weight * Math.min(...hits.map((h) => h[name]));
      all.set(n, { body: least("body"), title: least("title"), above: least("above") });
    }
    return all;
  }

  function findTerm(term, index) {
    const found = new Map();
    for (const alternative of term.alternatives) {
      for (const [n, hit] of findAlternative(alternative, index)) {
        const old = found.get(n);
        if (!old || total(hit) > total(old)) found.set(n, { ...hit, length: alternative.words.length });
      }
    }
    return found;
  }

  const total = (hit) => hit.body + hit.title + hit.above;

  // ---- ranking

  /* Sections with their points, and which terms each page has at all. */
  function score(terms, index) {
    const found = terms.map((term) => findTerm(term, index));
    const onPage = found.map((hits) => new Set([...hits.keys()].map((n) => index.sections[n].page)));
    const count = index.sections.length;
    const weights = found.map((hits) => Math.log(1 + count / (hits.size || 1)) / Math.log(1 + count));
    const own = (hits) => [...hits.keys()].filter((n) => hits.get(n).body + hits.get(n).title > 0);
    const candidates = new Set(found.flatMap(own));
    return [...candidates].map((n) => {
      const section = index.sections[n];
      const hits = found.map((hit) => hit.get(n));
      const missing = terms.filter((_, i) => !onPage[i].has(section.page));
      const titles = hits.filter((hit) => hit && hit.title > 0).length;
      return { n, section, missing, titles, points: points(hits, weights, section, terms.length - missing.length) };
    });
  }

  function points(hits, weights, section, onPage) {
    let body = 0, title = 0, covered = 0, here = 0;
    hits.forEach((hit, i) => {
      if (!hit) return;
      here += 1;
      body += weights[i] * (hit.body + hit.above);
      title += weights[i] * hit.title;
      if (hit.title > 0) covered += hit.length;
    });
    const share = Math.min(1, covered / Math.max(1, section.terms.length));
    const part = (here + 0.4 * (onPage - here)) / hits.length;
    return (body + title * (0.35 + 0.65 * share)) * section.worth * part * part;
  }

  /* Adds what the sections have that are the known answer to the question. */
  function favour(scored, terms, index) {
    const asked = new Set(terms.map((term) => term.key));
    for (const answer of index.answers) {
      const fits = answer.asked.filter((keys) => keys.length && keys.every((key) => asked.has(key)));
      if (!fits.length) continue;
      const share = Math.max(...fits.map((keys) => keys.length)) / terms.length;
      const entry = scored.find((item) => item.n === answer.section);
      const section = index.sections[answer.section];
      const known = ANSWER * share;
      if (entry) Object.assign(entry, { points: entry.points + known, known });
      else scored.push({ n: answer.section, section, missing: [], titles: 1, points: known, known });
    }
    return scored;
  }

  /* One result for a page, with its other sections below; each answer of the FAQ is a result.
   * The page itself leads where its title says as much of the question as its best section's. */
  function gather(scored, index) {
    const groups = new Map();
    for (const item of scored) {
      const alone = index.pages[item.section.page].kind === "answer";
      const key = alone ? "section " + item.n : "page " + item.section.page;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(item);
    }
    return [...groups.values()].map((items) => {
      items.sort((a, b) => b.points - a.points || a.n - b.n);
      const best = items[0];
      const top = items.find((item) => item.section.number === 0 && item.titles >= best.titles && item.titles);
      const lead = top && !best.known ? top : best;
      const level = 0.4 * (best.points - (best.known || 0));
      const others = items.filter((item) => item !== lead && item.points > level).slice(0, 3);
      const more = others.reduce((sum, item) => sum + Math.min(item.points, best.points), 0);
      return { ...lead, points: best.points + 0.12 * more, others: others.map((item) => item.section) };
    });
  }

  /* Best first. The glossary says what a word means, after the two best pages about it. */
  function order(results, index) {
    const isGlossary = (result) => index.pages[result.section.page].kind === "glossary";
    const sorted = results.sort((a, b) => b.points - a.points || a.n - b.n);
    const first = sorted.filter((result) => !isGlossary(result)).slice(0, 2);
    return [...first, ...sorted.filter((result) => !first.includes(result))];
  }

  /* The answer to a question: results, best first, and what is to be said about them. */
  function search(text, index) {
    const { words, terms } = parse(text, index);
    if (!terms.length) return { terms, results: [], onlyStopWords: words.length > 0, complete: true };
    const results = gather(favour(score(terms, index), terms, index), index);
    const lacking = results.map((result) => result.missing.length);
    const fewest = Math.min(terms.length, ...lacking);
    const few = lacking.filter((count) => count === 0).length < ENOUGH;
    const allowed = Math.max(fewest, Math.floor(0.4 * terms.length), few && terms.length > 1 ? 1 : 0);
    const kept = results.filter((result) => result.missing.length <= allowed);
    return { terms, complete: fewest === 0, results: order(kept, index) };
  }

  // ---- excerpts

  const LENGTH = 240;

  /* Pieces of a text, [text, marked], round the place where most terms meet. */
  function excerpt(text, terms, index) {
    const wanted = new Set(terms.flatMap((term) => term.alternatives)
      .flatMap((alternative) => alternative.words)
      .flatMap((word) => spellings(word, index)).map((spelt) => stem(spelt.word)));
    const marks = [...text.matchAll(/[\p{Script=Han}]+|[\p{L}\p{M}\d]+/gu)]
      .filter((match) => wanted.has(stem(plain(match[0]))))
      .map((match) => ({ from: match.index, to: match.index + match[0].length, key: stem(plain(match[0])) }));
    const [from, to] = frame(text, marks);
    const pieces = /(^|[.?!] )$/.test(text.slice(0, from)) ? [] : [["… ", false]];
    let at = from;
    for (const mark of marks.filter((m) => m.from >= from && m.to <= to)) {
      pieces.push([text.slice(at, mark.from), false], [text.slice(mark.from, mark.to), true]);
      at = mark.to;
    }
    pieces.push([text.slice(at, to) + (to < text.length ? " …" : ""), false]);
    return pieces.filter(([piece]) => piece);
  }

  /* Where to begin and end: with a sentence when one begins near, never inside a word. */
  function frame(text, marks) {
    let best = { from: 0, kinds: 0 };
    for (const mark of marks) {
      const inside = marks.filter((m) => m.from >= mark.from && m.to <= mark.from + LENGTH - 60);
      const kinds = new Set(inside.map((m) => m.key)).size;
      if (kinds > best.kinds) best = { from: mark.from, kinds };
    }
    if (best.from < 80) return [0, wordEnd(text, LENGTH)];
    const before = text.slice(best.from - 80, best.from);
    const sentence = Math.max(before.lastIndexOf(". "), before.lastIndexOf("? "), before.lastIndexOf(": "));
    const start = sentence >= 0 ? sentence + 2 : before.indexOf(" ", 30) + 1 || 80;
    const from = best.from - 80 + start;
    return [from, wordEnd(text, from + LENGTH)];
  }

  function wordEnd(text, at) {
    if (at >= text.length) return text.length;
    const space = text.lastIndexOf(" ", at);
    return space > at - 40 ? space : at;
  }

  const api = { canonical, stem, tokens, prepare, parse, search, excerpt };
  if (typeof module !== "undefined") module.exports = api;
  else globalThis.courseSearch = api;
})();
