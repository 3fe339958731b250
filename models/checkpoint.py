"""Read and write checkpoints: safetensors weights with a readable config.json beside them.

A checkpoint is a folder. `config.json` holds the settings of the network and the sha256 of every weight file; the
weights are safetensors. Pickle is never used.
"""

import functools
import hashlib
import json
import os
import shlex
from contextlib import contextmanager
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_numpy
from safetensors.numpy import save as save_numpy

from models.errors import InputError
from models.values import shown

CONFIG = "config.json"
LFS = b"version https://git-lfs.github.com/"  # how a pointer of Git LFS begins
SCALE = ".scale"  # ends the name of the scales of a matrix in 8 bits
SETTINGS = "settings"  # entry of the metadata of a model in one file
SHA256 = "sha256"  # entry of these settings
NO_MODEL = "This file is damaged, or it is no model that was trained here: choose another file."
LARGEST_CONFIG = 10_000_000  # bytes
LARGEST_NUMBER = 1e12  # in a config
LARGEST_SIZE = 100_000  # of a part of a network, in a config
OPTIONAL = ("hidden", "patch", "patch_width", "levels", "before")  # sizes that may be 0
FRACTIONS = ("pixel_noise", "dropout")  # settings of a network that are no sizes
REPEATED, MOST_REPEATED = ("n_layer", "blocks", "levels", "couplings", "before"), 100


class CheckpointError(ValueError):
    """A file of a checkpoint cannot be used. `file` names it; `command` restores it, and is None if there is no clone.

    problem: "missing", "damaged", "unreadable" if the system refuses it, for the reason `why`, "pointer" if Git LFS has
    left its pointer in the place of the file, or "other" if a folder holds another kind of model.
    """

    def __init__(self, path, problem, why=None):
        path = _as_seen_from_here(Path(path))
        self.file, self.problem, self.why = path.as_posix(), problem, why
        if problem == "other":
            self.command = restoring(path)
            sentence = (
                f"{self.file} holds another kind of model than the one that is wanted: name another folder."
            )
        elif problem == "unreadable":
            self.command = None  # it may be whole
            sentence = (
                f"The file {self.file} cannot be read ({why}): see to it that this program can read it."
            )
        elif problem == "pointer":
            self.command = "git lfs pull"
            sentence = (
                f"The file {self.file} is only a pointer of Git LFS: install Git LFS and run `{self.command}`"
                " in a clone of the project, since a ZIP download does not hold the files themselves."
            )
        else:
            self.command = restoring(path.parent)
            what = {
                "missing": "is missing",
                "damaged": "is damaged, or belongs to another kind of model"
                if path.name == CONFIG
                else "is damaged (its sha256 is not the one in config.json)",
            }[problem]
            cure = f"restore it with `{self.command}`" if self.command else "get this folder again, whole"
            sentence = f"The file {self.file} {what}: {cure}."
        super().__init__(sentence)


def _as_seen_from_here(path):
    """A path relative to the current folder, if that is a clone which holds it."""
    try:
        here = Path.cwd()
    except OSError:  # the current folder was deleted
        return path
    return path.relative_to(here) if path.is_relative_to(here) and _is_clone(here) else path


def _is_clone(folder):
    """Whether a folder is the top of a clone; False for one that cannot be looked into."""
    return os.path.exists(folder / ".git")  # Path.exists raises PermissionError


def restoring(folder):
    """The command that restores a folder of a clone, or None for a folder that is in no clone."""
    there = folder.absolute()
    return checkout(folder) if any(map(_is_clone, (there, *there.parents))) else None


def checkout(folder):
    """The command that restores a folder of the clone."""
    if not folder.is_absolute():
        return f"git checkout -- {shlex.quote(folder.as_posix())}"
    top = next(parent for parent in (folder, *folder.parents) if os.path.isdir(parent))
    inside = folder.relative_to(top).as_posix()
    return f"git -C {shlex.quote(top.as_posix())} checkout -- {shlex.quote(inside)}"


def _problem(content):
    """What is wrong with the content of a file that is not what was written: "pointer" or "damaged"."""
    return "pointer" if content.startswith(LFS) else "damaged"


def save(folder, config, tensors, filename="model.safetensors"):
    """Write `tensors` (name -> array) to `folder/filename` and merge `config` into `folder/config.json`.

    If either cannot be written, on a full disk for example, both stay as they were.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    blob = save_numpy(arrays)
    path = folder / CONFIG
    files = json.loads(path.read_text("utf-8")).get("files", {}) if path.exists() else {}
    config = config | {"files": files | {filename: hashlib.sha256(blob).hexdigest()}}
    _replace({folder / filename: blob, path: _merged(path, config)})


def remove(folder, filename):
    """Delete a weight file of the checkpoint, if it exists."""
    files = load_config(folder)["files"]
    if files.pop(filename, None):
        save_config(folder, {"files": files})
        (Path(folder) / filename).unlink(missing_ok=True)


def save_config(folder, config):
    """Merge `config` into `folder/config.json`, key by key."""
    path = Path(folder) / CONFIG
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace({path: _merged(path, config)})


def remove_entry(folder, name):
    """Take an entry out of `folder/config.json`, if it has one of this name."""
    config = load_config(folder)
    if name in config:
        _replace({Path(folder) / CONFIG: _as_json({key: config[key] for key in config if key != name})})


def file_sha256(folder, filename="model.safetensors"):
    """The sha256 of a weight file as config.json has it, or None if there is no such file."""
    return load_config(folder).get("files", {}).get(filename)


def _merged(path, config):
    """The bytes of a config.json with the entries of `config` in place of its own."""
    merged = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return _as_json(merged | config)


def _as_json(config):
    return (json.dumps(config, indent=1, ensure_ascii=False) + "\n").encode()


def _replace(files):
    """Put each content of `files` (path -> bytes) in the place of the old one, once all are on the disk."""
    new = {path: path.with_name(f"{path.name}.new") for path in files}
    try:
        for path, content in files.items():
            new[path].write_bytes(content)
        for path in files:
            os.replace(new[path], path)
    finally:
        for path in new.values():
            path.unlink(missing_ok=True)


def load_config(folder):
    """The settings of the checkpoint in `folder`. Raises CheckpointError if they are missing or damaged."""
    path = Path(folder) / CONFIG
    content = _content(path, LARGEST_CONFIG)
    try:
        config = json.loads(content, parse_constant=_no_number)
        if not isinstance(config, dict):
            raise ValueError("not a JSON object")
        for name, is_right in FORMS.items():
            if name in config and not is_right(config[name]):
                raise ValueError(name)
    except (ValueError, RecursionError):  # RecursionError: nested too deeply
        raise CheckpointError(path, _problem(content)) from None
    return config


def _content(path, largest=None):
    """The bytes of a file. Raises CheckpointError if it cannot be read or has more than `largest` bytes."""
    with _opening(path):
        if largest is None or path.stat().st_size <= largest:
            return path.read_bytes()
    raise CheckpointError(path, "damaged")


@contextmanager
def _opening(path):
    """Whatever the system refuses in the block, it refuses for this file: raises CheckpointError."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(path, "missing") from None
    except OSError as error:
        raise CheckpointError(path, "unreadable", error.strerror or error) from None


def size_in_bytes(path):
    """The size of a file. Raises CheckpointError if it cannot be read."""
    with _opening(path), path.open("rb") as file:
        return os.fstat(file.fileno()).st_size


def _no_number(text):
    raise ValueError(f"{text} is not a number")


@contextmanager
def reading(folder):
    """Whatever fails in the block fails because the settings in `folder` are damaged: raises CheckpointError."""
    try:
        yield
    except CheckpointError:
        raise
    except Exception as error:
        raise CheckpointError(Path(folder) / CONFIG, "damaged") from error


# --- the forms of settings --------------------------------------------------------------------------------


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def _are_numbers(value):
    """True for numbers, nested in lists and objects or not; a missing one is null."""
    if isinstance(value, dict):
        return all(map(_are_numbers, value.values()))
    if isinstance(value, list):
        return all(map(_are_numbers, value))
    return value is None or isinstance(value, bool) or _is_number(value)


def _are_sizes(value):
    """True for the settings of a network: sizes, how often something is repeated, and its few fractions."""
    return isinstance(value, dict) and all(
        _is_number(size) and size >= 0 if name in FRACTIONS else _is_size(name, size)
        for name, size in value.items()
    )


def _is_size(name, size):
    """True for a whole number in the limits of a size of this name: 1.0 and 2**-15 are none."""
    smallest, largest = int(name not in OPTIONAL), MOST_REPEATED if name in REPEATED else LARGEST_SIZE
    return isinstance(size, int) and not isinstance(size, bool) and smallest <= size <= largest


def _is_list_of(kind):
    return lambda value: (
        isinstance(value, list)
        and len(value) > 0
        and all(isinstance(item, kind) and not isinstance(item, bool) for item in value)
    )


def _are_steps(value):
    return _is_list_of(int)(value) and value == sorted(set(value)) and value[0] >= 0


def _is_tokenizer(value):
    tokens: Any = value.get("tokens") if isinstance(value, dict) else None
    return _is_list_of(str)(tokens) and len(set(tokens)) == len(tokens) and "" not in tokens


def _are_texts(value):
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _is_one_of(*kinds):
    return lambda value: isinstance(value, kinds)


def _is_history(value):
    return _are_numbers(value) and (isinstance(value, dict) or _is_list_of(dict)(value))


FORMS = {  # entry of config.json -> whether a value has its form
    "files": _are_texts,
    "model": _are_sizes,
    "prior": _are_sizes,
    "flow": _are_sizes,
    "tokenizer": _is_tokenizer,
    "classes": _is_list_of(str),
    "snapshots": _are_steps,
    "set": _is_one_of(str),
    "training": _is_one_of(dict),
    "history": _is_history,
    "losses": lambda value: isinstance(value, dict) and _are_numbers(value),
    "quality": lambda value: isinstance(value, dict) and _are_numbers(value),
    "kl_per_dim": lambda value: isinstance(value, list) and _are_numbers(value),
}


def load_tensors(folder, filename="model.safetensors"):
    """name -> NumPy array. Raises CheckpointError if the file is missing or its sha256 is wrong."""
    path = Path(folder) / filename
    expected = file_sha256(folder, filename)
    content = _content(path)
    if hashlib.sha256(content).hexdigest() != expected:
        raise CheckpointError(path, _problem(content))
    try:
        return load_numpy(content)
    except SafetensorError:
        raise CheckpointError(path, "damaged") from None


# --- a model in one file ---------------------------------------------------------------------------------


def in_one_file(settings, tensors):
    """The bytes of one safetensors file: `tensors` (name -> array), and `settings` as JSON in its metadata.

    With the settings stands the sha256 of both, by which a damaged file is known.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    told = settings | {SHA256: _sha256(settings, arrays)}
    return save_numpy(arrays, {SETTINGS: json.dumps(told, ensure_ascii=False)})


def _sha256(settings, arrays):
    """The sha256 of settings and of every number of the arrays."""
    found = hashlib.sha256(json.dumps(settings).encode())
    for name in sorted(arrays):
        found.update(arrays[name].tobytes())
    return found.hexdigest()


def from_one_file(content, largest):
    """(settings, tensors) of the bytes that `in_one_file` returned. Raises InputError for any others.

    largest: the most bytes that are looked at. The settings have the forms of FORMS and the numbers are finite.
    """
    if not isinstance(content, bytes):
        raise InputError(f"Give the bytes of a file, not {type(content).__name__}.")
    if len(content) > largest:
        raise InputError(f"The file is too large for a model: at most {largest / 1e6:g} MB.")
    try:
        tensors = load_numpy(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        settings = json.loads(header["__metadata__"][SETTINGS], parse_constant=_no_number)
        if not all(is_right(settings[name]) for name, is_right in FORMS.items() if name in settings):
            raise ValueError("settings")
        if not all(np.isfinite(array).all() for array in tensors.values()):
            raise ValueError("numbers")
        told = settings.pop(SHA256, None)  # files of the time before have none
        if told not in (None, _sha256(settings, tensors)):
            raise ValueError(SHA256)
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError):
        raise InputError(NO_MODEL) from None
    return settings, tensors


def reader(read):
    """Decorates a class method that reads a folder: what was written for another class is a CheckpointError."""

    @functools.wraps(read)
    def checked(cls, folder, *arguments, **named):
        folder = as_path(folder)
        try:
            return read(cls, folder, *arguments, **named)
        except (KeyError, TypeError, RuntimeError) as error:
            raise CheckpointError(folder, "other") from error

    return checked


def as_path(folder):
    """The path of a folder. Raises InputError for anything that cannot be the name of one."""
    try:
        path = Path(folder)
    except TypeError:
        raise InputError(f"Name the folder of a model, not {type(folder).__name__}.") from None
    try:
        is_name = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:  # half a character
        is_name = False
    if not is_name:
        raise InputError(f"Name the folder of a model: {str(path)!a} cannot be the name of one.")
    return path


def snapshot_file(step):
    """The name of the weight file of the snapshot at a training step."""
    return f"step-{step:06d}.safetensors"


def check_snapshot(step, steps):
    """The step as an int. Raises InputError that lists `steps` unless it is one of them."""
    if getattr(step, "ndim", None) == 0:  # of a tensor or an array
        step = step.item()
    if isinstance(step, bool) or not isinstance(step, Integral) or int(step) not in steps:
        known = f"choose one of {', '.join(map(str, steps))}" if steps else "this model has no snapshots"
        raise InputError(f"No checkpoint was saved at step {shown(step)}: {known}.")
    return int(step)


def half(tensors):
    """The same arrays with every float32 as float16, for a file of half the size. `full` reverses it."""
    return {
        name: array.astype(np.float16) if array.dtype == np.float32 else array
        for name, array in tensors.items()
    }


def eight_bits(tensors):
    """Every float32 matrix as int8, for a file of a quarter of the size, the rest as `half`. `full` reverses it.

    A row of a matrix is its int8 numbers times the row's scale, `<name>.scale` float32 (rows, 1), which takes the
    number farthest from 0 to 127 (symmetric quantization). A number is off by at most half a scale.
    """
    small = half(tensors)
    for name, array in tensors.items():
        if array.dtype == np.float32 and array.ndim == 2:
            scale = np.maximum(np.abs(array).max(axis=1, keepdims=True) / 127, np.finfo(np.float32).tiny)
            small |= {name: np.rint(array / scale).astype(np.int8), name + SCALE: scale}
    return small


def full(tensors):
    """The arrays that `half` or `eight_bits` made smaller, as float32. Raises ValueError for scales of other shapes."""
    scales = {name: array for name, array in tensors.items() if name.endswith(SCALE)}
    for name, scale in scales.items():  # first, since a small file could ask for any memory
        if scale.shape != (*tensors[name.removesuffix(SCALE)].shape[:1], 1):
            raise ValueError("The scales do not fit the matrices.")
    numbers = {
        name: array.astype(np.float32) if array.dtype == np.float16 else array
        for name, array in tensors.items()
        if name not in scales
    }
    return numbers | {
        name.removesuffix(SCALE): numbers[name.removesuffix(SCALE)] * scale for name, scale in scales.items()
    }
