"""The station "Counts and GPT" as a visitor uses it."""

import csv
import io
import math
import re
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest

from demo.lm.language_models import LanguageModels
from demo.loading import Models
from demo.text import texts
from models.sampling import generate
from tests.browser.conftest import PHONE, calls, set_slider

ROOT = "#lm-compare"
ROWS = f"{ROOT} .pair-row"
SHAKESPEARE = "&lm_corpus=shakespeare"
MACHADO = "&lm_corpus=machado"
COLUMNS = ("counts", "gpt", "after")
LANGUAGE_MODELS = LanguageModels(Models("pretrained"))


@pytest.fixture
def compare(open_page):
    """compare("&lm_c_o=3", **context options) -> the station's page with its first text in place."""

    def open_compare(query=SHAKESPEARE, **options):
        page = open_page(f"?tab=lm&station=compare{query}", **options)
        page.set_default_timeout(90_000)  # for a machine that has other things to do
        page.wait_for_selector(f"{ROOT} .lm-compare.ready")
        wait_until_still(page)
        return page

    return open_compare


def wait_until_still(page):
    """Until every step that was asked for is there."""
    page.wait_for_function(
        """(root) => {
          const [, count] = document.querySelector(`${root} .counter`).textContent.match(/\\d+/g) ?? [];
          return Number(count) === document.querySelectorAll(`${root} .token`).length;
        }""",
        arg=ROOT,
    )


def shares(page):
    """Column -> the shares of its rows in view, the rest among them, as numbers from 0 to 1."""
    names = [*COLUMNS, "from-counts", "from-gpt"]
    found = page.eval_on_selector_all(
        ROWS,
        "(rows, names) => names.map(name => rows.map(row => Number(row.style.getPropertyValue(`--${name}`))))",
        names,
    )
    return dict(zip(names, map(np.array, found)))


def tokens_of_rows(page):
    return page.eval_on_selector_all(
        f"{ROWS}:not(.rest) .chip", "chips => chips.map(chip => chip.textContent)"
    )


def written(page):
    return page.eval_on_selector_all(
        f"{ROOT} .token",
        "all => all.map(token => token.textContent + (token.classList.contains('line-end') ? '\\n' : ''))",
    )


def step(page):
    """The step in view, from 0."""
    return int(page.input_value(f"{ROOT} .scrubber"))


def go_to(page, index):
    set_slider(page, f"{ROOT} .scrubber", index)


def set_weight(page, weight):
    set_slider(page, f"{ROOT} .weight", weight)


def wait_for_branches(page, count):
    page.wait_for_function(
        "([root, count]) => document.querySelectorAll(`${root} .branch`).length === count", arg=[ROOT, count]
    )
    wait_until_still(page)


def wait_for_address(page, name, value):
    page.wait_for_function("([n, v]) => new URLSearchParams(location.search).get(n) === v", arg=[name, value])


def facts(page, column):
    """The numbers below a column: among, surprise, mean."""
    numbers = page.eval_on_selector_all(f"{ROOT} .of-{column} .fact b", "all => all.map(b => b.textContent)")
    return [float(number.replace(",", "")) for number in numbers]


def heights(page):
    """Heights of the strip's bars, one a step."""
    d = page.get_attribute(f"{ROOT} .distances", "d")
    return [1 - float(bar.split("V")[1].split("h")[0]) for bar in d.split("z") if bar]


def models_of(corpus, order):
    return LANGUAGE_MODELS.get(corpus, "counts", order), LANGUAGE_MODELS.get(corpus, "gpt")


# --- side by side -----------------------------------------------------------------------------------------


def test_opens_where_the_two_are_furthest_apart(compare):
    page = compare()
    assert len(calls(page)) == 1 and len(written(page)) == 60
    assert heights(page)[step(page)] == max(heights(page)) > 0.3
    assert page.is_disabled(f"{ROOT} .continue")
    assert "lm_c_" not in page.url  # nobody has touched anything


@pytest.mark.parametrize("corpus", [SHAKESPEARE, MACHADO])
def test_every_column_adds_up_at_every_step_and_looking_asks_nobody(compare, corpus):
    page = compare(corpus)
    asked = len(calls(page))
    for index in range(0, 60, 4):
        go_to(page, index)
        found = shares(page)
        for column in COLUMNS:
            assert found[column].sum() == pytest.approx(1, abs=1e-6), (index, column)
        mixed = found["from-counts"] + found["from-gpt"]
        assert mixed == pytest.approx((found["counts"] + found["gpt"]) / 2, abs=1e-9)
        chips = tokens_of_rows(page)
        assert len(chips) == len(set(chips)) == 9  # one row a token, in all three columns
        assert page.locator(f"{ROWS}.chosen").count() == page.locator(f"{ROWS}.most-apart").count() == 1
    assert len(calls(page)) == asked


@pytest.mark.parametrize("corpus, order", [("shakespeare", 5), ("machado", 3)])
def test_the_columns_are_what_python_says(compare, corpus, order):
    page = compare(f"&lm_corpus={corpus}")
    index, prompt = step(page), page.input_value(f"{ROOT} .prompt-field")
    counts, gpt = models_of(corpus, order)
    ids = counts.tokenizer.encode(prompt)
    seed = int(page.input_value(f"{ROOT} .seed"))
    mixture = LANGUAGE_MODELS.get(corpus, "mix", order, 0.5)
    run = list(generate(mixture, ids, max_new_tokens=60, temperature=0.8, top_p=0.95, seed=seed))
    assert "".join(written(page)) == "".join(step.text for step in run)

    before = [*ids, *(step.token_id for step in run[:index])]
    chips = {chip: i for i, chip in enumerate(tokens_of_rows(page))}
    signs = [token.replace(" ", "␣").replace("\n", "↵") for token in counts.tokenizer.tokens]
    found = shares(page)
    for column, probs in (("counts", counts.predict(before).probs), ("gpt", gpt.predict(before).probs)):
        for token_id, sign in enumerate(signs):
            if sign in chips:
                assert found[column][chips[sign]] == pytest.approx(probs[token_id], abs=1e-4)
    after = run[index].sampling_probs
    assert sorted(found["after"][:-1]) == pytest.approx(
        sorted(after[signs.index(sign)] for sign in chips), abs=1e-4
    )

    # the numbers below: what the token in view cost, and a token on average so far
    nats = np.array([model.token_nats([*before, run[index].token_id])[len(ids) :] for model in (counts, gpt)])
    for column, costs in zip(("counts", "gpt"), nats):
        _, surprise, mean = facts(page, column)
        assert surprise == pytest.approx(costs[-1], abs=0.006)
        assert mean == pytest.approx(costs.mean(), abs=0.006)
    mixed = -np.log(np.exp(-nats).mean(axis=0))
    assert facts(page, "mix")[1:] == pytest.approx([mixed[-1], mixed.mean()], abs=0.006)


def test_rows_follow_the_column_that_is_chosen(compare):
    page = compare()
    before = set(tokens_of_rows(page))
    for column in ("counts", "gpt"):
        page.click(f"{ROOT} .name-{column}")
        assert page.get_attribute(f"{ROOT} .name-{column}", "aria-pressed") == "true"
        found = shares(page)[column][:-1]
        chosen = page.eval_on_selector_all(
            f"{ROWS}:not(.rest)",
            "rows => rows.map(row => row.matches('.chosen, .most-apart'))",
        )
        in_order = [share for share, kept in zip(found, chosen) if not kept]
        assert in_order == sorted(in_order, reverse=True)
        assert set(tokens_of_rows(page)) & before
    wait_for_address(page, "lm_c_by", "gpt")


# --- the slider between them ------------------------------------------------------------------------------


def test_the_slider_redraws_and_asks_nobody(compare):
    page = compare()
    asked, text = len(calls(page)), written(page)
    tints = f"{ROOT} .token[class*=tint-]"
    tinted = page.eval_on_selector_all(tints, "all => all.map(token => token.className)")
    means = {}
    for weight in (0, 1, 0.25):
        set_weight(page, weight)
        found = shares(page)
        mixed = found["from-counts"] + found["from-gpt"]
        assert mixed == pytest.approx(weight * found["gpt"] + (1 - weight) * found["counts"], abs=1e-9)
        assert found["after"].sum() == pytest.approx(1, abs=1e-6)
        assert f"GPT {round(100 * weight)}%" in page.inner_text(f"{ROOT} .share-gpt")
        assert f"{round(100 - 100 * weight)}%" in page.inner_text(f"{ROOT} .share-counts")
        means[weight] = facts(page, "mix")
    assert means[0][1:] == facts(page, "counts")[1:] and means[1][1:] == facts(page, "gpt")[1:]
    assert means[0] != means[1]
    assert page.eval_on_selector_all(tints, "all => all.map(token => token.className)") != tinted
    assert page.is_enabled(f"{ROOT} .continue")
    assert written(page) == text and len(calls(page)) == asked
    wait_for_address(page, "lm_c_w", "0.25")


def test_knobs_redraw_the_mixture_and_ask_nobody(compare):
    page = compare()
    asked = len(calls(page))
    before = shares(page)
    set_slider(page, f"{ROOT} .top-k", 2)
    assert (shares(page)["after"] > 0).sum() == 2
    assert page.locator(f"{ROWS}.cut").count() >= 7  # the others are cut, and still in view
    assert shares(page)["gpt"] == pytest.approx(before["gpt"])  # what a model says no knob moves
    page.click(f"{ROOT} .presets [value=greedy]")
    assert sorted(shares(page)["after"]) == [0] * 9 + [1]
    assert len(calls(page)) == asked


@pytest.mark.parametrize("weight, model", [(0, "counts"), (1, "gpt")])
def test_continuing_draws_with_the_slider_as_it_stands(compare, weight, model):
    page = compare()
    go_to(page, 19)
    first = written(page)
    set_weight(page, weight)
    page.click(f"{ROOT} .continue")
    wait_for_branches(page, 2)

    lm = LANGUAGE_MODELS.get("shakespeare", model, 5)
    before = lm.tokenizer.encode("ROMEO:" + "".join(first[:19]))
    seed = int(page.input_value(f"{ROOT} .seed"))
    rest = generate(lm, before, max_new_tokens=61, temperature=0.8, top_p=0.95, seed=seed, start=19)
    assert written(page) == [*first[:19], *(step.text for step in rest)]
    assert step(page) == 19 and page.is_disabled(f"{ROOT} .continue")
    # the text of before is a branch to return to, with its weight
    page.click(f"{ROOT} .branch >> nth=0")
    assert written(page) == first
    assert float(page.input_value(f"{ROOT} .weight")) == 0.5


def test_more_tokens_are_drawn_with_the_slider_as_it_stands(compare):
    page = compare()
    first = written(page)
    set_weight(page, 0)
    go_to(page, 59)
    page.click(f"{ROOT} .step")
    page.wait_for_function("root => document.querySelectorAll(`${root} .token`).length === 61", arg=ROOT)
    lm = LANGUAGE_MODELS.get("shakespeare", "counts", 5)
    before = lm.tokenizer.encode("ROMEO:" + "".join(first))
    seed = int(page.input_value(f"{ROOT} .seed"))
    [one] = generate(lm, before, max_new_tokens=1, temperature=0.8, top_p=0.95, seed=seed, start=60)
    assert written(page)[60] == one.text
    assert step(page) == 60 and page.is_disabled(f"{ROOT} .continue")
    go_to(page, 30)
    assert page.is_enabled(f"{ROOT} .continue")  # this one was drawn half and half


def test_a_click_on_a_row_puts_that_token_there(compare):
    page = compare()
    at, first = step(page), written(page)
    row = page.locator(f"{ROWS}:not(.chosen):not(.rest)").first
    sign = row.locator(".chip").inner_text()
    row.click()
    wait_for_branches(page, 2)
    assert written(page)[:at] == first[:at]
    assert written(page)[at] == sign.replace("␣", " ").replace("↵", "\n")
    assert page.locator(f"{ROWS}.forced .chip").inner_text() == sign
    assert len(written(page)) == at + 61


def test_a_reload_brings_the_branches_back(compare):
    page = compare()
    first = written(page)
    go_to(page, 9)
    set_weight(page, 1)
    page.click(f"{ROOT} .continue")
    wait_for_branches(page, 2)
    wait_for_address(page, "lm_c_w", "1")
    page.wait_for_function(
        "() => new URLSearchParams(location.search).get('lm_c_f')?.includes('_')"
    )  # the branch
    second, names = written(page), page.locator(f"{ROOT} .branch").all_inner_texts()
    page.reload()
    page.wait_for_selector(f"{ROOT} .lm-compare.ready")
    wait_for_branches(page, 2)
    assert written(page) == second
    page.click(f"{ROOT} .branch >> nth=0")
    page.wait_for_function("root => document.querySelectorAll(`${root} .token`).length === 60", arg=ROOT)
    wait_until_still(page)
    assert written(page) == first and page.input_value(f"{ROOT} .weight") == "0.5"
    assert page.locator(f"{ROOT} .branch").all_inner_texts() == names


# --- where they part --------------------------------------------------------------------------------------


def test_the_next_disagreement_is_one_of_the_farthest_tenth(compare):
    page = compare()
    asked, distances = len(calls(page)), heights(page)
    farthest = sorted(range(60), key=lambda i: -distances[i])[:7]
    go_to(page, 0)
    visited = []
    for _ in range(7):
        page.click(f"{ROOT} .next")
        visited.append(step(page))
    assert sorted(visited) == sorted(farthest) and visited == sorted(visited)
    page.click(f"{ROOT} .next")
    assert step(page) == visited[0]  # round again
    assert len(calls(page)) == asked
    probs = [shares(page)[column][tokens_of_rows(page).index(apart(page))] for column in ("counts", "gpt")]
    assert abs(probs[0] - probs[1]) == pytest.approx(widest(page), abs=1e-9)
    assert apart(page) in page.inner_text(f"{ROOT} .parting")


def apart(page):
    return page.inner_text(f"{ROWS}.most-apart .chip")


def widest(page):
    found = shares(page)
    return np.abs(found["counts"] - found["gpt"])[:-1].max()


def test_a_click_on_the_strip_goes_to_its_step(compare):
    page = compare()
    box = page.locator(f"{ROOT} .strip").bounding_box()
    for index in (0, 17, 59):
        page.mouse.click(box["x"] + box["width"] * (index + 0.5) / 60, box["y"] + 5)
        assert step(page) == index


def test_what_the_counts_know_is_said(compare):
    page = compare()
    counts, _ = models_of("shakespeare", 5)
    text = "ROMEO:" + "".join(written(page))
    seen = set()
    for index in range(0, 60, 3):
        go_to(page, index)
        before = counts.predict(counts.tokenizer.encode(text[: 6 + index]))
        said = page.inner_text(f"{ROOT} .pair-head .knows >> nth=0")
        end = text[6 + index - before.order + 1 : 6 + index].replace(" ", "␣").replace("\n", "↵")
        assert f"“{end}”" in said
        assert f"{before.total:,}" in said or before.total == 1
        seen.add(before.order)
        read = page.inner_text(f"{ROOT} .pair-head .knows >> nth=1")
        assert str(6 + index) in read
    go_to(page, 0)
    page.fill(f"{ROOT} .prompt-field", "qzxj")
    page.click(f"{ROOT} .write")
    page.wait_for_function(
        "root => document.querySelector(`${root} .prompt`).textContent === 'qzxj'", arg=ROOT
    )
    page.click(f"{ROOT} .play")
    go_to(page, 0)
    assert "nothing ever followed" in page.inner_text(f"{ROOT} .pair-head .knows >> nth=0")


# --- links ------------------------------------------------------------------------------------------------


def query_of(page):
    return urlparse(page.url).query.replace("tab=lm&station=compare", "")


@pytest.mark.parametrize("corpus, order", [(SHAKESPEARE, 3), (MACHADO, 2)])
def test_a_link_opens_the_same_state(compare, corpus, order):
    page = compare(corpus)
    set_slider(page, f"{ROOT} .order", order)
    page.wait_for_function(
        "([root, n]) => document.querySelector(`${root} .order-value`).textContent === n",
        arg=[ROOT, str(order)],
    )
    wait_for_branches(page, 2)
    go_to(page, 12)
    set_weight(page, 0.9)
    page.click(f"{ROOT} .continue")
    wait_for_branches(page, 3)
    go_to(page, 14)
    set_weight(page, 0.2)
    page.click(f"{ROOT} .name-gpt")
    wait_for_address(page, "lm_c_w", "0.2")
    wait_for_address(page, "lm_c_i", "15")
    wait_for_address(page, "lm_c_by", "gpt")
    wait_for_address(page, "lm_c_g", "0.5_0.9")

    again = compare("&" + query_of(page))
    assert written(again) == written(page)
    assert step(again) == 14
    assert again.input_value(f"{ROOT} .weight") == "0.2"
    assert again.input_value(f"{ROOT} .order") == str(order)
    assert tokens_of_rows(again) == tokens_of_rows(page)
    assert again.inner_text(f"{ROOT} .parting") == page.inner_text(f"{ROOT} .parting")
    assert again.is_enabled(f"{ROOT} .continue")


@pytest.mark.parametrize(
    "broken",
    [
        "&lm_c_w=2&lm_c_o=99&lm_c_s=-4&lm_c_i=x&lm_c_n=0&lm_c_t=hot",
        "&lm_c_w=NaN&lm_c_g=1_7_x&lm_c_f=7--1--&lm_c_by=all&lm_c_k=1.5&lm_c_q=0",
        "&lm_c_f=0-70-0.8--0.95&lm_c_k=100001",  # a token and a number of tokens that Python does not know
    ],
)
def test_a_broken_link_falls_back(compare, broken):
    page = compare(SHAKESPEARE + broken)
    assert page.input_value(f"{ROOT} .weight") == "0.5" and page.input_value(f"{ROOT} .order") == "5"
    assert page.input_value(f"{ROOT} .temperature") == "0.8"
    assert len(written(page)) == 60 and page.is_hidden(f"{ROOT} .message")
    assert page.get_attribute(f"{ROOT} .name-mix", "aria-pressed") == "true"


# --- keys, touch, words -----------------------------------------------------------------------------------


def test_keys_move_through_the_text(compare):
    page = compare()
    page.focus(f"{ROOT} .scrubber")
    page.keyboard.press("Home")
    assert step(page) == 0
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert step(page) == 1
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")  # at the end: one more
    page.wait_for_function("root => document.querySelectorAll(`${root} .token`).length === 61", arg=ROOT)
    assert step(page) == 60
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    page.wait_for_function("root => Number(document.querySelector(`${root} .scrubber`).value) > 2", arg=ROOT)
    page.keyboard.press(" ")
    stopped = step(page)
    assert "playing" not in page.get_attribute(f"{ROOT} .play", "class") and stopped < 60
    page.focus(f"{ROOT} .weight")  # a slider keeps its own keys
    page.keyboard.press("ArrowRight")
    assert step(page) == stopped and float(page.input_value(f"{ROOT} .weight")) == pytest.approx(0.51)


def test_a_text_of_ones_own_prompt_is_written_from_its_start(compare):
    page = compare()
    page.fill(f"{ROOT} .prompt-field", "Night ☾ and")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "root => document.querySelector(`${root} .prompt`).textContent.startsWith('Night')", arg=ROOT
    )
    assert "read as spaces: “☾”" in page.inner_text(f"{ROOT} .note")
    page.wait_for_function("root => Number(document.querySelector(`${root} .scrubber`).value) > 1", arg=ROOT)
    page.click(f"{ROOT} .play")
    wait_for_branches(page, 2)


def test_a_prompt_too_long_and_a_seed_that_is_none_lose_nothing(compare):
    page = compare()
    text = written(page)
    page.fill(f"{ROOT} .seed", "seven")
    page.press(f"{ROOT} .seed", "Tab")
    page.wait_for_selector(f"{ROOT} .message:not([hidden])")
    assert "seed" in page.inner_text(f"{ROOT} .message")
    assert written(page) == text
    page.fill(f"{ROOT} .seed", "2")
    page.fill(f"{ROOT} .prompt-field", "a" * 10_001)
    page.click(f"{ROOT} .write")
    assert "10,001" in page.inner_text(f"{ROOT} .message")
    assert written(page) == text


def test_on_a_phone_by_touch(compare):
    page = compare(SHAKESPEARE, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    tops = [
        page.locator(f"{ROOT} {part}").bounding_box()["y"]
        for part in (".source", ".written", ".strip", ".transport", ".machines", ".knobs")
    ]
    assert tops == sorted(tops)
    box = page.locator(f"{ROOT} .strip").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 30.5 / 60, box["y"] + 10)
    assert step(page) == 30
    small = page.eval_on_selector_all(
        f"{ROOT} .bench :is(button, select, textarea, input)",
        "all => all.filter(part => part.offsetParent && part.getBoundingClientRect().height < 40)"
        ".map(part => part.className)",
    )
    assert small == []
    row = page.locator(f"{ROWS}:not(.chosen):not(.rest)").first
    row.scroll_into_view_if_needed()
    row.tap()
    wait_for_branches(page, 2)


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_both_languages_say_it_all(compare, language):
    page = compare(f"{MACHADO}&lang={language}")
    said = texts(language)
    assert page.inner_text(f"{ROOT} .station-title") == said["lm.compare.title"]
    assert said["lm.compare.mean"] in page.inner_text(f"{ROOT} .pair-facts")
    asked = len(calls(page))
    other = "en" if language == "pt-BR" else "pt-BR"
    page.evaluate("language => load('web/i18n.js').then(({ setLanguage }) => setLanguage(language))", other)
    assert page.inner_text(f"{ROOT} .station-title") == texts(other)["lm.compare.title"]
    assert texts(other)["lm.compare.mean"] in page.inner_text(f"{ROOT} .pair-facts")
    label = page.get_attribute(f"{ROWS}.chosen", "aria-description")
    assert texts(other)["lm.row.drawn"] in label and "{" not in page.inner_text(ROOT)
    assert len(calls(page)) == asked


# --- the corpus in view -----------------------------------------------------------------------------------


def choose_corpus(page, name):
    page.check(f"#lm-tab .corpus [value={name}]", force=True)


def test_each_corpus_keeps_its_text_and_its_controls(compare):
    page = compare()
    go_to(page, 21)
    set_weight(page, 0.7)
    first = written(page)
    choose_corpus(page, "machado")
    page.wait_for_function("root => document.querySelector(`${root} .pair-bars.wide`)", arg=ROOT)
    wait_until_still(page)
    assert written(page) != first
    assert page.get_attribute(f"{ROOT} .order", "max") == "4"
    asked = len(calls(page))
    choose_corpus(page, "shakespeare")
    page.wait_for_function("root => !document.querySelector(`${root} .pair-bars.wide`)", arg=ROOT)
    assert written(page) == first and step(page) == 21
    assert page.input_value(f"{ROOT} .prompt-field") == "ROMEO:"
    assert page.get_attribute(f"{ROOT} .order", "max") == "8"
    assert page.input_value(f"{ROOT} .weight") == "0.7"
    assert len(calls(page)) == asked


def test_a_text_of_ones_own_is_sent_elsewhere(open_page):
    page = open_page("?tab=lm&station=compare&lm_corpus=own")
    page.set_default_timeout(90_000)
    page.wait_for_selector(f"{ROOT} .no-gpt")
    assert texts("en")["lm.compare.own"] in page.inner_text(f"{ROOT} .no-gpt")
    assert page.is_hidden(f"{ROOT} .bench")
    page.click(f"{ROOT} .no-gpt [value=machado]")
    page.wait_for_selector(f"{ROOT} .lm-compare.ready")
    assert page.is_hidden(f"{ROOT} .no-gpt") and len(written(page)) == 60
    assert page.is_checked("#lm-tab .corpus [value=machado]")


def test_the_station_makes_its_text_when_it_is_first_in_view(open_page):
    page = open_page(f"?tab=lm&station=generate{SHAKESPEARE}")
    page.set_default_timeout(90_000)
    page.wait_for_selector(".lm-generate.ready")
    page.wait_for_function("() => !document.querySelector('.lm-generate.slow')")
    asked = len(calls(page))
    assert page.locator(f"{ROOT} .token").count() == 0
    page.click("#lm-tab .stations [value=compare]")
    page.wait_for_selector(f"{ROOT} .lm-compare.ready")
    wait_until_still(page)
    assert len(calls(page)) == asked + 1


# --- what is taken away -----------------------------------------------------------------------------------


def test_the_steps_as_a_table_have_both_models(compare):
    page = compare()
    page.click(f"{ROOT} .take-button")
    with page.expect_download() as download:
        page.click(f"{ROOT} .take-menu [value=csv]")
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"), newline="")))
    tokens = [re.sub("^'(?=[=+@-])", "", row["token"]) for row in rows]  # a table holds no formula
    assert len(rows) == 60 and "".join(tokens) == "".join(written(page))
    for row in rows:
        both = float(row["prob_counts"]), float(row["prob_gpt"])
        assert float(row["prob"]) == pytest.approx(sum(both) / 2) and float(row["weight"]) == 0.5
    go_to(page, 59)
    mean = sum(-math.log(float(row["prob"])) for row in rows) / 60
    assert facts(page, "mix")[2] == pytest.approx(mean, abs=0.006)
