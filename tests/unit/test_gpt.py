import math

import numpy as np
import pytest
import torch

from models import checkpoint
from models.errors import InputError
from models.gpt import GPT, HOP, GPTConfig, load_snapshots
from models.sampling import generate, sampling_probs
from models.tokenizer import CharTokenizer

LETTERS = "\n abcdefgh"


@pytest.fixture(scope="module")
def gpt():
    """A tiny one with random weights everywhere, so that every part of it matters. It sees 96 tokens."""
    torch.manual_seed(0)
    gpt = GPT(
        GPTConfig(vocab_size=len(LETTERS), block_size=96, n_layer=2, n_head=2, n_embd=16),
        CharTokenizer(list(LETTERS)),
    )
    for weight in gpt.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return gpt.eval().requires_grad_(False)


def text_ids(length, seed=0):
    return np.random.default_rng(seed).integers(0, len(LETTERS), length).tolist()


def test_with_the_cache_equals_without(gpt):
    # 200 tokens pass the window of 96 twice
    ids = text_ids(200)
    cursor = gpt.cursor([])
    for i, token in enumerate(ids):
        cached, fresh = cursor.predict(), gpt.predict(ids[:i])
        assert np.abs(cached.logits - fresh.logits).max() < 1e-4
        assert cached.context == fresh.context
        cursor.append(token)


def test_tokens_may_be_appended_without_asking_in_between(gpt):
    ids = text_ids(150)
    cursor = gpt.cursor(ids[:3])
    cursor.predict()
    for token in ids[3:]:
        cursor.append(token)
    assert np.abs(cursor.predict().logits - gpt.predict(ids).logits).max() < 1e-4


def test_cached_equals_one_plain_pass_over_the_window(gpt):
    ids = text_ids(40)
    plain = gpt(torch.tensor([gpt.start() + ids]))[0, -1]
    assert np.abs(gpt.predict(ids).logits - plain.double().numpy()).max() < 1e-4


def test_the_future_does_not_change_the_past(gpt):
    ids = torch.tensor([text_ids(30)])
    other = ids.clone()
    other[0, 20:] = 0
    assert torch.allclose(gpt(ids)[0, :20], gpt(other)[0, :20], atol=1e-6)


@pytest.mark.parametrize("length", [0, 1, 95, 96, 97, 96 + HOP, 97 + HOP, 500])
def test_the_window_never_outgrows_the_block_nor_sinks_below_a_hop_less(gpt, length):
    begin = gpt.window(length)
    assert begin % HOP == 0 and length - begin <= 96
    assert length <= 96 or length - begin > 96 - HOP


def test_the_whole_distribution_sums_to_one_also_for_nothing(gpt):
    for ids in ([], [3], text_ids(300)):
        probs = gpt.predict(ids).probs
        assert (
            probs.shape == (len(LETTERS),)
            and probs.sum() == pytest.approx(1, abs=1e-12)
            and (probs > 0).all()
        )


def test_loss_scores_every_character_once(gpt):
    # against the slow way: the loss of each character from the same window, one at a time
    ids = gpt.start() + text_ids(130, seed=3)
    text = gpt.tokenizer.decode(ids[1:])
    total, size, stride = 0.0, 96, 64
    for target in range(1, len(ids)):
        # the first window holds targets 1..96, each later one the next 64
        end = size if target <= size else size + stride * math.ceil((target - size) / stride)
        begin = max(0, min(end, len(ids) - 1) - size)
        logits = gpt(torch.tensor([ids[begin:target]]))[0, -1]
        total -= logits.log_softmax(-1)[ids[target]].item()
    assert gpt.loss(text) == pytest.approx(total / len(text), rel=1e-5)


def test_an_untrained_gpt_knows_nothing():
    # zero-initialised head: every token equally likely, ln(vocab) nats each
    gpt = GPT(GPTConfig(vocab_size=len(LETTERS), n_layer=1), CharTokenizer(list(LETTERS)))
    assert gpt.eval().loss("abc abc") == pytest.approx(math.log(len(LETTERS)))


def as_kept(gpt):
    """The same GPT with the weights that a file in 8 bits can hold."""
    weights = {name: weight.numpy() for name, weight in gpt.state_dict().items()}
    rounded = checkpoint.full(checkpoint.eight_bits(weights))
    kept = GPT(gpt.config, gpt.tokenizer)
    kept.load_state_dict({name: torch.from_numpy(weight) for name, weight in rounded.items()})
    return kept.eval()


def test_saved_and_read_back_predicts_the_same(gpt, tmp_path):
    gpt.save_pretrained(tmp_path, {})
    back = GPT.from_pretrained(tmp_path)
    assert back.tokenizer.tokens == gpt.tokenizer.tokens
    assert np.abs(back.predict([2, 3]).probs - as_kept(gpt).predict([2, 3]).probs).max() < 1e-6


def test_the_plain_distribution_is_not_computed_twice_and_is_the_same_to_the_last_bit(gpt):
    knobs = [{}, {"temperature": 1}, {"temperature": 0.7}, {"top_k": 3}, {"top_p": 0.8}]
    for knob in knobs:
        for step in generate(gpt, "abc", max_new_tokens=12, **knob):
            assert (step.sampling_probs == sampling_probs(step.prediction.logits, **knob)).all()
            step.sampling_probs[:] = 0  # it is the caller's own
            assert step.prediction.probs.sum() == pytest.approx(1)


def test_a_gpt_whose_logits_are_no_numbers_says_so(gpt):
    broken = GPT(gpt.config, gpt.tokenizer).eval().requires_grad_(False)
    broken.load_state_dict(gpt.state_dict())
    broken.head.weight[2] = math.nan
    with pytest.raises(InputError, match="must be numbers"):
        next(generate(broken, "abc", max_new_tokens=1))


def test_generation_in_pieces_is_the_same_text(gpt):
    knobs = {"temperature": 0.9, "top_k": 5, "seed": 4}
    whole = [s.token_id for s in generate(gpt, "abc", max_new_tokens=20, **knobs)]
    first = [s.token_id for s in generate(gpt, "abc", max_new_tokens=8, **knobs)]
    prompt = gpt.tokenizer.encode("abc") + first
    rest = [s.token_id for s in generate(gpt, prompt, max_new_tokens=12, start=8, **knobs)]
    assert first + rest == whole


def test_the_shipped_one_is_small_and_speaks_english():
    gpt = GPT.from_pretrained("pretrained/lm/shakespeare/gpt")
    assert sum(weight.numel() for weight in gpt.parameters()) <= 3_200_000
    # a line of ours, not of the corpus; knowing nothing would cost ln 65 = 4.17 nats
    assert gpt.loss("Good morrow, my lord, what news of the king?\n") < 2.5


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda g: g.predict([99]), "99"),
        (lambda g: g.predict([-1]), "-1"),
        (lambda g: g.loss(""), "empty"),
        (lambda g: g.loss("Zebra"), "Z"),
        (lambda g: g(torch.zeros(1, 97, dtype=torch.long)), "at most 96"),
    ],
)
def test_a_mistake_is_one_sentence(gpt, call, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        call(gpt)
    assert "\n" not in str(error.value)


def test_every_token_of_a_text_has_its_own_nats(gpt):
    text = "abc hg fed cba " * 20  # three windows and more
    ids = gpt.tokenizer.encode(text)
    nats, logits = gpt.token_nats(ids), gpt.text_logits(ids).astype(np.float64)
    assert nats.sum() / len(text) == pytest.approx(gpt.loss(text), abs=1e-12)
    by_hand = np.log(np.exp(logits).sum(1)) - logits[np.arange(len(ids)), ids]
    assert nats == pytest.approx(by_hand, abs=1e-5)
    # within the first window a place is what predict() says of it
    for i in (0, 1, 40, 95):
        assert np.abs(gpt.predict(ids[:i]).logits - logits[i]).max() < 1e-4
    assert gpt.token_nats([]).shape == (0,) and gpt.text_logits([]).shape == (0, len(LETTERS))


def test_moments_of_training_are_kept_beside_the_last(gpt, tmp_path):
    early = GPT(gpt.config, gpt.tokenizer)
    torch.nn.init.normal_(early.head.weight, std=0.3)
    early.save_snapshot(tmp_path, 5)
    gpt.save_pretrained(tmp_path, {"snapshots": [0, 5, 9]})
    moments = load_snapshots(tmp_path)
    assert list(moments) == [0, 5, 9]
    assert np.ptp(moments[0].predict([2, 3]).probs) == 0  # untrained: every token alike
    for moment, kept in ((moments[5], early.eval()), (moments[9], gpt)):
        assert np.abs(moment.predict([2, 3]).probs - as_kept(kept).predict([2, 3]).probs).max() < 1e-6
    with pytest.raises(ValueError, match="one of 0, 5, 9"):
        GPT.from_pretrained(tmp_path, snapshot=7)
