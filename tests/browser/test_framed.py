"""The page in a frame of another origin: on huggingface.co, as a Space is shown, and in the page of a course.

Neither the Hub nor the school is asked: the browser gets both pages from here, and the app under the name of a Space.
Buttons are pressed by key, since a made-up click misses them now and then in a frame that has just changed its height.
"""

from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import DESK

pytestmark = pytest.mark.gradio

SPACE = "https://ana-play.hf.space"
HUB = "https://huggingface.co/spaces/ana/play"
COURSE = "https://school.example/lesson"
RIGHTS = "clipboard-write"  # the Hub grants more, a course page what the README says
SANDBOX = (  # as the Hub has it
    "allow-downloads allow-forms allow-modals allow-pointer-lock allow-popups allow-popups-to-escape-sandbox"
    " allow-same-origin allow-scripts allow-storage-access-by-user-activation"
)
# hands its own query on to the frame, takes up what the frame says of its address, and makes the frame as high as the
# page in it says that it is: the Hub does the first two in words of its own, and the last by iframe-resizer's
SHOWN = "[aria-busy=false]:visible, .lm-generate.ready:visible"
MARGIN = 40  # at most, of the page in a frame
OUTER = """<!doctype html><title>outer</title><body style="margin: 0">
<iframe id="frame" name="frame" style="width: 100%; height: 720px; border: 0" allow="RIGHTS" SANDBOX></iframe>
<script>
const frame = document.getElementById("frame");
const told = [], heights = [];
window.addEventListener("message", ({ data, origin }) => {
  if (origin !== "SPACE") return;
  if (typeof data === "string" && data.startsWith("[iFrameSizer]frame:")) {
    const height = Number(data.split(":")[1]);
    if (!height) return; // told before anything is drawn; a frame without height would draw nothing more
    heights.push(height);
    frame.style.height = `${height}px`;
  } else if (data?.queryString !== undefined) {
    told.push(data);
    history.replaceState(null, "", `?${data.queryString}${data.hash && `#${data.hash}`}`);
  }
});
const resize = () => frame.contentWindow.postMessage(
  "[iFrameSizer]frame:8:false:false:32:true:true:null:bodyOffset:null:null:0:false:parent:scroll:true", "*");
frame.addEventListener("load", resize);
frame.src = "SPACE/" + location.search + location.hash;
</script>"""


@pytest.fixture
def frame_in(browser, address, problems, expected_problems):
    """frame_in(HUB + "?tab=gan") -> (outer page, the frame in it) once the frame shows its tabs."""
    expected_problems.append(rf"outside request: ({SPACE}|{HUB}|{COURSE})")
    expected_problems.append(
        "by-subdomain"
    )  # Gradio would ask the Hub whether the Space is awake; our policy forbids it
    context = browser.new_context(**DESK)
    context.grant_permissions(["clipboard-read"], origin=f"{urlsplit(HUB).scheme}://{urlsplit(HUB).netloc}")

    def app(route):
        url = urlsplit(route.request.url)
        asked = f"{address}{url.path}" + (f"?{url.query}" if url.query else "")
        headers = route.request.headers | {
            "x-forwarded-host": urlsplit(SPACE).netloc,
            "x-forwarded-proto": "https",
        }
        route.fulfill(response=route.fetch(url=asked, headers=headers))

    def outer(sandbox):
        html = OUTER.replace("SPACE", SPACE).replace("RIGHTS", RIGHTS).replace("SANDBOX", sandbox, 1)
        return lambda route: route.fulfill(body=html, content_type="text/html")

    context.route(f"{SPACE}/**", app)
    context.route(f"{HUB}**", outer(f'sandbox="{SANDBOX}"'))
    context.route(f"{COURSE}**", outer(""))

    def open_in(url):
        page = context.new_page()
        page.goto(url)
        frame = page.frame("frame")
        frame.wait_for_selector(SHOWN, timeout=60_000)
        settled(page)
        return page, frame

    yield open_in
    for page in context.pages:
        page.title()  # what has gone wrong so far is known once this is answered
    so_far = list(problems)
    context.unroute_all(behavior="ignoreErrors")  # what is asked for from here on is nobody's
    context.close()
    problems[:] = so_far


def settled(page):
    """Wait until the frame keeps the height of the page in it, and return it."""
    heights = []
    for _ in range(80):
        needed = page.frame("frame").evaluate("document.documentElement.scrollHeight")
        heights.append((page.evaluate("heights.at(-1)"), needed))
        last = heights[-4:]
        if len(last) == 4 and len(set(last)) == 1 and last[0][0] == pytest.approx(needed, abs=2):
            return needed
        page.wait_for_timeout(250)
    raise AssertionError(f"the frame does not come to rest: {heights}")


def test_on_the_hub_the_outer_address_follows_and_opens_the_same_again(frame_in):
    page, frame = frame_in(f"{HUB}?tab=gan&gan_seed=7")
    frame.press("#gan-gallery .dice", "Enter")
    frame.press("#tab-lm", "Enter")
    page.wait_for_function("location.search.includes('tab=lm')")
    settled(page)
    frame.press("#tab-gan", "Enter")
    page.wait_for_function("location.search.includes('tab=gan')")
    seed = frame.input_value("#gan-gallery .seed")
    assert seed != "7" and f"gan_seed={seed}" in page.url
    _again, frame = frame_in(page.url)
    assert frame.input_value("#gan-gallery .seed") == seed


def test_the_page_of_a_course_is_told_nothing(frame_in):
    page, frame = frame_in(f"{COURSE}?tab=gan")
    frame.press("#tab-lm", "Enter")
    frame.wait_for_selector("#lm-generate .lm-generate.ready", timeout=60_000)
    assert page.evaluate("told") == [] and page.url == f"{COURSE}?tab=gan"


@pytest.mark.parametrize("outer", [HUB, COURSE])
def test_downloads_and_copying_work(frame_in, outer):
    page, frame = frame_in(outer)
    with page.expect_download() as download:
        frame.press(".vae-walk button[value=png]", "Enter")
    assert download.value.suggested_filename.endswith(".png")
    frame.press(".page-head .link", "Enter")
    frame.wait_for_selector(".page-head .copied:not(:empty)")
    assert frame.locator(".copy-box").count() == 0
    page.click("body", position={"x": 1, "y": 1})
    hub, _ = (page, None) if outer == HUB else frame_in(HUB)
    hub.bring_to_front()
    assert hub.evaluate("navigator.clipboard.readText()").startswith(SPACE)


@pytest.mark.parametrize("station", ["tab=gan", "tab=gan&station=game", "tab=vae&station=map", "tab=lm"])
def test_a_frame_that_follows_the_page_is_no_higher_than_a_window_needs(frame_in, pages, address, station):
    window = pages()
    window.goto(f"{address}/?{station}")
    window.wait_for_selector(SHOWN, timeout=60_000)
    needed = window.evaluate("document.documentElement.scrollHeight")
    page, _ = frame_in(f"{HUB}?{station}")
    first = settled(page)
    assert needed - 2 <= first <= needed + MARGIN
    for _ in range(5):
        page.evaluate("resize()")
        page.wait_for_timeout(150)
    assert settled(page) == pytest.approx(first, abs=2)
