// Look-ups by words that a visitor writes. Every object has entries of its prototype, such as "constructor": an address
// or a text may hold just that word. (Object.hasOwn is missing in browsers of early 2022.)

/** Whether a table has an entry of its own. @param {object} table @param {PropertyKey} key */
export const has = (table, key) => Object.prototype.hasOwnProperty.call(table, key);

/**
 * The table's own entry, or undefined.
 * @template {object} Table
 * @param {Table} table
 * @param {string} key
 * @returns {Table[keyof Table] | undefined}
 */
export const lookup = (table, key) => (has(table, key) ? table[key] : undefined);
