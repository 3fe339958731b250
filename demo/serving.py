"""How the page is served: the theme, the project's files, and a cache of Gradio's own files.

Gradio reads and compresses each file again for every visitor. This module compresses it once and keeps it in memory,
which makes many page loads at once faster (benchmarks/page.py measures it). A header lets browsers cache the files.
"""

import contextlib
import gzip
import io
import os
import posixpath
import time
import webbrowser
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import gradio as gr
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from demo import addresses, logins
from demo.component import developing, files, head_start, path_of
from demo.contract import LANGUAGES
from demo.guard import Guard, route_of
from demo.server import ApiCalls
from demo.text import texts

MOST_SESSIONS = 300  # whose settings Gradio keeps, 130 kB each; the page needs none of them
FOREVER = "public, max-age=31536000, immutable"
LARGEST = 2_000_000  # bytes of a file that is cached
MOST_BYTES, MOST_FILES = 40_000_000, 300  # of the cache
CONDITIONS = (b"if-none-match", b"if-modified-since", b"if-range")
FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono", "monospace"]


def serve(demo, server, models, host, port, share, open_browser, login=None, hosts=()):
    """Launch the page, read the models in the background, and block until interrupted.

    login: (user, password), without which nothing answers. hosts: further names of this app, see demo/guard.py.
    Exits with one sentence if nothing can be served at the host and the port.
    """
    host = host.strip("[]")
    port = addresses.free_port(host, port)
    hosts = {*hosts, *names_in_environment()}
    guarded = {"hosts": hosts, "local": is_local(host), "sources": "https:" if share else ""}
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # gradio prints ten lines; ours are enough
            _, local, public = demo.launch(
                server_name=addresses.bracketed(host),
                server_port=port,
                share=share,
                auth=login,
                prevent_thread_lock=True,
                **launch_options(server, models, **guarded),
            )
    except (OSError, ValueError, ImportError) as error:  # a port just taken; a proxy that cannot be used
        reason = str(error).partition("\n")[0]
        raise SystemExit(f"Nothing can be served at {addresses.url(host, port)}: {reason}") from None
    places = addresses.lines(host, port)
    for words, address in places:
        print(words, address, flush=True)
    if public:
        hosts.add(urlsplit(public).hostname)
    if share:
        failed = "No public link can be had (is there internet here?): the page works without."
        print(f"Public link, for about a week: {public}" if public else failed, flush=True)
    if public or host in addresses.EVERYWHERE:
        addresses.print_qr_code(public or places[0][1])
    models.load_in_background()
    if open_browser:
        webbrowser.open(local)
    wait(demo)


def wait(demo):
    """Block until Ctrl-C, then close the server."""
    try:
        while True:
            time.sleep(1)
    finally:
        demo.close(verbose=False)


def tries_told():
    """What the page of the login says about wrong passwords, in every language."""
    gaps = {"most": logins.MOST, "seconds": logins.SECONDS}
    said = {language: texts(language)["login.tries"].format(**gaps) for language in LANGUAGES}
    return "<br>".join(f'<span lang="{language}">{sentence}</span>' for language, sentence in said.items())


def is_local(host):
    """Whether an app that listens at `host` can be reached from this machine alone."""
    return host == "localhost" or host.startswith("127.") or host == "::1"


def names_in_environment():
    """The name in GRADIO_ROOT_PATH, which may be the whole address behind a proxy."""
    name = urlsplit(os.environ.get("GRADIO_ROOT_PATH", "")).hostname
    return {name} if name else set()


def launch_options(server, models=None, **guarded):
    """Arguments of Blocks.launch: the theme without web fonts, the routes and the middleware.

    server: the demo.server.Server whose functions the page calls. models: of whose reading `playground/health` tells.
    guarded: what demo.guard.Guard needs to know.
    """
    theme = gr.themes.Base(primary_hue="blue", neutral_hue="slate", font=FONTS, font_mono=MONO)
    return {
        "theme": theme,
        "footer_links": [],
        "auth_message": tries_told(),
        "quiet": True,
        "show_error": True,
        "run_history": False,
        "ssr_mode": False,
        "enable_monitoring": False,
        "state_session_capacity": MOST_SESSIONS,
        "app_kwargs": {
            "routes": [*server.routes(), *file_routes(), *([health_route(models)] if models else [])],
            "middleware": [
                Middleware(Guard, **guarded),
                Middleware(CachedFiles),
                Middleware(HeadStart, text=head_start()),
                Middleware(ApiCalls, functions=server.public),
            ],
        },
    }


def health_route(models):
    """What a load balancer asks: 200 once all models are read, 503 before."""

    def health(request):
        ready = models.read.is_set()
        return PlainTextResponse("ready" if ready else "reading the models", 200 if ready else 503)

    return Route("/playground/health", health, methods=["GET"])


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


def file_routes():
    """A route for each bundle, for the styles and for Plotly; the path contains a hash of the content."""
    if developing():
        return [Route("/" + path_of("{name:path}"), file_as_it_stands, methods=["GET"])]
    return [
        Route("/" + path_of(name), own_file(name, content), methods=["GET"])
        for name, content in files().items()
    ]


def file_as_it_stands(request):
    """A file of the page, read from disk for every request: for development."""
    name = request.path_params["name"]
    content = files().get(name)
    if content is None:
        return Response("There is no such file.", 404)
    return Response(content, headers={"cache-control": "no-store"}, media_type=kind_of(name))


def kind_of(name):
    return "text/css" if name.endswith(".css") else "text/javascript"


def own_file(name, content):
    kind = f"{kind_of(name)}; charset=utf-8"
    headers = [(b"content-type", kind.encode()), (b"cache-control", FOREVER.encode())]
    return zipped(200, headers, content.encode())


class HeadStart:
    """ASGI middleware: begins the <head> of the page with `text`. Gradio adds its own `head` once its scripts run."""

    def __init__(self, app, text):
        self.app, self.text = app, text.encode()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or route_of(scope) not in ("", "/"):
            return await self.app(scope, receive, send)
        start = {}

        async def add_text(message):
            if message["type"] == "http.response.start":
                start.update(message)  # sent with the body, whose length changes
                return
            if start:
                body = message.get("body", b"").replace(b"<head>", b"<head>" + self.text, 1)
                message = message | {"body": body}
                headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
                if not message.get("more_body"):
                    headers.append((b"content-length", str(len(body)).encode()))
                await send(start | {"headers": headers})
                start.clear()
            await send(message)

        await self.app(scope, receive, add_text)


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
        file = await self.fetch(scope, receive, send)
        if file is None:
            return
        if file.status == 200 and path == posixpath.normpath(path):
            self.keep(path, file)
        await file(scope, receive, send)

    def keep(self, path, file):
        self.cached[path] = file
        while len(self.cached) > MOST_FILES or sum(f.size for f in self.cached.values()) > MOST_BYTES:
            self.cached.popitem(last=False)

    async def fetch(self, scope, receive, send):
        """The complete response of Gradio, or None if the file is large: then Gradio sends it.

        Gradio's assets are named by their content, so they can be cached for ever.
        """
        start, parts = {}, []

        async def listen(message):
            if message["type"] == "http.response.start":
                start.update(message)
            if int(dict(start["headers"]).get(b"content-length", 0)) > LARGEST:
                await send(message)
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))

        # without these headers the response is the whole file and not "not modified"
        headers = [(name, value) for name, value in scope["headers"] if name.lower() not in CONDITIONS]
        await self.app(scope | {"headers": headers}, receive, listen)
        if not parts:
            return None
        ours = (b"cache-control", b"content-length", b"accept-ranges")
        headers = [(name, value) for name, value in start["headers"] if name.lower() not in ours]
        if start["status"] == 200:
            headers.append((b"cache-control", FOREVER.encode()))
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
