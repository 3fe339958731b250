"""Text to token ids and back: characters, words, or word pieces.

Every tokenizer has the same interface: `tokens`, `len()`, `encode`, `decode`, `encode_prompt`, `unknown`,
`to_config` and the class methods `from_text` and `from_config`. A tokenizer is registered under its `unit`
in TOKENIZERS.

Text is brought to one form first (`normalize`): line ends become a line feed, and a letter typed as a base
and an accent becomes one character. A text already in that form comes back from `decode(encode(text))` as it
was, character by character; words come back with the spaces of `WordTokenizer.decode`.
"""

import json
import re
import unicodedata

from models.errors import InputError

SHOWN = 8  # unknown characters or words that an error message names


def normalize(text):
    """`text` with line ends as "\\n" and accents composed (Unicode NFC)."""
    if not isinstance(text, str):
        raise InputError(f"The text must be a string, not {type(text).__name__}.")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text)


def visible(token):
    """`token` for a message: quoted, a single character with its code point: "'é' (U+00E9)"."""
    shown = f"'{token}'" if token.isprintable() else repr(token)
    return f"{shown} (U+{ord(token):04X})" if len(token) == 1 else shown


class CharTokenizer:
    """One character, one token; the id is the place in `tokens` (list of str, each one character).

    Raises ValueError for a list that is empty, repeats itself or holds anything but normalized characters.
    """

    unit = "characters"

    def __init__(self, tokens):
        self.tokens = list(tokens)
        self._ids = _ids(self.tokens)
        if not all(len(token) == 1 and normalize(token) == token for token in self.tokens):
            raise InputError("Each token of a character vocabulary must be one normalized character.")

    @classmethod
    def from_text(cls, text):
        """The vocabulary of `text`: its characters in code point order."""
        return cls(sorted(set(normalize(text))))

    @classmethod
    def from_config(cls, config):
        return cls(config["tokens"])

    def to_config(self):
        """What `from_config` needs, JSON-able."""
        return {"unit": self.unit, "tokens": self.tokens}

    def __len__(self):
        return len(self.tokens)

    def encode(self, text):
        """Ids of `text`: list of int. Raises ValueError that names the characters not in the vocabulary."""
        text = normalize(text)
        try:
            return [self._ids[character] for character in text]
        except KeyError:
            raise InputError(_unknown_sentence("characters", self.unknown(text))) from None

    def decode(self, ids):
        """The text of `ids`. Raises ValueError for an id outside the vocabulary."""
        return "".join(self.tokens[i] for i in check_ids(ids, len(self)))

    def unknown(self, text):
        """Distinct characters of `text` not in the vocabulary, in order of appearance."""
        return [character for character in dict.fromkeys(normalize(text)) if character not in self._ids]

    def encode_prompt(self, text):
        """(ids, unknown): `text` with each unknown character replaced by a space, and which they were.

        A vocabulary without a space leaves them out. Say on the page which characters `unknown` names.
        """
        text, unknown = normalize(text), self.unknown(text)
        space = " " if " " in self._ids else ""
        return self.encode(text.translate({ord(character): space for character in unknown})), unknown


class WordTokenizer:
    """Words, punctuation marks and line ends as tokens; spaces are not tokens and come back by rule.

    A word keeps the hyphens and apostrophes inside it (guarda-chuva, o'er), a number its marks (3,14).
    Straight quotation marks become curly ones, by the space before them, so that `decode` knows which side
    each belongs to. Raises ValueError for a list of tokens that is empty or repeats itself.
    """

    unit = "words"

    # a line end; a word or number; an ellipsis or dash of several marks; any other mark
    PATTERN = re.compile(r"\n|\w+(?:[-'’]\w+|(?<=\d)[.,:](?=\d)\w+)*|\.\.\.|--+|[^\w\s]")
    OPENING = frozenset("([{«“‘¿¡")
    CLOSING = frozenset(")]}»”’,.;:!?…%") | {"..."}

    def __init__(self, tokens):
        self.tokens = list(tokens)
        self._ids = _ids(self.tokens)

    @classmethod
    def from_text(cls, text):
        """The vocabulary of `text`: its words, marks and line ends in code point order."""
        return cls(sorted(set(cls.split(text))))

    @classmethod
    def from_config(cls, config):
        return cls(config["tokens"])

    def to_config(self):
        """What `from_config` needs, JSON-able."""
        return {"unit": self.unit, "tokens": self.tokens}

    def __len__(self):
        return len(self.tokens)

    @classmethod
    def split(cls, text):
        """The tokens of `text` as strings."""
        text = normalize(text)
        # a quotation mark after a space, a bracket or a dash opens; any other closes
        text = re.sub(r'(?:(?<=[\s(\[{“‘—-])|^)"', "“", text).replace('"', "”")
        text = re.sub(r"(?:(?<=[\s(\[{“—-])|^)'", "‘", text)
        text = re.sub(r"'(?!\w)|(?<!\w)'", "’", text)
        return cls.PATTERN.findall(text)

    def encode(self, text):
        """Ids of `text`: list of int. Raises ValueError that names the words not in the vocabulary."""
        try:
            return [self._ids[token] for token in self.split(text)]
        except KeyError:
            raise InputError(_unknown_sentence("words", self.unknown(text))) from None

    def decode(self, ids):
        """The text of `ids`: a space between two tokens except where a mark or a line end leans on one.

        Raises ValueError for an id outside the vocabulary.
        """
        words = [self.tokens[i] for i in check_ids(ids, len(self))]
        return "".join(self._space(left, right) + right for left, right in zip(["\n", *words], words))

    def unknown(self, text):
        """Distinct words and marks of `text` not in the vocabulary, in order of appearance."""
        return [token for token in dict.fromkeys(self.split(text)) if token not in self._ids]

    def encode_prompt(self, text):
        """(ids, unknown): `text` without its unknown words, and which they were.

        Say on the page which words `unknown` names.
        """
        tokens = self.split(text)
        return [self._ids[token] for token in tokens if token in self._ids], self.unknown(text)

    def _space(self, left, right):
        if left[-1] == right[0] == ".":  # full stops that stood apart must not become an ellipsis
            return " "
        leans = left in self.OPENING or right in self.CLOSING
        return "" if leans or "\n" in (left, right) else " "


class PieceTokenizer:
    """Word pieces: byte-pair encoding of characters (Sennrich et al. 2016), by the `tokenizers` library.

    A piece never reaches across two words; a space belongs to the word after it. Every character of the text
    that the pieces were learned from is a piece too, so any text of these characters has ids, and comes back
    from `decode` character by character. merges: the pairs of pieces that are joined, first learned first.
    Raises ValueError for pieces that are empty or repeat themselves, and for merges that do not make them.
    """

    unit = "pieces"
    SPLIT = r" ?\w+| ?[^\w\s]+|\n+| +|\s"
    SIZE = 1024

    def __init__(self, tokens, merges):
        from tokenizers import Tokenizer, models

        self.tokens = list(tokens)
        self.merges = [tuple(pair) for pair in merges]
        self._ids = _ids(self.tokens)
        self._alphabet = {token for token in self.tokens if len(token) == 1}
        if not all(part in self._ids for a, b in self.merges for part in (a, b, a + b)):
            raise InputError("The merges do not fit the pieces: each must join two pieces into a third.")
        self._pieces = Tokenizer(models.BPE(self._ids, self.merges))
        self._pieces.pre_tokenizer = self._splitter()

    @classmethod
    def from_text(cls, text, size=SIZE):
        """The `size` pieces (fewer where the text gives fewer) that save most when `text` is written in them."""
        from tokenizers import Tokenizer, models, trainers

        text = normalize(text)
        if not text:
            raise InputError("The vocabulary is empty: give a text with at least one character in it.")
        pieces = Tokenizer(models.BPE())
        pieces.pre_tokenizer = cls._splitter()
        alphabet = sorted(set(text))
        trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
        pieces.train_from_iterator([text], trainer)
        model = json.loads(pieces.to_str())["model"]
        return cls(sorted(model["vocab"], key=model["vocab"].get), model["merges"])

    @classmethod
    def from_config(cls, config):
        return cls(config["tokens"], config["merges"])

    def to_config(self):
        """What `from_config` needs, JSON-able."""
        return {"unit": self.unit, "tokens": self.tokens, "merges": [list(pair) for pair in self.merges]}

    def __len__(self):
        return len(self.tokens)

    def encode(self, text):
        """Ids of `text`: list of int. Raises ValueError that names the characters not in the vocabulary."""
        text, unknown = normalize(text), self.unknown(text)
        if unknown:
            raise InputError(_unknown_sentence("characters", unknown))
        return self._pieces.encode(text).ids

    def decode(self, ids):
        """The text of `ids`. Raises ValueError for an id outside the vocabulary."""
        return "".join(self.tokens[i] for i in check_ids(ids, len(self)))

    def unknown(self, text):
        """Distinct characters of `text` not in the vocabulary, in order of appearance."""
        return [character for character in dict.fromkeys(normalize(text)) if character not in self._alphabet]

    def encode_prompt(self, text):
        """(ids, unknown): `text` with each unknown character replaced by a space, and which they were.

        A vocabulary without a space leaves them out. Say on the page which characters `unknown` names.
        """
        text, unknown = normalize(text), self.unknown(text)
        space = " " if " " in self._alphabet else ""
        return self.encode(text.translate({ord(character): space for character in unknown})), unknown

    @classmethod
    def _splitter(cls):
        from tokenizers import Regex, pre_tokenizers

        return pre_tokenizers.Split(Regex(cls.SPLIT), "isolated")


TOKENIZERS = {tokenizer.unit: tokenizer for tokenizer in (CharTokenizer, WordTokenizer, PieceTokenizer)}


def by_unit(unit):
    """The tokenizer class of `unit`. Raises ValueError for a unit that is none."""
    if unit not in TOKENIZERS:
        raise InputError(f"The unit must be one of {', '.join(TOKENIZERS)}, not {unit!r}.")
    return TOKENIZERS[unit]


def from_config(config):
    """The tokenizer that wrote `config` with `to_config`."""
    return by_unit(config["unit"]).from_config(config)


def check_ids(ids, vocab):
    """`ids` as a list of int. Raises ValueError unless each is a whole number from 0 to vocab - 1."""
    ids = [i.item() if hasattr(i, "item") else i for i in ids]
    for i in ids:
        if isinstance(i, bool) or not isinstance(i, int) or not 0 <= i < vocab:
            raise InputError(f"A token id must be a whole number from 0 to {vocab - 1}, not {i!r}.")
    return ids


def _ids(tokens):
    """Token -> id. Raises ValueError for an empty list or one that repeats itself."""
    ids = {token: i for i, token in enumerate(tokens)}
    if not ids:
        raise InputError("The vocabulary is empty: give a text with at least one token in it.")
    if len(ids) != len(tokens):
        raise InputError("A token stands twice in the vocabulary.")
    return ids


def _unknown_sentence(unit, unknown):
    shown = ", ".join(visible(token) for token in unknown[:SHOWN])
    more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    return f"The text has {unit} that this model does not know: {shown}{more}."
