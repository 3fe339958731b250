// The runs of a session, which survive a reload of the page. Stored are settings and changes, not the steps.
import { newRun, sameRun } from "./run.js";
import { session } from "../web/storage.js";

const MOST_KEPT = 50; // runs

/** @import { Run } from "./run.js" */

export class KeptRuns {
  /** @param {string} storage the key in the session's storage */
  constructor(storage) {
    this.storage = storage;
    /** @type {Run[]} oldest first */
    this.runs = recall(storage);
  }

  /** The run with the same settings and changes, if there is one. */
  find(fields) {
    return this.runs.find((other) => sameRun(other, fields));
  }

  /**
   * Stores a run. If there are too many, removes the oldest that is not `needed`, runs without steps first.
   * @param {Run} run
   * @param {(Run | null)[]} needed
   */
  keep(run, needed) {
    if (!this.runs.includes(run)) this.runs.push(run);
    while (this.runs.length > MOST_KEPT) {
      const others = this.runs.filter((other) => !needed.includes(other));
      this.#remove(others.find((other) => !other.steps.length) ?? others[0]);
    }
    this.remember();
  }

  #remove(run) {
    this.runs = this.runs.filter((other) => other !== run);
    for (const other of this.runs) if (other.parent === run) other.parent = run.parent;
  }

  remember() {
    const recipes = this.runs.map(({ settings, segments, steps, count, index, parent, at }) => {
      return { settings, segments, count: Math.max(count, steps.length), index, parent: this.runs.indexOf(parent), at };
    });
    session.set(this.storage, JSON.stringify(recipes));
  }
}

function recall(storage) {
  try {
    const recipes = JSON.parse(session.get(storage)) ?? [];
    const found = recipes.map(({ settings, segments, count, index, at }) => {
      return newRun({ settings: { ...settings }, segments: [...segments], count, index, at });
    });
    recipes.forEach(({ parent }, i) => (found[i].parent = found[parent] ?? null));
    return found.filter((run) => sameRun(run, run) && run.segments.length);
  } catch {
    return []; // invalid data
  }
}

/**
 * All runs depth first, each branch below its parent.
 * @param {Run[]} runs
 * @returns {{run: Run, depth: number}[]}
 */
export function treeOf(runs) {
  const below = (run, depth) => [
    { run, depth },
    ...runs.filter((other) => other.parent === run).flatMap((other) => below(other, depth + 1)),
  ];
  return runs.filter(({ parent }) => !runs.includes(parent)).flatMap((run) => below(run, 0));
}
