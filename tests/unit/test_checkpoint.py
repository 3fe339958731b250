import errno
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models import checkpoint


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "weights"
    checkpoint.save(folder, {"size": 3}, {"w": np.arange(6, dtype=np.float32).reshape(2, 3)})
    return folder


def test_what_was_saved_comes_back(folder):
    assert checkpoint.load_config(folder)["size"] == 3
    assert (checkpoint.load_tensors(folder)["w"] == [[0, 1, 2], [3, 4, 5]]).all()


def test_a_second_file_is_added_to_the_same_config(folder):
    checkpoint.save(folder, {"more": 1}, {"v": np.ones(2)}, "second.safetensors")
    config = checkpoint.load_config(folder)
    assert config["size"] == 3 and config["more"] == 1
    assert set(config["files"]) == {"model.safetensors", "second.safetensors"}
    assert (checkpoint.load_tensors(folder, "second.safetensors")["v"] == 1).all()


@pytest.fixture(params=["model.safetensors", "config.json"])
def full_disk(request, monkeypatch):
    """A disk on which there is room for half of one of the two files."""
    write_bytes = Path.write_bytes

    def write(path, content):
        if not path.name.startswith(request.param):
            return write_bytes(path, content)
        write_bytes(path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Path, "write_bytes", write)
    return request.param


def test_on_a_full_disk_the_old_files_stay(folder, full_disk):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save(folder, {"size": 4}, {"w": np.zeros(1000)})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("full_disk", ["config.json"], indirect=True)
def test_on_a_full_disk_the_old_settings_stay(folder, full_disk):
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save_config(folder, {"size": 4})
    assert checkpoint.load_config(folder)["size"] == 3


def test_halves_come_back_whole():
    # 1/3 in half precision is off by at most 2**-12 relative
    tensors = {"w": np.array([1 / 3, -2.0], np.float32), "n": np.array([7])}
    back = checkpoint.full(checkpoint.half(tensors))
    assert back["w"].dtype == np.float32 and back["n"].dtype == np.array([7]).dtype
    assert np.allclose(back["w"], tensors["w"], rtol=2**-11)


def test_a_matrix_in_eight_bits_is_off_by_at_most_half_a_step_of_its_row():
    tensors = {
        "w": np.random.default_rng(0).normal(size=(5, 40)).astype(np.float32)
        * 10.0 ** np.arange(-4, 1)[:, None],
        "zeros": np.zeros((2, 3), np.float32),
        "bias": np.array([1 / 3], np.float32),
        "codes": np.array([[1, 2]], np.uint8),
    }
    tensors["w"] = tensors["w"].astype(np.float32)
    small = checkpoint.eight_bits(tensors)
    assert small["w"].dtype == np.int8 and np.abs(small["w"]).max(1).tolist() == [127] * 5
    back = checkpoint.full(small)
    assert set(back) == set(tensors) and (back["zeros"] == 0).all()
    steps = np.abs(tensors["w"]).max(1, keepdims=True) / 127
    assert (np.abs(back["w"] - tensors["w"]) <= 0.5001 * steps).all()
    assert back["w"].dtype == np.float32 and back["codes"].dtype == np.uint8
    assert abs(back["bias"][0] - 1 / 3) < 1e-4


@pytest.mark.parametrize("shape", [(3, 1), (1, 3), (1,), (1, 1, 1), ()])
def test_scales_that_do_not_fit_are_refused_before_they_are_multiplied(shape):
    small = {"w": np.ones((1, 4), np.int8), "w.scale": np.ones(shape, np.float32)}
    with pytest.raises(ValueError, match="scales"):
        checkpoint.full(small)


def damage(folder, how):
    path = folder / "model.safetensors"
    data = path.read_bytes()
    if how == "cut short":
        path.write_bytes(data[: len(data) // 2])
    elif how == "one bit":
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "gone":
        path.unlink()
    elif how == "no config":
        (folder / "config.json").unlink()
    elif how == "config cut short":
        (folder / "config.json").write_text('{"size": ')
    elif how == "config of another kind":
        (folder / "config.json").write_text("[1, 2]")


@pytest.mark.parametrize(
    "how",
    ["cut short", "one bit", "empty", "gone", "no config", "config cut short", "config of another kind"],
)
def test_damage_is_one_sentence_that_names_the_file_and_the_cure(folder, how):
    damage(folder, how)
    with pytest.raises(checkpoint.CheckpointError) as error:
        checkpoint.load_tensors(folder)
    sentence = str(error.value)
    name = "config.json" if "config" in how else "model.safetensors"
    assert f"{folder.as_posix()}/{name}" in sentence
    assert sentence.endswith(": get this folder again, whole.") and error.value.command is None
    (folder.parent / ".git").touch()  # of a clone, or of a second working tree
    with pytest.raises(checkpoint.CheckpointError) as error:
        checkpoint.load_tensors(folder)
    cured = str(error.value)
    assert f"`git -C {folder.as_posix()} checkout -- .`" in cured
    for told in (sentence, cured):
        assert "\n" not in told and told.endswith(".")


def refuse(path, how, monkeypatch):
    """Let the system refuse to read a file. Returns the reason that it gives."""
    if how == "a folder":
        path.unlink()
        path.mkdir()
        return os.strerror(errno.EISDIR)
    if how == "a circle of links":
        path.unlink()
        path.symlink_to(path.name)
        return os.strerror(errno.ELOOP)
    number = {"no right": errno.EACCES, "a broken disk": errno.EIO, "a name too long": errno.ENAMETOOLONG}[
        how
    ]
    real = os.stat, Path.read_bytes, Path.open

    def refusing(function):
        def asked(one, *arguments, **options):
            if not isinstance(one, int) and path in (Path(one), *Path(one).parents):
                raise OSError(number, os.strerror(number), str(one))
            return function(one, *arguments, **options)

        return asked

    monkeypatch.setattr(os, "stat", refusing(real[0]))
    monkeypatch.setattr(Path, "read_bytes", refusing(real[1]))
    monkeypatch.setattr(Path, "open", refusing(real[2]))
    return os.strerror(number)


REFUSALS = ("a folder", "a circle of links", "no right", "a broken disk", "a name too long")


@pytest.mark.parametrize("is_clone", [True, False])
@pytest.mark.parametrize("how", REFUSALS)
@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_file_that_the_system_refuses_is_not_told_as_damage(folder, monkeypatch, name, how, is_clone):
    if is_clone:
        (folder.parent / ".git").touch()
    why = refuse(folder / name, how, monkeypatch)
    with pytest.raises(checkpoint.CheckpointError) as error:
        checkpoint.load_tensors(folder)
    assert (error.value.problem, error.value.why, error.value.command) == ("unreadable", why, None)
    file = f"{folder.as_posix()}/{name}"
    assert str(error.value) == (
        f"The file {file} cannot be read ({why}): see to it that this program can read it."
    )
    with pytest.raises(checkpoint.CheckpointError, match=re.escape(f"{file} cannot be read ({why})")):
        checkpoint.size_in_bytes(folder / name)


def test_a_folder_into_which_nobody_may_look_is_one_sentence(folder, monkeypatch):
    for inside in (
        folder,
        folder.parent,
    ):  # also where its own .git, or that of the current folder, is hidden
        why = refuse(inside, "no right", monkeypatch)
        monkeypatch.chdir(folder.parent)
        with pytest.raises(checkpoint.CheckpointError) as error:
            checkpoint.load_config(folder)
        assert (error.value.problem, error.value.why) == ("unreadable", why)
        assert checkpoint.restoring(folder / "deeper") is None


def test_a_link_to_nothing_is_a_file_that_is_missing(folder):
    path = folder / "model.safetensors"
    path.unlink()
    path.symlink_to("nowhere")
    with pytest.raises(checkpoint.CheckpointError, match="is missing"):
        checkpoint.load_tensors(folder)


def test_in_a_folder_that_was_deleted_a_file_is_told_all_the_same(folder, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    here.rmdir()
    with pytest.raises(checkpoint.CheckpointError, match="is missing"):
        checkpoint.load_config(folder / "nowhere")


POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_pointer_of_git_lfs_is_told_as_such(folder, name):
    (folder / name).write_text(POINTER)
    with pytest.raises(checkpoint.CheckpointError, match=r"Git LFS .+ `git lfs pull`") as error:
        checkpoint.load_tensors(folder)
    assert f"{folder.as_posix()}/{name}" in str(error.value) and "checkout" not in str(error.value)


def test_the_command_restores_the_file_from_wherever_it_is_given(tmp_path, monkeypatch):
    def git(*arguments):
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x", *arguments], cwd=clone, check=True)

    def command(folder):
        with pytest.raises(checkpoint.CheckpointError) as error:
            checkpoint.load_config(folder)
        return error.value.command

    clone = tmp_path / "Área de Trabalho"
    weights = clone / "pretrained/vae"
    checkpoint.save(weights, {"size": 3}, {"w": np.ones(2)})
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "weights"]):
        git(*arguments)
    for here, lost in ((tmp_path, weights), (tmp_path, clone / "pretrained"), (clone, clone / "pretrained")):
        monkeypatch.chdir(here)
        shutil.rmtree(lost)
        subprocess.run(shlex.split(command(weights)), check=True)
        assert checkpoint.load_config(weights)["size"] == 3
    monkeypatch.chdir(clone)
    shutil.rmtree(weights)
    # short where it can be
    assert command(weights) == command("pretrained/vae") == "git checkout -- pretrained/vae"


def test_a_folder_in_no_clone_is_not_told_to_use_git(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    for name in (folder, folder.name, folder / "nowhere"):
        with pytest.raises(checkpoint.CheckpointError) as error:
            checkpoint.load_config(Path(name) / "deeper")
        assert "is missing" in str(error.value) and "checkout" not in str(error.value)


def test_a_file_that_config_does_not_vouch_for_is_refused(folder):
    (folder / "stray.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    with pytest.raises(checkpoint.CheckpointError, match="stray"):
        checkpoint.load_tensors(folder, "stray.safetensors")


def test_networks_are_read_without_the_compiler_of_torch():
    # importing it takes 150 MB and seconds
    code = (
        "import sys; from models.vae import VAE; from models.gan import GAN; from models.gpt import GPT;"
        "VAE.from_pretrained('pretrained/vae/digits'); GPT.from_pretrained('pretrained/lm/shakespeare/gpt');"
        "GAN.from_pretrained('pretrained/gan/digits');"
        "print([name for name in ('torch._dynamo', 'sympy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
