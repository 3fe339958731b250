"""`python app.py --dev`: a change of Python, HTML or a sentence restarts the app. JavaScript and CSS need none."""

import os
import sys
import threading
import time
from pathlib import Path

SUFFIXES = {".py", ".html", ".json"}
INTERVAL = 0.5  # seconds between two looks at the files


def restart_when_edited(*folders):
    """Restart this program, in the same process, when a file below `folders` changes. Returns the watching thread."""
    before = edited_at(folders)

    def watch():
        while edited_at(folders) == before:
            time.sleep(INTERVAL)
        print("A file has changed: starting again.", flush=True)
        os.execv(sys.executable, [sys.executable, *sys.argv])

    thread = threading.Thread(target=watch, name="watching", daemon=True)
    thread.start()
    return thread


def edited_at(folders):
    """When each file was last edited: path -> time."""
    paths = [path for folder in folders for path in Path(folder).rglob("*") if path.suffix in SUFFIXES]
    return {path: path.stat().st_mtime_ns for path in paths if path.exists()}
