import assert from "node:assert/strict";
import { test } from "node:test";

import { MARKS, codeOf, histogram, readCode } from "../../demo/gan/result_codes.js";
import { readHidden, ruleOf, selectorOf, writeHidden } from "../../demo/web/hidden.js";
import { addressForOthers, pathOf } from "../../demo/web/share.js";

// --- the address for others -------------------------------------------------------------------------------

test("others get this computer's address in its network, and the rest of what is in view", () => {
  const here = "http://127.0.0.1:7860/?tab=gan&words=1";
  const network = "http://192.168.0.12:7860";
  assert.deepEqual(addressForOthers(here, network), {
    address: "http://192.168.0.12:7860/?tab=gan",
    local: false,
    left: false,
  });
  assert.equal(addressForOthers(here, null).local, true);
  for (const name of ["localhost:7860", "[::1]:7860", "127.0.0.1"])
    assert.equal(addressForOthers(`http://${name}/`, null).local, true, name);
});

test("an address that others can open stays, and what stands behind the # is left out", () => {
  const space = "https://someone-playground.hf.space/app?lm_p=a%20b#lm_text=secret";
  assert.deepEqual(addressForOthers(space, "http://10.0.0.2:7860"), {
    address: "https://someone-playground.hf.space/app?lm_p=a+b",
    local: false,
    left: true,
  });
});

test("a code's dark squares are squares of a path", () => {
  assert.equal(pathOf(["01", "10"]), "M1 0h1v1h-1zM0 1h1v1h-1z");
});

// --- what a link leaves out -------------------------------------------------------------------------------

test("names of tabs, stations and parts become selectors", () => {
  assert.equal(selectorOf("vae"), "#tab-vae");
  assert.equal(selectorOf("lm-generate"), '#lm-tab .stations [value="generate"]');
  assert.equal(selectorOf("lm-generate.knobs"), "#lm-generate .knobs");
  assert.equal(selectorOf("vae-tab.size"), "#vae-tab .size");
  assert.equal(selectorOf("head.theme"), ".page-head .theme");
  assert.equal(ruleOf([]), "");
  assert.equal(ruleOf(["vae", "gan"]), "#tab-vae,\n#tab-gan { display: none !important; }");
});

test("only names are read, each once; anything else in a link hides nothing", () => {
  assert.deepEqual(readHidden("vae,lm-generate.knobs,vae"), ["vae", "lm-generate.knobs"]);
  for (const evil of [
    "",
    null,
    "body",
    "*",
    "vae.",
    "vae-walk.a b",
    'vae"] *',
    "vae-walk.x{}",
    "head",
    "head.",
    "x-y.z",
    "vae.<b>",
    ".a",
  ])
    assert.deepEqual(readHidden(evil), [], String(evil));
  assert.equal(readHidden(Array.from({ length: 500 }, (_, i) => `vae-walk.a${i}`).join()).length, 100);
  assert.equal(writeHidden([]), null);
  assert.equal(writeHidden(readHidden("vae,gan-game.code-of")), "vae,gan-game.code-of");
});

// --- the results of a class -------------------------------------------------------------------------------

test("a result's code is read back, however it is typed", () => {
  for (let right = 0; right <= 10; right++) {
    const code = codeOf(right, "7K3Q-8", (right * 3001) % MARKS);
    assert.match(code, /^[0-9A-HJKMNP-TV-Z]{5}$/);
    assert.deepEqual(readCode(` ${code.slice(0, 2).toLowerCase()}-${code.slice(2)} `, "7k3q-8", 10), { code, right });
  }
  const zero = codeOf(0, "7K3Q-8", 0);
  assert.deepEqual(readCode(zero.replaceAll("0", "o"), "7K3Q-8", 10), { code: zero, right: 0 });
});

test("a code of another game, a mistyped one and nothing are no result", () => {
  const code = codeOf(8, "7K3Q-8", 12345);
  assert.equal(readCode(code, "7K3Q-7", 10), null);
  for (const typed of ["", "8", code.slice(1), code + "0", "?????", `F${code.slice(1)}`]) {
    assert.equal(readCode(typed, "7K3Q-8", 10), null, typed);
  }
  // one wrong letter is noticed at each place
  for (let i = 0; i < 5; i++) {
    const other = code[i] === "7" ? "6" : "7";
    assert.equal(readCode(code.slice(0, i) + other + code.slice(i + 1), "7K3Q-8", 10), null, String(i));
  }
});

test("phones with the same result have different codes", () => {
  const codes = Array.from({ length: 1000 }, (_, mark) => codeOf(7, "7K3Q-8", mark * 31));
  assert.equal(new Set(codes).size, 1000);
});

test("a histogram counts everybody once", () => {
  assert.deepEqual(histogram([0, 7, 7, 10], 10), [1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 1]);
  assert.deepEqual(histogram([], 2), [0, 0, 0]);
});
