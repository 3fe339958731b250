"""What the answers of the lesson on text quote is what the shipped models give with the settings of their stops."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from models.gpt import GPT
from models.ngram import NgramLM
from models.sampling import generate

LANGUAGES = ("en", "pt-BR")


def stop(language, part):
    """The first stop of the lesson whose link has a part, and its link's parameters."""
    lesson = json.loads(Path(f"demo/lessons/text.{language}.json").read_text("utf-8"))
    found = next(one for one in lesson["stops"] if part in one.get("open", ""))
    return found, {name: values[0] for name, values in parse_qs(found["open"]).items()}


def counts(corpus):
    return NgramLM.from_pretrained(f"pretrained/lm/{corpus}/ngram")


def numbers(text):
    return [float(number.replace(",", ".")) for number in re.findall(r"\d+[.,]\d+", text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_losses_of_a_sentence_and_of_its_words_shuffled(language):
    found, link = stop(language, "station=reading")
    texts = [link["lm_r_text"], re.search("“(.*)”", found["do"])[1]]
    order = int(re.search(r"(?:order|ordem) (\d)", found["look"])[1])
    models = [
        GPT.from_pretrained(f"pretrained/lm/{link['lm_corpus']}/gpt"),
        counts(link["lm_corpus"]).with_order(order),
    ]
    losses = [round(lm.loss(text), 2) for lm in models for text in texts]
    assert losses == numbers(found["look"])
    assert losses[1] - losses[0] > losses[3] - losses[2] > 0  # the GPT suffers more


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_counts_write_with_ever_longer_contexts(language):
    found, link = stop(language, "lm_o=1&")
    lm = counts(link["lm_corpus"])
    settings = {"max_new_tokens": int(link["lm_n"]), "seed": int(link["lm_s"])}
    settings |= {"temperature": float(link["lm_t"]), "top_p": float(link["lm_q"])}
    orders = [1, *map(int, re.findall(r"\d", found["do"].partition("1")[2]))]
    written = [
        "".join(step.text for step in generate(lm.with_order(order), link["lm_p"], **settings))
        for order in orders
    ]
    _, second, third = (link["lm_p"] + text for text in written)
    in_order_2, in_order_3 = re.findall("“(.*?)”", found["look"])
    assert in_order_2 in second and in_order_3 in third.replace("\n", " ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_follows_a_q(language):
    found, link = stop(language, "lm_p=q&")
    lm = counts(link["lm_corpus"]).with_order(int(link["lm_o"]))
    prediction = lm.predict(lm.tokenizer.encode(link["lm_p"]))
    (u,) = lm.tokenizer.encode("u")
    assert f" {prediction.total} " in found["look"] and prediction.counts[u] == prediction.total
    assert numbers(found["look"]) == [round(100 * prediction.probs[u], 1)]
