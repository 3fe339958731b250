import assert from "node:assert/strict";
import { test } from "node:test";

import { openingRun } from "../../demo/lm/openings.js";
import { CORPORA, ORDERS, PRESETS } from "../../demo/web/contract.js";

test("every corpus opens with a text of its own, which its models can make", () => {
  for (const [corpus, unit] of Object.entries(CORPORA)) {
    const { settings, knobs, index, count } = openingRun(corpus);
    assert.ok(settings.corpus === corpus && settings.prompt && settings.model === "counts");
    assert.ok(settings.order >= 1 && settings.order <= ORDERS[unit].highest);
    assert.match(settings.seed, /^\d+$/);
    assert.ok(0 <= index && index < count);
    assert.deepEqual(knobs, PRESETS.balanced);
  }
});

test("a text of the visitor's that this page does not have opens with a word of the sample", () => {
  assert.equal(openingRun("own:abc").settings.prompt, "the ");
});
