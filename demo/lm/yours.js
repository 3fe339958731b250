// The station "Your text": Python counts the visitor's text, and the page shows the most frequent tokens and the followers
// of any context. Until the text is sent to be counted, only this page has it.
import { countCharacters } from "./characters.js";
import { isChat, messagesOf } from "./chat.js";
import { plainRead, readFile, readText } from "./documents.js";
import { ENCODINGS } from "./encodings.js";
import { beginningOf, checkText } from "./own_text.js";
import { createTraining } from "./own_gpt.js";
import { createPassage } from "./passage.js";
import { PROGRAM } from "./python.js";
import { lmStore, textOf } from "./store.js";
import { shortSign, shortened, tokenName, tokenSign, withoutSpace } from "./tokens.js";
import { watchVisitor } from "./visitor.js";
import { describeRow, reveal } from "../web/dom.js";
import { currentLanguage, formatNumber, sentence } from "../web/i18n.js";
import { param } from "../web/link.js";
import { station } from "../web/station.js";

const IN_FIELD = 20_000; // characters that the field can show; a longer text is held outside it
const START = 160; // characters shown of a held text
const NAME_SHOWN = 24; // characters of a file's name
/** @type {import("../web/link.js").Type<number[]>} such as "17-2" */
const ids = {
  read: (written) => (/^\d{1,7}(-\d{1,7}){0,7}$/.test(written) ? written.split("-").map(Number) : undefined),
  write: (context) => context.join("-"),
};

const { root, find, findAll, link, request, follow } = station("lm/yours", {
  context: param("lm_y_c", ids, null),
});

// --- state ------------------------------------------------------------------------------------------------

const field = find(".text-field");
const units = findAll("[name='lm-yours-unit']");
const visitor = watchVisitor(root);

let held = null; // a text that is too long for the field
let name = ""; // of the text's file
/** @type {{read: import("./documents.js").Read | null, notes: {key: string, values?: any}[]} | null} */
let brought = null; // how the text was read from its file or cut, for the visitor
let counted = null; // the displayed text: {own, overview}
let trail = []; // ids up to the last token of the context
let length = 1; // number of tokens in the context
let answer = null; // the followers of the context
let seen = ""; // what the field had when its counting, or another text for it, was asked for: the rest is newer
let inView = false;

const unit = () => units.find((radio) => radio.checked)?.value ?? "characters"; // none for the word pieces of a GPT
const text = () => held ?? field.value;

function hold(whole, from = "") {
  if (whole !== text()) brought = null;
  held = whole.length > IN_FIELD ? whole : null;
  name = from;
  field.value = held ? "" : whole;
  drawSource();
}

function drawSource() {
  field.hidden = held !== null;
  find(".held").hidden = held === null;
  if (held !== null) {
    const values = { name: short(name) || sentence("lm.yours.pasted"), count: formatNumber(countCharacters(held)) };
    find(".held-name").textContent = sentence("lm.yours.held", values);
    find(".held-start").textContent = `${held.slice(0, START)} …`;
  }
  drawBrought();
  const linked = lmStore.linkable(text());
  find(".link-note").textContent = sentence(`lm.yours.link.${linked ? "short" : "long"}`);
}

function drawBrought() {
  const { read, notes } = brought ?? { read: null, notes: [] };
  const chat = name !== "" && isChat(text());
  find(".brought").hidden = !notes.length && !chat;
  const said = notes.map(({ key, values: { count, ...values } = {} }) => {
    return count === undefined ? sentence(key, values) : sentence(key, { ...values, count: formatNumber(count) });
  });
  if (chat) said.push(sentence("lm.yours.chat"));
  find(".brought-notes").textContent = said.join(" ");
  find(".encoding-field").hidden = !read?.guessed;
  find(".encoding").value = read?.encoding ?? "";
  find(".clean-chat").hidden = !chat;
}

// takes what was read from a file, as much of it as fits
function take(read, from) {
  const whole = beginningOf(read.text);
  const notes = [...read.notes];
  if (read.encoding && (read.guessed || read.encoding !== "utf-8"))
    notes.push({ key: "lm.yours.read.encoding", values: { encoding: ENCODINGS[read.encoding] ?? read.encoding } });
  if (read.cut || whole !== read.text)
    notes.push({ key: "lm.yours.read.cut", values: { count: countCharacters(whole) } });
  hold(whole, from);
  brought = { read, notes };
  drawBrought();
  count();
}

function readAgain() {
  const { read } = brought;
  take(readText(read.bytes, name, read.cut, find(".encoding").value), name);
}

function cleanChat() {
  const { text: messages, count: kept } = messagesOf(text());
  hold(messages, name);
  brought = { read: null, notes: [{ key: "lm.yours.chat.cleaned", values: { count: kept } }] };
  drawBrought();
  count();
}

function remember() {
  if (!visitor.touched || lmStore.state.corpus !== "own") return;
  const context = answer.context.map(([id]) => id);
  const opening = context.length === 1 && context[0] === counted.overview.first;
  link.write({ context: opening ? null : context });
}

// the context in a link, or null if it is invalid for the text
function linkedContext({ maxOrder, vocabulary }) {
  const { context } = link.read();
  return context && context.length < maxOrder && context.every((id) => id < vocabulary) ? context : null;
}

// --- request: count a text --------------------------------------------------------------------------------

async function count() {
  root.classList.add("counting");
  await bring(text());
  root.classList.remove("counting");
  reveal(find(".summary"), find(".after"));
}

const bring = request(
  async (/** @type {string} */ whole) => {
    checkText(whole);
    const isSample = whole === lmStore.state.own?.sample;
    return replace(whole, { text: isSample ? null : whole, unit: unit(), name });
  },
  () => {},
);

const bringSample = request(
  (/** @type {string} */ whole) => replace(whole, { unit: unit() }),
  () => {},
);

// counts a text that takes the place of what the field has now, unless it is refused
async function replace(now, wanted) {
  const before = seen;
  seen = now;
  try {
    return await lmStore.bring(wanted);
  } catch (error) {
    if (seen === now) seen = before;
    throw error;
  }
}

const takeFile = request(
  async (file) => {
    const read = await readFile(file);
    checkText(read.text);
    return read;
  },
  (read, file) => take(read, file.name),
);

const openOwn = request(
  () => lmStore.change({ corpus: "own" }),
  () => {},
);

// --- request: look at a counted text ----------------------------------------------------------------------

function look({ corpus, own }) {
  root.classList.toggle("elsewhere", corpus !== "own");
  if (corpus === "own" && own !== counted?.own) show(own);
  else drawSummary();
}

function show(own) {
  const isSameText = counted?.own.text === own.text && counted.own.sample === own.sample; // now with a GPT
  counted = { own, overview: null };
  answer = null;
  for (const radio of units) radio.checked = radio.value === own.unit;
  if (!isSameText && text() === seen) {
    hold(textOf(own), own.name); // else what is not counted yet stays
    seen = text();
  }
  drawSummary();
  training.drawText();
  loadOverview(own);
}

const loadOverview = request(
  (own) => lmStore.ask("lm_overview", { corpus: `own:${own.key}` }),
  (overview, own) => {
    if (counted.own !== own) return;
    counted.overview = overview;
    drawOverview();
    const linked = visitor.touched ? null : linkedContext(own);
    const first = firstContext(own, overview);
    loadAfter(own, linked ?? [first], null, first);
  },
);

// a frequent token; of the sample, one of the reader's language
function firstContext(own, { first, frequent }) {
  const wished = own.text === null && currentLanguage() === "pt-BR" ? "o" : null;
  return frequent.find(([, token]) => token === wished)?.[0] ?? first;
}

// loads the followers of `context`; whole: the ids before it and its own, if they are known
const loadAfter = request(fetchAfter, (found, own, context, whole) => {
  if (counted.own !== own) return;
  answer = found;
  const ids = found.context.map(([id]) => id);
  trail = (whole ?? [...found.before, ...ids]).slice(1 - own.maxOrder);
  length = ids.length;
  drawAfter();
  remember();
});

// with `first`: if the context (from a link) does not occur, fetches the followers of the single token `first` instead
async function fetchAfter(own, context, whole, first = null) {
  const ask = (ids) => lmStore.ask("lm_after", { corpus: `own:${own.key}`, context: ids });
  if (first === null) return ask(context);
  const found = await ask(context).catch(() => null);
  return found?.places ? found : ask([first]);
}

function chooseByHand(context, whole) {
  if (!counted.overview) return; // another text is loading
  if (whole) [trail, length] = [whole.slice(1 - counted.own.maxOrder), context.length]; // for what is chosen next
  loadAfter(counted.own, context, whole);
  reveal(find(".after"));
}

function chooseInText(place) {
  const ids = (counted.overview?.written ?? []).slice(0, place + 1).map(([, , id]) => id);
  chooseByHand(ids.slice(-Math.min(length, ids.length)), ids);
}

function goOn(id) {
  const whole = [...trail, id];
  chooseByHand(whole.slice(-Math.min(length, whole.length)), length < trail.length ? null : whole);
}

const training = createTraining(root, () => counted?.own ?? null);
const tokens = createPassage(find(".tokens"), { onChoose: chooseInText });

// --- draw ----------------------------------------------------------------------------------------------

function drawSummary() {
  const { own, overview } = counted ?? {};
  let summary = "";
  if (root.classList.contains("elsewhere")) summary = sentence("lm.yours.elsewhere");
  else if (own && text() !== textOf(own)) summary = sentence("lm.yours.stale");
  else if (overview) {
    const values = { name: nameOf(own) };
    for (const key of ["tokens", "distinct", "once"]) values[key] = formatNumber(overview[key]);
    summary = sentence("lm.yours.summary", values);
  }
  find(".summary").textContent = summary;
}

const short = (long) => (long.length > NAME_SHOWN ? `${long.slice(0, NAME_SHOWN)}…` : long);
const nameOf = (own) => short(own.name) || sentence(own.text === null ? "lm.yours.sample" : "lm.yours.pasted");

function drawOverview() {
  const { own, overview } = counted;
  root.classList.toggle("words", own.unit === "words");
  drawRows(find(".frequent .rows"), overview.frequent, (id) => chooseByHand([id], null));
  find(".tokens").hidden = overview.written === null;
  find(".excerpts").hidden = overview.written !== null;
  tokens.draw((overview.written ?? []).map(([gap, text]) => ({ gap, text })));
  drawLengths();
  drawSummary();
}

function drawLengths() {
  const most = counted.own.maxOrder - 1;
  const labels = Array.from({ length: most }, (_, i) => {
    const label = document.createElement("label");
    const radio = document.createElement("input");
    Object.assign(radio, { type: "radio", name: "lm-yours-length", value: i + 1 });
    const span = document.createElement("span");
    span.textContent = String(i + 1);
    radio.addEventListener("change", () => chooseByHand(trail.slice(-Number(radio.value)), trail));
    label.append(radio, span);
    return label;
  });
  find(".length").replaceChildren(...labels);
}

function drawAfter() {
  const context = answer.context.map(([, token]) => token);
  const values = { context: signOf(context), total: formatNumber(answer.total) };
  const key = answer.total ? "lm.yours.after" : "lm.yours.after.nothing";
  find(".after-title").textContent = sentence(key, values);
  find(".after-title").title = context.join(" ").length > values.context.length ? context.join(" ") : "";
  drawRows(find(".after .rows"), answer.followers, goOn, answer.total);
  const more = answer.distinct - answer.followers.length;
  let note = answer.places > answer.total ? sentence("lm.yours.after.end") : "";
  if (more) note = sentence("lm.yours.after.more", { count: formatNumber(more) });
  find(".after-note").textContent = note;
  for (const label of find(".length").children) {
    const radio = label.firstChild;
    radio.checked = Number(radio.value) === length;
    radio.disabled = Number(radio.value) > trail.length;
  }
  const chosen = answer.context.length === 1 ? answer.context[0][0] : null;
  for (const row of find(".frequent .rows").children) row.setAttribute("aria-pressed", row.value === String(chosen));
  if (counted.overview.written) markTokens();
  else drawExcerpts();
}

// the tokens of the context, joined as in the text
function signOf(context) {
  const spaced = (i) => i > 0 && counted.own.unit === "words" && !withoutSpace(context[i - 1], context[i]);
  return shortened(context.map((token, i) => (spaced(i) ? " " : "") + visible(shortSign(token))).join(""));
}

// an invisible token is shown by its code point
function visible(token) {
  const sign = tokenSign(token);
  const hidden = sign === token && /^[\p{C}\p{M}\p{Z}]$/u.test(token);
  return hidden ? `U+${token.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}` : sign;
}

// a row for each token: the token, a bar, and its count; a full bar is the total, or else the most frequent token
function drawRows(place, entries, onChoose, total = null) {
  const rows = entries.map(([id, token, count]) => {
    const row = document.createElement("button");
    Object.assign(row, { type: "button", className: "row", value: String(id) });
    const [chip, track, label] = ["chip", "track", "said number"].map((part) => {
      const span = document.createElement("span");
      span.className = part;
      row.append(span);
      return span;
    });
    chip.textContent = visible(shortSign(token));
    chip.title = token;
    track.append(document.createElement("i"));
    row.style.setProperty("--share", String(count / (total ?? entries[0][2])));
    const values = { count: formatNumber(count), total: formatNumber(total ?? 0) };
    label.textContent = total === null ? values.count : sentence("lm.bars.counted.of", values);
    describeRow(row, `${tokenName(token)}: ${label.textContent}`);
    row.addEventListener("click", () => onChoose(id));
    return row;
  });
  place.replaceChildren(...rows);
  place.style.setProperty("--said", rows.length ? rows[0].querySelector(".said").textContent.length : 0);
  place.scrollTop = 0;
}

// marks all occurrences of the context in a short text, and the token after each
function markTokens() {
  const ids = counted.overview.written.map(([, , id]) => id);
  const context = answer.context.map(([id]) => id);
  for (const token of tokens.tokens) token.classList.remove("hit", "next");
  for (let i = 0; i + context.length <= ids.length; i++) {
    if (!context.every((id, k) => ids[i + k] === id)) continue;
    for (let k = 0; k < context.length; k++) tokens.tokens[i + k].classList.add("hit");
    tokens.tokens[i + context.length]?.classList.add("next");
  }
  const stands = tokens.tokens[tokens.chosen]?.classList.contains("hit");
  if (!stands) tokens.choose(answer.place + context.length - 1);
  find(".text-note").textContent = sentence("lm.yours.text");
}

// draws the first occurrences of the context in a long text
function drawExcerpts() {
  const items = answer.excerpts.map(({ at, written }) => {
    const end = at + answer.context.length;
    const item = document.createElement("li");
    item.dir = "auto";
    const [before, onwards] = [document.createElement("span"), document.createElement("span")];
    before.className = "before";
    onwards.className = "onwards";
    before.append(part("", written.slice(0, at), written[at][0]));
    onwards.append(part("hit", written.slice(at, end)), written[end]?.[0] ?? "");
    onwards.append(part("next", written.slice(end, end + 1)), written[end + 1]?.[0] ?? "");
    onwards.append(part("", written.slice(end + 1)));
    item.append(before, onwards);
    return item;
  });
  find(".excerpts").replaceChildren(...items);
  find(".excerpts").scrollTop = 0;
  const values = { shown: formatNumber(items.length), places: formatNumber(answer.places) };
  find(".text-note").textContent = sentence("lm.yours.excerpts", values);
}

// a span of tokens with the gaps between them and `after` at the end
function part(look, written, after = "") {
  const span = document.createElement("span");
  span.className = look;
  const texts = written.map(([gap, token], i) => (i ? gap : "") + token.replaceAll("\n", "↵"));
  span.textContent = [...texts, after].join("");
  return span;
}

// --- wiring -----------------------------------------------------------------------------------------------

find(".source").addEventListener("submit", (event) => {
  event.preventDefault();
  count();
});
for (const radio of units) radio.addEventListener("change", count);
field.addEventListener("input", () => {
  name = "";
  brought = null;
  drawSource();
  drawSummary();
});
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) count();
});
field.addEventListener("paste", (event) => {
  const pasted = event.clipboardData.getData("text/plain");
  if (pasted.length <= IN_FIELD) return;
  event.preventDefault(); // a very long text in a field would freeze the page
  take(plainRead(pasted), "");
});
find(".encoding").append(...Object.entries(ENCODINGS).map(([encoding, label]) => new Option(label, encoding)));
find(".encoding").addEventListener("change", readAgain);
find(".clean-chat").addEventListener("click", cleanChat);
find(".release").addEventListener("click", () => {
  hold("");
  drawSummary();
  field.focus();
});
find(".sample").addEventListener("click", () => bringSample(text()));
find(".upload").addEventListener("click", () => find(".file-field").click());
find(".file-field").addEventListener("change", ({ target }) => {
  if (target.files.length) takeFile(target.files[0]);
  target.value = ""; // so that the same file can be chosen again
});
root.addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  root.classList.add("dropping");
});
for (const kind of ["dragleave", "drop"]) root.addEventListener(kind, () => root.classList.remove("dropping"));
root.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  visitor.touched = true;
  takeFile(event.dataTransfer.files[0]);
});
for (const button of findAll(".onward button")) {
  button.addEventListener("click", async () => {
    await openOwn();
    lmStore.open(button.value);
  });
}

function drawProgram() {
  find(".python code").textContent = PROGRAM.replace("{comment}", sentence("lm.yours.python.own"));
}

function drawWords() {
  drawSource();
  training.drawText();
  training.draw();
  drawProgram();
  if (!counted?.overview) return;
  drawOverview();
  if (answer) drawAfter();
}

drawProgram();
const drawPlot = () => training.drawPlot();
follow({ language: drawWords, theme: drawPlot, size: drawPlot });
training.draw();
drawSource();
new IntersectionObserver((entries) => {
  inView = entries.at(-1).isIntersecting;
  if (!inView) return training.leave();
  // opening this station chooses the visitor's text as the corpus
  if (lmStore.state.corpus === "own" && lmStore.state.own) look(lmStore.state);
  else openOwn();
}).observe(root);
lmStore.listen((state) => inView && look(state));
