"""Generate a text in chunks of steps, each step with its logits.

A chunk depends on its arguments only: token i after the prompt is drawn with random number i of the seed. So chunks,
branches and one long run agree. The page keeps every step and redraws its bars without a request.
"""

from dataclasses import replace

import numpy as np

from demo.checks import UserError, check_points, quoted, real, whole
from demo.checks import seed as checked_seed
from demo.contract import CHUNK, MOST_PROMPT_CHARACTERS, MOST_TOKENS, MOST_TOP_K, UNKNOWN_SHOWN
from demo.images import base64_text
from demo.lm.stepper import written_alone
from models.sampling import Run
from models.tokenizer import as_written, count_characters, text_after, visible

HIGHEST_TEMPERATURE = 10
MOST_LOGITS = 1_000_000  # at a time: of a text with very many words fewer steps than CHUNK
ALIKE = 1e-9  # logits this close count as equal
MOST_DENSE = 8192  # tokens of a vocabulary whose logits are all sent
SENT = 512  # likeliest tokens that are sent of a larger one
LEAST = 500  # logits below the likeliest, as which -inf is sent
FINER = 4  # groups of the others for every doubling of the rank


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
        text = text_after(tokenizer, before, force)
        steps = [replace(steps[0], token_id=force, text=text)]
    predictions = [step.prediction for step in steps]
    answer = {"ids": [step.token_id for step in steps], "texts": [step.text for step in steps]}
    if predictions[0].parts is None:
        answer |= distributions(predictions, answer["ids"])
    else:
        answer["parts"] = [
            distributions(part, answer["ids"]) for part in zip(*(p.parts for p in predictions), strict=True)
        ]
    if opening:
        answer |= {"prompt": as_written(tokenizer, ids)} | named(tokenizer, unknown)
    if vocabulary:
        answer["vocabulary"] = tokenizer.tokens
    return answer


def id_of(tokenizer, token):
    """The id of a token that a visitor names. Raises UserError if there is none."""
    if not isinstance(token, str):
        raise UserError("error.text", name="token")
    if token not in tokenizer.tokens:
        raise UserError("lm.evidence.no_token", token=quoted(token))
    return tokenizer.tokens.index(token)


def named(tokenizer, unknown):
    """Unknown characters or words for the page: the first few by name, how many more, and what is read instead."""
    first = [visible(token) for token in unknown[:UNKNOWN_SHOWN]]
    return {"unknown": first, "more_unknown": len(unknown) - len(first), "stand_in": tokenizer.stand_in}


def notes_on(tokenizer, unknown, done=None):
    """Unknown characters or words for the API: a list with one sentence, or an empty list.

    done: what became of them; by default what `encode_prompt` does.
    """
    if not unknown:
        return []
    first, more, stand_in = named(tokenizer, unknown).values()
    replaced = {" ": "Replaced by a space", "": "Left out"}.get(stand_in, f"Replaced by {stand_in}")
    rest = f" and {more} more" if more else ""
    return [f"{done or replaced}, since the model does not know them: {', '.join(first)}{rest}."]


def distributions(predictions, drawn):
    """One model's predictions at each step: logits (see `packed` and `shortened`), context (how many tokens it saw)
    and, for counts, order, total and counted ([ids, counts] of the tokens seen after the context).

    drawn: the id of the token at each step.
    """
    rows, of_counts = np.stack([p.logits for p in predictions]), predictions[0].order is not None
    record = {
        "logits": packed(rows) if of_counts else shortened(rows, drawn),
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


def shortened(rows, drawn):
    """Logits (steps, vocab) of a GPT for the page: {"dense": array}, or of a large vocabulary the likeliest and groups.

    {"size": vocab, "lengths": how many tokens are named in each row, "ids" of them (base64 of uint32, row after row,
    the likeliest first), "values": their logits, "counts": how many tokens are in each group of the others, by falling
    probability, "levels": the logit that each would have if all of a group were alike}. So a group has its exact
    probability at temperature 1, and at others nearly. The drawn token is named, too, and divides a group at its rank.
    """
    if rows.shape[1] <= MOST_DENSE:
        return {"dense": rows}
    rows = np.maximum(
        rows, rows.max(axis=1, keepdims=True) - LEAST
    )  # an impossible token is as good as impossible
    ids, values, lengths, counts, levels = [], [], [], [], []
    edges = SENT * 2 ** (np.arange(1, 100) / FINER)
    for row, token_id in zip(rows, drawn, strict=True):
        ranked = np.argsort(-row, kind="stable")
        rank = int(np.flatnonzero(ranked == token_id)[0])
        named = ranked[:SENT] if rank < SENT else [*ranked[:SENT], token_id]
        others = np.delete(ranked[SENT:], rank - SENT) if rank >= SENT else ranked[SENT:]
        ends = {*(edges[edges < rows.shape[1]].astype(int) - SENT).tolist(), rank - SENT}
        groups = np.split(row[others], sorted(end for end in ends if 0 < end < len(others)))
        ids.append(np.asarray(named, "<u4"))
        values.append(row[named])
        lengths.append(len(named))
        counts.append([len(group) for group in groups])
        levels += [group.max() + np.log(np.exp(group - group.max()).mean()) for group in groups]
    return {
        "size": rows.shape[1],
        "lengths": lengths,
        "ids": base64_text(np.concatenate(ids).tobytes()),
        "values": np.concatenate(values),
        "counts": counts,
        "levels": np.array(levels),
    }


def sparse(counts):
    """[ids, counts] of the tokens counted at least once."""
    ids = np.flatnonzero(counts)
    return [ids.tolist(), counts[ids].tolist()]


def checked_prompt(prompt):
    """Return a prompt of at most MOST_PROMPT_CHARACTERS code points. It may be empty. Raises UserError otherwise."""
    if not isinstance(prompt, str):
        raise UserError("error.text", name="prompt")
    if len(prompt) > MOST_PROMPT_CHARACTERS:
        check_points(prompt, "prompt", MOST_PROMPT_CHARACTERS)
        raise UserError(
            "error.too_long", name="prompt", count=count_characters(prompt), most=MOST_PROMPT_CHARACTERS
        )
    return prompt


def checked_knobs(temperature, top_k, top_p):
    """Return the knobs as arguments of models.sampling. Raises UserError."""
    return {
        "temperature": real(temperature, "temperature", 0, HIGHEST_TEMPERATURE),
        "top_k": None if top_k is None else whole(top_k, "top_k", 1, MOST_TOP_K),
        "top_p": real(top_p, "top_p", 0.01, 1),
    }


def checked_ids(ids):
    """Return the token ids generated so far. The model checks that they are in its vocabulary."""
    if not isinstance(ids, list) or len(ids) >= MOST_TOKENS:
        raise UserError("error.arguments")
    return ids
