"""app.py's options: when the training texts are fetched, and from which folder they are read."""

import sys
from pathlib import Path

import pytest

import app
from demo import serving
from demo.lm.texts import Texts


@pytest.fixture
def start(monkeypatch):
    """start("--texts", …) -> the folders for which texts were fetched; nothing is served."""
    fetched, served = [], []
    monkeypatch.delenv("SPACE_ID", raising=False)
    monkeypatch.delenv("PLAYGROUND_DATA", raising=False)
    monkeypatch.setattr(Texts, "fetch", lambda texts: fetched.append(texts._folder))
    monkeypatch.setattr(app, "prepare", lambda *args: None)
    monkeypatch.setattr(serving, "serve", lambda *args, **options: served.append(options))

    def start(*options):
        monkeypatch.setattr(sys, "argv", ["app.py", *options])
        app.main()
        assert len(served) == 1
        return fetched

    return start


def test_without_being_asked_the_app_fetches_nothing(start):
    assert start() == []


def test_texts_are_fetched_where_they_are_asked_for(start):
    assert start("--texts") == [app.ROOT / "data/text"]


def test_on_a_space_they_are_fetched_by_themselves(start, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "someone/playground")
    assert start("--data", "elsewhere") == [Path("elsewhere/text")]
