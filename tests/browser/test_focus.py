"""A button that goes or is switched off does not throw the keyboard's focus away."""

import pytest

FOCUSED = "selector => document.activeElement.matches(selector)"


def press(page, selector, key="Enter"):
    page.focus(selector)
    page.keyboard.press(key)


def test_the_answer_of_a_lesson_is_shown_and_its_button_keeps_the_focus(open_page):
    page = open_page("?lesson=text&stop=2&lang=en")
    page.wait_for_selector(".lesson .options button")
    press(page, ".lesson .options button >> nth=0")
    press(page, ".lesson .reveal")
    page.wait_for_selector(".lesson .look:not(:empty)")
    assert page.evaluate(FOCUSED, ".lesson .reveal") and page.is_disabled(".lesson .reveal")
    page.keyboard.press("Tab")
    assert not page.evaluate(FOCUSED, "body")
    press(page, ".lesson .close")
    assert page.evaluate(FOCUSED, ".room-open")


@pytest.mark.parametrize("kind", ["gif", "png"])
def test_a_file_of_a_walk_is_saved_twice_by_the_same_key(open_page, kind):
    page = open_page("?tab=vae&vae_frames=5")
    page.wait_for_selector("#vae-walk [aria-busy=false] .facts .t:not(:empty)")
    button = f"#vae-walk .files [value={kind}]"
    page.focus(button)
    for _ in range(2):
        with page.expect_download():
            page.keyboard.press("Enter")
        page.wait_for_selector(f"{button}:not([data-off])")
        assert page.evaluate(FOCUSED, button)


def test_the_bars_of_what_a_gpt_looks_at_are_chosen_one_after_the_other(open_page):
    page = open_page("?tab=lm&station=evidence&lm_corpus=shakespeare")
    page.locator("#lm-evidence .looked").scroll_into_view_if_needed()
    bars = "#lm-evidence .looked-bars button"
    page.wait_for_selector(f"{bars} >> nth=2")
    for place in (1, 2):
        press(page, f"{bars} >> nth={place}")
        page.wait_for_selector(f"{bars}:nth-child({place + 1})[aria-pressed=true]")
        assert page.evaluate(FOCUSED, f"{bars}:nth-child({place + 1})")


def test_a_slider_that_was_reset_keeps_the_focus_on_its_button(open_page):
    page = open_page("?tab=vae&station=dimensions")
    page.wait_for_selector("#vae-dimensions .row input[type=range]")
    page.focus("#vae-dimensions .row input[type=range] >> nth=0")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#vae-dimensions .reset:enabled")
    press(page, "#vae-dimensions .reset")
    page.wait_for_selector("#vae-dimensions .reset:disabled, #vae-dimensions .reset[data-off]")
    assert page.evaluate(FOCUSED, "#vae-dimensions .reset")
