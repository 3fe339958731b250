"""Weights of one's own: trained in miniature for each family, found, and offered like any other set or corpus."""

import base64
import io
import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo import contract, loading, own_weights
from demo.api import all_functions
from demo.checks import UserError
from demo.generated import constants
from demo.lm.language_models import LanguageModels
from demo.loading import Models
from demo.text import LANGUAGES, texts
from models.gan import GAN
from models.vae import VAE
from tests.small_weights import TEXT, picture, train, train_each, train_wrongly
from training.own import OwnPictures

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """The folder with the pictures and the text."""
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="module")
def weights(sources):
    return train_each(sources)


TOLD = (
    contract.VAE_CLASSES,
    contract.VAE_ENDS,
    contract.VAE_LOWER_ENDS,
    contract.GAN_CLASSES,
    contract.GAN_ENDS,
    contract.CORPORA,
)
TOLD += (contract.OWN_PROMPTS, loading.MODELS, loading.ELSEWHERE, *map(texts, LANGUAGES))


@pytest.fixture
def offered(weights):
    """What was found, and is offered until the test ends."""
    sets, before = contract.VAE_SETS, [dict(one) for one in TOLD]
    found = own_weights.find(weights)
    own_weights.offer(found)
    yield found
    contract.VAE_SETS = sets
    for one, kept in zip(TOLD, before, strict=True):
        one.clear()
        one.update(kept)


@pytest.fixture
def call(offered, tmp_path):
    """call("vae_interpolate", dataset="shapes") -> the answer of the page's function."""
    models = Models(ROOT / "pretrained")
    functions = all_functions(models, LanguageModels(models, tmp_path))
    return lambda name, **arguments: functions[name](**arguments)


# --- found and offered ------------------------------------------------------------------------------------


def test_what_was_trained_is_found_with_its_classes(weights):
    found = own_weights.find(weights)
    assert found.vae == found.gan == {"shapes": ["circles", "squares"]}
    assert found.lm == {"owl": ("characters", "The owl and the ")}
    assert own_weights.find(ROOT / "pretrained") == own_weights.Found(ROOT / "pretrained")


def test_its_settings_name_the_command_that_makes_it_again(weights):
    pictures = "--name shapes --pictures shapes"
    assert commands_of(weights / "vae/shapes") == [f"python -m training.own vae {pictures} --steps 3"] * 3
    assert commands_of(weights / "gan/shapes/regularised")[0].startswith(
        f"python -m training.own gan {pictures} --"
    )
    of_gpt = commands_of(weights / "lm/owl/gpt")[0]
    assert of_gpt.startswith("python -m training.own lm --name owl --text owl.txt --") and "/" not in of_gpt


def commands_of(folder):
    training = json.loads((folder / "config.json").read_text("utf-8"))["training"]
    return [one["command"] for one in (training, training.get("prior"), training.get("flow")) if one]


def test_every_station_of_the_vae_works_with_it(call):
    assert (
        call("vae_interpolate", dataset="shapes", a="example:0-0", b="example:1-0", frames=3)["frames"][
            "count"
        ]
        == 3
    )
    grid = call("vae_grid", dataset="shapes", a="example:0-0", b="seed:1", c="seed:2", d="seed:3", side=3)
    assert grid["cells"]["count"] == 9
    assert call("vae_inside", dataset="shapes", a="example:1-1")
    assert call("vae_map", dataset="shapes")["sizes"]
    assert call("vae_generate", dataset="shapes", seed=1, count=4, temperature=1)
    assert call("vae_dimensions", dataset="shapes", at="example:0-0")
    assert call("vae_training", dataset="shapes")["curves"]
    assert call("vae_wall", dataset="shapes")


def test_a_picture_is_prepared_as_those_of_the_training(call, sources):
    data = base64.b64encode((sources / "shapes/squares/03.png").read_bytes()).decode()
    end = call("vae_prepare", kind="upload", data=data, dataset="shapes")["end"]
    walk = call("vae_interpolate", dataset="shapes", a=end, b="example:1-0", frames=2)
    trained = OwnPictures(sources / "shapes", train=True)
    names = [(path.parent.name, path.name) for path, _ in trained._files]
    original = trained.data[names.index(("squares", "03.png"))]
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(walk["originals"]["a"]["png"]))))
    assert np.abs(shown.astype(int) - original[0].numpy()).max() <= 1


def test_every_station_of_the_gan_that_needs_no_more_works_with_it(call):
    made = call("gan_gallery", dataset="shapes", seed=1, count=4, label="squares", truncation_psi=1)
    assert made["labels"] == ["squares"] * 4 and made["histogram"] and made["nearest"] is None
    assert call("gan_training", dataset="shapes", count=2)["quality"] is None
    walk = {"label_a": "circles", "label_b": "squares", "seed_a": 1, "seed_b": 2}
    assert call("gan_walk_blends", dataset="shapes", method="linear", frames=3, truncation_psi=1, **walk)
    assert call("gan_beside", dataset="shapes", first=1, count=4)["measured"] is None


def test_a_gan_without_a_vae_beside_it_says_so(call, offered):
    contract.VAE_SETS = tuple(name for name in contract.VAE_SETS if name != "shapes")
    with pytest.raises(UserError) as error:
        call("gan_beside", dataset="shapes", first=1, count=4)
    assert error.value.key == "own_weights.no_vae"


@pytest.mark.parametrize("model", ["counts", "gpt", "mix"])
def test_its_language_models_write_and_predict(call, model):
    assert call("lm_generate", corpus="owl", prompt="The owl", model=model, max_new_tokens=5)["text"]
    assert call("lm_predict", corpus="owl", prompt="The owl", model=model)["tokens"][0]["prob"] > 0


def test_passages_are_shown_where_the_text_lies_in_the_data_folder(call, tmp_path):
    with pytest.raises(UserError) as error:
        call("lm_copying", corpus="owl", text="The owl and the pussy-cat")
    assert str(error.value).endswith("put it into the data folder as text/owl.txt.")
    assert call("lm_text", corpus="owl")["missing"]["key"] == "own_weights.text"
    (tmp_path / "owl.txt").write_text(TEXT, "utf-8")
    assert call("lm_copying", corpus="owl", text="The owl and the pussy-cat")["longest"]["end"] == 25


def test_the_page_has_its_names(offered):
    for language in LANGUAGES:
        said = texts(language)
        assert said["vae.set.shapes"] == said["gan.set.shapes"] == "Shapes" and said["lm.corpus.owl"] == "Owl"
        assert said["vae.class.shapes.1"] == said["gan.class.squares"] == "squares"
        assert "{name}" not in "".join(said[key] for key in said if ".shapes" in key or ".owl" in key)
    page = constants()
    assert '"shapes": ["circles", "squares"]' in page and '"owl": "characters"' in page


# --- mistakes ---------------------------------------------------------------------------------------------


BROKEN = {
    "torn": "{",
    "none": "{}",
    "many": json.dumps({"model": own_weights.SHAPE, "classes": list("abcdefghijk")}),
    "flat": json.dumps({"model": own_weights.SHAPE | {"latent_dim": 2}, "classes": ["a"]}),
    "twice": json.dumps({"model": own_weights.SHAPE, "classes": ["a", "a"]}),
    "colon": json.dumps({"model": own_weights.SHAPE, "classes": ["a:b"]}),
    "all": json.dumps({"model": own_weights.SHAPE, "classes": ["all"]}),
    "list": "[]",
    "empty": None,
    "Upper": "{}",
    "own": "{}",
    "two words": "{}",
    "digits": "{}",
}


def test_what_cannot_be_used_is_told_in_one_sentence_and_all_else_is_offered(weights, tmp_path, capsys):
    folder = shutil.copytree(weights, tmp_path / "own")
    for name, config in BROKEN.items():
        (folder / "vae" / name).mkdir()
        if config is not None:
            (folder / "vae" / name / "config.json").write_text(config)
    (folder / "vae/.cache").mkdir()
    (folder / "vae/notes.txt").touch()
    shutil.rmtree(folder / "lm/owl/gpt")
    found = own_weights.find(folder, beside=ROOT / "pretrained")
    assert (found.vae, found.lm) == ({"shapes": ["circles", "squares"]}, {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(BROKEN) + 1
    for name in BROKEN:
        assert any(line.startswith(f"{folder / 'vae' / name} is left out: ") for line in lines)
    assert f"{folder / 'vae/empty'} is left out: there is no empty/config.json." in lines
    assert f"{folder / 'lm/owl'} is left out: there is no gpt/config.json." in lines


def test_shipped_sets_are_not_told_of(capsys):
    own_weights.add(ROOT / "pretrained")
    assert capsys.readouterr().out == ""


def test_a_folder_that_is_none_or_empty_is_told(tmp_path, capsys):
    with pytest.raises(SystemExit, match="there is no such folder"):
        own_weights.add(ROOT / "pretrained", tmp_path / "gone")
    own_weights.add(ROOT / "pretrained", tmp_path)
    assert capsys.readouterr().out.count("there are no weights") == 1


def test_a_folder_that_may_not_be_read_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)
    with pytest.raises(SystemExit, match="this folder cannot be read"):
        own_weights.add(ROOT / "pretrained", tmp_path)
    (tmp_path / "vae").mkdir()
    (tmp_path / "gan").touch()

    def locked(path):
        if path == tmp_path / "vae":
            raise PermissionError(13, "Permission denied", str(path))
        return iterdir(path)

    iterdir = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", locked)
    assert own_weights.find(tmp_path, beside=ROOT / "pretrained") == own_weights.Found(tmp_path)
    (said,) = capsys.readouterr().out.splitlines()
    assert said == f"{tmp_path / 'vae'} is left out: it cannot be read (Permission denied)."
    error = PermissionError(13, "Permission denied", "/x/leaves/config.json")
    assert own_weights.reason(error) == "its config.json cannot be read (Permission denied)"


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "examples.safetensors"])
def test_damaged_weights_are_told_and_the_others_work(call, weights, tmp_path, file):
    loading.ELSEWHERE["vae/shapes"] = shutil.copytree(weights / "vae/shapes", tmp_path / "shapes")
    (tmp_path / "shapes" / file).write_text("[]")
    with pytest.raises(UserError) as error:
        call("vae_map", dataset="shapes")
    assert error.value.key == "own_weights.damaged" and "training.own" in str(error.value)
    assert call("gan_gallery", dataset="shapes", seed=1, count=1, label="squares", truncation_psi=1)
    assert call("vae_map", dataset="emoji")


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_weights_that_may_not_be_read_are_not_to_be_trained_again(call, weights, tmp_path, file):
    loading.ELSEWHERE["vae/shapes"] = shutil.copytree(weights / "vae/shapes", tmp_path / "shapes")
    (tmp_path / "shapes" / file).unlink()
    (tmp_path / "shapes" / file).mkdir()
    with pytest.raises(UserError) as error:
        call("vae_map", dataset="shapes")
    assert error.value.key == "error.weights_unreadable"
    assert error.value.values == {"file": f"vae/shapes/{file}", "why": "Is a directory"}


def test_settings_of_another_kind_are_told_as_damage(call, weights, tmp_path):
    loading.ELSEWHERE["lm/owl/ngram"] = shutil.copytree(weights / "lm/owl/ngram", tmp_path / "ngram")
    (tmp_path / "ngram/config.json").write_text('{"tokenizer": {"unit": "characters"}, "training": {}}')
    with pytest.raises(UserError) as error:
        call("lm_predict", corpus="owl", prompt="The owl")
    assert error.value.values["file"] == "config.json"


MISTAKES = [
    ("vae --name digits --pictures shapes", "the project itself has digits"),
    ("vae --name 'Two words' --pictures shapes", "a name is 2 to 24 small letters and digits"),
    ("vae --name shapes", "vae needs --pictures."),
    ("lm --name owl", "lm needs --text."),
    ("gan --name shapes --pictures nowhere", "nowhere is no folder of pictures."),
    ("gan --name shapes --pictures few", "few has 1 pictures; at least 20 are needed."),
    ("gan --name shapes --pictures torn", "cannot be read as a picture: take it out of the folder."),
    ("gan --name shapes --pictures colon", "A class cannot have the name a:b"),
    ("lm --name gone --text nowhere.txt", "nowhere.txt is missing: name the file of a text with --text."),
    ("lm --name empty --text empty.txt", "empty.txt is empty: name the file of a text with --text."),
    ("lm --name latin --text latin.txt", "latin.txt is not in UTF-8"),
    ("lm --name short --text short.txt", "The text is too short for a GPT: it has 248 tokens to train on"),
    ("lm --name narrow --text owl.txt --tokens 255", "--tokens must be at least 256 for each process"),
    ("lm --name other --text owl.txt --colour", "unrecognized arguments: --colour"),
    ("gan --name large --pictures shapes --batch 99", "There are 36 pictures to train on: choose a --batch"),
    ("gan --name locked --pictures shapes --state owl.txt/run", "Nothing can be written in owl.txt/run"),
    ("vae --name locked --pictures shapes --state owl.txt/run", "Nothing can be written in owl.txt/run"),
    ("vae --name shapes --pictures shapes --colour", "unrecognized arguments: --colour"),
]


@pytest.fixture(scope="module")
def mistaken(weights, sources):
    """(exit status, standard error) of each of MISTAKES."""
    for folder in ("few", "colon/a:b", "torn"):
        (sources / folder).mkdir(parents=True)
    picture("circles", 1).save(sources / "colon/a:b/1.png")
    picture("circles", 1).save(sources / "few/1.png")
    (sources / "empty.txt").touch()
    (sources / "short.txt").write_text("a short text" * 23)  # of 276 characters, 9 tenths for training
    (sources / "latin.txt").write_bytes("café".encode("latin-1"))
    for i in range(20):
        (sources / "torn" / f"{i}.png").write_text("no picture")
    return train_wrongly(sources, [shlex.split(options) for options, _ in MISTAKES])


@pytest.mark.parametrize("number", range(len(MISTAKES)))
def test_a_mistake_is_one_sentence(mistaken, number):
    code, said = mistaken[number]
    last = said.strip().splitlines()[-1]
    assert code > 0 and MISTAKES[number][1] in last and "Traceback" not in said, said


def test_twenty_pictures_are_enough_for_a_gan(weights, sources, tmp_path):
    train(tmp_path, "gan", "--name", "few", "--pictures", sources / "shapes/circles", "--steps", 2)
    gan = GAN.from_pretrained(tmp_path / "weights/gan/few")
    # every tenth of the 20 is for testing; of the others each batch has all
    assert gan.snapshots == [0, 2] and gan.training["batch"] == 18


def test_each_part_of_a_vae_has_a_state_of_its_own_and_goes_on_from_it(sources, weights, tmp_path):
    def trained(steps):
        pictures = ["--name", "shapes", "--pictures", sources / "shapes"]
        train(tmp_path, "vae", *pictures, "--steps", steps, "--batch", 8, "--state", tmp_path / "state")
        states = (tmp_path / "state").rglob("state.json")
        return sorted((path.parents[1].name, json.loads(path.read_text("utf-8"))["step"]) for path in states)

    assert trained(2) == [("flow", 2), ("prior", 2), ("vae", 2)]
    first = VAE.from_pretrained(tmp_path / "weights/vae/shapes")
    # prior and flow begin anew, since the codes are others
    assert trained(3) == [("flow", 2), ("flow", 3), ("prior", 2), ("prior", 3), ("vae", 3)]
    later = VAE.from_pretrained(tmp_path / "weights/vae/shapes")
    assert (first.info["training"]["steps"], later.info["training"]["steps"]) == (2, 3)
    assert later.prior is not None and later.info["training"]["flow"]["steps"] == 3


@pytest.mark.usefixtures("mistaken")
def test_a_mistake_leaves_nothing_for_the_app_to_find(weights):
    left = {
        family: sorted(path.name for path in (weights / family).iterdir()) for family in ("vae", "gan", "lm")
    }
    assert left == {"vae": ["shapes"], "gan": ["shapes"], "lm": ["owl"]}


def test_pictures_alone_are_one_class_and_every_tenth_is_for_testing(sources):
    found = (
        OwnPictures(sources / "shapes/circles", train=True),
        OwnPictures(sources / "shapes/circles", train=False),
    )
    assert [one.classes for one in found] == [["circles"]] * 2
    assert [len(one) for one in found] == [18, 2]
    assert found[0].data.shape == (18, 1, 28, 28) and found[0].data.dtype.is_floating_point is False
