"""Weights of one's own (training/own.py): found in pretrained/ when the app starts, and offered as sets and corpora.

`offer` adds them to the constants of demo/contract.py and to the sentences, before the page is built: from there on a
set or a corpus of one's own is like any other. Its name is its folder's, and its classes have the names of the folders
that the pictures lay in. What cannot be used is told in one sentence, and all else is offered.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from demo import contract, loading
from demo.text import LANGUAGES, texts
from models.corpora import OWN_NAME

SHAPE = {"image_size": 28, "channels": 1, "latent_dim": 32}  # of a VAE that the stations can show


@dataclass
class Found:
    """name -> the names of its classes, for pictures; name -> (unit of its tokens, first prompt), for texts.

    folder: where they lie, like pretrained/.
    """

    folder: Path
    vae: dict[str, list[str]] = field(default_factory=dict)
    gan: dict[str, list[str]] = field(default_factory=dict)
    lm: dict[str, tuple[str, str]] = field(default_factory=dict)


def add(pretrained, own=None):
    """Offer what lies in pretrained/, and in a folder like it, `own`. Raises SystemExit if that cannot be read."""
    offer(find(pretrained))
    if own is None:
        return
    if not os.path.isdir(own):
        raise SystemExit(f"--own {own}: there is no such folder.")
    if not os.access(own, os.R_OK | os.X_OK):
        raise SystemExit(f"--own {own}: this folder cannot be read.")
    found = find(own, beside=pretrained)
    if not (found.vae or found.gan or found.lm):
        print(
            f"--own {own}: there are no weights in its folders vae, gan and lm that the page can use.",
            flush=True,
        )
    offer(found)


# --- find -------------------------------------------------------------------------------------------------


def find(folder, beside=None):
    """The weights in a folder like pretrained/ that the page does not offer yet. What cannot be used is said.

    beside: the folder that the page has weights from already, if it is another one: a name that it has too is said.
    """
    found = Found(Path(folder))
    for family, (wanted, read) in KINDS.items():
        for path in folders_in(found.folder / family):
            if path.name[0] in "._" or (beside is None and is_offered(family, path.name)):
                continue
            try:
                getattr(found, family)[path.name] = read(*settings(family, path, wanted))
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                print(f"{path} is left out: {reason(error)}.", flush=True)
    return found


def folders_in(path):
    """The folders in the folder of a family, which need not be there. One that cannot be read is said."""
    try:
        return sorted(one for one in path.iterdir() if one.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        print(f"{path} is left out: it cannot be read ({error.strerror}).", flush=True)
        return []


def is_offered(family, name):
    """Whether the page has a set or a corpus of this name."""
    known = {"vae": loading.MODELS, "gan": contract.GAN_CLASSES, "lm": contract.CORPORA}[family]
    return (f"vae/{name}" if family == "vae" else name) in known


def settings(family, path, wanted):
    """The content of config.json in each of the folders `wanted` of a path. Raises ValueError for an unfit name."""
    if is_offered(family, path.name):
        raise ValueError(f"the page has {path.name} already, so that another name is needed")
    if not OWN_NAME.fullmatch(path.name) or path.name == "own":
        raise ValueError("a name is 2 to 24 small letters and digits, and not “own”")
    return [json.loads((path / folder / "config.json").read_text("utf-8")) for folder in wanted]


def reason(error):
    """Why settings cannot be used, as the end of a sentence."""
    if isinstance(error, FileNotFoundError):
        return f"there is no {'/'.join(Path(error.filename).parts[-2:])}"
    if isinstance(error, OSError):
        return f"its {Path(error.filename or '').name or 'folder'} cannot be read ({error.strerror})"
    if isinstance(error, KeyError):
        return f"its config.json lacks {error}"
    return str(error) if type(error) is ValueError else f"its config.json cannot be used ({error})"


def vae_classes(config):
    """The names of the classes of a VAE."""
    shape = {name: config["model"][name] for name in SHAPE}
    if shape != SHAPE:
        raise ValueError(f"the page can show {SHAPE}, and this model has {shape}")
    return classes(config)


def classes(config):
    """The names of the classes, which are told apart by them, and in an endpoint of the GAN end at a colon."""
    names = [str(name) for name in config["classes"]]
    if not 1 <= len(names) <= len(contract.GAN_CLASSES["digits"]):
        raise ValueError(f"it has {len(names)} classes, and the page has colours for 1 to 10")
    if len({*names, contract.ALL_CLASSES}) <= len(names) or any(":" in name for name in names):
        raise ValueError("its classes have the same name twice, a name with “:”, or the name “all”")
    return names


def opening(counts, _gpt):
    """The unit of the tokens and a first prompt."""
    unit = counts["tokenizer"]["unit"]
    if unit not in contract.ORDERS:
        raise ValueError(f"its tokens are {unit}")
    return unit, str(counts["training"].get("opening") or "")


# family -> the folders with settings, and what reads them
KINDS = {
    "vae": (("",), vae_classes),
    "gan": (("regularised",), classes),
    "lm": (("ngram", "gpt"), opening),
}

# --- offer ------------------------------------------------------------------------------------------------


def offer(found):
    """Add what was found to the contract, the models and the sentences. Call it before the page is built."""
    for name, labels in found.vae.items():
        model(found, f"vae/{name}", loading.read_vae)
        offer_vae(name, labels)
    for name, labels in found.gan.items():
        model(found, f"gan/{name}/regularised", loading.read_gan)
        offer_gan(name, labels)
    for name, (unit, prompt) in found.lm.items():
        model(found, f"lm/{name}/ngram", loading.read_ngram)
        model(found, f"lm/{name}/gpt", loading.read_gpt)
        offer_corpus(name, unit, prompt)


def model(found, name, reader):
    loading.MODELS[name], loading.ELSEWHERE[name] = reader, found.folder / name


def offer_vae(name, labels):
    contract.VAE_SETS = (*contract.VAE_SETS, name)
    contract.VAE_CLASSES[name] = len(labels)
    contract.VAE_ENDS[name] = {"a": "example:0-0", "b": f"example:{len(labels) - 1}-{0 if labels[1:] else 1}"}
    contract.VAE_LOWER_ENDS[name] = {"c": "seed:1", "d": "seed:2"}
    say(f"vae.set.{name}", title(name))
    for i, label in enumerate(labels):
        say(f"vae.class.{name}.{i}", label)
        say(f"vae.one.{name}.{i}", label, "own_weights.one")
    say(f"vae.walk.question.{name}", name, "own_weights.walk.question")
    say(f"vae.walk.answer.{name}", name, "own_weights.walk.answer")
    say(f"vae.diffusion.title.{name}", name, "own_weights.diffusion.title")
    say(f"vae.map.answer.{name}", name, "own_weights.map.answer")
    say(f"vae.map.won.one.{name}", name, "own_weights.size.missing")
    say(f"vae.size.2_missing.{name}", name, "own_weights.size.missing")
    say(f"vae.size.only_32.{name}", name, "own_weights.size")


def offer_gan(name, labels):
    contract.GAN_CLASSES[name] = tuple(labels)
    contract.GAN_ENDS[name] = {"a": f"{labels[0]}:1", "b": f"{labels[-1]}:2"}
    say(f"gan.set.{name}", title(name))
    say(f"gan.gallery.lead.{name}", name, "own_weights.gan.lead")
    say(f"gan.one.no_real.{name}", name, "own_weights.gan.no_real")
    for label in labels:
        say(f"gan.class.{label}", label)


def offer_corpus(name, unit, prompt):
    contract.CORPORA[name] = unit
    contract.OWN_PROMPTS[name] = prompt
    say(f"lm.corpus.{name}", title(name))
    say(f"lm.corpus.{name}_title", name, "own_weights.lm.title")


def title(name):
    return name.capitalize()


def say(key, name, like=None):
    """Add a sentence in every language: the name itself, or the sentence `like` with the name in its gap."""
    for language in LANGUAGES:
        sentences = texts(language)
        sentences.setdefault(key, name if like is None else sentences[like].replace("{name}", name))
