import assert from "node:assert/strict";
import { test } from "node:test";

import { shape, target } from "../../demo/web/wall.js";

test("pictures are as large as fits, by whole factors of their own pixels, in full rows", () => {
  // 6 x 6 pictures with gaps of 4: (600 - 5 * 4) / 6 = 96.7, of which 3 * 28 = 84 fits; in other full layouts, such as
  // 9 columns of 4 rows, only 2 * 28 = 56 fits
  assert.deepEqual(shape(36, 600, 600, 28), { columns: 6, side: 84 });
});

test("of equally large pictures the layout nearest to a square", () => {
  // 508 x 760, as in a window of 1440 x 900: 36 pictures of 84 would need 6 * 84 + 5 * 4 = 524 of the width, or 9 rows and
  // 9 * 84 + 8 * 4 = 788 of the height; so they are 56, in 4 x 9 or 6 x 6
  assert.deepEqual(shape(36, 508, 760, 28), { columns: 6, side: 56 });
});

test("on a projector pictures are as large as fits, whatever their own pixels", () => {
  // (430 - 5 * 4) / 6 = 68.3
  assert.deepEqual(shape(36, 430, 440, 1), { columns: 6, side: 68 });
});

test("rows that are not full are taken where full ones do not fit", () => {
  // one full row of 7 leaves (500 - 6 * 4) / 7 = 68 each, so 56
  assert.deepEqual(shape(7, 500, 100, 28), { columns: 7, side: 56 });
  // 7 pictures 300 wide and 200 high: a row of 7 leaves 39, a column 25; of the others 3 columns allow
  // min((300 - 8) / 3, (200 - 8) / 3) = 64, so 56
  assert.deepEqual(shape(7, 300, 200, 28), { columns: 3, side: 56 });
});

test("where nothing fits the room, the lowest layout with pictures large enough for a finger", () => {
  // 100 pictures 358 wide: 6 columns leave (358 - 20) / 6 = 56.3, so 56 and 17 rows; 7 leave 47.7, so only 28
  assert.deepEqual(shape(100, 358, 420, 28), { columns: 6, side: 56 });
});

test("a screen with finer pixels allows finer steps", () => {
  window.devicePixelRatio = 2;
  try {
    // 100 CSS pixels are 200 of the screen's, in which 7 * 28 = 196 fit: 98 CSS pixels
    assert.deepEqual(shape(1, 100, 100, 28), { columns: 1, side: 98 });
  } finally {
    delete window.devicePixelRatio;
  }
});

test("left and right go on in the next row, up and down stay in their column", () => {
  // 0 1 2
  // 3 4
  const from = (chosen, key) => target(key, chosen, 5, 3);
  assert.equal(from(2, "ArrowRight"), 3);
  assert.equal(from(3, "ArrowLeft"), 2);
  assert.equal(from(0, "ArrowLeft"), 0);
  assert.equal(from(4, "ArrowRight"), 4);
  assert.equal(from(1, "ArrowDown"), 4);
  assert.equal(from(2, "ArrowDown"), 2); // nothing below
  assert.equal(from(1, "ArrowUp"), 1);
  assert.equal(from(2, "Home"), 0);
  assert.equal(from(2, "End"), 4);
  assert.equal(from(2, "a"), null);
});
