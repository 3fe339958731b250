"""Many texts written together: each gets its next token in the same pass through its model.

    runs = [Run(gpt, "ROMEO:", max_new_tokens=60, seed=seed) for seed in range(30)]
    texts = [""] * 30
    while any(run.left for run in runs):
        for i, step in enumerate(next_steps(runs)):
            texts[i] += step.text

Every run has its own model, prompt, knobs, seed and length, and may join or leave at any step. What is guaranteed: its
Steps are those of `sampling.generate`, to the last bit, whoever else takes part. Counts need no pass; a mixture takes
part in that of its GPT.

A cursor whose prediction can be computed together with others has a method `waiting()`: the cursors to be computed,
each with its model as `gpt`, for `gpt.advance(cursors)`.
"""

import logging

log = logging.getLogger(__name__)


def next_steps(runs):
    """The next Step of each of these distinct runs (sampling.Run). All must have tokens left.

    Of a run that fails it is the exception instead; the others are not affected.
    """
    cursors = []
    for run in runs:
        try:
            cursors.append(run.cursor())
        except Exception:  # the run itself raises it again below
            log.debug("a run cannot go on", exc_info=True)
    compute(cursors)
    return [attempt(run) for run in runs]


def compute(cursors):
    """Compute what these cursors need to predict, in one pass for each GPT."""
    groups: dict[int, list] = {}
    for cursor in cursors:
        for one in waiting(cursor):
            groups.setdefault(id(one.gpt), []).append(one)
    for group in groups.values():
        try:
            group[0].gpt.advance(group)
        except Exception:  # each computes alone when it is asked, so that only the one at fault fails
            log.exception("texts could not be advanced together")


def waiting(cursor):
    """Cursors of a GPT that must compute before this one can predict."""
    return cursor.waiting() if hasattr(cursor, "waiting") else []


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


def attempt(run):
    try:
        return run.step()
    except Exception as error:
        return error
