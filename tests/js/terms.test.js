import assert from "node:assert/strict";
import { test } from "node:test";

import { sentence, setLanguage } from "../../demo/web/i18n.js";
import { TERMS, formsOf, piecesOf } from "../../demo/web/terms.js";

const LANGUAGES = /** @type {const} */ (["en", "pt-BR"]);
const FAMILIES = ["vae", "gan", "lm"];
const NBSP = "\u00a0";
const found = (text, forms) => piecesOf(text, forms).filter(({ term }) => term);

test("every term has a name, a sentence, and forms that are found in both languages", () => {
  for (const language of LANGUAGES) {
    setLanguage(language);
    for (const [term, families] of Object.entries(TERMS)) {
      for (const family of families.split(" ")) {
        assert.ok(FAMILIES.includes(family), term);
        for (const form of sentence(`term.${term}.forms`).split("|")) {
          assert.deepEqual(
            found(`(${form}),`, formsOf(family)),
            [{ text: form, term }],
            `${language} ${family} ${form}`,
          );
        }
      }
      assert.match(sentence(`term.${term}.what`), /[.!?]$/, term);
    }
  }
});

test("no form means two terms in one tab", () => {
  for (const language of LANGUAGES) {
    setLanguage(language);
    for (const family of FAMILIES) {
      const terms = Object.keys(TERMS).filter((term) => TERMS[term].split(" ").includes(family));
      const forms = terms.flatMap((term) => sentence(`term.${term}.forms`).toLowerCase().split("|"));
      assert.equal(new Set(forms).size, forms.length, `${language} ${family}`);
    }
  }
});

const forms = new Map([
  ["token", "token"],
  ["context", "context"],
  ["context window", "context"],
  ["bits", "bit"],
  ["c++", "sign"],
]);

test("pieces add up to the sentence, whatever it is", () => {
  for (const text of [
    "",
    "none",
    "Token, token",
    "the context window of a token.",
    `a token${NBSP}here`,
    "tokentoken",
  ]) {
    assert.equal(
      piecesOf(text, forms)
        .map((piece) => piece.text)
        .join(""),
      text,
    );
  }
});

test("a term is found as a whole word, once, in its longest form, and as it is written", () => {
  assert.deepEqual(found("A Token: the token", forms), [{ text: "Token", term: "token" }]);
  assert.deepEqual(found("its context window", forms), [{ text: "context window", term: "context" }]);
  for (const text of [
    "tokens",
    "tokenizer",
    "subtoken",
    "sub-token",
    "token-level",
    "contexto",
    "éticontext",
    "rabbits",
  ])
    assert.deepEqual(found(text, forms), [], text);
  assert.deepEqual(
    found("token context bits", forms).map(({ term }) => term),
    ["token", "context", "bit"],
  );
  assert.deepEqual(found("in C++.", forms), [{ text: "C++", term: "sign" }]);
  assert.deepEqual(piecesOf("a token", new Map()), [{ text: "a token", term: null }]);
});
