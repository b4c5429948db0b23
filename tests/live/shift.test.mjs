// The pure functions of the figure of pooling under a shift, against torch:  node --test tests/live/
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const model = require("../../book/live/shift/model.js");
const { rows } = JSON.parse(readFileSync(new URL("shift.json", import.meta.url), "utf-8"));
const methods = Object.keys(model.METHODS);
const page = rows[0].row;

test("the four ways of halving are torch's", () => {
  for (const { row, phases } of rows) {
    phases.forEach((phase, by) => {
      for (const method of methods) {
        const quarters = model.halved(model.moved(row, by), method).map((value) => 4 * value);
        assert.deepEqual(quarters, phase[method], `${row} ${by} ${method}`);
      }
    });
  }
});

test("the example of the page", () => {
  assert.deepEqual(model.halved(page, "max"), [3, 0, 3, 0, 3, 0, 3, 0]);
  assert.deepEqual(model.halved(model.moved(page, 1), "max"), [3, 1, 3, 1, 3, 1, 3, 1]);
});

test("moved by two, a halved row moves by one", () => {
  for (const { row } of rows) {
    for (const method of methods) {
      assert.deepEqual(model.halved(model.moved(row, 2), method), model.moved(model.halved(row, method), 1));
    }
  }
  assert.deepEqual(model.moved(page, 16), page);
  assert.deepEqual(model.moved(model.moved(page, 5), -5), page);
});

test("what is unlike is measured on the numbers, not on their order", () => {
  const share = (row) => methods.map((method) => Math.round(100 * model.unlike(row, method)));
  assert.deepEqual(share(page), [33, 17, 17, 8]);
  assert.deepEqual(share(new Array(16).fill(2)), [0, 0, 0, 0]);
  for (const { row } of rows) assert.deepEqual(share(model.moved(row, 2)), share(row));
});

test("the sentence names what has changed most, and what is gone", () => {
  const finest = rows[1].row;
  assert.equal(model.sentence(page, 0), "");
  assert.match(model.sentence(page, 1), /^Moved by 1 pixel, half a step.*changed with every second pixel: .* by 33\u00a0% of/);
  assert.match(model.sentence(page, 2), /all four have moved along, by 1,/);
  assert.match(model.sentence(finest, 1), /differ by 100\u00a0%.*None of the four keeps a stripe\.$/);
  assert.match(model.sentence(new Array(16).fill(1), 3), /without a pattern/);
});

test("the address gives the row back, and others give none", () => {
  assert.deepEqual(model.stateOf(model.address(page, 15)), { row: page, by: 15 });
  for (const bad of ["", "#shift-", "#shift-3100-1", model.address(page, 16), model.address(page, 1).replace("3", "5")]) {
    assert.equal(model.stateOf(bad), null, bad);
  }
});
