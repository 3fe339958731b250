// Watches what the visitor does.

/**
 * Watches whether the visitor has used a station: before that its address does not change.
 * @param {HTMLElement} root
 */
export function watchVisitor(root) {
  const visitor = { touched: false };
  for (const kind of ["click", "input", "keydown"])
    root.addEventListener(kind, () => (visitor.touched = true), { capture: true });
  return visitor;
}

/**
 * Debounces: returns a function that calls `callback` when it was not called for `pause` milliseconds, and every `most`
 * milliseconds while it is called all the time.
 * @param {() => void} callback
 */
export function afterPause(callback, pause = 250, most = Infinity) {
  let timer = null;
  let due = 0; // when it is called at the latest
  return () => {
    const now = performance.now();
    if (timer === null) due = now + most;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        timer = null;
        callback();
      },
      Math.max(0, Math.min(pause, due - now)),
    );
  };
}
