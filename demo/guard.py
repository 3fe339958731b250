"""What the server refuses before any function is called, and the headers that every answer carries.

A page on another site can make a visitor's browser send requests to an app on the visitor's own machine. So an app that
listens on this machine alone answers only to names that mean this machine (against DNS rebinding), bodies must be JSON
(which browsers send to another site only if that site agrees), and the page's own route answers its own page only.
Routes of Gradio that this app does not use are closed, no request may be larger than MOST_BYTES, and an address may
mistype the password only so often.
"""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse

from demo.checks import UserError, quoted
from demo.logins import Logins
from demo.text import language_for, texts

MOST_BYTES = 12_000_000  # of a request: an upload has at most 8 MB, and base64 adds a third
MOST_DISCARDED = (
    10 * MOST_BYTES
)  # of a body that is too large: read to its end, so that the sender hears the answer

CALLS = "/playground/call/"  # the route of the page's own calls
PAGES = {"", "config", "login", "logout", "static", "assets", "playground"}
PAGES |= {"theme.css", "favicon.ico", "manifest.json", "pwa_icon", "robots.txt"}
GRADIO = {"info", "queue", "call", "cancel", "reset", "heartbeat"}
AGENTS = "mcp"  # open only if that is wished for
GRADIO |= {"app_id", "user", "token", "login_check", "theme.css", "startup-events"}


class Guard:
    """ASGI middleware around the whole app.

    hosts: further names to which an app on this machine answers. It may grow, as a public link is known only after the
    launch. local: whether the app listens on this machine alone. sources: origins besides its own that the page takes
    scripts, styles and fonts from. agents: whether the Model Context Protocol is served (demo/agents.py).
    """

    def __init__(
        self, app, hosts: Iterable[str] = (), local: bool = True, sources: str = "", agents: bool = False
    ) -> None:
        self.app, self.hosts, self.local, self.agents = app, hosts, local, agents
        self.headers = [(name, value.encode()) for name, value in headers(sources)]
        self.logins = Logins()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                message = message | {"headers": [*message["headers"], *self.headers]}
                if is_login(scope) and message["status"] == 200:
                    self.logins.right(sender_of(scope))
            await send(message)

        error = self.refusal(scope)
        if error is None and scope["method"] == "POST":
            body = await limited_body(receive)
            if body is None:
                error = 413, UserError("error.too_large", most=MOST_BYTES // 1_000_000)
            else:
                receive = after_body(body, receive)
        app = self.app if error is None else told(scope, *error)
        await app(scope, receive, send_with_headers)

    def refusal(self, scope) -> tuple[int, UserError] | None:
        """(status, error) of a request that is not answered, or None."""
        asked, place = Headers(scope=scope), route_of(scope).strip("/").split("/")
        host = name_of(asked.get("host", ""))
        if self.local and not (means_this_machine(host) or host in self.hosts):
            return 421, UserError("error.host", host=quoted(host))
        if not (is_open(place) or (self.agents and place[:2] == ["gradio_api", AGENTS])):
            return 404, UserError("error.no_page")
        if not before_login(place) and needs_login(scope):
            return 401, UserError("error.login")
        if scope["method"] == "POST" and not is_login(scope):  # the one form
            if asked.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                return 415, UserError("error.not_json")
            site = self.other_site(asked) if route_of(scope).startswith(CALLS) else None
            if site:
                return 403, UserError("error.elsewhere", site=quoted(site))
        if is_login(scope) and (seconds := self.logins.wait(sender_of(scope))):
            return 429, UserError("error.logins", seconds=seconds)
        return None

    def other_site(self, asked: Headers) -> str | None:
        """The name of another site whose page asks, or None.

        Browsers say whether it is another, except old ones and those that reach the app over plain HTTP. There the
        page's address is compared with the one that was asked. A proxy on this machine may have changed the latter,
        so an app that is asked as localhost relies on JSON alone.
        """
        site, origin = asked.get("sec-fetch-site"), asked.get("origin", "")
        name = name_of(origin.partition("//")[2]) or "null"
        if site is not None:
            return None if site in ("same-origin", "none") else name
        host = name_of(asked.get("host", ""))
        if not origin or (is_loopback(host) and origin != "null"):
            return None
        public = name_of(asked.get("x-forwarded-host", "").partition(",")[0].strip())
        return None if name in {host, public, *self.hosts} else name


def headers(sources: str) -> list[tuple[bytes, str]]:
    """The headers of every answer. Other sites may show the page in a frame, as Spaces do."""
    own = f"'self' {sources}".strip()
    policy = {
        "default-src": own,
        # Gradio's page has scripts and styles in its HTML and makes functions of texts
        "script-src": f"{own} 'unsafe-inline' 'unsafe-eval'",
        "style-src": f"{own} 'unsafe-inline'",
        "img-src": f"{own} data: blob:",
        "font-src": f"{own} data:",
        "media-src": f"{own} data: blob:",
        "connect-src": f"{own} data: blob:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
    }
    return [
        (b"content-security-policy", "; ".join(f"{name} {value}" for name, value in policy.items())),
        (b"x-content-type-options", "nosniff"),
        (b"referrer-policy", "same-origin"),  # an address may hold a visitor's text
    ]


def route_of(scope) -> str:
    """The path of a request below the root path, with which a proxy may begin it or not."""
    path, root = scope["path"], scope.get("root_path", "").rstrip("/")
    return path.removeprefix(root) if path == root or path.startswith(f"{root}/") else path


def is_open(place: list[str]) -> bool:
    if place[0] == "gradio_api":
        return len(place) > 1 and place[1] in GRADIO
    return place[0] in PAGES


def before_login(place: list[str]) -> bool:
    """Whether a path belongs to the page of the login. If there is a password, everything else needs it."""
    if place[0] == "gradio_api":
        return place[1] in ("login_check", "startup-events")
    return place[0] != "config" and place[:2] != ["playground", "call"]


def is_login(scope) -> bool:
    return scope["method"] == "POST" and route_of(scope).strip("/") == "login"


def sender_of(scope) -> str:
    client = scope.get("client")
    return address_of(client[0]) if client else ""


def address_of(host: str) -> str:
    """What tells a sender's network address `host` from those of others."""
    try:
        if ":" in host:  # a household or a school has a whole /64 of these
            return str(ipaddress.ip_network((host.partition("%")[0], 64), strict=False))
    except ValueError:
        pass
    return host


def name_of(host: str) -> str:
    """The name in a Host header, without the port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return host


def means_this_machine(host: str) -> bool:
    """Whether others cannot make a name mean this machine: an IP address, localhost, or no name at all."""
    if host == "" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def needs_login(scope) -> bool:
    """Whether the app has a password and the visitor has not given it."""
    app = scope["app"]
    if getattr(app, "auth", None) is None:
        return False
    cookies = Request(scope).cookies
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return not any(app.tokens.get(cookies.get(name)) for name in names)


async def limited_body(receive) -> bytes | None:
    """The body of a request, or None if it is larger than MOST_BYTES or the sender has gone."""
    body, size = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        size += len(message.get("body", b""))
        if size <= MOST_BYTES:
            body += message.get("body", b"")
        if not message.get("more_body") or size > MOST_DISCARDED:
            return bytes(body) if size <= MOST_BYTES else None


def after_body(body: bytes, receive):
    """`receive` of a request whose body was read already."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again():
        return messages.pop() if messages else await receive()

    return receive_again


def told(scope, status: int, error: UserError):
    """An ASGI app that answers with one sentence, in the form that the asking program reads."""
    if route_of(scope).startswith(CALLS):
        return JSONResponse({"error": {"key": error.key, "values": error.values}}, status)
    if route_of(scope).startswith("/gradio_api/"):
        return JSONResponse({"detail": str(error)}, status)
    language = language_for(re.split("[,;]", Headers(scope=scope).get("accept-language", ""))[0].strip())
    return PlainTextResponse(texts(language)[error.key].format(**error.values), status)
