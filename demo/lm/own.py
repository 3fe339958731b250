"""Visitors' own texts: counted, kept in memory for a while, never written to disk. Some have a GPT of their own."""

import hashlib
import hmac
import re
import secrets
import sys
import threading
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from demo.checks import UserError, choice
from demo.contract import MOST_CONTROL_SHARE, MOST_OWN_BYTES, ORDERS, OWN_UNITS
from demo.turns import give_way, visitor
from models.drafting import REMEMBERED_BYTES
from models.ngram import NgramLM, count_windows, largest_order
from models.tokenizer import as_written, by_unit, characters, plain

MOST_BYTES, MOST_TEXTS = 500_000_000, 400  # of all visitors; a text that two visitors use counts as two texts
MOST_BYTES_OF_ONE, MOST_TEXTS_OF_ONE = 250_000_000, 20
KEPT_FOR = 30 * 60  # seconds after its last use; the page sends its text again if it needs it later
AROUND = 15_000  # bytes that a text takes besides what grows with it
A_TOKEN = 300  # bytes of each distinct token
A_CHARACTER = 16  # bytes of each character in what stations make of a text later (models/passages.py)
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")  # control characters that do not occur in ordinary text
SAMPLE = Path(__file__).parent.parent / "text" / "sample.txt"


@dataclass(frozen=True)
class OwnText:
    text: str  # plain
    unit: str
    gpt: Any = None  # a GPT that was trained on it, whose tokens are then those of the counts as well

    @cached_property
    def tokenized(self):
        """(tokenizer, ids): a tokenizer with the text's vocabulary, and the encoded text, int32 (n,)."""
        if self.gpt:
            return self.gpt.tokenizer, np.array(self.gpt.tokenizer.encode(self.text), np.int32)
        tokens = by_unit(self.unit).split(self.text)
        tokenizer = by_unit(self.unit)(sorted(set(tokens)))
        places = {token: i for i, token in enumerate(tokenizer.tokens)}
        return tokenizer, np.fromiter(map(places.__getitem__, tokens), np.int32, len(tokens))

    @cached_property
    def counts(self):
        """The NgramLM of the text."""
        tokenizer, ids = self.tokenized
        order = min(ORDERS[self.unit]["highest"], largest_order(len(tokenizer)))
        return NgramLM(tokenizer, *count_windows(ids, len(tokenizer), order), order)

    @cached_property
    def size(self):
        """Bytes in memory, nearly: the counts of a text may take a hundred times as many as the text."""
        tokenizer, ids = self.tokenized
        grows = sys.getsizeof(self.text) + ids.nbytes + self.counts.nbytes + A_CHARACTER * len(self.text)
        grows += self.counts.nbytes_remembered
        of_gpt = 0
        if self.gpt:
            of_gpt = sum(weight.nbytes for weight in self.gpt.parameters()) + REMEMBERED_BYTES
        return AROUND + A_TOKEN * len(tokenizer) + grows + of_gpt

    def places_of(self, context):
        """The positions at which the ids `context` start in the text, ascending."""
        ids = self.tokenized[1]
        places = np.arange(max(0, len(ids) - len(context) + 1))
        for offset, token_id in enumerate(context):
            places = places[ids[places + offset] == token_id]
        return places


class OwnTexts:
    """Key -> OwnText, bounded in bytes, in number and in time.

    Whoever has the most makes room: first the address, then the page. So one visitor cannot push out others' texts. A
    key is a hash with a secret that changes at every start: the same text has one key and is kept once, but nobody can
    tell from a text whether somebody keeps it.
    """

    def __init__(self):
        self._secret = secrets.token_bytes(32)
        self._kept = {}
        self._used = OrderedDict()  # visitor -> {key: when it was used}; both least recently used first
        self._lock = threading.Lock()

    def keep(self, text, unit):
        """Count and keep a text, and return its key. Raises UserError."""
        text, unit = checked_text(text), choice(unit, "unit", OWN_UNITS)
        key = hmac.new(self._secret, in_bytes(f"{unit}\n{text}"), hashlib.sha256).hexdigest()[:32]
        own = self._kept.get(key)
        if own is None:
            own = OwnText(text, unit)
            own.tokenized  # noqa: B018, cached
            give_way()
            own.size  # noqa: B018, cached: counts the text
        with self._lock:
            self._kept.setdefault(key, own)
            self._use(key)
        return key

    def adopt(self, text, gpt):
        """Keep a text together with a GPT, for nobody but whoever gets this key. Raises UserError."""
        own = OwnText(learnable(checked_text(text)), gpt.tokenizer.unit, gpt)
        own.tokenized  # noqa: B018, cached
        give_way()
        own.size  # noqa: B018, cached: counts the text
        key = secrets.token_hex(16)
        with self._lock:
            self._kept[key] = own
            self._use(key)
        return key

    def get(self, key):
        """The OwnText of a key. If it is gone, raises UserError "error.own_gone", and the page sends the text again."""
        with self._lock:
            if key not in self._kept:
                raise UserError("error.own_gone")
            self._use(key)
            return self._kept[key]

    def counts(self, key):
        """The NgramLM of the text with this key."""
        return self.get(key).counts

    def _use(self, key):
        """Note that the visitor uses a text, and drop others if they are too many."""
        now = visitor()
        mine = self._used.setdefault(now, OrderedDict())
        mine[key] = time.monotonic()
        mine.move_to_end(key)
        self._used.move_to_end(now)
        for one, keys in list(self._used.items()):
            while keys and next(iter(keys.values())) < time.monotonic() - KEPT_FOR:
                self._drop(one)
        while len(mine) > 1 and (
            len(mine) > MOST_TEXTS_OF_ONE or sum(self._kept[k].size for k in mine) > MOST_BYTES_OF_ONE
        ):
            self._drop(now)
        while sum(own.size for own in self._kept.values()) > MOST_BYTES:
            if not self._drop(self._greediest(lambda key: self._kept[key].size, now, key)):
                break
        while sum(map(len, self._used.values())) > MOST_TEXTS:
            self._drop(self._greediest(lambda key: 1, now, key))

    def _greediest(self, weigh, now, fresh):
        """The visitor whose texts weigh most, not counting the one that is used now; None if there is no other text."""
        weights, of_address = {}, Counter()
        for one, keys in self._used.items():
            weights[one] = sum(weigh(key) for key in keys if (one, key) != (now, fresh))
            of_address[one[0]] += weights[one]
        greedy = max(weights, key=lambda one: (of_address[one[0]], weights[one]))
        return greedy if weights[greedy] else None

    def _drop(self, one):
        """Drop a visitor's least recently used text; it is kept on if others use it. False if there is no visitor."""
        if one is None:
            return False
        key, _ = self._used[one].popitem(last=False)
        if not self._used[one]:
            del self._used[one]
        if not any(key in keys for keys in self._used.values()):
            del self._kept[key]
        return True


def checked_text(text):
    """Return a text as `plain`. Raises UserError if it is empty, too long or not text."""
    if not isinstance(text, str):
        raise UserError("error.text", name="text")
    if not text:
        raise UserError("error.own_empty")
    if len(in_bytes(text)) > MOST_OWN_BYTES:
        raise UserError("error.own_too_long", most=MOST_OWN_BYTES // 1_000_000)
    if "\0" in text or len(CONTROLS.findall(text)) > MOST_CONTROL_SHARE * len(text):
        raise UserError("error.own_binary")
    text = plain(text)
    if not text.strip():
        raise UserError("error.own_blank")
    return text


def learnable(text):
    """A text as training/live.py learns it: a lone surrogate becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def in_bytes(text):
    """`text` in UTF-8. Lone surrogates, which a page may send, are kept."""
    return text.encode("utf-8", "surrogatepass")


def sample(language="en"):
    """The sample text, written for this project in both languages. The lines in `language` come first."""
    english, portuguese = SAMPLE.read_text("utf-8").rstrip("\n").split("\n\n")
    return "\n\n".join([portuguese, english] if language == "pt-BR" else [english, portuguese])


def written(tokenizer, text):
    """A normalized text as tokens: [(gap, token as it is written in the text, id)].

    gap: white space before the token that is not itself a token. id: None if the token is not in the vocabulary.
    """
    if tokenizer.unit == "words":
        return _written_words(tokenizer, text)
    unknown = set(tokenizer.unknown(text))
    pieces = []
    for left_out, run in groupby(characters(text), unknown.__contains__):
        if left_out:
            pieces += [("", character, None) for character in run]
        else:
            ids = tokenizer.encode("".join(run))
            pieces += [("", *piece) for piece in zip(as_written(tokenizer, ids), ids, strict=True)]
    return pieces


def _written_words(tokenizer, text):
    ids = {token: i for i, token in enumerate(tokenizer.tokens)}
    pieces, end = [], 0
    for token in tokenizer.split(
        text
    ):  # has the same length in the text, but may differ: a straight quotation mark
        start = end
        while text[start] != "\n" and text[start].isspace():
            start += 1
        pieces.append((text[end:start], text[start : start + len(token)], ids.get(token)))
        end = start + len(token)
    return pieces
