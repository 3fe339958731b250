// The runs of a session: a tree of branches that a reload of the page brings back. Kept are the recipes, not the steps.
import { newRun, sameRun } from "./run.js";

const MOST_KEPT = 50; // runs

/** @import { Run } from "./run.js" */

export class KeptRuns {
  /** @param {string} storage the key in the session's storage */
  constructor(storage) {
    this.storage = storage;
    /** @type {Run[]} as made */
    this.runs = recall(storage);
  }

  /** The run that was made with the same settings and changes, if there is one. */
  find(fields) {
    return this.runs.find((other) => sameRun(other, fields));
  }

  /**
   * Keeps a run; of too many the oldest is forgotten, but none that is `needed`.
   * @param {Run} run
   * @param {(Run | null)[]} needed
   */
  keep(run, needed) {
    if (!this.runs.includes(run)) this.runs.push(run);
    while (this.runs.length > MOST_KEPT) {
      const others = this.runs.filter((other) => !needed.includes(other));
      this.#forget(others.find((other) => !other.steps.length) ?? others[0]);
    }
    this.remember();
  }

  #forget(run) {
    this.runs = this.runs.filter((other) => other !== run);
    for (const other of this.runs) if (other.parent === run) other.parent = run.parent;
  }

  remember() {
    const recipes = this.runs.map(({ settings, segments, steps, count, index, parent, at }) => {
      return { settings, segments, count: Math.max(count, steps.length), index, parent: this.runs.indexOf(parent), at };
    });
    try {
      sessionStorage.setItem(this.storage, JSON.stringify(recipes));
    } catch {
      // a browser that keeps nothing: the list lasts as long as the page
    }
  }
}

function recall(storage) {
  try {
    const recipes = JSON.parse(sessionStorage.getItem(storage)) ?? [];
    const found = recipes.map(({ settings, segments, count, index, at }) => {
      return newRun({ settings: { ...settings }, segments: [...segments], count, index, at });
    });
    recipes.forEach(({ parent }, i) => (found[i].parent = found[parent] ?? null));
    return found.filter((run) => sameRun(run, run) && run.segments.length);
  } catch {
    return []; // not as it should be
  }
}

/**
 * Depth first, each branch below the run it left.
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
