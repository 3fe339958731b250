import assert from "node:assert/strict";
import { test } from "node:test";

import { newest, Refusal } from "../../demo/web/server.js";

/** A fetch whose answers a test gives: {ask, asked, answer(i), fail(i)}. */
function slowFetch() {
  const calls = [];
  const ask = (...args) => new Promise((resolve, reject) => calls.push({ args, resolve, reject }));
  return {
    ask,
    asked: () => calls.map(({ args }) => args[0]),
    answer: (i) => calls[i].resolve(`answer ${calls[i].args[0]}`),
    fail: (i, error = new Error("no")) => calls[i].reject(error),
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a call that is alone is made at once", async () => {
  const fetch = slowFetch();
  const answer = newest(fetch.ask)("a");
  assert.deepEqual(fetch.asked(), ["a"]);
  fetch.answer(0);
  assert.equal(await answer, "answer a");
});

test("of the calls asked for meanwhile only the newest is made", async () => {
  const fetch = slowFetch();
  const run = newest(fetch.ask);
  const answers = ["a", "b", "c", "d"].map((name) => run(name));
  assert.deepEqual(fetch.asked(), ["a"]);
  fetch.answer(0);
  await settled();
  assert.deepEqual(fetch.asked(), ["a", "d"]);
  fetch.answer(1);
  assert.deepEqual(await Promise.all(answers), ["answer a", undefined, undefined, "answer d"]);
});

test("after an error the call that waits is made, and the next ones too", async () => {
  const fetch = slowFetch();
  const run = newest(fetch.ask);
  const [first, second] = [run("a"), run("b")];
  fetch.fail(0);
  await assert.rejects(first, /no/);
  await settled();
  assert.deepEqual(fetch.asked(), ["a", "b"]);
  fetch.answer(1);
  assert.equal(await second, "answer b");
  const third = run("c");
  assert.deepEqual(fetch.asked(), ["a", "b", "c"]);
  fetch.fail(2);
  await assert.rejects(third, /no/);
});

test("an error of the call that waited reaches whoever asked for it", async () => {
  const fetch = slowFetch();
  const run = newest(fetch.ask);
  const [first, second] = [run("a"), run("b")];
  fetch.answer(0);
  await first;
  await settled();
  fetch.fail(1, new Refusal("error.offline"));
  await assert.rejects(second, { key: "error.offline" });
});

test("never more than one call is under way", async () => {
  let [under, most] = [0, 0];
  const run = newest(async (i) => {
    most = Math.max(most, ++under);
    await settled();
    under--;
    return i;
  });
  const answers = [];
  for (let i = 0; i < 50; i++) {
    answers.push(run(i));
    if (i % 7 === 0) await settled();
  }
  assert.equal((await Promise.all(answers)).at(-1), 49);
  assert.equal(most, 1);
});

test("a refusal carries the key of a sentence and what fills its gaps", () => {
  const refusal = new Refusal("error.whole", { low: 1, high: 9 });
  assert.ok(refusal instanceof Error);
  assert.deepEqual([refusal.key, refusal.values], ["error.whole", { low: 1, high: 9 }]);
  assert.deepEqual(new Refusal("error.offline").values, {});
});
