"""The dialog "For the class": lessons to begin, to print, and one from a teacher's own file."""

import json

import pytest

from demo.component import lessons

STOP = {
    "name": "Here",
    "minutes": 3,
    "ask": "What comes next?",
    "look": "This.",
    "open": "tab=gan&station=gallery",
}
OWN = {"title": "My lesson", "about": "One stop.", "stops": [STOP]}


@pytest.fixture
def room(open_page):
    """room(query) -> a page with the dialog open."""

    def open_room(query="?tab=vae", **options):
        page = open_page(query, **options)
        page.wait_for_selector(".tab[aria-selected=true]")
        page.click(".room-open")
        page.wait_for_selector(".room .lesson-list li >> nth=3")
        return page

    return open_room


def bring(page, text, name="mine.json"):
    page.set_input_files(
        ".room .own-lesson input", {"name": name, "mimeType": "application/json", "buffer": text.encode()}
    )


def titles(page):
    return page.locator(".room .lesson-list b").all_inner_texts()


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_every_lesson_of_the_language_is_listed_and_begins_at_its_first_stop(room, language):
    page = room(f"?tab=vae&lang={language}")
    assert titles(page) == [one["title"] for name, one in lessons().items() if name.endswith(f".{language}")]
    page.click(".room .lesson-list li:last-child a")
    page.wait_for_url("**lesson=text&stop=1**")
    page.wait_for_selector(".lesson .ask:not(:empty)")
    assert f"lang={language}" in page.url


def test_a_lesson_of_ones_own_is_opened_from_a_file_and_survives_a_reload(room):
    page = room()
    asked = len(page.requests)
    bring(page, json.dumps(OWN))
    page.wait_for_selector(".room .lesson-list li >> nth=4")
    assert titles(page)[-1] == "My lesson"
    assert len(page.requests) == asked  # it is sent nowhere
    page.click(".room .lesson-list li:last-child a")
    page.wait_for_url("**lesson=own**")
    page.wait_for_selector(".lesson .ask:not(:empty)")
    assert page.inner_text(".lesson .ask") == STOP["ask"] and "station=gallery" in page.url
    page.reload()
    page.wait_for_selector(".lesson .ask:not(:empty)")


@pytest.mark.parametrize(
    "text, said",
    [
        ("{", "not a lesson"),
        (json.dumps({**OWN, "about": ""}), "“about”"),
        (json.dumps({**OWN, "stops": [STOP, {**STOP, "minutes": "3"}]}), "stop 2 of this lesson “minutes”"),
    ],
)
def test_a_file_that_is_no_lesson_is_told_in_one_sentence_and_changes_nothing(room, text, said):
    page = room()
    bring(page, json.dumps(OWN))
    page.wait_for_selector(".room .lesson-list li >> nth=4")
    bring(page, text)
    page.wait_for_selector(".room .message:not([hidden])")
    assert said in page.inner_text(".room .message")
    assert titles(page)[-1] == "My lesson"
    bring(page, json.dumps({**OWN, "title": "Mended"}))
    page.wait_for_selector(".room .message", state="hidden")
    assert titles(page)[-1] == "Mended"


def test_on_paper_there_is_the_lesson_alone_and_afterwards_the_page_again(room):
    page = room()
    page.evaluate("() => { window.printed = 0; window.print = () => window.printed++; }")
    page.click(".room .lesson-list li:last-child .print")
    assert page.evaluate("window.printed") == 1
    page.emulate_media(media="print")
    assert page.is_visible(".paper .plan h1") and page.is_hidden(".page-head")
    assert page.inner_text(".paper .plan h1") == lessons()["text.en"]["title"]
    page.emulate_media(media="screen")
    assert page.is_hidden(".paper")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="print")
    assert page.is_hidden(".paper") and page.is_visible(".page-head")


def test_the_dialog_closes_by_escape_and_by_its_button_and_the_focus_returns(room):
    page = room()
    page.keyboard.press("Escape")
    assert page.is_hidden(".room")
    assert page.evaluate("document.activeElement.className") == "tool room-open"
    page.click(".room-open")
    page.click(".room .close")
    assert page.is_hidden(".room")
