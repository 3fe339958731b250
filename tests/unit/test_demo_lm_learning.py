"""The station Learning: texts of every kept moment, and the losses beside the counts."""

import base64
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from demo.api import Api
from demo.lm import figures, learning
from demo.lm import generate as generating
from demo.lm.language_models import LanguageModels
from demo.loading import Models
from demo.text import texts
from models.sampling import generate
from models.tokenizer import visible
from tests.calls import for_api, for_page
from tests.shipped import MODELS

GPT_FOLDER, NGRAM_FOLDER = "lm/shakespeare/gpt", "lm/shakespeare/ngram"
ROWS = [
    {"step": step, "train": train, "validation": validation}
    for step, train, validation in [(0, 4.2, 4.2), (25, 3.0, 3.1), (100, 2.3, 2.4), (500, 1.4, 1.6)]
]
COUNTS = {1: 3.3, 2: 2.5, 3: 2.0, 4: 1.65, 5: 1.62, 6: 1.5}
KNOBS = {"temperature": 0.8, "top_k": None, "top_p": 0.95}


def calls_of(language_models):
    """name -> function, all that the page and programs call."""
    lm_learning = Api(None, language_models).lm_learning
    losses = learning.functions(language_models)["lm_losses"]
    page = {"write": for_page(lm_learning), "losses": for_page(losses)}
    return page | {"lm_learning": for_api(lm_learning)}


@pytest.fixture(scope="module")
def language_models():
    return LanguageModels(MODELS)


@pytest.fixture(scope="module")
def moments(language_models):
    return language_models.moments("shakespeare")


@pytest.fixture
def station(language_models):
    return calls_of(language_models)


def ask(station, **changes):
    request = {"prompt": "ROMEO:\nI w", "max_new_tokens": 12, "seed": "2", **KNOBS} | changes
    return json.loads(station["write"](request))


def decoded(record):
    return np.frombuffer(base64.b64decode(record["f32"]), "<f4").reshape(record["shape"])


def shares(logits):
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


# --- texts ------------------------------------------------------------------------------------------------


def test_every_moment_writes_what_it_writes_alone(station, moments):
    answer = ask(station, max_new_tokens=9, temperature=1.1, top_k=20)
    assert [one["step"] for one in answer["moments"]] == list(moments)
    for one, gpt in zip(answer["moments"], moments.values(), strict=True):
        knobs = {"max_new_tokens": 9, "temperature": 1.1, "top_k": 20, "top_p": 0.95, "seed": 2}
        steps = list(generate(gpt, "ROMEO:\nI w", **knobs))
        assert one["texts"] == [step.text for step in steps]
        assert one["probs"] == pytest.approx([step.prediction.probs[step.token_id] for step in steps])
        first = shares(decoded(one["logits"]).astype(float))
        assert first == pytest.approx(gpt.predict(gpt.tokenizer.encode("ROMEO:\nI w")).probs, abs=1e-6)
    assert answer["vocabulary"] == gpt.tokenizer.tokens
    assert "".join(answer["prompt"]) == "ROMEO:\nI w"


def test_before_training_every_character_is_as_likely_as_any(station):
    untrained = ask(station)["moments"][0]
    assert untrained["step"] == 0
    logits = decoded(untrained["logits"])
    assert (logits == logits[0]).all()
    assert untrained["probs"] == pytest.approx([1 / len(logits)] * 12)


def test_the_last_moment_is_the_shipped_gpt_as_generate_gives_it(station, language_models):
    answer = ask(station, max_new_tokens=70)  # more than one turn
    shipped = language_models.get("shakespeare", "gpt")
    alone = generating.whole_run(shipped, "ROMEO:\nI w", max_new_tokens=70, seed=2, **KNOBS)
    last = answer["moments"][-1]
    assert "".join(last["texts"]) == alone["text"]
    assert last["probs"] == pytest.approx([step["prob"] for step in alone["steps"]])


def test_program_and_page_get_the_same(station):
    page = ask(station)
    program = station["lm_learning"]("ROMEO:\nI w", 2, 12, 0.8, None, 0.95)
    for one, other in zip(page["moments"], program["moments"], strict=True):
        assert other["text"] == "".join(one["texts"]) and other["probs"] == one["probs"]
        assert list(other["next"]) == page["vocabulary"]
        assert list(other["next"].values()) == pytest.approx(shares(decoded(one["logits"])), abs=1e-6)
    assert program["notes"] == [] and list(program["counts"]) == list("12345678")
    json.dumps(program, allow_nan=False)


def test_a_longer_text_goes_on_from_a_shorter_one(station, monkeypatch):
    written, plain = [], learning.writings

    def counted(*arguments):
        *_, count, before = arguments
        written.append((len(before[0].ids) if before else 0, count))
        return plain(*arguments)

    monkeypatch.setattr(learning, "writings", counted)
    whole = ask(station, seed="78", max_new_tokens=100)
    assert written == [(0, 40), (40, 100)]
    begun = ask(station, seed="78", max_new_tokens=40)
    assert len(written) == 2
    for one, other in zip(begun["moments"], whole["moments"], strict=True):
        assert other["texts"][:40] == one["texts"] and other["probs"][:40] == one["probs"]
        assert other["logits"] == one["logits"] and len(one["texts"]) == 40


def test_the_page_gets_no_names_of_tokens_but_the_vocabulary(station):
    answer = ask(station, corpus="machado", max_new_tokens=1)
    for moment in answer["moments"]:
        assert decoded(moment["next"]) == pytest.approx(shares(decoded(moment["logits"])), abs=1e-6)
    assert len(answer["vocabulary"]) == 1024


def test_what_was_written_once_is_not_written_again(station, monkeypatch):
    first = ask(station, seed="77")
    monkeypatch.setattr(learning, "writings", lambda *_: pytest.fail("asked the models again"))
    assert ask(station, seed="77") == first


def test_a_prompt_with_unknown_characters_is_read_and_said_so(station):
    answer = ask(station, prompt="Olá, ROMEO")
    assert answer["unknown"] == [visible("á")] and "".join(answer["prompt"]) == "Ol , ROMEO"
    assert visible("á") in station["lm_learning"]("Olá, ROMEO", max_new_tokens=1)["notes"][0]


def test_an_empty_prompt_starts_from_nothing(station):
    answer = ask(station, prompt="", max_new_tokens=1)
    assert answer["prompt"] == [] and all(len(one["texts"]) == 1 for one in answer["moments"])


def test_a_prompt_that_is_too_long_says_how_long(station):
    error = ask(station, prompt="x" * 10_001)["error"]
    assert error["key"] == "error.too_long" and error["values"]["count"] == 10_001


def test_the_largest_seed_is_a_seed(station):
    assert len(ask(station, seed=str(2**64 - 1 - 12), max_new_tokens=1)["moments"]) >= 2


# --- losses -----------------------------------------------------------------------------------------------


def copied(tmp_path, history, counts):
    """Models on a copy of the shipped GPT and counts whose config says other things of their training."""
    for folder in (GPT_FOLDER, NGRAM_FOLDER):
        shutil.copytree(Path("pretrained") / folder, tmp_path / folder)
    for folder, notes in ((GPT_FOLDER, {"history": history}), (NGRAM_FOLDER, {"training": counts})):
        path = tmp_path / folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | notes), "utf-8")
    return LanguageModels(Models(tmp_path))


def test_the_losses_are_those_of_the_configs(tmp_path):
    history = [*ROWS, {"step": 400, "batches": 1.9}]
    nats = {"nats_per_character": {str(order): loss for order, loss in COUNTS.items()}}
    station = calls_of(copied(tmp_path, history, nats))
    answer = json.loads(station["losses"]({}))
    assert answer["rows"] == ROWS
    assert answer["counts"] == {str(order): loss for order, loss in COUNTS.items()}
    assert answer["passed"] == [[1, 25], [2, 100], [3, 500], [4, 500], [5, 500], [6, None]]
    assert answer["figure"]["layout"]["xaxis"]["ticktext"] == [str(step) for step in answer["moments"]]
    program = station["lm_learning"]("a", max_new_tokens=1)
    assert program["history"] == ROWS and program["counts"] == answer["counts"]


def test_without_scored_steps_there_is_no_figure(tmp_path):
    station = calls_of(copied(tmp_path, [{"step": 200, "train": 2.3}], {}))
    answer = json.loads(station["losses"]({}))
    assert answer["figure"] is None and answer["rows"] == [] and answer["counts"] == {}


def test_a_missing_moment_is_told_by_name(tmp_path):
    language_models = copied(tmp_path, ROWS, {})
    steps = json.loads((tmp_path / GPT_FOLDER / "config.json").read_text("utf-8"))["snapshots"]
    missing = tmp_path / GPT_FOLDER / f"step-{steps[1]:06d}.safetensors"
    missing.unlink()
    error = ask(calls_of(language_models))["error"]
    assert (
        error["key"] == "error.copy_missing"
        and error["values"]["file"] == missing.relative_to(tmp_path.parent).as_posix()
    )


def test_the_curves_are_the_rows_and_every_order_has_its_line():
    figure = figures.losses(ROWS, COUNTS, [0, 100, 500])
    data, layout = figure["data"], figure["layout"]
    for trace in data:
        assert trace["y"] == [row[trace["name"]] for row in ROWS]
        assert [step for step, _ in trace["customdata"]] == [row["step"] for row in ROWS]
        assert [among for _, among in trace["customdata"]] == [math.exp(loss) for loss in trace["y"]]
    cursor, *levels = layout["shapes"]
    assert cursor["yref"] == "paper" and [level["y0"] for level in levels] == list(COUNTS.values())
    low, high = layout["yaxis"]["range"]
    assert low < 1.4 and high > 4.2
    # 4 and 5 are 0.03 nats apart and share a label, 6 is 0.15 below 4 and has its own
    assert layout["meta"]["orders"] == [[1, 1], [2, 2], [3, 3], [4, 5], [6, 6]]
    heights = [note["y"] for note in layout["annotations"]]
    assert heights == pytest.approx([3.3, 2.5, 2.0, 1.635, 1.5])


def test_a_row_without_a_training_loss_leaves_a_gap_only_there():
    rows = [*ROWS[:2], ROWS[2] | {"train": None}, ROWS[3]]
    train, validation = figures.losses(rows, COUNTS, [0, 500])["data"]
    assert len(train["y"]) == 3 and len(validation["y"]) == 4
    assert learning.curves([{"step": 7, "validation": 2.0}]) == [
        {"step": 7, "train": None, "validation": 2.0}
    ]


def test_steps_stand_in_order_from_zero_on():
    places = [figures.place(step) for step in (0, 1, 25, 100, 1200, 3600)]
    assert places[0] == 0 and places == sorted(places)
    assert figures.place(3600) - figures.place(1200) == pytest.approx(math.log(3), abs=0.02)


def test_what_the_figure_says_has_sentences():
    figure = figures.losses(ROWS, COUNTS, [0, 100, 500])
    keys = [trace["hovertemplate"] for trace in figure["data"]]
    keys += [note["text"] for note in figure["layout"]["annotations"]]
    assert set(keys) <= set(texts("en"))
