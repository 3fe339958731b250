"""The GAN's gallery as a visitor uses it."""

import math
import re

import pytest

from demo.text import LANGUAGES, texts
from tests.browser.conftest import PHONE, calls, set_slider

ROOT = "#gan-gallery"
PLOT = f"{ROOT} .plot .shapelayer path"
READY = f"{ROOT} .ends button[value=a]:not(:disabled)"


def open_gallery(open_page, query="", **options):
    page = open_page(f"?tab=gan{query}", **options)
    page.wait_for_selector(READY)
    page.wait_for_selector(PLOT, state="attached")
    return page


def wall(page):
    """The pixels of every picture on the wall."""
    return page.eval_on_selector_all(f"{ROOT} .wall canvas", "all => all.map((canvas) => canvas.toDataURL())")


def pixels(page, name):
    return page.eval_on_selector(f"{ROOT} .{name}", "(canvas) => canvas.toDataURL()")


def badges(page):
    return [int(text) for text in page.locator(f"{ROOT} .badge").all_inner_texts()]


def line(page):
    """Where the bar in the histogram stands, as a logit."""
    return page.eval_on_selector(f"{ROOT} .plot", "(plot) => plot.layout.shapes[0].x0")


def logit(page):
    found = re.search(r"logit (−?[\d.,]+\d)", page.inner_text(f"{ROOT} .opinion"))[1]
    return float(found.replace("−", "-").replace(",", "."))


def wait_for_another_wall(page, before):
    page.wait_for_function(
        "(before) => document.querySelector('#gan-gallery .wall canvas').toDataURL() !== before", arg=before
    )


def wait_for_count(page, count):
    page.wait_for_function(
        "(count) => document.querySelectorAll('#gan-gallery .wall .badge').length === count", arg=count
    )


def choose_count(page, count):
    page.click(f"{ROOT} .count >> text='{count}'")
    wait_for_count(page, count)


def test_it_opens_on_pictures_and_one_of_them_is_large(open_page):
    page = open_gallery(open_page)
    pictures = wall(page)
    assert len(pictures) == 36 and len(set(pictures)) == 36
    assert pixels(page, "large") == pictures[0]
    assert len(badges(page)) == 36
    assert len(calls(page)) == 1


def test_a_click_tells_all_about_a_picture_and_asks_nobody(open_page):
    page = open_gallery(open_page)
    asked, pictures = calls(page), wall(page)
    before = pixels(page, "z"), pixels(page, "nearest"), line(page)
    page.click(f"{ROOT} .wall button >> nth=13")
    assert pixels(page, "large") == pictures[13] != pictures[0]
    assert page.inner_text(f"{ROOT} .what") == "dress · seed 14"  # seeds from 1, classes in turn
    page.wait_for_function(
        "(before) => document.querySelector('#gan-gallery .plot').layout.shapes[0].x0 !== before",
        arg=before[2],
    )
    assert pixels(page, "z") != before[0] and pixels(page, "nearest") != before[1]
    assert re.fullmatch(
        r"nearest of 500 real ones: [\w -]+, distance \d+\.\d", page.inner_text(f"{ROOT} .nearest-says")
    )
    assert "gan_pick=14" in page.url
    assert calls(page) == asked


def test_arrow_keys_move_among_the_pictures(open_page):
    page = open_gallery(open_page)
    pictures = wall(page)
    columns = page.eval_on_selector(
        f"{ROOT} .wall", "(w) => getComputedStyle(w).gridTemplateColumns.split(' ').length"
    )
    page.focus(f"{ROOT} .wall button")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert pixels(page, "large") == pictures[1 + columns]
    chosen = page.locator(f"{ROOT} .wall button[aria-pressed=true]")
    assert chosen.count() == 1 and chosen.evaluate("(button) => button === document.activeElement")
    assert "seed" in chosen.get_attribute("aria-label")
    page.keyboard.press("End")
    assert pixels(page, "large") == pictures[-1]


def test_the_belief_shown_is_the_sigmoid_of_the_logit_shown(open_page):
    page = open_gallery(open_page)
    belief = float(re.search(r"([\d.]+)%", page.inner_text(f"{ROOT} .real"))[1])
    assert belief == pytest.approx(100 / (1 + math.exp(-logit(page))), abs=0.7)  # both are rounded
    assert badges(page)[0] == pytest.approx(belief, abs=0.51)
    assert line(page) == pytest.approx(logit(page), abs=0.006)


def test_sorted_by_score_the_most_real_come_first_and_the_choice_stays(open_page):
    page = open_gallery(open_page)
    page.click(f"{ROOT} .wall button >> nth=4")
    asked, by_seed, large = calls(page), wall(page), pixels(page, "large")
    page.select_option(f"{ROOT} .sort", "score")
    shown = badges(page)
    assert shown == sorted(shown, reverse=True) and len(set(shown)) > 1
    assert sorted(wall(page)) == sorted(by_seed) and wall(page) != by_seed
    chosen = page.locator(f"{ROOT} .wall button[aria-pressed=true] canvas")
    assert chosen.evaluate("(canvas) => canvas.toDataURL()") == large == pixels(page, "large") == by_seed[4]
    assert page.inner_text(f"{ROOT} .what").endswith("seed 5")
    page.click(f"{ROOT} .wall button >> nth=0")
    assert pixels(page, "large") == wall(page)[0]
    assert calls(page) == asked
    again = open_gallery(open_page, "&" + page.url.split("?")[1])
    assert wall(again) == wall(page) and pixels(again, "large") == pixels(page, "large")
    again.select_option(f"{ROOT} .sort", "seed")
    assert wall(again) == by_seed


def test_truncation_0_shows_one_picture_a_class_and_a_flat_code(open_page):
    page = open_gallery(open_page)
    before = wall(page)
    set_slider(page, f"{ROOT} .psi", "0")
    page.wait_for_function(
        """() => {
          const [a, b] = [0, 10].map((i) => document.querySelectorAll('#gan-gallery .wall canvas')[i].toDataURL());
          return a === b;
        }"""
    )
    assert len(set(wall(page))) == 10 and len(set(before)) == 36
    assert page.inner_text(f"{ROOT} .z-says").endswith("times 0.00")
    assert "gan_psi=0" in page.url


def test_class_count_and_dice_change_what_is_shown(open_page):
    page = open_gallery(open_page)
    choose_count(page, 100)
    page.select_option(f"{ROOT} .class", "bag")
    page.wait_for_function("() => document.querySelector('#gan-gallery .what').textContent.startsWith('bag')")
    labels = page.eval_on_selector_all(f"{ROOT} .wall button", "all => all.map((b) => b.ariaLabel)")
    assert len(labels) == 100 and all(": bag, seed" in label for label in labels)
    before = wall(page)
    page.click(f"{ROOT} .dice")
    wait_for_another_wall(page, before[0])
    assert page.input_value(f"{ROOT} .seed") != "1"


def test_fewer_pictures_leave_one_of_them_chosen(open_page):
    page = open_gallery(open_page, "&gan_n=64&gan_pick=60")
    choose_count(page, 16)
    assert page.locator(f"{ROOT} .wall button[aria-pressed=true]").count() == 1
    assert pixels(page, "large") in wall(page)


def test_the_other_set_has_its_own_classes_and_no_real_picture(open_page):
    page = open_gallery(open_page, "&gan_class=bag")
    page.click("#gan-tab .set >> text=Digits")
    page.wait_for_selector(f"{ROOT} .no-real:visible")
    assert page.inner_text(f"{ROOT} .no-real") == texts("en")["gan.one.no_real.digits"]
    assert page.is_hidden(f"{ROOT} .nearest")
    offered = page.eval_on_selector_all(f"{ROOT} .class option", "all => all.map((o) => o.value)")
    assert offered == ["all", *"0123456789"]
    assert page.inner_text(f"{ROOT} .what") == "0 · seed 1"
    assert page.inner_text(f"{ROOT} .station-lead") == texts("en")["gan.gallery.lead.digits"]
    assert len(calls(page)) == 2
    again = open_gallery(open_page, "&" + page.url.split("?")[1])
    assert again.is_visible(f"{ROOT} .no-real") and wall(again) == wall(page)


# --- from here to the walk --------------------------------------------------------------------------------


def test_two_pictures_become_the_ends_of_the_walk(open_page):
    page = open_gallery(open_page, "&gan_psi=0.7&gan_seed=20")
    asked = calls(page)
    page.click(f"{ROOT} .wall button >> nth=3")
    page.click(f"{ROOT} .ends button[value=a]")
    assert page.get_attribute(f"{ROOT} .ends button[value=a]", "aria-pressed") == "true"
    page.click(f"{ROOT} .wall button >> nth=5")
    assert page.get_attribute(f"{ROOT} .ends button[value=a]", "aria-pressed") == "false"
    assert calls(page) == asked
    page.focus(f"{ROOT} .ends button[value=b]")
    page.keyboard.press("Enter")
    state = page.evaluate("load('gan/store.js').then(({ ganStore }) => ganStore.state)")
    assert state == {"dataset": "fashion", "a": "dress:23", "b": "sandal:25", "psi": 0.7}
    page.wait_for_selector("#gan-walk", state="visible")
    assert page.is_hidden(ROOT) and "station=walk" in page.url


# --- what goes wrong --------------------------------------------------------------------------------------


def test_a_wrong_seed_gets_one_sentence_in_either_language_and_the_pictures_stay(open_page):
    page = open_gallery(open_page)
    pictures, address = wall(page), page.url
    page.fill(f"{ROOT} .seed", "shoe")
    page.press(f"{ROOT} .seed", "Enter")
    page.wait_for_selector(f"{ROOT} .message:visible")
    sentence = {
        name: texts(name)["error.whole"].format(
            name={"en": "The seed", "pt-BR": "A semente"}[name], low=0, high=2**64 - 1
        )
        for name in LANGUAGES
    }
    assert page.inner_text(f"{ROOT} .message") == sentence["en"]
    # a screen reader says it again at the field
    assert page.get_attribute(f"{ROOT} .seed", "aria-invalid") == "true"
    described = page.get_attribute(f"{ROOT} .seed", "aria-describedby")
    assert page.inner_text(f"#{described}") == sentence["en"]
    assert wall(page) == pictures and page.url == address
    asked = calls(page)
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{ROOT} .message") == sentence["pt-BR"]
    assert calls(page) == asked
    page.fill(f"{ROOT} .seed", "18446744073709551580")  # 36 seeds that end at the last one
    page.press(f"{ROOT} .seed", "Enter")
    page.wait_for_selector(f"{ROOT} .message", state="hidden")
    assert page.get_attribute(f"{ROOT} .seed", "aria-invalid") is None
    page.press(f"{ROOT} .wall button >> nth=0", "End")
    assert page.inner_text(f"{ROOT} .what").endswith("semente 18446744073709551615")


def test_without_a_server_the_pictures_stay(open_page):
    page = open_gallery(open_page)
    pictures = wall(page)
    page.route("**/*", lambda route: route.abort())
    page.click(f"{ROOT} .dice")
    page.wait_for_selector(f"{ROOT} .message:visible")
    assert page.inner_text(f"{ROOT} .message").startswith("The server is not answering.")
    assert wall(page) == pictures


def test_another_language_and_theme_ask_nobody_and_leave_nothing_behind(open_page):
    page = open_gallery(open_page)
    asked = calls(page)
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{ROOT} .station-title") == "O que o gerador inventa?"
    assert page.inner_text(f"{ROOT} .what") == "camiseta · semente 1"
    assert re.search(r"logit −?\d,\d\d", page.inner_text(f"{ROOT} .opinion"))
    assert page.inner_text(f"{ROOT} .nearest-says").startswith("a mais próxima de 500 reais")
    assert page.get_attribute(f"{ROOT} .wall button >> nth=7", "aria-label").startswith(
        "Imagem 8: tênis, semente 8"
    )
    assert page.locator(f"{ROOT} .class option").nth(9).inner_text() == "bolsa"
    color = "() => document.querySelector('#gan-gallery .plot').data[0].line.color"
    light, bars = page.evaluate(color), pixels(page, "z")
    page.click(".tool.theme")
    page.wait_for_function(f"(light) => ({color})() !== light", arg=light)
    assert pixels(page, "z") != bars
    assert calls(page) == asked


def test_a_link_reopens_what_was_seen(open_page):
    page = open_gallery(open_page)
    choose_count(page, 16)
    before = wall(page)
    page.fill(f"{ROOT} .seed", "12345678901234567890")
    page.press(f"{ROOT} .seed", "Enter")
    wait_for_another_wall(page, before[0])
    page.click(f"{ROOT} .wall button >> nth=5")
    again = open_gallery(open_page, "&" + page.url.split("?")[1])
    assert wall(again) == wall(page) and pixels(again, "large") == pixels(page, "large")


def test_a_link_with_nonsense_opens_the_usual_gallery(open_page):
    usual = open_gallery(open_page)
    nonsense = "&gan_n=17&gan_seed=-3&gan_class=hat&gan_psi=NaN&gan_pick=99&gan_gallery_sort=%F0%9F%8E%B2&gan_set=cats"
    page = open_gallery(open_page, nonsense)
    assert wall(page) == wall(usual) and pixels(page, "large") == pixels(usual, "large")
    assert page.is_hidden(f"{ROOT} .message")


# --- screens ----------------------------------------------------------------------------------------------


def test_projector_mode_and_a_window_that_changed_out_of_view_draw_again(open_page):
    page = open_gallery(open_page)
    chart = f"document.querySelector('{ROOT} .plot')"
    before = page.evaluate(f"{chart}.layout.font.size")
    page.click(".tool.projector")
    page.wait_for_function(f"(before) => {chart}.layout.font.size > before", arg=before)
    fits = f"() => Math.abs({chart}._fullLayout.height - {chart}.clientHeight) <= 1"
    page.wait_for_function(fits)
    page.click("#gan-tab .stations button[value=game]")
    page.set_viewport_size({"width": 900, "height": 720})
    page.wait_for_selector(ROOT, state="hidden")
    page.click("#gan-tab .stations button[value=gallery]")
    page.wait_for_function(f"() => {chart}._fullLayout.width === {chart}.clientWidth")
    assert page.eval_on_selector(f"{ROOT} .wall", "(wall) => wall.scrollWidth <= wall.clientWidth")
    sharp = "(canvas) => canvas.width === Math.round(canvas.clientWidth * devicePixelRatio)"
    assert page.eval_on_selector(f"{ROOT} .z", sharp)


def test_a_finger_chooses_a_picture_and_an_end_of_the_walk(open_page):
    page = open_gallery(open_page, **PHONE)
    pictures = wall(page)
    page.tap(f"{ROOT} .wall button >> nth=9")
    assert pixels(page, "large") == pictures[9]
    page.tap(f"{ROOT} .ends button[value=a]")
    assert page.evaluate("load('gan/store.js').then(({ ganStore }) => ganStore.state.a)") == "boot:10"
    assert "gan_walk_a=boot%3A10" in page.url


def test_the_gallery_asks_nothing_while_another_station_is_in_view(open_page):
    page = open_page("?tab=gan&station=walk")
    page.wait_for_selector("#gan-walk", state="visible")
    page.click("#gan-tab .set >> text=Digits")
    assert page.locator(f"{ROOT} .badge").count() == 0
    page.click("#gan-tab .stations button[value=gallery]")
    page.wait_for_selector(READY)
    assert page.inner_text(f"{ROOT} .what") == "0 · seed 1"
