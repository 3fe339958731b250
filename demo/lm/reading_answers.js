// What a model says about a text: the answer of lm_look, with its numbers unpacked.
import { lmStore } from "./store.js";
import { unpackFloats } from "../web/pictures.js";

/** @param {{corpus: string, text: string, model: string, order: number | null}} payload */
export async function askReading(payload) {
  const answer = /** @type {any} */ (await lmStore.ask("lm_look", payload));
  answer.nats = unpackFloats(answer.nats).data;
  answer.top.probs = unpackFloats(answer.top.probs).data;
  return answer;
}
