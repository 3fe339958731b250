"""The training texts of counts, if they are available: visitors' own texts, and corpora on disk.

Corpora are not part of this project. A file with the right name in one of FOLDERS is read at the first request. It is
used if it is the text that was counted. FOLDERS is $PLAYGROUND_DATA/text if that variable is set, otherwise data/text.
"""

import os
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from demo.checks import UserError, choice
from demo.contract import CORPORA
from demo.turns import TurnLock
from models.errors import InputError
from models.passages import Passages

FOLDERS = (Path(os.environ.get("PLAYGROUND_DATA") or "data") / "text",)
FILES = {"shakespeare": "tinyshakespeare.txt", "machado": "machado.txt"}
LEARNED = 0.9  # share of a corpus on which the models were trained


class Texts:
    """Corpus -> its training text and tokens. Each is read once; simultaneous requests wait for it."""

    def __init__(self, language_models, folders=FOLDERS):
        self._models, self._folders = language_models, folders
        self._read = {}
        self._locks = {corpus: TurnLock() for corpus in CORPORA}
        self._own = WeakKeyDictionary()  # weak keys: an entry vanishes with its text

    def get(self, corpus):
        """The Passages of a corpus, or of a visitor's text "own:<key>". Raises UserError if there is no such text."""
        if isinstance(corpus, str) and corpus.startswith("own:"):
            return self._of_own(self._models.own.get(corpus.removeprefix("own:")))
        return self._learned_and_held_back(choice(corpus, "corpus", tuple(CORPORA)))[0]

    def held_back(self, corpus):
        """The part of a corpus on which no model was trained. Raises UserError if there is no such text."""
        return self._learned_and_held_back(choice(corpus, "corpus", tuple(CORPORA)))[1]

    def _of_own(self, own):
        passages = self._own.get(own)
        if passages is None:
            tokenizer, ids = own.tokenized
            passages = self._own.setdefault(own, Passages(tokenizer, own.text, ids))
        return passages

    def _learned_and_held_back(self, corpus):
        with self._locks[corpus]:
            if corpus not in self._read:
                self._read[corpus] = read(self._path(corpus), self._models.get(corpus))
            return self._read[corpus]

    def _path(self, corpus):
        paths = [Path(folder) / FILES[corpus] for folder in self._folders]
        found = next((path for path in paths if path.is_file()), None)
        if found is None:
            raise UserError("lm.evidence.text_absent", file=FILES[corpus], folder=self._folders[0].as_posix())
        return found


def read(path, counts):
    """(Passages of the part that was counted, the rest as text). Raises UserError if the file holds another text."""
    try:
        whole = path.read_text("utf-8")
        cut = int(len(whole) * LEARNED)
        learned = Passages(counts.tokenizer, whole[:cut])
    except (
        OSError,
        UnicodeError,
        InputError,
    ):  # unreadable, not UTF-8, or characters that were never counted
        raise UserError("lm.evidence.text_other", file=path.name) from None
    seen = counts.with_order(1).predict([]).counts
    if not np.array_equal(np.bincount(learned.ids, minlength=len(seen)), seen):
        raise UserError("lm.evidence.text_other", file=path.name)
    return learned, whole[cut:]
