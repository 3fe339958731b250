"""The app as a program: what it prints, what it answers, and what it says when weights are missing."""

import asyncio
import gzip
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from demo.component import module_path, modules
from demo.loading import Models, Turns
from demo.messages import Mistake, for_api, for_page, real, seed, whole
from demo.serving import KeptFiles

ROOT = Path(__file__).parents[2]


@pytest.fixture
def start():
    """start(*arguments) -> (process, address) of `python app.py` once it has printed its address."""
    processes = []

    def start(*arguments, cwd=ROOT):
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py"), *arguments],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)},
        )
        processes.append(process)
        for line in process.stdout:
            if match := re.search(r"http://\S+", line):
                return process, match[0].rstrip("/")
        raise AssertionError("the app ended without an address")

    yield start
    for process in processes:
        process.terminate()
        process.wait(20)


def get(url, **headers):
    request = urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.status, answer.read(), answer.headers


def test_one_command_and_the_page_answers(start):
    _, address = start()
    status, body, _ = get(address)
    assert status == 200 and b"page-head" in body
    assert module_path("web/parts.js").encode() in body
    for name, source in modules().items():
        status, script, headers = get(f"{address}/{module_path(name)}")
        assert status == 200 and script.decode() == source and "immutable" in headers["cache-control"]
    assert get(f"{address}/playground/plotly.js")[0] == 200
    assert get(f"{address}/playground/playground.css")[0] == 200


def test_every_visitor_gets_the_same_files_whatever_encoding_they_ask_for(start):
    # the second visitor of a kept file once got Gradio's brotli header over a body that was not compressed
    _, address = start()
    page = get(address)[1].decode()
    assets = re.findall(r'"\./(assets/[^"]+\.(?:js|css))"', page)
    assert assets
    for name in [*assets, module_path("web/texts.js"), "playground/playground.css"]:
        bodies = []
        for encoding in (
            "identity",
            "gzip, deflate, br, zstd",
            "gzip, deflate, br, zstd",
            "gzip",
            "identity",
        ):
            _, body, headers = get(f"{address}/{name}", Accept_Encoding=encoding)
            assert headers.get("content-encoding") == ("gzip" if "gzip" in encoding else None)
            bodies.append(gzip.decompress(body) if "gzip" in encoding else body)
        assert len(set(bodies)) == 1, name


def test_without_any_weights_the_page_still_answers(start, tmp_path):
    process, address = start(cwd=tmp_path)
    assert get(address)[0] == 200
    # each missing file is said in one line that names the command to restore it
    lines = [process.stdout.readline() for _ in Models().names]
    assert all("is missing" in line and "git checkout --" in line for line in lines), lines


def test_a_share_link_that_cannot_be_had_is_one_sentence_and_the_page_goes_on(capsys, monkeypatch):
    import gradio as gr
    from gradio import networking

    from demo import serving

    def no_tunnel(*_, **__):
        raise RuntimeError("no internet")

    monkeypatch.setattr(networking, "setup_tunnel", no_tunnel)
    with gr.Blocks() as demo:
        gr.HTML("here")
    monkeypatch.setattr(demo, "block_thread", lambda: None)

    class NoModels:
        def load_in_background(self):
            pass

    serving.serve(demo, NoModels(), host="127.0.0.1", port=None, share=True, open_browser=False)
    said = capsys.readouterr().out
    try:
        assert "No public link can be had" in said and said.count("\n") == 2
        assert get(re.search(r"http://\S+", said)[0])[0] == 200
    finally:
        demo.close()


def test_a_port_that_is_taken_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "app.py", "--port", str(taken.getsockname()[1])]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1 and "choose another --host or --port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_damaged_file_is_told_and_a_repaired_one_works_without_a_restart(tmp_path):
    shutil.copytree(ROOT / "pretrained/vae", tmp_path / "vae")
    models = Models(tmp_path)
    path = tmp_path / "vae/digits/model.safetensors"
    whole_file = path.read_bytes()
    path.write_bytes(whole_file[:1000])
    for _ in range(2):
        with pytest.raises(Mistake, match=r"model\.safetensors is damaged"):
            models.get("vae/digits")
    path.write_bytes(whole_file)
    assert models.get("vae/digits") is models.get("vae/digits")


def test_an_unknown_model_is_a_mistake():
    with pytest.raises(Mistake, match="vae/digits"):
        Models().get("vae/faces")


def test_two_at_a_time_first_come_first_served():
    turns, order, inside, most = Turns(slots=2), [], [0], [0]
    release = threading.Event()

    def visitor(i):
        with turns.turn():
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            order.append(i)
            release.wait(10)
            inside[0] -= 1

    threads = []
    for i in range(6):
        threads.append(threading.Thread(target=visitor, args=(i,)))
        threads[-1].start()
        until(lambda i=i: len(order) + len(turns._waiting) == i + 1)
    assert order == [0, 1]
    release.set()
    for thread in threads:
        thread.join(10)
    # two may enter in either order once both slots are free, but never before one who came two earlier
    assert most[0] == 2 and sorted(order) == list(range(6))
    assert all(abs(place - i) <= 1 for place, i in enumerate(order))


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# --- what callbacks accept --------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [5, "5", 5.0, " 5 "])
def test_whole_numbers_come_in_several_dresses(value):
    assert whole(value, "frames", 5, 32) == 5


@pytest.mark.parametrize(
    "value", [4, 33, 5.5, float("nan"), float("inf"), "x", "", None, True, [5], 10**400, "1e1"]
)
def test_not_a_whole_number_in_range(value):
    with pytest.raises(Mistake, match="frames must be a whole number from 5 to 32"):
        whole(value, "frames", 5, 32)


@pytest.mark.parametrize("value", [-1, 2**64, 1.5, "18446744073709551616", "🎲", None])
def test_not_a_seed(value):
    with pytest.raises(Mistake, match="seed"):
        seed(value)


def test_the_largest_seed_survives_the_journey_as_text():
    assert seed("18446744073709551615") == 2**64 - 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 2, "x", None, True, [1]])
def test_not_a_real_number_in_range(value):
    with pytest.raises(Mistake, match="temperature"):
        real(value, "temperature", 0, 1)


def test_the_page_hears_a_key_and_a_program_a_sentence():
    def wrong(count: int):
        raise Mistake("error.whole", name="count", low=1, high=100)

    assert for_page(wrong)({"count": 3}) == (
        '{"error": {"key": "error.whole", "values": {"name": "count", "low": 1, "high": 100}}}'
    )
    with pytest.raises(Exception, match="count must be a whole number from 1 to 100"):
        for_api(wrong)(3)


@pytest.mark.parametrize("arguments", [None, [], "x", {"other": 1}, {}])
def test_arguments_that_do_not_fit_are_told(arguments):
    def f(count):
        return {"count": count}

    assert "error.arguments" in for_page(f)(arguments)


def test_a_surprise_is_logged_and_not_shown(caplog):
    def broken(count):
        raise RuntimeError("secret path")

    assert "secret" not in for_page(broken)({"count": 1})
    assert "secret path" in caplog.text


# --- files that browsers keep -----------------------------------------------------------------------------


class Origin:
    """An ASGI app that counts how often it is asked."""

    def __init__(self):
        self.asked = 0

    async def __call__(self, scope, receive, send):
        self.asked += 1
        missing = scope["path"].endswith("missing.js")
        headers = [(b"content-type", b"text/javascript"), (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": 404 if missing else 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"one ", "more_body": True})
        await send({"type": "http.response.body", "body": b"two"})


def ask(app, path, **headers):
    sent = []

    async def send(message):
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw}
    with ThreadPoolExecutor(1) as pool:  # in this thread a browser's loop may be running
        pool.submit(asyncio.run, app(scope, None, send)).result()
    body = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return sent[0]["status"], dict(sent[0]["headers"]), body


def test_an_asset_is_read_once_and_kept_for_ever():
    origin = Origin()
    app = KeptFiles(origin)
    first, second = (ask(app, "/assets/a.js") for _ in range(2))
    assert origin.asked == 1 and first[2] == second[2] == b"one two"
    assert b"immutable" in first[1][b"cache-control"] and b"immutable" in second[1][b"cache-control"]


def test_a_missing_asset_is_not_kept():
    origin = Origin()
    app = KeptFiles(origin)
    answers = [ask(app, "/assets/missing.js") for _ in range(2)]
    assert [status for status, _, _ in answers] == [404, 404]
    assert not any(b"cache-control" in headers for _, headers, _ in answers)
    assert origin.asked == 2


def test_answers_of_the_app_itself_pass_untouched():
    origin = Origin()
    app = KeptFiles(origin)
    assert all(ask(app, "/gradio_api/info")[1][b"cache-control"] == b"no-cache" for _ in range(2))
    assert origin.asked == 2


def test_our_styles_zipped_or_plain_and_unchanged_when_known():
    app = KeptFiles(Origin())
    status, headers, body = ask(app, "/playground/playground.css")
    assert status == 200 and b".page-head" in body
    _, zipped_headers, zipped = ask(app, "/playground/playground.css", accept_encoding="gzip")
    assert zipped_headers[b"content-encoding"] == b"gzip" and gzip.decompress(zipped) == body
    status, _, nothing = ask(app, "/playground/playground.css", if_none_match=headers[b"etag"].decode())
    assert status == 304 and nothing == b""
