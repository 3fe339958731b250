"""The station Generate of the next-token tab as a visitor uses it."""

import json
import re
from urllib.parse import parse_qs, urlparse

import pytest

from demo.lm.steps import continue_text
from demo.loading import Models
from demo.server import to_json
from demo.text import texts
from models.sampling import sampling_probs
from tests.browser.conftest import PHONE, calls, set_slider

HAS_TEXT = "**/playground/call/lm_text"
READY = ".lm-generate.ready"
STEP = "#lm-generate .counter"
BOXED = "#lm-generate .token[aria-selected='true']"
ROWS = "#lm-generate .token-row"
BRANCHES = "#lm-generate .branch"
PLACES = "() => [...document.querySelectorAll('#lm-generate .token')].map((one) => [one.offsetLeft, one.offsetTop])"
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


def wait_for_tokens(page, count):
    page.wait_for_function(
        "count => document.querySelectorAll('#lm-generate .token').length === count", arg=count
    )


def wait_for_branches(page, count):
    page.wait_for_function(
        "count => document.querySelectorAll('#lm-generate .branch').length === count", arg=count
    )


def test_what_was_spoken_in_the_other_language_is_gone(lm):
    page = lm("&lang=en")
    page.focus("#lm-generate .token >> nth=3")
    page.keyboard.press("ArrowRight")
    wait_for_text(page, "#lm-generate .spoken", r"Step \d+ of")
    page.click(".language[value='pt-BR']")
    assert page.text_content("#lm-generate .spoken") == ""


def test_tokens_are_spoken_in_the_language_of_their_text(lm):
    page = lm("&lm_corpus=machado&lang=en")
    tokens = "#lm-generate .token"
    page.wait_for_selector(tokens)
    languages = "(all) => [...new Set(all.map((token) => token.getAttribute('lang')))]"
    assert page.eval_on_selector_all(tokens, languages) == ["pt-BR"]
    page.check("#lm-tab .corpus [value=own]", force=True)
    page.wait_for_function(
        "(tokens) => document.querySelector(tokens)?.getAttribute('lang') === ''", arg=tokens
    )


def bring_own(page, text, unit="characters"):
    """A text of the visitor's becomes the corpus in view."""
    page.evaluate(
        "([text, unit]) => load('lm/store.js').then(({ lmStore }) => lmStore.bring({text, unit, name: 'mine'}))",
        [text, unit],
    )


def said(language, key, name, low, high):
    return texts(language)[key].format(name=name, low=low, high=high)


def address_of(page, name):
    parts = urlparse(page.url)
    return parse_qs(f"{parts.query}&{parts.fragment}", keep_blank_values=True).get(name, [None])[0]


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
    written = page.evaluate(WRITTEN)
    assert len(written) == 60
    assert page.inner_text(BOXED) == page.inner_text(f"{ROWS}.chosen .chip") == written[32]
    # what is in view is what the model says there: the opening is made for order 5
    counts = Models("pretrained").get("lm/shakespeare/ngram").with_order(5)
    seen = counts.predict(counts.tokenizer.encode(page.text_content("#lm-generate .prompt") + made(page, 32)))
    assert f"{seen.total:,} times" in page.inner_text("#lm-generate .context")
    after = sampling_probs(seen.logits, temperature=0.8, top_p=0.95)
    likeliest = sorted(range(len(after)), key=lambda i: (-seen.logits[i], i))[:11]
    assert page.locator(f"{ROWS}.cut").count() == sum(after[i] == 0 for i in likeliest)
    assert len(calls(page)) == 1


def made(page, count):
    """The first `count` tokens after the prompt, with their line ends."""
    return "".join(
        page.eval_on_selector_all("#lm-generate .token", "tokens => tokens.map(token => token.text)")[:count]
    )


def test_both_columns_add_up_to_the_whole_at_every_step(lm):
    page = lm("&lm_t=1.3&lm_k=7&lm_q=0.8")
    for key in ("Home", "ArrowRight", "ArrowRight", "End"):
        page.locator(BOXED).focus()
        page.keyboard.press(key)
        before, after = shares(page)
        assert len(before) == 12
        assert sum(before) == pytest.approx(1) and sum(after) == pytest.approx(1)
    # the drawn bar is as wide as it says: out of 100%
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


UNPACK = (
    "record => load('lm/logits.js').then(({ unpackLogits }) => unpackLogits(record).map(row => [...row]))"
)


def test_the_page_samples_as_python_does(lm):
    page = lm()
    models, rows = Models("pretrained"), []
    for folder in ("ngram", "gpt"):
        answer = continue_text(models.get(f"lm/shakespeare/{folder}"), "ROMEO:", seed=3, count=5)
        rows += page.evaluate(UNPACK, json.loads(to_json(answer))["logits"])
    rows += [[0.0] * 10, [1.0, 1.0, 2.0, 2.0, 0.0]]  # ties: the lower id wins
    knobs = [
        {"temperature": temperature, "top_k": top_k, "top_p": top_p}
        for temperature in (0, 0.05, 0.8, 1, 2)
        for top_k in (None, 1, 3, 65)
        for top_p in (0.05, 0.5, 0.8, 0.95, 1)
    ]
    found = page.evaluate(
        """([rows, knobs]) => load("lm/sampling.js").then(({ rankTokens, samplingProbs }) =>
            rows.map((row) => Float32Array.from(row))
                .map((row) => knobs.map((k) => [...samplingProbs(row, k, rankTokens(row))])))""",
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
    wait_for_branches(page, 2)
    wait_for_text(page, STEP, "step 33 of 93")
    assert page.inner_text(BOXED) == "M"
    wait_for_tokens(page, 93)
    forced = page.evaluate(WRITTEN)
    assert forced[:32] == first[:32] and forced[32] == "M" and forced[33:60] != first[33:]
    assert "your choice" in page.inner_text("#lm-generate .drawn-with")
    asked = len(calls(page))
    page.click(f"{BRANCHES} >> nth=0")
    assert page.evaluate(WRITTEN) == first
    page.click(f"{BRANCHES} >> nth=1")
    assert page.evaluate(WRITTEN) == forced and len(calls(page)) == asked


def test_continue_from_here_draws_anew_with_these_knobs(lm):
    page = lm()
    first = page.evaluate(WRITTEN)
    page.click("#lm-generate [value='greedy']")
    page.click("#lm-generate .continue")
    wait_for_tokens(page, 93)
    assert page.evaluate(WRITTEN)[:32] == first[:32]
    assert page.inner_text(BOXED) == "M"  # the likeliest
    assert not page.is_visible("#lm-generate .continue")
    assert page.locator(BRANCHES).count() == 2


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
    assert "Nothing ever followed these 7 tokens: using the last 3" in context
    assert "not by these counts" in context  # which are not what the bars go by
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
    wait_for_tokens(page, 60)
    assert page.evaluate(WRITTEN) == again


def test_a_link_reopens_branch_knobs_and_place(lm):
    page = lm("&lm_s=5")
    page.click("#lm-generate .token >> nth=9")
    set_slider(page, "#lm-generate .temperature", 1.2)
    page.click(f"{ROWS} >> nth=3")
    wait_for_tokens(page, 70)
    page.click("#lm-generate .step")
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
    assert page.inner_text("#lm-generate .message").startswith("The seed must be a whole number")
    page.click(".language[lang='pt-BR']")
    assert page.inner_text("#lm-generate .message") == said("pt-BR", "error.whole", "A semente", 0, 2**64 - 1)
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
    wait_for_text(page, "#lm-generate .prompt-note", "“á”.*“😀”")
    assert page.text_content("#lm-generate .token-text .prompt") == "ol   "
    page.fill("#lm-generate .prompt-field", "")
    page.click("#lm-generate .write")
    wait_for_text(page, "#lm-generate .token-text .prompt", "^$")
    assert "starts from nothing" in page.inner_text("#lm-generate .prompt-note")
    page.fill("#lm-generate .prompt-field", "so " * 3_000)
    page.click("#lm-generate .write")
    wait_for_text(page, "#lm-generate .token-text .prompt", "8,000 tokens before")
    # the address follows a moment later: 9,000 characters, of which it keeps at most 576
    wait_for_address_like(page, "lm_p", "^[so ]{512,576}$")


def test_a_server_that_does_not_answer_takes_nothing_away(lm):
    page = lm()
    written = page.evaluate(WRITTEN)
    page.route("**/playground/call/**", lambda route: route.abort())
    page.click("#lm-generate [value='gpt']", force=True)
    page.wait_for_selector("#lm-generate .message:not([hidden])")
    assert page.evaluate(WRITTEN) == written
    page.unroute("**/playground/call/**")
    page.click("#lm-generate .message .again")
    wait_for_text(page, "#lm-generate .context", "GPT has read")
    assert page.is_hidden("#lm-generate .message") and page.is_checked("#lm-generate [value='gpt']")


# corpora


def test_every_corpus_has_its_own_opening_orders_and_units(lm):
    page = lm()
    assert page.get_attribute("#lm-generate .order", "max") == "8"
    assert "a character" in page.inner_text("#lm-generate .station-lead")
    page.check("#lm-tab [value='machado']", force=True)
    wait_for_text(page, "#lm-generate .token-text .prompt", "^Capitu olhou$")
    wait_for_text(page, STEP, "step 2 of 60")
    assert page.get_attribute("#lm-generate .order", "max") == "4"
    assert page.input_value("#lm-generate .order") == "3"
    assert "a piece of a word" in page.inner_text("#lm-generate .station-lead")
    chips = page.eval_on_selector_all(f"{ROWS} .chip", "chips => chips.map(chip => chip.textContent)")
    assert sum(chip.startswith("␣") for chip in chips) >= 5  # she looked for someone
    assert sum(shares(page)[0]) == pytest.approx(1)
    assert page.locator("#lm-generate .token.later").count() == 58
    # a row says in full what its chip may cut
    assert page.get_attribute(f"{ROWS} >> nth=0", "title") == chips[0]
    page.hover(f"{BOXED}")
    assert re.fullmatch(r"␣\S+ · [\d.<]+%", page.get_attribute(BOXED, "title"))


def test_a_corpus_is_found_as_it_was_left(lm):
    page = lm()
    page.click("#lm-generate .token >> nth=9")
    page.fill("#lm-generate .prompt-field", "a prompt not sent yet")
    page.check("#lm-tab [value='machado']", force=True)
    wait_for_text(page, "#lm-generate .token-text .prompt", "^Capitu olhou$")
    assert page.input_value("#lm-generate .prompt-field") == "Capitu olhou"
    asked = len(calls(page))
    page.check("#lm-tab [value='shakespeare']", force=True)
    wait_for_text(page, STEP, "step 10 of 60")
    assert page.text_content("#lm-generate .token-text .prompt") == "ROMEO:"
    assert page.input_value("#lm-generate .prompt-field") == "a prompt not sent yet"
    assert page.input_value("#lm-generate .order") == "5"
    assert len(calls(page)) == asked
    # the list keeps both, each under its corpus
    assert page.locator(BRANCHES).all_inner_texts() == [
        "Shakespeare · Counts, order 5 · seed 2 · “ROMEO:”",
        "Machado · Counts, order 3 · seed 1 · “Capitu␣olhou”",
    ]


def test_the_model_goes_along_to_another_corpus_where_it_is_there(lm):
    page = lm()
    page.check("#lm-generate [value='gpt']", force=True)
    wait_for_text(page, "#lm-generate .context", "GPT has read")
    page.check("#lm-tab [value='machado']", force=True)
    wait_for_text(page, "#lm-generate .token-text .prompt", "^Capitu olhou$")
    assert page.is_checked("#lm-generate [value='gpt']")
    assert "GPT has read the whole text so far: 6 tokens" in page.inner_text("#lm-generate .context")
    bring_own(page, "the cat sat on the mat\nthe dog sat on the log\n", "words")
    wait_for_text(page, "#lm-generate .token-text .prompt", "^the$")
    assert page.is_checked("#lm-generate [value='counts']") and page.is_disabled("#lm-generate [value='gpt']")
    assert "Only counts" in page.locator("#lm-generate label:has([value='gpt'])").get_attribute("title")
    assert "here, a word" in page.inner_text("#lm-generate .station-lead")
    assert "“the” was followed 4 times" in page.inner_text("#lm-generate .context")
    # a word chosen by hand brings its space, a line end none
    row = page.locator(ROWS).filter(has=page.locator("text=/^log$/")).first
    assert "1 of 4" in row.inner_text()
    row.click()
    wait_for_branches(page, 5)
    wait_for_text(page, BOXED, "^ log$")
    page.check("#lm-tab [value='machado']", force=True)
    wait_for_text(page, "#lm-generate .token-text .prompt", "^Capitu olhou$")
    assert page.is_enabled("#lm-generate [value='gpt']")


def test_a_prompt_in_pieces_of_words_is_shown_piece_by_piece(lm):
    page = lm("&lm_corpus=machado&lm_p=Capitu+olhou")
    tokenizer = Models("pretrained").get("lm/machado/ngram").tokenizer
    pieces = [tokenizer.tokens[i] for i in tokenizer.encode("Capitu olhou")]
    assert len(pieces) > 2  # a word is cut in two
    wait_for_text(page, "#lm-generate .prompt-note", "^Read as ")
    shown = page.inner_text("#lm-generate .prompt-note").removeprefix("Read as ").split(";")[0].rstrip(".")
    assert shown == "|".join(pieces).replace(" ", "␣")
    # the GPT sees all of them, and the line end that is assumed before the text is none of them
    page.check("#lm-generate [value='gpt']", force=True)
    wait_for_text(page, "#lm-generate .prompt-note", rf"^Read as {re.escape(shown)}\.$")
    page.fill("#lm-generate .prompt-field", "a")
    page.click("#lm-generate .write")
    wait_for_text(page, "#lm-generate .prompt-note", r"^Read as a\.$")
    page.locator(BOXED).focus()
    page.keyboard.press("Home")
    assert page.inner_text("#lm-generate .context-seen") == texts("en")["lm.context.gpt.all.1"]


def test_without_a_mouse_it_is_said_why_a_text_of_ones_own_has_no_gpt(lm):
    page = lm("&lm_corpus=shakespeare")
    bring_own(page, "the cat sat on the mat")
    wait_for_text(page, "#lm-generate .prompt-note", "GPT")
    assert page.inner_text("#lm-generate .prompt-note") == texts("en")["lm.model.gpt.none"]
    assert page.is_disabled("#lm-generate [name='lm-model'][value=gpt]")


def test_words_unknown_to_a_text_are_left_out_and_named(lm):
    page = lm()
    bring_own(page, "the cat sat on the mat", "words")
    wait_for_text(page, "#lm-generate .token-text .prompt", "^the$")
    page.fill("#lm-generate .prompt-field", "the purple cat")
    page.click("#lm-generate .write")
    wait_for_text(page, "#lm-generate .prompt-note", "left out: “purple”")
    assert page.text_content("#lm-generate .token-text .prompt") == "the cat"


def test_a_vocabulary_of_many_words_is_shown_and_cut_like_any_other(lm):
    page = lm()
    bring_own(page, " ".join(f"word{i} and" for i in range(20_000)), "words")
    wait_for_text(page, "#lm-generate .token-text .prompt", "^word0$")
    page.click("#lm-generate .token >> nth=1")
    assert page.inner_text(f"{ROWS}.rest .chip") == "+19,990"  # of 20,001 words
    for knobs in ((0, "20", "1"), (1.5, "1", "0.5"), (1, "99", "0.9")):
        for name, value in zip(("temperature", "top-k", "top-p"), knobs, strict=True):
            set_slider(page, f"#lm-generate .{name}", value)
        before, after = shares(page)
        assert sum(before) == pytest.approx(1) and sum(after) == pytest.approx(1)
    set_slider(page, "#lm-generate .top-k", 22)  # far from the left end its steps are wider
    assert page.inner_text("#lm-generate .top-k-value") == "30"
    set_slider(page, "#lm-generate .top-p", 1)
    assert "top-k 30 keeps 30" in page.inner_text(f"{ROWS}.first-cut .line")
    page.click(f"{ROWS}.rest")
    assert page.locator(ROWS).count() == 201
    assert page.locator(f"{ROWS}:not(.cut):not(.rest)").count() == 30


# branches


def branch_names(page):
    return page.eval_on_selector_all(
        BRANCHES, "all => all.map(one => [Number(one.style.getPropertyValue('--depth')), one.textContent])"
    )


def test_a_branch_of_a_branch_stands_below_it_and_all_can_be_returned_to(lm):
    page = lm()
    seen = [page.evaluate(WRITTEN)]
    page.click(f"{ROWS}:not(.chosen) >> nth=0")
    wait_for_tokens(page, 93)
    seen.append(page.evaluate(WRITTEN))
    page.click("#lm-generate .token >> nth=39")
    taken = page.inner_text(f"{ROWS}:not(.chosen) .chip >> nth=1")
    page.click(f"{ROWS}:not(.chosen) >> nth=1")
    wait_for_tokens(page, 100)
    seen.append(page.evaluate(WRITTEN))
    page.click(f"{BRANCHES} >> nth=0")
    page.click("#lm-generate [value='wild']")
    page.click("#lm-generate .continue")
    wait_for_branches(page, 4)
    wait_for_tokens(page, 93)
    assert branch_names(page) == [
        [0, "Counts, order 5 · seed 2"],
        [1, "“M” at step 33"],
        [2, f"“{taken}” at step 40"],
        [1, "wild from step 33"],
    ]
    page.wait_for_function("() => !document.querySelector('.lm-generate.slow')")
    asked = len(calls(page))
    for place, written in enumerate(seen):
        page.click(f"{BRANCHES} >> nth={place}")
        assert page.evaluate(WRITTEN) == written
        assert page.get_attribute(f"{BRANCHES} >> nth={place}", "aria-pressed") == "true"
    assert len(calls(page)) == asked
    # the same token again is the branch that is there
    page.click(f"{BRANCHES} >> nth=0")
    assert page.get_attribute("#lm-generate [value='balanced']", "aria-pressed") == "true"
    page.click(f"{ROWS}:not(.chosen) >> nth=0")
    wait_for_tokens(page, 93)
    assert page.evaluate(WRITTEN) == seen[1] and page.locator(BRANCHES).count() == 4


def test_texts_made_before_stay_whatever_is_changed_and_bring_their_controls_back(lm):
    page = lm()
    first = page.evaluate(WRITTEN)
    page.check("#lm-generate [value='gpt']", force=True)
    wait_for_text(page, "#lm-generate .context", "GPT has read")
    page.fill("#lm-generate .seed", "7")
    page.keyboard.press("Tab")
    wait_for_branches(page, 3)
    page.fill("#lm-generate .prompt-field", "JULIET:")
    page.select_option("#lm-generate .speed", "50")
    page.keyboard.press("Enter")
    wait_for_text(page, STEP, "step 60 of 60")
    page.click("#lm-generate [value='greedy']")
    page.check("#lm-tab [value='machado']", force=True)
    wait_for_branches(page, 5)
    assert [name for _, name in branch_names(page)] == [
        "Shakespeare · Counts, order 5 · seed 2 · “ROMEO:”",
        "Shakespeare · GPT · seed 2 · “ROMEO:”",
        "Shakespeare · GPT · seed 7 · “ROMEO:”",
        "Shakespeare · GPT · seed 7 · “JULIET:”",
        "Machado · GPT · seed 1 · “Capitu␣olhou”",
    ]
    page.click(f"{BRANCHES} >> nth=0")
    wait_for_text(page, STEP, "step 33 of 60")
    assert page.evaluate(WRITTEN) == first
    assert page.is_checked("#lm-tab [value='shakespeare']") and page.is_checked(
        "#lm-generate [value='counts']"
    )
    assert page.input_value("#lm-generate .seed") == "2"
    assert page.input_value("#lm-generate .prompt-field") == "ROMEO:"
    assert page.get_attribute("#lm-generate [value='balanced']", "aria-pressed") == "true"
    wait_for_address(page, "lm_corpus", "shakespeare")


def test_a_reload_brings_the_texts_back_and_makes_them_again_when_opened(lm):
    page = lm()
    page.click(f"{ROWS}:not(.chosen) >> nth=0")
    wait_for_tokens(page, 93)
    branch = page.evaluate(WRITTEN)
    page.check("#lm-tab [value='machado']", force=True)
    wait_for_branches(page, 3)
    names = branch_names(page)
    wait_for_address_like(page, "lm_p", "Capitu")
    page.reload()
    page.wait_for_selector(READY, timeout=60_000)
    wait_for_text(page, "#lm-generate .token-text .prompt", "^Capitu olhou$")
    assert [depth for depth, _ in branch_names(page)] == [depth for depth, _ in names]
    assert page.get_attribute(f"{BRANCHES} >> nth=2", "aria-pressed") == "true"
    page.click(f"{BRANCHES} >> nth=1")
    wait_for_tokens(page, 93)
    assert page.evaluate(WRITTEN) == branch
    assert branch_names(page) == names
    assert page.inner_text(STEP) == "step 33 of 93"


def test_a_reload_does_not_list_a_text_of_the_visitors_that_is_gone(lm):
    page = lm("&lm_corpus=machado")
    bring_own(page, "the cat sat on the mat", "words")
    wait_for_text(page, "#lm-generate .token-text .prompt", "^the$")
    wait_for_branches(page, 2)
    page.check("#lm-tab [value='machado']", force=True)
    wait_for_text(page, "#lm-generate .token-text .prompt", "^Capitu olhou$")
    page.reload()
    page.wait_for_selector(READY, timeout=60_000)
    wait_for_branches(page, 1)
    bring_own(page, "the cat sat on the mat", "words")
    wait_for_branches(page, 2)


def test_a_list_that_was_tampered_with_is_left_alone(lm):
    page = lm()
    page.evaluate("sessionStorage.setItem('lm-runs-generate', '[{\"settings\": 3}, null]')")
    page.goto("about:blank")
    page.go_back()
    page.wait_for_selector(READY, timeout=60_000)
    wait_for_branches(page, 1)


# where the knobs cut


def test_the_line_stands_below_the_smallest_set_that_reaches_top_p(lm):
    page = lm("&lm_t=1&lm_q=1")
    own = shares(page)[0][:11]
    for top_p in (0.3, 0.5, 0.8, 0.97):
        set_slider(page, "#lm-generate .top-p", top_p)
        kept = next(n for n in range(1, 12) if sum(own[:n]) >= top_p)
        assert page.locator(f"{ROWS}.first-cut").count() == 1
        line = page.locator(f"{ROWS} >> nth={kept}")
        assert "first-cut" in line.get_attribute("class")
        assert line.locator(".line").inner_text() == f"top-p {top_p:.2f} cuts"
        colour = line.evaluate("row => getComputedStyle(row).borderTopColor")
        assert colour != line.evaluate("row => getComputedStyle(row.previousSibling).borderTopColor")
    set_slider(page, "#lm-generate .top-k", 1)
    assert page.inner_text(f"{ROWS}.first-cut .line") == "top-k 1 cuts"
    set_slider(page, "#lm-generate .temperature", 0)
    assert page.inner_text(f"{ROWS}.first-cut .line") == "temperature 0 keeps one"
    for name, value in (("temperature", 1), ("top-k", 65), ("top-p", 1)):
        set_slider(page, f"#lm-generate .{name}", value)
    assert page.locator(f"{ROWS}.first-cut").count() == 0


def test_a_line_out_of_sight_is_told_by_the_rest(lm):
    page = lm("&lm_o=1&lm_t=1&lm_q=0.95")
    own = shares(page)[0][:11]
    assert sum(own[:10]) < 0.95
    line = page.inner_text(f"{ROWS}.rest.first-cut .line")
    kept = int(re.fullmatch(r"top-p 0.95 keeps (\d+)", line)[1])
    page.click(f"{ROWS}.rest")
    assert page.locator(f"{ROWS}:not(.cut):not(.rest)").count() == kept


# looking closer


def test_playing_draws_every_step_and_mounts_no_row(lm):
    page = lm()
    page.evaluate(
        """() => {
            window.mounted = 0;
            window.steps = [];
            const count = records => records.forEach(record => (mounted += record.addedNodes.length));
            new MutationObserver(records => count(records.filter(record => record.target.matches('.token-bars'))))
                .observe(document.querySelector('#lm-generate .token-bars'), {childList: true, subtree: true});
            new MutationObserver(() => steps.push(document.querySelector('#lm-generate .counter').textContent))
                .observe(document.querySelector('#lm-generate .counter'), {childList: true, characterData: true});
        }"""
    )
    page.locator(BOXED).focus()
    page.keyboard.press("Home")
    page.select_option("#lm-generate .speed", "25")
    page.click("#lm-generate .play")
    wait_for_text(page, STEP, "step 60 of 60")
    page.wait_for_selector("#lm-generate .play:not(.playing)")
    seen = [int(text.split()[1]) for text in page.evaluate("steps")]
    assert [step for i, step in enumerate(seen) if not i or step != seen[i - 1]] == list(range(1, 61))
    assert page.evaluate("mounted") == 0


def test_a_prompt_out_of_sight_is_dimmed_and_said(lm):
    page = lm("&lm_p=ROMEO%3A+my+lord&lm_n=5&lm_i=1&lm_o=4")
    dimmed = "#lm-generate .prompt .unseen"
    # order 4 looks at three characters
    assert page.locator(dimmed).count() == len("ROMEO: my lord") - 3
    assert page.text_content("#lm-generate .sight") == "o"
    assert "only the last 3 of 14 tokens" in page.inner_text("#lm-generate .prompt-note")
    page.locator(BOXED).focus()
    page.keyboard.press("End")
    assert page.locator(dimmed).count() == len("ROMEO: my lord")
    assert page.locator("#lm-generate .token.sight").count() == 1
    page.keyboard.press("Home")
    assert page.locator(dimmed).count() == len("ROMEO: my lord") - 3
    page.check("#lm-generate [value='gpt']", force=True)
    wait_for_text(page, "#lm-generate .context", "GPT has read the whole text so far: 14")
    assert page.locator(dimmed).count() == 0 and page.locator("#lm-generate .sight").count() == 0
    assert "only the last" not in page.inner_text("#lm-generate .prompt-note")
    page.fill("#lm-generate .prompt-field", "so " * 200)
    page.click("#lm-generate .write")
    wait_for_text(page, "#lm-generate .prompt-note", r"only the last \d+ of 600 tokens")
    assert 0 < page.locator(dimmed).count() < 600


def test_counts_lead_to_their_evidence(lm):
    page = lm()
    page.evaluate(
        "load('lm/store.js').then(({ lmStore }) => lmStore.listen(({ evidence }) => (window.heard = evidence)))"
    )
    before = "ROMEO:" + made(page, 32)
    token = page.inner_text(f"{ROWS} .chip >> nth=1")
    page.click(f"{ROWS} .counted >> nth=1")
    page.wait_for_selector("#lm-evidence:not([hidden])", state="attached")
    assert page.evaluate("heard") == {"corpus": "shakespeare", "text": before, "order": 5, "token": token}
    assert address_of(page, "lm_e_p") == before and address_of(page, "lm_e_o") == "5"
    assert address_of(page, "lm_e_t") == token and address_of(page, "station") == "evidence"
    page.click("#lm-tab .stations [value='generate']")
    page.click("#lm-generate .look-up")
    assert page.evaluate("heard.token") == page.text_content(f"{ROWS}.chosen .chip")
    page.click("#lm-tab .stations [value='generate']")
    page.check("#lm-generate [value='gpt']", force=True)
    wait_for_text(page, "#lm-generate .context", "GPT has read")
    assert page.is_hidden("#lm-generate .look-up")


def test_copied_stretches_are_underlined_and_the_longest_is_named(lm):
    page = lm()
    whole = "ROMEO:" + made(page, 60)
    page.route(HAS_TEXT, lambda route: route.fulfill(json={"missing": None}))
    page.reload()
    page.wait_for_selector(READY)
    page.wait_for_selector("#lm-generate .copying-switch:enabled")
    page.evaluate(
        """async () => {
            const { lmStore } = await load("lm/store.js");
            const { ask } = lmStore;
            window.answerCopying = ({ text, corpus }) => {
                window.searched = [text, corpus];
                const longest = {start: 20, end: 40, text: text.slice(20, 40)};
                return {runs: [[2, 9], [20, 40]], longest};
            };
            lmStore.ask = async (name, payload) =>
                name === "lm_copying" ? answerCopying(payload) : ask(name, payload);
        }"""
    )
    places = page.evaluate(PLACES)
    page.check("#lm-generate .copying-switch")
    wait_for_text(page, "#lm-generate .copied-run", "20 characters")
    assert page.evaluate("searched") == [whole, "shakespeare"]
    underlined = page.eval_on_selector_all(
        "#lm-generate .prompt > span, #lm-generate .token",
        "all => all.flatMap((one, i) => (getComputedStyle(one).textDecorationLine === 'underline' ? [i] : []))",
    )
    assert underlined == [*range(2, 9), *range(20, 40)]
    assert page.evaluate(PLACES) == places  # nothing but the line is new
    page.click(".language[lang='pt-BR']")
    wait_for_text(page, "#lm-generate .copied-run", "20 caracteres")
    # a stretch that is named is underlined, also where it is too short for the list
    page.evaluate(
        """() => { window.answerCopying = ({ text }) =>
            ({runs: [], longest: {start: 9, end: 22, text: text.slice(9, 22)}}); }"""
    )
    page.uncheck("#lm-generate .copying-switch")
    page.check("#lm-generate .copying-switch")
    wait_for_text(page, "#lm-generate .copied-run", "13 caracteres")
    assert page.locator("#lm-generate .copied-token").count() == 13
    page.uncheck("#lm-generate .copying-switch")
    assert page.locator("#lm-generate .copied-token").count() == 0
    assert page.is_hidden("#lm-generate .copied-run")


def test_without_the_training_text_nothing_is_called_copied(lm):
    page = lm("&lm_corpus=shakespeare&lm_copies=1")
    switch = page.locator("#lm-generate .copying-switch")
    page.wait_for_selector("#lm-generate .copying-missing", state="visible")
    assert switch.is_disabled() and not switch.is_checked()
    for language in ("pt-BR", "en"):
        page.click(f".language[lang='{language}']")
        why = texts(language)["lm.text.absent"].format(command="python -m training.texts")
        why = why.replace("`", "")  # a title has no marks for code
        assert page.get_attribute("#lm-generate .copying-missing", "title") == why
    assert page.inner_text("#lm-generate .copying-missing") == texts("en")["lm.copying.missing"]
    page.check("#lm-generate [value='gpt']", force=True)
    wait_for_text(page, "#lm-generate .context", "GPT")
    assert page.locator("#lm-generate .copied-token").count() == 0 and page.is_hidden(
        "#lm-generate .copied-run"
    )
    # a visitor's own text is at hand
    bring_own(page, "the cat sat on the mat and the cat sat on the mat")
    page.wait_for_selector("#lm-generate .copying-switch:enabled")
    assert page.is_hidden("#lm-generate .copying-missing")
    switch.check()
    wait_for_text(page, "#lm-generate .copied-run", "characters")
    assert page.locator("#lm-generate .copied-token").count()


def test_a_text_of_one_token_has_nothing_to_unfold_and_nothing_to_cut(lm):
    page = lm("&lm_corpus=shakespeare")
    page.click("#lm-generate .token-row.rest")  # every token: the drawn one is brought into view
    page.click("#lm-generate .token >> nth=50")
    chosen = page.locator(f"{ROWS}.chosen")
    page.wait_for_function("() => document.querySelectorAll('#lm-generate .token-row').length > 60")
    place, row = page.locator("#lm-generate .token-bars").bounding_box(), chosen.bounding_box()
    assert place["y"] <= row["y"] and row["y"] + row["height"] <= place["y"] + place["height"] + 1
    bring_own(page, "aaaaaaa")
    wait_for_text(page, "#lm-generate .token-text .prompt", "^a+$")
    assert page.is_hidden("#lm-generate .token-row.rest") and page.is_disabled("#lm-generate .top-k")
    assert page.input_value("#lm-generate .top-k") == page.get_attribute("#lm-generate .top-k", "max")


def test_a_text_that_is_being_fetched_is_waited_for(lm):
    page = lm("&lm_corpus=shakespeare")
    states = [{"key": "lm.text.fetching", "values": {}}, None]
    page.route(HAS_TEXT, lambda route: route.fulfill(json={"missing": states.pop(0)}))
    page.reload()
    page.wait_for_selector(f"#lm-generate .copying-missing[title='{texts('en')['lm.text.fetching']}']")
    page.wait_for_selector("#lm-generate .copying-switch:enabled", timeout=15_000)
    assert not states and page.is_hidden("#lm-generate .copying-missing")


@pytest.mark.parametrize(
    "reader, other, corpus", [("en-US", "pt-BR", "shakespeare"), ("pt-BR", "en-US", "machado")]
)
def test_a_link_opens_the_same_text_for_readers_of_another_language(lm, reader, other, corpus):
    page = lm(locale=reader)
    assert address_of(page, "lm_corpus") == corpus  # before anything is touched
    page.fill("#lm-generate .prompt-field", "O cora")
    page.click("#lm-generate .write")
    page.wait_for_function("() => document.querySelector('#lm-generate .prompt').textContent === 'O cora'")
    wait_for_address(page, "lm_p", "O cora")
    again = lm("&" + urlparse(page.url).query.replace("tab=lm&", ""), locale=other)
    assert made(again, 60) == made(page, 60)


def test_columns_take_the_place_of_the_bars_and_the_link_keeps_them(lm):
    page = lm()
    page.check("#lm-generate [value='columns']", force=True)
    page.wait_for_selector("#lm-generate .token-columns", state="visible")
    assert page.is_hidden("#lm-generate .token-bars")
    assert page.inner_text("#lm-generate .token-columns").strip()
    wait_for_address(page, "lm_view", "columns")
    again = lm("&lm_view=columns")
    assert again.is_hidden("#lm-generate .token-bars")
    assert again.inner_text("#lm-generate .token-columns") == page.inner_text("#lm-generate .token-columns")
    again.check("#lm-generate [value='bars']", force=True)
    assert sum(shares(again)[0]) == pytest.approx(1)


def test_a_text_can_be_taken_away(lm):
    page = lm()
    assert page.locator("#lm-generate .take-away button").first.is_visible()


def test_a_link_to_a_token_that_is_not_there_opens_the_text_without_it(lm):
    page = lm("&lm_n=5&lm_i=2&lm_f=0-9999-1--1")
    assert page.text_content("#lm-generate .prompt") == "ROMEO:"
    page = lm("&lm_n=5&lm_i=2&lm_f=0--1--1_1-9999-1--1")
    assert page.text_content("#lm-generate .prompt") == "ROMEO:"
    assert page.is_hidden("#lm-generate .message")


def test_with_reduced_motion_a_text_is_there_at_once(lm):
    page = lm("", reduced_motion="reduce")
    page.fill("#lm-generate .prompt-field", "JULIET:")
    page.click("#lm-generate .write")
    page.wait_for_function("document.querySelector('#lm-generate .prompt').textContent.startsWith('JULIET:')")
    wait_for_text(page, STEP, "step 60 of 60")
    assert page.locator("#lm-generate .token.later").count() == 0
    assert page.locator("#lm-generate .play.playing").count() == 0


# places


def test_nothing_jumps_from_step_to_step(lm):
    page = lm()
    places = set()
    for i in range(0, 60, 7):
        page.click(f"#lm-generate .token >> nth={i}")
        parts = (".bars", ".transport", ".knobs", f"{ROWS.split()[-1]}.rest", ".fold")
        places.add(json.dumps([page.locator(f"#lm-generate {part}").first.bounding_box() for part in parts]))
    assert len(places) == 1


def test_a_phone_shows_the_prompt_first_and_everything_by_touch(lm):
    page = lm("", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tops = [
        page.locator(f"#lm-generate {part}").bounding_box()["y"]
        for part in (".source", ".token-text", ".transport", ".bars", ".knobs")
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


def test_the_address_names_the_text_while_it_is_played(open_page):
    page = open_page("?tab=lm&station=generate&lm_corpus=shakespeare")
    page.wait_for_selector("#lm-generate .token >> nth=5")
    page.fill("#lm-generate .seed", "7")
    page.select_option("#lm-generate .length", "200")
    page.press("#lm-generate .prompt-field", "Control+Enter")
    page.wait_for_url("**lm_s=7**", timeout=20_000)
    assert "lm_n=200" in page.url
    shown = page.inner_text("#lm-generate .counter")
    page.wait_for_function(
        "shown => document.querySelector('#lm-generate .counter').textContent !== shown", arg=shown
    )
