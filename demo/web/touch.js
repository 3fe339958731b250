// A slider under a finger that scrolls the page keeps its value. Browsers move it as soon as it is touched; that the touch
// has become a scroll they tell by `pointercancel`.

const isSlider = (part) => part instanceof HTMLInputElement && part.type === "range";

/** Keeps the values of all sliders below `root`. @param {Document | HTMLElement} root */
export function keepSliders(root) {
  let touched = null; // {slider, value: before the touch, scrolls}, until the next touch

  const putBack = () => {
    touched.slider.value = touched.value;
    for (const kind of ["input", "change"]) touched.slider.dispatchEvent(new Event(kind, { bubbles: true }));
  };

  const begin = (/** @type {any} */ { target, pointerType }) => {
    const isTouched = pointerType === "touch" && isSlider(target);
    touched = isTouched ? { slider: target, value: target.value, scrolls: false } : null;
  };
  const scroll = ({ target }) => {
    if (touched?.slider !== target) return;
    touched.scrolls = true;
    putBack();
  };
  // some browsers go on moving the slider while the page scrolls
  const stay = (event) => {
    if (!touched?.scrolls || touched.slider !== event.target || !event.isTrusted) return;
    event.stopPropagation();
    touched.slider.value = touched.value;
  };
  root.addEventListener("pointerdown", begin, true);
  root.addEventListener("pointercancel", scroll, true);
  root.addEventListener("input", stay, true);
}
