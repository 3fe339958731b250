"""Gradio's files and the page itself: read once, compressed once, for all visitors."""

import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from demo import kept_files
from demo.kept_files import LARGEST, MOST_FILES, MOST_PAGES, CachedFiles, KeptPage, accepts_gzip


class Origin:
    """An ASGI app that counts how often it is asked."""

    def __init__(self, *parts):
        self.asked, self.parts = 0, parts

    async def __call__(self, scope, receive, send):
        self.asked += 1
        missing = scope["path"].endswith("missing.js")
        parts = self.parts or [b"one ", b"two"]
        headers = [(b"content-type", b"text/javascript"), (b"cache-control", b"no-cache")]
        headers.append((b"content-length", str(sum(map(len, parts))).encode()))
        await send({"type": "http.response.start", "status": 404 if missing else 200, "headers": headers})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": part is not parts[-1]})


def ask(app, path, root_path="", scope=None, **headers):
    sent = []

    async def send(message):
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw, "root_path": root_path} | (
        scope or {}
    )
    with ThreadPoolExecutor(1) as pool:  # in this thread a browser's loop may be running
        pool.submit(asyncio.run, app(scope, None, send)).result()
    body = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return sent[0]["status"], dict(sent[0]["headers"]), body


def test_an_asset_is_read_once_and_kept_for_ever():
    origin = Origin()
    app = CachedFiles(origin)
    first, second = (ask(app, "/assets/a.js") for _ in range(2))
    assert origin.asked == 1 and first[2] == second[2] == b"one two"
    assert b"immutable" in first[1][b"cache-control"] and b"immutable" in second[1][b"cache-control"]


@pytest.mark.parametrize(
    "path", ["/assets/a.js/", "/assets//a.js", "/assets/./a.js", "/assets/x/../a.js", "/static/a.js///"]
)
def test_another_spelling_of_a_path_is_answered_and_not_kept(path):
    origin = Origin()
    app = CachedFiles(origin)
    assert all(ask(app, path)[2] == b"one two" for _ in range(2))
    assert origin.asked == 2 and not app.cached


def test_a_large_file_is_left_to_gradio():
    half = b"x" * (LARGEST // 2)
    origin = Origin(half, half, b"and one")
    app = CachedFiles(origin)
    for _ in range(2):
        status, headers, body = ask(app, "/assets/a.js")
        assert status == 200 and body == half + half + b"and one" and headers[b"cache-control"] == b"no-cache"
    assert origin.asked == 2 and not app.cached


def test_the_files_kept_are_bounded_in_number_and_in_bytes(monkeypatch):
    app = CachedFiles(Origin())
    for i in range(MOST_FILES):
        ask(app, f"/assets/{i}.js")
    ask(app, "/assets/0.js")  # used again, so that 1.js is the least recently used
    ask(app, "/assets/new.js")
    assert len(app.cached) == MOST_FILES and "/assets/0.js" in app.cached and "/assets/1.js" not in app.cached
    monkeypatch.setattr(kept_files, "MOST_BYTES", 70)  # ten files of seven bytes
    ask(app, "/assets/last.js")
    assert sum(file.size for file in app.cached.values()) == 70 and "/assets/last.js" in app.cached


def test_a_part_of_a_file_comes_from_gradio():
    origin = Origin()
    app = CachedFiles(origin)
    for _ in range(2):
        ask(app, "/assets/a.js", range="bytes=0-3")
    assert origin.asked == 2 and not app.cached


def test_below_a_root_path_files_are_kept_too():
    origin = Origin()
    app = CachedFiles(origin)
    for _ in range(2):
        assert ask(app, "/play/assets/a.js", root_path="/play")[2] == b"one two"
    assert origin.asked == 1


def test_a_missing_asset_is_not_kept():
    origin = Origin()
    app = CachedFiles(origin)
    answers = [ask(app, "/assets/missing.js") for _ in range(2)]
    assert [status for status, _, _ in answers] == [404, 404]
    assert not any(b"cache-control" in headers for _, headers, _ in answers)
    assert origin.asked == 2


def test_answers_of_the_app_itself_pass_untouched():
    origin = Origin()
    app = CachedFiles(origin)
    assert all(ask(app, "/gradio_api/info")[1][b"cache-control"] == b"no-cache" for _ in range(2))
    assert origin.asked == 2


# --- the page ---------------------------------------------------------------------------------------------


def test_the_page_is_written_once_for_each_address_under_which_it_is_asked():
    origin = Origin()
    app = KeptPage(origin)
    for _ in range(2):
        status, headers, body = ask(app, "/", host="a.example")
        assert (status, body, headers[b"cache-control"]) == (200, b"one two", b"no-cache")
    assert origin.asked == 1
    others = [{"host": "b.example"}, {"host": "a.example", "x_forwarded_proto": "https"}]
    others += [{"host": "a.example", "x_forwarded_host": "c.example"}]
    for number, other in enumerate(others):
        ask(app, "/", **other)
        assert origin.asked == 2 + number
    assert ask(app, "/play/", root_path="/play", host="a.example")[2] == b"one two" and origin.asked == 5


def test_the_pages_kept_are_bounded():
    app = KeptPage(Origin())
    for number in range(MOST_PAGES + 1):
        ask(app, "/", host=f"{number}.example")
    assert len(app.kept) == MOST_PAGES


@pytest.mark.parametrize(
    "path, scope",
    [
        ("/", {"query_string": b"deep_link=abc"}),
        ("/", {"app": SimpleNamespace(auth={"class": "window-seven"})}),
        ("/", {"method": "HEAD"}),
        ("/config", {}),
    ],
)
def test_a_page_that_is_for_one_visitor_is_not_kept(path, scope):
    origin = Origin()
    app = KeptPage(origin)
    for _ in range(2):
        ask(app, path, scope=scope)
    assert origin.asked == 2 and not app.kept


def test_the_page_is_sent_compressed_to_those_who_accept_it():
    app = KeptPage(Origin(b"word " * 1000))
    _, headers, body = ask(app, "/", accept_encoding="gzip")
    assert headers[b"content-encoding"] == b"gzip" and gzip.decompress(body) == b"word " * 1000
    assert ask(app, "/")[2] == b"word " * 1000


@pytest.mark.parametrize(
    "header, accepted",
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("br", False),
        ("", False),
        ("gzip;q=x", False),
    ],
)
def test_gzip_is_sent_to_those_who_accept_it(header, accepted):
    assert accepts_gzip(header.encode()) == accepted
