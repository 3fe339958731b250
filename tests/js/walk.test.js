import assert from "node:assert/strict";
import { test } from "node:test";

import { cellAfter, cellAt, cornersOf, sheetShares, spotOf } from "../../demo/vae/sheet.js";
import { fitted } from "../../demo/web/pictures.js";
import { Codes, fadeShares, same } from "../../demo/web/walk.js";

test("a cross-fade starts at A, ends at B and always weighs 1", () => {
  const shares = fadeShares([0, 0.25, 1]);
  assert.deepEqual(shares, [
    [1, 0],
    [0.75, 0.25],
    [0, 1],
  ]);
});

test("codes: one a row, their norm, the range of the ends, and an axis of at least 3", () => {
  // three codes of two numbers; the ends are the first and the last
  const codes = new Codes({ data: Float32Array.of(3, 4, 0, 0, -1, 6), shape: [3, 2] }, [0, 2]);
  assert.deepEqual([...codes.at(2)], [-1, 6]);
  assert.equal(codes.norm(0), 5);
  assert.deepEqual(codes.ranges(), [
    [-1, 3],
    [4, 6],
  ]);
  assert.equal(codes.limit, 6);
  assert.equal(new Codes({ data: Float32Array.of(0.1, -0.2), shape: [1, 2] }, [0]).limit, 3);
});

test("wishes are the same where they say the same", () => {
  assert.ok(same({ a: "seed:1", frames: 13 }, { a: "seed:1", frames: 13 }));
  assert.ok(!same({ a: "seed:1" }, null));
});

test("a sheet has its ends at the corners, and every cell weighs 1", () => {
  const shares = sheetShares(5);
  cornersOf(5).forEach((cell, end) => assert.equal(shares[cell][end], 1));
  for (const parts of shares) assert.ok(Math.abs(parts.reduce((sum, part) => sum + part) - 1) < 1e-12);
  assert.deepEqual(shares[12], [0.25, 0.25, 0.25, 0.25]); // the middle
});

test("a spot stays where it is when the sheet gets other cells", () => {
  for (let cell = 0; cell < 49; cell++) assert.equal(cellAt(spotOf(cell, 7), 7), cell);
  assert.equal(cellAt([0.5, 0.5], 11), 60);
});

test("arrow keys move a cell and stop at the edge, Home and End go to A and D", () => {
  assert.equal(cellAfter("ArrowRight", 0, 3), 1);
  assert.equal(cellAfter("ArrowRight", 2, 3), 2);
  assert.equal(cellAfter("ArrowDown", 1, 3), 4);
  assert.equal(cellAfter("ArrowUp", 1, 3), 1);
  assert.equal(cellAfter("Home", 5, 3), 0);
  assert.equal(cellAfter("End", 5, 3), 8);
  assert.equal(cellAfter("a", 5, 3), null);
});

test("a picture is scaled by a whole factor of the screen's pixels, or smoothed where not even one fits", (t) => {
  const screen = (ratio) => (window.devicePixelRatio = ratio);
  t.after(() => delete window.devicePixelRatio);
  screen(1);
  assert.equal(fitted(28, 100), 84);
  assert.equal(fitted(28, 28), 28);
  assert.equal(fitted(28, 20.5), 20);
  screen(2);
  assert.equal(fitted(28, 100), 98); // 7 x 28 / 2
});
