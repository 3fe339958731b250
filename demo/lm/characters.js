// How long a text is: in characters as a reader sees them, and in code points, of which a character may have several.

// characters of layout, which nobody sees (models/tokenizer.py leaves them out, too)
const LAYOUT = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
const PAIR = /[\ud800-\udbff][\udc00-\udfff]/g; // two units of JavaScript for one code point
// without one of these each code point is a character
const JOINS =
  /[\u200d\p{M}\p{Cf}\p{Emoji_Modifier}\p{Regional_Indicator}\u0d4e\u0e33\u0eb3\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\uff9e\uff9f]/u;
const WORD = /[ \n]?[^ \n]*/g; // no character goes on with a space or a line end
const LONG = 1000; // units: the time that Intl.Segmenter takes grows with their square
// nearly what Intl.Segmenter finds: flags, syllables of Hangul, and any other sign with what belongs to it
const CLUSTER =
  /\p{Cc}|(?:\p{Regional_Indicator}{2}|[\u1100-\u115f]*[\uac00-\ud7a3\u1160-\u11a7][\u1160-\u11ff]*|[\u1100-\u115f]+|[^])(?:\u200d\p{Extended_Pictographic}|[\u200d\u200c\p{M}\p{Emoji_Modifier}\u0e33\u0eb3\uff9e\uff9f\u{e0020}-\u{e007f}])*/gu;

let last = { text: "", count: 0 }; // a long text is asked for again and again

/** How many characters a reader counts in a text: an accented letter or an emoji is one. @param {string} text */
export function countCharacters(text) {
  if (text !== last.text) last = { text, count: countIn(text.replace(LAYOUT, "").replace(/\r\n/g, "\n")) };
  return last.count;
}

function countIn(text) {
  if (!JOINS.test(text)) return countPoints(text);
  // eslint-disable-next-line compat/compat -- used only where it is
  const segmenter = Intl.Segmenter && new Intl.Segmenter("en", { granularity: "grapheme" });
  let count = 0;
  for (const word of text.match(WORD)) {
    if (!JOINS.test(word)) count += countPoints(word);
    else if (!segmenter || word.length > LONG) count += word.match(CLUSTER).length;
    else count += [...segmenter.segment(word)].length;
  }
  return count;
}

/** How many code points a text has. Python bounds what it is sent by these. @param {string} text */
export const countPoints = (text) => text.length - (text.match(PAIR)?.length ?? 0);
