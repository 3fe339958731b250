"""`python app.py --dev`: a change of Python, HTML or a sentence restarts the app. JavaScript and CSS need none."""

import os
import sys
import threading
import time
from pathlib import Path

SUFFIXES = {".py", ".html", ".json"}
EVERY = 0.5  # seconds


def restart_when_edited(*folders):
    """Start this program again, in the same process, once a file below `folders` has changed; returns the thread."""
    before = edited_at(folders)

    def watch():
        while edited_at(folders) == before:
            time.sleep(EVERY)
        print("A file has changed: starting again.", flush=True)
        os.execv(sys.executable, [sys.executable, *sys.argv])

    thread = threading.Thread(target=watch, name="watching", daemon=True)
    thread.start()
    return thread


def edited_at(folders):
    """When each file was last edited: path -> time."""
    paths = [path for folder in folders for path in Path(folder).rglob("*") if path.suffix in SUFFIXES]
    return {path: path.stat().st_mtime_ns for path in paths if path.exists()}
