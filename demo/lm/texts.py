"""The texts behind the counts, where they are at hand: a visitor's own, and corpora found on disk.

Corpora are not part of this project. A file of the right name in one of FOLDERS is read when it is first needed, and
used if it is the text that was counted.
"""

from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from demo.checks import UserError, choice
from demo.contract import CORPORA
from demo.turns import TurnLock
from models.errors import InputError
from models.passages import Passages

FOLDERS = (Path("data/text"), Path("../shared/data/text"))  # seen from where the app was started
FILES = {"shakespeare": "tinyshakespeare.txt", "machado": "machado.txt"}
LEARNED = 0.9  # of the characters of a corpus; the models never saw the rest


class Texts:
    """Corpus -> its training text, tokens and all. Each is read once; all who need it wait for one reader."""

    def __init__(self, language_models, folders=FOLDERS):
        self._models, self._folders = language_models, folders
        self._read = {}
        self._locks = {corpus: TurnLock() for corpus in CORPORA}
        self._own = WeakKeyDictionary()  # an entry vanishes with its text

    def get(self, corpus):
        """The Passages of a corpus, or of a visitor's text "own:<key>". Raises UserError where no text is at hand."""
        if isinstance(corpus, str) and corpus.startswith("own:"):
            return self._of_own(self._models.own.get(corpus.removeprefix("own:")))
        return self._learned_and_held_back(choice(corpus, "corpus", tuple(CORPORA)))[0]

    def held_back(self, corpus):
        """The part of a corpus that no model learned from. Raises UserError where it is not at hand."""
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
    """(Passages of the part that was counted, the rest as text). Raises UserError for another text than that."""
    try:
        whole = path.read_text("utf-8")
        cut = int(len(whole) * LEARNED)
        learned = Passages(counts.tokenizer, whole[:cut])
    except (OSError, UnicodeError, InputError):  # unreadable, no UTF-8, or characters that were never counted
        raise UserError("lm.evidence.text_other", file=path.name) from None
    seen = counts.with_order(1).predict([]).counts
    if not np.array_equal(np.bincount(learned.ids, minlength=len(seen)), seen):
        raise UserError("lm.evidence.text_other", file=path.name)
    return learned, whole[cut:]
