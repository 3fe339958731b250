"""The callbacks of the next-token tab, and what the API answers to good and bad input."""

import base64
import json
import math
import shutil
from contextlib import contextmanager
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from demo import lm as tab
from demo.loading import Models
from demo.messages import for_api, texts
from models.ngram import NgramLM
from models.sampling import generate, sampling_probs

TEXT = "the cat sat on the mat, the rat sat on the hat and the cat ate the fat rat\n" * 3
LM = NgramLM.fit(TEXT, order=4)
MODELS = Models("pretrained")


def callbacks(models):
    """name -> (function as the page or the API calls it): those that create_tab registers."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tab, "endpoint", lambda function, name: found.update({name: for_api(function)}))
        patch.setattr(
            tab, "component", lambda name, server_functions: found.update(lm_continue=server_functions[0])
        )
        tab.create_tab(models)
    return found


API = callbacks(MODELS)


def decoded(record):
    data = np.frombuffer(base64.b64decode(record["f32"]), "<f4")
    return data.reshape(record["shape"])


def ask(**changes):
    """One request of the page, as it comes back."""
    request = {"prompt": "ROMEO:", "made": [], "model": "counts", "corpus": "shakespeare", "order": 5}
    request |= {"seed": "2", "count": 4} | changes
    return json.loads(API["lm_continue"](request))


# one run, however it is cut


def test_chunks_are_the_same_text_as_one_run():
    knobs = {"temperature": 0.9, "top_k": 8, "top_p": 0.95, "seed": 7}
    whole = [step.token_id for step in generate(LM, "the ", max_new_tokens=30, **knobs)]
    made = []
    for count in (1, 8, 5, 16):
        made += tab.continue_text(LM, "the ", made, count=count, **knobs)["ids"]
    assert made == whole


def test_chunks_of_the_gpt_agree_past_the_end_of_its_window():
    # 250 characters of prompt and 20 tokens: the window of 256 moves on in between
    gpt = MODELS.get("lm/shakespeare/gpt")
    prompt = "My lord, the day is come. " * 10
    whole = tab.continue_text(gpt, prompt[:250], count=20, seed=3)
    first = tab.continue_text(gpt, prompt[:250], count=9, seed=3)
    rest = tab.continue_text(gpt, prompt[:250], first["ids"], count=11, seed=3)
    assert first["ids"] + rest["ids"] == whole["ids"]
    assert max(whole["context"]) <= 256


def test_a_forced_token_leads_on_from_there():
    forced = [*LM.tokenizer.encode("c"), *LM.tokenizer.encode("a")]
    answer = tab.continue_text(LM, "the ", forced, count=3, temperature=0)
    assert "".join(answer["texts"]) == "".join(
        step.text for step in generate(LM, "the ca", max_new_tokens=3, temperature=0)
    )


def test_a_step_carries_the_whole_distribution_and_the_counts_behind_it():
    answer = tab.continue_text(LM, "the c", count=1, opening=True)
    seen = LM.predict(LM.tokenizer.encode("the c"))
    assert decoded(answer["logits"]) == pytest.approx(seen.logits[None], rel=1e-6)
    # "he c" stands twice in each of the three lines, and an a follows
    assert answer["order"] == [4] and answer["total"] == [6]
    assert answer["counted"] == [[LM.tokenizer.encode("a"), [6]]]
    assert answer["context"] == [3]
    assert [answer["vocabulary"][i] for i in answer["prompt_ids"]] == list("the c")


def test_the_drawn_token_is_never_one_that_the_page_shows_as_cut():
    answer = tab.continue_text(LM, "", count=40, top_k=2, top_p=0.8, seed=1)
    for row, token_id in zip(decoded(answer["logits"]), answer["ids"]):
        assert sampling_probs(row, top_k=2, top_p=0.8)[token_id] > 0


def test_unknown_characters_become_spaces_and_are_named():
    answer = tab.continue_text(LM, "caf\u0065\u0301\x07😀", count=1, opening=True)
    assert "".join(answer["vocabulary"][i] for i in answer["prompt_ids"]) == "caf   "
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


def test_an_empty_prompt_starts_from_nothing():
    # no context: of the counts, order 1 answers with the length of the training text
    first = API["lm_generate"]("", max_new_tokens=2)["steps"][0]
    assert first["order"] == 1 and first["total"] > 900_000
    # GPT takes every text to follow a line end
    assert API["lm_predict"]("", "gpt")["context"] == "\n"


# a person's mistakes: one sentence each

BAD = {
    "prompt": ("x" * 100_000, None, 7, ["a"]),
    "model": ("llama", "", None, 3, ["counts"]),
    "corpus": ("machado de assis", None, "../..", {}),
    "order": (0, 9, 2.5, "five", None, math.nan, True),
    "temperature": (-0.1, math.nan, math.inf, 10**400, "hot", None, [1], True),
    "top_k": (0, -1, 2.5, "many", math.nan, math.inf, 10**9, False),
    "top_p": (0, -1, 1.01, math.nan, -math.inf, "all", None),
    "seed": (-1, 2**64, "9" * 30, 1.5, "seven", None, math.nan, math.inf, "9" * 5000),
    "max_new_tokens": (0, -3, 1_000_000, 2.5, math.nan, None, "many"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_values_get_one_sentence_from_the_api(name):
    for value in BAD[name]:
        with pytest.raises(gr.Error) as error:
            API["lm_generate"](**{"prompt": "a", name: value})
        assert name in error.value.message and error.value.message.endswith(".")


@pytest.mark.parametrize("name", [name for name in BAD if name != "max_new_tokens"])
def test_bad_values_get_one_sentence_on_the_page(name):
    for value in BAD[name]:
        error = ask(**{name: value})["error"]
        for language in ("en", "pt-BR"):
            sentence = texts(language)[error["key"]].format(**error["values"])
            assert error["key"] != "error.surprise" and name in sentence


def test_what_no_visitor_can_send_is_refused_as_well():
    known = texts("en")
    for changes in ({"made": "abc"}, {"made": [0] * 1000}, {"made": [65]}, {"made": [-1]}, {"made": [None]}):
        assert ask(**changes)["error"]["key"] in known
    for changes in ({"count": 0}, {"count": 65}, {"made": [0] * 999, "count": 2}):
        assert ask(**changes)["error"]["key"] == "error.whole"
    assert ask(nonsense=1)["error"]["key"] == "error.arguments"
    assert json.loads(API["lm_continue"]([1, 2]))["error"]["key"] == "error.arguments"


def test_characters_of_every_kind_are_taken():
    for prompt in ("", "\x00\x07\x1b", "😀👩‍👩‍👧", "\ud800", "e\u0301", "\r\n\t", "x" * 10_000):
        assert len(ask(prompt=prompt, count=1)["ids"]) == 1
        json.dumps(API["lm_generate"](prompt, max_new_tokens=1)).encode()


@pytest.mark.parametrize("model", ["counts", "gpt"])
@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_a_damaged_weight_file_is_named_and_the_other_model_works_on(tmp_path, model, damage):
    folder = shutil.copytree("pretrained/lm", tmp_path / "lm") / "shakespeare" / tab.MODELS[model]
    file = folder / "model.safetensors"
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:1000])
    broken = callbacks(Models(tmp_path))
    with pytest.raises(gr.Error, match="git checkout") as error:
        broken["lm_generate"]("a", model)
    assert file.as_posix() in error.value.message
    other = "gpt" if model == "counts" else "counts"
    assert len(broken["lm_generate"]("a", other, max_new_tokens=3)["steps"]) == 3


def test_for_page_and_callbacks_share_their_limits():
    script = Path("demo/components/lm_generate.js").read_text("utf-8")
    assert f"const MOST_TOKENS = {tab.MOST_TOKENS};" in script
    assert f"const MOST_CHARACTERS = {tab.MOST_CHARACTERS};" in script
    assert f"const WHOLE = {tab.CHUNK - 4};" in script  # no chunk of the page is larger than allowed


def test_a_long_run_gives_way_after_each_chunk(monkeypatch):
    taken = []

    class Turns:
        @contextmanager
        def turn(self):
            taken.append(None)
            yield

    monkeypatch.setattr(tab, "TURNS", Turns())
    # 150 tokens in chunks of at most 64
    assert len(tab.write(LM, "the ", max_new_tokens=150)["steps"]) == 150
    assert len(taken) == 3
