"""The GAN tab as a visitor uses it."""

import json
import math
import re
from pathlib import Path

import pytest

from demo.messages import LANGUAGES, texts
from tests.browser.conftest import PHONE, calls, set_slider

GALLERY, TRAINING = "#gan-gallery", "#gan-training"
FOLDER = Path("pretrained/gan/fashion/regularised")
SNAPSHOTS = json.loads((FOLDER / "config.json").read_text("utf-8"))["snapshots"]


def open_gallery(open_page, query="", **options):
    page = open_page(f"?tab=gan{query}", **options)
    page.wait_for_function("() => document.querySelector('#gan-gallery .here')?.style.opacity === '1'")
    return page


def open_training(open_page, query="", **options):
    page = open_page(f"?tab=gan&station=training{query}", **options)
    page.wait_for_selector(f"{TRAINING} .plot .shapelayer path", state="attached")
    return page


def wall(page, station=GALLERY):
    """The pixels of every picture on the wall."""
    return page.eval_on_selector_all(
        f"{station} .wall canvas", "all => all.map((canvas) => canvas.toDataURL())"
    )


def large(page):
    return page.eval_on_selector(f"{GALLERY} .large", "(canvas) => canvas.toDataURL()")


def wait_for_another_wall(page, before, station=GALLERY):
    page.wait_for_function(
        "([station, before]) => document.querySelector(`${station} .wall canvas`).toDataURL() !== before",
        arg=[station, before],
    )


# --- gallery ----------------------------------------------------------------------------------------------


def test_the_gallery_opens_on_pictures_and_one_of_them_is_large(open_page):
    page = open_gallery(open_page)
    pictures = wall(page)
    assert len(pictures) == 36 and len(set(pictures)) == 36
    assert large(page) == pictures[0]
    assert len(calls(page)) == 1


def test_a_click_enlarges_a_picture_and_asks_nobody(open_page):
    page = open_gallery(open_page)
    asked, pictures = calls(page), wall(page)
    page.click(f"{GALLERY} .wall button >> nth=13")
    assert large(page) == pictures[13] != pictures[0]
    assert page.inner_text(f"{GALLERY} .what") == "dress · seed 14"  # seeds from 1, classes in turn
    assert "gan_pick=14" in page.url
    assert calls(page) == asked


def test_arrow_keys_move_among_the_pictures(open_page):
    page = open_gallery(open_page)
    pictures = wall(page)
    columns = page.eval_on_selector(
        f"{GALLERY} .wall", "(w) => getComputedStyle(w).gridTemplateColumns.split(' ').length"
    )
    page.focus(f"{GALLERY} .wall button")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert large(page) == pictures[1 + columns]
    chosen = page.locator(f"{GALLERY} .wall button[aria-pressed=true]")
    assert chosen.count() == 1 and chosen.evaluate("(button) => button === document.activeElement")
    assert "seed" in chosen.get_attribute("aria-label")
    page.keyboard.press("End")
    assert large(page) == pictures[-1]


def test_the_belief_shown_is_the_sigmoid_of_the_logit_shown(open_page):
    page = open_gallery(open_page)
    logit = re.search(r"logit (−?[\d.]+)", page.inner_text(f"{GALLERY} .opinion"))[1].replace("−", "-")
    belief = float(re.search(r"([\d.]+) %", page.inner_text(f"{GALLERY} .real"))[1])
    assert belief == pytest.approx(100 / (1 + math.exp(-float(logit))), abs=0.7)  # both are rounded
    at = page.eval_on_selector(f"{GALLERY} .here", "(mark) => parseFloat(mark.style.left)")
    assert at == pytest.approx(belief, abs=0.5)
    assert page.locator(f"{GALLERY} .track .other").count() == 36


def test_truncation_0_shows_one_picture_a_class(open_page):
    page = open_gallery(open_page)
    before = wall(page)
    set_slider(page, f"{GALLERY} .psi", "0")
    page.wait_for_function(
        """() => {
          const [a, b] = [0, 10].map((i) => document.querySelectorAll('#gan-gallery .wall canvas')[i].toDataURL());
          return a === b;
        }"""
    )
    after = wall(page)
    assert len(set(after)) == 10 and len(set(before)) == 36
    assert "gan_psi=0" in page.url


def test_class_count_and_dice_change_what_is_shown(open_page):
    page = open_gallery(open_page)
    page.click(f"{GALLERY} .segmented >> text=64")
    page.wait_for_function("() => document.querySelectorAll('#gan-gallery .wall button').length === 64")
    page.select_option(f"{GALLERY} .class", "bag")
    page.wait_for_function("() => document.querySelector('#gan-gallery .what').textContent.startsWith('bag')")
    labels = page.eval_on_selector_all(f"{GALLERY} .wall button", "all => all.map((b) => b.ariaLabel)")
    assert len(labels) == 64 and all(": bag, seed" in label for label in labels)
    before = wall(page)
    page.click(f"{GALLERY} .dice")
    wait_for_another_wall(page, before[0])
    assert page.input_value(f"{GALLERY} .seed") != "1"


def test_a_wrong_seed_gets_one_sentence_in_either_language_and_the_pictures_stay(open_page):
    page = open_gallery(open_page)
    pictures, address = wall(page), page.url
    page.fill(f"{GALLERY} .seed", "shoe")
    page.press(f"{GALLERY} .seed", "Enter")
    page.wait_for_selector(f"{GALLERY} .message:visible")
    sentence = {
        lang: texts(lang)["error.whole"].format(name="seed", low=0, high=2**64 - 1) for lang in LANGUAGES
    }
    assert page.inner_text(f"{GALLERY} .message") == sentence["en"]
    assert wall(page) == pictures and page.url == address
    asked = calls(page)
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{GALLERY} .message") == sentence["pt-BR"]
    assert calls(page) == asked
    page.fill(f"{GALLERY} .seed", "18446744073709551580")  # 36 seeds that end at the last one
    page.press(f"{GALLERY} .seed", "Enter")
    page.wait_for_selector(f"{GALLERY} .message", state="hidden")
    page.press(f"{GALLERY} .wall button >> nth=0", "End")
    assert page.inner_text(f"{GALLERY} .what").endswith("semente 18446744073709551615")


def test_without_a_server_the_pictures_stay(open_page):
    page = open_gallery(open_page)
    pictures = wall(page)
    page.route("**/*", lambda route: route.abort())
    page.click(f"{GALLERY} .dice")
    page.wait_for_selector(f"{GALLERY} .message:visible")
    assert page.inner_text(f"{GALLERY} .message") == texts("en")["error.offline"]
    assert wall(page) == pictures


def test_another_language_asks_nobody_and_leaves_nothing_behind(open_page):
    page = open_gallery(open_page)
    asked = calls(page)
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{GALLERY} .station-title") == "O que o gerador inventa?"
    assert page.inner_text(f"{GALLERY} .what") == "camiseta · semente 1"
    assert re.search(r"logit −?\d,\d\d", page.inner_text(f"{GALLERY} .opinion"))
    assert page.get_attribute(f"{GALLERY} .wall button >> nth=7", "aria-label").startswith(
        "Imagem 8: tênis, semente 8"
    )
    assert calls(page) == asked


def test_a_link_reopens_what_was_seen(open_page):
    page = open_gallery(open_page)
    page.click(f"{GALLERY} .segmented >> text=16")
    page.wait_for_function("() => document.querySelectorAll('#gan-gallery .wall button').length === 16")
    before = wall(page)
    page.fill(f"{GALLERY} .seed", "12345678901234567890")
    page.press(f"{GALLERY} .seed", "Enter")
    wait_for_another_wall(page, before[0])
    page.click(f"{GALLERY} .wall button >> nth=5")
    again = open_gallery(open_page, "&" + page.url.split("?")[1])
    assert wall(again) == wall(page) and large(again) == large(page)


def test_a_link_with_nonsense_opens_the_usual_gallery(open_page):
    usual = open_gallery(open_page)
    page = open_gallery(open_page, "&gan_n=17&gan_seed=-3&gan_class=hat&gan_psi=NaN&gan_pick=99")
    assert wall(page) == wall(usual) and large(page) == large(usual)
    assert page.is_hidden(f"{GALLERY} .message")


# --- training ---------------------------------------------------------------------------------------------


def cursor(page):
    """Where the chart's cursor stands, as a training step."""
    return page.eval_on_selector(f"{TRAINING} .plot", "(plot) => Math.round(plot.layout.shapes[0].x0 ** 2)")


def test_every_kept_step_is_one_move_away_and_asks_nobody(open_page):
    page = open_training(open_page)
    asked = calls(page)
    assert page.locator(f"{TRAINING} .moments button").count() == len(SNAPSHOTS)
    seen = set()
    for frame, step in enumerate(SNAPSHOTS):
        set_slider(page, f"{TRAINING} .scrubber", frame)
        assert page.inner_text(f"{TRAINING} .now").startswith(f"Step {step:,} of {SNAPSHOTS[-1]:,}")
        page.wait_for_function(
            "(step) => Math.round(document.querySelector('#gan-training .plot').layout.shapes[0].x0 ** 2) === step",
            arg=step,
        )
        seen.add(tuple(wall(page, TRAINING)))
    assert len(seen) == len(SNAPSHOTS)
    assert page.url.endswith(f"gan_step={SNAPSHOTS[-1]}")
    assert calls(page) == asked and len(asked) == 1


def test_the_strip_is_the_followed_picture_at_every_step(open_page):
    page = open_training(open_page)
    page.click(f"{TRAINING} .wall button >> nth=7")
    strip = page.eval_on_selector_all(f"{TRAINING} .moments canvas", "all => all.map((c) => c.toDataURL())")
    for frame in (0, len(SNAPSHOTS) - 1):
        page.click(f"{TRAINING} .moments button >> nth={frame}")
        assert wall(page, TRAINING)[7] == strip[frame]
    assert "sneaker, seed 8" in page.inner_text(f"{TRAINING} .followed")


def test_play_runs_from_noise_to_the_end_and_stops(open_page):
    page = open_training(open_page)
    asked = calls(page)
    page.select_option(f"{TRAINING} .speed", "2.5")
    page.click(f"{TRAINING} .play")
    page.wait_for_function("() => document.querySelector('#gan-training .scrubber').value === '0'")
    page.wait_for_selector(f"{TRAINING} .play.playing")
    page.wait_for_selector(f"{TRAINING} .play:not(.playing)")
    assert page.input_value(f"{TRAINING} .scrubber") == str(len(SNAPSHOTS) - 1)
    assert calls(page) == asked


def test_keys_move_in_time_and_on_the_wall_among_pictures(open_page):
    page = open_training(open_page)
    page.focus(f"{TRAINING} .scrubber")
    page.keyboard.press("Home")
    assert cursor(page) == 0
    page.keyboard.press("ArrowRight")
    assert page.inner_text(f"{TRAINING} .now").startswith(f"Step {SNAPSHOTS[1]:,}")
    page.focus(f"{TRAINING} .wall button")
    page.keyboard.press("ArrowRight")
    assert page.inner_text(f"{TRAINING} .now").startswith(f"Step {SNAPSHOTS[1]:,}")
    assert "trousers, seed 2" in page.inner_text(f"{TRAINING} .followed")


def test_the_chart_speaks_the_language_and_wears_the_theme(open_page):
    page = open_training(open_page)
    asked = calls(page)
    color = "() => document.querySelector('#gan-training .plot').data[0].line.color"
    light = page.evaluate(color)
    page.click(".language[value=pt-BR]")
    page.wait_for_function(
        "() => document.querySelector('#gan-training .plot').textContent.includes('não distingue')"
    )
    chart = page.text_content(f"{TRAINING} .plot")
    assert "1,386" in chart and "perda (nats)" in chart and "gan." not in chart
    page.click(".tool.theme")
    page.wait_for_function(f"(light) => ({color})() !== light", arg=light)
    assert calls(page) == asked


def test_another_class_shows_other_pictures_at_the_step_in_view(open_page):
    page = open_training(open_page, f"&gan_step={SNAPSHOTS[2]}")
    before = wall(page, TRAINING)
    page.select_option(f"{TRAINING} .class", "bag")
    wait_for_another_wall(page, before[0], TRAINING)
    assert page.inner_text(f"{TRAINING} .now").startswith(f"Step {SNAPSHOTS[2]:,}")
    again = open_training(open_page, "&" + page.url.split("?")[1])
    assert wall(again, TRAINING) == wall(page, TRAINING)


def test_a_wrong_seed_leaves_the_film_as_it_was(open_page):
    page = open_training(open_page)
    before = wall(page, TRAINING)
    page.fill(f"{TRAINING} .seed", "18446744073709551615")  # 35 more would not fit
    page.press(f"{TRAINING} .seed", "Enter")
    page.wait_for_selector(f"{TRAINING} .message:visible")
    assert "start at 18446744073709551580 or lower" in page.inner_text(f"{TRAINING} .message")
    assert wall(page, TRAINING) == before


# --- screens ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "pt-BR"])
@pytest.mark.parametrize("count", [16, 36, 64])
def test_the_gallery_fits_a_projector(open_page, language, count):
    page = open_gallery(open_page, f"&lang={language}&gan_n={count}")
    bottoms = page.eval_on_selector_all(
        f"{GALLERY} .wall button, {GALLERY} .one, {GALLERY} .controls *",
        "all => all.map((part) => part.getBoundingClientRect().bottom)",
    )
    assert max(bottoms) <= 720


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_the_training_fits_a_projector(open_page, language):
    page = open_training(open_page, f"&lang={language}")
    bottoms = page.eval_on_selector_all(
        f"{TRAINING} .wall button, {TRAINING} .curves, {TRAINING} .moments, {TRAINING} .controls *",
        "all => all.map((part) => part.getBoundingClientRect().bottom)",
    )
    assert max(bottoms) <= 720


def test_pictures_are_scaled_by_whole_factors(open_page):
    for query in ("&gan_n=16", "&gan_n=36", "&gan_n=64"):
        page = open_gallery(open_page, query)
        width = page.eval_on_selector(f"{GALLERY} .wall canvas", "(c) => c.getBoundingClientRect().width")
        assert width % 28 == 0


def test_what_is_below_the_wall_stays_where_it_is(open_page):
    page = open_gallery(open_page)
    place = page.locator(f"{GALLERY} .controls").bounding_box()
    for count in ("16", "64"):
        page.click(f"{GALLERY} .segmented >> text={count}")
        page.wait_for_function(
            "(count) => document.querySelectorAll('#gan-gallery .wall button').length === count",
            arg=int(count),
        )
        assert page.locator(f"{GALLERY} .controls").bounding_box() == place


@pytest.mark.parametrize("language", ["en", "pt-BR"])
@pytest.mark.parametrize("station", ["gallery", "training"])
def test_a_phone_shows_it_all_without_scrolling_sideways(open_page, station, language):
    opener = {"gallery": open_gallery, "training": open_training}[station]
    page = opener(open_page, f"&lang={language}", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    root = f"#gan-{station}"
    sizes = page.eval_on_selector_all(
        f"{root} .wall button, {root} .moments button, {root} .play, {root} .dice, {root} select, {root} .seed",
        "all => all.map((part) => [part.getBoundingClientRect().width, part.getBoundingClientRect().height])",
    )
    assert min(min(size) for size in sizes) >= 40
    exhibit = page.locator(f"{root} .exhibit").bounding_box()
    assert page.locator(f"{root} .controls").bounding_box()["y"] >= exhibit["y"] + exhibit["height"]


def test_a_finger_chooses_a_picture_and_a_step(open_page):
    page = open_gallery(open_page, **PHONE)
    pictures = wall(page)
    page.tap(f"{GALLERY} .wall button >> nth=9")
    assert large(page) == pictures[9]
    page.tap("#gan-tab .stations button[value=training]")
    page.wait_for_selector(f"{TRAINING} .plot .shapelayer path", state="attached")
    page.tap(f"{TRAINING} .moments button >> nth=1")
    assert page.inner_text(f"{TRAINING} .now").startswith(f"Step {SNAPSHOTS[1]:,}")


def test_stations_have_addresses_and_an_unseen_one_asks_nothing(open_page):
    page = open_gallery(open_page)
    assert page.is_hidden(TRAINING) and len(calls(page)) == 1
    page.click("#gan-tab .stations button[value=training]")
    page.wait_for_selector(f"{TRAINING} .plot .shapelayer path", state="attached")
    assert page.is_hidden(GALLERY) and len(calls(page)) == 2
    assert "station=training" in page.url
