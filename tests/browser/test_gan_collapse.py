"""The station Collapse as a visitor uses it."""

import re

import pytest

from tests.browser.conftest import PHONE, calls, set_slider

ROOT = "#gan-collapse .gan-collapse"
MESSAGE = f"{ROOT} .heading .message"
SERVER = "**/playground/call/**"
SCRUBBER = f"{ROOT} .scrubber"
RUNS = (0, 1)


def open_collapse(open_page, query="", **options):
    page = open_page(f"?tab=gan&station=collapse{query}", **options)
    wait_until_shown(page)
    return page


def wait_until_shown(page):
    page.wait_for_selector(f"{ROOT}[aria-busy=false]", timeout=60_000)
    page.wait_for_function("(root) => document.querySelector(`${root} .ticks .now`)", arg=ROOT)


def wall(page, run):
    return page.eval_on_selector_all(
        f'{ROOT} [data-run="{run}"] .wall canvas', "all => all.map((canvas) => canvas.toDataURL())"
    )


def figures(page, run):
    return page.locator(f'{ROOT} [data-run="{run}"] .figures dd').all_inner_texts()


def picture(run, i):
    return f'{ROOT} [data-run="{run}"] .wall button >> nth={i}'


def last(page):
    return int(page.get_attribute(SCRUBBER, "max"))


def wait_for_another_wall(page, before):
    wait_for_other_pictures(page, before)
    wait_until_shown(page)


def wait_for_other_pictures(page, before):
    page.wait_for_function(
        "([root, before]) => document.querySelector(`${root} .wall canvas`).toDataURL() !== before",
        arg=[ROOT, before[0]],
    )


# --- what is there ----------------------------------------------------------------------------------------


def test_the_station_opens_on_the_last_moment_of_both_runs(open_page):
    page = open_collapse(open_page)
    healthy, other = (wall(page, run) for run in RUNS)
    assert len(healthy) == len(other) == 36 and not set(healthy) & set(other)
    assert page.input_value(SCRUBBER) == str(last(page)) and last(page) >= 3
    assert page.input_value(f"{ROOT} .class") in page.evaluate(
        "load('gan/store.js').then(({ ganStore }) => ganStore.CLASSES.fashion)"
    )
    for run in RUNS:
        seen, variety, coverage = figures(page, run)
        assert re.fullmatch(r"\d+ / 10", seen)
        assert all(re.fullmatch(r"[\d.]+%", x) for x in (variety, coverage))
    says = page.inner_text(f"{ROOT} .says")
    for run in RUNS:
        assert figures(page, run)[0].split(" ")[0] in says and figures(page, run)[2] in says
    assert page.locator(f"{ROOT} .curve polyline").count() == 6
    assert len(calls(page)) == 2 and "gan_collapse" not in page.url  # the moment in view, and all


def choose_set(page, name):
    """Chooses a set and returns the class with which it opens."""
    page.check(f"#gan-tab .set [value={name}]", force=True)
    page.wait_for_selector(f"{ROOT}[aria-busy=false]:not(.pending)")
    return page.input_value(f"{ROOT} .class")


def test_the_digits_have_both_runs_too_and_the_step_stays(open_page):
    page = open_collapse(open_page)
    set_slider(page, SCRUBBER, "3")
    clothes, opened, step = wall(page, 1), page.input_value(f"{ROOT} .class"), page.inner_text(f"{ROOT} .now")
    digit = choose_set(page, "digits")
    assert re.fullmatch(r"\d", digit) and page.inner_text(f"{ROOT} .now") == step
    assert not set(wall(page, 1)) & set(clothes) and page.is_hidden(f"{ROOT} .only-clothes")
    assert len(page.locator(f"{ROOT} .ticks span").all()) == last(page) + 1
    assert "of 360, 36 per class, 2 had such a twin" in page.text_content(f"{ROOT} .near")
    page.click(picture(0, 3))
    page.select_option(f"{ROOT} .class", "7")
    page.wait_for_function("() => location.search.includes('gan_collapse_class=7')")
    page.wait_for_selector(f"{ROOT}[aria-busy=false]")
    again = open_collapse(open_page, "&" + page.url.split("?")[1])
    assert [wall(again, run) for run in RUNS] == [wall(page, run) for run in RUNS]
    assert again.is_hidden(MESSAGE) and again.input_value(f"{ROOT} .class") == "7"
    # back at the clothes they open as before
    assert choose_set(page, "fashion") == opened and wall(page, 1) == clothes


def test_of_two_sets_chosen_at_once_the_last_is_shown(open_page):
    page = open_collapse(open_page)
    shown, held, freed = wall(page, 1), [], []
    page.route(SERVER, lambda route: route.continue_() if freed else held.append(route))
    page.check("#gan-tab .set [value=digits]", force=True)
    page.wait_for_function("() => location.search.includes('gan_set=digits')")
    page.check("#gan-tab .set [value=fashion]", force=True)
    freed.append(True)
    for route in held:
        route.continue_()
    page.wait_for_selector(f"{ROOT}[aria-busy=false]:not(.pending)")
    assert wall(page, 1) == shown and page.input_value(f"{ROOT} .class") in page.evaluate(
        "load('gan/store.js').then(({ ganStore }) => ganStore.CLASSES.fashion)"
    )


@pytest.mark.gradio
def test_nothing_jumps_when_the_walls_arrive(open_page):
    held, freed = [], []
    page = open_page("?tab=vae")
    page.route(SERVER, lambda route: route.continue_() if freed else held.append(route))
    page.click("#tab-gan")
    with page.expect_request(lambda request: "/playground/call/gan_collapse" in request.url):
        page.click("#gan-tab .stations button[value=collapse]")

    def places():
        parts = (
            '[data-run="1"] .wall',
            '[data-run="1"] .figures',
            ".transport",
            ".curves",
            ".knobs",
            ".folds",
        )
        boxes = [page.locator(f"{ROOT} {part}").bounding_box() for part in parts]
        return [{side: round(pixels) for side, pixels in box.items()} for box in boxes]

    before = places()
    freed.append(True)
    for route in held:
        route.continue_()
    wait_until_shown(page)
    assert places() == before


# --- moving asks nobody -----------------------------------------------------------------------------------


def test_every_moment_is_here_already(open_page):
    page = open_collapse(open_page)
    asked, seen = calls(page), []
    for moment in range(last(page) + 1):
        set_slider(page, SCRUBBER, str(moment))
        seen.append(tuple(tuple(wall(page, run)) for run in RUNS))
        step = page.inner_text(f"{ROOT} .ticks .now")
        assert page.get_attribute(SCRUBBER, "aria-valuetext") == f"step {step}"
        assert f"step {step}:" in page.inner_text(f"{ROOT} .says")
        # one large point a run and curve, on the cursor
        assert page.locator(f'{ROOT} .curve circle[r="5.5"]').count() == 3
    assert len(set(seen)) == last(page) + 1
    page.focus(SCRUBBER)
    page.keyboard.press("ArrowLeft")
    assert wall(page, 1) == list(seen[-2][1])
    page.keyboard.press("Home")
    assert wall(page, 0) == list(seen[0][0]) and calls(page) == asked
    # the address remembers, and opens the same
    first = page.inner_text(f"{ROOT} .ticks span >> nth=0")
    assert f"gan_collapse_step={first}&" in page.url + "&"
    again = open_collapse(open_page, "&" + page.url.split("?")[1])
    assert wall(again, 1) == list(seen[0][1])


def test_the_moment_in_view_comes_before_the_others(open_page):
    page = open_collapse(open_page)
    held, before, first = [], wall(page, 1), wall(page, 0)

    def hold(route):
        if route.request.post_data_json["step"] is None:
            held.append(route)
        else:
            route.continue_()

    page.route(SERVER, hold)
    page.fill(f"{ROOT} .seed", "5")
    page.keyboard.press("Enter")
    wait_for_other_pictures(page, first)
    assert wall(page, 1)[:32] == before[4:]
    page.check(f"{ROOT} .mark-twins")
    said = page.inner_text(f"{ROOT} .says")
    set_slider(page, SCRUBBER, "0")  # not here yet: what is said and shown stays
    assert page.inner_text(f"{ROOT} .says") == said and page.locator(f"{ROOT}.pending").count() == 1
    held.pop().continue_()
    page.wait_for_selector(f"{ROOT}[aria-busy=false]:not(.pending)")
    step = page.inner_text(f"{ROOT} .ticks span >> nth=0")
    assert f"step {step}:" in page.inner_text(f"{ROOT} .says")
    page.unroute(SERVER)
    again = open_collapse(open_page, "&" + page.url.split("?")[1])
    assert [wall(again, run) for run in RUNS] == [wall(page, run) for run in RUNS]


def test_play_runs_to_the_end_and_asks_nobody(open_page):
    page = open_collapse(open_page)
    set_slider(page, SCRUBBER, str(last(page) - 2))
    asked = calls(page)
    page.click(f"{ROOT} .play")
    page.wait_for_selector(f"{ROOT} .play:not(.playing)", timeout=30_000)
    assert page.input_value(SCRUBBER) == str(last(page)) and calls(page) == asked


def test_a_picture_is_marked_on_both_walls(open_page):
    page = open_collapse(open_page)
    asked = calls(page)
    page.click(picture(0, 13))
    page.keyboard.press("ArrowRight")
    for run in RUNS:
        assert page.get_attribute(picture(run, 14), "aria-pressed") == "true"
    assert ", seed 15. " in page.inner_text(f"{ROOT} .one")
    page.hover(picture(1, 3))
    assert "same" in page.get_attribute(picture(0, 3), "class")
    page.mouse.move(5, 5)
    assert page.locator(f"{ROOT} .wall .same").count() == 0
    assert calls(page) == asked and "gan_collapse_pick=15" in page.url


def test_near_twins_are_marked_and_counted(open_page):
    page = open_collapse(open_page)
    asked = calls(page)
    assert page.locator(f"{ROOT} .twins").all_inner_texts() == ["\u00a0"] * 2
    page.check(f"{ROOT} .mark-twins")
    for run in RUNS:
        marked = page.locator(f'{ROOT} [data-run="{run}"] .wall .twin')
        assert page.inner_text(f'{ROOT} [data-run="{run}"] .twins') == f"near twins: {marked.count()}"
    # the sentence about the chosen picture agrees with its mark
    twin = page.locator(f'{ROOT} [data-run="1"] .wall .twin').first
    twin.click()
    share = re.search(r"\(left\), ([\d.]+)% \(right\)", page.inner_text(f"{ROOT} .one"))[1]
    assert float(share) <= 35 and calls(page) == asked and "gan_collapse_twins=1" in page.url
    page.uncheck(f"{ROOT} .mark-twins")
    assert page.locator(f"{ROOT} .twins").all_inner_texts() == ["\u00a0"] * 2


def test_the_other_language_says_all_of_it_and_asks_nobody(open_page):
    page = open_collapse(open_page, "&gan_collapse_twins=1")
    asked, shown = calls(page), page.input_value(f"{ROOT} .class")
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{ROOT} .says").startswith("As dez classes no passo ")
    assert page.inner_text(f'{ROOT} [data-run="0"] .twins').startswith("quase gêmeas: ")
    assert "semente 1" in page.inner_text(f"{ROOT} .one")
    assert page.inner_text(f"{ROOT} .ticks span >> nth=-1").count(",") == 0
    assert page.input_value(f"{ROOT} .class") == shown and calls(page) == asked


def test_the_folds_answer_and_name_the_cures(open_page):
    page = open_collapse(open_page)
    page.click(f"{ROOT} .cures summary")
    assert page.locator(f"{ROOT} .cures li").count() >= 2
    assert page.inner_text(f"{ROOT} .cures li >> nth=0").startswith("R1 penalty")
    page.click(f"{ROOT} .folds .fold > summary >> nth=0")
    page.click(f"{ROOT} .predict summary")
    revealed = page.inner_text(f"{ROOT} .revealed")
    assert all(f"{figures(page, run)[2]}." in revealed for run in RUNS)
    assert "{" not in page.inner_text(ROOT)


# --- other pictures ---------------------------------------------------------------------------------------


def test_class_seed_and_dice_change_both_walls_and_keep_the_moment(open_page):
    page = open_collapse(open_page)
    set_slider(page, SCRUBBER, "1")
    first = wall(page, 0)
    page.fill(f"{ROOT} .seed", "5")
    page.keyboard.press("Enter")
    wait_for_another_wall(page, first)
    moved = wall(page, 0)
    assert moved[:32] == first[4:] and page.input_value(SCRUBBER) == "1"
    page.select_option(f"{ROOT} .class", "all")
    page.wait_for_function("() => location.search.includes('gan_collapse_class=all')")
    whole = wall(page, 0)
    page.click(f"{ROOT} .dice")
    wait_for_another_wall(page, whole)
    assert re.search(r"gan_collapse_class=all&gan_collapse_seed=\d+", page.url)
    again = open_collapse(open_page, "&" + page.url.split("?")[1])
    assert wall(again, 1) == wall(page, 1)


def test_a_bad_seed_is_told_in_one_sentence_and_all_stays(open_page):
    page = open_collapse(open_page)
    good, kept = page.input_value(f"{ROOT} .seed"), [*wall(page, 0), *wall(page, 1)]
    for bad in ("-1", "1.5", "seven", "🎲", "", str(2**64)):
        page.fill(f"{ROOT} .seed", bad)
        page.keyboard.press("Enter")
        page.wait_for_selector(MESSAGE)
        assert page.inner_text(MESSAGE) == "The seed must be a whole number from 0 to 18446744073709551615."
        assert [*wall(page, 0), *wall(page, 1)] == kept, bad
        page.fill(f"{ROOT} .seed", good)
        page.keyboard.press("Enter")
        page.wait_for_selector(MESSAGE, state="hidden")
        page.wait_for_selector(f"{ROOT}[aria-busy=false]")


def test_a_broken_link_opens_the_usual_walls(open_page):
    nonsense = {"class": "3", "seed": "x", "step": "7.5", "pick": "99", "twins": "yes"}
    query = "".join(f"&gan_collapse_{name}={value}" for name, value in nonsense.items())
    page = open_collapse(open_page, query)
    usual = open_collapse(open_page)
    assert wall(page, 1) == wall(usual, 1) and page.is_hidden(MESSAGE)
    assert page.get_attribute(picture(1, 0), "aria-pressed") == "true"


def test_without_the_server_one_sentence_is_said_and_all_stays(open_page):
    page = open_collapse(open_page)
    kept = wall(page, 1)
    page.route(SERVER, lambda route: route.abort())
    page.click(f"{ROOT} .dice")
    page.wait_for_selector(MESSAGE)
    assert page.inner_text(MESSAGE).startswith("The server is not answering.") and wall(page, 1) == kept


# --- a phone ----------------------------------------------------------------------------------------------


def test_on_a_phone_the_walls_stand_beside_each_other_and_the_slider_stays_near(open_page):
    page = open_collapse(open_page, "&lang=pt-BR&gan_collapse_twins=1", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert [len(wall(page, run)) for run in RUNS] == [15, 15]
    boxes = [page.locator(f'{ROOT} [data-run="{run}"] .wall').bounding_box() for run in RUNS]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    play = page.locator(f"{ROOT} .play").bounding_box()
    assert play["y"] + play["height"] <= 844
    asked = calls(page)
    page.locator(picture(1, 7)).tap()
    assert page.get_attribute(picture(0, 7), "aria-pressed") == "true"
    page.locator(f"{ROOT} .ticks").scroll_into_view_if_needed()
    before = wall(page, 1)
    box = page.locator(SCRUBBER).bounding_box()
    page.touchscreen.tap(box["x"] + 9, box["y"] + box["height"] / 2)
    assert wall(page, 1) != before and page.input_value(SCRUBBER) == "0" and calls(page) == asked
    small = page.eval_on_selector_all(
        f"{ROOT} :is(.wall button, .dice, .play, .scrubber, select, .seed, label.marking, .fold > summary)",
        "all => all.map((e) => e.getBoundingClientRect()).filter((b) => b.height < 40 || b.width < 40).length",
    )
    assert small == 0
