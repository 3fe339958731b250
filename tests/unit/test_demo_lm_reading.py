"""The station Reading: what a model said of every token of a text, against the model itself."""

import base64
import json
import math
import re
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from demo.api import Api
from demo.checks import UserError, short_text
from demo.contract import MOST_PROMPT_CHARACTERS, MOST_READ_CHARACTERS
from demo.lm import copying, reading
from demo.lm.language_models import LanguageModels
from demo.lm.own import OwnText
from demo.lm.steps import checked_prompt
from demo.text import LANGUAGES, texts
from models.gpt import GPT, GPTConfig
from models.ngram import NgramLM
from models.passages import Passages
from models.sampling import sampling_probs
from models.tokenizer import CharTokenizer, PieceTokenizer, normalize, plain
from tests.calls import for_api, for_page
from tests.shipped import MODELS

TEXT = "the cat sat on the mat, the rat sat on the hat and the cat ate the fat rat\n" * 3
COUNTS = NgramLM.fit(TEXT, order=4)
WORDS = NgramLM.fit(TEXT, order=3, unit="words")
LANGUAGE_MODELS = LanguageModels(MODELS)
SHIPPED = [(corpus, model) for corpus in ("shakespeare", "machado") for model in reading.READERS]
PLAIN = {
    "shakespeare": "The night is young, and yet the king is old;\nHe drinks alone. ",
    "machado": "A vizinha abriu a porta e não disse nada;\ndepois, sorriu. ",
}


@pytest.fixture(scope="module")
def gpt():
    import torch

    torch.manual_seed(0)
    network = (
        GPT(GPTConfig(len(COUNTS.tokenizer), 96, 2, 2, 16), COUNTS.tokenizer).eval().requires_grad_(False)
    )
    torch.nn.init.normal_(network.head.weight)
    return network


@pytest.fixture(scope="module")
def station():
    """(what the page calls, what the API calls)."""
    look = for_page(reading.functions(LANGUAGE_MODELS)["lm_look"])
    return lambda **arguments: json.loads(look(arguments)), for_api(Api(None, LANGUAGE_MODELS).lm_read)


def decoded(record):
    return np.frombuffer(base64.b64decode(record["f32"]), "<f4").reshape(record["shape"])


# --- numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lm", [COUNTS, COUNTS.with_order(1), WORDS], ids=["order 4", "order 1", "words"])
def test_counts_agree_with_their_own_loss(lm):
    text = "the rat ate the cat,\nthe hat sat on the mat "
    answer = reading.for_program(lm, text)
    assert answer["nats_per_character"] == pytest.approx(lm.loss(text), abs=1e-9)
    ids = lm.tokenizer.encode(text)
    assert [token["token"] for token in answer["tokens"]] == [lm.tokenizer.tokens[i] for i in ids]
    assert [token["nats"] for token in answer["tokens"]] == pytest.approx(lm.token_nats(ids), abs=1e-9)


def test_gpt_agrees_with_its_own_loss(gpt):
    text = TEXT[: 96 + 64 + 7]  # windows of every kind: the first, a whole one, a part of one
    answer = reading.for_program(gpt, text)
    assert answer["nats_per_character"] == pytest.approx(gpt.loss(text), abs=1e-5)
    nats = gpt.token_nats(gpt.tokenizer.encode(text))
    assert [token["nats"] for token in answer["tokens"]] == pytest.approx(nats, abs=1e-5)


@pytest.mark.parametrize("corpus, model", SHIPPED)
def test_shipped_models_agree_with_their_own_loss(station, corpus, model):
    lm, text = LANGUAGE_MODELS.get(corpus, model), PLAIN[corpus] * 7
    page, api = station
    near = 1e-9 if model == "counts" else 1e-5
    expected = lm.loss(text)
    assert api(text, corpus, model)["nats_per_character"] == pytest.approx(expected, abs=near)
    assert page(text=text, corpus=corpus, model=model)["nats_per_character"] == pytest.approx(
        expected, abs=near
    )


def test_rank_and_likeliest_are_those_of_a_whole_sort(gpt):
    for lm in (COUNTS, gpt):
        ids = lm.tokenizer.encode("the rat sat on the cat\n, t")
        found = reading.read(lm, ids)
        for i, token_id in enumerate(ids):
            probs = sampling_probs(lm.predict(ids[:i]).logits)
            ranked = np.argsort(
                -np.round(probs, 7), kind="stable"
            )  # two ways of summing may differ in the 8th place
            assert found.ranks[i] == 1 + ranked.tolist().index(token_id)
            assert found.top_ids[i].tolist() == ranked[: reading.LIKELIEST].tolist()
            assert found.top_probs[i] == pytest.approx(probs[ranked[: reading.LIKELIEST]], rel=1e-4)
            assert found.probs[i] == pytest.approx(probs[token_id], rel=1e-4)


def test_figures_by_hand():
    # aaab at order 2: p(a|a) = 15/24, p(b|a) = 9/24 (tests/test_ngram.py), and p(a) = 5/8 at the start
    answer = reading.for_program(NgramLM.fit("aaab", order=2), "aab")
    probs = [5 / 8, 15 / 24, 9 / 24]
    assert [token["prob"] for token in answer["tokens"]] == pytest.approx(probs)
    assert [token["rank"] for token in answer["tokens"]] == [1, 1, 2]
    assert answer["nats_per_character"] == pytest.approx(-math.log(math.prod(probs)) / 3)
    assert answer["mean_rank"] == pytest.approx(4 / 3) and answer["first_guess"] == pytest.approx(2 / 3)
    assert answer["notes"] == []


def test_the_lower_id_wins_a_tie():
    assert reading.likeliest(np.log([0.1, 0.2, 0.2, 0.1, 0.1, 0.1, 0.2])).tolist() == [1, 2, 6, 0, 3]
    ranks = [reading.place(np.zeros(4), token_id)[2] for token_id in range(4)]
    assert ranks == [1, 2, 3, 4]


@pytest.mark.parametrize("logits", [[800.0, -800.0], [3.7e-9, -900.0, -1000.0], [0.0]])
def test_a_token_that_is_certain_costs_nothing_and_never_less(logits):
    nats, prob, *_ = reading.place(np.array(logits), 0)
    assert nats == 0 and not np.signbit(nats) and prob == 1


def test_counts_say_which_order_answered_and_what_it_had_seen():
    ids = COUNTS.tokenizer.encode("the cat,hat")
    found = reading.read(COUNTS, ids)
    for i, token_id in enumerate(ids):
        seen = COUNTS.predict(ids[:i])
        assert (found.order[i], found.total[i]) == (seen.order, seen.total)
        assert found.count[i] == seen.counts[token_id]
    # "he " is followed by c m r h c f, three times each in the three copies
    assert (found.order[4], found.count[4], found.total[4]) == (4, 6, 18)


def test_a_long_text_is_read_in_turns_and_all_the_same():
    ids = COUNTS.tokenizer.encode((TEXT * 9)[: 2 * reading.CHUNK + 100])
    found = reading.read(COUNTS, ids)
    assert len(found.ranks) == len(found.order) == len(ids)
    assert found.nats == pytest.approx(COUNTS.token_nats(ids), abs=1e-9)


# --- what the page gets -----------------------------------------------------------------------------------


def test_the_page_gets_ranks_nats_and_five_guesses_a_place(station):
    page, _ = station
    answer = page(text=PLAIN["shakespeare"], corpus="shakespeare", model="counts", order=3)
    lm = LANGUAGE_MODELS.get("shakespeare", "counts", 3)
    ids = lm.tokenizer.encode(PLAIN["shakespeare"])
    assert [i for _, _, i in answer["pieces"]] == ids
    found = reading.read(lm, ids)
    assert decoded(answer["nats"]) == pytest.approx(found.nats, rel=1e-6)
    assert answer["ranks"] == found.ranks.tolist() and answer["vocabulary"] == len(lm.tokenizer)
    assert answer["top_size"] == 5 and answer["top"]["ids"] == found.top_ids.ravel().tolist()
    assert decoded(answer["top"]["probs"]).shape == (len(ids), 5)
    assert {lm.tokenizer.tokens.index(name) for name in answer["names"].values()} >= {
        *ids,
        *answer["top"]["ids"],
    }
    assert len(json.dumps(answer)) < 200 * len(ids)  # never the whole logits


def test_a_vocabulary_smaller_than_five_shows_all_of_it():
    answer = reading.for_reader(NgramLM.fit("abab", order=2), "abba")
    assert answer["top_size"] == 2 and answer["top"]["probs"].shape == (4, 2)
    assert answer["top"]["probs"].sum(axis=1) == pytest.approx(np.ones(4))


def test_a_visitors_own_text_is_read_with_its_counts(station):
    page, _ = station
    for unit in ("characters", "words"):
        corpus = "own:" + LANGUAGE_MODELS.own.keep(TEXT, unit)
        answer = page(text="the cat ate", corpus=corpus, model="counts", order=2)
        lm = NgramLM.fit(TEXT, order=2, unit=unit)
        assert answer["nats_per_character"] == pytest.approx(lm.loss("the cat ate"), abs=1e-9)
        assert "".join(gap + token for gap, token, _ in answer["pieces"]) == "the cat ate"
        assert page(text="the", corpus=corpus, model="gpt")["error"]["key"] == "error.own_has_counts_only"


# --- what the model does not know -------------------------------------------------------------------------


def test_unknown_characters_are_left_out_and_said():
    answer = reading.for_program(COUNTS, "the ☃cat☃é")
    assert answer["notes"] == ["Left out, since the model does not know them: '☃' (U+2603), 'é' (U+00E9)."]
    assert "".join(token["token"] for token in answer["tokens"]) == "the cat"
    assert answer["nats_per_character"] == pytest.approx(COUNTS.loss("the cat"), abs=1e-9)
    pieces = reading.for_reader(COUNTS, "the ☃cat☃é")["pieces"]
    assert [token for _, token, i in pieces if i is None] == ["☃", "☃", "é"]


def test_unknown_words_take_their_characters_out_of_the_score():
    # 12 characters without "dog", 9 of them scored
    answer = reading.for_program(WORDS, "the dog sat\n")
    assert answer["nats_per_character"] == pytest.approx(
        WORDS.token_nats(WORDS.tokenizer.encode("the sat\n")).sum() / 9
    )


def test_word_pieces_never_reach_over_what_is_left_out():
    tokenizer = PieceTokenizer.from_text(TEXT, size=60)
    lm = NgramLM.fit(TEXT, order=2, tokenizer=tokenizer)
    pieces = reading.for_reader(lm, "the ca☃t")["pieces"]
    assert "".join(token for _, token, _ in pieces) == "the ca☃t"
    assert reading.for_program(lm, "the cat")["nats_per_character"] == pytest.approx(
        lm.loss("the cat"), abs=1e-9
    )


@pytest.mark.parametrize("text", ["\ud800a", "e\u0301t", "\r\nthe\r\n", "😀 the", "\x00the\x07"])
def test_characters_of_every_kind_are_taken(station, text):
    page, api = station
    for model in reading.READERS:
        answer = page(text=text, corpus="shakespeare", model=model)
        shown = "".join(gap + token for gap, token, _ in answer["pieces"])
        assert shown == normalize(text)
        json.dumps(api(text, model=model)).encode("utf-8")
        json.dumps(api(text, model=model), ensure_ascii=False).encode("utf-8")


# --- mistakes ---------------------------------------------------------------------------------------------

BAD = {
    "error.own_empty": {"text": ""},
    "error.own_blank": {"text": " \n "},
    "error.reading_long": {"text": "a" * 5001},
    "error.reading_unknown": {"text": "☃☃☃"},
    "error.text": {"text": None},
    "error.choice": {"model": "mix"},  # a model of other stations
}


@pytest.mark.parametrize("key", BAD)
def test_bad_input_gets_one_sentence(station, key):
    page, api = station
    request = {"text": "the", "corpus": "shakespeare", "model": "counts", "order": 5} | BAD[key]
    error = page(**request)["error"]
    assert error["key"] == key
    for language in LANGUAGES:
        assert re.fullmatch(r"[^.{}]+.*\.", texts(language)[key].format(**error["values"]))
    with pytest.raises(gr.Error, match=re.escape(UserError(key, **error["values"]).args[0])):
        api(**request)


def test_the_examples_can_be_read():
    script = Path("demo/lm/reading.js").read_text("utf-8")
    for corpus in ("shakespeare", "machado"):
        lines = re.search(rf"  {corpus}:\s+((?:\".*\"[ +,]*\s+)+)", script)[1]
        example = "".join(json.loads(line) for line in re.findall(r"\".*\"", lines))
        assert example.endswith(("bicycle.", "helicóptero."))
        assert LANGUAGE_MODELS.get(corpus, "counts").tokenizer.unknown(example) == []


@pytest.mark.parametrize("model", ["counts", "gpt"])
def test_a_long_text_gives_way_between_its_parts(gpt, model, monkeypatch):
    given = []
    monkeypatch.setattr(reading, "give_way", lambda: given.append(None))
    ids = COUNTS.tokenizer.encode(TEXT * 5)  # 1,125 tokens
    reading.read(gpt if model == "gpt" else COUNTS, ids)
    # counts: 500 at a time, three parts; GPT: the first window scores 96 tokens and each later one 64
    assert len(given) == (2 if model == "counts" else math.ceil((1125 - 96) / 64))


FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # five code points, one character


@pytest.mark.parametrize("unit", ["characters", "words"])
def test_nats_are_those_of_a_character_as_a_reader_sees_it(unit):
    text = f"sa\u0303o {FAMILY} e {FAMILY}\n" * 6  # ten characters a line
    own = OwnText(plain(text), unit)
    _, _, count, found = reading.read_text(own.counts, text)
    assert count == 10 * 6
    assert found.figures(count)["nats_per_character"] == pytest.approx(own.counts.loss(text))
    assert own.counts.loss(text) == pytest.approx(found.nats.sum() / 60)


@pytest.mark.parametrize(
    "check, most",
    [
        (reading.checked_text, MOST_READ_CHARACTERS),
        (checked_prompt, MOST_PROMPT_CHARACTERS),
        (lambda text: short_text(text, "text", 200), 200),
    ],
)
def test_a_limit_is_told_in_the_unit_in_which_it_is_passed(check, most):
    assert check(FAMILY * (most // 5))
    with pytest.raises(UserError) as error:
        check(FAMILY * (most // 5) + "a")
    assert error.value.key == "error.too_long_points" and error.value.values["count"] == most + 1
    with pytest.raises(UserError) as error:
        check(FAMILY + "a" * most)
    assert error.value.key in ("error.reading_long", "error.too_long", "error.long")
    assert error.value.values["count"] == most + 1  # the family is one


def test_a_copied_stretch_is_as_long_as_a_reader_counts():
    passages = Passages(CharTokenizer.from_text(f"x {FAMILY * 40} y"), f"x {FAMILY * 40} y")
    found = copying.copying(f"z{FAMILY * 15}", passages)
    assert found["runs"] == [] and found["longest"]["text"] == FAMILY * 15  # 75 code points, 15 characters
    assert copying.copying(f"z{FAMILY * 20}", passages)["runs"] == [[1, 101]]
    assert copying.copying(f"z{FAMILY * 11}", passages)["longest"] is None
