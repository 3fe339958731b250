"""How every station lies on a projector and on a phone, in both languages and themes and with several sets.

Each station is opened once a screen: language, theme, set and state are switched on the open page. There axe-core, the
checker of accessibility, finds nothing serious either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo import gan, lm, vae
from demo.gan import beside as beside_the_vae
from tests.browser.conftest import PHONE, calls, set_slider

pytestmark = pytest.mark.gradio

LANGUAGES = ("en", "pt-BR")
THEMES = ("light", "dark")
LOOKS = (
    ("en", "light"),
    ("en", "dark"),
    ("pt-BR", "dark"),
    ("pt-BR", "light"),
)  # one click from each to the next
CALM = {"reduced_motion": "reduce"}
GAME = "7K3Q-8"

# those that the visitor or the station had open stay open
OPEN_FOLDS = """(root) => document.querySelectorAll(`${root} details:not([open])`)
  .forEach((fold) => { fold.open = true; fold.dataset.opened = ""; })"""
CLOSE_FOLDS = """(root) => document.querySelectorAll(`${root} [data-opened]`)
  .forEach((fold) => { fold.open = false; delete fold.dataset.opened; })"""
# until nothing below `root` is busy and no box has moved for five frames
STILL = """async (root) => {
  const parts = () => [...document.querySelectorAll(`${root} :not(svg *)`)].map((part) => part.getBoundingClientRect());
  const boxes = () => parts().map(({ left, top, width, height }) => `${left} ${top} ${width} ${height}`).join();
  const deadline = performance.now() + 60000;
  for (let frames = 0, before = ""; frames < 5; ) {
    if (performance.now() > deadline) throw new Error(`${root} does not come to rest`);
    await new Promise(requestAnimationFrame);
    const busy = document.querySelector(`${root} [aria-busy=true]`);
    const now = boxes();
    frames = !busy && now === before ? frames + 1 : 0;
    before = now;
  }
}"""
# [part, left, top, right, bottom, width, height] of the first visible element of each selector, or of all of them
BOXES = """([selectors, all]) => selectors.flatMap((selector) => {
  const found = [...document.querySelectorAll(selector)].filter((part) => part.offsetParent);
  return (all ? found : found.slice(0, 1)).map((part) => {
    const { left, top, right, bottom, width, height } = part.getBoundingClientRect();
    return [selector, left, top, right, bottom, width, height];
  });
})"""
CLIPPED = """(all) => all
  .filter((part) => part.offsetParent && part.scrollWidth > part.clientWidth + 1 && part.clientWidth)
  .map((part) => part.className + part.textContent)"""

TOPS = "(all) => all.map((wall) => wall.getBoundingClientRect().top)"

# what cannot be seen or read whole below a root
CUT = Path(__file__).with_name("cut.js").read_text("utf-8").strip().rstrip(";")
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }"""
# on a phone the marks of top-k and top-p among the bars are higher than their rows
SPACED_SCREENS = {"lm/generate": ((1280, 720, False),)}
# width, height, and whether projector mode is on
PROJECTORS = ((1280, 720, True), (1366, 768, True), (1920, 1080, True))
SCREENS = (*PROJECTORS, (1920, 1080, False), (768, 1024, False), (390, 844, False), (320, 700, False))
# the picture of a station that tells whether all are larger
LARGEST = {
    "vae/walk": ".largest .picture",
    "vae/inside": ".rebuilt",
    "vae/map": ".frame canvas",
    "vae/generate": "[data-prior=learned] .wall button",
    "vae/diffusion": "canvas.here",
    "vae/dimensions": "canvas.here",
    "vae/training": ".large canvas",
    "gan/gallery": ".wall button",
    "gan/training": ".wall button",
    "gan/collapse": ".wall button",
    "gan/game": ".stage",
    "gan/walk": ".largest .picture",
    "gan/beside": ".wall button",
}


@dataclass(frozen=True)
class Desk:
    """A station on a projector: `parts` lie in the window, whatever language, theme, set or state."""

    name: str  # such as "vae/walk"
    ready: str  # what is there once the station is drawn
    parts: tuple[str, ...] = ()
    everything: tuple[str, ...] = ()  # of these selectors every visible element lies in the window
    query: str = ""
    sets: tuple[str, ...] = ()
    states: tuple[Callable, ...] = ()  # each brings the station into another state
    check: Callable | None = None  # what else holds: check(page, root, set)

    @property
    def root(self):
        return f"#{self.name.replace('/', '-')}"


@dataclass(frozen=True)
class Phone:
    """A station on a phone: nothing is wider, `order` stands from top to bottom, `targets` suit a finger."""

    name: str
    ready: str
    query: str = ""
    order: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    least: float = 40  # pixels of a target
    states: tuple[Callable, ...] = ()
    check: Callable | None = None

    @property
    def root(self):
        return f"#{self.name.replace('/', '-')}"


# --- what a station must satisfy on top -------------------------------------------------------------------


def side_of(page, selector):
    """(side on the screen, side in the picture's own pixels) of a canvas."""
    return page.eval_on_selector(
        selector, "(canvas) => [canvas.getBoundingClientRect().width, canvas.width || 28]"
    )


def whole(page, selector, least=0):
    shown, size = side_of(page, selector)
    assert shown % size == 0 and shown >= least, selector


def walk_is_not_clipped(page, root, dataset):
    assert page.eval_on_selector_all(f"{root} .exhibit :is(p, span, button, figcaption)", CLIPPED) == []


def gan_walk(page, root, dataset):
    walk_is_not_clipped(page, root, dataset)
    for place in ("[data-end=a]", ".largest", "[data-end=b]"):
        whole(page, f"{root} {place} .picture")


def inside(page, root, dataset):
    heights = set()
    for term in ("elbo", "recon", "kl"):
        page.hover(f"{root} .term[value={term}]")
        heights.add(page.locator(f"{root} .elbo").bounding_box()["height"])
    assert len(heights) == 1  # nothing jumps when a term explains itself


def vae_generate(page, root, dataset):
    side = page.locator(f"{root} [data-prior=learned] .wall button >> nth=0").bounding_box()["width"]
    assert side % (64 if dataset == "emoji" else 28) == 0 and side >= 44


def gallery(page, root, dataset):
    whole(page, f"{root} .wall canvas")


def count(number):
    def choose(page, root):
        page.click(f"{root} .count >> text='{number}'")
        page.wait_for_function(
            "([root, number]) => document.querySelectorAll(`${root} .wall canvas`).length === number",
            arg=[root, number],
        )

    return choose


def film(view, curves=None):
    def choose(page, root):
        page.check(f"{root} .view [value={view}]", force=True)
        if curves:
            page.check(f"{root} .which [value={curves}]", force=True)

    return choose


def film_is_large(page, root, dataset):
    one = page.is_checked(f"{root} .view [value=one]")
    whole(page, f"{root} {'.frames' if one else '.wall'} canvas", 140 if one else 84)


def collapse(page, root, dataset):
    first, second = (page.locator(f'{root} [data-run="{run}"] .wall button >> nth=0') for run in (0, 1))
    assert first.bounding_box()["y"] == second.bounding_box()["y"]
    side = second.bounding_box()["width"]
    assert side % 28 == 0 and side >= 44  # whole factors of the picture's own pixels


def beside(page, root, dataset):
    side = page.locator(f'{root} .half[data-slot="1"] .wall button >> nth=0').bounding_box()["width"]
    assert side % 28 == 0 and side >= 44
    assert "{" not in page.inner_text(root)


def names(page, root):
    assert page.is_hidden(f"{root} .guesses")


def guess(page, root):
    page.click(f"{root} .which")


def told(page, root):
    page.click(f"{root} .guesses button >> nth=0")


def game_is_on(page, root):
    page.check(f"{root} .with-clock")
    page.focus(f"{root} .stage")


def game_is_over(page, root):
    page.focus(f"{root} .stage")
    for _ in range(10):
        page.keyboard.press("1")
        page.wait_for_selector(f"{root} [data-state=verdict]")
        page.keyboard.press("Enter")
    page.wait_for_selector(f"{root} [data-state=end]")


def game(page, root, dataset):
    if page.locator(f"{root} [data-state=end]").count():
        parts = [".score", ".ten", ".again", ".side"]
        assert page.eval_on_selector_all(f"{root} .ten dd", CLIPPED) == []  # no cell runs into the next
    else:
        parts = [".stage", ".answers", ".next", ".side"]
        stage = page.locator(f"{root} .stage").bounding_box()
        assert stage["width"] == stage["height"] == 392
    lies_in_window(page, [f"{root} {part}" for part in parts], all_of_them=False)


def knobs_do_not_overlap(page, root, dataset):
    assert page.eval_on_selector_all(f"{root} .knob", CLIPPED) == []


def learning(page, root, dataset):
    knobs_do_not_overlap(page, root, dataset)
    assert page.eval_on_selector_all(f"{root} .moment-name", CLIPPED) == []


def vae_picker_is_open(page, root, language):
    if page.is_hidden(f"{root} .vae-picker"):
        page.tap(f"{root} [data-end=a] [value=examples]")
    page.wait_for_selector(f"{root} .vae-picker .tile")


def picture_stays_in_view(page, root, language):
    slider = f"{root} .row:nth-child(8) input[type=range]"
    set_slider(page, slider, 0)
    page.locator(slider).scroll_into_view_if_needed()
    assert page.locator(f"{root} canvas.here").bounding_box()["y"] >= 0


def taps_choose_a_moment(page, root, language):
    asked = calls(page)
    page.tap(f"{root} .moments button:nth-child(1)")
    assert page.locator(f"{root} .cells .cell:nth-child(1)[aria-pressed=true]").count() == 3
    page.tap(f"{root} .cell:nth-child(3) >> nth=0")
    assert page.locator(f"{root} .cells .cell:nth-child(3)[aria-pressed=true]").count() == 3
    assert page.get_attribute(f"{root} .moments button:nth-child(3)", "aria-pressed") == "true"
    assert calls(page) == asked


def pad_picture_and_copy_fit(page, root, language):
    boxes = [
        page.locator(f"{root} {part}").bounding_box() for part in (".origin .pad", ".origin .x", ".rebuilt")
    ]
    assert all(box["y"] + box["height"] <= 844 for box in boxes) and boxes[0]["width"] >= 200


def controls_stand_below(exhibit, controls):
    def check(page, root, language):
        above, below = (page.locator(f"{root} {part}").bounding_box() for part in (exhibit, controls))
        assert below["y"] >= above["y"] + above["height"]

    return check


def comes_into_view(button, result):
    """What a button makes comes into view, and the page stays where it is if it was in view already."""

    def check(page, root, language):
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        for already in (False, True):
            before = page.evaluate("scrollY")
            page.dispatch_event(f"{root} {button}", "click")
            page.wait_for_function(
                """(selector) => {
                  const { top, height } = document.querySelector(selector).getBoundingClientRect();
                  return top >= 0 && top + Math.min(height, 0.6 * innerHeight) <= innerHeight;
                }""",
                arg=f"{root} {result}",
            )
            assert (page.evaluate("scrollY") == before) == already
            page.wait_for_function("(root) => !document.querySelector(`${root} [aria-busy=true]`)", arg=root)

    return check


def learning_shows_one_moment(page, root, language):
    assert page.locator(f"{root} .moment:visible").count() == 1
    page.tap(f"{root} .tabs button >> nth=0")
    assert page.is_visible(f"{root} .moment.in-view >> nth=0")
    page.tap(f"{root} .moment.in-view .next >> nth=0")
    assert "→" in page.inner_text(f"{root} .readout")


# --- all stations -----------------------------------------------------------------------------------------

WALK = "#vae-walk .facts .t:not(:empty)"
STAGE = (".stage", ".path .cells", ".path .files", ".knobs", ".fold > summary")
INSIDE = (
    *(f".exhibit > {part}" for part in (".encoder", ".code", ".decoder", ".result")),
    *(".elbo", ".fold > summary"),
)
DIFFUSION = "#vae-diffusion [aria-busy=false] .way button[aria-pressed=true]"
FILM_READY = "#gan-training .plot .shapelayer path"
DESKS = (
    Desk("vae/walk", WALK, STAGE, (), "&vae_frames=32", ("digits", "emoji"), check=walk_is_not_clipped),
    Desk(
        "vae/walk",
        "#vae-walk .plane[aria-valuenow]",
        (".stage", ".here", ".code figcaption", ".knobs", ".files", ".fold > summary"),
        query="&vae_grid=1&vae_side=11",
        sets=("digits", "emoji"),
    ),
    *(
        Desk("vae/inside", "#vae-inside .stage canvas", INSIDE, query=f"&vae_set={dataset}", check=inside)
        for dataset in ("digits", "emoji")
    ),
    Desk(
        "vae/map",
        "#vae-map .plot .scatterlayer .trace",
        (".place", ".side", ".fold > summary"),
        sets=("digits-2d", "fashion", "emoji"),
    ),
    Desk(
        "vae/generate",
        "#vae-generate .make button:enabled",
        (
            *(f"[data-prior={prior}]" for prior in ("standard", "learned", "flow")),
            ".aside",
            ".fold > summary",
        ),
        sets=("digits", "emoji"),
        check=vae_generate,
    ),
    Desk(
        "vae/diffusion",
        DIFFUSION,
        (".all", ".one", ".transport"),
        query="&vae_steps=25",
        sets=("digits", "emoji", "digits-2d"),
    ),
    Desk("vae/dimensions", "#vae-dimensions .row"),
    Desk("vae/training", "#vae-training .cell[aria-pressed=true]"),
    Desk(
        "gan/gallery",
        "#gan-gallery .plot .shapelayer path",
        everything=(".wall button", ".one", ".one *", ".controls *"),
        states=tuple(count(number) for number in (16, 64, 100, 36)),
        check=gallery,
    ),
    Desk(
        "gan/training",
        FILM_READY,
        everything=(".wall button", ".frames button", ".curves", ".moments", ".controls *"),
        states=tuple(film(view, curves) for view in ("wall", "one") for curves in ("losses", "quality")),
        check=film_is_large,
    ),
    Desk(
        "gan/collapse",
        "#gan-collapse .ticks .now",
        ('.half[data-run="0"]', '.half[data-run="1"]', ".time", ".aside", ".fold > summary"),
        query="&gan_collapse_twins=1",
        sets=("fashion", "digits"),
        check=collapse,
    ),
    Desk(
        "gan/game",
        "#gan-game [data-state]:not([data-state=loading])",
        query=f"&gan_game={GAME}",
        states=(game_is_on, game_is_over),
        check=game,
    ),
    Desk(
        "gan/walk",
        "#gan-walk .facts .t:not(:empty)",
        STAGE,
        query="&gan_walk_frames=32",
        sets=("fashion", "digits"),
        check=gan_walk,
    ),
    Desk(
        "gan/beside",
        "#gan-beside .which:not(:disabled)",
        ('[data-slot="0"]', '[data-slot="1"]', ".measures", ".aside", ".fold > summary"),
        sets=("fashion", "digits"),
        states=(names, guess, told),
        check=beside,
    ),
    Desk(
        "lm/generate",
        "#lm-generate .lm-generate.ready:not(.slow)",
        (".token-text", ".branches", ".bars", ".knobs", ".transport", ".entropy"),
        sets=("shakespeare", "machado"),
    ),
    Desk("lm/compare", "#lm-compare .lm-compare.ready .token", sets=("shakespeare", "machado")),
    Desk("lm/evidence", "#lm-evidence .lm-evidence.ready", sets=("shakespeare", "machado")),
    Desk(
        "lm/learning",
        "#lm-learning .plot .shapelayer path",
        everything=(".moment", ".losses", ".asking", ".transport"),
        query="&lm_l_n=120",
        sets=("shakespeare", "machado"),
        check=learning,
    ),
    Desk("lm/reading", "#lm-reading .guess", sets=("shakespeare", "machado")),
    Desk("lm/yours", "#lm-yours .after-title:not(:empty)"),
)
PHONES = (
    Phone(
        "vae/walk",
        WALK,
        "&vae_frames=32",
        ("[data-end=a] .picture", ".largest .picture", ".scrubber", ".code", ".knobs"),
        ("button", "select", "summary", "input:not([type=radio])", ".segmented label"),
        39.5,
        check=vae_picker_is_open,
    ),
    Phone(
        "vae/inside",
        "#vae-inside .stage canvas",
        targets=("button:not(.vae-picker *)",),
        check=pad_picture_and_copy_fit,
    ),
    Phone(
        "vae/map",
        "#vae-map .plot .scatterlayer .trace",
        "&vae_set=fashion",
        (".place", ".here", ".legend", ".note"),
        (".legend button", ".shows label", ".ends label", ".fold > summary"),
    ),
    Phone("vae/generate", "#vae-generate .make button:enabled"),
    Phone(
        "vae/diffusion",
        DIFFUSION,
        "",
        (".all", ".transport", ".one", ".fold"),
        (
            ".way button",
            ".others button",
            "select",
            ".seed",
            ".dice",
            ".play",
            "input[type=range]",
            "summary",
        ),
    ),
    Phone(
        "vae/dimensions",
        "#vae-dimensions .row",
        "",
        (
            "canvas.here",
            ".row:nth-child(1) input[type=range]",
            ".row:nth-child(8) input[type=range]",
            ".chart",
        ),
        ("button", "summary", "input"),
        39.5,
        check=picture_stays_in_view,
    ),
    Phone(
        "vae/training",
        "#vae-training .cell[aria-pressed=true]",
        "",
        (".four", ".scrubber", ".cell", ".curves"),
        ("button", "select", "summary", "input"),
        39.5,
        check=taps_choose_a_moment,
    ),
    Phone(
        "gan/gallery",
        "#gan-gallery .plot .shapelayer path",
        "",
        (".wall", ".one", ".arrange", ".knobs"),
        (".wall button", ".ends button", ".dice", "select", ".seed", ".count label"),
    ),
    Phone(
        "gan/training",
        FILM_READY,
        targets=(
            *(".wall button", ".frames button", ".moments button", "select", ".seed"),
            *(".controls button", ".segmented label", ".play"),
        ),
        states=(film("wall"), film("one")),
        check=controls_stand_below(".exhibit", ".controls"),
    ),
    Phone("gan/collapse", "#gan-collapse .ticks .now"),
    Phone("gan/game", "#gan-game [data-state]:not([data-state=loading])"),
    Phone("gan/walk", "#gan-walk .facts .t:not(:empty)"),
    Phone("gan/beside", "#gan-beside .which:not(:disabled)"),
    Phone(
        "lm/generate",
        "#lm-generate .lm-generate.ready:not(.slow)",
        order=(".source", ".written", ".transport", ".bars", ".knobs"),
        check=comes_into_view(".write", ".written"),
    ),
    Phone(
        "lm/compare",
        "#lm-compare .lm-compare.ready .token",
        order=(".source", ".written", ".transport", ".machines", ".knobs"),
        check=comes_into_view(".machines button.pair-row:not(.chosen)", ".written"),
    ),
    Phone("lm/evidence", "#lm-evidence .lm-evidence.ready", order=(".asked", ".looked-up", ".followed")),
    Phone(
        "lm/learning",
        "#lm-learning .plot .shapelayer path",
        "&lm_corpus=shakespeare&lm_l_n=60",
        (".source", ".moments", ".losses", ".knobs"),
        targets=(".tabs button", ".play", "select", ".seed", ".asking button", "input[type=range]"),
        check=learning_shows_one_moment,
    ),
    Phone(
        "lm/reading",
        "#lm-reading .guess",
        order=(".source", ".exhibit", ".details", ".scores"),
        check=comes_into_view(".read", ".exhibit"),
    ),
    Phone(
        "lm/yours",
        "#lm-yours .after-title:not(:empty)",
        order=(".source", ".summary", ".after", ".frequent"),
        check=comes_into_view(".frequent .row:not([aria-pressed=true])", ".after"),
    ),
)


# --- how they are opened and switched ---------------------------------------------------------------------


def open_station(open_page, screen, **options):
    family, station = screen.name.split("/")
    page = open_page(f"?tab={family}&station={station}{screen.query}", **options)
    page.set_default_timeout(60_000)
    rest(page, screen)
    return page


def rest(page, screen):
    """Until the station is drawn, Python has answered and no box moves any more."""
    page.wait_for_selector(screen.ready, state="attached")
    page.evaluate(STILL, screen.root)
    while page.unanswered:
        page.evaluate(STILL, screen.root)


def choose_language(page, language):
    if page.evaluate("document.documentElement.lang") != language:
        page.click(f".page-head .language[value='{language}']")


def choose_theme(page, theme):
    if page.evaluate("document.body.classList.contains('dark')") != (theme == "dark"):
        page.click(".page-head .theme")


def choose_set(page, family, name):
    """A set of pictures, "digits-2d" with its size of z, or a corpus."""
    name, _, plane = name.partition("-")
    switch = {"vae": "set", "gan": "set", "lm": "corpus"}[family]
    page.check(f"#{family}-tab .{switch} [value='{name}']", force=True)
    if family == "vae" and page.is_enabled("#vae-tab .size [value='-2d']"):
        page.check(f"#vae-tab .size [value='{'-' + plane if plane else ''}']", force=True)


def lies_in_window(page, selectors, all_of_them):
    boxes = page.evaluate(BOXES, [selectors, all_of_them])
    missing = set(selectors) - {selector for selector, *_ in boxes}
    assert all_of_them or not missing, missing
    assert boxes or not selectors
    for selector, left, top, right, bottom, *_ in boxes:
        assert left >= 0 and top >= 0 and right <= 1280 and bottom <= 720, (
            selector,
            left,
            top,
            right,
            bottom,
        )


def set_screen(page, width, height, projector):
    page.set_viewport_size({"width": width, "height": height})
    if page.evaluate("document.documentElement.classList.contains('projector')") != projector:
        page.click(".page-head .projector")


def as_wide_as_the_window(page):
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window
    return window


@pytest.fixture(autouse=True)
def measured(monkeypatch, computed_anew):
    """Measurements beside the walls of both families that no training changes."""
    real = {"sharpness": 0.2, "coverage": 0.8, "cfid": 7.0}
    vae = {"learned": {"sharpness": 0.1, "coverage": 0.4, "cfid": 40.0}}
    vae["standard"] = {"sharpness": 0.08, "coverage": 0.68, "cfid": 60.0}
    found = {"samples": 10_000, "real": real, "gan": real | {"sharpness": 0.19, "coverage": 0.6}, "vae": vae}
    monkeypatch.setattr(beside_the_vae, "measured", lambda *_: found)


# --- the tests --------------------------------------------------------------------------------------------


SHEET = next(desk for desk in DESKS if "vae_grid" in desk.query)  # a station in itself, as to its layout
STATIONS = {desk.name: desk for desk in reversed(DESKS)}


def test_every_station_is_looked_at():
    every = {f"{part.__name__.split('.')[-1]}/{name}" for part in (vae, gan, lm) for name in part.STATIONS}
    assert {desk.name for desk in DESKS} == {phone.name for phone in PHONES} == every


@pytest.mark.parametrize("desk", DESKS, ids=lambda desk: desk.name + desk.query)
def test_a_screen_shows_all_of_it_and_cuts_nothing_off(open_page, checked, desk):
    """On a projector everything is in view; on other screens nothing is cut off; axe-core finds nothing serious."""
    page = open_station(open_page, desk, **CALM)
    if desk in (*STATIONS.values(), SHEET):
        no_screen_cuts_anything_off(page, desk)
        set_screen(page, 1280, 720, False)
        choose_language(page, "en")
        is_accessible(page, checked, desk, THEMES)
    family, _ = desk.name.split("/")
    for dataset in desk.sets or (None,):
        if dataset:
            choose_set(page, family, dataset)
            rest(page, desk)
        for bring in desk.states or (None,):
            if bring:
                bring(page, desk.root)
            for language, theme in LOOKS:
                choose_language(page, language)
                choose_theme(page, theme)
                rest(page, desk)
                fits_a_projector(page, desk, dataset)


def no_screen_cuts_anything_off(page, desk):
    sizes = {}
    for screen in ((1280, 720, False), *SCREENS):
        set_screen(page, *screen)
        rest(page, desk)
        for language in LANGUAGES:
            choose_language(page, language)
            page.evaluate("new Promise(requestAnimationFrame)")
            assert page.evaluate(CUT, desk.root) == [], (screen, language)
            tops = page.eval_on_selector_all(f"{desk.root} :is(.half, .third) .wall", TOPS)
            assert len(set(tops)) <= 1, (screen, language)  # walls side by side begin at one height
        if desk.name in LARGEST and desk != SHEET:
            largest = f"{desk.root} {LARGEST[desk.name]} >> nth=0"
            sizes[screen] = page.locator(largest).bounding_box()["width"]
    if sizes:
        usual, projected = sizes[1280, 720, False], sizes[1280, 720, True]
        assert usual < projected  # letters and pictures grow together
        assert usual < sizes[1920, 1080, False] < sizes[1920, 1080, True]
    if desk.name == "lm/generate":
        for screen in PROJECTORS:
            set_screen(page, *screen)
            rest(page, desk)
            page.evaluate("scrollTo(0, 0)")
            transport = page.locator(f"{desk.root} .transport").bounding_box()
            assert transport["y"] + transport["height"] <= screen[1]
    with_more_space(page, desk)


def with_more_space(page, desk):
    """Nothing is lost where a visitor spaces letters, words and lines (WCAG 2.2, 1.4.12)."""
    spaced = page.add_style_tag(content=SPACED)
    for screen in SPACED_SCREENS.get(desk.name, ((1280, 720, False), (390, 844, False))):
        set_screen(page, *screen)
        rest(page, desk)
        assert page.evaluate(CUT, desk.root) == [], screen
        as_wide_as_the_window(page)
    spaced.evaluate("(style) => style.remove()")


def is_accessible(page, checked, screen, themes):
    """With its folds open; they are closed again."""
    page.evaluate(OPEN_FOLDS, screen.root)
    for theme in themes:
        choose_theme(page, theme)
        rest(page, screen)
        assert checked(page) == []
    page.evaluate(CLOSE_FOLDS, screen.root)


def fits_a_projector(page, desk, dataset):
    page.evaluate("scrollTo(0, 0)")
    assert as_wide_as_the_window(page) == 1280
    lies_in_window(page, [f"{desk.root} {part}" for part in desk.parts], all_of_them=False)
    if desk.everything:
        lies_in_window(page, [f"{desk.root} {part}" for part in desk.everything], all_of_them=True)
    if desk.check:
        desk.check(page, desk.root, dataset)


def test_below_the_wall_of_the_gallery_nothing_moves_whatever_the_count(open_page):
    desk = next(desk for desk in DESKS if desk.name == "gan/gallery")
    page = open_station(open_page, desk)
    for language in LANGUAGES:
        choose_language(page, language)
        places = set()
        for bring in desk.states:
            bring(page, desk.root)
            rest(page, desk)
            places.add(tuple(page.locator(f"{desk.root} .knobs").bounding_box().values()))
        assert len(places) == 1


@pytest.mark.parametrize("ratio", [1, 2])
def test_pictures_of_every_set_are_scaled_by_whole_factors(open_page, ratio):
    walk = Desk("vae/walk", WALK)
    page = open_station(open_page, walk, device_scale_factor=ratio)
    for dataset in ("digits", "digits-2d", "fashion-2d", "fashion", "emoji"):
        choose_set(page, "vae", dataset)
        rest(page, walk)
        sides = page.eval_on_selector_all(
            f"{walk.root} :is(.picture, .cell canvas, .original, .ghost canvas)",
            "all => all.filter((e) => e.offsetParent).map((e) => [e.getBoundingClientRect().width, e.width])",
        )
        assert len(sides) >= 30
        for shown, size in sides:
            assert size == (64 if dataset == "emoji" else 28)
            assert (shown * ratio / size) == pytest.approx(round(shown * ratio / size), abs=1e-3)
            assert shown * ratio >= size
        bars = page.inner_text(f"{walk.root} .code figcaption")
        assert ("2 numbers" if dataset.endswith("2d") else "32 numbers") in bars


@pytest.mark.parametrize("phone", PHONES, ids=lambda phone: phone.name)
def test_a_phone_shows_it_in_order_and_for_fingers(open_page, checked, phone):
    page = open_station(open_page, phone, **PHONE, **CALM)
    for bring in phone.states or (None,):
        if bring:
            bring(page, phone.root)
        for language in LANGUAGES:
            page.evaluate("scrollTo(0, 0)")
            choose_language(page, language)
            rest(page, phone)
            assert as_wide_as_the_window(page) == 390
            boxes = page.evaluate(BOXES, [[f"{phone.root} {part}" for part in phone.order], False])
            assert len(boxes) == len(phone.order)
            tops = [top for _, _, top, *_ in boxes]
            assert tops == sorted(tops)
            if phone.check:
                phone.check(page, phone.root, language)
            targets_suit_a_finger(page, phone)
    is_accessible(page, checked, phone, ("dark",))


def targets_suit_a_finger(page, phone):
    boxes = page.evaluate(BOXES, [[f"{phone.root} {part}" for part in phone.targets], True])
    assert boxes or not phone.targets
    small = [box for box in boxes if min(box[5:]) < phone.least]
    assert small == []
    outside = [box for box in boxes if box[1] < 0 or box[3] > 390]
    assert outside == []
