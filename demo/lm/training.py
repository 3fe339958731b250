"""Train a GPT on the visitor's own text: start it, look at it, stop it, and keep what it has become as a voice."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from demo.busy import brief
from demo.checks import UserError, real, short_text, whole
from demo.contract import MOST_MODEL_BYTES, TRAIN_ALPHABET, TRAIN_SECONDS, TRAIN_SHORTEST
from demo.kept import afresh
from demo.lm.language_models import own_key
from demo.lm.own import checked_text, learnable
from demo.lm.yours import described
from demo.turns import out_of_turn, wanted
from models.errors import InputError
from models.tokenizer import characters

LARGEST_SEED = 2**32 - 1
MOST_PROMPT = 200  # characters that every sample goes on from
LOOK = 0.5  # seconds between two looks at whether anybody waits


def checked_wishes(seconds, prompt, seed):
    """The arguments of a training besides its text. Raises UserError."""
    return {
        "seconds": real(seconds, "seconds", 1, TRAIN_SECONDS[-1]),
        "prompt": short_text(prompt, "prompt", MOST_PROMPT),
        "seed": whole(seed, "seed", 0, LARGEST_SEED),
    }


def begin(language_models, text, wishes):
    """Start the training of a GPT on a text. Returns the Training. Raises UserError."""
    text = learnable(checked_text(text))
    found = characters(text)
    if len(found) < TRAIN_SHORTEST:
        raise UserError("error.train_short", count=len(found), least=TRAIN_SHORTEST)
    least, most = TRAIN_ALPHABET
    different = len(set(found))
    if not least <= different <= most:
        raise UserError("error.train_alphabet", least=least, most=most, count=different)
    return language_models.trainings.start(text, **wishes)


def seen(trainings, training, after=0):
    """What the page shows of a training: its rows from the one with the index `after` on."""
    why = training.error and {"key": training.error.key, "values": training.error.values}
    return {
        "state": training.state,
        "place": trainings.place(training),
        "about": training.about,
        "rows": training.rows[after:],
        "why": why,
    }


def trained(language_models, training, text):
    """The file of a finished training, and what the page must know of its text with the GPT: see `opened`."""
    if training.own is None:
        training.own = opened(language_models, training.content, text)
    return {"model": base64.b64encode(training.content).decode(), "own": training.own}


def opened(language_models, content, text):
    """Keep the GPT in a file as a voice for a text, whose characters it must know. Raises UserError."""
    from models.gpt import GPT  # here, since it imports torch, which takes seconds

    try:
        gpt = GPT.from_file(content)
    except InputError:
        raise UserError("error.model_file") from None
    text = learnable(checked_text(text))
    if gpt.tokenizer.unknown(text):
        raise UserError("error.model_other_text")
    own = language_models.own
    return described(own, own.adopt(text, gpt)) | {"unit": gpt.tokenizer.unit}


def content_of(model):
    """The bytes of a file in base64. Raises UserError."""
    if not isinstance(model, str) or len(model) > 4 * MOST_MODEL_BYTES / 3 + 4:
        raise UserError("error.model_large", most=MOST_MODEL_BYTES // 1_000_000)
    try:
        return base64.b64decode(model, validate=True)
    except (binascii.Error, ValueError):
        raise UserError("error.arguments") from None


def whole_training(language_models, text, seconds, prompt, seed):
    """Train a GPT and wait for it: see /train."""
    trainings = language_models.trainings
    training, somebody = begin(language_models, text, checked_wishes(seconds, prompt, seed)), wanted()
    try:
        with out_of_turn():
            while not training.ended.wait(LOOK) and somebody():
                trainings.get(training.key)
    finally:
        trainings.drop(training)
    if training.state != "done":
        raise training.error or UserError("lm.train.killed")
    model = base64.b64encode(training.content).decode()
    return {"about": training.about, "rows": training.rows, "model": model}


def functions(language_models) -> dict[str, Callable[..., dict]]:
    """What the page calls."""
    trainings, own = language_models.trainings, language_models.own

    @afresh
    def lm_train(corpus: Any, seconds: Any, prompt: Any = "", seed: Any = 0) -> dict:
        """Start a training on a kept text."""
        wishes = checked_wishes(seconds, prompt, seed)
        return {"training": begin(language_models, own.get(own_key(corpus)).text, wishes).key}

    @brief
    @afresh
    def lm_training(training: Any, corpus: Any, after: Any = 0) -> dict:
        """How a training is going. Once it is done, `trained` says where the GPT is."""
        after, found = whole(after, "after", 0, 10_000), trainings.get(training)
        answer = seen(trainings, found, after)
        done = answer["state"] == "done"
        text = own.get(own_key(corpus)).text if done else ""
        return answer | {"trained": trained(language_models, found, text) if done else None}

    @afresh
    def lm_train_stop(training: Any) -> dict:
        found = trainings.get(training)
        trainings.stop(found)
        return {"state": found.state}

    @afresh
    def lm_open_model(model: Any, text: Any) -> dict:
        """Keep a GPT from its file (base64) as a voice for a text."""
        text = checked_text(text)
        return opened(language_models, content_of(model), text)

    return {
        "lm_train": lm_train,
        "lm_training": lm_training,
        "lm_train_stop": lm_train_stop,
        "lm_open_model": lm_open_model,
    }
