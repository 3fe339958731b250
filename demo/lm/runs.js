// Runs: texts in the making. Asked for in chunks, kept whole, and joined into a tree of branches that nothing leaves.
// Python is asked for steps only; each comes with its logits, so looking around and the knobs ask nobody.
//
//   const runs = createRuns({
//     station,    // "generate": each station has a tree of its own; a reload of the page brings it back
//     fetch,      // (payload) => Promise: newest((p) => lmStore.ask("lm_continue", p))
//     settings,   // () => {model, corpus, order, prompt, seed, weight?, snapshot?}, as demo/lm/steps.py takes them
//     knobs,      // () => {temperature, top_k, top_p, weight?}: what the next tokens are drawn with
//     onShow,     // (run): another run is in view, at its step run.index; or one begun anew (run.fromStart)
//     onMore,     // (run): the run in view has more steps, or no longer awaits any
//     onBranches, // (branches, shown): the list or the run in view has changed
//     onBusy,     // (bool): an answer takes longer than usual
//     onError,    // (error or null): what is in view stays; also {key, values} where a text is full
//   });
//   runs.begin({index, count, segments, fromStart})  // a new text with the settings of now, into view as soon as step
//                              // `index` is there; one that was made before comes back instead
//   runs.more(count)           // steps at the end of the run in view, with the knobs of now; false where it is full
//   runs.take(at, id, count)   // a branch where step `at` is the token `id`, and `count` (60) tokens after it
//   runs.continueFrom(at, count)  // a branch that draws step `at` anew with the knobs of now (where a hand put its
//                              // token, the step after it)
//   runs.show(run)             // back into view; one from before a reload is made again first
//   runs.shown, runs.branches (as made), runs.tree ([{run, depth}], each branch below the run it left)
//   runs.nameOf(run)           // words in the language in view
//   runs.toAddress()           // {m, o, p, empty, s, n, i, t, k, q, f, w, v}: without prefix; null removes
//   runFromAddress(get, opening)  // get(name) -> {settings, knobs, index, count, segments}
//                              // what is missing or broken is as in `opening`, by default openingRun()
//   openingRun(corpus), knobsInWords(knobs), MOST_TOKENS, MOST_CHARACTERS
//
// run:  {settings, segments, steps, prompt, vocabulary, unknown, moreUnknown, index, goal, count, parent, at}
//   segments: where something was changed by hand: [{at, force, knobs}], force the id of a token put there, or null;
//   prompt: what each of its tokens adds to the text; index: the step it was left at (stations write it);
//   goal: steps it has or awaits; parent and at: the run it left and at which step (null: none).
// step: {id, text, p, knobs, forced, logits, own, ranked, context, order, total, counted, parts}
//   p: of the token, before the knobs; own: probabilities before the knobs; ranked: ids, likeliest first; context: how
//   many tokens the model saw; of counts the order that answered, total and counted (Map id -> count); GPT: null.
//   parts: null, or of a mixture [{logits, context, order, total, counted} of the counts, the same of the GPT]; own is
//   then weight * GPT + (1 - weight) * counts, logits their logarithm, and order, total, counted those of the counts.
//   logits, own and ranked are getters: a vocabulary of words is large, and of few steps they are kept.
import { PRESETS, rankTokens, sameKnobs, samplingProbs } from "./sampling.js";
import { lmStore } from "./store.js";
import { tokenSign } from "./tokens.js";
import { formatNumber, formatPercent, language, onLanguage, sentence } from "../web/i18n.js";

export const MOST_TOKENS = 1000; // of a run, as in demo/lm/steps.py
export const MOST_CHARACTERS = 10000; // of a prompt, as in demo/lm/steps.py
const CHUNKS = [1, 8, 32]; // tokens asked for at a time while a visitor waits: the first one shows at once
const WHOLE = 60; // tokens of a chunk where a text is to appear as it was
const MOST_KEPT = 50; // runs
const LOOKED_AT = 32; // steps whose sums are kept
const HOP = 64; // tokens by which the GPT's window moves on: a prompt cut by a multiple is read alike
const LINKED = 512; // tokens of a long prompt that a link keeps, at least
const MODELS = ["counts", "gpt", "mix"];

const vocabularies = new Map(); // corpus -> tokens: sent once

// where a station mixes two models, their weight is one of the knobs
const sameChoice = (a, b) => sameKnobs(a, b) && a.weight === b.weight;

// --- steps ----------------------------------------------------------------------------------------------

const sums = new Map(); // step -> {own, logits, ranked}, the steps last looked at

function lookAt(step) {
  const found = sums.get(step) ?? sumsOf(step);
  sums.delete(step);
  sums.set(step, found);
  if (sums.size > LOOKED_AT) sums.delete(sums.keys().next().value);
  return found;
}

function sumsOf({ said, weight }) {
  const [first, second] = said.map(({ logits }) => samplingProbs(logits));
  const own = second ? first.map((p, id) => weight * second[id] + (1 - weight) * p) : first;
  const logits = second ? own.map(Math.log) : said[0].logits;
  return { own, logits, ranked: rankTokens(logits) };
}

class Step {
  constructor(fields) {
    Object.assign(this, fields);
    const shares = this.said.map(({ logits }) => shareOf(logits, this.id));
    this.p = shares.length > 1 ? this.weight * shares[1] + (1 - this.weight) * shares[0] : shares[0];
  }

  get logits() {
    return lookAt(this).logits;
  }

  get own() {
    return lookAt(this).own;
  }

  get ranked() {
    return lookAt(this).ranked;
  }

  get parts() {
    return this.said.length > 1 ? this.said : null;
  }

  get context() {
    return Math.max(...this.said.map(({ context }) => context));
  }

  get order() {
    return this.said[0].order;
  }

  get total() {
    return this.said[0].total;
  }

  get counted() {
    return this.said[0].counted;
  }
}

function shareOf(logits, id) {
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - logits[id]);
  return 1 / sum;
}

function stepsOf(answer, { settings, segments }, start) {
  const said = (answer.parts ?? [answer]).map((record) => ({ ...record, rows: lmStore.logits(record.logits) }));
  return answer.ids.map((id, i) => {
    const segment = segmentAt(segments, start + i);
    return new Step({
      id,
      text: answer.texts[i],
      said: said.map((record) => ({
        logits: record.rows[i],
        context: record.context[i],
        order: record.order?.[i] ?? null,
        total: record.total?.[i] ?? null,
        counted: record.counted ? mapOf(record.counted[i]) : null,
      })),
      weight: segment.knobs.weight ?? settings.weight,
      knobs: segment.knobs,
      forced: segment.at === start + i && segment.force !== null,
    });
  });
}

const mapOf = ([ids, counts]) => new Map(ids.map((id, i) => [id, counts[i]]));
const segmentAt = (segments, place) => segments.findLast(({ at }) => at <= place);

// --- runs -----------------------------------------------------------------------------------------------

const EMPTY = { index: 0, goal: 0, count: 0, filling: null, parent: null, at: null };
const newRun = (fields) => ({ ...EMPTY, steps: [], ...fields });

// what makes a run the one it is
function identity({ settings: { corpus, model, order, prompt, seed, weight, snapshot }, segments }) {
  const counts = model === "gpt" ? null : Number(order);
  return JSON.stringify([corpus, model, counts, prompt, seed, model === "mix" ? weight : null, snapshot, segments]);
}

// a text of the visitor's may be gone, and its runs with it
const within = ({ settings: { corpus } }) => !corpus.startsWith("own:") || lmStore.texts.has(corpus.slice(4));

const nothing = () => {};

export const createRuns = ({ station, fetch, settings, knobs, ...heard }) => {
  const { onShow = nothing, onMore = nothing, onBranches = nothing, onBusy = nothing, onError = nothing } = heard;
  const storage = `lm-runs-${station}`;
  let kept = recall(storage); // every run of the session, as made
  let shown = null; // the run in view
  let wanted = null; // the run last asked for: in view as soon as it can be

  const branches = () => kept.filter(within);
  const tell = () => shown && onBranches(branches(), shown);

  // asks for steps until `run` has `goal` of them; a run already being filled goes on to the farther goal
  function fill(run, goal) {
    run.goal = Math.min(MOST_TOKENS, Math.max(goal, run.steps.length));
    run.count = run.goal;
    wanted = run;
    run.filling ??= askForChunks(run).finally(() => (run.filling = null));
    return run.filling;
  }

  async function askForChunks(run) {
    const slow = setTimeout(() => onBusy(true), 400);
    try {
      while (run === wanted && run.steps.length < run.goal) {
        const answer = await fetch(request(run));
        if (!answer) break; // something newer was asked for
        accept(run, answer);
        onError(null);
        if (run === wanted) arrived(run);
      }
    } catch (error) {
      if (run === wanted) wanted = shown; // what is in view stays
      onError(error);
    } finally {
      clearTimeout(slow);
      if (run === wanted || wanted === shown) onBusy(false);
      run.goal = run.steps.length;
      if (run === shown) onMore(run);
    }
  }

  function request(run) {
    const start = run.steps.length;
    const { at, force, knobs: drawnWith } = segmentAt(run.segments, start);
    const next = run.segments.find((segment) => segment.at > start)?.at ?? Infinity;
    const forced = at === start && force !== null;
    return {
      ...run.settings,
      ...drawnWith,
      made: run.steps.map(({ id }) => id),
      count: forced ? 1 : Math.min(chunkOf(run), run.goal - start, next - start),
      force: forced ? force : null,
      opening: !run.prompt,
      vocabulary: !vocabularies.has(run.settings.corpus),
    };
  }

  function chunkOf(run) {
    const [start, { index }] = [run.steps.length, run];
    const soon = start >= index && (run === shown || run.fromStart || run.parent);
    return soon ? CHUNKS[Math.min(start - index, CHUNKS.length - 1)] : WHOLE;
  }

  function accept(run, answer) {
    const { corpus } = run.settings;
    if (answer.vocabulary) vocabularies.set(corpus, answer.vocabulary);
    run.vocabulary = vocabularies.get(corpus);
    if (answer.prompt) {
      run.prompt = answer.prompt;
      run.unknown = answer.unknown;
      run.moreUnknown = answer.more_unknown;
      // a link may name a token that is not there
      const known = ({ force }) => force === null || force in run.vocabulary;
      run.segments = run.segments.map((segment) => (known(segment) ? segment : { ...segment, force: null }));
    }
    run.steps.push(...stepsOf(answer, run, run.steps.length));
  }

  // after each chunk: a run comes into view when the step it is to open at is there
  function arrived(run) {
    if (run === shown) return onMore(run);
    if (run.steps.length > Math.min(run.index, run.goal - 1)) bringIntoView(run);
  }

  function bringIntoView(run) {
    wanted = shown = run;
    keep(run);
    run.index = Math.min(run.index, run.steps.length - 1);
    onShow(run);
    run.fromStart = false;
    tell();
  }

  function keep(run) {
    if (!kept.includes(run)) kept.push(run);
    while (kept.length > MOST_KEPT) {
      const others = kept.filter((other) => other !== shown && other !== wanted);
      forget(others.find((other) => !other.steps.length) ?? others[0]);
    }
    remember();
  }

  function forget(run) {
    kept = kept.filter((other) => other !== run);
    for (const other of kept) if (other.parent === run) other.parent = run.parent;
  }

  function remember() {
    const recipes = kept.map(({ settings, segments, steps, count, index, parent, at }) => {
      return { settings, segments, count: Math.max(count, steps.length), index, parent: kept.indexOf(parent), at };
    });
    try {
      sessionStorage.setItem(storage, JSON.stringify(recipes));
    } catch {
      // a browser that keeps nothing: the list lasts as long as the page
    }
  }

  function open(fields, count) {
    const made = kept.find((other) => identity(other) === identity(fields));
    const run = made ?? newRun(fields);
    Object.assign(run, { index: fields.index, fromStart: Boolean(fields.fromStart) });
    return show(run, Math.max(count, run.count));
  }

  function show(run, count = run.count) {
    if (run.steps.length > run.index) bringIntoView(run);
    return fill(run, count);
  }

  function begin({ index = 0, count = WHOLE, segments = [{ at: 0, force: null, knobs: knobs() }], fromStart }) {
    return open({ settings: settings(), segments, index: Math.min(index, count - 1), fromStart }, count);
  }

  function more(count) {
    const at = shown.steps.length;
    if (at >= MOST_TOKENS) {
      onError({ key: "error.run_full", values: { most: formatNumber(MOST_TOKENS) } });
      return false;
    }
    if (!shown.filling && !sameChoice(shown.segments.at(-1).knobs, knobs()))
      shown.segments = [...shown.segments.filter((segment) => segment.at < at), { at, force: null, knobs: knobs() }];
    fill(shown, Math.max(shown.goal, at + count));
    return true;
  }

  // a branch of the run in view that shares its steps before `at`, seen from step `index`
  function branch(at, force, index, count) {
    const segments = [...shown.segments.filter((segment) => segment.at < at), { at, force, knobs: knobs() }];
    const { settings, prompt, vocabulary, unknown, moreUnknown } = shown;
    const fields = { settings, prompt, vocabulary, unknown, moreUnknown, segments, index, parent: shown, at };
    return open({ ...fields, steps: shown.steps.slice(0, at) }, index + 1 + count);
  }

  function take(at, id, count = WHOLE) {
    if (shown?.steps[at] && id !== shown.steps[at].id) branch(at, id, at, count);
  }

  function continueFrom(at, count = WHOLE) {
    branch(at + (shown.steps[at].forced ? 1 : 0), null, at, count);
  }

  // depth first, each branch below the run it left
  function tree() {
    const all = branches();
    const below = (run, depth) => [
      { run, depth },
      ...all.filter((other) => other.parent === run).flatMap((other) => below(other, depth + 1)),
    ];
    return all.filter(({ parent }) => !all.includes(parent)).flatMap((run) => below(run, 0));
  }

  const nameOf = (run) => nameAmong(branches(), run);

  window.addEventListener("pagehide", remember);
  lmStore.listen(tell);
  onLanguage(tell);

  return {
    begin,
    more,
    take,
    continueFrom,
    show: (run) => void show(run),
    nameOf,
    toAddress: () => addressOf(shown, knobs()),
    get shown() {
      return shown;
    },
    get branches() {
      return branches();
    },
    get tree() {
      return tree();
    },
  };
};

// the runs of before a reload: how to make them, not their steps
function recall(storage) {
  try {
    const recipes = JSON.parse(sessionStorage.getItem(storage)) ?? [];
    const found = recipes.map(({ settings, segments, count, index, at }) => {
      return newRun({ settings: { ...settings }, segments: [...segments], count, index, at });
    });
    recipes.forEach(({ parent }, i) => (found[i].parent = found[parent] ?? null));
    return found.filter((run) => identity(run) && run.segments.length);
  } catch {
    return []; // not as it should be
  }
}

// --- names ----------------------------------------------------------------------------------------------

// by what differs: of a branch where it left and how, of the others what they were made with
function nameAmong(all, run) {
  const roots = all.filter(({ parent }) => !all.includes(parent));
  const root = roots.includes(run);
  return [...(root ? rootWords(roots, run) : []), ...(run.at === null ? [] : [branchWords(run)])].join(" · ");
}

function branchWords({ segments, at, settings, vocabulary }) {
  const { force, knobs } = segments.find((segment) => segment.at === at) ?? segments.at(-1);
  const step = formatNumber(at + 1);
  if (force === null) return sentence("lm.branch.knobs", { knobs: knobsName(knobs), step });
  const token = (vocabulary ?? vocabularies.get(settings.corpus))?.[force];
  return sentence("lm.branch.forced", { token: token ? tokenSign(token) : "…", step });
}

function rootWords(roots, run) {
  const several = (read) => new Set(roots.map(read)).size > 1;
  const { corpus, prompt, seed } = run.settings;
  const words = [modelName(run.settings), sentence("lm.branch.seed", { seed })];
  if (several((other) => other.settings.corpus)) words.unshift(corpusName(corpus));
  if (several((other) => other.settings.prompt)) words.push(promptName(prompt));
  const alike = (other) => JSON.stringify({ ...other.settings }) === JSON.stringify({ ...run.settings });
  if (roots.filter(alike).length > 1) words.push(knobsName(run.segments[0].knobs));
  return words;
}

function modelName({ model, order, weight, snapshot }) {
  const values = { order, weight: formatPercent(weight ?? 0), step: snapshot };
  if (model === "gpt" && (snapshot ?? null) !== null) return sentence("lm.branch.snapshot", values);
  return sentence(`lm.branch.model.${model}`, values);
}

function corpusName(corpus) {
  if (!corpus.startsWith("own:")) return sentence(`lm.corpus.${corpus}`);
  return lmStore.texts.get(corpus.slice(4))?.name || sentence("lm.corpus.own");
}

function promptName(prompt) {
  const characters = Array.from(tokenSign(prompt));
  return `“${characters.length > 12 ? "…" : ""}${characters.slice(-12).join("")}”`;
}

function knobsName(knobs) {
  const preset = Object.keys(PRESETS).find((name) => sameKnobs(PRESETS[name], knobs));
  return preset ? sentence(`lm.preset.${preset}`) : knobsInWords(knobs);
}

export function knobsInWords({ temperature, top_k, top_p }) {
  const words = [sentence("lm.note.temperature", { value: formatNumber(temperature, 2) })];
  if (top_k !== null) words.push(`${sentence("lm.top_k")} ${formatNumber(top_k)}`);
  if (top_p < 1) words.push(`${sentence("lm.top_p")} ${formatNumber(top_p, 2)}`);
  return words.join(", ");
}

// --- the address ----------------------------------------------------------------------------------------

function addressOf(run, now) {
  const { model, order, seed, weight, snapshot } = run.settings;
  const [first, second] = run.segments;
  const changed = second || first.force !== null || !sameChoice(first.knobs, now);
  return {
    m: model,
    o: order,
    p: linkedPrompt(run),
    empty: run.settings.prompt === "" ? 1 : null, // the address keeps no empty values
    s: seed,
    n: run.steps.length,
    i: run.index + 1,
    t: now.temperature,
    k: now.top_k,
    q: now.top_p,
    f: changed ? run.segments.map(segmentAsText).join("_") : null,
    w: model === "mix" ? weight : null,
    v: snapshot ?? null,
  };
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

const decimal = (written) => (/^\d+(\.\d+)?$/.test(written ?? "") ? Number(written) : NaN);

function knobsFrom(temperature, top_k, top_p) {
  const found = { temperature: decimal(temperature), top_k: top_k ? decimal(top_k) : null, top_p: decimal(top_p) };
  const good = found.temperature <= 2 && found.top_p >= 0.05 && found.top_p <= 1;
  const whole = found.top_k === null || (Number.isInteger(found.top_k) && found.top_k >= 1);
  return good && whole ? found : null;
}

const inRange = (written, low, high) =>
  /^\d{1,20}$/.test(written ?? "") && BigInt(low) <= BigInt(written) && BigInt(written) <= BigInt(high);

export const runFromAddress = (get, opening = openingRun()) => {
  const { settings, index, count } = opening;
  const corpus = lmStore.name();
  const number = (name, low, high) => (inRange(get(name), low, high) ? Number(get(name)) : null);
  const able = MODELS.includes(get("m")) && (get("m") === "counts" || lmStore.hasGpt(corpus));
  const written = get("p") ?? (get("empty") ? "" : settings.prompt);
  const length = number("n", 1, MOST_TOKENS) ?? count;
  const weight = decimal(get("w"));
  return {
    settings: {
      ...settings,
      corpus,
      model: able ? get("m") : settings.model,
      order: number("o", 1, lmStore.orders(corpus).most) ?? settings.order,
      prompt: Array.from(written).length <= MOST_CHARACTERS ? written : settings.prompt,
      seed: inRange(get("s"), 0, 2n ** 64n - 1n) ? get("s") : settings.seed,
      ...(weight <= 1 && { weight }),
      ...(number("v", 0, 10 ** 9) !== null && { snapshot: number("v", 0, 10 ** 9) }),
    },
    knobs: knobsFrom(get("t"), get("k"), get("q")) ?? opening.knobs,
    count: length,
    index: number("i", 1, length) === null ? Math.min(index, length - 1) : number("i", 1, length) - 1,
    segments: segmentsFrom(get("f")) ?? undefined,
  };
};

// --- openings: a text that teaches at once --------------------------------------------------------------

const OPENINGS = {
  shakespeare: { order: 5, prompt: "ROMEO:", seed: "2", index: 32 },
  machado: { order: 3, prompt: "Capitu olhou", seed: "1", index: 1 },
};

export const openingRun = (corpus = lmStore.name()) => {
  const { first } = lmStore.orders(corpus);
  const { index, ...found } = OPENINGS[corpus] ?? { order: first, prompt: firstWord(corpus), seed: "1", index: 0 };
  return { settings: { model: "counts", corpus, ...found }, knobs: PRESETS.balanced, index, count: WHOLE };
};

// of a text of the visitor's its first word; of the sample, which only Python has, one that stands in it
function firstWord(corpus) {
  const text = lmStore.texts.get(corpus.slice(4))?.text;
  if (!text) return language === "pt-BR" ? "o " : "the ";
  return Array.from(text.trim().split(/\s/, 1)[0]).slice(0, 24).join("");
}
