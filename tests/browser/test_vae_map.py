"""The station Map as a visitor uses it."""

import re
from urllib.parse import parse_qs, urlparse

import pytest

from tests.browser.conftest import PHONE, calls

ROOT = "#vae-map .vae-map"
GLASS = f"{ROOT} .glass"
PICTURE = f"{ROOT} .here .picture"
MESSAGE = f"{ROOT} .heading .message"
SERVER = "**/playground/call/**"


def open_map(open_page, query="&vae_set=digits-2d", **options):
    page = open_page(f"?tab=vae&station=map{query}", **options)
    wait_until_shown(page)
    return page


def wait_until_shown(page):
    page.wait_for_selector(
        f"{ROOT}[aria-busy=false] .plot .scatterlayer .trace", timeout=60_000, state="attached"
    )


def pixels(page, selector=PICTURE):
    return page.eval_on_selector(selector, "(canvas) => canvas.toDataURL()")


def spot(page, x, y):
    """The screen position at shares x and y of the plane's width and height."""
    box = page.locator(GLASS).bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def ends(page):
    query = parse_qs(urlparse(page.url).query)
    return [query.get(f"vae_{end}", [None])[0] for end in "ab"]


def wait_for_end(page, end, start):
    page.wait_for_function(
        "([name, start]) => (new URLSearchParams(location.search).get(name) ?? '').startsWith(start)",
        arg=[f"vae_{end}", start],
    )
    page.wait_for_selector(f"{ROOT}[aria-busy=false]")


def touch(session, kind, *at):
    points = [dict(zip("xy", at, strict=True))] if at else []
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def numbers(text):
    return [float(number.replace("−", "-")) for number in re.findall(r"= (−?[\d.]+)", text)]


# --- what is there ----------------------------------------------------------------------------------------


def test_the_map_opens_on_points_a_picture_and_both_ends(open_page):
    page = open_map(open_page)
    assert page.locator(f"{ROOT} .plot .scatterlayer .textpoint").count() == 1000
    assert page.locator(f"{ROOT} .plot .annotation-text >> text=/^[AB]$/").count() == 2
    assert page.inner_text(f"{ROOT} .at").startswith("z1 = ")
    assert page.inner_text(f"{ROOT} .ends [data-end=a] .one") == "a 3"
    assert re.fullmatch(r"σ \d\.\d\d, \d\.\d\d", page.inner_text(f"{ROOT} .ends [data-end=a] .sigma"))
    assert len(calls(page)) == 2 and ends(page) == [None, None]  # the plane and the path


def test_a_z_of_32_is_a_shadow_and_says_so(open_page):
    page = open_map(open_page, "&vae_set=fashion")
    assert page.inner_text(f"{ROOT} .at").startswith("components ")
    assert re.search(r"hold \d+% of the variance; 30 are hidden", page.inner_text(f"{ROOT} .key"))
    rows = page.locator(f"{ROOT} tbody tr").all_inner_texts()
    assert [row.split("\t")[0] for row in rows] == ["2 numbers", "32 numbers"]
    assert page.get_attribute(f"{ROOT} tbody tr:nth-child(2)", "aria-current") == "true"
    # the two clothes models have different likelihoods: no nats of one beside nats of the other
    heads = page.locator(f"{ROOT} thead th").all_inner_texts()
    assert heads == ["500 test pictures", "error per pixel", "KL (nats)"]
    assert re.fullmatch(r"nearest in z: .+; on this shadow: .+", page.inner_text(f"{ROOT} .nearest"))
    assert page.text_content(f"{ROOT} .answer").startswith("Larger, here: one σ is 0.05 on average")
    assert page.locator(f"{ROOT} .legend button").all_inner_texts()[8] == "bag"


@pytest.mark.gradio  # the station opens on coming from another tab
def test_nothing_on_the_left_jumps_when_the_map_arrives(open_page):
    held, freed = [], []
    page = open_page("?tab=gan")
    page.route(SERVER, lambda route: route.continue_() if freed else held.append(route))
    page.click("#tab-vae")
    with page.expect_request(SERVER):
        page.click("#vae-tab .stations button[value=map]")

    def places():
        return [
            page.locator(f"{ROOT} {part}").bounding_box() for part in (".place", ".here", ".legend", ".fold")
        ]

    before = places()
    freed.append(True)
    for route in held:
        route.continue_()
    wait_until_shown(page)
    assert places() == before


# --- pointing asks nobody ---------------------------------------------------------------------------------


def test_hovering_anywhere_shows_the_picture_there_and_asks_nobody(open_page):
    page = open_map(open_page)
    asked, seen, places = calls(page), set(), []
    for x, y in ((0.1, 0.1), (0.5, 0.2), (0.9, 0.5), (0.3, 0.9)):
        page.mouse.move(*spot(page, x, y))
        seen.add(pixels(page))
        places.append(numbers(page.inner_text(f"{ROOT} .at")))
    assert len(seen) == 4
    assert places[0][0] < places[3][0] < places[1][0] < places[2][0]  # z1 grows to the right
    assert places[3][1] < places[2][1] < places[1][1] < places[0][1]  # z2 grows upwards
    page.mouse.move(5, 5)
    assert pixels(page) in seen  # what was seen last stays
    assert calls(page) == asked


def test_the_picture_is_the_one_under_the_pointer_on_the_decoded_plane(open_page):
    page = open_map(open_page, "&vae_set=digits-2d&vae_map=pictures")
    page.mouse.move(*spot(page, 0.27, 0.31))
    # the cell and its picture, both as mean greys; the plane is drawn smaller and smoothed
    greys = page.evaluate(
        """([root]) => {
          const part = (name) => document.querySelector(`${root} ${name}`);
          const mean = (canvas, x, y, w, h) => {
            const data = canvas.getContext("2d").getImageData(x, y, w, h).data;
            return data.filter((_, i) => i % 4 === 0).reduce((a, b) => a + b, 0) / (data.length / 4);
          };
          const [under, cell, large] = [part(".under"), part(".cell"), part(".here .picture")];
          const scale = under.width / under.clientWidth;
          const pixels = (name) => Math.round(parseFloat(cell.style[name]) * scale);
          const box = ["left", "top", "width", "height"].map(pixels);
          return [mean(under, ...box), mean(large, 0, 0, large.width, large.height)];
        }""",
        [ROOT],
    )
    assert greys[0] == pytest.approx(greys[1], abs=6) and greys[1] > 5


def test_keys_move_the_crosshair_and_enter_sets_the_end(open_page):
    page = open_map(open_page, "&vae_set=digits-2d&vae_map=pictures")
    page.mouse.move(*spot(page, 0.05, 0.05))
    asked, before, start = calls(page), pixels(page), numbers(page.inner_text(f"{ROOT} .at"))
    page.focus(GLASS)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    here = numbers(page.inner_text(f"{ROOT} .at"))
    assert here[0] > start[0] and here[1] < start[1] and pixels(page) != before
    assert calls(page) == asked
    page.keyboard.press("Enter")
    wait_for_end(page, "a", "[")
    assert ends(page)[0] != ends(page)[1]
    code = [float(number) for number in ends(page)[0].strip("[]").split(",")]
    assert code == pytest.approx(here, abs=0.006)


def test_legend_background_language_and_theme_ask_nobody(open_page):
    page = open_map(open_page)
    asked, here = calls(page), pixels(page)
    page.click(f"{ROOT} .legend button >> nth=4")
    page.wait_for_function("() => document.querySelectorAll('.vae-map .plot .textpoint').length === 900")
    page.check(f"{ROOT} .shows [value=both]", force=True)
    assert page.evaluate(f"getComputedStyle(document.querySelector('{ROOT} .under')).visibility") == "visible"
    assert "vae_map=both" in page.url
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{ROOT} .station-title") == "Onde moram as imagens?"
    assert re.match(r"z1 = −?\d,\d\d", page.inner_text(f"{ROOT} .at"))
    color = "() => document.querySelector('.vae-map .plot .xtick text').style.fill"
    before = page.evaluate(color)
    page.click(".page-tools .theme")
    page.wait_for_function(f"(before) => ({color})() !== before", arg=before)
    assert pixels(page) == here and calls(page) == asked


# --- a click sets an end ----------------------------------------------------------------------------------


def test_a_click_on_an_example_makes_it_the_chosen_end(open_page):
    page = open_map(open_page)
    # the lowest of all points stands alone enough to be hit
    box = page.evaluate(
        """() => {
          const points = [...document.querySelectorAll(".vae-map .plot .textpoint text")];
          const boxes = points.map((point) => point.getBoundingClientRect());
          const lowest = boxes.reduce((a, b) => (b.top > a.top ? b : a));
          return [lowest.left + lowest.width / 2, lowest.top + lowest.height / 2];
        }"""
    )
    page.check(f"{ROOT} .ends [value=b]", force=True)
    page.mouse.move(*box)
    hint = page.inner_text(f"{ROOT} .hint")
    told = re.fullmatch(r"Click or tap: B = an? (\d), example (\d+)", hint)
    asked = len(calls(page))
    page.mouse.click(*box)
    wait_for_end(page, "b", "example:")
    assert ends(page)[1] == f"example:{told[1]}-{int(told[2]) - 1}"
    assert ends(page)[0] == "example:3-1"  # A stays
    assert len(calls(page)) == asked + 1  # the new path


def test_a_click_elsewhere_makes_the_code_of_the_place_the_end(open_page):
    page = open_map(open_page, "&vae_set=digits&vae_map=pictures")
    large = pixels(page)
    page.mouse.click(*spot(page, 0.2, 0.8))
    wait_for_end(page, "a", "[")
    page.wait_for_function(
        "() => document.querySelector('.vae-map [data-end=a] .sigma').textContent.includes('no σ')"
    )
    assert len(ends(page)[0].strip("[]").split(",")) == 32
    assert pixels(page) != large
    again = open_page("?" + page.url.split("?")[1])
    wait_until_shown(again)
    assert pixels(again, f"{ROOT} .ends [data-end=a] canvas") == pixels(
        page, f"{ROOT} .ends [data-end=a] canvas"
    )


def test_a_finger_drags_over_the_map_and_a_tap_sets_the_end(open_page):
    page = open_map(open_page, "&vae_set=digits-2d&vae_map=pictures", **PHONE)
    page.locator(GLASS).scroll_into_view_if_needed()
    asked, scrolled, seen = calls(page), page.evaluate("scrollY"), []
    session = page.context.new_cdp_session(page)
    touch(session, "touchStart", *spot(page, 0.2, 0.2))
    for share in (0.3, 0.5, 0.8):
        touch(session, "touchMove", *spot(page, share, share))
        page.wait_for_timeout(50)
        seen.append(pixels(page))
    touch(session, "touchEnd")
    assert len(set(seen)) == 3 and page.evaluate("scrollY") == scrolled
    assert calls(page) == asked and ends(page) == [None, None]  # a drag sets nothing
    page.touchscreen.tap(*spot(page, 0.15, 0.85))
    wait_for_end(page, "a", "[")
    assert len(calls(page)) == len(asked) + 1


# --- sets, ways and mistakes ------------------------------------------------------------------------------


def test_another_set_brings_its_own_plane_once(open_page):
    page = open_map(open_page)
    before = pixels(page)
    page.check("#vae-tab .set [value=emoji]", force=True)
    page.wait_for_selector(f"{ROOT} .legend button >> text=angry")
    assert page.locator(f"{ROOT} tbody tr").count() == 1 and pixels(page) != before
    page.check("#vae-tab .set [value=digits]", force=True)
    page.wait_for_function("() => document.querySelectorAll('.vae-map .legend b').length === 10")
    asked = len(calls(page))
    page.check("#vae-tab .set [value=emoji]", force=True)
    page.wait_for_selector(f"{ROOT} .legend button >> text=angry")
    assert len(calls(page)) == asked + 1  # the path only


def test_the_way_of_the_walk_is_the_solid_line(open_page):
    page = open_map(open_page, "&vae_set=digits-2d&vae_method=linear&vae_a=example:0-0&vae_b=example:1-0")
    assert "the walk, linear; dotted: spherical" in page.inner_text(f"{ROOT} .key")
    dashes = page.eval_on_selector_all(
        f"{ROOT} .plot .scatterlayer .js-line", "all => all.map((line) => line.style.strokeDasharray !== '')"
    )
    assert dashes[:2] == [False, True]  # linear, spherical; the rings follow


def test_one_bad_end_of_a_link_takes_no_good_one_along(open_page):
    usual = open_map(open_page, "&vae_set=digits-2d&vae_b=example:1-0")
    for bad in ("example:99-0", "[1,2,3]", "picture:AAAA"):
        page = open_map(open_page, f"&vae_set=digits-2d&vae_a={bad}&vae_b=example:1-0")
        page.wait_for_selector(".misread:visible")
        page.wait_for_function(
            "(one) => document.querySelector('.vae-map .ends [data-end=a] .one').textContent === one",
            arg=usual.inner_text(f"{ROOT} .ends [data-end=a] .one"),
        )
        assert page.inner_text(f"{ROOT} .ends [data-end=b] .one") == "a 1" and page.is_hidden(MESSAGE)
        wait_until_shown(page)
        for name in ("a", "b"):
            canvas = f"{ROOT} .ends [data-end={name}] canvas"
            assert pixels(page, canvas) == pixels(usual, canvas), bad


def test_a_window_of_another_size_draws_the_chart_once(open_page):
    page = open_map(open_page)
    page.evaluate("""async () => {
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      window.drawings = [];
      document.querySelector("#vae-map .plot").on("plotly_afterplot", () => {
        window.drawings.push(document.querySelector("#vae-map .plot .main-svg").clientWidth);
      });
    }""")
    for width, height in ((1920, 1080), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            "() => document.querySelector('#vae-map .plot .main-svg').clientWidth === "
            "document.querySelector('#vae-map .plot').clientWidth && window.drawings.length"
        )
        page.wait_for_timeout(300)  # Plotly's own watch would wait for a tenth of a second
        assert len(page.evaluate("window.drawings.splice(0)")) == 1


def test_without_the_server_the_map_stays(open_page):
    page = open_map(open_page)
    page.route(SERVER, lambda route: route.abort())
    page.mouse.click(*spot(page, 0.1, 0.9))
    page.wait_for_selector(MESSAGE)
    assert page.inner_text(MESSAGE).startswith("The server is not answering.")
    before = pixels(page)
    page.mouse.move(*spot(page, 0.6, 0.4))
    assert pixels(page) != before
