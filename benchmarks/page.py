"""The page in Chromium, compared with standard components (benchmarks/naive.py): python -m benchmarks.page

Both are served by this process. A time is measured by a script in the page, from the action of the visitor to the
changed pixels or the changed text; it includes the request, the model and the drawing. Quote the ratios, not the times.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlparse

import httpx
from playwright.sync_api import sync_playwright

from benchmarks.naive import STEPS, build_naive
from demo.api import all_functions
from demo.layout import build_demo
from demo.loading import Models
from demo.server import Server
from demo.serving import launch_options
from tests.browser import chromium

# runs act(), then waits until look() returns another value; resolves to milliseconds
UNTIL_CHANGED = """async ({act, look, timeout}) => {
  const see = new Function(look), before = see(), began = performance.now();
  new Function(act)();
  while (see() === before) {
    if (performance.now() - began > timeout) return NaN;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return performance.now() - began;
}"""

# checks in every frame whether the Plotly chart is a new one, and stores the time in window.charts
COUNT_CHARTS = """() => {
  window.charts = [];
  let last;
  const look = () => {
    const data = document.querySelector('#plot .js-plotly-plot')?.data;
    if (data && data !== last) { last = data; window.charts.push(performance.now()); }
    requestAnimationFrame(look);
  };
  look();
}"""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=8)
    args = parser.parse_args()
    models = Models()
    for name in models.names:
        models.get(name)
    ours, naive = serve_ours(models), serve(build_naive(), {"quiet": True})
    plain = serve_ours(models, cached=False)
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright, chromium.AS_VISITORS)
        cold_start(browser)
        first_load(browser, ours)
        class_of_thirty(browser, ours, plain)
        crowd(ours)
        scrub(browser, ours, naive, args.runs)
        requests(browser, ours, args.runs)
        gallery(browser, ours, naive, args.runs)
        player(browser, ours, naive)
        browser.close()


def serve_ours(models, cached=True):
    """The address of the app; without `cached` Gradio reads and compresses its own files for each visitor."""
    server = Server(all_functions(models))
    options = launch_options(server)
    if not cached:
        del options["app_kwargs"]["middleware"]
    return serve(build_demo(server), options)


def serve(demo, options):
    _, address, _ = demo.launch(prevent_thread_lock=True, **options)
    return address.rstrip("/")


def open_page(browser, address, query="", wait="body"):
    page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-US")
    page.goto(f"{address}/{query}")
    page.wait_for_selector(wait, timeout=60_000)
    return page


def measure(page, act, look, timeout=20_000):
    return page.evaluate(UNTIL_CHANGED, {"act": act, "look": look, "timeout": timeout})


def first_load(browser, ours):
    """From opening the address to the first result, with models loaded and an empty browser cache."""
    ready = {
        "vae": "document.querySelector('.vae-walk')?.getAttribute('aria-busy') === 'false'",
        "gan": "document.querySelectorAll('#gan-gallery .wall canvas').length >= 16",
        "lm": "document.querySelectorAll('#lm-generate .token-text *').length > 20",
    }
    for tab, condition in ready.items():
        times = []
        for _ in range(3):
            context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-US")
            page = context.new_page()
            began = time.perf_counter()
            page.goto(f"{ours}/?tab={tab}")
            page.wait_for_function(condition, timeout=60_000)
            times.append(time.perf_counter() - began)
            context.close()
        print(f"first load to a usable {tab} tab: {statistics.median(times):.2f} s")


def cold_start(browser):
    """From starting `python app.py` to its address, and to the first walk drawn in a browser."""
    began = time.perf_counter()
    app = subprocess.Popen([sys.executable, "app.py"], stdout=subprocess.PIPE, text=True)
    address = app.stdout.readline().split()[-1].rstrip("/")
    answered = time.perf_counter() - began
    open_page(browser, address, "?tab=vae", ".vae-walk[aria-busy=false]").close()
    usable = time.perf_counter() - began
    app.terminate()
    app.wait()
    print(f"python app.py: address after {answered:.1f} s, first walk drawn after {usable:.1f} s")


def class_of_thirty(browser, ours, plain):
    """Thirty visitors fetch all files of the page at once: from memory, and as Gradio serves them."""
    page = browser.new_page()
    paths = []
    page.on("request", lambda request: paths.append(urlparse(request.url).path))
    page.goto(ours)
    page.wait_for_selector(".vae-walk[aria-busy=false]")
    page.close()
    files = [path for path in paths if path.startswith(("/assets", "/static", "/playground", "/theme"))]

    async def visit(address):
        async with httpx.AsyncClient(timeout=120) as client:
            await client.get(address)
            for path in files:
                await client.get(address + path)

    async def everybody(address):
        await asyncio.gather(*(visit(address) for _ in range(30)))

    seconds = {}
    for name, address in (("kept", ours), ("plain", plain)):
        began = time.perf_counter()
        run_async(everybody(address))
        seconds[name] = time.perf_counter() - began
    ratio = seconds["plain"] / seconds["kept"]
    print(
        f"thirty loads at once of {len(files)} files: kept {seconds['kept']:.1f} s, "
        f"as Gradio serves them {seconds['plain']:.1f} s, {ratio:.1f} times"
    )


def crowd(ours):
    """60 characters by the GPT for one visitor, and for thirty at the same time."""

    async def visit(client):
        call = f"{ours}/gradio_api/call/lm_generate"
        data = ["ROMEO:", "gpt", "shakespeare", 5, 60, 1.0, None, 1.0, 7, 0.5]
        event = (await client.post(call, json={"data": data})).json()["event_id"]
        answer = await client.get(f"{call}/{event}")
        assert "event: complete" in answer.text
        return time.perf_counter()

    async def visitors(count):
        async with httpx.AsyncClient(timeout=120, limits=httpx.Limits(max_connections=60)) as client:
            await visit(client)  # the first request is not counted
            began = time.perf_counter()
            return sorted(
                [end - began for end in await asyncio.gather(*(visit(client) for _ in range(count)))]
            )

    (alone,), ends = run_async(visitors(1)), run_async(visitors(30))
    said = f"one visitor {alone:.2f} s; of thirty at once first {ends[0]:.2f} s, last {ends[-1]:.2f} s"
    print(f"60 characters by GPT: {said}")


def run_async(coroutine):
    """asyncio.run in another thread, because the event loop of Playwright runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def scrub(browser, ours, naive, runs):
    """From one move of the frame slider to changed pixels."""
    page = open_page(browser, ours, "?tab=vae", ".vae-walk[aria-busy=false]")
    slider = "document.querySelector('.vae-walk .scrubber')"
    canvas = "document.querySelector('.vae-walk .largest canvas')"
    fast = [
        measure(
            page,
            f"const s = {slider}; s.value = {i % 12}; s.dispatchEvent(new Event('input', {{bubbles: true}}));",
            f"return {canvas}.toDataURL();",
        )
        for i in range(1, runs + 1)
    ]
    page.close()
    page = open_page(browser, naive, "", "#frame input[type=range]")
    slider = "document.querySelector('#frame input[type=range]')"
    slow = [
        measure(
            page,
            f"const s = {slider}; s.value = {i % 30}; s.dispatchEvent(new Event('input', {{bubbles: true}}));",
            "return document.querySelector('#picture img')?.src;",
        )
        for i in range(1, runs + 1)
    ]
    page.close()
    report("one move of the frame slider", fast, "a request into gr.Image at each move", slow)


def requests(browser, ours, runs):
    """Requests with work for a model: from the click to the changed page."""
    page = open_page(browser, ours, "?tab=vae", ".vae-walk[aria-busy=false]")
    swap = "document.querySelector('.vae-walk .swap').click();"
    end = "return document.querySelector('.vae-walk [data-end=a] canvas').toDataURL();"
    walk = statistics.median(measure(page, swap, end) for _ in range(runs))
    page.close()
    page = open_page(browser, ours, "?tab=lm", "#lm-generate .ready")
    dice = "document.querySelector('#lm-generate .dice').click();"
    text = "return document.querySelector('#lm-generate .token-text').textContent;"
    counts = statistics.median(measure(page, dice, text) for _ in range(runs))
    page.close()
    page = open_page(browser, ours, "?tab=lm&lm_m=gpt", "#lm-generate .ready")
    gpt = statistics.median(measure(page, dice, text) for _ in range(runs))
    page.close()
    print(f"a walk of 13 frames: {walk:.0f} ms; 60 characters by counts {counts:.0f} ms, by GPT {gpt:.0f} ms")


def gallery(browser, ours, naive, runs):
    """64 new samples: from the click to changed pixels (ours), or to 64 loaded pictures (gr.Gallery)."""
    page = open_page(browser, ours, "?tab=gan&station=gallery", "#gan-gallery .wall canvas")
    page.evaluate(
        "() => { const r = document.querySelector('#gan-gallery .count input[value=\"64\"]'); r.click(); }"
    )
    page.wait_for_function("document.querySelectorAll('#gan-gallery .wall canvas').length === 64")
    dice = "document.querySelector('#gan-gallery .dice').click();"
    last = "return [...document.querySelectorAll('#gan-gallery .wall canvas')].at(-1).toDataURL();"
    fast = [measure(page, dice, last) for _ in range(runs)]
    page.close()
    page = open_page(browser, naive, "", "#make-gallery")
    act = """const s = document.querySelector('#seed input'); s.value = %d;
      s.dispatchEvent(new Event('input', {bubbles: true})); document.querySelector('#make-gallery').click();"""
    loaded = """const all = [...document.querySelectorAll('#gallery img')];
      return all.length >= 64 && all.every((i) => i.complete && i.naturalWidth) ? all.at(-1).src : window.seen;"""
    slow = []
    for i in range(runs):
        page.evaluate("() => { window.seen = [...document.querySelectorAll('#gallery img')].at(-1)?.src; }")
        slow.append(measure(page, act % (100 * (i + 1)), loaded))
    page.close()
    report("64 new samples", fast, "gr.Gallery", slow)


def player(browser, ours, naive):
    """Steps per second of the token player, which draws the bars at every step: scrubbing, and playing."""
    page = open_page(browser, ours, "?tab=lm", "#lm-generate .token-bars *")
    page.wait_for_function(
        "Number(document.querySelector('#lm-generate .scrubber').max) >= 59", timeout=60_000
    )
    steps = page.evaluate(
        """async () => {
          const s = document.querySelector('#lm-generate .scrubber');
          const began = performance.now();
          for (let i = 1; i <= 59; i++) {
            s.value = i;
            s.dispatchEvent(new Event('input', {bubbles: true}));
            await new Promise(requestAnimationFrame);  // each step is painted before the next
          }
          return 59 / (performance.now() - began) * 1000;
        }"""
    )
    played = page.evaluate(
        """async () => {
          const find = (name) => document.querySelector(`#lm-generate .${name}`);
          find("speed").value = find("speed").lastElementChild.value;
          find("scrubber").value = 0;
          find("scrubber").dispatchEvent(new Event("input", {bubbles: true}));
          find("play").click();
          const began = performance.now();
          while (find("scrubber").value < 59) await new Promise(requestAnimationFrame);
          return [Number(find("speed").value), 59 / (performance.now() - began) * 1000];
        }"""
    )
    print("token player, playing: asked for {:.0f} steps per second, shown {:.0f}".format(*played))
    page.close()
    page = open_page(browser, naive, "", "#play")
    page.evaluate(COUNT_CHARTS)
    page.click("#play")
    page.wait_for_function(
        f"document.querySelector('#text textarea').value.length >= 6 + {STEPS}", timeout=120_000
    )
    page.wait_for_function("performance.now() - window.charts.at(-1) > 2000", timeout=60_000)
    shown, seconds = page.evaluate("[window.charts.length, (window.charts.at(-1) - window.charts[0]) / 1000]")
    page.close()
    naive_steps = (shown - 1) / seconds
    print(
        f"token player: {steps:.0f} charts per second, gr.Plot at each step {naive_steps:.1f} "
        f"({shown} of {STEPS} steps ever shown), {steps / naive_steps:.1f} times"
    )


def report(what, fast, naive_name, slow):
    """Print the medians of both lists of milliseconds and their ratio."""
    fast, slow = statistics.median(fast), statistics.median(slow)
    print(f"{what}: {fast:.1f} ms, {naive_name} {slow:.0f} ms, {slow / fast:.1f} times")


if __name__ == "__main__":
    main()
