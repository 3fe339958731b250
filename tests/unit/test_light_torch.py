"""The light torch: what the container, CI and the guides install, with indexes of empty packages made here.

The index of the light torch has some of what torch needs, too, in releases of its own, mostly older ones than those of
requirements-lock.txt. So none but torch and torchvision may come from there.
"""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy.space import CPU_TORCH, requirements

ROOT = Path(__file__).parents[2]
LOCKED = dict(
    re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements-lock.txt").read_text("utf-8"), flags=re.M)
)
NEEDED = {"torch": ["filelock", "numpy"], "torchvision": ["numpy", "pillow", f"torch=={LOCKED['torch']}"]}
OLDER = {"filelock": "3.0", "numpy": "2.1.0", "pillow": "11.0.0", "setuptools": "70.0"}
NOWHERE = "http://127.0.0.1:9"


def add_package(index, name, version, needed=()):
    """Put an empty package into a folder that pip takes as an index."""
    stem = f"{name.replace('-', '_')}-{version}"
    folder = index / name.lower().replace("_", "-").replace(".", "-")
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{stem}-py3-none-any.whl"
    about = "".join(f"Requires-Dist: {one}\n" for one in needed)
    with zipfile.ZipFile(wheel, "w") as file:
        info = f"{stem}.dist-info"
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{about}")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    links = "".join(f'<a href="{one.name}">{one.name}</a>\n' for one in sorted(folder.glob("*.whl")))
    (folder / "index.html").write_text(f"<!doctype html>\n{links}")


@pytest.fixture(scope="module")
def indexes(tmp_path_factory):
    """(the usual index, that of the light torch) as addresses."""
    usual, light = tmp_path_factory.mktemp("usual"), tmp_path_factory.mktemp("light")
    for name, version in LOCKED.items():
        heavy = ["nvidia-cublas"] if name == "torch" else []
        add_package(usual, name, version, NEEDED.get(name, []) + heavy)
    for name, needed in NEEDED.items():
        add_package(light, name, f"{LOCKED[name]}+cpu", needed)
    for name, version in OLDER.items():
        add_package(light, name, version)
    return usual.as_uri(), light.as_uri()


@pytest.fixture
def installed(tmp_path, indexes):
    """installed(commands, light) -> {package: version} after shell commands in a fresh environment.

    light: the address that is asked for the light torch.
    """
    usual, there = indexes
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path)], check=True)
    pip = f'"{sys.executable}" -m pip --python "{tmp_path}/bin/python"'  # sooner there than a pip of its own
    (tmp_path / "bin/pip").write_text(f'#!/bin/sh\nexec {pip} "$@"\n')
    (tmp_path / "bin/pip").chmod(0o755)
    for path in ROOT.glob("requirements*.txt"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": usual, "PIP_RETRIES": "0"}
    environment |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}

    def installed(commands, light=there):
        commands = commands.replace(CPU_TORCH, light)
        done = subprocess.run(
            ["sh", "-e", "-c", commands], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        listed = subprocess.run(
            [tmp_path / "bin/pip", "list", "--format", "json"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return {one["name"].lower().replace("_", "-"): one["version"] for one in json.loads(listed.stdout)}

    return installed


def of_the_container():
    (command,) = re.findall(
        r"^RUN (python -m venv .*?[^\\])\n\n", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.M | re.S
    )
    return command.replace("\\\n", " ").partition("&& ")[2]  # the environment is there already


def lines(file, *wanted):
    """The first lines of a file that hold the wanted parts, one after the other."""
    found = [line.partition("    #")[0].strip() for line in (ROOT / file).read_text("utf-8").splitlines()]
    return "\n".join(
        next(line for line in found if line.startswith("pip ") and part in line) for part in wanted
    )


LOCKING = {
    "container": of_the_container,
    "CI": lambda: lines(".github/workflows/ci.yml", CPU_TORCH, "-r requirements-dev.txt"),
    "CONTRIBUTING": lambda: lines("CONTRIBUTING.md", CPU_TORCH, "-r requirements-dev.txt"),
}


@pytest.mark.parametrize("place", LOCKING)
def test_torch_is_the_light_one_and_all_else_as_it_is_locked(installed, place):
    found = installed(LOCKING[place]())
    assert (
        found["torch"] == f"{LOCKED['torch']}+cpu" and found["torchvision"] == f"{LOCKED['torchvision']}+cpu"
    )
    assert "nvidia-cublas" not in found
    for name in ("numpy", "pillow", "filelock", "gradio"):
        assert found[name] == LOCKED[name]


def test_where_the_light_torch_cannot_be_reached_the_container_gets_the_other(installed):
    found = installed(of_the_container(), light=NOWHERE)
    assert found["torch"] == LOCKED["torch"] and "nvidia-cublas" in found


@pytest.mark.parametrize("reached", [True, False])
def test_a_space_gets_the_light_torch_where_it_can_be_reached(installed, indexes, tmp_path, reached):
    light = indexes[1] if reached else NOWHERE
    (tmp_path / "space.txt").write_text(requirements("cpu-basic").replace(CPU_TORCH, light))
    found = installed("pip install -r space.txt")
    assert found["torch"] == LOCKED["torch"] + ("+cpu" if reached else "")
    assert ("nvidia-cublas" in found) is not reached and found["numpy"] == LOCKED["numpy"]


@pytest.mark.parametrize("guide", ["README.md", "README.pt-BR.md"])
def test_the_guides_two_lines_bring_the_light_torch(installed, guide):
    found = installed(lines(guide, CPU_TORCH, "-r requirements.txt").partition(" && python")[0])
    assert found["torch"] == f"{LOCKED['torch']}+cpu" and "nvidia-cublas" not in found and "gradio" in found


def test_one_index_alone_is_enough(installed):
    found = installed(lines("README.md", "-r requirements.txt").partition(" && python")[0])
    assert found["torch"] == LOCKED["torch"] and "gradio" in found
