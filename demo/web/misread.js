// What the page did not understand in the link that opened it. The head says so in one line.

const keys = new Set();
let listener = () => {};

/** Notes the address parameters `wrong`, in whose place something else is shown. @param {string[]} wrong */
export function misread(...wrong) {
  const before = keys.size;
  for (const key of wrong) keys.add(key);
  if (keys.size > before) listener();
}

/** Calls back at the first parameter that is not understood, which may have been before. */
export function onMisread(callback) {
  listener = callback;
  if (keys.size) callback();
}
