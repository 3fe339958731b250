// Names of runs, in the current language.
import { PRESETS } from "../web/contract.js";
import { formatNumber, formatPercent, sentence } from "../web/i18n.js";
import { sameKnobs } from "./sampling.js";
import { lmStore } from "./store.js";
import { tokenSign } from "./tokens.js";

const PROMPT_SHOWN = 12; // characters of a prompt's end

/**
 * Names a run by its differences: a branch by the step and the change, any other run by its settings.
 * @param {any[]} all the runs from which the name must distinguish it
 * @param {any} run
 * @param {string[]} [vocabulary] of its corpus, once it is known
 */
export function nameAmong(all, run, vocabulary) {
  const roots = all.filter(({ parent }) => !all.includes(parent));
  const root = roots.includes(run);
  return [...(root ? rootWords(roots, run) : []), ...(run.at === null ? [] : [branchWords(run, vocabulary)])].join(
    " · ",
  );
}

function branchWords({ segments, at }, vocabulary) {
  const { force, knobs } = segments.find((segment) => segment.at === at) ?? segments.at(-1);
  const step = formatNumber(at + 1);
  if (force === null) return sentence("lm.branch.knobs", { knobs: knobsName(knobs), step });
  const token = vocabulary?.[force];
  return sentence("lm.branch.forced", { token: token ? tokenSign(token) : "…", step });
}

/** The corpus and the model of a run: "Shakespeare · Counts, order 5". */
export const sourceInWords = ({ settings }) => [corpusName(settings.corpus), modelName(settings)].join(" · ");

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
  return lmStore.ownOf(corpus)?.name || sentence("lm.corpus.own");
}

function promptName(prompt) {
  const characters = Array.from(tokenSign(prompt));
  return `“${characters.length > PROMPT_SHOWN ? "…" : ""}${characters.slice(-PROMPT_SHOWN).join("")}”`;
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
