"""The VAE tab's walk and its picker of sources, as a visitor uses them."""

import io
import json
import re
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.browser.conftest import PHONE, calls, set_slider

ROOT = "#vae-walk .vae-walk"
PICK_A, PICK_B = f"{ROOT} [data-end=a] [value=examples]", f"{ROOT} [data-end=b] [value=examples]"
PICKER = f"{ROOT} .vae-picker"
PAD, PREVIEW = f"{PICKER} .pad", f"{PICKER} .panel:not([hidden]) .preview canvas"
PLANE = f"{ROOT} .plane"
A, HERE, B = (f"{ROOT} {place} .picture" for place in ("[data-end=a]", ".largest", "[data-end=b]"))
MESSAGE = f"{ROOT} .heading .message"
SERVER = "**/playground/call/**"


def open_walk(open_page, query="", **options):
    page = open_page(f"?tab=vae{query}", **options)
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


@pytest.mark.gradio  # the station opens on coming from another tab
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


def test_space_opens_a_fold_and_playing_is_not_told_frame_by_frame(open_page):
    page = open_walk(open_page)
    fold = f"{ROOT} > .fold > summary"
    page.focus(fold)
    page.keyboard.press(" ")
    page.wait_for_selector(f"{ROOT} > .fold[open]")
    page.keyboard.press("End")  # outside the transport the arrows and their like are the page's
    assert frame(page) == 6 and page.locator(f"{ROOT} .play.playing").count() == 0
    told = f"{ROOT} .nearest"
    assert page.get_attribute(told, "aria-live") == "polite"
    page.click(f"{ROOT} .play")
    assert page.get_attribute(told, "aria-live") == "off"
    page.click(f"{ROOT} .play")
    assert page.get_attribute(told, "aria-live") == "polite"


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
    assert page.inner_text(f"{ROOT} .knobs .value") == "32" and len(strip(page, 2)) == 32


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
    page.click(f"{PICKER} .classes button:has-text('5')")
    tile = page.locator(f"{PICKER} .tile").nth(2)
    wanted = greys(page, f"{PICKER} .tile:nth-child(3) canvas")[0]
    before, asked = pixels(page, A), len(calls(page))
    tile.click()
    wait_for_another(page, A, before)
    assert max(abs(x - y) for x, y in zip(greys(page, A)[0], wanted, strict=True)) <= 1
    assert page.inner_text(f"{ROOT} [data-end=a] .what") == "5 · example 3"
    assert tile.get_attribute("aria-pressed") == "true" and pixels(page, B) == b
    page.click(f"{ROOT} .heading")  # elsewhere: the wall closes
    assert page.is_hidden(PICKER)
    page.click(PICK_B)
    page.wait_for_selector(f"{PICKER} .tile")
    assert page.get_attribute(PICKER, "aria-label") == "Choose B"
    assert len(calls(page)) == asked + 1  # the walk; the wall was here already
    wait_for_address(page, "vae_a=example:5-2")


def test_the_wall_closes_when_the_focus_leaves_it(open_page):
    page = open_walk(open_page)
    page.click(PICK_B)
    page.wait_for_selector(f"{PICKER} .classes button[aria-pressed=true]:focus")
    page.focus(f"{ROOT} .play")
    assert page.is_hidden(PICKER)


def test_the_wall_works_by_keyboard_and_gives_the_focus_back(open_page):
    page = open_walk(open_page)
    page.focus(PICK_B)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{PICKER} .classes button[aria-pressed=true]:focus")
    place = frame(page)
    page.keyboard.press("ArrowRight")
    assert frame(page) == place
    page.keyboard.press("Escape")
    assert page.is_hidden(PICKER)
    assert page.evaluate(
        "document.activeElement === document.querySelector('.vae-walk [data-end=b] [value=examples]')"
    )


def test_the_dice_draws_a_seed_that_is_shown_and_can_be_typed_again(open_page):
    page = open_walk(open_page)
    before = pixels(page, B)
    page.click(f"{ROOT} [data-end=b] [value=dice]")
    wait_for_another(page, B, before)
    rolled = pixels(page, B)
    seed = re.fullmatch(r"seed (\d+)", page.inner_text(f"{ROOT} [data-end=b] .what"))[1]
    assert page.inner_text(f"{ROOT} .station-title") == "What lies between a 3 and a random code?"
    page.click(f"{ROOT} [data-end=b] [value=dice]")
    wait_for_another(page, B, rolled)
    page.click(PICK_B)
    page.fill(f"{PICKER} .seed", seed)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "([place, rolled]) => document.querySelector(place).toDataURL() === rolled", arg=[B, rolled]
    )


def test_a_seed_may_be_as_large_as_64_bits_allow(open_page):
    page = open_walk(open_page)
    page.click(PICK_A)
    before = pixels(page, A)
    page.fill(f"{PICKER} .seed", str(2**64 - 1))
    page.keyboard.press("Enter")
    wait_for_another(page, A, before)
    wait_for_address(page, f"vae_a=seed:{2**64 - 1}")
    page.click(".language[value=pt-BR]")
    last = pixels(page, A)
    page.reload()
    wait_until_shown(page)
    assert pixels(page, A) == last


def test_a_bad_seed_is_told_in_one_sentence_and_all_stays(open_page):
    page = open_walk(open_page)
    for bad in (str(2**64), "-1", "1.5", "seven", "🎲", ""):
        page.click(".language[value=en]")
        page.click(PICK_A)
        page.wait_for_selector(f"{PICKER} .tile")
        kept = [pixels(page, A), *strip(page, 1)]
        asked = calls(page)
        title = page.inner_text(f"{ROOT} .station-title")
        page.fill(f"{PICKER} .seed", bad)
        page.keyboard.press("Enter")
        message = page.locator(f"{PICKER} .message")
        message.wait_for()
        assert message.inner_text() == "A seed is a whole number from 0 to 18446744073709551615."
        assert message.bounding_box()["y"] + message.bounding_box()["height"] <= 720
        assert [pixels(page, A), *strip(page, 1)] == kept, bad
        assert page.inner_text(f"{ROOT} .station-title") == title
        page.click(".language[value=pt-BR]")
        # clicking elsewhere closed the wall; opened again it has forgotten the mistake
        page.click(PICK_A)
        assert page.is_hidden(f"{PICKER} .message") and calls(page) == asked


def test_without_the_server_all_stays_and_one_sentence_says_so(open_page):
    page = open_walk(open_page)
    kept = strip(page, 1)
    page.route(SERVER, lambda route: route.abort())
    page.click(f"{ROOT} .methods label:has([value=linear])")
    page.wait_for_selector(MESSAGE)
    assert page.inner_text(MESSAGE).startswith("The server is not answering.")
    assert strip(page, 1) == kept
    page.click(".language[value=pt-BR]")
    assert page.inner_text(MESSAGE).startswith("O servidor não responde.")
    page.unroute(SERVER)
    page.click(f"{MESSAGE} .again")
    page.wait_for_selector(MESSAGE, state="hidden")
    wait_until_shown(page)
    assert page.is_checked(f"{ROOT} .methods input[value=linear]") and strip(page, 1) != kept


# --- the sets ---------------------------------------------------------------------------------------------


def choose_set(page, name):
    page.click(f".vae-tab .set label:has([value={name}])")


def test_each_set_keeps_its_ends_while_another_is_in_view(open_page):
    page = open_walk(open_page)
    before = pixels(page, A)
    page.click(f"{ROOT} .swap")
    wait_for_another(page, A, before)
    choose_set(page, "emoji")
    wait_for_text(page, ".station-title", "What lies between a smiling face and an angry face?")
    wait_until_shown(page)
    assert page.eval_on_selector(A, "(canvas) => canvas.width") == 64
    page.click(PICK_A)
    page.click(f"{PICKER} .classes button:has-text('cat')")
    page.click(f"{PICKER} .tile:nth-child(2)")
    wait_for_text(page, ".station-title", "What lies between a cat and an angry face?")
    choose_set(page, "digits")
    wait_for_text(page, ".station-title", "What lies between an 8 and a 3?")
    choose_set(page, "emoji")
    wait_for_text(page, ".station-title", "What lies between a cat and an angry face?")
    wait_for_address(page, "vae_set=emoji", "vae_a=example:7-1")
    again = open_page("?" + page.url.split("?")[1])
    wait_until_shown(again)
    assert strip(again, 1) == strip(page, 1)


def wait_for_text(page, place, text):
    page.wait_for_function(
        "([place, text]) => document.querySelector(place)?.textContent.includes(text)",
        arg=[f"{ROOT} {place}", text],
    )


def test_the_original_stands_beside_its_decoded_picture_where_there_is_one(open_page):
    page = open_walk(open_page, "&vae_set=fashion&vae_b=seed:5")
    assert page.is_visible(f"{ROOT} [data-end=a] .original")
    made = page.locator(f"{ROOT} [data-end=a] .made span")
    assert made.all_inner_texts() == ["picture", "copy"]
    assert pixels(page, f"{ROOT} [data-end=a] .original") != pixels(page, A)
    assert page.is_hidden(f"{ROOT} [data-end=b] .original") and page.is_hidden(f"{ROOT} [data-end=b] .made")
    assert page.is_hidden(f"{ROOT} [data-end=a] [value=draw]")  # a pen is for digits
    choose_set(page, "digits")
    wait_for_text(page, ".station-title", "What lies between a 3 and an 8?")
    assert page.is_hidden(f"{ROOT} [data-end=a] .original")
    assert page.is_visible(f"{ROOT} [data-end=a] [value=draw]")


# --- a picture of one's own -------------------------------------------------------------------------------


def png_of_a_bar(size=(300, 200), paper="white", ink="black"):
    """A file with one upright stroke."""
    image = Image.new("RGB", size, paper)
    width, height = size
    ImageDraw.Draw(image).line([(width / 2, height / 5), (width / 2, 4 * height / 5)], fill=ink, width=20)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return {"name": "bar.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def upload(page, file):
    page.set_input_files(f"{PICKER} .drop input", file)


def draw_one(page):
    """An upright stroke on the pad, with the mouse."""
    box = page.locator(PAD).bounding_box()
    x, top, bottom = box["x"] + box["width"] / 2, box["y"] + 50, box["y"] + box["height"] - 50
    page.mouse.move(x, top)
    page.mouse.down()
    page.mouse.move(x, (top + bottom) / 2, steps=4)
    page.mouse.move(x, bottom, steps=4)
    page.mouse.up()


def test_a_drawing_becomes_an_end_as_the_model_sees_it(open_page):
    page = open_walk(open_page)
    before, b = pixels(page, A), pixels(page, B)
    page.click(f"{ROOT} [data-end=a] [value=draw]")
    draw_one(page)
    wait_for_another(page, A, before)
    wait_until_shown(page)
    seen = greys(page, PREVIEW)[0]
    assert greys(page, f"{ROOT} [data-end=a] .original") == [seen]
    lit = [i for i, grey in enumerate(seen) if grey > 60]
    rows, columns = [i // 28 for i in lit], [i % 28 for i in lit]
    # scaled into 20 rows, and an upright stroke in the middle by its mass
    assert max(rows) - min(rows) + 1 in (19, 20) and max(columns) - min(columns) <= 4
    assert 13 <= sum(columns) / len(columns) <= 15
    assert page.inner_text(f"{ROOT} .station-title") == "What lies between your picture and an 8?"
    assert pixels(page, B) == b and page.inner_text(f"{ROOT} [data-end=a] .what") == "your picture"
    page.mouse.click(5, 400)
    wait_for_address(page, "vae_a=picture:")
    again = open_page("?" + page.url.split("?")[1])
    wait_until_shown(again)
    assert strip(again, 1) == strip(page, 1)
    assert greys(again, f"{ROOT} [data-end=a] .original") == [seen]


def test_a_drawing_is_taken_back_and_cleared(open_page):
    page = open_walk(open_page)
    page.click(f"{ROOT} [data-end=b] [value=draw]")
    before = pixels(page, B)
    draw_one(page)
    wait_for_another(page, B, before)
    one = pixels(page, PAD)
    page.click(f"{PICKER} .clear")
    assert pixels(page, PAD) != one and page.is_hidden(f"{PICKER} .message")
    page.click(f"{PICKER} .undo")
    assert pixels(page, PAD) == one
    page.keyboard.press("Escape")
    assert page.is_hidden(PICKER)
    assert page.evaluate("document.activeElement.value") == "draw"
    page.click(f"{ROOT} [data-end=a] [value=draw]")  # another end begins with an empty pad
    wait_for_another(page, PAD, one)


def with_a_bar(open_page):
    """The walk once a file with a bar has become A."""
    page = open_walk(open_page)
    before = pixels(page, A)
    page.click(f"{ROOT} [data-end=a] [value=upload]")
    upload(page, png_of_a_bar())
    wait_for_another(page, A, before)
    return page


def test_a_file_becomes_an_end_with_light_and_dark_as_the_set_has_them(open_page):
    page = with_a_bar(open_page)
    seen = greys(page, PREVIEW)[0]
    assert seen[0] == 0 and max(seen) == 255  # black on white was turned around
    assert page.is_checked(f"{PICKER} .invert input")
    assert "were swapped" in page.inner_text(f"{PICKER} .panel:not([hidden]) .done")
    page.click(".language[value=pt-BR]")
    page.click(f"{ROOT} [data-end=a] [value=upload]")
    assert "foram trocados" in page.inner_text(f"{PICKER} .panel:not([hidden]) .done")
    after = pixels(page, A)
    page.click(f"{PICKER} .invert")
    wait_for_another(page, A, after)
    assert greys(page, PREVIEW)[0] != seen and not page.is_checked(f"{PICKER} .invert input")


def test_a_dropped_and_a_pasted_picture_become_ends_of_a_colour_set(open_page):
    page = open_walk(open_page, "&vae_set=emoji")
    page.click(f"{ROOT} [data-end=b] [value=upload]")
    assert page.is_hidden(f"{PICKER} .invert")
    give = """([kind, target, bytes]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "bar.png", {type: "image/png"}));
      const options = {bubbles: true, cancelable: true};
      const event = kind === "drop" ? new DragEvent(kind, {...options, dataTransfer: data})
                                    : new ClipboardEvent(kind, {...options, clipboardData: data});
      document.querySelector(target).dispatchEvent(event);
    }"""
    for kind, ink in (("drop", "red"), ("paste", "blue")):
        before = pixels(page, B)
        page.evaluate(give, [kind, f"{PICKER} .drop", list(png_of_a_bar(ink=ink)["buffer"])])
        wait_for_another(page, B, before)
        assert page.eval_on_selector(PREVIEW, "(canvas) => canvas.width") == 64
    assert page.inner_text(f"{ROOT} [data-end=b] .what") == "your picture"


@pytest.mark.parametrize(
    "file, said",
    [
        (
            {"name": "text.png", "mimeType": "image/png", "buffer": b"not a picture"},
            "not a PNG, JPEG or WebP",
        ),
        ({"name": "cut.png", "mimeType": "image/png", "buffer": png_of_a_bar()["buffer"][:200]}, "damaged"),
        ({"name": "empty.png", "mimeType": "image/png", "buffer": b""}, "PNG, JPEG or WebP"),
        (png_of_a_bar(ink="white"), "all one colour"),
    ],
    ids=["text", "damaged", "empty", "white"],
)
def test_a_file_that_is_no_picture_is_told_and_all_stays(open_page, file, said):
    page = open_walk(open_page)
    kept = strip(page, 1)
    page.click(f"{ROOT} [data-end=a] [value=upload]")
    upload(page, file)
    page.locator(f"{PICKER} .message").wait_for()
    assert said in page.inner_text(f"{PICKER} .message")
    assert strip(page, 1) == kept
    before = pixels(page, A)
    upload(page, png_of_a_bar())  # a good one then works
    wait_for_another(page, A, before)
    assert page.is_hidden(f"{PICKER} .message")


def test_a_link_to_a_picture_too_long_for_it_holds_its_code(open_page):
    page = open_walk(open_page, "&vae_set=emoji")
    before = pixels(page, A)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    page.click(f"{ROOT} [data-end=a] [value=upload]")
    upload(page, {"name": "noise.png", "mimeType": "image/png", "buffer": buffer.getvalue()})
    wait_for_another(page, A, before)
    wait_until_shown(page)
    wait_for_address(page, "vae_a=[")
    again = open_page("?" + urlparse(page.url).query)
    wait_until_shown(again)
    made, remade = greys(page, A)[0], greys(again, A)[0]
    assert max(abs(one - other) for one, other in zip(made, remade, strict=True)) <= 4


def test_a_file_that_is_too_large_and_no_picture_is_not_even_sent(open_page):
    page = open_walk(open_page)
    page.click(f"{ROOT} [data-end=a] [value=upload]")
    page.locator(f"{PICKER} .tile").first.wait_for(state="attached")  # the limits come with the examples
    asked = calls(page)
    upload(page, {"name": "large.png", "mimeType": "image/png", "buffer": b"\x89PNG" + bytes(8_000_000)})
    page.locator(f"{PICKER} .message").filter(has_text="8 MB").wait_for()
    assert calls(page) == asked


def photo_of_a_seven(quality=95):
    """A camera's file of more than 8 MB: a 7, lying on its side, which its EXIF data sets upright."""
    noise = np.random.default_rng(0).integers(120, 256, (3000, 4000), np.uint8)
    image = Image.fromarray(noise)
    draw = ImageDraw.Draw(image)
    draw.line([(1200, 600), (2400, 600), (1700, 2400)], fill=0, width=120)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    buffer = io.BytesIO()
    image.transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", quality=quality, exif=exif)
    assert buffer.tell() > 8_000_000
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def test_a_camera_s_file_is_sent_small_and_upright(open_page):
    page = open_walk(open_page)
    before = pixels(page, A)
    page.click(f"{ROOT} [data-end=a] [value=upload]")
    with page.expect_request(lambda request: request.url.endswith("vae_prepare")) as sent:
        upload(page, photo_of_a_seven())
    assert len(sent.value.post_data) < 1_500_000
    wait_for_another(page, A, before)
    seen = np.array(greys(page, PREVIEW)[0]).reshape(28, 28) > 100
    rows, columns = seen.any(1).nonzero()[0], seen.any(0).nonzero()[0]
    # a 7 is higher than wide, its bar lies on top and its foot left of the bar's right end
    assert np.ptp(rows) > np.ptp(columns) and seen[rows[0] + 1].sum() > 2 * seen[rows[-1] - 1].sum()


def test_a_file_that_fails_takes_away_what_was_said_of_the_one_before(open_page):
    page = with_a_bar(open_page)
    done = f"{PICKER} .panel:not([hidden]) .done"
    page.locator(done).filter(has_text="swapped").wait_for()
    shown = pixels(page, A)
    upload(page, {"name": "text.png", "mimeType": "image/png", "buffer": b"not a picture"})
    page.locator(f"{PICKER} .message").wait_for()
    assert page.inner_text(done) == "" and page.is_hidden(PREVIEW)
    assert page.is_disabled(f"{PICKER} .invert input") and not page.is_checked(f"{PICKER} .invert input")
    assert pixels(page, A) == shown  # the endpoint stays


def test_a_phone_offers_its_camera_and_keeps_its_gallery(open_page):
    page = open_walk(open_page)
    page.click(f"{ROOT} [data-end=a] [value=upload]")
    assert page.is_hidden(f"{PICKER} .camera") and page.is_visible(f"{PICKER} .drop-hint")
    page.add_init_script("Object.defineProperty(HTMLInputElement.prototype, 'capture', {value: ''})")
    page.reload()
    wait_until_shown(page)
    page.click(f"{ROOT} [data-end=a] [value=upload]")
    assert page.is_visible(f"{PICKER} .drop") and page.is_hidden(f"{PICKER} .drop-hint")
    camera = page.locator(f"{PICKER} .camera input")
    assert camera.get_attribute("capture") == "environment" and camera.get_attribute("accept") == "image/*"
    before = pixels(page, A)
    camera.set_input_files(png_of_a_bar())
    wait_for_another(page, A, before)


# --- the sheet between four -------------------------------------------------------------------------------


def cells_of(page):
    """The grey values of each cell of the sheet, row by row."""
    (sheet,) = greys(page, PLANE)
    side = page.eval_on_selector(PLANE, "(canvas) => canvas.width")
    count = side // 28
    return [
        [sheet[(row * 28 + y) * side + column * 28 + x] for y in range(28) for x in range(28)]
        for row in range(count)
        for column in range(count)
    ]


def open_sheet(open_page, query="", **options):
    page = open_page(f"?tab=vae&vae_grid=1{query}", **options)
    wait_until_shown(page)
    page.wait_for_selector(f"{PLANE}[aria-valuenow]")
    return page


def test_the_sheet_has_the_four_ends_at_its_corners(open_page):
    page = open_walk(open_page)
    asked = len(calls(page))
    page.click(f"{ROOT} .ends label:has([value='4'])")
    page.wait_for_selector(f"{PLANE}[aria-valuenow]")
    wait_until_shown(page)
    assert len(calls(page)) == asked + 1
    cells = cells_of(page)
    assert len(cells) == 49
    for end, cell in (("a", 0), ("b", 6), ("c", 42), ("d", 48)):
        assert greys(page, f"{ROOT} [data-end={end}] .picture") == [cells[cell]]
    assert greys(page, HERE) == [cells[24]]
    assert page.inner_text(f"{ROOT} .facts .t") == "→ 0.50 ↓ 0.50"
    page.click(f"{ROOT} .layers label:has([value=fade])")
    faded = cells_of(page)
    for corner in (0, 6, 42, 48):
        assert faded[corner] == cells[corner]
    mean = [sum(greys) / 4 for greys in zip(*(cells[corner] for corner in (0, 6, 42, 48)), strict=True)]
    assert max(abs(x - y) for x, y in zip(mean, faded[24], strict=True)) <= 1
    assert greys(page, f"{ROOT} .ghost canvas") == [faded[24]] and faded[24] != cells[24]
    page.click(f"{ROOT} .ends label:has([value='2'])")
    page.wait_for_selector(f"{ROOT} .cell[aria-current=true]")
    assert page.is_hidden(PLANE) and page.is_visible(f"{ROOT} .scrubber")


def test_moving_over_the_sheet_asks_nobody(open_page):
    page = open_sheet(open_page)
    asked, cells = calls(page), cells_of(page)
    box = page.locator(PLANE).bounding_box()
    step = box["width"] / 7

    def place(column, row):
        return box["x"] + (column + 0.5) * step, box["y"] + (row + 0.5) * step

    for column, row in ((1, 0), (5, 2), (6, 6)):  # hovering
        page.mouse.move(*place(column, row))
        assert greys(page, HERE) == [cells[row * 7 + column]]
    assert page.inner_text(f"{ROOT} .facts .t") == "→ 1.00 ↓ 1.00"
    page.mouse.click(*place(3, 1))
    page.mouse.move(5, 400)
    assert greys(page, HERE) == [cells[10]]
    page.focus(PLANE)
    for key, cell in (("ArrowDown", 17), ("ArrowLeft", 16), ("Home", 0), ("ArrowUp", 0), ("End", 48)):
        page.keyboard.press(key)
        assert greys(page, HERE) == [cells[cell]], key
    assert re.match(r"→ 1.00 ↓ 1.00, nearest example: an? \d", page.get_attribute(PLANE, "aria-valuetext"))
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{ROOT} .facts .t") == "→ 1,00 ↓ 1,00"
    assert calls(page) == asked


def test_a_corner_is_chosen_and_a_link_reopens_the_sheet(open_page):
    page = open_sheet(open_page)
    d = f"{ROOT} [data-end=d] .picture"
    before, kept = pixels(page, d), pixels(page, A)
    page.click(f"{ROOT} [data-end=d] [value=examples]")
    page.wait_for_selector(f"{PICKER} .tile")
    assert page.get_attribute(PICKER, "aria-label") == "Choose D"
    page.click(f"{PICKER} .classes button:has-text('6')")
    page.click(f"{PICKER} .tile:nth-child(3)")
    wait_for_another(page, d, before)
    assert pixels(page, A) == kept
    before = pixels(page, f"{ROOT} [data-end=c] .picture")
    page.keyboard.press("Escape")
    page.click(f"{ROOT} [data-end=c] [value=dice]")
    wait_for_another(page, f"{ROOT} [data-end=c] .picture", before)
    set_slider(page, f"{ROOT} .side", 5)
    page.wait_for_function("() => document.querySelector('.vae-walk .plane').width === 140")
    page.focus(PLANE)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    wait_for_address(page, "vae_grid=1", "vae_side=5", "vae_cell=1", "vae_d=example:6-2", "vae_c=seed:")
    wait_until_shown(page)
    again = open_page("?" + page.url.split("?")[1])
    wait_until_shown(again)
    assert cells_of(again) == cells_of(page) and pixels(again, HERE) == pixels(page, HERE)
    assert len(calls(again)) == 1


@pytest.mark.parametrize(
    "query",
    ["&vae_c=example:3-9999&vae_d=🙂&vae_side=99&vae_cell=x", "&vae_c=picture:AAAA&vae_side=2&vae_cell=49"],
)
def test_a_broken_link_opens_the_usual_sheet(open_page, query):
    page, usual = open_sheet(open_page, query), open_sheet(open_page)
    assert cells_of(page) == cells_of(usual) and pixels(page, HERE) == pixels(usual, HERE)
    assert page.is_hidden(MESSAGE)


def test_the_file_of_a_sheet_is_a_png(open_page):
    page = open_sheet(open_page)
    assert page.is_hidden(f"{ROOT} .files [value=gif]") and page.is_hidden(f"{ROOT} .files [value=webp]")
    with page.expect_download() as download:
        page.click(f"{ROOT} .files [value=png]")
    assert download.value.suggested_filename == "vae-grid-digits-3-1-8-1-0-1-1-1-spherical-7-by-7.png"
    assert Image.open(download.value.path()).size == (7 * 28 * 4,) * 2


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


def test_a_broken_link_opens_the_usual_walk(open_page):
    usual = strip(open_walk(open_page), 1)
    for broken in (
        "vae_a=🙂&vae_b=seed:x&vae_method=curved&vae_frames=1000000&vae_frame=NaN",
        "vae_a=example:99-999&vae_b=seed:99999999999999999999&vae_frames=NaN&vae_frame=-1",
        "vae_a=%3Cimg src=x%3E&vae_b=&vae_method=&vae_frames=&vae_frame=99",
    ):
        page = open_walk(open_page, f"&{broken}")
        assert strip(page, 1) == usual and frame(page) == 6, broken
        assert page.is_hidden(MESSAGE)


def test_the_files_are_what_their_names_say(open_page):
    page = open_walk(open_page)
    for kind, start in (("gif", b"GIF89a"), ("webp", b"RIFF"), ("png", b"\x89PNG")):
        with page.expect_download() as download:
            page.click(f"{ROOT} .files [value={kind}]")
        name = download.value.suggested_filename
        assert name == f"vae-walk-digits-3-1-to-8-1-spherical-13-frames.{kind}"
        assert Path(download.value.path()).read_bytes().startswith(start)
        page.wait_for_selector(f"{ROOT} .files [value={kind}]:enabled")


# --- a phone ----------------------------------------------------------------------------------------------


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
    page.tap(f"{PICKER} .classes button:has-text('1')")
    page.tap(f"{PICKER} .tile:nth-child(5)")
    wait_for_another(page, B, before)
    page.tap(f"{PICKER} .close")
    assert page.is_hidden(PICKER)
    assert page.inner_text(f"{ROOT} [data-end=b] .what") == "1 · example 5"
    assert json.loads(page.evaluate("JSON.stringify(document.documentElement.scrollWidth)")) <= 390


def touch_stroke(page, selector, points):
    """One finger along points given as shares of the element."""
    box = page.locator(selector).bounding_box()
    at = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points]
    session = page.context.new_cdp_session(page)
    for kind, place in [("touchStart", at[0]), *(("touchMove", one) for one in at[1:])]:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [place]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("width", [320, 340, 360])
def test_on_a_narrow_phone_nothing_lies_over_the_buttons_of_an_end(open_page, width):
    page = open_walk(open_page, **PHONE | {"viewport": {"width": width, "height": 700}})
    free = """(all) => all.filter((one) => one.offsetParent).map((one) => {
      one.scrollIntoView({ block: "center" });
      const { left, right, top, bottom } = one.getBoundingClientRect();
      const places = [left + 2, (left + right) / 2, right - 2];
      return places.every((x) => one.contains(document.elementFromPoint(x, (top + bottom) / 2)));
    })"""
    assert page.eval_on_selector_all(f"{ROOT} .end .button", free) == [True] * 8
    page.tap(f"{ROOT} [data-end=a] [value=draw]")
    sheet = page.locator(PICKER)
    assert sheet.evaluate("(sheet) => sheet.scrollWidth <= sheet.clientWidth")


@pytest.mark.parametrize("width, height", [(640, 360), (667, 375), (844, 390)])
def test_on_a_phone_that_lies_on_its_side_the_whole_pad_is_seen(open_page, width, height):
    page = open_walk(open_page, **PHONE | {"viewport": {"width": width, "height": height}})
    page.tap(f"{ROOT} [data-end=a] [value=draw]")
    for part in (".pad", ".undo", ".clear", ".close"):
        box = page.locator(f"{PICKER} {part} >> visible=true").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height, part


def test_on_a_phone_a_finger_draws_and_the_card_stays_in_sight(open_page):
    page = open_walk(open_page, **PHONE)
    before = pixels(page, B)
    page.tap(f"{ROOT} [data-end=b] [value=draw]")
    touch_stroke(page, PAD, [(0.3, 0.2), (0.5, 0.4), (0.5, 0.6), (0.3, 0.8)])
    wait_for_another(page, B, before)
    sheet, card = (
        page.locator(PICKER).bounding_box(),
        page.locator(f"{ROOT} [data-end=b] .room").bounding_box(),
    )
    assert card["y"] >= 0 and card["y"] + card["height"] <= sheet["y"]
    assert sheet["x"] >= 0 and sheet["x"] + sheet["width"] <= 390


def test_on_a_phone_a_finger_moves_over_the_sheet(open_page):
    page = open_sheet(open_page, "&lang=pt-BR", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    asked, cells = calls(page), cells_of(page)
    page.locator(PLANE).scroll_into_view_if_needed()
    touch_stroke(page, PLANE, [(0.5, 0.5), (0.4, 0.4), (0.01, 0.01)])
    assert greys(page, HERE) == [cells[0]]
    touch_stroke(page, PLANE, [(0.99, 0.01), (0.99, 0.99)])
    assert greys(page, HERE) == [cells[48]]
    assert calls(page) == asked
