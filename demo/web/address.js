// The address bar. Its parameters say what is in view; what a text of the visitor's may add stands behind the "#".
//
// A tab and a station are a place: going to another makes a new entry of the browser's history. Everything else replaces.

const PLACE = ["tab", "station"];
const SPACES = "huggingface.co"; // the host of the page around a Space, whose address bar is the one that people see

/** @typedef {{keys: string[], callback: () => void}} Reader */
/** @type {Reader[]} */
const readers = [];
let shown = parametersIn(location); // of the entry in view

export const address = {
  /** @param {string} name @returns {string | null} */
  get: (name) => parametersIn(location).get(name)?.value ?? null,

  /**
   * address.set({lang: "en"}) replaces parameters in the current entry; null removes one. Those named in `behind` stand
   * behind the "#", which a browser never sends to a server.
   */
  set: (values, behind = []) => write("replaceState", values, behind),

  /** address.visit({tab: "gan", station: "walk"}) goes to a place: a new entry, unless the visitor is there already. */
  visit: (place) => {
    const away = PLACE.some((name) => (place[name] ?? null) !== address.get(name));
    write(away ? "pushState" : "replaceState", place);
  },

  /** Calls back when Back or Forward has changed one of the parameters `keys`. */
  onReturn: (keys, callback) => readers.push({ keys, callback }),
};

/** @typedef {Map<string, {value: string, behind: boolean}>} Parameters */

/** @returns {Parameters} */
function parametersIn({ search, hash = "" }) {
  const found = new Map();
  const read = (written, behind) => {
    for (const [name, value] of new URLSearchParams(written.slice(1)))
      if (!found.has(name)) found.set(name, { value, behind });
  };
  read(search, false);
  const query = new Map(found);
  found.clear();
  read(hash, true); // what stands behind the "#" is newer than the same in an old link
  return new Map([...query, ...found]);
}

function write(method, values, behind = []) {
  const parameters = parametersIn(location);
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === "") parameters.delete(name);
    else parameters.set(name, { value, behind: behind.includes(name) });
  }
  show(method, parameters);
}

/** @param {string} method @param {Parameters} parameters */
function show(method, parameters) {
  const part = (behind) =>
    new URLSearchParams([...parameters].flatMap(([name, one]) => (one.behind === behind ? [[name, one.value]] : [])));
  const query = part(false).toString();
  const own = part(true)
    .toString()
    .replace(/=(?=&|$)/g, ""); // the name of a place on the page is no parameter
  try {
    history[method](history.state, "", (query ? `?${query}` : location.pathname) + (own && `#${own}`));
  } catch {
    return; // a browser allows a hundred changes in ten or thirty seconds
  }
  shown = parametersIn(location);
  tellOuterPage();
}

/**
 * Opens an entry of the history. Of its parameters those count that somebody reads again; what nobody does is as it was
 * on the page before, and so the address says that.
 */
function open() {
  const before = shown;
  const now = parametersIn(location);
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter(
    (key) => before.get(key)?.value !== now.get(key)?.value,
  );
  const read = new Set([...PLACE, ...readers.flatMap(({ keys }) => keys)]);
  for (const key of changed.filter((one) => !read.has(one))) {
    if (before.has(key)) now.set(key, before.get(key));
    else now.delete(key);
  }
  show("replaceState", now);
  for (const { keys, callback } of readers) if (keys.some((key) => changed.includes(key))) callback();
}

window.addEventListener("popstate", open);

// --- inside another page ----------------------------------------------------------------------------------

/** The origin of the page that holds this one in a frame, or null. */
function outerOrigin() {
  if (window.parent === window) return null;
  if (location.ancestorOrigins?.length) return location.ancestorOrigins[0];
  return document.referrer ? new URL(document.referrer).origin : null; // Firefox
}

// a Space's address bar follows only if it is told (the Hub's documentation, "How to handle URL parameters in Spaces")
function tellOuterPage() {
  const outer = outerOrigin();
  if (!outer || new URL(outer).host !== SPACES) return;
  window.parent.postMessage({ queryString: location.search.slice(1), hash: location.hash.slice(1) }, outer);
}
