// What stations do once the visitor has touched them, or rests.

/**
 * Whether the visitor has touched a station: before that the address stays as it came.
 * @param {HTMLElement} root
 */
export function watchVisitor(root) {
  const visitor = { touched: false };
  for (const kind of ["click", "input", "keydown"])
    root.addEventListener(kind, () => (visitor.touched = true), { capture: true });
  return visitor;
}

/**
 * A function that calls `callback` once it has itself not been called for `pause` milliseconds.
 * @param {() => void} callback
 */
export function afterPause(callback, pause = 250) {
  let timer = null;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(callback, pause);
  };
}
