"""What the answers of the lessons quote is what the shipped models give with the settings of their stops."""

import json
import re
from functools import cache
from itertools import combinations, groupby
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import torch

from demo.gan import beside, collapse, game
from demo.gan import walk as gan_walk
from demo.vae import walk as vae_walk
from demo.vae.dimensions import dead
from models.gpt import GPT
from models.ngram import NgramLM
from models.sampling import generate
from tests.shipped import MODELS
from training.classifier import Classifier

LANGUAGES = ("en", "pt-BR")


def stop(language, part, lesson="text"):
    """The first stop of a lesson whose link has a part, and its link's parameters."""
    stops = json.loads(Path(f"demo/lessons/{lesson}.{language}.json").read_text("utf-8"))["stops"]
    found = next(one for one in stops if part in one.get("open", ""))
    return found, {name: values[0] for name, values in parse_qs(found["open"]).items()}


def counts(corpus):
    return NgramLM.from_pretrained(f"pretrained/lm/{corpus}/ngram")


def numbers(text):
    """Those with a decimal mark."""
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


# --- the lesson on pictures -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def walks():
    """walks("digits")[0, 7] -> of the walk between the first examples of 0 and 7, on each of its 13 frames, the digit
    that the judge of generated pictures reads, and that of the nearest example.
    """
    judge = Classifier.from_pretrained("pretrained/classifier/digits")

    @cache
    def of_model(name):
        vae, found = MODELS.vae(name), {}
        for pair in combinations(range(10), 2):
            record = vae_walk.walk(vae, *(f"example:{digit}-0" for digit in pair), "spherical", 13)
            with torch.inference_mode():
                read = judge(vae.decode(torch.tensor(record["z"]))).argmax(1).tolist()
            found[pair] = read, [int(stop["class"]) for stop in record["nearest"]]
        return found

    return of_model


def thirds(walks):
    """In how many walks a third digit is read, and on how many frames of all."""
    frames = [sum(digit not in pair for digit in read) for pair, (read, _) in walks.items()]
    return sum(count > 0 for count in frames), sum(frames)


def without_repeats(digits):
    """One of each row of equal digits."""
    return [digit for digit, _ in groupby(digits)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_digits_on_the_way_between_two(language, walks):
    wide, flat = walks("digits"), walks("digits-2d")
    found, link = stop(language, "vae_set=digits&vae_a", "image")
    ends = tuple(int(link[f"vae_{end}"].removeprefix("example:").removesuffix("-0")) for end in "ab")
    assert ends == (1, 4) and (link["vae_frames"], link["vae_method"]) == ("13", "spherical")
    read, _ = wide[ends]
    assert read == [1] * 7 + [4] * 6  # "seven frames are a 1 and six are a 4"
    (pairs, frames), (pairs_2d, frames_2d) = thirds(wide), thirds(flat)
    assert re.findall(r"\d+", found["note"]) == ["45", str(pairs), str(frames), "585"]

    found, link = stop(language, "vae_set=digits-2d&vae_a", "image")
    assert without_repeats(flat[ends][0]) == without_repeats(flat[ends][1]) == [1, 7, 4]
    assert flat[ends][0][int(link["vae_frame"])] == 7
    assert re.findall(r"\d+", found["look"]) == ["7", "45", str(pairs_2d), str(pairs), "32"]
    on_the_way = [int(digit) for digit in re.findall(r"\d", found["note"])]
    assert on_the_way[:2] == [0, 7]
    assert set(on_the_way[2:]) <= set(flat[0, 7][0]) & set(flat[0, 7][1])

    answer = json.loads(Path(f"demo/text/{language}.json").read_text("utf-8"))["vae.walk.answer.digits"]
    said = ["32", "45", "13", pairs, frames, "585", "2", pairs_2d, frames_2d, "0", "7"]
    assert re.findall(r"\d+", answer)[: len(said)] == [*map(str, said)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_numbers_that_a_high_beta_leaves_unused(language):
    found, _ = stop(language, "vae&station=training", "image")
    snapshots = MODELS.vae_snapshots("4")
    kl = snapshots[max(snapshots)].info["kl_per_dim"]
    assert re.findall(r"(\d+) (?:of its|dos) (\d+)", found["look"]) == [(str(dead(kl)), str(len(kl)))]


# --- the lesson of the forger and the expert --------------------------------------------------------------


def percentages(text):
    return [int(share) for share in re.findall(r"(\d+)%", text)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lesson, code", [("forgery", "7K3Q-4"), ("forgery", "7K3Q-8"), ("first", "7K3Q-5")])
def test_what_the_discriminator_gets_in_a_game(language, lesson, code):
    found, link = stop(language, f"gan_game={code}", lesson)
    played = game.play(MODELS.gan("fashion"), MODELS.pictures("fashion"), link["gan_game"])
    right = sum((logit > 0) == real for logit, real in zip(played["logits"], played["real"], strict=True))
    assert re.findall(r"(\d+) (?:of|de) 10\b", found["look"]) == [str(right)]
    # only two of the three tell its share of many pictures
    assert percentages(found["look"]) in ([], [round(100 * played["accuracy"])])
    assert code == "7K3Q-4" or percentages(found["look"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_losses_and_the_quality_of_the_clothes(language):
    gan = MODELS.gan("fashion")
    found, _ = stop(language, "gan&station=training", "forgery")
    generator, discriminator = gan.history["g_loss"], gan.history["d_loss"]
    late = gan.history["step"].index(3000)
    change = max(max(losses[late:]) - min(losses[late:]) for losses in (generator, discriminator))
    quality = [gan.quality["cfid"][gan.quality["step"].index(3000)], gan.quality["cfid"][-1]]
    ends = [losses[at] for losses in (generator, discriminator) for at in (0, -1)]
    shown = [round(loss, 2) for loss in ends]
    written = numbers(re.sub(r"3[.,]000", "", found["look"]))
    assert written == [*shown, 0.04, *(round(distance, 1) for distance in quality)]
    assert change < 0.04
    assert shown[1] < shown[0] and shown[3] > shown[2]  # the right answer is that only the generator's falls


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_twins_and_the_coverage_of_the_run_that_fails(language):
    found, link = stop(language, "station=collapse", "forgery")
    step = int(link["gan_collapse_step"])
    runs = [MODELS.gan("fashion", variant) for variant in ("regularised", "unregularised")]
    settings = {"seed": int(link["gan_collapse_seed"]), "label": link["gan_collapse_class"], "step": step}
    pair = collapse.compare(*runs, collapse.distances_of_clothes(MODELS), **settings)
    twins = [sum(near < collapse.NEAR for near in side["nearest"][pair["only"]]) for side in pair["sides"]]
    assert twins == [int(re.search(r"(?:left|esquerda),? (\d+)", found["look"])[1]), 36]
    coverage = [run.quality["coverage"][run.quality["step"].index(step)] for run in runs]
    assert percentages(found["look"]) == [round(100 * share) for share in reversed(coverage)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_chance_of_half_a_shoe(language):
    found, link = stop(language, "station=walk", "forgery")
    (label_a, seed_a), (label_b, seed_b) = (link[f"gan_walk_{end}"].split(":") for end in "ab")
    ends = (label_a, label_b, int(seed_a), int(seed_b))
    way = gan_walk.walk(MODELS.gan("fashion"), *ends, link["gan_walk_method"], int(link["gan_walk_frames"]))
    assert percentages(found["look"]) == [round(100 * way["beliefs"][int(link["gan_walk_frame"])])]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sharpness_and_coverage_beside_the_vae(language):
    found, link = stop(language, "station=beside", "forgery")
    prior = link["gan_beside_prior"]
    kept = beside.measured(MODELS.gan("fashion"), MODELS.vae("fashion"), [prior])
    vae, gan = (
        [kept_by[name] / kept["real"][name] for name in ("sharpness", "coverage")]
        for kept_by in (kept["vae"][prior], kept["gan"])
    )
    assert percentages(found["look"]) == [round(100 * share) for share in (vae[0], gan[0], gan[1], vae[1])]


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_many_pictures_there_are_without_noise(language):
    found, link = stop(language, "vae_temperature=0", "image")
    vae = MODELS.get(f"vae/{link['vae_set']}")
    seeds = [int(link["vae_seed"]) + i for i in range(int(link["vae_count"]))]
    walls = [vae.decode(vae.latents(seeds, float(link["vae_temperature"]), prior)) for prior in vae.priors()]
    different = [len({(picture * 255).byte().numpy().tobytes() for picture in wall}) for wall in walls]
    assert different == [1, 10, 10]
    assert found["options"][found["right"]] == {"en": "One", "pt-BR": "Uma"}[language]
    assert {"en": "On the other two there are ten", "pt-BR": "Nos outros dois há dez"}[language] in found[
        "look"
    ]
