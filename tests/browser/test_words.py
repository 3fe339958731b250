"""Words that newcomers bring: each opens its sentence where it stands, and one list has all."""

import re

import pytest

from demo.component import FOLDER
from demo.text import texts
from tests.browser.conftest import PHONE

NOTE = ".term-note"
TOKEN = "#lm-generate .station-lead .glossed[data-term=token]"
TERMS = re.findall(r"^  (\w+): \"", (FOLDER / "web/terms.js").read_text("utf-8"), re.M)


@pytest.fixture
def generate(open_page):
    def open_generate(language="en", **options):
        page = open_page(f"?tab=lm&station=generate&lang={language}&lm_corpus=shakespeare", **options)
        page.wait_for_selector(TOKEN)
        return page

    return open_generate


def test_a_term_opens_its_sentence_when_pointed_at_and_the_note_can_be_reached(generate):
    page = generate()
    page.hover(TOKEN)
    assert page.inner_text(NOTE).endswith(texts("en")["term.token.what"])
    page.hover(NOTE)
    page.wait_for_timeout(500)  # longer than a note waits for the pointer
    assert page.is_visible(NOTE)
    page.mouse.move(5, 5)
    page.wait_for_selector(NOTE, state="hidden")


def test_a_term_opens_by_keyboard_is_described_by_its_note_and_closes_by_escape(generate):
    page = generate("pt-BR")
    page.focus(TOKEN)
    assert page.inner_text(NOTE).endswith(texts("pt-BR")["term.token.what"])
    assert page.get_attribute(TOKEN, "aria-describedby") == page.get_attribute(NOTE, "id")
    page.keyboard.press("Escape")
    assert page.is_hidden(NOTE) and page.get_attribute(TOKEN, "aria-describedby") is None
    page.keyboard.press("Enter")
    assert page.is_visible(NOTE)
    page.keyboard.press("Tab")
    assert page.is_hidden(NOTE) or page.inner_text(NOTE) != texts("pt-BR")["term.token.what"]


def test_a_tap_opens_a_term_inside_the_screen_and_a_tap_elsewhere_closes_it(generate):
    page = generate(**PHONE)
    page.tap(TOKEN)
    box = page.locator(NOTE).bounding_box()
    assert (
        box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] >= 0 and box["y"] + box["height"] <= 844
    )
    page.tap("#lm-generate .station-title")
    assert page.is_hidden(NOTE)


def test_terms_follow_the_language_and_sentences_keep_their_words(generate):
    page = generate()
    page.click(".language[value=pt-BR]")
    page.wait_for_function("(selector) => document.querySelector(selector)", arg=TOKEN)
    lead = page.text_content("#lm-generate .station-lead")
    assert lead == texts("pt-BR")["lm.generate.lead.characters"]


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_one_list_has_every_word_and_a_link_opens_it(open_page, language):
    page = open_page(f"?words=1&lang={language}")
    page.wait_for_selector(".words[open] dt")
    said = texts(language)
    assert sorted(page.locator(".words dt").all_inner_texts()) == sorted(
        said[f"term.{term}"] for term in TERMS
    )
    page.keyboard.press("Escape")
    page.wait_for_function("!location.search.includes('words=')")  # a dialog tells of its end a moment later
    assert page.is_hidden(".words")
    page.click(".room-open")
    page.click(".all-words")
    assert page.is_visible(".words") and "words=1" in page.url
