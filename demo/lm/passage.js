// A text whose tokens can be chosen: by click, tap and arrow keys; a mouse may also point without choosing.
//
// passage(place, {onChoose, onPoint}) fills `place` (a role "listbox" with a label) and returns
//   {draw(items), choose(i), tokens, chosen}; an item is {gap, text, dead}: gap is white space before the token, and a
// dead one cannot be chosen. onChoose(i) hears of a choice by hand, onPoint(i, or null where the mouse has left).
import { sentence } from "../web/i18n.js";

const MARGIN = 8; // CSS pixels around the chosen token that scroll into view with it

export const createPassage = (place, { onChoose, onPoint = () => {} }) => {
  let tokens = [];
  let chosen = -1;
  let pointed = null;

  place.classList.add("passage");
  place.dir = "auto";

  function draw(items) {
    tokens = items.map(tokenOf);
    chosen = -1;
    pointed = null;
    const parts = items.flatMap(({ gap, text }, i) => [gap, tokens[i], "\n".repeat(text.split("\n").length - 1)]);
    place.replaceChildren(...parts);
    const first = tokens.find((token) => !token.dead);
    if (first) first.tabIndex = 0;
  }

  function choose(i) {
    if (tokens[chosen]) mark(tokens[chosen], false);
    else for (const token of tokens) token.tabIndex = -1;
    chosen = i;
    if (!tokens[i]) return;
    mark(tokens[i], true);
    keepInView(tokens[i]);
  }

  function mark(token, isChosen) {
    token.setAttribute("aria-selected", isChosen);
    token.tabIndex = isChosen ? 0 : -1;
  }

  // scrolls the text, never the page
  function keepInView(token) {
    const [box, frame] = [token.getBoundingClientRect(), place.getBoundingClientRect()];
    if (box.top < frame.top + MARGIN) place.scrollTop -= frame.top + MARGIN - box.top;
    if (box.bottom > frame.bottom - MARGIN) place.scrollTop += box.bottom - frame.bottom + MARGIN;
  }

  function step(from, by) {
    let to = from + by;
    while (tokens[to]?.dead) to += by;
    return tokens[to] ? to : from;
  }

  function chooseByHand(i) {
    choose(i);
    onChoose(i);
  }

  const placeOf = (target) => tokens.indexOf(target.closest?.(".token:not(.dead)"));

  place.addEventListener("click", ({ target }) => {
    const i = placeOf(target);
    if (i >= 0) chooseByHand(i);
  });
  place.addEventListener("pointerover", ({ target, pointerType }) => {
    const i = placeOf(target);
    if (pointerType !== "mouse" || i < 0 || i === pointed) return;
    pointed = i;
    onPoint(i);
  });
  place.addEventListener("pointerleave", () => {
    if (pointed === null) return;
    pointed = null;
    onPoint(null);
  });
  place.addEventListener("keydown", (event) => {
    const at = placeOf(event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const forward = getComputedStyle(place).direction === "rtl" ? -1 : 1;
    const moves = {
      ArrowRight: () => step(at, forward),
      ArrowLeft: () => step(at, -forward),
      Home: () => step(-1, 1),
      End: () => step(tokens.length, -1),
      Enter: () => at,
      " ": () => at,
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    const to = moves[event.key]();
    chooseByHand(to);
    tokens[to].focus({ preventScroll: true });
  });

  return {
    draw,
    choose,
    get tokens() {
      return tokens;
    },
    get chosen() {
      return chosen;
    },
  };
};

function tokenOf({ text, dead = false }) {
  const token = document.createElement("span");
  const ends = text.split("\n").length - 1;
  token.className = "token";
  token.dead = dead;
  token.classList.toggle("dead", dead);
  token.classList.toggle("space", text === " ");
  if (ends) token.dataset.ends = "↵".repeat(ends);
  token.textContent = text.replaceAll("\n", "");
  if (dead) return token;
  token.setAttribute("role", "option");
  token.setAttribute("aria-selected", false);
  token.tabIndex = -1;
  if (text === " " || text === "\n") token.dataset.label = `lm.token.${text === " " ? "space" : "line_end"}`;
  if (token.dataset.label) token.setAttribute("aria-label", sentence(token.dataset.label));
  return token;
}
