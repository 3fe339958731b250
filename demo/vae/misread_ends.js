// Endpoints that a link may name and the model does not have, such as "example:99-0".
import { misread } from "../web/misread.js";
import { callPython } from "../web/server.js";

/**
 * The names of the endpoints that Python refuses, which the head then calls misread. Each is tried alone: one that is
 * broken takes no other along.
 * @param {string} dataset
 * @param {Record<string, string>} ends name -> endpoint
 */
export async function misreadEnds(dataset, ends) {
  const isRefused = async (end) => {
    try {
      await callPython("vae_interpolate", { dataset, a: end, b: end, method: "linear", frames: 2 });
      return false;
    } catch (error) {
      return error.key.startsWith("error.vae_"); // not one about the server or the weights
    }
  };
  const names = Object.keys(ends);
  const refused = await Promise.all(names.map((name) => isRefused(ends[name])));
  const found = names.filter((_, i) => refused[i]);
  misread(...found.map((name) => `vae_${name}`));
  return found;
}
