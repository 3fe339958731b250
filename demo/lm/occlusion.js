// What the GPT looked at, a part of the station "Evidence": the last tokens of the text, coloured by how far a bar of the GPT
// moves when each is hidden from it. Those that the counts look at are underlined.
import { count, quoted, share } from "./evidence_words.js";
import { lmStore } from "./store.js";
import { keepInView, lineEnds, makeOption, markOption, pieceOf, tokenSign } from "./tokens.js";
import { refill } from "../web/dom.js";
import { plural, sentence } from "../web/i18n.js";
import { has } from "../web/lookup.js";
import { mounted } from "../web/parts.js";

const NAMED = 3; // tokens named in words
const NOTICED = 0.005; // a bar that moves less hardly moves
const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** @type {HTMLElement} */
const card = mounted("lm/evidence").element.querySelector(".lm-evidence .looked");
/** @returns {any} */
const find = (selector) => card.querySelector(selector);

/** @type {{query: {corpus: string, prompt: string, token: string | null}, record: import("../web/answers").LmOcclusion} | null} */
let shown = null;
/** @type {any} the newest query */
let wanted = null;
let isInView = false;
let at = 0; // the token told in words
/** @type {{load: (query: any) => Promise<any>, text: () => string, order: () => number}} */
let host = null;

/** @param {any} station request, and functions that return the text and the order of the counts */
export function createOcclusion({ request, text, order }) {
  host = { load: request((query) => lmStore.ask("lm_occlusion", query), receive), text, order };
  new IntersectionObserver((entries) => {
    isInView = entries.at(-1).isIntersecting;
    if (isInView && wanted) ask(wanted);
  }).observe(card);
  return { look, draw };
}

/**
 * Asks for the text of the station, once the card is in view.
 * @param {string | null} token whose bar is compared; by default the last one, or the likeliest after another text
 */
function look(token = null) {
  card.hidden = !lmStore.hasGpt() || !lmStore.hasCounts(); // not for models of others
  const [corpus, prompt] = [lmStore.name(), host.text()];
  if (token === null && wanted?.corpus === corpus && wanted.prompt === prompt) token = wanted.token;
  wanted = { corpus, prompt, token };
  if (shown && shown.query.corpus !== wanted.corpus) shown = null;
  draw();
  if (isInView) ask(wanted);
}

async function ask(query) {
  if (card.hidden || (shown && JSON.stringify(shown.query) === JSON.stringify(query))) return;
  card.classList.add("slow");
  await host.load(query);
  if (query === wanted) card.classList.remove("slow");
}

function receive(record, query) {
  if (query.corpus !== lmStore.name()) return;
  shown = { query, record };
  at = widest(record)[0] ?? 0;
  draw();
}

/** How far the bar moves without each token. */
const moves = ({ p, without }) => without.map((after) => Math.abs(p - after));

/** The places that matter, the most first. */
function widest(record) {
  const by = moves(record);
  const places = by.map((_, place) => place).sort((a, b) => by[b] - by[a] || b - a);
  return places.filter((place) => by[place] >= NOTICED).slice(0, NAMED);
}

// --- draw -------------------------------------------------------------------------------------------------

function draw() {
  find(".looked-lead").textContent = shown ? leadInWords(shown.record) : sentence("lm.occlusion.waiting");
  find(".looked-counts").textContent = countsInWords(host.order(), shown?.record.tokens.length);
  refill(find(".looked-bars"), (shown?.record.likeliest ?? []).map(drawBar));
  drawText();
  drawSaid();
}

function drawBar({ token, p }) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button" });
  const name = document.createElement("bdi");
  name.textContent = tokenSign(token);
  button.append(name, ` ${share(p)}`);
  button.setAttribute("aria-pressed", String(token === shown.record.token));
  button.addEventListener("click", () => look(token));
  return button;
}

function drawText() {
  const place = find(".looked-text");
  const reach = host.order() - 1; // tokens that the counts look at
  const tokens = shown?.record.tokens ?? [];
  const by = shown ? moves(shown.record) : [];
  const pieces = tokens.flatMap((token, i) => {
    const piece = pieceOf(token);
    makeOption(piece, token);
    piece.classList.add("token");
    piece.classList.toggle("in-reach", i >= tokens.length - reach);
    piece.style.setProperty("--moved", String(by[i]));
    for (const kind of ["click", "focus"]) piece.addEventListener(kind, () => tell(i));
    piece.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && tell(i));
    return [piece, lineEnds(token)];
  });
  place.replaceChildren(...pieces);
  const current = place.querySelectorAll(".token")[at];
  if (!current) return;
  markOption(current, true);
  keepInView(place, current);
}

function tell(i) {
  at = i;
  find(".looked-text")
    .querySelectorAll(".token")
    .forEach((piece, place) => markOption(piece, place === at));
  drawSaid();
}

function drawSaid() {
  const record = shown?.record;
  find(".looked-said").textContent = record?.tokens.length ? oneInWords(record, at) : "\u00a0";
  find(".looked-most").textContent = record?.tokens.length ? mostInWords(record) : "\u00a0";
}

// --- in words ---------------------------------------------------------------------------------------------

function leadInWords({ token, p, tokens, sight }) {
  const values = { token: quoted(token), p: share(p), count: count(tokens.length), sight: count(sight) };
  if (!tokens.length) return sentence("lm.occlusion.empty", values);
  return sentence(sight > tokens.length ? "lm.occlusion.lead.some" : "lm.occlusion.lead", values);
}

function oneInWords({ tokens, p, without }, place) {
  const back = tokens.length - place;
  const values = { hidden: quoted(tokens[place]), before: share(p), after: share(without[place]), count: count(back) };
  return sentence(back === 1 ? "lm.occlusion.one" : "lm.occlusion.one.other", values);
}

function mostInWords(record) {
  const places = widest(record);
  if (!places.length) return sentence("lm.occlusion.none");
  const list = places.map((place) => `${quoted(record.tokens[place])} (${share(record.without[place])})`);
  return sentence("lm.occlusion.most", { list: list.join(", ") });
}

// length: the number of tokens of the text, if it is known
function countsInWords(order, length = order) {
  const values = { order: count(order), count: count(order - 1) };
  if (order > 1 && length < order) return length ? sentence("lm.occlusion.counts.all", values) : "\u00a0";
  return plural("lm.occlusion.counts", order, values);
}

find(".looked-text").addEventListener("keydown", (event) => {
  if (!has(STEPS, event.key) || !shown) return;
  event.preventDefault();
  tell(Math.min(shown.record.tokens.length - 1, Math.max(0, at + STEPS[event.key])));
  find(".looked-text").querySelectorAll(".token")[at].focus();
});
