"""The dialog "For the class": lessons, the address as a QR code, and what is left out."""

import json

import pytest

from demo.component import lessons
from demo.room import qr_code
from demo.text import texts

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


# --- the address, full screen and what is left out --------------------------------------------------------


def test_the_address_is_shown_in_large_type_and_as_a_code(room):
    page = room("?tab=gan&station=gallery&gan_n=36")
    page.click(".room .show-code")
    page.wait_for_selector(".room.code .qr path[d^=M]", state="attached")
    assert page.inner_text(".room.code .url") == page.url
    assert page.is_visible(".room.code .note-local")  # the tests' app serves this computer alone
    rows = qr_code(page.url)["rows"]
    dark = page.get_attribute(".room.code .qr path", "d").count("M")
    assert dark == "".join(rows).count("1")
    box = page.locator(".room.code .qr").bounding_box()
    assert box["width"] == box["height"] >= 300


def test_a_text_behind_the_number_sign_stays_on_this_device(room):
    page = room("?tab=lm&station=yours&lm_corpus=own#lm_text=a+secret")
    page.click(".room .show-code")
    page.wait_for_selector(".room.code .qr path[d^=M]", state="attached")
    assert "secret" not in page.inner_text(".room.code .url")
    assert page.is_visible(".room.code .note-left")


def test_an_address_that_no_code_holds_is_one_sentence(room):
    page = room(f"?tab=gan&station=gallery&x={'y' * 1000}")
    page.click(".room .show-code")
    page.wait_for_selector(".room.code .message:not([hidden])")
    assert page.inner_text(".room.code .message") == texts("en")["error.code_long"].format(most="1,000")
    assert page.is_visible(".room.code .url")


def test_parts_are_left_out_by_clicking_and_the_link_keeps_it(room):
    page = room("?tab=vae&station=walk")
    page.click(".room .leave-out")
    page.click("#vae-tab .stations [value=map]")
    assert page.get_attribute("#vae-tab .stations [value=walk]", "aria-current") == "page"  # it only chooses
    page.click("#tab-gan")
    page.click("#vae-walk .files button >> nth=0")
    assert page.is_hidden("#vae-tab .stations [value=map]") and page.is_hidden("#tab-gan")
    assert "3 parts" in page.inner_text(".hiding .hidden-count")
    page.click(".hiding .undo")
    assert page.is_visible("#vae-walk .files")
    page.click(".hiding .done")
    assert page.is_hidden(".hiding") and "hide=vae-map%2Cgan" in page.url
    page.click("#vae-tab .stations [value=inside]")  # clicks do again what they did
    assert page.get_attribute("#vae-tab .stations [value=inside]", "aria-current") == "page"
    page.goto(page.url)
    page.wait_for_selector("#vae-tab .stations button")
    assert page.is_hidden("#tab-gan") and page.is_hidden("#vae-tab .stations [value=map]")


def test_a_link_that_leaves_out_the_first_station_opens_the_next(open_page):
    page = open_page("?tab=vae&hide=vae-walk,nonsense,vae-inside.fold")
    page.wait_for_selector("#vae-tab .stations [value=inside][aria-current=page]")
    assert page.is_hidden("#vae-tab .stations [value=walk]")
    page.wait_for_selector("#vae-inside .exhibit")
    assert page.is_hidden("#vae-inside .fold")
