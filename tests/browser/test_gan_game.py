"""The station Real or fake? as a visitor uses it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from demo.gan import game as station
from demo.loading import Models
from tests.browser.conftest import PHONE, calls
from tests.unit.test_demo_gan_game import pictures

ROOT = "#gan-game .gan-game"
MESSAGE = f"{ROOT} .heading .message"
SERVER = "**/playground/call/**"
SNAPSHOTS = json.loads(Path("pretrained/gan/fashion/regularised/config.json").read_text("utf-8"))["snapshots"]
LAST = len(SNAPSHOTS)
CODE = f"7K3Q-{LAST}"
CALM = {"reduced_motion": "reduce"}  # a verdict stands until somebody goes on
PATTERN = [True, True, False, True, False, False, True, True, False, True]  # what the test's visitor says


@pytest.fixture(scope="module")
def truth():
    """The record of CODE, as Python draws it."""
    models = Models("pretrained")
    return station.play(models.get("gan/fashion/regularised"), models.get("pictures/fashion"), CODE)


def open_game(open_page, query=f"&gan_game={CODE}", **options):
    page = open_page(f"?tab=gan&station=game{query}", **options)
    wait_for(page, "open")
    return page


def wait_for(page, state):
    page.wait_for_selector(f"{ROOT}[data-state={state}][aria-busy=false]", timeout=60_000)


def state(page):
    return page.get_attribute(ROOT, "data-state")


def shown(page):
    """The grey levels of the picture in view, (28, 28)."""
    levels = page.eval_on_selector(
        f"{ROOT} .picture",
        "(c) => Array.from(c.getContext('2d').getImageData(0, 0, 28, 28).data).filter((_, i) => i % 4 === 0)",
    )
    return np.array(levels).reshape(28, 28)


def code(page):
    return page.inner_text(f"{ROOT} .code")


def round_in_view(page):
    return int(re.match(r"Picture (\d+) of 10", page.inner_text(f"{ROOT} .count"))[1])


def marks(page):
    """One sign a round that has been answered."""
    return "".join(page.locator(f"{ROOT} .dots").all_inner_texts()).replace("\n", "")


def play_by_keys(page, answers, on="Enter"):
    for says_real in answers:
        page.keyboard.press("1" if says_real else "2")
        wait_for(page, "verdict")
        page.keyboard.press(on)


def expected(truth, answers):
    """Both scores, counted anew from the server's record."""
    you = sum(answer == is_real for answer, is_real in zip(answers, truth["real"], strict=True))
    machine = sum(
        (logit > 0) == is_real for logit, is_real in zip(truth["logits"], truth["real"], strict=True)
    )
    return you, machine


def check_end(page, truth, answers):
    wait_for(page, "end")
    you, machine = expected(truth, answers)
    said = page.inner_text(f"{ROOT} .score")
    assert said.startswith(f"You got {you}, the discriminator {machine}:")
    assert ("a tie" in said) == (you == machine) and ("you saw more" in said) == (you > machine)
    signs = {True: "✓", False: "✗"}
    for i, item in enumerate(page.locator(f"{ROOT} .ten li").all()):
        is_real = truth["real"][i]
        assert item.locator(".truth").inner_text() == ("photo" if is_real else "fake")
        mine = item.locator(".you").inner_text().split(maxsplit=1)
        assert mine == [signs[answers[i] == is_real], "photo" if answers[i] else "fake"]
        its = item.locator(".machine").inner_text()
        assert its[0] == signs[(truth["logits"][i] > 0) == is_real] and its.endswith("%")
        percent = float(re.search(r"[\d.]+", its)[0])
        assert percent == pytest.approx(100 * truth["beliefs"][i], abs=0.51)
    rows = page.locator(f"{ROOT} .games tbody tr[data-latest=true] td").all_inner_texts()
    assert rows[1].split(" ")[0] == str(you) and rows[2] == str(machine)


# --- a whole game -----------------------------------------------------------------------------------------


def test_a_whole_game_by_keyboard(open_page, truth):
    page = open_game(open_page, **CALM)
    asked = calls(page)
    assert len(asked) == 1 and code(page) == CODE
    for i, says_real in enumerate(PATTERN):
        assert round_in_view(page) == i + 1 and (shown(page) == pictures(truth["sprite"])[i]).all()
        page.keyboard.press("1" if says_real else "2")
        wait_for(page, "verdict")
        verdict = page.inner_text(f"{ROOT} .verdict")
        assert verdict.startswith("Right" if says_real == truth["real"][i] else "No")
        assert ("real photo" in verdict) == truth["real"][i]
        page.keyboard.press(("Enter", " ")[i % 2])
    check_end(page, truth, PATTERN)
    you, machine = expected(truth, PATTERN)
    assert calls(page) == asked
    page.wait_for_function(
        "([root, start]) => document.querySelector(`${root} .announce`).textContent.startsWith(start)",
        arg=[ROOT, f"You got {you}, the discriminator {machine}:"],
    )
    # the exact chance: {7 or more} is 176 of 1,024
    ways = [1024, 1023, 1013, 968, 848, 638, 386, 176, 56, 11, 1][you]
    chance = page.inner_text(f"{ROOT} .chance")
    assert f"{ways:,} of the 1,024 possible outcomes (" in chance and f") get {you} or more" in chance


def test_a_whole_game_by_touch(open_page, truth):
    page = open_game(open_page, **PHONE, **CALM)
    asked = calls(page)
    for i, says_real in enumerate(PATTERN):
        assert (shown(page) == pictures(truth["sprite"])[i]).all()
        page.locator(f"{ROOT} .answer[value={'real' if says_real else 'made'}]").tap()
        wait_for(page, "verdict")
        page.locator(f"{ROOT} {('.next', '.stage')[i % 2]}").tap()
    check_end(page, truth, PATTERN)
    assert calls(page) == asked
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_perfect_and_hopeless_games_and_the_list_of_both(open_page, truth):
    page = open_game(open_page, **CALM)
    play_by_keys(page, truth["real"])
    check_end(page, truth, truth["real"])
    assert "1 of the 1,024 possible outcomes (<0.1%) gets 10 or more" in page.inner_text(f"{ROOT} .chance")
    asked = calls(page)
    page.click(f"{ROOT} .replay")  # the same pictures, in the same order
    assert state(page) == "open" and (shown(page) == pictures(truth["sprite"])[0]).all()
    wrong = [not is_real for is_real in truth["real"]]
    play_by_keys(page, wrong)
    check_end(page, truth, wrong)
    assert "1,024 of the 1,024 possible outcomes (100%) get 0 or more" in page.inner_text(f"{ROOT} .chance")
    assert calls(page) == asked
    mine = [row.locator("td").nth(1).inner_text() for row in page.locator(f"{ROOT} .games tbody tr").all()]
    assert mine == ["10", "0 · again"]


# --- presses ----------------------------------------------------------------------------------------------


def test_one_press_answers_one_picture(open_page):
    page = open_game(open_page, **CALM)
    page.keyboard.down("1")
    for _ in range(5):
        page.keyboard.down("1")  # held: the browser repeats it
    page.keyboard.press("2")  # a verdict takes no answer
    assert state(page) == "verdict" and round_in_view(page) == 1 and len(marks(page)) == 1
    page.keyboard.down("Enter")
    for _ in range(3):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.down("1")  # still held since the picture before
    page.keyboard.up("1")
    assert state(page) == "open" and round_in_view(page) == 2 and len(marks(page)) == 1
    page.keyboard.press("Enter")  # no answer yet: nothing to go on from
    page.keyboard.press("3")
    page.keyboard.press("Control+1")
    assert state(page) == "open" and round_in_view(page) == 2
    page.keyboard.press("2")
    assert state(page) == "verdict" and len(marks(page)) == 2


def test_enter_on_a_button_that_was_clicked_goes_on_once(open_page):
    page = open_game(open_page, **CALM)
    page.click(f"{ROOT} .answer[value=made]")
    page.keyboard.press(" ")
    assert state(page) == "open" and round_in_view(page) == 2
    page.focus(f"{ROOT} .answer[value=real]")
    page.keyboard.press("Enter")
    assert state(page) == "verdict" and round_in_view(page) == 2


def test_it_goes_on_by_itself_and_a_press_at_that_moment_counts_for_nothing(open_page):
    page = open_game(open_page, reduced_motion="no-preference")
    # in the very moment in which the second picture comes
    page.evaluate(
        """(root) => new MutationObserver((_, observer) => {
          if (document.querySelector(root).dataset.state !== 'open') return;
          observer.disconnect();
          const stage = document.querySelector(`${root} .stage`);
          stage.dispatchEvent(new KeyboardEvent('keydown', { key: '1', bubbles: true }));
          document.querySelector(`${root} .answer`).click();
        }).observe(document.querySelector(root), { attributeFilter: ['data-state'] })""",
        ROOT,
    )
    page.click(f"{ROOT} .answer >> nth=1")
    page.wait_for_selector(f"{ROOT} .count:text-is('Picture 2 of 10')")
    assert state(page) == "open" and len(marks(page)) == 1
    # a finger that went down under the second picture comes up under the third
    page.wait_for_timeout(400)
    box = page.locator(f"{ROOT} .answer").first.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.keyboard.press("2")
    page.wait_for_timeout(1800)
    assert state(page) == "verdict"  # after a key it stays until the visitor goes on
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{ROOT} .count:text-is('Picture 3 of 10')")
    page.wait_for_timeout(400)
    page.mouse.up()
    assert state(page) == "open" and round_in_view(page) == 3 and len(marks(page)) == 2


def test_keys_do_nothing_while_a_code_is_typed(open_page):
    page = open_game(open_page, **CALM)
    page.click(f"{ROOT} .typed-code")
    page.keyboard.type("12 12")
    assert page.input_value(f"{ROOT} .typed-code") == "12 12"
    assert state(page) == "open" and round_in_view(page) == 1
    page.click("#gan-tab .stations button[value=gallery]")
    page.keyboard.press("1")  # out of view nothing listens
    page.click("#gan-tab .stations button[value=game]")
    assert state(page) == "open" and round_in_view(page) == 1


def test_keys_are_heard_only_where_the_game_is(open_page):
    page = open_game(open_page, **CALM)
    others = (
        ".page-head .theme",
        "#gan-tab .set input",
        *(f"{ROOT} {one}" for one in (".moment", ".with-clock")),
    )
    for other in others:
        page.focus(f"{other} >> nth=0")
        page.keyboard.press("1")
    outline = "(box) => getComputedStyle(box).outlineStyle"
    assert page.eval_on_selector(f"{ROOT} .with-clock", outline) == "solid"  # Gradio takes it away
    assert state(page) == "open" and round_in_view(page) == 1
    page.click(f"{ROOT} .claim")  # anywhere in the game
    page.keyboard.press("1")
    assert state(page) == "verdict"


# --- codes ------------------------------------------------------------------------------------------------


def test_a_typed_code_opens_its_game_and_a_link_holds_it(open_page, truth):
    page = open_game(open_page, "")
    other = code(page)
    assert re.fullmatch(rf"[0-9A-HJKMNP-TV-Z]{{4}}-{LAST}", other)  # a new game by chance, at the last moment
    page.fill(f"{ROOT} .typed-code", CODE.lower().replace("-", " "))
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{ROOT} .code:text-is('{CODE}')")
    assert (shown(page) == pictures(truth["sprite"])[0]).all()
    assert f"gan_game={CODE}" in page.url
    page.keyboard.press("1")  # the field let go of the keys
    wait_for(page, "verdict")


def test_the_code_of_the_game_that_is_over_begins_it_again(open_page, truth):
    page = open_game(open_page)
    play_by_keys(page, [True] * 10)
    wait_for(page, "end")
    page.fill(f"{ROOT} .typed-code", CODE.lower())
    page.click(f"{ROOT} .typed button")
    wait_for(page, "open")
    assert round_in_view(page) == 1 and code(page) == CODE and page.input_value(f"{ROOT} .typed-code") == ""
    assert (shown(page) == pictures(truth["sprite"])[0]).all()


def test_copy_link_holds_the_code(open_page):
    page = open_game(open_page, permissions=["clipboard-read", "clipboard-write"])
    page.click(f"{ROOT} .copy")
    page.wait_for_selector(f"{ROOT} .copied-note:text-is('Link copied')")
    link = page.evaluate("navigator.clipboard.readText()")
    assert all(part in link for part in ("tab=gan", "station=game", f"gan_game={CODE}"))


def test_a_wrong_code_is_told_in_one_sentence_and_nothing_is_lost(open_page):
    page = open_game(open_page, **CALM)
    play_by_keys(page, PATTERN[:3])
    kept = [shown(page).tolist(), marks(page), code(page), page.url]
    for typed in ("", "7K3Q", "7K3Q-0", "🎲🎲🎲🎲🎲", "7K3U-1"):
        page.fill(f"{ROOT} .typed-code", typed)
        page.click(f"{ROOT} .open")
        page.wait_for_selector(MESSAGE)
        assert page.inner_text(MESSAGE).startswith("That is not the code of a game")
        assert page.input_value(f"{ROOT} .typed-code") == typed
        now = [shown(page).tolist(), marks(page), code(page), page.url]
        assert now == kept and round_in_view(page) == 4, typed
        page.click(MESSAGE)
        assert page.is_hidden(MESSAGE)


def test_a_link_with_a_wrong_code_says_so_and_opens_another_game(open_page):
    page = open_game(open_page, "&gan_game=nonsense")
    assert page.inner_text(MESSAGE).startswith("That is not the code of a game")
    assert re.fullmatch(r"\w{4}-\w", code(page)) and shown(page).max() > 0


# --- moments, languages, stations -------------------------------------------------------------------------


def test_harder_easier_and_the_dice(open_page, truth):
    page = open_game(open_page, **CALM)
    page.select_option(f"{ROOT} .moment", str(SNAPSHOTS[1]))
    page.wait_for_function(
        "([root]) => document.querySelector(`${root} .code`).textContent.endsWith('-2')", arg=[ROOT]
    )
    first = code(page)
    page.click(f"{ROOT} .dice")
    page.wait_for_function(
        "([root, first]) => document.querySelector(`${root} .code`).textContent !== first", arg=[ROOT, first]
    )
    assert code(page).endswith("-2")
    play_by_keys(page, PATTERN)
    wait_for(page, "end")
    assert page.get_attribute(f"{ROOT} .easier", "value") == str(SNAPSHOTS[0])
    page.focus(f"{ROOT} .harder")
    page.keyboard.press("Enter")  # the button goes, and the game has the focus
    page.wait_for_function(
        "([root]) => document.querySelector(`${root} .code`).textContent.endsWith('-3')", arg=[ROOT]
    )
    page.wait_for_function("(root) => document.activeElement.matches(`${root} .stage`)", arg=ROOT)
    assert page.input_value(f"{ROOT} .moment") == str(SNAPSHOTS[2]) and "-3" in page.url
    page.keyboard.press("1")
    wait_for(page, "verdict")


@pytest.mark.gradio
def test_language_and_stations_keep_the_round(open_page):
    page = open_game(open_page, **CALM)
    play_by_keys(page, PATTERN[:4])
    asked, before = calls(page), [shown(page).tolist(), marks(page)]
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{ROOT} .count") == "Imagem 5 de 10"
    assert page.inner_text(f"{ROOT} .claim").startswith("Etiqueta: ")
    page.click("#tab-vae")
    page.click("#tab-gan")
    page.click(".language[value=en]")
    assert [shown(page).tolist(), marks(page)] == before and round_in_view(page) == 5
    assert [url for url in calls(page) if "/call/gan_" in url] == [
        url for url in asked if "/call/gan_" in url
    ]


def test_leaving_the_station_keeps_the_game(open_page, truth):
    page = open_game(open_page, **CALM)
    play_by_keys(page, PATTERN[:4])
    before = [shown(page).tolist(), marks(page)]
    page.click("#gan-tab .stations button[value=training]")
    page.click("#gan-tab .stations button[value=game]")
    assert [shown(page).tolist(), marks(page)] == before
    page.focus(f"{ROOT} .stage")  # keys are heard only where the game is
    play_by_keys(page, PATTERN[4:])
    check_end(page, truth, PATTERN)


def test_with_digits_one_sentence_and_the_same_game(open_page):
    page = open_game(open_page, f"&gan_game={CODE}&gan_set=digits", **CALM)
    usual = open_game(open_page, **CALM)
    assert "MNIST" in page.inner_text(f"{ROOT} .note") and usual.is_hidden(f"{ROOT} .note")
    assert (shown(page) == shown(usual)).all() and code(page) == CODE
    play_by_keys(page, PATTERN[:2])
    asked = len(calls(page))
    page.click("#gan-tab .set label:has([value=fashion])")
    assert page.is_hidden(f"{ROOT} .note") and round_in_view(page) == 3 and len(calls(page)) == asked


@pytest.mark.gradio
def test_without_the_server_one_sentence_and_another_try(open_page):
    page = open_page("?tab=vae")
    page.route(SERVER, lambda route: route.abort())
    page.click("#tab-gan")
    page.click("#gan-tab .stations button[value=game]")
    page.wait_for_selector(MESSAGE)
    assert page.inner_text(MESSAGE).startswith("The server is not answering.")
    page.unroute(SERVER)
    page.click(f"{MESSAGE} .again")
    wait_for(page, "open")
    assert page.is_hidden(MESSAGE) and shown(page).max() > 0


def test_without_the_server_a_game_goes_on(open_page, truth):
    page = open_game(open_page, **CALM)
    page.route(SERVER, lambda route: route.abort())
    play_by_keys(page, PATTERN[:2])
    page.select_option(f"{ROOT} .moment", str(SNAPSHOTS[0]))
    page.wait_for_selector(MESSAGE)
    assert page.input_value(f"{ROOT} .moment") == str(SNAPSHOTS[-1]) and round_in_view(page) == 3
    page.focus(f"{ROOT} .answer")
    play_by_keys(page, PATTERN[2:])
    check_end(page, truth, PATTERN)


def test_the_clock_is_off_until_wanted(open_page):
    page = open_game(open_page, **CALM)
    play_by_keys(page, PATTERN)
    wait_for(page, "end")
    assert page.is_hidden(f"{ROOT} .time")
    page.click(f"{ROOT} .replay")
    page.check(f"{ROOT} .with-clock")
    page.focus(f"{ROOT} .stage")
    play_by_keys(page, PATTERN)
    wait_for(page, "end")
    assert re.fullmatch(r"\d+ s spent looking", page.inner_text(f"{ROOT} .time"))
    assert re.search(r" · \d+ s · again", page.locator(f"{ROOT} .games").inner_text())


# --- how it looks -----------------------------------------------------------------------------------------


def test_on_a_phone_all_is_at_hand(open_page):
    page = open_game(open_page, f"&gan_game={CODE}&lang=pt-BR", **PHONE, **CALM)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    stage = page.locator(f"{ROOT} .stage").bounding_box()
    assert stage["width"] >= 280
    real, made = (page.locator(f"{ROOT} .answer[value={name}]").bounding_box() for name in ("real", "made"))
    assert real["y"] == made["y"] > stage["y"] + stage["height"] and real["y"] + real["height"] <= 844
    page.locator(f"{ROOT} .answer[value=real]").tap()
    after = page.locator(f"{ROOT} .stage").bounding_box()
    assert after == stage  # nothing moves under the thumb
    small = page.eval_on_selector_all(
        f"{ROOT} :is(button, select, .typed-code, .clock, summary)",
        """all => all.map((e) => [e.className, e.getBoundingClientRect()])
          .filter(([, b]) => b.width && (b.height < 40 || b.width < 40)).map(([name]) => name)""",
    )
    assert small == []


def test_a_reload_goes_on_with_the_game(open_page, truth):
    page = open_game(open_page, **CALM)
    page.check("#gan-game .with-clock")
    page.focus(f"{ROOT} .stage")
    play_by_keys(page, truth["real"][:3])
    before = marks(page)
    page.reload()
    wait_for(page, "open")
    assert marks(page) == before and round_in_view(page) == 4
    assert page.is_checked("#gan-game .with-clock")
    play_by_keys(page, truth["real"][3:])
    wait_for(page, "end")
    page.reload()
    wait_for(page, "end")
    assert page.locator("#gan-game .games tbody tr").count() == 1  # listed once
    page.click("#gan-game .replay")
    page.reload()
    wait_for(page, "open")
    assert round_in_view(page) == 1


# --- the results of a class -------------------------------------------------------------------------------


def played(open_page, truth, wrong=2):
    """A finished game with so many wrong answers, and the code of its result."""
    page = open_game(open_page, **CALM)
    play_by_keys(page, [said != (i < wrong) for i, said in enumerate(truth["real"])])
    wait_for(page, "end")
    return page, page.inner_text(f"{ROOT} .own-code")


def bars(page):
    """How many had 0, 1, … right answers."""
    words = page.get_attribute(f"{ROOT} .class-bars", "aria-label")
    return [int(part.split(": ")[1]) for part in words.split(", ")]


def collect(page, code):
    page.fill(f"{ROOT} .class-code", code)
    page.keyboard.press("Enter")


def test_a_teacher_collects_the_results_of_phones_by_their_codes(open_page, truth):
    _, result = played(open_page, truth)
    page = open_game(open_page)
    page.click(f"{ROOT} .class-results summary")
    asked = calls(page)
    collect(page, result.lower())
    assert bars(page)[8] == 1 and sum(bars(page)) == 1
    collect(page, result)
    assert "already" in page.inner_text(f"{ROOT} .class-said") and sum(bars(page)) == 1
    collect(page, "AAAAA")
    assert (
        CODE in page.inner_text(f"{ROOT} .class-said") and page.input_value(f"{ROOT} .class-code") == "AAAAA"
    )
    assert calls(page) == asked  # nothing goes to the server
    page.reload()
    wait_for(page, "open")
    assert sum(bars(page)) == 1
    page.click(f"{ROOT} .class-results summary")
    page.click(f"{ROOT} .class-undo")
    assert sum(bars(page)) == 0


def test_a_result_has_a_qr_code_and_the_same_game_again_has_none(open_page, truth):
    page, result = played(open_page, truth)
    page.reload()
    wait_for(page, "end")
    assert page.inner_text(f"{ROOT} .own-code") == result  # or a class would count it twice
    page.click(f"{ROOT} .own-qr")
    page.wait_for_selector(f"{ROOT} .own-result .qr path[d^=M]")
    page.click(f"{ROOT} .replay")
    play_by_keys(page, truth["real"])
    wait_for(page, "end")
    assert page.is_hidden(f"{ROOT} .own-result")


def test_a_camera_reads_codes_where_the_browser_can(open_page, truth):
    _, result = played(open_page, truth)
    page = open_page()
    page.add_init_script(
        f"""window.BarcodeDetector = class {{ detect() {{ return Promise.resolve([{{ rawValue: "{result}" }}]); }} }};
        const film = document.createElement("canvas");
        setInterval(() => film.getContext("2d").fillRect(0, 0, 9, 9), 40);
        const media = {{ getUserMedia: () => Promise.resolve(film.captureStream()) }};
        Object.defineProperty(navigator, "mediaDevices", {{ value: media }});"""
    )
    page.goto(page.url.split("?")[0] + f"?tab=gan&station=game&gan_game={CODE}")
    wait_for(page, "open")
    page.click(f"{ROOT} .class-results summary")
    page.click(f"{ROOT} .class-scan")
    page.wait_for_function(f"() => /: 1\\b/.test(document.querySelector('{ROOT} .class-bars').ariaLabel)")
    page.click(f"{ROOT} .class-scan")
    assert page.is_hidden(f"{ROOT} .class-camera")
