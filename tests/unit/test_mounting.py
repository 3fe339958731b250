"""The playground inside another FastAPI app, and behind a proxy that puts it under a path."""

import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from demo.component import files, head_start
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


def test_the_other_program_stays_as_it_was(client):
    assert client.get("/").json() == {"other": "program"}
    assert client.get("/playground/call/lm_keep").status_code == 404
    assert "content-security-policy" not in client.get("/").headers
