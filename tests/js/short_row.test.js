import assert from "node:assert/strict";
import { test } from "node:test";

import { unpackLogits } from "../../demo/lm/logits.js";
import { rankTokens, samplingProbs } from "../../demo/lm/sampling.js";
import { unpackSteps } from "../../demo/lm/steps.js";
import { PRESETS } from "../../demo/web/contract.js";
import { packFloats, packIds } from "./lm_answers.js";

// two steps of ten tokens: 7 and 2 are the likeliest; in the second, the drawn token 0 divides the groups at its rank
const LOGITS = {
  size: 10,
  lengths: [2, 3],
  ids: packIds([7, 2, 7, 2, 0]),
  values: packFloats([3, 2, 4, 3, -1]),
  counts: [
    [3, 5],
    [2, 5],
  ],
  levels: packFloats([0, -2, 1, -3]),
};

test("a short row has the logits that were sent, and as many others as each group has tokens", () => {
  const [first, second] = unpackLogits(LOGITS).map((row) => row.whole());
  assert.deepEqual([...first], [0, 0, 2, 0, -2, -2, -2, 3, -2, -2]);
  assert.deepEqual([...second], [-1, 1, 3, 1, -3, -3, -3, 4, -3, -3]);
});

test("the likeliest and the drawn token have their ranks", () => {
  const [, second] = unpackLogits(LOGITS).map((row) => rankTokens(row.whole()));
  assert.deepEqual([...second.subarray(0, 2)], [7, 2]);
  assert.equal(second.indexOf(0), 4);
});

test("a step of a large vocabulary has the probabilities of all tokens", () => {
  const run = { settings: {}, segments: [{ at: 0, force: null, knobs: PRESETS.balanced }] };
  const answer = { ids: [7, 0], texts: ["a", "b"], logits: LOGITS, context: [1, 2] };
  const [, step] = unpackSteps(answer, run, 0);
  const sum = Math.exp(4) + Math.exp(3) + Math.exp(-1) + 2 * Math.exp(1) + 5 * Math.exp(-3);
  assert.ok(Math.abs(step.p - Math.exp(-1) / sum) < 1e-9);
  assert.ok(Math.abs(step.own[7] - Math.exp(4) / sum) < 1e-9);
  assert.deepEqual([...step.own], [...samplingProbs(step.logits)]);
  assert.equal(step.counted, null);
});
