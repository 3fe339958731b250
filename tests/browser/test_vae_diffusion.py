"""The station Diffusion as a visitor uses it."""

from tests.browser.conftest import PHONE, calls, set_slider

ROOT = "#vae-diffusion .vae-diffusion"
MESSAGE = f"{ROOT} .heading .message"
SERVER = "**/playground/call/**"
PLANE = "&vae_set=digits-2d"


def open_diffusion(open_page, query="", **options):
    page = open_page(f"?tab=vae&station=diffusion{query}", **options)
    wait_until_shown(page)
    return page


def wait_until_shown(page):
    """Until what was asked for is drawn: the pictures that move, and the way of the chosen one."""
    page.wait_for_selector(f"{ROOT}[aria-busy=false] .way button[aria-pressed=true]", timeout=60_000)
    page.wait_for_selector(f"{ROOT} .loading", state="hidden", timeout=60_000)
    while page.unanswered:
        page.wait_for_timeout(20)
    page.wait_for_selector(f"{ROOT}[aria-busy=false]")


def pictures(page, part):
    """What is drawn on the canvases of a part, in order."""
    return page.eval_on_selector_all(f"{ROOT} {part}", "all => all.map((canvas) => canvas.toDataURL())")


def wall(page):
    return pictures(page, ".wall canvas")


def way(page):
    return pictures(page, ".way button > canvas:nth-child(1)")


def ends(page):
    return pictures(page, ".way button > canvas:nth-child(2)")


def only(page, part):
    (picture,) = pictures(page, part)
    return picture


def settle(page, action):
    """Do something that asks the server, and wait until what it brings is drawn."""
    asked = len(calls(page))
    action()
    while len(calls(page)) == asked:
        page.wait_for_timeout(20)
    wait_until_shown(page)


# --- what is there ----------------------------------------------------------------------------------------


def test_the_station_opens_on_finished_pictures_and_the_way_of_the_first(open_page):
    page = open_diffusion(open_page)
    assert page.inner_text(f"{ROOT} .station-title") == "How does noise become a digit?"
    assert len(set(wall(page))) == 36
    steps, beliefs = way(page), ends(page)
    assert len(steps) == len(beliefs) == 11 and steps[-1] == beliefs[-1] == wall(page)[0]
    assert steps[0] != beliefs[0] and only(page, ".here") == steps[-1]
    assert len(set(pictures(page, ".others canvas"))) == 10
    assert page.inner_text(f"{ROOT} .what").startswith("seed 1, class: ")
    assert len(calls(page)) == 3 and "vae_noise" not in page.url  # its way, all of it, the others


def test_the_station_is_busy_until_the_last_of_its_requests_is_answered(open_page):
    page = open_diffusion(open_page)
    held = []
    page.route("**/playground/call/vae_diffusion", lambda route: held.append(route))
    page.fill(f"{ROOT} .seed", "5")
    with page.expect_response("**/playground/call/vae_diffusion_one"):
        page.keyboard.press("Enter")
    page.wait_for_function(f"document.querySelector('{ROOT} .what').textContent.startsWith('seed 5')")
    assert page.get_attribute(ROOT, "aria-busy") == "true"
    wait_for(page, held)
    held[0].continue_()
    page.wait_for_selector(f"{ROOT}[aria-busy=false]")


def wait_for(page, held):
    """Until a request is held back."""
    while not held:
        page.wait_for_timeout(20)


def test_the_way_of_the_chosen_one_is_seen_before_the_others_are_asked_for(open_page):
    page = open_diffusion(open_page)
    before, asked, strips, walls = way(page), len(calls(page)), [], []
    page.route("**/playground/call/vae_diffusion_one", lambda route: strips.append(route))
    page.route("**/playground/call/vae_diffusion", lambda route: walls.append(route))
    page.select_option(f"{ROOT} .class", "4")
    wait_for(page, strips)
    assert [url.rpartition("/")[2] for url in calls(page)[asked:]] == ["vae_diffusion_one"]
    believed = ends(page)
    strips.pop().continue_()
    # where it was believed to end comes after the way itself, and so do the other classes
    wait_for(page, strips)
    page.wait_for_selector(f"{ROOT}.partial")
    assert page.inner_text(f"{ROOT} .what") == "seed 1, class: 4" and way(page) != before
    assert ends(page) == believed and not walls
    strips.pop().continue_()
    wait_for(page, walls)
    assert ends(page) != believed and page.locator(f"{ROOT}.partial").count() == 0
    walls.pop().continue_()
    wait_until_shown(page)
    assert wall(page)[0] == way(page)[-1]


def test_the_others_are_asked_for_only_as_the_controls_say_at_last(open_page):
    page = open_diffusion(open_page)
    asked, strips = len(calls(page)), []
    page.route(
        "**/playground/call/vae_diffusion_one",
        lambda route: route.continue_() if strips else strips.append(route),
    )
    for label in "345":
        page.select_option(f"{ROOT} .class", label)
    wait_for(page, strips)
    strips[0].continue_()
    wait_until_shown(page)
    page.wait_for_function(f"document.querySelector('{ROOT} .what').textContent === 'seed 1, class: 5'")
    names = [url.rpartition("/")[2] for url in calls(page)[asked:]]
    # of the first the way alone; of the last its way, then all of it
    assert names == ["vae_diffusion_one"] * 3 + ["vae_diffusion"]
    assert wall(page)[0] == way(page)[-1]


def test_who_chooses_before_the_new_pictures_are_there_sees_the_new_way_of_that_one(open_page):
    page = open_diffusion(open_page)
    held = []
    page.route("**/playground/call/vae_diffusion", lambda route: held.append(route))
    page.select_option(f"{ROOT} .class", "3")
    wait_for(page, held)
    page.click(f"{ROOT} .wall button >> nth=7")
    page.wait_for_function(f"document.querySelector('{ROOT} .what').textContent === 'seed 8, class: 3'")
    held.pop().continue_()
    wait_until_shown(page)
    assert page.inner_text(f"{ROOT} .what") == "seed 8, class: 3" and way(page)[-1] == wall(page)[7]


def test_moving_through_the_steps_asks_nobody(open_page):
    page = open_diffusion(open_page)
    asked, steps, beliefs = calls(page), way(page), ends(page)
    for step in (0, 4, 10):
        set_slider(page, f"{ROOT} .scrubber", step)
        assert only(page, ".here") == wall(page)[0] == steps[step] and only(page, ".end") == beliefs[step]
        assert page.inner_text(f"{ROOT} .here-words") == f"the chosen one at t = {step / 10:.2f}"
    page.click(f"{ROOT} .way button >> nth=2")
    assert page.input_value(f"{ROOT} .scrubber") == "2" and only(page, ".here") == steps[2]
    page.click(".language[value=pt-BR]")
    assert page.inner_text(f"{ROOT} .here-words") == "a escolhida em t = 0,20"
    assert calls(page) == asked


def test_playing_goes_from_noise_to_the_picture(open_page):
    page = open_diffusion(open_page)
    asked = calls(page)
    page.select_option(f"{ROOT} .speed", "10")
    page.click(f"{ROOT} .play")
    page.wait_for_function(
        "(root) => Number(document.querySelector(`${root} .scrubber`).value) < 5", arg=ROOT
    )
    page.wait_for_function("(root) => document.querySelector(`${root} .scrubber`).value === '10'", arg=ROOT)
    page.wait_for_selector(f"{ROOT} .play:not(.playing)")
    assert only(page, ".here") == way(page)[-1] and calls(page) == asked


def test_a_visitor_who_wants_no_motion_gets_none_by_itself(open_page):
    page = open_diffusion(open_page, reduced_motion="reduce")
    before = page.input_value(f"{ROOT} .scrubber")
    page.wait_for_timeout(600)
    assert page.input_value(f"{ROOT} .scrubber") == before
    fading = page.eval_on_selector(f"{ROOT} .wall", "(wall) => getComputedStyle(wall).transitionDuration")
    assert fading == "0s"


# --- choosing and changing --------------------------------------------------------------------------------


def test_another_picture_of_the_wall_brings_its_own_way_and_stays_in_the_link(open_page):
    page = open_diffusion(open_page)
    set_slider(page, f"{ROOT} .scrubber", 3)
    settle(page, lambda: page.click(f"{ROOT} .wall button >> nth=7"))
    assert page.inner_text(f"{ROOT} .what").startswith("seed 8,")
    assert way(page)[3] == wall(page)[7] == only(page, ".here")
    assert "vae_noise_pick=8" in page.url
    page.wait_for_function("() => location.search.includes('vae_noise_at=3')")
    again = open_page("?" + page.url.split("?")[1])
    wait_until_shown(again)
    assert way(again) == way(page) and again.input_value(f"{ROOT} .scrubber") == "3"


def test_class_and_guidance_keep_the_noise(open_page):
    page = open_diffusion(open_page)
    set_slider(page, f"{ROOT} .scrubber", 0)
    noise, finished = wall(page), way(page)[-1]
    settle(page, lambda: page.select_option(f"{ROOT} .class", "6"))
    assert wall(page) == noise and way(page)[-1] != finished
    assert page.inner_text(f"{ROOT} .what") == "seed 1, class: 6"
    six = way(page)[-1]
    assert pictures(page, ".others canvas")[6] == six
    settle(page, lambda: set_slider(page, f"{ROOT} .guidance", 4))
    assert wall(page) == noise and way(page)[-1] != six
    settle(page, lambda: set_slider(page, f"{ROOT} .guidance", 0))
    assert page.inner_text(f"{ROOT} .what") == "seed 1, no class"
    assert len(set(pictures(page, ".others canvas"))) == 1  # whatever class is not told


def test_the_same_noise_becomes_the_class_that_is_chosen(open_page):
    page = open_diffusion(open_page)
    eight = pictures(page, ".others canvas")[8]
    settle(page, lambda: page.click(f"{ROOT} .others button >> nth=8"))
    assert page.input_value(f"{ROOT} .class") == "8" and way(page)[-1] == eight == wall(page)[0]
    assert page.get_attribute(f"{ROOT} .others button >> nth=8", "aria-pressed") == "true"


def test_one_step_and_many(open_page):
    page = open_diffusion(open_page)
    finished = wall(page)
    settle(page, lambda: set_slider(page, f"{ROOT} .steps", 1))
    assert len(way(page)) == 2 and wall(page) != finished
    settle(page, lambda: set_slider(page, f"{ROOT} .steps", 25))
    assert len(way(page)) == 26 and page.get_attribute(f"{ROOT} .scrubber", "max") == "25"
    assert page.input_value(f"{ROOT} .scrubber") == "25" and way(page)[-1] == wall(page)[0]
    asked = calls(page)
    set_slider(page, f"{ROOT} .scrubber", 13)
    assert only(page, ".here") == way(page)[13] and calls(page) == asked


def test_other_seeds(open_page):
    page = open_diffusion(open_page)
    first = wall(page)
    page.fill(f"{ROOT} .seed", "5")
    settle(page, lambda: page.keyboard.press("Enter"))
    assert wall(page)[:32] == first[4:]  # one seed, one picture
    settle(page, lambda: page.click(f"{ROOT} .dice"))
    assert wall(page)[:32] != first[4:]


def test_a_bad_seed_is_told_in_one_sentence_and_all_stays(open_page):
    page = open_diffusion(open_page)
    good, kept = page.input_value(f"{ROOT} .seed"), [*wall(page), *way(page)]
    for bad in ("-1", "1.5", "seven", "", str(2**64)):
        page.fill(f"{ROOT} .seed", bad)
        page.keyboard.press("Enter")
        page.wait_for_selector(MESSAGE)
        assert page.inner_text(MESSAGE) == "The seed must be a whole number from 0 to 18446744073709551615."
        assert [*wall(page), *way(page)] == kept, bad
        page.fill(f"{ROOT} .seed", good)
        page.keyboard.press("Enter")
        page.wait_for_selector(MESSAGE, state="hidden")
        page.wait_for_selector(f"{ROOT}[aria-busy=false]")


def test_a_broken_link_opens_the_usual_pictures(open_page):
    query = (
        "&vae_noise_seed=x&vae_noise_class=99&vae_guidance=much&vae_steps=0&vae_noise_pick=0&vae_noise_at=-1"
    )
    page, usual = open_diffusion(open_page, query), open_diffusion(open_page)
    assert wall(page) == wall(usual) and way(page) == way(usual) and page.is_hidden(MESSAGE)


def test_without_the_server_all_stays_and_comes_back(open_page):
    page = open_diffusion(open_page)
    kept = wall(page)
    page.route(SERVER, lambda route: route.abort())
    page.select_option(f"{ROOT} .class", "3")
    page.wait_for_selector(MESSAGE)
    assert page.inner_text(MESSAGE).startswith("The server is not answering.") and wall(page) == kept
    page.unroute(SERVER)
    page.select_option(f"{ROOT} .class", "4")
    page.wait_for_selector(MESSAGE, state="hidden")
    wait_until_shown(page)
    assert page.inner_text(f"{ROOT} .what") == "seed 1, class: 4"


def test_every_set_has_its_words(open_page):
    page = open_diffusion(open_page, "&vae_set=emoji")
    assert page.inner_text(f"{ROOT} .station-title") == "How does noise become a face?"
    settle(page, lambda: page.check("#vae-tab [name=vae-set][value=fashion]", force=True))
    assert page.inner_text(f"{ROOT} .station-title") == "How does noise become clothing?"
    assert page.inner_text(f"{ROOT} .class option >> nth=10") == "ankle boot"


# --- a z of 2: the plane ----------------------------------------------------------------------------------


def field(page):
    return only(page, ".drawn")


def test_on_a_plane_points_and_arrows_move_with_the_time(open_page):
    page = open_diffusion(open_page, PLANE)
    assert page.is_hidden(f"{ROOT} .wall") and page.is_visible(f"{ROOT} .plane")
    asked, seen = calls(page), set()
    for step in (0, 3, 6, 10):
        set_slider(page, f"{ROOT} .scrubber", step)
        seen.add(field(page))
    assert len(seen) == 4 and calls(page) == asked


def test_the_arrows_change_with_the_class(open_page):
    page = open_diffusion(open_page, PLANE)
    assert "the average over all classes" in page.inner_text(f"{ROOT} .key")
    set_slider(page, f"{ROOT} .scrubber", 5)
    all_classes = field(page)
    settle(page, lambda: page.select_option(f"{ROOT} .class", "1"))
    assert "of one class (1)" in page.inner_text(f"{ROOT} .key") and field(page) != all_classes
    settle(page, lambda: set_slider(page, f"{ROOT} .guidance", 0))
    assert "points without a class" in page.inner_text(f"{ROOT} .key")


def test_the_picture_under_the_pointer(open_page):
    page = open_diffusion(open_page, PLANE)
    asked, chosen = calls(page), only(page, ".here")
    box = page.locator(f"{ROOT} .glass").bounding_box()
    seen = set()
    for x, y in ((0.3, 0.4), (0.5, 0.5), (0.6, 0.35)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        seen.add(only(page, ".here"))
        assert page.inner_text(f"{ROOT} .here-words") == "decoded under the pointer"
    assert len(seen) == 3
    page.mouse.move(0, 0)
    assert only(page, ".here") == chosen and calls(page) == asked


def test_with_the_keyboard_a_place_is_looked_at_and_a_point_chosen(open_page):
    page = open_diffusion(open_page, PLANE)
    page.focus(f"{ROOT} .glass")
    page.keyboard.press("ArrowRight")
    first = only(page, ".here")
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    assert only(page, ".here") != first
    settle(page, lambda: page.keyboard.press("Enter"))
    assert "vae_noise_pick=" in page.url and page.inner_text(f"{ROOT} .what") != "seed 1, class: 3"
    page.focus(f"{ROOT} .scrubber")
    page.keyboard.press("Home")
    assert page.inner_text(f"{ROOT} .here-words") == "the chosen one at t = 0.00"


def test_from_the_plane_to_the_wall_and_back(open_page):
    page = open_diffusion(open_page, PLANE + "&vae_noise_pick=400")
    assert page.inner_text(f"{ROOT} .what").startswith("seed 400,")
    settle(page, lambda: page.check("#vae-tab [name=vae-size][value='']", force=True))
    assert page.is_visible(f"{ROOT} .wall") and page.inner_text(f"{ROOT} .what").startswith("seed 36,")


# --- keys and fingers -------------------------------------------------------------------------------------


def test_keys_move_on_the_wall_and_through_the_steps(open_page):
    page = open_diffusion(open_page)
    page.focus(f"{ROOT} .wall button[aria-pressed=true]")
    settle(page, lambda: page.keyboard.press("ArrowRight"))
    assert page.inner_text(f"{ROOT} .what").startswith("seed 2,")
    page.focus(f"{ROOT} .way button[aria-pressed=true]")
    page.keyboard.press("ArrowLeft")
    assert page.input_value(f"{ROOT} .scrubber") == "9"
    page.focus(f"{ROOT} .scrubber")
    page.keyboard.press("Home")
    assert only(page, ".here") == way(page)[0]
    assert page.get_attribute(f"{ROOT} .scrubber", "aria-valuetext") == "t = 0.00"


def test_on_a_phone_taps_choose_and_the_slider_follows_the_pictures(open_page):
    page = open_diffusion(open_page, "&lang=pt-BR", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    settle(page, lambda: page.locator(f"{ROOT} .wall button >> nth=5").tap())
    assert page.inner_text(f"{ROOT} .what").startswith("semente 6,")
    asked = calls(page)
    page.locator(f"{ROOT} .way button >> nth=1").tap()
    assert only(page, ".here") == way(page)[1] and calls(page) == asked
    plane = open_diffusion(open_page, PLANE, **PHONE)
    settle(plane, lambda: plane.locator(f"{ROOT} .glass").tap(position={"x": 150, "y": 150}))
    assert plane.get_attribute(f"{ROOT} .wall", "hidden") is not None
