"""Hiding tokens from a GPT: what it is compared with, and what cannot matter."""

import numpy as np
import pytest
import torch

from models.errors import InputError
from models.gpt import GPT, GPTConfig
from models.occlusion import occlusion
from models.tokenizer import CharTokenizer


def small(before=0, block_size=96):
    torch.manual_seed(0)
    gpt = GPT(GPTConfig(11, block_size, 2, 2, 16, before=before), CharTokenizer("\nabcdefghij"))
    for weight in gpt.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return gpt.eval().requires_grad_(False)


@pytest.mark.parametrize("before", [0, 3])
def test_a_hidden_token_may_be_any_other(before):
    gpt, ids = small(before), [3, 1, 4, 1, 5, 9, 2, 6]
    found = occlusion(gpt, ids)
    assert found.seen == ids and found.first == 0 and found.without.shape == (8, 11)
    np.testing.assert_allclose(found.probs, gpt.predict(ids).probs, atol=1e-6)
    assert (abs(found.without - found.probs).max(1) > 1e-4).all()
    for place in range(len(ids)):
        changed = occlusion(gpt, [*ids[:place], 8, *ids[place + 1 :]])
        np.testing.assert_allclose(changed.without[place], found.without[place], atol=1e-6)
        assert abs(changed.probs - found.probs).max() > 1e-4


def test_tokens_before_the_hidden_one_are_as_they_were():
    gpt, ids = small(3), torch.tensor([[0, 3, 1, 4, 5, 2]])
    torch.testing.assert_close(gpt(ids, hidden=torch.tensor([3]))[:, :3], gpt(ids)[:, :3])


def test_only_the_last_tokens_of_the_window_are_hidden():
    gpt, ids = small(), np.random.default_rng(0).integers(0, 11, 150).tolist()
    pauses = []
    found = occlusion(gpt, ids, most=20, pause=lambda: pauses.append(0))
    window = ids[gpt.window(len(ids) + 1) - 1 :]
    assert found.seen == window and found.first == len(window) - 20 and found.without.shape == (20, 11)
    assert len(pauses) == 2
    np.testing.assert_allclose(found.without.sum(1), 1)


def test_without_a_text_there_is_nothing_to_hide():
    found = occlusion(small(), [])
    assert found.seen == [] and found.without.shape == (0, 11) and found.probs.sum() == pytest.approx(1)


def test_an_unknown_token_is_told():
    with pytest.raises(InputError, match="from 0 to 10"):
        occlusion(small(), [11])
