"""The app as a program: what it prints, what it answers, and what it says when weights are missing."""

import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import anyio
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.testclient import TestClient

import app
from demo import serving
from demo.checks import UserError
from demo.component import files, head_start, path_of
from demo.guard import MOST_BYTES, Guard
from demo.loading import Models
from demo.server import Server
from demo.serving import HeadStart, for_others, health_route, launch
from demo.turns import computed_once, give_way, out_of_turn
from models.errors import InputError
from tests.calls import for_api, for_page
from tests.loops import in_loop, until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def start():
    """start(*arguments) -> (process, address) of `python app.py` once it has printed its address."""
    processes = []

    def start(*arguments, app=ROOT / "app.py", **options):
        process = subprocess.Popen(
            [sys.executable, str(app), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **{"cwd": ROOT, "env": environment()} | options,
        )
        processes.append(process)
        for line in process.stdout:
            if match := re.search(r"http://\S+", line):
                return process, match[0].rstrip("/")
        raise AssertionError("the app ended without an address")

    yield start
    for process in processes:
        process.terminate()
        process.wait(60)


def environment(**more):
    return os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)} | more


def get(url, **headers):
    request = urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.status, answer.read(), answer.headers


def test_one_command_and_the_page_answers(start):
    _, address = start()
    status, body, _ = get(address)
    assert status == 200 and b"page-head" in body
    assert path_of("page.js").encode() in body and path_of("style.css").encode() in body
    assert b"<head>" + head_start().encode() in body  # before any script of Gradio's has run
    for name, source in files().items():
        status, script, headers = get(f"{address}/{path_of(name)}")
        assert status == 200 and script.decode() == source and "immutable" in headers["cache-control"]


def test_every_visitor_gets_the_same_files_whatever_encoding_they_ask_for(start):
    # the second visitor of a kept file once got Gradio's brotli header over a body that was not compressed
    _, address = start()
    page = get(address)[1].decode()
    assets = re.findall(r'"\./(assets/[^"]+\.(?:js|css))"', page)
    assert assets
    for name in [*assets, path_of("page.js"), path_of("style.css")]:
        bodies = []
        for encoding in (
            "identity",
            "gzip, deflate, br, zstd",
            "gzip, deflate, br, zstd",
            "gzip",
            "gzip;q=0",
            "identity",
        ):
            _, body, headers = get(f"{address}/{name}", Accept_Encoding=encoding)
            zipped = "gzip" in encoding and "q=0" not in encoding
            assert (headers.get("content-encoding") == "gzip") == zipped
            assert headers.get("content-encoding") in ("gzip", "identity", None)
            bodies.append(gzip.decompress(body) if zipped else body)
        assert len(set(bodies)) == 1, name


@pytest.mark.parametrize("root", ["play", "/play/"])
def test_a_path_of_a_proxy_may_be_written_in_any_way(start, root):
    _, address = start(env=environment(GRADIO_ROOT_PATH=root))
    address = address.removesuffix("/play")
    for path in ("/", "/play/"):
        status, body, _ = get(address + path)
        assert status == 200 and f'"root":"{address}/play"'.encode() in body


@pytest.mark.parametrize(
    ("is_clone", "cure"), [(True, "git checkout -- "), (False, "get the folder pretrained again")]
)
def test_without_any_weights_the_page_still_answers(start, tmp_path, is_clone, cure):
    if is_clone:
        (tmp_path / ".git").mkdir()
    for name in ("app.py", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
    process, address = start(app=tmp_path / "app.py")
    assert get(address)[0] == 200
    # each missing file is said in one line that names what to do
    lines = [process.stdout.readline() for _ in Models().names]
    assert all("is missing" in line and cure in line for line in lines), lines


def test_a_port_that_another_takes_in_the_last_moment_is_left_to_it(monkeypatch):
    monkeypatch.setattr(serving, "launch_options", lambda *_, **__: {})
    others, asked = [], []

    class Page:
        def launch(self, server_port, **_):
            asked.append(server_port)
            if len(asked) < 3:  # two others are quicker
                others.append(socket.create_server(("127.0.0.1", server_port)))
                raise OSError("Cannot find empty port")
            return None, f"http://127.0.0.1:{server_port}/", None

    try:
        local, places = launch(Page(), None, None, "127.0.0.1", None, {"agents": False}, None)
        assert len(set(asked)) == 3 and local.endswith(f":{asked[-1]}/") and places[0][1] == local.rstrip("/")
        # one that was asked for by name is not exchanged
        asked.clear()
        with pytest.raises(SystemExit, match=f"Cannot start a server at .*:{places[0][1][-4:]}: Cannot find"):
            launch(Page(), None, None, "127.0.0.1", int(places[0][1][-4:]), {"agents": False}, None)
        assert len(asked) == 1
    finally:
        for other in others:
            other.close()


def test_what_others_print_while_the_page_is_launched_is_not_lost(monkeypatch, capsys):
    """The texts that could not be fetched, for example, which may be known that soon."""
    monkeypatch.setattr(serving, "launch_options", lambda *_, **__: {})

    class Page:
        def launch(self, server_port, **_):
            print("ten lines of Gradio's", flush=True)
            thread = threading.Thread(target=print, args=("could not be fetched",), kwargs={"flush": True})
            thread.start()
            thread.join()
            return None, f"http://127.0.0.1:{server_port}/", None

    before = sys.stdout
    launch(Page(), None, None, "127.0.0.1", None, {"agents": False}, None)
    assert capsys.readouterr().out == "could not be fetched\n" and sys.stdout is before
    monkeypatch.setattr(sys, "stdout", None)  # as in a program without a terminal on Windows
    launch(Page(), None, None, "127.0.0.1", None, {"agents": False}, None)


def test_it_starts_from_any_folder_behind_a_proxy_and_ends_quietly(start, tmp_path, ctrl_c):
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "socks5://127.0.0.1:9")
    (tmp_path / "foreign").write_text("a file where Gradio's temporary folder should be")
    ascii_terminal = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    temporary = {"GRADIO_TEMP_DIR": str(tmp_path / "foreign"), "TMPDIR": str(tmp_path)}
    process, address = start(
        cwd=tmp_path, env=environment(**proxies, **ascii_terminal, **temporary, GRADIO_SERVER_NAME="::1")
    )
    assert address.startswith("http://[::1]:")
    call = urllib.request.Request(
        f"{address}/playground/call/lm_predict", b'{"prompt": "ROMEO:"}', {"content-type": "application/json"}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(call, timeout=120) as answer:
        assert len(json.load(answer)["tokens"]) == 65  # the model is found
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert process.stdout.read().strip() == "The playground has ended."


@pytest.mark.parametrize("port", ["65536", "-1", "7860.5", "٣", "http"])
def test_a_port_that_is_none_is_one_sentence(port, capsys):
    with pytest.raises(SystemExit):
        app.parse_args(["--port", port])
    assert f"a port is a whole number from 0 to 65535, not '{port}'" in capsys.readouterr().err


def test_a_package_that_is_missing_is_one_sentence(monkeypatch):
    monkeypatch.setattr(app, "missing_packages", lambda _: ["torch>=2.8", "segno"])
    sentence = r"^Packages are missing or of another version \(torch>=2\.8, segno\): .+requirements\.txt`\.$"
    with pytest.raises(SystemExit, match=sentence):
        app.main([])


def test_a_damaged_file_is_told_and_a_repaired_one_works_without_a_restart(tmp_path):
    shutil.copytree(ROOT / "pretrained/vae", tmp_path / "vae")
    models = Models(tmp_path)
    path = tmp_path / "vae/digits/model.safetensors"
    whole_file = path.read_bytes()
    path.write_bytes(whole_file[:1000])
    for _ in range(2):
        with pytest.raises(UserError, match=r"model\.safetensors is damaged"):
            models.get("vae/digits")
    path.write_bytes(whole_file)
    assert models.get("vae/digits") is models.get("vae/digits")


def test_an_unknown_model_is_a_mistake():
    with pytest.raises(UserError, match="vae/digits"):
        Models().get("vae/faces")


# --- health -----------------------------------------------------------------------------------------------


def health(models):
    """(status, words) of what a load balancer asks."""
    answer = TestClient(Starlette(routes=[health_route(models)])).get("/playground/health")
    return answer.status_code, answer.text


def test_where_no_model_can_be_read_no_visitors_are_sent(tmp_path):
    nothing = Models(tmp_path, names=("vae/digits", "gan/fashion/regularised"))
    assert health(nothing) == (503, "reading the models")
    nothing.load_in_background().join(120)
    assert health(nothing) == (503, "no model can be read: the log says why")
    (tmp_path / "vae").symlink_to(ROOT / "pretrained/vae")
    assert nothing.get("vae/digits")  # repaired, and asked for by a visitor who was there
    assert health(nothing) == (200, "ready")
    some = Models(tmp_path, names=("gan/fashion/regularised", "vae/digits"))
    some.load_in_background().join(120)
    assert health(some) == (200, "ready")


@pytest.mark.parametrize("why", ["libtorch_cpu.so: failed to map segment\nfrom shared object", ""])
def test_without_torch_one_sentence_is_said_for_all_models(monkeypatch, capsys, caplog, why):
    class NoMemory:
        def find_spec(self, name, *_):
            if name == "torch":
                raise (ImportError(why) if why else MemoryError)

    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr(sys, "meta_path", [NoMemory(), *sys.meta_path])
    models = Models(ROOT / "pretrained")
    models.load_in_background().join(120)
    reason = why.partition("\n")[0] or "MemoryError"
    said = f"No model can be read, since PyTorch cannot be imported: {reason}\n"
    assert capsys.readouterr().out == said and not caplog.records
    assert health(models)[0] == 503
    with pytest.raises(UserError) as error:
        models.get("vae/digits")
    assert error.value.key == "error.torch" and reason not in str(error.value)


# --- turns ------------------------------------------------------------------------------------------------


def test_two_at_a_time_first_come_first_served():
    order, inside, most = [], [0], [0]
    release = [threading.Event() for _ in range(6)]

    def visit(i):
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        order.append(i)
        release[i].wait(60)
        inside[0] -= 1
        return {}

    async def scenario():
        server = Server({})
        async with anyio.create_task_group() as tasks:
            for i in range(6):
                tasks.start_soon(server.call, visit, {"i": i})
                await until(lambda i=i: len(order) + waiting(server) == i + 1)
            for i in range(6):  # one leaves at a time, so that only one may enter
                assert order == list(range(min(i + 2, 6)))
                release[i].set()
                await until(lambda i=i: len(order) == min(i + 3, 6))

    in_loop(scenario)
    assert most[0] == 2


def waiting(server):
    return len(server.turns.waiting)


def test_a_long_call_gives_way_to_those_that_wait():
    order, go = [], threading.Event()

    def long():
        go.wait(60)
        for part in range(3):
            order.append(part)
            give_way()
        return {}

    def short():
        order.append("short")
        return {}

    async def scenario():
        server = Server({})
        server.turns.free = 1
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.call, long, {})
            await until(lambda: server.turns.free == 0)
            tasks.start_soon(server.call, short, {})
            await until(lambda: waiting(server) == 1)
            go.set()

    in_loop(scenario)
    assert order == [0, "short", 1, 2]


def test_who_waits_for_a_model_or_for_another_holds_no_turn():
    model_is_read, done = threading.Event(), []

    def slow(number):
        with out_of_turn():
            model_is_read.wait(60)
        done.append("slow")
        return {}

    @computed_once()
    def shared(name):
        done.append("computed")
        with out_of_turn():
            model_is_read.wait(60)
        return name

    def quick():
        done.append("quick")
        return {}

    def same(number):
        return {"name": shared("x"), "number": number}

    async def scenario():
        server = Server({})
        async with anyio.create_task_group() as tasks:
            for number in range(4):
                tasks.start_soon(server.call, slow, {"number": number})
                tasks.start_soon(server.call, same, {"number": number})
            await until(lambda: "computed" in done)
            await server.call(quick, {})
            model_is_read.set()

    in_loop(scenario)
    assert (
        done.index("quick") < done.index("slow") and done.count("slow") == 4 and done.count("computed") == 1
    )


# --- one call over the network ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def call():
    """call(name, body, type) -> (status, decoded answer) of the route by which the page calls."""

    def echo(count: int, text="", array=False) -> dict:
        return {"count": count, "text": text} | ({"array": np.ones(2, np.float32)} if array else {})

    def broken() -> dict:
        return {"sum": np.zeros(3) + np.zeros(4)}

    def mistaken() -> dict:
        raise UserError("error.whole", name="count", low=1, high=2**64 - 1)

    def refused() -> dict:
        raise InputError("The text is empty.")

    functions = {f.__name__: f for f in (echo, broken, mistaken, refused)}
    guard = Middleware(Guard, hosts=["testserver"])
    client = TestClient(Starlette(routes=Server(functions).routes(), middleware=[guard]))

    def call(name, body="{}", kind="application/json"):
        answer = client.post(f"/playground/call/{name}", content=body, headers={"content-type": kind})
        return answer.status_code, answer.json()

    return call


def test_an_answer_is_json_with_packed_arrays(call):
    assert call("echo", '{"count": 3}') == (200, {"count": 3, "text": ""})
    status, answer = call("echo", '{"count": 3, "array": true}', "application/json; charset=utf-8")
    assert status == 200 and answer["array"] == {"f32": "AACAPwAAgD8=", "shape": [2]}


@pytest.mark.parametrize("body", ["", "x", "[]", "null", "{", "[" * 100_000, "{}", '{"other": 1}', b"\xff"])
def test_arguments_that_do_not_fit_are_told(call, body):
    assert call("echo", body) == (400, {"error": {"key": "error.arguments", "values": {}}})


def test_a_name_that_is_none_a_body_that_is_no_json_and_one_that_is_too_large(call):
    assert call("nothing")[0] == 404 and call("__init__")[0] == 404
    assert call("echo", '{"count": 3}', "text/plain")[0] == 415
    status, answer = call("echo", b" " * (MOST_BYTES + 1))
    assert status == 413 and answer["error"] == {"key": "error.too_large", "values": {"most": 12}}


def test_a_mistake_has_a_key_and_exact_values(call):
    values = {"name": "count", "low": 1, "high": "18446744073709551615"}
    assert call("mistaken") == (400, {"error": {"key": "error.whole", "values": values}})
    refused = {"key": "error.value", "values": {"sentence": "The text is empty."}}
    assert call("refused") == (400, {"error": refused})


def test_a_bug_is_logged_and_told_as_a_surprise(call, caplog):
    assert call("broken") == (500, {"error": {"key": "error.surprise", "values": {}}})
    assert "operands could not be broadcast" in caplog.text and "Traceback" in caplog.text


# --- errors -----------------------------------------------------------------------------------------------


def test_the_page_hears_a_key_and_a_program_a_sentence():
    def wrong(count: int):
        raise UserError("error.whole", name="count", low=1, high=100)

    assert for_page(wrong)({"count": 3}) == (
        '{"error": {"key": "error.whole", "values": {"name": "count", "low": 1, "high": 100}}}'
    )
    with pytest.raises(Exception, match="count must be a whole number from 1 to 100"):
        for_api(wrong)(3)


@pytest.mark.parametrize("arguments", [None, [], "x", {"other": 1}, {}])
def test_arguments_of_the_wrong_shape_are_told(arguments):
    def f(count):
        return {"count": count}

    assert "error.arguments" in for_page(f)(arguments)


@pytest.mark.parametrize("bug", [lambda: "".join(1, 2), lambda: np.zeros(3) + np.zeros(4), lambda: int("x")])
def test_a_bug_is_not_taken_for_a_mistake(bug, caplog):
    assert "error.surprise" in for_page(bug)({})
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("host, told", [("127.0.0.1", True), ("localhost", True), ("192.168.0.12", False)])
def test_only_a_page_that_this_computer_opens_is_told_its_address_in_the_network(host, told):
    async def page(scope, receive, send):
        await Response("<html><head></head></html>")(scope, receive, send)

    app = HeadStart(page, "", network="http://192.168.0.12:7860")
    html = TestClient(app, base_url=f"http://{host}:7860").get("/").text
    assert ('<meta name="playground-network" content="http://192.168.0.12:7860">' in html) == told


def test_others_are_given_an_address_that_they_can_open():
    here, network = ("this computer", "http://127.0.0.1:7860"), ("the network", "http://10.0.0.2:7860")
    assert for_others([network, here]) == "http://10.0.0.2:7860"
    assert for_others([here]) is None
