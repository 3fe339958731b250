"""What counts say about a text that they did not count: the text is cut into folds, and each fold is predicted by the
counts of all others (cross-fitting). A network that learns from these predictions as well as from the tokens themselves
learns how sure one can be, not only what came next (distillation, Hinton, Vinyals and Dean 2015)."""

from itertools import pairwise

import numpy as np
import torch
from tqdm import tqdm

from models.ngram import NgramLM


def predictions(ids, counts, folds):
    """The probabilities of every token of a text after the tokens before it: float16 (len(ids), vocabulary).

    ids: the text, a list of ints. counts: an NgramLM, whose order, tokenizer and discounts are taken and whose counts
    are not. Each of the `folds` pieces of the text is predicted by the counts of the others.
    """
    vocabulary, decode = len(counts.tokenizer), counts.tokenizer.decode
    found = np.empty((len(ids), vocabulary), np.float16)
    edges = np.linspace(0, len(ids), folds + 1).astype(int)
    for start, end in tqdm(list(pairwise(edges)), unit=" folds", disable=None):
        others = decode(ids[:start]) + decode(ids[end:])
        rest = NgramLM.fit(others, counts.max_order, tokenizer=counts.tokenizer)
        rest = rest.with_discounts(counts.all_discounts()).with_order(counts.order)
        for i in range(start, end):
            found[i] = rest.predict(ids[max(0, i - counts.order + 1) : i]).probs
    return torch.from_numpy(found)
