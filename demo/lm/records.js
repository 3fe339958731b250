// A run as data for download, with the names of /lm_generate.
import { entropy, samplingProbs } from "./sampling.js";

/** A record for each step. */
export function recordsOf({ steps }) {
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

/** The generated text of a run. */
export const textOf = ({ steps }) => steps.map(({ text }) => text).join("");

/** CSV (RFC 4180), with a byte order mark, by which spreadsheets recognise UTF-8. */
export function csvOf(records) {
  const quoted = (value) => `"${value.replaceAll('"', '""')}"`;
  const field = (value) => (typeof value === "string" ? quoted(value) : String(value ?? ""));
  const lines = [Object.keys(records[0]), ...records.map((record) => Object.values(record).map(field))];
  return `\ufeff${lines.map((line) => `${line.join(",")}\r\n`).join("")}`;
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
