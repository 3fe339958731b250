"""Take the screenshots of docs/screenshots/: python -m tests.browser.screenshots [address of a running app]

The pictures that both READMEs show, each taken once the station's first result is drawn.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.conftest import PHONE

OUT = Path("docs/screenshots")
# name -> (query, what must be there before the picture is taken)
STATIONS = {
    "vae": ("tab=vae", "#vae-walk [aria-busy=false]"),
    "vae-inside": ("tab=vae&station=inside", "#vae-inside [aria-busy=false]"),
    "vae-map": ("tab=vae&station=map&vae_set=digits-2d", "#vae-map .main-svg"),
    "vae-generate": ("tab=vae&station=generate&vae_set=fashion", "#vae-generate [aria-busy=false]"),
    "vae-diffusion": ("tab=vae&station=diffusion", "#vae-diffusion .way button"),
    "vae-training": ("tab=vae&station=training", "#vae-training [aria-busy=false]"),
    "gan": ("tab=gan&station=gallery", "#gan-gallery canvas"),
    "gan-training": ("tab=gan&station=training", "#gan-training .main-svg"),
    "gan-collapse": ("tab=gan&station=collapse", "#gan-collapse canvas"),
    "gan-game": ("tab=gan&station=game&gan_game=7K3Q-8", "#gan-game canvas"),
    "gan-walk": ("tab=gan&station=walk", "#gan-walk canvas"),
    "gan-beside": ("tab=gan&station=beside", "#gan-beside canvas"),
    "lm": ("tab=lm&lm_corpus=shakespeare", "#lm-generate .token-bars *"),
    "lm-machado": ("tab=lm&lm_corpus=machado&lm_m=gpt", "#lm-generate .token-bars *"),
    "lm-compare": ("tab=lm&station=compare&lm_corpus=shakespeare", "#lm-compare .token"),
    "lm-evidence": ("tab=lm&station=evidence&lm_corpus=own", "#lm-evidence .station-title"),
    "lm-learning": ("tab=lm&station=learning", "#lm-learning .main-svg"),
    "lm-reading": ("tab=lm&station=reading&lm_corpus=machado", "#lm-reading .token"),
    "lm-yours": ("tab=lm&station=yours&lm_corpus=own", "#lm-yours .station-title"),
}
LOOKS = {
    "": ("lang=en&__theme=light", {}),
    "-pt-BR": ("lang=pt-BR&__theme=light", {}),
    "-pt-BR-dark": ("lang=pt-BR&__theme=dark", {}),
    "-phone": ("lang=en&__theme=light", PHONE),
    "-phone-pt-BR": ("lang=pt-BR&__theme=light", PHONE),
}
# what README.md and README.pt-BR.md show: stations in each look
SHOWN = {
    "": [name for name in STATIONS if name != "lm-machado"],
    "-pt-BR": ["vae", "gan", "gan-training", "lm", "lm-learning"],
    "-pt-BR-dark": ["gan-collapse", "gan-game", "lm-machado", "lm-compare", "lm-evidence", "lm-yours"],
    "-phone": ["lm-learning"],
    "-phone-pt-BR": ["vae"],
}
COLORS = 128  # of a palette: a third of the bytes, and letters stay sharp


def main():
    address = sys.argv[1] if len(sys.argv) > 1 else serve()
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for look, (query, options) in LOOKS.items():
            context = browser.new_context(**({"viewport": {"width": 1280, "height": 720}} | options))
            for station in SHOWN[look]:
                place, ready = STATIONS[station]
                page = context.new_page()
                page.goto(f"{address}/?{place}&{query}")
                page.wait_for_selector(ready, state="visible", timeout=60_000)
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(700)  # the last frame is drawn
                save(page.screenshot(), OUT / f"{station}{look}.png")
                page.close()
            context.close()
        browser.close()


def save(png, path):
    """Write a screenshot as a small PNG with a palette."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)


def serve():
    from demo.api import all_functions
    from demo.layout import build_demo
    from demo.loading import Models
    from demo.server import Server
    from demo.serving import launch_options

    models = Models("pretrained")
    server = Server(all_functions(models))
    _, address, _ = build_demo(server).launch(prevent_thread_lock=True, **launch_options(server))
    models.load_in_background()
    return address.rstrip("/")


if __name__ == "__main__":
    main()
