"""Language models of others (models/hub.py): from the Hub of Hugging Face by name, or from a folder.

Whoever starts the app names them with --hub. `offer` makes each a choice beside the corpora. They are fetched and read
one after the other in a thread; until then a call is told how far that is.
"""

import errno
import logging
import os
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo import contract
from demo.checks import UserError
from demo.own_weights import say

log = logging.getLogger(__name__)

KNOWN = {  # short name -> name on the Hub, what the page calls it, first prompt
    "gpt2": ("openai-community/gpt2", "GPT-2", "Once upon a time"),
    "smollm2": ("HuggingFaceTB/SmolLM2-135M", "SmolLM2", "The capital of Brazil is"),
    "tucano": ("TucanoBR/Tucano-160m", "Tucano", "A capital do Brasil é"),
}
PROMPT = "The"
WANTED = ["*.json", "*.safetensors", "*.txt", "*.model"]  # no code, and nothing pickled
MEGABYTE = 1_000_000


@dataclass
class HubModel:
    """A model that was named with --hub. state: "waiting", "loading", "ready", or the UserError that ended it."""

    corpus: str  # what it is called in an address
    source: str  # a name on the Hub, or a folder
    title: str
    prompt: str
    state: Any = "waiting"
    size: int = 0  # bytes to fetch, once that is known
    lm: Any = field(default=None, repr=False)

    @property
    def is_folder(self) -> bool:
        return os.path.isdir(self.source)


class HubModels:
    """The models of --hub, by corpus."""

    def __init__(self, names=()):
        self.models: dict[str, HubModel] = {}
        for name in names:
            model = named(name, self.models)
            self.models[model.corpus] = model
        self._lock = threading.Lock()
        self._thread = None

    def offer(self):
        """Add the models to the contract and the sentences. Call it before the page is built."""
        for corpus, model in self.models.items():
            contract.CORPORA[corpus] = "pieces"
            contract.HUB_MODELS[corpus] = model.title
            contract.OWN_PROMPTS[corpus] = model.prompt
            say(f"lm.corpus.{corpus}", model.title)
            say(f"lm.corpus.{corpus}_title", model.source, "lm.hub.title")

    def get(self, corpus):
        """A models.hub.HubLM. Raises UserError while it is being loaded, and once after that has failed."""
        model = self.models[corpus]
        with self._lock:
            if model.state == "ready":
                return model.lm
            failure = model.state if isinstance(model.state, UserError) else None
            if failure or model.state == "waiting":
                model.state = "waiting"
                self._start()
        raise failure or on_the_way(model)

    def load_in_background(self):
        with self._lock:
            return self._start()

    def _start(self):
        """Load what waits, in one thread: while transformers reads a model, another one would be read wrongly."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._load_all, name="hub", daemon=True)
            self._thread.start()
        return self._thread

    def _load_all(self):
        while model := self._next():
            try:
                model.lm = load(model)
                model.state = "ready"
                print(f"--hub {model.source}: it is on the page.", flush=True)
            except UserError as error:
                model.state = error
                print(error, flush=True)

    def _next(self):
        """A model that waits, which is being loaded from now on; None if there is none."""
        with self._lock:
            model = next((one for one in self.models.values() if one.state == "waiting"), None)
            if model:
                model.state = "loading"
            else:
                self._thread = None  # whoever has a model wait later starts another
            return model


def named(name, others):
    """The HubModel of a short name, a name on the Hub or a folder. Raises SystemExit for anything else."""
    source, title, prompt = KNOWN.get(name, (name, None, PROMPT))
    known = {long: (title, prompt) for long, title, prompt in KNOWN.values()}
    if title is None and source in known:
        title, prompt = known[source]
    if os.path.isdir(source):
        source = str(Path(source).resolve())
    elif not may_be_on_the_hub(source):
        raise SystemExit(
            f"--hub {name}: it is neither a folder nor a name on the Hub, such as {KNOWN['gpt2'][0]}."
        )
    title = title or Path(source).name
    corpus = "hub" + re.sub(r"[^a-z0-9]", "", title.lower())
    if corpus in others:
        raise SystemExit(f"--hub {name}: there are two models of the name {title}.")
    return HubModel(corpus, source, title, prompt)


def may_be_on_the_hub(name):
    """Whether a model on the Hub can have this name."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return name.isascii()


# --- load -------------------------------------------------------------------------------------------------


def load(model):
    """Fetch and read a model, and say first what it takes. Raises UserError."""
    from models.hub import HubLM, parameters

    folder = model.source if model.is_folder else fetch(model)
    try:
        check_memory(model, parameters(folder))
        return HubLM.from_pretrained(folder)
    except UserError:
        raise
    except Exception as error:  # of any kind: transformers runs what the settings of the model ask for
        log.debug("%s", model.source, exc_info=True)
        raise UserError("lm.hub.unreadable", name=model.title, reason=first_line(error)) from None


def fetch(model):
    """The folder of a model on the Hub, which is fetched if it is not on this machine. Raises UserError."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return kept(model) or fetched(model)
    except UserError:
        raise
    except RepositoryNotFoundError:
        raise UserError("lm.hub.unknown", name=model.source) from None
    except Exception as error:  # the network fails in many ways
        log.debug("%s", model.source, exc_info=True)
        if disk := of_the_disk(error):
            raise UserError("lm.hub.not_kept", name=model.source, reason=first_line(disk)) from None
        raise UserError("lm.hub.offline", name=model.source) from None


def kept(model):
    """The folder of a model that was fetched before, or None."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = snapshot_download(model.source, allow_patterns=WANTED, local_files_only=True)
    except LocalEntryNotFoundError:
        return None
    return folder if any(Path(folder).glob("*.safetensors")) else None  # or else fetching it was interrupted


def fetched(model):
    """The folder of a model, from the Hub. What it takes is said first."""
    from huggingface_hub import HfApi, snapshot_download

    info = HfApi().model_info(model.source, files_metadata=True)
    model.size = sum(file.size or 0 for file in info.siblings if file.rfilename.endswith(".safetensors"))
    print(f"--hub {model.source}: {model.size / MEGABYTE:,.0f} MB are fetched.", flush=True)
    if info.safetensors:
        check_memory(model, info.safetensors.total)
    folder = snapshot_download(model.source, allow_patterns=WANTED)
    model.size = 0
    return folder


def of_the_disk(error):
    """The OSError among an error and its causes that a disk gave, and not the network; None if there is none."""
    while error is not None:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or (isinstance(error, OSError) and error.errno and error.filename):
            return error
        error = error.__cause__ or error.__context__
    return None


def check_memory(model, count):
    """Say what a model of `count` parameters takes. Raises UserError if this machine does not have so much left."""
    needed = 4 * count
    print(
        f"--hub {model.source}: {count / 1e6:,.0f} million parameters, {size_of(needed)} of memory.",
        flush=True,
    )
    free = memory_left()
    if free is not None and needed > free:
        raise UserError("lm.hub.memory", name=model.title, needed=size_of(needed), free=size_of(free))


def size_of(number):
    return f"{number / 1e9:.1f} GB"


def memory_left():
    """Bytes that new processes could have; None where the system does not say so."""
    try:
        text = Path("/proc/meminfo").read_text("ascii")
    except OSError:
        return None
    found = re.search(r"MemAvailable:\s+(\d+) kB", text)
    return int(found[1]) * 1024 if found else None


def on_the_way(model):
    """The UserError that says how far a model is."""
    if not model.size:
        return UserError("lm.hub.reading", name=model.title)
    from huggingface_hub.constants import HF_HUB_CACHE

    blobs = Path(HF_HUB_CACHE, "models--" + model.source.replace("/", "--"), "blobs")
    done = sum(path.stat().st_size for path in blobs.glob("*"))
    done, size = round(min(done, model.size) / MEGABYTE), round(model.size / MEGABYTE)
    return UserError("lm.hub.fetching", name=model.title, done=done, size=size)


def first_line(error):
    """What an error says, in one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
