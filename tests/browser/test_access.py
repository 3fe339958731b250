"""axe-core, the checker of accessibility, finds nothing serious on any station: WCAG 2.2, levels A and AA.

Each station is opened in both themes on a screen and once on a phone, in the other language, with its folds open.
"""

from pathlib import Path

import pytest

from demo import gan, lm, vae
from tests.browser.conftest import PHONE, give_up
from tests.browser.test_layout import STILL, choose_theme

pytestmark = pytest.mark.gradio

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}"""
FADED = "Promise.all(document.getAnimations().map(({ finished }) => finished))"
OPEN_FOLDS = "(root) => document.querySelectorAll(`${root} details`).forEach((fold) => (fold.open = true))"


@pytest.fixture
def checked():
    """checked(page) -> what axe finds on it."""
    if not AXE.exists():
        give_up("axe-core is not installed: run npm ci")

    def check(page):
        if not page.evaluate("Boolean(window.axe)"):
            page.evaluate(AXE.read_text("utf-8"))
        return page.evaluate(RUN, TAGS)

    return check


NAMES = [f"{part.__name__.split('.')[-1]}/{name}" for part in (vae, gan, lm) for name in part.STATIONS]


def opened(open_page, name, **options):
    family, _, station = name.partition("/")
    page = open_page(f"?tab={family}&station={station}", reduced_motion="reduce", **options)
    root = f"#{family}-{station}"
    page.wait_for_selector(root, state="attached")
    page.evaluate(OPEN_FOLDS, root)
    page.evaluate(STILL, root)
    return page


@pytest.mark.parametrize("name", NAMES)
def test_on_a_screen_and_on_a_phone(open_page, checked, name):
    for themes, options in ((("light", "dark"), {}), (("dark",), PHONE | {"locale": "pt-BR"})):
        page = opened(open_page, name, **options)
        for theme in themes:
            choose_theme(page, theme)
            page.evaluate(FADED)
            assert checked(page) == []


@pytest.mark.parametrize(
    "query, slider, said",
    [
        ("?tab=lm&lang=pt-BR&lm_t=0.8", ".lm-generate .temperature", r"0,80"),
        ("?tab=lm&lang=pt-BR&lm_n=60", ".lm-generate .scrubber", r"passo \d+ de 60"),
        ("?tab=gan&lang=pt-BR&gan_psi=0.5", ".gan-gallery .psi", r"0,50"),
        ("?tab=gan&station=walk&lang=pt-BR&gan_walk_psi=0.5", ".gan-walk .psi", r"0,50"),
        ("?tab=vae&station=diffusion&lang=pt-BR", ".vae-diffusion .guidance", r"\d,\d"),
        ("?tab=vae&station=generate&lang=pt-BR&vae_temperature=0.5", ".vae-generate .temperature", r"0,50"),
        ("?tab=vae&station=inside&lang=pt-BR", ".vae-inside .bars", r".*32.*"),
    ],
)
def test_a_slider_says_its_value_as_the_page_writes_it(open_page, query, slider, said):
    page = open_page(query)
    page.wait_for_function(
        """([slider, said]) => {
          const words = document.querySelector(slider).getAttribute('aria-valuetext');
          return new RegExp(`^${said}$`).test(words);
        }""",
        arg=[slider, said],
    )


def test_the_dialogs_of_the_page(open_page, checked):
    page = opened(open_page, "vae/map")
    page.click(".room-open")
    page.wait_for_selector("dialog.room[open]")
    assert checked(page) == []
    page.click(".show-code")
    page.wait_for_selector("dialog.code[open] path[d]", state="attached")
    assert checked(page) == []


def test_forced_colours_leave_bars_tints_and_choices(open_page):
    page = opened(open_page, "lm/generate", forced_colors="active")
    page.wait_for_selector("#lm-generate .token-row")
    colour = "(element, part) => getComputedStyle(element, part).backgroundColor"
    tinted = page.eval_on_selector_all(
        "#lm-generate .token-text .token", "(all) => all.map((one) => getComputedStyle(one).backgroundColor)"
    )
    assert len(set(tinted)) > 2
    assert page.eval_on_selector("#lm-generate .play", colour) != page.eval_on_selector("body", colour)
    line = "(tab) => getComputedStyle(tab).borderBottomColor"
    assert page.eval_on_selector("#tab-lm", line) != page.eval_on_selector("#tab-gan", line)
    chosen, other = (
        page.eval_on_selector(f"#lm-tab .corpus input{which} + span", colour)
        for which in (":checked", ":not(:checked)")
    )
    assert chosen != other
