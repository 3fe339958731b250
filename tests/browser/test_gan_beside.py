"""The station Beside (“GAN or VAE?”) as a visitor uses it."""

import re

import numpy as np
import pytest

from demo.gan import beside
from tests.browser.conftest import PHONE, calls

ROOT = "#gan-beside .gan-beside"
MESSAGE = f"{ROOT} .heading .message"
SERVER = "**/playground/call/**"
SLOTS = (0, 1)
MEASURED = {
    "samples": 10_000,
    "real": {"sharpness": 0.2, "coverage": 0.8, "cfid": 7.0},
    "gan": {"sharpness": 0.19, "coverage": 0.6, "cfid": 9.04},
    "vae": {
        "learned": {"sharpness": 0.1, "coverage": 0.4, "cfid": 40.0},
        "standard": {"sharpness": 0.08, "coverage": 0.68, "cfid": 60.0},
    },
}


@pytest.fixture(autouse=True)
def measured(monkeypatch, computed_anew):
    """Measurements that no training changes."""
    monkeypatch.setattr(beside, "measured", lambda *_: MEASURED)
    return monkeypatch


def open_beside(open_page, query="", **options):
    page = open_page(f"?tab=gan&station=beside{query}", **options)
    wait_until_shown(page)
    return page


def wait_until_shown(page):
    page.wait_for_selector(f"{ROOT}[aria-busy=false] .which:not(:disabled)", timeout=60_000)


def wall(page, slot):
    return page.eval_on_selector_all(
        f'{ROOT} .half[data-slot="{slot}"] .wall canvas', "all => all.map((canvas) => canvas.toDataURL())"
    )


def families(page):
    return page.locator(f"{ROOT} .family").all_inner_texts()


def picture(slot, i):
    return f'{ROOT} .half[data-slot="{slot}"] .wall button >> nth={i}'


def zoom(page, name, slot):
    return page.eval_on_selector(
        f'{ROOT} .zoom .{name}[data-slot="{slot}"]', "(canvas) => canvas.toDataURL()"
    )


def grey(page, name, slot):
    """The grey values of a canvas of the zoom, (28, 28)."""
    values = page.eval_on_selector(
        f'{ROOT} .zoom .{name}[data-slot="{slot}"]',
        """(canvas) => Array.from(canvas.getContext("2d").getImageData(0, 0, 28, 28).data)""",
    )
    return np.array(values).reshape(28, 28, 4)[..., 0].astype(float)


def laplacian(image):
    """By hand: the four neighbours minus four times the pixel, without the rim. (26, 26)"""
    return image[:-2, 1:-1] + image[2:, 1:-1] + image[1:-1, :-2] + image[1:-1, 2:] - 4 * image[1:-1, 1:-1]


def wait_for_another_wall(page, before):
    page.wait_for_function(
        "([root, before]) => document.querySelector(`${root} .wall canvas`).toDataURL() !== before",
        arg=[ROOT, before[0]],
    )
    wait_until_shown(page)


# --- what is there ----------------------------------------------------------------------------------------


def test_the_station_opens_on_two_walls_with_one_request(open_page):
    page = open_beside(open_page)
    walls = [wall(page, slot) for slot in SLOTS]
    assert families(page) == ["VAE", "GAN"] and [len(w) for w in walls] == [36, 36]
    assert len(set(walls[0] + walls[1])) == 72
    assert [zoom(page, "large", slot) for slot in SLOTS] == [walls[0][0], walls[1][0]]
    assert len(calls(page)) == 1 and "gan_beside" not in page.url


def test_the_bars_are_shares_of_real_pictures(open_page):
    page = open_beside(open_page)

    def bars(name):
        return page.locator(f"{ROOT} .measure[data-name={name}] strong").all_inner_texts()

    assert bars("sharpness") == ["50%", "95%"] and bars("coverage") == ["50%", "75%"]
    assert "VAE 40.0, GAN 9.0; a second set of real pictures 7.0" in page.inner_text(f"{ROOT} .cfid")
    widths = page.eval_on_selector_all(
        f"{ROOT} .measure[data-name=coverage] i", "all => all.map((e) => e.getBoundingClientRect().width)"
    )
    assert widths[0] / widths[1] == pytest.approx(50 / 75, rel=0.01)
    # the sentence says what the numbers say, and the prior changes both without a request
    page.click(f"{ROOT} .fold > summary")
    assert page.is_hidden(f"{ROOT} .complete")  # the question stands before its answer
    page.click(f"{ROOT} .question > summary")
    assert "the GAN leaves out less" in page.inner_text(f"{ROOT} .complete")
    assert "Over 10,000 pictures" in page.inner_text(f"{ROOT} .sharper")
    asked, before = calls(page), wall(page, 0)
    page.check(f"{ROOT} .prior [value=standard]", force=True)
    assert bars("coverage") == ["85%", "75%"] and "the VAE leaves out less" in page.inner_text(
        f"{ROOT} .complete"
    )
    assert not set(wall(page, 0)) & set(before) and calls(page) == asked
    assert "gan_beside_prior=standard" in page.url


def test_without_measurements_the_bars_are_left_out(open_page, measured):
    measured.setattr(beside, "measured", lambda *_: None)
    page = open_beside(open_page)
    for part in (".measures", ".sharper", ".complete", ".heading .message"):
        assert page.locator(f"{ROOT} {part}").is_hidden(), part
    assert len(wall(page, 1)) == 36


# --- edges ------------------------------------------------------------------------------------------------


def test_the_edges_and_the_sharpness_are_the_laplacians(open_page):
    page = open_beside(open_page)
    asked = calls(page)
    page.click(picture(0, 5))
    page.click(picture(1, 8))
    page.keyboard.press("ArrowRight")
    for slot, i in ((0, 5), (1, 9)):
        assert zoom(page, "large", slot) == wall(page, slot)[i]
        edges = laplacian(grey(page, "large", slot) / 255)
        drawn = grey(page, "edges", slot)
        assert np.abs(drawn[1:-1, 1:-1] - (127.5 * np.abs(edges)).clip(0, 255)).max() <= 1
        assert not drawn[0].any() and not drawn[:, 27].any()
        said = page.inner_text(f'{ROOT} .said[data-slot="{slot}"] .sharp')
        assert float(said.split(" ")[1]) == pytest.approx(edges.var(ddof=1), abs=0.0051)
    assert page.inner_text(f'{ROOT} .said[data-slot="1"]').startswith("GAN\nclass: ankle boot\nseed 10\n")
    assert calls(page) == asked
    assert "gan_beside_vae=6" in page.url and "gan_beside_gan=10" in page.url
    again = open_beside(open_page, "&" + page.url.split("?")[1])
    assert [zoom(again, "large", slot) for slot in SLOTS] == [zoom(page, "large", slot) for slot in SLOTS]


# --- which is which? --------------------------------------------------------------------------------------


@pytest.mark.parametrize("chance, vae", [(0.2, 0), (0.8, 1)])
def test_the_names_are_hidden_until_the_guess(open_page, chance, vae):
    page = open_beside(open_page)
    known = wall(page, 0)
    asked = calls(page)
    page.evaluate(f"Math.random = () => {chance}")
    for guess, verdict in ((vae, "Right."), (1 - vae, "Wrong.")):
        page.click(f"{ROOT} .which")
        assert families(page) == ["Wall 1", "Wall 2"]
        shown = page.inner_text(f"{ROOT} .half >> nth=0") + page.inner_text(f"{ROOT} .zoom")
        shown += page.inner_text(f"{ROOT} .half >> nth=1")
        labels = page.eval_on_selector_all(
            f"{ROOT} .half .wall button", "all => all.map((button) => button.ariaLabel)"
        )
        assert not re.search("VAE|GAN|T-shirt|sharpness", shown + " ".join(labels))
        # the same pictures, but not class by class, and no bars that name the sharper family
        assert sorted(wall(page, vae)) == sorted(known) and wall(page, vae) != known
        assert page.is_hidden(f"{ROOT} .measures .bar >> nth=0")
        page.keyboard.press("Tab") if guess else None  # the left button has the focus
        page.keyboard.press("Enter")
        assert page.inner_text(f"{ROOT} .ask").startswith(verdict)
        assert f"on the {'right' if vae else 'left'}." in page.inner_text(f"{ROOT} .ask")
        assert families(page)[vae] == "VAE" and page.is_hidden(f"{ROOT} .guesses")
    page.click(f"{ROOT} .which")
    page.click(f'{ROOT} .guesses [value=""]')
    assert page.inner_text(f"{ROOT} .ask").startswith("The VAE’s wall") and calls(page) == asked


def test_the_other_language_says_all_of_it_and_keeps_the_secret(open_page):
    page = open_beside(open_page)
    page.click(f"{ROOT} .which")
    asked = calls(page)
    page.click(".language[value=pt-BR]")
    assert families(page) == ["Painel 1", "Painel 2"]
    assert page.inner_text(f"{ROOT} .ask").startswith("Qual painel é o do VAE?")
    page.click(f"{ROOT} .guesses button >> nth=1")
    assert re.search(r"VAE 0,\d\d, GAN 0,\d\d\.", page.inner_text(f"{ROOT} .ask")) and calls(page) == asked


# --- other pictures ---------------------------------------------------------------------------------------


def test_seed_count_and_dice_change_both_walls_and_the_address(open_page):
    page = open_beside(open_page)
    first = [wall(page, slot) for slot in SLOTS]
    page.fill(f"{ROOT} .seed", "11")
    page.keyboard.press("Enter")
    wait_for_another_wall(page, first[0])
    assert wall(page, 0)[:26] == first[0][10:] and wall(page, 1)[:26] == first[1][10:]
    page.check(f"{ROOT} .count [value='16']", force=True)
    page.wait_for_function(
        "(root) => document.querySelectorAll(`${root} .wall button`).length === 32", arg=ROOT
    )
    moved = wall(page, 0)
    page.click(f"{ROOT} .dice")
    wait_for_another_wall(page, moved)
    assert re.search(r"gan_beside_n=16&gan_beside_seed=\d+", page.url)
    again = open_beside(open_page, "&" + page.url.split("?")[1])
    assert [wall(again, slot) for slot in SLOTS] == [wall(page, slot) for slot in SLOTS]


def test_a_bad_seed_is_told_in_one_sentence_and_all_stays(open_page):
    page = open_beside(open_page)
    good, kept = page.input_value(f"{ROOT} .seed"), [wall(page, slot) for slot in SLOTS]
    for bad in ("-1", "1.5", "seven", "🎲", "", str(2**64)):
        page.fill(f"{ROOT} .seed", bad)
        page.keyboard.press("Enter")
        page.wait_for_selector(MESSAGE)
        assert page.inner_text(MESSAGE) == "The seed must be a whole number from 0 to 18446744073709551615."
        assert [wall(page, slot) for slot in SLOTS] == kept, bad
        page.fill(f"{ROOT} .seed", good)
        page.keyboard.press("Enter")
        page.wait_for_selector(MESSAGE, state="hidden")
        page.wait_for_selector(f"{ROOT}[aria-busy=false]")


def test_a_broken_link_opens_the_usual_walls(open_page):
    nonsense = "&gan_beside_n=7&gan_beside_seed=x&gan_beside_prior=none&gan_beside_vae=99&gan_beside_gan=-1"
    page, usual = open_beside(open_page, nonsense), open_beside(open_page)
    assert [wall(page, slot) for slot in SLOTS] == [wall(usual, slot) for slot in SLOTS]
    assert page.is_hidden(MESSAGE) and zoom(page, "large", 1) == wall(page, 1)[0]


def test_without_the_server_one_sentence_is_said_and_all_stays(open_page):
    page = open_beside(open_page)
    kept = wall(page, 1)
    page.route(SERVER, lambda route: route.abort())
    page.click(f"{ROOT} .dice")
    page.wait_for_selector(MESSAGE)
    assert page.inner_text(MESSAGE).startswith("The server is not answering.") and wall(page, 1) == kept
    page.click(f"{ROOT} .which")
    assert families(page) == ["Wall 1", "Wall 2"]


# --- a phone ----------------------------------------------------------------------------------------------


def test_on_a_phone_the_walls_stand_beside_each_other_and_a_touch_guesses(open_page):
    page = open_beside(open_page, "&lang=pt-BR", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert [len(wall(page, slot)) for slot in SLOTS] == [16, 16]
    boxes = [page.locator(f'{ROOT} .half[data-slot="{slot}"] .wall').bounding_box() for slot in SLOTS]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    page.locator(picture(1, 6)).tap()
    assert zoom(page, "large", 1) == wall(page, 1)[6]
    page.locator(f"{ROOT} .which").tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = page.eval_on_selector_all(
        f"{ROOT} :is(.wall button, .button, .seed, .segmented label, .fold > summary)",
        "all => all.filter((e) => e.offsetParent && (e.getBoundingClientRect().height < 40"
        " || e.getBoundingClientRect().width < 40)).map((e) => e.className + e.textContent)",
    )
    assert small == []
    page.locator(f"{ROOT} .guesses button >> nth=1").tap()
    assert re.match(r"(Acertou|Errou)\. O painel do VAE", page.inner_text(f"{ROOT} .ask"))
