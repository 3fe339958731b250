// The words of the station "Counts and GPT" about a step: what each model looked at, and the numbers below its bars.
import { meanSurprise, mixed, partingOf } from "./parting.js";
import { entropy } from "./sampling.js";
import { tokensBefore } from "./steps.js";
import { tokenSign } from "./tokens.js";
import { MODELS } from "../web/contract.js";
import { formatNumber, formatPercent, plural, sentence } from "../web/i18n.js";

const CLOSE = 0.05; // up to this distance the two agree

export function cutInWords({ by: knob }, knobs) {
  if (knob === null) return "";
  const value = knob === "top_k" ? formatNumber(knobs.top_k) : formatNumber(knobs.top_p, 2);
  return sentence(`lm.compare.cut.${knob}`, { value });
}

/** What each model looked at, at step `index` of the run. */
export function knowsOf(run, index) {
  const [counts, gpt] = run.steps[index].parts;
  return {
    counts: countsKnow(counts, run, index),
    gpt: gptKnows(gpt, run, index),
    mix: sentence("lm.compare.knows.mix"),
  };
}

function countsKnow({ context: asked, order, total }, run, index) {
  const used = order - 1;
  const [whole, context] = [asked, used].map((count) => tokenSign(tokensBefore(run, index, count).join("")));
  const values = { asked, used, whole, context, total: formatNumber(total), times: plural("lm.times", total) };
  if (used === asked) return sentence(used ? "lm.compare.knows.seen" : "lm.compare.knows.none", values);
  return sentence(used ? "lm.compare.knows.backoff" : "lm.compare.knows.backoff.0", values);
}

function gptKnows({ context }, run, index) {
  const before = run.prompt.length + index; // tokens before this one
  const key = before === 0 ? "start" : context < before ? "last" : before === 1 ? "one" : "all";
  return sentence(`lm.compare.knows.${key}`, { count: formatNumber(Math.min(context, before)) });
}

/** The numbers below each column: its entropy, the surprise of the current token, and the mean surprise so far. */
export function factsOf(run, index, { counts, gpt, mix, weight }) {
  const step = run.steps[index];
  const { shares } = partingOf(step);
  const nats = [...shares, mixed(shares, weight)].map((p) => Math.max(0, -Math.log(p))); // not -0
  const means = meanSurprise(run.steps, index, weight);
  const token = tokenSign(run.vocabulary[step.id]);
  const facts = [counts, gpt, mix].map((probs, i) => {
    const bits = entropy(probs);
    return [
      fact("among", 2 ** bits, { bits: formatNumber(bits, 1) }),
      fact("surprise", nats[i], { token }),
      fact("mean", means[i], { step: formatNumber(index + 1) }),
    ];
  });
  return Object.fromEntries(MODELS.map((column, i) => [column, facts[i]]));
}

function fact(name, value, values) {
  const title = sentence(`lm.compare.${name}.title`, values);
  const digits = name === "among" ? 1 : 2;
  return { name: sentence(`lm.compare.${name}`), value: formatNumber(value, digits), title };
}

/** The token on which the two differ most, or that they agree, in words. */
export function partingInWords(step, { counts, gpt, vocabulary }) {
  const { distance, parting } = partingOf(step);
  const percents = { counts: formatPercent(counts[parting]), gpt: formatPercent(gpt[parting]) };
  const values = { ...percents, token: tokenSign(vocabulary[parting]), distance: formatPercent(distance, 0) };
  const key = distance > CLOSE ? "lm.compare.parting" : "lm.compare.agree";
  return sentence(key, values);
}
