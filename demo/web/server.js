// Calls of Python.

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
 * @template {keyof import("./answers").Answers} Name
 * @param {Name} name
 * @param {object} values its arguments
 * @returns {Promise<import("./answers").Answers[Name]>}
 */
export async function callPython(name, values = {}) {
  let ok, record;
  try {
    const response = await fetch(new URL(`playground/call/${name}`, document.baseURI), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(values),
    });
    ok = response.ok;
    record = await response.json();
  } catch {
    throw new Refusal("error.offline");
  }
  if (ok) return record;
  // an error page of something between the browser and Python has no key
  throw new Refusal(record?.error?.key ?? "error.offline", record?.error?.values);
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
