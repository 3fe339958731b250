import assert from "node:assert/strict";
import { test } from "node:test";

import { ganStore } from "../../demo/gan/store.js";
import { openingRun } from "../../demo/lm/openings.js";
import { lmStore } from "../../demo/lm/store.js";
import { tokenName } from "../../demo/lm/tokens.js";
import { currentLanguage, sentence, setLanguage } from "../../demo/web/i18n.js";
import { has, lookup } from "../../demo/web/lookup.js";

// words of which every object has an entry
const WORDS = ["toString", "constructor", "__proto__", "hasOwnProperty", "valueOf"];

test("a table has its own entries only", () => {
  assert.equal(lookup({ a: 1 }, "a"), 1);
  for (const word of WORDS) assert.ok(!has({}, word) && lookup({ a: 1 }, word) === undefined, word);
  assert.ok(has({ toString: 1 }, "toString"));
});

test("a set, a corpus or a language of such a name is none", async () => {
  const { dataset } = ganStore.state;
  setLanguage("en");
  for (const word of WORDS) {
    ganStore.change({ dataset: word });
    await lmStore.change({ corpus: word });
    setLanguage(word);
    assert.equal(ganStore.state.dataset, dataset);
    assert.equal(lmStore.state.corpus, "shakespeare");
    assert.equal(currentLanguage(), "en");
    assert.equal(lmStore.hasGpt(word), false);
    assert.deepEqual(lmStore.orders(word), lmStore.orders("own:nobody"));
    assert.equal(openingRun(word).settings.prompt, openingRun("own:nobody").settings.prompt);
  }
});

test("a token or a key of such a name is itself", () => {
  for (const word of WORDS) {
    assert.equal(tokenName(word), word);
    assert.equal(sentence(word), word);
  }
});
