// The field for a seed, and the die beside it.

/**
 * @param {HTMLElement} root
 * @param {() => void} onChange
 */
export function createSeed(root, onChange) {
  /** @type {HTMLInputElement} */
  const field = root.querySelector(".seed");
  field.addEventListener("change", onChange);
  root.querySelector(".dice").addEventListener("click", () => {
    field.value = String(crypto.getRandomValues(new Uint16Array(1))[0]);
    onChange();
  });
  return {
    read: () => field.value.trim(),
    set: (seed) => (field.value = seed),
  };
}
