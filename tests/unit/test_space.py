"""deploy/space.py: what a Space gets, and how. The Hub is a small one of the test's own."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub
import pytest
import yaml

from demo import zero_gpu
from deploy import space

ROOT = Path(__file__).parents[2]
REPO = "ana/play"


# --- what it gets -----------------------------------------------------------------------------------------


def test_the_page_runs_on_what_is_uploaded_and_nothing_else(tmp_path):
    for name, one in space.space_files(REPO, "cpu-basic").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(one if isinstance(one, bytes) else one.read_bytes())
    program = (
        "from demo.loading import Models; models = Models('pretrained'); [models.get(n) for n in models.names];"
        "from demo.api import all_functions; from demo.layout import build_demo; from demo.server import Server;"
        "build_demo(Server(all_functions(models)))"
    )
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for command in (["-c", program], ["app.py", "--help"], ["-m", "training.texts", "--help"]):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=alone, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr


def test_no_test_no_training_and_no_build_is_uploaded():
    files = space.space_files(REPO, "cpu-basic")
    folders = {name.split("/")[0] for name in files}
    assert folders == {
        "app.py",
        "LICENSE",
        "README.md",
        "requirements.txt",
        *("demo", "models", "pretrained", "training", "docs"),
    }
    assert sorted(name for name in files if name.startswith("training/")) == [
        *("training/__init__.py", "training/command.py", "training/giving_way.py", "training/live.py"),
        *("training/live_gpt.py", "training/muon.py", "training/options.py", "training/texts.py"),
    ]
    assert [name for name in files if name.startswith("docs/")] == ["docs/screenshots/vae.png"]
    assert not [name for name in files if "__pycache__" in name or "classifier" in name]


def test_what_a_system_or_an_editor_hides_stays_here(tmp_path):
    for name in ("app.py", "demo/a.py", "demo/.DS_Store", "demo/.a.py.swp", "demo/a.py~", "models/.cache/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in ("README.md", "requirements.txt", "requirements-lock.txt"):
        shutil.copy(ROOT / name, tmp_path)
    files = space.space_files(REPO, "cpu-basic", tmp_path)
    assert set(files) == {"app.py", "demo/a.py", "README.md", "requirements.txt"}


def test_pointers_of_git_lfs_are_not_uploaded(monkeypatch, tmp_path):
    pointer = tmp_path / "model.safetensors"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    monkeypatch.setattr(
        space, "space_files", lambda repo, hardware: {"pretrained/model.safetensors": pointer}
    )
    with pytest.raises(
        SystemExit, match=r"^pretrained/model\.safetensors is only a pointer of Git LFS: [^\n]+$"
    ):
        space.main(["--repo", REPO])


@pytest.mark.parametrize("hardware, python", [("cpu-basic", "3.12"), ("zero-gpu", "3.12")])
def test_the_card_is_the_readmes_with_a_picture_and_the_hardware(hardware, python):
    _, settings, text = space.card(REPO, hardware).split("---\n", 2)
    settings = yaml.safe_load(settings)
    assert (
        settings["sdk"] == "gradio" and settings["python_version"] == python and settings["header"] == "mini"
    )
    assert (
        settings["thumbnail"] == f"https://huggingface.co/spaces/{REPO}/resolve/main/docs/screenshots/vae.png"
    )
    assert settings["suggested_hardware"] in list(huggingface_hub.SpaceHardware)
    assert text.strip().startswith("See three kinds of generative AI") and "![" not in text


def test_the_versions_are_exact_and_torch_is_the_light_one_or_one_that_zero_gpu_has():
    light = space.requirements("cpu-basic").splitlines()
    heavy = space.requirements("zero-gpu").splitlines()
    assert light[0] == "--extra-index-url https://download.pytorch.org/whl/cpu" and heavy[0] == "spaces"
    for lines in (light, heavy):
        assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines[1:])
    changed = set(heavy[1:]) - set(light[1:])
    assert {line.partition("==")[0] for line in changed} == {"torch", "torchvision"}
    major, minor = map(int, dict(line.split("==") for line in changed)["torch"].split(".")[:2])
    assert major == 2 and 8 <= minor <= 11


def test_a_dry_run_shows_everything_and_asks_no_machine(capsys, monkeypatch):
    monkeypatch.setattr(space, "HfApi", None)
    space.main(["--repo", REPO, "--dry-run"])
    said = capsys.readouterr().out
    for name in ("app.py", "demo/api.py", "pretrained/vae/digits/model.safetensors", "training/texts.py"):
        assert re.search(rf"^ *[\d,]+  {name}$", said, flags=re.M), name
    assert "python_version: '3.12'" in said and re.search(r"^torch==", said, flags=re.M)


# --- how --------------------------------------------------------------------------------------------------


class Hub(BaseHTTPRequestHandler):
    """As much of the Hub's interface as an upload needs. `held`: the files of the Space, None while there is none."""

    def do_GET(self):
        if self.server.held is None:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.end_headers()
        elif "/tree/" in self.path:
            self.tell([{"type": "file", "path": name, "size": 1, "oid": "0"} for name in self.server.held])
        else:
            self.tell({"id": REPO, "siblings": [{"rfilename": name} for name in self.server.held]})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.asked.append((self.path, body))
        if self.server.refusal:
            return self.tell({"error": self.server.refusal}, 402)
        if self.path == "/api/repos/create":
            self.server.held = {".gitattributes", "README.md"}
            self.tell({"url": f"https://huggingface.co/spaces/{REPO}"})
        elif self.path == "/api/validate-yaml":
            self.tell({"errors": [], "warnings": []})
        elif self.path.endswith("/preupload/main"):
            files = json.loads(body)["files"]
            self.tell(
                {
                    "files": [
                        {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False} for one in files
                    ]
                }
            )
        elif self.path.endswith("/hardware"):
            self.tell(
                {"stage": "RUNNING", "hardware": {"current": None, "requested": json.loads(body)["flavor"]}}
            )
        else:
            self.commit([json.loads(line) for line in body.splitlines()])

    def commit(self, lines):
        for line in lines:
            if line["key"] == "file":
                self.server.content[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            elif line["key"] == "deletedFile":
                self.server.held.discard(line["value"]["path"])
        self.server.held |= set(self.server.content)
        self.tell({"commitUrl": f"https://huggingface.co/spaces/{REPO}/commit/1", "commitOid": "1"})

    def tell(self, answer, status=200):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.held, server.content, server.asked, server.refusal = None, {}, [], None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_test")
    monkeypatch.setattr(
        space,
        "space_files",
        lambda repo, hardware: {"app.py": ROOT / "app.py", "README.md": b"---\ntitle: Play\n---\n"},
    )
    yield server
    server.shutdown()


def test_a_new_space_is_made_and_holds_the_files(hub, capsys):
    space.main(["--repo", REPO, "--hardware", "zero-gpu"])
    made = json.loads(next(body for path, body in hub.asked if path == "/api/repos/create"))
    assert made["type"] == "space" and made["sdk"] == "gradio" and made["hardware"] == "zero-a10g"
    assert hub.held == {".gitattributes", "README.md", "app.py"}
    assert hub.content["app.py"] == (ROOT / "app.py").read_bytes()
    assert capsys.readouterr().out == f"It is being built at https://huggingface.co/spaces/{REPO}\n"


def test_a_space_that_is_there_gets_the_new_files_and_loses_the_old(hub):
    hub.held = {".gitattributes", "README.md", "old.py"}
    space.main(["--repo", REPO])
    assert hub.held == {".gitattributes", "README.md", "app.py"}
    asked = dict(hub.asked)
    assert "/api/repos/create" not in asked
    assert json.loads(asked[f"/api/spaces/{REPO}/hardware"])["flavor"] == "cpu-basic"


def test_what_the_hub_refuses_and_who_is_not_logged_in_hear_one_sentence(hub, monkeypatch):
    hub.refusal = "Gradio Spaces need a paid account"
    with pytest.raises(SystemExit, match=r"^The Hub refused: Gradio Spaces need a paid account$"):
        space.main(["--repo", REPO])
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(SystemExit, match=r"^The Hub cannot be reached: [^\n]+$"):
        space.main(["--repo", REPO])
    monkeypatch.setattr(space, "get_token", lambda: None)
    with pytest.raises(SystemExit, match=r"^Log in first: [^\n]+$"):
        space.main(["--repo", REPO])


@pytest.mark.parametrize("token", ["hf_a b", "açaí", ""])
def test_a_token_that_cannot_be_one_is_told_and_not_shown(monkeypatch, token):
    monkeypatch.setattr(space, "get_token", lambda: token)
    with pytest.raises(SystemExit, match=r"^The token has a space or a letter [^\n]+$") as error:
        space.main(["--repo", REPO])
    assert not token or token not in str(error.value)


@pytest.mark.parametrize(
    "name", ["play", "ana/..", "ana/a--b", "ana/x.git", "ana/" + "x" * 97, "ana/ação", "a/b/c"]
)
def test_a_repository_that_is_none_is_refused(capsys, name):
    with pytest.raises(SystemExit):
        space.main(["--repo", name, "--dry-run"])
    assert "a Space is named USER/NAME" in capsys.readouterr().err


# --- on ZeroGPU -------------------------------------------------------------------------------------------


def test_zero_gpu_finds_one_function_that_asks_for_a_gpu(monkeypatch):
    asked = []
    spaces = type("spaces", (), {"GPU": staticmethod(asked.append)})
    monkeypatch.setitem(sys.modules, "spaces", spaces)
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    zero_gpu.declare()
    assert asked == []
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    zero_gpu.declare()
    assert len(asked) == 1
    monkeypatch.setitem(sys.modules, "spaces", None)  # not installed
    zero_gpu.declare()
    assert len(asked) == 1
