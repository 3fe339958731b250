import assert from "node:assert/strict";
import { test } from "node:test";

import { rankTokens, samplingProbs } from "../../demo/lm/sampling.js";
import { stagesOf } from "../../demo/lm/stages.js";
import { randomNumbers } from "./lm_answers.js";

const close = (a, b, what) => assert.ok(Math.abs(a - b) < 1e-6 * Math.max(1, Math.abs(a)), `${what}: ${a} and ${b}`);

function anyView(random) {
  const size = 1 + Math.floor(30 * random());
  const logits = Float32Array.from({ length: size }, () => 8 * random() - 4);
  const knobs = {
    temperature: [0.5, 1, 1.7][Math.floor(3 * random())],
    top_k: [null, 1, 4, 100][Math.floor(4 * random())],
    top_p: [1, 0.9, 0.3][Math.floor(3 * random())],
  };
  return { logits, knobs, ranked: rankTokens(logits), chosen: Math.floor(size * random()) };
}

test("the columns lead from the logit to the probability that is drawn with", () => {
  const random = randomNumbers(4);
  for (let round = 0; round < 200; round++) {
    const view = anyView(random);
    const { shown, sum, left } = stagesOf(view);
    const after = samplingProbs(view.logits, view.knobs, view.ranked);
    for (const token of shown) {
      close(token.divided, token.logit / view.knobs.temperature, "divided");
      close(token.share, token.power / sum, "share");
      close(token.after, after[token.id], "after");
      if (!token.cut) close(token.after, token.share / left, "kept");
      else assert.equal(token.after, 0);
    }
  }
});

test("the rows and the rest are all tokens", () => {
  const random = randomNumbers(5);
  for (let round = 0; round < 200; round++) {
    const view = anyView(random);
    const { shown, others, sum } = stagesOf(view);
    const total = (name) => shown.reduce((part, token) => part + token[name], others[name]);
    assert.equal(shown.length + others.count, view.logits.length);
    close(total("share"), 1, "shares");
    close(total("after"), 1, "after");
    close(total("power"), sum, "powers");
    const kept = [...samplingProbs(view.logits, view.knobs, view.ranked)].filter((p) => p > 0).length;
    assert.equal(others.afterTopP + shown.filter(({ after }) => after > 0).length, kept);
  }
});

test("the chosen token is among the rows, in its place", () => {
  const logits = Float32Array.from({ length: 30 }, (_, id) => -id);
  const view = { logits, knobs: { temperature: 1, top_k: 5, top_p: 0.9 }, ranked: rankTokens(logits), chosen: 20 };
  const { shown } = stagesOf(view);
  assert.deepEqual(
    shown.map(({ place }) => place),
    [1, 2, 3, 4, 5, 6, 7, 8, 21],
  );
  assert.equal(shown.at(-1).id, 20);
  assert.equal(shown.at(-1).cut, "top_k");
});

test("it is said which knob cuts a token", () => {
  // shares 0.5, 0.25, 0.125, …: top-k keeps three, of which top-p needs two
  const logits = Float32Array.from({ length: 6 }, (_, id) => -id * Math.LN2);
  const view = { logits, ranked: rankTokens(logits), chosen: 0 };
  const cuts = (knobs) => stagesOf({ ...view, knobs }).shown.map(({ cut }) => cut);
  const [none, k, p] = [null, "top_k", "top_p"];
  assert.deepEqual(cuts({ temperature: 1, top_k: 3, top_p: 0.8 }), [none, none, p, k, k, k]);
  assert.deepEqual(cuts({ temperature: 1, top_k: null, top_p: 1 }), [none, none, none, none, none, none]);
  assert.deepEqual(cuts({ temperature: 0, top_k: null, top_p: 1 }), [none, ...new Array(5).fill("temperature")]);
});

test("logits that are logarithms of probabilities are known as such", () => {
  const knobs = { temperature: 1, top_k: null, top_p: 1 };
  const stages = (numbers) => {
    const logits = Float32Array.from(numbers);
    return stagesOf({ logits, knobs, ranked: rankTokens(logits), chosen: 0 });
  };
  assert.ok(stages([0.5, 0.25, 0.25].map(Math.log)).isLog);
  assert.ok(!stages([2, 1, 1]).isLog);
});
