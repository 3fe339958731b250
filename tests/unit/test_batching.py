"""Texts written together: each is what it is alone, to the last bit, and one that fails fails alone."""

import logging

import numpy as np
import pytest

from models.batching import next_steps
from models.mixture import Mixture
from models.sampling import MOST_TOKENS, Run, generate, uniform
from tests.shipped import MODELS

COUNTS = MODELS.get("lm/shakespeare/ngram").with_order(5)
GPT = MODELS.get("lm/shakespeare/gpt")
OTHER = MODELS.get("lm/machado/gpt")
LONG = (
    "To be, or not to be, that is the question: " * 6
)  # 258 characters: the window moves while it is continued

# (model, arguments, the step at which the run joins, the step before which it leaves)
TEXTS = [
    (GPT, {"prompt": "ROMEO:", "max_new_tokens": 30, "seed": 1}, 0, 99),
    (GPT, {"prompt": "ROMEO:", "max_new_tokens": 30, "seed": 2, "temperature": 0.7, "top_k": 5}, 0, 99),
    (GPT, {"prompt": LONG, "max_new_tokens": 70, "seed": 1, "top_p": 0.9}, 3, 99),
    (GPT, {"prompt": "", "max_new_tokens": 20, "seed": 2**64 - 21, "start": 7}, 10, 99),
    (GPT, {"prompt": "JULIET:\n", "max_new_tokens": 50, "temperature": 0}, 0, 11),
    (Mixture(COUNTS, GPT, 0.3), {"prompt": "The king", "max_new_tokens": 25, "seed": 3}, 2, 99),
    (Mixture(GPT, COUNTS, 0.9), {"prompt": "The king", "max_new_tokens": 25, "seed": 3}, 2, 7),
    (COUNTS, {"prompt": "The king", "max_new_tokens": 40, "seed": 3, "temperature": 1.7}, 1, 99),
    (OTHER, {"prompt": "Capitulo", "max_new_tokens": 15, "seed": 5, "top_k": 40, "top_p": 0.8}, 0, 99),
    (OTHER, {"prompt": "Uma noite", "max_new_tokens": 15, "seed": 6}, 5, 99),
]


def same(step, other):
    """Whether two Steps are equal to the last bit."""
    pairs = [(step.prediction, other.prediction)]
    if step.prediction.parts:
        pairs += zip(step.prediction.parts, other.prediction.parts, strict=True)
    return (
        (step.token_id, step.text) == (other.token_id, other.text)
        and (step.sampling_probs == other.sampling_probs).all()
        and all((a.logits == b.logits).all() and (a.probs == b.probs).all() for a, b in pairs)
        and all((a.context, a.order, a.total) == (b.context, b.order, b.total) for a, b in pairs)
    )


def test_runs_that_join_late_and_leave_early_are_those_of_generate():
    runs = [Run(lm, **arguments) for lm, arguments, _, _ in TEXTS]
    made = [[] for _ in runs]
    for number in range(80):
        live = [i for i, run in enumerate(runs) if run.left and TEXTS[i][2] <= number < TEXTS[i][3]]
        for i, step in zip(live, next_steps([runs[i] for i in live]), strict=True):
            made[i].append(step)
    assert [len(steps) for steps in made] == [30, 30, 70, 20, 11, 25, 5, 40, 15, 15]
    for (lm, arguments, _, _), steps in zip(TEXTS, made, strict=True):
        assert all(same(a, b) for a, b in zip(steps, generate(lm, **arguments)))


def test_a_text_in_pieces_is_one_run_to_the_last_bit():
    whole = list(generate(GPT, "ROMEO:", max_new_tokens=40, seed=3))
    begun = GPT.tokenizer.encode("ROMEO:") + [step.token_id for step in whole[:13]]
    rest = list(generate(GPT, begun, max_new_tokens=27, seed=3, start=13))
    assert all(same(a, b) for a, b in zip(whole[13:], rest, strict=True))


class Failing:
    """A model whose cursors fail, when they are told a token or when they are asked."""

    def __init__(self, what):
        self.what, self.tokenizer = what, GPT.tokenizer

    def cursor(self, ids):
        return Broken(GPT.cursor(ids), self.what)


class Broken:
    def __init__(self, cursor, what):
        self.cursor, self.what, self.count = cursor, what, 0

    def predict(self):
        self.count += 1
        if self.what == "predict" and self.count > 2:
            raise ZeroDivisionError
        return self.cursor.predict()

    def append(self, token_id):
        if self.what == "append":
            raise ZeroDivisionError
        self.cursor.append(token_id)

    def waiting(self):
        if self.what == "advance" and self.count:
            self.cursor.decoder = None  # the pass fails for all who take part
        return self.cursor.waiting()


@pytest.mark.parametrize("what, after", [("predict", 2), ("append", 1), ("advance", 1)])
def test_a_run_that_fails_takes_no_other_along(what, after, caplog):
    caplog.set_level(logging.CRITICAL)
    arguments = {"max_new_tokens": 6, "seed": 4}
    bad, good = Run(Failing(what), "ROMEO:", **arguments), Run(GPT, "ROMEO:", **arguments)
    made = {bad: [], good: []}
    for _ in range(6):
        runs = [run for run in (bad, good) if not (made[run] and isinstance(made[run][-1], Exception))]
        for run, step in zip(runs, next_steps(runs), strict=True):
            made[run].append(step)
    wanted = list(generate(GPT, "ROMEO:", **arguments))
    assert all(same(a, b) for a, b in zip(made[good], wanted, strict=True))
    assert len(made[bad]) == after + 1 and isinstance(made[bad][-1], Exception)
    assert all(same(a, b) for a, b in zip(made[bad][:after], wanted))


def test_a_run_draws_the_random_numbers_of_its_positions():
    # with all tokens alike, the token drawn is floor(u * vocab); 150 numbers are more than are drawn at a time
    class Alike:
        tokenizer = GPT.tokenizer

        def cursor(self, ids):
            return self

        def predict(self):
            return type(COUNTS.predict([]))([], None, np.zeros(64), np.full(64, 1 / 64))

        def append(self, token_id):
            pass

    steps = generate(Alike(), "", max_new_tokens=150, seed=9, start=5)
    assert [step.token_id for step in steps] == [int(uniform(9, p) * 64) for p in range(5, 155)]
    last = list(generate(Alike(), "", max_new_tokens=2, start=2**64 - 2))
    assert [step.token_id for step in last] == [int(uniform(0, 2**64 - k) * 64) for k in (2, 1)]


def test_a_run_ends_after_its_tokens():
    run = Run(COUNTS, "a", max_new_tokens=3)
    assert len(list(run)) == 3 and run.left == 0
    with pytest.raises(StopIteration):
        run.step()
    with pytest.raises(ValueError, match="10000"):
        Run(COUNTS, "a", max_new_tokens=MOST_TOKENS + 1)
