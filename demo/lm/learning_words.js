// The words of the station "Learning" about a GPT's training.
import { formatNumber, sentence } from "../web/i18n.js";

/** A step of training. @param {number} step */
export const stepInWords = (step) =>
  sentence(step ? "lm.learning.step" : "lm.learning.untrained", { step: formatNumber(step) });

/** A loss in nats, or as the equivalent number of equally likely choices. @param {number} loss @param {"nats" | "among"} scale */
export const lossInWords = (loss, scale) =>
  scale === "among"
    ? sentence("lm.learning.loss.among", { among: formatNumber(Math.exp(loss), 1) })
    : sentence("lm.learning.loss.nats", { nats: formatNumber(loss, 2) });

/**
 * The validation loss of a snapshot, and which orders of the counts it beats, in words.
 * @param {{step: number, validation: number}} row
 * @param {Record<string, number>} counts order -> nats
 */
export function standingInWords({ step, validation }, counts) {
  const orders = Object.keys(counts).map(Number);
  const beaten = orders.filter((order) => validation < counts[order]);
  const key = beaten.length === orders.length ? "all" : beaten.length ? "some" : "none";
  const next = orders.find((order) => !beaten.includes(order));
  const values = { when: stepInWords(step), order: beaten.at(-1), next };
  return orders.length ? sentence(`lm.learning.now.${key}`, values) : "";
}

/**
 * The losses of the counts as a table (web/data_table.js).
 * @param {Record<string, number>} counts order -> nats
 * @param {"lm.learning.validation" | "lm.train.held_out"} text the key of what the text is called
 * @param {(loss: number) => string} inWords
 */
export const countsTable = (counts, text, inWords) => ({
  columns: [sentence("table.counts"), sentence(text)],
  rows: Object.entries(counts).map(([orders, loss]) => [sentence("lm.train.order", { orders }), inWords(loss)]),
});

/** The step at which the GPT becomes better than the counts of each order. @param {[number, number | null][]} passed */
export function passedInWords(passed) {
  const groups = [];
  for (const [order, step] of passed) {
    if (groups.at(-1)?.step === step) groups.at(-1).high = order;
    else groups.push({ low: order, high: order, step });
  }
  const words = groups.map(({ low, high, step }) => {
    const key = `${step === null ? "never" : "by"}.${low === high ? "one" : "several"}`;
    return sentence(`lm.learning.passed.${key}`, { low, high, step: formatNumber(step ?? 0) });
  });
  return sentence("lm.learning.passed", { list: words.join("; ") });
}
