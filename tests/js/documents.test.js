import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";

import { isChat, messagesOf } from "../../demo/lm/chat.js";
import { readFile, subtitleText, tableText } from "../../demo/lm/documents.js";
import { entriesOf, unpack } from "../../demo/lm/zip.js";

const refused = (key) => (error) => error.key === key;
const file = (content, name = "text.txt") => new File([content], name);
const read = async (content, name) => (await readFile(file(content, name))).text;

/** A zip archive of files: {name: text}. @param {{method?: number, locked?: boolean}} [options] */
function zip(files, { method = 8, locked = false } = {}) {
  const locals = [];
  const list = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const [title, data] = [Buffer.from(name), Buffer.from(text)];
    const packed = method === 8 ? deflateRawSync(data) : data;
    const head = Buffer.alloc(26);
    [20, locked ? 1 : 0, method].forEach((value, i) => head.writeUInt16LE(value, 2 * i));
    head.writeUInt32LE(checksum(data), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(data.length, 18);
    head.writeUInt16LE(title.length, 22);
    locals.push(Buffer.from("PK\x03\x04"), head, title, packed);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    list.push(Buffer.from("PK\x01\x02\x14\0"), head, place, title);
    at += 30 + title.length + packed.length;
  }
  const contents = Buffer.concat(list);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(contents.length, 12);
  end.writeUInt32LE(at, 16);
  return Uint8Array.from(Buffer.concat([...locals, contents, end]));
}

function checksum(data) {
  if (crc32) return crc32(data); // Node 20.15 and later
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

// --- archives ---------------------------------------------------------------------------------------------

test("the text of an archive is the longest one in it, packed or not", async () => {
  const files = {
    "IMG-1.jpg": "\xff\xd8".repeat(90),
    "a/note.txt": "short",
    "WhatsApp Chat.txt": "um dois três\n".repeat(9),
  };
  for (const method of [0, 8]) {
    const found = await readFile(file(zip(files, { method }), "chat.zip"));
    assert.equal(found.text, "um dois três\n".repeat(9));
    assert.deepEqual(found.notes, [{ key: "lm.yours.read.largest", values: { name: "WhatsApp Chat.txt" } }]);
  }
});

test("an archive that cannot be read is refused with the reason", async () => {
  const whole = zip({ "a.txt": "words ".repeat(50) });
  const damaged = Uint8Array.from(whole);
  damaged[38] ^= 0x55; // within the packed text
  for (const [bytes, key] of [
    [zip({}), "error.own_zip_empty"],
    [zip({ "a.jpg": "x" }), "error.own_zip_empty"],
    [zip({ "a.txt": "x" }, { locked: true }), "error.own_zip_locked"],
    [zip({ "a.txt": "x" }, { method: 12 }), "error.own_zip_damaged"],
    [damaged, "error.own_zip_damaged"],
    [whole.subarray(0, whole.length - 30), "error.own_zip_damaged"],
    [Uint8Array.from(Buffer.from("PK\x03\x04 and nothing else")), "error.own_zip_damaged"],
  ])
    await assert.rejects(readFile(file(bytes, "a.zip")), refused(key), key);
});

test("an archive that any byte of was changed is read or refused, and breaks nothing", async () => {
  const whole = zip({ "a.txt": "um dois três ".repeat(5) });
  for (let i = 4; i < whole.length; i++) {
    const changed = Uint8Array.from(whole);
    changed[i] ^= 0xff;
    await readFile(file(changed, "a.zip")).catch(({ key }) => assert.match(key, /^error\.own_/));
  }
});

test("of a text that unpacks to gigabytes only the beginning is unpacked", async () => {
  const [entry] = entriesOf(zip({ "a.txt": "0".repeat(3_000_000) }));
  const { bytes, cut } = await unpack(entry, 1000);
  assert.ok(bytes.length === 1000 && cut);
});

test("a browser that cannot unpack says so", async () => {
  const { DecompressionStream } = globalThis;
  delete globalThis.DecompressionStream;
  await assert.rejects(readFile(file(zip({ "a.txt": "a" }), "a.zip")), refused("error.own_no_unzip"));
  globalThis.DecompressionStream = DecompressionStream;
});

test("files of other kinds are told by their first bytes, whatever their names", async () => {
  for (const [start, key] of [
    ["%PDF-1.4", "error.own_pdf"],
    ["\x89PNG\r\n", "error.own_picture"],
    ["\xff\xd8\xff\xe0", "error.own_picture"],
    ["\0\0\0\x18ftypheic", "error.own_picture"],
    ["\x1f\x8b\x08", "error.own_compressed"],
    ["Rar!\x1a", "error.own_compressed"],
    ["\xd0\xcf\x11\xe0", "error.own_old_word"],
  ])
    await assert.rejects(readFile(file(Buffer.from(start, "latin1"), "text.txt")), refused(key), key);
});

// --- texts with marks -------------------------------------------------------------------------------------

test("of subtitles remains what is said", async () => {
  const srt =
    "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Oi</i>,\r\ntudo bem?\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n99!\r\n";
  assert.equal(await read(srt, "filme.srt"), "Oi,\ntudo bem?\n99!");
  assert.equal(subtitleText("WEBVTT\n\n00:01.000 --> 00:02.000 align:start\nOi\n"), "Oi");
});

test("of a table remain the cells with letters, a row a line", () => {
  assert.equal(tableText('nome,nota\n"Silva, Ana",9.5\n"o ""rei""",7\n12,13\n'), 'nome nota\nSilva, Ana\no "rei"');
  assert.equal(tableText("um;dois\ntrês;4"), "um dois\ntrês");
  assert.equal(tableText('a\t"b\nc"\n'), "a b\nc");
});

test("a table's separator is the one that most lines have as often as the first, outside quotation marks", () => {
  for (const [table, expected] of [
    [
      '"Carimbo, hora";"Frase"\n"1";"Oi, gente"\n"2";"Tudo bem, e você?"',
      "Carimbo, hora Frase\nOi, gente\nTudo bem, e você?",
    ],
    ['"a; b","c"\n"d; e","f"', "a; b c\nd; e f"],
    [
      "nome;Do que você gosta (música, filme, livro)?\nAna;de tudo, menos isso",
      "nome Do que você gosta (música, filme, livro)?\nAna de tudo, menos isso",
    ],
    ["nome;cidade, estado\nAna;Recife, PE\nBo;Natal, RN", "nome cidade, estado\nAna Recife, PE\nBo Natal, RN"],
    ["nota\tfrase\n9,5\tOi; tudo, bem\n8,5\tsim", "nota frase\nOi; tudo, bem\nsim"],
    ["id,frase\n1,Oi; tudo\n2,bem", "id frase\nOi; tudo\nbem"],
    ['id, frase\n1, "Oi, gente"\n2, "sim"', "id frase\nOi, gente\nsim"],
  ])
    assert.equal(tableText(table), expected);
});

test("a table of one column is not cut at its commas", () => {
  for (const table of [
    "frase\nOi, tudo bem?",
    "frase\nOi, tudo bem?\nSim; e você, Ana?\nTambém",
    "Olá, mundo\nOi, gente\nTchau, amigos",
    "Diga, o que acha?\nGostei\nNão gostei,mas voltei",
    "frase\nCusta 1,50\nCusta 2,50",
  ])
    assert.equal(tableText(table), table);
  assert.equal(
    tableText('"Gosta de música, filme, livro?"\n"Sim, muito"\n"Não, nem, um,pouco"'),
    "Gosta de música, filme, livro?\nSim, muito\nNão, nem, um,pouco",
  );
});

test("a table's file may say its separator", async () => {
  assert.equal(
    await read("frase, longa, sim\tnota\nOi, gente\t1\n", "forms3.tsv"),
    "frase, longa, sim nota\nOi, gente",
  );
  assert.equal(await read("frase\nOi, gente;sim\n", "a.TSV"), "frase\nOi, gente;sim");
  for (const first of ["sep=;", "SEP=;", '"sep=;"'])
    assert.equal(await read(`${first}\r\nnome, idade;frase\r\nAna, 9;Oi\r\n`, "a.csv"), "nome, idade frase\nAna, 9 Oi");
  for (const sign of ["|", "^", "]", "\\", "-", "\t"])
    assert.equal(
      tableText(`sep=${sign}\nnome${sign}frase\nAna${sign}"Oi${sign} gente"`),
      `nome frase\nAna Oi${sign} gente`.replace(/\t ?/, " "),
    );
  const files = { "a.txt": "x", "chat.tsv": "nome\tfrase\nAna\tOi, gente" };
  assert.equal(await read(zip(files), "a.zip"), "nome frase\nAna Oi, gente");
});

test("a quotation mark that does not enclose a cell loses no words", () => {
  assert.equal(tableText('nome,frase\nAna,"Oi" disse ela\nBo,"sim'), 'nome frase\nAna "Oi" disse ela\nBo "sim');
});

test("of a document in Rich Text Format remains the text", async () => {
  const rtf = String.raw`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator X;}\f0 O cora\'e7\'e3o \u8212?\par {\b sim\rdblquote}\{1\}}`;
  const found = await readFile(file(rtf, "a.rtf"));
  assert.equal(found.text, "O coração —\nsim”{1}");
  assert.deepEqual(found.notes, [{ key: "lm.yours.read.rtf" }]);
});

test("a command or a file whose name every object has is none that is known", async () => {
  assert.equal(await read(String.raw`{\rtf1 a\constructor b\toString c}`, "a.rtf"), "abc");
  assert.equal(await read(zip({ constructor: "x", "a.txt": "words" }), "a.zip"), "words");
});

test("a text with marks that nobody asked to remove stays", async () => {
  const text = "# Título\n\n- um, dois; três\n";
  assert.equal(await read(text, "a.md"), text);
  assert.equal(await read("a;b\n1;2", "a.txt"), "a;b\n1;2");
});

// --- chats ------------------------------------------------------------------------------------------------

const CHATS = {
  android: [
    "25/11/2026 20:15 - As mensagens são protegidas com criptografia.",
    "25/11/2026 20:15 - Ana: oi: tudo bem?",
    "25/11/2026 20:16 - +55 11 98888-7777: tudo",
    "e com você?",
    "25/11/2026 20:17 - Ana: <Mídia oculta>",
    "25/11/2026 20:18 - Ana: IMG-1.jpg (arquivo anexado)",
    "25/11/2026 20:19 - Ana: até",
  ],
  english: [
    "11/25/26, 8:15 PM - Messages are end-to-end encrypted.",
    "11/25/26, 8:15\u202fPM - Ana: oi: tudo bem?",
    "11/25/26, 8:16 PM - ~ Bo B.: tudo",
    "e com você?",
    "11/25/26, 8:17 PM - Ana: <Media omitted>",
    "11/25/26, 8:19 PM - Ana: até",
  ],
  iphone: [
    "[25/11/2026, 20:15:33] Ana: \u200eAs mensagens são protegidas. \u200eimagem ocultada",
    "[25/11/2026, 20:15:33] Ana: oi: tudo bem?",
    "[25/11/2026, 20:16:02] Bo: tudo",
    "e com você?",
    "\u200e[25/11/2026, 20:17:00] Ana: \u200eáudio ocultado",
    "[25/11/2026, 20:19:12] Ana: até",
  ],
};

for (const [phone, lines] of Object.entries(CHATS)) {
  test(`of a chat (${phone}) remain the messages`, () => {
    const text = lines.join("\n");
    assert.ok(isChat(text));
    const found = messagesOf(phone === "iphone" ? lines.slice(1).join("\n") : text);
    assert.deepEqual(found, { text: "oi: tudo bem?\ntudo\ne com você?\naté", count: 3 });
  });
}

const HEADS = {
  android: "12/03/2024 09:15 - ",
  english: "3/12/24, 9:15\u202fAM - ",
  iphone: "[12/03/2024, 09:15:01] ",
};
const chatOf = (head, bodies) => bodies.map((body) => body.replace(/^(\u200e?)/, `$1${head}`)).join("\n");
const said = (head, ...bodies) => messagesOf(chatOf(head, bodies)).text;

test("what an iPhone's app wrote is left out, its mark (U+200E) before it", () => {
  const lines = [
    "Turma: 3B: \u200eAs mensagens e as chamadas são protegidas com a criptografia de ponta a ponta.",
    "Ana Clara: \u200eAna Clara criou este grupo",
    "Turma: 3B: \u200eAna Clara mudou o nome do grupo para “Turma: 3B”",
    "Ana Clara: Oi",
    "\u200eAna Clara: \u200eMensagem apagada.",
    "\u200eAna Clara: \u200eLigação de voz perdida",
    "Ana Clara: Até amanhã \u200e<Mensagem editada>",
    "\u200eAna Clara: \u200eENQUETE:\nQual filme?\n\u200eOPÇÃO: Central do Brasil (\u200e3 votos)",
    "\u200eBeto: Olha a praia \u200e<anexado: 00000012-PHOTO-2024-03-12.jpg>",
    "\u200eBeto: \u200e<anexado: 00000013-PHOTO-2024-03-12.jpg>\ne o mar",
    "\u200eBeto: Prova.pdf • \u200e3 páginas \u200e<anexado: 00000014-Prova.pdf>",
    "\u200eBeto: o céu \u200eimagem ocultada",
    "Beto: fale com \u200e+55 11 98888-7777\ne depois \u200e<Esta mensagem foi editada>",
    "Beto: @\u2068~Ana Clara\u2069 vem?",
  ];
  const found = messagesOf(chatOf(HEADS.iphone, lines));
  assert.deepEqual(found.text.split("\n"), [
    "Oi",
    "Até amanhã",
    "Olha a praia",
    "e o mar",
    "o céu",
    "fale com \u200e+55 11 98888-7777",
    "e depois",
    "vem?",
  ]);
  assert.equal(found.count, 7); // one has two lines
});

test("of one person's iPhone chat the messages stay, even if the name has a colon", () => {
  const lines = ["Ana: mãe: \u200eAs mensagens são protegidas.", "Ana: mãe: oi: tudo?", "Bo: tudo"];
  assert.equal(said(HEADS.iphone, ...lines), "oi: tudo?\ntudo");
});

test("messages that were taken back or edited leave no note", () => {
  for (const head of Object.values(HEADS))
    for (const note of [
      ...["Mensagem apagada", "Esta mensagem foi apagada", "Você apagou esta mensagem", "null", "<Mensagem editada>"],
      ...["This message was deleted", "You deleted this message", "<This message was edited>", "Missed voice call"],
      ...["This message was deleted.", "Esta mensagem foi apagada pelo admin Ana.", "<Mídia oculta>"],
      ...[
        "localização: https://maps.google.com/?q=-23.5,-46.6",
        "Ligação de vídeo perdida",
        "<View once message omitted>",
      ],
      ...["Plano de aula sobre modelos generativos, versão final.pdf (arquivo anexado)", "Ana.vcf (file attached)"],
    ])
      assert.equal(said(head, "Ana: oi", `Ana: ${note}`, "Bo: tudo"), "oi\ntudo", note);
  assert.equal(said(HEADS.android, "Ana: até <Mensagem editada>", "Bo: bye <This message was edited>"), "até\nbye");
  assert.equal(
    said(HEADS.android, "Ana: IMG-1.jpg (arquivo anexado)\na praia", "Bo: <Mídia oculta>\no mar"),
    "a praia\no mar",
  );
});

test("what a person writes about notes stays", () => {
  const lines = [
    "mensagem apagada por engano",
    "você apagou a mensagem?",
    "aguardando mensagem da diretora",
    "null é zero",
    "<b>oi</b>",
    "disse: “a turma: 3B”",
    "vi um <Mensagem> aqui",
  ];
  for (const head of Object.values(HEADS))
    assert.equal(said(head, ...lines.map((line) => `Ana "Nina" Silva: ${line}`)), lines.join("\n"));
});

test("a note of Android with a colon in the group's name is no message", () => {
  for (const note of [
    'Ana mudou o nome do grupo de "Turma 3A" para "Turma: 3B"',
    'Ana mudou o nome do grupo de "Turma: 3A" para "Turma: 3B"',
    'Ana criou o grupo "Turma "A": 3B"',
    "Ana changed the subject from “Class: 3A” to “Class: 3B”",
    'Ana created group "Class: 3B"',
  ])
    assert.equal(said(HEADS.android, "Ana: oi", note, "Bo: tudo"), "oi\ntudo", note);
});

test("a text with some dates is no chat", () => {
  assert.ok(!isChat("25/11/2026 20:15 - Ana: oi\n" + "uma linha comum\n".repeat(9)));
  assert.ok(!isChat("ROMEO:\nBut, soft!\n\nJULIET:\nAy me!\n"));
});
