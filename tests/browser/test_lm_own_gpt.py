"""A GPT trained on the visitor's own text, in the station "Your text", and what becomes of it in the others."""

import random

import pytest

from demo.contract import TRAIN_SECONDS
from demo.text import texts
from tests.browser.conftest import PHONE

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
            "root => document.querySelector(`${root} .summary`).textContent.startsWith('Your text')", arg=ROOT
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
