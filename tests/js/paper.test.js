import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { PAPERS, papers } from "../../docs/lessons.js";
import { setLanguage } from "../../demo/web/i18n.js";
import { escaped, paper } from "../../demo/web/paper.js";

const STOP = { name: "Here", minutes: 3, ask: "Is 1 < 2?", look: "It is." };

test("the files of docs/lessons are what the lessons say now", () => {
  const now = papers();
  const kept = readdirSync(PAPERS).filter((file) => file.endsWith(".html"));
  assert.deepEqual(kept.sort(), Object.keys(now).sort());
  for (const file of kept) assert.equal(readFileSync(new URL(file, PAPERS), "utf8"), now[file], "run npm run lessons");
});

test("a page on paper needs nothing from anywhere", () => {
  for (const [file, html] of Object.entries(papers())) {
    assert.doesNotMatch(html, /https?:|<script|<img|<link|\bsrc=|url\(/, file);
  }
});

test("plan, worksheet and key have every question, and the worksheet no answer", () => {
  setLanguage("en");
  const stops = [STOP, { ...STOP, ask: "Which?", options: ["a", "b"], right: 1, look: "Because.", handout: "a text" }];
  const html = paper("mine", { title: "Mine", about: "A lesson.", stops }, "en");
  const [plan, worksheet, key] = html.split("<section").slice(1);
  for (const part of [plan, worksheet, key]) {
    assert.match(part, /Is 1 &lt; 2\?/);
    assert.match(part, /Which\?/);
    assert.equal(part.includes("Because."), part !== worksheet);
  }
  assert.match(key, /<b>b\.<\/b> Because\./);
  assert.match(plan, /3–6/);
  assert.equal(worksheet.match(/class="box"/g).length, 2);
  assert.match(worksheet, /<pre>a text<\/pre>/);
});

test("a name that is a question has no full stop after it", () => {
  const html = paper("mine", { title: "Mine", about: "A lesson.", stops: [{ ...STOP, name: "Who?" }, STOP] }, "en");
  assert.match(html, /<b>Who\?<\/b> Is 1/);
  assert.match(html, /<b>Here\.<\/b> Is 1/);
});

test("what a teacher writes is text, and never markup", () => {
  const evil = `<img src=x onerror="alert(1)">&`;
  assert.equal(escaped(evil), "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;");
  const stop = { name: evil, minutes: 1, ask: evil, look: evil, do: evil, note: evil, handout: evil };
  const lesson = { title: evil, about: evil, goals: [evil], prepare: [evil], codes: [evil] };
  const stops = [stop, { ...stop, open: "tab=lm", options: [evil, evil], right: 0 }];
  assert.doesNotMatch(paper(evil, { ...lesson, stops }, evil), /<img/);
});
