// The result of a game as a short code, which a teacher's page collects. It says how many answers were right and which
// game it was, and nothing about who played. Letters as in the code of a game (demo/gan/game.py).

const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base 32: no two are easily confused
const MISREAD = { O: "0", I: "1", L: "1" };
export const MOST = 15; // right answers that a code can tell
export const MARKS = 2 ** 15; // so that two phones with the same result have different codes

const letter = (value) => LETTERS[value];

// a sum over the game and the three first letters: a mistyped code, or that of another game, is noticed
function check(game, letters) {
  let sum = 7;
  for (const sign of game.toUpperCase() + letters) sum = (sum * 31 + sign.codePointAt(0)) % 1021;
  return letter(sum % LETTERS.length);
}

/**
 * "8A3Z7": the right answers, three letters by chance, one to check.
 * @param {number} right @param {string} game the code of the game @param {number} mark by chance, below MARKS
 */
export function codeOf(right, game, mark) {
  const letters = letter(right) + letter(mark >> 10) + letter((mark >> 5) & 31) + letter(mark & 31);
  return letters + check(game, letters);
}

/**
 * The right answers that a typed code tells, or null if it is no code of this game.
 * @param {string} typed @param {string} game @param {number} rounds
 * @returns {{code: string, right: number} | null}
 */
export function readCode(typed, game, rounds) {
  const signs = typed.toUpperCase().replace(/[^0-9A-Z]/g, "");
  const code = Array.from(signs, (sign) => MISREAD[sign] ?? sign).join("");
  const right = LETTERS.indexOf(code[0] ?? "");
  if (code.length !== 5 || right < 0 || right > rounds || check(game, code.slice(0, 4)) !== code[4]) return null;
  return { code, right };
}

/**
 * How many had 0, 1, … right answers.
 * @param {number[]} results @param {number} rounds
 */
export function histogram(results, rounds) {
  const counts = Array(rounds + 1).fill(0);
  for (const right of results) counts[right]++;
  return counts;
}
