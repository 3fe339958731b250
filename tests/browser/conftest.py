"""The app, served once for all browser tests, and pages that log every request and every error.

Skipped with a reason where there is no browser; with BROWSER_REQUIRED=1, as in .ci/run, that is a failure.
"""

import os
import shutil
from urllib.parse import urlparse

import pytest

from demo.component import version

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# load("vae/store.js") -> the module, as the page has it
LOAD = "window.load = (name) => import(new URL(`{root}/${{name}}`, document.baseURI));"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def give_up(reason):
    if os.environ.get("BROWSER_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        give_up("playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        give_up("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address():
    """The address of a running app on the shipped weights."""
    from demo.api import all_functions
    from demo.layout import build_demo
    from demo.loading import Models
    from demo.server import Server
    from demo.serving import launch_options

    models = Models("pretrained")
    server = Server(all_functions(models))
    demo = build_demo(server)
    _, address, _ = demo.launch(prevent_thread_lock=True, **launch_options(server))
    models.load_in_background()
    yield address.rstrip("/")
    demo.close()


@pytest.fixture
def open_page(browser, address):
    """open_page("?tab=gan", **context options) -> a Playwright page; .requests lists (method, URL) so far.

    At the end of the test no page may have reported an error or asked another machine for anything.
    """
    contexts, problems = [], []

    def open_page(query="", **options):
        options = {"viewport": {"width": 1280, "height": 720}, "locale": "en-US"} | options
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.requests = []

        def log(request):
            page.requests.append((request.method, request.url))
            if urlparse(request.url).hostname not in ("127.0.0.1", "localhost", None):
                problems.append(f"outside request: {request.url}")

        page.add_init_script(LOAD.format(root=f"playground/{version()}"))
        page.on("request", log)
        page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
        page.goto(f"{address}/{query}")
        page.wait_for_selector(".page-head .tab", timeout=60_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def calls(page):
    """The requests that made Python work, so far: what scrubbing, stepping back and switching must not add to."""
    return [url for method, url in page.requests if method == "POST" and "heartbeat" not in url]


def set_slider(page, selector, value):
    """As a hand does that moves a slider: the value, and the event."""
    page.eval_on_selector(
        selector,
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', {bubbles: true})); }",
        value,
    )
