import assert from "node:assert/strict";
import { test } from "node:test";

import { rankTokens, samplingProbs } from "../../demo/lm/sampling.js";

test("the lower id wins a tie", () => {
  assert.deepEqual([...rankTokens(Float32Array.of(1, 1, 2, 2, 0))], [2, 3, 0, 1, 4]);
});

test("temperature 0 leaves the likeliest token alone", () => {
  assert.deepEqual([...samplingProbs(Float32Array.of(0, 3, 3), { temperature: 0 })], [0, 1, 0]);
});
