// The address parameters of a station: one typed table for reading, writing and defaults.
//
//   const link = createLink({
//     method: param("vae_method", oneOf(METHODS), "spherical"),
//     frames: param("vae_frames", whole(5, 32), 13),
//   });
//   link.read()                      // {method: "spherical", frames: 13}: the default for a missing or invalid value
//   link.write({ frames: 20 })       // sets vae_frames=20 in the address; the other parameters stay
import { address } from "./address.js";
import { misread } from "./misread.js";

/**
 * A type of parameter: `read` turns its text into a value, or undefined for an invalid text; `write` makes the text.
 * @template T
 * @typedef {{read: (text: string) => T | undefined, write?: (value: T) => string}} Type
 */

/**
 * @template T
 * @param {string} key the parameter's name in the address
 * @param {Type<T>} type
 * @param {T} initial the default value
 * @param {{brief?: boolean, behind?: () => boolean}} options brief: the default value is left out of the address. behind:
 *   whether the value now stands behind the "#", where no server sees it
 */
export const param = (key, type, initial, { brief = false, behind = () => false } = {}) => ({
  key,
  type,
  initial,
  brief,
  behind,
});

/** @template {string} T @param {readonly T[]} options @returns {Type<T>} */
export const oneOf = (options) => ({ read: (text) => options.find((option) => option === text) });

/** @returns {Type<number>} a whole number from low to high */
export const whole = (low, high) => ({
  read: (text) => (/^\d{1,15}$/.test(text) && low <= Number(text) && Number(text) <= high ? Number(text) : undefined),
});

/** @returns {Type<number>} a decimal number from low to high, written without a sign */
export const real = (low, high) => ({
  read: (text) =>
    /^\d+(\.\d+)?$/.test(text) && low <= Number(text) && Number(text) <= high ? Number(text) : undefined,
});

/** @type {Type<boolean>} "1" is true */
export const flag = {
  read: (text) => (text === "1" ? true : text === "0" ? false : undefined),
  write: (value) => (value ? "1" : "0"),
};

/** @returns {Type<string>} a text for which `accepts` is true; by default any text */
export const text = (accepts = (written) => written !== null) => ({
  read: (written) => (accepts(written) ? written : undefined),
});

/**
 * @template {Record<string, {key: string, type: Type<any>, initial: any, brief: boolean, behind: () => boolean}>} Table
 * @param {Table} table
 */
export function createLink(table) {
  /** @returns {{[Name in keyof Table]: Table[Name]["initial"]}} */
  function read() {
    const found = Object.entries(table).map(([name, { key, type, initial }]) => {
      const written = address.get(key);
      const value = written === null ? initial : type.read(written);
      if (value === undefined) misread(key);
      return [name, value ?? initial];
    });
    return /** @type {any} */ (Object.fromEntries(found));
  }

  /** Writes the given values; null removes a parameter. */
  function write(values) {
    const written = Object.entries(values).map(([name, value]) => {
      const { key, type, initial, brief } = table[name];
      if (value === null || (brief && value === initial)) return [key, null];
      return [key, type.write ? type.write(value) : String(value)];
    });
    const behind = Object.keys(values).filter((name) => table[name].behind());
    address.set(
      Object.fromEntries(written),
      behind.map((name) => table[name].key),
    );
  }

  /** Calls back when Back or Forward has changed one of the table's parameters: read() has the new values. */
  const onReturn = (callback) =>
    address.onReturn(
      Object.values(table).map(({ key }) => key),
      callback,
    );

  return { read, write, onReturn };
}
