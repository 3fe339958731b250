// What this browser keeps for the page: for a visit to this tab, or for later visits too. It is never sent.
//
// Where storage is forbidden, as in another site's frame or with cookies blocked, values last until the page is closed.

/** @param {"sessionStorage" | "localStorage"} area */
function createStorage(area) {
  const values = new Map();

  /** @returns {string | null} */
  function get(key) {
    if (values.has(key)) return values.get(key);
    try {
      return window[area].getItem(key); // the mere name of the area may throw
    } catch {
      return null;
    }
  }

  function set(key, value) {
    values.delete(key);
    try {
      window[area].setItem(key, value);
    } catch {
      values.set(key, value); // forbidden or full
    }
  }

  return { get, set };
}

/** Lasts until the browser's tab is closed, and so survives a reload. */
export const session = createStorage("sessionStorage");

/** Lasts for later visits. */
export const lasting = createStorage("localStorage");
