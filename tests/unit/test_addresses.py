"""A free port, the addresses that students type, and the QR code of the first."""

import errno
import io
import re
import socket

import ifaddr
import pytest
import segno

from demo import addresses

HOME = [("192.168.1.23", "Wi-Fi"), ("10.42.0.1", "hotspot")]


@pytest.fixture
def taken():
    """A port of this computer at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def refusal(host, port):
    with pytest.raises(SystemExit) as error:
        addresses.free_port(host, port)
    sentence = str(error.value)
    assert "\n" not in sentence and sentence.endswith(".")
    return sentence


def test_the_port_that_is_wished_or_any_free_one():
    port = addresses.free_port("127.0.0.1", 0)
    assert port > 0 and addresses.free_port("127.0.0.1", port) == port


def test_the_first_free_port_is_taken_if_none_is_wished(monkeypatch, taken):
    def tried(host, port):
        if port < 7863:
            raise OSError(errno.EADDRINUSE, "taken")
        return port

    monkeypatch.setattr(addresses, "tried_port", tried)
    assert addresses.free_port("0.0.0.0") == 7863
    monkeypatch.setattr(addresses, "PORTS", 3)
    assert "7860 to 7862 are taken" in refusal("0.0.0.0", None)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_is_taken_is_one_sentence(taken, host):
    assert refusal(host, taken).startswith(f"Port {taken} is taken")


def test_a_port_of_the_administrator_is_one_sentence(monkeypatch):
    def tried(host, port):
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(addresses, "tried_port", tried)
    assert "Port 80 needs the rights of an administrator" in refusal("127.0.0.1", 80)


@pytest.mark.parametrize("host", ["two words", "x" * 70, "", "192.0.2.200", "1:2", "fe80::1%none"])
def test_a_host_that_is_not_this_computer_is_one_sentence(host):
    assert f"no address {host!r}" in refusal(host, 0)


def test_the_address_is_that_of_the_host():
    assert addresses.lines("127.0.0.1", 7860) == [("The playground is at", "http://127.0.0.1:7860")]
    assert addresses.lines("::1", 80) == [("The playground is at", "http://[::1]:80")]


def test_a_class_gets_an_address_that_it_can_type(monkeypatch):
    monkeypatch.setattr(addresses, "of_network", lambda _: HOME)
    assert addresses.lines("0.0.0.0", 7861) == [
        ("The playground is at", "http://192.168.1.23:7861"),
        ("for those in its network hotspot at", "http://10.42.0.1:7861"),
        ("on this computer also at", "http://127.0.0.1:7861"),
    ]
    monkeypatch.setattr(addresses, "of_network", lambda _: [("fd00::2", "eth0")])
    assert addresses.lines("::", 7861)[0][1] == "http://[fd00::2]:7861"


def test_without_a_network_it_is_said(monkeypatch):
    monkeypatch.setattr(addresses, "of_network", lambda _: [])
    ((words, address),) = addresses.lines("0.0.0.0", 7860)
    assert words.startswith("No network was found") and address == "http://127.0.0.1:7860"


def adapter(name, *ips):
    return ifaddr.Adapter(name, name, [ifaddr.IP(ip, 24, name) for ip in ips])


@pytest.fixture
def adapters(monkeypatch):
    """adapters(list of adapters, outgoing address): what this computer is connected to."""

    def use(found, outgoing):
        monkeypatch.setattr(ifaddr, "get_adapters", lambda: found)
        monkeypatch.setattr(addresses, "outgoing_address", lambda _: outgoing)

    return use


def test_the_network_with_the_internet_comes_first(adapters):
    own, six = "127.0.0.1", ("fd00::2", 0, 0)
    found = [adapter("lo", own), adapter("docker0", "172.17.0.1"), adapter("wlan0", "192.168.1.23", six)]
    adapters(found, "192.168.1.23")
    assert addresses.of_network(socket.AF_INET) == [("192.168.1.23", "wlan0"), ("172.17.0.1", "docker0")]
    adapters(found, None)  # the hotspot of a laptop has no internet
    assert addresses.of_network(socket.AF_INET) == [("172.17.0.1", "docker0"), ("192.168.1.23", "wlan0")]
    adapters(found, "fd00::2")
    assert addresses.of_network(socket.AF_INET6) == [("fd00::2", "wlan0")]


def test_an_address_that_nobody_else_reaches_is_not_passed_on(adapters):
    adapters([adapter("lo", "127.0.0.1"), adapter("eth0", "169.254.7.7")], None)
    assert addresses.of_network(socket.AF_INET) == []
    adapters([adapter("lo", ("::1", 0, 0)), adapter("eth0", ("fe80::1", 0, 2))], None)
    assert addresses.of_network(socket.AF_INET6) == []


def test_a_computer_that_does_not_tell_its_networks_still_has_its_way_out(monkeypatch):
    def not_allowed():
        raise OSError("not permitted")

    monkeypatch.setattr(ifaddr, "get_adapters", not_allowed)
    monkeypatch.setattr(addresses, "outgoing_address", lambda _: "10.0.0.5")
    assert addresses.of_network(socket.AF_INET) == [("10.0.0.5", "default")]


# --- the QR code ------------------------------------------------------------------------------------------


def squares(lines):
    """The squares of a printed code, 1 for black, row by row."""
    rows = []
    for line in lines:
        above, below, text, background = [], [], None, None
        assert line.endswith("\033[0m")  # the terminal's own colours come back
        for what, color, shown in re.findall(r"\033\[(38|48);5;(16|231)m(▀|  )?", line):
            dark = int(color == "16")
            text, background = (dark, background) if what == "38" else (text, dark)
            if shown == "▀":
                above.append(text)
            if shown:
                below.append(background)
        rows += [above, below] if above else [below]
    return rows


@pytest.mark.parametrize("encoding", ["utf-8", "cp437", "cp1252", "ascii"])
def test_the_code_is_black_on_white_in_every_terminal(encoding):
    address = "http://192.168.1.23:7860"
    lines = addresses.qr_code(address, encoding)
    "\n".join(lines).encode(encoding)
    expected = [list(row) for row in segno.make(address, error="m").matrix_iter(border=4)]
    found = squares(lines)
    assert found[: len(expected)] == expected
    assert not any(map(any, found[len(expected) :]))  # a last half line is white


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_the_code_is_for_terminals_only(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    for output, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr("sys.stdout", output)
        addresses.print_qr_code("http://192.168.1.23:7860")
        assert ("▀" in output.getvalue()) == shown
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdout", dumb := Terminal())
    addresses.print_qr_code("http://192.168.1.23:7860")
    assert dumb.getvalue() == ""
