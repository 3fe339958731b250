// The game under way and the list of finished ones, which survive a reload of the page.
import { session } from "../web/storage.js";

const KEY = "gan-game";
const MOST_LISTED = 50;

/** @typedef {{code: string, step: number, you: number, machine: number, seconds: number | null, again: boolean}} Played */
/** @typedef {{code: string, answers: boolean[], ended: boolean, again: boolean, mark: number, clock: boolean, spent: number}} Progress */

/** @param {Progress & {games: Played[]}} now */
export function keepGame(now) {
  session.set(KEY, JSON.stringify({ ...now, games: now.games.slice(-MOST_LISTED) }));
}

/** @returns {{progress: Progress | null, games: Played[]}} */
export function keptGame() {
  try {
    const { games, ...progress } = JSON.parse(session.get(KEY));
    return { progress, games };
  } catch {
    return { progress: null, games: [] };
  }
}
