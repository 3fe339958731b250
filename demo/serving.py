"""How the page is served: the launch, the theme, and the project's own files."""

import contextlib
import os
import sys
import time
import webbrowser
from urllib.parse import urlsplit

import gradio as gr
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from demo import addresses, logins, sharing
from demo import agents as for_agents
from demo.component import developing, files, head_start, path_of
from demo.guard import Guard, is_loopback, name_of, route_of
from demo.kept_files import FOREVER, CachedFiles, KeptPage, zipped
from demo.quiet import OtherThreads
from demo.server import ApiCalls
from demo.text import LANGUAGES, texts

MOST_SESSIONS = 300  # whose settings Gradio keeps, 130 kB each; the page needs none of them
FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono", "monospace"]


def serve(
    demo,
    server,
    models,
    host,
    port,
    share,
    open_browser,
    login=None,
    hosts=(),
    agents=False,
    given=addresses.OPTIONS,
):
    """Launch the page, read the models in the background, and block until interrupted.

    login: (user, password), without which nothing answers. hosts: further names of this app, see demo/guard.py.
    agents: whether the public functions are served by the Model Context Protocol too.
    given: where host and port come from, as for demo.addresses.free_port.
    Exits with one sentence if nothing can be served at the host and the port.
    """
    host = host.strip("[]")
    hosts = {*hosts, *names_in_environment()}
    guarded = {
        "hosts": hosts,
        "local": is_local(host),
        "sources": "https:" if share else "",
        "agents": agents,
    }
    local, places = launch(demo, server, models, host, port, guarded, login, given)
    for words, address in places:
        print(words, address, flush=True)
    if agents:
        for_agents.set_up(demo)
        print("agents reach it at", f"{local}{for_agents.PATH}", flush=True)
    models.load_in_background()
    public = share_link(demo, hosts, login) if share else None
    if public or host in addresses.EVERYWHERE:
        addresses.print_qr_code(public or places[0][1])
    if open_browser:
        webbrowser.open(local)
    wait(demo)


def launch(demo, server, models, host, port, guarded, login, given=addresses.OPTIONS):
    """Launch the page. Returns its address and demo.addresses.lines.

    port, given: as for addresses.free_port. Where any port will do and another program takes the one found before the
    page has it, the next one is looked for.
    """
    found = addresses.free_port(host, port, given)
    places = addresses.lines(host, found)
    network = for_others(places) if host in addresses.EVERYWHERE else None
    try:
        with contextlib.redirect_stdout(OtherThreads(sys.stdout)):  # gradio prints ten lines; ours are enough
            _, local, _ = demo.launch(
                server_name=addresses.bracketed(host),
                server_port=found,
                share=False,
                auth=login,
                mcp_server=guarded["agents"],
                prevent_thread_lock=True,
                **launch_options(server, models, network, **guarded),
            )
        return local, places
    except (OSError, ValueError, ImportError) as error:  # a port just taken; a proxy that cannot be used
        if port is None and isinstance(error, OSError) and addresses.free_port(host) != found:
            return launch(demo, server, models, host, port, guarded, login, given)
        reason = str(error).partition("\n")[0]
        raise SystemExit(f"Cannot start a server at {addresses.url(host, found)}: {reason}") from None


def share_link(demo, hosts, login):
    """Open a public link, to whose name the app then answers too, and say so. Returns its address, or None."""
    address, why = sharing.open_link(demo)
    if address:
        hosts.add(urlsplit(address).hostname)
    for line in sharing.said_of(address, why, login):
        print(line, flush=True)
    return address


def for_others(places):
    """The first of demo.addresses.lines that other computers can open, or None."""
    return next((url for _, url in places if not is_loopback(urlsplit(url).hostname)), None)


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


def launch_options(server, models=None, network=None, **guarded):
    """Arguments of Blocks.launch: the theme without web fonts, the routes and the middleware.

    server: the demo.server.Server whose functions the page calls. models: of whose reading `playground/health` tells.
    network: see HeadStart. guarded: what demo.guard.Guard needs to know.
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
                Middleware(KeptPage),
                Middleware(HeadStart, text=head_start(), network=network),
                Middleware(ApiCalls, functions=server.public),
            ],
        },
    }


def health_route(models):
    """What a load balancer asks: 200 once all models are read, 503 before, and where none of them can be read."""

    def health(request):
        if not models.read.is_set():
            return PlainTextResponse("reading the models", 503)
        if not models.works:
            return PlainTextResponse("no model can be read: the log says why", 503)
        return PlainTextResponse("ready")

    return Route("/playground/health", health, methods=["GET"])


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
    """ASGI middleware: begins the <head> of the page with `text`. Gradio adds its own `head` once its scripts run.

    network: the address by which others reach this computer, or None. A page that this computer itself opens is told
    it, so that it can show the class the right one.
    """

    def __init__(self, app, text, network=None):
        self.app, self.text = app, text.encode()
        self.told = f'<meta name="playground-network" content="{network}">'.encode() if network else b""

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or route_of(scope) not in ("", "/"):
            return await self.app(scope, receive, send)
        text = self.text + (self.told if is_loopback(name_of(Headers(scope=scope).get("host", ""))) else b"")
        start = {}

        async def add_text(message):
            if message["type"] == "http.response.start":
                start.update(message)  # sent with the body, whose length changes
                return
            if start:
                body = message.get("body", b"").replace(b"<head>", b"<head>" + text, 1)
                message = message | {"body": body}
                headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
                if not message.get("more_body"):
                    headers.append((b"content-length", str(len(body)).encode()))
                await send(start | {"headers": headers})
                start.clear()
            await send(message)

        await self.app(scope, receive, add_text)
