"""app.py's options: when the training texts are fetched, and from which folder they are read."""

import sys
from importlib.metadata import PackageNotFoundError
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


# --- what is asked for wrongly ----------------------------------------------------------------------------


@pytest.mark.parametrize("version", [None, "4.57.1", "6.0.0"])
def test_a_model_of_others_needs_transformers_in_its_version(start, monkeypatch, version):
    def installed(name):
        if version is None:
            raise PackageNotFoundError(name)
        return version

    monkeypatch.setattr(app, "missing_packages", lambda path: [])
    monkeypatch.setattr("importlib.metadata.version", installed)
    with pytest.raises(SystemExit) as error:
        start("--hub", "gpt2")
    command = 'pip install "transformers>=5.24,<6"'  # works without this folder, as in an installed package
    assert str(error.value) == f"--hub needs one package more: install it with `{command}`."
    assert "".join(app.FOR_HUB) in (app.ROOT / "requirements-hub.txt").read_text("utf-8").splitlines()


def test_an_empty_variable_is_as_if_it_were_not_set(monkeypatch):
    monkeypatch.setenv("GRADIO_SERVER_PORT", "")
    monkeypatch.setenv("GRADIO_SERVER_NAME", "")
    monkeypatch.setenv("PLAYGROUND_DATA", "")
    args = app.parse_args([])
    assert (args.port, args.host, args.data) == (None, "127.0.0.1", app.ROOT / "data")
