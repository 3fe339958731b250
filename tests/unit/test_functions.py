"""docs/functions.md: it is up to date, and its examples in three languages run and have the same answers."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from demo.api import PUBLIC, all_functions
from demo.layout import build_demo
from demo.lm.language_models import LanguageModels
from demo.loading import Models
from demo.server import Server
from demo.serving import launch_options
from docs import functions

ROOT = Path(__file__).parents[2]
TEXT = functions.PAGE.read_text("utf-8")
STARTS = TEXT.partition("\n## `")[0]


@pytest.fixture(scope="module")
def address(data_folder):
    models = Models("pretrained")
    language_models = LanguageModels(models, data_folder("text/tinyshakespeare.txt") / "text")
    server = Server(all_functions(models, language_models))
    demo = build_demo(server)
    _, address, _ = demo.launch(prevent_thread_lock=True, **launch_options(server))
    yield address.rstrip("/")
    demo.close()


def start(language, address):
    """What stands before the examples, for an app at another address."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", STARTS, flags=re.S)
    return found.replace(functions.SERVER, address)


def examples(language):
    """{function: its example}."""
    found = re.findall(rf"^## `(\w+)`\n.*?```{language}\n(.*?)\n```", TEXT, flags=re.S | re.M)
    return dict(found)


@pytest.fixture(scope="module")
def answers(address):
    """{function: its answer}, by the examples in Python."""
    names = {}
    exec(start("python", address), names)
    found = {}
    for name, example in examples("python").items():
        exec(example, names)
        found[name] = names["answer"]
    return found


def lasting(name, answer):
    """What is the same at every call: how far a training comes in its time is not."""
    return answer["about"] | {"setup": None} if name == "train" else answer


def test_the_page_is_what_the_program_writes():
    assert functions.page() == TEXT, "run python docs/functions.py"


def test_every_public_function_has_an_example_in_every_language(answers):
    for language in ("python", "bash", "js"):
        assert list(examples(language)) == list(PUBLIC)
    assert answers["vae_interpolate"]["frames"]["count"] == 5
    assert answers["lm_copying"]["longest"]["text"] == functions.EXAMPLES["lm_copying"]["text"]


def test_curl_has_the_same_answers(address, answers):
    for name, example in examples("bash").items():
        script = start("bash", address) + example
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        (answer,) = json.loads(done.stdout)
        assert lasting(name, answer) == lasting(name, answers[name]), name


def test_javascript_has_the_same_answers(address, answers):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node is installed")
    for name, example in examples("js").items():
        script = start("js", address) + example + "\nconsole.log(JSON.stringify(answer));"
        done = subprocess.run(
            [node, "--input-type=module", "-e", script], capture_output=True, text=True, check=True
        )
        assert lasting(name, json.loads(done.stdout)) == lasting(name, answers[name]), name


def test_a_mistake_is_a_sentence_in_every_language(address):
    sentence = "frames must be a whole number from 2 to 64."
    script = start("bash", address) + """ask vae_interpolate '{"frames": 1000}'"""
    said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
    assert sentence in said
    if node := shutil.which("node"):
        script = start("js", address) + 'await ask("vae_interpolate", { frames: 1000 });'
        done = subprocess.run([node, "--input-type=module", "-e", script], capture_output=True, text=True)
        assert done.returncode and sentence in done.stderr
