"""A GPT trained on the visitor's own text, in the station "Your text", and what becomes of it in the others."""

import random

import pytest

from demo.contract import TRAIN_SECONDS
from demo.text import texts
from tests.browser.conftest import PHONE
from training import live_gpt

ROOT = "#lm-yours"
WORDS = ("the", "cat", "sat", "on", "a", "mat", "and", "saw", "one", "rat", "run", "to", "my", "hat")


def rhyme(words=700):
    draw = random.Random(0)
    return "".join(draw.choice(WORDS) + draw.choice(" \n") for _ in range(words))


def open_counted(open_page, text=None, query="", **options):
    """The station with a text that is counted."""
    page = open_page(f"?tab=lm&station=yours{query}", **options)
    page.set_default_timeout(200_000)  # for a machine that has other things to do
    page.wait_for_function("root => document.querySelector(`${root} .after-title`).textContent", arg=ROOT)
    if text:
        page.fill(f"{ROOT} .text-field", text)
        page.press(f"{ROOT} .text-field", "Control+Enter")
        page.wait_for_function(
            "root => /^(Your text|Seu texto)/.test(document.querySelector(`${root} .summary`).textContent)",
            arg=ROOT,
        )
    return page


def quicken(page, seconds=5):
    """The first budget becomes shorter than the page offers."""
    page.evaluate(
        "([root, seconds]) => { const radio = document.querySelector(`${root} .training-budget input`);"
        " radio.value = seconds; radio.checked = true; }",
        [ROOT, seconds],
    )


def wait_until_trained(page):
    page.wait_for_selector(f"{ROOT} .training-onward:not([hidden])")


def state(page):
    return page.inner_text(f"{ROOT} .training-state")


def test_by_keyboard_a_text_is_learned_and_generated_from(open_page):
    page = open_counted(open_page, rhyme())
    assert "A GPT can learn that by heart" in page.inner_text(f"{ROOT} .training-note")
    labels = page.locator(f"{ROOT} .training-budget label").all_inner_texts()
    assert labels == [f"{seconds} s" for seconds in TRAIN_SECONDS]
    quicken(page)
    page.fill(f"{ROOT} .training-prompt input", "the cat")
    page.press(f"{ROOT} .training-prompt input", "Enter")
    page.wait_for_selector(f"{ROOT} .training-bench:not([hidden])")
    assert page.is_disabled(f"{ROOT} .training-start") and page.is_enabled(f"{ROOT} .training-stop")
    wait_until_trained(page)
    assert "parameters, by characters" in state(page) and page.is_enabled(f"{ROOT} .training-start")
    # every text that was written on the way is kept
    moment = page.locator(f"{ROOT} .training-moment")
    last = int(moment.get_attribute("max"))
    assert last > 0 and moment.input_value() == str(last)
    learned = page.inner_text(f"{ROOT} .training-sample")
    moment.focus()
    page.keyboard.press("Home")
    assert "step 0" in page.inner_text(f"{ROOT} .training-when")
    untrained = page.inner_text(f"{ROOT} .training-sample")
    assert learned != untrained and learned.startswith("the cat") and untrained.startswith("the cat")
    assert page.locator(f"{ROOT} .training-plot .scatterlayer .trace").count() == 2
    page.focus(f"{ROOT} .training .curves-table summary")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{ROOT} .curves-table table")
    curves, counts = (page.locator(f"{ROOT} .curves-table table >> nth={i}") for i in (0, 1))
    assert curves.locator("tbody tr").count() == last + 1
    assert curves.locator("th").all_inner_texts()[:3] == ["seconds", "text held back", "text it learns from"]
    assert counts.locator("tbody th").all_inner_texts()[0] == "order 1"
    page.locator(f"{ROOT} .training-onward [value=generate]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#lm-generate:visible")
    page.wait_for_function("() => document.querySelectorAll('#lm-generate .token').length > 5")
    assert page.is_checked("#lm-generate [name='lm-model'][value='gpt']")
    assert page.is_checked("#lm-tab [value=own]")


def test_by_touch_on_a_phone_a_training_is_stopped_and_read_with(open_page):
    page = open_counted(open_page, rhyme(), **PHONE)
    quicken(page, 100)
    page.tap(f"{ROOT} .training-start")
    page.wait_for_selector(f"{ROOT} .training-bench:not([hidden])")
    page.wait_for_function(f"() => document.querySelector('{ROOT} .training-moment').max > 1")
    page.tap(f"{ROOT} .training-stop")
    wait_until_trained(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.tap(f"{ROOT} .training-onward [value=reading]")
    page.wait_for_selector("#lm-reading:visible")
    page.wait_for_function(
        "() => /^\\d/.test(document.querySelector('#lm-reading .score[data-model=gpt] .nats').textContent)"
    )


def test_a_saved_model_is_opened_and_compared(open_page, tmp_path):
    page = open_counted(open_page, rhyme())
    quicken(page)
    page.click(f"{ROOT} .training-start")
    wait_until_trained(page)
    with page.expect_download() as download:
        page.click(f"{ROOT} .training-save")
    path = tmp_path / "gpt.safetensors"
    download.value.save_as(path)
    again = open_counted(open_page, rhyme())
    again.set_input_files(f"{ROOT} .training-file", path)
    wait_until_trained(again)
    assert state(again) == texts("en")["lm.train.opened"]
    again.click(f"{ROOT} .training-onward [value=compare]")
    again.wait_for_selector("#lm-compare .bench:visible")
    again.wait_for_function("() => document.querySelectorAll('#lm-compare .token').length > 5")


def test_a_reload_goes_on_with_a_training_and_keeps_what_it_has_become(open_page):
    page = open_counted(open_page, rhyme())
    quicken(page, 12)
    page.fill(f"{ROOT} .training-prompt input", "the cat")
    page.click(f"{ROOT} .training-start")
    page.wait_for_selector(f"{ROOT} .training-bench:visible")
    page.reload()
    page.wait_for_selector(f"{ROOT} .training-bench:visible")
    assert page.is_disabled(f"{ROOT} .training-start")
    assert page.input_value(f"{ROOT} .training-prompt input") == "the cat"
    wait_until_trained(page)
    done, sample = state(page), page.inner_text(f"{ROOT} .training-sample")
    page.reload()
    wait_until_trained(page)
    assert state(page) == done and page.inner_text(f"{ROOT} .training-sample") == sample
    page.click(f"{ROOT} .training-onward [value=generate]")
    page.wait_for_function("() => document.querySelectorAll('#lm-generate .token').length > 5")


def test_a_training_on_another_text_ends_the_one_before_the_reload(open_page):
    page = open_counted(open_page, rhyme())
    page.click(f"{ROOT} .training-start")
    page.wait_for_selector(f"{ROOT} .training-state:visible")
    page.fill(f"{ROOT} .text-field", rhyme(600))
    page.press(f"{ROOT} .text-field", "Control+Enter")
    page.wait_for_selector(f"{ROOT} .training-stale:visible")
    page.reload()
    page.wait_for_function("root => document.querySelector(`${root} .after-title`).textContent", arg=ROOT)
    assert page.is_hidden(f"{ROOT} .training-state")
    quicken(page, 1)
    with page.expect_request("**/call/lm_train_stop"):  # or the new one would wait for it
        page.click(f"{ROOT} .training-start")
    wait_until_trained(page)


def test_a_gpt_of_the_text_before_says_so_until_that_text_is_counted_again(open_page):
    page = open_counted(open_page, rhyme())
    quicken(page)
    page.click(f"{ROOT} .training-start")
    wait_until_trained(page)
    assert page.is_hidden(f"{ROOT} .training-stale")

    def count(text):
        page.fill(f"{ROOT} .text-field", text)
        page.press(f"{ROOT} .text-field", "Control+Enter")

    count("another text, " * 90)
    page.wait_for_selector(f"{ROOT} .training-stale:visible")
    assert page.inner_text(f"{ROOT} .training-stale") == texts("en")["lm.train.stale"]
    assert page.is_visible(f"{ROOT} .training-onward")
    count(rhyme())
    page.wait_for_selector(f"{ROOT} .training-stale", state="hidden")


def test_a_foreign_file_and_a_short_text_are_one_sentence_each(open_page, tmp_path):
    page = open_counted(open_page)  # the sample is too short
    (tmp_path / "model.safetensors").write_bytes(b"no model")
    page.set_input_files(f"{ROOT} .training-file", tmp_path / "model.safetensors")
    page.wait_for_function(
        f"() => document.querySelector('{ROOT} .message').textContent.startsWith('This file is damaged')"
    )
    page.click(f"{ROOT} .training-start")
    page.wait_for_function(
        f"() => document.querySelector('{ROOT} .message').textContent.includes('bring a text of at least 1,000')"
    )
    assert page.is_hidden(f"{ROOT} .training-state") and page.is_enabled(f"{ROOT} .training-start")


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_a_killed_process_is_told_and_the_page_goes_on(open_page, language):
    page = open_counted(open_page, query=f"&lang={language}")
    killed = {"key": "lm.train.killed", "values": {}}
    page.route("**/playground/call/lm_train", lambda route: route.fulfill(json={"training": "x"}))
    answer = {"state": "failed", "place": 0, "about": None, "rows": [], "why": killed, "trained": None}
    page.route("**/playground/call/lm_training", lambda route: route.fulfill(json=answer))
    page.click(f"{ROOT} .training-start")
    page.wait_for_selector(f"{ROOT} .training-state:not([hidden])")
    assert state(page) == texts(language)["lm.train.killed"]
    assert page.is_enabled(f"{ROOT} .training-start")


# --- links ------------------------------------------------------------------------------------------------

TAB_MESSAGE = "#lm-tab .message"


@pytest.fixture
def linked(open_page, tmp_path, monkeypatch):
    """linked(by_pieces) -> the station with a text short enough for a link, a model opened for it, and its file."""

    def make(by_pieces=False, query=""):
        if by_pieces:
            monkeypatch.setattr(live_gpt, "PIECES_FROM", 1000)
        text = rhyme(300)
        path = tmp_path / "gpt.safetensors"
        path.write_bytes(live_gpt.build(live_gpt.Text(text)).to_file({"training": {"steps": 0}}))
        page = open_counted(open_page, text, query)
        page.set_input_files(f"{ROOT} .training-file", path)
        wait_until_trained(page)
        return page, path

    return make


def to_generate(page):
    page.click(f"{ROOT} .training-onward [value=generate]")
    page.wait_for_function("() => document.querySelectorAll('#lm-generate .token').length > 5")


def voice(page):
    return page.eval_on_selector("#lm-generate [name='lm-model']:checked", "radio => radio.value")


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_a_link_says_that_it_does_not_bring_the_gpt_and_its_file_does(open_page, linked, language):
    page, path = linked(query=f"&lang={language}")
    assert texts(language)["lm.train.link"] in page.inner_text(f"{ROOT} .training-onward")
    assert "lm_gpt" not in page.url
    to_generate(page)
    assert voice(page) == "gpt" and "lm_gpt=1" in page.url
    other = open_page("?" + page.url.partition("?")[2])
    other.wait_for_selector(TAB_MESSAGE)
    assert other.inner_text(TAB_MESSAGE) == texts(language)["error.gpt_absent"]
    other.wait_for_function("() => document.querySelectorAll('#lm-generate .token').length > 5")
    assert voice(other) == "counts" and "lm_gpt=1" in other.url  # whoever gets it from there hears the same
    other.click("#lm-tab .stations button:last-child")
    other.set_input_files(f"{ROOT} .training-file", path)
    wait_until_trained(other)
    other.wait_for_selector(TAB_MESSAGE, state="hidden")
    to_generate(other)
    assert voice(other) == "gpt"


def test_what_the_gpt_looks_at_is_one_press_away(linked):
    page, _ = linked()
    page.click(f"{ROOT} .training-onward [value=evidence]")
    page.wait_for_selector("#lm-evidence .looked")
    page.locator("#lm-evidence .looked").scroll_into_view_if_needed()
    page.wait_for_selector("#lm-evidence .looked-bars button[aria-pressed=true]")
    page.wait_for_selector("#lm-evidence .looked-text .token")


def test_a_link_to_a_long_text_with_a_gpt_asks_for_both(open_page):
    query = "&lm_corpus=own&lm_own=pasted&lm_unit=pieces&lm_gpt=1"
    page = open_page(f"?tab=lm&station=generate{query}")
    page.wait_for_selector(TAB_MESSAGE)
    assert page.inner_text(TAB_MESSAGE) == texts("en")["error.own_gpt_absent"]
    assert page.is_hidden(".misread")
    page.check("#lm-tab [value=shakespeare]", force=True)
    page.wait_for_selector(TAB_MESSAGE, state="hidden")
    assert "lm_gpt" not in page.url


@pytest.mark.parametrize("by_pieces", [False, True])
def test_a_reload_keeps_the_gpt(linked, by_pieces):
    page, _ = linked(by_pieces)
    to_generate(page)
    assert ("lm_unit=pieces" in page.url) == by_pieces
    page.reload()
    page.wait_for_function("() => document.querySelectorAll('#lm-generate .token').length > 5")
    assert voice(page) == "gpt" and page.is_hidden(TAB_MESSAGE) and page.is_hidden(".misread")


def test_counting_the_text_anew_or_without_a_gpt_promises_none(open_page, linked):
    page, _ = linked()
    to_generate(page)
    other = open_counted(open_page, query="&" + page.url.partition("?")[2].replace("station=generate", ""))
    other.wait_for_selector(TAB_MESSAGE)
    other.click(f"{ROOT} .count")
    other.wait_for_selector(TAB_MESSAGE, state="hidden")
    assert "lm_gpt" not in other.url
