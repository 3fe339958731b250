"""Read and write checkpoints: safetensors weights with a readable config.json beside them.

A checkpoint is a folder. `config.json` holds the settings of the network and the sha256 of every weight file; the
weights are safetensors. Pickle is never used.
"""

import functools
import hashlib
import json
import shlex
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_numpy
from safetensors.numpy import save as save_numpy

from models.errors import InputError

CONFIG = "config.json"
LFS = b"version https://git-lfs.github.com/"  # how a pointer of Git LFS begins


class CheckpointError(ValueError):
    """A file of a checkpoint cannot be used. `file` names it and `command` restores it.

    problem: "missing", "damaged", "pointer" if Git LFS has left its pointer in the place of the file, or "other" if a
    folder holds another kind of model.
    """

    def __init__(self, path, problem):
        path = _as_seen_from_here(Path(path))
        self.file, self.problem = path.as_posix(), problem
        if problem == "other":
            self.command = _restoring(path)
            sentence = (
                f"{self.file} holds another kind of model than the one that is wanted: name another folder."
            )
        elif problem == "pointer":
            self.command = "git lfs pull"
            sentence = (
                f"The file {self.file} is only a pointer of Git LFS: install Git LFS and run `{self.command}`"
                " in a clone of the project, since a ZIP download does not hold the files themselves."
            )
        else:
            self.command = _restoring(path.parent)
            what = {"missing": "missing", "damaged": "damaged (its sha256 is not the one in config.json)"}[
                problem
            ]
            sentence = f"The file {self.file} is {what}: restore it with `{self.command}`."
        super().__init__(sentence)


def _as_seen_from_here(path):
    """A path relative to the current folder, if that is a clone which holds it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) and (here / ".git").exists() else path


def _restoring(folder):
    """The command that restores a folder of the clone."""
    if not folder.is_absolute():
        return f"git checkout -- {shlex.quote(folder.as_posix())}"
    top = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    inside = folder.relative_to(top).as_posix()
    return f"git -C {shlex.quote(top.as_posix())} checkout -- {shlex.quote(inside)}"


def _problem(content):
    """What is wrong with the content of a file that is not what was written: "pointer" or "damaged"."""
    return "pointer" if content.startswith(LFS) else "damaged"


def save(folder, config, tensors, filename="model.safetensors"):
    """Write `tensors` (name -> array) to `folder/filename` and merge `config` into `folder/config.json`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    blob = save_numpy(arrays)
    (folder / filename).write_bytes(blob)
    path = folder / CONFIG
    files = json.loads(path.read_text("utf-8")).get("files", {}) if path.exists() else {}
    save_config(folder, config | {"files": files | {filename: hashlib.sha256(blob).hexdigest()}})


def remove(folder, filename):
    """Delete a weight file of the checkpoint, if it exists."""
    files = load_config(folder)["files"]
    if files.pop(filename, None):
        save_config(folder, {"files": files})
        (Path(folder) / filename).unlink(missing_ok=True)


def save_config(folder, config):
    """Merge `config` into `folder/config.json`, key by key."""
    path = Path(folder) / CONFIG
    merged = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps(merged | config, indent=1, ensure_ascii=False) + "\n", "utf-8")


def load_config(folder):
    """The settings of the checkpoint in `folder`. Raises CheckpointError if they are missing or damaged."""
    path = Path(folder) / CONFIG
    content = _content(path)
    try:
        config = json.loads(content)
        if not isinstance(config, dict):
            raise ValueError("not a JSON object")
    except ValueError:
        raise CheckpointError(path, _problem(content)) from None
    return config


def _content(path):
    """The bytes of a file. Raises CheckpointError if it cannot be read."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(path, "missing") from None
    except OSError:
        raise CheckpointError(path, "damaged") from None


def load_tensors(folder, filename="model.safetensors"):
    """name -> NumPy array. Raises CheckpointError if the file is missing or its sha256 is wrong."""
    path = Path(folder) / filename
    expected = load_config(folder).get("files", {}).get(filename)
    content = _content(path)
    if hashlib.sha256(content).hexdigest() != expected:
        raise CheckpointError(path, _problem(content))
    try:
        return load_numpy(content)
    except SafetensorError:
        raise CheckpointError(path, "damaged") from None


def reader(read):
    """Decorates a class method that reads a folder: what was written for another class is a CheckpointError."""

    @functools.wraps(read)
    def checked(cls, folder, *arguments, **named):
        try:
            folder = Path(folder)
        except TypeError:
            raise InputError(f"Name the folder of a model, not {type(folder).__name__}.") from None
        try:
            return read(cls, folder, *arguments, **named)
        except (KeyError, TypeError, RuntimeError) as error:
            raise CheckpointError(folder, "other") from error

    return checked


def snapshot_file(step):
    """The name of the weight file of the snapshot at a training step."""
    return f"step-{step:06d}.safetensors"


def half(tensors):
    """The same arrays with every float32 as float16, for a file of half the size. `full` reverses it."""
    return {
        name: array.astype(np.float16) if array.dtype == np.float32 else array
        for name, array in tensors.items()
    }


def full(tensors):
    """The same arrays with every float16 as float32."""
    return {
        name: array.astype(np.float32) if array.dtype == np.float16 else array
        for name, array in tensors.items()
    }
