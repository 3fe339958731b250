import assert from "node:assert/strict";
import { test } from "node:test";

import { rankTokens, samplingProbs } from "../../demo/lm/sampling.js";
import { barsOf } from "../../demo/lm/token_bars.js";
import { isWide, tintLevel, tokenName, tokenSign, withoutSpace } from "../../demo/lm/tokens.js";
import { randomNumbers } from "./lm_answers.js";

function viewOf(logits, knobs, chosen = 0) {
  const ranked = rankTokens(logits);
  const vocabulary = Array.from(logits, (_, id) => String(id));
  const [own, after] = [samplingProbs(logits), samplingProbs(logits, knobs, ranked)];
  return { vocabulary, own, after, ranked, chosen, forced: false, counted: null, total: null, knobs };
}

test("the bars and the rest are all of the probability", () => {
  const random = randomNumbers(7);
  for (let round = 0; round < 100; round++) {
    const logits = Float32Array.from({ length: 1 + Math.floor(40 * random()) }, () => 6 * random());
    const knobs = { temperature: 0.9, top_k: random() < 0.5 ? null : 5, top_p: random() < 0.5 ? 1 : 0.7 };
    const view = viewOf(logits, knobs, Math.floor(logits.length * random()));
    const count = Math.min(11, logits.length);
    const { bars, rest } = barsOf(view, count);
    assert.ok(bars.some(({ id }) => id === view.chosen));
    assert.equal(bars.length + rest.others, logits.length);
    const sum = (shares, left) => bars.reduce((part, { id }) => part + shares[id], left);
    assert.ok(Math.abs(sum(view.own, rest.own) - 1) < 1e-6 && Math.abs(sum(view.after, rest.after) - 1) < 1e-6);
    // each token that is cut is marked, or counted in the rest
    const cut = [...view.after].filter((p) => p === 0).length;
    assert.equal(bars.filter((bar) => bar.cut).length + rest.cut, cut);
    assert.ok([...bars, rest].filter(({ line }) => line).length === (cut ? 1 : 0));
  }
});

test("what cannot be seen has a sign", () => {
  assert.equal(tokenSign("a b\n\t\u00a0"), "a␣b↵⇥⍽");
});

test("the likelier a token the stronger its tint", () => {
  assert.deepEqual([0, 0.02, 0.1, 0.3, 0.7, 1].map(tintLevel), [0, 1, 2, 3, 4, 4]);
});

test("a very long token is shortened in its middle, and white space has signs", () => {
  const long = tokenSign(`ab${"c".repeat(2400)}de`);
  assert.ok(Array.from(long).length === 80 && long.startsWith("abc") && long.includes("…") && long.endsWith("cde"));
  assert.equal(tokenSign("a b\n"), "a␣b↵");
  assert.ok(tokenName("x".repeat(99)).length < 30);
});

test("marks and joiners take no place of their own, and Chinese words no space", () => {
  assert.ok(!isWide(["a", "👍🏽", "नी"]) && isWide(["the"]));
  assert.ok(withoutSpace("我", "爱") && !withoutSpace("我", "a") && !withoutSpace("the", "cat"));
});
