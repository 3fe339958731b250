import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOfCurves } from "../../demo/web/data_table.js";

const inWords = (value, column) => `${value} of ${column}`;

test("Curves over one axis are rows, one for each place of any of them, ascending", () => {
  const curves = [
    { x: [0, 10], y: [5, 4] },
    { x: [10, 2], y: [1, 3] },
  ];
  assert.deepEqual(rowsOfCurves(curves, String, inWords), [
    ["0", "5 of 0", "–"],
    ["2", "–", "3 of 1"],
    ["10", "4 of 0", "1 of 1"],
  ]);
});

test("What was not measured has a dash, and a loss of zero has not", () => {
  assert.deepEqual(rowsOfCurves([{ x: [1, 2], y: [null, 0] }], String, inWords), [
    ["1", "–"],
    ["2", "0 of 0"],
  ]);
});
