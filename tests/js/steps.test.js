import assert from "node:assert/strict";
import { test } from "node:test";

import { segmentAt, tokensBefore, unpackSteps } from "../../demo/lm/steps.js";
import { PRESETS } from "../../demo/web/contract.js";
import { continueText, packFloats } from "./lm_answers.js";

const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} and ${b}`);

test("a step says what the model said, and which segment drew it", () => {
  const answer = continueText({ prompt: "a", generated: [1, 2], seed: "0", count: 3 });
  const segments = [
    { at: 0, force: null, knobs: PRESETS.balanced },
    { at: 3, force: 1, knobs: PRESETS.wild },
  ];
  const steps = unpackSteps(answer, { settings: {}, segments }, 2);
  assert.deepEqual(
    steps.map(({ forced }) => forced),
    [false, true, false],
  );
  assert.deepEqual(
    steps.map(({ knobs }) => knobs),
    [PRESETS.balanced, PRESETS.wild, PRESETS.wild],
  );
  for (const step of steps) {
    close(step.p, 1 / 5); // logits that are all alike
    assert.deepEqual([step.order, step.total, step.context, step.parts], [4, 2, 3, null]);
    assert.equal(step.counted.get(step.id), 2);
  }
});

test("a mixture is weight * GPT + (1 - weight) * counts", () => {
  // the counts give 3/4 and 1/4, the GPT 1/4 and 3/4
  const said = (shares) => ({ logits: { dense: packFloats(shares.map(Math.log), [1, 2]) }, context: [3] });
  const counts = { ...said([0.75, 0.25]), order: [4], total: [9], counted: [[[0], [9]]] };
  const answer = { ids: [0], texts: ["a"], parts: [counts, said([0.25, 0.75])] };
  const segments = [{ at: 0, force: null, knobs: { ...PRESETS.balanced, weight: 0.2 } }];
  const [step] = unpackSteps(answer, { settings: { weight: 0.9 }, segments }, 0);
  close(step.p, 0.2 * 0.25 + 0.8 * 0.75);
  close(step.own[1], 0.2 * 0.75 + 0.8 * 0.25);
  close(step.logits[1], Math.log(step.own[1]));
  assert.deepEqual([...step.ranked], [0, 1]);
  assert.equal(step.total, 9);
  assert.equal(step.parts.length, 2);
});

test("a step belongs to the last segment before it", () => {
  const segments = [0, 5, 9].map((at) => ({ at, force: null, knobs: PRESETS.greedy }));
  assert.deepEqual(
    [0, 4, 5, 8, 9, 50].map((place) => segmentAt(segments, place).at),
    [0, 0, 5, 5, 9, 9],
  );
});

test("the tokens before a step may be those of the prompt", () => {
  const run = { prompt: ["a", "b"], steps: [..."cdef"].map((text) => ({ text })) };
  assert.deepEqual(tokensBefore(run, 3, 2), ["d", "e"]);
  assert.deepEqual(tokensBefore(run, 1, 2), ["b", "c"]);
  assert.deepEqual(tokensBefore(run, 0, 2), ["a", "b"]);
  assert.deepEqual(tokensBefore(run, 1, 9), ["a", "b", "c"]);
  assert.deepEqual(tokensBefore(run, 2, 0), []);
});
