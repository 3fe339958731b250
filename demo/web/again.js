// Asks again for what the server did not answer: when the network is back, when the visitor returns to the part of the
// page that waits for it, when its button is pressed, and after a while.

const WAITS = [3, 6, 12, 24, 48]; // seconds until the next try

/**
 * What a message waits for: `asks` are the requests to make again, by topic.
 * @typedef {{asks: Map<any, () => any>, tries: number, timer: any, views: IntersectionObserver}} Waiting
 */

/** @type {Map<HTMLElement, Waiting>} */
const all = new Map();

/** Whether a message waits for an answer. @param {HTMLElement} place */
export const isWaiting = (place) => all.has(place);

export const isWaitingFor = (place, topic) => Boolean(all.get(place)?.asks.has(topic));

/**
 * Calls `ask` again later. Another call for the same topic takes its place.
 * @param {HTMLElement} place the message about it
 * @param {any} topic what is asked for
 * @param {() => any} ask
 */
export function askAgain(place, topic, ask) {
  if (!all.has(place)) all.set(place, { asks: new Map(), tries: 0, timer: null, views: watch(place) });
  const waiting = all.get(place);
  waiting.asks.set(topic, ask);
  clearTimeout(waiting.timer);
  waiting.timer = setTimeout(() => tryNow(place), 1000 * WAITS[Math.min(waiting.tries, WAITS.length - 1)]);
  waiting.tries += 1;
}

/** A topic has its answer. Returns true if the message still waits for another. */
export function answered(place, topic) {
  const waiting = all.get(place);
  waiting?.asks.delete(topic);
  if (waiting?.asks.size) return true;
  stopAsking(place);
  return false;
}

/** Waits for nothing any more. */
export function stopAsking(place) {
  const waiting = all.get(place);
  clearTimeout(waiting?.timer);
  waiting?.views.disconnect();
  all.delete(place);
}

/** Asks at once for all that the message waits for, if its part of the page is in view. */
export function tryNow(place) {
  if (document.hidden || !place.parentElement.getClientRects().length) return; // asked on return
  for (const ask of [...(all.get(place)?.asks.values() ?? [])]) ask();
}

// tries when the part of the page with the message comes into view
function watch(place) {
  let inView = true;
  const views = new IntersectionObserver((entries) => {
    const now = entries.at(-1).isIntersecting;
    if (now && !inView) tryNow(place);
    inView = now;
  });
  views.observe(place.parentElement);
  return views;
}

const tryAll = () => [...all.keys()].forEach(tryNow);
window.addEventListener("online", tryAll);
document.addEventListener("visibilitychange", tryAll);
