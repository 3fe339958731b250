// What a visitor takes away from a run: text, steps, the chart of the step in view, a link. All made in the page.
//
// takeAway(place, get) fills `place` with one button and its menu; get() is asked when something is chosen, and gives
// {run, knobs, name}: a run as createRuns makes it, the knobs as they stand, the run's name in words.
// Styles in takeaway.css.
import { knobsInWords } from "./run_names.js";
import { entropy, samplingProbs } from "./sampling.js";
import { tokenSign } from "./tokens.js";
import { cssColor } from "../web/chart.js";
import { formatNumber, formatPercent, sentence, translate } from "../web/i18n.js";

const LIKELIEST = 10; // bars of the picture besides the drawn token's
const BEFORE = 24; // characters of context in its title

export const createTakeAway = (place, get) => {
  const makers = { text: asText, csv: asCSV, json: asJSON, png: asPicture, link: copyLink };
  const button = document.createElement("button");
  const menu = document.createElement("div");
  const said = document.createElement("span");
  let quiet = null; // timer of what is said

  place.classList.add("take");
  button.type = "button";
  button.className = "button take-button";
  button.dataset.text = "lm.take";
  button.dataset.title = "lm.take.title";
  button.setAttribute("aria-haspopup", "menu");
  menu.className = "take-menu";
  menu.setAttribute("role", "menu");
  menu.dataset.label = "lm.take.title";
  said.className = "take-said";
  said.setAttribute("role", "status");
  const items = Object.keys(makers).map((name) => {
    const item = document.createElement("button");
    item.type = "button";
    item.tabIndex = -1;
    item.value = name;
    item.dataset.text = `lm.take.${name}`;
    item.setAttribute("role", "menuitem");
    item.addEventListener("click", () => choose(name));
    return item;
  });
  menu.append(...items);
  place.append(button, menu, said);
  translate(place);
  setOpen(false);

  function setOpen(open) {
    menu.hidden = !open;
    button.setAttribute("aria-expanded", open);
    if (!open) return;
    menu.classList.remove("leftwards");
    menu.classList.toggle("leftwards", menu.getBoundingClientRect().left < 4);
  }

  async function choose(name) {
    setOpen(false);
    button.focus({ preventScroll: true });
    const { run, ...view } = get();
    if (!run?.steps.length) return;
    const key = await makers[name](run, view);
    said.dataset.text = key ?? "";
    said.textContent = key ? sentence(key) : "";
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      delete said.dataset.text;
      said.textContent = "";
    }, 4000);
  }

  button.addEventListener("click", (event) => {
    setOpen(menu.hidden);
    if (!menu.hidden && event.detail === 0) items[0].focus(); // a key was pressed, no pointer
  });
  place.addEventListener("keydown", (event) => {
    const at = items.indexOf(document.activeElement);
    const last = items.length - 1;
    const moves = { ArrowDown: at < last ? at + 1 : 0, ArrowUp: at > 0 ? at - 1 : last };
    if (!menu.hidden) Object.assign(moves, { Home: 0, End: last });
    if (!menu.hidden || event.key in moves) event.stopPropagation(); // a menu is no player
    if (event.key === "Tab") setOpen(false);
    if (event.key === "Escape" && !menu.hidden) {
      setOpen(false);
      button.focus({ preventScroll: true });
    }
    if (!(event.key in moves)) return;
    event.preventDefault();
    setOpen(true);
    items[moves[event.key]].focus();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!place.contains(target)) setOpen(false);
  });
};

// --- the run as data --------------------------------------------------------------------------------------

// one record a step, as /lm_generate names things
function recordsOf({ steps }) {
  return steps.map((step, i) => {
    const { id, text, own, counted, parts, knobs } = step;
    const shares = parts?.map(({ logits }) => samplingProbs(logits)[id]);
    return {
      step: i + 1,
      token: text,
      token_id: id,
      prob: own[id],
      sampling_prob: samplingProbs(step.logits, knobs, step.ranked)[id],
      entropy_bits: entropy(own),
      order: step.order,
      count: counted ? (counted.get(id) ?? 0) : null,
      total: step.total,
      ...knobs,
      forced: step.forced,
      ...(shares && { prob_counts: shares[0], prob_gpt: shares[1], weight: step.weight }),
    };
  });
}

const textOf = ({ steps }) => steps.map(({ text }) => text).join("");

// RFC 4180, with the mark by which spreadsheets know UTF-8
function csvOf(records) {
  const quoted = (value) => `"${value.replaceAll('"', '""')}"`;
  const field = (value) => (typeof value === "string" ? quoted(value) : String(value ?? ""));
  const lines = [Object.keys(records[0]), ...records.map((record) => Object.values(record).map(field))];
  return `\ufeff${lines.map((line) => `${line.join(",")}\r\n`).join("")}`;
}

function asText(run) {
  save(`${fileName(run)}.txt`, new Blob([...run.prompt, textOf(run)], { type: "text/plain;charset=utf-8" }));
}

function asCSV(run) {
  save(`${fileName(run)}.csv`, new Blob([csvOf(recordsOf(run))], { type: "text/csv;charset=utf-8" }));
}

function asJSON(run, { knobs }) {
  const { model, order, snapshot, seed, prompt } = run.settings;
  const record = {
    model,
    corpus: corpusOf(run),
    order: model === "gpt" ? null : order,
    weight: model === "mix" ? run.steps[0].weight : null, // each step has its own
    snapshot: snapshot ?? null,
    seed,
    prompt,
    link: location.href,
    knobs,
    text: textOf(run),
    steps: recordsOf(run),
  };
  save(`${fileName(run)}.json`, new Blob([JSON.stringify(record, null, 1)], { type: "application/json" }));
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
    return "page.copied";
  } catch {
    return "page.copy_by_hand"; // no clipboard without https
  }
}

// the key of a visitor's own text says nothing to anyone
const corpusOf = ({ settings: { corpus } }) => corpus.split(":")[0];

// next-token-shakespeare-counts5-seed2
function fileName(run) {
  const { model, order, snapshot, seed } = run.settings;
  const counts = model === "gpt" ? [] : [`counts${order}`];
  const gpt = model === "counts" ? [] : [`gpt${model === "mix" ? Math.round(100 * run.steps[0].weight) : ""}`];
  const moment = (snapshot ?? null) === null ? [] : [`step${snapshot}`];
  return ["next-token", corpusOf(run), ...counts, ...gpt, ...moment, `seed${seed}`].join("-");
}

function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// --- the picture ------------------------------------------------------------------------------------------

const [WIDTH, MARGIN, ROW, SCALE] = [720, 24, 32, 2];
const [CHIP, SHARE] = [110, 74]; // width of the tokens, and of either percentage

async function asPicture(run, { knobs, name }) {
  const canvas = draw(run, run.steps[run.index], knobs, name);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  save(`${fileName(run)}-step${run.index + 1}.png`, blob);
}

// the likeliest tokens, the drawn one, and the rest, with their shares before and after the knobs
function barsOf({ own, ranked, logits, id }, vocabulary, knobs) {
  const after = samplingProbs(logits, knobs, ranked);
  const ids = [...ranked.subarray(0, LIKELIEST + 1)];
  if (!ids.includes(id)) ids[ids.length - 1] = id;
  const bars = ids.map((one) => {
    return { label: tokenSign(vocabulary[one]), own: own[one], after: after[one], chosen: one === id };
  });
  const others = vocabulary.length - ids.length;
  const left = (side) => Math.max(0, 1 - bars.reduce((sum, bar) => sum + bar[side], 0));
  const round = (share) => (share < 1e-9 ? 0 : share);
  const shares = { own: round(left("own")), after: round(left("after")) };
  if (others) bars.push({ label: `+${formatNumber(others)}`, ...shares, rest: true });
  return { bars, entropies: [entropy(own), entropy(after)] };
}

function draw(run, step, knobs, name) {
  const { bars, entropies } = barsOf(step, run.vocabulary, knobs);
  const colors = ["--lm", "--on-accent", "--ink", "--muted", "--sunken", "--surface"].map(cssColor);
  const [accent, onAccent, ink, muted, sunken, surface] = colors;
  const canvas = document.createElement("canvas");
  const top = MARGIN + 84;
  const height = top + bars.length * ROW + 72;
  canvas.width = SCALE * WIDTH;
  canvas.height = SCALE * height;
  const context = canvas.getContext("2d");
  context.scale(SCALE, SCALE);
  context.textBaseline = "middle";

  const write = (text, x, y, { color = ink, size = 15, bold = false, mono = false, right = false, room } = {}) => {
    context.fillStyle = color;
    context.font = `${bold ? 650 : 400} ${size}px ${mono ? "ui-monospace, monospace" : "system-ui, sans-serif"}`;
    context.textAlign = right ? "right" : "left";
    context.fillText(text, x, y, room);
  };
  const fill = (style, x, y, width, high) => {
    context.fillStyle = style;
    context.fillRect(x, y, width, high);
  };

  fill(surface, 0, 0, WIDTH, height);
  const full = { room: WIDTH - 2 * MARGIN };
  write(titleOf(run), MARGIN, MARGIN + 10, { size: 22, bold: true, ...full });
  write(name, MARGIN, MARGIN + 38, { color: muted, ...full });
  const [ownEnd, afterEnd] = [WIDTH - MARGIN - SHARE, WIDTH - MARGIN];
  write(sentence("lm.bars.own"), ownEnd, top - 14, { color: muted, size: 13, right: true });
  write(sentence("lm.bars.after"), afterEnd, top - 14, { color: muted, size: 13, right: true });

  const left = MARGIN + CHIP;
  const track = ownEnd - SHARE - left;
  bars.forEach((bar, i) => {
    const y = top + i * ROW;
    const middle = y + ROW / 2;
    if (bar.chosen) fill(accent, MARGIN - 6, y + 3, CHIP, ROW - 6);
    const color = bar.chosen ? onAccent : bar.rest ? muted : ink;
    write(bar.label, MARGIN + 2, middle, { color, bold: !bar.rest, mono: !bar.rest, size: 17, room: CHIP - 14 });
    fill(sunken, left, y + 6, track, ROW - 12);
    context.globalAlpha = 0.34;
    fill(accent, left, y + 6, track * bar.own, ROW - 12);
    context.globalAlpha = 1;
    fill(accent, left, y + 12, track * bar.after, ROW - 24);
    write(formatPercent(bar.own), ownEnd, middle, { color: muted, right: true });
    write(formatPercent(bar.after), afterEnd, middle, { bold: true, right: true });
  });

  const bottom = top + bars.length * ROW + 24;
  write(entropyInWords(entropies), MARGIN, bottom, full);
  write(madeWith(run, knobs), MARGIN, bottom + 24, { color: muted, size: 13, ...full });
  return canvas;
}

function titleOf({ prompt, steps, index }) {
  const written = Array.from([...prompt, ...steps.slice(0, index).map(({ text }) => text)].join(""));
  if (!written.length) return sentence("lm.take.start");
  const end = tokenSign(written.slice(-BEFORE).join("")).replaceAll("␣", " ");
  return sentence("lm.take.after", { context: `${written.length > BEFORE ? "…" : ""}${end}` });
}

function entropyInWords([own, after]) {
  const among = (bits) => formatNumber(2 ** bits, 1);
  const values = { bits: formatNumber(own, 1), after: formatNumber(after, 1), among: among(after) };
  return `${sentence("lm.entropy", { among: among(own) })} · ${sentence("lm.entropy.after", values)}`;
}

function madeWith({ settings, index, steps }, knobs) {
  const [step, count] = [index + 1, steps.length].map((number) => formatNumber(number));
  const counter = sentence("lm.counter", { step, count });
  const seed = sentence("lm.branch.seed", { seed: settings.seed });
  return [counter, seed, knobsInWords(knobs)].join(" · ");
}
