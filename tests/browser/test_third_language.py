"""A third language is one more file: a copy of the app with a made-up one, the sentences of English in brackets."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MISSING = "page.theme"  # no sentence of the made-up language has this key
UNTRANSLATED = "image"  # a lesson without a file in the made-up language


def bracketed(value):
    """A lesson in the made-up language; what stands at the head of a field such as "open" stays as it is."""
    if isinstance(value, dict):
        return {key: one if key == "open" else bracketed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [bracketed(one) for one in value]
    return f"[{value}]" if isinstance(value, str) else value


@pytest.fixture(scope="module")
def third(tmp_path_factory):
    """The address of the app with a file of sentences, and one of a lesson, in the language "eo"."""
    folder = tmp_path_factory.mktemp("third")
    for name in ("demo", "models"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app.py", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    (folder / "pretrained").symlink_to(ROOT / "pretrained")
    sentences = json.loads((ROOT / "demo/text/en.json").read_text("utf-8"))
    made_up = {key: f"[{sentence}]" for key, sentence in sentences.items() if key != MISSING}
    (folder / "demo/text/eo.json").write_text(json.dumps(made_up), "utf-8")
    lesson = json.loads((ROOT / "demo/lessons/text.en.json").read_text("utf-8"))
    (folder / "demo/lessons/text.eo.json").write_text(json.dumps(bracketed(lesson)), "utf-8")
    command = [sys.executable, "app.py", "--port", "0", "--lang", "eo"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        told = next(line for line in process.stdout if "http://" in line)
        yield re.search(r"http://\S+:\d+", told)[0]
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def page(pages, third):
    page = pages(locale="eo")
    page.goto(f"{third}/?tab=lm&station=reading")
    page.wait_for_selector("#lm-reading .station-title:not(:empty)", timeout=60_000)
    return page


def in_brackets(text):
    return text.startswith("[") and text.endswith("]")


def test_the_head_offers_it_and_a_browser_that_prefers_it_gets_it(page):
    assert page.locator(".page-head .language").all_inner_texts() == ["EN", "EO", "PT"]
    assert page.get_attribute("html", "lang") == "eo"
    assert page.get_attribute(".language[value=eo]", "aria-pressed") == "true"
    assert all(in_brackets(name) for name in page.locator(".page-head .tab").all_inner_texts())
    page.click(".language[value=en]")
    assert page.inner_text("#tab-lm") == "Next token"
    page.click(".language[value=eo]")
    assert page.inner_text("#tab-lm") == "[Next token]"


def test_a_station_speaks_it_and_a_missing_sentence_is_english(page):
    told = page.locator("#lm-reading :is(.station-title, .station-lead)").all_inner_texts()
    assert len(told) == 2 and all(in_brackets(text) for text in told)
    page.wait_for_selector("#lm-reading .token", state="attached")
    assert page.get_attribute(".page-head .theme", "title") == "Light or dark"


def test_errors_of_the_server_are_told_in_it(page):
    page.wait_for_selector("#lm-reading .token", state="attached")
    page.fill("#lm-reading .text-field", " ")
    page.click("#lm-reading .read")
    page.wait_for_function("() => document.querySelector('#lm-reading .message').innerText.startsWith('[')")


def test_a_lesson_speaks_it_and_one_without_it_is_shown_in_english(page, third):
    page.goto(f"{third}/?lesson=text&stop=1")
    page.wait_for_selector(".lesson .ask:not(:empty)", timeout=60_000)
    assert in_brackets(page.inner_text(".lesson .ask"))
    page.goto(f"{third}/?lesson={UNTRANSLATED}&stop=1")
    page.wait_for_selector(".lesson .ask:not(:empty)", timeout=60_000)
    asked = json.loads((ROOT / f"demo/lessons/{UNTRANSLATED}.en.json").read_text("utf-8"))["stops"][0]["ask"]
    assert page.inner_text(".lesson .ask") == asked
    assert in_brackets(page.inner_text(".lesson .reveal"))
