"""The app, served once for all browser tests, and pages that log every request and every error.

Skipped with a reason where there is no browser; with BROWSER_REQUIRED=1, as in .ci/run, that is a failure.
"""

import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlparse

import pytest

from demo.bundle import PAGE
from demo.component import modules, path_of, stylesheet
from demo.kept import Answers
from tests.browser import chromium, light

# load("vae/store.js") -> the module, as the page has it
LOAD = "window.load = (name) => import(new URL('{page}', document.baseURI)).then((page) => page.importModule(name));"
# the same on a page that has the modules themselves
LOAD_BARE = "window.load = (name) => import(new URL(name, document.baseURI));"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 720}, "locale": "en-US"}
# what Chromium itself logs when a test aborts a request or goes offline, and when Python refuses a call: the page
# tells the visitor of it, and that is what those tests check
ANSWERS = (
    r"net::ERR_FAILED",
    r"net::ERR_INTERNET_DISCONNECTED",
    r"status of (400|413) .* \S+/playground/call/\w+",
)


def give_up(reason):
    if os.environ.get("BROWSER_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def problems():
    """Every error on a console, every unhandled error and every outside request of all pages since the test began."""
    return []


@pytest.fixture(scope="session")
def browser(problems):
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        give_up("playwright is not installed")
    if chromium.program() is None:
        give_up("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        new_context = browser.new_context
        browser.new_context = lambda **options: watched(new_context(**options), problems)
        yield browser
        browser.close()


def watched(context, problems):
    """The context, which from now on adds to `problems` what goes wrong on any of its pages."""

    def on_console(message):
        if message.type == "error":
            problems.append(f"console: {message.text} {message.location['url']}")

    def on_request(request):
        if urlparse(request.url).hostname not in ("127.0.0.1", "localhost", None):
            problems.append(f"outside request: {request.url}")

    context.on("console", on_console)
    context.on("weberror", lambda error: problems.append(f"page error: {error.error}"))
    context.on("request", on_request)
    return context


@pytest.fixture
def expected_problems():
    """Regular expressions of the errors that a test provokes: expected_problems.append("Failed to fetch")."""
    return []


@pytest.fixture(autouse=True)
def no_page_has_a_problem(problems, expected_problems):
    """At the end of a test no page that it opened has logged an error, thrown one, or asked another machine."""
    problems.clear()
    yield
    expected = (*ANSWERS, *expected_problems)
    assert [found for found in problems if not any(re.search(one, found) for one in expected)] == []


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """(demo, server): the app on the shipped weights, not yet served. As in a fresh clone, no text is there."""
    from demo.api import all_functions
    from demo.layout import build_demo
    from demo.lm.language_models import LanguageModels
    from demo.loading import Models
    from demo.server import Server

    models = Models("pretrained")
    language_models = LanguageModels(models, tmp_path_factory.mktemp("no_texts"))
    server = Server(all_functions(models, language_models))
    models.load_in_background()
    return build_demo(server), server


@pytest.fixture
def computed_anew(app):
    """What a test changes in Python is seen: no answer of before it or of it is kept."""
    _, server = app
    server.answers = Answers(server.turns)
    yield
    server.answers = Answers(server.turns)


@pytest.fixture(scope="session")
def light_address(app):
    """The address of the app's page without Gradio's scripts."""
    demo, server = app
    address, stop = light.serve(demo, server)
    yield address
    stop()


@pytest.fixture(scope="session")
def address(app):
    """The address of the running app."""
    from demo.serving import launch_options

    demo, server = app
    _, address, _ = demo.launch(prevent_thread_lock=True, **launch_options(server))
    yield address.rstrip("/")
    demo.close()


@pytest.fixture(scope="session")
def contexts(browser):
    """contexts(options) -> a browser context with these options, the same for all tests of this process.

    Its pages share a cache, so that only the first one loads and parses Gradio's own scripts.
    """
    made = {}

    def context(options):
        key = repr(sorted(options.items()))
        if key not in made:
            made[key] = browser.new_context(**options)
        return made[key]

    yield context
    for one in made.values():
        one.close()


@pytest.fixture
def pages(contexts):
    """pages(**context options) -> a new page. At the end of the test all are closed, and what they stored is gone."""
    opened = []

    def open_new(**options):
        page = contexts(DESK | options).new_page()
        opened.append(page)
        listen(page)
        return page

    yield open_new
    for page in opened:
        page.unroute_all(behavior="ignoreErrors")  # what is still asked for is nobody's
        page.context.set_offline(False)
        page.context.clear_cookies()
        if not page.is_closed():
            page.evaluate("try { localStorage.clear(); } catch {}")  # an empty page has none
            page.close()


@pytest.fixture
def open_page(request, pages):
    """open_page("?tab=gan", **context options) -> a Playwright page, without Gradio (light.py) unless marked `gradio`.

    Its .requests lists (method, URL) so far, and .unanswered the calls of Python under way.
    """
    whole = request.node.get_closest_marker("gradio")
    address = request.getfixturevalue("address" if whole else "light_address")

    def open_page(query="", **options):
        page = pages(**options)
        page.add_init_script(LOAD.format(page=path_of(PAGE)))
        page.goto(f"{address}/{query}")
        page.wait_for_selector(".page-head .tab", timeout=60_000)
        return page

    return open_page


def listen(page):
    """Keeps page.requests and page.unanswered."""
    page.requests, page.unanswered = [], []

    def sent(request):
        page.requests.append((request.method, request.url))
        if request.method == "POST":
            page.unanswered.append(request)

    def answered(request):
        if request in page.unanswered:
            page.unanswered.remove(request)

    page.on("request", sent)
    page.on("requestfinished", answered)
    page.on("requestfailed", answered)


# --- accessibility ----------------------------------------------------------------------------------------

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN_AXE = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}"""
FADED = "Promise.all(document.getAnimations().map(({ finished }) => finished))"


@pytest.fixture
def checked():
    """checked(page) -> what axe-core, the checker of accessibility, finds on it: WCAG 2.2, levels A and AA."""
    if not AXE.exists():
        give_up("axe-core is not installed: run npm ci")

    def check(page):
        if not page.evaluate("Boolean(window.axe)"):
            page.evaluate(AXE.read_text("utf-8"))
        page.evaluate(FADED)
        return page.evaluate(RUN_AXE, TAGS)

    return check


# --- a page without Gradio --------------------------------------------------------------------------------

# what a part needs around it: the styles, the theme's class, a panel of each family
BARE = """<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>A part of the page</title><link rel="icon" href="data:,"><link rel="stylesheet" href="style.css"></head>
<body class="gradio-container" data-tab="lm"><main>
<div id="panel-vae" class="tab-panel family-vae"></div>
<div id="panel-gan" class="tab-panel family-gan"></div>
<div id="panel-lm" class="tab-panel family-lm"></div>
</main></body></html>
"""


@pytest.fixture(scope="session")
def bare_address():
    """The address of the page's styles and modules, served without Gradio and without Python behind them."""
    files = {f"/{name}": ("text/javascript", source) for name, source in modules().items()}
    files |= {"/": ("text/html", BARE), "/style.css": ("text/css", stylesheet())}

    class Files(BaseHTTPRequestHandler):
        def do_GET(self):
            kind, text = files.get(urlparse(self.path).path, (None, ""))
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", f"{kind or 'text/plain'}; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def bare_page(pages, bare_address):
    """bare_page("?lang=pt-BR", **context options) -> a page with the styles and nothing on it; load() as elsewhere.

    For parts that need neither Gradio nor Python: it opens in a tenth of the time.
    """

    def open_bare(query="", **options):
        page = pages(**options)
        page.add_init_script(LOAD_BARE)
        page.goto(f"{bare_address}/{query}")
        return page

    return open_bare


# --- what tests do on a page ------------------------------------------------------------------------------


def calls(page):
    """The requests that made a model work, so far: what scrubbing, stepping back and switching must not add to."""
    others = ("heartbeat", "/lm_text")
    return [
        url for method, url in page.requests if method == "POST" and not any(one in url for one in others)
    ]


def set_slider(page, selector, value):
    """As a hand does that moves a slider: the value, and the event."""
    page.eval_on_selector(
        selector,
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', {bubbles: true})); }",
        value,
    )
