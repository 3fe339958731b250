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

test("after a restart of the server a text is sent again and asked for by its new key", async () => {
  let secret = 1; // the server makes keys with a secret of each start
  const heard = [];
  Object.assign(document, { baseURI: "http://localhost/" });
  globalThis.fetch = async (url, { body }) => {
    const { text, corpus } = JSON.parse(body);
    if (url.pathname.endsWith("lm_keep")) {
      return Response.json({ key: `${text}${secret}`, max_order: 4, vocabulary: 3, opening: "the" });
    }
    heard.push(corpus);
    if (corpus !== `own:mine${secret}`) return Response.json({ error: { key: "error.own_gone" } }, { status: 400 });
    return Response.json({ total: 1 });
  };
  await lmStore.bring({ text: "mine", unit: "words" });
  const corpus = lmStore.name();
  await lmStore.ask("lm_after", { corpus, context: [1] });
  secret = 2;
  for (let i = 0; i < 2; i += 1)
    assert.deepEqual(await lmStore.ask("lm_after", { corpus, context: [1] }), { total: 1 });
  assert.deepEqual(heard, ["own:mine1", "own:mine1", "own:mine2", "own:mine2"]);
  await lmStore.change({ corpus: "shakespeare" });
});

test("what was asked for earlier and comes later undoes no choice", async () => {
  const waiting = {};
  globalThis.fetch = (_, { body }) => {
    const { text } = JSON.parse(body);
    const answer = Response.json({ key: text, max_order: 4, vocabulary: 3, opening: "the", sample: "the cat" });
    return new Promise((resolve) => (waiting[text] = () => resolve(answer)));
  };
  const first = lmStore.bring({ text: "first", unit: "words" });
  const mine = lmStore.bring({ text: "mine", unit: "words" });
  waiting.mine();
  await mine;
  waiting.first();
  await first;
  assert.deepEqual([lmStore.state.own.text, lmStore.state.corpus], ["mine", "own"]);
  const yours = lmStore.bring({ text: "yours", unit: "words" });
  await lmStore.change({ corpus: "shakespeare" });
  waiting.yours();
  await yours;
  assert.deepEqual([lmStore.state.own.text, lmStore.state.corpus], ["yours", "shakespeare"]);
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
