"""What is read and compressed once for all visitors: Gradio's own files, and the page itself.

Gradio reads and compresses each file again for every visitor, and writes the page anew for each. Kept in memory, both
make many page loads at once faster (benchmarks/classroom.py measures it). A header lets browsers cache the files.
"""

import gzip
import posixpath
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import parse_qs

import anyio.to_thread

from demo.component import developing
from demo.guard import route_of

FOREVER = "public, max-age=31536000, immutable"
LARGEST = 2_000_000  # bytes of a file that is cached
MOST_BYTES, MOST_FILES = 40_000_000, 300  # of the cache
MOST_PAGES = 8  # one for each address under which the app is asked
ADDRESS = (
    b"host",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-gradio-server",
)  # headers from which Gradio has it
CONDITIONS = (b"if-none-match", b"if-modified-since", b"if-range")


@dataclass(frozen=True)
class CachedFile:
    """A complete response. `zipped` is the compressed body, or None if compression saves little."""

    status: int
    headers: list
    body: bytes
    zipped: bytes | None = None

    @property
    def size(self):
        return len(self.body) + len(self.zipped or b"")

    async def __call__(self, scope, receive, send):
        """Answer a GET or HEAD request. A CachedFile is an ASGI app."""
        headers, body = [*self.headers, (b"vary", b"accept-encoding")], self.body
        accepted = dict(scope["headers"]).get(b"accept-encoding", b"")
        if self.zipped is not None and accepts_gzip(accepted):
            body = self.zipped
            headers.append((b"content-encoding", b"gzip"))
        elif b"gzip" in accepted and b"content-encoding" not in dict(self.headers):
            # Gradio's compression runs after this and reads "gzip;q=0" as a yes; this header stops it
            headers.append((b"content-encoding", b"identity"))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})


class CachedFiles:
    """ASGI middleware: a cache in memory for Gradio's /assets and /static.

    Only a path in its normal form is cached: a file has any number of other spellings (/assets/./f), and would be
    cached anew for each. Large files are left to Gradio. Its own compression runs after this and skips what is already
    encoded.
    """

    def __init__(self, app):
        self.app = app
        self.cached = OrderedDict()  # path -> CachedFile, the least recently used first

    async def __call__(self, scope, receive, send):
        path = route_of(scope) if scope["type"] == "http" else ""
        if not path.startswith(("/assets/", "/static/")) or not is_for_a_whole_file(scope):
            return await self.app(scope, receive, send)
        if path in self.cached:
            self.cached.move_to_end(path)
            return await self.cached[path](scope, receive, send)
        file = await whole_file(
            self.app, scope, receive, send, FOREVER
        )  # the names hold a hash of the content
        if file is None:
            return
        if file.status == 200 and path == posixpath.normpath(path):
            self.keep(path, file)
        await file(scope, receive, send)

    def keep(self, path, file):
        self.cached[path] = file
        while len(self.cached) > MOST_FILES or sum(f.size for f in self.cached.values()) > MOST_BYTES:
            self.cached.popitem(last=False)


class KeptPage:
    """ASGI middleware: a cache in memory for the page, which is the same for all who ask under one address.

    It is not where there is a login, as the page names the visitor, nor for a link that Gradio saved with its state.
    """

    def __init__(self, app):
        self.app = app
        self.kept = OrderedDict()  # address -> CachedFile, the least recently used first

    async def __call__(self, scope, receive, send):
        if not is_for_the_page(scope):
            return await self.app(scope, receive, send)
        address = address_of(scope)
        page = self.kept.get(address) or await whole_file(self.app, scope, receive, send)
        if page is None:
            return
        personal = any(name.lower() == b"set-cookie" for name, _ in page.headers)
        if page.status == 200 and not personal and not developing():
            self.kept[address] = page
            self.kept.move_to_end(address)
            if len(self.kept) > MOST_PAGES:
                self.kept.popitem(last=False)
        await page(scope, receive, send)


def is_for_the_page(scope):
    if scope["type"] != "http" or scope["method"] != "GET" or route_of(scope) not in ("", "/"):
        return False
    saved = "deep_link" in parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    return not saved and getattr(scope.get("app"), "auth", None) is None


def address_of(scope):
    """All from which Gradio tells the address under which a visitor asks."""
    named = [(name, value) for name, value in scope["headers"] if name.lower() in ADDRESS]
    return scope.get("scheme"), scope.get("root_path"), scope["path"], *named


async def whole_file(app, scope, receive, send, cache_control=None):
    """The complete response of `app` as a CachedFile, or None if it is large: then it has been sent.

    cache_control: a header of its own for the file if there is one.
    """
    start, parts = {}, []

    async def listen(message):
        if message["type"] == "http.response.start":
            start.update(message)
        if int(dict(start.get("headers", ())).get(b"content-length", 0)) > LARGEST:
            await send(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    # without these headers the response is the whole file and not "not modified"
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in CONDITIONS]
    await app(scope | {"headers": headers}, receive, listen)
    if not parts:
        return None
    ours = {b"content-length", b"accept-ranges"} | ({b"cache-control"} if cache_control else set())
    headers = [(name, value) for name, value in start["headers"] if name.lower() not in ours]
    if cache_control and start["status"] == 200:
        headers.append((b"cache-control", cache_control.encode()))
    return await anyio.to_thread.run_sync(zipped, start["status"], headers, b"".join(parts))


def is_for_a_whole_file(scope):
    return scope["method"] == "GET" and not any(name.lower() == b"range" for name, _ in scope["headers"])


def zipped(status, headers, body):
    """A CachedFile. Types that are compressed already, such as fonts, are not compressed again."""
    kind = dict(headers).get(b"content-type", b"")
    plain = any(word in kind for word in (b"text", b"javascript", b"json", b"svg"))
    return CachedFile(status, headers, body, gzip.compress(body, 6) if plain and len(body) > 500 else None)


def accepts_gzip(header):
    """Whether an Accept-Encoding header allows gzip: "gzip;q=0" does not, "*" does."""
    weights = {}
    for part in header.decode("latin-1").lower().split(","):
        coding, _, weight = part.partition(";")
        try:
            weights[coding.strip()] = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            weights[coding.strip()] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0
