"""`pip install .`: the command `playground`, in a folder of its own, with nothing of this clone in reach."""

import json
import os
import re
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy import command
from deploy.space import space_files

ROOT = Path(__file__).parents[2]
PACKAGE = "generative_models_playground"
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """What pip builds of this clone, with the tools of requirements-dev.txt."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*PIP, "wheel", *options, "-w", str(folder), "."], cwd=ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture
def installed(wheel, tmp_path):
    """The folder with the command, and the environment in which it runs."""
    subprocess.run(
        [*PIP, "install", "--no-deps", "--no-index", "--target", str(tmp_path), str(wheel)], check=True
    )
    home = tmp_path / "home"
    home.mkdir()
    alone = {name: value for name, value in os.environ.items() if name != "PLAYGROUND_DATA"}
    return tmp_path / "bin/playground", alone | {
        "PYTHONPATH": str(tmp_path),
        "HOME": str(home),
        "PYTHONUNBUFFERED": "1",
    }


def test_the_wheel_holds_what_a_space_holds(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(f"{PACKAGE}/")}
    made = {"README.md", "requirements.txt", "docs/screenshots/vae.png"}  # which a Space has besides
    held = {f"{PACKAGE}/{name}" for name in space_files("ana/play", "cpu-basic") if name not in made}
    assert names == held | {f"{PACKAGE}/__init__.py"}


def test_the_command_serves_the_page(installed, tmp_path):
    playground, environment = installed
    process = subprocess.Popen(
        [sys.executable, playground, "--port", "0"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = re.search(r"http://\S+", process.stdout.readline())[0]
        assert call(address, "lm_predict", prompt="ROMEO:")["tokens"]
        # what fetches the texts is a command that this installation has
        missing = call(address, "lm_text", corpus="machado")["missing"]
        assert missing == {"key": "lm.text.absent", "values": {"command": "playground --texts"}}
    finally:
        process.kill()
        process.wait()


def call(address, name, **arguments):
    """The answer of a function of the page."""
    asked = urllib.request.Request(
        f"{address}/playground/call/{name}",
        json.dumps(arguments).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=120) as answer:
        return json.load(answer)


def test_its_texts_lie_in_the_home_folder_if_nothing_else_is_said(monkeypatch):
    said = []
    monkeypatch.setitem(
        sys.modules, "app", SimpleNamespace(main=lambda: said.append(os.environ["PLAYGROUND_DATA"]))
    )
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("HOME", "/home/ana")
    monkeypatch.delenv("PLAYGROUND_DATA", raising=False)
    command.main()
    monkeypatch.setenv("PLAYGROUND_DATA", "elsewhere")
    command.main()
    assert said == ["/home/ana/playground", "elsewhere"]
