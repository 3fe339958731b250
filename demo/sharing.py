"""A public link through Gradio's own servers, and why there is none."""

import contextlib
import os
import sys

from gradio import networking, tunneling
from gradio.exceptions import ChecksumMismatchError, ShareCertificateWriteError

from demo.quiet import OtherThreads


def open_link(demo):
    """(address, None) of a public link to a launched gr.Blocks, or (None, why there is none). It takes seconds."""
    try:
        with contextlib.redirect_stderr(OtherThreads(sys.stderr)):  # the log of the tunnel
            address = networking.setup_tunnel(
                demo.server_name, demo.server_port, demo.share_token, None, None
            )
    except Exception as error:
        return None, why_not(error)
    return address, None


def why_not(error):
    """The reason for an error of gradio.networking.setup_tunnel: part of a sentence."""
    program = tunneling.BINARY_PATH
    if isinstance(error, ShareCertificateWriteError):
        return f"the folder {os.getcwd()} cannot be written, and the link's certificate belongs there"
    if isinstance(error, ChecksumMismatchError):
        return f"the program that makes it did not arrive whole; delete {program} and try again"
    if isinstance(error, RuntimeError):
        return "Gradio's server for links cannot be reached: there is no internet, or a filter blocks it"
    if isinstance(error, ValueError):  # the log of the tunnel says no more than that
        return "the tunnel to Gradio's server was not let through; a firewall may be in the way"
    return f"the program that makes it, {program}, cannot be fetched or run; an antivirus may be in the way"


def said_of(address, why, login):
    """The lines about a public link, or about its lack. login: whether a password is asked for."""
    if address is None:
        return [f"Could not create a public link: {why}. The page works without."]
    who = "It asks for the user and the password."
    if not login:
        who = "Anyone who has it can come in: start with --auth USER:PASSWORD to ask for a password."
    return [f"Public link, for about a week: {address}", who]
