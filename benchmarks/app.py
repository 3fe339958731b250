"""app.py of any checkout as a process of its own, and visitors who ask it as the page does.

Client and app share the cores, so `Connection` is plain HTTP over asyncio: a request costs it 0.2 ms, and a general
client several times as much.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
LAST_READ = ("lm_learning", {"prompt": "a", "max_new_tokens": 1})  # needs the model that is read last


class App:
    """app.py of a checkout, serving on a free port of this machine alone."""

    def __init__(self, folder=ROOT):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(folder)},
        )
        contract = Path(folder) / "demo/contract.py"
        # whether its page lets texts grow part by part; earlier ones asked for all at once
        self.in_parts = contract.exists() and "MOMENT_PARTS" in contract.read_text("utf-8")
        self.address = re.search(r"http://\S+", self.process.stdout.readline())[0].rstrip("/")

    async def wait_for_models(self):
        """Until all are read: memory grows no more. (Only later commits have playground/health.)"""
        async with Connection(self.address) as visitor:
            await visitor.call(*LAST_READ)
        before = 0
        while self.memory() > before + 2:
            before = self.memory()
            await asyncio.sleep(2)

    def address_of(self, visitor):
        return self.address

    def memory(self):
        """Resident memory in MB."""
        return field(self.process.pid, "VmRSS") // 1024

    def peak(self):
        """The most resident memory so far, in MB."""
        return field(self.process.pid, "VmHWM") // 1024

    def busy(self):
        """Seconds of processor time so far: what other programs on the machine disturb least."""
        return processor_time(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Processes:
    """Several of them, among which visitors are spread as deploy/haproxy.cfg does."""

    def __init__(self, count, folder=ROOT):
        self.apps = [App(folder) for _ in range(count)]
        self.in_parts = self.apps[0].in_parts

    async def wait_for_models(self):
        for app in self.apps:
            await app.wait_for_models()

    def address_of(self, visitor):
        return self.apps[visitor % len(self.apps)].address

    def memory(self):
        return sum(app.memory() for app in self.apps)

    def busy(self):
        return sum(app.busy() for app in self.apps)

    def stop(self):
        for app in self.apps:
            app.stop()


def field(pid, name):
    """A field of /proc/<pid>/status in kB (Linux)."""
    return int(re.search(rf"{name}:\s*(\d+)", Path(f"/proc/{pid}/status").read_text("utf-8"))[1])


def processor_time(pid):
    """User and system time of a process in seconds."""
    user, system = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def checkout(revision):
    """A folder with the files of another commit, for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="playground-"))
    add, remove = ["worktree", "add", "--detach", folder, revision], ["worktree", "remove", "--force", folder]
    try:
        subprocess.run(["git", *add], cwd=ROOT, check=True, capture_output=True)
        yield folder
    finally:
        subprocess.run(["git", *remove], cwd=ROOT, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


class Connection:
    """A visitor's connection, kept alive: `async with Connection(address, "page 7") as visitor`."""

    def __init__(self, address, page="benchmark"):
        self.place, self.page = urlsplit(address), page

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection(self.place.hostname, self.place.port)
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def call(self, name, values):
        """Ask a function as the page does. Returns the status and the body."""
        return await self.send("POST", f"/playground/call/{name}", values)

    async def send(self, method, path, values=None):
        """One request. Returns the status and the body, which may be compressed."""
        body = b"" if values is None else json.dumps(values).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.place.netloc}\r\nX-Page: {self.page}\r\nAccept-Encoding: gzip\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        status = int((await self.reader.readline()).split()[1])
        headers = {}
        while line := (await self.reader.readline()).strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        if "content-length" in headers:
            return status, await self.reader.readexactly(int(headers["content-length"]))
        parts = []
        while size := int((await self.reader.readline()).strip(), 16):
            parts.append((await self.reader.readexactly(size + 2))[:-2])
        await self.reader.readline()
        return status, b"".join(parts)
