"""Places: each tab remembers its station, and Back, Forward and a link open what was in view."""

import re

import pytest


def place(page):
    """The tab and the station in view."""
    tab = page.get_attribute("[role=tab][aria-selected=true]", "id").removeprefix("tab-")
    return tab, page.get_attribute(f"#{tab}-tab .stations [aria-current=page]", "value")


def go(page, family, station=None):
    page.click(f"#tab-{family}")
    if station:
        page.click(f"#{family}-tab .stations [value={station}]")


def test_a_tab_remembers_its_station_and_the_address_names_it(open_page):
    page = open_page("?tab=gan")
    go(page, "gan", "collapse")
    go(page, "vae")
    go(page, "gan")
    assert place(page) == ("gan", "collapse")
    assert "tab=gan" in page.url and "station=collapse" in page.url


@pytest.mark.gradio
def test_back_goes_from_station_to_station_and_forward_again(open_page):
    page = open_page()
    go(page, "vae", "map")
    page.click("#vae-map .shows >> nth=0")  # a control is no place
    go(page, "gan")
    go(page, "gan", "training")
    seen = [place(page)]
    for _ in range(3):
        page.go_back()
        seen.append(place(page))
    assert seen == [("gan", "training"), ("gan", "gallery"), ("vae", "map"), ("vae", "walk")]
    page.go_forward()
    assert place(page) == ("vae", "map")


def test_back_brings_back_the_set_of_that_entry(open_page):
    page = open_page("?tab=gan&station=gallery")
    go(page, "gan", "training")
    page.check("#gan-tab .set input[value=digits]", force=True)
    page.wait_for_url(re.compile("gan_set=digits"))
    page.go_back()
    assert place(page) == ("gan", "gallery")
    assert page.is_checked("#gan-tab .set input[value=fashion]")


@pytest.mark.parametrize(
    "station, button, opened",
    [
        ("gan/gallery", "button[value=b]", "gan/walk"),
        ("vae/training", ".network:last-child .dead", "vae/dimensions"),
        ("lm/generate", ".look-up", "lm/evidence"),
        ("lm/yours", ".onward [value=generate]", "lm/generate"),
        ("lm/yours", ".onward [value=evidence]", "lm/evidence"),
        ("lm/yours", ".onward [value=reading]", "lm/reading"),
    ],
)
def test_a_station_opened_by_a_button_of_another_begins_at_its_title(open_page, station, button, opened):
    family, name = station.split("/")
    page = open_page(f"?tab={family}&station={name}", viewport={"width": 390, "height": 844})
    button = page.locator(f"#{family}-{name} {button}:not(:disabled)")
    button.wait_for(timeout=60_000)
    button.evaluate("(button) => button.scrollIntoView({ block: 'start' })")
    assert page.evaluate("scrollY") > 200
    button.click()
    root = f"#{opened.replace('/', '-')}"
    page.wait_for_function(f"document.activeElement.matches('{root} .station-title')")
    page.wait_for_selector(f"{root} section:not([aria-busy=true])", timeout=60_000)
    assert page.evaluate("document.activeElement.matches('.station-title')")  # also once it is drawn
    assert 0 <= page.evaluate("document.activeElement.getBoundingClientRect().top") < 300
    page.go_back()
    assert "/".join(place(page)) == station


def test_choices_of_the_head_last_until_a_link_says_otherwise(browser, address):
    context = browser.new_context(locale="en-US")
    look = "[document.documentElement.lang, document.body.classList.contains('dark'), "
    look += "document.documentElement.classList.contains('projector')]"
    try:
        page = context.new_page()

        def opened(query):
            page.goto(f"{address}/{query}")
            page.wait_for_selector("[role=tab][aria-selected=true]")
            return page.evaluate(look)

        assert opened("") == ["en", False, False]
        for tool in (".projector", ".theme", ".language[value='pt-BR']"):
            page.click(f".tool{tool}")
        assert all(f"{part}" in page.url for part in ("projector=1", "__theme=dark", "lang=pt-BR"))
        assert opened("") == ["pt-BR", True, True]
        assert opened("?lang=en&__theme=light&projector=0") == ["en", False, False]
    finally:
        context.close()
