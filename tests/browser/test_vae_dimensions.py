"""The VAE's dimensions as a visitor uses them."""

import json
import re
from urllib.parse import parse_qs, urlparse

import pytest

from demo.loading import Models
from tests.browser.conftest import PHONE, calls

ROOT = "#vae-dimensions .vae-dimensions"
HERE, A = f"{ROOT} canvas.here", f"{ROOT} canvas.a"
MESSAGE = f"{ROOT} > .message"
SERVER = "**/playground/call/**"
STOPS = 9


def open_station(open_page, query="", **options):
    page = open_page(f"?tab=vae&station=dimensions{query}", **options)
    wait_until_shown(page)
    return page


def wait_until_shown(page):
    page.wait_for_selector(f"{ROOT}[aria-busy=false] .row", timeout=60_000)


def slider(row):
    return f"{ROOT} .row:nth-child({row}) input[type=range]"


def pixels(page, selector):
    """Red, green and blue of a canvas, as one text."""
    return page.eval_on_selector(
        selector,
        "(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((_, i) => i % 4 < 3).join()",
    )


def stop_of_strip(page, row, stop):
    """One picture of a strip, as `pixels` tells one."""
    return page.eval_on_selector(
        f"{ROOT} .row:nth-child({row}) .strip canvas",
        """(c, stop) => c.getContext('2d').getImageData(stop * (c.height + 1), 0, c.height, c.height).data
             .filter((_, i) => i % 4 < 3).join()""",
        stop,
    )


def strips(page):
    return page.eval_on_selector_all(
        f"{ROOT} .strip canvas", "all => all.map((canvas) => canvas.toDataURL())"
    )


def dims(page):
    return page.eval_on_selector_all(f"{ROOT} .row", "all => all.map((row) => Number(row.dataset.dim))")


def value(page, row):
    return page.inner_text(f"{ROOT} .row:nth-child({row}) .value")


def place_of(page, row, stop):
    """Where the picture `stop` of a strip lies on the screen."""
    page.locator(slider(row)).scroll_into_view_if_needed()
    box = page.locator(slider(row)).bounding_box()
    return box["x"] + (stop + 0.5) * box["width"] / STOPS, box["y"] + box["height"] / 2


def wait_for_calls(page, count):
    page.wait_for_function(f"document.querySelector('{ROOT}').getAttribute('aria-busy') === 'false'")
    assert len(calls(page)) == count


def test_one_request_shows_the_most_active_dimensions(open_page):
    page = open_station(open_page)
    kl = Models("pretrained").get("vae/digits").info["kl_per_dim"]
    ranked = sorted(range(len(kl)), key=lambda dim: -kl[dim])
    assert dims(page) == ranked[:8] and len(calls(page)) == 1
    dead = sum(v < 0.01 for v in kl)
    counted = page.inner_text(f"{ROOT} .dead-count")
    assert re.match(rf"{dead or 'None'} of {len(kl)} ", counted)
    assert page.is_visible(f"{ROOT} .try-dead") == (dead > 0)
    page.wait_for_selector(f"{ROOT} .chart .point")
    assert page.locator(f"{ROOT} .chart .point").count() == len(kl)
    assert page.locator(f"{ROOT} details.fold summary").first.bounding_box()["y"] + 20 < 720
    assert pixels(page, HERE) == pixels(page, A)


def test_a_held_slider_shows_the_nearest_of_its_strip_and_asks_nothing(open_page):
    page = open_station(open_page)
    asked, before, others = calls(page), pixels(page, HERE), strips(page)
    page.mouse.move(*place_of(page, 2, 4))
    page.mouse.down()
    seen = set()
    for stop in (6, 0, 8):
        page.mouse.move(*place_of(page, 2, stop), steps=3)
        assert pixels(page, HERE) == stop_of_strip(page, 2, stop)
        seen.add(pixels(page, HERE))
    assert calls(page) == asked and strips(page) == others and len(seen) == 3 and before not in seen
    assert value(page, 2) == "3.00"
    page.mouse.up()
    wait_for_calls(page, len(asked) + 1)
    # its own strip stays, since it shows every value of that number; the others start from the new code
    after = strips(page)
    assert after != others and value(page, 2) == "3.00" and pixels(page, A) == before
    assert not page.is_disabled(f"{ROOT} .reset")


def test_a_finger_moves_a_slider(open_page):
    page = open_station(open_page, **PHONE, device_scale_factor=3)
    page.locator(slider(3)).scroll_into_view_if_needed()
    asked = calls(page)
    page.touchscreen.tap(*place_of(page, 3, 8))
    wait_for_calls(page, len(asked) + 1)
    assert abs(float(value(page, 3)) - 3) < 0.3
    # a drag: nothing is asked until the finger is lifted
    touch = page.context.new_cdp_session(page)

    def send(kind, *points):
        places = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    send("touchStart", place_of(page, 3, 8))
    for stop in (7, 5, 2, 0):
        send("touchMove", place_of(page, 3, stop))
    page.wait_for_function(f"document.querySelector('{slider(3)}').value < -2.5")
    assert len(calls(page)) == len(asked) + 1
    assert pixels(page, HERE) == stop_of_strip(page, 3, 0)
    # the whole picture stays in view above the slider
    picture, held = page.locator(HERE).bounding_box(), page.locator(slider(3)).bounding_box()
    assert 0 <= picture["y"] < picture["y"] + picture["height"] <= held["y"] + 1
    assert held["y"] + held["height"] <= page.evaluate("innerHeight") + 1
    send("touchEnd")
    wait_for_calls(page, len(asked) + 2)
    assert float(value(page, 3).replace("−", "-")) < -2.5


def test_a_finger_that_scrolls_the_page_leaves_the_sliders_as_they_are(open_page):
    page = open_station(open_page, **PHONE, device_scale_factor=3)
    page.locator(slider(3)).scroll_into_view_if_needed()
    values = f"[...document.querySelectorAll('{ROOT} .row input[type=range]')].map((one) => one.value)"
    before, scrolled, asked = page.evaluate(values), page.evaluate("scrollY"), len(calls(page))
    touch = page.context.new_cdp_session(page)
    x, y = place_of(page, 3, 8)
    for kind, points in (
        ("touchStart", [y]),
        *(("touchMove", [y - 20 * i]) for i in range(1, 10)),
        ("touchEnd", []),
    ):
        places = [{"x": x, "y": place} for place in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})
    page.wait_for_function("(before) => scrollY > before + 50", arg=scrolled)
    page.wait_for_timeout(300)
    assert page.evaluate(values) == before and len(calls(page)) == asked
    assert "vae_z" not in page.url and page.is_disabled(f"{ROOT} .reset")


def test_the_keyboard_moves_a_slider(open_page):
    page = open_station(open_page)
    first = float(page.input_value(slider(1)))
    page.focus(slider(1))
    page.keyboard.press("ArrowRight")
    wait_for_calls(page, 2)
    assert float(page.input_value(slider(1))) == pytest.approx(first + 0.05)
    page.keyboard.press("Home")
    wait_for_calls(page, 3)
    assert value(page, 1) == "−3.00" and page.evaluate("document.activeElement.type") == "range"


def test_back_to_a_is_back_at_a(open_page):
    page = open_station(open_page)
    before, strip_before = pixels(page, HERE), strips(page)
    for row in (1, 5):
        page.mouse.click(*place_of(page, row, 8))
        wait_until_shown(page)
    assert pixels(page, HERE) != before
    page.click(f"{ROOT} .reset")
    page.wait_for_selector(f"{ROOT} .reset:is(:disabled, [data-off])")
    assert pixels(page, HERE) == before and strips(page) == strip_before


def moved_in_link(page):
    return parse_qs(urlparse(page.url).query).get("vae_z", [None])[0]


def values(page):
    return dict(zip(dims(page), page.locator(f"{ROOT} .row .value").all_inner_texts(), strict=True))


def test_a_link_has_the_sliders_where_they_stand(open_page):
    page = open_station(open_page, "&vae_a=example:5-2")
    assert moved_in_link(page) is None
    page.click(f"{ROOT} .more")
    page.wait_for_selector(f"{ROOT} .row:nth-child(16)")
    for row, stop in ((2, 8), (16, 0)):
        page.mouse.click(*place_of(page, row, stop))
        wait_until_shown(page)
    shown, here = values(page), pixels(page, HERE)
    first, last = dims(page)[1], dims(page)[15]
    expected = {first: shown[first], last: shown[last]}
    again = open_page("?" + page.url.split("?")[1])
    again.wait_for_selector(f"{ROOT}[aria-busy=false] .reset:not(:disabled)", timeout=60_000)
    assert values(again) == {dim: shown[dim] for dim in dims(page)[:8]} | expected
    assert pixels(again, HERE) == here and pixels(again, A) == pixels(page, A)
    assert again.url.split("?")[1] == page.url.split("?")[1] and again.is_hidden(".misread")
    again.click(f"{ROOT} .reset")
    again.wait_for_selector(f"{ROOT} .reset:is(:disabled, [data-off])")
    assert moved_in_link(again) is None
    # another A, here or in another station, has its sliders at itself
    page.evaluate("load('vae/store.js').then(({ vaeStore }) => vaeStore.change({ a: 'seed:7' }))")
    assert moved_in_link(page) is None
    page.wait_for_selector(f"{ROOT}[aria-busy=false] .reset:disabled")


def test_what_is_not_understood_of_the_sliders_takes_nothing_along(open_page):
    page = open_page("?tab=vae&station=dimensions&vae_a=example:99-1&vae_z=3:1.5,40:1,17:9,5:-2")
    page.wait_for_selector(f"{ROOT}[aria-busy=false] .reset:not(:disabled)", timeout=60_000)
    shown = values(page)
    assert shown[2] == "1.50" and shown[4] == "−2.00" and page.is_visible(".misread")
    assert moved_in_link(page) == "3:1.5,5:-2" and page.is_hidden(MESSAGE)
    usual = open_station(open_page)
    assert pixels(page, A) == pixels(usual, A)
    assert all(shown[dim] == value for dim, value in values(usual).items() if dim not in (2, 4))


def test_the_code_becomes_a_or_b(open_page):
    page = open_station(open_page)
    page.mouse.click(*place_of(page, 1, 8))
    wait_for_calls(page, 2)
    page.click(f"{ROOT} .make-b")
    page.click(f"{ROOT} .make-a")
    wait_for_calls(page, 3)
    a, b = page.evaluate("load('vae/store.js').then(({ vaeStore: { state } }) => [state.a, state.b])")
    assert a == b and len(json.loads(a)) == 32
    assert all(number == round(number, 3) for number in json.loads(a))
    assert json.loads(a)[dims(page)[0]] == float(value(page, 1))
    assert page.is_disabled(f"{ROOT} .make-a") and pixels(page, A) == pixels(page, HERE)
    again = open_page("?" + page.url.split("?")[1])
    wait_until_shown(again)
    assert pixels(again, HERE) == pixels(page, HERE)


def test_more_and_fewer_dimensions_and_those_of_the_bars(open_page):
    page = open_station(open_page)
    first = dims(page)
    page.click(f"{ROOT} .more")
    page.wait_for_selector(f"{ROOT} .row:nth-child(16)")
    assert dims(page)[:8] == first and len(set(dims(page))) == 16
    page.mouse.click(*place_of(page, 16, 0))
    wait_for_calls(page, 3)
    page.click(f"{ROOT} .fewer")
    page.wait_for_selector(f"{ROOT} .row:nth-child(9)", state="detached")
    assert dims(page) == first and not page.is_disabled(f"{ROOT} .reset")
    # a click on the bar of the twentieth brings its slider
    box = page.locator(f"{ROOT} .chart .point").nth(19).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)
    page.wait_for_selector(f"{ROOT} .chart .hovertext")
    page.mouse.down()
    page.mouse.up()
    page.wait_for_selector(f"{ROOT} .row:nth-child(9)")
    page.wait_for_function(f"document.activeElement === document.querySelector('{slider(9)}')")


def test_a_dead_dimension_is_counted_and_can_be_tried(open_page):
    page = open_page("?tab=vae&station=walk")
    page.wait_for_selector("#vae-walk [aria-busy=false]", timeout=60_000)

    def with_a_dead_one(route):
        answer = route.fetch()
        record = answer.json()
        if "kl" in record:
            record["kl"] = [value + 1 for value in record["kl"]]
            record["kl"][record["ranked"][-1]] = 0.0099
        route.fulfill(response=answer, json=record)

    page.route(SERVER, with_a_dead_one)
    page.click(".vae-tab button[value=dimensions]")
    wait_until_shown(page)
    assert page.inner_text(f"{ROOT} .dead-count").startswith("1 of 32 are dead")
    page.click(f"{ROOT} .try-dead")
    page.wait_for_selector(f"{ROOT} .row:nth-child(9).dead")
    assert page.inner_text(f"{ROOT} .row.dead .kl") == "0.0099 nats"
    page.wait_for_function(f"document.activeElement === document.querySelector('{slider(9)}')")
    assert page.is_hidden(f"{ROOT} .try-dead")


def test_the_network_with_dead_dimensions_can_be_opened(open_page):
    page = open_page("?tab=vae&station=training")
    page.wait_for_selector("#vae-training [aria-busy=false] .dead", timeout=60_000)
    page.click("#vae-training .network:last-child .dead")
    wait_until_shown(page)
    assert "station=dimensions" in page.url and "vae_beta=4" in page.url
    count = sum(
        kl < 0.01 for kl in max(Models("pretrained").vae_snapshots("4").items())[1].info["kl_per_dim"]
    )
    assert page.inner_text(f"{ROOT} .dead-count").startswith(f"{count} of 32 are dead") and count
    # its codes are not those of A and B
    assert page.is_hidden(f"{ROOT} .make-a") and page.is_hidden(f"{ROOT} .make-b")
    page.click(f"{ROOT} .try-dead")
    page.wait_for_selector(f"{ROOT} .row:nth-child(9).dead")
    here = pixels(page, HERE)
    page.focus(slider(9))
    page.keyboard.press("End")
    page.wait_for_selector(f"{ROOT}[aria-busy=false] .reset:not(:disabled)")
    greys = [[int(grey) for grey in text.split(",")] for text in (here, pixels(page, HERE))]
    assert sum(abs(one - other) for one, other in zip(*greys, strict=True)) < 3 * len(greys[0])  # of 255
    page.select_option(f"{ROOT} .network select", "")
    page.wait_for_selector(f"{ROOT} .make-a:visible")
    assert "vae_beta" not in page.url and page.inner_text(f"{ROOT} .dead-count").startswith("None of 32")


def test_names_are_kept_in_the_page_for_each_model(open_page):
    page = open_station(open_page)
    asked = calls(page)
    name = f"{ROOT} .row:nth-child(1) .own-name"
    page.fill(name, "slant <b>🙂")
    assert calls(page) == asked
    page.click(f"{ROOT} .more")
    page.wait_for_selector(f"{ROOT} .row:nth-child(16)")
    assert page.input_value(name) == "slant <b>🙂"
    page.check(".vae-tab .set input[value=fashion]", force=True)
    page.wait_for_function(f"document.querySelector('{name}').value === ''")
    page.reload()
    wait_until_shown(page)
    page.check(".vae-tab .set input[value=digits]", force=True)
    page.wait_for_function(f"document.querySelector('{name}').value !== ''")
    assert page.input_value(name) == "slant <b>🙂"


def test_language_and_theme_ask_nothing(open_page):
    page = open_station(open_page)
    page.wait_for_selector(f"{ROOT} .chart .point")
    asked = calls(page)
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{ROOT} .station-title") == "Quais números o modelo usa de verdade?"
    assert (
        "," in value(page, 1)
        and page.get_attribute(f"{ROOT} .own-name", "placeholder") == "meu nome para ela"
    )
    page.wait_for_function(f"document.querySelector('{ROOT} .chart').textContent.includes('0,01 nats')")
    page.evaluate("document.body.classList.toggle('dark')")
    assert calls(page) == asked


@pytest.mark.parametrize("dataset", ["emoji", "digits-2d"])
def test_the_other_models(open_page, dataset):
    page = open_station(open_page, f"&vae_set={dataset}")
    assert len(dims(page)) == {"emoji": 7, "digits-2d": 2}[dataset]
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    summary = page.locator(f"{ROOT} details.fold summary").first.bounding_box()
    assert summary["y"] + 20 < 720
    before = pixels(page, HERE)
    page.mouse.click(*place_of(page, 1, 0))
    wait_for_calls(page, 2)
    assert pixels(page, HERE) != before and value(page, 1).startswith(("−3", "−2.9"))


def test_without_the_server_all_stays_and_one_sentence_says_so(open_page):
    page = open_station(open_page)
    kept, here = strips(page), pixels(page, HERE)
    page.route(SERVER, lambda route: route.abort())
    page.mouse.click(*place_of(page, 1, 8))
    page.wait_for_selector(MESSAGE)
    assert page.inner_text(MESSAGE).startswith("The server is not answering.")
    assert strips(page) == kept
    chosen = value(page, 1)
    page.unroute(SERVER)
    page.click(f"{MESSAGE} .again")
    page.wait_for_selector(MESSAGE, state="hidden")
    assert value(page, 1) == chosen and pixels(page, HERE) != here


def test_a_broken_link_opens_the_usual_picture(open_page):
    usual = pixels(open_station(open_page), HERE)
    for broken in ("example:99-999", "picture:AAAA", "[1, 2, 3]"):
        page = open_page(f"?tab=vae&station=dimensions&vae_a={broken}")
        wait_until_shown(page)
        assert pixels(page, HERE) == usual and page.is_hidden(MESSAGE), broken
