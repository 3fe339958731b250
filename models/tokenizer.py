"""Text to token ids and back: characters, words, or word pieces.

Every tokenizer has the same interface: `tokens`, `len()`, `encode`, `decode`, `encode_prompt`, `unknown`, `stand_in`,
`to_config` and the class methods `from_text` and `from_config`. TOKENIZERS holds the classes by their `unit`.

Text is normalized first (`normalize`): line ends become a line feed, and a letter typed as a base and an accent becomes
one character. decode(encode(text)) returns a normalized text unchanged; words come back with the spaces of
`WordTokenizer.decode`.

A character is what a reader takes for one: an extended grapheme cluster (Unicode Standard Annex 29), which the library
`regex` finds. So a letter keeps its vowel signs and accents, and an emoji of several code points is one. Losses in nats
per character are per such a character. Bounds of what is sent are in code points, of which a character may have many.
"""

import json
import unicodedata
from numbers import Integral

import regex

from models.errors import InputError
from models.values import choice, shown

REACH = 4  # tokens that decide what the next one adds to a text: a character may be spread over four
SHOWN = 8  # unknown characters or words that an error message lists
CLUSTER = regex.compile(r"\X")
SURROGATE = regex.compile(r"[\ud800-\udfff]")

# characters that only say how a text is laid out: soft hyphens, spaces without width, marks of direction
LAYOUT = regex.compile(r"[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
# a joiner belongs to emoji and to words of Arabic and Indic scripts, and means nothing elsewhere
LOOSE_JOINER = regex.compile(
    r"(?<![\p{Lo}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}])[\u200c\u200d]|\u200c(?![\p{L}\p{M}])"
)
LINE_END = regex.compile(r"\r\n|[\x0b\x0c\r\x85\u2028\u2029]")
HYPHENS = str.maketrans({"\u2010": "-", "\u2011": "-"})

# what a phone or a word processor writes -> what stands for it in a text without that mark, the nearest first
ALIKE = {
    **dict.fromkeys("’‘ʼ´`", ("'", "’")),
    "'": ("’",),
    **dict.fromkeys("“”„«»″", ('"',)),
    "—": ("–", "--", "-"),
    "–": ("—", "--", "-"),
    "―": ("—", "–", "--", "-"),
    "−": ("-",),
    "…": ("...",),
    **dict.fromkeys("\u00a0\u2007\u2009\u202f\u3000\t", (" ",)),
}


def normalize(text):
    """`text` with line ends as "\\n" and accents composed (Unicode NFC)."""
    if not isinstance(text, str):
        raise InputError(f"The text must be a string, not {type(text).__name__}.")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text)


def plain(text):
    """`text` normalized, without characters of layout: soft hyphens, marks of direction, spaces without width.

    Every kind of line and page end becomes a line feed, and every kind of hyphen the common one. For texts that come
    from word processors, web pages and chats.
    """
    if isinstance(text, str):
        text = LOOSE_JOINER.sub("", LAYOUT.sub("", LINE_END.sub("\n", text))).translate(HYPHENS)
    return normalize(text)


def visible(token):
    """`token` in quotes for a message, a single character with its code point: "'é' (U+00E9)".

    What is seen is shown as it is, also with joiners inside, such as an emoji of a family; all else with escapes.
    """
    is_seen = token[:1].isprintable() and all(
        c.isprintable() or unicodedata.category(c) == "Cf" for c in token
    )
    shown = f"'{token}'" if is_seen else repr(token)
    return f"{shown} (U+{ord(token):04X})" if len(token) == 1 else shown


class CharTokenizer:
    """Each character is a token; its id is its index in `tokens`, a list of characters.

    A character may have several code points: see above. Raises ValueError for a list that is empty, has a token twice,
    or holds anything but normalized characters.
    """

    unit = "characters"

    def __init__(self, tokens):
        self.tokens = _listed(tokens)
        self._ids = _ids(self.tokens)
        if not all(CLUSTER.fullmatch(token) and normalize(token) == token for token in self.tokens):
            raise InputError("Each token of a character vocabulary must be one normalized character.")

    @classmethod
    def from_text(cls, text):
        """A tokenizer for the characters of `text`, in code point order."""
        return cls(sorted(set(cls.split(text))))

    @classmethod
    def from_config(cls, config):
        return cls(config["tokens"])

    def to_config(self):
        """What `from_config` needs, as JSON values."""
        return {"unit": self.unit, "tokens": self.tokens}

    def __len__(self):
        return len(self.tokens)

    @staticmethod
    def split(text):
        """The characters of `text`."""
        return characters(normalize(text))

    def encode(self, text):
        """The ids of `text`: list of int. Raises ValueError that lists the characters not in the vocabulary."""
        try:
            return [self._ids[character] for character in self.split(text)]
        except KeyError:
            raise InputError(_unknown_sentence("characters", self.unknown(text))) from None

    def decode(self, ids):
        """The text of `ids`. Raises ValueError for an id outside the vocabulary."""
        return "".join(self.tokens[i] for i in check_ids(ids, len(self)))

    def added(self, _before, token_id):
        """What `token_id` adds to a text, whatever is before it."""
        return self.decode([token_id])

    def unknown(self, text):
        """The distinct characters of `text` that are not in the vocabulary, in order of appearance."""
        return [character for character in dict.fromkeys(self.split(text)) if character not in self._ids]

    def readable(self, text):
        """`text` as this model can best read it: `plain`, with its own marks for those that it does not know.

        A curly quotation mark becomes a straight one, a dash the dash of its corpus, and so on: see ALIKE.
        """
        return with_known_marks(plain(text), lambda mark: all(part in self._ids for part in mark))

    @property
    def stand_in(self):
        """What is read in the place of an unknown character: a space, or "" if the vocabulary has none."""
        return " " if " " in self._ids else ""

    def encode_prompt(self, text):
        """(ids, unknown): the ids of `readable(text)` with `stand_in` for each unknown character, and these characters.

        The page must show the characters in `unknown`.
        """
        found = self.split(self.readable(text))
        space = [self._ids[one] for one in self.stand_in]
        ids = [i for one in found for i in ([self._ids[one]] if one in self._ids else space)]
        return ids, [one for one in dict.fromkeys(found) if one not in self._ids]


class WordTokenizer:
    """Words, punctuation marks and line ends are tokens. Spaces are not; `decode` puts them back by rules.

    A word keeps the hyphens and apostrophes inside it (guarda-chuva, o'er), a number its marks (3,14), a letter its
    accents and vowel signs. An emoji is a token. Chinese, Japanese, Thai, Lao, Khmer and Burmese are written without
    spaces between words: of these each character is a token. Straight quotation marks become opening or closing ones,
    depending on the character before them, so that `decode` knows where a space belongs. Raises ValueError for a list
    of tokens that is empty or has a token twice.
    """

    unit = "words"
    stand_in = ""  # what is read in the place of an unknown word

    # letters of scripts without spaces between words; the last two are Japanese marks that the scripts share
    SPACELESS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u30fc\uff70]"
    KEYCAP = r"[0-9#*]\ufe0f?\u20e3"
    LETTER = rf"(?:(?!{SPACELESS}|{KEYCAP})[\p{{L}}\p{{N}}_])"  # of a word, or a digit of a number
    PART = rf"(?:{LETTER}[\p{{M}}\u200c\u200d]*)+"  # of a word, between hyphens
    PATTERN = regex.compile(
        rf"""\n
        |(?=\p{{Extended_Pictographic}}|\p{{Regional_Indicator}}|{KEYCAP}|{SPACELESS})\X
        |{PART}(?:[-'’·\u05be\u05f3\u05f4]{PART}|(?<=\d)[.,:](?=\d){PART})*
        |\.\.\.|--+  # an ellipsis or a dash made of several marks
        |[^\s\x1c-\x1f]\p{{M}}*  # any other mark
        """,
        regex.VERBOSE,
    )
    STARTS_SPACELESS, STARTS_WORD = regex.compile(SPACELESS), regex.compile(PART)
    # what belongs to the character before it: not only marks, but also letters such as Thai ำ
    STARTS_MARK = regex.compile(r"[\p{M}\p{GCB=Extend}\p{GCB=SpacingMark}\u200c\u200d\p{Emoji_Modifier}]")
    WIDE_MARK = regex.compile(r"[\u3001-\u303f\u30fb\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]")
    OPENING = frozenset("([{«“‘¿¡")
    CLOSING = frozenset(")]}»”’,.;:!?…%।॥،؛؟۔") | {"..."}

    def __init__(self, tokens):
        self.tokens = _listed(tokens)
        self._ids = _ids(self.tokens)

    @classmethod
    def from_text(cls, text):
        """A tokenizer for the words, marks and line ends of `text`, in code point order."""
        return cls(sorted(set(cls.split(text))))

    @classmethod
    def from_config(cls, config):
        return cls(config["tokens"])

    def to_config(self):
        """What `from_config` needs, as JSON values."""
        return {"unit": self.unit, "tokens": self.tokens}

    def __len__(self):
        return len(self.tokens)

    @classmethod
    def split(cls, text):
        """The tokens of `text` as strings."""
        text = normalize(text)
        # a quotation mark after a space, a bracket or a dash is an opening one; any other is a closing one
        text = regex.sub(r'(?:(?<=[\s(\[{“‘—-])|^)"', "“", text).replace('"', "”")
        text = regex.sub(r"(?:(?<=[\s(\[{“—-])|^)'", "‘", text)
        behind = rf"{cls.LETTER}[\p{{M}}\u200c\u200d]*"
        text = regex.sub(rf"'(?!{cls.LETTER})|(?<!{behind})'", "’", text)
        # an apostrophe within a word is one mark, however it was typed
        text = regex.sub(rf"(?<={behind})’(?={cls.LETTER})", "'", text)
        return cls.PATTERN.findall(text)

    def encode(self, text):
        """The ids of `text`: list of int. Raises ValueError that lists the words not in the vocabulary."""
        try:
            return [self._ids[token] for token in self.split(text)]
        except KeyError:
            raise InputError(_unknown_sentence("words", self.unknown(text))) from None

    def decode(self, ids):
        """The text of `ids`: a space between two tokens, unless a mark or a line end is written without one.

        Raises ValueError for an id outside the vocabulary.
        """
        words = [self.tokens[i] for i in check_ids(ids, len(self))]
        return "".join(self._space(left, right) + right for left, right in zip(["\n", *words], words))

    def unknown(self, text):
        """The distinct words and marks of `text` that are not in the vocabulary, in order of appearance."""
        return [token for token in dict.fromkeys(self.split(text)) if token not in self._ids]

    def readable(self, text):
        """`text` as this model can best read it: `plain`, with its own marks for those that it does not know."""
        return with_known_marks(plain(text), self._ids.__contains__)

    def encode_prompt(self, text):
        """(ids, unknown): the ids of `readable(text)` without its unknown words, and these words.

        The page must show the words in `unknown`.
        """
        tokens = self.split(self.readable(text))
        unknown = [token for token in dict.fromkeys(tokens) if token not in self._ids]
        return [self._ids[token] for token in tokens if token in self._ids], unknown

    def _space(self, left, right):
        if "\n" in (left, right):
            return ""
        # two full stops must not merge into an ellipsis, nor a lone accent with what stands before it
        if left[-1] == right[0] == "." or self.STARTS_MARK.match(right):
            return " "
        attached = left in self.OPENING or right in self.CLOSING or self._spaceless(left, right)
        return "" if attached else " "

    def _spaceless(self, left, right):
        """Whether two tokens are written together because one of them is of a script without spaces."""
        if self.WIDE_MARK.match(left) or self.WIDE_MARK.match(right):
            return True
        of_script = [bool(self.STARTS_SPACELESS.match(token)) for token in (left, right)]
        word = self.STARTS_WORD.match(left) or self.STARTS_WORD.match(right)
        return all(of_script) or (any(of_script) and not word)


class PieceTokenizer:
    """Word pieces: byte-pair encoding of characters (Sennrich et al. 2016), by the `tokenizers` library.

    A piece never spans two words; a space belongs to the word after it. Every character of the text that the pieces
    were learned from is a piece too, so any text of these characters can be encoded, and `decode` returns it unchanged.
    merges: the pairs of pieces that are joined, in the order in which they were learned. Raises ValueError for a list
    of pieces that is empty or has a piece twice, and for merges that do not result in pieces.
    """

    unit = "pieces"
    SPLIT = r" ?\w+| ?[^\w\s]+|\n+| +|\s"
    SIZE, LARGEST = 1024, 1_000_000

    def __init__(self, tokens, merges):
        from tokenizers import Tokenizer, models

        self.tokens = _listed(tokens)
        self._ids = _ids(self.tokens)
        if any(SURROGATE.search(token) for token in self.tokens):
            raise InputError("A piece has half a character (a lone surrogate), which no word piece can hold.")
        self._alphabet = {token for token in self.tokens if len(token) == 1}
        try:
            self.merges = [(a, b) for a, b in merges]
            fit = all(part in self._ids for a, b in self.merges for part in (a, b, a + b))
        except (TypeError, ValueError):  # no list of pairs, or not of texts
            fit = False
        if not fit:
            raise InputError("The merges do not fit the pieces: each must join two pieces into a third.")
        self._pieces = Tokenizer(models.BPE(self._ids, self.merges))
        self._pieces.pre_tokenizer = self._splitter()

    @classmethod
    def from_text(cls, text, size=SIZE):
        """A tokenizer with `size` pieces learned from `text`, or fewer if the text has fewer pairs to join.

        Its characters are pieces in any case. Raises ValueError for an empty text, one with half a character (a lone
        surrogate), and a size that is no whole number from 1 to LARGEST.
        """
        from tokenizers import Tokenizer, models, trainers

        text = normalize(text)
        if not text:
            raise InputError("The vocabulary is empty: give a text with at least one character in it.")
        if SURROGATE.search(text):
            raise InputError(
                "The text has half a character (a lone surrogate), which no word piece can hold."
            )
        if isinstance(size, bool) or not isinstance(size, Integral) or not 1 <= int(size) <= cls.LARGEST:
            raise InputError(f"The size must be a whole number from 1 to {cls.LARGEST}.")
        pieces = Tokenizer(models.BPE())
        pieces.pre_tokenizer = cls._splitter()
        alphabet = sorted(set(text))
        trainer = trainers.BpeTrainer(vocab_size=int(size), initial_alphabet=alphabet, show_progress=False)
        pieces.train_from_iterator([text], trainer)
        model = json.loads(pieces.to_str())["model"]
        return cls(sorted(model["vocab"], key=model["vocab"].get), model["merges"])

    @classmethod
    def from_config(cls, config):
        return cls(config["tokens"], config["merges"])

    def to_config(self):
        """What `from_config` needs, as JSON values."""
        return {"unit": self.unit, "tokens": self.tokens, "merges": [list(pair) for pair in self.merges]}

    def __len__(self):
        return len(self.tokens)

    def encode(self, text):
        """The ids of `text`: list of int. Raises ValueError that lists the characters not in the vocabulary."""
        text, unknown = normalize(text), self.unknown(text)
        if unknown:
            raise InputError(_unknown_sentence("characters", unknown))
        return self._pieces.encode(text).ids

    def decode(self, ids):
        """The text of `ids`. Raises ValueError for an id outside the vocabulary."""
        return "".join(self.tokens[i] for i in check_ids(ids, len(self)))

    def unknown(self, text):
        """The distinct characters of `text` that are not in the vocabulary, in order of appearance."""
        found = dict.fromkeys(characters(normalize(text)))
        return [one for one in found if not self._alphabet.issuperset(one)]

    def readable(self, text):
        """`text` as this model can best read it: `plain`, with its own marks for those that it does not know."""
        return with_known_marks(plain(text), self._alphabet.issuperset)

    @property
    def stand_in(self):
        """What is read in the place of an unknown character: a space, or "" if the vocabulary has none."""
        return " " if " " in self._alphabet else ""

    def encode_prompt(self, text):
        """(ids, unknown): the ids of `readable(text)` with `stand_in` for each unknown character, and these characters.

        The page must show the characters in `unknown`.
        """
        text = self.readable(text)
        unknown = self.unknown(text)
        known = (one if self._alphabet.issuperset(one) else self.stand_in for one in characters(text))
        return self.encode("".join(known)), unknown

    @classmethod
    def _splitter(cls):
        from tokenizers import Regex, pre_tokenizers

        return pre_tokenizers.Split(Regex(cls.SPLIT), "isolated")


TOKENIZERS = {tokenizer.unit: tokenizer for tokenizer in (CharTokenizer, WordTokenizer, PieceTokenizer)}


def by_unit(unit):
    """The tokenizer class of `unit`. Raises ValueError for an unknown unit."""
    return TOKENIZERS[choice(unit, "unit", TOKENIZERS)]


def from_config(config):
    """The tokenizer whose `to_config` returned `config`. Raises ValueError for anything else."""
    try:
        return by_unit(config["unit"]).from_config(config)
    except (KeyError, TypeError):
        raise InputError("These are not the settings of a tokenizer.") from None


def characters(text):
    """The characters of a text as a reader sees them."""
    return list(text) if text.isascii() else CLUSTER.findall(text)


def count_characters(text):
    """How many characters a reader counts in a text. Those of layout, which nobody sees, are left out."""
    return len(characters(plain(text)))


def text_after(tokenizer, before, token_id):
    """What `token_id` adds to a text whose last ids are `before`: a word may add a space. REACH of them are enough."""
    if hasattr(tokenizer, "added"):
        return tokenizer.added(before[-REACH:], token_id)
    last = before[-1:]
    return tokenizer.decode([*last, token_id])[len(tokenizer.decode(last)) :]


def as_written(tokenizer, ids):
    """What each of the ids adds to the text of those before it."""
    return [text_after(tokenizer, ids[max(0, i - REACH) : i], token_id) for i, token_id in enumerate(ids)]


def with_known_marks(text, knows):
    """`text` with a mark that stands for it in place of each mark of ALIKE that `knows` does not."""
    swaps = {}
    for mark, others in ALIKE.items():
        if mark in text and not knows(mark):
            swaps[ord(mark)] = next(filter(knows, others), mark)
    return text.translate(swaps)


def check_ids(ids, vocab):
    """`ids` as a list of int. Raises ValueError unless each is a whole number from 0 to vocab - 1."""
    if type(ids) is list and all(type(i) is int and 0 <= i < vocab for i in ids):  # the usual case, quickly
        return [*ids]
    try:
        ids = [i.item() if getattr(i, "ndim", None) == 0 else i for i in ids]
    except TypeError:  # None, a number, a tensor without dimensions
        raise InputError(f"Give a list of token ids, not {type(ids).__name__}.") from None
    for i in ids:
        if isinstance(i, bool) or not isinstance(i, int) or not 0 <= i < vocab:
            raise InputError(f"A token id must be a whole number from 0 to {vocab - 1}, not {shown(i)}.")
    return ids


def _listed(tokens):
    """The tokens as a list. Raises ValueError if they are none."""
    try:
        return list(tokens)
    except TypeError:
        raise InputError(f"Give a list of tokens, not {type(tokens).__name__}.") from None


def _ids(tokens):
    """Token -> id. Raises ValueError for a list that is empty, has a token twice, or holds anything but texts."""
    if not all(isinstance(token, str) and token for token in tokens):
        raise InputError("Each token must be a text of at least one character.")
    ids = {token: i for i, token in enumerate(tokens)}
    if not ids:
        raise InputError("The vocabulary is empty: give a text with at least one token in it.")
    if len(ids) != len(tokens):
        raise InputError("The vocabulary contains a token twice.")
    return ids


def _unknown_sentence(unit, unknown):
    shown = ", ".join(visible(token) for token in unknown[:SHOWN])
    more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    return f"The text has {unit} that this model does not know: {shown}{more}."
