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


FREE = """() => {
  const { left, top, right, bottom } = document.activeElement.getBoundingClientRect();
  const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return document.activeElement.contains(at) || at?.contains(document.activeElement);
}"""


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize(
    ("query", "root"),
    [
        ("lm&station=generate", "#lm-generate .token-bars"),
        ("vae&station=dimensions", "#vae-dimensions"),
        ("vae&station=training", "#vae-training"),
    ],
)
@pytest.mark.parametrize("size", [(640, 360), (360, 640)])
def test_what_has_the_focus_is_not_covered(open_page, query, root, key, size):
    page = open_page(f"?tab={query}", viewport=dict(zip(("width", "height"), size, strict=True)))
    page.wait_for_selector(f"{root} button:enabled, {root} [tabindex='0']")
    page.wait_for_function(
        "(root) => !document.querySelector(`${root}[aria-busy=true], ${root} [aria-busy=true]`)", arg=root
    )
    reachable = f"{root} :is(button:enabled, input:enabled, select, summary, [tabindex='0']):visible"
    ends = page.locator(reachable)
    (ends.first if key == "Tab" else ends.last).focus()
    covered = []
    for _ in range(40):
        page.keyboard.press(key)
        if not page.evaluate("(root) => Boolean(document.activeElement.closest(root))", root):
            break
        page.wait_for_timeout(30)
        if not page.evaluate(FREE):
            covered.append(page.evaluate("document.activeElement.outerHTML.slice(0, 90)"))
    assert covered == []


def test_a_slider_that_was_reset_keeps_the_focus_on_its_button(open_page):
    page = open_page("?tab=vae&station=dimensions")
    page.wait_for_selector("#vae-dimensions .row input[type=range]")
    page.focus("#vae-dimensions .row input[type=range] >> nth=0")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#vae-dimensions .reset:enabled")
    press(page, "#vae-dimensions .reset")
    page.wait_for_selector("#vae-dimensions .reset:disabled, #vae-dimensions .reset[data-off]")
    assert page.evaluate(FOCUSED, "#vae-dimensions .reset")
