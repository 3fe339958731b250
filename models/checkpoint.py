"""Safetensors weights with a readable config.json beside them, in and out.

A checkpoint is a folder: `config.json` says how to rebuild the network and names every weight file
with its sha256; the weights are safetensors. Nothing is ever unpickled.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_numpy
from safetensors.numpy import save as save_numpy

CONFIG = "config.json"


class CheckpointError(ValueError):
    """A weight file is missing or damaged. `file` names it and `command` restores it."""

    def __init__(self, path, missing):
        self.file, self.missing = path.as_posix(), missing
        self.command = f"git checkout -- {path.parent.as_posix()}"
        what = "missing" if missing else "damaged (its sha256 is not the one in config.json)"
        super().__init__(f"The file {self.file} is {what}: restore it with `{self.command}`.")


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
    """Take a weight file out of the checkpoint, where there is one."""
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
    """The settings of the checkpoint in `folder`. Raises CheckpointError when there are none."""
    path = Path(folder) / CONFIG
    try:
        config = json.loads(path.read_text("utf-8"))
        if not isinstance(config, dict):
            raise ValueError("not a JSON object")
    except FileNotFoundError:
        raise CheckpointError(path, missing=True) from None
    except (OSError, ValueError):
        raise CheckpointError(path, missing=False) from None
    return config


def load_tensors(folder, filename="model.safetensors"):
    """name -> NumPy array. Raises CheckpointError when the file is missing or its sha256 is another."""
    path = Path(folder) / filename
    expected = load_config(folder).get("files", {}).get(filename)
    try:
        blob = path.read_bytes()
    except OSError:
        raise CheckpointError(path, missing=True) from None
    if hashlib.sha256(blob).hexdigest() != expected:
        raise CheckpointError(path, missing=False)
    try:
        return load_numpy(blob)
    except SafetensorError:
        raise CheckpointError(path, missing=False) from None


def snapshot_file(step):
    """The weight file of one moment of training."""
    return f"step-{step:06d}.safetensors"


def half(tensors):
    """The same arrays with every float32 stored as float16: half the file, read back as float32 by `full`."""
    return {
        name: array.astype(np.float16) if array.dtype == np.float32 else array
        for name, array in tensors.items()
    }


def full(tensors):
    """The same arrays with every float16 widened to float32."""
    return {
        name: array.astype(np.float32) if array.dtype == np.float16 else array
        for name, array in tensors.items()
    }
