"""Which tokens of a text a prediction of a GPT depends on: each is hidden in turn (occlusion, Zeiler and Fergus 2014).

A hidden token is a blank in its place, and no later token attends to it. What this shows is how one probability
changes, not what the GPT computes: if two tokens say the same, neither seems to matter, because the other stands in
for it.
"""

from dataclasses import dataclass

import numpy as np
import torch

from models import arrays
from models.errors import InputError
from models.tokenizer import check_ids

TOGETHER = 16  # texts in one pass
MOST = 1_000_000  # tokens to hide: more than a window has


@dataclass(frozen=True)
class Occlusion:
    """A GPT's probabilities for the next token, as they are and with each of the last tokens hidden.

    seen: the ids in the GPT's window, oldest first. first: the index in `seen` of the first that was hidden. probs
    (vocab,) float64: with all of them. without (len(seen) - first, vocab) float64: with one hidden, in order.
    """

    seen: list[int]
    first: int
    probs: np.ndarray
    without: np.ndarray


@torch.inference_mode()
def occlusion(gpt, ids, most=40, pause=lambda: None):
    """The Occlusion of the text `ids` (list of int) by its last `most` tokens. pause: called between two passes.

    The line end that is assumed before a text cannot be hidden. Raises InputError for ids outside the vocabulary, for
    a model that is no GPT, and unless `most` is a whole number, 0 or more.
    """
    is_gpt = isinstance(gpt, torch.nn.Module) and hasattr(
        gpt, "window"
    )  # of models.gpt, which is not imported here
    if not is_gpt:
        raise InputError(f"Tokens can be hidden from a models.gpt.GPT only, not from {type(gpt).__name__}.")
    ids, most = check_ids(ids, len(gpt.tokenizer)), arrays.whole(most, "most", 0, MOST)
    text = gpt.start() + ids
    window = torch.tensor(text[gpt.window(len(text)) :])
    assumed = len(window) - min(len(window), len(ids))  # 1 if the line end is in the window
    first = max(assumed, len(window) - most)
    rows = [gpt(window[None])[:, -1]]
    for part in torch.arange(first, len(window)).split(TOGETHER) if first < len(window) else ():
        pause()
        rows.append(gpt(window.expand(len(part), -1), hidden=part)[:, -1])
    probs = torch.cat(rows).double().softmax(1).numpy()
    return Occlusion(window[assumed:].tolist(), first - assumed, probs[0], probs[1:])
