// A clock that runs only while an element and its page are in view.

/**
 * createClock(element) -> {run(enabled), reset(spent), spent()}: run(true) lets it run whenever the element is in view,
 * run(false) stops it; spent() is the time that it has run, in milliseconds.
 * @param {Element} element
 */
export function createClock(element) {
  let enabled = false;
  let inView = false;
  let before = 0; // milliseconds up to the last stop
  let since = null; // time of the last start, null while it stands still

  const spent = () => before + (since === null ? 0 : performance.now() - since);

  function update() {
    before = spent();
    since = enabled && inView && !document.hidden ? performance.now() : null;
  }

  new IntersectionObserver((entries) => {
    inView = entries.at(-1).isIntersecting;
    update();
  }).observe(element);
  document.addEventListener("visibilitychange", update);

  return {
    spent,
    run(now) {
      enabled = now;
      update();
    },
    reset(spentBefore = 0) {
      before = spentBefore;
      since = null;
    },
  };
}
