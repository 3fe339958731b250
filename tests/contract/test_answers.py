"""Every answer of every function has the type that demo/answers.py gives it, no key more and none less."""

import json
import time

import pytest
from pydantic import ConfigDict, TypeAdapter

from demo.answers import ANSWERS
from demo.api import all_functions
from demo.generated import collect
from demo.loading import Models
from tests.calls import for_page

BLACK = [[0.0] * 28] * 28
KNOBS = {"temperature": 0.8, "top_p": 0.95}
RUN = {"prompt": "ROMEO:", "generated": [], "corpus": "shakespeare", "order": 5, "seed": "2", "count": 3}
WALK = {"label_a": "bag", "label_b": "boot", "seed_a": 1, "seed_b": 2, "method": "linear", "frames": 5}
NOISE = {"seed": "1", "label": "3", "guidance": 2, "steps": 3}
LINE = {"a": "example:3-0", "b": "seed:7", "method": "linear"}
OWN = "the cat sat on the mat\n" * 8
LEARNED = "the cat sat on the mat\n" * 60  # long enough for a GPT

# arguments that between them bring every form of the answer; a text "OWN" is the key of a visitor's own text
CALLS = {
    "vae_interpolate": [{}, {"dataset": "emoji", "frames": 2, "a": "seed:1"}],
    "vae_grid": [{"side": 3}, {"side": 3, "dataset": "fashion"}],
    "vae_encode": [{"image": BLACK}],
    "vae_sample": [{"seeds": [1, 2]}, {"seeds": [1], "dataset": "emoji", "label": 3, "guidance": 2}],
    "vae_export": [LINE | {"frames": 3, "kind": "gif"}],
    "vae_export_sheet": [LINE | {"c": "seed:1", "d": "seed:2", "side": 3}],
    "vae_wall": [{}, {"dataset": "emoji"}],
    "vae_prepare": [{"kind": "upload", "data": "PNG"}],
    "vae_inside": [{}, {"stages": False, "dataset": "emoji"}],
    "vae_map": [{}, {"dataset": "digits-2d"}],
    "vae_map_path": [{"a": "example:3-0", "b": "seed:7"}],
    "vae_generate": [
        {"seed": 1, "count": 2, "temperature": 1},
        {"seed": 1, "count": 2, "temperature": 1, "dataset": "digits-2d"},
        {"seed": 1, "count": 2, "temperature": 1, "dataset": "emoji"},
        {"seed": 1, "count": 2, "temperature": 0.5, "others": True},
        {"seed": 1, "count": 2, "temperature": 1, "part": "own"},
        {"seed": 1, "count": 2, "temperature": 1, "part": "rest"},
    ],
    "vae_generate_code": [{"seed": 1, "temperature": 1, "prior": "standard"}],
    "vae_diffusion": [NOISE, NOISE | {"dataset": "emoji", "steps": 2}],
    "vae_diffusion_one": [NOISE, NOISE | {"dataset": "emoji"}, NOISE | {"part": "way"}],
    "vae_diffusion_plane": [NOISE | {"dataset": "digits-2d"}],
    "vae_dimensions": [{"at": "seed:7"}, {"at": "example:0-0", "dims": [1], "dataset": "emoji"}],
    "vae_training": [{}],
    "gan_sample": [{"count": 2}],
    "gan_gallery": [
        {"seed": "1", "count": 2, "label": "all", "truncation_psi": 1},
        {"seed": "1", "count": 2, "label": "all", "truncation_psi": 1, "dataset": "digits"},
    ],
    "gan_score": [{"image": BLACK, "label": "bag"}],
    "gan_training": [{"count": 2}, {"count": 2, "step": 0}, {"count": 2, "scored": False}],
    "gan_film_gif": [{"seed": 1, "label": "all", "pick": 1}],
    "gan_walk": [WALK],
    "gan_walk_blends": [WALK | {"truncation_psi": 1}],
    "gan_walk_samples": [{"first": 1, "label": "all", "truncation_psi": 1}],
    "gan_walk_export": [WALK | {"truncation_psi": 1, "blend": "mix", "kind": "png"}],
    "gan_collapse": [
        {"seed": 1, "count": 12, "label": "plainest"},
        {"seed": 1, "count": 2, "label": "all", "step": 0},
        {"seed": 1, "count": 2, "label": "plainest", "dataset": "digits"},
    ],
    "gan_game": [{}],
    "gan_beside": [{"first": 1, "count": 2}, {"first": 1, "count": 2, "dataset": "digits"}],
    "lm_keep": [{}, {"text": OWN, "unit": "words"}],
    "lm_train": [{"corpus": "LEARNED", "seconds": 1}],
    "lm_training": [{"training": "NEW", "corpus": "LEARNED"}, {"training": "DONE", "corpus": "LEARNED"}],
    "lm_train_stop": [{"training": "NEW"}],
    "lm_open_model": [{"model": "MODEL", "text": OWN}],
    "train": [{"text": LEARNED, "seconds": 1}],
    "lm_overview": [{"corpus": "OWN"}],
    "lm_after": [{"corpus": "OWN", "context": [1]}],
    "lm_continue": [
        RUN | {"model": "counts"},
        RUN | {"model": "gpt"} | KNOBS,
        RUN | {"model": "mix", "opening": True, "vocabulary": True, "prompt": "Olá"},
    ],
    "lm_occlusion": [{"corpus": "shakespeare", "prompt": "the kin"}],
    "lm_look_up": [{"corpus": "shakespeare", "order": 8, "prompt": "the kin"}],
    "lm_passages": [{"corpus": "OWN", "order": 3, "prompt": "the cat", "token": "sat", "length": 2}],
    "lm_text": [{"corpus": "machado"}],
    "lm_copying": [{"text": "so the cat sat on the mat", "corpus": "OWN"}, {"text": "☃", "corpus": "OWN"}],
    "lm_copying_by_order": [{"corpus": "OWN", "prompt": "the", "seed": 1}],
    "lm_evidence": [{"prompt": "the kin"}],
    "lm_generate": [
        {"prompt": "a", "max_new_tokens": 3},
        {"prompt": "é", "max_new_tokens": 3, "model": "mix"},
    ],
    "lm_predict": [{"prompt": "a"}, {"prompt": "a", "model": "gpt"}],
    "lm_learning": [
        {"prompt": "Olá", "max_new_tokens": 2},
        {"prompt": "Olá", "max_new_tokens": 2, "corpus": "machado"},
    ],
    "lm_losses": [{}, {"corpus": "machado"}],
    "lm_read": [{"text": "the"}],
    "lm_look": [
        {"text": "the ☃", "corpus": "shakespeare", "model": "counts"},
        {"text": "the", "corpus": "shakespeare", "model": "gpt"},
    ],
    "page_sizes": [{"family": "vae"}, {"family": "gan"}, {"family": "lm"}],
    "lm_cut": [{"text": "the cat, não"}],
    "page_code": [{"text": "http://192.168.0.12:7860/"}],
}


@pytest.fixture(scope="module")
def functions():
    return all_functions(Models("pretrained"))


@pytest.fixture(scope="module")
def adapters():
    """Name -> what validates the answer: strict, and without keys that the type does not have."""
    found = {}
    for answer in ANSWERS.values():
        collect(answer, found)
    for typed_dict in found.values():
        typed_dict.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    return {name: TypeAdapter(answer) for name, answer in ANSWERS.items()}


def test_every_function_is_called():
    assert set(CALLS) == set(ANSWERS)


def a_picture(functions):
    """An uploaded file, in base64: the sprite of one sample is a PNG."""
    return functions["vae_sample"]([1])["png"]


def a_training(functions, done):
    """The key of a training, which has ended or has not."""
    corpus = "own:" + functions["lm_keep"](LEARNED, "words")["key"]
    key = functions["lm_train"](corpus, 1)["training"]
    while done and functions["lm_training"](key, corpus)["state"] != "done":
        time.sleep(0.1)
    return key


@pytest.mark.parametrize("name", CALLS)
def test_an_answer_has_its_type(functions, adapters, name):
    for arguments in CALLS[name]:
        arguments = dict(arguments)
        if arguments.get("corpus") == "OWN":
            arguments["corpus"] = "own:" + functions["lm_keep"](OWN, "words")["key"]
        if arguments.get("corpus") == "LEARNED":
            arguments["corpus"] = "own:" + functions["lm_keep"](LEARNED, "words")["key"]
        if arguments.get("training"):
            arguments["training"] = a_training(functions, done=arguments["training"] == "DONE")
        if arguments.get("model") == "MODEL":
            arguments["model"] = functions["train"](LEARNED, 1)["model"]
        if arguments.get("data") == "PNG":
            arguments["data"] = a_picture(functions)
        answer = for_page(functions[name])(arguments)
        assert "error" not in json.loads(answer), answer[:300]
        adapters[name].validate_json(answer)


def test_the_check_is_strict(adapters):
    score = adapters["gan_score"]
    score.validate_json('{"logit": 1, "belief": 0.5}')
    for wrong in ('{"logit": 1}', '{"logit": "1", "belief": 0.5}', '{"logit": 1, "belief": 0.5, "more": 1}'):
        with pytest.raises(ValueError):
            score.validate_json(wrong)
