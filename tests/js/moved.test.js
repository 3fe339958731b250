// The sliders of Dimensions in a link.
import assert from "node:assert/strict";
import { test } from "node:test";

import { movedByLink, movedInLink } from "../../demo/vae/moved.js";
import { randomFrom } from "./page.js";

const BOUNDS = { count: 32, limit: 3 };
const read = (text) => movedByLink(text, BOUNDS);

test("the moved numbers are told, and none where all are at A", () => {
  assert.equal(movedInLink([0.1, 1.5, -0.25], [0.1, 0.3, 2]), "2:1.5,3:-0.25");
  assert.equal(movedInLink([0.1, 0.3], [0.1, 0.3]), "");
});

test("what was told is read again", () => {
  const random = randomFrom(7);
  const start = Array.from({ length: 32 }, () => 6 * random() - 3);
  const z = start.map((value, i) => (i % 3 ? value : Number((6 * random() - 3).toFixed(2))));
  z[6] = Math.fround(1.55); // as Python answers
  const { moved, understood } = read(movedInLink(z, start));
  assert.ok(understood);
  for (let i = 0; i < z.length; i++) assert.equal(moved.get(i), i % 3 ? undefined : Number(z[i].toFixed(2)));
});

test("a part that is wrong is left out, and the others stay", () => {
  const parts = [
    "0:1",
    "33:1",
    "5:3.01",
    "5:-4",
    "5:",
    ":1",
    "5",
    "x:1",
    "5:NaN",
    "5:1e0",
    "-5:1",
    "5:1:1",
    " 5:1",
    "🎲",
  ];
  for (const wrong of [...parts, "5:1.234", "", "3:1"]) {
    const { moved, understood } = read(`3:1.5,${wrong},17:-0.25`);
    assert.ok(!understood && moved.get(16) === -0.25 && moved.size === 2, wrong);
  }
});

test("a long text is no more than all numbers", () => {
  const { moved, understood } = read("1:1,".repeat(100_000));
  assert.ok(moved.size === 1 && !understood);
});
