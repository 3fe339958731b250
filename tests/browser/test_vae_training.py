"""The VAE's training as a visitor uses it."""

import re

import pytest

from tests.browser.conftest import PHONE, calls, set_slider

ROOT = "#vae-training .vae-training"
MESSAGE = f"{ROOT} > .message"
SERVER = "**/playground/call/**"
PLOTS = f"{ROOT} .plot"


def open_station(open_page, query="", **options):
    page = open_page(f"?tab=vae&station=training{query}", **options)
    wait_until_shown(page)
    return page


def wait_until_shown(page):
    page.wait_for_selector(f"{ROOT}[aria-busy=false] .cell[aria-pressed=true]", timeout=60_000)


def moment(page):
    """Which moment is in view, from 1: the same in every row and above them."""
    places = page.eval_on_selector_all(
        f"{ROOT} .cells, {ROOT} .moments",
        "all => all.map((list) => [...list.children].findIndex((b) => b.ariaPressed === 'true') + 1)",
    )
    assert len(places) == 4 and len(set(places)) == 1
    return places[0]


def pictures(page, selector):
    return page.eval_on_selector_all(selector, "all => all.map((canvas) => canvas.toDataURL())")


def cells(page):
    return pictures(page, f"{ROOT} .cell canvas")


def enlarged(page, column):
    """The large pictures of the three networks: column 3 rebuilt, column 4 made up."""
    return pictures(page, f"{ROOT} .network > :nth-child({column}) canvas")


def cursor(page):
    return page.eval_on_selector_all(
        f"{ROOT} [data-of=betas] .plot", "all => all.map((plot) => plot.layout.shapes[0].x0)"
    )


def curves(page, of):
    return page.eval_on_selector_all(
        f"{ROOT} [data-of={of}] .plot", "all => all.map((plot) => JSON.stringify(plot.data.map((t) => t.y)))"
    )


def wait_for_plots(page):
    page.wait_for_function(f"[...document.querySelectorAll('{PLOTS}')].every((plot) => plot.layout)")


def numbers(text):
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text.replace(",", ""))]


def test_one_request_shows_three_networks_at_every_kept_moment(open_page):
    page = open_station(open_page)
    wait_for_plots(page)
    assert len(calls(page)) == 1
    assert page.locator(f"{ROOT} .network").count() == 3 and len(cells(page)) == 15
    assert [page.inner_text(f"{ROOT} .network:nth-of-type(n) b >> nth={i}") for i in range(3)] == [
        "β = 0.1",
        "β = 1",
        "β = 4",
    ]
    assert moment(page) == 5
    # enlarged are the copies of the moment in view
    assert enlarged(page, 3) == [cells(page)[i] for i in (4, 9, 14)]
    summary = page.locator(f"{ROOT} details.fold summary").first.bounding_box()
    assert summary["y"] + 20 < 720


def test_the_sum_under_the_copies_is_what_was_trained_on(open_page):
    page = open_station(open_page)
    for i, beta in enumerate((0.1, 1, 4)):
        recon, kl = numbers(page.locator(f"{ROOT} .cell").nth(5 * i + 4).inner_text())
        shown = numbers(page.locator(f"{ROOT} .sum").nth(i).inner_text())
        assert shown[:2] == [recon, beta] and shown[2] == pytest.approx(kl, abs=0.051)
        # a calculator gets the same from the numbers on the screen, to a tenth
        assert shown[3] == pytest.approx(shown[0] + beta * shown[2], abs=0.0501)


def test_scrubbing_and_playing_ask_nothing(open_page):
    page = open_station(open_page)
    wait_for_plots(page)
    asked, last = calls(page), enlarged(page, 4)
    set_slider(page, f"{ROOT} .scrubber", 0)
    assert moment(page) == 1 and enlarged(page, 3) == [cells(page)[i] for i in (0, 5, 10)]
    assert enlarged(page, 4) != last and cursor(page) == [0, 0]
    page.click(f"{ROOT} .network:nth-last-child(1) .cell:nth-child(2)")
    assert moment(page) == 2 and page.input_value(f"{ROOT} .scrubber") == "1"
    assert cursor(page)[0] == cursor(page)[1] > 0
    page.focus(f"{ROOT} .scrubber")
    page.keyboard.press("ArrowRight")
    assert moment(page) == 3
    page.select_option(f"{ROOT} .speed", "2.5")
    page.click(f"{ROOT} .play")
    page.wait_for_function(f"document.querySelector('{ROOT} .scrubber').value === '4'")
    assert moment(page) == 5 and calls(page) == asked


def test_language_and_theme_ask_nothing(open_page):
    page = open_station(open_page)
    wait_for_plots(page)
    asked = calls(page)
    page.click(".language[value=pt-BR]")
    assert (
        page.inner_text(f"{ROOT} .station-title") == "Boas cópias ou boas imagens novas: dá para ter as duas?"
    )
    assert "," in page.inner_text(f"{ROOT} .cell >> nth=4") and "β = 0,1" in page.inner_text(
        f"{ROOT} .legend"
    )
    before = page.eval_on_selector(PLOTS, "(plot) => plot.data[0].line.color")
    page.evaluate("document.body.classList.toggle('dark')")
    page.wait_for_function(
        "([plot, before]) => document.querySelector(plot).data[0].line.color !== before", arg=[PLOTS, before]
    )
    assert calls(page) == asked


def draw_bar(page):
    """A vertical bar on the drawing pad, with the pointer."""
    box = page.locator(f"{ROOT} .pad").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()


@pytest.mark.parametrize("options", [{}, PHONE])
def test_ones_own_drawing_is_rebuilt_at_every_moment(open_page, options):
    page = open_station(open_page, **options)
    before, four = cells(page), pictures(page, f"{ROOT} .four")
    made_up = enlarged(page, 4)
    page.tap(f"{ROOT} .draw") if options else page.click(f"{ROOT} .draw")
    page.wait_for_selector(f"{ROOT} .pad")
    draw_bar(page)
    page.wait_for_function(
        "([place, before]) => document.querySelector(place).toDataURL() !== before",
        arg=[f"{ROOT} .four", four[0]],
    )
    wait_until_shown(page)
    assert page.inner_text(f"{ROOT} .whose") == "the first is yours"
    assert all(one != other for one, other in zip(cells(page), before, strict=True))
    assert enlarged(page, 4) == made_up


def test_the_curves_follow_the_model_in_view_and_the_networks_stay(open_page):
    page = open_station(open_page)
    wait_for_plots(page)
    kept, of_digits, of_betas = cells(page), curves(page, "view"), curves(page, "betas")
    assert page.inner_text(f"{ROOT} .view-name") == "The model selected: Digits, z: 32"
    page.check(".vae-tab .set input[value=emoji]", force=True)
    page.wait_for_function(f"document.querySelector('{ROOT} .view-name').textContent.includes('Emoji')")
    page.wait_for_function(
        "([of, plot]) => JSON.stringify(document.querySelector(plot).data.map((t) => t.y)) !== of",
        arg=[of_digits[0], f"{ROOT} [data-of=view] .plot"],
    )
    assert cells(page) == kept and curves(page, "betas") == of_betas
    assert page.is_hidden(f"{ROOT} .draw")


def test_another_example_as_a_asks_nothing(open_page):
    page = open_station(open_page)
    asked = calls(page)
    page.evaluate(
        "load('vae/store.js').then(({ vaeStore }) => vaeStore.change({ a: 'example:7-3', b: 'seed:5' }))"
    )
    assert calls(page) == asked


def test_a_link_reopens_the_moment(open_page):
    page = open_station(open_page)
    page.click(f"{ROOT} .moments button:nth-child(2)")
    assert "vae_step=" in page.url
    again = open_page("?" + page.url.split("?")[1])
    wait_until_shown(again)
    assert moment(again) == 2 and enlarged(again, 3) == enlarged(page, 3)


def test_a_broken_link_opens_the_usual(open_page):
    usual = cells(open_station(open_page))
    for broken in ("&vae_step=7", "&vae_step=🙂", "&vae_a=picture:AAAA"):
        page = open_station(open_page, broken)
        assert moment(page) == 5 and cells(page) == usual and page.is_hidden(MESSAGE), broken


def test_without_the_server_all_stays_and_one_sentence_says_so(open_page):
    page = open_station(open_page)
    kept = cells(page)
    page.route(SERVER, lambda route: route.abort())
    page.check(".vae-tab .set input[value=fashion]", force=True)
    page.wait_for_selector(MESSAGE)
    assert page.inner_text(MESSAGE).startswith("The server is not answering.")
    assert cells(page) == kept and "Digits" in page.inner_text(f"{ROOT} .view-name")
