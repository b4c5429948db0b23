// The pure functions of the figure "attention", against torch (attention.json, by tools/live_attention.py):
//   node --test tests/live/
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
require("../../book/live/attention/data.js");
const model = require("../../book/live/attention/model.js");
const torch = JSON.parse(readFileSync(new URL("./attention.json", import.meta.url), "utf-8"));
const stored = globalThis.ATTENTION;
const data = await model.unpack(stored);
const plain = (text) => text.replaceAll("\u00a0", " ");
const near = (found, expected, within, what) => assert.ok(Math.abs(found - expected) <= within, `${what}: ${found} instead of ${expected}`);

test("looks are torch's, as finely as they are stored", () => {
  for (const { drawing, asker, shares } of torch.cases) {
    shares.forEach((row, head) => {
      const patches = row.slice(1);
      const most = Math.max(...patches);
      const top = model.top(data, drawing, 1 + head, asker);
      assert.equal(top.patch, patches.indexOf(most));
      near(top.share, most, 0.5 / 255 + 1e-6, "the largest share");
      const found = model.look(data, drawing, 1 + head, asker);
      // half a level of six, in square roots
      patches.forEach((share, p) => near(Math.sqrt(found[p] / top.share), Math.sqrt(share / most), 0.5 / 6 + 1e-4, `patch ${p}`));
    });
    const mean = model.look(data, drawing, 0, asker);
    const heads = [1, 2, 3, 4].map((head) => model.look(data, drawing, head, asker));
    mean.forEach((share, p) => near(share, heads.reduce((sum, each) => sum + each[p], 0) / 4, 1e-12, "mean"));
  }
});

test("answers are torch's, whole and with a patch blotted out", () => {
  for (const { drawing, asker, answers } of torch.cases) {
    model.answers(data, drawing, asker).forEach((chance, i) => near(chance, answers[i], 0.001, `hand ${i}`));
  }
  stored.drawings.forEach((_, drawing) => {
    assert.equal(model.best(model.losses(data, drawing)), torch["lost most"][drawing]);
    assert.equal(model.top(data, drawing, 0, 0).patch, torch["looked at most"][drawing]);
  });
});

test("light is 1 where most is and never more; ranks begin with 1", () => {
  for (const view of Object.keys(model.VIEWS)) {
    const light = model.light(data, { drawing: 1, head: 0, patch: 9, view });
    near(Math.max(...light), 1, 1e-12, view);
    assert.ok(Math.min(...light) >= 0);
  }
  assert.deepEqual([5, 9, 1].map((_, i) => model.rank([5, 9, 1], i)), [2, 1, 3]);
});

test("keys stay on the drawing, and the address brings the state back", () => {
  assert.equal(model.moved(0, "ArrowLeft"), 0);
  assert.equal(model.moved(7, "ArrowRight"), 7);
  assert.equal(model.moved(7, "ArrowDown"), 15);
  assert.equal(model.moved(7, "a"), null);
  const state = { drawing: 2, head: 3, patch: 63, view: "a", blotted: true };
  assert.deepEqual(model.stateOf(model.address(state), 6), state);
  for (const wrong of ["#attention-6-0-1-p-0", "#attention-0-5-1-p-0", "#attention-0-0-64-p-0", "#attention-0-0-1-x-0"]) {
    assert.equal(model.stateOf(wrong, 6), null);
  }
});

test("the sentences say where a patch looks and what it costs", () => {
  const said = (drawing, patch) => plain(`${model.saidLook(data, { drawing, head: 0, patch })} ${model.saidCost(data, { drawing, patch }, stored.hands)}`);
  assert.match(said(1, 20), /^The patch in row 3, column 5 looks most, by the mean of its heads, at row \d, column \d \(\d+ %\)\./);
  assert.match(said(1, 20), /takes 23 % of its look from this patch, more than from any other\. Blotting it out lowers noto from 50 % to 4 %, and the answer becomes [a-z0-9-]+; no other patch matters as much\.$/);
  assert.match(said(2, 26), /64th of 64\. Blotting it out lowers fxemoji from 89 % to 45 %; no other patch matters as much\.$/);
  assert.match(said(2, 42), /more than from any other\. Blotting it out .*(hardly matters|raises)/);
});
