"""Find the language model for a call: a corpus, counts or GPT or their mixture, and an order."""

import weakref

from demo.checks import UserError, choice, real, whole
from demo.contract import CORPORA, HUB_MODELS, MODELS, MOMENTS_CORPORA, ORDERS
from demo.lm.hub import HubModels
from demo.lm.own import OwnTexts
from demo.lm.stepper import Stepper
from demo.lm.texts import Texts
from demo.lm.trainings import Trainings
from models.corpora import FOLDER
from models.drafting import Draft
from models.mixture import Mixture

OWN = "own:"  # prefix of a visitor's corpus, followed by the key of the text
HIGHEST_ORDER = max(known["highest"] for known in ORDERS.values())
MOST_GUESSED = 256  # tokens of a vocabulary of which counts guess often enough to save time


class LanguageModels:
    """All language models of the page, for the shipped corpora and for visitors' own texts.

    stepper: what writes texts. own: the visitors' texts. texts: the training texts that are at hand, in `folder`.
    trainings: the GPTs of visitors' texts in the making, at most `train` at a time. hub: the models of others.
    """

    def __init__(self, models, folder=FOLDER / "text", train=1, hub=None):
        self._models = models
        self.hub = HubModels() if hub is None else hub
        self._drafts = weakref.WeakKeyDictionary()  # of counts: their Draft
        self.own = OwnTexts()
        self.stepper = Stepper()
        self.texts = Texts(self, folder)
        self.trainings = Trainings(train)

    def get(self, corpus, model="counts", order=None, weight=0.5, snapshot=None):
        """A model, which is read if it is not loaded yet. Raises UserError.

        corpus: one of CORPORA, or "own:" and the key of a visitor's text, which has counts, and a GPT if one was
        trained on it.
        weight: of the GPT in a mixture. snapshot: a step of the GPT's training, by default the last. A weight
        or an order that the model does not use must be one all the same.
        """
        choice(model, "model", MODELS)
        weight = real(weight, "weight", 0, 1)
        if model == "gpt" and order is not None:
            whole(order, "order", 1, HIGHEST_ORDER)
        if is_own(corpus):
            own = self.own.get(own_key(corpus))
            if model != "counts" and own.gpt is None:
                raise UserError("error.own_has_counts_only")
            if model == "gpt":
                return self._drafted(own.gpt, own.counts)
            counts = own.counts
        elif corpus in tuple(HUB_MODELS):
            if model != "gpt":
                raise UserError("lm.hub.no_counts", name=HUB_MODELS[corpus])
            return self.hub.get(corpus)
        else:
            choice(corpus, "corpus", tuple(CORPORA))
            if model == "gpt":
                return self._gpt(corpus, snapshot)
            counts = self._models.get(f"lm/{corpus}/ngram")
        counts = counts.with_order(checked_order(order, counts))
        if model == "counts":
            return counts
        gpt = self._drafted(own.gpt, own.counts) if is_own(corpus) else self._gpt(corpus, snapshot)
        return Mixture(counts, gpt, weight)

    def moments(self, corpus):
        """The snapshots of a GPT's training: {step: GPT}, ascending. Raises UserError if there are none."""
        gpt = self._models.get(f"lm/{choice(corpus, 'corpus', MOMENTS_CORPORA)}/gpt")
        found = self._models.get(f"lm/{corpus}/gpt/moments") | {gpt.info["snapshots"][-1]: gpt}
        return {step: self._guessed(one, corpus) for step, one in found.items()}

    def config(self, name):
        """The settings of a model as they are on the disk now. Raises UserError if they cannot be read."""
        return self._models.config(name)

    def _gpt(self, corpus, snapshot):
        if snapshot is None:
            return self._guessed(self._models.get(f"lm/{corpus}/gpt"), corpus)
        moments = self.moments(corpus)
        if not isinstance(snapshot, int) or snapshot not in moments:
            raise UserError("error.choice", name="snapshot", options=", ".join(map(str, moments)))
        return moments[snapshot]

    def _guessed(self, gpt, corpus):
        """A shipped GPT with a draft, or without one if the counts cannot be read."""
        try:
            return self._drafted(gpt, self._models.get(f"lm/{corpus}/ngram"))
        except UserError:
            return gpt

    def _drafted(self, gpt, counts):
        """The GPT, whose next tokens these counts guess if the vocabulary is small and it has learned anything."""
        tokens = gpt.tokenizer.tokens
        fits = len(tokens) <= MOST_GUESSED and tokens == counts.tokenizer.tokens
        if gpt.draft is None and fits and gpt.head.weight.any():
            if counts not in self._drafts:
                self._drafts[counts] = Draft(counts)
            gpt.draft = self._drafts[counts]
        return gpt


def is_own(corpus):
    """Whether a corpus is a visitor's own text."""
    return isinstance(corpus, str) and corpus.startswith(OWN)


def own_key(corpus):
    """The key of a corpus "own:<key>". Raises UserError for any other corpus."""
    if not is_own(corpus):
        raise UserError("error.own_gone")
    return corpus.removeprefix(OWN)


def checked_order(order, counts):
    """Return `order` if these counts have it, or the default order for None. Raises UserError."""
    known = ORDERS[counts.tokenizer.unit]
    if order is None:
        return min(known["first"], counts.max_order)
    return whole(order, "order", 1, highest_order(counts))


def highest_order(counts):
    """The highest order of these counts that the page offers."""
    return min(ORDERS[counts.tokenizer.unit]["highest"], counts.max_order)
