// Asking Python, and the address bar that remembers what was asked.
(() => {
  class Answer extends Error {
    constructor({ key, values }) {
      super(key);
      this.key = key;
      this.values = values;
    }
  }

  // ask(server.f, {…}) -> the answer as an object; throws with .key and .values when Python or the net says no
  Playground.ask = async (call, payload = {}) => {
    let answer;
    try {
      answer = await call(payload);
    } catch {
      throw new Answer({ key: "error.offline", values: {} });
    }
    let record;
    try {
      record = JSON.parse(answer);
    } catch {
      throw new Answer({ key: "error.offline", values: {} });
    }
    if (record.error) throw new Answer(record.error);
    return record;
  };

  // newest(f): at most one call of async f under way; of those asked for meanwhile only the newest is made.
  // resolves to undefined where a newer one took its place
  Playground.newest = (f) => {
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

  // the address: address.get("tab") -> string or null; address.set({tab: "gan"}) replaces, null removes
  Playground.address = {
    get: (name) => new URLSearchParams(location.search).get(name),
    set: (values) => {
      const parameters = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(values)) {
        if (value === null || value === "") parameters.delete(name);
        else parameters.set(name, value);
      }
      const query = parameters.toString();
      history.replaceState(history.state, "", query ? `?${query}` : location.pathname);
    },
  };

  // calls back once, when the part is first in view: a tab that is never opened asks for nothing
  Playground.onFirstView = (element, callback) => {
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      callback();
    });
    observer.observe(element);
  };

  // offers base64 data as a file
  Playground.download = (name, base64, type) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
})();
