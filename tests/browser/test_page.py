"""The page around the tabs: opening, tabs, languages, themes, phones, missing weights and a lost connection."""

import io
import itertools
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from demo.api import all_functions
from demo.layout import build_demo
from demo.loading import Models
from demo.server import Server
from demo.serving import launch_options
from demo.text import texts
from tests.browser.conftest import calls

pytestmark = pytest.mark.gradio

STATIONS = ["?tab=vae", "?tab=gan&station=gallery", "?tab=gan&station=training", "?tab=lm"]
# {"gan": the millisecond in which this bundle was asked for, …}
STARTS = """Object.fromEntries(performance.getEntriesByType('resource')
  .map((entry) => [entry.name.split('/').at(-1).replace('.js', ''), entry.startTime]))"""
READY = {
    "vae": ".vae-walk[aria-busy=false]",
    "gan": "#gan-gallery .wall canvas, #gan-training .wall canvas",
    "lm": "#lm-generate .lm-generate.ready",
}


def wait_for(page, family):
    page.locator(READY[family]).locator("visible=true").first.wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")


def open_tab(page):
    return page.locator("[role=tab][aria-selected=true]").get_attribute("id")


def test_it_opens_on_the_vae_with_a_walk_drawn(open_page):
    page = open_page()
    wait_for(page, "vae")
    assert open_tab(page) == "tab-vae"
    # the largest picture holds both black and white pixels: something is drawn
    values = page.evaluate(
        """() => { const c = document.querySelector('.vae-walk .largest canvas');
          return [...new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)].length; }"""
    )
    assert values > 20


def test_only_the_tab_in_view_asks_the_server(open_page):
    page = open_page("?tab=lm")
    wait_for(page, "lm")
    asked = len(calls(page))
    assert asked >= 1
    page.locator("#tab-gan").click()
    page.wait_for_selector("#gan-gallery .wall canvas")
    page.wait_for_load_state("networkidle")
    assert len(calls(page)) > asked


def test_tabs_by_click_by_arrow_key_and_by_link(open_page):
    page = open_page()
    page.locator("#tab-gan").click()
    assert page.locator("#gan-gallery").is_visible() and not page.locator("#vae-walk").is_visible()
    page.keyboard.press("ArrowRight")
    assert open_tab(page) == "tab-lm" and page.locator("#lm-generate").is_visible()
    assert "tab=lm" in page.url
    page.reload()
    page.wait_for_selector("#tab-lm[aria-selected=true]")
    page.keyboard.press("Tab")
    assert page.locator("#lm-generate").is_visible()


# --- modules ----------------------------------------------------------------------------------------------


def test_first_come_the_modules_of_what_is_in_view(open_page):
    page = open_page("?tab=gan")
    wait_for(page, "gan")
    bundles = ["page", "gan", "vae", "lm"]
    page.wait_for_function(f"(names) => names.every((name) => name in {STARTS})", arg=bundles, timeout=60_000)
    starts = page.evaluate(STARTS)
    assert starts["page"] <= starts["gan"]
    assert min(starts["vae"], starts["lm"]) > starts["gan"] + 1000


def reload_with(page, pattern, handler):
    """Load the page anew, with requests for `pattern` given to `handler`."""
    page.route(pattern, handler)
    page.reload()
    page.wait_for_selector(".page-head .tab")


def test_a_station_opened_before_its_module_is_there_waits_for_it(open_page):
    held = []
    page = open_page("?tab=vae")
    reload_with(page, "**/gan.js", lambda route: held.append(route))
    page.locator("#tab-gan").click()
    page.locator("#gan-tab .stations button[value=training]").click()
    page.wait_for_selector("#gan-training .station-title:not(:empty)")
    assert page.is_visible("#gan-training .loading") and page.is_disabled("#gan-training .gif")
    for _ in range(200):
        if held:
            break
        page.wait_for_timeout(50)
    held[0].continue_()
    page.wait_for_selector("#gan-training .gif:not(:disabled)", timeout=60_000)


@pytest.mark.parametrize("name", ["generate", "compare", "reading", "learning", "yours"])
def test_a_form_sent_before_its_module_is_there_is_sent_then(open_page, name):
    held = []
    page = open_page(f"?tab=lm&station={name}")
    reload_with(page, "**/lm.js", lambda route: held.append(route))
    button = page.locator(f"#lm-{name} .source [type=submit]")
    button.wait_for()
    page.evaluate("document.addEventListener('submit', () => (window.sent = (window.sent ?? 0) + 1))")
    button.click()
    assert page.evaluate("window.sent") == 1 and f"station={name}" in page.url
    held[0].continue_()
    page.wait_for_function("window.sent === 2", timeout=60_000)
    page.wait_for_function("(root) => !document.querySelector(`${root} [aria-busy=true]`)", arg=f"#lm-{name}")
    assert page.evaluate("window.sent") == 2 and f"station={name}" in page.url


def test_a_part_that_does_not_arrive_says_so_and_the_others_work(open_page):
    page = open_page("?tab=vae")
    reload_with(page, "**/gan.js*", lambda route: route.abort())
    page.evaluate("() => { window.reportError = (error) => (window.reported = error.message); }")
    page.locator("#tab-gan").click()
    page.locator("#gan-tab .stations button[value=training]").click()
    message = page.locator("#gan-training .message")
    message.wait_for(state="visible", timeout=60_000)
    assert message.inner_text().startswith(texts("en")["error.part_lost"])
    assert page.is_hidden("#gan-training .loading")
    page.locator(".language[value='pt-BR']").click()
    assert message.inner_text().startswith(texts("pt-BR")["error.part_lost"])
    assert "gan.js" in page.evaluate("window.reported")
    page.locator("#tab-vae").click()
    wait_for(page, "vae")
    with page.expect_event("requestfailed", lambda request: "gan.js" in request.url):
        page.locator("#tab-gan").click()  # the return asks again
    page.unroute("**/gan.js*")
    page.locator("#gan-training .message .again").click()
    page.wait_for_selector("#gan-training .gif:not(:disabled)", timeout=60_000)
    message.wait_for(state="hidden")


@pytest.mark.parametrize("file", ["page.js", "style.css"])
def test_a_page_whose_own_files_do_not_arrive_says_so(open_page, expected_problems, file):
    expected_problems.append("Failed to fetch dynamically imported module")
    page = open_page("?tab=vae&lang=pt-BR")
    page.route(f"**/{file}", lambda route: route.abort())
    page.reload()
    note = page.locator("#page-start")
    note.wait_for(timeout=60_000)
    assert note.inner_text().startswith(texts("pt-BR")["page.lost"])
    page.unroute(f"**/{file}")
    note.locator("button").click()
    wait_for(page, "vae")
    assert note.count() == 0


def test_a_browser_that_is_too_old_is_told_so(open_page, pages, address):
    page = pages()
    page.add_init_script("delete Array.prototype.at;")
    page.goto(address)
    page.wait_for_selector("#page-start")
    assert page.inner_text("#page-start").strip() == texts("en")["page.too_old"]


def test_a_chart_asks_again_for_plotly(open_page):
    page = open_page("?tab=gan&station=gallery")
    reload_with(page, "**/plotly.js", lambda route: route.abort())
    message = page.locator("#gan-gallery .message")
    message.wait_for(timeout=60_000)
    page.unroute("**/plotly.js")
    message.locator(".again").click()
    page.wait_for_selector("#gan-gallery .plot .main-svg", state="attached", timeout=60_000)
    message.wait_for(state="hidden")


# --- languages and themes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "locale, language", [("en-GB", "en"), ("pt-BR", "pt-BR"), ("pt-PT", "pt-BR"), ("fr-FR", "en")]
)
def test_the_browser_chooses_the_language(open_page, locale, language):
    page = open_page(locale=locale)
    assert page.evaluate("document.documentElement.lang") == language
    assert page.locator(".brand").inner_text() == texts(language)["page.title"]
    walk = " · ".join(texts(language)[key] for key in ("vae.walk.name", "tab.vae", "page.title"))
    page.wait_for_function("(title) => document.title === title", arg=walk)
    page.click("#tab-gan")
    assert page.title().endswith(" · GAN · " + texts(language)["page.title"])
    page.focus("#tab-gan")
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.id") == "tab-lm"
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.id") == "tab-vae" and page.title() == walk


@pytest.mark.parametrize("query", STATIONS)
def test_switching_language_changes_every_sentence_and_asks_nobody(open_page, query):
    page = open_page(query)
    wait_for(page, query.split("=")[1].split("&")[0])
    busy = "[...document.querySelectorAll('[aria-busy=true]')].some((one) => one.checkVisibility())"
    page.wait_for_function(f"() => !{busy}")  # some ask twice
    title = page.locator(".station-title").locator("visible=true")
    english, asked = title.inner_text(), len(calls(page))
    page.locator(".language[value='pt-BR']").click()
    assert title.inner_text() != english
    assert leftovers(page, "en", "pt-BR") == []
    page.locator(".language[value='en']").click()
    assert title.inner_text() == english
    assert leftovers(page, "pt-BR", "en") == []
    assert len(calls(page)) == asked


def leftovers(page, old, new):
    """Sentences of the old language still in view or read out, that the new language says otherwise."""
    stale = {texts(old)[key] for key in texts(old) if texts(old)[key] != texts(new)[key]} - set(
        texts(new).values()
    )
    seen = page.evaluate(
        """() => {
          const out = [];
          for (const e of document.querySelectorAll('.page-head *, .tab-panel *')) {
            if (!e.checkVisibility()) continue;
            for (const n of e.childNodes) if (n.nodeType === 3) out.push(n.data.trim());
            for (const a of ['title', 'aria-label', 'placeholder']) if (e.getAttribute(a)) out.push(e.getAttribute(a));
          }
          return out;
        }"""
    )
    return [sentence for sentence in seen if sentence in stale]


def test_the_start_language_may_be_given_and_the_visitor_still_chooses(browser):
    server = Server(all_functions(Models("pretrained")))
    demo = build_demo(server, language="pt-BR")
    _, address, _ = demo.launch(prevent_thread_lock=True, **launch_options(server))
    context = browser.new_context(locale="en-US")
    try:
        page = context.new_page()
        for query, language in (("", "pt-BR"), ("?lang=en", "en")):
            page.goto(address + query)
            page.wait_for_selector(".brand:not(:empty)")  # the tabs stand there before the texts are in
            assert page.locator(".brand").inner_text() == texts(language)["page.title"]
    finally:
        context.close()
        demo.close()


def test_what_pauses_shows_two_bars(bare_page):
    page = bare_page()
    page.evaluate("""document.querySelector("#panel-lm").innerHTML =
      '<button class="play"></button> <button class="play playing"></button>'""")

    def middle_row(selector):
        picture = Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("L")
        row = np.asarray(picture)[picture.height // 2]
        inner = row[8:-8] > (int(row.min()) + int(row.max())) / 2
        return "".join("#" if light else "." for light, _ in itertools.groupby(inner))

    assert middle_row(".play:not(.playing)").strip(".") == "#"  # a triangle
    assert middle_row(".play.playing").strip(".") == "#.#"


def test_light_and_dark_are_two_designs(open_page):
    page = open_page("?__theme=light")
    color = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(color)
    page.locator(".tool.theme").click()
    dark = page.evaluate(color)
    assert brightness(dark) < 60 < 200 < brightness(light)
    page.reload()
    page.wait_for_selector(".page-head .tab")
    assert page.evaluate(color) == dark


def brightness(color):
    red, green, blue = (int(part) for part in color.strip("rgb()").split(","))
    return (red + green + blue) / 3


def test_the_projector_mode_makes_letters_larger(open_page):
    page = open_page()
    size = "parseFloat(getComputedStyle(document.querySelector('.vae-walk .station-lead')).fontSize)"
    before = page.evaluate(size)
    page.locator(".tool.projector").click()
    page.wait_for_function(f"before => {size} > 1.2 * before", arg=before)  # it grows for a moment


def test_a_tab_without_its_weights_says_so_and_the_others_work(browser, tmp_path):
    (tmp_path / ".git").mkdir()  # a clone
    shutil.copytree("pretrained/gan", tmp_path / "gan")
    shutil.copytree("pretrained/lm", tmp_path / "lm")
    damaged = tmp_path / "lm/machado/gpt/model.safetensors"  # the page opens in Portuguese
    damaged.write_bytes(damaged.read_bytes()[:5000])
    server = Server(all_functions(Models(tmp_path)))
    demo = build_demo(server)
    _, address, _ = demo.launch(prevent_thread_lock=True, **launch_options(server))
    context = browser.new_context(locale="pt-BR", viewport={"width": 1280, "height": 720})
    try:
        page = context.new_page()
        page.goto(address)
        message = page.locator(".vae-walk .heading .message")
        message.wait_for(state="visible", timeout=60_000)
        assert "não foi encontrado" in message.inner_text() and "git checkout --" in message.inner_text()
        page.locator(".language[value='en']").click()
        assert message.locator("code").inner_text().startswith("git checkout -- ")
        # the command stands within the line
        assert re.search(r"restore it with git checkout -- \S+/vae/digits\. The other", message.inner_text())
        page.locator("#tab-gan").click()
        page.wait_for_selector("#gan-gallery .wall canvas")
        page.locator("#tab-lm").click()
        page.wait_for_selector(READY["lm"])
        text = page.locator("#lm-generate .token-text").inner_text()
        # not check(): the choice goes back at once, when the answer says why
        page.locator("#lm-generate [name=lm-model][value=gpt]").click(force=True)
        message = page.locator("#lm-generate .message")
        message.wait_for(state="visible")
        assert "model.safetensors is damaged" in message.inner_text()
        assert page.locator("#lm-generate .token-text").inner_text() == text  # what was there stays
    finally:
        context.close()
        demo.close()


def test_a_lost_connection_is_one_sentence_and_leaves_the_picture(open_page):
    page = open_page("?tab=gan&station=gallery")
    wait_for(page, "gan")
    picture = "document.querySelector('#gan-gallery .wall canvas').toDataURL()"
    page.wait_for_function(
        "() => document.querySelector('#gan-gallery .wall canvas').width !== 300"
    )  # is drawn
    before = page.evaluate(picture)
    page.context.set_offline(True)
    page.locator("#gan-gallery .dice").click()
    message = page.locator("#gan-gallery .message")
    message.wait_for(state="visible")
    assert message.inner_text().startswith(texts("en")["error.offline_again"])
    assert page.evaluate(picture) == before
    page.context.set_offline(False)  # the page hears of it and asks again
    message.wait_for(state="hidden")
    page.wait_for_function(f"before => {picture} !== before", arg=before)


def test_a_link_with_words_that_every_object_has_opens_all_tabs(open_page):
    names = (
        "gan_set",
        "gan_class",
        "gan_film_class",
        "gan_walk_a",
        "vae_set",
        "vae_a",
        "vae_m",
        "lm_corpus",
        "lm_m",
    )
    names += ("lm_p", "lang", "tab", "station")
    page = open_page("?" + "&".join(f"{name}=toString" for name in names))
    for family in ("vae", "gan", "lm"):
        page.click(f"#tab-{family}")
        wait_for(page, family)
    assert page.locator("html").get_attribute("lang") == "en"
    assert not page.locator(".message").locator("visible=true").all_inner_texts()
