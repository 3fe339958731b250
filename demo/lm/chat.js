// The export of a chat (WhatsApp): lines that begin with a date, a time and a name.

const DATE = String.raw`\d{1,4}[./-]\d{1,2}[./-]\d{1,4}`;
const TIME = String.raw`\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[\s\u202f]?[ap]\.?[\s\u202f]?m\.?)?`;
const HEAD = String.raw`^[\u200e\u200f]*(?:\[${DATE},?[\s\u202f]+${TIME}\][ \u200e]*|${DATE},?[\s\u202f]+${TIME} [-–] )`;
const ANY_HEAD = new RegExp(HEAD, "i");
const NAMED = /^([^:\n]{1,60}): (.*)$/; // the name of a sender, and what was written
// a group's title in a note of the app may have a colon, and is no name: Ana changed the group name to "Class: 3B"
const OPEN_QUOTE = /^[^"]*(?:"[^"]*"[^"]*)*"[^"]*$|[“„«][^”»]*$/;
const OF_THE_GROUP =
  /(?:mudou|alterou|criou|editou|changed|created|edited|cambió|creó) .*(?:grupo|group|assunto|subject|asunto|comuni)/i;

// An iPhone puts a left-to-right mark (U+200E) before each part of a message that the app wrote.
const MARK = "\u200e";
// in place of a message that was taken back, that never came, or that has no words
const NOTES = [
  /^(?:esta )?mensagem (?:foi )?(?:apagada|eliminada)(?: (?:por|pelo|pela) (?:um |uma )?admin.{0,60})?\.?$/i,
  /^(?:você )?(?:apagou|eliminou) esta mensagem\.?$/i,
  /^(?:this )?message (?:was )?deleted(?: by (?:an )?admin.{0,60})?\.?$|^you deleted this message\.?$/i,
  /^(?:se eliminó|eliminaste) este mensaje\.?$/i,
  /^(?:aguardando (?:esta )?mensagem|waiting for this message)\. .{10,60}$/i,
  /^(?:ligação|chamada) de (?:voz|vídeo)(?: em grupo)? perdida\.?$|^missed (?:group )?(?:voice|video) call\.?$/i,
  /^(?:localização(?: em tempo real)?|(?:live )?location|ubicación): https?:\S+$/i,
  /^(?:ENQUETE|SONDAGEM|POLL|ENCUESTA):$/,
  /^null$/,
];
// in place of a picture, a voice message or a file, whose caption may be in the next lines
const IN_PLACE = [
  /^[\u200e\s]*<[^>]*>$/,
  /^[\u200e\s]*.{0,40}(?:omitted|ocultad[oa]|omitid[oa]).{0,3}$/i,
  /^.{1,250}\((?:file attached|arquivo anexado|ficheiro anexado|archivo adjunto)\)$/i,
];
// at the end of a line: the message was edited; a file, whose caption stands before it; the pages of a document
const AT_END = [
  / ?\u200e?<[^<>]*(?:edited|editad[ao]|editó)[^<>]*>$/i,
  / ?\u200e<[^<>]*>$/,
  / ?\u200e[^\u200e]{0,40}(?:omitted|ocultad[oa]|omitid[oa])$/i,
  /^.*\.\w{2,5} • \u200e\d.*$/,
];
const MENTION = /@(?:\u2068[^\u2069\n]*\u2069|\d{10,15}\b) ?/g; // of a member, by name or by number

/** Whether a text is the export of a chat. @param {string} text */
export function isChat(text) {
  const lines = text
    .slice(0, 20_000)
    .split("\n")
    .filter((line) => line.trim());
  const messages = lines.filter((line) => bodyOf(line) !== null).length;
  return messages >= 3 && messages > 0.4 * lines.length;
}

/**
 * What was written in a chat, without dates, names and notes of the app.
 * @param {string} text
 * @returns {{text: string, count: number}} count of messages
 */
export function messagesOf(text) {
  const lines = text.split("\n");
  const title = titleOf(lines);
  const messages = [];
  let message = null; // its lines, since a message may go on in further ones; null within a note of the app
  for (const line of lines) {
    const body = bodyOf(line, title);
    if (body !== null) messages.push((message = isNote(body) ? null : []));
    else if (ANY_HEAD.test(line)) message = null;
    const said = body === null ? ofPerson(line) : saidIn(body);
    if (said || body === null) message?.push(said);
  }
  const written = messages.filter((parts) => parts?.some((part) => part.trim()));
  return { text: written.flat().join("\n"), count: written.length };
}

// The title of an iPhone's chat, whose first line is a note in its name. It may have a colon, unlike other names.
function titleOf(lines) {
  const first = lines.find((line) => ANY_HEAD.test(line))?.replace(ANY_HEAD, "") ?? "";
  const end = first.indexOf(`: ${MARK}`);
  return end < 0 ? null : first.slice(0, end);
}

// what stands after date, time and name of a message, or null if a line has none of these
function bodyOf(line, title = null) {
  if (!ANY_HEAD.test(line)) return null;
  const rest = line.replace(ANY_HEAD, "");
  if (title !== null && rest.startsWith(`${title}: `)) return rest.slice(title.length + 2);
  const [, name, body] = NAMED.exec(rest) ?? [];
  return name === undefined || OPEN_QUOTE.test(name) || OF_THE_GROUP.test(name) ? null : body;
}

// a note in place of the whole message; what stands in place of a file may have a caption, and is none
function isNote(body) {
  if (NOTES.some((note) => note.test(body.replaceAll(MARK, "").trim()))) return true;
  return saidIn(body).startsWith(MARK);
}

// the beginning of a message without what the app put there
const saidIn = (body) => without(IN_PLACE, ofPerson(body));

// any line of a message without what the app put at its end, and without names
const ofPerson = (line) => without(AT_END, line).replace(MENTION, "");

const without = (patterns, line) => patterns.reduce((left, pattern) => left.replace(pattern, ""), line);
