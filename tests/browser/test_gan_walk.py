"""The walk between two samples of the GAN, as a visitor uses it."""

import io
import re

import pytest
from PIL import Image

from tests.browser.conftest import PHONE, calls, set_slider

ROOT = "#gan-walk .gan-walk"
MESSAGE = f"{ROOT} .heading .message"
PICKER = f"{ROOT} .picker"
SERVER = "**/playground/call/**"
A, HERE, B = (f"{ROOT} {place} .picture" for place in ("[data-end=a]", ".largest", "[data-end=b]"))


def open_walk(open_page, query="&gan_walk_a=bag:8&gan_walk_b=boot:10", **options):
    page = open_page(f"?tab=gan&station=walk{query}", **options)
    wait_until_shown(page)
    return page


def wait_until_shown(page):
    """Until the pictures are those that the controls ask for."""
    page.wait_for_selector(f"{ROOT}[aria-busy=false] .facts .t:not(:empty)", timeout=60_000)


def pixels(page, selector):
    return page.eval_on_selector(selector, "(canvas) => canvas.toDataURL()")


def greys(page, selector):
    """The grey values of every canvas that fits, row by row."""
    return page.eval_on_selector_all(
        selector,
        """all => all.map((canvas) => {
          const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          return Array.from({length: data.length / 4}, (_, i) => data[4 * i]);
        })""",
    )


def strip(page, row="first"):
    """The pictures of a strip: the generator's come first, the cross-fade's last."""
    return page.eval_on_selector_all(
        f"{ROOT} .cell canvas:{row}-child", "all => all.map((canvas) => canvas.toDataURL())"
    )


def bars(page):
    return page.eval_on_selector_all(
        f"{ROOT} .bar i", "all => all.map((bar) => parseFloat(bar.style.height))"
    )


def frame(page):
    return int(page.input_value(f"{ROOT} .scrubber"))


def wait_for_another(page, selector, before):
    page.wait_for_function(
        "([selector, before]) => document.querySelector(selector).toDataURL() !== before",
        arg=[selector, before],
    )
    wait_until_shown(page)


def wait_for_address(page, *parts):
    page.wait_for_function(
        "(parts) => parts.every((part) => decodeURIComponent(location.search).includes(part))",
        arg=list(parts),
    )


# --- what is there ----------------------------------------------------------------------------------------


def test_the_station_opens_on_a_walk_with_one_request(open_page):
    page = open_walk(open_page, "")
    walk = strip(page)
    assert len(walk) == len(set(walk)) == len(strip(page, "last")) == 13
    assert pixels(page, A) == walk[0] and pixels(page, B) == walk[-1]
    assert frame(page) == 6 and pixels(page, HERE) == walk[6]
    assert page.inner_text(f"{ROOT} .facts .t") == "t = 0.50"
    assert len(calls(page)) == 1 and "gan_walk" not in page.url


def test_the_cross_fade_is_the_mean_of_the_two_pictures_and_the_walk_is_not(open_page):
    page = open_walk(open_page)
    walk, faded = (greys(page, f"{ROOT} .cell canvas:{row}-child") for row in ("first", "last"))
    assert faded[0] == walk[0] and faded[-1] == walk[-1]
    for i in (3, 6, 10):
        mean = [(1 - i / 12) * a + i / 12 * b for a, b in zip(walk[0], walk[-1], strict=True)]
        assert max(abs(x - y) for x, y in zip(mean, faded[i], strict=True)) <= 1
    assert max(abs(x - y) for x, y in zip(walk[6], faded[6], strict=True)) > 50
    assert greys(page, f"{ROOT} .ghost canvas") == [faded[6]]


def test_what_is_said_of_a_frame_is_what_its_bar_shows(open_page):
    page = open_walk(open_page)
    heights = bars(page)
    assert len(set(heights)) > 1 and all(0 <= height <= 100 for height in heights)
    for i in (0, 6, 12):
        set_slider(page, f"{ROOT} .scrubber", str(i))
        said = float(re.search(r"real: <?([\d.]+)%", page.inner_text(f"{ROOT} .facts .belief"))[1])
        assert abs(said - heights[i]) <= 0.5
    assert page.inner_text(f"{ROOT} .blended") == "class: 0% bag, 100% ankle boot"
    page.click(f"{ROOT} .fold > summary")
    page.click(f"{ROOT} .predict summary")
    assert f"{round(heights[12])}% at the end" in page.inner_text(f"{ROOT} .revealed")
    assert "{" not in page.inner_text(ROOT)


@pytest.mark.gradio
def test_nothing_jumps_when_the_walk_arrives(open_page):
    held, freed = [], []
    page = open_page("?tab=vae")
    page.route(SERVER, lambda route: route.continue_() if freed else held.append(route))
    page.click("#tab-gan")
    with page.expect_request(lambda request: "/playground/call/gan_walk" in request.url):
        page.click("#gan-tab .stations button[value=walk]")

    def places():
        parts = (".heading", "[data-end=a]", ".here", ".scrubber", ".cell:nth-child(5)", ".knobs", ".fold")
        return [page.locator(f"{ROOT} {part}").bounding_box() for part in parts]

    before = places()
    freed.append(True)
    for route in held:
        route.continue_()
    wait_until_shown(page)
    assert places() == before


# --- moving on the walk asks nobody -----------------------------------------------------------------------


def test_scrubbing_clicking_playing_and_switching_the_class_ask_nobody(open_page):
    page = open_walk(open_page)
    asked, walk = calls(page), strip(page)
    page.click(f"{ROOT} .cell:nth-child(3) canvas:first-child")
    assert frame(page) == 2 and pixels(page, HERE) == walk[2]
    page.focus(f"{ROOT} .scrubber")
    page.keyboard.press("ArrowRight")
    assert frame(page) == 3 and "t = 0.25" in page.get_attribute(f"{ROOT} .scrubber", "aria-valuetext")
    page.keyboard.press("End")
    assert pixels(page, HERE) == walk[12]
    page.click(f"{ROOT} .cell:nth-child(11)")
    page.click(f"{ROOT} .play")
    page.wait_for_selector(f"{ROOT} .play:not(.playing)", timeout=30_000)
    assert frame(page) == 12
    mixed = bars(page)
    page.check(f"{ROOT} .blends [value=a]", force=True)
    assert strip(page)[0] == walk[0] and strip(page)[12] != walk[12] and pixels(page, HERE) == strip(page)[12]
    assert page.inner_text(f"{ROOT} .blended") == "class: bag" and bars(page) != mixed
    assert pixels(page, B) == walk[12]  # the end stays what it is
    page.check(f"{ROOT} .blends [value=mix]", force=True)
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{ROOT} .facts .t") == "t = 1,00" and "bota" in page.inner_text(
        f"{ROOT} .blended"
    )
    assert page.inner_text(f"{ROOT} [data-end=a] .what") == "bolsa · semente 8"
    assert strip(page) == walk and calls(page) == asked


def test_the_bars_of_here_are_the_ends_at_the_ends(open_page):
    page = open_walk(open_page)
    set_slider(page, f"{ROOT} .scrubber", "0")
    code = {row: greys(page, f'{ROOT} canvas[data-row="{row}"]')[0] for row in ("a", "here", "b")}
    drawn = {row: [value > 0 for value in values] for row, values in code.items()}
    assert any(drawn["a"]) and drawn["a"] != drawn["b"] and len(drawn["here"]) == len(drawn["a"])


# --- other walks ------------------------------------------------------------------------------------------


def test_class_seed_dice_and_swap_change_an_end_and_the_address(open_page):
    page = open_walk(open_page)
    first = pixels(page, A)
    page.select_option(f"{ROOT} [data-end=a] .class", "dress")
    wait_for_another(page, A, first)
    second = pixels(page, A)
    page.fill(f"{ROOT} [data-end=a] .seed", "0042")
    page.keyboard.press("Enter")
    wait_for_another(page, A, second)
    wait_for_address(page, "gan_walk_a=dress:42")
    assert page.inner_text(f"{ROOT} [data-end=a] .what") == "dress · seed 42"
    third, b = pixels(page, A), pixels(page, B)
    page.click(f"{ROOT} .swap")
    wait_for_another(page, A, third)
    assert pixels(page, A) == b and pixels(page, B) == third
    page.click(f"{ROOT} [data-end=b] [value=dice]")
    wait_for_another(page, B, third)
    assert page.inner_text(f"{ROOT} [data-end=b] .what").startswith("dress · seed ")
    # frames, method, truncation and the place on the walk are in the link too
    page.check(f"{ROOT} .methods [value=linear]", force=True)
    set_slider(page, f"{ROOT} .frames", "5")
    set_slider(page, f"{ROOT} .psi", "0.5")
    page.wait_for_function("(root) => document.querySelectorAll(`${root} .cell`).length === 5", arg=ROOT)
    wait_until_shown(page)
    page.click(f"{ROOT} .cell:nth-child(4)")
    wait_for_address(
        page, "gan_walk_method=linear", "gan_walk_frames=5", "gan_walk_frame=3", "gan_walk_psi=0.5"
    )
    again = open_walk(open_page, "&" + page.url.split("?")[1])
    assert strip(again) == strip(page) and frame(again) == 3


def test_within_one_class_nothing_is_asked_about_the_class(open_page):
    page = open_walk(open_page, "&gan_walk_a=dress:1&gan_walk_b=dress:2&gan_walk_blend=b")
    assert page.is_hidden(f"{ROOT} .blends") and page.inner_text(f"{ROOT} .blended") == "class: dress"
    page.select_option(f"{ROOT} [data-end=b] .class", "bag")
    page.wait_for_selector(f"{ROOT} .blends")
    assert page.is_checked(f"{ROOT} .blends [value=b]")


def test_any_of_forty_samples_becomes_an_end_by_a_click_and_by_keys(open_page):
    page = open_walk(open_page, "&gan_walk_a=bag:8&gan_walk_b=boot:10&gan_seed=101")
    before, asked = pixels(page, B), len(calls(page))
    page.click(f"{ROOT} [data-end=b] [value=pick]")
    page.wait_for_function(
        "(root) => document.querySelectorAll(`${root} .picker .wall [aria-label]`).length === 40", arg=ROOT
    )
    assert len(calls(page)) == asked + 1
    assert page.locator(f"{PICKER} .wall [aria-pressed=true]").count() == 0  # boot:10 is not among them
    tile = f"{PICKER} .wall button >> nth=12"
    assert page.get_attribute(tile, "aria-label") == "pullover · seed 113"
    page.click(tile)
    wait_for_another(page, B, before)
    assert pixels(page, B) == pixels(page, f"{tile} >> canvas")
    assert page.get_attribute(tile, "aria-pressed") == "true"
    second = pixels(page, B)
    page.keyboard.press("ArrowRight")
    wait_for_another(page, B, second)
    assert page.inner_text(f"{ROOT} [data-end=b] .what") == "dress · seed 114" and frame(page) == 6
    page.keyboard.press("Escape")
    assert page.is_hidden(PICKER)
    assert page.evaluate("document.activeElement.value") == "pick"
    # a class of its own, and a wrong seed is told in the panel
    page.click(f"{ROOT} [data-end=a] [value=pick]")
    page.select_option(f"{PICKER} .pick-class", "sandal")
    page.wait_for_function(
        "(root) => document.querySelector(`${root} .picker .wall button`).ariaLabel === 'sandal · seed 101'",
        arg=ROOT,
    )
    page.fill(f"{PICKER} .pick-seed", "🎲")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{PICKER} .message")
    assert (
        page.inner_text(f"{PICKER} .message")
        == "The seed must be a whole number from 0 to 18446744073709551615."
    )
    page.mouse.click(640, 105)
    assert page.is_hidden(PICKER)


def test_the_digits_have_a_walk_of_their_own_and_the_clothes_theirs(open_page):
    page = open_walk(open_page)
    clothes = strip(page)
    page.check("#gan-tab .set [value=digits]", force=True)
    page.wait_for_function(
        "(root) => /^\\d · /.test(document.querySelector(`${root} .what`).textContent)", arg=ROOT
    )
    wait_until_shown(page)
    assert page.input_value(f"{ROOT} [data-end=a] .class") in "0123456789"
    page.check("#gan-tab .set [value=fashion]", force=True)
    page.wait_for_function(
        "(root) => /^bag · /.test(document.querySelector(`${root} .what`).textContent)", arg=ROOT
    )
    wait_until_shown(page)
    assert strip(page) == clothes


# --- files, mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_the_walk_can_be_taken_away(open_page, kind):
    page = open_walk(open_page)
    with page.expect_download() as download:
        page.click(f"{ROOT} .files [value={kind}]")
    file = download.value
    assert file.suggested_filename == f"gan-walk-fashion-bag-8-to-boot-10-spherical-13-frames.{kind}"
    with open(file.path(), "rb") as stream:
        image = Image.open(io.BytesIO(stream.read()))
    assert image.format.lower() == kind
    assert image.size == (13 * 112, 112) if kind == "png" else image.n_frames == 24


def test_a_bad_seed_is_told_in_one_sentence_and_all_stays(open_page):
    page = open_walk(open_page)
    good, kept = page.input_value(f"{ROOT} [data-end=a] .seed"), strip(page)
    for bad in ("-1", "1.5", "seven", "🎲", "", "NaN", str(2**64), "9" * 24):
        asked = calls(page)
        page.fill(f"{ROOT} [data-end=a] .seed", bad)
        page.keyboard.press("Enter")
        page.wait_for_selector(MESSAGE)
        assert page.inner_text(MESSAGE) == "The seed must be a whole number from 0 to 18446744073709551615."
        assert strip(page) == kept and calls(page) == asked, bad
        page.fill(f"{ROOT} [data-end=a] .seed", good)
        page.keyboard.press("Enter")
        page.wait_for_selector(MESSAGE, state="hidden")
        page.wait_for_selector(f"{ROOT}[aria-busy=false]")
    page.fill(f"{ROOT} [data-end=a] .seed", "18446744073709551615")
    page.keyboard.press("Enter")
    page.wait_for_selector(MESSAGE, state="hidden")
    wait_for_address(page, "gan_walk_a=bag:18446744073709551615")


def test_a_broken_link_opens_the_usual_walk(open_page):
    nonsense = "&gan_walk_a=hat:1&gan_walk_b=boot:-1&gan_walk_psi=NaN&gan_walk_method=x"
    nonsense += "&gan_walk_frames=1e3&gan_walk_frame=x"
    page = open_walk(open_page, nonsense)
    usual = open_walk(open_page, "")
    assert strip(page) == strip(usual) and frame(page) == frame(usual) and page.is_hidden(MESSAGE)


def test_without_the_server_one_sentence_is_said_and_all_stays(open_page):
    page = open_walk(open_page)
    kept = strip(page)
    page.route(SERVER, lambda route: route.abort())
    page.select_option(f"{ROOT} [data-end=a] .class", "shirt")
    page.wait_for_selector(MESSAGE)
    assert page.inner_text(MESSAGE).startswith("The server is not answering.") and strip(page) == kept
    assert page.input_value(f"{ROOT} [data-end=a] .class") == "shirt"
    page.click(f"{ROOT} .cell:nth-child(2)")
    assert frame(page) == 1 and pixels(page, HERE) == kept[1]


# --- a phone ----------------------------------------------------------------------------------------------


def test_on_a_phone_the_walk_and_the_choice_of_an_end_work_by_touch(open_page):
    page = open_walk(open_page, "&lang=pt-BR", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    before = pixels(page, A)
    page.tap(f"{ROOT} [data-end=a] [value=pick]")
    page.wait_for_function(
        "(root) => document.querySelectorAll(`${root} .picker .wall [aria-label]`).length === 40", arg=ROOT
    )
    sheet = page.locator(PICKER).bounding_box()
    assert sheet["x"] == 0 and sheet["width"] == 390 and round(sheet["y"] + sheet["height"]) == 844
    page.locator(f"{PICKER} .wall button >> nth=2").tap()
    wait_for_another(page, A, before)
    page.tap(f"{PICKER} .close")
    page.locator(f"{ROOT} .cell >> nth=9").tap()
    assert frame(page) == 9 and pixels(page, HERE) == strip(page)[9]
    small = page.eval_on_selector_all(
        f"{ROOT} :is(.cell, .dice, .play, .scrubber, select, .seed, .button, .frames, .psi, .segmented label, summary)",
        "all => all.filter((e) => e.offsetParent && (e.getBoundingClientRect().height < 40"
        " || e.getBoundingClientRect().width < 40)).map((e) => e.className + e.textContent)",
    )
    assert small == []
