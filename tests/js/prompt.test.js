import assert from "node:assert/strict";
import { test } from "node:test";

import { unknownInWords } from "../../demo/lm/prompt.js";

test("an unknown character is named by itself, and by its number only if it cannot be seen", () => {
  const said = unknownInWords(["'ç' (U+00E7)", "'😀' (U+1F600)", "'\u0301' (U+0301)", "'\\u200b' (U+200B)"], 0);
  assert.match(said, /“ç”, “😀”, '\u0301' \(U\+0301\), '\\u200b' \(U\+200B\)$/);
  assert.match(unknownInWords(["'purple'"], 2, ""), /“purple” and 2 more$/);
  assert.match(unknownInWords(["'purple'"], 0), /read as spaces: “purple”$/);
  assert.match(unknownInWords(["'purple'"], 0, "<unk>"), /read as “<unk>”: “purple”$/);
  assert.match(unknownInWords(["'👩\u200d👩\u200d👧'", "'\\x00a'"], 0), /“👩\u200d👩\u200d👧”, '\\x00a'$/);
});
