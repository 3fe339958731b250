"""What somebody notices who listens to the page, moves by keys or has their own colours.

That axe-core finds nothing serious on any station is tested in test_layout.py, on the pages that are open there.
"""

import pytest

from tests.browser.test_layout import OPEN_FOLDS, STILL

pytestmark = pytest.mark.gradio


def opened(open_page, name, **options):
    family, _, station = name.partition("/")
    page = open_page(f"?tab={family}&station={station}", reduced_motion="reduce", **options)
    root = f"#{family}-{station}"
    page.wait_for_selector(root, state="attached")
    page.evaluate(OPEN_FOLDS, root)
    page.evaluate(STILL, root)
    return page


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


@pytest.mark.parametrize(
    "station, field",
    [
        ("generate", ".prompt-field"),
        ("compare", ".prompt-field"),
        ("evidence", ".prompt-field"),
        ("reading", ".text-field"),
        ("reading", ".guess-form input"),
    ],
)
def test_a_field_speaks_the_language_of_the_chosen_text(open_page, station, field):
    page = open_page(f"?tab=lm&lang=en&lm_corpus=machado&station={station}")
    page.wait_for_selector(f"#lm-{station} {field}[lang=pt-BR]", state="attached")
    for corpus, language in (("shakespeare", "en"), ("own", ""), ("machado", "pt-BR")):
        page.check(f"#lm-tab .corpus input[value={corpus}]", force=True)
        page.wait_for_selector(f'#lm-{station} {field}[lang="{language}"]', state="attached")


def test_learning_speaks_the_language_of_the_gpt_that_it_shows(open_page):
    page = open_page("?tab=lm&lang=en&lm_corpus=machado&station=learning")
    for corpus, language in (
        ("machado", "pt-BR"),
        ("shakespeare", "en"),
        ("machado", "pt-BR"),
        ("own", "en"),
    ):
        page.check(f"#lm-tab .corpus input[value={corpus}]", force=True)
        page.wait_for_selector(f"#lm-learning .prompt-field[lang={language}]")


def test_a_text_of_ones_own_has_no_language(open_page):
    page = open_page("?tab=lm&lang=pt-BR&lm_corpus=machado&station=learning")
    page.wait_for_selector("#lm-learning .prompt-field[lang=pt-BR]")
    for field in (".text-field", ".training-prompt input"):  # nobody knows which it is
        assert page.get_attribute(f"#lm-yours {field}", "lang") == ""


def test_text_of_a_corpus_is_marked_with_its_language(open_page):
    page = open_page("?tab=lm&lang=en&lm_corpus=machado&station=reading&lm_r_g=1")
    page.wait_for_selector(".guess-options bdi")
    for place in (".tokens .token", ".place .chip", ".guesses .chip", ".guess-text", ".guess-options bdi"):
        assert page.get_attribute(f"#lm-reading {place} >> nth=0", "lang") == "pt-BR", place


@pytest.mark.parametrize("family", ["vae", "gan", "lm"])
def test_the_open_station_is_the_current_page_of_a_named_list(open_page, family):
    page = open_page(f"?tab={family}&lang=en")
    current = page.locator(f"#{family}-tab .stations [aria-current=page]")
    assert current.get_attribute("value") == page.locator(
        f"#{family}-tab .stations button"
    ).first.get_attribute("value")
    stations = page.get_by_role("navigation", name="Stations of", exact=False)
    assert stations.count() == 1
    stations.get_by_role("button").last.press("Enter")
    assert current.count() == 1 and current.inner_text() == stations.get_by_role("button").last.inner_text()
    assert not page.locator(f"#{family}-tab .stations [aria-pressed]").count()


def test_the_first_key_leads_past_the_head(open_page):
    page = open_page("?tab=gan&station=walk&lang=en")
    page.wait_for_selector("#gan-walk .station-title:not(:empty)")
    page.keyboard.press("Tab")
    skip = page.get_by_role("button", name="Go to the exhibit")
    assert skip.evaluate("(one) => one === document.activeElement && one.offsetWidth > 40")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == page.inner_text("#gan-walk .station-title")
    assert skip.evaluate("(one) => one.offsetWidth") < 5


WHERE_VISITORS_TYPE = [  # what becomes of it is said beside the field
    ("lm", "generate", ".source"),
    ("lm", "compare", ".source"),
    ("lm", "evidence", ".asked"),
    ("lm", "learning", ".source"),
    ("lm", "reading", ".source"),
    ("vae", "inside", ".drawing"),
]


@pytest.mark.parametrize("language, words", [("en", "written to disk"), ("pt-BR", "em disco")])
def test_where_something_is_typed_the_page_says_what_becomes_of_it(open_page, language, words):
    for family, station, place in WHERE_VISITORS_TYPE:
        page = open_page(f"?tab={family}&station={station}&lang={language}")
        page.wait_for_selector(f"#{family}-{station} {place} :text('{words}')")
    assert words in page.inner_text("#vae-inside .drawing")
    page = open_page(f"?tab=vae&station=walk&lang={language}")
    page.click("#vae-walk [data-end=a] [value=draw]")
    page.wait_for_selector(f"#vae-walk .panel[data-tab=draw] :text('{words}')")
    page.click("#vae-walk .vae-picker [role=tab][value=upload]")
    page.wait_for_selector(f"#vae-walk .panel[data-tab=upload] :text('{words}')")


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
