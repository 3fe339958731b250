"""Servers on this machine: one with files that a test makes up, and the app with options of its own."""

import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def file_server(files):
    """(address, asked) of a server that has `files`, {path: bytes}. asked: the paths of the requests so far."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            content = files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.end_headers()
            self.wfile.write(content or b"not here")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()


@contextmanager
def app(*options, **environment):
    """The address of `python app.py` with these options."""
    command = [sys.executable, "app.py", "--port", "0", *map(str, options)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"} | environment
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        address = next(filter(None, (re.search(r"http://\S+", line) for line in process.stdout)))[0]
        threading.Thread(target=process.stdout.read, daemon=True).start()  # or it would wait for a reader
        yield address
    finally:
        process.kill()
        process.wait()
