// Rows of the station "Evidence": contexts, followers, places in the training text, and copied stretches.
import { countCharacters } from "./characters.js";
import { markCopies } from "./copying.js";
import { count, ofTimes, part, quoted, share, text, textFor } from "./evidence_words.js";
import { inTextLanguage } from "./text_language.js";
import { tokenName, tokenSign } from "./tokens.js";
import { describeRow } from "../web/dom.js";
import { plural, sentence } from "../web/i18n.js";

/** A seen context, and its contribution to the token's probability. */
export function rungRow({ length, text: context, total, distinct, gamma }, { gives, token, onChoose }) {
  const row = part(
    "rung",
    [
      part(length ? "context" : "context none", length ? tokenSign(context) : text("nothing"), "bdi"),
      part("seen", length ? textFor("times", total) : text("all", { count: count(total) })),
      givesOf(gives),
      part("hands number", share(gamma)),
    ],
    "button",
  );
  row.type = "button";
  const counts = { times: plural("lm.times", total), distinct: count(distinct) };
  const names = { context: length ? quoted(context) : text("nothing"), token: quoted(token) };
  row.title = text("rung", { ...names, ...counts, gives: share(gives), gamma: share(gamma) });
  describeRow(row, row.title);
  row.addEventListener("click", () => onChoose(length));
  return row;
}

/** The uniform share of all tokens. */
export function evenRow(tokens, gives) {
  return part(
    "rung even",
    [
      part("context none", text("even")),
      part("seen", text("even.of", { count: count(tokens) })),
      givesOf(gives),
      part("hands"),
    ],
    "p",
  );
}

function givesOf(value) {
  const gives = part("gives-bar number", part("", share(value)));
  gives.style.setProperty("--share", value);
  return gives;
}

/** A context that nothing followed in the training text. */
export function unseenRow({ length, text: context }) {
  const key = length < 3 ? `never.${length - 1}` : "never";
  return part(
    "rung unseen",
    [inTextLanguage(part("context", tokenSign(context), "bdi")), part("seen", text(key, { count: length - 1 }))],
    "p",
  );
}

/** A token that followed the context: how often it was counted, and its probability. */
export function followerRow({ token, p, counted, total }) {
  const values = { count: count(counted), total: count(total) };
  const row = part(
    "follower",
    [
      part("chip", tokenSign(token), "bdi"),
      part("track"),
      part("counted number", text("of", values)),
      part("before number", share(counted / total)),
      part("p number", share(p)),
    ],
    "div",
  );
  row.style.setProperty("--before", counted / total);
  row.style.setProperty("--p", p);
  row.setAttribute("role", "option");
  describeRow(row, text("follower", { times: ofTimes(counted, total), token: tokenName(token), p: share(p) }));
  return row;
}

/** A place in the training text where the token follows the context. */
export function passageRow({ before, context, token, after, at }) {
  const inLine = (passage) => passage.replace(/\n+/g, (ends) => `${"↵".repeat(ends.length)} `);
  const words = [part("context", inLine(context), "b"), part("token", inLine(token), "b")];
  const where = part("where caption number", text("where", { percent: count(Math.floor(100 * at)) }));
  const quote = inTextLanguage(part("", [inLine(before), ...words, inLine(after)]));
  const row = part("", [quote, " ", where], "li");
  row.dir = "auto";
  return row;
}

/** The length of the longest copied stretch of a text, in characters. */
export const longestOf = ({ longest }) => (longest ? countCharacters(longest.text) : 0);

/** What the text of one order copies; order null is held-out text of the author. */
export function copyRow(record, { window, at_least: atLeast }, { scale, corpus }) {
  const { order, text: written, runs } = record;
  const length = longestOf(record);
  const author = text("copies.author", { corpus: sentence(`lm.corpus.${corpus}`) });
  const name = order === null ? author : text("copies.order", { order });
  const number = part("longest number", length ? count(length) : text("copies.under", { count: window }));
  const bar = part("bar");
  bar.style.setProperty("--share", length / scale);
  bar.classList.toggle("long", length >= atLeast);
  const place = inTextLanguage(part("written", "", "p"));
  place.dir = "auto";
  const nameOf = (stretch) => (stretch >= atLeast ? "lm-copied" : "lm-shared");
  const stretches = runs.map(([start, end]) => ({ start, end, name: nameOf(end - start) }));
  stretches.sort((a, b) => a.end - a.start - (b.end - b.start)); // longer ones cover shorter ones
  markCopies(place, written, stretches);
  const row = part("order-row", [part("name", name), number, bar, place], "li");
  row.classList.toggle("author", order === null);
  return row;
}
