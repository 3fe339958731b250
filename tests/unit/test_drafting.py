"""Guesses of the next tokens: they change how many tokens a pass covers, and never which."""

import pytest

from models.batching import next_steps
from models.decoding import ROWS, Decoder
from models.drafting import ORDER, Draft
from models.errors import InputError
from models.gpt import GPT
from models.mixture import Mixture
from models.sampling import Run, generate, uniform
from tests.shipped import MODELS
from tests.unit.test_batching import LONG, same
from tests.unit.test_decoding import tiny

COUNTS = MODELS.get("lm/shakespeare/ngram")
SHIPPED = "pretrained/lm/shakespeare/gpt"
PLAIN = 1.0, None, 1.0  # knobs that change nothing

TEXTS = [
    {"prompt": "ROMEO:", "max_new_tokens": 70, "seed": 1},
    {"prompt": "ROMEO:", "max_new_tokens": 41, "seed": 2, "temperature": 0.7, "top_k": 5},
    {"prompt": LONG, "max_new_tokens": 80, "seed": 1, "top_p": 0.9},  # the window moves twice
    {"prompt": "", "max_new_tokens": 90, "seed": 2**64 - 21, "start": 7},
    {"prompt": "JULIET:\n", "max_new_tokens": 50, "temperature": 0},
    {"prompt": "a", "max_new_tokens": 1},
]


class Passes:
    """Counts the passes through a GPT."""

    def __init__(self, monkeypatch):
        self.count, forward = 0, Decoder.forward

        def counted(*arguments):
            self.count += 1
            return forward(*arguments)

        monkeypatch.setattr(Decoder, "forward", counted)


class Known:
    """A draft that knows which tokens come, or which do not."""

    def __init__(self, ids, wrong=()):
        self.ids, self.wrong, self.asked = ids, wrong, 0

    def guess(self, ids, knobs, uniforms):
        places = range(self.asked, self.asked + len(uniforms))
        return [(self.ids[at] + (at in self.wrong)) % 11 if at < len(self.ids) else 0 for at in places]


def drafted(model=SHIPPED, counts=COUNTS):
    gpt = GPT.from_pretrained(model)
    gpt.draft = Draft(counts)
    return gpt


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_a_text_is_the_same_with_a_draft_and_without(number, monkeypatch):
    gpt, arguments, passes = drafted(), TEXTS[number], Passes(monkeypatch)
    made = list(generate(gpt, **arguments))
    with_draft, gpt.draft = passes.count, None
    wanted = list(generate(gpt, **arguments))
    assert len(made) == arguments["max_new_tokens"]
    assert all(same(a, b) for a, b in zip(made, wanted, strict=True))
    assert passes.count - with_draft == len(wanted) and with_draft <= 1 + 0.7 * len(wanted)


def test_texts_written_together_are_the_same_with_a_draft(monkeypatch):
    gpt = drafted()
    counts = COUNTS.with_order(5)
    models = [gpt, gpt, gpt, Mixture(counts, gpt, 0.5), Mixture(gpt, counts, 0.3), counts]
    runs = [Run(lm, **arguments) for lm, arguments in zip(models, TEXTS, strict=True)]
    made, passes = [[] for _ in runs], Passes(monkeypatch)
    while any(run.left for run in runs):
        live = [i for i, run in enumerate(runs) if run.left]
        for i, step in zip(live, next_steps([runs[i] for i in live]), strict=True):
            made[i].append(step)
    assert passes.count < max(len(steps) for steps in made)  # one or more at each step without a draft
    gpt.draft = None
    for lm, arguments, steps in zip(models, TEXTS, made, strict=True):
        assert all(same(a, b) for a, b in zip(steps, generate(lm, **arguments), strict=True))


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize(
    "wrong, expected",
    [
        (
            (),
            range(120 // ROWS, 120 // ROWS + 4),
        ),  # the rows of a block all right, but for the prompt and the hop
        (range(1, 200, 2), range(60, 64)),
        (range(3, 200, 7), range(34, 60)),
        (range(200), [120]),
    ],
)
def test_only_right_guesses_save_passes_and_wrong_ones_do_no_harm(wrong, expected, before, monkeypatch):
    model, knobs = tiny(before), {"max_new_tokens": 120, "seed": 3}  # its window of 90 tokens moves once
    wanted = list(generate(model, "a", **knobs))
    draft = model.draft = Known([step.token_id for step in wanted], set(wrong))
    draft.tokens = model.tokenizer.tokens
    run, passes, made = Run(model, "a", **knobs), Passes(monkeypatch), []
    while run.left:
        draft.asked = len(made)
        made.append(run.step())
    assert all(same(a, b) for a, b in zip(made, wanted, strict=True))
    assert passes.count in expected


def test_guesses_are_what_the_counts_draw_by_the_same_numbers():
    counts, knobs = COUNTS.with_order(ORDER), {"temperature": 0.8, "top_k": 20, "top_p": 0.95}
    ids = COUNTS.tokenizer.encode("ROMEO:\nI ")
    drawn = [step.token_id for step in generate(counts, ids, max_new_tokens=30, seed=5, **knobs)]
    draft, uniforms = Draft(COUNTS), [uniform(5, place) for place in range(30)]
    for _ in range(2):  # the second time remembered
        assert draft.guess(ids, tuple(knobs.values()), uniforms) == drawn
    assert draft.guess(ids, PLAIN, uniforms) != drawn and draft.guess([], PLAIN, []) == []


def test_a_table_of_lower_order_guesses_too():
    low = COUNTS.fit("to be or not to be", order=2)
    assert len(Draft(low).guess([0], PLAIN, [0.1, 0.9])) == 2


@pytest.mark.parametrize("length, fits", [(10, 3), (87, 3), (88, 2), (90, 0), (91, 3), (152, 2), (154, 0)])
def test_no_guess_lies_beyond_the_window(length, fits):
    model = tiny()  # a window of 90 tokens, which hops by 64
    cursor = model.cursor([1] * (length - 1))  # a line end comes before
    assert cursor.guess([1, 2, 3]) == fits and len(cursor.guesses) == fits
    assert model.window(length + fits) == model.window(length)
    assert fits == 3 or model.window(length + fits + 1) > model.window(length)


@pytest.mark.parametrize("counts", [None, MODELS.get("lm/shakespeare/gpt"), "counts"])
def test_only_counts_make_a_draft(counts):
    with pytest.raises(InputError, match="Give an n-gram model, not"):
        Draft(counts)


def test_counts_of_other_tokens_are_refused(monkeypatch):
    gpt = MODELS.get("lm/shakespeare/gpt")
    monkeypatch.setattr(gpt, "draft", Draft(MODELS.get("lm/machado/ngram")))
    with pytest.raises(InputError, match="must have the tokens of the model"):
        generate(gpt, "ROMEO:", max_new_tokens=2)
