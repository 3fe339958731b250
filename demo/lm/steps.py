"""Steps of a text that is being generated, as the page asks for them: in chunks, each with its logits.

A chunk depends on its arguments only: token i after the prompt is drawn with random number i of the seed, so
chunks, branches and one long run agree. The page keeps every step and redraws its bars without a further request.
"""

from dataclasses import replace

import numpy as np

from demo.checks import UserError, real, whole
from demo.checks import seed as checked_seed
from demo.contract import CHUNK, MOST_PROMPT_CHARACTERS, MOST_TOKENS, UNKNOWN_SHOWN
from demo.images import base64_text
from models.sampling import generate
from models.tokenizer import visible

HIGHEST_TEMPERATURE = 10
LARGEST_TOP_K = 100_000
ALIKE = 1e-9  # logits this close are the same number


def functions(language_models):
    """How the page asks for the next steps of a run, in whichever station it is.

    /lm_generate gives a whole run in words and numbers; a chunk has whole distributions, for the page's bars.
    """

    def lm_continue(
        prompt,
        made,
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
        made = checked_ids(made)
        arguments = {"prompt": checked_prompt(prompt), "made": made, "seed": checked_seed(seed)}
        arguments |= checked_knobs(temperature, top_k, top_p)
        arguments["count"] = whole(count, "count", 1, min(CHUNK, MOST_TOKENS - len(made)))
        lm = language_models.get(corpus, model, order, weight, snapshot)
        if force is not None:
            arguments["force"] = whole(force, "force", 0, len(lm.tokenizer) - 1)
        return continue_text(lm, **arguments, opening=opening, vocabulary=vocabulary)

    return {"lm_continue": lm_continue}


def continue_text(
    lm,
    prompt,
    made=(),
    seed=0,
    count=16,
    temperature=1.0,
    top_k=None,
    top_p=1.0,
    force=None,
    opening=False,
    vocabulary=False,
):
    """The next `count` tokens after `prompt` and the ids `made` so far, each with its whole distribution.

    With `force`, the id of a token that a hand put there, one step: that token in the place of one drawn.
    Lists with one entry a step: ids, texts (what each adds to the text) and what `distributions` gives; of a mixture
    `parts` instead, what it gives of either model. An `opening` answer says as well how the prompt is read:
    prompt (what each of its tokens adds to the text) and the unknown characters or words that were replaced
    or left out; with `vocabulary` it has all tokens.
    """
    tokenizer = lm.tokenizer
    ids, unknown = tokenizer.encode_prompt(prompt)
    before = [*ids, *made]
    steps = list(
        generate(
            lm,
            before,
            max_new_tokens=count if force is None else 1,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            seed=seed,
            start=len(made),
        )
    )
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
    """Characters or words that a model does not know, as the page names them: the first few, and how many more."""
    shown = [visible(token) for token in unknown[:UNKNOWN_SHOWN]]
    return {"unknown": shown, "more_unknown": len(unknown) - len(shown)}


def notes_on(unknown, done="Replaced by a space"):
    """The same as a sentence of the API, in a list; an empty one where there are none."""
    if not unknown:
        return []
    shown, more = named(unknown).values()
    rest = f" and {more} more" if more else ""
    return [f"{done}, since the model does not know them: {', '.join(shown)}{rest}."]


def as_written(tokenizer, ids):
    """What each token adds to the text of those before it: a word brings a space."""
    before = [ids[max(0, i - 1) : i] for i in range(len(ids))]
    return [
        tokenizer.decode([*left, i])[len(tokenizer.decode(left)) :]
        for left, i in zip(before, ids, strict=True)
    ]


def distributions(predictions):
    """What one model predicted at each step: logits (see `packed`), context (how many tokens it saw) and, of counts,
    order, total and counted ([ids, counts] of the tokens seen there)."""
    record = {
        "logits": packed(np.stack([p.logits for p in predictions])),
        "context": [len(p.context) for p in predictions],
    }
    if predictions[0].order is not None:
        record["order"] = [p.order for p in predictions]
        record["total"] = [p.total for p in predictions]
        record["counted"] = [sparse(p.counts) for p in predictions]
    return record


def packed(rows):
    """Logits (steps, vocab) for the page: {"dense": array}, or the same numbers in fewer bytes.

    Of counts most tokens were never seen after the context, and all of these have the logits of a shorter one
    plus one number: {"first": row 0, "shifts": that number for each row after it, "lengths": how many tokens of each
    row are exceptions, "ids": which ones (base64 of uint32, row after row), "values": the logits of these}.
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
    """A text of at most MOST_PROMPT_CHARACTERS characters. Empty is allowed: the model starts from nothing."""
    if not isinstance(prompt, str):
        raise UserError("error.text", name="prompt")
    if len(prompt) > MOST_PROMPT_CHARACTERS:
        raise UserError("error.too_long", name="prompt", count=len(prompt), most=MOST_PROMPT_CHARACTERS)
    return prompt


def checked_knobs(temperature, top_k, top_p):
    """The knobs as models.sampling takes them."""
    return {
        "temperature": real(temperature, "temperature", 0, HIGHEST_TEMPERATURE),
        "top_k": None if top_k is None else whole(top_k, "top_k", 1, LARGEST_TOP_K),
        "top_p": real(top_p, "top_p", 0.01, 1),
    }


def checked_ids(ids):
    """The token ids generated so far; the model itself checks that they are in its vocabulary."""
    if not isinstance(ids, list) or len(ids) >= MOST_TOKENS:
        raise UserError("error.arguments")
    return ids
