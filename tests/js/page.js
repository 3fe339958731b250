// As much of a browser as the tests of modules need: an address bar, and elements that are in view when a test says so.

/** Lets the address be `query`, such as "?tab=gan"; returns a function that tells what it is now. */
export function visit(query = "") {
  globalThis.location.search = query;
  globalThis.history.replaceState = (state, title, url) => {
    globalThis.location.search = url.startsWith("?") ? url : "";
  };
  return () => globalThis.location.search;
}

/**
 * Lets the browser's history have one entry, `query`. Returns {entries, go}: the queries of all entries, and go(-1) for
 * Back. Import the module that listens to it afterwards.
 */
export function watchHistory(query = "") {
  const entries = [query];
  let at = 0;
  let returned = () => {};
  const show = () => (globalThis.location.search = entries[at]);
  const queryOf = (url) => (url.startsWith("?") ? url : "");
  globalThis.history.replaceState = (state, title, url) => {
    entries[at] = queryOf(url);
    show();
  };
  globalThis.history.pushState = (state, title, url) => {
    entries.splice(++at, Infinity, queryOf(url));
    show();
  };
  globalThis.addEventListener = /** @type {any} */ ((kind, callback) => kind === "popstate" && (returned = callback));
  show();
  const go = (by) => {
    at += by;
    show();
    returned();
  };
  return { entries, go };
}

/** Replaces IntersectionObserver; returns look(element, inView), which tells the observers of the element. */
export function watchViews() {
  const observers = [];
  globalThis.IntersectionObserver = /** @type {any} */ (
    class {
      constructor(callback) {
        this.callback = callback;
        this.elements = new Set();
        observers.push(this);
      }
      observe(element) {
        this.elements.add(element);
      }
      disconnect() {
        this.elements.clear();
      }
    }
  );
  return (element, isIntersecting) => {
    for (const observer of observers) {
      if (observer.elements.has(element)) observer.callback([{ target: element, isIntersecting }]);
    }
  };
}

/** Random numbers from a seed, the same at every run: random() is from 0 to 1. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
