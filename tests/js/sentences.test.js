import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { currentLanguage, formatPercent, onLanguage, sentence, setLanguage } from "../../demo/web/i18n.js";

beforeEach(() => setLanguage("en"));

test("a sentence is in the language in view, with its gaps filled", () => {
  assert.equal(sentence("error.choice", { name: "method", options: "a, b" }), "Choose method from: a, b.");
  setLanguage("pt-BR");
  assert.notEqual(sentence("page.title"), "page.title");
  assert.match(sentence("error.choice", { name: "método", options: "a, b" }), /método.*a, b/);
});

test("a gap without a value and a key without a sentence show themselves", () => {
  assert.equal(sentence("error.choice", { name: "method" }), "Choose method from: {options}.");
  assert.equal(sentence("no.such.key"), "no.such.key");
});

test("a value may hold what looks like a gap or a pattern", () => {
  assert.equal(sentence("error.choice", { name: "$&", options: "{name}" }), "Choose $& from: {name}.");
});

test("zero is a value", () => {
  assert.equal(sentence("error.choice", { name: 0, options: "" }), "Choose 0 from: .");
});

test("listeners hear of a new language, and an unknown one is none", () => {
  const heard = [];
  onLanguage((now) => heard.push(now));
  setLanguage("pt-BR");
  setLanguage("fr");
  assert.deepEqual(heard, ["pt-BR"]);
  assert.equal(currentLanguage(), "pt-BR");
  assert.equal(document.documentElement.lang, "pt-BR");
});

test("a larger share is never said as a smaller number", () => {
  const ends = { "<0.1%": 0.05, ">99.9%": 99.95 };
  const value = (said) => ends[said] ?? Number(said.replace("%", ""));
  let before = 0;
  for (let i = 0; i <= 20000; i++) {
    const now = value(formatPercent(i / 20000));
    assert.ok(now >= before, `${i / 20000}: ${now} after ${before}`);
    before = now;
  }
});
