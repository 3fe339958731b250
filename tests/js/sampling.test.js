// The same rules as in tests/unit/test_sampling.py; a browser test compares both with one another.
import assert from "node:assert/strict";
import { test } from "node:test";

import { entropy, findCut, rankTokens, sameKnobs, samplingProbs } from "../../demo/lm/sampling.js";
import { randomFrom } from "./page.js";

const sum = (probs) => probs.reduce((total, p) => total + p, 0);
const kept = (probs) => [...probs.keys()].filter((id) => probs[id] > 0);

/** Logits with ties, minus infinities and both zeros among them. */
function randomLogits(random, length) {
  return Float32Array.from({ length }, () => {
    const odd = random();
    if (odd < 0.1) return -Infinity;
    if (odd < 0.2) return odd < 0.15 ? 0 : -0;
    return odd < 0.5 ? Math.round(4 * random() - 2) : 12 * random() - 6;
  });
}

test("the lower id wins a tie", () => {
  assert.deepEqual([...rankTokens(Float32Array.of(1, 1, 2, 2, 0))], [2, 3, 0, 1, 4]);
  assert.deepEqual([...rankTokens(Float32Array.of(-0, 0, -0))], [0, 1, 2]);
});

test("the fast ranking is that of a plain sort", () => {
  const random = randomFrom(1);
  for (let round = 0; round < 200; round++) {
    const logits = randomLogits(random, 1 + Math.floor(40 * random()));
    assert.deepEqual([...rankTokens(logits)], [...rankTokens([...logits])]);
  }
});

test("temperature 0 leaves the likeliest token alone", () => {
  assert.deepEqual([...samplingProbs(Float32Array.of(0, 3, 3), { temperature: 0 })], [0, 1, 0]);
});

test("temperature 1 alone is the softmax", () => {
  // e^0 : e^ln(3) = 1 : 3
  const [first, second] = samplingProbs(Float32Array.of(0, Math.log(3)));
  assert.ok(Math.abs(first - 0.25) < 1e-7 && Math.abs(second - 0.75) < 1e-7);
});

test("probabilities sum to 1 whatever the knobs, and keep the order of the logits", () => {
  const random = randomFrom(2);
  for (let round = 0; round < 300; round++) {
    const logits = randomLogits(random, 1 + Math.floor(30 * random()));
    logits[0] = 1; // one of them is possible
    const knobs = {
      temperature: random() < 0.1 ? 0 : 0.05 + 2 * random(),
      top_k: random() < 0.5 ? null : 1 + Math.floor(10 * random()),
      top_p: random() < 0.5 ? 1 : 0.01 + 0.98 * random(),
    };
    const probs = samplingProbs(logits, knobs);
    assert.ok(Math.abs(sum(probs) - 1) < 1e-9);
    const ranked = rankTokens(logits);
    for (let place = 1; place < ranked.length; place++) {
      assert.ok(probs[ranked[place]] <= probs[ranked[place - 1]] + 1e-15);
    }
    assert.deepEqual([...samplingProbs(logits, knobs, ranked)], [...probs]);
  }
});

test("top_k leaves exactly k tokens, also with ties", () => {
  const logits = Float32Array.of(2, 1, 1, 1, 0);
  for (let top_k = 1; top_k <= 5; top_k++) {
    assert.deepEqual(kept(samplingProbs(logits, { top_k })), [0, 1, 2, 3, 4].slice(0, top_k));
  }
});

test("top_p keeps the smallest set that reaches it", () => {
  const logits = Float32Array.from([0.5, 0.25, 0.125, 0.125], Math.log);
  const sizes = [
    [0.4, 1],
    [0.5, 1],
    [0.51, 2],
    [0.75, 2],
    [0.8, 3],
    [0.9, 4],
    [1, 4],
  ];
  for (const [top_p, size] of sizes) assert.equal(kept(samplingProbs(logits, { top_p })).length, size, `${top_p}`);
});

test("the knobs come in order: temperature, top_k, top_p", () => {
  // of 4 : 3 : 2 : 1 top_k 2 leaves 4/7 and 3/7; 0.5 is reached by the first of them alone, of all four it is not
  const logits = Float32Array.from([4, 3, 2, 1], Math.log);
  assert.deepEqual(kept(samplingProbs(logits, { top_p: 0.5 })), [0, 1]);
  assert.deepEqual(kept(samplingProbs(logits, { top_k: 2, top_p: 0.5 })), [0]);
});

test("where the knobs cut is said with the knob that cuts", () => {
  const logits = Float32Array.of(2, 1, 0, -Infinity);
  const cut = (knobs) => {
    const full = { temperature: 1, top_k: null, top_p: 1, ...knobs };
    const [own, after] = [samplingProbs(logits), samplingProbs(logits, full)];
    return findCut({ own, after, ranked: rankTokens(logits), knobs: full });
  };
  assert.deepEqual(cut({}), { kept: 3, possible: 3, by: null });
  assert.deepEqual(cut({ top_k: 2 }), { kept: 2, possible: 3, by: "top_k" });
  assert.deepEqual(cut({ top_p: 0.1 }), { kept: 1, possible: 3, by: "top_p" });
  assert.deepEqual(cut({ top_k: 2, top_p: 0.1 }), { kept: 1, possible: 3, by: "top_p" });
  assert.deepEqual(cut({ temperature: 0 }), { kept: 1, possible: 3, by: "temperature" });
  assert.deepEqual(cut({ top_k: 3 }), { kept: 3, possible: 3, by: null });
});

test("entropy is 0 for a sure thing and log2 n for n alike", () => {
  assert.equal(entropy(Float64Array.of(1, 0, 0)), 0);
  assert.ok(Object.is(entropy(Float64Array.of(1)), 0));
  assert.equal(entropy(Float64Array.of(0.25, 0.25, 0.25, 0.25)), 2);
});

test("knobs are the same when all three are", () => {
  const knobs = { temperature: 1, top_k: null, top_p: 1 };
  assert.ok(sameKnobs(knobs, { ...knobs, more: 1 }));
  for (const [name, value] of Object.entries({ temperature: 0.9, top_k: 3, top_p: 0.5 })) {
    assert.ok(!sameKnobs(knobs, { ...knobs, [name]: value }));
  }
});

test("a vocabulary of a thousand is done in a few milliseconds", () => {
  const random = randomFrom(3);
  const logits = Float32Array.from({ length: 1024 }, () => 20 * random() - 10);
  const start = performance.now();
  for (let i = 0; i < 100; i++) samplingProbs(logits, { temperature: 0.8, top_k: 50, top_p: 0.95 });
  assert.ok((performance.now() - start) / 100 < 20);
});
