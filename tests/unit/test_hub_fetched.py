"""A model is fetched from a Hub: a server of this test that answers as the real one does."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="transformers is not installed: see requirements-hub.txt")

from tests.small_hub import save_gpt2

ROOT = Path(__file__).parents[2]
COMMIT = "a" * 40
NAME = "someone/tiny"
PROGRAM = """
from demo.lm.hub import HubModels
for name in ("someone/tiny", "someone/none"):
    models = HubModels([name])
    models.load_in_background().join()
"""


@pytest.fixture
def a_hub(tmp_path):
    """(address, asked): a server with one model, which also has code; asked: the paths of the requests."""
    folder = save_gpt2(tmp_path / "model")
    (folder / "modeling.py").write_text("raise RuntimeError")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    asked = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            asked.append(self.path)
            path, _, _ = self.path.partition("?")
            name = path.rpartition("/")[2]
            if path.startswith(f"/api/models/{NAME}/tree/"):
                tree = [
                    {"type": "file", "path": n, "size": len(f), "oid": named(f)} for n, f in files.items()
                ]
                self.send(json.dumps(tree).encode())
            elif path.startswith(f"/api/models/{NAME}"):
                siblings = [{"rfilename": n, "size": len(f)} for n, f in files.items()]
                info = {"id": NAME, "sha": COMMIT, "siblings": siblings}
                info["safetensors"] = {"parameters": {"F32": 37120}, "total": 37120}
                self.send(json.dumps(info).encode())
            elif path.startswith(f"/{NAME}/resolve/{COMMIT}/") and name in files:
                self.send(files[name], {"ETag": f'"{named(files[name])}"', "X-Repo-Commit": COMMIT})
            else:
                self.send(b"", {"X-Error-Code": "RepoNotFound"}, 404)

        do_HEAD = do_GET

        def send(self, content, headers=(), status=200):
            self.send_response(status)
            for name, value in dict(headers, **{"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def named(content):
    return hashlib.sha1(content).hexdigest()


def run(home, address):
    own = {"HF_ENDPOINT": address, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "*"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=os.environ | own, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_model_is_fetched_once_without_its_code(a_hub, tmp_path):
    address, asked = a_hub
    said = run(tmp_path / "home", address)
    assert said[0] == f"--hub {NAME}: 0 MB are fetched." and "million parameters" in said[1]
    assert f"--hub {NAME}: it is on the page." in said
    assert said[-1] == "The Hub has no open model someone/none."
    assert any(path.endswith("model.safetensors") for path in asked)
    assert not any(path.endswith(".py") for path in asked)
    asked.clear()
    said = run(tmp_path / "home", address)
    assert f"--hub {NAME}: it is on the page." in said and not any("/resolve/" in path for path in asked)
