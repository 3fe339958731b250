"""How the page is served: the theme, the shared script, and files that browsers may keep.

Thirty cold page loads at once cost ten seconds when Gradio reads and compresses each file anew; an answer kept
in memory, with a header that lets the browser keep it too, costs about one (benchmarks/page.py).
"""

import contextlib
import gzip
import hashlib
import io
import json
import webbrowser
from pathlib import Path

import gradio as gr
import plotly
from starlette.middleware import Middleware

from demo.components import SCRIPT, STYLE, script, stylesheet
from demo.messages import LANGUAGES, texts

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
        "footer_links": [],
        "quiet": True,
        "max_threads": 80,  # a visitor who waits for a turn holds one
        "show_error": True,
        "run_history": False,
        "ssr_mode": False,
        "max_file_size": "2mb",
        "app_kwargs": {"middleware": [Middleware(KeptFiles)]},
    }


def shared_script():
    """The script every part of the page uses, with the sentences of both languages inside."""
    sentences = {language: texts(language) for language in LANGUAGES}
    return f"window.PLAYGROUND_TEXTS={json.dumps(sentences, ensure_ascii=False)};\n{script()}"


class KeptFiles:
    """ASGI middleware: Gradio's /assets and /static kept in memory once read; our own script and Plotly's."""

    def __init__(self, app):
        self.app = app
        self.kept = {}  # (path, encoding) -> (headers, body)
        self.own = {
            "/" + SCRIPT: lambda: shared_script().encode(),
            "/" + STYLE: lambda: stylesheet().encode(),
            "/" + PLOTLY: lambda: (Path(plotly.__file__).parent / "package_data/plotly.min.js").read_bytes(),
        }

    async def __call__(self, scope, receive, send):
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        request = {name.lower(): value for name, value in scope["headers"]}
        zipped = b"gzip" in request.get(b"accept-encoding", b"")
        own = next((p for p in self.own if path.endswith(p)), None)
        if own:
            headers, body = self._own(own, zipped)
            if request.get(b"if-none-match") == dict(headers)[b"etag"]:
                return await _answer(send, 304, headers, b"")
            return await _answer(send, 200, headers, body if scope["method"] == "GET" else b"")
        if scope["method"] == "GET" and path.startswith(("/assets/", "/static/")):
            key = (path, request.get(b"accept-encoding", b""))
            if key not in self.kept:
                await self._remember(key, scope, receive, send)
            else:
                await _answer(send, 200, *self.kept[key])
            return None
        return await self.app(scope, receive, send)

    def _own(self, path, zipped):
        if (path, zipped) not in self.kept:
            body = self.own[path]()
            etag = b'"' + hashlib.sha256(body).hexdigest()[:16].encode() + b'"'
            body = gzip.compress(body, 6) if zipped else body
            # the name stays the same from version to version, so the browser asks, and hears "unchanged"
            kind = b"text/css" if path.endswith(".css") else b"text/javascript"
            headers = [(b"content-type", kind + b"; charset=utf-8"), (b"etag", etag)]
            headers += [(b"cache-control", b"no-cache"), (b"vary", b"accept-encoding")]
            headers += [(b"content-encoding", b"gzip")] if zipped else []
            self.kept[path, zipped] = (headers, body)
        return self.kept[path, zipped]

    async def _remember(self, key, scope, receive, send):
        start, parts = {}, []

        async def listen(message):
            if message["type"] == "http.response.start":
                start.update(message)
                if message["status"] == 200:
                    headers = [h for h in message["headers"] if h[0].lower() != b"cache-control"]
                    message["headers"] = [*headers, (b"cache-control", FOREVER.encode())]
                    start.update(message)
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                if not message.get("more_body") and start["status"] == 200:
                    skip = (b"content-length", b"transfer-encoding")
                    headers = [h for h in start["headers"] if h[0].lower() not in skip]
                    self.kept[key] = (headers, b"".join(parts))
            await send(message)

        await self.app(scope, receive, listen)


async def _answer(send, status, headers, body):
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
