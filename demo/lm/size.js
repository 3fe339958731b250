// How big the language models are, and how one text is cut into characters, word pieces and words.
import { lmStore } from "./store.js";
import { tokenName, tokenSign } from "./tokens.js";
import { afterPause } from "./visitor.js";
import { currentLanguage, formatNumber, onLanguage, sentence, showError } from "../web/i18n.js";
import { lookup } from "../web/lookup.js";
import { createSizes } from "../web/size.js";
import { newest } from "../web/server.js";

const FIRST = { en: "The unbelievable cat sat.", "pt-BR": "A casa inacreditável dormia." };
const first = () => lookup(FIRST, currentLanguage()) ?? FIRST.en;
const KINDS = /** @type {const} */ (["characters", "pieces", "words"]);

const fold = createSizes("lm");
/** @returns {any} */
const find = (selector) => fold.querySelector(selector);
/** @type {HTMLInputElement} */
const field = find(".cut-text");
/** @type {import("../web/answers").LmCut | null} */
let cut = null;
let chosen = null; // the piece whose merges are told

const request = newest((payload) => lmStore.ask("lm_cut", payload));

async function ask() {
  if (!(/** @type {HTMLDetailsElement} */ (fold).open)) return;
  if (!field.value.trim()) return;
  const answer = await request({ text: field.value }).catch((error) => showError(fold, error, ask));
  if (!answer) return; // a newer request follows
  cut = answer;
  chosen = cut.pieces.reduce((best, piece) => (piece.merges.length > best.merges.length ? piece : best), cut.pieces[0]);
  draw();
}

function draw() {
  if (!cut) return;
  find(".cuts").replaceChildren(
    ...KINDS.flatMap((kind) => {
      const [head, row] = [document.createElement("dt"), document.createElement("dd")];
      head.textContent = sentence(`size.cut.${kind}`, { count: formatNumber(cut[kind].length) });
      row.append(...cut[kind].map((token) => drawToken(token, kind === "pieces")));
      return [head, row];
    }),
  );
  find(".merges").textContent = chosen ? mergesInWords(chosen) : "";
}

function drawToken(token, isPiece) {
  const box = document.createElement(isPiece ? "button" : "span");
  if (isPiece) {
    /** @type {HTMLButtonElement} */ (box).type = "button";
    box.setAttribute("aria-pressed", String(token === chosen));
    box.addEventListener("click", () => choose(token));
  }
  box.className = "cut-token";
  const sign = document.createElement("bdi");
  sign.textContent = tokenSign(token.token);
  const id = document.createElement("small");
  id.textContent = token.id === null ? "?" : formatNumber(token.id);
  box.title = token.id === null ? sentence("size.cut.unknown", { token: tokenName(token.token) }) : "";
  box.append(sign, id);
  return box;
}

function choose(piece) {
  chosen = piece;
  const at = cut.pieces.indexOf(piece);
  draw();
  find(".cuts").querySelectorAll("button")[at].focus();
}

function mergesInWords({ token, merges }) {
  const quoted = (text) => `“${tokenSign(text)}”`;
  if (!merges.length) return sentence("size.cut.single", { token: quoted(token) });
  const steps = merges.map(([a, b]) => `${tokenSign(a)} + ${tokenSign(b)}`).join(", ");
  return sentence("size.cut.merges", { token: quoted(token), steps });
}

field.value = first();
field.addEventListener("input", afterPause(ask));
fold.addEventListener("toggle", ask);
onLanguage(() => {
  if (Object.values(FIRST).includes(field.value)) {
    field.value = first();
    ask();
  }
  draw();
});
ask(); // it may have been opened before this script ran
