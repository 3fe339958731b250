"""The GAN tab as a whole: its stations, the set that they share. Each station has a file of its own."""

STATIONS = ("gallery", "training", "collapse", "game", "walk", "beside")
READY = "() => [...document.querySelectorAll('#gan-{0} canvas')].some((c) => c.offsetWidth && c.width > 1)"


def open_station(open_page, station, query="", **options):
    page = open_page(f"?tab=gan&station={station}{query}", **options)
    page.wait_for_function(READY.format(station), timeout=60_000)
    return page


def test_stations_have_addresses_and_an_unseen_one_asks_nothing(open_page):
    page = open_station(open_page, "gallery")
    for station in STATIONS[1:]:
        with page.expect_request(lambda request: "/playground/call/gan_" in request.url):
            page.click(f"#gan-tab .stations button[value={station}]")
        page.wait_for_function(READY.format(station), timeout=60_000)
        assert f"station={station}" in page.url
        shown = [name for name in STATIONS if page.is_visible(f"#gan-{name}")]
        assert shown == [station]


def test_the_set_is_one_for_all_stations_and_in_the_address(open_page):
    page = open_station(open_page, "gallery")
    page.click("#gan-tab .set label:has(input[value=digits])")
    page.wait_for_function("() => !document.querySelector('#gan-gallery .class option[value=boot]')")
    assert "gan_set=digits" in page.url
    page.click("#gan-tab .stations button[value=training]")
    page.wait_for_function(READY.format("training"), timeout=60_000)
    assert page.locator("#gan-training .class option[value='3']").count() == 1
    again = open_station(open_page, "training", "&" + page.url.split("?")[1])
    assert again.is_checked("#gan-tab .set input[value=digits]")


def test_a_set_that_is_none_opens_the_clothes(open_page):
    page = open_station(open_page, "gallery", "&gan_set=emoji")
    assert page.is_checked("#gan-tab .set input[value=fashion]")
