"""app.py's options: when the training texts are fetched, and from which folder they are read."""

import socket
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


def test_a_value_that_cannot_be_used_is_told_by_the_name_of_where_it_is_from(monkeypatch, capsys):
    monkeypatch.setenv("GRADIO_SERVER_PORT", "abc")
    with pytest.raises(SystemExit):
        app.parse_args([])
    said = capsys.readouterr().err
    assert "error: GRADIO_SERVER_PORT: a port is a whole number from 0 to 65535, not 'abc'" in said
    assert app.parse_args(["--port", "1"]).port == 1  # the option counts, whatever the variable is
    with pytest.raises(SystemExit):
        app.parse_args(["--port", "x"])
    assert "error: argument --port: a port is" in capsys.readouterr().err
    for name, variable in (("host", "GRADIO_SERVER_NAME"), ("data", "PLAYGROUND_DATA")):
        monkeypatch.setenv("GRADIO_SERVER_PORT", "7999")
        monkeypatch.setenv(variable, "one")
        args = app.parse_args([])
        assert (args.given[name], str(getattr(args, name)), args.port) == (variable, "one", 7999)
        args = app.parse_args([f"--{name}", "other", "--port", "0"])
        assert (args.given[name], str(getattr(args, name)), args.port) == (f"--{name}", "other", 0)


@pytest.mark.parametrize(
    "variables, said",
    [
        ({"GRADIO_SERVER_NAME": "nowhere at all"}, "give GRADIO_SERVER_NAME 127.0.0.1 for this"),
        ({"GRADIO_SERVER_PORT": "TAKEN"}, "choose another GRADIO_SERVER_PORT, or leave it out"),
    ],
)
def test_a_host_or_a_port_that_cannot_be_had_names_its_variable(monkeypatch, variables, said):
    monkeypatch.setattr(app, "prepare", lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for name, value in variables.items():
            monkeypatch.setenv(name, value.replace("TAKEN", str(taken.getsockname()[1])))
        with pytest.raises(SystemExit, match=said):
            app.main([])


def test_names_of_the_app_are_told_by_where_they_are_from(monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOSTS", "school.example, http://a.example")
    with pytest.raises(
        SystemExit, match=r"^PLAYGROUND_HOSTS takes names with commas.+, and not http://a\.example"
    ):
        app.main([])
    with pytest.raises(SystemExit, match=r"^--allow-host takes a name such as school\.example, and not a:1"):
        app.main(["--allow-host", "a:1"])


def test_an_empty_variable_is_as_if_it_were_not_set(monkeypatch):
    monkeypatch.setenv("GRADIO_SERVER_PORT", "")
    monkeypatch.setenv("GRADIO_SERVER_NAME", "")
    monkeypatch.setenv("PLAYGROUND_DATA", "")
    args = app.parse_args([])
    assert (args.port, args.host, args.data) == (None, "127.0.0.1", app.ROOT / "data")
