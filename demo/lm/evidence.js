// The station "Evidence": where a bar of the counts comes from. It shows a ladder of contexts, the followers of each, the
// places in the training text, and what texts of every order copy from it.
import { copyRow, evenRow, followerRow, longestOf, passageRow, rungRow, unseenRow } from "./evidence_rows.js";
import { count, ofTimes, part, quoted, share, text, textFor } from "./evidence_words.js";
import { createOcclusion } from "./occlusion.js";
import { openingRun } from "./openings.js";
import { growField, sends, tooLong, unknownInWords } from "./prompt.js";
import { seed as seedText } from "./runs_address.js";
import { createSeed } from "./seed.js";
import { lmStore } from "./store.js";
import { followTextLanguage } from "./text_language.js";
import { isWide, withoutSpace } from "./tokens.js";
import { watchTrainingText } from "./training_text.js";
import { afterPause, watchVisitor } from "./visitor.js";
import { MOST_PROMPT_CHARACTERS } from "../web/contract.js";
import { clearError, showError, showSentence } from "../web/i18n.js";
import { flag, param, text as anyText, whole } from "../web/link.js";
import { newest } from "../web/server.js";
import { station } from "../web/station.js";
import { lookup } from "../web/lookup.js";

const LINKED = 200; // characters of a text in a link: more than counts look at
const PAUSE = 180; // milliseconds without a key before a request
const SAME = 5e-4; // shares this close look equal
const FIRST = { shakespeare: "My lord, the kin", machado: "— Não sei, disse" };
const FIRST_SEED = "2";
const SCALE = 60; // characters at the full length of a bar; more if the longest stretch has more

const { root, find, link, request, follow } = station("lm/evidence", {
  text: param("lm_e_p", anyText(), null, { behind: () => lmStore.state.corpus === "own" }),
  empty: param("lm_e_empty", flag, false), // the text is empty; the address cannot hold empty values
  order: param("lm_e_o", whole(1, 99), null),
  token: param("lm_e_t", anyText(), null, { behind: () => lmStore.state.corpus === "own" }),
  level: param("lm_e_l", whole(0, 99), null),
  seed: param("lm_e_s", seedText, FIRST_SEED, { brief: true }),
  plain: param("lm_e_plain", flag, false, { brief: true }), // count ÷ total, without smoothing
});

// --- state ------------------------------------------------------------------------------------------------

const controls = { text: find(".prompt-field"), order: find(".order"), plain: find(".plain") };
const seed = createSeed(root, copy);
const visitor = watchVisitor(root);

const views = new Map(); // corpus -> {text, order, token, level}; level null means the longest context that was seen
let view = null; // the view of the current corpus
let found = null; // the answer for it: {corpus, record}
let places = null; // {count, passages}
let missing = undefined; // why the training text is missing; null if it is at hand, undefined until that is known
let copies = null; // the displayed copies: {query, record}
let pendingCopies = null; // the newest query for copies
let copiesInView = false;
let entered = null; // the current corpus of this station
let received = null; // the evidence that another station last sent

// --- request ----------------------------------------------------------------------------------------------

const currentQuery = () => ({ corpus: lmStore.name(), order: view.order, prompt: view.text });
const chosen = () => found.record.followers[found.record.chosen];

// the current rung, with its index among the seen ones (longest first) and the length of its context
function rung() {
  const { rungs, answered } = found.record;
  const level = Math.min(view.level ?? answered, answered);
  return { level, place: answered - level, ...rungs.find(({ length }) => length === level) };
}

function look() {
  const problem = tooLong(view.text, text("text"));
  if (problem) return showError(root, problem);
  occlusion.look();
  load({ ...currentQuery(), token: view.token });
}

const load = request(
  (query) => lmStore.ask("lm_look_up", query),
  (record, { corpus }) => {
    if (corpus !== lmStore.name()) return; // the corpus has changed meanwhile
    found = { corpus, record };
    root.classList.add("ready");
    draw();
    remember();
    seek();
  },
);

const locate = newest((payload) => lmStore.ask("lm_passages", payload));

const lookForText = watchTrainingText((answer) => {
  missing = answer;
  drawText();
  seek();
  copy();
});
const askForText = () =>
  lookForText().then(
    () => clearError(root, lookForText),
    (error) => showError(root, error, askForText, lookForText),
  );

// requests the places of the chosen token after the current context
async function seek() {
  if (!found || missing !== null) return;
  const placesQuery = () => ({ ...currentQuery(), token: chosen().token, length: rung().level });
  const query = placesQuery();
  const wait = setTimeout(drawPlaces, 150);
  places = null;
  const answer = await locate(query).catch((error) => showError(root, error, seek, seek));
  clearTimeout(wait);
  const isCurrent = found && same(query, placesQuery());
  if (!answer || !isCurrent) return; // a newer request follows
  clearError(root, seek);
  places = answer;
  drawPlaces();
}

// requests the texts of every order if their part of the page is in view
async function copy() {
  if (!copiesInView || !view || missing !== null) return;
  const query = { corpus: lmStore.name(), prompt: view.text, seed: seed.read() };
  if (copies && same(copies.query, query)) return;
  pendingCopies = query;
  find(".copies").classList.add("slow");
  await loadCopies(query);
  if (pendingCopies === query) find(".copies").classList.remove("slow");
}

const loadCopies = request(
  (query) => lmStore.ask("lm_copying_by_order", query),
  (record, query) => {
    if (query.corpus !== lmStore.name()) return;
    copies = { query, record };
    drawCopies();
    remember();
  },
);

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// --- what the visitor does --------------------------------------------------------------------------------

const lookSoon = afterPause(look, PAUSE);

function change(changes) {
  Object.assign(view, changes);
  drawControls();
  lookSoon();
}

function chooseToken(place) {
  found.record.chosen = place;
  view.token = chosen().token;
  draw();
  remember();
  seek();
}

function chooseLevel(level) {
  view.level = level === found.record.answered ? null : level;
  draw();
  remember();
  seek();
}

function first(corpus) {
  const { prompt, order } = openingRun(corpus).settings;
  return { text: lookup(FIRST, corpus) ?? prompt, order, token: null, level: null };
}

// a view of a corpus from unchecked values, from the address or from another station; invalid ones become defaults
function viewFrom({ text: written, order, token, level = null }, corpus) {
  const opening = first(corpus);
  const { highest } = lmStore.orders(corpus);
  const fits = (value, low, high) => Number.isInteger(value) && low <= value && value <= high;
  const good = typeof written === "string" && Array.from(written).length <= MOST_PROMPT_CHARACTERS;
  return {
    text: good ? written : opening.text,
    order: fits(order, 1, highest) ? order : opening.order,
    token: good && token ? token : null,
    level: good && fits(level, 0, highest - 1) ? level : null,
  };
}

function fromLink() {
  const { seed: linkedSeed, empty, plain, ...values } = link.read();
  seed.set(linkedSeed);
  controls.plain.checked = plain;
  return viewFrom({ ...values, text: values.text ?? (empty ? "" : null) }, lmStore.name());
}

function enter() {
  const corpus = lmStore.name();
  if (lmStore.ownLinked && !entered && !lmStore.state.own) return; // the visitor's text is loading
  view = views.get(corpus) ?? (entered ? first(corpus) : fromLink());
  views.set(corpus, view);
  entered = corpus;
  [found, places, copies, missing] = [null, null, null, undefined];
  root.classList.remove("ready");
  drawControls();
  drawCopies();
  look();
  askForText();
}

// shows the context with which another station opens this one
function receive({ evidence }) {
  if (!evidence || evidence === received) return;
  received = evidence;
  visitor.touched = true;
  const { corpus } = evidence;
  views.set(corpus, viewFrom(evidence, corpus));
  writeLink(views.get(corpus));
  if (entered === corpus) enter();
}

function remember() {
  if (visitor.touched && view) writeLink(view);
}

function writeLink({ text: whole, order, token, level }) {
  const linked = Array.from(whole).slice(-LINKED).join("");
  const empty = linked === "" ? true : null;
  link.write({ text: linked, empty, order, token, level, seed: seed.read(), plain: controls.plain.checked });
}

// --- draw -------------------------------------------------------------------------------------------------

function draw() {
  root.classList.toggle("without-smoothing", controls.plain.checked);
  drawNote();
  drawLadder();
  drawFollowers();
  drawWorked();
}

const occlusion = createOcclusion({ request, text: () => view.text, order: () => view.order });

function drawControls() {
  if (controls.text.value !== view.text) controls.text.value = view.text;
  growField(controls.text);
  const { highest } = lmStore.orders();
  root.style.setProperty("--rungs", String(highest + 1)); // reserves room for the most there can be
  controls.order.max = highest;
  controls.order.value = view.order;
  find(".order-value").textContent = view.order;
}

function drawNote() {
  const { unknown, more_unknown: more, stand_in, context } = found.record;
  const short = context.length < view.order - 1;
  const values = { order: view.order, count: context.length };
  const note = unknownInWords(unknown, more, stand_in) || (short ? text("short", values) : "");
  find(".prompt-note").textContent = find(".prompt-note").title = note;
}

function drawLadder() {
  const { rungs, answered } = found.record;
  const { token, p, parts } = chosen();
  const { level, gamma, text: context } = rung();
  find(".gives").textContent = text("gives", { token: quoted(token) });
  const rows = rungs.map((each) => {
    if (!each.total) return unseenRow(each);
    const row = rungRow(each, { gives: parts[answered - each.length], token, onChoose: chooseLevel });
    row.classList.toggle("answers", each.length === answered);
    row.setAttribute("aria-pressed", each.length === level);
    return row;
  });
  const tokens = found.record.followers.length + found.record.others;
  replace(find(".ladder"), [...rows, evenRow(tokens, parts.at(-1))]);
  find(".together span").textContent = text("together", { token: quoted(token) });
  find(".together strong").textContent = share(p);
  const key = level ? "handed" : "handed.none";
  find(".handed").textContent = text(key, { share: share(gamma), context: quoted(context) });
}

// replaces the rows of a list; the list keeps focus and scroll position
function replace(place, rows) {
  const focused = place.contains(document.activeElement);
  const { scrollTop } = place;
  place.replaceChildren(...rows);
  place.scrollTop = scrollTop;
  if (focused) place.querySelector("[aria-pressed='true'], [aria-selected='true']")?.focus({ preventScroll: true });
}

function drawFollowers() {
  const { followers, chosen: at, others } = found.record;
  const { place, total, text: context, level } = rung();
  find(".of-model").textContent =
    level < found.record.answered ? text("model.after", { context: quoted(asked()) }) : text("model");
  find(".after").textContent = level ? text("after", { context: quoted(context) }) : text("after.nothing");
  const rows = followers.map(({ token, p, raw }, i) => {
    const row = followerRow({ token, p, counted: raw[place], total });
    row.setAttribute("aria-selected", i === at);
    row.tabIndex = i === at ? 0 : -1;
    row.addEventListener("click", () => chooseToken(i));
    return row;
  });
  const list = find(".followers");
  const rest = others ? [part("others caption", text("others", { count: count(others) }), "p")] : [];
  find(".followed").classList.toggle("wide", isWide(followers.map(({ token }) => token)));
  replace(list, [...rows, ...rest]);
  keepInView(list, rows[at]);
}

// scrolls the list to a row, without moving the page
function keepInView(list, row) {
  const above = row.offsetTop - list.scrollTop;
  if (above < 0) list.scrollTop = row.offsetTop;
  else if (above + row.offsetHeight > list.clientHeight)
    list.scrollTop = row.offsetTop + row.offsetHeight - list.clientHeight;
}

function drawWorked() {
  const { token, p, raw, used } = chosen();
  const { place, level, total, used: neighbours, text: context } = rung();
  const top = level === found.record.context.length;
  const counted = { count: count(raw[place]), total: count(total), times: ofTimes(raw[place], total) };
  const values = { token: quoted(token), context: quoted(context), whole: quoted(asked()), ...counted };
  const before = raw[place] / total;
  if (controls.plain.checked) return drawPlain({ ...values, share: share(before) });
  const key = `raw${level ? "" : ".nothing"}${level < found.record.answered ? ".shorter" : ""}`;
  find(".raw").textContent = text(key, { ...values, share: share(before), p: share(p) });
  const numbers = { count: count(used[place]), total: count(neighbours), share: share(used[place] / neighbours) };
  find(".neighbours").textContent = top ? "" : text("neighbours", { ...values, ...numbers });
  find(".why").textContent = text(`why.${reason(before, p, raw[place], level)}`, { share: share(leftFor(level)) });
}

// count ÷ total, which is all that a model without smoothing knows
function drawPlain(values) {
  find(".raw").textContent = text(rung().level ? "plain.raw" : "plain.raw.nothing", values);
  find(".neighbours").textContent = "";
  find(".why").textContent = text(chosen().raw[rung().place] ? "plain.why" : "plain.never");
}

// why the smoothed probability differs from the counted share; below no context there is only the equal share
function reason(before, p, counted, level) {
  const { answered, context } = found.record;
  if (level < answered) return "shorter";
  const end = level ? "" : ".0";
  if (!counted) return `never${end}`;
  if (answered < context.length) return "neighbours";
  if (Math.abs(p - before) < SAME) return `same${end}`;
  return `${p < before ? "less" : "more"}${end}`;
}

// the whole context that is asked for, after which the model's probabilities are meant
const asked = () => found.record.rungs[0].text;

// the share that the discounts of the longer contexts leave for the context of this length
function leftFor(level) {
  const longer = found.record.rungs.filter(({ length, total }) => total && length > level);
  return longer.reduce((left, { gamma }) => left * gamma, 1);
}

// without the text its passages and copies give way to one line
function drawText() {
  root.classList.toggle("without-text", !!missing);
  find(".missing").hidden = !missing;
  if (missing) showSentence(find(".missing-why"), missing.key, missing.values);
}

function drawPlaces() {
  if (!found || missing !== null) return;
  const { token, raw } = chosen();
  const { place, level, text: context } = rung();
  const [head, note] = [find(".places-head strong"), find(".places-head span")];
  const sequence = quoted((level ? context : "") + gapBefore(context, token) + token);
  const shown = places?.passages?.length ?? 0;
  const values = { sequence, count: count(raw[place]), shown: count(shown) };
  head.textContent = textFor("places", raw[place], values);
  note.textContent = "";
  let rows = [];
  if (!places) note.textContent = text("reading");
  else if (!places.count) note.textContent = text("places.none");
  else {
    note.textContent = places.count > shown ? text("places.some", values) : textFor("places.all", shown, values);
    rows = places.passages.map(passageRow);
  }
  find(".passages").replaceChildren(...rows);
  find(".passages").scrollTop = 0;
}

// the space between two words, which is not a token
function gapBefore(context, token) {
  const word = lmStore.unit() === "words" && context && /^[\p{L}\p{N}]/u.test(token);
  return word && !withoutSpace(Array.from(context).at(-1), token) ? " " : "";
}

function drawCopies() {
  const [lead, list] = [find(".copies-lead"), find(".orders")];
  if (!copies) {
    lead.textContent = text("copies.waiting");
    list.replaceChildren();
    return;
  }
  const { query, record } = copies;
  const values = { prompt: quoted(Array.from(query.prompt).slice(-24).join("")), window: record.window };
  lead.textContent = text(query.prompt ? "copies.lead" : "copies.lead.empty", values);
  const scale = Math.max(SCALE, ...record.rows.map(longestOf));
  list.style.setProperty("--mark", record.at_least / scale);
  list.replaceChildren(...record.rows.map((row) => copyRow(row, record, { scale, corpus: lmStore.state.corpus })));
}

// --- wiring -----------------------------------------------------------------------------------------------

followTextLanguage(controls.text);
controls.text.addEventListener("input", () => change({ text: controls.text.value, token: null, level: null }));
controls.text.addEventListener("change", copy);
find(".to-own").addEventListener("click", () => lmStore.change({ corpus: "own" }));
controls.text.addEventListener("keydown", (event) => {
  if (!sends(event)) return;
  event.preventDefault();
  look();
  copy();
});
controls.plain.addEventListener("change", () => {
  draw();
  remember();
});
controls.order.addEventListener("input", () => change({ order: Number(controls.order.value), level: null }));

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6, Home: -Infinity, End: Infinity };
find(".followers").addEventListener("keydown", (event) => {
  if (!(event.key in STEPS)) return;
  event.preventDefault();
  const last = found.record.followers.length - 1;
  chooseToken(Math.min(last, Math.max(0, found.record.chosen + STEPS[event.key])));
});

function drawWords() {
  if (found) draw();
  drawText();
  drawPlaces();
  drawCopies();
  if (view) occlusion.draw();
}

follow({ language: drawWords });
lmStore.listen(receive);
lmStore.follow(root, enter);
new IntersectionObserver((entries) => {
  copiesInView = entries.at(-1).isIntersecting;
  copy();
}).observe(find(".copies"));
