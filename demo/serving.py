"""How the page is served: the theme, the shared script, and files that browsers may keep.

Gradio reads and compresses each file anew for every visitor; kept in memory, compressed once, thirty cold page loads
at once take about 1.7 times less (benchmarks/page.py), and a header lets browsers keep the files too.
"""

import contextlib
import gzip
import hashlib
import io
import webbrowser
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import plotly
from starlette.middleware import Middleware

from demo.component import STYLE, module_path, modules, preloads, stylesheet

PLOTLY = "playground/plotly.js"
FOREVER = "public, max-age=31536000, immutable"
FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono", "monospace"]


def serve(demo, models, host, port, share, open_browser):
    """Answer at once, read the models meanwhile, and stay until interrupted."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # gradio says ten lines where one is enough
            _, address, public = demo.launch(
                server_name=host, server_port=port, share=share, prevent_thread_lock=True, **launch_options()
            )
    except OSError:
        raise SystemExit(
            f"Nothing can be served at {host}:{port or 7860}: choose another --host or --port."
        ) from None
    print(f"The playground is at {address}", flush=True)
    if share:
        failed = "No public link can be had (is there internet here?): the page works on this machine only."
        print(f"Public link, for about a week: {public}" if public else failed, flush=True)
    models.load_in_background()
    if open_browser:
        webbrowser.open(address)
    demo.block_thread()


def launch_options():
    """Arguments of Blocks.launch that make it this page: no outside font, no call home, no upload kept."""
    theme = gr.themes.Base(primary_hue="blue", neutral_hue="slate", font=FONTS, font_mono=MONO)
    return {
        "theme": theme,
        "head": preloads(),
        "footer_links": [],
        "quiet": True,
        "max_threads": 80,  # a visitor who waits for a turn holds one
        "show_error": True,
        "run_history": False,
        "ssr_mode": False,
        "max_file_size": "2mb",
        "app_kwargs": {"middleware": [Middleware(KeptFiles)]},
    }


@dataclass(frozen=True)
class Kept:
    """A whole answer: `body` as it is and, where that is worth it, `zipped`."""

    status: int
    headers: list
    body: bytes
    zipped: bytes | None = None


class KeptFiles:
    """ASGI middleware: Gradio's /assets and /static kept in memory once read; our own script and Plotly's.

    Gradio's own compression stands outside this one and leaves alone what is already compressed.
    """

    def __init__(self, app):
        self.app = app
        self.kept = {}  # path -> Kept
        self.own = {
            "/" + STYLE: lambda: stylesheet().encode(),
            "/" + PLOTLY: lambda: (Path(plotly.__file__).parent / "package_data/plotly.min.js").read_bytes(),
        }
        for name, source in modules().items():
            self.kept["/" + module_path(name)] = module_file(source)

    async def __call__(self, scope, receive, send):
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        at = path.rfind("/playground/")
        own = path[at:] if at >= 0 else ""
        if own in self.own and own not in self.kept:
            self.kept[own] = own_file(own, self.own[own]())
        if own in self.kept:
            kept = self.kept[own]
        elif path.startswith(("/assets/", "/static/")) and scope["method"] == "GET":
            kept = self.kept.get(path) or await self.ask(scope, receive)
            if kept.status == 200:
                self.kept[path] = kept
        else:
            return await self.app(scope, receive, send)
        await answer(kept, scope, send)

    async def ask(self, scope, receive):
        """The whole answer of the app behind, to be kept for ever: its assets are named by their content."""
        start, parts = {}, []

        async def listen(message):
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        # the file itself is wanted, not a part of it nor a "not modified"
        partial = (b"range", b"if-none-match", b"if-modified-since")
        headers = [(name, value) for name, value in scope["headers"] if name.lower() not in partial]
        await self.app(scope | {"headers": headers}, receive, listen)
        ours = (b"cache-control", b"content-length", b"accept-ranges")
        headers = [(name, value) for name, value in start["headers"] if name.lower() not in ours]
        if start["status"] == 200:
            headers.append((b"cache-control", FOREVER.encode()))
        return zipped(start["status"], headers, b"".join(parts))


def own_file(path, body):
    """A file whose name stays the same from version to version: the browser asks, and hears "unchanged"."""
    kind = b"text/css" if path.endswith(".css") else b"text/javascript"
    etag = b'"' + hashlib.sha256(body).hexdigest()[:16].encode() + b'"'
    headers = [(b"content-type", kind + b"; charset=utf-8"), (b"cache-control", b"no-cache"), (b"etag", etag)]
    return zipped(200, headers, body)


def module_file(source):
    """A module of the page: its path holds a hash of the content."""
    headers = [(b"content-type", b"text/javascript; charset=utf-8"), (b"cache-control", FOREVER.encode())]
    return zipped(200, headers, source.encode())


def zipped(status, headers, body):
    """A Kept, compressed unless its kind already is."""
    kind = dict(headers).get(b"content-type", b"")
    plain = any(word in kind for word in (b"text", b"javascript", b"json", b"svg"))
    return Kept(status, headers, body, gzip.compress(body, 6) if plain and len(body) > 500 else None)


async def answer(kept, scope, send):
    request = {name.lower(): value for name, value in scope["headers"]}
    status, body, headers = kept.status, kept.body, [*kept.headers, (b"vary", b"accept-encoding")]
    if kept.zipped is not None and b"gzip" in request.get(b"accept-encoding", b""):
        body = kept.zipped
        headers.append((b"content-encoding", b"gzip"))
    etag = dict(kept.headers).get(b"etag")
    if etag is not None and request.get(b"if-none-match") == etag:
        status, body, headers = 304, b"", kept.headers
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})
