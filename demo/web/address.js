// The parameters in the address bar.

// address.get("tab") -> string or null; address.set({tab: "gan"}) replaces, null removes
export const address = {
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
