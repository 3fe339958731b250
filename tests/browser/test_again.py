"""A station whose first request had no answer asks again: on return, when the network is back, and by its button."""

import pytest

SERVER = "**/playground/call/**"
READY = {
    "vae-map": "#vae-map .vae-map[aria-busy=false] .message[hidden]",
    "gan-collapse": "#gan-collapse .wall canvas",
    "lm-evidence": "#lm-evidence .lm-evidence.ready",
}


def open_station(page, name):
    family, station = name.split("-")
    page.click(f"#tab-{family}")
    page.click(f"#{family}-tab .stations [value={station}]")


@pytest.mark.gradio
@pytest.mark.parametrize("name", READY)
def test_a_station_opened_without_the_server_comes_to_life(open_page, name):
    page = open_page("?tab=vae")
    page.route(SERVER, lambda route: route.abort())
    open_station(page, name)
    message = page.locator(f"#{name} .message")
    message.wait_for()
    assert "asks again" in message.inner_text() and message.locator(".again").is_visible()
    page.click("#tab-lm" if name[:2] != "lm" else "#tab-gan")
    page.unroute(SERVER)
    open_station(page, name)  # nothing but the return
    page.wait_for_selector(READY[name], state="attached")
    message.wait_for(state="hidden")


def test_a_message_covers_nothing_of_its_station(open_page):
    page = open_page("?tab=vae&station=map")
    page.wait_for_selector(".vae-map[aria-busy=false]")
    page.route(SERVER, lambda route: route.abort())
    page.check(".vae-tab .set input[value=fashion]", force=True)
    page.wait_for_selector("#vae-map .message:visible")
    covered = page.evaluate("""() => {
      const message = document.querySelector('#vae-map .message').getBoundingClientRect();
      return [...document.querySelectorAll('#vae-map :is(.station-title, .station-lead, .controls, .exhibit)')]
        .map((part) => part.getBoundingClientRect())
        .filter(({ top, bottom }) => bottom > message.top && top < message.bottom).length; }""")
    assert covered == 0
