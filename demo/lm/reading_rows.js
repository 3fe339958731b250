// A row of the station "Reading": a token that a model expected, as a bar.
import { inTextLanguage } from "./text_language.js";
import { tokenSign } from "./tokens.js";
import { formatNumber, formatPercent } from "../web/i18n.js";

/** @param {string} token @param {number} prob @param {number} rank @param {boolean} isThis whether it is what stands there */
export function guessRow(token, prob, rank, isThis) {
  const row = document.createElement("div");
  row.className = "guess";
  row.classList.toggle("this", isThis);
  row.style.setProperty("--share", String(prob));
  const parts = {
    "rank number": formatNumber(rank),
    chip: tokenSign(token),
    track: document.createElement("i"),
    "said number": formatPercent(prob),
  };
  for (const [look, content] of Object.entries(parts)) {
    const span = document.createElement("span");
    span.className = look;
    span.append(content);
    if (look === "chip") inTextLanguage(span);
    row.append(span);
  }
  return row;
}
