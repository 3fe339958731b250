"""Two parts that stations of the next-token tab share: the columns of one step, and what a visitor takes away."""

import csv
import io
import json
import math
import re

import numpy as np
import pytest
from PIL import Image

from demo.lm.generate import whole_run
from demo.loading import Models
from demo.text import texts
from models.sampling import sampling_probs
from tests.browser.conftest import PHONE

LOGITS = [2.0, 1.5, 1.4, 0.9, 0.5, 0.1, 0.0, -0.3, -0.8, -1.4, -2.2, -9.0]
NAMES = ["e", " ", "\n", '"', ",", "a", "=", "é", "t", "z", "Q", "$"]
KNOBS = {"temperature": 0.8, "top_k": None, "top_p": 0.95}

MAKE_COLUMNS = """async ([logits, names]) => {
  const [{ createColumns }, { rankTokens }] = await Promise.all([load("lm/columns.js"), load("lm/sampling.js")]);
  const place = document.createElement("div");
  place.id = "columns";
  place.className = "family-lm";
  place.style.width = `${Math.min(540, innerWidth - 40)}px`;
  document.querySelector("#panel-lm").prepend(place);
  window.columns = createColumns(place);
  const view = { vocabulary: names, logits: Float32Array.from(logits) };
  view.ranked = rankTokens(view.logits);
  window.drawColumns = (knobs, chosen) => columns.draw({ ...view, knobs, chosen });
}"""

MAKE_RUN = """async ([logits, names, knobs, parts]) => {
  const [{ createTakeAway }, { rankTokens, samplingProbs }] = await Promise.all([
    load("lm/takeaway.js"), load("lm/sampling.js"),
  ]);
  const softmax = (row) => samplingProbs(row);
  const step = (id, more) => {
    const row = Float32Array.from(logits);
    const said = parts && parts.map((part) => ({ logits: Float32Array.from(part) }));
    const own = softmax(row);
    const counted = new Map([[0, 7], [3, 2]]);
    return { id, text: names[id], logits: row, own, ranked: rankTokens(row), knobs, forced: false,
             context: 3, order: 4, total: 9, counted, parts: said, weight: parts ? 0.25 : undefined, p: own[id], ...more };
  };
  const settings = { model: parts ? "mix" : "counts", corpus: "shakespeare", order: 4, prompt: "ROMEO:", seed: "18446744073709551615" };
  window.run = { settings, vocabulary: names, prompt: [..."ROMEO:"], index: 1, segments: [],
                 steps: [step(3), step(4), step(2, { forced: true }), step(6)] };
  const place = document.createElement("span");
  place.id = "take";
  document.querySelector("#panel-lm").prepend(place);
  createTakeAway(place, () => ({ run: window.run, knobs, name: "a name" }));
}"""  # noqa: E501


@pytest.fixture
def bare(bare_page):
    """bare("&lang=en", **context options) -> a page with nothing on it but what a test puts there."""
    return lambda query="", **options: bare_page(f"?tab=lm{query}", **options)


@pytest.fixture
def table(bare):
    """table(knobs, chosen) -> a page with columns drawn."""

    def draw(knobs, chosen=0, query="", logits=LOGITS, names=NAMES, **options):
        page = bare(query, **options)
        page.evaluate(MAKE_COLUMNS, [logits, names])
        page.evaluate("([knobs, chosen]) => drawColumns(knobs, chosen)", [knobs, chosen])
        return page

    return draw


def rows(page):
    """The cells of every row in view, the head left out: lists of texts."""
    return page.evaluate(
        """() => [...document.querySelectorAll("#columns .line")].filter((row) => !row.hidden)
          .map((row) => [...row.children].map((cell) => cell.textContent))"""
    )


def number(text):
    return float(re.sub(r"[^\d.-]", "", text.replace("−", "-").replace("<", "")))


def percent(share):
    """As formatPercent writes it in English."""
    if share == 0:
        return "0%"
    if share < 0.001 or 0.9995 <= share < 1 - 1e-6:
        return "<0.1%" if share < 0.5 else ">99.9%"
    return f"{100 * share:.{1 if share < 0.0995 or 0.995 <= share < 1 - 1e-6 else 0}f}%"


def worked(page):
    return page.inner_text("#columns .worked")


# --- columns ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "knobs",
    [
        KNOBS,
        {"temperature": 1.7, "top_k": 4, "top_p": 1},
        {"temperature": 0.5, "top_k": 6, "top_p": 0.9},
        {"temperature": 1, "top_k": None, "top_p": 1},
        {"temperature": 0.05, "top_k": 1, "top_p": 0.05},
    ],
)
def test_every_number_is_what_the_sampler_computes(table, knobs):
    page = table(knobs)
    logits = np.float32(LOGITS).astype(float)
    temperature, top_k = knobs["temperature"], knobs["top_k"]
    share = sampling_probs(logits, temperature)
    of_top_k = sampling_probs(logits, temperature, top_k)
    after = sampling_probs(logits, **knobs)
    for i, cells in enumerate(rows(page)[:9]):
        assert number(cells[1]) == pytest.approx(logits[i], abs=0.0051)
        assert number(cells[2]) == pytest.approx(logits[i] / temperature, abs=0.051)
        assert number(cells[3]) == pytest.approx(math.exp((logits[i] - logits[0]) / temperature), abs=0.0011)
        assert cells[4] == percent(share[i]) and cells[7] == percent(after[i])
        assert cells[5] == f"{i + 1} {'✓' if of_top_k[i] else '✕'}"
        if of_top_k[i]:
            total = of_top_k[: i + 1].sum()
            assert cells[6] == f"{100 * total:.1f} {'✓' if after[i] else '✕'}"
        else:
            assert cells[6] == "–"
    rest = rows(page)[-1]
    assert rest[0] == "+3" and rest[7] == percent(after[9:].sum())


def test_the_line_stands_between_the_last_token_kept_and_the_first_cut(table):
    page = table({"temperature": 1, "top_k": 4, "top_p": 1})
    lines = page.eval_on_selector_all("#columns .first-cut", "all => all.map(row => row.textContent)")
    assert len(lines) == 1 and lines[0].startswith(",")
    assert page.locator("#columns .cut:not(.rest)").count() == 5
    page.evaluate("drawColumns({temperature: 1, top_k: null, top_p: 1}, 0)")
    assert page.locator("#columns .first-cut").count() == 0


def test_the_chosen_token_has_a_row_even_far_down(table):
    page = table(KNOBS, chosen=10)
    drawn = rows(page)
    assert [cells[0] for cells in drawn] == ["e", "␣", "↵", '"', ",", "a", "=", "é", "Q", "+3"]
    assert drawn[8][5] == "11 ✓" and page.inner_text("#columns .chosen .chip") == "Q"
    assert worked(page).startswith("“Q”: e^((−2.200 − 2.000) ÷ 0.80)")


def test_a_row_under_the_pointer_or_the_keys_is_worked_out(table):
    page = table(KNOBS, chosen=0)
    share = sampling_probs(np.array(LOGITS), 0.8)
    after = sampling_probs(np.array(LOGITS), **KNOBS)
    page.hover("#columns .line >> nth=3")
    power = math.exp(-1.1 / 0.8)
    assert worked(page) == (
        f'“"”: e^((0.900 − 2.000) ÷ 0.80) = {power:.4f}, and {power:.4f} ÷ {1 / share[0]:.4f} = '
        f"{100 * share[3]:.2f}%. Of what is left: {100 * share[3]:.2f}% ÷ {100 * share[0] / after[0]:.2f}% = "
        f"{100 * after[3]:.2f}%."
    )
    page.mouse.move(1, 1)
    assert worked(page).startswith("“e”")
    page.focus("#columns .in-view")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert worked(page).startswith("“↵”") and page.evaluate("document.activeElement.textContent").startswith(
        "↵"
    )
    page.evaluate("drawColumns({temperature: 2, top_k: 2, top_p: 1}, 0)")  # a knob: the row stays
    assert worked(page).startswith("“↵”") and "Rank 3: top-k 2 cuts it." in worked(page)
    page.evaluate("drawColumns({temperature: 2, top_k: 2, top_p: 1}, 1)")  # another step: its own token
    assert worked(page).startswith("“␣”")


def test_temperature_zero_is_explained(table):
    page = table({"temperature": 0, "top_k": None, "top_p": 1}, chosen=1)
    assert worked(page) == texts("en")["lm.columns.zero"]
    assert [cells[7] for cells in rows(page)] == ["100%", *["0%"] * 9]
    assert all(cells[2:7] == ["–"] * 5 for cells in rows(page)[:9])


def test_logits_that_are_logarithms_are_said_to_be(table):
    log_probs = np.log(sampling_probs(np.array(LOGITS))).tolist()
    formula = "#columns .head .column-logit .formula"
    assert table(KNOBS).inner_text(formula) == "z"
    page = table(KNOBS, logits=log_probs)
    assert page.inner_text(formula) == "log p"
    page.evaluate("load('web/i18n.js').then(({ setLanguage }) => setLanguage('pt-BR'))")
    assert page.inner_text(formula) == "log p" and ",80" in worked(page)


def test_rows_are_kept_and_only_redrawn(table):
    page = table(KNOBS)
    page.evaluate("() => { window.before = [...document.querySelectorAll('#columns .line')]; }")
    page.evaluate("drawColumns({temperature: 1.3, top_k: 3, top_p: 0.5}, 2)")
    assert page.evaluate(
        "() => [...document.querySelectorAll('#columns .line')].every((row, i) => row === before[i])"
    )


def test_a_small_vocabulary_has_no_rest(table):
    page = table(KNOBS, logits=LOGITS[:3], names=NAMES[:3])
    assert [cells[0] for cells in rows(page)] == ["e", "␣", "↵"]


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_columns_fit_a_phone_and_answer_a_finger(table, language):
    page = table(KNOBS, query=f"&lang={language}", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    clipped = page.eval_on_selector_all(
        "#columns .line > :not(.chip)",
        "cells => cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).length",
    )
    assert clipped == 0
    assert page.locator("#columns .line >> nth=2").bounding_box()["height"] >= 40
    page.tap("#columns .line >> nth=2")
    assert worked(page).startswith("“↵”")


# --- taking away ------------------------------------------------------------------------------------------


def with_run(page, parts=None):
    page.evaluate(MAKE_RUN, [LOGITS, NAMES, KNOBS, parts])
    return page


def taken(page, name):
    """(file name, bytes) of what an entry of the menu gives."""
    page.click("#take .take-button")
    with page.expect_download() as download:
        page.click(f"#take [value={name}]")
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_the_text_is_prompt_and_tokens(bare):
    name, data = taken(with_run(bare()), "text")
    assert name == "next-token-shakespeare-counts4-seed18446744073709551615.txt"
    assert data.decode("utf-8") == 'ROMEO:",\n='


def test_the_table_opens_as_a_spreadsheet_reads_it(bare):
    name, data = taken(with_run(bare()), "csv")
    assert name.endswith(".csv") and data.startswith(b"\xef\xbb\xbf") and data.endswith(b"\r\n")
    records = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [record["token"] for record in records] == ['"', ",", "\n", "'="]  # no formula
    assert list(records[0]) == [
        *("step", "token", "token_id", "prob", "sampling_prob", "entropy_bits", "order", "count", "total"),
        *("temperature", "top_k", "top_p", "forced"),
        *(f"{name}_{rank}" for rank in range(1, 11) for name in ("token", "prob", "sampling_prob")),
    ]
    own, after = sampling_probs(np.float32(LOGITS)), sampling_probs(np.float32(LOGITS), **KNOBS)
    for i, (record, token) in enumerate(zip(records, [3, 4, 2, 6], strict=True)):
        assert int(record["step"]) == i + 1 and int(record["token_id"]) == token
        assert float(record["prob"]) == pytest.approx(own[token])
        assert float(record["sampling_prob"]) == pytest.approx(after[token])
        assert float(record["entropy_bits"]) == pytest.approx(-(own * np.log2(own)).sum())
        assert record["count"] == ("2" if token == 3 else "0") and record["total"] == "9"
        assert (record["temperature"], record["top_k"], record["top_p"]) == ("0.8", "", "0.95")
        assert record["forced"] == ("true" if i == 2 else "false")
        assert [record[f"token_{rank}"].removeprefix("'") for rank in range(1, 11)] == NAMES[:10]
        assert [float(record[f"prob_{rank}"]) for rank in range(1, 11)] == pytest.approx(own[:10].tolist())


def test_the_json_says_how_it_was_made(bare):
    page = with_run(bare())
    name, data = taken(page, "json")
    record = json.loads(data)
    assert name.endswith("counts4-seed18446744073709551615.json")
    assert record["seed"] == "18446744073709551615" and record["prompt"] == "ROMEO:"
    assert (record["model"], record["corpus"], record["order"]) == ("counts", "shakespeare", 4)
    assert record["weight"] is None and record["snapshot"] is None and record["knobs"] == KNOBS
    assert record["text"] == '",\n=' and record["link"] == page.url
    assert [step["token_id"] for step in record["steps"]] == [3, 4, 2, 6]


def test_a_mixture_says_what_either_model_gave(bare):
    first, second = (np.roll(LOGITS, shift).tolist() for shift in (1, 5))
    name, data = taken(with_run(bare(), [first, second]), "json")
    assert name.startswith("next-token-shakespeare-counts4-gpt25-seed")
    record = json.loads(data)
    assert record["weight"] == 0.25
    for step in record["steps"]:
        assert step["prob_counts"] == pytest.approx(sampling_probs(np.float32(first))[step["token_id"]])
        assert step["prob_gpt"] == pytest.approx(sampling_probs(np.float32(second))[step["token_id"]])
        assert step["weight"] == 0.25


def test_the_chart_is_drawn_in_the_colours_of_the_theme(bare):
    page = with_run(bare("&__theme=dark"))
    name, data = taken(page, "png")
    assert name == "next-token-shakespeare-counts4-seed18446744073709551615-step2.png"
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    assert picture.width == 2 * 720 and picture.height > 800
    surface = picture.getpixel((2, 2))
    wished = page.evaluate("load('web/chart.js').then(({ cssColor }) => cssColor('--surface'))")
    assert surface == tuple(int(wished[i : i + 2], 16) for i in (1, 3, 5))
    accent = page.evaluate("load('web/chart.js').then(({ cssColor }) => cssColor('--lm'))")
    accent = tuple(int(accent[i : i + 2], 16) for i in (1, 3, 5))
    colours = {colour: count for count, colour in picture.getcolors(2**24)}
    # the narrow bars: together as long as the track, which they share
    assert colours[accent] > 5000


def test_the_chart_of_a_branch_names_its_corpus_and_model_too(bare):
    page = with_run(bare())
    page.evaluate("""() => {
      window.written = [];
      const { fillText } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
        written.push(text);
        return fillText.call(this, text, ...place);
      };
      Object.assign(window.run, { at: 1, segments: [{ at: 1, force: 2, knobs: window.run.steps[1].knobs }] });
    }""")
    taken(page, "png")
    assert "Shakespeare · Counts, order 4 · a name" in page.evaluate("window.written")


def test_the_link_is_copied_and_where_that_is_forbidden_said(bare):
    page = with_run(bare())
    page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }")
    page.click("#take .take-button")
    page.click("#take [value=link]")
    page.wait_for_function("() => document.querySelector('#take .take-said').textContent")
    assert page.inner_text("#take .take-said") == texts("en")["page.copied"]
    assert page.evaluate("window.copied") == page.url
    page.evaluate("() => { navigator.clipboard.writeText = async () => { throw new Error('no'); }; }")
    page.evaluate("() => { document.execCommand = () => false; }")
    page.click("#take .take-button")
    page.click("#take [value=link]")
    page.wait_for_function(
        "(said) => document.querySelector('#take .take-said').textContent === said",
        arg=texts("en")["page.copy_by_hand"],
    )


def test_the_menu_obeys_keys_and_closes_outside(bare):
    page = with_run(bare())
    focused = "document.activeElement.value || document.activeElement.className"
    page.focus("#take .take-button")
    page.keyboard.press("Enter")
    assert page.is_visible("#take .take-menu") and page.evaluate(focused) == "text"
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == "link"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "csv"
    page.keyboard.press("Escape")
    assert page.is_hidden("#take .take-menu") and "take-button" in page.evaluate(focused)
    page.keyboard.press("ArrowDown")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".txt")
    page.click("#take .take-button")
    assert page.get_attribute("#take .take-button", "aria-expanded") == "true"
    page.mouse.click(640, 600)
    assert page.is_hidden("#take .take-menu")


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_the_menu_fits_a_phone(bare, language):
    page = with_run(bare(f"&lang={language}", **PHONE))
    page.tap("#take .take-button")
    boxes = [page.locator(f"#take .take-menu button >> nth={i}").bounding_box() for i in range(5)]
    assert min(box["height"] for box in boxes) >= 40
    assert min(box["x"] for box in boxes) >= 0 and max(box["x"] + box["width"] for box in boxes) <= 390
    assert "lm." not in page.inner_text("#take")


def test_what_the_station_generate_gives_is_what_the_api_gives(open_page):
    page = open_page(
        "?tab=lm&lm_corpus=shakespeare&lm_m=counts&lm_o=5&lm_p=ROMEO:&lm_s=9&lm_n=20&lm_t=0.8&lm_q=0.95"
    )
    page.wait_for_selector(".lm-generate.ready", timeout=60_000)
    page.wait_for_function("() => document.querySelectorAll('#lm-generate .token').length === 20")
    page.click("#lm-generate .take-button")
    with page.expect_download() as download:
        page.click("#lm-generate .take-menu [value=json]")
    assert download.value.suggested_filename == "next-token-shakespeare-counts5-seed9.json"
    record = json.loads(download.value.path().read_text("utf-8"))
    counts = Models("pretrained").get("lm/shakespeare/ngram").with_order(5)
    right = whole_run(counts, "ROMEO:", max_new_tokens=20, seed=9, **KNOBS)
    assert record["text"] == right["text"]
    for step, wished in zip(record["steps"], right["steps"], strict=True):
        for name in ("token", "token_id", "order", "count", "total"):
            assert step[name] == wished[name]
        for name in ("prob", "sampling_prob"):
            assert step[name] == pytest.approx(wished[name], abs=1e-6)
