"""Where data lie that are not part of this project: in data/, or in the folder that the environment names."""

import os
import re
from pathlib import Path

FOLDER = Path(os.environ.get("PLAYGROUND_DATA") or "data")
# corpus -> its file in FOLDER / "text"
FILES = {"shakespeare": "tinyshakespeare.txt", "machado": "machado.txt"}
# of weights of one's own: it stands in addresses, and "-2d" is no part of it
OWN_NAME = re.compile(r"[a-z][a-z0-9]{1,23}")
