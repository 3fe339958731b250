"""Guesses of a GPT's next tokens, so that one pass through it can cover several: speculative decoding.

Source: Leviathan et al. 2023 (arXiv 2211.17192). Counts guess what is cheap to guess. The GPT computes its predictions
after the guesses in the pass in which it computes the next one, and each guess that it then draws itself saves a pass.

There a guess is accepted by chance, so that the distribution of texts stays the same. Here counts and GPT draw by the
same random number, and a guess is right if it is the very token that the GPT draws. So guesses decide how many tokens a
pass covers, and never which.
"""

import functools

from models.errors import InputError
from models.sampling import sampling_probs, selected

ORDER = 4  # of the counts: of the 2 to 5 tried, most guesses are right at 4 and 5, and 4 needs less memory
REMEMBERED_BYTES = 2_000_000  # of contexts with knobs, nearly: with 65 tokens 3,800, and nine in ten return


class Draft:
    """Guesses by an n-gram model whose tokens are the GPT's. Thread-safe. Raises InputError for any other model."""

    def __init__(self, counts):
        if not hasattr(counts, "with_order"):
            raise InputError(f"Give an n-gram model, not {type(counts).__name__}.")
        self._counts = counts.with_order(min(ORDER, counts.max_order))
        self.tokens = counts.tokenizer.tokens
        self._ends = functools.lru_cache(max(1, REMEMBERED_BYTES // (8 * len(self.tokens))))(self._ends_of)

    def guess(self, ids, knobs, uniforms):
        """The tokens that may follow `ids`, one for each of these random numbers.

        knobs: temperature, top_k and top_p with which the text is drawn.
        """
        ids = list(ids)
        guesses = []
        for u in uniforms:
            context = tuple(ids[max(0, len(ids) + 1 - self._counts.order) :])
            guesses.append(selected(self._ends(context, knobs), u))
            ids.append(guesses[-1])
        return guesses

    def _ends_of(self, context, knobs):
        """The cumulative probabilities of the token after a context."""
        return sampling_probs(self._counts.predict(context).logits, *knobs).cumsum()
