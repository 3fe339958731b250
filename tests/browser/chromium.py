"""Chromium without a window, for tests, screenshots and benchmarks.

Debian's chromium-headless-shell is the same engine without the windows of a browser around each page, which take a
third of the time of a test. Chromium itself will do where it is missing. Benchmarks of the page take Chromium itself,
as visitors have it.
"""

import shutil

PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")
AS_VISITORS = ("chromium", "google-chrome", "chromium-headless-shell")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",  # letters as wide in the shell as in a window
]


def program(programs=PROGRAMS):
    """The path of the first of these programs that is installed, or None."""
    return next((path for name in programs if (path := shutil.which(name))), None)


def launch(playwright, programs=PROGRAMS):
    """A browser. playwright: from playwright.sync_api.sync_playwright()."""
    return playwright.chromium.launch(executable_path=program(programs), args=FLAGS)
