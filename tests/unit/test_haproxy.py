"""deploy/haproxy.cfg: two processes of the app behind a real HAProxy, one of which is killed.

Skipped with a reason where there is no HAProxy; with HAPROXY_REQUIRED=1, as in .ci/run, that is a failure.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAILED = (OSError, http.client.HTTPException)  # there was no answer, or its end is missing
CONFIG = ROOT / "deploy/haproxy.cfg"
READY = 180  # seconds until two processes have read their models, on a busy machine
VISITORS = [f"visitor-{i}" for i in range(8)]
TEXT = "the cat sat on the mat and the dog sat on the cat "


@pytest.fixture(scope="module")
def haproxy():
    program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if program is None:
        (pytest.fail if os.environ.get("HAPROXY_REQUIRED") else pytest.skip)("no HAProxy is installed")
    return program


@contextmanager
def running(*command, **environment):
    """A process, which is ended afterwards."""
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def site(haproxy):
    """(the address of the proxy, the processes and addresses of the two apps behind it), ready."""
    ports = free_ports(3)
    with ExitStack() as stack:
        apps = [
            stack.enter_context(running(sys.executable, "app.py", "--port", str(port))) for port in ports[:2]
        ]
        addresses = [f"http://127.0.0.1:{port}" for port in ports]
        one, two, bind = (f"127.0.0.1:{port}" for port in ports)
        for address in addresses[:2]:
            wait_for(lambda address=address: get(f"{address}/playground/health") == b"ready")
        stack.enter_context(running(haproxy, "-db", "-f", str(CONFIG), BIND=bind, ONE=one, TWO=two))
        wait_for(lambda: get(f"{addresses[2]}/playground/health") == b"ready")
        yield addresses[2], apps, addresses[:2]


def free_ports(count):
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


def wait_for(holds):
    end = time.monotonic() + READY
    while time.monotonic() < end:
        try:
            if holds():
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("nothing was ready in time")


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()


class Refused(Exception):
    """The answer to a call is an error; its key is the first argument."""


def call(address, visitor, name, **arguments):
    """What the page of a visitor asks, and its answer. Raises Refused, or one of FAILED."""
    headers = {"content-type": "application/json", "x-page": visitor}
    request = urllib.request.Request(
        f"{address}/playground/call/{name}", json.dumps(arguments).encode(), headers
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code != 400:
            raise
        raise Refused(json.load(error)["error"]["key"]) from None


def test_a_visitors_own_text_is_found_again_and_visitors_are_spread(site):
    proxy, _, apps = site
    held = []
    for visitor in VISITORS:
        corpus = f"own:{call(proxy, visitor, 'lm_keep', text=TEXT + visitor, unit='words')['key']}"
        for _ in range(3):
            assert call(proxy, visitor, "lm_overview", corpus=corpus)["tokens"] == len(TEXT.split()) + 1
        for i, app in enumerate(apps):
            try:
                call(app, visitor, "lm_overview", corpus=corpus)
                held.append(i)
            except Refused as error:
                assert error.args == ("error.own_gone",)
    assert len(held) == len(VISITORS) and set(held) == {0, 1}


def test_a_program_fetches_its_answer_where_it_asked(site):
    proxy, *_ = site
    for _ in range(4):
        url = f"{proxy}/gradio_api/call/lm_predict"
        asked = urllib.request.Request(url, b'{"data": ["ROMEO:"]}', {"content-type": "application/json"})
        event = json.loads(get(asked))["event_id"]
        assert get(f"{url}/{event}").startswith(b"event: complete")


class Visitor(threading.Thread):
    """Looks at the page and at a text of its own until it is told to stop. What fails it asks for once more."""

    def __init__(self, address, name):
        super().__init__(daemon=True)
        self.address, self.visitor, self.corpus = address, name, None
        self.over, self.rounds, self.failures = threading.Event(), 0, []

    def run(self):
        while not self.over.is_set():
            for act in (self.look, self.walk, self.read_own):
                try:
                    act()
                except (*FAILED, Refused):
                    time.sleep(1)  # as the page waits before it asks again
                    try:
                        act()
                    except (*FAILED, Refused) as error:
                        self.failures.append(repr(error))
            self.rounds += 1

    def look(self):
        assert b"page-head" in get(self.address)

    def walk(self):
        assert call(self.address, self.visitor, "vae_interpolate", frames=3)["t"] == [0, 0.5, 1]

    def read_own(self):
        """As the page does, sends the text again if it is gone with its process."""
        corpus, self.corpus = self.corpus, None
        if corpus is None:
            corpus = f"own:{call(self.address, self.visitor, 'lm_keep', text=TEXT, unit='words')['key']}"
        assert call(self.address, self.visitor, "lm_overview", corpus=corpus)["distinct"] == 7
        self.corpus = corpus


def test_a_process_is_killed_and_nobody_has_an_error_after_one_retry(site):
    proxy, processes, _ = site
    visitors = [Visitor(proxy, name) for name in VISITORS]
    for visitor in visitors:
        visitor.start()

    def rounds_more(count):
        before = [visitor.rounds for visitor in visitors]
        wait_for(lambda: all(now.rounds >= then + count for now, then in zip(visitors, before)))

    rounds_more(1)
    processes[0].kill()
    rounds_more(3)  # with what was under way, while the proxy finds out, and after
    for visitor in visitors:
        visitor.over.set()
        visitor.join(60)
    assert [visitor.failures for visitor in visitors] == [[]] * len(visitors)
