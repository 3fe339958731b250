import assert from "node:assert/strict";
import { test } from "node:test";

import { restOf, rowsOf } from "../../demo/lm/pair_bars.js";
import { distancesOf, farIn, meanSurprise, mixed, partingOf } from "../../demo/lm/parting.js";

const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} and ${b}`);

const step = (counts, gpt, id = 0) =>
  /** @type {any} */ ({ id, parts: [counts, gpt].map((shares) => ({ logits: shares.map(Math.log) })) });

test("the distance is the total variation, and the parting the token that differs most", () => {
  // differences 0.3, 0.1, 0.4: half their sum is 0.4
  const { distance, parting, shares } = partingOf(step([0.5, 0.3, 0.2], [0.2, 0.2, 0.6], 1));
  close(distance, 0.4);
  assert.equal(parting, 2);
  close(shares[0], 0.3);
  close(shares[1], 0.2);
});

test("two that agree are no distance apart, two that share nothing are one apart", () => {
  const distances = distancesOf([step([0.5, 0.5], [0.5, 0.5]), step([1, 1e-12], [1e-12, 1])]);
  close(distances[0], 0);
  close(distances[1], 1);
});

test("they disagree in the tenth of the steps that are furthest apart", () => {
  const distances = Array.from({ length: 40 }, (_, i) => ((17 * i) % 40) / 40);
  const far = farIn(distances);
  assert.equal(distances.filter((distance) => distance > far).length, 4);
  assert.equal(distances[1], 17 / 40); // the distances stay in the order of the steps
});

test("mean surprise is the mean of -log p of the tokens that came", () => {
  const steps = [step([0.5, 0.5], [0.25, 0.75], 0), step([0.5, 0.5], [0.25, 0.75], 1)];
  const [counts, gpt, mix] = meanSurprise(steps, 1, 0.5);
  close(counts, Math.log(2));
  close(gpt, -(Math.log(0.25) + Math.log(0.75)) / 2);
  close(mix, -(Math.log(mixed([0.5, 0.25], 0.5)) + Math.log(mixed([0.5, 0.75], 0.5))) / 2);
  close(meanSurprise(steps, 0, 0)[2], Math.log(2)); // the weight 0 is the counts alone
});

test("the drawn token and the one in dispute are always among the rows", () => {
  const ranked = Uint32Array.from({ length: 30 }, (_, i) => 29 - i);
  assert.deepEqual(rowsOf({ ranked, chosen: 29, parting: 25 }), [29, 28, 27, 26, 25, 24, 23, 22, 21]);
  assert.deepEqual(rowsOf({ ranked, chosen: 3, parting: 7 }), [29, 28, 27, 26, 25, 24, 23, 7, 3]);
  assert.deepEqual(rowsOf({ ranked, chosen: 3, parting: 3 }), [29, 28, 27, 26, 25, 24, 23, 22, 3]);
  assert.deepEqual(rowsOf({ ranked: Uint32Array.of(1, 0), chosen: 0, parting: 1 }), [1, 0]);
});

test("the rest is what the rows leave", () => {
  const shares = Float64Array.of(0.5, 0.25, 0.125, 0.125);
  const after = Float64Array.of(0.75, 0.25, 0, 0);
  const view = { ranked: Uint32Array.of(0, 1, 2, 3), counts: shares, gpt: shares, mix: shares, after };
  assert.deepEqual(restOf([0, 1], view), {
    shares: { counts: 0.25, gpt: 0.25, mix: 0.25, after: 0 },
    others: 2,
    cut: 2,
  });
});
