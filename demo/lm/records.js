// A run as data for download, with the names of /lm_generate.
import { entropy, samplingProbs } from "./sampling.js";

const LIKELIEST = 10; // tokens of every step

/** The ids of a step's likeliest tokens, by the model's probability. */
export const likeliestOf = ({ ranked }) => Array.from(ranked.subarray(0, LIKELIEST));

/** A record for each step. */
export function recordsOf({ steps, vocabulary }) {
  return steps.map((step, i) => {
    const { id, text, own, counted, parts, knobs } = step;
    const shares = parts?.map(({ logits }) => samplingProbs(logits)[id]);
    const after = samplingProbs(step.logits, knobs, step.ranked);
    return {
      step: i + 1,
      token: text,
      token_id: id,
      prob: own[id],
      sampling_prob: after[id],
      entropy_bits: entropy(own),
      order: step.order,
      count: counted ? (counted.get(id) ?? 0) : null,
      total: step.total,
      ...knobs,
      forced: step.forced,
      ...(shares && { prob_counts: shares[0], prob_gpt: shares[1], weight: step.weight }),
      likeliest: likeliestOf(step).map((other) => {
        return { token: vocabulary[other], token_id: other, prob: own[other], sampling_prob: after[other] };
      }),
    };
  });
}

/** The generated text of a run. */
export const textOf = ({ steps }) => steps.map(({ text }) => text).join("");

/**
 * CSV (RFC 4180), with a byte order mark, by which spreadsheets recognise UTF-8. A spreadsheet in a language
 * with a decimal comma, such as Portuguese, wants semicolons between columns. A text that it would take for a formula gets an apostrophe before it.
 * @param {any[]} records as `recordsOf` returns them
 * @param {string} language such as "pt-BR"
 */
export function csvOf(records, language = "en") {
  const point = new Intl.NumberFormat(language).format(0.5).includes(",") ? "," : ".";
  const separator = point === "," ? ";" : ",";
  const quoted = (text) => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
  const field = (value) =>
    typeof value === "string"
      ? quoted(value)
      : String(value ?? "").replace(".", typeof value === "number" ? point : ".");
  const rows = records.map(inColumns);
  const lines = [Object.keys(rows[0]), ...rows.map((row) => Object.values(row).map(field))];
  return `\ufeff${lines.map((line) => `${line.join(separator)}\r\n`).join("")}`;
}

// a record without lists: the likeliest tokens in columns token_1, prob_1, sampling_prob_1, token_2 …
function inColumns({ likeliest, ...record }) {
  const columns = likeliest.flatMap(({ token, prob, sampling_prob }, i) => {
    return Object.entries({ token, prob, sampling_prob }).map(([name, value]) => [`${name}_${i + 1}`, value]);
  });
  return { ...record, ...Object.fromEntries(columns) };
}

/** The whole run as JSON; `link` reopens it. */
export function jsonOf(run, knobs, link) {
  const { model, order, snapshot, seed, prompt } = run.settings;
  const record = {
    model,
    corpus: corpusOf(run),
    order: model === "gpt" ? null : order,
    weight: model === "mix" ? run.steps[0].weight : null, // each step has its own
    snapshot: snapshot ?? null,
    seed,
    prompt,
    link,
    knobs,
    text: textOf(run),
    steps: recordsOf(run),
  };
  return JSON.stringify(record, null, 1);
}

// without the key of a visitor's own text, which has no meaning outside the page
const corpusOf = ({ settings: { corpus } }) => corpus.split(":")[0];

/** The name of a file with a run, such as "next-token-shakespeare-counts5-seed2". */
export function fileName(run) {
  const { model, order, snapshot, seed } = run.settings;
  const counts = model === "gpt" ? [] : [`counts${order}`];
  const gpt = model === "counts" ? [] : [`gpt${model === "mix" ? Math.round(100 * run.steps[0].weight) : ""}`];
  const moment = (snapshot ?? null) === null ? [] : [`step${snapshot}`];
  return ["next-token", corpusOf(run), ...counts, ...gpt, ...moment, `seed${seed}`].join("-");
}
