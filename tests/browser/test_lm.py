"""The next-token tab as a visitor uses it."""

import json
import re
from urllib.parse import parse_qs, urlparse

import pytest

from demo.lm import continue_text
from demo.loading import Models
from demo.messages import texts
from models.sampling import sampling_probs
from tests.browser.conftest import PHONE, calls, set_slider

READY = ".lm-generate.ready"
STEP = "#lm-generate .counter"
BOXED = "#lm-generate .token[aria-selected='true']"
ROWS = "#lm-generate .token-row"
WRITTEN = "() => [...document.querySelectorAll('#lm-generate .token')].map((token) => token.textContent)"


@pytest.fixture
def lm(open_page):
    """lm("&lm_o=3", **context options) -> the tab's page with its first text in place."""

    def open_lm(query="", **options):
        page = open_page(f"?tab=lm{query}", **options)
        page.wait_for_selector(READY, timeout=60_000)
        page.wait_for_function("() => !document.querySelector('.lm-generate.slow')")
        return page

    return open_lm


def wait_for_text(page, selector, pattern):
    page.wait_for_function(
        "([s, p]) => new RegExp(p).test(document.querySelector(s)?.textContent ?? '')",
        arg=[selector, pattern],
    )


def shares(page):
    """(before, after) the knobs of every row in view, the rest among them: numbers from 0 to 1."""
    return page.eval_on_selector_all(
        ROWS,
        "rows => ['--own', '--after'].map(name => rows.map(row => Number(row.style.getPropertyValue(name))))",
    )


def said(language, key, name, low, high):
    return texts(language)[key].format(name=name, low=low, high=high)


def address_of(page, name):
    return parse_qs(urlparse(page.url).query, keep_blank_values=True).get(name, [None])[0]


def wait_for_address_like(page, name, pattern):
    page.wait_for_function(
        "([n, p]) => new RegExp(p).test(new URLSearchParams(location.search).get(n) ?? '')",
        arg=[name, pattern],
    )


def wait_for_address(page, name, value):
    page.wait_for_function("([n, v]) => new URLSearchParams(location.search).get(n) === v", arg=[name, value])


def test_opens_on_a_text_in_the_making(lm):
    page = lm()
    assert page.inner_text(STEP) == "step 33 of 60"
    assert len(page.evaluate(WRITTEN)) == 60
    # the opening is the start of a speaker's name: CA, and of 155 only M, P and T are likely
    assert "155 times" in page.inner_text("#lm-generate .context")
    assert page.inner_text(BOXED) == page.inner_text(f"{ROWS}.chosen .chip") == "T"
    assert page.locator(f"{ROWS}.cut").count() == 8
    assert len(calls(page)) == 1


def test_both_columns_add_up_to_the_whole_at_every_step(lm):
    page = lm("&lm_t=1.3&lm_k=7&lm_q=0.8")
    for key in ("Home", "ArrowRight", "ArrowRight", "End"):
        page.locator(BOXED).focus()
        page.keyboard.press(key)
        before, after = shares(page)
        assert len(before) == 12
        assert sum(before) == pytest.approx(1) and sum(after) == pytest.approx(1)
    # the drawn bar is as wide as it says: out of 100 %
    track = page.locator(f"{ROWS}.chosen .track").bounding_box()["width"]
    bar = page.locator(f"{ROWS}.chosen .bar-own").bounding_box()["width"]
    share = float(page.locator(f"{ROWS}.chosen").evaluate("row => row.style.getPropertyValue('--own')"))
    assert bar / track == pytest.approx(share, abs=0.01)


def test_looking_around_asks_nobody(lm):
    page = lm()
    asked = len(calls(page))
    written = page.evaluate(WRITTEN)
    page.locator(BOXED).focus()
    page.keyboard.press("Home")
    assert page.inner_text(STEP) == "step 1 of 60"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text(STEP) == "step 2 of 60"
    assert page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"  # focus goes along
    page.click("#lm-generate .token >> nth=40")
    assert page.inner_text(STEP) == "step 41 of 60"
    assert page.locator("#lm-generate .token.later").count() == 19
    page.click("#lm-generate .back")
    assert page.inner_text(STEP) == "step 40 of 60"
    set_slider(page, "#lm-generate .scrubber", 9)
    assert page.inner_text(STEP) == "step 10 of 60"
    page.hover(f"{ROWS} >> nth=3")
    page.click(f"{ROWS}.rest")
    assert page.locator(ROWS).count() == 66
    page.click(".language[lang='pt-BR']")
    assert page.inner_text(STEP) == "passo 10 de 60"
    page.click(".page-head .theme")
    page.select_option("#lm-generate .speed", "25")
    page.keyboard.press("Tab")
    page.locator(BOXED).focus()
    page.keyboard.press("Control+a")
    page.click("#lm-generate .play")
    wait_for_text(page, STEP, "passo 60 de 60")
    page.wait_for_selector("#lm-generate .play:not(.playing)")
    assert page.evaluate(WRITTEN) == written
    assert len(calls(page)) == asked


def test_knobs_redraw_the_bars_and_never_the_text(lm):
    page = lm()
    asked, written = len(calls(page)), page.evaluate(WRITTEN)
    before, after = shares(page)
    assert not page.is_visible("#lm-generate .continue")
    set_slider(page, "#lm-generate .temperature", 0.2)
    cold_before, cold_after = shares(page)
    assert cold_before == before and cold_after[0] > after[0]
    assert "temperature 0.80" in page.inner_text("#lm-generate .drawn-with")
    assert page.is_visible("#lm-generate .continue")
    set_slider(page, "#lm-generate .top-k", 2)
    assert page.locator(f"{ROWS}.cut").count() == 9
    assert "top-k 2" in page.inner_text(f"{ROWS}.first-cut")
    page.click("#lm-generate [value='greedy']")
    assert shares(page)[1][0] == 1
    page.click("#lm-generate [value='balanced']")
    assert shares(page) == [before, after]
    assert page.evaluate(WRITTEN) == written and len(calls(page)) == asked


def test_the_page_samples_as_python_does(lm):
    page = lm()
    models, rows = Models("pretrained"), []
    for folder in ("ngram", "gpt"):
        answer = continue_text(models.get(f"lm/shakespeare/{folder}"), "ROMEO:", seed=3, count=5)
        rows += page.evaluate(
            "record => { const {data, shape} = Playground.floats(record);"
            " return Array.from({length: shape[0]}, (_, i) => [...data.slice(i * shape[1], (i + 1) * shape[1])]) }",
            answer["logits"],
        )
    rows += [[0.0] * 10, [1.0, 1.0, 2.0, 2.0, 0.0]]  # ties: the lower id wins
    knobs = [
        {"temperature": temperature, "top_k": top_k, "top_p": top_p}
        for temperature in (0, 0.05, 0.8, 1, 2)
        for top_k in (None, 1, 3, 65)
        for top_p in (0.05, 0.5, 0.8, 0.95, 1)
    ]
    found = page.evaluate(
        "([rows, knobs]) => rows.map(row => knobs.map(k => [...Playground.samplingProbs(row, k)]))",
        [rows, knobs],
    )
    for row, of_row in zip(rows, found):
        for k, probs in zip(knobs, of_row):
            expected = sampling_probs(row, **k)
            assert probs == pytest.approx(expected, abs=1e-12), k
            assert [p > 0 for p in probs] == (expected > 0).tolist(), k


def test_a_bar_clicked_forces_its_token_and_the_first_text_stays(lm):
    page = lm()
    first = page.evaluate(WRITTEN)
    page.click(f"{ROWS} >> nth=0")
    page.wait_for_function("() => document.querySelectorAll('#lm-generate .branch').length === 2")
    wait_for_text(page, STEP, "step 33 of 93")
    assert page.inner_text(BOXED) == "M"
    page.wait_for_function("() => document.querySelectorAll('#lm-generate .token').length === 93")
    forced = page.evaluate(WRITTEN)
    assert forced[:32] == first[:32] and forced[32] == "M" and forced[33:60] != first[33:]
    assert "your choice" in page.inner_text("#lm-generate .drawn-with")
    asked = len(calls(page))
    page.click("#lm-generate .branch >> nth=0")
    assert page.evaluate(WRITTEN) == first
    page.click("#lm-generate .branch >> nth=1")
    assert page.evaluate(WRITTEN) == forced and len(calls(page)) == asked


def test_continue_from_here_draws_anew_with_these_knobs(lm):
    page = lm()
    first = page.evaluate(WRITTEN)
    page.click("#lm-generate [value='greedy']")
    page.click("#lm-generate .continue")
    page.wait_for_function("() => document.querySelectorAll('#lm-generate .token').length === 93")
    assert page.evaluate(WRITTEN)[:32] == first[:32]
    assert page.inner_text(BOXED) == "M"  # the likeliest
    assert not page.is_visible("#lm-generate .continue")
    assert page.locator("#lm-generate .branch").count() == 2


def test_step_at_the_end_asks_for_one_more_and_play_for_a_length(lm):
    page = lm("&lm_n=5&lm_i=5")
    assert page.inner_text(STEP) == "step 5 of 5"
    page.click("#lm-generate .step")
    wait_for_text(page, STEP, "step 6 of 6")
    page.locator(BOXED).focus()
    page.keyboard.press("ArrowRight")
    wait_for_text(page, STEP, "step 7 of 7")
    page.select_option("#lm-generate .length", "20")
    page.select_option("#lm-generate .speed", "25")
    page.click("#lm-generate .play")
    wait_for_text(page, STEP, "step 27 of 27")
    page.wait_for_selector("#lm-generate .play:not(.playing)")


def test_the_text_does_not_depend_on_how_it_was_asked_for(lm):
    # 60 at once, and 7 then 53 more, one by one at first
    whole = lm("&lm_m=gpt&lm_s=11").evaluate(WRITTEN)
    page = lm("&lm_m=gpt&lm_s=11&lm_n=7&lm_i=7")
    page.click("#lm-generate .step")
    wait_for_text(page, STEP, "step 8 of 8")
    page.select_option("#lm-generate .speed", "25")
    page.click("#lm-generate .play")
    page.wait_for_function("() => document.querySelectorAll('#lm-generate .token').length >= 60")
    assert page.evaluate(WRITTEN)[:60] == whole


def test_generate_shows_its_first_token_at_once_and_plays(lm):
    page = lm()
    page.select_option("#lm-generate .speed", "25")
    page.fill("#lm-generate .prompt-field", "JULIET:\nO ")
    page.keyboard.press("Enter")
    wait_for_text(page, "#lm-generate .token-text .prompt", "JULIET")
    wait_for_text(page, STEP, "step 60 of 60")
    wait_for_address(page, "lm_p", "JULIET:\nO ")
    assert len(calls(page)) == 5  # the opening; then 1, 8, 32 and 19 tokens


def test_backing_off_is_said(lm):
    page = lm("&lm_o=8&lm_p=xyzzy+q&lm_n=5&lm_i=1")
    context = page.inner_text("#lm-generate .context")
    # seven characters are looked for, "xyzzy q" less the x: the training text knows no longer end than "y q"
    assert "“y␣q”" in context and "order 4" in context
    assert "These 7 characters were never seen together: using the last 3" in context
    assert re.search(r"\d+ of \d+", page.inner_text(f"{ROWS} >> nth=0"))


def test_switching_model_keeps_the_place_and_says_what_it_reads(lm):
    page = lm()
    page.check("#lm-generate [value='gpt']", force=True)
    wait_for_text(page, "#lm-generate .context", "GPT has read")
    assert page.inner_text(STEP) == "step 33 of 60"
    assert page.locator("#lm-generate .with-counts").count() == 0
    assert sum(shares(page)[0]) == pytest.approx(1)
    set_slider(page, "#lm-generate .order", 2)  # dimmed there, and no request
    page.check("#lm-generate [value='counts']", force=True)
    wait_for_text(page, "#lm-generate .context", "order 2")


def test_of_settings_changed_in_haste_the_last_is_shown(lm):
    page = lm()
    for order in (1, 2, 3, 8, 4, 7, 2):
        set_slider(page, "#lm-generate .order", order)
    wait_for_text(page, "#lm-generate .context", "order 2")
    wait_for_address(page, "lm_o", "2")
    again = lm("&lm_o=2").evaluate(WRITTEN)
    page.wait_for_function("() => document.querySelectorAll('#lm-generate .token').length === 60")
    assert page.evaluate(WRITTEN) == again


def test_a_link_reopens_branch_knobs_and_place(lm):
    page = lm("&lm_s=5")
    page.click("#lm-generate .token >> nth=9")
    set_slider(page, "#lm-generate .temperature", 1.2)
    page.click(f"{ROWS} >> nth=3")
    page.wait_for_function("() => document.querySelectorAll('#lm-generate .token').length === 70")
    page.keyboard.press("ArrowRight")
    wait_for_address(page, "lm_i", "11")
    wait_for_address(page, "lm_n", "70")
    assert address_of(page, "lm_f") is not None
    again = lm("&" + urlparse(page.url).query.replace("tab=lm&", ""))
    assert again.evaluate(WRITTEN) == page.evaluate(WRITTEN)
    assert again.inner_text(STEP) == page.inner_text(STEP) == "step 11 of 70"
    assert shares(again) == shares(page)


def test_bad_values_in_the_address_are_ignored(lm):
    page = lm("&lm_m=llama&lm_o=99&lm_s=-3&lm_t=NaN&lm_k=x&lm_q=7&lm_i=9999&lm_f=3-999999-1--1&lm_p=ROMEO%3A")
    assert page.inner_text(STEP) == "step 33 of 60"
    assert page.is_hidden("#lm-generate .message")
    assert page.input_value("#lm-generate .seed") == "2"


def test_a_bad_value_gets_one_sentence_and_what_was_there_stays(lm):
    page = lm()
    written = page.evaluate(WRITTEN)
    page.fill("#lm-generate .seed", "seven")
    page.keyboard.press("Tab")
    page.wait_for_selector("#lm-generate .message:not([hidden])")
    assert page.inner_text("#lm-generate .message").startswith("seed must be a whole number")
    page.click(".language[lang='pt-BR']")
    assert page.inner_text("#lm-generate .message") == said("pt-BR", "error.whole", "seed", 0, 2**64 - 1)
    assert page.evaluate(WRITTEN) == written and page.inner_text(STEP) == "passo 33 de 60"
    page.fill("#lm-generate .seed", str(2**64 - 1))
    page.keyboard.press("Tab")
    page.wait_for_selector("#lm-generate .message", state="hidden")
    assert page.evaluate(WRITTEN) != written


def test_prompts_of_every_kind(lm):
    page = lm()
    asked = len(calls(page))
    page.fill("#lm-generate .prompt-field", "x" * 100_000)
    page.click("#lm-generate .write")
    page.wait_for_selector("#lm-generate .message:not([hidden])")
    assert "100,000 characters" in page.inner_text("#lm-generate .message")
    assert len(calls(page)) == asked and page.inner_text("#lm-generate .prompt") == "ROMEO:"
    page.fill("#lm-generate .prompt-field", "olá 😀")
    page.click("#lm-generate .write")
    wait_for_text(page, "#lm-generate .prompt-note", "U\\+00E1.*U\\+1F600")
    assert page.text_content("#lm-generate .token-text .prompt") == "ol   "
    page.fill("#lm-generate .prompt-field", "")
    page.click("#lm-generate .write")
    wait_for_text(page, "#lm-generate .token-text .prompt", "^$")
    assert "starts from nothing" in page.inner_text("#lm-generate .prompt-note")
    page.fill("#lm-generate .prompt-field", "so " * 3_000)
    page.click("#lm-generate .write")
    wait_for_text(page, "#lm-generate .token-text .prompt", "8,000 characters before")
    # the address follows a moment later: 9,000 characters, of which it keeps at most 576
    wait_for_address_like(page, "lm_p", "^[so ]{512,576}$")


def test_a_server_that_does_not_answer_takes_nothing_away(lm):
    page = lm()
    written = page.evaluate(WRITTEN)
    page.route("**/component_server/**", lambda route: route.abort())
    page.click("#lm-generate [value='gpt']", force=True)
    page.wait_for_selector("#lm-generate .message:not([hidden])")
    assert page.evaluate(WRITTEN) == written
    assert page.is_checked("#lm-generate [value='counts']")
    page.unroute("**/component_server/**")
    page.check("#lm-generate [value='gpt']", force=True)
    wait_for_text(page, "#lm-generate .context", "GPT has read")
    assert page.is_hidden("#lm-generate .message")


def test_everything_fits_a_projector_without_scrolling(lm):
    for language in ("en", "pt-BR"):
        page = lm(f"&lang={language}")
        for part in (".token-text", ".bars", ".knobs", ".transport", ".entropy"):
            box = page.locator(f"#lm-generate {part}").bounding_box()
            assert box["y"] >= 0 and box["y"] + box["height"] <= 720, part
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_nothing_jumps_from_step_to_step(lm):
    page = lm()
    places = set()
    for i in range(0, 60, 7):
        page.click(f"#lm-generate .token >> nth={i}")
        parts = (".bars", ".transport", ".knobs", f"{ROWS.split()[-1]}.rest", ".fold")
        places.add(json.dumps([page.locator(f"#lm-generate {part}").first.bounding_box() for part in parts]))
    assert len(places) == 1


def test_a_phone_shows_the_text_first_and_everything_by_touch(lm):
    page = lm("", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tops = [
        page.locator(f"#lm-generate {part}").bounding_box()["y"]
        for part in (".token-text", ".transport", ".bars", ".knobs", ".source")
    ]
    assert tops == sorted(tops) and tops[0] < 400
    small = page.eval_on_selector_all(
        "#lm-generate button, #lm-generate select, #lm-generate input[type='range']",
        "parts => parts.filter(p => p.offsetParent && p.getBoundingClientRect().height < 40).map(p => p.className)",
    )
    assert small == []
    page.tap("#lm-generate .token >> nth=4")
    assert page.inner_text(STEP) == "step 5 of 60"
    page.tap("#lm-generate .step")
    assert page.inner_text(STEP) == "step 6 of 60"
    page.tap(f"{ROWS}:not(.chosen) >> nth=1")
    page.wait_for_selector("#lm-generate .branch")


def test_the_api_answers_over_http(address):
    from gradio_client import Client

    client = Client(address, verbose=False)
    answer = client.predict("ROMEO:", max_new_tokens=3, seed=str(2**64 - 1), api_name="/lm_generate")
    assert len(answer["steps"]) == 3 and answer["steps"][0]["order"] == 5
    assert client.predict("ROMEO:", top_k=1, seed=4, api_name="/lm_generate")["text"]
    assert len(client.predict("ROMEO:", model="gpt", api_name="/lm_predict")["tokens"]) == 65
    with pytest.raises(Exception, match="order must be a whole number from 1 to 8"):
        client.predict("ROMEO:", order=9, api_name="/lm_predict")
