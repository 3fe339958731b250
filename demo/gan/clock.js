// A clock that runs while an element is in view, on a page that is in view.

/**
 * createClock(element) -> {run(wanted), reset(), spent()}: run(true) lets it run whenever the element is in view,
 * run(false) stops it; spent() says how many milliseconds it has run.
 * @param {Element} element
 */
export function createClock(element) {
  let wanted = false;
  let inView = false;
  let before = 0; // milliseconds until it last stopped
  let since = null; // when it began to run, null while it stands

  const spent = () => before + (since === null ? 0 : performance.now() - since);

  function update() {
    before = spent();
    since = wanted && inView && !document.hidden ? performance.now() : null;
  }

  new IntersectionObserver((entries) => {
    inView = entries.at(-1).isIntersecting;
    update();
  }).observe(element);
  document.addEventListener("visibilitychange", update);

  return {
    spent,
    run(now) {
      wanted = now;
      update();
    },
    reset() {
      before = 0;
      since = null;
    },
  };
}
