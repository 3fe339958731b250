// The station "Generate": a text made token by token, and at every step the bars of what could have come.
// Python is asked for steps only; each comes with its logits, so scrubbing and the knobs ask nobody.
//
// A run is a text in the making: {settings, segments, steps, …}. Its segments say where something was changed by
// hand: {at, force, knobs}, force being the id of a token put there, or null. A branch is a run that shares
// its first steps with another; all branches of one prompt, model and seed are kept.
const root = element.querySelector(".lm-generate");
const find = (selector) => root.querySelector(selector);

const MOST_TOKENS = 1000; // of a run, as in demo/lm.py
const MOST_CHARACTERS = 10000; // of a prompt, as in demo/lm.py
const CHUNKS = [1, 8, 32]; // tokens asked for at a time while a visitor waits: the first one shows at once
const WHOLE = 60; // tokens of the first chunk where a text is to appear as it was
const HOP = 64; // tokens by which the GPT's window moves on: a prompt cut by a multiple is read alike
const LINKED = 512; // characters of a long prompt that a link keeps, at least
const OPENING = { model: "counts", order: 5, prompt: "ROMEO:", seed: "2", index: 32, length: 60, knobs: "balanced" };
const PRESETS = {
  greedy: { temperature: 0, top_k: null, top_p: 1 },
  balanced: { temperature: 0.8, top_k: null, top_p: 0.95 },
  wild: { temperature: 1.5, top_k: null, top_p: 1 },
};

const controls = {
  models: [...root.querySelectorAll("[name='lm-model']")],
  order: find(".order"),
  length: find(".length"),
  seed: find(".seed"),
  prompt: find(".prompt-field"),
  temperature: find(".temperature"),
  top_k: find(".top-k"),
  top_p: find(".top-p"),
};

const touch = matchMedia("(pointer: coarse)").matches;

let shown = null; // the run in view
let wanted = null; // the run last asked for: in view as soon as it can be
let branches = [];
let touched = false; // by the visitor: before that the address stays as it came
let settled = null; // timer of what waits until the visitor stops moving

const ask = Playground.newest((payload) => Playground.ask(server.lm_continue, payload));

// --- the controls, read and written -----------------------------------------------------------------------

function settings() {
  return {
    model: controls.models.find((radio) => radio.checked).value,
    corpus: "shakespeare",
    order: Number(controls.order.value),
    prompt: controls.prompt.value,
    seed: controls.seed.value.trim(),
  };
}

function knobs() {
  const top_k = Number(controls.top_k.value);
  return {
    temperature: Number(controls.temperature.value),
    top_k: top_k === Number(controls.top_k.max) ? null : top_k,
    top_p: Number(controls.top_p.value),
  };
}

function setKnobs({ temperature, top_k, top_p }) {
  controls.temperature.value = temperature;
  controls.top_k.value = top_k ?? controls.top_k.max;
  controls.top_p.value = top_p;
  drawKnobs();
}

function setSettings({ model, order, prompt, seed }) {
  for (const radio of controls.models) radio.checked = radio.value === model;
  controls.order.value = order;
  controls.prompt.value = prompt;
  controls.seed.value = seed;
  drawSettings();
}

// at its right end the slider keeps every token there is
function fitTopK(size) {
  const all = knobs().top_k === null;
  controls.top_k.max = size;
  if (all) controls.top_k.value = size;
}

const sameKnobs = (a, b) => a.temperature === b.temperature && a.top_k === b.top_k && a.top_p === b.top_p;
const length = () => Number(controls.length.value);

function drawKnobs() {
  const now = knobs();
  find(".temperature-value").textContent = Playground.number(now.temperature, 2);
  find(".top-k-value").textContent = now.top_k === null ? Playground.text("lm.top_k.all") : now.top_k;
  find(".top-p-value").textContent = Playground.number(now.top_p, 2);
  for (const button of root.querySelectorAll(".presets button"))
    button.setAttribute("aria-pressed", sameKnobs(PRESETS[button.value], now));
}

function drawSettings() {
  const { model, order } = settings();
  find(".order-value").textContent = order;
  find(".order-field").classList.toggle("unused", model !== "counts");
  controls.order.disabled = model !== "counts";
  fitPrompt();
  drawPromptNote();
}

// the prompt's field grows with its text, to three lines
function fitPrompt() {
  controls.prompt.style.height = "auto";
  controls.prompt.style.height = `${controls.prompt.scrollHeight + 2}px`;
}

function drawPromptNote() {
  const { model, prompt } = settings();
  const count = Array.from(prompt).length;
  const values = { count: Playground.number(count), most: Playground.number(MOST_CHARACTERS) };
  find(".prompt-count").textContent = Playground.text("lm.prompt.count", values);
  find(".prompt-count").classList.toggle("over", count > MOST_CHARACTERS);
  const asRead = shown && shown.settings.prompt === prompt && shown.settings.model === model;
  let note = touch ? "" : Playground.text("lm.prompt.keys");
  if (prompt === "") note = Playground.text(`lm.prompt.empty.${model}`);
  else if (asRead && shown.unknown.length) note = unknownNote(shown);
  else if (asRead && shown.prompt.length > LINKED + HOP)
    note = Playground.text("lm.prompt.link", { count: Playground.number(linkedPrompt(shown).length) });
  find(".prompt-note").textContent = note;
}

function unknownNote({ unknown, moreUnknown }) {
  let list = unknown.join(", ");
  if (moreUnknown) list = Playground.text("lm.prompt.unknown_more", { list, count: Playground.number(moreUnknown) });
  return Playground.text("lm.prompt.unknown", { list });
}

// --- runs: asked for in chunks, kept whole ----------------------------------------------------------------

function newRun(options) {
  const segments = [{ at: 0, force: null, knobs: knobs() }];
  const name = { key: "lm.branch.main", values: {} };
  return { settings: settings(), segments, steps: [], name, goal: 0, filling: null, waiting: null, ...options };
}

// asks for steps until `run` has `goal` of them; a run already being filled goes on to the farther goal
function fill(run, goal) {
  run.goal = Math.min(MOST_TOKENS, Math.max(goal, run.steps.length));
  wanted = run;
  run.filling ??= askForChunks(run).finally(() => (run.filling = null));
  return run.filling;
}

async function askForChunks(run) {
  const slow = setTimeout(() => root.classList.add("slow"), 400);
  try {
    while (run === wanted && run.steps.length < run.goal) {
      const answer = await ask(request(run));
      if (!answer) break; // something newer was asked for
      take(run, answer);
      if (run === wanted) showMore(run);
      Playground.say(root, null);
    }
  } catch (error) {
    Playground.say(root, error);
    run.waiting = null;
    if (shown && run === wanted) giveUp(run);
  } finally {
    clearTimeout(slow);
    root.classList.remove("slow");
    run.goal = run.steps.length;
    if (run === shown) drawTransport();
  }
}

// a run that could not be had: what is in view stays, and the controls that name the model say so
function giveUp(run) {
  wanted = shown;
  if (run === shown || run.settings.model === shown.settings.model) return;
  setSettings({ ...settings(), model: shown.settings.model });
}

function request(run) {
  const start = run.steps.length;
  const segment = run.segments.findLast(({ at }) => at <= start);
  const next = run.segments.find(({ at }) => at > start)?.at ?? Infinity;
  const forced = segment.at === start && segment.force !== null;
  const chunk = start === 0 && !run.fromStart ? WHOLE : CHUNKS[Math.min(start, 2)];
  const count = forced ? 1 : Math.min(chunk, run.goal - start, next - start);
  const made = run.steps.map((step) => step.id);
  return { ...run.settings, ...segment.knobs, made, count, opening: !run.vocabulary };
}

function take(run, answer) {
  if (answer.vocabulary) {
    run.vocabulary = answer.vocabulary;
    run.prompt = answer.prompt_ids.map((id) => answer.vocabulary[id]);
    run.unknown = answer.unknown;
    run.moreUnknown = answer.more_unknown;
  }
  const { data, shape } = Playground.floats(answer.logits);
  for (let i = 0; i < shape[0]; i++) {
    const start = run.steps.length;
    const segment = run.segments.findLast(({ at }) => at <= start);
    const logits = data.subarray(i * shape[1], (i + 1) * shape[1]);
    const step = {
      id: answer.ids[i],
      text: answer.texts[i],
      logits,
      own: Playground.samplingProbs(logits),
      ranked: Playground.ranking(logits),
      context: answer.context[i],
      order: answer.order?.[i] ?? null,
      total: answer.total?.[i] ?? null,
      counted: answer.counted ? new Map(answer.counted[i][0].map((id, j) => [id, answer.counted[i][1][j]])) : null,
      knobs: segment.knobs,
      forced: false,
    };
    step.p = step.own[step.id];
    run.steps.push(start === segment.at && segment.force in run.vocabulary ? forcedStep(step, run, segment.force) : step);
  }
}

// the same step with another token, put there by hand
function forcedStep(step, { vocabulary }, id) {
  return { ...step, id, text: vocabulary[id], p: step.own[id], forced: true };
}

// a branch of `run` that shares its steps before `at`
function branchOf(run, at, force, name) {
  const segments = [...run.segments.filter((segment) => segment.at < at), { at, force, knobs: knobs() }];
  const steps = run.steps.slice(0, at);
  if (force !== null) steps.push({ ...forcedStep(run.steps[at], run, force), knobs: knobs() });
  return { ...run, segments, steps, name, goal: steps.length, filling: null, waiting: null, fromStart: false };
}

// --- what the visitor does --------------------------------------------------------------------------------

// a new text of `count` tokens, seen from step `index`: other branches are of other settings, and go
function begin(index, { count = length(), ...options } = {}) {
  if (Array.from(controls.prompt.value).length > MOST_CHARACTERS) return Playground.say(root, tooLong());
  fill(newRun({ ...options, index: Math.min(index, count - 1) }), count);
}

function tooLong() {
  const count = Playground.number(Array.from(controls.prompt.value).length);
  return { key: "error.too_long", values: { name: "prompt", count, most: Playground.number(MOST_CHARACTERS) } };
}

function write() {
  player.pause();
  find(".play").focus({ preventScroll: true }); // space and the arrows are next
  begin(0, { fromStart: true });
}

// `count` tokens more at the end of the text in view; false where it is full
function more(count) {
  const at = shown.steps.length;
  if (at >= MOST_TOKENS) {
    Playground.say(root, { key: "error.run_full", values: { most: Playground.number(MOST_TOKENS) } });
    return false;
  }
  if (!shown.filling && !sameKnobs(shown.segments.at(-1).knobs, knobs()))
    shown.segments = [...shown.segments.filter((segment) => segment.at < at), { at, force: null, knobs: knobs() }];
  fill(shown, Math.max(shown.goal, at + count));
  return true;
}

function step() {
  if (!shown) return;
  player.pause();
  if (player.index < player.length - 1) return player.show(player.index + 1);
  shown.waiting = player.index + 1;
  if (shown.goal <= player.length) more(1);
}

function takeToken(id) {
  const at = player.index;
  if (!shown?.steps[at] || id === shown.steps[at].id) return;
  player.pause();
  const values = { token: shown.vocabulary[id], step: at + 1 };
  addBranch(branchOf(shown, at, id, { key: "lm.branch.forced", values }));
}

function continueFromHere() {
  const at = player.index + (shown.steps[player.index].forced ? 1 : 0);
  player.pause();
  addBranch(branchOf(shown, at, null, { key: "lm.branch.knobs", values: { step: at + 1 } }));
}

function addBranch(run) {
  run.index = player.index;
  if (run.steps.length > run.index) showMore(run);
  fill(run, run.index + 1 + length());
}

// --- what is in view --------------------------------------------------------------------------------------

const text = Playground.tokenText(find(".token-text"), (index) => {
  player.pause();
  player.show(index);
});
const bars = Playground.tokenBars(find(".token-bars"), takeToken);
const player = Playground.player(root, {
  onFrame: (index) => {
    if (!shown) return;
    shown.index = index;
    text.show(index);
    drawStep();
    later();
  },
  // at the end: pressed there, play makes more; playing, it waits for what was asked for
  onEnd: () => Boolean(shown) && (shown.goal > shown.steps.length || (!player.playing && more(length()))),
});

// after each chunk: a run comes into view when the step it is to open at is there
function showMore(run) {
  if (run !== shown) {
    const ready = run.steps.length > Math.min(run.index, run.goal - 1);
    if (!ready) return;
    if (!branches.includes(run)) branches = run.settings === shown?.settings ? [...branches, run] : [run];
    showRun(run);
    if (run.fromStart) player.play();
  } else {
    text.extend(run.steps);
    drawTransport();
  }
  if (run.waiting !== null && run.steps.length > run.waiting) {
    player.show(run.waiting);
    run.waiting = null;
  }
}

function showRun(run) {
  shown = run;
  wanted = run;
  root.classList.add("ready");
  fitTopK(run.vocabulary.length);
  text.draw(run.prompt, run.steps);
  player.setLength(run.steps.length);
  drawBranches();
  drawPromptNote();
  player.show(Math.min(run.index, run.steps.length - 1));
  drawTransport();
}

function drawTransport() {
  player.setLength(shown.steps.length);
  const scrubber = find(".scrubber");
  scrubber.max = Math.max(shown.goal, shown.steps.length) - 1; // so that the handle does not run back as steps arrive
  drawCounter();
}

function drawCounter() {
  const values = { step: Playground.number(player.index + 1) };
  values.count = Playground.number(Math.max(shown.goal, shown.steps.length));
  find(".counter").textContent = Playground.text("lm.counter", values);
}

function drawStep() {
  const step = shown?.steps[player.index];
  if (!step) return;
  const now = knobs();
  const after = Playground.samplingProbs(step.logits, now);
  const view = { own: step.own, ranked: step.ranked, counted: step.counted, total: step.total, forced: step.forced };
  bars.draw({ ...view, vocabulary: shown.vocabulary, after, chosen: step.id, knobs: now });
  drawContext(step);
  drawEntropy(step.own, after);
  drawNote(step, now);
  drawCounter();
}

function drawContext(step) {
  const seen = shown.prompt.length + player.index; // tokens before this one
  const values = { order: step.order, total: Playground.number(step.total ?? 0) };
  let [said, note] = ["", ""];
  if (step.order === null) {
    const count = Math.min(step.context, seen);
    const key = seen === 0 ? "start" : step.context < seen ? "last" : "all";
    said = Playground.text(`lm.context.gpt.${key}`, { count: Playground.number(count) });
  } else {
    const used = step.order - 1;
    const context = Playground.tokenSign(lastTokens(used).join(""));
    said = Playground.text(used ? "lm.context.counts" : "lm.context.none", { ...values, context });
    if (used < step.context) {
      const whole = Playground.tokenSign(lastTokens(step.context).join(""));
      const key = used < 2 ? `lm.context.backoff.${used}` : "lm.context.backoff";
      note = Playground.text(key, { asked: step.context, used, context: whole });
    } else if (step.order < shown.settings.order) {
      note = Playground.text("lm.context.short", { order: shown.settings.order });
    }
  }
  find(".context-seen").textContent = said;
  find(".context-note").textContent = note;
}

// the last `count` tokens before the one in view
function lastTokens(count) {
  const made = shown.steps.slice(Math.max(0, player.index - count), player.index).map((step) => step.text);
  const missing = count - made.length;
  return missing ? [...shown.prompt.slice(-missing), ...made] : made;
}

function drawEntropy(own, after) {
  const values = (bits) => ({ bits: Playground.number(bits, 1), among: Playground.number(2 ** bits, 1) });
  find(".entropy-own").textContent = Playground.text("lm.entropy", values(Playground.entropy(own)));
  find(".entropy-after").textContent = Playground.text("lm.entropy.after", values(Playground.entropy(after)));
}

function drawNote(step, now) {
  const same = sameKnobs(step.knobs, now);
  const key = step.forced ? "forced" : same ? "same" : "drawn";
  find(".drawn-with").textContent = Playground.text(`lm.note.${key}`, { knobs: knobsInWords(step.knobs) });
  find(".continue").hidden = same;
}

function knobsInWords({ temperature, top_k, top_p }) {
  const words = [Playground.text("lm.note.temperature", { value: Playground.number(temperature, 2) })];
  if (top_k !== null) words.push(`${Playground.text("lm.top_k")} ${Playground.number(top_k)}`);
  if (top_p < 1) words.push(`${Playground.text("lm.top_p")} ${Playground.number(top_p, 2)}`);
  return words.join(", ");
}

function drawBranches() {
  const buttons = branches.map((run) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "branch";
    button.textContent = branchName(run);
    button.setAttribute("aria-pressed", run === shown);
    button.addEventListener("click", () => {
      player.pause();
      showRun(run);
      find(".branch[aria-pressed='true']").focus();
    });
    return button;
  });
  const hint = document.createElement("span");
  hint.className = "caption";
  hint.textContent = Playground.text("lm.branch.hint");
  find(".branches").replaceChildren(...(buttons.length > 1 ? buttons : [hint]));
  const [row, pressed] = [find(".branches"), find(".branch[aria-pressed='true']")];
  if (pressed) row.scrollLeft = pressed.offsetLeft - (row.clientWidth - pressed.offsetWidth) / 2;
}

function branchName({ name: { key, values } }) {
  return Playground.text(key, { ...values, token: values.token && Playground.tokenSign(values.token) });
}

function drawLegend() {
  const levels = [0.02, 0.1, 0.3, 0.7];
  root.querySelectorAll(".legend b").forEach((label, i) => (label.textContent = `${Playground.number(100 * levels[i])} %`));
}

function drawChoices() {
  for (const option of controls.length.options)
    option.textContent = Playground.text("lm.length.tokens", { count: option.value });
  for (const option of find(".speed").options)
    option.textContent = Playground.text("lm.rate", { count: Playground.number(option.value) });
}

// --- the address ------------------------------------------------------------------------------------------

// what need not follow every frame: the address, and the words for a screen reader
function later() {
  clearTimeout(settled);
  settled = setTimeout(() => {
    remember();
    if (!player.playing) announce();
  }, 250);
}

function remember() {
  if (!shown || !touched) return;
  const { model, order, seed } = shown.settings;
  const now = knobs();
  const changed = shown.segments.length > 1 || !sameKnobs(shown.segments[0].knobs, now);
  Playground.address.set({
    lm_m: model,
    lm_o: order,
    lm_p: linkedPrompt(shown),
    lm_empty: shown.prompt.length ? null : 1, // the address keeps no empty values
    lm_s: seed,
    lm_n: shown.steps.length,
    lm_i: player.index + 1,
    lm_t: now.temperature,
    lm_k: now.top_k,
    lm_q: now.top_p,
    lm_f: changed ? shown.segments.map(segmentAsText).join("_") : null,
  });
}

// a link must not grow without end: of a long prompt it keeps the end, more than any model looks at
function linkedPrompt({ prompt, settings }) {
  if (prompt.length <= LINKED + HOP) return settings.prompt;
  return prompt.slice(Math.floor((prompt.length - LINKED) / HOP) * HOP).join("");
}

function segmentAsText({ at, force, knobs: { temperature, top_k, top_p } }) {
  return [at, force ?? "", temperature, top_k ?? "", top_p].join("-");
}

// "0--0.8--0.95_14-39-0.8--0.95" -> segments, or null where anything is not as it should be
function segmentsFrom(written) {
  const segments = (written ?? "").split("_").map((part) => {
    const [at, force, temperature, top_k, top_p, more] = part.split("-");
    if (!/^\d{1,4}$/.test(at) || !/^\d{0,6}$/.test(force) || more !== undefined) return null;
    const found = knobsFrom(temperature, top_k, top_p);
    return found && { at: Number(at), force: force === "" ? null : Number(force), knobs: found };
  });
  const after = (i) => (i ? segments[i - 1]?.at + 1 : 0);
  const rising = segments.every((segment, i) => segment && segment.at < MOST_TOKENS && segment.at >= after(i));
  return rising && segments[0].at === 0 ? segments : null;
}

function knobsFrom(temperature, top_k, top_p) {
  const number = (written) => (/^\d+(\.\d+)?$/.test(written ?? "") ? Number(written) : NaN);
  const found = { temperature: number(temperature), top_k: top_k ? number(top_k) : null, top_p: number(top_p) };
  const good = found.temperature <= 2 && found.top_p >= 0.05 && found.top_p <= 1;
  const kept = found.top_k === null || (Number.isInteger(found.top_k) && found.top_k >= 1);
  return good && kept ? found : null;
}

function restore() {
  const get = Playground.address.get;
  const inRange = (written, low, high) => /^\d{1,20}$/.test(written ?? "") && low <= BigInt(written) && BigInt(written) <= high;
  const model = ["counts", "gpt"].includes(get("lm_m")) ? get("lm_m") : OPENING.model;
  const order = inRange(get("lm_o"), 1n, 8n) ? get("lm_o") : OPENING.order;
  const seed = inRange(get("lm_s"), 0n, 2n ** 64n - 1n) ? get("lm_s") : OPENING.seed;
  const written = get("lm_p") ?? (get("lm_empty") ? "" : OPENING.prompt);
  const prompt = Array.from(written).length <= MOST_CHARACTERS ? written : OPENING.prompt;
  setKnobs(knobsFrom(get("lm_t"), get("lm_k"), get("lm_q")) ?? PRESETS[OPENING.knobs]);
  setSettings({ model, order, prompt, seed });
  const count = inRange(get("lm_n"), 1n, BigInt(MOST_TOKENS)) ? Number(get("lm_n")) : OPENING.length;
  const index = inRange(get("lm_i"), 1n, BigInt(count)) ? Number(get("lm_i")) - 1 : OPENING.index;
  const segments = segmentsFrom(get("lm_f"));
  return { index, options: { count, ...(segments && { segments }) } };
}

function announce() {
  const step = shown?.steps[player.index];
  if (!step) return;
  const values = { step: player.index + 1, count: shown.steps.length, percent: Playground.percent(step.p) };
  find(".spoken").textContent = Playground.text("lm.spoken", { ...values, token: Playground.tokenName(step.text) });
}

// --- wiring -----------------------------------------------------------------------------------------------

for (const kind of ["click", "input", "keydown"])
  root.addEventListener(kind, () => (touched = true), { capture: true });
for (const radio of controls.models) radio.addEventListener("change", changeSettings);
controls.order.addEventListener("input", changeSettings);
controls.seed.addEventListener("change", changeSettings);
controls.prompt.addEventListener("input", () => {
  fitPrompt();
  drawPromptNote();
});
controls.prompt.addEventListener("keydown", (event) => {
  const typed = event.key === "Enter" && !event.shiftKey && !event.isComposing;
  if (!typed || touch) return; // a phone has no other key for a line end
  event.preventDefault();
  write();
});
find(".source").addEventListener("submit", (event) => {
  event.preventDefault();
  write();
});
find(".dice").addEventListener("click", () => {
  controls.seed.value = crypto.getRandomValues(new Uint16Array(1))[0];
  changeSettings();
});
find(".step").addEventListener("click", step);
find(".continue").addEventListener("click", continueFromHere);
for (const knob of [controls.temperature, controls.top_k, controls.top_p]) knob.addEventListener("input", changeKnobs);
for (const button of root.querySelectorAll(".presets button")) {
  button.addEventListener("click", () => {
    setKnobs(PRESETS[button.value]);
    changeKnobs();
  });
}

function changeSettings() {
  player.pause();
  drawSettings();
  begin(player.index); // the same place in the text that the new settings make
}

function changeKnobs() {
  drawKnobs();
  drawStep();
  later();
}

// the right arrow at the end asks for one more, like the step button
root.addEventListener(
  "keydown",
  (event) => {
    const typing = event.target.matches("input:not(.scrubber), select, textarea");
    if (event.key !== "ArrowRight" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    step();
  },
  { capture: true },
);

function drawWords() {
  drawKnobs();
  drawSettings();
  drawLegend();
  drawChoices();
  if (shown) {
    drawBranches();
    drawStep();
  }
}

Playground.onLanguage(drawWords);
Playground.translate(element);
const { index: openAt, options: opening } = restore();
drawWords();
Playground.onFirstView(element, () => begin(openAt, opening));
