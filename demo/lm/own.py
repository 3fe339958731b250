"""Visitors' own texts: counted, kept in memory for a while, never written to disk."""

import hashlib
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np

from demo.checks import UserError, choice
from demo.contract import MOST_CONTROL_SHARE, MOST_OWN_BYTES, ORDERS, OWN_UNITS
from models.ngram import NgramLM, count_windows, largest_order
from models.tokenizer import by_unit, characters, plain

MOST_KEPT = 6_000_000  # characters of all texts together; beyond it the least recently used text is dropped
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")  # control characters that do not occur in ordinary text
SAMPLE = Path(__file__).parent.parent / "text" / "sample.txt"


@dataclass(frozen=True)
class OwnText:
    text: str  # plain
    unit: str

    @cached_property
    def tokenized(self):
        """(tokenizer, ids): a tokenizer with the text's vocabulary, and the encoded text, int32 (n,)."""
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

    def places_of(self, context):
        """The positions at which the ids `context` start in the text, ascending."""
        ids = self.tokenized[1]
        places = np.arange(max(0, len(ids) - len(context) + 1))
        for offset, token_id in enumerate(context):
            places = places[ids[places + offset] == token_id]
        return places


class OwnTexts:
    """Key -> OwnText. A key is a hash: it reveals nothing about the text and cannot be guessed without it."""

    def __init__(self, most=MOST_KEPT):
        self._most = most
        self._kept = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, text, unit):
        """Keep a text and return its key. Raises UserError."""
        text, unit = checked_text(text), choice(unit, "unit", OWN_UNITS)
        key = hashlib.sha256(in_bytes(f"{unit}\n{text}")).hexdigest()[:32]
        with self._lock:
            if key not in self._kept:
                self._kept[key] = OwnText(text, unit)
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(len(own.text) for own in self._kept.values()) > self._most:
                self._kept.popitem(last=False)
        return key

    def get(self, key):
        """The OwnText of a key. If it is gone, raises UserError "error.own_gone", and the page sends the text again."""
        with self._lock:
            if key not in self._kept:
                raise UserError("error.own_gone")
            self._kept.move_to_end(key)
            return self._kept[key]

    def counts(self, key):
        """The NgramLM of the text with this key."""
        return self.get(key).counts


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


def in_bytes(text):
    """`text` in UTF-8. Lone surrogates, which a page may send, are kept."""
    return text.encode("utf-8", "surrogatepass")


def sample():
    """The sample text, written for this project in both languages."""
    return SAMPLE.read_text("utf-8").rstrip("\n")


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
            pieces += [("", tokenizer.tokens[i], i) for i in tokenizer.encode("".join(run))]
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
