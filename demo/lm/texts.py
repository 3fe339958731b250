"""The training texts of counts, if they are at hand: visitors' own texts, and corpora in the data folder.

Corpora are not part of this project: `python -m training.texts` fetches them, and the app does so when it starts if
that is wished for (`Texts.fetch`). A file is used only if it begins with the very text that was counted: as many
characters, with the sha256, as config.json of the counts records.
"""

import hashlib
import subprocess
import sys
import threading
from pathlib import Path
from weakref import WeakKeyDictionary

from demo.checks import UserError, choice
from demo.contract import CORPORA, HUB_MODELS
from demo.kept import afresh
from demo.turns import TurnLock
from models.corpora import FILES
from models.passages import Passages

ROOT = Path(__file__).parents[2]
COMMAND = "python -m training.texts"
INSTALLED_COMMAND = (
    "playground --texts"  # of the package that pip installs, which is a folder with an __init__.py
)


class Texts:
    """Corpus -> its training text and tokens. Each is read once; simultaneous requests wait for it."""

    def __init__(self, language_models, folder):
        self._models, self._folder = language_models, Path(folder)
        self._read = {}
        self._locks = {corpus: TurnLock() for corpus in CORPORA}
        self._own = WeakKeyDictionary()  # weak keys: an entry vanishes with its text
        self._state = "absent"  # of the texts that are not there: absent, fetching or failed

    def get(self, corpus):
        """The Passages of a corpus, or of a visitor's text "own:<key>". Raises UserError if there is no such text."""
        if isinstance(corpus, str) and corpus.startswith("own:"):
            return self._of_own(self._models.own.get(corpus.removeprefix("own:")))
        return self._learned_and_held_back(choice(corpus, "corpus", tuple(CORPORA)))[0]

    def held_back(self, corpus):
        """The part of a corpus on which no model was trained. Raises UserError if there is no such text."""
        return self._learned_and_held_back(choice(corpus, "corpus", tuple(CORPORA)))[1]

    def check(self, corpus):
        """Raise the UserError that `get` would raise, without reading the tokens."""
        if choice(corpus, "corpus", tuple(CORPORA)) not in self._read:
            self._split(corpus)

    def fetch(self, options=()):
        """Fetch the corpora in the background, unless all of them are there. Returns the thread, or None.

        It is a process of its own, so that the page is no slower meanwhile. options: of training.texts.
        """
        if all(self._is_there(corpus) for corpus in FILES):
            return None
        self._state = "fetching"
        data = ["--data", self._folder.parent.resolve()]
        command = [sys.executable, *COMMAND.split()[1:], *data, *options]
        thread = threading.Thread(target=self._run, args=(command,), name="fetching", daemon=True)
        thread.start()
        return thread

    def _run(self, command):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
        self._state = "failed" if done.returncode else "absent"
        if done.returncode:
            why = (done.stderr.strip() or "it was ended").splitlines()[-1]
            print(f"The texts that the language models learned from could not be fetched: {why}", flush=True)

    def _of_own(self, own):
        passages = self._own.get(own)
        if passages is None:
            tokenizer, ids = own.tokenized
            passages = self._own.setdefault(own, Passages(tokenizer, own.text, ids))
        return passages

    def _learned_and_held_back(self, corpus):
        with self._locks[corpus]:
            if corpus not in self._read:
                learned, held_back = self._split(corpus)
                self._read[corpus] = Passages(self._models.get(corpus).tokenizer, learned), held_back
            return self._read[corpus]

    def _is_there(self, corpus):
        try:
            self.check(corpus)
        except UserError:
            return False
        return True

    def _path(self, corpus):
        return self._folder / FILES.get(corpus, f"{corpus}.txt")

    def _missing(self, corpus):
        if corpus not in FILES:
            return UserError("own_weights.text", file=self._path(corpus).name)
        if self._state == "fetching":
            return UserError("lm.text.fetching")
        command = INSTALLED_COMMAND if (ROOT / "__init__.py").exists() else COMMAND
        return UserError("lm.text.failed" if self._state == "failed" else "lm.text.absent", command=command)

    def _split(self, corpus):
        """The part of a corpus that was counted, and the rest. Raises UserError if this is not in the file."""
        if corpus in HUB_MODELS:
            raise UserError("lm.hub.text", name=HUB_MODELS[corpus])
        path = self._path(corpus)
        try:
            whole = path.read_text("utf-8")
        except FileNotFoundError:
            raise self._missing(corpus) from None
        except OSError as error:
            raise UserError("lm.text.unreadable", file=path.name, why=error.strerror or str(error)) from None
        except UnicodeError:
            raise UserError("lm.text.other", file=path.name) from None
        counted = counted_text(self._models.config(f"lm/{corpus}/ngram"))
        learned = whole[: counted["characters"]]
        if sha256(learned) != counted["sha256"]:
            raise UserError("lm.text.other", file=path.name)
        return learned, whole[len(learned) :].lstrip("\n")


def counted_text(config):
    """The text that was counted, {"characters", "sha256"}, from the settings of counts.

    Counts that were saved without it fit no text.
    """
    return config.get("training", {}).get("text", {"characters": 0, "sha256": None})


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def functions(language_models):
    """What the page calls before it shows anything that needs the text of a corpus."""

    @afresh
    def lm_text(corpus) -> dict:
        try:
            language_models.texts.check(corpus)
        except UserError as error:
            if not error.key.startswith(("lm.text.", "own_weights.text", "lm.hub.text")):
                raise
            return {"missing": {"key": error.key, "values": error.values}}
        return {"missing": None}

    return {"lm_text": lm_text}
