"""Where data lie that are not part of this project: in data/, or in the folder that the environment names."""

import os
from pathlib import Path

FOLDER = Path(os.environ.get("PLAYGROUND_DATA") or "data")
# corpus -> its file in FOLDER / "text"
FILES = {"shakespeare": "tinyshakespeare.txt", "machado": "machado.txt"}
