// Calls of Python.
import { ownAddress } from "./import.js";

/** An error that Python or the network reports: `key` is that of its message, `values` fill the gaps. */
export class Refusal extends Error {
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

// the server serves pages in turn, also those of a class behind one address
const PAGE = Math.random().toString(36).slice(2);

/**
 * Calls a function of Python by its name. Throws a Refusal if Python or the network reports an error.
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
      headers: { "Content-Type": "application/json", "X-Page": PAGE },
      body: JSON.stringify(values),
    });
    ok = response.ok;
    record = await response.json();
  } catch {
    throw new Refusal("error.offline");
  }
  if (ok) return record;
  // a proxy's error page has no key
  throw new Refusal(record?.error?.key ?? "error.offline", record?.error?.values);
}

/** Whether the server answers. */
export const serverIsThere = () =>
  fetch(ownAddress, { method: "HEAD", cache: "no-store" }).then(
    ({ status }) => status < 500, // a proxy's error page says that the server does not
    () => false,
  );

// newest(f) runs at most one call of the async f at a time. Of the calls that wait only the newest runs; the others
// resolve to undefined.
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
