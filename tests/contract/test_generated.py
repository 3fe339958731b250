"""The files that are made from Python are up to date, and what docstrings list is what the contract says."""

import re

import pytest

from demo import contract
from demo.answers import ANSWERS
from demo.api import PUBLIC, Api, all_functions
from demo.generated import files
from demo.loading import Models


@pytest.mark.parametrize("path", list(files()), ids=lambda path: path.name)
def test_a_file_is_what_python_makes_of_it(path):
    assert path.read_text("utf-8") == files()[path], "run python -m demo.contract"


def test_every_function_has_the_type_of_its_answer():
    functions = set(all_functions(Models()))
    assert functions - set(ANSWERS) == set(), "add it to ANSWERS in demo/answers.py"
    assert set(ANSWERS) - functions == set(), (
        "there is no such function: take it out of ANSWERS in demo/answers.py"
    )


def listed(name):
    """The docstring of a public function, in one line."""
    return re.sub(r"\s+", " ", getattr(Api, name).__doc__)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name.startswith("vae_")])
def test_a_docstring_names_every_set_of_the_vae(name):
    assert re.findall(
        r'"([\w-]+)"', listed(name).split("dataset:")[1].split(" prior:")[0].split("Returns")[0]
    ) == list(contract.VAE_SETS)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name.startswith("gan_")])
def test_a_docstring_names_every_set_and_class_of_the_gan(name):
    text = listed(name)
    sets = text.split("dataset:")[1].split("Returns")[0]
    assert re.findall(r'"(\w+)"', sets) == list(contract.GAN_CLASSES)
    assert f'of fashion {", ".join(contract.GAN_CLASSES["fashion"])}, of digits "0" to "9"' in text


@pytest.mark.parametrize("name", [name for name in PUBLIC if name.startswith("lm_")])
def test_a_docstring_names_every_corpus_and_order(name):
    text = listed(name)
    if "corpus:" in text:
        assert all(f'"{corpus}"' in text for corpus in contract.CORPORA)
    if " order:" in text:
        highest = {unit: known["highest"] for unit, known in contract.ORDERS.items()}
        first = {unit: known["first"] for unit, known in contract.ORDERS.items()}
        assert (
            f"1 to {highest['characters']} for characters, 1 to {highest['pieces']} for word pieces" in text
        )
        assert f"by default {first['characters']} and {first['pieces']}" in text
    if " model:" in text:
        assert all(f'"{model}"' in text for model in contract.MODELS[:2])


def test_limits_in_docstrings_are_those_of_the_contract():
    assert f"from 2 to {contract.MOST_FRAMES}" in listed("vae_interpolate")
    assert f"from 2 to {contract.MOST_FRAMES}" in listed("gan_walk")
    assert "from {} to {}".format(*contract.GRID_SIDES) in listed("vae_grid")
    assert "from {} to {}".format(*contract.DIFFUSION_STEPS) in listed("vae_sample")
    assert f"up to {contract.MOST_GUIDANCE} exaggerates" in listed("vae_sample")
    assert f"from 1 to {contract.MOST_TOKENS:,}" in listed("lm_generate")
    assert f"at most {contract.MOST_PROMPT_CHARACTERS:,} code points" in listed("lm_generate")
    assert f"at most {contract.MOST_READ_CHARACTERS:,} code points" in listed("lm_read")
    assert f"from 1 to {contract.MOST_MOMENT_TOKENS}" in listed("lm_learning")
    for method in contract.METHODS:
        assert f'"{method}"' in listed("vae_interpolate") and f'"{method}"' in listed("gan_walk")
    for prior in contract.PRIORS:
        assert f'"{prior}"' in listed("vae_sample")
