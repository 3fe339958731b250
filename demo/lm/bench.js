// What Generate and "Counts and GPT" do alike: a text is begun, branched and continued at the current step.
import { reveal } from "../web/dom.js";

/**
 * @param {object} options
 * @param {(selector: string) => any} options.find
 * @param {import("./runs.js").Runs} options.runs
 * @param {ReturnType<typeof import("./transport.js").createTransport>} options.transport
 * @param {() => number} options.length how many tokens to generate
 * @param {(options: {index: number, fromStart?: boolean}) => void} options.begin starts a text, opened at a step
 * @param {() => void} options.drawSettings
 */
export function createBench({ find, runs, transport, length, begin, drawSettings }) {
  const show = () => reveal(find(".written"));

  return {
    write() {
      transport.pause();
      find(".play").focus({ preventScroll: true }); // for the player's keys
      begin({ index: 0, fromStart: true });
      show();
    },

    /** Opens the text of the new settings at the same step. */
    changeSettings() {
      transport.pause();
      drawSettings();
      begin({ index: transport.index });
    },

    /** Takes the token `id` at the current step, in a branch. */
    takeToken(id) {
      transport.pause();
      runs.take(transport.index, id, length());
      show();
    },

    continueFromHere() {
      transport.pause();
      runs.continueFrom(transport.index, length());
      show();
    },
  };
}
