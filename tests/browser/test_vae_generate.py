"""The station Generate as a visitor uses it."""

import re

import pytest

from tests.browser.conftest import PHONE, calls, set_slider

ROOT = "#vae-generate .vae-generate"
LARGE = f"{ROOT} .large"
MESSAGE = f"{ROOT} .heading .message"
SERVER = "**/playground/call/**"
PRIORS = ("standard", "learned", "flow")


def open_generate(open_page, query="", **options):
    page = open_page(f"?tab=vae&station=generate{query}", **options)
    wait_until_shown(page)
    return page


def wait_until_shown(page):
    page.wait_for_selector(f"{ROOT}[aria-busy=false] .make button:enabled", timeout=60_000)


def wait_until_all_are_here(page):
    page.wait_for_selector(f"{ROOT}.complete[aria-busy=false]", state="attached", timeout=60_000)


def wall(page, prior):
    return page.eval_on_selector_all(
        f"{ROOT} [data-prior={prior}] .wall canvas", "all => all.map((canvas) => canvas.toDataURL())"
    )


def large(page):
    return page.eval_on_selector(LARGE, "(canvas) => canvas.toDataURL()")


def wait_for_another_wall(page, before):
    page.wait_for_function(
        "([root, before]) => document.querySelector(`${root} .wall canvas`).toDataURL() !== before",
        arg=[ROOT, before[0]],
    )
    wait_until_shown(page)


def picture(page, prior, i):
    return f"{ROOT} [data-prior={prior}] .wall button >> nth={i}"


# --- what is there ----------------------------------------------------------------------------------------


def test_the_station_opens_on_three_walls_of_the_same_seeds(open_page):
    page = open_generate(open_page)
    walls = [wall(page, prior) for prior in PRIORS]
    assert [len(pictures) for pictures in walls] == [24] * 3
    assert len({picture for pictures in walls for picture in pictures}) == 72
    assert large(page) == walls[2][0] and page.inner_text(f"{ROOT} .what") == "seed 1"
    for prior in PRIORS:
        mean = page.inner_text(f"{ROOT} [data-prior={prior}] .mean")
        assert re.fullmatch(r"nearest example: \d+\.\d\d on average · \d+ of 10 classes", mean)
    assert "vae_seed" not in page.url


@pytest.mark.gradio  # the station opens on coming from another tab
def test_nothing_jumps_when_the_walls_arrive(open_page):
    held, freed = [], []
    page = open_page("?tab=gan")
    page.route(SERVER, lambda route: route.continue_() if freed else held.append(route))
    page.click("#tab-vae")
    with page.expect_request(SERVER):
        page.click("#vae-tab .stations button[value=generate]")

    def places():
        parts = ("[data-prior=learned] .wall", ".one", ".knobs", ".fold")
        return [page.locator(f"{ROOT} {part}").bounding_box() for part in parts]

    before = places()
    freed.append(True)
    for route in held:
        route.continue_()
    wait_until_shown(page)
    assert places() == before


# --- moving asks nobody -----------------------------------------------------------------------------------


def test_every_temperature_is_here_already(open_page):
    page = open_generate(open_page)
    wait_until_all_are_here(page)
    asked, seen = calls(page), []
    assert len(asked) == 3  # the temperature that is shown, first the flow's wall, and all others
    for heat in ("0", "0.25", "0.5", "0.75", "1", "1.25", "1.5", "1.75", "2"):
        set_slider(page, f"{ROOT} .temperature", heat)
        seen.append(tuple(wall(page, "standard")))
    assert len(set(seen)) == 9 and len(set(seen[0])) == 1  # at 0 all are the same
    assert page.inner_text(f"{ROOT} .heat .value") == "2.00"
    assert calls(page) == asked


def test_another_temperature_is_asked_for_alone_where_the_others_are_not_here_yet(open_page):
    held = []

    def hold(route):
        if '"others":true' in route.request.post_data:
            return held.append(route)
        return route.continue_()

    page = open_page("?tab=vae")
    page.route("**/vae_generate", hold)
    page.click("#vae-tab .stations button[value=generate]")
    wait_until_shown(page)
    before = wall(page, "standard")
    set_slider(page, f"{ROOT} .temperature", "0")
    wait_for_another_wall(page, before)
    assert len(set(wall(page, "standard"))) == 1 and page.inner_text(f"{ROOT} .heat .value") == "0.00"
    set_slider(page, f"{ROOT} .temperature", "1")  # is still here
    assert wall(page, "standard") == before
    while not held:
        page.wait_for_timeout(20)
    held.pop().continue_()
    wait_until_all_are_here(page)
    assert wall(page, "standard") == before


def test_a_click_marks_the_seed_on_all_walls_and_asks_nobody(open_page):
    page = open_generate(open_page)
    wait_until_all_are_here(page)
    asked = calls(page)
    page.click(picture(page, "standard", 13))
    assert large(page) == wall(page, "standard")[13] and page.inner_text(f"{ROOT} .what") == "seed 14"
    assert re.fullmatch(r"length of z: \d+\.\d\d", page.inner_text(f"{ROOT} .length"))
    assert re.fullmatch(r"nearest example: an? \d, \d+\.\d\d away", page.inner_text(f"{ROOT} .nearest"))
    for prior in PRIORS:
        assert page.locator(picture(page, prior, 13)).get_attribute("aria-pressed") == "true"
    page.keyboard.press("ArrowRight")
    assert large(page) == wall(page, "standard")[14]
    page.click(picture(page, "learned", 14))
    assert large(page) == wall(page, "learned")[14]
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{ROOT} .what") == "semente 15" and "," in page.inner_text(f"{ROOT} .length")
    assert calls(page) == asked


# --- changing the walls -----------------------------------------------------------------------------------


def test_seed_dice_and_count_change_the_walls(open_page):
    page = open_generate(open_page)
    first = wall(page, "standard")
    page.fill(f"{ROOT} .seed", "5")
    page.keyboard.press("Enter")
    wait_for_another_wall(page, first)
    moved = wall(page, "standard")
    assert moved[:20] == first[4:]  # one seed, one picture
    page.check(f"{ROOT} .count [value='16']", force=True)
    page.wait_for_function("() => document.querySelectorAll('.vae-generate .wall button').length === 48")
    assert wall(page, "standard") == moved[:16]
    page.click(f"{ROOT} .dice")
    wait_for_another_wall(page, moved)
    assert re.search(r"vae_seed=\d+&vae_count=16&vae_temperature=1", page.url)
    again = open_page("?" + page.url.split("?")[1])
    wait_until_shown(again)
    assert wall(again, "learned") == wall(page, "learned")


def test_emoji_are_asked_for_one_temperature_at_a_time(open_page):
    page = open_generate(open_page, "&vae_set=emoji")
    before, asked = wall(page, "standard"), len(calls(page))
    set_slider(page, f"{ROOT} .temperature", "0.5")
    wait_for_another_wall(page, before)
    assert len(calls(page)) == asked + 2  # the flow's wall, and the others


def test_the_wall_of_the_flow_comes_first_and_the_others_as_they_were_until_theirs_do(open_page):
    page = open_generate(open_page)
    wait_until_all_are_here(page)
    page.click(picture(page, "learned", 3))
    before = {prior: wall(page, prior) for prior in PRIORS}
    kept = large(page)
    held = []

    def hold(route):
        return held.append(route) if '"part":"rest"' in route.request.post_data else route.continue_()

    page.route("**/vae_generate", hold)
    page.fill(f"{ROOT} .seed", "1000")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{ROOT}.partial [data-prior=learned].to-come")
    assert not set(wall(page, "flow")) & set(before["flow"])
    assert [wall(page, prior) for prior in PRIORS[:2]] == [before[prior] for prior in PRIORS[:2]]
    assert large(page) == kept and page.locator(f"{ROOT} .make button:disabled").count() == 2
    page.mouse.click(*middle(page, picture(page, "standard", 5)))  # of the pictures before: nothing happens
    assert page.locator(picture(page, "standard", 5)).get_attribute("aria-pressed") == "false"
    while not held:
        page.wait_for_timeout(20)
    held.pop().continue_()
    wait_until_shown(page)
    assert (
        page.locator(f"{ROOT}.partial, {ROOT} .to-come").count() == 0
        and large(page) == wall(page, "learned")[3]
    )
    assert page.inner_text(f"{ROOT} .what") == "seed 1003"


def middle(page, selector):
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_bad_seed_is_told_in_one_sentence_and_all_stays(open_page):
    page = open_generate(open_page)
    good, kept = page.input_value(f"{ROOT} .seed"), [*wall(page, "standard"), large(page)]
    for bad in ("-1", "1.5", "seven", "🎲", "", str(2**64)):
        page.fill(f"{ROOT} .seed", bad)
        page.keyboard.press("Enter")
        page.wait_for_selector(MESSAGE)
        assert page.inner_text(MESSAGE) == "The seed must be a whole number from 0 to 18446744073709551615."
        assert [*wall(page, "standard"), large(page)] == kept, bad
        page.fill(f"{ROOT} .seed", good)
        page.keyboard.press("Enter")
        page.wait_for_selector(MESSAGE, state="hidden")
        page.wait_for_selector(f"{ROOT}[aria-busy=false]")


def test_a_broken_link_opens_the_usual_walls(open_page):
    page = open_generate(open_page, "&vae_seed=x&vae_temperature=hot&vae_count=1000000")
    usual = open_generate(open_page)
    assert wall(page, "learned") == wall(usual, "learned") and page.is_hidden(MESSAGE)


# --- from here to A and B ---------------------------------------------------------------------------------


def end(page, name):
    return page.evaluate("(name) => new URLSearchParams(location.search).get(name)", f"vae_{name}")


def test_a_draw_of_the_flow_becomes_a_by_its_seed(open_page):
    page = open_generate(open_page)
    wait_until_all_are_here(page)
    page.click(picture(page, "flow", 6))
    asked = calls(page)
    page.click(f"{ROOT} .make [value=a]")
    assert end(page, "a") == "seed:7" and calls(page) == asked
    assert page.inner_text(f"{ROOT} .made").startswith("This is A now")


def test_any_other_picture_becomes_b_by_its_code(open_page):
    page = open_generate(open_page, "&vae_set=digits-2d&vae_temperature=0.5")
    page.click(picture(page, "standard", 2))
    length = float(page.inner_text(f"{ROOT} .length").split(": ")[1])
    page.click(f"{ROOT} .make [value=b]")
    page.wait_for_function("() => (new URLSearchParams(location.search).get('vae_b') ?? '').startsWith('[')")
    x, y = (float(number) for number in end(page, "b").strip("[]").split(","))
    assert (x**2 + y**2) ** 0.5 == pytest.approx(length, abs=0.01)
    assert end(page, "a").startswith("example:")


def test_without_the_server_a_code_cannot_be_had_and_all_stays(open_page):
    page = open_generate(open_page)
    page.click(picture(page, "standard", 2))
    page.route(SERVER, lambda route: route.abort())
    page.click(f"{ROOT} .make [value=a]")
    page.wait_for_selector(MESSAGE)
    assert page.inner_text(MESSAGE).startswith("The server is not answering.") and end(page, "a") is None


def test_on_a_phone_a_tap_chooses_and_nothing_sticks_out(open_page):
    page = open_generate(open_page, "&lang=pt-BR", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert len(wall(page, "standard")) == 16
    wait_until_all_are_here(page)
    asked = calls(page)
    page.locator(picture(page, "standard", 7)).tap()
    assert large(page) == wall(page, "standard")[7] and calls(page) == asked
    tops = [
        page.locator(f"{ROOT} {part}").bounding_box()["y"]
        for part in ("[data-prior=standard]", ".knobs", ".one")
    ]
    assert tops == sorted(tops)
    small = page.eval_on_selector_all(
        f"{ROOT} :is(.wall button, .make button, .dice, .count label, .temperature, .fold > summary)",
        "all => all.map((e) => e.getBoundingClientRect()).filter((b) => b.height < 40 || b.width < 40).length",
    )
    assert small == 0
