"""The GAN's station Training as a visitor uses it."""

import base64
import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from demo.text import texts
from tests.browser.conftest import PHONE, calls, set_slider

ROOT = "#gan-training"
LOSSES = f"{ROOT} [data-figure=losses]"
CONFIG = json.loads(Path("pretrained/gan/fashion/regularised/config.json").read_text("utf-8"))
SNAPSHOTS, QUALITY = CONFIG["snapshots"], CONFIG["quality"]
DIGITS = json.loads(Path("pretrained/gan/digits/regularised/config.json").read_text("utf-8"))["snapshots"]
SERVER = "**/playground/call/**"


def open_training(open_page, query="", **options):
    page = open_page(f"?tab=gan&station=training{query}", **options)
    page.set_default_timeout(90_000)  # for a machine that has other things to do
    page.wait_for_selector(f"{ROOT} .plot .shapelayer path", state="attached")
    page.wait_for_selector(f"{ROOT} .gan-training[aria-busy=false]")
    return page


def canvases(page, part):
    """The pixels of every picture of a part: "wall", "moments" or "frames"."""
    return page.eval_on_selector_all(
        f"{ROOT} .{part} canvas", "all => all.map((canvas) => canvas.toDataURL())"
    )


def wait_for_another(page, before, part="wall"):
    page.wait_for_function(
        "([root, part, before]) => document.querySelector(`${root} .${part} canvas`).toDataURL() !== before",
        arg=[ROOT, part, before[0]],
    )


def choose(page, name, value):
    """A side of a switch: "view" (wall, one), "which" (losses, quality)."""
    page.check(f"{ROOT} .{name} [value={value}]", force=True)


def cursor(page, figure="losses"):
    """Where a chart's cursor stands, as a training step."""
    return page.eval_on_selector(
        f"{ROOT} [data-figure={figure}]", "(plot) => Math.round(plot.layout.shapes[0].x0 ** 2)"
    )


def wait_for_cursor(page, step, figure="losses"):
    page.wait_for_function(
        """([root, figure, step]) => {
          const plot = document.querySelector(`${root} [data-figure=${figure}]`);
          return Math.round(plot.layout?.shapes[0].x0 ** 2) === step;
        }""",
        arg=[ROOT, figure, step],
    )


def now(page):
    return page.inner_text(f"{ROOT} .now")


def says(page, measure):
    return page.text_content(f"{ROOT} .says[data-measure={measure}]")


# --- moving through training ------------------------------------------------------------------------------


def test_every_kept_step_is_one_move_away_and_asks_nobody(open_page):
    page = open_training(open_page)
    asked, seen = calls(page), set()
    assert page.locator(f"{ROOT} .moments button").count() == len(SNAPSHOTS)
    for frame, step in enumerate(SNAPSHOTS):
        set_slider(page, f"{ROOT} .scrubber", frame)
        assert now(page) == f"Step {step:,} of {SNAPSHOTS[-1]:,}"
        wait_for_cursor(page, step)
        seen.add(tuple(canvases(page, "wall")))
    assert len(seen) == len(SNAPSHOTS) and len(seen.pop()) == 36
    assert f"gan_step={SNAPSHOTS[-1]}" in page.url
    assert calls(page) == asked and len(asked) == 2  # the moment in view, and all


def test_the_strip_is_the_followed_picture_at_every_step(open_page):
    page = open_training(open_page)
    page.click(f"{ROOT} .wall button >> nth=7")
    strip = canvases(page, "moments")
    for frame in (0, len(SNAPSHOTS) - 1):
        page.click(f"{ROOT} .moments button >> nth={frame}")
        assert canvases(page, "wall")[7] == strip[frame]
    assert "sneaker, seed 8" in page.inner_text(f"{ROOT} .followed")  # seeds from 1, classes in turn


def test_play_runs_from_noise_to_the_end_and_stops(open_page):
    page = open_training(open_page)
    asked = calls(page)
    page.select_option(f"{ROOT} .speed", "2.5")
    page.click(f"{ROOT} .play")
    page.wait_for_function("() => document.querySelector('#gan-training .scrubber').value === '0'")
    page.wait_for_selector(f"{ROOT} .play.playing")
    page.wait_for_selector(f"{ROOT} .play:not(.playing)")
    assert page.input_value(f"{ROOT} .scrubber") == str(len(SNAPSHOTS) - 1)
    assert calls(page) == asked


def test_keys_move_in_time_and_on_the_wall_among_pictures(open_page):
    page = open_training(open_page)
    page.focus(f"{ROOT} .scrubber")
    page.keyboard.press("Home")
    wait_for_cursor(page, 0)
    page.keyboard.press("ArrowRight")
    assert now(page).startswith(f"Step {SNAPSHOTS[1]:,}")
    page.focus(f"{ROOT} .wall button")
    page.keyboard.press("ArrowRight")
    assert now(page).startswith(f"Step {SNAPSHOTS[1]:,}")
    assert "trousers, seed 2" in page.inner_text(f"{ROOT} .followed")


def hold_all_moments(page, held):
    """The answers with all moments wait in the list `held`."""

    def route_one(route):
        if "gan_training" in route.request.url and route.request.post_data_json["step"] is None:
            held.append(route)
        else:
            route.continue_()

    page.route(SERVER, route_one)


def release(page, held):
    while held:
        held.pop().continue_()
    page.wait_for_selector(f"{ROOT} .gan-training[aria-busy=false]")


def test_the_moment_in_view_comes_before_the_others(open_page):
    whole = open_training(open_page, f"&gan_step={SNAPSHOTS[2] + 1}")
    assert now(whole).startswith(f"Step {SNAPSHOTS[2]:,}")  # the nearest one
    page, held = open_page("?tab=gan"), []
    hold_all_moments(page, held)
    page.evaluate(f"history.replaceState(null, '', '?tab=gan&gan_step={SNAPSHOTS[2] + 1}')")
    page.click("#gan-tab .stations button[value=training]")
    page.wait_for_selector(f"{LOSSES} .shapelayer path", state="attached")
    assert canvases(page, "wall") == canvases(whole, "wall") and now(page) == now(whole)
    assert page.locator(f"{ROOT} .moments .pending").count() == len(SNAPSHOTS) - 1
    # one that has not come is not told of; it is shown as soon as it is there
    page.click(f"{ROOT} .moments button >> nth=0")
    assert now(page) == now(whole) and page.locator(f"{ROOT} .bench.pending").count() == 1
    release(page, held)
    assert now(page).startswith("Step 0 ") and page.locator(f"{ROOT} .pending").count() == 0
    whole.click(f"{ROOT} .moments button >> nth=0")
    assert canvases(page, "wall") == canvases(whole, "wall")
    assert canvases(page, "moments") == canvases(whole, "moments")


def test_a_newer_class_does_not_wait_for_all_moments_of_the_last(open_page):
    page, held = open_training(open_page), []
    asked = len(calls(page))
    page.route(SERVER, lambda route: route.continue_() if held else held.append(route))
    page.select_option(f"{ROOT} .class", "bag")
    page.select_option(f"{ROOT} .class", "boot")
    held[0].continue_()
    page.wait_for_function(
        "() => document.querySelector('#gan-training .followed').textContent.includes('boot')"
    )
    page.wait_for_selector(f"{ROOT} .gan-training[aria-busy=false]")
    assert len(calls(page)) == asked + 3  # one moment of bags, two calls for boots


# --- one code, large --------------------------------------------------------------------------------------


def test_one_code_is_large_at_every_step_and_a_click_moves_the_cursor(open_page):
    page = open_training(open_page)
    page.click(f"{ROOT} .wall button >> nth=7")
    strip = canvases(page, "moments")
    choose(page, "view", "one")
    assert page.is_hidden(f"{ROOT} .wall") and canvases(page, "frames") == strip
    page.wait_for_selector(f"{ROOT} .gan-training[aria-busy=false]")  # the beliefs have come
    asked = calls(page)
    names = page.eval_on_selector_all(f"{ROOT} .frames .step", "all => all.map((part) => part.textContent)")
    assert names == [f"{step:,}" for step in SNAPSHOTS]
    page.click(f"{ROOT} .frames button >> nth=2")
    assert now(page).startswith(f"Step {SNAPSHOTS[2]:,}")
    wait_for_cursor(page, SNAPSHOTS[2])
    pressed = page.locator(f"{ROOT} .frames [aria-pressed=true]")
    assert pressed.count() == 1 and pressed.inner_text().startswith(f"{SNAPSHOTS[2]:,}")
    page.keyboard.press("ArrowLeft")
    assert now(page).startswith(f"Step {SNAPSHOTS[1]:,}")
    assert page.inner_text(f"{ROOT} .followed") == "This z: sneaker, seed 8"
    assert calls(page) == asked


def test_hovering_tells_a_step_and_its_loss_and_nothing_else(open_page):
    page = open_training(open_page)
    box = page.locator(LOSSES).bounding_box()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.3 * box["height"])
    page.wait_for_selector(f"{LOSSES} .hoverlayer .hovertext text")
    words = page.eval_on_selector_all(
        f"{LOSSES} .hoverlayer text",
        "all => all.filter((text) => text.getClientRects().length && text.textContent).map((text) => text.textContent)",
    )
    (told,) = words
    assert re.fullmatch(r"[\d,]+: \d\.\d{3}", told)


def test_under_each_frame_stands_the_belief_of_that_moment(open_page):
    from models.gan import GAN

    page = open_training(open_page, "&gan_film_view=one&gan_film_pick=8")
    gan = GAN.from_pretrained("pretrained/gan/fashion")
    told = page.eval_on_selector_all(f"{ROOT} .frames .belief", "all => all.map((part) => part.textContent)")
    for belief, step in zip(told, SNAPSHOTS, strict=True):
        right = gan.score(gan.sample([8], [7], snapshot=step), [7], step).sigmoid().item()
        assert float(re.fullmatch(r"real: <?([\d.]+)%", belief)[1]) == pytest.approx(100 * right, abs=0.6)


def test_beliefs_are_asked_for_when_the_view_shows_them_and_not_again(open_page):
    page, asked = open_training(open_page), []

    def note(route):
        if "gan_training" in route.request.url:
            asked.append(route.request.post_data_json["scored"])
        route.continue_()

    page.route(SERVER, note)
    beliefs = f"{ROOT} .frames .belief"
    assert set(page.locator(beliefs).all_text_contents()) == {"real: …"}
    choose(page, "view", "one")
    page.wait_for_function("(all) => document.querySelector(all).textContent.endsWith('%')", arg=beliefs)
    choose(page, "view", "wall")
    choose(page, "view", "one")
    page.click(f"{ROOT} .next")
    page.wait_for_selector(f"{ROOT} .gan-training[aria-busy=false]")
    assert asked == [True]
    # other pictures bring theirs along, and none of those before are shown beside them
    page.fill(f"{ROOT} .seed", "9")
    page.press(f"{ROOT} .seed", "Enter")
    page.wait_for_function("() => location.search.includes('gan_film_seed=9')")
    page.wait_for_selector(f"{ROOT} .gan-training[aria-busy=false]")
    assert asked == [True] * 3 and all(
        text.endswith("%") for text in page.locator(beliefs).all_text_contents()
    )
    choose(page, "view", "wall")
    page.fill(f"{ROOT} .seed", "12")
    page.press(f"{ROOT} .seed", "Enter")
    page.wait_for_function("() => location.search.includes('gan_film_seed=12')")
    page.wait_for_selector(f"{ROOT} .gan-training[aria-busy=false]")
    assert asked[3:] == [False] * 2 and set(page.locator(beliefs).all_text_contents()) == {"real: …"}


def test_the_next_and_the_previous_code_are_a_click_away(open_page):
    page = open_training(open_page, "&gan_film_view=one")
    asked, first = calls(page), canvases(page, "frames")
    page.click(f"{ROOT} .next")
    assert page.inner_text(f"{ROOT} .pick") == "z 2 of 36" and canvases(page, "frames") != first
    page.click(f"{ROOT} .previous")
    assert canvases(page, "frames") == first
    page.click(f"{ROOT} .previous")
    assert page.inner_text(f"{ROOT} .pick") == "z 36 of 36" and "gan_film_pick=36" in page.url
    assert calls(page) == asked


# --- curves -----------------------------------------------------------------------------------------------


def test_the_quality_of_every_step_is_told_in_words_and_under_the_same_cursor(open_page):
    page = open_training(open_page)
    asked = calls(page)
    choose(page, "which", "quality")
    page.wait_for_selector(f"{ROOT} [data-figure=cfid] .shapelayer path", state="attached")
    assert f"{QUALITY['samples']:,} samples" in page.inner_text(f"{ROOT} .samples")
    for frame, step in enumerate(SNAPSHOTS):
        set_slider(page, f"{ROOT} .scrubber", frame)
        share = QUALITY["coverage"][frame]
        words = re.fullmatch(
            r"Coverage ([\d.]+)%: samples near (\d+) of 100 real pictures\.",
            says(page, "coverage"),
        )
        assert float(words[1]) == pytest.approx(100 * share, abs=0.51)
        assert int(words[2]) == pytest.approx(100 * share, abs=0.51)
        assert says(page, "classes_seen") == f"Classes seen {QUALITY['classes_seen'][frame]} of 10."
        cfid = re.match(r"cFID ([\d.,]+) \(real pictures get ([\d.]+)\)", says(page, "cfid"))
        assert float(cfid[1].replace(",", "")) == pytest.approx(QUALITY["cfid"][frame], rel=0.02)
        assert float(cfid[2]) == pytest.approx(QUALITY["real"]["cfid"], rel=0.02)
        for figure in ("coverage", "classes_seen", "cfid"):
            wait_for_cursor(page, step, figure)
    assert calls(page) == asked
    choose(page, "which", "losses")
    wait_for_cursor(page, SNAPSHOTS[-1])
    assert page.is_hidden(f"{ROOT} .of-quality")


def test_without_measures_there_are_the_losses_and_no_error(open_page):
    page = open_page("?tab=gan")

    def forget_quality(route):
        answer = route.fetch().json()
        answer["quality"] = answer["figures"]["quality"] = None
        route.fulfill(json=answer)

    page.route(
        SERVER,
        lambda route: forget_quality(route) if "gan_training" in route.request.url else route.continue_(),
    )
    page.evaluate("history.replaceState(null, '', '?tab=gan&gan_film_curves=quality')")
    page.click("#gan-tab .stations button[value=training]")
    page.wait_for_selector(f"{LOSSES} .shapelayer path", state="attached")
    choose(page, "view", "one")
    assert page.is_hidden(f"{ROOT} .which") and page.is_hidden(f"{ROOT} .of-quality")
    assert now(page).startswith("Step") and page.is_hidden(f"{ROOT} .message")


def test_the_charts_speak_the_language_and_wear_the_theme(open_page):
    page = open_training(open_page)
    asked = calls(page)
    color = "() => document.querySelector('#gan-training .plot').data[0].line.color"
    light = page.evaluate(color)
    page.click(".language[value=pt-BR]")
    page.wait_for_function(
        "() => document.querySelector('#gan-training .plot').textContent.includes('não distingue')"
    )
    chart = page.text_content(LOSSES)
    assert "1,386" in chart and "perda (nats)" in chart and "gan." not in chart
    choose(page, "which", "quality")
    page.wait_for_selector(f"{ROOT} [data-figure=cfid] .shapelayer path", state="attached")
    assert re.match(r"Cobertura \d+%: geradas perto de", says(page, "coverage"))
    assert re.match(r"cFID \d+(,\d+)? \(imagens reais têm 0,\d\d\)", says(page, "cfid"))
    assert "imagens reais" in page.text_content(f"{ROOT} [data-figure=cfid]")
    assert "gan." not in page.inner_text(f"{ROOT} .curves")
    page.click(".tool.theme")
    choose(page, "which", "losses")
    page.wait_for_function(f"(light) => ({color})() !== light", arg=light)
    assert calls(page) == asked


# --- class, seed, set, link -------------------------------------------------------------------------------


def test_another_class_shows_other_pictures_at_the_step_in_view(open_page):
    page = open_training(open_page, f"&gan_step={SNAPSHOTS[2]}")
    before = canvases(page, "wall")
    page.select_option(f"{ROOT} .class", "bag")
    wait_for_another(page, before)
    assert now(page).startswith(f"Step {SNAPSHOTS[2]:,}")
    assert page.inner_text(f"{ROOT} .followed").endswith("bag, seed 1")


def test_digits_bring_their_own_steps_and_classes(open_page):
    page = open_training(open_page)
    page.select_option(f"{ROOT} .class", "bag")
    page.wait_for_function(
        "() => document.querySelector('#gan-training .followed').textContent.includes('bag')"
    )
    page.check("#gan-tab [value=digits]", force=True)
    page.wait_for_function(
        "() => document.querySelector('#gan-training .followed').textContent.includes('0, seed 1')"
    )
    assert page.locator(f"{ROOT} .moments button").count() == len(DIGITS)
    assert now(page) == f"Step {DIGITS[-1]:,} of {DIGITS[-1]:,}"
    assert page.input_value(f"{ROOT} .class") == "all"  # digits have no bags
    assert page.inner_text(f"{ROOT} .station-title") == "How does noise become a digit?"
    page.select_option(f"{ROOT} .class", "7")
    page.wait_for_function(
        "() => document.querySelector('#gan-training .followed').textContent.includes('7, seed 1')"
    )
    assert "gan_set=digits" in page.url and "gan_film_class=7" in page.url


def test_a_link_reopens_what_was_seen(open_page):
    page = open_training(open_page)
    before = canvases(page, "wall")
    page.select_option(f"{ROOT} .class", "boot")
    page.fill(f"{ROOT} .seed", "12345678901234567890")
    page.press(f"{ROOT} .seed", "Enter")
    wait_for_another(page, before)
    page.wait_for_function(
        "() => document.querySelector('#gan-training .followed').textContent.includes('567890')"
    )
    page.click(f"{ROOT} .wall button >> nth=5")
    page.click(f"{ROOT} .moments button >> nth=3")
    choose(page, "view", "one")
    choose(page, "which", "quality")
    again = open_training(open_page, "&" + page.url.split("?")[1])
    assert canvases(again, "frames") == canvases(page, "frames")
    assert (
        now(again) == now(page) and again.is_hidden(f"{ROOT} .wall") and again.is_hidden(f"{ROOT} .of-losses")
    )
    assert again.inner_text(f"{ROOT} .followed") == "This z: ankle boot, seed 12345678901234567895"
    assert again.url.split("?")[1].count("gan_step") == 1 and cursor(again, "cfid") == SNAPSHOTS[3]


def test_a_link_with_nonsense_opens_the_usual_film(open_page):
    usual = open_training(open_page)
    nonsense = (
        "&gan_film_seed=-3&gan_film_class=hat&gan_film_pick=99&gan_step=x&gan_film_view=x&gan_film_curves=1"
    )
    page = open_training(open_page, nonsense)
    assert canvases(page, "wall") == canvases(usual, "wall") and now(page) == now(usual)
    assert page.is_visible(LOSSES) and page.is_hidden(f"{ROOT} .message")


def test_a_wrong_seed_leaves_the_film_as_it_was(open_page):
    page = open_training(open_page)
    page.fill(f"{ROOT} .seed", "7")
    page.press(f"{ROOT} .seed", "Enter")
    page.wait_for_function("location.search.includes('gan_film_seed=7')")
    page.wait_for_selector(f"{ROOT} .gan-training[aria-busy=false]")
    before, address = canvases(page, "wall"), page.url
    for wrong in ("18446744073709551615", "", "-1", "1e3", "🎲", "shoe"):
        page.fill(f"{ROOT} .seed", wrong)
        page.press(f"{ROOT} .seed", "Enter")
        page.wait_for_selector(f"{ROOT} .message:visible")
        told = page.inner_text(f"{ROOT} .message")
        if wrong == "18446744073709551615":  # 35 more would not fit
            assert "start at 18446744073709551580 or lower" in told
        else:
            assert told == texts("en")["error.whole"].format(name="The seed", low=0, high=2**64 - 1)
        assert canvases(page, "wall") == before and page.url == address, wrong
        page.fill(f"{ROOT} .seed", "7")
        page.press(f"{ROOT} .seed", "Enter")
        page.wait_for_selector(f"{ROOT} .message", state="hidden")
        page.wait_for_selector(f"{ROOT} .gan-training[aria-busy=false]")


def test_without_a_server_the_pictures_stay_and_training_still_plays(open_page):
    page = open_training(open_page)
    before = canvases(page, "wall")
    page.route("**/*", lambda route: route.abort())
    page.click(f"{ROOT} .gif")
    page.wait_for_selector(f"{ROOT} .message:visible")
    assert page.inner_text(f"{ROOT} .message").startswith("The server is not answering.")
    assert canvases(page, "wall") == before and page.is_enabled(f"{ROOT} .gif")
    page.click(f"{ROOT} .moments button >> nth=0")
    assert canvases(page, "wall") != before


# --- files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "view, name, side",
    [
        ("wall", "gan-training-fashion-all-seeds-1-to-36.gif", 504),
        ("one", "gan-training-fashion-sneaker-seed-8.gif", 280),
    ],
)
def test_the_gif_is_of_what_is_in_view(open_page, view, name, side):
    page = open_training(open_page, f"&gan_film_view={view}&gan_film_pick=8")
    with page.expect_download() as download:
        page.click(f"{ROOT} .gif")
    assert download.value.suggested_filename == name
    with Image.open(download.value.path()) as film:
        assert film.size == (side, side) and film.n_frames == len(SNAPSHOTS)
        film.seek(film.n_frames - 1)
        last = film.convert("L")
    if view == "one":  # its last frame is the last large one
        shown = base64.b64decode(canvases(page, "frames")[-1].split(",")[1])
        small = last.resize((28, 28), Image.NEAREST)
        seen = Image.open(io.BytesIO(shown)).convert("L")
        pairs = zip(small.tobytes(), seen.tobytes(), strict=True)
        assert max(abs(a - b) for a, b in pairs) <= 2


# --- screens ----------------------------------------------------------------------------------------------


def test_the_switches_move_nothing_but_what_they_switch(open_page):
    page = open_training(open_page)
    places = [page.locator(f"{ROOT} {part}").bounding_box() for part in (".controls", ".curves", ".scrubber")]
    choose(page, "which", "quality")
    choose(page, "view", "one")
    choose(page, "view", "wall")
    choose(page, "which", "losses")
    assert places == [
        page.locator(f"{ROOT} {part}").bounding_box() for part in (".controls", ".curves", ".scrubber")
    ]
    choose(page, "view", "one")
    assert page.locator(f"{ROOT} .controls").bounding_box() == places[0]
    assert page.locator(f"{ROOT} .curves").bounding_box() == places[1]


def test_a_finger_chooses_a_picture_and_a_step(open_page):
    page = open_training(open_page, **PHONE)
    page.tap(f"{ROOT} .wall button >> nth=9")
    assert page.inner_text(f"{ROOT} .followed").endswith("ankle boot, seed 10")
    page.tap(f"{ROOT} .moments button >> nth=1")
    assert now(page).startswith(f"Step {SNAPSHOTS[1]:,}")
    page.tap(f"{ROOT} .view label >> nth=1")
    page.tap(f"{ROOT} .frames button >> nth=3")
    assert now(page).startswith(f"Step {SNAPSHOTS[3]:,}")


def test_out_of_view_it_asks_nothing(open_page):
    page = open_page("?tab=gan&gan_film_seed=2")
    page.wait_for_selector("#gan-gallery .wall canvas")
    assert page.is_hidden(ROOT)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.check("#gan-tab [value=digits]", force=True)
    page.wait_for_timeout(500)
    assert not any("gan_training" in url for url in asked)
    with page.expect_request(lambda request: "gan_training" in request.url):
        page.click("#gan-tab .stations button[value=training]")
    page.wait_for_selector(f"{LOSSES} .shapelayer path", state="attached")
    assert page.inner_text(f"{ROOT} .followed").endswith("0, seed 2")
