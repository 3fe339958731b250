// A lesson on paper: the plan for the teacher, the worksheet for the class, and the key. The page prints it, and
// docs/lessons has it as files (docs/lessons.js).
import { formatNumber, sentence } from "./i18n.js";
import { minutesBefore, minutesOf } from "./lessons.js";

/** @import { Lesson, Stop } from "./lessons.js" */

const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const LISTS = /** @type {const} */ (["goals", "prepare", "codes"]);
const COLUMNS = /** @type {const} */ (["minutes", "stop", "question", "look"]);
const LINES = 2; // to write on, where nothing can be ticked

/** A text as it stands in HTML. @param {string} text */
export const escaped = (text) => text.replace(/[&<>"]/g, (sign) => ESCAPED[sign]);

/**
 * The HTML of plan, worksheet and key, in the page's language with the lesson's sentences.
 * @param {string} name in the address
 * @param {Lesson} lesson
 * @param {string} language that the lesson is written in
 */
export const paper = (name, lesson, language) =>
  `<article class="paper" lang="${escaped(language)}">
${plan(name, lesson)}
${worksheet(lesson)}
${key(lesson)}
</article>`;

// --- the plan ---------------------------------------------------------------------------------------------

function plan(name, lesson) {
  const lists = LISTS.map((field) => list(field, lesson[field]));
  const rows = lesson.stops.map((stop, i) => planRow(name, lesson, stop, i));
  const heads = COLUMNS.map((column) => `<th>${word(column)}</th>`);
  return `<section class="plan">
<h1>${escaped(lesson.title)}</h1>
<p>${escaped(lesson.about)} ${escaped(sentence("paper.length", { minutes: formatNumber(minutesOf(lesson)) }))}</p>
${lists.join("")}<table>
<thead><tr>${heads.join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
</section>`;
}

/** @param {"goals" | "prepare" | "codes"} field @param {string[]} [items] */
const list = (field, items = []) =>
  items.length
    ? `<h2>${word(field)}</h2>\n<ul>${items.map((item) => `<li>${escaped(item)}</li>`).join("")}</ul>\n`
    : "";

/** @param {string} name @param {Lesson} lesson @param {Stop} stop @param {number} i */
function planRow(name, lesson, stop, i) {
  const from = minutesBefore(lesson, i);
  const where = stop.open ? `<code>?lesson=${escaped(name)}&amp;stop=${i + 1}</code>` : word("no_screen");
  const what = [stop.do, stop.note].filter(Boolean).map((text) => `<p>${escaped(text)}</p>`);
  return `<tr><td>${formatNumber(from)}–${formatNumber(from + stop.minutes)}</td><td><b>${i + 1}. ${escaped(stop.name)}</b><p>${where}</p></td><td><p><b>${escaped(stop.ask)}</b></p>${what.join("")}</td><td>${answer(stop)}</td></tr>`;
}

// --- worksheet and key ------------------------------------------------------------------------------------

const worksheet = (lesson) => `<section class="worksheet">
<h1>${escaped(lesson.title)}</h1>
<p class="name">${word("name")} <span class="line"></span> ${word("date")} <span class="line short"></span></p>
<ol>
${lesson.stops.map(task).join("\n")}
</ol>
</section>`;

/** @param {Stop} stop */
function task({ name, ask, options, handout }) {
  const given = handout ? `<pre>${escaped(handout)}</pre>` : "";
  const boxes = options?.map((option) => `<li><span class="box"></span> ${escaped(option)}</li>`);
  const predicted = boxes ? `<ul class="boxes">${boxes.join("")}</ul>` : lines(LINES);
  return `<li><b>${escaped(ended(name))}</b> ${escaped(ask)}${given}<p>${word("predict")}</p>${predicted}<p>${word("happened")}</p>${lines(LINES)}</li>`;
}

// a name that asks something ends as it is
const ended = (text) => (/[.?!…]$/.test(text) ? text : `${text}.`);

const lines = (count) => `<p class="lines">${`<span class="line"></span>`.repeat(count)}</p>`;

const key = (lesson) => `<section class="key">
<h1>${escaped(lesson.title)}: ${word("key")}</h1>
<ol>
${lesson.stops.map((stop) => `<li><b>${escaped(stop.ask)}</b> ${answer(stop)}</li>`).join("\n")}
</ol>
</section>`;

/** @param {Stop} stop */
function answer({ options, right, look }) {
  const told = right === undefined ? "" : `<b>${escaped(ended(options[right]))}</b> `;
  return `${told}${escaped(look)}`;
}

/** @param {"minutes"|"stop"|"question"|"look"|"goals"|"prepare"|"codes"|"no_screen"|"name"|"date"|"predict"|"happened"|"key"} which */
const word = (which) => escaped(sentence(`paper.${which}`));
