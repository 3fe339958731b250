// A store: the state that the stations of a family share. Each family has one (vae/store.js, gan/store.js, lm/store.js).

/**
 * @template {object} State
 * @param {State} state the initial state; it is changed in place
 */
export function createStore(state) {
  const listeners = new Set();

  /** Calls every listener with the current state. */
  function tell() {
    for (const listener of [...listeners]) listener({ ...state });
  }

  /**
   * Calls back now and at every change.
   * @param {(state: State) => void} callback
   */
  function listen(callback) {
    listeners.add(callback);
    callback({ ...state });
  }

  /**
   * For stations: calls `show` when `key` of the state has changed since the last call, but only while `element` is in
   * view.
   * @param {Element} element
   * @param {(state: State) => void} show
   * @param {(state: State) => unknown} key the part of the state that the station shows; by default all of it
   */
  function follow(element, show, key = (state) => state) {
    let inView = false;
    let last = null;
    const look = () => {
      const now = JSON.stringify(key(state));
      if (!inView || now === last) return;
      last = now;
      show({ ...state });
    };
    new IntersectionObserver((entries) => {
      inView = entries.at(-1).isIntersecting;
      look();
    }).observe(element);
    listeners.add(look);
  }

  return { state, tell, listen, follow };
}
