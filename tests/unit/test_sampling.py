import itertools
import math
from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InputError
from models.ngram import NgramLM
from models.sampling import Prediction, check_knobs, generate, sample, sampling_probs, uniform
from models.tokenizer import CharTokenizer

few = settings(max_examples=100, deadline=None)
TEXT = "the cat sat on the mat, the rat sat on the hat and the cat ate the fat rat\n" * 3
LM = NgramLM.fit(TEXT, order=4)

# quarters make ties frequent
logit_rows = st.lists(st.integers(-20, 20).map(lambda n: n / 4), min_size=1, max_size=12)
temperatures = st.floats(0.05, 20)
masses = st.floats(0.001, 1.0)


def best_first(logits):
    return sorted(range(len(logits)), key=lambda i: (-logits[i], i))


# the distribution that is sampled


def test_temperature_divides_the_logits():
    # logits ln 1, ln 3: odds 1 to 3; at temperature 1/2 the odds are squared, 1 to 9
    logits = np.log([1, 3])
    assert sampling_probs(logits) == pytest.approx([1 / 4, 3 / 4])
    assert sampling_probs(logits, temperature=0.5) == pytest.approx([1 / 10, 9 / 10])


def test_top_k_and_top_p_cut_and_the_rest_is_rescaled():
    logits = np.log([0.1, 0.4, 0.3, 0.2])
    # the two best of 0.4 and 0.3: 4/7 and 3/7
    assert sampling_probs(logits, top_k=2) == pytest.approx([0, 4 / 7, 3 / 7, 0])
    # 0.4 + 0.3 < 0.75 <= 0.4 + 0.3 + 0.2
    assert sampling_probs(logits, top_p=0.75) == pytest.approx([0, 4 / 9, 3 / 9, 2 / 9])


def test_the_order_is_temperature_then_top_k_then_top_p():
    logits = np.log([0.4, 0.3, 0.2, 0.1])
    # top_k=2 leaves 4/7 = 0.571, which alone reaches 0.55; of the whole, 0.4 would not have
    assert (sampling_probs(logits, top_k=2, top_p=0.55) > 0).tolist() == [True, False, False, False]
    # at temperature 1/2 the squares 16, 9, 4, 1 of 30: 16/30 = 0.533 reaches 0.5, where 0.4 would not have
    assert (sampling_probs(logits, 0.5, top_p=0.5) > 0).tolist() == [True, False, False, False]


def test_mass_exactly_at_top_p_has_reached_it():
    # eight times 0.1 is 0.7999999999999999 in floating point
    assert (sampling_probs(np.zeros(10), top_p=0.8) > 0).sum() == 8
    assert (sampling_probs(np.zeros(4), top_p=0.5) > 0).tolist() == [True, True, False, False]


@few
@given(logit_rows, temperatures, st.none() | st.integers(1, 15), masses)
def test_probs_sum_to_one_whatever_the_knobs(logits, temperature, top_k, top_p):
    probs = sampling_probs(logits, temperature, top_k, top_p)
    assert probs.dtype == np.float64 and probs.shape == (len(logits),)
    assert probs.sum() == pytest.approx(1, abs=1e-12) and (probs >= 0).all()


@few
@given(logit_rows, st.integers(1, 15))
def test_top_k_leaves_exactly_k_the_lower_id_of_a_tie(logits, top_k):
    kept = np.flatnonzero(sampling_probs(logits, top_k=top_k)).tolist()
    assert kept == sorted(best_first(logits)[:top_k])


@few
@given(logit_rows, temperatures, masses)
def test_top_p_keeps_the_smallest_set_that_reaches_it(logits, temperature, top_p):
    before = sampling_probs(logits, temperature)
    kept = np.flatnonzero(sampling_probs(logits, temperature, top_p=top_p)).tolist()
    order = best_first(logits)[: len(kept)]
    if top_p == 1:
        assert len(kept) == (before > 0).sum()
    assert kept == sorted(order)
    mass = math.fsum(before[i] for i in order)
    assert mass >= top_p - 1e-11
    assert mass - before[order[-1]] < top_p  # one token fewer does not reach it


@few
@given(logit_rows)
def test_temperature_0_is_the_argmax_the_lower_id_of_a_tie(logits):
    probs = sampling_probs(logits, temperature=0)
    assert np.flatnonzero(probs).tolist() == [best_first(logits)[0]] and probs.max() == 1


@few
@given(logit_rows, st.sampled_from([1e-320, 1e-3, 1.0, 1e300]))
def test_top_k_1_is_the_argmax_at_any_temperature(logits, temperature):
    assert (sampling_probs(logits, temperature, top_k=1) == sampling_probs(logits, 0)).all()


def test_minus_infinity_is_probability_0():
    assert sampling_probs([-np.inf, 0, 0]).tolist() == [0, 0.5, 0.5]
    assert sampling_probs([-np.inf, 0, -np.inf], top_k=2).tolist() == [0, 1, 0]


@pytest.mark.parametrize("logits", [[0, np.nan], [np.inf, 0], [-np.inf, -np.inf], [], [[0, 1]]])
def test_logits_without_a_distribution_are_refused(logits):
    with pytest.raises(ValueError, match="logits"):
        sampling_probs(logits)


@pytest.mark.parametrize(
    "knob, values",
    [
        ("temperature", [math.nan, math.inf, -0.1, True, "1", None, np.bool_(True)]),
        ("top_k", [0, -1, 1.0, True, math.nan, "1"]),
        ("top_p", [0, -0.1, 1.1, math.nan, math.inf, True, None, "1"]),
    ],
)
def test_a_knob_out_of_range_is_refused_by_name(knob, values):
    for value in values:
        with pytest.raises(ValueError, match=knob):
            check_knobs(**{knob: value})
        with pytest.raises(ValueError, match=knob):
            sampling_probs([0.0, 1.0], **{knob: value})


def test_numpy_numbers_are_numbers():
    check_knobs(np.float32(0.5), np.int64(3), np.float64(1))
    logits = np.log([0.1, 0.4, 0.3, 0.2])
    plain = sampling_probs(logits, 0.5, 3, 0.75)
    assert (sampling_probs(logits, np.float32(0.5), np.int64(3), np.float64(0.75)) == plain).all()


# random numbers and the token they pick


def test_a_random_number_depends_on_seed_and_position_only():
    forward = [uniform(7, position) for position in range(50)]
    backward = [uniform(7, position) for position in reversed(range(50))]
    assert forward == backward[::-1]
    assert len(set(forward)) == 50 and all(0 <= u < 1 for u in forward)
    assert uniform(8, 0) != forward[0]
    assert len({uniform(seed, 3) for seed in (0, 1, 2**63, 2**64 - 1)}) == 4


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, True, None, "1", math.nan])
def test_a_seed_is_a_whole_number_of_64_bits(seed):
    with pytest.raises(ValueError, match="seed"):
        uniform(seed, 0)
    with pytest.raises(ValueError, match="seed"):
        generate(LM, "the", max_new_tokens=1, seed=seed)


@pytest.mark.parametrize("position", [-1, 2**64, 0.0, True, None])
def test_a_position_is_a_whole_number(position):
    with pytest.raises(ValueError, match="position"):
        uniform(0, position)


def test_tokens_lie_end_to_end_in_id_order():
    probs = [0.25, 0, 0.5, 0.25]
    ends = [(0, 0), (0.2499, 0), (0.25, 2), (0.7499, 2), (0.75, 3), (1 - 2**-53, 3)]
    assert [sample(probs, u) for u, _ in ends] == [token for _, token in ends]


@few
@given(
    st.lists(st.sampled_from([0, 0, 1e-300, 0.1, 0.3, 1]), min_size=1, max_size=8).filter(any),
    st.floats(0, 1, exclude_max=True),
)
def test_a_token_of_probability_0_never_comes(weights, u):
    probs = np.array(weights) / sum(weights)
    assert probs[sample(probs, u)] > 0


@pytest.mark.parametrize(
    "probs, u", [([0.5, 0.5], 1), ([0.5, 0.5], -0.1), ([0, 0], 0), ([np.nan, 1], 0), ([-1, 2], 0)]
)
def test_sample_refuses_what_is_no_distribution(probs, u):
    with pytest.raises(ValueError):
        sample(probs, u)


def chi_square(counts, probs):
    expected = sum(counts) * np.asarray(probs)
    return (((counts - expected) ** 2) / expected).sum()


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_tokens_come_as_often_as_their_probability_says(seed):
    probs = np.array([0.05, 0.4, 0.25, 0.2, 0.1])
    counts = np.bincount([sample(probs, uniform(seed, i)) for i in range(4000)], minlength=5)
    assert chi_square(counts, probs) < 18.47  # 4 degrees of freedom, 1 in 1,000 is above


def test_the_same_position_of_many_seeds_is_uniform():
    counts = np.histogram([uniform(seed, 5) for seed in range(4000)], bins=10, range=(0, 1))[0]
    assert chi_square(counts, np.full(10, 0.1)) < 27.88  # 9 degrees of freedom, 1 in 1,000 is above


# generation


class Recorder:
    """A model whose logits never change; it remembers what its cursor was given."""

    def __init__(self):
        self.tokenizer, self.seen = CharTokenizer(["a", "b", "c"]), []

    def cursor(self, ids):
        self.seen = list(ids)
        return self

    def predict(self):
        return Prediction(list(self.seen), None, np.log([0.2, 0.3, 0.5]), np.array([0.2, 0.3, 0.5]))

    def append(self, token_id):
        self.seen.append(token_id)


def text_of(steps):
    return "".join(step.text for step in steps)


@pytest.mark.parametrize("seed", [0, 12345, 2**64 - 1])
def test_same_seed_same_text_and_another_seed_another(seed):
    knobs = {"max_new_tokens": 40, "temperature": 1.2, "top_k": 9, "top_p": 0.95}
    first = text_of(generate(LM, "the ", seed=seed, **knobs))
    assert first == text_of(generate(LM, "the ", seed=seed, **knobs)) and len(first) == 40
    assert first != text_of(generate(LM, "the ", seed=seed // 2 + 1, **knobs))


def test_20_tokens_are_8_continued_by_12():
    whole = text_of(generate(LM, "the ", max_new_tokens=20, seed=3, temperature=1.3))
    head = text_of(generate(LM, "the ", max_new_tokens=8, seed=3, temperature=1.3))
    tail = text_of(generate(LM, "the " + head, max_new_tokens=12, seed=3, temperature=1.3, start=8))
    assert whole == head + tail
    # the position matters: from 0 again the continuation is another
    assert tail != text_of(generate(LM, "the " + head, max_new_tokens=12, seed=3, temperature=1.3))


def test_a_step_is_what_the_parts_give_by_hand():
    ids = LM.tokenizer.encode("the ")
    for position, step in enumerate(
        generate(LM, "the ", max_new_tokens=6, seed=9, temperature=0.7, top_p=0.9)
    ):
        prediction = LM.predict(ids)
        probs = sampling_probs(prediction.logits, 0.7, None, 0.9)
        assert (step.prediction.probs == prediction.probs).all() and (step.sampling_probs == probs).all()
        assert step.token_id == sample(probs, uniform(9, position))
        assert step.text == LM.tokenizer.tokens[step.token_id]
        ids.append(step.token_id)


def test_a_prompt_is_text_or_ids():
    ids = LM.tokenizer.encode("the")
    by_ids = generate(LM, ids, max_new_tokens=5)
    assert text_of(by_ids) == text_of(generate(LM, "the", max_new_tokens=5))
    assert ids == LM.tokenizer.encode("the")  # left as it was


def test_a_cursor_is_given_each_token_that_is_predicted_from():
    lm = Recorder()
    steps = list(generate(lm, "ab", max_new_tokens=3, temperature=0))
    assert [step.text for step in steps] == ["c", "c", "c"]
    assert [step.prediction.context for step in steps] == [[0, 1], [0, 1, 2], [0, 1, 2, 2]]


def test_generation_stops_where_it_is_left():
    lm = Recorder()
    list(itertools.islice(generate(lm, "", max_new_tokens=10_000), 2))
    assert len(lm.seen) == 1


def test_frequencies_of_generated_tokens_follow_the_model():
    steps = generate(Recorder(), "", max_new_tokens=3000, seed=11)
    counts = np.bincount([step.token_id for step in steps], minlength=3)
    assert chi_square(counts, [0.2, 0.3, 0.5]) < 13.82  # 2 degrees of freedom, 1 in 1,000 is above


@pytest.mark.parametrize(
    "bad",
    [
        {"max_new_tokens": 0},
        {"max_new_tokens": 10_001},
        {"max_new_tokens": 2.0},
        {"max_new_tokens": True},
        {"temperature": -1},
        {"top_k": 0},
        {"top_p": 0},
        {"start": -1},
        {"start": 0.5},
        {"start": 2**64 - 2},
        {"prompt": "the \U0001f600"},
        {"prompt": [0, 99]},
        {"prompt": [True]},
        {"prompt": [0.0]},
    ],
)
def test_a_bad_argument_is_refused_at_the_call(bad):
    with pytest.raises(ValueError):
        generate(LM, **({"prompt": "the", "max_new_tokens": 5} | bad))


def test_a_word_brings_the_space_before_it():
    words = NgramLM.fit("one fish, two fish.\n" * 3, order=3, unit="words")
    steps = list(generate(words, "one", max_new_tokens=5, temperature=0))
    assert [step.text for step in steps] == [" fish", ",", " two", " fish", "."]


def test_records_cannot_be_changed():
    step = next(generate(LM, "the", max_new_tokens=1))
    with pytest.raises(FrozenInstanceError):
        step.text = "x"
    with pytest.raises(FrozenInstanceError):
        step.prediction.order = 1


@pytest.mark.parametrize("temperature", [Fraction(1, 2), np.float32(0.5), np.longdouble(0.5), 0.5])
def test_any_real_number_is_a_temperature(temperature):
    probs = sampling_probs([0.0, 1.0], temperature)
    assert probs.dtype == np.float64 and (probs == sampling_probs([0.0, 1.0], 0.5)).all()


def test_a_tensor_of_any_float_type_is_a_row():
    for kind in (torch.bfloat16, torch.float16, torch.float64):
        row = torch.tensor([0.0, 1.0], dtype=kind, requires_grad=True)
        assert (sampling_probs(row) == sampling_probs([0.0, 1.0])).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: sampling_probs([0.0, 1.0], 10**400),
        lambda: sampling_probs([10**400, 1]),
        lambda: sampling_probs(np.array([1, 1j])),
        lambda: sampling_probs(torch.tensor([1, 1j])),
        lambda: sampling_probs([torch.ones((), requires_grad=True)]),
        lambda: sampling_probs([0.0, 1.0], top_p=10**400),
        lambda: sample([10**400], 0.5),
        lambda: generate(LM, "the ", max_new_tokens=1, temperature=10**400),
        lambda: generate(LM, "the ", max_new_tokens=4, start=np.uint64(2**64 - 1)),
    ],
)
def test_numbers_that_are_too_large_or_not_real_are_one_sentence(call):
    with pytest.raises(InputError, match="must be"):
        call()


def test_whole_numbers_of_any_type_are_counts_and_positions():
    wanted = text_of(generate(LM, "the ", max_new_tokens=60, start=100))
    assert wanted == text_of(generate(LM, "the ", max_new_tokens=np.int8(60), start=np.int8(100)))
