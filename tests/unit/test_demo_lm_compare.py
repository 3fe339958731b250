"""The station "Counts and GPT": what the page is told at every step, and that the mixture it shows is what draws."""

import json

import numpy as np
import pytest

from demo.lm import compare as station
from demo.lm.language_models import LanguageModels
from demo.text import texts
from models.mixture import Mixture
from models.sampling import generate, sample, sampling_probs, uniform
from tests.calls import for_page
from tests.shipped import MODELS
from tests.unit.test_demo_lm import rows_of

LANGUAGE_MODELS = LanguageModels(MODELS)
CORPORA = [("shakespeare", "ROMEO:", 5), ("machado", "Capitu olhou", 3)]


def registered():
    """The function that the page calls."""
    return for_page(station.functions(LANGUAGE_MODELS)["lm_continue"])


CONTINUE = registered()


def ask(**changes):
    request = {"prompt": "ROMEO:", "generated": [], "model": "mix", "corpus": "shakespeare", "order": 5}
    request |= {"seed": "2", "count": 6, "weight": 0.5} | changes
    return json.loads(CONTINUE(request))


def shares(answer):
    """What the counts and the GPT say before the knobs, as the page has it: two float64 (steps, vocab)."""
    both = [np.exp(rows_of(part["logits"]).astype(np.float64)) for part in answer["parts"]]
    return [probs / probs.sum(axis=1, keepdims=True) for probs in both]


@pytest.mark.parametrize("corpus, prompt, order", CORPORA)
def test_both_columns_are_what_either_model_says_alone(corpus, prompt, order):
    answer = ask(corpus=corpus, prompt=prompt, order=order)
    counts, gpt = LANGUAGE_MODELS.get(corpus, "counts", order), LANGUAGE_MODELS.get(corpus, "gpt")
    ids = counts.tokenizer.encode(prompt)
    for i, (p, q) in enumerate(zip(*shares(answer))):
        before = [*ids, *answer["ids"][:i]]
        alone = counts.predict(before)
        assert p == pytest.approx(alone.probs, abs=1e-6)
        assert q == pytest.approx(gpt.predict(before).probs, abs=1e-4)
        assert answer["parts"][0]["order"][i] == alone.order
        assert answer["parts"][0]["total"][i] == alone.total
        assert answer["parts"][0]["context"][i] == len(alone.context) < order


@pytest.mark.parametrize("weight", [0, 0.3, 0.5, 1])
@pytest.mark.parametrize("knobs", [{}, {"temperature": 0.7, "top_p": 0.9}, {"temperature": 1.3, "top_k": 4}])
def test_what_the_slider_shows_is_what_draws(weight, knobs):
    answer = ask(weight=weight, count=30, seed="11", **knobs)
    p, q = shares(answer)
    for i, drawn in enumerate(answer["ids"]):
        with np.errstate(divide="ignore"):
            mixed = np.log(weight * q[i] + (1 - weight) * p[i])
        assert drawn == sample(sampling_probs(mixed, **knobs), uniform(11, i))


@pytest.mark.parametrize("corpus, prompt, order", CORPORA)
@pytest.mark.parametrize("weight, model", [(0, "counts"), (1, "gpt")])
def test_at_either_end_of_the_slider_one_model_writes(corpus, prompt, order, weight, model):
    settings = {"corpus": corpus, "prompt": prompt, "order": order, "count": 25}
    mixed, alone = ask(weight=weight, **settings), ask(model=model, **settings)
    assert (mixed["ids"], mixed["texts"]) == (alone["ids"], alone["texts"])


def test_a_branch_with_another_weight_leads_on_from_what_there_is():
    first = ask(weight=0.2, count=8)
    rest = ask(weight=0.9, generated=first["ids"], count=8)
    lm = Mixture(LANGUAGE_MODELS.get("shakespeare", order=5), LANGUAGE_MODELS.get("shakespeare", "gpt"), 0.9)
    before = [*lm.tokenizer.encode("ROMEO:"), *first["ids"]]
    steps = generate(lm, before, max_new_tokens=8, seed=2, start=8)
    assert rest["ids"] == [step.token_id for step in steps]


@pytest.mark.parametrize("corpus, prompt, order", CORPORA)
def test_a_text_has_places_of_agreement_and_of_disagreement(corpus, prompt, order):
    settings = {"corpus": corpus, "prompt": prompt, "order": order, "count": 60}
    p, q = shares(ask(temperature=0.8, top_p=0.95, **settings))
    distances = np.abs(p - q).sum(axis=1) / 2
    assert distances.min() < 0.25 and distances.max() > 0.5


def test_a_text_of_ones_own_has_no_gpt_to_mix():
    key = LANGUAGE_MODELS.own.keep("the cat sat on the mat " * 3, "characters")
    assert ask(corpus=f"own:{key}", order=2)["error"]["key"] == "error.own_has_counts_only"


@pytest.mark.parametrize("language, separator", [("en", ","), ("pt-BR", ".")])
def test_the_sizes_that_the_page_tells_are_those_of_the_shipped_models(language, separator):
    told = texts(language)["lm.compare.see.size"]
    for corpus in CORPORA:
        counts, gpt = (LANGUAGE_MODELS.get(corpus[0], model) for model in ("counts", "gpt"))
        parameters = sum(weights.numel() for weights in gpt.parameters())
        for size in (len(counts.with_order(counts.max_order)._levels[-1].codes), parameters):
            assert f"{size:,}".replace(",", separator) in told, (corpus, size)
