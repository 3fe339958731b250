"""Models are read once, in a thread of their own, so that the page answers before the slowest is there.

`Models.get("vae/digits")` waits for that model alone. A missing or damaged file is told as a Mistake each time
it is asked for, and read again the next time, so that a repaired file needs no restart; other models work on.
"""

import threading
from contextlib import contextmanager
from pathlib import Path

from demo.messages import Mistake
from models.checkpoint import CheckpointError

# folders below pretrained/, in the order they are read
MODELS = (
    "vae/digits",
    "lm/shakespeare/ngram",
    "lm/shakespeare/gpt",
    "lm/machado/ngram",
    "lm/machado/gpt",
    "gan/fashion/regularised",
    "gan/digits/regularised",
    "vae/emoji",
    "vae/fashion",
    "vae/digits-2d",
    "vae/fashion-2d",
    "gan/fashion/unregularised",
    "pictures/fashion",
    "vae/digits-beta0.1",
    "vae/digits-beta1",
    "vae/digits-beta4",
    "lm/shakespeare/gpt/moments",
)


def read(path, name):
    """The model in the folder `path`. The imports are inside: torch alone takes seconds."""
    import torch

    torch.set_num_threads(1)  # thirty visitors share two cores: one thread a call
    family = name.split("/")[0]
    if family == "vae":
        from models.vae import VAE, load_snapshots

        return load_snapshots(path) if "beta" in name else VAE.from_pretrained(path)
    if family == "gan":
        from models.gan import GAN

        return GAN.from_pretrained(path.parent, path.name)
    if family == "pictures":
        from models.pictures import Pictures

        return Pictures.from_pretrained(path)
    if name.endswith("ngram"):
        from models.ngram import NgramLM

        return NgramLM.from_pretrained(path)
    from models.gpt import GPT, load_snapshots

    return load_snapshots(path.parent) if path.name == "moments" else GPT.from_pretrained(path)


class Models:
    def __init__(self, folder="pretrained", names=MODELS):
        self.folder = Path(folder)
        self.names = names
        self._loaded = {}
        self._locks = {name: threading.Lock() for name in names}

    def get(self, name):
        """The model called `name`, read now if need be. Raises Mistake when it cannot be."""
        if name not in self._locks:
            raise Mistake("error.choice", name="model", options=", ".join(self.names))
        with self._locks[name]:
            if name not in self._loaded:
                try:
                    self._loaded[name] = read(self.folder / name, name)
                except CheckpointError as error:
                    key = "error.weights_missing" if error.missing else "error.weights_damaged"
                    raise Mistake(key, file=error.file, command=error.command) from None
            return self._loaded[name]

    def load_in_background(self):
        """Start reading every model, in order; returns the thread."""

        def load_all():
            for name in self.names:
                try:
                    self.get(name)
                except Mistake as mistake:
                    print(mistake)
            import models.preparation  # noqa: F401, torchvision takes seconds: the first drawing must not wait for it

        thread = threading.Thread(target=load_all, name="loading", daemon=True)
        thread.start()
        return thread


class Turns:
    """At most `slots` model calls at a time, first come first served."""

    def __init__(self, slots=2):
        self._changed = threading.Condition()
        self._free = slots
        self._waiting = []

    @contextmanager
    def turn(self):
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            self._changed.wait_for(lambda: self._free and self._waiting[0] is ticket)
            self._waiting.pop(0)
            self._free -= 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()


TURNS = Turns()
