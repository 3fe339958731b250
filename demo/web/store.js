// A store: what the stations of one family share. Each family has one (vae/store.js, gan/store.js, lm/store.js).

/**
 * @template {object} State
 * @param {State} state the state at first; it is changed in place
 */
export function createStore(state) {
  const listeners = new Set();

  /** Tells every listener about the state as it now is. */
  function tell() {
    for (const listener of [...listeners]) listener({ ...state });
  }

  /**
   * Calls back at once, and at every change.
   * @param {(state: State) => void} callback
   */
  function listen(callback) {
    listeners.add(callback);
    callback({ ...state });
  }

  /**
   * For stations: `show` is called while `element` is in view and `key` of the state is another than it last showed;
   * never while it is out of view.
   * @param {Element} element
   * @param {(state: State) => void} show
   * @param {(state: State) => unknown} key what the station shows of the state; by default all of it
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
