// Tokens on the page: a text made of them, and bars for what could come next. Styles in tokens.css.
import { findCut } from "./sampling.js";
import { formatNumber, formatPercent, onLanguage, sentence, translate } from "../web/i18n.js";

const SIGNS = { " ": "␣", "\n": "↵", "\t": "⇥", "\u00a0": "⍽" };
const NAMES = { " ": "lm.token.space", "\n": "lm.token.line_end" };
const LEVELS = [0.02, 0.1, 0.3, 0.7]; // where the tint of a token gets stronger
const PROMPT_SHOWN = 1000; // tokens of a long prompt, its end
const LIKELIEST = 10; // bars shown besides the drawn token's
const MOST_BARS = 200;

// what stands for a token where white space would not be seen, and what a screen reader says
export const tokenSign = (token) => Array.from(token, (character) => SIGNS[character] ?? character).join("");
export const tokenName = (token) => (NAMES[token] ? sentence(NAMES[token]) : token);

// tokenText(place, onChoose) fills `place` (class "token-text") with a prompt and the tokens made after it:
//   {draw(prompt, steps), extend(steps), show(index, context), underline(stretches)}
// prompt: what each of its tokens adds to the text; a step has .text and .p, its probability. context: how many
// tokens the model saw at that step: of the prompt the others are dimmed, and where its sight begins is marked.
// stretches: [[start, end], …] of the text in characters; tokens that lie within one are underlined.
export const createTokenText = (place, onChoose) => {
  let before = []; // a span a token of the prompt, those cut at its start left out
  let cut = 0; // how many those are
  let tokens = [];
  let texts = []; // of prompt and steps
  let shown = 0;
  let sight = 0; // the first token that the model saw, counted from the start of the prompt

  const list = document.createElement("span");
  list.setAttribute("role", "listbox");
  list.dataset.label = "lm.text";
  list.setAttribute("aria-label", sentence("lm.text"));
  place.addEventListener("click", (event) => {
    const token = event.target.closest(".token");
    if (token) onChoose(tokens.indexOf(token));
  });
  place.addEventListener("pointerover", (event) => {
    const token = event.target.closest(".token");
    if (token) token.title = `${tokenSign(token.text)} · ${formatPercent(token.p)}`;
  });

  function draw(prompt, steps) {
    const written = document.createElement("span");
    written.className = "prompt";
    cut = Math.max(0, prompt.length - PROMPT_SHOWN);
    if (cut) written.append(earlier(cut));
    before = prompt.slice(cut).map((text) => pieceOf(text));
    for (const piece of before) written.append(piece, lineEnds(piece.text));
    tokens = [];
    texts = [...prompt];
    shown = sight = 0;
    list.replaceChildren();
    place.replaceChildren(written, list);
    extend(steps);
  }

  function extend(steps) {
    const fresh = document.createDocumentFragment();
    for (const step of steps.slice(tokens.length)) {
      const token = tokenOf(step);
      token.classList.toggle("later", tokens.length > shown);
      tokens.push(token);
      texts.push(step.text);
      fresh.append(token, lineEnds(step.text));
    }
    list.append(fresh);
  }

  function show(index, context = Infinity) {
    const focused = tokens.includes(document.activeElement);
    if (tokens[shown]) mark(tokens[shown], false);
    const [low, high] = [Math.min(index, shown), Math.max(index, shown)];
    for (let i = low; i <= Math.min(high, tokens.length - 1); i++) tokens[i].classList.toggle("later", i > index);
    shown = index;
    if (!tokens[index]) return;
    mark(tokens[index], true);
    see(Math.max(0, texts.length - tokens.length + index - context));
    if (focused) tokens[index].focus({ preventScroll: true });
    keepInView(tokens[index]);
  }

  // marks where the model's sight begins: at token `first`
  function see(first) {
    pieceAt(sight)?.classList.remove("sight");
    const [low, high] = [Math.min(first, sight), Math.max(first, sight)];
    for (let i = low; i < high && i - cut < before.length; i++) before[i - cut]?.classList.toggle("unseen", i < first);
    sight = first;
    if (sight > 0) pieceAt(sight)?.classList.add("sight");
  }

  const pieceAt = (i) => (i - cut < before.length ? before[i - cut] : tokens[i - cut - before.length]);

  function underline(stretches) {
    let place = 0;
    let next = 0;
    texts.forEach((text, i) => {
      const end = place + Array.from(text).length;
      while (stretches[next]?.[1] < end) next++;
      const within = end > place && next < stretches.length && stretches[next][0] <= place;
      pieceAt(i)?.classList.toggle("copied-token", within);
      place = end;
    });
  }

  function mark(token, inView) {
    token.setAttribute("aria-selected", inView);
    token.tabIndex = inView ? 0 : -1;
  }

  // scrolls the text, never the page
  function keepInView(token) {
    const [box, frame] = [token.getBoundingClientRect(), place.getBoundingClientRect()];
    const margin = box.height;
    if (box.top < frame.top + margin) place.scrollTop -= frame.top + margin - box.top;
    if (box.bottom > frame.bottom - margin) place.scrollTop += box.bottom - frame.bottom + margin;
  }

  return { draw, extend, show, underline };
};

// the strength of a token's tint, 0 to 4
export const tintLevel = (p) => LEVELS.filter((level) => p >= level).length;

const lineEnds = (text) => "\n".repeat(text.split("\n").length - 1);

// a span that shows `text` with its white space in sight; its line ends follow it, outside
function pieceOf(text) {
  const piece = document.createElement("span");
  piece.text = text;
  piece.classList.toggle("space", text === " ");
  if (text.includes("\n")) {
    piece.classList.add("line-end");
    piece.dataset.ends = "↵".repeat(lineEnds(text).length);
  }
  piece.textContent = text.replaceAll("\n", "");
  return piece;
}

function tokenOf({ text, p }) {
  const token = pieceOf(text);
  token.p = p;
  token.classList.add("token", `tint-${tintLevel(p)}`);
  token.setAttribute("role", "option");
  token.setAttribute("aria-selected", false);
  token.tabIndex = -1;
  if (NAMES[text]) token.dataset.label = NAMES[text];
  if (NAMES[text]) token.setAttribute("aria-label", sentence(NAMES[text]));
  return token;
}

function earlier(count) {
  const span = document.createElement("span");
  span.className = "earlier";
  span.dataset.count = count;
  span.textContent = `${sentence("lm.text.earlier", { count: formatNumber(count) })}\n`;
  return span;
}

onLanguage(() => {
  for (const span of document.querySelectorAll(".token-text .earlier"))
    span.replaceWith(earlier(Number(span.dataset.count)));
});

// tokenBars(place, onTake, onCounts) fills `place` (class "token-bars") with one row a token, likeliest first, and
// the rest: draw({vocabulary, own, after, ranked, chosen, forced, counted, total, knobs})
// own and after: probabilities before and after the knobs; counted: id -> count, or null. onTake(id): a row was
// clicked; onCounts(id): its counts were.
export const createTokenBars = (place, onTake, onCounts = null) => {
  const rows = [];
  const rest = makeRow();
  let open = false;
  let last = null;

  place.append(makeHead());
  rest.button.classList.add("rest");
  rest.button.addEventListener("click", () => {
    open = !open;
    place.classList.toggle("open", open);
    if (last) draw(last);
    place.scrollTop = 0;
  });

  function fit(count) {
    while (rows.length > count) rows.pop().button.remove();
    while (rows.length < count) {
      const row = makeRow();
      row.button.addEventListener("click", (event) => {
        const counts = onCounts && event.target.closest(".counted") && last.counted;
        if (counts) onCounts(row.id);
        else onTake(row.id);
      });
      rows.push(row);
    }
    place.append(...rows.map((row) => row.button), rest.button);
  }

  function draw(view) {
    if (view.vocabulary !== last?.vocabulary) place.classList.toggle("wide", view.vocabulary.some(isWide));
    last = view;
    const size = view.vocabulary.length;
    const count = Math.min(open ? MOST_BARS : LIKELIEST + 1, size);
    if (rows.length !== count) fit(count);
    place.classList.toggle("with-counts", view.counted !== null);
    const ids = [...view.ranked.subarray(0, count)];
    if (!ids.includes(view.chosen)) ids[count - 1] = view.chosen;
    const { kept, possible, by } = findCut(view);
    let [ownLeft, afterLeft, cutShown] = [1, 1, 0];
    ids.forEach((id, i) => {
      const cut = view.after[id] === 0 && view.own[id] > 0;
      drawRow(rows[i], id, view, cut && !cutShown ? lineWords(by, view.knobs, kept, kept > i) : "");
      rows[i].button.classList.toggle("cut", cut);
      cutShown += cut;
      ownLeft -= view.own[id];
      afterLeft -= view.after[id];
    });
    const others = size - count;
    const cut = Math.min(others, possible - kept - cutShown);
    const line = cut > 0 && !cutShown ? lineWords(by, view.knobs, kept, true) : "";
    drawRest(others, cut, line, others ? rounded(ownLeft) : 0, others ? rounded(afterLeft) : 0);
  }

  function drawRow(row, id, view, line) {
    const token = view.vocabulary[id];
    const chosen = id === view.chosen;
    row.id = id;
    row.chip.textContent = tokenSign(token);
    row.button.title = place.classList.contains("wide") ? tokenSign(token) : "";
    setShares(row, view.own[id], view.after[id]);
    row.line.textContent = line;
    row.button.classList.toggle("first-cut", line !== "");
    row.button.classList.toggle("chosen", chosen);
    row.button.classList.toggle("forced", chosen && view.forced);
    const seenHere = view.counted?.get(id) ?? 0;
    const values = { count: formatNumber(seenHere), total: formatNumber(view.total ?? 0) };
    row.counted.textContent = view.counted ? sentence("lm.bars.counted.of", values) : "";
    const state = chosen ? (view.forced ? "lm.row.forced" : "lm.row.drawn") : "lm.row.take";
    const shares = { token: tokenName(token), own: row.own.textContent, after: row.after.textContent };
    const seen = view.counted ? sentence("lm.row.counted", values) : "";
    row.button.setAttribute("aria-label", `${sentence("lm.row", shares)} ${seen} ${sentence(state)}`);
  }

  function drawRest(others, cut, line, own, after) {
    setShares(rest, own, after);
    rest.chip.textContent = open ? "−" : `+${formatNumber(others)}`;
    const values = { count: formatNumber(others || rows.length), cut: formatNumber(cut) };
    rest.why.textContent = sentence(others ? (cut ? "lm.rest.cut" : "lm.rest") : "lm.rest.none", values);
    rest.line.textContent = line;
    rest.button.classList.toggle("first-cut", line !== "");
    rest.button.setAttribute("aria-expanded", open);
    rest.button.title = sentence(open ? "lm.rest.close" : "lm.rest.open");
    const shares = { token: rest.why.textContent, own: rest.own.textContent, after: rest.after.textContent };
    rest.button.setAttribute("aria-label", `${sentence("lm.row", shares)} ${line} ${rest.button.title}`);
  }

  onLanguage(() => last && draw(last));
  return { draw };
};

const isWide = (token) => token.length > 2;
const rounded = (left) => (left < 1e-9 ? 0 : left);

// what the line under the last token that can be drawn says; how many those are, where they are not all above it
function lineWords(by, { top_k, top_p }, kept, apart) {
  if (by === null) return "";
  const value = by === "top_k" ? formatNumber(top_k) : formatNumber(top_p, 2);
  if (!apart || by === "temperature") return sentence(`lm.cut.${by}`, { value });
  return sentence(`lm.cut.keeps.${by}`, { value, kept: formatNumber(kept) });
}

function setShares(row, own, after) {
  row.button.style.setProperty("--own", own);
  row.button.style.setProperty("--after", after);
  row.own.textContent = formatPercent(own);
  row.after.textContent = formatPercent(after);
}

// column names, with the look of the two bars
function makeHead() {
  const head = document.createElement("div");
  head.className = "token-bars-head";
  head.setAttribute("aria-hidden", true); // each row says it all
  for (const name of ["token", "", "own", "after", "counted"]) {
    const span = document.createElement("span");
    span.className = name && `head-${name}`;
    if (name) span.dataset.text = `lm.bars.${name}`;
    head.append(span);
  }
  translate(head);
  return head;
}

function makeRow() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "token-row";
  const part = (name, parent = button, tag = "span") => {
    const span = document.createElement(tag);
    span.className = name;
    parent.append(span);
    return span;
  };
  const row = { button, chip: part("chip", button, "bdi"), track: part("track") };
  for (const name of ["own", "after", "counted"]) row[name] = part(name);
  for (const name of ["bar-own", "bar-after"]) part(name, row.track);
  row.why = part("why", row.track);
  row.line = part("line", row.track);
  return row;
}
