"""The next-token tab's station Learning as a visitor uses it."""

import re
from itertools import pairwise
from urllib.parse import parse_qs, urlparse

import pytest

from demo.contract import MOMENT_PARTS
from demo.lm import figures
from demo.lm.language_models import LanguageModels
from demo.lm.learning import curves, passed, writings
from demo.lm.stepper import written_alone
from demo.loading import Models
from demo.text import texts
from models.sampling import sampling_probs
from tests.browser.conftest import calls, set_slider

ROOT = "#lm-learning"
LANGUAGE_MODELS = LanguageModels(Models("pretrained"))
MOMENTS = LANGUAGE_MODELS.moments("shakespeare")
STEPS, COUNT = list(MOMENTS), 60
FIRST = MOMENT_PARTS[0]
COUNTS = {1: 3.35, 2: 2.48, 3: 2.04, 4: 1.72, 5: 1.55, 6: 1.51}
OPENING = {"prompt": "ROMEO:\nI w", "seed": 2, "temperature": 0.8, "top_k": None, "top_p": 0.95}
OF_MACHADO = {"prompt": "Capitu olhou", "seed": 1}
BALANCED = {name: OPENING[name] for name in ("temperature", "top_k", "top_p")}


def history():
    """A made-up one, scored at every kept moment: better at each, and in the end than the counts of order 4."""
    losses = [4.17 - i * (4.17 - 1.6) / (len(STEPS) - 1) for i in range(len(STEPS))]
    return [
        {"step": s, "train": v - 0.1 * (s > 0), "validation": v} for s, v in zip(STEPS, losses, strict=True)
    ]


def with_losses(page, rows):
    """Answers the question for the losses with `rows`, or with a run that nobody scored where there are none."""
    figure = figures.losses(rows, COUNTS, STEPS) if rows else None
    record = {
        "moments": STEPS,
        "rows": rows,
        "counts": COUNTS,
        "passed": passed(rows, COUNTS),
        "figure": figure,
    }

    def answer(route):
        if "lm_losses" in route.request.url and route.request.post_data_json["corpus"] == "shakespeare":
            return route.fulfill(json=record)
        return route.continue_()

    page.route("**/playground/call/**", answer)


@pytest.fixture
def learning(open_page):
    """learning("&lm_l_s=3", rows=[…], **context options) -> the station with its texts in place, at 60 characters."""

    def open_learning(query="", rows=None, length=f"&lm_l_n={COUNT}", **options):
        page = open_page("?tab=gan", **options)
        with_losses(page, history() if rows is None else rows)
        page.requests.clear()
        page.goto(page.url.split("?")[0] + f"?tab=lm&station=learning&lm_corpus=shakespeare{length}{query}")
        page.wait_for_function(f"() => document.querySelector('{ROOT} .moment .token')", timeout=90_000)
        page.wait_for_selector(".lm-learning[aria-busy=false]", timeout=90_000)
        page.set_default_timeout(90_000)  # for a machine that has other things to do
        if rows is None:
            page.wait_for_selector(f"{ROOT} .plot .shapelayer path", state="attached")
        return page

    return open_learning


def written(page):
    """The text of each card, its line ends as they are."""
    return page.eval_on_selector_all(
        f"{ROOT} .moment",
        """cards => cards.map((card) =>
          [...card.querySelectorAll(".token")].map((one) => one.dataset.ends ? "\\n" : one.textContent).join(""))""",
    )


def bars(page):
    """A card: [sign, percentage, share of the model, share after the knobs] of every row."""
    return page.evaluate(
        """() => [...document.querySelectorAll("#lm-learning .moment")].map((card) =>
          [...card.querySelectorAll(".next")].map((row) => [row.querySelector(".sign").textContent,
            row.querySelector(".share").textContent, ...["--own", "--after"].map((name) =>
            Number(row.style.getPropertyValue(name)))]))"""
    )


def right_texts(moments=MOMENTS, **changes):
    asked = {"count": COUNT, **OPENING} | changes
    names = ("prompt", "seed", "temperature", "top_k", "top_p", "count")
    return ["".join(one.texts) for one in writings(moments, written_alone, *(asked[name] for name in names))]


def wait_for_texts(page, wished):
    page.wait_for_function(
        """(wished) => JSON.stringify([...document.querySelectorAll("#lm-learning .moment")].map((card) =>
          [...card.querySelectorAll(".token")].map((token) => token.dataset.ends ? "\\n" : token.textContent).join(""))
        ) === JSON.stringify(wished)""",
        arg=wished,
    )


def in_view(page):
    return page.eval_on_selector_all(
        f"{ROOT} .moment", "cards => cards.findIndex((card) => card.classList.contains('in-view'))"
    )


def cursor(page):
    return page.eval_on_selector(f"{ROOT} .plot", "(plot) => plot.layout.shapes[0].x0")


def wait_for_cursor(page, step):
    page.wait_for_function(
        "(x) => Math.abs(document.querySelector('#lm-learning .plot').layout?.shapes[0].x0 - x) < 1e-9",
        arg=figures.place(step),
    )


def address_of(page, name):
    return parse_qs(urlparse(page.url).query, keep_blank_values=True).get(name, [None])[0]


def wait_for_address(page, name, value):
    page.wait_for_function("([n, v]) => new URLSearchParams(location.search).get(n) === v", arg=[name, value])


# --- texts and bars ---------------------------------------------------------------------------------------


def test_every_moment_shows_what_it_writes(learning):
    page = learning()
    assert written(page) == right_texts()
    names = page.eval_on_selector_all(f"{ROOT} .moment .step", "all => all.map((name) => name.textContent)")
    assert names == ["untrained", *(f"after {step:,} steps" for step in STEPS[1:])]
    asked = [url.rsplit("/", 1)[1] for url in calls(page) if "/playground/call/" in url]
    assert sorted(asked) == ["lm_learning", "lm_learning", "lm_losses"]  # 40 tokens, 60, losses
    assert not address_of(page, "lm_l_v")  # nobody touched anything


def test_the_first_tokens_are_there_before_the_others_are_written(learning):
    page = learning()
    held, most = [], []  # requests for more than 40 tokens; of every request how many

    def hold(route):
        most.append(route.request.post_data_json["max_new_tokens"])
        return held.append(route) if most[-1] > FIRST else route.continue_()

    page.select_option(f"{ROOT} .length", "120")
    wait_for_texts(page, right_texts(count=120))
    page.route("**/playground/call/lm_learning", hold)
    page.fill(f"{ROOT} .seed", "5")
    page.press(f"{ROOT} .seed", "Enter")
    wished = right_texts(count=120, seed=5)
    wait_for_texts(page, right_texts(count=FIRST, seed=5))
    token = page.locator(f"{ROOT} .moment >> nth=3 >> .token").nth(7)
    token.focus()
    told = page.inner_text(f"{ROOT} .said")
    page.wait_for_selector(".lm-learning[aria-busy=true]")
    page.unroute("**/playground/call/lm_learning", hold)
    held.pop().continue_()
    wait_for_texts(page, wished)
    assert token.evaluate("(token) => token === document.activeElement")
    assert page.inner_text(f"{ROOT} .said") == told and page.locator(f"{ROOT} [role=listbox]").count() == len(
        STEPS
    )
    assert most[-2:] == [FIRST, 120]


def test_a_new_question_ends_the_parts_of_the_old_one(learning):
    page = learning()
    held, asked = [], []  # the second part of seed 5; (seed, tokens) of every request

    def hold(route):
        values = route.request.post_data_json
        asked.append((values["seed"], values["max_new_tokens"]))
        return held.append(route) if asked[-1] == ("5", 120) else route.continue_()

    page.route("**/playground/call/lm_learning", hold)
    page.select_option(f"{ROOT} .length", "300")
    page.wait_for_selector(".lm-learning[aria-busy=false]")
    page.fill(f"{ROOT} .seed", "5")
    page.press(f"{ROOT} .seed", "Enter")
    wait_for_texts(page, right_texts(count=FIRST, seed=5))
    page.fill(f"{ROOT} .seed", "6")
    page.press(f"{ROOT} .seed", "Enter")
    held.pop().continue_()
    wait_for_texts(page, right_texts(count=300, seed=6))
    assert {count for seed, count in asked if seed == "5"} == {40, 120}
    assert {count for seed, count in asked if seed == "6"} == {40, 120, 300}


def test_the_bars_compare_the_moments_after_the_prompt(learning):
    page = learning()
    shown = bars(page)
    signs = [[row[0] for row in card] for card in shown]
    assert all(card == signs[0] for card in signs) and signs[0][-1].startswith("+")
    for card, gpt in zip(shown, MOMENTS.values(), strict=True):
        tokens = gpt.tokenizer.tokens
        prediction = gpt.predict(gpt.tokenizer.encode(OPENING["prompt"]))
        after = sampling_probs(prediction.logits, **BALANCED)
        for sign, _, own, kept in card[:-1]:
            token = tokens.index({"␣": " ", "↵": "\n"}.get(sign, sign))
            assert own == pytest.approx(prediction.probs[token], abs=1e-5)
            assert kept == pytest.approx(after[token], abs=1e-5)
        assert sum(row[2] for row in card) == pytest.approx(1)
        assert sum(row[3] for row in card) == pytest.approx(1)
    untrained = shown[0]
    assert len({row[1] for row in untrained[:-1]}) == 1
    last = [row[2] for row in shown[-1][:-1]]
    assert last == sorted(last, reverse=True)


def test_a_knob_moves_the_dark_bars_at_once_and_then_writes_anew(learning):
    page = learning()
    asked, before = calls(page), bars(page)
    set_slider(page, f"{ROOT} .temperature", 0)
    after = bars(page)
    assert [[row[2] for row in card] for card in after] == [[row[2] for row in card] for card in before]
    assert all(sorted(row[3] for row in card)[-1] == 1 for card in after)
    assert calls(page) == asked
    page.dispatch_event(f"{ROOT} .temperature", "change")
    wait_for_texts(page, right_texts(temperature=0))


def test_presets_seed_and_prompt_write_anew(learning):
    page = learning()
    page.click(f"{ROOT} .presets [value=wild]")
    wait_for_texts(page, right_texts(temperature=1.5, top_p=1))
    page.fill(f"{ROOT} .seed", "18446744073709551")
    page.press(f"{ROOT} .seed", "Enter")
    wait_for_texts(page, right_texts(temperature=1.5, top_p=1, seed=18446744073709551))
    page.fill(f"{ROOT} .prompt-field", "KING")
    page.press(f"{ROOT} .prompt-field", "Enter")
    wait_for_texts(page, right_texts(temperature=1.5, top_p=1, seed=18446744073709551, prompt="KING"))
    assert "KING" in page.inner_text(f"{ROOT} .readout")
    before = written(page)
    page.click(f"{ROOT} .dice")
    page.wait_for_function(
        "(before) => ![...document.querySelectorAll('#lm-learning .moment .token-text')]"
        ".every((place, i) => place.textContent.includes(before[i]))",
        arg=before,
    )
    page.select_option(f"{ROOT} .length", "120")
    page.wait_for_function(
        "() => document.querySelector('#lm-learning .moment').querySelectorAll('.token').length === 120"
    )


def test_numbers_are_told_under_the_pointer(learning):
    page = learning()
    page.hover(f"{ROOT} .moment:last-child .next >> nth=0")
    told = page.inner_text(f"{ROOT} .readout")
    sign = bars(page)[-1][0]
    assert told.startswith(f"“{sign[0]}”") and told.endswith(sign[1]) and told.count("→") == len(STEPS) - 1
    assert page.locator(f"{ROOT} .next.same").count() == len(STEPS)
    page.hover(f"{ROOT} .moment >> nth=1 >> .token >> nth=4")
    run = writings(MOMENTS, written_alone, "ROMEO:\nI w", 2, *BALANCED.values(), 5)[1]
    share = re.search(r"probability of <?([\d.]+)%", page.inner_text(f"{ROOT} .readout"))[1]
    assert float(share) == pytest.approx(100 * run.probs[4], abs=0.6)
    page.mouse.move(2, 2)
    assert "ROMEO:↵I w" in page.inner_text(f"{ROOT} .readout")


def test_what_cannot_be_asked_gets_one_sentence_and_nothing_is_lost(learning):
    page = learning()
    before = written(page)
    page.fill(f"{ROOT} .seed", "many")
    page.press(f"{ROOT} .seed", "Enter")
    page.wait_for_selector(f"{ROOT} .message:visible")
    wished = texts("en")["error.whole"].format(name="The seed", low=0, high=2**64 - 1)
    assert page.inner_text(f"{ROOT} .message") == wished and written(page) == before
    page.fill(f"{ROOT} .seed", "2")
    page.fill(f"{ROOT} .prompt-field", "x" * 10_001)
    page.click(f"{ROOT} .write")
    page.wait_for_function(
        "() => document.querySelector('#lm-learning .message').textContent.includes('10,001')"
    )
    assert written(page) == before and len(page.input_value(f"{ROOT} .prompt-field")) == 10_001
    page.fill(f"{ROOT} .prompt-field", "Olá")
    page.click(f"{ROOT} .write")
    page.wait_for_selector(f"{ROOT} .message", state="hidden")
    assert "á" in page.inner_text(f"{ROOT} .prompt-note")


# --- moments ----------------------------------------------------------------------------------------------


def test_moving_through_the_moments_asks_nobody(learning):
    page = learning()
    asked = calls(page)
    assert in_view(page) == len(STEPS) - 1
    for i, step in enumerate(STEPS):
        set_slider(page, f"{ROOT} .scrubber", i)
        assert in_view(page) == i
        wait_for_cursor(page, step)
    page.click(f"{ROOT} .moment >> nth=0")
    wait_for_cursor(page, 0)
    page.focus(f"{ROOT} .moment.in-view .moment-name")
    page.keyboard.press("ArrowRight")
    assert in_view(page) == 1
    page.keyboard.press("ArrowDown")
    assert page.locator(f"{ROOT} .next.same").count() == len(STEPS)
    wait_for_address(page, "lm_l_v", str(STEPS[1]))
    assert calls(page) == asked


def test_play_runs_from_the_first_moment_to_the_last_and_stops(learning):
    page = learning()
    page.select_option(f"{ROOT} .speed", "2.5")
    page.click(f"{ROOT} .play")
    page.wait_for_function("() => document.querySelector('#lm-learning .scrubber').value === '0'")
    page.wait_for_selector(f"{ROOT} .play.playing")
    page.wait_for_selector(f"{ROOT} .play:not(.playing)")
    assert in_view(page) == len(STEPS) - 1


# --- losses -----------------------------------------------------------------------------------------------


def test_the_losses_are_told_at_every_moment(learning):
    page = learning()
    rows = history()
    for i, row in enumerate(rows):
        set_slider(page, f"{ROOT} .scrubber", i)
        assert page.inner_text(f"{ROOT} .moment >> nth={i} >> .loss") == f"{row['validation']:.2f} nats"
        beaten = [order for order, loss in COUNTS.items() if row["validation"] < loss]
        now = page.inner_text(f"{ROOT} .now")
        if beaten:
            assert f"better than the counts of order {beaten[-1]}, but not yet of order" in now
        else:
            assert "not yet better than any counts" in now
    labels = page.eval_on_selector_all(
        f"{ROOT} .plot .annotation", "all => all.map((note) => note.textContent)"
    )
    assert labels == [f"counts, order {orders}" for orders in ("1", "2", "3", "4", "5–6")]
    tops = page.eval_on_selector_all(
        f"{ROOT} .plot .annotation", "all => all.map((note) => note.getBoundingClientRect().top)"
    )
    assert all(below - above >= 12 for above, below in pairwise(tops))


def test_the_axis_can_be_read_as_choices_among_equals(learning):
    page = learning()
    page.check(f"{ROOT} [value=among]", force=True)
    ticks = f"{ROOT} .plot .ytick"
    page.wait_for_function(
        "() => [...document.querySelectorAll('#lm-learning .ytick')].some((tick) => Number(tick.textContent) >= 30)"
    )
    numbers = [int(tick) for tick in page.eval_on_selector_all(ticks, "all => all.map((t) => t.textContent)")]
    assert numbers == sorted(numbers) and numbers[0] >= 4
    assert page.inner_text(f"{ROOT} .moment >> nth=0 >> .loss") == "among 64.7"  # e^4.17
    wait_for_address(page, "lm_l_y", "among")


def test_the_fold_says_where_the_counts_are_passed(learning):
    page = learning()
    page.click(f"{ROOT} .fold:not(.curves-table) > summary")
    told = page.inner_text(f"{ROOT} .passed")
    for order, step in passed(history(), COUNTS):
        part = rf"orders? (?:{order}|\d to \d) by step {step:,}" if step is not None else "never"
        assert re.search(part, told), (order, told)
    page.click(f"{ROOT} .predict summary")
    assert page.is_visible(f"{ROOT} .predict p")


def test_a_run_that_nobody_scored_has_no_chart_and_no_error(learning):
    page = learning(rows=[])
    page.wait_for_selector(f"{ROOT} .without-losses")
    assert page.is_hidden(f"{ROOT} .losses") and page.is_hidden(f"{ROOT} .message")
    set_slider(page, f"{ROOT} .scrubber", 0)
    assert in_view(page) == 0


def test_the_chart_speaks_the_language_and_wears_the_theme(learning):
    page = learning()
    asked = calls(page)
    color = "() => document.querySelector('#lm-learning .plot').data[0].line.color"
    light = page.evaluate(color)
    page.click(".language[value=pt-BR]")
    page.wait_for_function(
        "() => document.querySelector('#lm-learning .plot').textContent.includes('contagens')"
    )
    assert "passo 0" in page.text_content(f"{ROOT} .plot")
    assert re.fullmatch(r"\d,\d\d nats", page.inner_text(f"{ROOT} .moment >> nth=1 >> .loss"))
    assert "lm." not in page.inner_text(ROOT) and "espera depois" in page.inner_text(f"{ROOT} .readout")
    page.click(".tool.theme")
    page.wait_for_function(f"(light) => ({color})() !== light", arg=light)
    assert calls(page) == asked


# --- corpus, link, screens --------------------------------------------------------------------------------


def test_each_corpus_has_its_own_gpt_prompt_and_losses(learning):
    page = learning()
    page.fill(f"{ROOT} .prompt-field", "To be")
    page.fill(f"{ROOT} .seed", "7")
    page.press(f"{ROOT} .seed", "Enter")
    mine = right_texts(prompt="To be", seed=7)
    wait_for_texts(page, mine)
    page.check("#lm-tab [value=machado]", force=True)
    machado = LANGUAGE_MODELS.moments("machado")
    wait_for_texts(page, right_texts(machado, **OF_MACHADO))
    assert page.input_value(f"{ROOT} .prompt-field") == "Capitu olhou"
    names = page.eval_on_selector_all(f"{ROOT} .moment .step", "all => all.map((name) => name.textContent)")
    assert names == ["untrained", *(f"after {step:,} steps" for step in list(machado)[1:])]
    rows = {row["step"]: row["validation"] for row in curves(machado[max(machado)].info["history"])}
    losses = [f"{rows[step]:.2f} nats" for step in machado]
    page.wait_for_function(
        f"""(losses) => JSON.stringify([...document.querySelectorAll("{ROOT} .loss")].map((one) => one.textContent))
          === JSON.stringify(losses)""",
        arg=losses,
    )
    token = page.locator(f"{ROOT} .moment >> nth=1 >> .token").first
    assert token.get_attribute("lang") == "pt-BR"
    asked = len(calls(page))
    page.check("#lm-tab [value=shakespeare]", force=True)
    wait_for_texts(page, mine)
    assert page.input_value(f"{ROOT} .prompt-field") == "To be" and page.input_value(f"{ROOT} .seed") == "7"
    assert len(calls(page)) == asked + 2  # both parts of the texts: the losses are known


def test_a_text_without_saved_moments_is_told(learning):
    page = learning()
    before, asked = written(page), calls(page)
    page.check("#lm-tab [value=own]", force=True)
    page.wait_for_function("() => new URLSearchParams(location.search).get('lm_corpus') === 'own'")
    told = texts("en")["lm.learning.lead.other"].replace("{corpus}", texts("en")["lm.corpus.shakespeare"])
    assert page.inner_text(f"{ROOT} .station-lead") == told
    assert written(page) == before and len(calls(page)) == len(asked) + 1  # the own text, counted
    page.check("#lm-tab [value=shakespeare]", force=True)
    assert page.inner_text(f"{ROOT} .station-lead") == texts("en")["lm.learning.lead"]
    assert written(page) == before


def test_a_portuguese_page_opens_with_machado(open_page):
    page = open_page("?tab=lm&station=learning", locale="pt-BR")
    wished = right_texts(LANGUAGE_MODELS.moments("machado"), count=120, **OF_MACHADO)
    page.wait_for_selector(f"{ROOT} .moment .token")
    wait_for_texts(page, wished)


def test_a_link_reopens_what_was_seen(learning):
    page = learning()
    page.fill(f"{ROOT} .prompt-field", "To be,\nor ")
    page.fill(f"{ROOT} .seed", "18446744073709551000")
    page.click(f"{ROOT} .presets [value=wild]")
    wished = right_texts(prompt="To be,\nor ", seed=18446744073709551000, temperature=1.5, top_p=1)
    wait_for_texts(page, wished)
    page.check(f"{ROOT} [value=among]", force=True)
    page.click(f"{ROOT} .moment >> nth=1")
    wait_for_address(page, "lm_l_v", str(STEPS[1]))
    again = learning("&" + page.url.split("?")[1].replace("tab=lm&station=learning&", ""), length="")
    assert written(again) == wished and in_view(again) == 1
    assert again.input_value(f"{ROOT} .prompt-field") == "To be,\nor "
    assert again.is_checked(f"{ROOT} [value=among]")
    assert again.get_attribute(f"{ROOT} .presets [value=wild]", "aria-pressed") == "true"


def test_a_link_to_an_empty_prompt_reopens_it(learning):
    page = learning("&lm_l_empty=1")
    assert page.input_value(f"{ROOT} .prompt-field") == "" and written(page) == right_texts(prompt="")
    assert page.inner_text(f"{ROOT} .readout") == texts("en")["lm.learning.read.start"]


def test_a_link_with_nonsense_opens_the_usual_texts(learning):
    page = learning("&lm_l_s=-1&lm_l_t=hot&lm_l_k=0&lm_l_q=7&lm_l_v=7&lm_l_y=x", length="&lm_l_n=61")
    assert page.locator(f"{ROOT} .moment >> nth=0 >> .token").count() == 120
    assert written(page) == right_texts(count=120)
    assert in_view(page) == len(STEPS) - 1 and page.is_hidden(f"{ROOT} .message")


def test_out_of_view_it_asks_nothing(open_page):
    page = open_page("?tab=lm&station=yours&lm_corpus=shakespeare")
    page.wait_for_selector("#lm-yours .station-title")
    assert page.is_hidden(ROOT)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.check("#lm-tab [value=machado]", force=True)
    page.wait_for_function("() => new URLSearchParams(location.search).get('lm_corpus') === 'machado'")
    with page.expect_request(lambda request: "lm_learning" in request.url):
        assert not any("lm_learning" in url or "lm_losses" in url for url in asked)
        page.click("#lm-tab .stations button[value=learning]")


def test_every_token_of_a_text_is_reached_by_keyboard(learning):
    page = learning()
    card = f"{ROOT} .moment >> nth=3"
    tokens = page.locator(card).locator(".token-text .token")
    page.locator(card).locator(".moment-name").focus()
    page.keyboard.press("Tab")
    for key, at in (
        ("", 0),
        ("ArrowRight", 1),
        ("End", tokens.count() - 1),
        ("ArrowLeft", tokens.count() - 2),
    ):
        if key:
            page.keyboard.press(key)
        assert tokens.nth(at).evaluate("(token) => token === document.activeElement")
        assert f"Token {at + 1}, " in page.inner_text(f"{ROOT} .said")
    assert page.locator(card).locator(".token-text .token[tabindex='0']").count() == 1
