// Guess the next token: which gaps a text has, what can be chosen there, and how guesses are scored.
//
// In "Prediction and Entropy of Printed English" (1951) Shannon let people guess the next letter until they were right.
// How often they needed one guess, two, … bounds the entropy of the text, and so the bits that a reader like them needs.

export const GAPS = 10;
export const OPTIONS = 5;
const BEFORE = 3; // tokens before the first gap, at least

/**
 * What a model expects at the scored tokens of a text: see lm_look.
 * @typedef {{nats: ArrayLike<number>, ranks: number[], top: {ids: number[], probs: ArrayLike<number>}, top_size: number, names: Record<string, string>}} Expected
 * @typedef {Expected & {pieces: [string, string, number | null][], vocabulary: number}} Reading
 */

/**
 * The places of the gaps among `count` scored tokens: spread evenly, the same for everybody.
 * @param {number} count
 */
export function gapsOf(count) {
  const first = Math.min(BEFORE, count - 1);
  const room = count - first;
  const gaps = Math.min(GAPS, room);
  return Array.from({ length: gaps }, (_, k) => first + Math.floor(((k + 0.5) * room) / gaps));
}

/**
 * The tokens to choose from at a place: the right one and those that the models find likeliest, in the order of their
 * names, so that their order tells nothing.
 * @param {Expected[]} readings
 * @param {number} place
 * @param {number} right the token that stands there
 */
export function optionsAt(readings, place, right) {
  /** @type {Map<number, number>} */
  const best = new Map(); // token -> the higher of the models' probabilities
  for (const reading of readings) {
    for (const { id, prob } of expectedAt(reading, place)) best.set(id, Math.max(prob, best.get(id) ?? 0));
  }
  best.delete(right);
  const likeliest = [...best.keys()].sort((a, b) => best.get(b) - best.get(a) || a - b).slice(0, OPTIONS - 1);
  const names = Object.assign({}, ...readings.map(({ names }) => names));
  return [right, ...likeliest].sort((a, b) => (names[a] < names[b] ? -1 : 1));
}

/** What a model expects at a place, the likeliest first. @param {Expected} reading @param {number} place */
export const expectedAt = ({ top, top_size: size }, place) =>
  Array.from({ length: size }, (_, k) => ({ id: top.ids[place * size + k], prob: top.probs[place * size + k] }));

/**
 * A model's score at some places: how many of its first guesses are right, and its mean surprise in bits.
 * @param {Expected} reading
 * @param {number[]} places
 */
export function scoreOf({ nats, ranks }, places) {
  const bits = places.reduce((sum, place) => sum + nats[place] / Math.LN2, 0) / places.length;
  return { right: places.filter((place) => ranks[place] === 1).length, bits };
}

/**
 * A person's score. The bits are Shannon's upper bound: the entropy of the numbers of guesses.
 * @param {number[]} tries the number of guesses at each gap
 */
export function scoreOfPerson(tries) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const one of tries) counts.set(one, (counts.get(one) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / tries.length);
  const bits = shares.reduce((sum, share) => sum - share * Math.log2(share), 0);
  return { right: counts.get(1) ?? 0, bits: bits || 0 }; // never −0
}

/** A game: what was guessed so far at the gaps of a text. */
export class Game {
  /** @param {Record<string, Reading>} readings by model; all of the same text */
  constructor(readings) {
    this.readings = readings;
    this.first = Object.values(readings)[0];
    this.names = Object.assign({}, ...Object.values(readings).map(({ names }) => names));
    this.scored = this.first.pieces.flatMap(([, , id], i) => (id === null ? [] : [i])); // the piece of each scored token
    this.gaps = gapsOf(this.scored.length);
    this.at = 0; // the gap; their number at the end
    /** @type {number[]} */
    this.tries = []; // for each gap done, the number of guesses
    /** @type {string[]} */
    this.wrong = []; // what was tried at this gap
    this.told = false; // whether this gap is done
  }

  get ended() {
    return this.at === this.gaps.length;
  }

  get place() {
    return this.gaps[this.at];
  }

  /** The piece at the gap: [gap before it, token, id]. */
  get piece() {
    return this.first.pieces[this.scored[this.place]];
  }

  /** The pieces before the gap; all of them at the end. */
  get before() {
    return this.ended ? this.first.pieces : this.first.pieces.slice(0, this.scored[this.place]);
  }

  get right() {
    return this.piece[2];
  }

  /** The tokens to choose from. */
  get options() {
    return this.#optionsAt(this.at).map((id) => this.names[id]);
  }

  /** How many tokens there are to choose from, at the gap that has most. */
  get most() {
    return Math.max(...this.gaps.map((_, at) => this.#optionsAt(at).length));
  }

  #optionsAt(at) {
    const place = this.gaps[at];
    return optionsAt(Object.values(this.readings), place, this.first.pieces[this.scored[place]][2]);
  }

  /** Guesses a token; the same one again does not count. @param {string} token */
  guess(token) {
    if (this.ended || this.told || this.wrong.includes(token)) return;
    if (token !== this.names[this.right]) return void this.wrong.push(token);
    this.tries.push(this.wrong.length + 1);
    this.told = true;
  }

  /** The option that a written guess means: a piece of a word may lack the space it begins with. @param {string} written */
  meant(written) {
    const bare = written.trim();
    return this.options.find((token) => token === written || (bare && token.trim() === bare)) ?? written;
  }

  next() {
    if (!this.told) return;
    this.at++;
    [this.wrong, this.told] = [[], false];
  }

  /** @returns {[string, {right: number, bits: number}][]} of "you" and of each model */
  get scores() {
    /** @type {[string, {right: number, bits: number}][]} */
    const models = Object.entries(this.readings).map(([model, reading]) => [model, scoreOf(reading, this.gaps)]);
    return [["you", scoreOfPerson(this.tries)], ...models];
  }
}
