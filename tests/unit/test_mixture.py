"""A weighted mean of two language models: what it says, what it draws, and what a text costs it."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.gpt import GPT, GPTConfig
from models.mixture import Mixture
from models.ngram import NgramLM
from models.sampling import generate, sample, sampling_probs, uniform

TEXT = "the cat sat on the mat, the rat sat on the hat and the cat ate the fat rat\n" * 3
COUNTS = NgramLM.fit(TEXT, order=4)
LOW = COUNTS.with_order(1)


def tiny_gpt(tokenizer, block_size=96):
    """A GPT with random weights everywhere."""
    torch.manual_seed(0)
    gpt = GPT(GPTConfig(len(tokenizer), block_size, n_layer=2, n_head=2, n_embd=16), tokenizer)
    for weight in gpt.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return gpt.eval().requires_grad_(False)


GPT_LM = tiny_gpt(COUNTS.tokenizer)
few = settings(max_examples=60, deadline=None)
weights = st.floats(0, 1)
contexts = st.lists(st.integers(0, len(COUNTS.tokenizer) - 1), max_size=12)
pairs = st.sampled_from([(COUNTS, GPT_LM), (LOW, COUNTS), (GPT_LM, COUNTS)])


def ids_of(text):
    return COUNTS.tokenizer.encode(text)


# what it says of the next token


@few
@given(pairs, weights, contexts)
def test_it_is_the_weighted_mean_of_both(pair, weight, ids):
    first, second = (model.predict(ids).probs for model in pair)
    seen = Mixture(*pair, weight).predict(ids)
    assert seen.probs == pytest.approx(
        [weight * q + (1 - weight) * p for p, q in zip(first, second)], rel=1e-12
    )
    assert seen.probs.sum() == pytest.approx(1, abs=1e-12) and (seen.probs >= 0).all()
    assert np.exp(seen.logits) == pytest.approx(seen.probs, rel=1e-12)


def test_half_and_half_by_hand():
    # an h stands often after a t: order 4 gives it more than order 1, which looks at nothing
    ids = ids_of("the cat sat on t")
    h = COUNTS.tokenizer.tokens.index("h")
    low, high = LOW.predict(ids).probs[h], COUNTS.predict(ids).probs[h]
    assert low < high
    assert Mixture(LOW, COUNTS, 0.5).predict(ids).probs[h] == pytest.approx((low + high) / 2)


def test_it_carries_what_either_said():
    ids = ids_of("the c")
    seen = Mixture(COUNTS, GPT_LM, 0.3).predict(ids)
    counts, gpt = seen.parts
    assert counts.counts.tolist() == COUNTS.predict(ids).counts.tolist() and counts.order == 4
    assert gpt.counts is None and gpt.order is None
    assert gpt.logits == pytest.approx(GPT_LM.predict(ids).logits, abs=1e-4)
    assert (
        seen.context == gpt.context and gpt.context[-5:] == ids
    )  # the longer one: the counts saw three tokens
    assert seen.counts is None and seen.total is None


def test_what_neither_expects_it_cannot_draw():
    class Sure:
        """Sure of one token, whatever came before."""

        tokenizer = COUNTS.tokenizer

        def __init__(self, token_id):
            self.token_id = token_id

        def cursor(self, ids):
            return self

        def predict(self):
            seen = COUNTS.predict([])
            probs = np.eye(len(self.tokenizer))[self.token_id]
            return type(seen)([], None, np.log(np.maximum(probs, 1e-300)), probs)

    with np.errstate(all="raise"):  # the logarithm of 0 is meant
        seen = Mixture(Sure(2), Sure(5), 0.25).predict([])
    assert np.flatnonzero(seen.probs).tolist() == [2, 5] and seen.probs[5] == 0.25
    probs = sampling_probs(seen.logits, top_p=0.9)
    assert probs[2] == pytest.approx(0.75) and probs[5] == pytest.approx(0.25)
    assert {sample(probs, u / 100) for u in range(100)} == {2, 5}


# at either end it is one of the two


@pytest.mark.parametrize("weight, alone", [(0, COUNTS), (1, GPT_LM)])
def test_at_the_ends_it_is_one_of_them_step_by_step_and_text_by_text(weight, alone):
    knobs = {"max_new_tokens": 40, "temperature": 0.9, "top_k": 9, "top_p": 0.95}
    for seed in range(5):
        mixed = list(generate(Mixture(COUNTS, GPT_LM, weight), "the ", seed=seed, **knobs))
        single = list(generate(alone, "the ", seed=seed, **knobs))
        assert [step.token_id for step in mixed] == [step.token_id for step in single]
        for a, b in zip(mixed, single):
            assert a.prediction.probs == pytest.approx(b.prediction.probs, rel=1e-12)
            assert a.sampling_probs == pytest.approx(b.sampling_probs, rel=1e-9)
    ids = ids_of("the rat ate the cat and the hat")
    mixture = Mixture(COUNTS, GPT_LM, weight)
    assert mixture.token_nats(ids) == pytest.approx(alone.token_nats(ids))
    assert mixture.loss("the cat sat") == pytest.approx(alone.loss("the cat sat"))


# a text


@few
@given(pairs, weights, st.lists(st.integers(0, len(COUNTS.tokenizer) - 1), max_size=20))
def test_what_a_text_costs_is_what_each_step_said(pair, weight, ids):
    mixture = Mixture(*pair, weight)
    slowly = [-math.log(mixture.predict(ids[:i]).probs[token]) for i, token in enumerate(ids)]
    assert mixture.token_nats(ids) == pytest.approx(slowly, rel=1e-4, abs=1e-4)


def test_loss_is_nats_a_character():
    text = "the cat ate the hat"
    mixture = Mixture(COUNTS, GPT_LM, 0.4)
    assert mixture.loss(text) == pytest.approx(mixture.token_nats(ids_of(text)).sum() / len(text))
    with pytest.raises(ValueError, match="empty"):
        mixture.loss("")


@few
@given(weights, st.text("aehnt ", min_size=1, max_size=30))
def test_it_never_costs_more_than_the_mean_of_both(weight, text):
    # -log is convex (Jensen): the mixture's surprise is at most the weighted mean of the two surprises
    ids = ids_of(text)
    mean = weight * GPT_LM.token_nats(ids) + (1 - weight) * COUNTS.token_nats(ids)
    assert (Mixture(COUNTS, GPT_LM, weight).token_nats(ids) <= mean + 1e-9).all()


def test_a_cursor_goes_on_as_a_fresh_prediction_does():
    # 130 tokens pass the GPT's window of 96
    mixture = Mixture(COUNTS, GPT_LM, 0.6)
    ids = ids_of(TEXT[:130])
    cursor = mixture.cursor(ids[:10])
    for token in ids[10:]:
        cursor.append(token)
    assert cursor.predict().probs == pytest.approx(mixture.predict(ids).probs, abs=1e-5)
    assert ids == ids_of(TEXT[:130])  # what was handed in is left alone


def test_a_run_cut_in_two_is_the_same_run():
    mixture = Mixture(COUNTS, GPT_LM, 0.5)
    whole = [step.token_id for step in generate(mixture, "the ", max_new_tokens=30, seed=3)]
    begun = [*ids_of("the "), *whole[:11]]
    rest = [step.token_id for step in generate(mixture, begun, max_new_tokens=19, seed=3, start=11)]
    assert rest == whole[11:]


def test_draws_follow_the_mixed_probabilities():
    # chi-square of 4,000 first tokens against the mixture after the knobs: the 99.9 % point for df degrees of
    # freedom is about df * (1 - 2/(9 df) + 3.09 sqrt(2/(9 df)))^3 (Wilson and Hilferty 1931)
    mixture = Mixture(COUNTS, GPT_LM, 0.5)
    expected = sampling_probs(mixture.predict(ids_of("the ")).logits, temperature=0.9, top_p=0.97)
    drawn = Counter(sample(expected, uniform(seed, 0)) for seed in range(4000))
    (step,) = generate(mixture, "the ", max_new_tokens=1, temperature=0.9, top_p=0.97, seed=17)
    assert step.token_id == sample(expected, uniform(17, 0))
    assert set(drawn) <= set(np.flatnonzero(expected).tolist())
    often = [i for i in np.flatnonzero(expected) if 4000 * expected[i] >= 5]
    observed = [drawn[i] for i in often] + [4000 - sum(drawn[i] for i in often)]
    due = [4000 * expected[i] for i in often] + [4000 * (1 - expected[often].sum())]
    terms = [(o - e) ** 2 / e for o, e in zip(observed, due) if e > 1e-6]
    df = len(terms) - 1
    assert df >= 3
    assert sum(terms) < df * (1 - 2 / (9 * df) + 3.09 * math.sqrt(2 / (9 * df))) ** 3


# what it refuses


def test_models_of_other_tokens_do_not_mix():
    other = NgramLM.fit("abcabc", order=2)
    with pytest.raises(ValueError, match="same tokens"):
        Mixture(COUNTS, other)


@pytest.mark.parametrize("weight", [-0.01, 1.01, math.nan, math.inf, True])
def test_a_weight_out_of_range_is_refused(weight):
    with pytest.raises(ValueError, match="from 0 to 1"):
        Mixture(COUNTS, GPT_LM, weight)


def test_tokens_not_in_the_vocabulary_are_refused():
    for ids in ([len(COUNTS.tokenizer)], [-1]):
        with pytest.raises(ValueError):
            Mixture(COUNTS, GPT_LM).predict(ids)
        with pytest.raises(ValueError):
            Mixture(COUNTS, GPT_LM).token_nats(ids)
