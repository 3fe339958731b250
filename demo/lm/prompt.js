// The field for a prompt: how it grows, how it is sent, and the words below it.
import { countCharacters, countPoints } from "./characters.js";
import { MOST_PROMPT_CHARACTERS } from "../web/contract.js";
import { formatNumber, sentence } from "../web/i18n.js";

const touch = matchMedia("(pointer: coarse)").matches; // on a phone only Enter makes a line end

/** Whether a pressed key sends the text. Shift+Enter makes a line end. @param {KeyboardEvent} event */
export const sends = (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && !touch;

/**
 * Calls `send` when Enter is pressed in a field, or its form is submitted.
 * @param {HTMLTextAreaElement} field
 * @param {() => void} send
 */
export function onSend(field, send) {
  field.addEventListener("keydown", (event) => {
    if (!sends(event)) return;
    event.preventDefault();
    send();
  });
  field.form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
}

/** Makes a field as high as its text, up to the limit in its style. @param {HTMLTextAreaElement} field */
export function growField(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

/**
 * The error for a text that is too long, or null.
 * @param {string} text
 * @param {string} name of the field
 */
export function tooLong(text, name = "prompt") {
  return lengthError("error.too_long", text, name, MOST_PROMPT_CHARACTERS);
}

/**
 * The error `key` for a text of more than `most` code points, or another one if it has fewer characters; else null.
 * @param {"error.too_long" | "error.reading_long"} key
 * @param {string} text
 * @param {string} name of the field
 * @param {number} most
 */
export function lengthError(key, text, name, most) {
  const { isOver, ofPoints, said } = lengthOf(text, most);
  return isOver ? { key: ofPoints ? "error.too_long_points" : key, values: { name, ...said } } : null;
}

// whether a text has more than `most` code points, and how its length is told: in these if its characters alone would fit
function lengthOf(text, most) {
  const [count, points] = [countCharacters(text), countPoints(text)];
  const isOver = points > most;
  const ofPoints = isOver && count <= most;
  return { isOver, ofPoints, said: { count: formatNumber(ofPoints ? points : count), most: formatNumber(most) } };
}

/**
 * Writes how many characters a text has, and the limit; if they are few, and their code points too many, these.
 * @param {HTMLElement} place
 * @param {string} text
 */
export function drawCount(place, text, most = MOST_PROMPT_CHARACTERS) {
  const { isOver, ofPoints, said } = lengthOf(text, most);
  place.textContent = ofPoints ? sentence("lm.prompt.count_points", said) : sentence("lm.prompt.count", said);
  place.classList.toggle("over", isOver);
}

/** The key that sends the text, in words; "" on a phone, where none does. */
export const keysInWords = () => (touch ? "" : sentence("lm.prompt.keys"));

/**
 * The unknown characters or words of a text, in words; "" if there are none.
 * @param {string[]} unknown the first few
 * @param {number} more number of others
 * @param {string} standIn what is read in the place of each: "" if they are left out
 */
export function unknownInWords(unknown, more, standIn = " ") {
  if (!unknown.length) return "";
  let list = unknown.map(withoutCode).join(", ");
  if (more) list = sentence("lm.prompt.unknown_more", { list, count: formatNumber(more) });
  if (standIn.trim()) return sentence("lm.prompt.unknown.as", { list, token: standIn });
  return sentence(standIn ? "lm.prompt.unknown" : "lm.prompt.unknown.left_out", { list });
}

// "'ç' (U+00E7)" -> “ç”, and "'não'" -> “não”: what is seen needs neither number nor escapes
const withoutCode = (name) =>
  name
    .replace(/^'([^\p{M}\p{C}\p{Z}])' \(U\+[0-9A-F]+\)$/u, "“$1”")
    .replace(/^'([^\p{M}\p{C}\p{Z}\\][^\p{Cc}\\]+)'$/u, "“$1”");

/** Names the options of a list of lengths: "12 tokens". @param {HTMLSelectElement} select */
export function nameLengths(select) {
  for (const option of select.options) option.textContent = sentence("lm.length.tokens", { count: option.value });
}
