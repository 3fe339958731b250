"""Where the page can be opened: a free port, the addresses that students type, and a QR code for the terminal."""

import errno
import ipaddress
import os
import socket
import sys
from urllib.parse import urlunsplit

import ifaddr
import segno

FIRST_PORT, PORTS = 7860, 100
OPTIONS = "--host", "--port"
LOCAL = "127.0.0.1"  # where Gradio tries a port, whatever the host is
EVERYWHERE = {"0.0.0.0": socket.AF_INET, "::": socket.AF_INET6}  # hosts that mean: for the whole network
OUTSIDE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}  # examples of other computers


# --- the port ---------------------------------------------------------------------------------------------


def free_port(host, port=None, given=OPTIONS):
    """The port to serve at: `port`, or any free one if that is 0, or the first free one from FIRST_PORT.

    given: where host and port come from, an option or a variable of the environment each.
    Exits with one sentence if nothing can be served there.
    """
    tried = range(FIRST_PORT, FIRST_PORT + PORTS) if port is None else [port]
    for one in tried:
        try:
            return tried_port(LOCAL, tried_port(host, one))
        except (OSError, UnicodeError) as error:  # UnicodeError: a host that is no name at all
            reason = error
            if getattr(error, "errno", None) != errno.EADDRINUSE:
                break
    raise SystemExit(why_not(reason, host, one if port is not None else None, given))


def tried_port(host, port):
    """Listen at a port for a moment, and return it. Raises OSError if that is not allowed or not possible."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    with socket.create_server(address, family=family) as server:
        return server.getsockname()[1]


def why_not(error, host, port, given):
    """One sentence about the reason why nothing can be served at a host and a port (None: at any of the usual ones)."""
    of_host, of_port = given
    if isinstance(error, PermissionError):
        return f"Port {port} needs the rights of an administrator: choose a {of_port} from 1024 to 65535."
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE and port is None:
        return (
            f"All ports from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} are taken: choose another with --port."
        )
    if number == errno.EADDRINUSE:
        return (
            f"Port {port} is taken, maybe by a playground that still runs:"
            f" choose another {of_port}, or leave it out to get a free one."
        )
    return (
        f"This computer has no address {host!r}: give {of_host} 127.0.0.1 for this computer alone,"
        " or 0.0.0.0 for its network."
    )


# --- the addresses ----------------------------------------------------------------------------------------


def url(host, port):
    return urlunsplit(("http", f"{bracketed(host)}:{port}", "", "", ""))


def bracketed(host):
    """A host as it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def lines(host, port):
    """What is printed about a page at a host and a port, the address to pass on first: [(words, address)]."""
    if host not in EVERYWHERE:
        return [("The playground is at", url(host, port))]
    here = url("127.0.0.1" if host == "0.0.0.0" else "::1", port)
    (first, *others) = of_network(EVERYWHERE[host]) or [(None, None)]
    if first[0] is None:
        return [("No network was found. On this computer the playground is at", here)]
    also = [(f"for those in its network {name} at", url(address, port)) for address, name in others]
    return [("The playground is at", url(first[0], port)), *also, ("on this computer also at", here)]


def of_network(family):
    """The addresses by which others reach this computer, with the name of their network: the likeliest first.

    It is the one by which this computer reaches the internet, if it does.
    """
    try:
        found = [
            (ip.ip if ip.is_IPv4 else ip.ip[0], adapter.nice_name)
            for adapter in ifaddr.get_adapters()
            for ip in adapter.ips
            if ip.is_IPv4 == (family == socket.AF_INET)
        ]
    except OSError:  # not allowed to ask
        found = []
    outgoing = outgoing_address(family)
    if outgoing and outgoing not in [address for address, _ in found]:
        found.append((outgoing, "default"))
    found = [one for one in found if is_for_others(one[0])]
    return sorted(found, key=lambda one: one[0] != outgoing)


def is_for_others(address):
    """False for an address of this computer alone, and for one that a computer gives itself without a network."""
    ip = ipaddress.ip_address(address)
    return not (ip.is_loopback or ip.is_link_local or ip.is_unspecified)


def outgoing_address(family):
    """The address by which this computer reaches others, or None if it does not. Nothing is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((OUTSIDE[family], 9))
            return probe.getsockname()[0]
    except OSError:
        return None


# --- the QR code ------------------------------------------------------------------------------------------


def qr_code(address, encoding):
    """A QR code as lines for a terminal, black on white whatever its colours are.

    Two rows of the code are one line of half blocks, if `encoding` has them; otherwise each square is two spaces.
    """
    rows = [list(row) for row in segno.make(address, micro=False, error="m").matrix_iter(border=4)]
    if not can_write("▀", encoding):
        return ["".join(f"{paint(48, dark)}  " for dark in row) + "\033[0m" for row in rows]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    return [
        "".join(f"{paint(38, above)}{paint(48, below)}▀" for above, below in zip(*pair, strict=True))
        + "\033[0m"
        for pair in zip(rows[::2], rows[1::2], strict=True)
    ]


def paint(what, dark):
    """Switch the colour of the text (38) or of its background (48) to black or white, which no theme changes."""
    return f"\033[{what};5;{16 if dark else 231}m"


def can_write(text, encoding):
    try:
        text.encode(encoding)
        return True
    except (UnicodeEncodeError, LookupError):
        return False


def print_qr_code(address):
    """Print the QR code of an address if the output is a terminal that knows colours."""
    if not sys.stdout or not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return
    if os.name == "nt":
        os.system("")  # old consoles of Windows know colours only after this
    print("\n".join(qr_code(address, sys.stdout.encoding)), flush=True)
