"""A public link: why there is none, who can come in, and that a password counts for it."""

import contextlib
import inspect
import re
import sys
import threading
import urllib.error
import urllib.request

import gradio as gr
import pytest
from gradio import networking, tunneling
from gradio.exceptions import ChecksumMismatchError, ShareCertificateWriteError

from demo import serving
from demo.server import Server

PUBLIC = "https://0123456789abcdef.gradio.live"


class NoModels:
    """What serve() needs of models."""

    def load_in_background(self):
        pass


@pytest.fixture
def served(monkeypatch, capsys):
    """served(tunnel, login) -> (what is printed, the address here) of a page that is shared by `tunnel`."""
    monkeypatch.setattr(serving, "wait", lambda _: None)
    monkeypatch.setattr("webbrowser.open", lambda _: None)
    with contextlib.ExitStack() as stack:

        def served(tunnel, login=None):
            monkeypatch.setattr(networking, "setup_tunnel", tunnel)
            with gr.Blocks() as demo:
                gr.HTML("here")
            serving.serve(demo, Server({}), NoModels(), "127.0.0.1", None, True, False, login)
            stack.callback(demo.close, verbose=False)
            said = capsys.readouterr().out
            return said, re.search(r"http://\S+", said)[0]

        yield served


def failing(error):
    def tunnel(*_):
        raise error

    return tunnel


def status(address, **headers):
    try:
        return urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60).status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(
    "error, why",
    [
        (
            RuntimeError("Could not get share link from Gradio API Server."),
            "cannot be reached: there is no internet",
        ),
        (ValueError(f"{tunneling.TUNNEL_ERROR_MESSAGE}\ni/o timeout"), "a firewall may be in the way"),
        (ChecksumMismatchError(), f"did not arrive whole; delete {re.escape(tunneling.BINARY_PATH)}"),
        (ShareCertificateWriteError("Read-only file system"), "the folder .+ cannot be written"),
        (
            PermissionError(13, "Permission denied"),
            "cannot be fetched or run; an antivirus may be in the way",
        ),
    ],
)
def test_a_link_that_cannot_be_had_is_one_sentence_and_the_page_goes_on(served, error, why):
    said, address = served(failing(error))
    assert re.search(
        rf"^Could not create a public link: .*{why}.*\. The page works without\.$", said, flags=re.M
    )
    assert said.count("\n") == 2 and status(address) == 200


def test_a_link_without_a_password_says_that_anyone_can_come_in(served):
    said, address = served(lambda *_: PUBLIC)
    assert (
        f"Public link, for about a week: {PUBLIC}\nAnyone who has it can come in: start with --auth" in said
    )
    assert status(f"{address}/config", Host="0123456789abcdef.gradio.live") == 200
    assert status(f"{address}/config", Host="fedcba9876543210.gradio.live") == 421


def test_a_password_counts_for_the_link_too(served):
    said, address = served(lambda *_: PUBLIC, ("class", "window-seven"))
    assert "It asks for the user and the password." in said and "Anyone" not in said
    assert status(f"{address}/config", Host="0123456789abcdef.gradio.live") == 401


def test_what_other_threads_log_while_a_link_is_opened_is_not_lost(served, capsys):
    def tunnel(*_):
        print("what Gradio says of the tunnel", file=sys.stderr)
        thread = threading.Thread(target=lambda: print("vae/digits cannot be read", file=sys.stderr))
        thread.start()
        thread.join()
        out, err = capsys.readouterr()
        print(out, end="")
        said.append(err)
        return PUBLIC

    said = []
    served(tunnel)
    assert said == ["vae/digits cannot be read\n"]


def test_the_tunnel_is_asked_for_as_gradio_wants_it():
    assert list(inspect.signature(networking.setup_tunnel).parameters) == [
        *("local_host", "local_port", "share_token", "share_server_address", "share_server_tls_certificate")
    ]
