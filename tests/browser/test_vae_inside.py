"""The station Inside as a visitor uses it: drawing with mouse and finger, noise, the terms of the loss."""

import re

import pytest

from tests.browser.conftest import PHONE, calls

ROOT = "#vae-inside .vae-inside"
PAD, X, COPY, ERROR, BARS = (
    f"{ROOT} {part}" for part in (".origin .pad", ".origin .x", ".rebuilt", ".error", ".bars")
)
DICE, SILENT, MESSAGE = f"{ROOT} .code .dice", f"{ROOT} .silent input", f"{ROOT} .heading .message"
SERVER = "**/playground/call/**"
THREE = [(0.3, 0.2), (0.5, 0.12), (0.68, 0.22), (0.45, 0.48), (0.7, 0.75), (0.5, 0.88), (0.3, 0.8)]


def open_inside(open_page, query="", **options):
    page = open_page(f"?tab=vae&station=inside{query}", **options)
    wait_until_shown(page)
    return page


def wait_until_shown(page):
    page.wait_for_selector(f"{ROOT}[aria-busy=false] .stage canvas", timeout=60_000)


def pixels(page, selector):
    return page.eval_on_selector(selector, "(canvas) => canvas.toDataURL()")


def wait_for_another(page, selector, before):
    page.wait_for_function(
        "([selector, before]) => document.querySelector(selector).toDataURL() !== before",
        arg=[selector, before],
    )


def nats(page, term):
    text = page.inner_text(f"{ROOT} .term[value={term}] .value")
    return float(re.fullmatch(r"(?:≈ )?([\d,.]+) nats", text)[1].replace(",", ""))


def on_pad(page, points):
    box = page.locator(PAD).bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]


def press_and_draw(page, points=THREE):
    """Puts the mouse down and draws; it stays down."""
    (x, y), *rest = on_pad(page, points)
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y, steps=5)


def draw(page, points=THREE):
    press_and_draw(page, points)
    before = page.evaluate("location.search")
    page.mouse.up()
    page.wait_for_function("(before) => location.search !== before", arg=before)
    wait_until_shown(page)


# --- what is there ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", ["digits", "fashion", "emoji", "digits-2d", "fashion-2d"])
def test_every_model_opens_with_its_own_numbers(open_page, dataset):
    page = open_inside(open_page, f"&vae_set={dataset}")
    # the line adds up as it is read; what q averages over z is only near to what one draw gives
    assert nats(page, "elbo") == pytest.approx(nats(page, "recon") + nats(page, "kl"), abs=1e-9)
    signs = page.locator(f"{ROOT} .term .value").all_inner_texts()
    assert [value.startswith("≈") for value in signs] == [True, True, False]
    count = 2 if dataset.endswith("2d") else 32
    assert page.inner_text(f"{ROOT} .shapes li:first-child") == f"z: {count}"
    side = 64 if dataset == "emoji" else 28
    assert page.eval_on_selector(COPY, "(canvas) => [canvas.width, canvas.clientWidth % canvas.width]") == [
        side,
        0,
    ]
    assert page.is_visible(f"{ROOT} .own") == ("digits" in dataset)
    assert page.is_visible(PAD) == ("digits" in dataset)
    page.hover(f"{ROOT} .term[value=recon]")
    says = page.inner_text(f"{ROOT} .says")
    noise = {"fashion": "0.10", "emoji": "0.25"}.get(dataset)  # of a Gaussian likelihood
    assert ("cross-entropy" in says) == (noise is None)
    assert noise is None or f"squared error of every pixel value over 2 × {noise}²" in says
    assert len([url for url in calls(page) if "/playground/call/" in url]) == 1


# --- noise ------------------------------------------------------------------------------------------------


def test_the_switch_for_sigma_asks_nobody(open_page):
    page = open_inside(open_page)
    asked, copy, bars, loss, kl = (
        calls(page), pixels(page, COPY), pixels(page, BARS), nats(page, "recon"), nats(page, "kl"),
    )  # fmt: skip
    page.check(SILENT)
    assert pixels(page, COPY) != copy and pixels(page, BARS) != bars
    assert nats(page, "recon") != loss and nats(page, "kl") == kl
    assert page.inner_text(f"{ROOT} .is") == "z = μ" and "vae_noise=off" in page.url
    # with z = mu the sum is no bound, and it is not called one
    assert not re.search("ELBO|≈", page.inner_text(f"{ROOT} .term[value=elbo] .line"))
    assert page.inner_text(f"{ROOT} .term[value=elbo] .name:visible") == "copy from μ: no draw, so no ELBO"
    assert nats(page, "elbo") == pytest.approx(nats(page, "recon") + kl, abs=1e-9)
    page.uncheck(SILENT)
    assert pixels(page, COPY) == copy and nats(page, "recon") == loss
    assert calls(page) == asked


@pytest.mark.gradio  # whose styles draw boxes of their own
@pytest.mark.parametrize("query", ["vae&station=inside", "gan&station=collapse", "gan&station=game", "lm"])
def test_a_tick_can_be_seen(open_page, query):
    page = open_page(f"?tab={query}")
    boxes = ".tab-panel input[type=checkbox]"
    page.wait_for_selector(boxes, state="attached")
    look = page.eval_on_selector_all(boxes, "(all) => all.map((box) => getComputedStyle(box).appearance)")
    assert set(look) == {"auto"}


def test_a_new_epsilon_is_one_request_and_changes_only_z(open_page):
    page = open_inside(open_page)
    asked, picture, copy, kl = len(calls(page)), pixels(page, X), pixels(page, COPY), nats(page, "kl")
    page.click(DICE)
    wait_for_another(page, COPY, copy)
    assert pixels(page, X) == picture and nats(page, "kl") == kl
    assert len(calls(page)) == asked + 1
    seed = re.search(r"vae_epsilon=(\d+)", page.url)[1]
    assert page.inner_text(DICE) == f"ε: seed {seed}"
    again = open_inside(open_page, f"&vae_epsilon={seed}")
    assert pixels(again, COPY) == pixels(page, COPY)


def test_without_noise_the_copy_stays_the_same_whatever_the_seed(open_page):
    page = open_inside(open_page, "&vae_noise=off")
    other = open_inside(open_page, "&vae_noise=off&vae_epsilon=77")
    assert pixels(page, COPY) == pixels(other, COPY) and nats(page, "recon") == nats(other, "recon")


# --- drawing ----------------------------------------------------------------------------------------------


def test_the_copy_follows_the_pen_while_it_is_down(open_page):
    page = open_inside(open_page)
    seen = [pixels(page, COPY)]
    press_and_draw(page, THREE[:4])
    wait_for_another(page, COPY, seen[-1])
    assert "picture" not in page.url  # A is not the drawing before the stroke is finished
    page.wait_for_selector(f"{ROOT}[aria-busy=false]")
    seen.append(pixels(page, COPY))
    for x, y in on_pad(page, THREE[4:]):
        page.mouse.move(x, y, steps=5)
    wait_for_another(page, COPY, seen[-1])
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('vae_a=picture')")
    assert page.inner_text(f"{ROOT} .what") == "your picture" and page.is_hidden(f"{ROOT} .own")
    wait_until_shown(page)
    copy = pixels(page, COPY)
    reopened = open_inside(open_page, "&" + page.url.split("?", 1)[1].split("&", 2)[2])
    assert pixels(reopened, COPY) == copy  # a link holds the drawing


def test_at_most_one_request_is_under_way_and_the_newest_wins(open_page):
    page = open_inside(open_page)
    asked, copy, held = len(calls(page)), pixels(page, COPY), []
    page.route(SERVER, lambda route: route.continue_() if held else held.append(route))
    press_and_draw(page)
    page.mouse.up()
    page.wait_for_timeout(200)
    assert len(calls(page)) == asked + 1 and len(held) == 1
    held[0].continue_()
    page.wait_for_function("() => location.search.includes('vae_a=picture')")
    wait_until_shown(page)
    assert len(calls(page)) == asked + 2  # of all moves the first, and the end of the stroke
    assert pixels(page, COPY) != copy


def test_a_finger_draws_and_does_not_scroll(open_page):
    page = open_inside(open_page, **PHONE)
    touch = page.context.new_cdp_session(page)
    copy, top = pixels(page, COPY), page.evaluate("scrollY")

    def send(kind, *points):
        touch.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        )

    first, *rest = on_pad(page, THREE)
    send("touchStart", first)
    for point in rest:
        send("touchMove", point)
    wait_for_another(page, COPY, copy)
    assert "picture" not in page.url
    send("touchEnd")
    page.wait_for_function("() => location.search.includes('vae_a=picture')")
    assert page.evaluate("scrollY") == top
    assert page.inner_text(f"{ROOT} .what") == "your picture"


def test_an_empty_pad_shows_what_was_there_before(open_page):
    page = open_inside(open_page, "&vae_a=example:7-2")
    picture = pixels(page, X)
    draw(page)
    drawn = pixels(page, X)
    assert drawn != picture and page.is_hidden(f"{ROOT} .hint")
    page.click(f"{ROOT} .tools .clear")
    wait_for_another(page, X, drawn)
    wait_until_shown(page)
    assert pixels(page, X) == picture and page.is_visible(f"{ROOT} .hint")
    assert page.is_hidden(MESSAGE) and "example%3A7-2" in page.url
    page.click(f"{ROOT} .tools .undo")  # takes the clearing back
    wait_for_another(page, X, picture)
    wait_until_shown(page)
    assert pixels(page, X) == drawn
    page.click(f"{ROOT} .tools .undo")
    wait_for_another(page, X, drawn)
    wait_until_shown(page)
    assert pixels(page, X) == picture


def test_a_tap_on_the_pad_is_a_dot(open_page):
    page = open_inside(open_page)
    blank = pixels(page, PAD)
    draw(page, [(0.5, 0.5)])
    assert page.is_hidden(MESSAGE) and pixels(page, PAD) != blank
    lit = "(c) => c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data[0]"
    assert page.eval_on_selector(PAD, lit) == 255


def test_the_code_keeps_its_height_whatever_was_drawn_on_it(open_page):
    page = open_inside(open_page)
    heights = []
    for dataset in ("fashion", "emoji", "digits", "fashion", "digits"):
        page.check(f"#vae-tab .set [value={dataset}]", force=True)
        page.wait_for_selector(f"{ROOT}[data-set={dataset}][aria-busy=false]")
        page.wait_for_timeout(100)  # a canvas that grows with its row does so after the drawing
        box = page.locator(BARS).bounding_box()
        heights.append((dataset, box["height"]))
    assert heights[0] == heights[3] and heights[2] == heights[4]
    page.click(".page-tools .projector")
    page.click(".page-tools .projector")
    page.wait_for_timeout(100)
    assert page.locator(BARS).bounding_box()["height"] == heights[-1][1]


def test_a_second_stroke_is_added_and_undone(open_page):
    page = open_inside(open_page)
    draw(page, [(0.5, 0.1), (0.5, 0.9)])
    one = pixels(page, X)
    draw(page, [(0.2, 0.5), (0.8, 0.5)])
    assert pixels(page, X) != one
    page.focus(f"{ROOT} .tools .undo")
    before = pixels(page, X)
    page.keyboard.press("Enter")
    wait_for_another(page, X, before)
    wait_until_shown(page)
    assert pixels(page, X) == one


def test_a_lost_server_is_told_and_nothing_is_lost(open_page):
    page = open_inside(open_page)
    copy = pixels(page, COPY)
    page.route(SERVER, lambda route: route.abort())
    page.click(DICE)
    page.wait_for_selector(MESSAGE)
    assert pixels(page, COPY) == copy
    page.click(".language[value=pt-BR]")
    sentence, again = page.inner_text(MESSAGE).splitlines()
    assert sentence.endswith(".") and again == "Tentar de novo"
    page.unroute(SERVER)
    page.click(DICE)
    page.wait_for_selector(MESSAGE, state="hidden")
    wait_for_another(page, COPY, copy)


def test_a_broken_link_shows_the_usual_picture(open_page):
    page = open_inside(open_page, "&vae_a=example:99-0")
    usual = open_inside(open_page)
    assert pixels(page, X) == pixels(usual, X)


# --- terms, language, keyboard ----------------------------------------------------------------------------


def test_a_term_points_at_what_it_measures(open_page):
    page = open_inside(open_page)
    page.add_style_tag(content="* { transition: none !important }")  # the outline fades in

    def outlined():
        return page.eval_on_selector_all(
            f"{ROOT} [data-terms]",
            "all => all.filter((e) => getComputedStyle(e).outlineColor !== 'rgba(0, 0, 0, 0)')"
            ".map((e) => e.className)",
        )

    assert outlined() == []
    page.click(f"{ROOT} .term[value=kl]")
    page.mouse.move(5, 5)
    assert outlined() == ["columns number"] and "prior" in page.inner_text(f"{ROOT} .says")
    page.focus(f"{ROOT} .term[value=recon]")
    assert outlined() == ["picture x", "picture rebuilt", "picture error"]
    page.keyboard.press("Enter")
    assert page.get_attribute(f"{ROOT} .term[value=recon]", "aria-pressed") == "true"
    assert page.get_attribute(f"{ROOT} .term[value=kl]", "aria-pressed") == "false"


def test_the_numbers_of_the_code_are_read_with_pointer_and_keys(open_page):
    page = open_inside(open_page)
    asked = calls(page)
    page.hover(BARS, position={"x": 40, "y": 3})
    first = page.inner_text(f"{ROOT} .values")
    assert re.fullmatch(r"number 1: μ −?\d\.\d\d, σ \d\.\d\d, z −?\d\.\d\d", first)
    page.mouse.move(5, 5)
    page.focus(BARS)
    page.keyboard.press("ArrowDown")
    assert page.inner_text(f"{ROOT} .values") == first
    page.keyboard.press("ArrowDown")
    assert page.inner_text(f"{ROOT} .values").startswith("number 2:")
    assert calls(page) == asked


def test_language_and_theme_ask_nobody(open_page):
    page = open_inside(open_page)
    asked, copy, error = calls(page), pixels(page, COPY), pixels(page, ERROR)
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{ROOT} .station-title") == "O que acontece entre uma imagem e sua cópia?"
    assert re.fullmatch(r"[\d.]+,\d nats", page.inner_text(f"{ROOT} .term[value=kl] .value"))
    page.click(".page-tools .theme")
    wait_for_another(page, ERROR, error)
    assert pixels(page, COPY) == copy and calls(page) == asked


def test_the_picture_is_chosen_with_the_shared_picker(open_page):
    page = open_inside(open_page)
    picture = pixels(page, X)
    page.click(f"{ROOT} .pick")
    page.click(f"{ROOT} .vae-picker .classes button:has-text('5')")
    page.click(f"{ROOT} .vae-picker .tile:nth-child(3)")
    wait_for_another(page, X, picture)
    assert page.inner_text(f"{ROOT} .what") == "a 5"
