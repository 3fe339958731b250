"""Which language model a visitor means: a corpus, counts or GPT or both mixed, and an order."""

from demo.lm.own import OwnTexts
from demo.messages import Mistake, choice, real, whole
from models.mixture import Mixture

CORPORA = ("shakespeare", "machado")
MODELS = ("counts", "gpt", "mix")
ORDERS = {
    "characters": (8, 5),
    "pieces": (4, 3),
    "words": (4, 2),
}  # by unit: the highest and a good first one


class Voices:
    """Every language model of the page, of the shipped corpora and of texts that visitors brought."""

    def __init__(self, models):
        self._models = models
        self.own = OwnTexts()

    def get(self, corpus, model="counts", order=None, weight=0.5, snapshot=None):
        """The model that is meant, read if need be. Raises Mistake.

        corpus: one of CORPORA, or "own:" and the key of a text that was kept, which has counts only.
        weight: of the GPT in a mixture. snapshot: a kept moment of the GPT's training, by default the last.
        """
        choice(model, "model", MODELS)
        if isinstance(corpus, str) and corpus.startswith("own:"):
            if model != "counts":
                raise Mistake("error.own_has_counts_only")
            counts = self.own.counts(corpus.removeprefix("own:"))
        else:
            choice(corpus, "corpus", (*CORPORA, "own"))
            if model == "gpt":
                return self._gpt(corpus, snapshot)
            counts = self._models.get(f"lm/{corpus}/ngram")
        counts = counts.with_order(checked_order(order, counts))
        if model == "counts":
            return counts
        return Mixture(counts, self._gpt(corpus, snapshot), real(weight, "weight", 0, 1))

    def moments(self, corpus="shakespeare"):
        """The GPT at every kept moment of its training: {step: GPT}, ascending."""
        return self._models.get(f"lm/{choice(corpus, 'corpus', ('shakespeare',))}/gpt/moments")

    @property
    def folder(self):
        """Where the shipped weights are."""
        return self._models.folder

    def _gpt(self, corpus, snapshot):
        if snapshot is None:
            return self._models.get(f"lm/{corpus}/gpt")
        moments = self.moments(corpus)
        if snapshot not in moments:
            raise Mistake("error.choice", name="snapshot", options=", ".join(map(str, moments)))
        return moments[snapshot]


def checked_order(order, counts):
    """An order that these counts have; None is a good first one."""
    highest, first = ORDERS[counts.tokenizer.unit]
    if order is None:
        return min(first, counts.max_order)
    return whole(order, "order", 1, min(highest, counts.max_order))
