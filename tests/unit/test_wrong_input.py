"""One wrong value of every argument of every function, as the page and as programs send it.

The table proves that a function checks each argument, with the right name and limits. What the checks themselves
refuse is proved for every kind of value in test_checks.py; what only one function refuses, in the test of its station.
"""

import functools
import inspect
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import anyio
import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demo import checks
from demo.api import PUBLIC, all_functions
from demo.checks import UserError
from demo.contract import (
    BLENDS,
    CORPORA,
    DIFFUSION_PARTS,
    DIFFUSION_STEPS,
    FILE_TYPES,
    GAN_CLASSES,
    GENERATE_PARTS,
    LARGEST_SEED,
    METHODS,
    MODELS,
    MOST_GUIDANCE,
    PRIORS,
    VAE_SETS,
)
from demo.server import EXACT, Server
from demo.text import LANGUAGES, texts
from models.checkpoint import load_config
from tests.shipped import MODELS as SHIPPED

FUNCTIONS = all_functions(SHIPPED)
CLOTHES = GAN_CLASSES["fashion"]
STEPS = ("0", "100", "300", "1000", "3000", "10000", "20000", "22000")  # kept of the GAN of clothes
MOMENTS = [str(step) for step in load_config("pretrained/lm/shakespeare/gpt")["snapshots"]]
BLACK = [[0.0] * 28] * 28
UNCHECKED = {"opening", "vocabulary"}  # anything is true or false


class Wrong(NamedTuple):
    """A wrong value of one argument, and the error that it gets. `also` are other arguments of the same call."""

    value: Any
    key: str
    values: dict
    also: dict = {}  # noqa: RUF012


def whole(name, low, high, **also):
    return Wrong(high + 1, "error.whole", {"name": name, "low": low, "high": high}, also)


def seed(name="seed"):
    return whole(name, 0, LARGEST_SEED)


def real(name, low, high, **also):
    return Wrong(high + 0.1, "error.real", {"name": name, "low": low, "high": high}, also)


def choice(name, options):
    return Wrong("another", "error.choice", {"name": name, "options": ", ".join(options)})


def end(name):
    return Wrong(None, "error.vae_end", {"name": name, "count": 32})


def text(name):
    return Wrong(7, "error.text", {"name": name})


def truth(name):
    return Wrong("no", "error.truth", {"name": name})


VAE_SET, GAN_SET = choice("dataset", VAE_SETS), choice("dataset", GAN_CLASSES)
METHOD, KIND, BLEND = choice("method", METHODS), choice("kind", FILE_TYPES), choice("blend", BLENDS)
PSI = real("truncation_psi", 0, 1)
LABEL = choice("label", ("all", *CLOTHES))
SNAPSHOT = choice("snapshot", STEPS)
CORPUS, MODEL = choice("corpus", CORPORA), choice("model", MODELS)
READER = choice("model", ("counts", "gpt"))
PROMPT = text("prompt")
ORDER = whole("order", 1, 8)
WEIGHT = real("weight", 0, 1, model="mix")
KNOBS = {
    "temperature": real("temperature", 0, 10),
    "top_k": whole("top_k", 1, 100_000),
    "top_p": real("top_p", 0.01, 1),
}
GONE = Wrong("own:nobody", "error.own_gone", {})
NO_TRAINING = Wrong("nobody", "error.train_gone", {})
WISHES = {
    "seconds": real("seconds", 1, 120),
    "prompt": PROMPT,
    "seed": whole("seed", 0, 2**32 - 1),
}
ENDS = {name: end(name) for name in "abcd"}
LINE = {"a": "seed:1", "b": "seed:2", "method": "linear"}
WALK = {"label_a": "bag", "label_b": "boot", "seed_a": 1, "seed_b": 2, "method": "linear", "frames": 5}
WALK_WRONG = {
    "label_a": choice("label_a", CLOTHES),
    "label_b": choice("label_b", CLOTHES),
    "seed_a": seed("seed_a"),
    "seed_b": seed("seed_b"),
    "method": METHOD,
    "frames": whole("frames", 2, 64),
    "truncation_psi": PSI,
    "dataset": GAN_SET,
}
NOISE = {"seed": 1, "label": "all", "guidance": 1, "steps": 2}
OF_THE_FLOW = {
    "label": choice("label", ("all", *"0123456789")),
    "guidance": real("guidance", 0, MOST_GUIDANCE),
    "steps": whole("steps", *DIFFUSION_STEPS),
}
RUN = {
    "prompt": "the",
    "generated": [],
    "model": "counts",
    "corpus": "shakespeare",
    "order": 5,
    "seed": 1,
    "count": 1,
}

# name -> (arguments that are right, a wrong value of each argument)
TABLE = {
    # --- VAE
    "vae_interpolate": (
        {},
        {
            "a": end("a"),
            "b": end("b"),
            "method": METHOD,
            "frames": whole("frames", 2, 64),
            "dataset": VAE_SET,
        },
    ),
    "vae_grid": ({}, ENDS | {"method": METHOD, "side": whole("side", 3, 11), "dataset": VAE_SET}),
    "vae_encode": (
        {"image": BLACK},
        {"image": Wrong(BLACK[1:], "error.picture", {"side": 28}), "dataset": VAE_SET},
    ),
    "vae_sample": (
        {"seeds": [1]},
        {
            "seeds": Wrong([1, -1], "error.whole", {"name": "Each seed", "low": 0, "high": LARGEST_SEED}),
            "temperature": real("temperature", 0, 5),
            "dataset": VAE_SET,
            "prior": choice("prior", PRIORS),
            **OF_THE_FLOW,
        },
    ),
    "vae_wall": ({}, {"dataset": VAE_SET}),
    "vae_prepare": (
        {"kind": "upload", "data": ""},
        {
            "kind": choice("kind", ("drawing", "upload")),
            "data": Wrong("not base64!", "error.vae_upload_damaged", {}),
            "dataset": VAE_SET,
            "invert": choice("invert", ("auto", "yes", "no")),
        },
    ),
    "vae_export": (
        LINE | {"frames": 2, "kind": "png"},
        {
            "a": end("a"),
            "b": end("b"),
            "method": METHOD,
            "frames": whole("frames", 2, 64),
            "kind": KIND,
            "dataset": VAE_SET,
        },
    ),
    "vae_export_sheet": (
        LINE | {"c": "seed:3", "d": "seed:4", "side": 3},
        ENDS | {"method": METHOD, "side": whole("side", 3, 11), "dataset": VAE_SET},
    ),
    "vae_inside": (
        {},
        {
            "dataset": VAE_SET,
            "a": end("a"),
            "drawing": Wrong(7, "error.vae_upload_kind", {}),
            "epsilon": seed("epsilon"),
            "stages": truth("stages"),
        },
    ),
    "vae_map": ({}, {"dataset": VAE_SET}),
    "vae_map_path": (
        {"a": "seed:1", "b": "seed:2"},
        {"a": end("a"), "b": end("b"), "dataset": VAE_SET},
    ),
    "vae_generate": (
        {"seed": 1, "count": 1, "temperature": 1},
        {
            "seed": seed(),
            "count": whole("count", 1, 64),
            "temperature": real("temperature", 0, 2),
            "dataset": VAE_SET,
            "part": choice("part", GENERATE_PARTS),
            "others": truth("others"),
        },
    ),
    "vae_generate_code": (
        {"seed": 1, "temperature": 1, "prior": "standard"},
        {
            "seed": seed(),
            "temperature": real("temperature", 0, 2),
            "prior": choice("prior", PRIORS),
            "dataset": VAE_SET,
        },
    ),
    "vae_diffusion": (NOISE, {"seed": seed(), **OF_THE_FLOW, "dataset": VAE_SET}),
    "vae_diffusion_one": (
        NOISE,
        {"seed": seed(), **OF_THE_FLOW, "dataset": VAE_SET, "part": choice("part", DIFFUSION_PARTS)},
    ),
    "vae_diffusion_plane": (
        NOISE | {"dataset": "digits-2d"},
        {"seed": seed(), **OF_THE_FLOW, "dataset": VAE_SET},
    ),
    "vae_dimensions": (
        {"at": "seed:1"},
        {
            "at": end("A"),
            "dims": Wrong([32], "error.vae_dims", {"last": 31}),
            "dataset": VAE_SET,
            "beta": choice("beta", ("0.1", "1", "4")),
        },
    ),
    "vae_training": ({}, {"a": Wrong("picture:", "error.vae_picture", {"side": 28}), "dataset": VAE_SET}),
    # --- GAN
    "gan_sample": (
        {},
        {
            "seed": seed(),
            "count": whole("count", 1, 100),
            "label": LABEL,
            "truncation_psi": PSI,
            "snapshot": SNAPSHOT,
            "dataset": GAN_SET,
        },
    ),
    "gan_score": (
        {"image": BLACK, "label": "bag"},
        {
            "image": Wrong(BLACK[1:], "error.picture", {"side": 28}),
            "label": choice("label", CLOTHES),
            "snapshot": SNAPSHOT,
            "dataset": GAN_SET,
        },
    ),
    "gan_training": (
        {},
        {
            "seed": seed(),
            "count": whole("count", 1, 100),
            "label": LABEL,
            "dataset": GAN_SET,
            "step": whole("step", 0, 10**9),
            "scored": truth("scored"),
        },
    ),
    "gan_walk": (WALK, WALK_WRONG | {"blend": BLEND}),
    "gan_gallery": (
        {"seed": 1, "count": 1, "label": "all", "truncation_psi": 1},
        {
            "seed": seed(),
            "count": whole("count", 1, 100),
            "label": LABEL,
            "truncation_psi": PSI,
            "dataset": GAN_SET,
        },
    ),
    "gan_film_gif": (
        {"seed": 1, "label": "all"},
        {"seed": seed(), "label": LABEL, "pick": whole("pick", 1, 36), "dataset": GAN_SET},
    ),
    "gan_walk_blends": (WALK | {"truncation_psi": 1}, WALK_WRONG),
    "gan_walk_samples": (
        {"first": 1, "label": "all", "truncation_psi": 1},
        {"first": seed(), "label": LABEL, "truncation_psi": PSI, "dataset": GAN_SET},
    ),
    "gan_walk_export": (
        WALK | {"truncation_psi": 1, "blend": "mix", "kind": "png"},
        WALK_WRONG | {"blend": BLEND, "kind": KIND},
    ),
    "gan_collapse": (
        {"seed": 1, "count": 1, "label": "all"},
        {
            "seed": seed(),
            "count": whole("count", 1, 100),
            "label": LABEL,
            "step": whole("step", 0, 10**9),
            "dataset": GAN_SET,
        },
    ),
    "gan_game": (
        {},
        {"code": Wrong("another", "error.gan_game_code", {"moments": len(STEPS)}), "step": SNAPSHOT},
    ),
    "gan_beside": (
        {"first": 1, "count": 1},
        {"first": seed(), "count": whole("count", 1, 64), "dataset": GAN_SET},
    ),
    # --- next token
    "lm_generate": (
        {"prompt": "the", "max_new_tokens": 1},
        {
            "prompt": PROMPT,
            "model": MODEL,
            "corpus": CORPUS,
            "order": ORDER,
            "max_new_tokens": whole("max_new_tokens", 1, 1000),
            **KNOBS,
            "seed": seed(),
            "weight": WEIGHT,
        },
    ),
    "lm_predict": (
        {"prompt": "the"},
        {"prompt": PROMPT, "model": MODEL, "corpus": CORPUS, "order": ORDER, "weight": WEIGHT},
    ),
    "lm_evidence": (
        {"prompt": "the"},
        {
            "prompt": PROMPT,
            "token": Wrong("☃", "lm.evidence.no_token", {"token": "☃"}),
            "corpus": CORPUS,
            "order": ORDER,
        },
    ),
    "lm_text": ({"corpus": "machado"}, {"corpus": CORPUS}),
    "lm_copying": (
        {"text": "the"},
        {"text": text("text"), "corpus": CORPUS, "at_least": whole("at_least", 12, 1000)},
    ),
    "lm_learning": (
        {"prompt": "the", "max_new_tokens": 1},
        {
            "prompt": PROMPT,
            "seed": seed(),
            "max_new_tokens": whole("max_new_tokens", 1, 300),
            **KNOBS,
            "corpus": CORPUS,
        },
    ),
    "lm_read": ({"text": "the"}, {"text": text("text"), "corpus": CORPUS, "model": READER, "order": ORDER}),
    "lm_continue": (
        RUN,
        {
            "prompt": PROMPT,
            "generated": Wrong("the", "error.arguments", {}),
            "model": MODEL,
            "corpus": CORPUS,
            "order": ORDER,
            "seed": seed(),
            "count": whole("count", 1, 64),
            **KNOBS,
            "weight": WEIGHT,
            "snapshot": choice("snapshot", MOMENTS)._replace(also={"model": "gpt"}),
            "force": whole("force", 0, 64),
        },
    ),
    "lm_look_up": (
        {"corpus": "shakespeare", "order": 5, "prompt": "the"},
        {"corpus": CORPUS, "order": ORDER, "prompt": PROMPT},
    ),
    "lm_occlusion": (
        {"corpus": "shakespeare", "prompt": "the"},
        {"corpus": CORPUS, "prompt": PROMPT},
    ),
    "lm_passages": (
        {"corpus": "shakespeare", "order": 5, "prompt": "the", "token": "e", "length": 1},
        {"corpus": CORPUS, "order": ORDER, "prompt": PROMPT, "length": whole("length", 0, 4)},
    ),
    "lm_copying_by_order": (
        {"corpus": "shakespeare", "prompt": "the", "seed": 1},
        {"corpus": CORPUS, "prompt": PROMPT, "seed": seed()},
    ),
    "lm_losses": ({}, {"corpus": CORPUS}),
    "lm_look": (
        {"text": "the", "corpus": "shakespeare", "model": "counts"},
        {"text": text("text"), "corpus": CORPUS, "model": READER, "order": ORDER},
    ),
    "lm_keep": (
        {},
        {
            "text": text("text"),
            "unit": choice("unit", ("characters", "words")),
            "language": choice("language", LANGUAGES),
        },
    ),
    "train": ({"text": "the"}, {"text": text("text"), **WISHES}),
    "lm_train": ({"corpus": "own:nobody", "seconds": 15}, {"corpus": GONE, **WISHES}),
    "lm_training": (
        {"training": "nobody", "corpus": "own:nobody"},
        {"training": NO_TRAINING, "after": whole("after", 0, 10_000)},
    ),
    "lm_train_stop": ({}, {"training": NO_TRAINING}),
    "lm_open_model": (
        {"model": "", "text": "the"},
        {"model": Wrong("!", "error.arguments", {}), "text": text("text")},
    ),
    "lm_overview": ({}, {"corpus": GONE}),
    "lm_after": ({"context": [0]}, {"corpus": GONE}),
    "page_sizes": ({"family": "vae"}, {"family": choice("family", ("vae", "gan", "lm"))}),
    "lm_cut": ({"text": "the cat"}, {"text": text("text")}),
    "page_code": ({"text": "http://127.0.0.1"}, {"text": text("text")}),
}
# an unknown token is the likeliest; the others need a training text on disk, a text of the visitor, a training of his
ELSEWHERE = {
    ("lm_look_up", "token"),
    ("lm_occlusion", "token"),
    ("lm_passages", "token"),
    ("lm_after", "context"),
    ("lm_training", "corpus"),
}
CASES = [(name, argument) for name, (_, wrong) in TABLE.items() for argument in wrong]


@pytest.fixture(scope="module")
def server():
    return Server(FUNCTIONS)


@pytest.fixture(scope="module")
def call(server):
    """call(name, arguments) -> (status, answer) of a request of the page."""
    client = TestClient(Starlette(routes=server.routes()))

    def call(name, arguments):
        answer = client.post(f"/playground/call/{name}", json=arguments)
        return answer.status_code, answer.json()

    return call


@pytest.fixture(scope="module")
def program(server):
    """program(name, arguments) -> the answer of a public function, as its endpoint gives it."""
    with gr.Blocks() as demo:
        for name in PUBLIC:
            server.endpoint(name)
    endpoints = {one.api_name: one.fn for one in demo.fns.values()}

    def program(name, arguments):
        with ThreadPoolExecutor(1) as pool:  # in this thread a browser's loop may be running
            return pool.submit(anyio.run, functools.partial(endpoints[name], **arguments)).result()

    return program


def request(name, argument):
    """The arguments of a call in which one is wrong, and the error that it gets."""
    right, wrong = TABLE[name]
    case = wrong[argument]
    return right | case.also | {argument: case.value}, case


def test_every_argument_of_every_function_is_in_the_table():
    expected = {
        (name, argument) for name in FUNCTIONS for argument in inspect.signature(FUNCTIONS[name]).parameters
    }
    checked, wanted = {*CASES, *ELSEWHERE}, {case for case in expected if case[1] not in UNCHECKED}
    assert set(FUNCTIONS) - set(TABLE) == set(), "add these functions to TABLE in this file"
    assert wanted - checked == set(), "give each of these arguments a wrong value in TABLE"
    assert set(TABLE) - set(FUNCTIONS) == set() and checked - wanted == set(), (
        "take these out of TABLE: they are gone"
    )


@pytest.mark.parametrize("name, argument", CASES)
def test_a_wrong_argument_of_the_page_gets_one_sentence(call, name, argument):
    arguments, wrong = request(name, argument)
    values = {k: str(v) if isinstance(v, int) and v > EXACT else v for k, v in wrong.values.items()}
    assert call(name, arguments) == (400, {"error": {"key": wrong.key, "values": values}})
    for language in LANGUAGES:
        sentence = texts(language)[wrong.key].format(**values)
        assert sentence.endswith(".") and "{" not in sentence and "\n" not in sentence and len(sentence) < 200


@pytest.mark.parametrize("name", TABLE)
def test_no_kind_of_value_is_a_surprise(call, name):
    right, wrong = TABLE[name]
    for argument in wrong:
        for value in ([0], [[]], {}, {"a": 1}, True, 7, 1.5, "x" * 200_000):
            status, answer = call(name, right | wrong[argument].also | {argument: value})
            assert status in (200, 400), (argument, value)
            # a message does not repeat what was sent
            assert status == 200 or len(json.dumps(answer)) < 1000, argument


@pytest.mark.parametrize("name, argument", [case for case in CASES if case[0] in PUBLIC])
def test_a_wrong_argument_of_a_program_gets_the_english_sentence(program, name, argument):
    arguments, wrong = request(name, argument)
    with pytest.raises(gr.Error) as error:
        program(name, arguments)
    assert error.value.message == texts("en")[wrong.key].format(**wrong.values)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_an_argument_that_a_function_does_not_have_is_told(call, name):
    assert name in TABLE, f"add {name} to TABLE in this file"
    arguments = TABLE[name][0] | {"nonsense": 1}
    assert call(name, arguments) == (400, {"error": {"key": "error.arguments", "values": {}}})


@pytest.mark.parametrize("value", ["abc", "false", "", 0, 1, 1.0, None, [], {"a": 1}])
def test_what_is_neither_true_nor_false_is_taken_for_neither(value):
    with pytest.raises(UserError, match=r"^scored must be true or false\.$"):
        checks.truth(value, "scored")
    assert checks.truth(True, "scored") is True and checks.truth(False, "scored") is False


@pytest.mark.parametrize("model", ["counts", "gpt", "mix"])
def test_what_a_model_does_not_use_must_be_right_as_well(model):
    ask = FUNCTIONS["lm_predict"]
    for wrong in (
        {"weight": "abc"},
        {"weight": 2},
        {"weight": [1]},
        {"order": "abc"},
        {"order": 0},
        {"order": 1.5},
    ):
        with pytest.raises(UserError) as told:
            ask(prompt="the", model=model, **wrong)
        assert told.value.values["name"] in wrong
    ask(prompt="the", model=model, order=2, weight=0.25)


def test_a_text_that_is_used_whole_is_refused_if_it_is_too_long():
    for name, given, most in (
        ("lm_copying", {"text": "x" * 20_001}, 20_000),
        ("train", {"text": "the", "prompt": "x" * 201}, 200),
    ):
        with pytest.raises(UserError) as told:
            FUNCTIONS[name](**given)
        assert told.value.key == "error.long" and told.value.values["most"] == most
        assert "nothing else" not in str(told.value)
