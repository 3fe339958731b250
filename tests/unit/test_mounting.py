"""The playground inside another FastAPI app, and behind a proxy that puts it under a path."""

import re
from contextlib import ExitStack
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from demo.component import files, head_start
from demo.loading import Models
from demo.mounting import mount


@pytest.fixture(scope="module")
def client():
    app = FastAPI()

    @app.get("/")
    def other():
        return {"other": "program"}

    with TestClient(mount(app, "/play")) as client:
        yield client


def test_the_page_and_all_its_files_lie_under_the_path(client):
    page = client.get("/play/")
    assert page.status_code == 200 and f"<head>{head_start()}" in page.text
    # the page names its files relative to itself, whatever the path
    version = re.search(r"playground/\w+/", page.text)[0]
    assert f'"{version}' in page.text and f'"/{version}' not in page.text
    for name, content in files().items():
        assert client.get(f"/play/{version}{name}").text == content
    for path in re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page.text):
        assert client.get(f"/play/{path}").status_code == 200


def test_its_functions_answer_under_the_path(client):
    answer = client.post("/play/playground/call/lm_keep", json={"text": "a b a", "unit": "words"})
    assert answer.status_code == 200 and answer.json()["vocabulary"] == 2
    assert client.post("/play/playground/call/nothing", json={}).status_code == 404
    assert client.get("/play/gradio_api/info").status_code == 200


@pytest.fixture
def mounted(monkeypatch):
    """mounted(path) -> a client of an app that has the page there and does not read its models."""
    monkeypatch.setattr(Models, "load_in_background", lambda _: None)
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(TestClient(mount(FastAPI(), path)))


@pytest.mark.parametrize(
    "path, page",
    [
        ("play", "/play/"),
        ("play/", "/play/"),
        ("//a//b/", "/a/b/"),
        (" /play ", "/play/"),
        ("/", "/"),
        ("", "/"),
        ("área/", "/área/"),
    ],
)
def test_a_path_may_be_written_with_slashes_or_without(mounted, path, page):
    client = mounted(path)
    assert f'"root":"http://testserver{quote(page.rstrip("/"))}"' in client.get(page).text
    assert client.post(f"{page}playground/call/nothing", json={}).status_code == 404


@pytest.mark.parametrize(
    "path", [None, 3, b"/play", "/pl ay", "/{name}", "/a/../b", "http://x/play", "/a?b", "/a\nb", "/a%20b"]
)
def test_what_is_no_path_is_one_sentence(path):
    app = FastAPI()
    with pytest.raises(ValueError, match=r'^The page is mounted at a path such as "/play", and not at .+\.$'):
        mount(app, path)
    assert len(app.routes) == len(FastAPI().routes)


@pytest.mark.parametrize("path", ["/play", "/"])
@pytest.mark.parametrize(
    "root, public",
    [
        ("play/", "http://testserver/play"),
        ("/proxy//play", "http://testserver/proxy/play"),
        (" https://hub.example/play/ ", "https://hub.example/play"),
    ],
)
def test_behind_a_proxy_the_page_names_its_path_and_is_found_below_the_mount(
    mounted, monkeypatch, path, root, public
):
    monkeypatch.setenv("GRADIO_ROOT_PATH", root)
    client, base = mounted(path), path.rstrip("/")
    page = client.get(f"{base}/")
    assert (
        page.status_code == 200 and f"<head>{head_start()}" in page.text and f'"root":"{public}"' in page.text
    )
    answer = client.post(f"{base}/playground/call/lm_keep", json={"text": "a b a", "unit": "words"})
    assert answer.status_code == 200 and client.get(f"{base}/gradio_api/info").status_code == 200


def test_a_path_of_a_proxy_that_is_none_is_one_sentence(monkeypatch):
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/pl ay")
    with pytest.raises(ValueError, match=r"^GRADIO_ROOT_PATH must be a path such as /play.+\.$"):
        mount(FastAPI(), "/play")


def test_the_other_program_stays_as_it_was(client):
    assert client.get("/").json() == {"other": "program"}
    assert client.get("/playground/call/lm_keep").status_code == 404
    assert "content-security-policy" not in client.get("/").headers
