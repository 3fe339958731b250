"""Language models of others in the next-token tab: one with a large vocabulary, and one that cannot be fetched."""

import pytest

pytest.importorskip("transformers", reason="transformers is not installed: see requirements-hub.txt")

from demo.text import texts
from tests.browser.conftest import calls, set_slider
from tests.browser.test_lm import STEP, wait_for_branches, wait_for_text
from tests.servers import app
from tests.small_hub import save_gpt2

SENTENCES = texts("en")
VOCABULARY = 9000  # more than are sent whole


@pytest.fixture(scope="module")
def hub_address(tmp_path_factory):
    """The address of an app with a small model, and with GPT-2, which is not on this machine."""
    folder = tmp_path_factory.mktemp("hub")
    save_gpt2(folder / "tiny", VOCABULARY)
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "empty")}
    with app("--hub", folder / "tiny", "--hub", "gpt2", **offline) as address:
        yield address


@pytest.fixture
def opened(pages, hub_address):
    """opened("generate") -> the page at a station of the tab, with the small model chosen."""

    def open_station(station, corpus="hubtiny"):
        page = pages()
        page.goto(f"{hub_address}/?tab=lm&station={station}&lm_corpus={corpus}")
        page.wait_for_selector(f"#lm-{station} .station-title:visible", timeout=60_000)
        return page

    return open_station


def test_it_is_offered_beside_the_corpora(opened):
    page = opened("generate")
    names = page.locator("#lm-tab .corpus label").all_inner_texts()
    assert names == ["Shakespeare", "Machado", "tiny", "GPT-2", "Your text"]


def test_generate_has_its_text_its_bars_and_branches(opened):
    page, root = opened("generate"), "#lm-generate"
    wait_for_text(page, STEP, "step 1 of 60")
    assert page.locator(f"{root} [name=lm-model][value=counts]").is_disabled()
    rows = page.locator(f"{root} .token-bars button")
    assert rows.count() == 12 and f"+{VOCABULARY - 11:,}" in rows.last.inner_text()
    asked = len(calls(page))
    set_slider(page, f"{root} .scrubber", 29)
    assert page.inner_text(STEP) == "step 30 of 60"
    set_slider(page, f"{root} .temperature", 1.5)
    rows.last.click()  # the list of the others
    assert rows.count() == 201
    assert len(calls(page)) == asked  # looking around asks nothing
    rows.nth(3).click()
    wait_for_branches(page, 2)
    assert page.locator(f"{root} .message:visible").count() == 0


def test_reading_reads_with_it_alone(opened):
    page, root = opened("reading"), "#lm-reading"
    page.fill(f"{root} textarea", "São João 日本")
    page.click(f"{root} button[type=submit]")
    page.wait_for_function(
        f"() => /\\d/.test(document.querySelector('{root} [data-model=gpt] .nats')?.textContent)"
    )
    assert page.inner_text(f"{root} .learned") == SENTENCES["lm.hub.learned"]
    assert page.locator(f"{root} [data-model=counts] input").is_disabled()
    assert page.locator(f"{root} .message:visible").count() == 0


def test_stations_that_need_counts_say_so(opened):
    page = opened("compare")
    wait_for_text(page, "#lm-compare .no-gpt p", SENTENCES["lm.hub.compare"])
    page = opened("evidence")
    page.wait_for_selector("#lm-evidence .message:visible")
    wanted = SENTENCES["lm.hub.no_counts"].replace("{name}", "tiny")
    assert page.inner_text("#lm-evidence .message") == wanted


def test_without_internet_one_sentence_says_so_and_the_others_work(opened):
    page, root = opened("generate", "hubgpt2"), "#lm-generate"
    page.wait_for_function(
        f"() => document.querySelector('{root} .message').textContent.includes('cannot be reached')"
    )
    page.locator("#lm-tab .corpus input[value=shakespeare]").locator("..").click()
    page.wait_for_selector(f"{root} .ready")
    assert page.locator(f"{root} .message:visible").count() == 0
