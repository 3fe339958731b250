import gc
import weakref
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.checkpoint import CheckpointError
from models.ngram import TOTALS, NgramLM, largest_order
from models.tokenizer import CharTokenizer

SHIPPED = Path(__file__).parents[2] / "pretrained/lm/shakespeare/ngram"
few = settings(max_examples=60, deadline=None)
texts = st.text("abc ", min_size=1, max_size=60)
orders = st.integers(1, 5)
rng = np.random.default_rng(0)
# skewed enough, and long enough, for discounts that can be estimated
LONG = "".join(rng.choice(list("etaoin shrdlu"), 3000, p=np.arange(13, 0, -1) / 91))


class SlowKneserNey:
    """Equation 26 of Chen and Goodman, word for word, from dictionaries."""

    def __init__(self, ids, vocab, order):
        self.vocab, self.order = vocab, order
        self.raw, self.continuation = Counter(), Counter()
        neighbours = set()
        for k in range(1, order + 1):
            for i in range(len(ids) - k + 1):
                gram = tuple(ids[i : i + k])
                self.raw[gram] += 1
                neighbours.add((ids[i - 1] if i else "edge", gram))
        for _, gram in neighbours:
            self.continuation[gram] += 1

    def discount(self, counts, order, count):
        t = Counter(c for gram, c in counts.items() if len(gram) == order)
        if not (t[1] and t[2] and t[3]):
            return (0, 0.5, 1, 1.5)[min(count, 3)]
        y = t[1] / (t[1] + 2 * t[2])
        d = (0, 1 - 2 * y * t[2] / t[1], 2 - 3 * y * t[3] / t[2], 3 - 4 * y * t[4] / t[3])
        if not (0 < d[1] < 1 and 0 < d[2] < 2 and 0 < d[3] < 3):
            d = (0, 0.5, 1, 1.5)
        return d[min(count, 3)]

    def p(self, token, context, counts=None):
        if counts is None:
            counts, context = self.raw, tuple(context)[max(0, len(context) - self.order + 1) :]
        lower = self.p(token, context[1:], self.continuation) if context else 1 / self.vocab
        followers = [counts[(*context, w)] for w in range(self.vocab)]
        total = sum(followers)
        if total == 0:
            return lower
        discounts = [self.discount(counts, len(context) + 1, c) for c in followers]
        gamma = sum(discounts) / total
        return (followers[token] - discounts[token]) / total + gamma * lower


@pytest.fixture(scope="module")
def shipped():
    return NgramLM.from_pretrained(SHIPPED)


# numbers by hand


def test_kneser_ney_by_hand():
    """aaab at order 2: no discount can be estimated, so 0.5, 1, 1.5.

    Left neighbours: a {edge, a} 2, b {a} 1. Below: gamma = (1 + 0.5) / 3 = 1/2, so
    p(a) = (2 - 1)/3 + 1/2 * 1/2 = 7/12, p(b) = (1 - 0.5)/3 + 1/4 = 5/12.
    After a: aa 2, ab 1; gamma = (1 + 0.5) / 3 = 1/2; p(a|a) = (2 - 1)/3 + 1/2 * 7/12 = 15/24, p(b|a) = 9/24.
    """
    lm = NgramLM.fit("aaab", order=2)
    after_a = lm.predict([0])
    assert after_a.probs == pytest.approx([15 / 24, 9 / 24], abs=1e-15)
    assert after_a.counts.tolist() == [2, 1] and after_a.total == 3 and after_a.order == 2
    # nothing ever came after b: left-neighbour unigrams answer; the counts shown are raw, a 3 and b 1
    after_b = lm.predict([1])
    assert after_b.probs == pytest.approx([7 / 12, 5 / 12], abs=1e-15)
    assert after_b.counts.tolist() == [3, 1] and after_b.total == 4 and after_b.order == 1
    # nothing before it: order 1 on raw counts; gamma = (1.5 + 0.5) / 4; p(a) = (3 - 1.5)/4 + 1/2 * 1/2 = 5/8
    start = lm.predict([])
    assert start.probs == pytest.approx([5 / 8, 3 / 8], abs=1e-15)
    assert start.order == 1 and start.total == 4 and start.context == []


def test_discounts_by_hand():
    # counts 1 1 1 1 2 2 3 4: t = 4 2 1 1, Y = 4 / (4 + 2 * 2) = 1/2
    # D1 = 1 - 2 Y 2/4 = 1/2, D2 = 2 - 3 Y 1/2 = 5/4, D3+ = 3 - 4 Y 1/1 = 1
    lm = NgramLM.fit("abcdeeffggghhhh", order=1)
    assert lm.discounts == pytest.approx(np.tile([0.5, 1.25, 1.0], (1, TOTALS, 1)))


def test_a_discount_that_falls_outside_its_range_brings_the_fallback():
    # counts 1 2 3 3 3 3: t = 1 1 4 0, Y = 1/3, D2 = 2 - 3 * 1/3 * 4/1 = -2
    lm = NgramLM.fit("abb" + "cdef" * 3, order=1)
    assert lm.discounts.tolist() == [[[0.5, 1.0, 1.5]] * TOTALS]


def test_loss_by_hand():
    # p(a) = 5/8 at the start, then p(b|a) = 9/24, as above
    assert NgramLM.fit("aaab", order=2).loss("ab") == pytest.approx(-np.log(5 / 8 * 9 / 24) / 2)


def test_a_text_shorter_than_the_order_is_a_text():
    # one token: p(a) = 1 at any order, and so no loss
    lm = NgramLM.fit("a", order=5)
    assert lm.loss("aaaaaaa") == pytest.approx(0, abs=1e-15)
    assert lm.predict([0] * 7).order == 1


# counts and probabilities against slow ones


@few
@given(texts, orders, st.text("abc ", max_size=8))
def test_counts_are_those_of_a_brute_force_count(text, order, prompt):
    lm = NgramLM.fit(text, order=order)
    ids, prompt = lm.tokenizer.encode(text), lm.tokenizer.encode_prompt(prompt)[0]
    prediction = lm.predict(prompt)
    assert prediction.context == prompt[max(0, len(prompt) - order + 1) :]
    for used in range(len(prediction.context), -1, -1):
        end = prediction.context[len(prediction.context) - used :]
        counts = [0] * len(lm.tokenizer)
        for i in range(len(ids) - used):
            if ids[i : i + used] == end:
                counts[ids[i + used]] += 1
        if any(counts):  # the longest end that was seen
            break
    assert prediction.order == used + 1
    assert prediction.counts.tolist() == counts and prediction.total == sum(counts)
    assert prediction.counts.dtype == np.int64


def assert_same_probs(text, order, prompt):
    lm = NgramLM.fit(text, order=order)
    slow = SlowKneserNey(lm.tokenizer.encode(text), len(lm.tokenizer), order)
    prompt = lm.tokenizer.encode_prompt(prompt)[0]
    expected = [slow.p(token, prompt) for token in range(len(lm.tokenizer))]
    assert lm.predict(prompt).probs == pytest.approx(expected, abs=1e-12)
    return lm


@few
@given(texts, orders, st.text("abc ", max_size=8))
def test_probs_are_those_of_equation_26(text, order, prompt):
    assert_same_probs(text, order, prompt)


@pytest.mark.parametrize("prompt", ["", "e", "te ", "the latter", "uuuu", "    "])
def test_probs_are_those_of_equation_26_with_estimated_discounts(prompt):
    lm = assert_same_probs(LONG, 4, prompt)
    estimated = [k for k in range(4) if lm.discounts[k, 0].tolist() != [0.5, 1.0, 1.5]]
    assert len(estimated) >= 2  # else the test says nothing


@few
@given(texts, st.text("abc ", min_size=1, max_size=30), orders)
def test_loss_is_the_mean_of_what_predict_says(text, scored, order):
    lm = NgramLM.fit(text, order=order)
    assume(not lm.tokenizer.unknown(scored))
    ids = lm.tokenizer.encode(scored)
    nats = -sum(np.log(lm.predict(ids[:i]).probs[ids[i]]) for i in range(len(ids)))
    assert lm.loss(scored) == pytest.approx(nats / len(ids), abs=1e-12)


def test_loss_on_estimated_discounts_is_the_mean_of_what_predict_says():
    train, held = LONG[:2500], LONG[2500:2700]
    for order in (1, 3, 6):
        lm = NgramLM.fit(train, order=order)
        ids = lm.tokenizer.encode(held)
        nats = -sum(lm.predict(ids[:i]).logits[i_next] for i, i_next in enumerate(ids))
        assert lm.loss(held) == pytest.approx(nats / len(ids), abs=1e-12)


# distributions


def check_distribution(prediction, vocab):
    assert prediction.probs.shape == prediction.logits.shape == prediction.counts.shape == (vocab,)
    assert prediction.probs.dtype == np.float64
    assert abs(prediction.probs.sum() - 1) < 1e-12
    assert (prediction.probs > 0).all()
    assert np.exp(prediction.logits) == pytest.approx(prediction.probs)
    assert prediction.counts.sum() == prediction.total > 0


@few
@given(texts, orders, st.lists(st.integers(0, 3), max_size=7))
def test_any_context_gives_a_whole_distribution(text, order, ids):
    lm = NgramLM.fit(text, order=order, tokenizer=CharTokenizer(list("abc ")))
    check_distribution(lm.predict(ids), 4)


@pytest.mark.parametrize("order", range(1, 9))
def test_the_shipped_model_gives_whole_distributions(shipped, order):
    lm = shipped.with_order(order)
    seen, unseen = lm.tokenizer.encode("ROMEO:\nWhat"), lm.tokenizer.encode("zqxzqxzq")
    for ids in ([], seen, unseen, unseen + seen, seen + unseen):
        check_distribution(lm.predict(ids), 65)
    assert lm.predict(seen).order == order
    assert lm.predict(seen).context == (seen[-(order - 1) :] if order > 1 else [])
    assert lm.predict(unseen).order <= 2  # nothing in English follows zq


def test_the_shipped_model_knows_its_shakespeare(shipped):
    prediction = shipped.predict(shipped.tokenizer.encode("ROMEO"))
    assert shipped.tokenizer.tokens[prediction.probs.argmax()] == ":"
    # a line in the manner of the plays: each order sees more of it
    losses = [
        shipped.with_order(k).loss("KING RICHARD III:\nMy lord, what say you to this?") for k in (1, 3, 6)
    ]
    assert losses[0] > losses[1] > losses[2] > 0.3


def test_the_shipped_files_are_small_and_hold_no_text(shipped):
    files = {path.name: path.read_bytes() for path in SHIPPED.iterdir()}
    assert set(files) == {"config.json", "model.safetensors"}
    assert sum(map(len, files.values())) < 10e6
    assert all(b"Before we proceed" not in blob for blob in files.values())


def test_other_discounts_by_hand():
    # "aab" counts a 2, b 1 of 3: a context of the second kind. D1 = 0.2 and D2 = 0.8 there, 0.5 elsewhere
    lm = NgramLM.fit("aab", order=1)
    table = np.full((2, 1, TOTALS, 3), 0.5)
    table[0, 0, 1] = [0.2, 0.8, 1]
    tuned = lm.with_discounts(table)
    # (2 - 0.8 + 1 * 1/2) / 3 and (1 - 0.2 + 1 * 1/2) / 3
    assert tuned.predict([]).probs == pytest.approx([1.7 / 3, 1.3 / 3])
    assert tuned.loss("ab") == pytest.approx(-np.log(1.7 / 3 * 1.3 / 3) / 2)
    assert lm.predict([]).probs != pytest.approx(tuned.predict([]).probs)  # the first is as it was


def test_own_discounts_given_back_change_nothing_and_tuned_ones_are_kept(tmp_path):
    lm = NgramLM.fit(LONG[:2500], order=4)
    again = lm.with_discounts(lm.all_discounts())
    assert (again.predict([1, 2, 3]).probs == lm.predict([1, 2, 3]).probs).all()
    table = lm.all_discounts() * 0.9
    tuned = lm.with_discounts(table)
    tuned.save(tmp_path)
    back = NgramLM.from_pretrained(tmp_path)
    for order in (1, 3, 4):
        ours, theirs = tuned.with_order(order), back.with_order(order)
        assert (ours.predict([1, 2, 3]).probs == theirs.predict([1, 2, 3]).probs).all()
        assert ours.predict([1, 2, 3]).probs.sum() == pytest.approx(1)
        held = LONG[2500:2600]
        ids = ours.tokenizer.encode(held)
        nats = -sum(ours.predict(ids[:i]).logits[i_next] for i, i_next in enumerate(ids))
        assert ours.loss(held) == pytest.approx(nats / len(ids), abs=1e-12)


@pytest.mark.parametrize("wrong", [0.0, 1.0, np.nan, -1.0])
def test_a_discount_outside_its_range_is_refused(wrong):
    lm = NgramLM.fit("aab", order=2)
    table = lm.all_discounts()
    table[0, 1, 0, 0] = wrong
    with pytest.raises(ValueError, match="between 0"):
        lm.with_discounts(table)
    with pytest.raises(ValueError, match="shape"):
        lm.with_discounts(np.zeros((2, 3)))


# the model as an object


@few
@given(texts, st.text("abc ", max_size=6))
def test_a_lower_order_of_the_same_counts_is_the_model_fitted_at_that_order(text, prompt):
    high = NgramLM.fit(text, order=5)
    ids = high.tokenizer.encode_prompt(prompt)[0]
    for order in range(1, 6):
        low, fitted = high.with_order(order), NgramLM.fit(text, order=order)
        assert (low.predict(ids).probs == fitted.predict(ids).probs).all()
        assert (low.discounts == fitted.discounts).all() and low.discounts.shape == (order, TOTALS, 3)
        assert low.order == order and low.max_order == 5


@pytest.mark.parametrize("order", [0, 6, -1, 2.0, True, None])
def test_with_order_stays_within_the_counts(order):
    with pytest.raises(ValueError, match="from 1 to 5"):
        NgramLM.fit("abcab", order=5).with_order(order)


def test_saved_and_loaded_it_says_the_same(tmp_path):
    lm = NgramLM.fit(LONG, order=5)
    lm.save(tmp_path, training={"corpus": "letters"})
    again = NgramLM.from_pretrained(tmp_path)
    assert again.tokenizer.tokens == lm.tokenizer.tokens and again.order == again.max_order == 5
    for prompt in ("", "the l", "uuuuu"):
        ids = lm.tokenizer.encode(prompt)
        assert (again.predict(ids).probs == lm.predict(ids).probs).all()
        assert (again.predict(ids).counts == lm.predict(ids).counts).all()
    assert again.loss(LONG[:500]) == lm.loss(LONG[:500])


def test_a_damaged_file_is_named(tmp_path):
    NgramLM.fit("abcab", order=2).save(tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        NgramLM.from_pretrained(tmp_path)


def test_a_text_without_a_token_is_refused():
    for text, unit in (("", "characters"), ("  ", "words")):
        with pytest.raises(ValueError, match="at least one token"):
            NgramLM.fit(text, unit=unit)
    with pytest.raises(ValueError, match="at least one token"):
        NgramLM.fit("", tokenizer=CharTokenizer(["a"]))
    with pytest.raises(ValueError, match="at least one token"):
        NgramLM.fit("a").loss("")


@pytest.mark.parametrize("order", [0, 11, 2.0, True])
def test_an_order_that_does_not_fit_is_refused_with_the_longest_that_does(order):
    with pytest.raises(ValueError, match="from 1 to 10 for a text with 65"):
        NgramLM.fit("".join(chr(48 + i) for i in range(65)), order=order)


@pytest.mark.parametrize("vocab", [1, 2, 65, 102, 2048, 20_000])
def test_the_longest_order_fits_63_bits_and_one_more_does_not(vocab):
    order = largest_order(vocab)
    assert (vocab + 1) ** order < 2**63 <= (vocab + 1) ** (order + 1)


def test_the_longest_order_counts_right():
    # 2 tokens are base 3: 39 digits, as 3**39 < 2**63 < 3**40
    lm = NgramLM.fit("ab" * 30 + "bb", order=largest_order(2))
    prediction = lm.predict(lm.tokenizer.encode("ab" * 30))
    # its last 38 letters, ab 19 times, start at 0, 2, ... 22: after the last of these 12 comes b, else a
    assert prediction.order == 39 and prediction.counts.tolist() == [11, 1]


def test_a_larger_vocabulary_than_the_text():
    lm = NgramLM.fit(
        "ab" * 20, order=4, tokenizer=CharTokenizer([chr(0x4E00 + i) for i in range(2046)] + ["a", "b"])
    )
    prediction = lm.predict(lm.tokenizer.encode("bab"))
    check_distribution(prediction, 2048)
    assert prediction.counts[2046] == prediction.total == 18  # bab stands 19 times, the last at the end


def test_words():
    lm = NgramLM.fit("one fish, two fish.\nred fish, blue fish.\n", order=3, unit="words")
    tokens = lm.tokenizer.tokens
    prediction = lm.predict(lm.tokenizer.encode("red fish"))
    check_distribution(prediction, len(tokens))
    assert {tokens[i]: n for i, n in enumerate(prediction.counts) if n} == {",": 1}
    # an unseen pair backs off to what came after fish: a comma twice, a full stop twice
    prediction = lm.predict(lm.tokenizer.encode(", fish"))
    assert prediction.order == 2
    assert {tokens[i]: n for i, n in enumerate(prediction.counts) if n} == {",": 2, ".": 2}


def test_loss_of_words_is_per_character():
    text = "one fish, two fish.\n" * 4
    lm = NgramLM.fit(text, order=2, unit="words")
    ids = lm.tokenizer.encode(text)
    nats = -sum(lm.predict(ids[:i]).logits[token] for i, token in enumerate(ids))
    assert lm.loss(text) == pytest.approx(nats / len(text))


def test_loss_refuses_unknown_characters():
    with pytest.raises(ValueError, match="U\\+0063"):
        NgramLM.fit("ab").loss("abc")


@pytest.mark.parametrize("bad", [-1, 2, True, 0.0])
def test_predict_refuses_an_id_outside_the_vocabulary(bad):
    with pytest.raises(ValueError, match="from 0 to 1"):
        NgramLM.fit("ab").predict([bad])


def test_a_cursor_is_predict_after_every_append():
    lm = NgramLM.fit(LONG, order=4)
    ids = lm.tokenizer.encode("the ")
    cursor = lm.cursor(ids)
    for token in lm.tokenizer.encode("rat sat"):
        assert (cursor.predict().probs == lm.predict(ids).probs).all()
        cursor.append(token)
        ids = [*ids, token]


def test_what_a_visitor_does_to_a_prediction_stays_there():
    lm = NgramLM.fit(LONG, order=4)
    ids = lm.tokenizer.encode("the")
    before = lm.predict(ids)
    expected = before.probs.copy()
    before.probs[:], before.counts[:], before.logits[:] = 0, 0, 0
    before.context.clear()
    assert (lm.predict(ids).probs == expected).all()


def test_counts_are_freed_with_their_model():
    # an own text is counted in memory, and what is remembered of it must not keep it there
    lm = NgramLM.fit(LONG, order=4)
    lm.predict([0, 1, 2])
    gone, windows = weakref.ref(lm), weakref.ref(lm._windows)
    gc.disable()
    try:
        del lm
        assert gone() is None and windows() is None
    finally:
        gc.enable()


def test_threads_share_a_model(shipped):
    ids = shipped.tokenizer.encode("But soft, what light through yonder window breaks?")
    prefixes = [ids[:i] for i in range(len(ids))] * 4
    alone = [shipped.predict(prefix).probs for prefix in prefixes]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda prefix: shipped.predict(prefix).probs, prefixes))
    assert all((a == b).all() for a, b in zip(alone, together))


@few
@given(texts, orders)
def test_saved_counts_come_back_as_they_were(text, order):
    lm = NgramLM.fit(text, order)
    with TemporaryDirectory() as folder:
        lm.save(folder)
        back = NgramLM.from_pretrained(folder)
    assert (back._windows == lm._windows).all() and (back._counts == lm._counts).all()


def test_saved_counts_are_smaller_than_their_windows(tmp_path):
    lm = NgramLM.fit(LONG, 5)
    lm.save(tmp_path)
    assert (tmp_path / "model.safetensors").stat().st_size < lm._windows.nbytes
