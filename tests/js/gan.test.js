import assert from "node:assert/strict";
import { test } from "node:test";

import { clearSteps, scales } from "../../demo/gan/curve.js";
import { laplacian, sharpness, variance } from "../../demo/gan/edges.js";
import { scoring } from "../../demo/gan/scoring.js";
import { ganStore } from "../../demo/gan/store.js";

test("seeds go up to 2^64 - 1, as many in a row as asked for", () => {
  assert.equal(ganStore.isSeed("18446744073709551615"), true);
  assert.equal(ganStore.isSeed("18446744073709551616"), false);
  assert.equal(ganStore.isSeed("18446744073709551580", 36), true); // the last of them is 2^64 - 1
  assert.equal(ganStore.isSeed("18446744073709551581", 36), false);
  for (const text of ["", "-1", "1.5", "1e3", "seven", "🎲", null]) assert.equal(ganStore.isSeed(text), false, text);
});

test("an end of the walk is a class of the set in view and a seed", () => {
  assert.equal(ganStore.isEnd("boot:10"), true);
  for (const text of ["3:4", "boot", "boot:", "boot:10:1", "hat:1", null]) assert.equal(ganStore.isEnd(text), false);
});

test("another set has ends of its own, and the ends of the first come back", () => {
  ganStore.change({ a: "boot:10", psi: 0.5 });
  ganStore.change({ dataset: "digits" });
  assert.deepEqual({ ...ganStore.state }, { dataset: "digits", a: "3:4", b: "8:9", psi: 0.5 });
  ganStore.change({ dataset: "cats", a: "boot:10", psi: 2 }); // nothing of this exists among the digits
  assert.deepEqual({ ...ganStore.state }, { dataset: "digits", a: "3:4", b: "8:9", psi: 0.5 });
  ganStore.change({ dataset: "fashion" });
  assert.equal(ganStore.state.a, "boot:10");
});

test("a Laplacian is the four neighbours minus four times the pixel", () => {
  // one white pixel in the middle of 4 x 4: at itself -4, beside it 1, across 0
  const grey = Float32Array.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual([...laplacian(grey, 4)], [-4, 1, 1, 0]);
  // its mean is -0.5; (3.5^2 + 1.5^2 + 1.5^2 + 0.5^2) / 3 = 17 / 3
  assert.ok(Math.abs(sharpness(grey, 4) - 17 / 3) < 1e-6);
  assert.equal(variance([1, 3]), 2);
});

test("a curve's steps stand by their square roots, and those that are written keep clear", () => {
  const { x, y, last } = scales({ width: 456, height: 110, most: 10, steps: [0, 100, 2500, 10_000] });
  // 46 to the left, 10 to the right, so 400 for the steps; 6 above and 4 below, so 100 for the values
  assert.deepEqual([0, 100, 2500, 10_000].map(x), [46, 86, 246, 446]);
  assert.deepEqual([0, 5, 10].map(y), [106, 56, 6]);
  assert.equal(last, 10_000);
  assert.deepEqual(clearSteps([0, 100, 2500, 10_000], x), [0, 2500, 10_000]); // 100 stands 40 from the first
});

test("a game is scored by hand", () => {
  const truths = [true, true, false, false, false];
  const answers = [true, false, false, true, false]; // wrong about the second and the fourth
  assert.equal(scoring.score(truths, answers), 3);
  assert.equal(scoring.score(truths, truths), 5);
  assert.equal(scoring.score([true, false], [false, true]), 0);
  assert.equal(scoring.score(truths, []), 0);
  // a photo found of two, two of three inventions
  assert.deepEqual(scoring.parts(truths, answers), { real: { right: 1, all: 2 }, made: { right: 2, all: 3 } });
  assert.deepEqual(scoring.says([0.01, -0.01, 0, 7, -7]), [true, false, false, true, false]);
  assert.deepEqual([scoring.outcome(7, 6), scoring.outcome(6, 6), scoring.outcome(5, 6)], ["more", "tie", "less"]);
  // sums of Pascal's tenth row, 1 10 45 120 210 252 210 120 45 10 1, from the right
  const ways = [1024, 1023, 1013, 968, 848, 638, 386, 176, 56, 11, 1];
  assert.deepEqual(
    ways.map((_, right) => scoring.ways(right, 10)),
    ways,
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((right) => scoring.ways(right, 3)),
    [8, 7, 4, 1],
  );
});
