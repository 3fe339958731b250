"""The command `playground`, which `pip install .` gives: app.py of the installed package."""

import os
import sys
from pathlib import Path


def main():
    """Start the app with the options of the command line. Texts lie in ~/playground, if nothing else is said."""
    os.environ.setdefault("PLAYGROUND_DATA", str(Path.home() / "playground"))
    sys.path.insert(0, str(Path(__file__).parent))
    import app

    app.main()
