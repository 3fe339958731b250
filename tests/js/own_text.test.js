import assert from "node:assert/strict";
import { test } from "node:test";

import { checkText, textOf } from "../../demo/lm/own_text.js";
import { MOST_OWN_BYTES } from "../../demo/web/contract.js";

const refused = (key) => (error) => error.key === key;
const file = (bytes) => new Blob([Uint8Array.from(bytes)]);

test("a file of text is read as UTF-8, with line ends of one kind", async () => {
  assert.equal(await textOf(new Blob(["ção\r\n\ra"])), "ção\n\na");
});

test("a file that holds no text of UTF-8 is refused with a reason", async () => {
  await assert.rejects(textOf(file([0xff, 0xfe, 97, 0])), refused("error.own_not_utf8")); // UTF-16
  await assert.rejects(textOf(file([0xe7, 0xe3, 0x6f])), refused("error.own_not_utf8")); // Latin-1
  await assert.rejects(textOf(file([0x89, 0x50, 0, 0, 0xff])), refused("error.own_binary"));
  await assert.rejects(textOf(new Blob(["x".repeat(MOST_OWN_BYTES + 1)])), refused("error.own_too_long"));
});

test("what cannot be counted is refused before it is sent", () => {
  assert.throws(() => checkText(""), refused("error.own_empty"));
  assert.throws(() => checkText(" \n"), refused("error.own_blank"));
  assert.throws(() => checkText("a\0b"), refused("error.own_binary"));
  assert.throws(() => checkText("\x01".repeat(2) + "a".repeat(198 - 1)), refused("error.own_binary")); // over 1 %
  assert.throws(() => checkText("ç".repeat(MOST_OWN_BYTES / 2 + 1)), refused("error.own_too_long")); // two bytes each
  checkText("\x01".repeat(2) + "a".repeat(198));
  checkText("ç".repeat(MOST_OWN_BYTES / 2));
});
