"""A GPT's pass in NumPy: what torch computes, and for each text the same whoever else takes part."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.decoding import ROWS, Cache, Decoder, product
from models.gpt import GPT, GPTConfig
from models.tokenizer import CharTokenizer
from tests.shipped import MODELS

SHIPPED = ("lm/shakespeare/gpt", "lm/machado/gpt")
CONFIG = GPTConfig(vocab_size=11, block_size=90, n_layer=2, n_head=3, n_embd=24)  # no powers of 2


def tiny(before=0):
    torch.manual_seed(0)
    gpt = GPT(replace(CONFIG, before=before), CharTokenizer(list("\n abcdefghi")))
    for weight in gpt.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return gpt.eval().requires_grad_(False)


@pytest.fixture(params=["tiny", "with tokens before", *SHIPPED])
def gpt(request):
    made = {"tiny": tiny, "with tokens before": lambda: tiny(before=3)}
    return made[request.param]() if request.param in made else MODELS.get(request.param)


def ids_of(gpt, lengths, seed=0):
    draw = np.random.default_rng(seed)
    return [draw.integers(0, gpt.config.vocab_size, length).tolist() for length in lengths]


def alone(gpt, ids):
    """The logits after every token of a text, computed one by one: (len(ids), vocab)."""
    cache, decoder = Cache(gpt.config), Decoder(gpt)
    return np.concatenate([decoder([(cache, [i])]) for i in ids])


def test_every_place_has_the_logits_that_torch_gives(gpt):
    (ids,) = ids_of(gpt, [90])
    plain = gpt(torch.tensor([ids]))[0].numpy()
    assert np.abs(alone(gpt, ids) - plain).max() < 1e-4


def test_a_text_is_the_same_to_the_last_bit_in_one_pass_and_token_by_token(gpt):
    (ids,) = ids_of(gpt, [90])
    wanted = alone(gpt, ids)
    for lengths in ([90], [1, 89], [37, 1, 1, 51], [4] * 22 + [2]):
        cache, decoder, begin = Cache(gpt.config), Decoder(gpt), 0
        for length in lengths:
            begin += length
            logits = decoder([(cache, ids[begin - length : begin])])
            assert (logits[0] == wanted[begin - 1]).all()


def test_logits_after_guesses_are_those_of_the_tokens_one_by_one(gpt):
    first, second = ids_of(gpt, [40, 50])
    wanted = [alone(gpt, ids) for ids in (first, second)]
    decoder, caches = Decoder(gpt), [Cache(gpt.config), Cache(gpt.config)]
    decoder([(caches[0], first[:30])])
    logits = decoder([(caches[0], first[30:34]), (caches[1], second[:20])], [3, 2])
    assert [cache.length for cache in caches] == [31, 18]
    assert (logits == np.concatenate([wanted[0][30:34], wanted[1][17:20]])).all()
    # two guesses were right, of the other text none was
    caches[0].take(first[31:33])
    logits = decoder([(caches[0], first[33:34]), (caches[1], second[18:30])])
    assert (logits == np.stack([wanted[0][33], wanted[1][29]])).all()


def test_texts_that_join_and_leave_are_the_same_to_the_last_bit(gpt):
    # of every pass a random part of the texts, in random order, each with one token more or several
    texts = ids_of(gpt, [5, 90, 1, 33, 64, 80, 17, 71, 48], seed=1)
    wanted = [alone(gpt, ids) for ids in texts]
    caches, decoder, draw = [Cache(gpt.config) for _ in texts], Decoder(gpt), np.random.default_rng(2)
    passes = 0
    while open_texts := [i for i, ids in enumerate(texts) if caches[i].length < len(ids)]:
        chosen = draw.permutation(open_texts)[: draw.integers(1, len(open_texts) + 1)]
        ends = [min(caches[i].length + draw.choice([1, 1, 1, 9]), len(texts[i])) for i in chosen]
        logits = decoder([(caches[i], texts[i][caches[i].length : end]) for i, end in zip(chosen, ends)])
        for i, end, row in zip(chosen, ends, logits, strict=True):
            assert (row == wanted[i][end - 1]).all()
        passes += len(chosen) > 1
    assert passes > 10


@pytest.mark.parametrize(
    "outputs, inputs", [(576, 192), (192, 192), (768, 192), (192, 768), (65, 192), (7, 5)]
)
def test_blas_treats_all_rows_of_a_block_alike(outputs, inputs):
    draw = np.random.default_rng(0)
    weight = draw.standard_normal((inputs, outputs), np.float32)
    x = draw.standard_normal((8 * ROWS, inputs), np.float32)
    wanted = product(x, weight)
    for _ in range(20):
        order = draw.permutation(len(x))
        assert (product(x[order], weight) == wanted[order]).all()
    assert np.allclose(wanted, x @ weight, atol=1e-3)


def test_a_gpt_that_knows_nothing_gives_zeros_as_torch_does():
    gpt = GPT(CONFIG, CharTokenizer(list("\n abcdefghi"))).eval()
    cache = Cache(CONFIG)
    assert not Decoder(gpt)([(cache, [1, 2]), (Cache(CONFIG), [3])]).any()
    assert cache.length == 2
    assert not gpt(torch.tensor([[1, 2]])).any()
