// Asking Python.

import { serverOf } from "./parts.js";

/** What Python answered instead, or the network: `key` is that of a sentence, `values` fill its gaps. */
export class Refusal extends Error {
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

/**
 * Calls a function of Python by its name. Throws a Refusal where Python or the network says no.
 * @param {string} name
 * @param {object} values its arguments
 */
export async function callPython(name, values = {}) {
  let record;
  try {
    record = JSON.parse(await serverOf(name)[name](values));
  } catch {
    throw new Refusal("error.offline");
  }
  if (record.error) throw new Refusal(record.error.key, record.error.values);
  return record;
}

// newest(f): at most one call of async f under way; of those asked for meanwhile only the newest is made.
// resolves to undefined where a newer one took its place
export const newest = (f) => {
  let busy = false;
  let waiting = null;
  return async function run(...args) {
    if (busy) {
      waiting?.resolve(undefined);
      return new Promise((resolve, reject) => (waiting = { args, resolve, reject }));
    }
    busy = true;
    try {
      return await f(...args);
    } finally {
      busy = false;
      if (waiting) {
        const { args: next, resolve, reject } = waiting;
        waiting = null;
        run(...next).then(resolve, reject);
      }
    }
  };
};
