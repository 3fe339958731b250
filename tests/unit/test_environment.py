"""A school's computer: a proxy for everything, a temporary folder that belongs to somebody else, packages missing."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import pytest

from demo.environment import (
    can_be_written,
    missing_packages,
    prepare,
    root_path,
    set_up_proxies,
    temporary_folder,
)

PROXY = "http://127.0.0.1:9"


@pytest.fixture
def proxies(monkeypatch):
    """A computer that sends everything through proxies. What is set for it is undone afterwards."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, PROXY if "no" not in name.lower() else "intranet.example")
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.delenv("all_proxy", raising=False)


def proxied(url):
    """True if httpx, by which Gradio asks, would send a request for `url` through a proxy."""
    with httpx.Client() as client:
        return client._transport_for_url(httpx.URL(url)) is not client._transport


def test_gradio_asks_its_own_server_directly(proxies):
    set_up_proxies(online=False)
    assert not proxied("http://127.0.0.1:7860") and not proxied("http://192.168.1.23:7860")
    assert not proxied("http://[fd00::2]:7860")


def test_a_public_link_is_asked_for_through_the_proxy(proxies):
    set_up_proxies(online=True)
    assert proxied("https://a.example") and not proxied("http://intranet.example")
    assert not any(map(proxied, ("http://127.0.0.1:7860", "http://localhost:7860", "http://[::1]:7860")))
    assert "ALL_PROXY" not in os.environ  # Gradio would not even start: it has no SOCKS


@pytest.mark.parametrize(
    "given, wanted",
    [
        *((given, "/play") for given in ("/play", "play", "/play/", "play/", "//play//", " /play ")),
        *((given, "") for given in ("", "/", "//", " ")),
        ("a//b/", "/a/b"),
        ("https://hub.example/user/7860/", "https://hub.example/user/7860"),
        ("http://hub.example:8080", "http://hub.example:8080"),
    ],
)
def test_a_path_of_a_proxy_has_one_slash_before_it_and_none_behind(given, wanted):
    assert root_path(given) == wanted


@pytest.mark.parametrize(
    "given",
    [
        "/pl ay",
        "/play?x=1",
        "/play#x",
        "/a\\b",
        "/../a",
        "https://",
        "http://[x/",
        "ftp://x/y",
        "https://x/?y",
        "/a\nb",
        '/"',
        "?",
    ],
)
def test_what_is_no_path_of_a_proxy_is_one_sentence(given, monkeypatch, proxies):
    sentence = r"^GRADIO_ROOT_PATH must be a path such as /play.+\.$"
    with pytest.raises(ValueError, match=sentence):
        root_path(given)
    monkeypatch.setenv("GRADIO_ROOT_PATH", given)
    with pytest.raises(SystemExit, match=sentence):
        prepare(online=False)


def test_a_temporary_folder_of_somebody_else_is_replaced(tmp_path, monkeypatch):
    mine, foreign = tmp_path / "mine", tmp_path / "foreign"
    foreign.write_text("not even a folder")
    assert temporary_folder(str(mine)) == str(mine) and mine.is_dir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    other = temporary_folder(str(foreign))
    assert can_be_written(Path(other)) and Path(other).parent == tmp_path


def test_no_temporary_folder_at_all_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone" / "gone"))
    monkeypatch.setattr(Path, "mkdir", nothing_can_be_made)
    with pytest.raises(SystemExit, match=r"^No temporary folder can be written \(.+\): set TMPDIR .+\.$"):
        temporary_folder()


def nothing_can_be_made(*_, **__):
    raise OSError(30, "Read-only file system")


def test_missing_packages_are_named(tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# a comment\nnumpy>=1.0,<99\nno-such-package>=2.0\npillow\n-r other.txt\n")
    assert missing_packages(requirements) == ["no-such-package>=2.0"]
    requirements.write_text("numpy>=1.0,<1.1\npillow>=2\n")
    assert missing_packages(requirements) == ["numpy>=1.0,<1.1"]
    assert missing_packages(Path(__file__).parents[2] / "requirements.txt") == []
    assert missing_packages(tmp_path / "no.txt") == []


@pytest.mark.parametrize("port", ["", "abc", "7860"])
def test_a_port_in_the_environment_that_is_none_does_not_end_gradio(port):
    code = "from demo.environment import prepare; prepare(False); import gradio"
    environment = os.environ | {"GRADIO_SERVER_PORT": port}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_a_call_has_one_thread_unless_the_environment_says_otherwise():
    code = "from demo.environment import prepare; prepare(False); import os; print(os.environ['OPENBLAS_NUM_THREADS'])"
    for given, expected in (({}, "1"), ({"OPENBLAS_NUM_THREADS": "2"}, "2")):
        environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"} | given
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected
