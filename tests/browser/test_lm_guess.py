"""Guess the next token, in the station Reading: ten gaps, by keys, typing and touch, scored beside both models."""

import re

import pytest

from demo.component import FOLDER
from demo.text import texts
from tests.browser.conftest import PHONE

CARD = "#lm-reading .guess-game"
OPTIONS = f"{CARD} .guess-options button"
SHAKESPEARE = "?tab=lm&station=reading&lm_corpus=shakespeare"


def state(page, wanted):
    page.wait_for_selector(f"{CARD}[data-state={wanted}]")


def start(page):
    page.wait_for_selector("#lm-reading .tokens .token")
    page.click("#lm-reading .guess-start")
    state(page, "asked")


def finish(page):
    """Presses the keys 1 to 5 at every gap until the right one is met; returns the number of guesses at each."""
    guesses = []
    while page.locator(f"{CARD}[data-state=ended]").count() == 0:
        for key in "12345":
            page.keyboard.press(key)
            if page.locator(f"{CARD}[data-state=told]").count():
                break
        guesses.append(int(key))
        page.keyboard.press("Enter")  # the focus is on the button that goes on
    return guesses


def test_ten_gaps_are_guessed_by_keys_and_scored_beside_both_models(open_page):
    page = open_page(SHAKESPEARE)
    start(page)
    assert page.is_hidden("#lm-reading .text-field")  # it would tell
    asked = len(page.requests)
    guesses = finish(page)
    assert len(guesses) == 10 and len(page.requests) == asked
    rows = page.locator(f"{CARD} .guess-result tbody tr")
    assert [row.split("\t")[0] for row in rows.all_inner_texts()] == ["You", "Counts", "GPT"]
    assert f"{guesses.count(1)} of 10" in rows.nth(0).inner_text() and "at most" in rows.nth(0).inner_text()
    first = re.search(r'"(Good night.*?)\\n', (FOLDER / "lm/guess_texts.js").read_text("utf-8"))[1]
    assert page.inner_text(f"{CARD} .guess-text").startswith(first)
    page.click(f"{CARD} .guess-again")
    assert page.inner_text(f"{CARD} .guess-gap") == "Gap 1 of 10"
    page.click(f"{CARD} .guess-leave")
    assert page.is_visible("#lm-reading .text-field") and page.is_hidden(CARD)


def test_a_wrong_guess_is_told_and_the_bars_come_with_the_right_one(open_page):
    page = open_page("?tab=lm&station=reading&lm_corpus=machado&lang=pt-BR")
    start(page)
    page.fill(f"{CARD} input", "helicóptero")
    page.keyboard.press("Enter")
    said = texts("pt-BR")["lm.guess.wrong"].format(token="helicóptero")
    assert page.inner_text(f"{CARD} .guess-said") == said
    assert page.locator(f"{CARD} .guess-bars .guess").count() == 0
    for i in range(5):
        if page.locator(f"{CARD}[data-state=asked]").count():
            page.locator(OPTIONS).nth(i).click()
    state(page, "told")
    assert page.locator(f"{CARD} .guess-bars h4").all_inner_texts() == ["Contagens", "GPT"]
    assert page.locator(f"{CARD} .guess-bars .guess.this").count() == 2
    assert page.locator(f"{OPTIONS}:enabled").count() == 1


def test_a_link_opens_the_game_and_the_text_of_the_field_is_played_too(open_page):
    page = open_page(SHAKESPEARE + "&lm_r_g=2&lm_r_text=The+cat+sat+on+the+mat.")
    state(page, "asked")
    assert page.inner_text(f"{CARD} .guess-text").startswith("Wha")
    page.click(f"{CARD} .guess-texts button:last-child")
    page.wait_for_function(
        "(place) => document.querySelector(place).textContent.startsWith('The')", arg=f"{CARD} .guess-text"
    )
    assert "lm_r_g=field" in page.url
    page.click(f"{CARD} .guess-leave")
    assert "lm_r_g" not in page.url


def test_a_text_that_nobody_can_read_is_told_and_the_game_stays(open_page):
    page = open_page(SHAKESPEARE)
    start(page)
    page.click(f"{CARD} .guess-leave")
    page.fill("#lm-reading .text-field", "   ")
    page.click("#lm-reading .guess-start")
    state(page, "asked")
    page.click(f"{CARD} .guess-texts button:last-child")
    message = page.locator("#lm-reading .message")
    message.wait_for(state="visible")
    assert message.inner_text() == texts("en")["error.own_blank"]
    page.click(f"{CARD} .guess-texts button >> nth=0")
    state(page, "asked")


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_on_a_phone_a_finger_plays_it(open_page, language):
    page = open_page(f"?tab=lm&station=reading&lang={language}", **PHONE)
    page.wait_for_selector("#lm-reading .tokens .token")
    page.tap("#lm-reading .guess-start")
    state(page, "asked")
    for i in range(5):
        if page.locator(f"{CARD}[data-state=asked]").count():
            box = page.locator(OPTIONS).nth(i).bounding_box()
            assert box["height"] >= 40 and box["width"] >= 40
            page.locator(OPTIONS).nth(i).tap()
    state(page, "told")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert all(
        box["x"] + box["width"] <= 390
        for box in (row.bounding_box() for row in page.locator(f"{CARD} .guess").all())
    )


def test_a_link_to_a_game_hears_the_keys_at_once_and_leaving_keeps_the_keyboard(open_page):
    page = open_page(f"{SHAKESPEARE}&lm_r_g=1")
    state(page, "asked")
    assert len(finish(page)) == 10
    page.focus(f"{CARD} .guess-leave")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('.guess-start')")


def test_a_short_text_has_fewer_gaps_and_the_result_says_how_many_options_there_were(open_page):
    page = open_page(f"{SHAKESPEARE}&lm_r_text=I%20go.")
    page.wait_for_selector("#lm-reading .tokens .token")
    page.click("#lm-reading .guess-start")
    state(page, "asked")
    page.locator(f"{CARD} .guess-texts button").last.click()
    page.wait_for_function(
        "card => /of 2$/.test(document.querySelector(`${card} .guess-gap`).textContent)", arg=CARD
    )
    finish(page)
    assert page.inner_text(f"{CARD} .guess-fair").startswith(
        "You chose among 5 tokens at most, the models among all 65."
    )
