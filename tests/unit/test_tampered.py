"""Settings of shipped models that somebody edited: every fault is told as a damaged file, and quickly."""

import json
import shutil
import threading
import time
from pathlib import Path

import pytest

from demo import loading, size
from demo.checks import UserError
from demo.lm import learning
from demo.lm.language_models import LanguageModels
from demo.loading import Models

SHIPPED = Path("pretrained")
KINDS = (
    "vae/digits",
    "gan/fashion/unregularised",
    "lm/shakespeare/gpt",
    "lm/shakespeare/ngram",
    "pictures/fashion",
)
DELETE = object()
BAD = (None, [], {}, "x", -1, 1.5, 10**9, 10**30, float("nan"), float("inf"), True, [[]], {"": None})


def tampered(folder, name, change):
    """A copy of a shipped model whose settings went through `change`; the weights are links."""
    source, copy = SHIPPED / name, folder / name
    copy.mkdir(parents=True)
    for path in source.glob("*.safetensors"):
        (copy / path.name).symlink_to(path.resolve())
    if name.startswith("vae/"):
        (folder / "pictures").symlink_to((SHIPPED / "pictures").resolve())
    config = json.loads((source / "config.json").read_text("utf-8"))
    change(config)
    (copy / "config.json").write_text(json.dumps(config), "utf-8")
    return Models(folder)


def refusal(models, name):
    """What is said of a model that cannot be read; it is said within seconds."""
    began = time.process_time()
    with pytest.raises(UserError) as error:
        models.get(name)
    assert time.process_time() - began < 10
    assert error.value.key == "error.copy_damaged"
    return error.value.values["file"]


def put(*path, value):
    """A change that sets (or deletes) one entry of the settings."""

    def change(config):
        *above, last = path
        for key in above:
            config = config[key]
        if value is DELETE:
            del config[last]
        else:
            config[last] = value

    return change


NEEDED = {
    "vae/digits": ("model", "files", "set", "classes", "prior"),
    "gan/fashion/unregularised": ("model", "files", "classes", "snapshots", "history"),
    "lm/shakespeare/gpt": ("model", "files", "tokenizer"),
    "lm/shakespeare/ngram": ("model", "files", "tokenizer"),
    "pictures/fashion": ("files", "classes"),
}


@pytest.mark.parametrize("name, key", [(name, key) for name, keys in NEEDED.items() for key in keys])
def test_a_missing_entry_is_told(tmp_path, name, key):
    file = refusal(tampered(tmp_path, name, put(key, value=DELETE)), name)
    assert name in file  # config.json, or the weights that it no longer vouches for


@pytest.mark.parametrize("value", BAD, ids=repr)
@pytest.mark.parametrize("name, key", [(name, key) for name, keys in NEEDED.items() for key in keys])
def test_an_entry_of_another_kind_is_told(tmp_path, name, key, value):
    if (key, value) in (("set", "x"), ("model", {})):
        return  # right in form; settings that are left out have defaults
    refusal(tampered(tmp_path, name, put(key, value=value)), name)


SIZES = {
    "vae/digits": {
        "latent_dim": 31,
        "width": 8,
        "blocks": 2,
        "image_size": 32,
        "channels": 3,
        "levels": 1,
        "patch": 4,
        "hidden": 0.5,
        "patch_width": 16.0,
    },
    "vae/emoji": {"patch": 2, "patch_width": 16},
    "gan/fashion/unregularised": {"z_dim": 32, "width": 16, "classes": 9, "image_size": 32, "channels": 3},
    "lm/shakespeare/gpt": {"vocab_size": 64, "n_layer": 3, "n_head": 5, "n_embd": 96, "block_size": 63},
    "lm/shakespeare/ngram": {"max_order": 7},
}


@pytest.mark.parametrize("name, key", [(name, key) for name, keys in SIZES.items() for key in keys])
def test_another_size_is_told_before_a_network_of_it_is_built(tmp_path, name, key):
    # 99,999 would take minutes or more memory than there is
    for i, value in enumerate((SIZES[name][key], -1, 10**9, 10**6, 99_999, 0.5, "32", None)):
        if (key, value) == ("block_size", 99_999):
            continue  # no weight depends on it
        models = tampered(tmp_path / str(i), name, put("model", key, value=value))
        refusal(models, name)


def test_an_unknown_size_is_told(tmp_path):
    refusal(tampered(tmp_path, "vae/digits", put("model", "another", value=1)), "vae/digits")


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", "[" * 200_000, '{"a":' * 200_000, "NaN", '{"model": NaN}', "\0"]
)
def test_settings_that_are_no_object_are_told(tmp_path, text):
    models = tampered(tmp_path, "vae/digits", lambda config: None)
    (tmp_path / "vae/digits/config.json").write_text(text, "utf-8")
    assert refusal(models, "vae/digits") == f"{tmp_path.name}/vae/digits/config.json"


def test_settings_of_gigabytes_are_not_read(tmp_path):
    models = tampered(tmp_path, "vae/digits", lambda config: None)
    with (tmp_path / "vae/digits/config.json").open("ab") as file:
        file.truncate(3_000_000_000)  # sparse
    refusal(models, "vae/digits")


@pytest.mark.parametrize("key", ["history", "quality", "kl_per_dim", "losses"])
@pytest.mark.parametrize("value", ["x", [["x"]], {"a": {"b": "c"}}, 1])
def test_figures_that_are_no_numbers_are_told(tmp_path, key, value):
    refusal(tampered(tmp_path, "vae/digits", put(key, value=value)), "vae/digits")


@pytest.mark.parametrize("tokens", [["a"], [], [1] * 65, [f"{i}" for i in range(66)], ["a"] * 65, "a" * 65])
@pytest.mark.parametrize("name", ["lm/shakespeare/gpt", "lm/shakespeare/ngram"])
def test_another_vocabulary_is_told(tmp_path, name, tokens):
    refusal(tampered(tmp_path, name, put("tokenizer", "tokens", value=tokens)), name)


@pytest.mark.parametrize("name", KINDS)
def test_settings_as_shipped_are_read(tmp_path, name):
    assert tampered(tmp_path, name, lambda config: None).get(name)


@pytest.mark.parametrize("file", ["config.json", "*.safetensors"])
@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_cannot_be_read_is_not_told_as_damage(tmp_path, name, file):
    models = tampered(tmp_path, name, lambda config: None)
    for path in list((tmp_path / name).glob(file)):
        path.unlink()
        path.mkdir()
    with pytest.raises(UserError) as error:
        models.get(name)
    assert error.value.key == "error.weights_unreadable" and error.value.values["why"] == "Is a directory"
    assert error.value.values["file"].startswith(f"{tmp_path.name}/{name}/")


def test_what_reads_only_the_settings_of_a_model_tells_of_them_too(tmp_path):
    """The sizes of the models, the curves of a training, and the check of a training text."""
    shutil.copytree(SHIPPED / "lm/shakespeare", tmp_path / "lm/shakespeare")
    (tmp_path / "text").mkdir()
    (tmp_path / "text/tinyshakespeare.txt").touch()
    models = Models(tmp_path)
    language_models = LanguageModels(models, tmp_path / "text")
    assert language_models.moments("shakespeare")
    path = tmp_path / "lm/shakespeare/ngram/config.json"
    for key in ("error.copy_missing", "error.weights_unreadable"):
        path.unlink() if path.exists() else path.mkdir()
        for ask in (
            lambda: size.functions(models)["page_sizes"]("lm"),
            lambda: learning.losses(language_models, "shakespeare"),
            lambda: language_models.texts.check("shakespeare"),
        ):
            with pytest.raises(UserError) as error:
                ask()
            assert error.value.key == key
        assert language_models.texts._is_there("shakespeare") is False
    weights = tmp_path / "lm/shakespeare/ngram/model.safetensors"
    shutil.copy(SHIPPED / "lm/shakespeare/ngram/config.json", tmp_path / "config.json")
    path.rmdir()
    (tmp_path / "config.json").rename(path)
    weights.unlink()
    weights.mkdir()
    with pytest.raises(UserError, match=r"ngram/model\.safetensors cannot be read \(Is a directory\)"):
        size.functions(models)["page_sizes"]("lm")


def test_whatever_happens_to_one_model_the_others_are_read(monkeypatch, caplog):
    read = []

    def broken(path):
        raise RuntimeError("a bug")

    monkeypatch.setitem(loading.MODELS, "vae/digits", broken)
    monkeypatch.setitem(loading.MODELS, "vae/emoji", lambda path: read.append(path.name) or path)
    thread = Models(SHIPPED, names=("vae/digits", "vae/emoji")).load_in_background()
    assert isinstance(thread, threading.Thread)
    thread.join(120)
    assert read == ["emoji"] and "vae/digits cannot be read" in caplog.text


def test_a_program_that_ends_waits_for_the_model_being_read_and_for_no_other(monkeypatch):
    begun, go_on, read, at_exit = threading.Event(), threading.Event(), [], []

    def slow(path):
        begun.set()
        assert go_on.wait(20)
        read.append(path.name)
        return path

    monkeypatch.setitem(loading.MODELS, "vae/digits", slow)
    monkeypatch.setitem(loading.MODELS, "vae/emoji", lambda path: read.append(path.name) or path)
    monkeypatch.setattr(loading.atexit, "register", at_exit.append)
    monkeypatch.setattr(loading.atexit, "unregister", at_exit.remove)
    thread = Models(SHIPPED, names=("vae/digits", "vae/emoji")).load_in_background()
    assert begun.wait(20)
    (stop,) = at_exit
    ending = threading.Thread(target=stop)
    ending.start()
    ending.join(0.2)
    assert ending.is_alive() and not read
    go_on.set()
    ending.join(20)
    assert not ending.is_alive() and not thread.is_alive() and read == ["digits"]
    Models(SHIPPED, names=("vae/emoji",)).load_in_background().join(20)
    assert at_exit == [stop]  # nothing is left to stop of one that has read all
