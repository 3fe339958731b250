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
 * Debounces: returns a function that calls `callback` when it was not called for `pause` milliseconds.
 * @param {() => void} callback
 */
export function afterPause(callback, pause = 250) {
  let timer = null;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(callback, pause);
  };
}
