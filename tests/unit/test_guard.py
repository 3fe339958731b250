"""What is refused before a function is called: foreign names, closed routes, other sites' pages, large bodies."""

import itertools
import json
import re

import gradio as gr
import httpx
import pytest
from gradio_client import Client
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app import login_of, names_of
from demo import logins, serving
from demo.checks import quoted
from demo.guard import MOST_BYTES, Guard, means_this_machine, name_of, route_of
from demo.server import Page, Server, as_sentence
from demo.serving import is_local, launch_options, names_in_environment
from demo.text import texts
from models.errors import InputError

CALL = "/playground/call/echo"
JSON = {"content-type": "application/json"}


def echo(count: int = 1) -> dict:
    return {"count": count}


def needy(first: int, second: int) -> dict:
    return {"sum": first + second}


def client_of(**guarded):
    """An app of one page and one function behind the guard."""
    page = Route("/", lambda request: PlainTextResponse("the page"))
    routes = [
        page,
        Route("/config", lambda request: PlainTextResponse("{}")),
        *Server({"echo": echo}).routes(),
    ]
    guard = Middleware(Guard, **guarded)
    return TestClient(Starlette(routes=routes, middleware=[guard]), base_url="http://127.0.0.1:7860")


@pytest.fixture(scope="module")
def client():
    return client_of(hosts=["school.example"])


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    (
        *("127.0.0.1:7860", "localhost:7860", "LOCALHOST", "localhost.", "[::1]:7860", "0.0.0.0:7860", ""),
        *("192.168.0.5", "me.localhost", "school.example", "school.example:443"),
    ),
)
def test_names_of_this_machine_and_allowed_names_are_answered(client, host):
    assert client.get("/", headers={"host": host}).text == "the page"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:7860",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "[",
        "a b",
        "x",
    ],
)
@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_another_name_is_refused_in_one_sentence(client, host, language):
    answer = client.get("/", headers={"host": host, "accept-language": f"{language},en;q=0.5"})
    assert answer.status_code == 421 and answer.text == texts(language)["error.host"].format(
        host=name_of(host)
    )


def test_another_name_may_not_call_either(client):
    answer = client.post(CALL, json={}, headers={"host": "evil.example", "origin": "http://evil.example"})
    assert answer.status_code == 421 and answer.json()["error"]["key"] == "error.host"


def test_an_app_that_others_reach_answers_to_any_name():
    client = client_of(local=False)
    for host in ("class.local", "someone-playground.hf.space"):
        assert client.get("/", headers={"host": host}).status_code == 200
    assert [is_local(host) for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "::", "192.168.0.5")] == [
        *(True, True, True),
        *(False, False, False),
    ]


def test_a_public_link_is_allowed_once_it_is_known():
    hosts = set()
    client = client_of(hosts=hosts)
    assert client.get("/", headers={"host": "abc.gradio.live"}).status_code == 421
    hosts.add("abc.gradio.live")
    assert client.get("/", headers={"host": "abc.gradio.live"}).status_code == 200


def test_only_names_that_others_can_point_anywhere_are_foreign():
    assert means_this_machine("10.1.2.3") and not means_this_machine("ten.example")


def test_the_address_behind_a_proxy_is_allowed(monkeypatch):
    for root, names in (("https://hub.example/user/7860", {"hub.example"}), ("/play", set()), ("", set())):
        monkeypatch.setenv("GRADIO_ROOT_PATH", root)
        assert names_in_environment() == names


def test_names_are_given_by_flag_or_environment(monkeypatch):
    assert names_of(["School.example"]) == ["school.example"]
    monkeypatch.setenv("PLAYGROUND_HOSTS", "a.example, b.example")
    assert names_of(None) == ["a.example", "b.example"]
    with pytest.raises(SystemExit, match="takes a name such as"):
        names_of(["http://school.example/"])


# --- other sites' pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_that_a_foreign_page_can_send_unasked_is_refused(client, kind):
    answer = client.post(CALL, content="{}", headers={"content-type": kind})
    assert answer.status_code == 415 and answer.json()["error"]["key"] == "error.not_json"
    answer = client.post("/gradio_api/call/echo", content="{}", headers={"content-type": kind})
    assert answer.status_code == 415 and answer.json() == {"detail": texts("en")["error.not_json"]}


@pytest.mark.parametrize(
    "site, status", [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)]
)
def test_the_page_of_another_site_may_not_call(client, site, status):
    assert client.post(CALL, json={}, headers={"sec-fetch-site": site}).status_code == status


@pytest.mark.parametrize(
    "host, origin, forwarded, status",
    [
        ("192.168.0.5:7860", "http://192.168.0.5:7860", None, 200),
        ("192.168.0.5:7860", "http://evil.example", None, 403),
        ("class.local:7860", "http://class.local:7860", None, 200),
        ("class.local:7860", "http://evil.example", None, 403),
        ("class.local:7860", "null", None, 403),
        ("127.0.0.1:7860", "null", None, 403),
        ("inner:7860", "http://school.example", "school.example", 200),
        ("inner:7860", "http://allowed.example", None, 200),
        ("127.0.0.1:7860", "http://school.example", None, 200),  # a proxy that changes the name, without TLS
    ],
)
def test_where_browsers_do_not_say_from_where_they_ask_the_addresses_are_compared(
    host, origin, forwarded, status
):
    client = client_of(local=False, hosts=["allowed.example"])
    headers = {"host": host, "origin": origin} | ({"x-forwarded-host": forwarded} if forwarded else {})
    assert client.post(CALL, json={}, headers=headers).status_code == status


# --- bodies and routes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [CALL, "/gradio_api/call/echo", "/gradio_api/queue/join", "/login"])
def test_a_large_body_is_refused_wherever_it_goes(client, path):
    kind = {"content-type": "application/x-www-form-urlencoded"} if path == "/login" else JSON
    answer = client.post(path, content=b" " * (MOST_BYTES + 1), headers=kind)
    assert answer.status_code == 413 and "12" in answer.text


def test_a_large_body_of_unknown_length_is_refused_and_the_next_request_is_answered(client):
    answer = client.post(CALL, content=(b" " * 1_000_000 for _ in range(14)), headers=JSON)
    assert answer.status_code == 413
    assert client.post(CALL, json={"count": 2}).json() == {"count": 2}


def test_a_body_of_the_largest_size_arrives_whole(client):
    body = b'{"count": 7}'
    assert client.post(CALL, content=body.ljust(MOST_BYTES), headers=JSON).json() == {"count": 7}


# --- the whole app ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def launch():
    """launch(**options) -> address of a page with two public functions, as the app is launched."""
    demos = []

    def launch(**options):
        server = Server({"echo": echo, "needy": needy})
        with Page() as demo:
            gr.HTML("here")
            for name in ("echo", "needy"):
                server.endpoint(name)
        demos.append(demo)
        _, address, _ = demo.launch(prevent_thread_lock=True, **options, **launch_options(server))
        return address.rstrip("/")

    yield launch
    for demo in demos:
        demo.close()


@pytest.fixture(scope="module")
def address(launch):
    return launch()


@pytest.fixture(scope="module")
def guarded(launch):
    return launch(auth=("class", "wíndow-seven"))


CLOSED = (
    *("openapi.json", "docs", "redoc", "monitoring", "monitoring/summary", "svelte/x.js"),
    *("gradio_api/openapi.json", "gradio_api/deep_link", "gradio_api/dev/reload", "gradio_api/upload"),
    *("gradio_api/upload_progress", "gradio_api/process_recording", "gradio_api/component_server/"),
    *(
        "gradio_api/file=app.py",
        "gradio_api/proxy=http://127.0.0.1",
        "gradio_api/run/echo",
        "gradio_api/vibe-code/",
    ),
    *("gradio_api/runs", "gradio_api/run-history/buckets", "gradio_api/custom_component/1/client/x/y.js"),
    *("gradio_api/stream/a/b/c/playlist.m3u8", "gradio_api", "gradio_api/"),
)


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_the_app_does_not_use_is_closed(address, path, method):
    answer = httpx.request(method, f"{address}/{path}", json={}, timeout=20)
    assert answer.status_code == 404 and texts("en")["error.no_page"] in answer.text


@pytest.mark.parametrize(
    "path, root, below",
    [
        *(("/play/config", "/play", "/config"), ("/config", "/play", "/config"), ("/play", "/play", "")),
        *(
            ("/playground/call/x", "/play", "/playground/call/x"),
            ("/play/playground/x", "/play", "/playground/x"),
        ),
        *(("/config", "", "/config"), ("/play/config", "/play/", "/config")),
    ],
)
def test_a_proxy_may_hand_on_the_prefix_or_not(path, root, below):
    assert route_of({"path": path, "root_path": root}) == below


def test_an_upload_leaves_nothing_behind(address):
    answer = httpx.post(f"{address}/gradio_api/upload", files={"files": ("a.txt", b"a")})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path", ["", "config", "theme.css", "gradio_api/info", "nothing", "static/img/logo.svg"]
)
def test_every_answer_has_the_headers(address, path):
    found = httpx.get(f"{address}/{path}").headers
    assert found["x-content-type-options"] == "nosniff" and found["referrer-policy"] == "same-origin"
    policy = dict(rule.split(" ", 1) for rule in found["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'" and policy["object-src"] == "'none'"
    # other sites may show the page in a frame
    assert "frame-ancestors" not in policy and "x-frame-options" not in found


def test_of_many_pages_few_settings_are_kept(monkeypatch):
    monkeypatch.setattr(serving, "MOST_SESSIONS", 3)
    server = Server({"echo": echo})
    with Page() as demo:
        gr.HTML("here")
        server.endpoint("echo")
    app, address, _ = demo.launch(prevent_thread_lock=True, **launch_options(server))
    try:
        for number in range(7):
            body = f'{{"data": [1], "fn_index": 0, "session_hash": "visitor{number}"}}'
            assert post(address.rstrip("/"), "queue/join", body)[0] == 200
        kept = app.state_holder.session_data
        assert 0 < len(kept) <= 3 and "visitor6" in kept
    finally:
        demo.close()


def test_a_program_calls_as_before(address):
    assert Client(address, verbose=False).predict(3, api_name="/echo") == {"count": 3}


def post(address, path, body):
    answer = httpx.post(f"{address}/gradio_api/{path}", content=body, headers=JSON, timeout=60)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    "path, body",
    [
        *((f"call/{name}", '{"data": []}') for name in ("nothing", "v2", "__init__", "%00", "x" * 3000)),
        ("call/v2/nothing", "{}"),
        ("call", "{}"),
        *(
            ("queue/join", f'{{"data": [], "session_hash": "a", "fn_index": {i}}}')
            for i in (999, -1, '"x"', "null")
        ),
    ],
)
def test_an_unknown_function_is_told_with_those_that_there_are(address, path, body):
    status, answer = post(address, path, body)
    assert status == 404 and "echo" in answer["detail"] and len(answer["detail"]) < 200


@pytest.mark.parametrize(
    "path, body, said",
    [
        (
            "call/v2/echo",
            '{"other": 1}',
            texts("en")["error.no_argument"].format(name="other", options="count"),
        ),
        ("call/v2/echo", f'{{"{"x" * 5000}": 1}}', "x" * 100 + "…"),
        ("call/v2/needy", "{}", texts("en")["error.missing"].format(names="first, second")),
        ("call/v2/needy", '{"second": 2}', texts("en")["error.missing"].format(names="first")),
        *(
            ("call/echo", body, texts("en")["error.arguments"])
            for body in ("{}", "[]", "x", '{"data": "x"}', "[" * 9000)
        ),
        *(
            ("queue/join", body, texts("en")["error.arguments"])
            for body in ('{"fn_index": 0, "data": 7}', "null")
        ),
        *(
            (path, body, texts("en")["error.arguments"])
            for path in ("cancel", "reset")
            for body in ('{"a": 1}', '{"event_id": NaN, "fn_index": Infinity}', r'{"\ud800": 1}', "[]")
        ),
    ],
)
def test_arguments_that_cannot_be_right_are_told_in_one_sentence(address, path, body, said):
    status, answer = post(address, path, body)
    assert status == 400 and said in answer["detail"] and answer["detail"].count("\n") == 0


def heard(address, path, body):
    """What a program hears that fetches the answer to a call."""
    status, answer = post(address, path, body)
    assert status == 200
    return httpx.get(f"{address}/gradio_api/{path}/{answer['event_id']}", timeout=60).text


def test_too_few_values_get_one_sentence_and_defaults_may_be_left_out(address):
    assert '{"count": 1}' in heard(address, "call/echo", '{"data": []}')
    assert '{"count": 1}' in heard(address, "call/v2/echo", "{}")
    said = heard(address, "call/needy", '{"data": [1]}')
    assert texts("en")["error.missing"].format(names="second") in said and " at 0x" not in said


def test_a_bug_in_gradio_is_one_sentence_and_stands_in_the_log(address, monkeypatch, caplog):
    from gradio.queueing import Queue

    async def broken(*_, **__):
        raise KeyError("/home/me/secret")

    monkeypatch.setattr(Queue, "push", broken)
    assert post(address, "call/echo", '{"data": [1]}') == (500, {"detail": texts("en")["error.surprise"]})
    assert "/home/me/secret" in caplog.text


def test_what_a_message_repeats_is_cut():
    assert quoted("x" * 100) == "x" * 100 and quoted("x" * 200_000) == "x" * 100 + "…"
    assert (
        quoted("a\nb\u2028\ud800\x7f") == r"a\nb\u2028\ud800\x7f" and quoted("👩\u200d🚀 é") == "👩\u200d🚀 é"
    )
    assert len(as_sentence(InputError("A token id must be a whole number, not " + "x" * 10**6))) == 300


def test_no_answer_names_this_machine(address):
    import socket
    from pathlib import Path

    for path in ("", "config", "gradio_api/info", "gradio_api/startup-events", "nothing"):
        text = httpx.get(f"{address}/{path}").text
        for name in (str(Path.cwd()), str(Path.home()), "/tmp/", "site-packages"):
            assert name == "/" or name not in text, (path, name)
        assert socket.gethostname() not in text


# --- a password -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["config", "gradio_api/info", "gradio_api/call/echo/x", "gradio_api/queue/data"]
)
def test_without_login_nothing_is_told(guarded, path):
    answer = httpx.get(f"{guarded}/{path}")
    assert answer.status_code == 401 and "count" not in answer.text


@pytest.mark.parametrize("path", ["gradio_api/call/echo", "gradio_api/queue/join", "playground/call/echo"])
@pytest.mark.parametrize("cookie", ["", "access-token-unsecure-x=1"])
def test_without_login_nothing_is_called(guarded, path, cookie):
    answer = httpx.post(f"{guarded}/{path}", json={"data": [1]}, headers={"cookie": cookie})
    assert answer.status_code == 401
    if path == "playground/call/echo":
        assert answer.json() == {"error": {"key": "error.login", "values": {}}}


def test_after_login_page_and_programs_call(guarded):
    with httpx.Client(base_url=guarded) as visitor:
        assert visitor.get("/").status_code == 200  # the page asks for user and password
        assert visitor.post("/login", data={"username": "class", "password": "wrong"}).status_code == 400
        assert visitor.post(CALL, json={}).status_code == 401
        assert (
            visitor.post("/login", data={"username": "class", "password": "wíndow-seven"}).status_code == 200
        )
        assert visitor.post(CALL, json={"count": 4}).json() == {"count": 4}
        assert visitor.get("/config").status_code == 200
    client = Client(guarded, auth=("class", "wíndow-seven"), verbose=False)
    assert client.predict(5, api_name="/echo") == {"count": 5}


def test_wrong_passwords_are_bounded_and_lock_out_nobody_else(launch):
    asked = launch(auth=("class", "window"))
    wrong, right = ({"username": "class", "password": password} for password in ("wrong", "window"))
    with httpx.Client(base_url=asked) as known, httpx.Client(base_url=asked) as stranger:
        for _ in range(logins.MOST + 5):  # right ones do not count
            assert known.post("/login", data=right).status_code == 200
        for path in ("/login", "/login/") * (logins.MOST // 2):
            assert stranger.post(path, data=wrong).status_code == 400
        for path, data in (("/login", wrong), ("/login/", wrong), ("/login", right)):
            answer = stranger.post(path, data=data, headers={"accept-language": "pt-BR"})
            assert answer.status_code == 429
            assert re.fullmatch(
                re.escape(texts("pt-BR")["error.logins"]).replace(r"\{seconds\}", r"(\d|10)"), answer.text
            )
        assert known.post(CALL, json={"count": 4}).json() == {"count": 4}
        assert stranger.get("/").status_code == 200


def test_a_wrong_password_is_forgotten_after_a_while():
    now = 0.0
    tries = logins.Logins(lambda: now)
    assert [tries.wait("a") for _ in range(logins.MOST + 1)] == [0] * logins.MOST + [logins.SECONDS]
    assert tries.wait("b") == 0  # another address
    now = 3.5
    assert tries.wait("a") == 7  # whole seconds
    now = 10.0
    assert tries.wait("a") == 0 < tries.wait("a")
    now = 10.0 + logins.MOST * logins.SECONDS
    assert [tries.wait("a") for _ in range(logins.MOST)] == [0] * logins.MOST


def test_of_many_addresses_those_that_tried_long_ago_are_forgotten(monkeypatch):
    monkeypatch.setattr(logins, "MOST_ADDRESSES", 2)
    tries = logins.Logins(lambda: 0.0)
    for address in "abac":  # b is the one that tried nothing for longest
        tries.wait(address)
    counted = [next(i for i in itertools.count() if tries.wait(address)) for address in "ac"]
    assert counted == [logins.MOST - 2, logins.MOST - 1]


def test_the_page_of_the_login_says_how_often_one_may_try(guarded):
    config = re.search(r"window\.gradio_config = (\{.*?\});</script>", httpx.get(guarded).text)[1]
    for language in ("en", "pt-BR"):
        sentence = texts(language)["login.tries"].format(most=logins.MOST, seconds=logins.SECONDS)
        assert sentence in json.loads(config)["auth_message"]


@pytest.mark.parametrize("wrong", ["", "class", "class:", ":secret", " :secret"])
def test_a_login_of_another_form_is_one_sentence(wrong, monkeypatch):
    with pytest.raises(SystemExit, match="--auth must be USER:PASSWORD"):
        login_of(wrong)
    monkeypatch.setenv("PLAYGROUND_AUTH", wrong)
    with pytest.raises(SystemExit, match="PLAYGROUND_AUTH must be USER:PASSWORD"):
        login_of(None)


def test_a_login_is_given_by_flag_or_environment(monkeypatch):
    assert login_of(None) is None and login_of("a:b:c") == ("a", "b:c")
    monkeypatch.setenv("PLAYGROUND_AUTH", "class:secret")
    assert login_of(None) == ("class", "secret") and login_of("me:mine") == ("me", "mine")
