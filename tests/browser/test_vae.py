"""The VAE tab as a visitor uses it."""

import json
import re
from pathlib import Path

import pytest

from tests.browser.conftest import PHONE, calls, set_slider

ROOT = "#vae-walk .vae-walk"
PICK_A, PICK_B = f"{ROOT} [data-end=a] .pick", f"{ROOT} [data-end=b] .pick"
A, HERE, B = (f"{ROOT} {place} .picture" for place in ("[data-end=a]", ".largest", "[data-end=b]"))
MESSAGE = f"{ROOT} .heading .message"
SERVER = "**/component_server/"


def open_walk(open_page, query="", **options):
    page = open_page(f"?tab=vae{query}", **options)
    wait_until_shown(page)
    return page


def wait_until_shown(page):
    """Until the pictures are those that the controls ask for."""
    page.wait_for_selector(f"{ROOT}[aria-busy=false] .cell[aria-current=true]", timeout=60_000)


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


def strip(page, row):
    """The pictures of a strip: 1 is decoded, 2 the cross-fade."""
    return page.eval_on_selector_all(
        f"{ROOT} .cell canvas:nth-child({row})", "all => all.map((canvas) => canvas.toDataURL())"
    )


def frame(page):
    return int(page.input_value(f"{ROOT} .scrubber"))


def wait_for_frame(page, index):
    page.wait_for_selector(f"{ROOT} .cell:nth-child({index + 1})[aria-current=true]")


def wait_for_another(page, selector, before):
    page.wait_for_function(
        "([selector, before]) => document.querySelector(selector).toDataURL() !== before",
        arg=[selector, before],
    )


def wait_for_address(page, *parts):
    page.wait_for_function(
        "(parts) => parts.every((part) => decodeURIComponent(location.search).includes(part))",
        arg=list(parts),
    )


# --- what is there ----------------------------------------------------------------------------------------


def test_the_page_opens_on_a_walk_with_one_request(open_page):
    page = open_page()
    wait_until_shown(page)
    decoded = strip(page, 1)
    assert len(decoded) == len(set(decoded)) == 13
    assert pixels(page, A) == decoded[0] and pixels(page, B) == decoded[-1]
    assert frame(page) == 6 and pixels(page, HERE) == decoded[6]
    assert page.inner_text(f"{ROOT} .station-title") == "What lies between a 3 and an 8?"
    assert page.inner_text(f"{ROOT} .facts .t") == "t = 0.50"
    assert re.fullmatch(r"nearest example: an? \d", page.inner_text(f"{ROOT} .nearest"))
    assert len(calls(page)) == 1 and "vae_" not in page.url


def test_the_cross_fade_is_the_mean_of_the_two_pictures_and_the_walk_is_not(open_page):
    page = open_walk(open_page)
    decoded, faded = (
        greys(page, f"{ROOT} .cell canvas:nth-child(1)"),
        greys(page, f"{ROOT} .cell canvas:nth-child(2)"),
    )
    assert faded[0] == decoded[0] and faded[-1] == decoded[-1]
    for i in (3, 6, 10):
        mean = [(1 - i / 12) * a + i / 12 * b for a, b in zip(decoded[0], decoded[-1], strict=True)]
        assert max(abs(x - y) for x, y in zip(mean, faded[i], strict=True)) <= 1
    assert max(abs(x - y) for x, y in zip(decoded[6], faded[6], strict=True)) > 50
    assert greys(page, f"{ROOT} .ghost canvas") == [faded[6]]


@pytest.mark.parametrize("language", ["en", "pt-BR"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_whole_exhibit_fits_a_projector(open_page, language, theme):
    page = open_walk(open_page, f"&lang={language}&__theme={theme}&vae_frames=32")
    for part in (".stage", ".path .cells", ".path .files", ".knobs"):
        box = page.locator(f"{ROOT} {part}").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 720, part
        assert box["x"] >= 0 and box["x"] + box["width"] <= 1280, part
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    clipped = page.eval_on_selector_all(
        f"{ROOT} .exhibit :is(p, span, button, figcaption)",
        "all => all.filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth + 1 && e.clientWidth)"
        ".map((e) => e.className + e.textContent)",
    )
    assert clipped == []


def test_nothing_jumps_when_the_walk_arrives(open_page):
    page = open_page("?tab=gan")
    held = []
    page.route(SERVER, lambda route: held.append(route))
    with page.expect_request(SERVER):
        page.click("#tab-vae")
    page.wait_for_function("() => document.querySelectorAll('.vae-walk .cell').length === 13")

    def places():
        parts = (".heading", "[data-end=a]", ".here", ".scrubber", ".cell:nth-child(5)", ".knobs", ".fold")
        return [page.locator(f"{ROOT} {part}").bounding_box() for part in parts]

    before = places()
    for route in held:
        route.continue_()
    wait_until_shown(page)
    assert places() == before


# --- moving on the walk asks nobody -----------------------------------------------------------------------


def test_a_click_on_either_strip_goes_there(open_page):
    page = open_walk(open_page)
    asked, decoded = calls(page), strip(page, 1)
    page.click(f"{ROOT} .cell:nth-child(3) canvas:nth-child(1)")
    assert pixels(page, HERE) == decoded[2] and page.inner_text(f"{ROOT} .facts .t") == "t = 0.17"
    page.click(f"{ROOT} .cell:nth-child(12) canvas:nth-child(2)")
    assert pixels(page, HERE) == decoded[11] and frame(page) == 11
    assert page.locator(f"{ROOT} .cell[aria-current=true]").count() == 1
    assert calls(page) == asked


def test_a_drag_along_the_strip_passes_every_frame(open_page):
    page = open_walk(open_page)
    asked, decoded = calls(page), strip(page, 1)
    for index in (1, 4, 9):
        box = page.locator(f"{ROOT} .cell").nth(index).bounding_box()
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        assert pixels(page, HERE) == (decoded[index] if index > 1 else decoded[6])
    page.mouse.up()
    assert calls(page) == asked


def test_keys_and_the_scrubber_move_and_bars_follow(open_page):
    page = open_walk(open_page)
    asked, decoded = calls(page), strip(page, 1)
    row = f"{ROOT} canvas[data-row={{}}]".format
    bars = pixels(page, row("here"))
    fixed = [pixels(page, row("a")), pixels(page, row("b"))]
    page.focus(f"{ROOT} .scrubber")
    page.keyboard.press("ArrowRight")
    assert frame(page) == 7 and pixels(page, HERE) == decoded[7]
    assert pixels(page, row("here")) != bars
    page.keyboard.press("Home")
    assert frame(page) == 0 and pixels(page, HERE) == pixels(page, A)
    page.keyboard.press("End")
    assert frame(page) == 12 and pixels(page, HERE) == pixels(page, B)
    assert re.match(r"t = 1.00, nearest example", page.get_attribute(f"{ROOT} .scrubber", "aria-valuetext"))
    set_slider(page, f"{ROOT} .scrubber", 6)
    assert pixels(page, row("here")) == bars
    assert [pixels(page, row("a")), pixels(page, row("b"))] == fixed
    assert calls(page) == asked


def test_play_runs_to_b_and_stops_there(open_page):
    page = open_walk(open_page)
    asked = calls(page)
    page.select_option(f"{ROOT} .speed", "16")
    page.click(f"{ROOT} .play")
    assert page.get_attribute(f"{ROOT} .play", "aria-label") == "Pause"
    wait_for_frame(page, 12)
    page.wait_for_selector(f"{ROOT} .play[aria-label=Play]")
    page.click(f"{ROOT} .play")  # from the end it starts again at A
    page.wait_for_function("() => Number(document.querySelector('.vae-walk .scrubber').value) < 12")
    page.click(f"{ROOT} .play")
    assert calls(page) == asked


def test_language_and_theme_ask_nobody(open_page):
    page = open_walk(open_page)
    asked, here, bars = calls(page), pixels(page, HERE), pixels(page, f"{ROOT} canvas[data-row=here]")
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{ROOT} .station-title") == "O que há entre um 3 e um 8?"
    assert page.inner_text(f"{ROOT} .facts .t") == "t = 0,50"
    assert page.inner_text(f"{ROOT} .nearest").startswith("exemplo mais próximo: um ")
    assert "exemplo" in page.inner_text(f"{ROOT} [data-end=a] .what")
    page.click(".page-tools .theme")
    wait_for_another(page, f"{ROOT} canvas[data-row=here]", bars)  # the dark theme's accent
    assert pixels(page, HERE) == here
    assert calls(page) == asked


# --- changing the walk ------------------------------------------------------------------------------------


def test_the_way_and_the_number_of_frames_change_the_walk_and_keep_the_place(open_page):
    page = open_walk(open_page)
    here, length = pixels(page, HERE), page.inner_text(f"{ROOT} .length")
    page.check(f"{ROOT} .methods input[value=linear]", force=True)
    wait_for_another(page, HERE, here)
    assert page.inner_text(f"{ROOT} .length") < length  # the straight line passes nearer to the middle
    set_slider(page, f"{ROOT} .frames", 5)
    page.wait_for_function("() => document.querySelectorAll('.vae-walk .cell').length === 5")
    wait_until_shown(page)
    assert frame(page) == 2 and page.inner_text(f"{ROOT} .facts .t") == "t = 0.50"
    wait_for_address(page, "vae_method=linear", "vae_frames=5", "vae_frame=2")


def test_dragging_the_number_of_frames_ends_on_the_last_one(open_page):
    page = open_walk(open_page)
    for count in (14, 20, 27, 32):
        set_slider(page, f"{ROOT} .frames", count)
    page.wait_for_function("() => document.querySelectorAll('.vae-walk .cell').length === 32")
    wait_until_shown(page)
    assert page.inner_text(f"{ROOT} .knobs output") == "32" and len(strip(page, 2)) == 32


def test_swap_turns_the_walk_around(open_page):
    page = open_walk(open_page)
    decoded = greys(page, f"{ROOT} .cell canvas:nth-child(1)")
    before = pixels(page, A)
    page.click(f"{ROOT} .swap")
    wait_for_another(page, A, before)
    turned = greys(page, f"{ROOT} .cell canvas:nth-child(1)")[::-1]
    for there, back in zip(decoded, turned, strict=True):
        assert max(abs(x - y) for x, y in zip(there, back, strict=True)) <= 1
    assert page.inner_text(f"{ROOT} .station-title") == "What lies between an 8 and a 3?"


def test_an_end_is_picked_from_the_wall_of_its_class(open_page):
    page = open_walk(open_page)
    b = pixels(page, B)
    page.click(PICK_A)
    page.click(f"{ROOT} .classes button:has-text('5')")
    tile = page.locator(f"{ROOT} .tile").nth(2)
    wanted = greys(page, f"{ROOT} .tile:nth-child(3) canvas")[0]
    before, asked = pixels(page, A), len(calls(page))
    tile.click()
    wait_for_another(page, A, before)
    assert max(abs(x - y) for x, y in zip(greys(page, A)[0], wanted, strict=True)) <= 1
    assert page.inner_text(f"{ROOT} [data-end=a] .what") == "5 · example 3"
    assert tile.get_attribute("aria-pressed") == "true" and pixels(page, B) == b
    page.click(f"{ROOT} .heading")  # elsewhere: the wall closes
    assert page.is_hidden(f"{ROOT} .picker")
    page.click(PICK_B)
    page.wait_for_selector(f"{ROOT} .tile")
    assert page.get_attribute(f"{ROOT} .picker", "aria-label") == "Choose B"
    assert len(calls(page)) == asked + 1  # the walk; the wall was here already
    wait_for_address(page, "vae_a=example:5-2")


def test_the_wall_works_by_keyboard_and_gives_the_focus_back(open_page):
    page = open_walk(open_page)
    page.focus(PICK_B)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{ROOT} .classes button[aria-pressed=true]:focus")
    place = frame(page)
    page.keyboard.press("ArrowRight")
    assert frame(page) == place
    page.keyboard.press("Escape")
    assert page.is_hidden(f"{ROOT} .picker")
    assert page.evaluate("document.activeElement === document.querySelector('.vae-walk [data-end=b] .pick')")


def test_the_dice_draws_a_seed_that_is_shown_and_can_be_typed_again(open_page):
    page = open_walk(open_page)
    before = pixels(page, B)
    page.click(f"{ROOT} [data-end=b] .dice")
    wait_for_another(page, B, before)
    rolled = pixels(page, B)
    seed = re.fullmatch(r"seed (\d+)", page.inner_text(f"{ROOT} [data-end=b] .what"))[1]
    assert page.inner_text(f"{ROOT} .station-title") == "What lies between a 3 and a random code?"
    page.click(f"{ROOT} [data-end=b] .dice")
    wait_for_another(page, B, rolled)
    page.click(PICK_B)
    page.fill(f"{ROOT} .seed", seed)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "([place, rolled]) => document.querySelector(place).toDataURL() === rolled", arg=[B, rolled]
    )


def test_a_seed_may_be_as_large_as_64_bits_allow(open_page):
    page = open_walk(open_page)
    page.click(PICK_A)
    before = pixels(page, A)
    page.fill(f"{ROOT} .seed", str(2**64 - 1))
    page.keyboard.press("Enter")
    wait_for_another(page, A, before)
    wait_for_address(page, f"vae_a=seed:{2**64 - 1}")
    page.click(".language[value=pt-BR]")
    last = pixels(page, A)
    page.reload()
    wait_until_shown(page)
    assert pixels(page, A) == last


@pytest.mark.parametrize("seed", [str(2**64), "-1", "1.5", "seven", "🎲", ""])
def test_a_bad_seed_is_told_in_one_sentence_and_all_stays(open_page, seed):
    page = open_walk(open_page)
    page.click(PICK_A)
    page.wait_for_selector(f"{ROOT} .tile")
    kept = [pixels(page, A), *strip(page, 1)]
    title = page.inner_text(f"{ROOT} .station-title")
    page.fill(f"{ROOT} .seed", seed)
    page.keyboard.press("Enter")
    message = page.locator(f"{ROOT} .picker .message")
    message.wait_for()
    assert message.inner_text() == "A seed is a whole number from 0 to 18446744073709551615."
    assert message.bounding_box()["y"] + message.bounding_box()["height"] <= 720
    assert [pixels(page, A), *strip(page, 1)] == kept and page.inner_text(f"{ROOT} .station-title") == title
    asked = calls(page)
    page.click(".language[value=pt-BR]")
    # clicking elsewhere closed the wall; opened again it has forgotten the mistake
    page.click(PICK_A)
    assert page.is_hidden(f"{ROOT} .picker .message") and calls(page) == asked


def test_without_the_server_all_stays_and_one_sentence_says_so(open_page):
    page = open_walk(open_page)
    kept = strip(page, 1)
    page.route(SERVER, lambda route: route.abort())
    page.check(f"{ROOT} .methods input[value=linear]", force=True)
    page.wait_for_selector(MESSAGE)
    assert page.inner_text(MESSAGE).startswith("The server does not answer.")
    assert page.is_checked(f"{ROOT} .methods input[value=spherical]") and strip(page, 1) == kept
    page.click(".language[value=pt-BR]")
    assert page.inner_text(MESSAGE).startswith("O servidor não responde.")
    page.unroute(SERVER)
    page.check(f"{ROOT} .methods input[value=linear]", force=True)
    page.wait_for_selector(MESSAGE, state="hidden")
    wait_until_shown(page)
    assert strip(page, 1) != kept


# --- links and files --------------------------------------------------------------------------------------


def test_a_link_reopens_what_was_seen(open_page):
    page = open_walk(open_page)
    before = pixels(page, A)
    page.click(f"{ROOT} .swap")
    wait_for_another(page, A, before)
    page.check(f"{ROOT} .methods input[value=linear]", force=True)
    set_slider(page, f"{ROOT} .frames", 9)
    page.wait_for_function("() => document.querySelectorAll('.vae-walk .cell').length === 9")
    wait_until_shown(page)
    page.click(f"{ROOT} .cell:nth-child(3)")
    wait_for_address(page, "vae_a=example:8-1", "vae_b=example:3-1", "vae_method=linear", "vae_frame=2")
    again = open_page("?" + page.url.split("?")[1])
    wait_until_shown(again)
    assert strip(again, 1) == strip(page, 1) and pixels(again, HERE) == pixels(page, HERE)
    assert len(calls(again)) == 1


@pytest.mark.parametrize(
    "query",
    [
        "vae_a=🙂&vae_b=seed:x&vae_method=curved&vae_frames=1000000&vae_frame=NaN",
        "vae_a=example:99-999&vae_b=seed:99999999999999999999&vae_frames=NaN&vae_frame=-1",
        "vae_a=%3Cimg src=x%3E&vae_b=&vae_method=&vae_frames=&vae_frame=99",
    ],
)
def test_a_broken_link_opens_the_usual_walk(open_page, query):
    page, usual = open_walk(open_page, f"&{query}"), open_walk(open_page)
    assert strip(page, 1) == strip(usual, 1) and frame(page) == 6
    assert page.is_hidden(MESSAGE)


def test_the_files_are_what_their_names_say(open_page):
    page = open_walk(open_page)
    for kind, start in (("gif", b"GIF89a"), ("png", b"\x89PNG")):
        with page.expect_download() as download:
            page.click(f"{ROOT} button.{kind}")
        name = download.value.suggested_filename
        assert name == f"vae-walk-digits-3-1-to-8-1-spherical-13-frames.{kind}"
        assert Path(download.value.path()).read_bytes().startswith(start)
        page.wait_for_selector(f"{ROOT} button.{kind}:enabled")


# --- a phone ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_on_a_phone_the_exhibit_comes_first_and_fits(open_page, language):
    page = open_walk(open_page, f"&lang={language}&vae_frames=32", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tops = [
        page.locator(p).bounding_box()["y"]
        for p in (A, HERE, f"{ROOT} .scrubber", f"{ROOT} .code", f"{ROOT} .knobs")
    ]
    assert tops == sorted(tops)
    page.tap(PICK_A)
    page.wait_for_selector(f"{ROOT} .tile")
    small = page.eval_on_selector_all(
        f"{ROOT} :is(button, select, summary, input:not([type=radio]), .segmented label)",
        """all => all.filter((e) => e.offsetParent).map((e) => [e.className, e.getBoundingClientRect()])
          .filter(([, box]) => box.width < 39.5 || box.height < 39.5).map(([name]) => name)""",
    )
    assert small == []


def test_on_a_phone_fingers_do_what_a_mouse_does(open_page):
    page = open_walk(open_page, **PHONE)
    decoded = strip(page, 1)
    page.tap(f"{ROOT} .cell:nth-child(4)")
    assert pixels(page, HERE) == decoded[3]
    page.tap(f"{ROOT} .play")
    wait_for_frame(page, 5)
    page.tap(f"{ROOT} .play")
    before = pixels(page, B)
    page.tap(PICK_B)
    page.tap(f"{ROOT} .classes button:has-text('1')")
    page.tap(f"{ROOT} .tile:nth-child(5)")
    wait_for_another(page, B, before)
    page.tap(f"{ROOT} .close")
    assert page.is_hidden(f"{ROOT} .picker")
    assert page.inner_text(f"{ROOT} [data-end=b] .what") == "1 · example 5"
    assert json.loads(page.evaluate("JSON.stringify(document.documentElement.scrollWidth)")) <= 390
