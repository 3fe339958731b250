// The glossary: which terms there are, in which tabs they are explained, and where they stand in a sentence.
//
// A term's name, its one sentence and the forms that it takes are the sentences term.<name>, .what and .forms.
import { sentence } from "./i18n.js";

/** Term -> the tabs whose sentences it is explained in. @type {Record<string, string>} */
export const TERMS = {
  token: "lm",
  prompt: "lm",
  context: "lm",
  order: "lm",
  ngram: "lm",
  markov: "lm",
  table: "lm",
  language_model: "lm",
  chatgpt: "lm",
  autocomplete: "lm",
  backoff: "lm",
  smoothing: "lm",
  discount: "lm",
  kneser_ney: "lm",
  temperature: "lm",
  temperature_vae: "vae",
  top_k: "lm",
  top_p: "lm",
  logit: "vae gan lm",
  surprise: "lm",
  bit: "lm",
  nat: "vae gan lm",
  entropy: "lm",
  perplexity: "lm",
  rank: "lm",
  greedy: "lm",
  gpt: "lm",
  bpe: "lm",
  network: "vae gan lm",
  parameter: "vae gan lm",
  learning_rate: "vae gan lm",
  loss: "vae gan lm",
  epoch: "vae gan lm",
  checkpoint: "vae gan lm",
  held_out: "vae gan lm",
  memorising: "vae gan lm",
  bias: "vae gan lm",
  seed: "vae gan lm",
  sample: "vae gan",
  vae: "vae",
  latent: "vae gan",
  encoder: "vae gan",
  decoder: "vae gan",
  prior: "vae gan",
  posterior: "vae gan",
  kl: "vae",
  elbo: "vae",
  reconstruction: "vae",
  interpolation: "vae gan",
  pixel_fade: "vae gan",
  dead: "vae",
  gan: "gan",
  generator: "gan",
  discriminator: "gan",
  real: "gan",
  generated: "gan",
  collapse: "gan",
  truncation: "gan",
  r1: "gan",
  ema: "gan",
  coverage: "gan",
  cfid: "gan",
  sharpness: "gan",
  diffusion: "vae",
};

/** @typedef {keyof typeof TERMS} Term */
/** @typedef {{text: string, term: string | null}} Piece */

/**
 * The forms of all terms of a tab: lower-case form -> term.
 * @param {string} family
 * @returns {Map<string, string>}
 */
export function formsOf(family) {
  const forms = new Map();
  for (const [term, families] of Object.entries(TERMS)) {
    if (!families.split(" ").includes(family)) continue;
    for (const form of sentence(`term.${term}.forms`).split("|")) forms.set(form.toLowerCase(), term);
  }
  return forms;
}

/**
 * Cuts a sentence into pieces, of which some are terms. Each term is found once, where it stands first; of two forms that
 * begin at the same place the longer one counts.
 * @param {string} text
 * @param {Map<string, string>} forms
 * @returns {Piece[]}
 */
export function piecesOf(text, forms) {
  const longestFirst = [...forms.keys()].sort((a, b) => b.length - a.length).map(asPattern);
  if (!longestFirst.length) return [{ text, term: null }];
  // old browsers cannot look behind: what stands before the form is matched with it
  const pattern = new RegExp(`(^|[^\\p{L}\\p{N}-])(${longestFirst.join("|")})(?![\\p{L}\\p{N}]|-\\p{L})`, "giu");
  const pieces = [];
  const found = new Set();
  let end = 0;
  for (const { index, 1: before, 2: form } of text.matchAll(pattern)) {
    const term = forms.get(form.toLowerCase());
    if (found.has(term)) continue;
    found.add(term);
    const start = index + before.length;
    if (start > end) pieces.push({ text: text.slice(end, start), term: null });
    pieces.push({ text: form, term });
    end = start + form.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), term: null });
  return pieces;
}

const asPattern = (form) => form.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
