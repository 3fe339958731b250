"""Many texts written together: each gets its next token in the same pass through its model.

    runs = [Run(gpt, "ROMEO:", max_new_tokens=60, seed=seed) for seed in range(30)]
    texts = [""] * 30
    while any(run.left for run in runs):
        for i, step in enumerate(next_steps(runs)):
            texts[i] += step.text

Every run has its own model, prompt, knobs, seed and length, and may join or leave at any step. What is guaranteed: its
Steps are those of `sampling.generate`, to the last bit, whoever else takes part. Counts need no pass; a mixture takes
part in that of its GPT. A pass may cover the next steps of a run, too, if its model has a draft (models/drafting.py).

A cursor whose prediction can be computed together with others has a method `waiting()`: the cursors to be computed,
each with its model as `gpt`, for `gpt.advance(cursors)`.
"""

import logging

from models.decoding import spare_rows
from models.sampling import waiting

log = logging.getLogger(__name__)


def next_steps(runs):
    """The next Step of each of these distinct runs (sampling.Run). All must have tokens left.

    Of a run that fails it is the exception instead; the others are not affected.
    """
    groups: dict[int, list] = {}
    for run in runs:
        try:
            for cursor in waiting(run.cursor()):
                groups.setdefault(id(cursor.gpt), []).append((run, cursor))
        except Exception:  # the run itself raises it again below
            log.debug("a run cannot go on", exc_info=True)
    for group in groups.values():
        compute(group)
    return [attempt(run) for run in runs]


def compute(group):
    """Compute what these cursors need to predict, in one pass through their GPT. group: (run, cursor) each.

    Rows that the pass has anyway are given to guesses.
    """
    cursors = [cursor for _, cursor in group]
    try:
        spare = spare_rows(sum(cursor.rows() for cursor in cursors))
        for i, (run, cursor) in enumerate(group):
            spare -= run.guess(cursor, -(-spare // (len(group) - i)))
        cursors[0].gpt.advance(cursors)
    except Exception:  # each computes alone when it is asked, so that only the one at fault fails
        log.exception("texts could not be advanced together")


def gpts_of(run):
    """The ids of the GPTs through which the next step of a run needs a pass; none for counts."""
    try:
        return {id(one.gpt) for one in waiting(run.cursor())}
    except Exception:  # the run itself raises it again
        return set()


def rows(run):
    """How many tokens the next step of a run computes: all that are not in its cache yet, at first the whole prompt."""
    try:
        return max(1, sum(one.rows() for one in waiting(run.cursor())))
    except Exception:  # next_steps says so
        return 1


def is_covered(run):
    """Whether a pass that is done already covers the next step of a run."""
    try:
        return run.is_covered()
    except Exception:  # the run itself raises it again
        return False


def attempt(run):
    """The next step of a run, or the exception that it raises."""
    try:
        return run.step()
    except Exception as error:
        return error
