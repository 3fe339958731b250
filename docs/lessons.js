// Writes the lessons on paper: docs/lessons has each one in each language as a page that needs no server and prints well.
//
//   npm run lessons
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { setLanguage, sentence } from "../demo/web/i18n.js";
import { readLesson } from "../demo/web/lessons.js";
import { escaped, paper } from "../demo/web/paper.js";

const LESSONS = new URL("../demo/lessons/", import.meta.url);
export const PAPERS = new URL("./lessons/", import.meta.url);
const STYLE = readFileSync(new URL("../demo/web/paper.css", import.meta.url), "utf8");

/** The pages of all lessons: {"text.en.html": its HTML}. */
export function papers() {
  const files = readdirSync(LESSONS).filter((file) => file.endsWith(".json"));
  return Object.fromEntries(files.map((file) => [file.replace(/json$/, "html"), page(file)]));
}

function page(file) {
  const [name, language] = file.split(".");
  const lesson = readLesson(readFileSync(new URL(file, LESSONS), "utf8"));
  setLanguage(language);
  return `<!doctype html>
<html lang="${escaped(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(lesson.title)} · ${escaped(sentence("page.title"))}</title>
<style>
body {
  margin: 0;
  background: #fff;
}
${STYLE}</style>
</head>
<body>
${paper(name, lesson, language)}
</body>
</html>
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, html] of Object.entries(papers())) writeFileSync(new URL(file, PAPERS), html);
}
