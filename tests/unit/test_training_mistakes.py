"""What a person or the computer can do wrong in a training ends in one sentence, and loses nothing."""

import argparse
import ast
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

from models.checkpoint import CheckpointError
from models.corpora import FILES
from models.errors import InputError
from models.ngram import NgramLM
from models.vae import VAE, VAEConfig
from tests.unit.test_training import pictures, write_idx  # noqa: F401, a fixture
from training import (
    classifier,
    command,
    data,
    distil,
    flow,
    gan,
    gan_quality,
    gpt,
    importance,
    mixture,
    mnist_files,
    ngram,
    options,
    prior,
    vae,
    vae_quality,
)
from training import run as runs

ROOT = Path(__file__).parents[2]
LINES = "the cat sat on a mat and saw a rat.\n" * 100
PORTUGUESE = "O coração não é de ninguém. " * 20
COMMANDS = [
    path for path in sorted((ROOT / "training").glob("*.py")) if "__main__" in path.read_text("utf-8")
]


def said(call, *arguments):
    """The one sentence with which a call ends."""
    with pytest.raises(SystemExit) as error:
        call(*arguments)
    sentence = str(error.value)
    assert "\n" not in sentence and sentence.endswith(".") and len(sentence) < 400, sentence
    return sentence


# --- how commands end -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_every_command_ends_in_a_sentence(path):
    *_, last = ast.parse(path.read_text("utf-8")).body
    assert ast.unparse(last) == "if __name__ == '__main__':\n    command.run(main)"


def test_there_are_commands():
    assert len(COMMANDS) >= 13


@pytest.mark.parametrize(
    "error, words",
    [
        (InputError("The text is empty."), "The text is empty."),
        (CheckpointError("pretrained/vae/config.json", "missing"), "pretrained/vae/config.json is missing"),
        (
            OSError(errno.ENOSPC, "No space left on device", "out/x"),
            "out/x cannot be used: No space left on device.",
        ),
        (OSError("no route"), "no route"),
        (SafetensorError("I/O error: No space left"), "cannot be written: I/O error: No space left."),
        (MemoryError(), "not enough memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), "not enough memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "not enough memory"),
    ],
)
def test_what_is_no_bug_is_one_sentence(error, words):
    def main():
        raise error

    assert words in said(command.run, main)


def test_a_bug_stays_loud():
    def main():
        raise RuntimeError("shape '[3]' is invalid")

    with pytest.raises(RuntimeError):
        command.run(main)


def test_ctrl_c_says_what_is_saved(tmp_path, capsys):
    def main(saved):
        run = runs.Run(tmp_path, {"a": torch.nn.Linear(2, 2)}, {})
        run.step = 7
        if saved:
            run.save()
        raise KeyboardInterrupt

    for saved, words in (
        (False, "Nothing of this run is saved yet."),
        (True, f"saved in {tmp_path} up to step 7:"),
    ):
        with pytest.raises(SystemExit) as ended:
            command.run(lambda saved=saved: main(saved))
        assert ended.value.code == 130 and words in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="SIGINT to another process")
@pytest.mark.training
def test_ctrl_c_in_the_middle_of_a_training_is_quiet(corpus, tmp_path, ctrl_c):
    arguments = [*small_gpt(corpus, tmp_path), "--steps", "100000", "--eval-every", "1"]
    command = [sys.executable, "-m", "training.gpt", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        try:
            while not (tmp_path / "s/state.json").exists() and process.poll() is None:
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130 and b"Traceback" not in errors
    assert b"the same command goes on from there" in errors


def test_a_folder_that_cannot_be_written_is_told_before_the_training(corpus, tmp_path):
    (tmp_path / "file").write_text("")
    for call, arguments in (
        (ngram.main, ["--data", str(corpus), "--out", str(tmp_path / "file/out")]),
        (gpt.main, small_gpt(corpus, tmp_path / "file")),
        (vae.main, ["--out", str(tmp_path / "file/out"), "--data", str(tmp_path)]),
        (gan.main, ["--out", str(tmp_path / "file/out"), "--data", str(tmp_path)]),
    ):
        assert said(call, arguments).startswith(f"Nothing can be written in {tmp_path / 'file'}")


def test_too_few_pictures_for_a_batch_leave_nothing_behind(pictures, tmp_path):  # noqa: F811
    for module in (gan, vae):
        paths = ["--data", str(pictures), "--out", str(tmp_path / "out"), "--state", str(tmp_path / "state")]
        assert "choose a --batch of at most that, not 401" in said(module.main, [*paths, "--batch", "401"])
        assert not list(tmp_path.iterdir())


def test_to_ask_whether_a_folder_can_be_written_leaves_nothing_behind(tmp_path):
    command.writable(tmp_path / "a/b")
    command.writable(tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(SystemExit, match="name too long"):
        command.writable(tmp_path / "a" / ("b" * 300))


@pytest.mark.parametrize("main", [ngram.main, gpt.main], ids=["ngram", "gpt"])
@pytest.mark.parametrize("content", [None, b"", PORTUGUESE.encode("cp1252")], ids=["none", "empty", "cp1252"])
def test_a_text_that_cannot_be_read_leaves_no_folder_behind(tmp_path, main, content):
    folder = tmp_path / "data" if content is None else written(tmp_path / "data", content)
    state = ["--state", str(tmp_path / "s")] if main is gpt.main else []
    said(main, ["--data", str(folder), "--out", str(tmp_path / "made/out"), *state])
    assert not (tmp_path / "made").exists() and not (tmp_path / "s").exists()


# --- models that are not there ----------------------------------------------------------------------------


@pytest.mark.parametrize("module", [prior, flow, importance, distil], ids=lambda module: module.__name__)
def test_a_vae_that_is_not_there_is_told_with_those_that_are(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = "There is no VAE in pretrained/vae/nope: "
    assert said(module.main, ["--model", "nope"]) == f"{told}name its folder with --out."
    sets = {"digits-2d": "digits", "digits": "digits", "emoji": "emoji", "leaves": "leaves", "torn": None}
    for name, dataset in sets.items():
        written(tmp_path / "pretrained/vae" / name, b"", "model.safetensors")
        settings = json.dumps({"set": dataset}) if dataset else "{"
        written(tmp_path / "pretrained/vae" / name, settings.encode(), "config.json")
    written(tmp_path / "pretrained/vae/digits-beta1", b"", "config.json")  # of snapshots alone
    assert said(module.main, ["--model", "nope"]) == (
        f"{told}choose --model from digits, digits-2d, emoji, or name its folder with --out."
    )
    assert said(module.main, ["--out", "elsewhere"]).startswith("There is no VAE in elsewhere: ")


@pytest.mark.parametrize("module", [prior, flow, importance, distil, vae], ids=lambda module: module.__name__)
def test_a_vae_of_other_pictures_is_told_to_train_with_them(module, pictures, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    VAE(VAEConfig(latent_dim=3, width=8)).save_pretrained(
        "pretrained/vae/sq", {"set": "sq", "classes": ["a"]}
    )
    before = contents(tmp_path)
    named = ["--codes", "--out", "pretrained/vae/sq"] if module is vae else ["--model", "sq"]
    assert said(module.main, [*named, "--data", str(pictures)]) == (
        "The pictures of sq are no part of the project: only python -m training.own vae --name sq --pictures FOLDER"
        " knows them, and fits the prior and the flow as well."
    )
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "module, options, words",
    [
        (vae, "--go-on", "There is no VAE in o: train it first"),
        (vae, "--codes", "There is no VAE in o: train it first"),
        (gan, "--go-on", "There is no GAN in o/regularised: train it first"),
        (gpt, "--go-on", "There is no GPT in o: train it first"),
        (gpt, "--counts 0.5 --teacher t", "There is no n-gram model in t: count the text first"),
        (gan_quality, "", "There is no GAN in o/regularised: train it first"),
        (vae_quality, "--pretrained p", "There is no VAE in p/vae/fashion: train it first"),
        (mixture, "--pretrained p", "There is no n-gram model in p/lm/shakespeare/ngram: count the text"),
    ],
)
def test_a_model_to_go_on_from_that_never_was_is_not_restored_with_git(
    module, options, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    out = [] if module is vae_quality else ["--out", "o"]
    assert said(module.main, [*options.split(), *out]).startswith(words)
    assert not list(tmp_path.iterdir())


def test_a_gan_to_learn_likeness_from_is_named(pictures, tmp_path):  # noqa: F811
    options = ["--set", "fashion", "--gan", str(tmp_path / "nope"), "--out", str(tmp_path / "out")]
    told = f"There is no GAN in {tmp_path / 'nope'}: name its folder with --gan."
    assert said(vae.main, [*options, "--data", str(pictures)]) == told


# --- options ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind, right, wrong",
    [
        (options.whole(1), {"1": 1, "70": 70}, ["0", "-3", "2.5", "x", ""]),
        (options.whole(0, 9), {"0": 0, "9": 9}, ["10", "-1"]),
        (options.not_negative, {"0": 0.0, "2": 2.0}, ["-0.1", "nan", "inf"]),
        (options.share, {"0": 0.0, "0.99": 0.99}, ["1", "-0.1", "nan"]),
        (options.device, {"cpu": "cpu"}, ["gpu", "meta", "cuda:x", ""]),
    ],
)
def test_an_option_out_of_range_is_refused(kind, right, wrong):
    for text, value in right.items():
        assert kind(text) == value
    for text in wrong:
        with pytest.raises(argparse.ArgumentTypeError, match=r"^must be .*not '"):
            kind(text)


def test_a_gpu_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(argparse.ArgumentTypeError, match="torch finds no cuda on this computer"):
        options.device("cuda:1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert options.device("cuda:1") == "cuda:1"


@pytest.mark.parametrize(
    "module, arguments, words",
    [
        (gpt, ["--width", "100", "--heads", "3"], "--width must be a multiple of twice --heads, 6, not 100."),
        (gpt, ["--width", "6", "--heads", "2"], "--width must be a multiple of twice --heads, 4, not 6."),
        (gpt, ["--steps", "0"], "argument --steps: must be a whole number of 1 or more, not '0'"),
        (
            gpt,
            ["--held-out", "1"],
            "argument --held-out: must be a number of at least 0 and below 1, not '1'",
        ),
        (
            gpt,
            ["--snapshots", "2", "9", "--steps", "4"],
            "--snapshots 9 is beyond the last step: give at most --steps, 4.",
        ),
        (vae, ["--width", "12"], "--width must be a multiple of 8, not 12."),
        (vae, ["--latent-dim", "0"], "argument --latent-dim: must be a whole number of 1 or more, not '0'"),
        (gan, ["--seed", "-1"], "argument --seed: must be a whole number from 0 to 4294967295, not '-1'"),
        (ngram, ["--order", "0"], "argument --order: must be a whole number of 1 or more, not '0'"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(module, arguments, words, capsys):
    with pytest.raises(SystemExit):
        module.parse_args(arguments)
    assert words in capsys.readouterr().err


# --- texts ------------------------------------------------------------------------------------------------


@pytest.fixture
def corpus(tmp_path):
    """A folder with a short text in the place of Shakespeare."""
    return written(tmp_path / "data", LINES.encode())


def written(folder, content, name="tinyshakespeare.txt"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder


def small_gpt(folder, out):
    size = [
        "--layers",
        "1",
        "--heads",
        "2",
        "--width",
        "16",
        "--tokens",
        "256",
        "--device",
        "cpu",
        "--snapshots",
    ]
    return ["--data", str(folder), "--out", str(out / "o"), "--state", str(out / "s"), *size]


@pytest.mark.parametrize(
    "encoding, words",
    [
        ("cp1252", "Windows-1252"),
        ("latin-1", "Windows-1252"),
        ("utf-16", "UTF-16"),
        ("utf-16-be", "UTF-16 or UTF-32"),
        ("utf-32", "UTF-32"),
    ],
)
@pytest.mark.parametrize("name", ["shakespeare", "machado"])
def test_a_text_in_another_encoding_is_one_sentence(tmp_path, name, encoding, words):
    folder = written(tmp_path, PORTUGUESE.encode(encoding), FILES[name])
    sentence = said(data.text, name, folder)
    assert str(tmp_path / FILES[name]) in sentence and "not in UTF-8" in sentence and words in sentence


def test_the_mark_of_utf_8_is_no_part_of_the_text(tmp_path):
    train, _ = data.text("shakespeare", written(tmp_path, PORTUGUESE.encode("utf-8-sig")))
    assert train.startswith("O coração")


@pytest.mark.parametrize("content", [b"", b" \n\n"])
def test_an_empty_text_is_one_sentence(tmp_path, content):
    assert "is empty" in said(data.text, "shakespeare", written(tmp_path, content))


def test_a_text_without_whole_books_is_cut_like_any_other(tmp_path):
    folder = written(tmp_path, PORTUGUESE.encode(), FILES["machado"])
    train, validation = data.text("machado", folder)
    assert train + validation == PORTUGUESE and len(train) == int(0.9 * len(PORTUGUESE))


@pytest.mark.parametrize("text", ["to be or not to be\n", LINES[:285]])
def test_a_text_too_short_for_a_gpt_is_one_sentence(tmp_path, text):
    folder = written(tmp_path, text.encode())
    sentence = said(gpt.main, small_gpt(folder, tmp_path))
    assert f"it has {int(0.9 * len(text))} tokens to train on, and at least 258 are needed" in sentence


def test_a_validation_text_that_no_curve_can_show_is_one_sentence(tmp_path):
    folder = written(tmp_path, (LINES + "é" * 10).encode())
    sentence = said(gpt.main, [*small_gpt(folder, tmp_path), "0"])  # --snapshots 0
    assert "kept for validation" in sentence


@pytest.mark.parametrize("folds", ["0", "5"])
@pytest.mark.parametrize(
    "text",
    [
        "a",
        "ab",
        "aaaaaaaaaaaaaaaaaaaa",
        "two words",
        "a" * 400,
        "to be or not to be\n",
        "abc" * 30 + "é",
        LINES[:700],
    ],
)
@pytest.mark.parametrize("name", ["shakespeare", "machado"])
def test_a_text_of_any_size_can_be_counted(tmp_path, name, text, folds):
    folder = written(tmp_path, text.encode(), FILES[name])
    out = tmp_path / "out"
    ngram.main(["--corpus", name, "--data", str(folder), "--out", str(out), "--order", "3", "--folds", folds])
    lm = NgramLM.from_pretrained(out)
    assert lm.with_order(1).predict([]).total == len(lm.tokenizer.encode(data.text(name, folder)[0]))
    assert lm.predict([0]).probs.sum() == pytest.approx(1)


def test_discounts_that_run_to_the_edge_stay_inside(tmp_path):
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "ran", "to", "see", "what", "was", "there", "but"]
    random = np.random.default_rng(0)
    text = ".\n".join(" ".join(random.choice(words, random.integers(3, 8))) for _ in range(150))
    lm = NgramLM.fit(text, order=4)
    tuned = ngram.tune(text, lm, folds=5)
    used = np.concatenate([tuned[0], tuned[1, :-1]])
    assert (used > 0).all() and (used < [1, 2, 3]).all()
    assert (used > np.array([1, 2, 3]) * (1 - 1e-5)).any()  # some would have gone all the way
    assert lm.with_discounts(tuned).loss(text) < lm.loss(text) + 1


def test_discounts_are_estimated_where_nothing_is_gained():
    assert ngram.tune("abcabc", NgramLM.fit("abcabc", order=3), folds=5) is None
    assert ngram.tune(LINES, NgramLM.fit(LINES, order=1), folds=5) is None


# --- the state of a run -----------------------------------------------------------------------------------


def saved_run(folder, width=4):
    linear = torch.nn.Linear(width, width)
    optimizer = torch.optim.AdamW(linear.parameters())
    linear(torch.ones(1, width)).sum().backward()
    optimizer.step()
    run = runs.Run(folder, {"net": linear}, {"adam": optimizer})
    run.step, run.history = 5, [{"step": 5}]
    return run


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"step": 5, "sec',
        b"[]",
        b"null",
        b'{"step": 5}',
        b'{"step": "x", "history": [], "seconds": 0}',
        b"\xff",
    ],
)
def test_a_damaged_record_of_a_run_is_one_sentence(tmp_path, content):
    saved_run(tmp_path).save()
    (tmp_path / "state.json").write_bytes(content)
    sentence = said(saved_run(tmp_path).resume)
    assert (
        sentence.startswith(f"{tmp_path / 'state.json'} is missing or damaged") and "--no-resume" in sentence
    )


def test_the_time_on_a_gpu_is_told_apart_through_interruptions_and_published_models(tmp_path, monkeypatch):
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setattr(runs.time, "monotonic", lambda: next(clock))
    run = saved_run(tmp_path)
    assert set(run.times()) == {"seconds"}
    run.on_gpu = True
    run.save()
    later = saved_run(tmp_path)
    later.resume()
    found = later.times()
    assert found["seconds"] > found["gpu_seconds"] == run.gpu_seconds > 0
    more = saved_run(tmp_path)
    more.go_on(5, found)
    assert more.times()["gpu_seconds"] == found["gpu_seconds"] and more.elapsed() > found["seconds"]
    more.go_on(5, {"seconds": 3})  # of a model that was published before these were told apart
    assert set(more.times()) == {"seconds"}


@pytest.mark.parametrize("size", [0, 5, 300, -1, None])
def test_damaged_weights_of_a_run_are_one_sentence(tmp_path, size):
    saved_run(tmp_path).save()
    path = tmp_path / "state-5.safetensors"
    content = path.read_bytes()
    path.unlink() if size is None else path.write_bytes(content[:size])
    sentence = said(saved_run(tmp_path).resume)
    assert sentence.startswith(f"{path} is missing or damaged") and "--state" in sentence


def test_the_state_of_another_network_is_one_sentence(tmp_path):
    saved_run(tmp_path).save()
    sentence = said(saved_run(tmp_path, width=8).resume)
    assert sentence.startswith(f"The state in {tmp_path} is of another network") and "--no-resume" in sentence
    other = saved_run(tmp_path)
    other.modules = {"decoder": other.modules["net"]}  # of another command
    assert "another network" in said(other.resume)


def test_the_state_of_another_run_with_the_same_network_is_one_sentence(tmp_path):
    first, second = (saved_run(tmp_path) for _ in range(2))
    first.name, second.name = "prior/emoji", "prior/fashion"
    first.save()
    sentence = said(second.resume)
    assert (
        sentence.startswith(f"The state in {tmp_path} is of another run, prior/emoji:")
        and "--state" in sentence
    )
    second.name = "prior/emoji"
    assert second.resume() and second.step == 5


def test_a_run_goes_on_with_the_options_that_it_began_with(tmp_path):
    first, second = (saved_run(tmp_path) for _ in range(2))
    first.options = {"batch": 8, "gan": None, "lr": 1e-3, "gone": 1}
    first.save()
    for given, words in (
        ({"batch": 32, "gan": None, "lr": 1e-3}, "with --batch 8, and this one is with --batch 32"),
        ({"batch": 8, "gan": "a", "lr": 1e-3}, "without --gan, and this one is with --gan a"),
        ({"batch": 8, "gan": None, "lr": 0.5}, "with --lr 0.001, and this one is with --lr 0.5"),
    ):
        second.options = given
        assert said(second.resume) == f"The state in {tmp_path} is of a run {words}: {runs.CURE}."
        assert not second.resume(wanted=False) and second.step == 5 and second.saved is None
    second.options = {"batch": 8, "gan": None, "lr": 1e-3, "new": 2}
    assert second.resume()


def test_a_state_from_before_options_were_noted_is_taken_as_it_is(tmp_path):
    saved_run(tmp_path).save()
    path = tmp_path / "state.json"
    meta = json.loads(path.read_text("utf-8"))
    del meta["options"]
    path.write_text(json.dumps(meta), "utf-8")
    later = saved_run(tmp_path)
    later.options = {"batch": 8}
    assert later.resume()
    later.save()
    assert json.loads(path.read_text("utf-8"))["options"] == {"batch": 8}


def test_a_run_beyond_the_steps_that_are_asked_for_is_one_sentence(tmp_path):
    run = saved_run(tmp_path)
    assert said(run.begin, 4).startswith(
        "The run is at step 5 already, beyond the 4 that are asked for: ask for more"
    )
    run.begin(5)


def test_a_finished_training_is_not_written_anew_with_other_options(pictures, corpus, tmp_path):  # noqa: F811
    digits, words = (
        ["--data", str(folder), "--device", "cpu", "--steps", "2"] for folder in (pictures, corpus)
    )
    small = ["--couplings", "1", "--hidden", "4"]
    flat = ["--width", "4", "--condition", "4", "--blocks", "1"]
    cases = [
        (vae, "vae", [*digits, "--width", "8", "--latent-dim", "3", "--batch", "8"], "--beta"),
        (prior, "vae", [*digits, *small, "--batch", "8"], "--lr"),
        (flow, "vae", [*digits, *flat, "--batch", "8"], "--untold"),
        (importance, "vae", [*digits, "--batch", "4", "--codes", "2"], "--lr"),
        (gan, "gan", [*digits, "--batch", "8"], "--gamma"),
        (
            gpt,
            "gpt",
            [*words, "--layers", "1", "--heads", "2", "--width", "16", "--tokens", "256"],
            "--dropout",
        ),
        (classifier, "classifier", digits, "--seed"),
    ]
    for module, out, given, other in cases:
        state = tmp_path / f"state-{module.__name__}"
        paths = ["--out", str(tmp_path / out), "--state", str(state)]
        module.main([*given, *paths])
        before = contents(tmp_path)
        sentence = said(module.main, [*given, *paths, other, "0.75" if other != "--seed" else "2"])
        assert (
            sentence.startswith(f"The state in {state} is of a run with {other} ") and runs.CURE in sentence
        )
        assert sentence.count(other) == 2
        assert "beyond the 1 that" in said(module.main, [*given, *paths, "--steps", "1"])
        assert contents(tmp_path) == before
        module.main([*given, *paths])  # once more, when there is nothing to do


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_full_disk_keeps_the_state_before(tmp_path, monkeypatch):
    saved_run(tmp_path).save()

    def full(tensors, path):
        path.write_bytes(b"half of it")
        raise SafetensorError("I/O error: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(runs, "save_file", full)
        with pytest.raises(SafetensorError):
            saved_run(tmp_path).save()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state-5.safetensors", "state.json"]
    again = saved_run(tmp_path)
    assert again.resume() and again.step == 5 == json.loads((tmp_path / "state.json").read_text())["step"]


# --- pictures ---------------------------------------------------------------------------------------------

TRAIN, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def copied(source, folder):
    """The files of MNIST in a folder of their own."""
    raw = folder / "MNIST/raw"
    raw.mkdir(parents=True)
    for path in (source / "MNIST/raw").iterdir():
        (raw / path.name).write_bytes(path.read_bytes())
    return raw


def changed(path, how):
    content = path.read_bytes()
    if how == "cut off":
        path.write_bytes(content[: len(content) // 2])
    elif how == "too long":
        path.write_bytes(content + b"x")
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "a web page":
        path.write_bytes(b"\n<!doctype html><html>blocked</html>")
    elif how == "something else":
        path.write_bytes(os.urandom(4) + content)
    elif how == "other pictures":
        write_idx(path, np.zeros((400, 32, 32)))
    elif how == "fewer":
        write_idx(path, np.zeros((9, 28, 28)))
    elif how == "none":
        write_idx(path, np.zeros((0, 28, 28)))


@pytest.mark.parametrize(
    "how, words",
    {
        "cut off": "instead of 313,616",  # 400 pictures of 784 bytes after 16
        "too long": "has 313,617 bytes",
        "empty": "format",
        "a web page": "is a web page",
        "something else": "format",
        "other pictures": "32 by 32",
        "fewer": "train-images-idx3-ubyte has 9, train-labels-idx1-ubyte has 400",
        "none": "holds nothing",
    }.items(),
)
def test_files_of_pictures_that_are_not_whole_are_one_sentence(pictures, tmp_path, how, words):  # noqa: F811
    raw = copied(pictures, tmp_path)
    changed(raw / TRAIN, how)
    sentence = said(data.images, "digits", str(tmp_path), False)  # also where another part is asked for
    assert str(raw) in sentence and words in sentence


def test_pictures_that_cannot_be_downloaded_are_one_sentence(pictures, tmp_path, monkeypatch):  # noqa: F811
    raw = copied(pictures, tmp_path)
    (raw / "t10k-images-idx3-ubyte").unlink()
    monkeypatch.setattr(data.datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    sentence = said(data.images, "digits", str(tmp_path), True)
    assert f"are not in {raw}" in sentence and "cannot be downloaded" in sentence


def test_labels_of_other_classes_are_one_sentence(pictures, tmp_path):  # noqa: F811
    raw = copied(pictures, tmp_path)
    write_idx(raw / LABELS, np.arange(400) % 27)
    assert "go up to 26, and there are 10 classes" in said(data.images, "digits", str(tmp_path), True)


def test_whole_files_and_missing_ones_pass(pictures, tmp_path):  # noqa: F811
    mnist_files.check(copied(pictures, tmp_path))
    mnist_files.check(tmp_path / "nothing")


def test_fewer_pictures_than_a_batch_are_one_sentence():
    assert data.batches_each(130, 64) == 2
    assert "130 pictures to train on: choose a --batch of at most that" in said(data.batches_each, 130, 131)


def test_a_finished_training_is_not_taken_for_one_on_other_data(pictures, corpus, tmp_path, monkeypatch):  # noqa: F811
    usual = ["--device", "cpu", "--steps", "2"]
    cases = [
        (vae, [*usual, "--width", "8", "--latent-dim", "3", "--batch", "8"], pictures),
        (gan, [*usual, "--batch", "8"], pictures),
        (classifier, usual, pictures),
        (gpt, [*usual, "--layers", "1", "--heads", "2", "--width", "16", "--tokens", "256"], corpus),
    ]
    images, text = data.images, data.text
    for module, given, folder in cases:
        state = tmp_path / f"state-{module.__name__}"
        given = [*given, "--data", str(folder), "--out", str(tmp_path / "out"), "--state", str(state)]
        module.main(given)
        before = contents(tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(
                data,
                "images",
                lambda *given, **named: (255 - images(*given, **named)[0], images(*given, **named)[1]),
            )
            patch.setattr(data, "text", lambda *given: (text(*given)[0][::-1], text(*given)[1]))
            sentence = said(module.main, given)
        assert (
            sentence
            == f"The state in {state} is of a run on other pictures, another text or another model: {runs.CURE}."
        )
        assert contents(tmp_path) == before
        module.main(given)


@pytest.mark.parametrize("module", [importance, distil], ids=lambda module: module.__name__)
def test_what_learns_from_a_prior_is_not_taken_for_what_learned_from_another(module, pictures, tmp_path):  # noqa: F811
    out = tmp_path / "vae"
    paths = ["--data", str(pictures), "--device", "cpu", "--out", str(out)]

    def fit(seed):
        small = ["--couplings", "1", "--hidden", "4", "--batch", "8", "--seed", str(seed)]
        prior.main([*paths, *small, "--steps", "2", "--state", str(tmp_path / f"prior-{seed}")])

    vae.main(
        [*paths, "--width", "8", "--latent-dim", "3", "--batch", "8", "--steps", "2", "--state", f"{out}-run"]
    )
    fit(0)
    small = {
        importance: "--batch 4 --codes 2 --steps 2",
        distil: "--patch 2 --width 8 --lessons 10 --batch 4 --steps 2",
    }
    state = tmp_path / "state"
    given = [*paths, *small[module].split(), "--state", str(state)]
    shutil.copytree(out, tmp_path / "before")
    module.main(given)
    if module is importance:
        module.main(given)  # with its own result in the folder there is nothing to do
        module.main([*given[:-4], "--steps", "3", "--state", str(state)])  # or it goes on
    shutil.rmtree(out)
    shutil.copytree(tmp_path / "before", out)
    fit(1)
    before = contents(tmp_path)
    sentence = said(module.main, given)
    assert (
        sentence
        == f"The state in {state} is of a run on other pictures, another text or another model: {runs.CURE}."
    )
    assert contents(tmp_path) == before


def test_a_run_that_goes_on_does_not_take_the_state_of_one_from_another_model(pictures, corpus, tmp_path):  # noqa: F811
    small = {
        vae: "--width 8 --latent-dim 3 --batch 8",
        gan: "--batch 8",
        gpt: "--layers 1 --heads 2 --width 16 --tokens 256 --snapshots",
    }
    for module, sizes in small.items():
        out, state = tmp_path / module.__name__, tmp_path / f"{module.__name__}-later"
        folder = corpus if module is gpt else pictures
        given = ["--device", "cpu", "--data", str(folder), "--out", str(out), *sizes.split()]

        def begun(seed, given=given, out=out, module=module):
            """A model of two steps that is there to go on from."""
            shutil.rmtree(out, ignore_errors=True)
            state = ["--state", f"{out}-{seed}"]
            module.main([*given, "--steps", "2", "--seed", str(seed), *state])

        begun(0)
        going_on = [*given, "--go-on", "--steps", "3", "--state", str(state)]
        module.main(going_on)
        begun(1)
        before = contents(tmp_path)
        assert "another text or another model: " in said(module.main, going_on)
        assert contents(tmp_path) == before
