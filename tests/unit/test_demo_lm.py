"""Generate, the player of the next-token tab: its callbacks, and what the API answers to good and bad input."""

import base64
import json
import math
import shutil
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.api import Api
from demo.lm import generate as station
from demo.lm import steps
from demo.lm.language_models import LanguageModels
from demo.lm.steps import continue_text, notes_on
from demo.loading import Models
from demo.server import to_json
from demo.text import LANGUAGES, texts
from models.mixture import Mixture
from models.ngram import NgramLM
from models.sampling import generate, sampling_probs
from models.tokenizer import CharTokenizer, WordTokenizer
from tests.calls import for_api, for_page
from tests.shipped import MODELS

TEXT = "the cat sat on the mat, the rat sat on the hat and the cat ate the fat rat\n" * 3
LM = NgramLM.fit(TEXT, order=4)
WORDS = NgramLM.fit(TEXT, order=3, tokenizer=WordTokenizer.from_text(TEXT))
LANGUAGE_MODELS = LanguageModels(MODELS)


def callbacks(models, language_models=None):
    """name -> (function as the page or the API calls it): those of the station."""
    language_models = language_models or LanguageModels(models)
    api = Api(models, language_models)
    published = {name: for_api(getattr(api, name)) for name in ("lm_generate", "lm_predict")}
    return published | {"lm_continue": for_page(station.functions(language_models)["lm_continue"])}


API = callbacks(MODELS, LANGUAGE_MODELS)


def decoded(record):
    if isinstance(record, np.ndarray):  # not on its way to the page
        return record.astype("<f4")
    data = np.frombuffer(base64.b64decode(record["f32"]), "<f4")
    return data.reshape(record["shape"])


def rows_of(record):
    """Packed logits as lm/logits.js reads them: float32 (steps, vocab)."""
    if "dense" in record:
        return decoded(record["dense"])
    first, values = decoded(record["first"]), decoded(record["values"])
    ids = np.frombuffer(base64.b64decode(record["ids"]), "<u4")
    rows, at = [first], 0
    for shift, length in zip(record["shifts"], record["lengths"], strict=True):
        row = (first.astype(np.float64) + shift).astype(np.float32)
        row[ids[at : at + length]] = values[at : at + length]
        rows.append(row)
        at += length
    assert at == len(ids) == len(values)
    return np.stack(rows)


def ask(**changes):
    """One request of the page, as it comes back."""
    request = {"prompt": "ROMEO:", "generated": [], "model": "counts", "corpus": "shakespeare", "order": 5}
    request |= {"seed": "2", "count": 4} | changes
    return json.loads(API["lm_continue"](request))


# one run, however it is cut


def test_chunks_are_the_same_text_as_one_run():
    knobs = {"temperature": 0.9, "top_k": 8, "top_p": 0.95, "seed": 7}
    whole = [step.token_id for step in generate(LM, "the ", max_new_tokens=30, **knobs)]
    made = []
    for count in (1, 8, 5, 16):
        made += continue_text(LM, "the ", made, count=count, **knobs)["ids"]
    assert made == whole


def test_chunks_of_the_gpt_agree_past_the_end_of_its_window():
    # 250 characters of prompt and 20 tokens: the window of 256 moves on in between
    gpt = MODELS.get("lm/shakespeare/gpt")
    prompt = "My lord, the day is come. " * 10
    whole = continue_text(gpt, prompt[:250], count=20, seed=3)
    first = continue_text(gpt, prompt[:250], count=9, seed=3)
    rest = continue_text(gpt, prompt[:250], first["ids"], count=11, seed=3)
    assert first["ids"] + rest["ids"] == whole["ids"]
    assert max(whole["context"]) <= 256


def test_a_forced_token_leads_on_from_there():
    forced = [*LM.tokenizer.encode("c"), *LM.tokenizer.encode("a")]
    answer = continue_text(LM, "the ", forced, count=3, temperature=0)
    assert "".join(answer["texts"]) == "".join(
        step.text for step in generate(LM, "the ca", max_new_tokens=3, temperature=0)
    )


def test_a_token_put_by_hand_takes_the_place_of_the_one_drawn():
    [fat] = WORDS.tokenizer.encode("fat")
    plain = continue_text(WORDS, "the", count=1, seed=3)
    forced = continue_text(WORDS, "the", count=5, seed=3, force=fat)
    assert forced["ids"] == [fat] and forced["texts"] == [" fat"]  # a word brings its space
    assert rows_of(forced["logits"]) == pytest.approx(rows_of(plain["logits"]))
    [mark] = WORDS.tokenizer.encode(",")
    assert continue_text(WORDS, "the cat", force=mark)["texts"] == [","]
    assert continue_text(WORDS, "", force=fat)["texts"] == ["fat"]


def test_a_step_carries_the_whole_distribution_and_the_counts_behind_it():
    answer = continue_text(LM, "the c", count=1, opening=True, vocabulary=True)
    seen = LM.predict(LM.tokenizer.encode("the c"))
    assert rows_of(answer["logits"]) == pytest.approx(seen.logits[None], rel=1e-6)
    # "he c" stands twice in each of the three lines, and an a follows
    assert answer["order"] == [4] and answer["total"] == [6]
    assert answer["counted"] == [[LM.tokenizer.encode("a"), [6]]]
    assert answer["context"] == [3]
    assert answer["prompt"] == list("the c") and answer["vocabulary"] == LM.tokenizer.tokens


def test_the_prompt_comes_back_as_each_token_adds_to_it():
    text = 'Ora, "the cat" sat (on) the mat...\nthe rat'
    lm = NgramLM.fit(text, order=2, tokenizer=WordTokenizer.from_text(text))
    prompt = continue_text(lm, text, count=1, opening=True)["prompt"]
    assert "".join(prompt) == lm.tokenizer.decode(lm.tokenizer.encode(text))
    assert prompt[-3:] == ["\n", "the", " rat"] and " cat" in prompt  # after a line end no space
    left_out = continue_text(lm, "the zebra cat", count=1, opening=True)
    assert left_out["prompt"] == ["the", " cat"] and left_out["unknown"] == ["'zebra'"]


def test_only_the_first_answer_of_a_run_says_how_the_prompt_is_read():
    assert not {"prompt", "unknown", "vocabulary"} & set(continue_text(LM, "the c", count=1))


# logits in fewer bytes


@st.composite
def alike_rows(draw):
    """Rows of logits that differ from the first by one number each, but for a few of them."""
    number = st.floats(-40, 0, width=32)
    vocab, count = draw(st.integers(1, 60)), draw(st.integers(1, 8))
    first = np.array(draw(st.lists(number, min_size=vocab, max_size=vocab)))
    rows = [first]
    for _ in range(count - 1):
        row = first + draw(number)
        others = draw(st.lists(st.tuples(st.integers(0, vocab - 1), number), max_size=vocab))
        for place, logit in others:
            row[place] = logit
        rows.append(row)
    return np.stack(rows)


@settings(max_examples=200, deadline=None)
@given(alike_rows())
def test_packed_logits_are_the_plain_ones(rows):
    found = rows_of(json.loads(to_json(steps.packed(rows))))
    assert found == pytest.approx(rows, abs=1e-5)
    # what is alike stays alike: no token overtakes another by rounding
    for row, packed in zip(rows, found, strict=True):
        assert (np.diff(packed[np.argsort(row, kind="stable")]) >= -1e-5).all()


OWN = " ".join(f"{a}{b} said {b}{a}," for a in "abcdefghijklmnop" for b in "qrstuvwxyz")
KINDS = {
    "counts": ("shakespeare", "counts", 5),
    "gpt": ("shakespeare", "gpt"),
    "mix": ("shakespeare", "mix", 3, 0.3),
    "pieces": ("machado", "counts", 3),
    "pieces of the gpt": ("machado", "gpt"),
    "pieces mixed": ("machado", "mix", 2, 0.7),
    "own words": ("own:" + LANGUAGE_MODELS.own.keep(OWN, "words"), "counts", 2),
    "own characters": ("own:" + LANGUAGE_MODELS.own.keep(OWN, "characters"), "counts", 4),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_chunk_carries_what_every_kind_of_model_says(kind):
    lm = LANGUAGE_MODELS.get(*KINDS[kind])
    prompt = "aq said"
    answer = continue_text(lm, prompt, seed=5, count=12)
    ids = lm.tokenizer.encode(prompt)
    for i in range(12):
        seen = lm.predict([*ids, *answer["ids"][:i]])
        parts = seen.parts or (seen,)
        for part, record in zip(parts, answer.get("parts", [answer]), strict=True):
            assert rows_of(record["logits"])[i] == pytest.approx(part.logits, abs=2e-4)
            assert record["context"][i] == len(part.context)
            if part.order is not None:
                assert (record["order"][i], record["total"][i]) == (part.order, part.total)
                seen_there = {j: part.counts[j] for j in np.flatnonzero(part.counts)}
                assert dict(zip(*record["counted"][i], strict=True)) == seen_there


def test_own_texts_have_counts_only_and_say_when_they_are_gone():
    own = KINDS["own words"][0]
    assert len(ask(corpus=own, order=2, prompt="aq")["ids"]) == 4
    for model in ("gpt", "mix"):
        assert ask(corpus=own, order=2, model=model)["error"]["key"] == "error.own_has_counts_only"
    assert ask(corpus="own:" + "0" * 32)["error"]["key"] == "error.own_gone"


def test_counts_guess_for_every_gpt_of_few_tokens_that_has_learned_anything():
    models = LanguageModels(Models())  # not those of other tests, to which others have given drafts
    first, *others = models.moments("shakespeare").values()
    assert first.draft is None  # it draws any token
    drafts = {id(gpt.draft) for gpt in [*others, models.get("shakespeare", "mix")]}
    assert (
        len(drafts) == 1 and others[-1].draft is not None and models.get("shakespeare", "gpt") is others[-1]
    )
    assert models.get("machado", "gpt").draft is None  # of many tokens few are guessed


def test_a_mixture_gives_both_models_and_no_third():
    answer = continue_text(LANGUAGE_MODELS.get("shakespeare", "mix", weight=0.25), "ROMEO:", count=3, seed=1)
    counts, gpt = answer["parts"]
    assert "logits" not in answer and "order" in counts and "order" not in gpt
    both = [np.exp(rows_of(part["logits"]).astype(np.float64)) for part in (counts, gpt)]
    both = [probs / probs.sum(axis=1, keepdims=True) for probs in both]
    lm = Mixture(LANGUAGE_MODELS.get("shakespeare"), LANGUAGE_MODELS.get("shakespeare", "gpt"), 0.25)
    for i, prompt in enumerate(("ROMEO:", "ROMEO:" + answer["texts"][0])):
        seen = lm.predict(lm.tokenizer.encode(prompt))
        assert 0.25 * both[1][i] + 0.75 * both[0][i] == pytest.approx(seen.probs, abs=1e-5)


def test_unseen_words_cost_few_bytes():
    vocab = 3_000
    text = " ".join(f"w{i}" for i in range(vocab))
    lm = NgramLM.fit(text, order=2, tokenizer=WordTokenizer.from_text(text))
    answer = to_json(continue_text(lm, "w5", count=40, seed=1))
    assert len(answer) < 40 * vocab * 4 / 5  # dense floats alone would be five times that


# what is drawn is what is shown


@pytest.mark.parametrize("knobs", [{}, {"temperature": 0.7, "top_p": 0.9}, {"temperature": 1.4, "top_k": 4}])
def test_tokens_come_as_often_as_their_bars_say(knobs):
    draws = 3_000
    answers = [continue_text(LM, "the ", seed=seed, count=1, **knobs) for seed in range(draws)]
    drawn = np.bincount([answer["ids"][0] for answer in answers], minlength=len(LM.tokenizer))
    shown = sampling_probs(rows_of(answers[0]["logits"])[0], **knobs)
    assert (drawn[shown == 0] == 0).all()
    expected = draws * shown[shown > 0]
    rare = expected < 5  # taken together, as the test asks for
    pairs = [
        *zip(drawn[shown > 0][~rare], expected[~rare]),
        (drawn[shown > 0][rare].sum(), expected[rare].sum()),
    ]
    pairs = [(found, wanted) for found, wanted in pairs if wanted]
    chi_square = sum((found - wanted) ** 2 / wanted for found, wanted in pairs)
    freedom = len(pairs) - 1
    assert chi_square < freedom + 4 * math.sqrt(2 * freedom)  # mean and four standard deviations


def test_the_drawn_token_is_never_one_that_the_page_shows_as_cut():
    answer = continue_text(LM, "", count=40, top_k=2, top_p=0.8, seed=1)
    for row, token_id in zip(rows_of(answer["logits"]), answer["ids"], strict=True):
        assert sampling_probs(row, top_k=2, top_p=0.8)[token_id] > 0


def test_unknown_characters_become_spaces_and_are_named():
    answer = continue_text(LM, "caf\u0065\u0301\x07😀", count=1, opening=True)
    assert "".join(answer["prompt"]) == "caf   "
    assert answer["unknown"] == ["'é' (U+00E9)", "'\\x07' (U+0007)", "'😀' (U+1F600)"]


# the public API


def test_lm_generate_says_how_likely_each_token_was():
    answer = API["lm_generate"]("ROMEO:", order=3, max_new_tokens=12, temperature=0.7, top_p=0.9, seed="5")
    assert answer["text"] == "".join(step["token"] for step in answer["steps"])
    assert len(answer["steps"]) == 12 and answer["notes"] == []
    assert all(0 < step["prob"] <= 1 and 0 < step["sampling_prob"] <= 1 for step in answer["steps"])
    assert all(0 <= step["count"] <= step["total"] and step["order"] <= 3 for step in answer["steps"])
    assert answer == API["lm_generate"]("ROMEO:", "counts", "shakespeare", 3, 12, 0.7, None, 0.9, 5)


def test_lm_generate_and_the_page_give_the_same_text():
    for model in ("counts", "gpt"):
        page = ask(model=model, count=20, temperature=0.8, top_p=0.95)
        api = API["lm_generate"]("ROMEO:", model, max_new_tokens=20, temperature=0.8, top_p=0.95, seed=2)
        assert page["ids"] == [step["token_id"] for step in api["steps"]]


def test_lm_predict_gives_the_whole_vocabulary_likeliest_first():
    for model in ("counts", "gpt"):
        answer = API["lm_predict"]("ROMEO:", model)
        probs = [token["prob"] for token in answer["tokens"]]
        assert len(probs) == 65 and sum(probs) == pytest.approx(1) and probs == sorted(probs, reverse=True)
        json.dumps(answer, allow_nan=False)
    counts = API["lm_predict"]("ROMEO:", order=5)
    assert counts["context"] == "MEO:" and counts["order"] == 5
    assert sum(token["count"] for token in counts["tokens"]) == counts["total"]


def test_the_note_names_what_the_model_does_not_know():
    answer = API["lm_generate"]("olá", max_new_tokens=1)
    assert answer["notes"] == ["Replaced by a space, since the model does not know them: 'á' (U+00E1)."]


def test_the_note_says_what_is_read_instead():
    assert notes_on(CharTokenizer(["猫"]), ["x"]) == [
        "Left out, since the model does not know them: 'x' (U+0078)."
    ]
    assert notes_on(SimpleNamespace(stand_in="<unk>"), ["x"])[0].startswith("Replaced by <unk>, since")


def test_an_empty_prompt_starts_from_nothing():
    # no context: of the counts, order 1 answers with the length of the training text
    first = API["lm_generate"]("", max_new_tokens=2)["steps"][0]
    assert first["order"] == 1 and first["total"] > 900_000
    # GPT takes every text to follow a line end
    assert API["lm_predict"]("", "gpt")["context"] == "\n"


# a person's mistakes: one sentence each


@pytest.mark.parametrize("prompt", ["x" * 100_000, None, 7, ["a"]], ids=lambda prompt: repr(prompt)[:9])
def test_what_is_no_prompt_gets_one_sentence(prompt):
    told = ask(prompt=prompt)["error"]
    for language in LANGUAGES:
        sentence = texts(language)[told["key"]].format(**told["values"])
        assert "prompt" in sentence and sentence.endswith(".")
    with pytest.raises(gr.Error) as error:
        API["lm_generate"](prompt)
    assert error.value.message == texts("en")[told["key"]].format(**told["values"])


def test_an_order_above_that_of_the_counts_gets_one_sentence():
    own = KINDS["own words"][0]
    for corpus in ("machado", own):
        error = ask(corpus=corpus, order=5, prompt="a")["error"]
        assert error == {"key": "error.whole", "values": {"name": "order", "low": 1, "high": 4}}


def test_what_no_visitor_can_send_is_refused_as_well():
    for ids in ("abc", [0] * 1000):
        assert ask(generated=ids)["error"]["key"] == "error.arguments"
    for ids in ([65], [-1], [10**9], [None]):
        assert ask(generated=ids)["error"]["key"] == "error.value"
        assert ask(generated=ids, model="mix")["error"]["key"] == "error.value"
    for changes in ({"count": 0}, {"count": 65}, {"generated": [0] * 999, "count": 2}):
        assert ask(**changes)["error"]["key"] == "error.whole"
    for force in (-1, 65, 2.5, "T", True, [0]):
        assert ask(force=force)["error"]["key"] == "error.whole"
    assert ask(model="gpt", snapshot=-1)["error"]["key"] == "error.choice"
    assert ask(corpus="own")["error"]["key"] == "error.choice"  # without a key it names no text
    assert ask(nonsense=1)["error"]["key"] == "error.arguments"
    assert json.loads(API["lm_continue"]([1, 2]))["error"]["key"] == "error.arguments"


def test_characters_of_every_kind_are_taken():
    for prompt in ("", "\x00\x07\x1b", "😀👩‍👩‍👧", "\ud800", "e\u0301", "\r\n\t", "x" * 10_000):
        assert len(ask(prompt=prompt, count=1)["ids"]) == 1
        json.dumps(API["lm_generate"](prompt, max_new_tokens=1)).encode()


FOLDERS = {"counts": "ngram", "gpt": "gpt"}


@pytest.mark.parametrize("model", FOLDERS)
@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_a_damaged_weight_file_is_named_and_the_other_model_works_on(tmp_path, model, damage):
    folder = shutil.copytree("pretrained/lm/shakespeare", tmp_path / "lm/shakespeare") / FOLDERS[model]
    file = folder / "model.safetensors"
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:1000])
    broken = callbacks(Models(tmp_path))
    with pytest.raises(gr.Error, match=f"get the folder {tmp_path.name} again") as error:
        broken["lm_generate"]("a", model)
    assert file.relative_to(tmp_path.parent).as_posix() in error.value.message
    assert str(tmp_path) not in error.value.message  # where this machine keeps the file is nobody's business
    other = "gpt" if model == "counts" else "counts"
    assert len(broken["lm_generate"]("a", other, max_new_tokens=3)["steps"]) == 3
