"""What the GPT looked at: each of the last tokens is hidden from it in turn, and one bar is compared."""

import numpy as np

from demo.checks import UserError
from demo.contract import HUB_MODELS
from demo.lm.steps import checked_prompt, id_of, named
from demo.turns import give_way

HIDDEN = 40  # tokens at most, the last ones
LIKELIEST = 5


def look_at(gpt, prompt, token=None):
    """How far a token's bar moves when an earlier token is hidden (models/occlusion.py).

    tokens: those that are hidden in turn, oldest first; without: the bar without each of them. sight: how many tokens
    the GPT sees. token: the one asked for, by default the likeliest; p: its bar. likeliest: five tokens with theirs.
    unknown, more_unknown, stand_in: see steps.named.
    """
    from models.occlusion import occlusion

    names = gpt.tokenizer.tokens
    ids, unknown = gpt.tokenizer.encode_prompt(prompt)
    found = occlusion(gpt, ids, HIDDEN, give_way)
    likeliest = np.argsort(-found.probs, kind="stable")[:LIKELIEST].tolist()
    chosen = likeliest[0] if token is None else id_of(gpt.tokenizer, token)
    return {
        "token": names[chosen],
        "p": float(found.probs[chosen]),
        "likeliest": [{"token": names[i], "p": float(found.probs[i])} for i in likeliest],
        "tokens": [names[i] for i in found.seen[found.first :]],
        "without": found.without[:, chosen].tolist(),
        "sight": len(found.seen),
        **named(gpt.tokenizer, unknown),
    }


def functions(language_models):
    """What the page calls."""

    def lm_occlusion(corpus, prompt, token=None) -> dict:
        if corpus in tuple(HUB_MODELS):
            raise UserError("lm.hub.no_look", name=HUB_MODELS[corpus])
        return look_at(language_models.get(corpus, "gpt"), checked_prompt(prompt), token)

    return {"lm_occlusion": lm_occlusion}
