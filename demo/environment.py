"""What the environment must be before NumPy and Gradio are imported, which read most of it at once.

A school's computer may send all requests through a proxy, share its temporary folder with others, and have a terminal
that cannot write every letter.
"""

import importlib.metadata
import os
import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

ROOT_PATH = "GRADIO_ROOT_PATH"  # environment variable: the path under which a proxy serves the app
DEVELOPING = "PLAYGROUND_DEV"  # environment variable: the page's files are read again for every request
NO_PROXY = ("NO_PROXY", "no_proxy")
STEP = re.compile(r"[\w.~@+,=%-]+", re.ASCII)  # of a path, between two slashes
PROXIES = {"http_proxy", "https_proxy", "all_proxy"}  # in small letters or in capitals


def prepare(online, developing=False):
    """Set up terminal, proxies, temporary folder and threads. online: other machines will be asked too."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.reconfigure(errors="backslashreplace")
    if developing:
        os.environ[DEVELOPING] = "1"
    set_up_proxies(online)
    # many visitors share the cores, so a call has one thread: NumPy's would wait for each other
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if ROOT_PATH in os.environ:
        try:
            os.environ[ROOT_PATH] = root_path(os.environ[ROOT_PATH])
        except ValueError as error:
            raise SystemExit(str(error)) from None
    os.environ.pop("GRADIO_SERVER_NAME", None)  # where Gradio looks for a free port: it knows no IPv6
    if not os.environ.get("GRADIO_SERVER_PORT", "0").isdecimal():
        del os.environ["GRADIO_SERVER_PORT"]  # Gradio reads it as a number, also where --port says another
    os.environ["GRADIO_TEMP_DIR"] = temporary_folder(os.environ.get("GRADIO_TEMP_DIR"))


def set_up_proxies(online):
    """Let no proxy stand between Gradio and its own server, which it asks whether it has started.

    online: other machines are asked too, for a public link or for texts. Gradio does not even start where there is a
    proxy of another kind, such as SOCKS.
    """
    for name in NO_PROXY:
        own = [os.environ.get(name), "localhost", "127.0.0.1", "::1"]
        os.environ[name] = ",".join(filter(None, own)) if online else "*"
    for name in [name for name in os.environ if name.lower() in PROXIES]:
        scheme, found, _ = os.environ[name].partition("://")
        if found and scheme not in ("http", "https"):
            del os.environ[name]


def root_path(given):
    """The path under which a proxy serves the app, or its whole address, as Gradio wants it: "/play", "" for "/".

    Raises ValueError where it is neither.
    """
    path = given.strip()
    try:
        parts = urlsplit(path)
    except ValueError:  # brackets that hold no address
        parts = urlsplit("")
    is_address = parts.scheme in ("http", "https") and parts.hostname
    base = f"{parts.scheme}://{parts.netloc}" if is_address else ""
    try:
        return base + with_slashes(path[len(base) :])
    except ValueError:
        raise ValueError(
            f"{ROOT_PATH} must be a path such as /play, or the whole address of the app, not {given!r}."
        ) from None


def with_slashes(path, form=STEP):
    """A path with one slash before each step and none at its end, "" for no steps. Raises ValueError for no path.

    form: the expression that each step must match.
    """
    steps = [step for step in path.split("/") if step]
    if not all(map(form.fullmatch, steps)) or {".", ".."}.intersection(steps):
        raise ValueError(f"{path!r} is no path.")
    return "".join(f"/{step}" for step in steps)


def temporary_folder(wanted=None):
    """A folder in which Gradio can write: `wanted`, else its usual one, else a new one. Exits where there is none."""
    try:
        usual = Path(wanted or Path(tempfile.gettempdir(), "gradio"))
        return str(usual if can_be_written(usual) else tempfile.mkdtemp(prefix="gradio-"))
    except OSError as error:
        raise SystemExit(
            f"No temporary folder can be written ({error.strerror}): set TMPDIR to a folder of your own."
        ) from None


def can_be_written(folder):
    """True where files can be put into `folder`, which is made if it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def missing_packages(requirements):
    """The lines of a file of requirements that nothing installed fulfils; none if there is no such file."""
    path = Path(requirements)
    lines = path.read_text("utf-8").splitlines() if path.exists() else ()
    found = (re.fullmatch(r"([\w.-]+)([<>=!~][^;]*)?", line.strip()) for line in lines)
    return [one[0] for one in found if one and not is_installed(one[1], one[2] or "")]


def is_installed(name, versions):
    """Whether a package is installed in one of `versions`, such as ">=2.1,<3"."""
    try:
        version = importlib.metadata.version(name)
        from packaging.specifiers import SpecifierSet  # packaging is one of the requirements itself

        return SpecifierSet(versions).contains(version, prereleases=True)
    except (importlib.metadata.PackageNotFoundError, ImportError):
        return False
