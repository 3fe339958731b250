"""Weights of one's own on the page that visitors get: every station either works with them or says why it does not."""

import re

import pytest

from demo.component import FAMILIES
from demo.text import texts
from tests.browser.conftest import PHONE
from tests.servers import app
from tests.small_weights import train_each

SENTENCES = texts("en")
# family -> the address's choice, and its name on the page
OWN = {"vae": ("vae_set", "shapes"), "gan": ("gan_set", "shapes"), "lm": ("lm_corpus", "owl")}
ELSEWHERE = {  # stations that stay with the project's own weights, and the sentence that says so
    "vae-training": "vae.training.lead",
    "gan-collapse": "own_weights.clothes",
    "gan-game": "own_weights.clothes",
    "lm-learning": "lm.learning.lead.other",
}
# whether nothing in a station waits for an answer
DRAWN = "(root) => !document.querySelector(`${root}[aria-busy=true], ${root} [aria-busy=true]`)"


@pytest.fixture(scope="module")
def own_address(tmp_path_factory):
    """The address of an app that was started with a folder of one's own weights."""
    with app("--own", train_each(tmp_path_factory.mktemp("own"))) as address:
        yield address


@pytest.fixture
def opened(pages, own_address):
    """opened("vae", **context options) -> the page at a family's first station, with the own set chosen by hand."""

    def open_family(family, **options):
        page = pages(**options)
        page.goto(f"{own_address}/?tab={family}")
        choice = page.locator(f"#panel-{family} .sets input[value={OWN[family][1]}]")
        choice.wait_for(state="attached", timeout=60_000)
        choice.locator("..").click()
        return page

    return open_family


def open_station(page, family, name):
    """The root of a station, once it is drawn."""
    root = f"#{family}-{name}"
    page.click(f"#{family}-tab .stations button[value={name}]")
    page.wait_for_selector(root)
    page.wait_for_function(DRAWN, arg=root)
    while page.unanswered:
        page.wait_for_event("requestfinished")
    return root


@pytest.mark.parametrize("family", FAMILIES)
def test_every_station_shows_it_or_says_why_not(opened, family):
    page = opened(family)
    name = OWN[family][1]
    assert f"{OWN[family][0]}={name}" in page.url
    names = page.eval_on_selector_all(
        f"#{family}-tab .stations button", "(all) => all.map((one) => one.value)"
    )
    for station in names:
        assert page.is_checked(f"#{family}-tab .sets input[value={name}]")
        root = open_station(page, family, station)
        assert page.locator(f"{root} .message:visible").count() == 0, page.inner_text(
            f"{root} .message:visible"
        )
        words = page.text_content(root)
        assert "own_weights" not in words and not re.search(rf"\b{family}\.\w[\w.]*\.{name}\b", words)
        if key := ELSEWHERE.get(f"{family}-{station}"):
            told = SENTENCES[key].replace("{corpus}", SENTENCES["lm.corpus.shakespeare"])
            assert told in page.inner_text(root)


def test_diffusion_offers_the_classes_of_the_set(pages, own_address):
    page = pages()
    page.goto(f"{own_address}/?tab=vae&station=diffusion&vae_noise_class=7")
    page.wait_for_function("document.querySelector('#vae-diffusion .class')?.value === '7'")  # of digits
    page.locator("#panel-vae .sets input[value=shapes]").locator("..").click()
    page.wait_for_selector("#vae-diffusion .what >> text=/circles|squares/")
    options = page.locator("#vae-diffusion .class option")
    assert options.all_inner_texts() == ["each its own", "circles", "squares"]
    assert page.input_value("#vae-diffusion .class") == "all"
    assert page.locator("#vae-diffusion .message:visible").count() == 0
    assert page.locator("#vae-diffusion .others button").count() == 2


def test_what_was_not_measured_is_not_told(opened):
    page = opened("gan")
    root = open_station(page, "gan", "gallery")
    assert "for 4 real test pictures (line) and 4 generated ones" in page.text_content(f"{root} .see-curves")
    root = open_station(page, "gan", "training")
    page.eval_on_selector_all(f"{root} details", "(all) => all.forEach((fold) => { fold.open = true; })")
    told = page.inner_text(f"{root} .fold:has(.predict)")
    assert "The losses alone do not tell" in told
    assert all(word not in told for word in ("quality curves", "cFID", "R1 penalty"))


def test_in_portuguese_on_a_phone_the_names_are_those_of_the_folders(opened):
    page = opened("vae", **PHONE, locale="pt-BR")
    root = open_station(page, "vae", "walk")
    assert (
        page.inner_text(f"{root} .station-title")
        == "O que há entre uma imagem de circles e uma imagem de squares?"
    )
    assert page.inner_text("#vae-tab .size-words") == "shapes: só 32"
