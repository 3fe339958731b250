import assert from "node:assert/strict";
import { test } from "node:test";

import { ENCODINGS, decode } from "../../demo/lm/encodings.js";

const PORTUGUESE = "O coração da menina não é só de pão: à tarde, três irmãs põem o chapéu. “Sim” — disse ela.\n";
const TEXTS = {
  "windows-1252": PORTUGUESE.replace(/[“”—]/g, "-"), // Node 20 reads the others as Latin-1
  "windows-1250": "Zażółć gęślą jaźń, a potem wróć. Książka leży na stole, źle mi się śpi.\n",
  macintosh: PORTUGUESE,
  "windows-1251": "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.\n",
  "koi8-r": "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.\n",
  "windows-1253": "Τα σύννεφα είναι στον ουρανό και η θάλασσα είναι ήρεμη.\n",
  "windows-1255": "בראשית ברא אלהים את השמים ואת הארץ\n",
  "windows-1256": "الكتاب على الطاولة والولد في البيت\n",
  "windows-874": "วันนี้อากาศดีมากและฉันอยากไปเดินเล่นในสวน\n",
  shift_jis: "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n",
  "euc-jp": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n",
  gb18030: "我的书在桌子上，他们不是这里的人，中国有很多人。\n",
  big5: "我的書在桌子上，他們不是這裡的人，中國有很多人。\n",
  "euc-kr": "나는 학교에 가고 너는 집에 있다. 이것은 책이다.\n",
};

/** The bytes of a text in an encoding: what TextDecoder reads, the other way round. */
function encode(text, encoding) {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const codes = new Map();
  const add = (bytes) => {
    try {
      const sign = decoder.decode(Uint8Array.from(bytes));
      if (Array.from(sign).length === 1 && !codes.has(sign)) codes.set(sign, bytes);
    } catch {
      // these bytes are no character
    }
  };
  for (let a = 0; a < 256; a++) add([a]);
  for (let a = 0x81; a < 255; a++) for (let b = 0x40; b < 255; b++) add([a, b]);
  return Uint8Array.from(
    Array.from(text).flatMap((sign) => codes.get(sign) ?? assert.fail(`${encoding} lacks ${sign}`)),
  );
}

const utf16 = (text, little) => {
  const bytes = Buffer.from(text, "utf16le");
  return Uint8Array.from(little ? bytes : bytes.swap16());
};

for (const [encoding, line] of Object.entries(TEXTS)) {
  test(`${ENCODINGS[encoding]} is read as what it is`, () => {
    for (const text of [line, line.repeat(50)]) {
      const found = decode(encode(text, encoding));
      assert.equal(found.text, text);
      assert.ok(found.guessed);
    }
  });
}

test("a short word in Latin-1 is no other script", () => {
  for (const word of ["coração", "ção", "São João", "Où est l'été?", "straße", "¿Qué?", "ÇÃO", "AÇÃO", "10 º", "à"])
    assert.deepEqual([decode(encode(word, "windows-1252")).text, word], [word, word]);
});

test("a mark at the start and valid UTF-8 leave nothing to guess", () => {
  for (const [bytes, encoding] of [
    [Buffer.from(PORTUGUESE), "utf-8"],
    [Buffer.from(`\ufeff${PORTUGUESE}`), "utf-8"],
    [utf16(`\ufeff${PORTUGUESE}`, true), "utf-16le"],
    [utf16(`\ufeff${PORTUGUESE}`, false), "utf-16be"],
  ])
    assert.deepEqual(decode(Uint8Array.from(bytes)), { text: PORTUGUESE, encoding, guessed: false });
});

test("UTF-16 without a mark is read in either order of bytes, also in other scripts", () => {
  for (const text of [PORTUGUESE, "Все семьи похожи друг на друга\n", "oi", "我的书 在桌子上\n他们 不是\n"])
    for (const little of [true, false]) assert.equal(decode(utf16(text, little)).text, text);
});

test("UTF-8 that was cut within a character stays UTF-8", () => {
  const bytes = Uint8Array.from(Buffer.from("ação"));
  assert.equal(decode(bytes.subarray(0, 2), true).encoding, "utf-8");
});

test("bytes of a picture stay what nobody takes for a text", () => {
  let state = 1;
  const noise = Uint8Array.from({ length: 5000 }, () => (state = (state * 16807) % 2147483647) & 255);
  assert.ok(decode(noise).text.includes("\0"));
});
