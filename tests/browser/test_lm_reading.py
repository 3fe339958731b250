"""The station Reading as a visitor uses it: a text in colours, numbers, one token's story."""

import re
from urllib.parse import parse_qs, urlparse

import pytest

from demo.lm import reading
from demo.lm.language_models import LanguageModels
from demo.loading import Models
from demo.text import texts
from models.tokenizer import normalize
from tests.browser.conftest import PHONE, calls, set_slider

ROOT = "#lm-reading"
LANGUAGE_MODELS = LanguageModels(Models("pretrained"))
TEXT = "The king is not the king.\nHe zounds!"


def open_reading(open_page, query="", **options):
    page = open_page(f"?tab=lm&station=reading{query}", **options)
    page.set_default_timeout(90_000)  # for a machine that has other things to do
    page.wait_for_selector(f"{ROOT} .guess")
    wait_for_scores(page)
    return page


def wait_for_scores(page):
    page.wait_for_function(
        "() => !document.querySelector('#lm-reading .busy, #lm-reading .lm-reading.busy')"
        " && ![...document.querySelectorAll('#lm-reading .nats')].some((part) => part.textContent === '…')"
    )


def read(page, text):
    page.fill(f"{ROOT} .text-field", text)
    page.click(f"{ROOT} .read")
    page.wait_for_function(
        "(text) => [...document.querySelectorAll('#lm-reading .tokens .token')]"
        ".map((part) => part.textContent).join('') === text.replaceAll('\\n', '')",
        arg=text,
    )
    wait_for_scores(page)


def scores(page, model):
    """(nats per character, mean rank, share of first guesses in per cent) as they are shown."""
    cells = page.locator(f"{ROOT} .score[data-model={model}] td").all_inner_texts()
    return [float(cell.rstrip("%").replace(",", ".")) for cell in cells]


def colours(page):
    return page.eval_on_selector_all(
        f"{ROOT} .tokens .token",
        "all => all.map((part) => part.dead ? null : part.className.match(/rank-\\d|surprise/)?.[0])",
    )


def guesses(page):
    return [tuple(words.split("\n")) for words in page.locator(f"{ROOT} .guess").all_inner_texts()]


def choose_model(page, model):
    page.check(f"{ROOT} .score [value={model}]", force=True)


def address(page):
    """The parameters of the address: the query, and what stands behind the "#"."""
    parts = urlparse(page.url)
    return {name: values[0] for name, values in parse_qs(f"{parts.query}&{parts.fragment}").items()}


def expected(text, model="counts", order=None, corpus="shakespeare"):
    """(answer of the API's function, Reading) of the shipped model."""
    lm = LANGUAGE_MODELS.get(corpus, model, order)
    return reading.for_program(lm, text), reading.read_text(lm, text)[3]


def assert_scores(page, text, model, order=None, corpus="shakespeare"):
    answer, _ = expected(text, model, order, corpus)
    nats, mean_rank, first = scores(page, model)
    assert nats == pytest.approx(answer["nats_per_character"], abs=6e-4)
    assert mean_rank == pytest.approx(answer["mean_rank"], abs=0.06)
    assert first == pytest.approx(100 * answer["first_guess"], abs=0.6)


# --- numbers and colours ----------------------------------------------------------------------------------


def test_both_models_score_the_text_and_agree_with_python(open_page):
    page = open_reading(open_page)
    read(page, TEXT)
    for model in reading.READERS:
        assert_scores(page, TEXT, model)
        choose_model(page, model)
        _, found = expected(TEXT, model)
        steps = [sum(rank > worst for worst in (1, 3, 10, 100)) for rank in found.ranks]
        assert colours(page) == [f"rank-{step}" for step in steps]


def test_a_token_tells_its_rank_and_what_was_expected(open_page):
    page = open_reading(open_page)
    read(page, TEXT)
    place = TEXT.index("z")
    page.click(f"{ROOT} .tokens .token >> nth={place}")
    _, found = expected(TEXT)
    lm = LANGUAGE_MODELS.get("shakespeare")
    said = page.inner_text(f"{ROOT} .says")
    assert f"rank {found.ranks[place]} of {len(lm.tokenizer)}" in said
    assert float(re.search(r"([\d.]+) bits", said)[1]) == pytest.approx(found.nats[place] / 0.6931, abs=0.06)
    shown = guesses(page)
    names = [lm.tokenizer.tokens[i].replace(" ", "␣").replace("\n", "↵") for i in found.top_ids[place]]
    assert [row[1] for row in shown[:5]] == names
    assert len(shown) == 6 and shown[5][:2] == (str(found.ranks[place]), "z")
    why = page.inner_text(f"{ROOT} .why")
    assert found.count[place] == 0
    assert f"was followed {found.total[place]:,} times, by this token never" in why
    assert f"order {found.order[place]}" in why
    _, gpt = expected(TEXT, "gpt")
    assert f"GPT: {'' if gpt.probs[place] >= 0.001 else '<'}" in page.inner_text(f"{ROOT} .other")
    assert f"rank {gpt.ranks[place]}," in page.inner_text(f"{ROOT} .other")


def test_the_example_opens_on_the_word_that_does_not_belong(open_page):
    page = open_reading(open_page)
    text = page.input_value(f"{ROOT} .text-field")
    assert "bicycle" in text and "lm_r_text" not in page.url
    chosen = page.eval_on_selector_all(
        f"{ROOT} .tokens .token",
        "all => all.findIndex((part) => part.getAttribute('aria-selected') === 'true')",
    )
    assert text.index("bicycle") <= chosen < text.index("bicycle") + 7


def test_moving_colouring_and_switching_models_ask_nobody(open_page):
    page = open_reading(open_page)
    asked = calls(page)
    page.focus(f"{ROOT} .tokens [aria-selected=true]")
    page.keyboard.press("Home")
    assert page.inner_text(f"{ROOT} .place .chip") == "M"
    page.keyboard.press("ArrowRight")
    assert page.inner_text(f"{ROOT} .place .chip") == "y"
    assert page.evaluate("document.activeElement.textContent") == "y"
    page.hover(f"{ROOT} .tokens .token >> nth=3")
    assert page.inner_text(f"{ROOT} .place .chip") == "g"
    page.mouse.move(5, 5)
    assert page.inner_text(f"{ROOT} .place .chip") == "y"
    page.check(f"{ROOT} [value=surprise]", force=True)
    assert set(colours(page)) == {"surprise"}
    strengths = page.eval_on_selector_all(
        f"{ROOT} .tokens .token",
        "all => all.map((part) => Number(part.style.getPropertyValue('--surprise')))",
    )
    _, found = expected(page.input_value(f"{ROOT} .text-field"))
    assert strengths == pytest.approx([min(1, n / 0.693147 / 12) for n in found.nats], abs=1e-4)
    choose_model(page, "gpt")
    assert "GPT" in page.inner_text(f"{ROOT} .why") and "Counts" in page.inner_text(f"{ROOT} .other")
    assert calls(page) == asked


def test_another_order_is_read_anew_and_the_token_in_view_stays(open_page):
    page = open_reading(open_page)
    read(page, TEXT)
    page.click(f"{ROOT} .tokens .token >> nth=4")
    for order in (1, 8):
        set_slider(page, f"{ROOT} .order", order)
        wait_for_scores(page)
        nats = f"{expected(TEXT, 'counts', order)[0]['nats_per_character']:.3f}"
        page.wait_for_function(
            "(nats) => document.querySelector('#lm-reading [data-model=counts] .nats').textContent === nats",
            arg=nats,
        )
        assert_scores(page, TEXT, "counts", order)
        assert page.get_attribute(f"{ROOT} .tokens .token >> nth=4", "aria-selected") == "true"


def test_what_the_model_does_not_know_is_struck_out_and_left_out(open_page):
    page = open_reading(open_page)
    read(page, "the ☃king ☃é")
    assert page.locator(f"{ROOT} .tokens .dead").all_inner_texts() == ["☃", "☃", "é"]
    assert page.inner_text(f"{ROOT} .note").endswith("“☃”, “é”")
    assert_scores(page, "the king ", "counts")
    page.click(f"{ROOT} .tokens .token >> nth=3")
    page.keyboard.press("ArrowRight")  # over the one that was left out
    assert page.inner_text(f"{ROOT} .place .chip") == "k"


# --- corpora ----------------------------------------------------------------------------------------------


def test_each_corpus_opens_with_a_text_of_its_own_and_keeps_the_visitors(open_page):
    page = open_reading(open_page)
    page.check("#lm-tab [value=machado]", force=True)
    page.wait_for_function(
        "() => document.querySelector('#lm-reading .tokens').textContent.includes('conselheiro')"
    )
    wait_for_scores(page)
    example = page.input_value(f"{ROOT} .text-field")
    assert_scores(page, example, "gpt", corpus="machado")
    assert page.get_attribute(f"{ROOT} .order", "max") == "4"
    read(page, "o gato viu o rato")
    page.check("#lm-tab [value=own]", force=True)
    page.wait_for_function("() => document.querySelectorAll('#lm-reading .tokens .token').length === 5")
    wait_for_scores(page)
    assert page.input_value(f"{ROOT} .text-field") == "o gato viu o rato"
    assert page.is_disabled(f"{ROOT} .score [value=gpt]") and "counts only" in page.inner_text(
        f"{ROOT} .learned"
    )
    own = "own:" + LANGUAGE_MODELS.own.keep(normalize(open_sample()), "words")
    assert_scores(page, "o gato viu o rato", "counts", corpus=own)


def open_sample():
    from demo.lm.own import sample

    return sample()


# --- mistakes, link, language, phone ----------------------------------------------------------------------


def test_what_is_said_of_a_text_stays_when_the_answer_about_an_earlier_one_comes(open_page):
    page = open_reading(open_page)
    held = []
    page.route("**/playground/call/lm_look", lambda route: held.append(route))
    page.fill(f"{ROOT} .text-field", TEXT)
    with page.expect_request("**/playground/call/lm_look"):
        page.click(f"{ROOT} .read")
    page.fill(f"{ROOT} .text-field", " ")
    page.click(f"{ROOT} .read")
    assert page.inner_text(f"{ROOT} .message") == texts("en")["error.own_blank"]
    while held:
        with page.expect_response("**/playground/call/lm_look"):
            held.pop().continue_()
        page.wait_for_timeout(200)
    page.wait_for_selector(f"{ROOT} [aria-busy=false]")
    assert page.inner_text(f"{ROOT} .message") == texts("en")["error.own_blank"]


@pytest.mark.parametrize(
    "text, key", [("", "own_empty"), (" \n ", "own_blank"), ("a" * 5001, "reading_long")]
)
def test_a_text_that_cannot_be_read_gets_one_sentence_and_loses_nothing(open_page, text, key):
    page = open_reading(open_page)
    asked, before = calls(page), guesses(page)
    page.fill(f"{ROOT} .text-field", text)
    page.click(f"{ROOT} .read")
    page.wait_for_selector(f"{ROOT} .message:not([hidden])")
    sentence = texts("en")[f"error.{key}"].format(count="5,001", most="5,000")
    assert page.inner_text(f"{ROOT} .message") == sentence
    assert guesses(page) == before and calls(page) == asked
    page.click(f"{ROOT} .example")
    page.wait_for_function("() => document.querySelector('#lm-reading .message').hidden")


def test_a_text_of_which_nothing_is_known_says_so(open_page):
    page = open_reading(open_page)
    page.fill(f"{ROOT} .text-field", "☃☃")
    page.click(f"{ROOT} .read")
    page.wait_for_selector(f"{ROOT} .message:not([hidden])")
    assert page.inner_text(f"{ROOT} .message") == texts("en")["error.reading_unknown"]


def test_a_link_reopens_text_model_order_colour_and_token(open_page):
    page = open_reading(open_page)
    read(page, TEXT)
    set_slider(page, f"{ROOT} .order", 3)
    wait_for_scores(page)
    choose_model(page, "gpt")
    page.check(f"{ROOT} [value=surprise]", force=True)
    page.click(f"{ROOT} .tokens .token >> nth=6")
    linked = address(page)
    assert linked["lm_r_text"] == TEXT and (linked["lm_r_m"], linked["lm_r_c"]) == ("gpt", "surprise")
    again = open_reading(open_page, "&" + page.url.partition("&")[2], locale="pt-BR")
    assert again.input_value(f"{ROOT} .text-field") == TEXT and again.input_value(f"{ROOT} .order") == "3"
    assert again.is_checked(f"{ROOT} [value=gpt]") and again.is_checked(f"{ROOT} [value=surprise]")
    assert again.get_attribute(f"{ROOT} .tokens .token >> nth=6", "aria-selected") == "true"
    assert_scores(again, TEXT, "gpt")
    assert_scores(again, TEXT, "counts", 3)


def test_a_link_to_the_sample_keeps_order_and_token_until_its_text_is_there(pages, light_address):
    page, held = pages(), []
    page.route("**/call/lm_keep", lambda route: held.append(route))
    page.goto(
        f"{light_address}/?tab=lm&station=reading&lm_corpus=own&lm_own=sample&lm_unit=words&lm_r_o=4&lm_r_i=9"
    )
    while not held:
        page.wait_for_timeout(20)
    page.wait_for_timeout(300)  # during which nothing else may take the link's place
    held[0].continue_()
    page.wait_for_selector(f"{ROOT} .tokens .token >> nth=8")
    assert page.input_value(f"{ROOT} .order") == "4"
    assert page.get_attribute(f"{ROOT} .tokens .token >> nth=8", "aria-selected") == "true"


def test_a_long_text_stays_out_of_the_link_and_the_page_says_so(open_page):
    page = open_reading(open_page)
    read(page, "the king " * 200)
    assert "lm_r_text" not in address(page)
    assert page.inner_text(f"{ROOT} .note") == texts("en")["lm.reading.link"]


@pytest.mark.parametrize(
    "broken", ["&lm_r_o=99&lm_r_m=llama&lm_r_c=red&lm_r_i=9999", "&lm_r_text=%20&lm_r_i=-1&lm_r_o=x"]
)
def test_a_broken_link_falls_back(open_page, broken):
    page = open_reading(open_page, broken)
    assert "bicycle" in page.input_value(f"{ROOT} .text-field")
    assert page.is_checked(f"{ROOT} [value=counts]") and page.input_value(f"{ROOT} .order") == "5"


def test_the_station_speaks_portuguese(open_page):
    page = open_reading(open_page, "&lang=pt-BR")
    assert page.is_checked("#lm-tab [value=machado]")
    assert_scores(page, page.input_value(f"{ROOT} .text-field"), "counts", corpus="machado")
    assert re.search(r"\d,\d bits", page.inner_text(f"{ROOT} .says"))
    assert "vezes" in page.inner_text(f"{ROOT} .why")
    page.click(".language[value=en]")
    assert "times" in page.inner_text(f"{ROOT} .why") and "lm.reading" not in page.inner_text(ROOT)
    assert page.inner_text(f"{ROOT} .legend").startswith("first guess")


def test_on_a_phone_a_tap_tells_and_nothing_is_wider_than_the_screen(open_page):
    page = open_reading(open_page, **PHONE)
    page.tap(f"{ROOT} .tokens .token >> nth=3")
    assert page.inner_text(f"{ROOT} .place .chip") == "g"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    low = page.eval_on_selector_all(
        f"{ROOT} button, {ROOT} .segmented label, {ROOT} .score",
        "all => all.filter((part) => part.offsetParent && part.getBoundingClientRect().height < 40).length",
    )
    assert low == 0
    boxes = [
        page.locator(f"{ROOT} .{part}").bounding_box()["y"]
        for part in ("source", "exhibit", "details", "scores")
    ]
    assert boxes == sorted(boxes)
