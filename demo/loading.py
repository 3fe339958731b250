"""Models are read once, in a background thread, so that the page answers before the slowest model is loaded.

`Models.get("vae/digits")` waits for that model only. If its file is missing or damaged or may not be read, every use of
the model raises UserError and tries to read it again: a repaired file needs no restart. The other models keep working.
"""

import atexit
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo import contract
from demo.checks import UserError, choice
from demo.contract import GAN_CLASSES
from demo.turns import out_of_turn
from models.checkpoint import CheckpointError, checkout, load_config, restoring

if TYPE_CHECKING:
    from models.gan import GAN
    from models.pictures import Pictures
    from models.vae import VAE

log = logging.getLogger(__name__)

VARIANTS = ("regularised", "unregularised")


# --- how each kind of folder is read; the imports are inside because importing torch takes seconds ----------


def read_vae(path: Path) -> Any:
    from models.vae import VAE

    return VAE.from_pretrained(path)


def read_vae_snapshots(path: Path) -> Any:
    from models.vae import load_snapshots

    return load_snapshots(path)


def read_gan(path: Path) -> Any:
    from models.gan import GAN

    return GAN.from_pretrained(path.parent, path.name)


def read_pictures(path: Path) -> Any:
    from models.pictures import Pictures

    return Pictures.from_pretrained(path)


def read_ngram(path: Path) -> Any:
    from models.ngram import NgramLM

    return NgramLM.from_pretrained(path)


def read_gpt(path: Path) -> Any:
    from models.gpt import GPT

    return GPT.from_pretrained(path)


def read_gpt_snapshots(path: Path) -> Any:
    from models.gpt import load_snapshots

    return load_snapshots(path.parent, last=False)


# folders below pretrained/, in the order they are read ("moments" is not a folder: it means the GPT's snapshots
# before the last, which is the GPT itself)
MODELS: dict[str, Callable[[Path], Any]] = {
    "vae/digits": read_vae,
    "lm/shakespeare/ngram": read_ngram,
    "lm/shakespeare/gpt": read_gpt,
    "lm/machado/ngram": read_ngram,
    "lm/machado/gpt": read_gpt,
    "gan/fashion/regularised": read_gan,
    "gan/digits/regularised": read_gan,
    "vae/emoji": read_vae,
    "vae/fashion": read_vae,
    "vae/digits-2d": read_vae,
    "vae/fashion-2d": read_vae,
    "gan/fashion/unregularised": read_gan,
    "gan/digits/unregularised": read_gan,
    "pictures/fashion": read_pictures,
    "vae/digits-beta0.1": read_vae_snapshots,
    "vae/digits-beta1": read_vae_snapshots,
    "vae/digits-beta4": read_vae_snapshots,
    "lm/shakespeare/gpt/moments": read_gpt_snapshots,
    "lm/machado/gpt/moments": read_gpt_snapshots,
}
ELSEWHERE: dict[str, Path] = {}  # name -> its folder, of weights of one's own (demo/own_weights.py)


def import_torch() -> None:
    """Import torch, which takes seconds. Raises UserError if that fails, for want of memory for example."""
    try:
        import torch
    except Exception as error:
        raise UserError("error.torch") from error
    torch.set_num_threads(1)  # many visitors share two cores: one thread for each call


def own(name: str, read: Callable[[Path], Any]) -> Any:
    """Weights of one's own. Raises UserError for whatever is wrong with them: their settings may be of any kind."""
    try:
        return read(ELSEWHERE[name])
    except CheckpointError as error:
        file = Path(error.file).name
        if error.problem == "unreadable":
            raise UserError("error.weights_unreadable", file=f"{name}/{file}", why=str(error.why)) from None
        raise UserError("own_weights.damaged", name=name, file=file) from None
    except Exception:
        log.debug("%s", name, exc_info=True)
        raise UserError("own_weights.damaged", name=name, file="config.json") from None


class Models:
    """All models of the page. `get` reads a model that is not loaded yet."""

    def __init__(self, folder: str | Path = "pretrained", names: tuple[str, ...] | None = None) -> None:
        self.folder = Path(folder)
        self.names = tuple(MODELS) if names is None else names
        self._loaded: dict[str, Any] = {}
        self._locks = {name: threading.Lock() for name in self.names}
        self.read = threading.Event()  # set once every model was read in the background, or cannot be

    @property
    def works(self) -> bool:
        """Whether any model was read."""
        return bool(self._loaded)

    def get(self, name: str) -> Any:
        """The model `name`, which is read now if it is not loaded yet. Raises UserError if that fails."""
        if name not in self._locks:
            raise UserError("error.choice", name="model", options=", ".join(self.names))
        if name not in self._loaded:
            with out_of_turn(), self._locks[name]:
                if name not in self._loaded:
                    self._loaded[name] = self._read(name)
        return self._loaded[name]

    def path(self, name: str) -> Path:
        """The folder of a model."""
        return ELSEWHERE.get(name, self.folder / name)

    def config(self, name: str) -> dict[str, Any]:
        """The settings of a model as they are on the disk now. Raises UserError if they cannot be read."""
        return self._from_disk(name, load_config)

    def vae(self, dataset: str) -> "VAE":
        """The VAE of one of VAE_SETS."""
        return self.get(f"vae/{choice(dataset, 'dataset', contract.VAE_SETS)}")

    def vae_snapshots(self, beta: str) -> "dict[int, VAE]":
        """The snapshots of the digits VAE that was trained with `beta`: {step: VAE}, ascending."""
        return self.get(f"vae/digits-beta{beta}")

    def gan(self, dataset: str, variant: str = "regularised") -> "GAN":
        """The GAN of a set, trained with or without regularisation."""
        return self.get(
            f"gan/{choice(dataset, 'dataset', tuple(GAN_CLASSES))}/{choice(variant, 'variant', VARIANTS)}"
        )

    def pictures(self, dataset: str) -> "Pictures":
        """The real pictures of a set. There are none of MNIST, whose pictures may not be redistributed."""
        return self.get(f"pictures/{dataset}")

    def load_in_background(self) -> threading.Thread:
        """Read every model in order, in a thread, which is returned. At the end of the program it reads no more."""
        over = threading.Event()

        def load_all() -> None:
            for name in self.names if self._has_torch() else ():
                if over.is_set():
                    return
                try:
                    self.get(name)
                except UserError as error:
                    print(error, flush=True)
                except Exception:  # the models after it are read all the same
                    if not over.is_set():
                        log.exception("%s cannot be read", name)
            self.read.set()
            atexit.unregister(stop)

        def stop() -> None:  # torch aborts a process that ends while one of its threads is in it
            over.set()
            thread.join()

        thread = threading.Thread(target=load_all, name="loading", daemon=True)
        atexit.register(stop)
        thread.start()
        return thread

    def _has_torch(self) -> bool:
        """Whether torch can be imported. If not, no model can be read, which is said once and not for each of them."""
        try:
            import_torch()
        except UserError as error:
            why = str(error.__cause__).strip().partition("\n")[0] or type(error.__cause__).__name__
            print(f"No model can be read, since PyTorch cannot be imported: {why}", flush=True)
            return False
        return True

    def _read(self, name: str) -> Any:
        import_torch()
        return self._from_disk(name, MODELS[name])

    def _from_disk(self, name: str, read: Callable[[Path], Any]) -> Any:
        if name in ELSEWHERE:
            return own(name, read)
        with self.telling():
            return read(self.path(name))

    @contextmanager
    def telling(self) -> Iterator[None]:
        """In the block a file that cannot be used raises UserError in the place of CheckpointError."""
        try:
            yield
        except CheckpointError as error:
            raise self._told(error) from None

    def _told(self, error: CheckpointError) -> UserError:
        """The error for the visitor, with paths inside the project: nobody learns where this machine keeps it."""
        folder = self.folder.absolute()
        file = Path(error.file).absolute().relative_to(folder.parent).as_posix()
        if error.problem == "pointer":
            return UserError("error.weights_pointer", file=file, command=error.command)
        if error.problem == "unreadable":
            return UserError("error.weights_unreadable", file=file, why=str(error.why))
        is_missing = error.problem == "missing"
        if restoring(folder) is None:  # there is no clone, from which git could restore it
            return UserError(
                "error.copy_missing" if is_missing else "error.copy_damaged", file=file, folder=folder.name
            )
        return UserError(
            "error.weights_missing" if is_missing else "error.weights_damaged",
            file=file,
            command=checkout(Path(file).parent),
        )
