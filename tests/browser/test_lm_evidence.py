"""The station "Evidence" as a visitor uses it."""

import re
from urllib.parse import parse_qs, urlparse

import pytest

from demo.api import all_functions
from demo.layout import build_demo
from demo.lm.evidence import look_up
from demo.lm.language_models import LanguageModels
from demo.lm.texts import COMMAND
from demo.loading import Models
from demo.server import Server
from demo.serving import launch_options
from demo.text import texts
from tests.browser.conftest import PHONE, calls, set_slider

LANGUAGE_MODELS = LanguageModels(Models("pretrained"))
FIND = """(text) => Promise.all([load("lm/copying.js"), load("lm/store.js")]).then(
    ([{ findCopies }, { lmStore }]) => findCopies(text, lmStore.name()))"""
SHOW = "(context) => load('lm/store.js').then(({ lmStore }) => lmStore.showEvidence(context))"
READY = ".lm-evidence.ready"
RUNG = "#lm-evidence button.rung"
FOLLOWER = "#lm-evidence .follower"
CHOSEN = f"{FOLLOWER}[aria-selected='true']"
OWN = "&lm_corpus=own&lm_unit=words&lm_text=the+cat+sat%0Athe+cat+ran%0Athe+rat+sat+on+the+cat"


@pytest.fixture
def evidence(open_page):
    """evidence("&lm_e_o=3", **context options) -> the page with the station's first answer in place."""

    def open_evidence(query="&lm_corpus=shakespeare", **options):
        page = open_page(f"?tab=lm&station=evidence{query}", **options)
        page.wait_for_selector(READY, timeout=60_000)
        return page

    return open_evidence


def said(page, selector):
    return page.inner_text(f"#lm-evidence {selector}")


def wait_for(page, selector, pattern):
    page.wait_for_function(
        "([s, p]) => new RegExp(p).test(document.querySelector(s)?.textContent ?? '')",
        arg=[f"#lm-evidence {selector}", pattern],
    )


def wait_for_address(page, name, value):
    page.wait_for_function("([n, v]) => new URLSearchParams(location.search).get(n) === v", arg=[name, value])


def of_address(page, name):
    parts = urlparse(page.url)
    return parse_qs(f"{parts.query}&{parts.fragment}", keep_blank_values=True).get(name, [None])[0]


def number(value, digits=0, language="en"):
    written = f"{value:,.{digits}f}"
    return written.translate(str.maketrans(",.", ".,")) if language == "pt-BR" else written


def percent(value, language="en"):
    return f"{number(100 * value, 1, language)}%"


def test_opens_on_a_bar_taken_apart(evidence):
    page = evidence()
    found = look_up(LANGUAGE_MODELS.get("shakespeare", "counts", 5), "My lord, the kin")
    best = found["followers"][0]
    assert page.input_value("#lm-evidence .prompt-field") == "My lord, the kin"
    assert page.locator(RUNG).count() == 5
    for row, rung, part in zip(page.locator(RUNG).all(), found["rungs"], best["parts"]):
        assert number(rung["total"]) in row.inner_text()
        assert float(row.locator(".gives-bar").evaluate("e => e.style.getPropertyValue('--share')")) == part
    assert said(page, ".together strong") == percent(best["p"])
    assert page.locator(CHOSEN).locator(".p").inner_text() == percent(best["p"])
    total = found["rungs"][0]["total"]
    assert f"{number(best['raw'][0])} of {number(total)}" in said(page, ".raw")
    assert percent(best["raw"][0] / total) in said(page, ".raw")
    assert percent(found["rungs"][0]["gamma"]) in said(page, ".handed")
    assert said(page, ".neighbours") == ""


def test_the_parts_in_view_add_up_to_the_bar(evidence):
    page = evidence("&lm_corpus=machado&lm_e_p=Era+uma+vez&lm_e_o=4")
    for at in (0, 3, 20):
        page.locator(FOLLOWER).nth(at).click()
        parts = page.eval_on_selector_all(
            "#lm-evidence .gives-bar",
            "bars => bars.map(bar => Number(bar.style.getPropertyValue('--share')))",
        )
        p = float(page.locator(CHOSEN).evaluate("row => row.style.getPropertyValue('--p')"))
        assert sum(parts) == pytest.approx(p, abs=1e-12)


def test_a_context_that_nothing_followed_says_so_and_the_next_shorter_answers(evidence):
    page = evidence("&lm_corpus=shakespeare&lm_e_p=go+to+thex&lm_e_o=8")
    found = look_up(LANGUAGE_MODELS.get("shakespeare", "counts", 8), "go to thex")
    unseen = [rung for rung in found["rungs"] if not rung["total"]]
    assert 0 < len(unseen) == page.locator("#lm-evidence .rung.unseen").count()
    assert "nothing ever followed" in said(page, ".rung.unseen >> nth=0")
    assert page.locator(f"{RUNG}.answers .context").inner_text() == found["rungs"][len(unseen)]["text"]
    # the answering context is below the top: left neighbours are counted, and both numbers are there
    follower = found["followers"][0]
    used = found["rungs"][len(unseen)]["used"]
    assert f"{number(follower['used'][0])} of {number(used)}" in said(page, ".neighbours")


def test_a_click_chooses_a_token_and_a_context(evidence):
    page = evidence(OWN + "&lm_e_p=the+cat&lm_e_o=2&lm_e_t=ran")
    wait_for(page, ".places-head", "the only place")
    assert said(page, CHOSEN.split()[-1] + " .counted") == "1 of 2"
    before = len(calls(page))
    page.locator(FOLLOWER, has_text="sat").click()
    assert "“sat” came after “cat” 1 of 2 times" in said(page, ".raw")
    wait_for(page, ".places-head strong", "“cat␣sat” appears once in")
    page.locator(RUNG).nth(1).click()
    # sat twice among 14 tokens; below the top the model counts its left neighbours cat and rat
    assert "“sat” is 2 of 14 tokens" in said(page, ".raw")
    assert "left neighbours" in said(page, ".neighbours")
    wait_for(page, ".places-head", "appears 2 times in the text\\s*all 2")
    assert page.locator("#lm-evidence .passages li").count() == 2
    assert len(calls(page)) - before == 2  # the places alone: the ladder is in the page
    assert of_address(page, "lm_e_t") == "sat" and of_address(page, "lm_e_l") == "0"


def test_passages_show_the_context_and_the_token(evidence):
    page = evidence(OWN + "&lm_e_p=sat+on+the&lm_e_o=3")
    wait_for(page, ".places-head", "the only place")
    row = page.locator("#lm-evidence .passages li")
    assert (
        row.locator(".context").inner_text().strip() == "on the"
        and row.locator(".token").inner_text() == "cat"
    )
    assert re.search(r"ran↵ the rat sat on the cat \d+% into the text", row.inner_text())


def test_the_end_of_a_text_was_seen_and_yet_nothing_followed_it(evidence, open_page):
    own = "&lm_corpus=own&lm_unit=words&lm_text=the+cat+sat%0Athe+cat+ran"
    page = evidence(own + "&lm_e_p=ran&lm_e_o=2")
    assert said(page, ".rung.unseen .seen") == "nothing ever followed: using no context"
    page = open_page(f"?tab=lm{own}&lm_p=ran&lm_o=2&lm_i=1")
    page.wait_for_selector(".lm-generate.ready")
    assert "Nothing ever followed “ran”" in page.inner_text("#lm-generate .context")


def test_on_a_shorter_context_every_number_has_its_own_context(evidence):
    page = evidence(OWN + "&lm_e_p=the+cat&lm_e_o=3&lm_e_t=sat")
    # "the cat" is followed by sat, ran and the end; "cat" by the same
    assert said(page, ".of-model") == "model"
    page.locator(RUNG).nth(1).click()
    assert said(page, ".after") == "after “cat”" and said(page, ".of-model") == "model, after “the␣cat”"
    raw = said(page, ".raw")
    assert (
        raw.startswith("“sat” came after “cat” 1 of 2 times: 50.0")
        and "After “the␣cat” the model gives it" in raw
    )


def test_a_token_that_never_came_has_no_place(evidence):
    page = evidence(OWN + "&lm_e_p=the+cat&lm_e_o=2&lm_e_t=on")
    wait_for(page, ".places-head", "Not in the text")
    assert "Never counted here" in said(page, ".why")
    assert page.locator("#lm-evidence .passages li").count() == 0


def test_typing_looks_up_what_is_typed_and_the_link_reopens_it(evidence, open_page):
    page = evidence()
    page.fill("#lm-evidence .prompt-field", "ROMEO:\nBut so")
    wait_for(page, ".after", "␣so|t␣so|ut␣so")
    set_slider(page, "#lm-evidence .order", 3)
    wait_for(page, ".after", "“so”")
    page.locator(FOLLOWER).nth(2).click()
    page.locator(RUNG).nth(1).click()
    wait_for_address(page, "lm_e_l", "1")
    assert of_address(page, "lm_e_p") == "ROMEO:\nBut so" and of_address(page, "lm_e_o") == "3"
    shown = said(page, ".ladder"), said(page, ".worked"), page.locator(CHOSEN).inner_text()
    again = open_page(page.url[page.url.index("?") :])
    again.wait_for_selector(READY, timeout=60_000)
    assert (said(again, ".ladder"), said(again, ".worked"), again.locator(CHOSEN).inner_text()) == shown


def test_an_empty_text_has_no_context_and_its_link_says_so(evidence):
    page = evidence()
    page.fill("#lm-evidence .prompt-field", "")
    wait_for(page, ".after", "no context")
    assert page.locator(RUNG).count() == 1
    assert "shorter than order 5" in said(page, ".prompt-note")
    wait_for_address(page, "lm_e_empty", "1")
    page.reload()
    page.wait_for_selector(READY, timeout=60_000)
    assert page.input_value("#lm-evidence .prompt-field") == "" and page.locator(RUNG).count() == 1


def test_the_address_stays_until_something_is_touched(evidence):
    page = evidence("&lm_corpus=shakespeare&lm_e_p=nothing+yet")
    wait_for(page, ".missing-why", ".")
    assert of_address(page, "lm_e_o") is None


@pytest.mark.parametrize(
    "query",
    [
        "&lm_e_o=99&lm_e_t=king",
        "&lm_e_o=x&lm_e_l=77&lm_e_p=",
        "&lm_e_l=-1&lm_e_s=abc",
        "&lm_e_p=%00%EF%BF%BF",
    ],
)
def test_a_broken_link_falls_back(evidence, query):
    page = evidence(f"&lm_corpus=shakespeare{query}")
    assert said(page, ".order-value") == "5"
    assert page.locator(f"{RUNG}[aria-pressed='true']").count() == 1 and page.locator(CHOSEN).count() == 1
    assert page.input_value("#lm-evidence .seed") == "2"


def test_unknown_characters_and_too_long_texts_are_said_and_nothing_is_lost(evidence):
    page = evidence()
    page.fill("#lm-evidence .prompt-field", "the k€")
    wait_for(page, ".prompt-note", "€")
    ladder = said(page, ".ladder")
    page.fill("#lm-evidence .prompt-field", "x" * 10_001)
    wait_for(page, ".message", "10,001")
    assert said(page, ".ladder") == ladder
    page.fill("#lm-evidence .prompt-field", "the king")
    page.wait_for_selector("#lm-evidence .message", state="hidden")


def test_text_from_right_to_left_is_shown_from_right_to_left(evidence):
    page = evidence("&lm_corpus=own&lm_unit=characters&lm_text=שלום+עולם+שלום&lm_e_p=של&lm_e_o=3")
    wait_for(page, ".places-head", "all 2")
    assert page.locator("#lm-evidence .passages li").first.get_attribute("dir") == "auto"
    assert (
        page.eval_on_selector("#lm-evidence .passages li", "row => getComputedStyle(row).direction") == "rtl"
    )


def test_generate_opens_this_station_for_its_context(evidence, open_page):
    page = evidence()
    context = {"text": "What is the ki", "order": 4, "token": "l"}
    page.evaluate(SHOW, context)
    wait_for(page, ".after", "“␣ki”")
    assert page.locator(CHOSEN).locator(".chip").inner_text() == "l"
    assert (
        said(page, ".order-value") == "4"
        and page.input_value("#lm-evidence .prompt-field") == "What is the ki"
    )
    # and from a station in view, before this one was ever opened
    other = open_page("?tab=lm&station=generate&lm_corpus=shakespeare")
    other.wait_for_selector(".lm-generate.ready", timeout=60_000)
    other.locator("#lm-generate .token-row .counted").first.click()
    other.wait_for_selector(READY)
    chip = other.locator("#lm-generate .token-row .chip").first.text_content()
    assert other.locator(CHOSEN).locator(".chip").inner_text() == chip
    assert of_address(other, "lm_e_t") in (chip, " ", "\n")


def test_the_ladder_follows_the_corpus(evidence):
    page = evidence()
    page.fill("#lm-evidence .prompt-field", "hear the")
    wait_for(page, ".after", "the")
    page.check("[name='lm-corpus'][value='machado']", force=True)
    wait_for(page, ".chip", ".")
    assert page.get_attribute("#lm-evidence .order", "max") == "4"
    assert page.input_value("#lm-evidence .prompt-field") == "— Não sei, disse"
    page.check("[name='lm-corpus'][value='own']", force=True)
    page.wait_for_function(
        """async () => {
            const [{ lmStore }, { openingRun }] = await Promise.all([load("lm/store.js"), load("lm/openings.js")]);
            const field = document.querySelector("#lm-evidence .prompt-field");
            return lmStore.state.corpus === "own" && field.value === openingRun().settings.prompt;
        }"""
    )
    wait_for(page, ".places-head", "all|of")
    page.check("[name='lm-corpus'][value='shakespeare']", force=True)
    page.wait_for_function("() => document.querySelector('#lm-evidence .prompt-field').value === 'hear the'")


def test_copying_is_shown_for_every_order(evidence):
    page = evidence(OWN + "&lm_e_p=the")
    page.locator("#lm-evidence .copies").scroll_into_view_if_needed()
    page.wait_for_selector("#lm-evidence .order-row")
    rows = page.locator("#lm-evidence .order-row")
    assert rows.count() == 4
    for row in rows.all():
        copied = row.locator(".lm-copied, .lm-shared").all_inner_texts()
        assert bool(copied) == (row.locator(".longest").inner_text() != "<12")
    last = page.locator("#lm-evidence .order-row .written").last.inner_text()
    page.click("#lm-evidence .dice")
    page.wait_for_function(
        "(last) => [...document.querySelectorAll('#lm-evidence .written')].at(-1).innerText !== last",
        arg=last,
    )
    wait_for_address(page, "lm_e_s", page.input_value("#lm-evidence .seed"))


def test_without_the_text_one_line_stands_for_passages_and_copies(evidence):
    page = evidence()
    page.wait_for_selector("#lm-evidence .missing", state="visible")
    for hidden in (".places", ".copies"):
        assert page.is_hidden(f"#lm-evidence {hidden}")
    assert not [url for url in calls(page) if url.endswith(("/lm_passages", "/lm_copying_by_order"))]
    page.click("#lm-evidence .to-own")  # where both are
    wait_for(page, ".places-head", "appears")
    assert page.is_hidden("#lm-evidence .missing") and page.locator("#lm-evidence .passages li").count()
    page.locator("#lm-evidence .copies").scroll_into_view_if_needed()
    page.wait_for_selector("#lm-evidence .order-row")
    page.check("[name='lm-corpus'][value='shakespeare']", force=True)
    page.wait_for_selector("#lm-evidence .missing", state="visible")
    assert page.is_hidden("#lm-evidence .copies")


def test_with_the_text_of_a_corpus_passages_and_copies_are_shown(pages, data_folder):
    folder = data_folder("text/tinyshakespeare.txt") / "text"
    language_models = LanguageModels(Models("pretrained"), folder)
    server = Server(all_functions(None, language_models))
    demo = build_demo(server)
    _, address, _ = demo.launch(prevent_thread_lock=True, **launch_options(server))
    try:
        page = pages()
        page.goto(f"{address}?tab=lm&station=evidence&lm_corpus=shakespeare&lm_e_p=My+lord,+the+kin&lm_e_o=5")
        # as many as the table says: 426 of 560 after " kin"
        wait_for(page, ".places-head", "appears 426 times in the text\\s*20 of 426")
        assert page.locator("#lm-evidence .passages li").count() == 20 and page.is_hidden(
            "#lm-evidence .missing"
        )
        page.locator("#lm-evidence .copies").scroll_into_view_if_needed()
        page.wait_for_selector("#lm-evidence .order-row.author")
        learned = language_models.texts.get("shakespeare").text
        for copied in page.locator("#lm-evidence .order-row:not(.author) .lm-copied").all_inner_texts():
            assert copied.replace("↵ ", "\n") in learned
        assert page.locator("#lm-evidence .lm-copied").count()
        page.goto(f"{address}?tab=lm&lm_corpus=shakespeare&lm_copies=1")
        page.wait_for_selector("#lm-generate .copied-run:not(:empty)")
        assert page.is_checked("#lm-generate .copying-switch")
    finally:
        demo.close()


def test_copying_can_be_asked_from_any_station(evidence):
    page = evidence(OWN)
    found = page.evaluate(FIND, "so the cat sat\nthe cat ran")
    assert found["longest"] == {"start": 3, "end": 26, "text": "the cat sat\nthe cat ran"}
    assert found["runs"] == [[3, 26]]
    short = page.evaluate(FIND, "so the cat sat")
    assert short["runs"] == []


def test_the_keyboard_chooses(evidence):
    page = evidence()
    page.locator(CHOSEN).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator(FOLLOWER).nth(2).get_attribute("aria-selected") == "true"
    assert page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"
    page.keyboard.press("Home")
    assert page.locator(FOLLOWER).first.get_attribute("aria-selected") == "true"
    page.locator(RUNG).nth(2).focus()
    page.keyboard.press("Enter")
    assert page.locator(RUNG).nth(2).get_attribute("aria-pressed") == "true"
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"


def test_both_languages_say_it_all(evidence):
    page = evidence("&lm_corpus=shakespeare&lang=pt")
    best = look_up(LANGUAGE_MODELS.get("shakespeare", "counts", 5), "My lord, the kin")["followers"][0]
    assert said(page, ".together strong") == percent(best["p"], "pt-BR")
    assert said(page, ".station-title") == texts("pt-BR")["lm.evidence.title"]
    why = {
        language: texts(language)["lm.text.absent"].format(command=COMMAND).replace("`", "")
        for language in ("pt-BR", "en")
    }
    wait_for(page, ".missing-why", re.escape(why["pt-BR"]))
    asked = len(calls(page))
    page.click(".language[lang='en']")
    assert said(page, ".missing-why") == why["en"]
    assert said(page, ".missing-why code") == COMMAND
    assert said(page, ".together strong") == percent(best["p"])
    assert said(page, ".handed").startswith("Of what reaches")
    assert len(calls(page)) == asked
    assert "lm." not in said(page, ".bench") + said(page, ".fold")


def test_on_a_phone_a_finger_does_it_all(evidence):
    page = evidence(OWN + "&lm_e_p=the&lm_e_o=2", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    ladder, field = (page.locator(f"#lm-evidence {name}").bounding_box() for name in (".looked-up", ".asked"))
    assert field["y"] < ladder["y"]
    for target in (f"{RUNG} >> nth=0", f"{FOLLOWER} >> nth=1", "#lm-evidence .order", "#lm-evidence .dice"):
        assert page.locator(target).bounding_box()["height"] >= 40
    page.locator(FOLLOWER).nth(1).tap()
    assert page.locator(FOLLOWER).nth(1).get_attribute("aria-selected") == "true"
    page.locator(RUNG).nth(1).tap()
    assert page.locator(RUNG).nth(1).get_attribute("aria-pressed") == "true"


def test_nothing_is_asked_before_the_station_is_in_view(open_page):
    page = open_page("?tab=vae")
    page.wait_for_selector("#vae-walk [aria-busy=false]", timeout=60_000)
    assert page.evaluate("document.querySelector('.lm-evidence.ready')") is None
    assert page.evaluate("document.querySelectorAll('#lm-evidence .rung').length") == 0


def test_without_smoothing_there_is_count_divided_by_total_and_a_link_keeps_it(open_page):
    page = open_page(
        "?tab=lm&station=evidence&lm_corpus=own&lm_own=sample&lm_unit=words&lm_e_p=o&lm_e_t=pato"
    )
    page.wait_for_selector("#lm-evidence .follower")
    page.click("#lm-evidence .plain")
    assert page.inner_text("#lm-evidence .raw") == "“pato” came after “o” 2 of 5 times: 2 ÷ 5 = 40.0%."
    assert page.is_hidden("#lm-evidence .together") and page.is_hidden("#lm-evidence .follower .p >> nth=0")
    page.click("#lm-evidence .follower >> text='the'")
    assert "impossible" in page.inner_text("#lm-evidence .why")
    assert "lm_e_plain=1" in page.url
    page.reload()
    page.wait_for_selector("#lm-evidence .follower")
    assert page.is_checked("#lm-evidence .plain")
    page.click("#lm-evidence .plain")
    assert page.is_visible("#lm-evidence .together") and "lm_e_plain" not in page.url
