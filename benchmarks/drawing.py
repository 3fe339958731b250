"""A drawing and its reconstruction: the time from a move of the pen to the changed reconstruction in Chromium.

    python -m benchmarks.drawing

The app is served by this process, so that the time inside encode and decode can be measured too. The pen waits after
each move until the reconstruction has changed. Quote the share of the model, not the times.
"""

import argparse
import math
import statistics
import time

from playwright.sync_api import sync_playwright

from benchmarks.page import open_page, serve_ours
from demo.loading import Models
from tests.browser import chromium

READY = "#vae-inside .vae-inside[aria-busy=false] .stage canvas"

# moves the pen to (x, y), as shares of the pad, and waits until the reconstruction changes; resolves to milliseconds
MOVE = """async ({kind, x, y, timeout}) => {
  const pad = document.querySelector('#vae-inside .origin .pad'), box = pad.getBoundingClientRect();
  const copy = document.querySelector('#vae-inside .rebuilt'), before = copy.toDataURL();
  const at = {clientX: box.left + x * box.width, clientY: box.top + y * box.height};
  const began = performance.now();
  pad.dispatchEvent(new PointerEvent(kind, {...at, pointerId: 1, isPrimary: true, buttons: 1, bubbles: true}));
  while (copy.toDataURL() === before) {
    if (performance.now() - began > timeout) return NaN;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return performance.now() - began;
}"""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=60)
    args = parser.parse_args()
    models = Models()
    vae = models.get("vae/digits")
    spent = timed(vae)
    ours = serve_ours(models)
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright, chromium.AS_VISITORS)
        page = open_page(browser, ours, "?tab=vae&station=inside", READY)
        # setPointerCapture does not accept a pointer that is only simulated
        page.evaluate("() => { HTMLElement.prototype.setPointerCapture = () => {}; }")
        moves = spiral(args.moves)
        times, shares = [], []
        for i, (x, y) in enumerate(moves):
            spent.clear()
            kind = "pointermove" if i else "pointerdown"
            took = page.evaluate(MOVE, {"kind": kind, "x": x, "y": y, "timeout": 5000})
            if i and not math.isnan(took):
                times.append(took)
                shares.append(1000 * sum(spent))
        browser.close()
    whole, model = statistics.median(times), statistics.median(shares)
    print(
        f"pen move to changed reconstruction: median {whole:.0f} ms, slowest {max(times):.0f} ms of {len(times)}; "
        f"encode and decode {model:.1f} ms, {100 * model / whole:.0f} % of it"
    )


def timed(vae):
    """Make encode and decode_logits of a model append their seconds to a list, which is returned."""
    spent = []

    def noting(function):
        def call(*args):
            began = time.perf_counter()
            try:
                return function(*args)
            finally:
                spent.append(time.perf_counter() - began)

        return call

    vae.encode, vae.decode_logits = noting(vae.encode), noting(vae.decode_logits)
    return spent


def spiral(count):
    """The positions of a pen that draws an open 6, as shares of the pad."""
    turns = [0.4 + 9 * i / count for i in range(count + 1)]
    return [(0.5 + 0.04 * t * math.cos(t), 0.5 + 0.04 * t * math.sin(t)) for t in turns]


if __name__ == "__main__":
    main()
