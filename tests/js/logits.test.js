import assert from "node:assert/strict";
import { test } from "node:test";

import { unpackLogits } from "../../demo/lm/logits.js";
import { packFloats, packIds, randomNumbers } from "./lm_answers.js";

// the rule of `packed` in demo/lm/steps.py: each row is the first plus its shift, except for the tokens that are named
function pack(first, shifts, exceptions) {
  return {
    first: packFloats(first),
    shifts,
    lengths: exceptions.map((row) => row.length),
    ids: packIds(exceptions.flat().map(([id]) => id)),
    values: packFloats(exceptions.flat().map(([, value]) => value)),
  };
}

test("dense logits are one row a step", () => {
  const rows = unpackLogits({ dense: packFloats([1, 2, 3, 4, 5, 6], [2, 3]) });
  assert.deepEqual(
    rows.map((row) => [...row]),
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  );
});

test("packed logits are the first row, shifted, except for the tokens that are named", () => {
  const random = randomNumbers(1);
  for (let round = 0; round < 50; round++) {
    const [vocab, steps] = [1 + Math.floor(20 * random()), 1 + Math.floor(6 * random())];
    const first = Array.from({ length: vocab }, () => Math.fround(10 * random() - 5));
    const shifts = Array.from({ length: steps - 1 }, () => 4 * random() - 2);
    const exceptions = shifts.map(() => {
      const named = [...first.keys()].filter(() => random() < 0.3);
      return named.map((id) => [id, Math.fround(random())]);
    });
    const wished = [first, ...shifts.map((shift) => first.map((logit) => Math.fround(logit + shift)))];
    exceptions.forEach((row, i) => row.forEach(([id, value]) => (wished[i + 1][id] = value)));
    const rows = unpackLogits(pack(first, shifts, exceptions));
    assert.deepEqual(
      rows.map((row) => [...row]),
      wished,
    );
  }
});
