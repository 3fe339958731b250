// The export of a chat (WhatsApp): lines that begin with a date, a time and a name.

const DATE = String.raw`\d{1,4}[./-]\d{1,2}[./-]\d{1,4}`;
const TIME = String.raw`\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[\s\u202f]?[ap]\.?[\s\u202f]?m\.?)?`;
const HEAD = String.raw`^[\u200e\u200f]*(?:\[${DATE},?[\s\u202f]+${TIME}\][ \u200e]*|${DATE},?[\s\u202f]+${TIME} [-–] )`;
const MESSAGE = new RegExp(`${HEAD}(?:[^:\\n]{1,60}: )(.*)$`, "i");
const ANY_HEAD = new RegExp(HEAD, "i");
// in place of a picture or a voice message, and of a message that was taken back
const LEFT_OUT =
  /^[\u200e\s]*(?:<[^>]*>|.{0,40}(?:omitted|ocultad[oa]|omitid[oa]|\((?:file attached|arquivo anexado)\)).{0,3})$/i;

/** Whether a text is the export of a chat. @param {string} text */
export function isChat(text) {
  const lines = text
    .slice(0, 20_000)
    .split("\n")
    .filter((line) => line.trim());
  const messages = lines.filter((line) => MESSAGE.test(line)).length;
  return messages >= 3 && messages > 0.4 * lines.length;
}

/**
 * What was written in a chat, without dates, names and notes of the app.
 * @param {string} text
 * @returns {{text: string, count: number}} count of messages
 */
export function messagesOf(text) {
  const kept = [];
  let count = 0;
  let within = false; // a message may go on in further lines
  for (const line of text.split("\n")) {
    const found = MESSAGE.exec(line);
    within = found ? !LEFT_OUT.test(found[1]) : within && !ANY_HEAD.test(line);
    if (found && within) count++;
    if (within) kept.push(found ? found[1] : line);
  }
  return { text: kept.join("\n"), count };
}
