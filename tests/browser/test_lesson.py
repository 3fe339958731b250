"""The bar of a lesson: predict, reveal, back and next, on the real stations; and "Start here" on the first visit."""

from urllib.parse import parse_qs, urlparse

import pytest

from demo.component import lessons
from tests.browser.conftest import PHONE

BAR = ".lesson"
BEHIND = "#panel-lm .station-title"


def parameters(page):
    return {key: values[0] for key, values in parse_qs(urlparse(page.url).query).items()}


def stop(name, number, language="en"):
    return lessons()[f"{name}.{language}"]["stops"][number - 1]


def opened(page):
    page.wait_for_selector(f"{BAR} .ask:not(:empty)")
    return page


def choose(page, number):
    page.click(f"{BAR} .options button >> nth={number}")


def test_a_link_to_a_stop_sets_its_exhibit_up_and_keeps_the_language(open_page):
    page = open_page("?lesson=text&stop=4&lang=pt-BR")
    page.wait_for_url("**tab=lm**")
    opened(page)
    assert page.inner_text(f"{BAR} .ask") == stop("text", 4, "pt-BR")["ask"]
    shown = parameters(page)
    assert shown["lang"] == "pt-BR" and shown["lm_p"] == "q" and shown["lm_o"] == "2"
    page.wait_for_selector("#lm-generate .token-text .token", state="attached")
    assert page.input_value("#lm-generate .prompt-field") == "q"


def test_the_answer_comes_only_after_a_prediction_and_so_does_a_covered_exhibit(open_page):
    page = opened(open_page("?lesson=text&stop=4&tab=lm&station=generate&lm_corpus=shakespeare"))
    assert page.is_hidden(BEHIND) and page.is_disabled(f"{BAR} .reveal")
    assert page.inner_text(f"{BAR} .look") == ""
    choose(page, 0)
    assert page.is_visible(BEHIND)
    page.click(f"{BAR} .reveal")
    told = stop("text", 4)
    assert page.inner_text(f"{BAR} .look") == f"{told['options'][told['right']]}. {told['look']}"
    assert page.get_attribute(f"{BAR} .options .right", "value") == str(told["right"])
    page.reload()
    opened(page)
    assert page.get_attribute(f"{BAR} .options [aria-pressed=true]", "value") == "0"
    assert told["look"] in page.inner_text(f"{BAR} .look")


def test_a_stop_without_a_screen_takes_a_written_prediction(open_page):
    page = opened(open_page("?lesson=image&stop=1"))
    assert page.is_hidden("#panel-vae .station-title") and page.is_hidden(f"{BAR} .again")
    page.fill(f"{BAR} .written input", "  ")
    page.keyboard.press("Enter")
    assert page.inner_text(f"{BAR} .look") == ""
    page.fill(f"{BAR} .written input", "size of the nose")
    page.keyboard.press("Enter")
    assert page.inner_text(f"{BAR} .look") == stop("image", 1)["look"]


def test_next_and_back_go_from_stop_to_stop_and_the_lesson_ends_where_it_is(open_page):
    page = opened(open_page("?lesson=first&stop=1&tab=lm"))
    assert page.get_attribute(f"{BAR} .back", "aria-disabled") == "true"
    page.click(f"{BAR} .next")
    page.wait_for_url("**stop=2**")
    opened(page)
    assert parameters(page)["vae_set"] == "emoji"
    page.click(f"{BAR} .back")
    page.wait_for_url("**stop=1**")
    opened(page)
    page.click(f"{BAR} .close")
    assert page.is_hidden(BAR) and "lesson" not in parameters(page) and parameters(page)["tab"] == "lm"


def test_switching_the_language_switches_the_lesson_and_keeps_the_prediction(open_page):
    page = opened(open_page("?lesson=text&stop=4&tab=lm&lm_corpus=shakespeare"))
    choose(page, 2)
    page.click(".language[value=pt-BR]")
    page.wait_for_function(
        "(ask) => document.querySelector('.lesson .ask').textContent === ask",
        arg=stop("text", 4, "pt-BR")["ask"],
    )
    assert page.get_attribute(f"{BAR} .options [aria-pressed=true]", "value") == "2"
    assert page.get_attribute(f"{BAR} .ask", "lang") == "pt-BR"


@pytest.mark.parametrize(
    "query",
    ["?lesson=nothing&tab=lm", "?lesson=text&stop=99&tab=lm", "?lesson=first&stop=99", "?lesson=own&tab=lm"],
)
def test_a_lesson_or_a_stop_that_is_not_there_is_told(open_page, query):
    page = open_page(query)
    if query.endswith("99"):
        page.wait_for_url("**stop=1**")  # it is led to the first stop, which still says so
    page.wait_for_selector(".misread:not([hidden])")
    if "99" in query:
        opened(page)
        assert page.inner_text(f"{BAR} .ask") == stop("first" if "first" in query else "text", 1)["ask"]
    else:
        assert page.is_hidden(BAR)
    if query.endswith("99"):
        page.reload()
        opened(page)
        assert page.is_hidden(".misread")  # it is said once


def test_the_first_visit_is_greeted_once_and_a_link_never(open_page):
    page = open_page()
    page.wait_for_selector(".start-here:not([hidden])")
    assert page.get_attribute(".start-here a", "href") == "?lesson=first"
    page.click(".start-here .close")
    page.reload()
    page.wait_for_selector(".tab[aria-selected=true]")
    assert page.is_hidden(".start-here")
    page.evaluate("localStorage.clear()")
    page.goto(page.url.split("?")[0] + "?tab=vae")
    page.wait_for_selector(".tab[aria-selected=true]")
    assert page.is_hidden(".start-here")


# width and height of the screen, and how much of it the bar may take beside an exhibit
SCREENS = [(1366, 768, 0.25), (390, 844, 0.5), (320, 700, 0.8)]


@pytest.mark.parametrize("language", ["en", "pt-BR"])
@pytest.mark.parametrize("width, height, share", SCREENS)
def test_no_stop_is_wider_than_the_screen_and_all_leave_room_for_the_exhibit(
    open_page, language, width, height, share
):
    options = {"viewport": {"width": width, "height": height}}
    page = opened(open_page(f"?lesson=text&lang={language}", **(options if width > 800 else PHONE | options)))
    for name, lesson in lessons().items():
        if not name.endswith(f".{language}"):
            continue
        boxes = page.evaluate(
            """async (lesson) => {
              const { showStop } = await load("web/lesson.js");
              const bar = document.querySelector(".lesson");
              return lesson.stops.map(({ open }, i) => {
                showStop(lesson, i);
                document.body.classList.remove("lesson-covered");
                const { right, height } = bar.getBoundingClientRect();
                return { right: Math.max(right, right + bar.scrollWidth - bar.clientWidth), height, open };
              });
            }""",
            lesson,
        )
        for number, box in enumerate(boxes, 1):
            assert box["right"] <= width, (name, number)
            assert not box.get("open") or box["height"] <= share * height, (name, number, box["height"])
