"""Two language models over the same tokens, mixed: the weighted mean of their probabilities.

Linear interpolation (Jelinek and Mercer 1980). A token that both models expect stays likely; if one model knows
nothing, the other still counts.
"""

import numpy as np

from models.errors import InputError
from models.sampling import Prediction, check_model, waiting
from models.tokenizer import characters, check_ids, normalize
from models.values import as_float


class Mixture:
    """p = (1 - weight) * p of the first model + weight * p of the second, 0 <= weight <= 1.

    `parts` of a Prediction holds the Predictions of both models. Raises ValueError if the models have different
    tokens, or if the weight is out of range.
    """

    def __init__(self, first, second, weight=0.5):
        if check_model(first).tokenizer.tokens != check_model(second).tokenizer.tokens:
            raise InputError("The two models must have the same tokens.")
        if not is_share(weight):
            raise InputError("The weight must be a number from 0 to 1.")
        self.first, self.second, self.weight = first, second, float(weight)
        self.tokenizer = first.tokenizer
        self.draft = getattr(first, "draft", None) or getattr(second, "draft", None)

    def predict(self, ids):
        """The Prediction of the token after `ids`."""
        return self.cursor(ids).predict()

    def cursor(self, ids):
        """A position in a text, for `sampling.generate`: predict(), append(token_id)."""
        ids = check_ids(ids, len(self.tokenizer))
        return Cursor(self, self.first.cursor(ids), self.second.cursor(ids))

    def token_nats(self, ids):
        """-log p of every token of a text: float64 (len(ids),)."""
        ids = check_ids(ids, len(self.tokenizer))
        first, second = (np.exp(-model.token_nats(ids)) for model in (self.first, self.second))
        return -np.log(self.weight * second + (1 - self.weight) * first)

    def loss(self, text):
        """Nats per character of `text`, every token scored once. Raises ValueError for an empty text."""
        ids = self.tokenizer.encode(text)
        if not ids:
            raise InputError("The text is empty: give a text with at least one token in it.")
        return float(self.token_nats(ids).sum()) / len(characters(normalize(text)))


def is_share(value):
    """Whether a value is a number from 0 to 1."""
    return 0 <= as_float(value) <= 1  # false for NaN, too


class Cursor:
    """A position in a text for both models."""

    def __init__(self, mixture, first, second):
        self._mixture, self._first, self._second = mixture, first, second

    def predict(self):
        parts = self._first.predict(), self._second.predict()
        weight = self._mixture.weight
        probs = weight * parts[1].probs + (1 - weight) * parts[0].probs
        with np.errstate(divide="ignore"):  # of a token that has no probability in either model
            logits = np.log(probs)
        longest = max((part.context for part in parts), key=len)
        return Prediction(longest, None, logits, probs, parts=parts)

    def append(self, token_id):
        self._first.append(token_id)
        self._second.append(token_id)

    def waiting(self):
        """Cursors of a GPT that must compute before this one can predict."""
        return [*waiting(self._first), *waiting(self._second)]
