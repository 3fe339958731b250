import assert from "node:assert/strict";
import { test } from "node:test";

import { lmStore } from "../../demo/lm/store.js";
import { CORPORA, ORDERS } from "../../demo/web/contract.js";

test("a station that comes later hears of the context that Evidence was sent to", () => {
  lmStore.showEvidence({ text: "the ki", order: 4, token: "n" });
  const heard = [];
  lmStore.listen(({ evidence }) => heard.push(evidence));
  assert.deepEqual(heard, [{ corpus: "shakespeare", text: "the ki", order: 4, token: "n" }]);
  lmStore.showEvidence({ text: "so", order: 2, token: "n" });
  assert.deepEqual(
    heard.map(({ text }) => text),
    ["the ki", "so"],
  );
});

test("the corpus in view changes for every station and in the address; others are refused", async () => {
  const written = [];
  history.replaceState = (state, _, query) => written.push(query);
  const heard = [];
  lmStore.listen(({ corpus }) => heard.push(corpus));
  await lmStore.change({ corpus: "machado" });
  await lmStore.change({ corpus: "machado" });
  await lmStore.change({ corpus: "shakespere" });
  assert.deepEqual(heard, ["shakespeare", "machado"]);
  assert.deepEqual(written, ["?lm_corpus=machado"]);
  assert.equal(lmStore.name(), "machado");
});

test("orders are those of the corpus's unit", () => {
  for (const [corpus, unit] of Object.entries(CORPORA)) {
    assert.deepEqual(lmStore.orders(corpus), ORDERS[unit]);
    assert.ok(lmStore.hasGpt(corpus));
  }
  assert.ok(!lmStore.hasGpt("own:abc"));
});

test("a link keeps a short text that comes back as it was", () => {
  assert.ok(lmStore.linkable("the cat sat"));
  assert.ok(lmStore.linkable("x".repeat(1500)) && !lmStore.linkable("x".repeat(1501)));
  assert.ok(!lmStore.linkable("ç".repeat(1500))); // six characters of an address each
  assert.ok(!lmStore.linkable("half a sign: \ud83d"));
});
