"""How a training command ends: in one sentence where a person or the computer is the reason.

Every command of this folder calls `command.run(main)`.
"""

import sys
import tempfile
from collections import deque
from pathlib import Path

from safetensors import SafetensorError

from models.checkpoint import CONFIG, CheckpointError
from models.errors import InputError

TRAIN_FIRST = "train it first, or name its folder with --out"
INTERRUPTED = 130  # exit status after Ctrl-C, as shells have it
runs = deque(maxlen=1)  # the last of this process; a training.run.Run adds itself


def run(main):
    """Call main(). Everything that is no bug ends in one sentence instead of a traceback."""
    try:
        main()
    except KeyboardInterrupt:
        print(f"\nStopped. {saved_so_far()}", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None
    except (InputError, CheckpointError) as error:
        raise SystemExit(str(error)) from None
    except OSError as error:
        raise SystemExit(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.") from None
    except SafetensorError as error:  # how a full disk is told when weights are written
        raise SystemExit(f"The weights cannot be written: {error}.") from None
    except (MemoryError, RuntimeError) as error:
        if not is_lack_of_memory(error):
            raise
        raise SystemExit("There is not enough memory: choose smaller batches or a smaller network.") from None


def is_lack_of_memory(error):
    """Python, torch on a GPU and torch on a CPU each tell it in a way of their own."""
    names = (type(error).__name__, str(error))
    return any(words in name for name in names for words in ("MemoryError", "DefaultCPUAllocator"))


def saved_so_far():
    """One sentence about what is saved of the last run of this process."""
    if not runs or runs[-1].saved is None:
        return "Nothing of this run is saved yet."
    return f"The run is saved in {runs[-1].folder} up to step {runs[-1].saved}: the same command goes on from there."


def existing(folder, kind, cure, file=CONFIG):
    """Exit with one sentence if no model lies in a folder, or it lacks that file. cure: the end of the sentence."""
    if not Path(folder, file).exists():
        raise SystemExit(f"There is no {kind} in {folder}: {cure}.")


def writable(folder):
    """Exit with one sentence if nothing can be written in a folder, which need not be there yet.

    Asked before a training, which may take hours. Nothing is left behind: what is checked later may still be wrong.
    """
    folder = Path(folder)
    try:
        there = next(path for path in (folder, *folder.parents) if path.exists())
        with tempfile.TemporaryDirectory(prefix=".", dir=there) as trial:
            made = Path(trial, folder.relative_to(there))
            made.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=made):
                pass
    except OSError as error:
        raise SystemExit(f"Nothing can be written in {folder}: {error.strerror}.") from None
