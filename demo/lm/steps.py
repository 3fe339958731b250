"""Generate a text in chunks of steps, each step with its logits.

A chunk depends on its arguments only: token i after the prompt is drawn with random number i of the seed. So chunks,
branches and one long run agree. The page keeps every step and redraws its bars without a request.
"""

from dataclasses import replace

import numpy as np

from demo.checks import UserError, real, whole
from demo.checks import seed as checked_seed
from demo.contract import CHUNK, MOST_PROMPT_CHARACTERS, MOST_TOKENS, UNKNOWN_SHOWN
from demo.images import base64_text
from demo.lm.stepper import written_alone
from models.sampling import Run
from models.tokenizer import visible

HIGHEST_TEMPERATURE = 10
LARGEST_TOP_K = 100_000
MOST_LOGITS = 1_000_000  # at a time: of a text with very many words fewer steps than CHUNK
ALIKE = 1e-9  # logits this close count as equal


def functions(language_models):
    """What the pages of several stations call for the next steps of a run.

    /lm_generate returns a whole run; a chunk has whole distributions, for the page's bars.
    """

    def lm_continue(
        prompt,
        generated,
        model,
        corpus,
        order,
        seed,
        count,
        temperature=1.0,
        top_k=None,
        top_p=1.0,
        weight=0.5,
        snapshot=None,
        force=None,
        opening=False,
        vocabulary=False,
    ) -> dict:
        generated = checked_ids(generated)
        arguments = {"prompt": checked_prompt(prompt), "generated": generated, "seed": checked_seed(seed)}
        arguments |= checked_knobs(temperature, top_k, top_p)
        arguments["count"] = whole(count, "count", 1, min(CHUNK, MOST_TOKENS - len(generated)))
        lm = language_models.get(corpus, model, order, weight, snapshot)
        arguments["count"] = min(arguments["count"], chunk_of(lm))
        if force is not None:
            arguments["force"] = whole(force, "force", 0, len(lm.tokenizer) - 1)
        write = language_models.stepper.write
        return continue_text(lm, **arguments, opening=opening, vocabulary=vocabulary, write=write)

    return {"lm_continue": lm_continue}


def chunk_of(lm):
    """How many steps of a model are computed at a time. Each has a probability for every token of the vocabulary."""
    return max(1, min(CHUNK, MOST_LOGITS // len(lm.tokenizer)))


def continue_text(
    lm,
    prompt,
    generated=(),
    seed=0,
    count=16,
    temperature=1.0,
    top_k=None,
    top_p=1.0,
    force=None,
    opening=False,
    vocabulary=False,
    write=written_alone,
):
    """The next `count` tokens after `prompt` and the ids `generated` so far, each with its whole distribution.

    force: the id of a token that the visitor chose; then the answer is one step with this token instead of a drawn one.
    The answer has lists with one entry for each step: ids, texts (what each adds to the text) and the entries of
    `distributions`; for a mixture it has `parts` instead, the `distributions` of both models. opening: also return how
    the prompt was read: prompt (what each of its tokens adds to the text) and the unknown characters or words that
    were replaced or left out. vocabulary: also return all tokens. write: `written_alone`, or that of a Stepper.
    """
    tokenizer = lm.tokenizer
    ids, unknown = tokenizer.encode_prompt(prompt)
    before = [*ids, *generated]
    run = Run(
        lm,
        before,
        max_new_tokens=count if force is None else 1,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        seed=seed,
        start=len(generated),
    )
    (steps,) = write([run], lambda step: step)
    if force is not None:
        text = as_written(tokenizer, [*before[-1:], force])[-1]
        steps = [replace(steps[0], token_id=force, text=text)]
    predictions = [step.prediction for step in steps]
    answer = {"ids": [step.token_id for step in steps], "texts": [step.text for step in steps]}
    if predictions[0].parts is None:
        answer |= distributions(predictions)
    else:
        answer["parts"] = [distributions(part) for part in zip(*(p.parts for p in predictions), strict=True)]
    if opening:
        answer |= {"prompt": as_written(tokenizer, ids)} | named(unknown)
    if vocabulary:
        answer["vocabulary"] = tokenizer.tokens
    return answer


def named(unknown):
    """Unknown characters or words for the page: the first few by name, and the number of others."""
    first = [visible(token) for token in unknown[:UNKNOWN_SHOWN]]
    return {"unknown": first, "more_unknown": len(unknown) - len(first)}


def notes_on(unknown, done="Replaced by a space"):
    """Unknown characters or words for the API: a list with one sentence, or an empty list."""
    if not unknown:
        return []
    first, more = named(unknown).values()
    rest = f" and {more} more" if more else ""
    return [f"{done}, since the model does not know them: {', '.join(first)}{rest}."]


def as_written(tokenizer, ids):
    """What each token adds to the text of the tokens before it: a word may add a space."""
    before = [ids[max(0, i - 1) : i] for i in range(len(ids))]
    return [
        tokenizer.decode([*left, i])[len(tokenizer.decode(left)) :]
        for left, i in zip(before, ids, strict=True)
    ]


def distributions(predictions):
    """One model's predictions at each step: logits (see `packed`), context (how many tokens it saw) and, for counts,
    order, total and counted ([ids, counts] of the tokens seen after the context)."""
    rows, of_counts = np.stack([p.logits for p in predictions]), predictions[0].order is not None
    record = {
        "logits": packed(rows) if of_counts else {"dense": rows},
        "context": [len(p.context) for p in predictions],
    }
    if of_counts:
        record["order"] = [p.order for p in predictions]
        record["total"] = [p.total for p in predictions]
        record["counted"] = [sparse(p.counts) for p in predictions]
    return record


def packed(rows):
    """Logits (steps, vocab) for the page: {"dense": array}, or the same numbers in fewer bytes.

    Most tokens of counts were never seen after the context. All of these have the logits of a shorter context plus a
    constant: {"first": row 0, "shifts": the constant for each later row, "lengths": the number of exceptions in each
    row, "ids": of the exceptions (base64 of uint32, row after row), "values": their logits}.
    """
    rows = np.asarray(rows, dtype=np.float64)
    differences = rows[1:] - rows[0]
    shifts = np.median(differences, axis=1)
    other = np.abs(differences - shifts[:, None]) > ALIKE
    if 2 * other.sum() + rows.shape[1] >= rows.size:
        return {"dense": rows}
    return {
        "first": rows[0],
        "shifts": shifts.tolist(),
        "lengths": other.sum(axis=1).tolist(),
        "ids": base64_text(np.nonzero(other)[1].astype("<u4").tobytes()),
        "values": rows[1:][other],
    }


def sparse(counts):
    """[ids, counts] of the tokens counted at least once."""
    ids = np.flatnonzero(counts)
    return [ids.tolist(), counts[ids].tolist()]


def checked_prompt(prompt):
    """Return a prompt of at most MOST_PROMPT_CHARACTERS characters. It may be empty. Raises UserError otherwise."""
    if not isinstance(prompt, str):
        raise UserError("error.text", name="prompt")
    if len(prompt) > MOST_PROMPT_CHARACTERS:
        raise UserError("error.too_long", name="prompt", count=len(prompt), most=MOST_PROMPT_CHARACTERS)
    return prompt


def checked_knobs(temperature, top_k, top_p):
    """Return the knobs as arguments of models.sampling. Raises UserError."""
    return {
        "temperature": real(temperature, "temperature", 0, HIGHEST_TEMPERATURE),
        "top_k": None if top_k is None else whole(top_k, "top_k", 1, LARGEST_TOP_K),
        "top_p": real(top_p, "top_p", 0.01, 1),
    }


def checked_ids(ids):
    """Return the token ids generated so far. The model checks that they are in its vocabulary."""
    if not isinstance(ids, list) or len(ids) >= MOST_TOKENS:
        raise UserError("error.arguments")
    return ids
