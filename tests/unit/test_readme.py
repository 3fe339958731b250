"""What the README shows is what the code does: its Python examples are run, the second against a running app."""

import base64
import io
import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from demo.api import all_functions
from demo.layout import build_demo
from demo.loading import Models
from demo.server import Server
from demo.serving import launch_options
from demo.text import texts

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
MODELS_EXAMPLE, API_EXAMPLE = re.findall(r"```python\n(.*?)```", README, flags=re.S)


@pytest.fixture(scope="module")
def address():
    server = Server(all_functions(Models("pretrained")))
    demo = build_demo(server)
    _, address, _ = demo.launch(prevent_thread_lock=True, **launch_options(server))
    yield address.rstrip("/")
    demo.close()


@pytest.fixture(scope="module")
def client(address):
    return Client(address, verbose=False)


def test_the_models_example_runs(capsys):
    names = {}
    exec(MODELS_EXAMPLE, names)
    assert names["images"].shape == names["frames"][:3].shape == (3, 1, 28, 28)
    assert len(names["frames"]) == 13 and len(names["opinion"]) == 16
    said = capsys.readouterr().out
    assert said.count("nats per character") == 3 and len(said) > 240


def test_the_api_example_runs(address):
    names = {}
    exec(API_EXAMPLE.replace("http://127.0.0.1:7860", address), names)
    assert names["walk"]["frames"]["count"] == len(names["walk"]["z"]) == len(names["walk"]["t"]) == 9
    assert len(names["code"]["mu"]) == 32 and names["code"]["kl"] > 0
    assert pictures(names["digits"]) == 3
    assert pictures(names["boots"]) == 16 and len(names["boots"]["scores"]) == 16
    assert 0 <= names["opinion"]["belief"] <= 1
    assert len(names["film"]["frames"]) == len(names["film"]["snapshots"]) >= 6
    assert len(names["verse"]["text"]) == len(names["verse"]["steps"]) == 40
    assert sum(token["prob"] for token in names["next_token"]["tokens"]) == pytest.approx(1)
    assert len(names["frase"]["steps"]) == 60
    assert sum(part for part in names["why"]["parts"]) == pytest.approx(names["why"]["p"])
    assert all(len(moment["text"]) == 40 for moment in names["grown"]["moments"])
    assert len(names["read"]["tokens"]) == len("The king is dead.")


def pictures(sprite):
    """How many pictures the PNG of a sprite has room for, once it is seen to be one."""
    width, height = Image.open(io.BytesIO(base64.b64decode(sprite["png"]))).size
    size = sprite["size"]
    assert width == sprite["columns"] * size and height % size == 0
    assert sprite["count"] <= width * height // size**2 < sprite["count"] + sprite["columns"]
    return sprite["count"]


def test_the_table_names_every_public_function(client):
    named = set(re.findall(r"^\| `(/\w+)`", README, flags=re.M))
    assert named == set(client.view_api(return_format="dict", print_info=False)["named_endpoints"])


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ({"api_name": "/vae_interpolate", "frames": 10**6}, "frames must be a whole number"),
        ({"api_name": "/vae_interpolate", "a": "🎲"}, "a must be"),
        ({"api_name": "/vae_sample", "seeds": [2**64]}, "seed must be a whole number"),
        ({"api_name": "/gan_sample", "count": 0}, "count must be a whole number"),
        ({"api_name": "/gan_sample", "label": "hat"}, "label"),
        ({"api_name": "/gan_sample", "truncation_psi": "nan"}, "truncation_psi"),
        ({"api_name": "/gan_sample", "snapshot": 5}, "snapshot"),
        ({"api_name": "/lm_generate", "prompt": "x" * 100_000}, "prompt"),
        ({"api_name": "/lm_generate", "prompt": "a", "temperature": "inf"}, "temperature"),
        ({"api_name": "/lm_generate", "prompt": "a", "corpus": "homer"}, "corpus"),
        ({"api_name": "/lm_predict", "prompt": "a", "order": 9}, "order"),
        ({"api_name": "/lm_generate", "prompt": "a", "model": "mix", "weight": 1.5}, "weight"),
    ],
)
def test_a_mistake_is_one_sentence_through_the_api_and_the_next_call_works(client, arguments, sentence):
    with pytest.raises(AppError, match=sentence) as error:
        client.predict(**arguments)
    assert "Traceback" not in str(error.value) and "\n" not in str(error.value)
    assert client.predict(seeds=[1], api_name="/vae_sample")["count"] == 1


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_gets_a_sentence_too(address, value):
    # gradio_client refuses to send these; other programs do not
    said = curl(address, "gan_sample", f'[1, 4, "all", {value}, null, "fashion"]')
    assert said.startswith("event: error") and "truncation_psi must be a number" in said
    assert "Traceback" not in said


def curl(address, name, values):
    """What curl shows of a call in Gradio's two steps. values: the arguments as a JSON list."""
    call = f"{address}/gradio_api/call/{name}"
    body = f'{{"data": {values}}}'.encode()
    request = urllib.request.Request(call, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{call}/{event}", timeout=60) as stream:
        return stream.read().decode()


def test_curl_may_leave_out_what_has_a_default_and_hears_what_is_missing(address, client):
    said = curl(address, "lm_predict", '["ROMEO:"]')
    assert said.startswith("event: complete")
    answer = json.loads(said.partition("data: ")[2])[0]
    assert answer == client.predict(prompt="ROMEO:", api_name="/lm_predict")
    said = curl(address, "gan_walk", '["bag"]')
    assert said.startswith("event: error") and "These arguments are missing: label_b." in said
    said = curl(address, "vae_sample", "[]")
    assert said.startswith("event: error") and "These arguments are missing: seeds." in said
    said = curl(address, "vae_sample", '[[1], 1.0, "digits", "flow", "all", 1.0, 10, 5]')
    assert said.startswith("event: error") and texts("en")["error.arguments"] in said


def test_the_outcome_of_a_call_that_is_not_under_way_is_one_sentence(address, client, caplog, capfd):
    call, headers = f"{address}/gradio_api/call/lm_predict", {"Content-Type": "application/json"}
    with urllib.request.urlopen(
        urllib.request.Request(call, b'{"data": ["a"]}', headers), timeout=60
    ) as answer:
        event = json.load(answer)["event_id"]
    for path in ("lm_predict", "v2/lm_predict", "nothing"):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{address}/gradio_api/call/{path}/xyz", timeout=60)
        assert error.value.code == 404 and json.load(error.value) == {"detail": texts("en")["error.no_page"]}
    with urllib.request.urlopen(f"{address}/gradio_api/queue/data?session_hash=xyz", timeout=60) as stream:
        message = json.loads(stream.read().decode().removeprefix("data: "))
    assert message["session_not_found"] and message["message"] == texts("en")["error.no_page"]
    with urllib.request.urlopen(f"{call}/{event}", timeout=60) as stream:  # the one that is under way
        assert stream.read().startswith(b"event: complete")
    assert client.predict(seeds=[1], api_name="/vae_sample")["count"] == 1
    assert "Traceback" not in caplog.text and "Traceback" not in "".join(capfd.readouterr())


def test_every_screenshot_is_shown_and_all_are_small():
    shown = set()
    for name in ("README.md", "README.pt-BR.md"):
        shown |= set(re.findall(r"docs/screenshots/([\w.-]+)", (ROOT / name).read_text("utf-8")))
    files = {path.name: path.stat().st_size for path in (ROOT / "docs/screenshots").iterdir()}
    assert set(files) == shown
    assert sum(files.values()) < 2_000_000


@pytest.mark.parametrize("file", ["training/README.md", "pretrained/README.md", "training/evaluate.py"])
def test_what_was_scored_before_a_decision_is_told_wherever_choices_are(file):
    told = " ".join((ROOT / file).read_text("utf-8").split())
    assert "No choice was made with test pictures" not in told and "No model was tuned on" not in told
    beginning = told[told.index("settings were chosen") :][:600]
    assert "vae/digits" in beginning and "lm/shakespeare/gpt" in beginning and "had been scored" in beginning
