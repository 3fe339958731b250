"""Training on a few pictures and a few lines made here: it runs, resumes exactly, and writes what the models read."""

import copy
import functools
import gzip
import hashlib
import importlib
import itertools
import math
import re
import shlex
import shutil
import struct
import subprocess
import sys
import threading
from argparse import Namespace
from dataclasses import dataclass, replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torchvision import datasets

from models import checkpoint
from models.gan import GAN
from models.gpt import GPT
from models.gpt import load_snapshots as gpt_snapshots
from models.ngram import NgramLM
from models.pictures import Pictures
from models.upsampling import UpsampledConv
from models.vae import (
    VAE,
    RealNVP,
    VAEConfig,
    load_snapshots,
    log_posterior,
    recon_loss,
    standard_log_prob,
)
from training import (
    classifier,
    cross_fitting,
    data,
    distil,
    flow,
    gan,
    gan_quality,
    gpt,
    importance,
    make,
    measures,
    mixture,
    ngram,
    prior,
    run,
    vae,
    vae_quality,
)
from training import pictures as picture_files
from training.evaluate import write
from training.measures import frechet
from training.muon import Muon, orthogonalize


@dataclass
class FewPictures:
    """What `data.images` reads of a set."""

    data: torch.Tensor
    targets: torch.Tensor


def write_idx(path, array):
    """The format of MNIST's files: two zero bytes, type 8 (uint8), number of dimensions, sizes, bytes."""
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder laid out as torchvision expects, MNIST and Fashion-MNIST of 400 + 250 pictures: a bar a class."""
    root = tmp_path_factory.mktemp("data")
    for name in ("MNIST", "FashionMNIST"):
        folder = root / name / "raw"
        folder.mkdir(parents=True)
        for part, count in (("train", 400), ("t10k", 250)):
            labels = np.arange(count) % 10
            images = np.zeros((count, 28, 28))
            for image, label in zip(images, labels):
                image[2 * label + 4 : 2 * label + 7] = 255
            write_idx(folder / f"{part}-images-idx3-ubyte", images)
            write_idx(folder / f"{part}-labels-idx1-ubyte", labels)
    return root


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    lines = [f"the cat number {i % 7} sat on the mat\n" for i in range(120)]
    (folder / "tinyshakespeare.txt").write_text("".join(lines), "utf-8")
    lines = [f"o gato número {i % 7} subiu no telhado\n" for i in range(120)]
    (folder / "machado.txt").write_text("".join(lines), "utf-8")
    return folder


def interrupted(monkeypatch, module, name, calls, main, arguments):
    """Run main(arguments), pull the plug at call number `calls` of module.name, and run it again to its end."""
    whole, count = getattr(module, name), [0]

    def plug(*args):
        count[0] += 1
        if count[0] == calls:
            raise KeyboardInterrupt
        return whole(*args)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, plug)
        with pytest.raises(KeyboardInterrupt):
            main(arguments)
    main(arguments)


def same_weights(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values()))


def where(folder, out):
    """The paths of a training command: the data, what comes out and, beside it, the resumable state."""
    return ["--data", str(folder), "--out", str(out), "--state", f"{out}-run", "--device", "cpu"]


def small_vae(pictures, out, *more):
    """Arguments of a very short training of a VAE; a pass over the 360 pictures that are trained on is 5 steps."""
    size = ["--width", "8", "--latent-dim", "4", "--batch", "64", "--hidden", "0"]
    return [*where(pictures, out), *size, *more]


def test_a_vae_resumes_exactly_and_is_readable(pictures, tmp_path, monkeypatch):
    def arguments(name):
        return small_vae(pictures, tmp_path / name, "--epochs", "2")

    vae.main(arguments("whole"))
    # 360 pictures to train on, 5 batches of 64 an epoch: the plug is pulled in the second epoch
    interrupted(monkeypatch, vae, "train_step", 8, vae.main, arguments("cut"))
    whole, cut = (VAE.from_pretrained(tmp_path / name) for name in ("whole", "cut"))
    assert same_weights(whole, cut)
    assert whole.examples.z.shape == (250, 4)  # all of each class, there being fewer than 100
    assert len(whole.info["kl_per_dim"]) == 4
    found = vae.evaluate(whole, vae.split("digits", str(pictures))[1], torch.device("cpu"))
    recon_loss, kl = found["recon_loss"], found["kl"]
    assert whole.info["losses"] == {"recon_loss": round(recon_loss, 2), "kl": round(kl, 2), "held_out": True}
    assert sum(whole.info["kl_per_dim"]) == pytest.approx(kl, rel=0.3)  # of grey and of binarised pictures


def test_a_vae_keeps_five_snapshots(pictures, tmp_path):
    out = tmp_path / "vae/digits-beta4"
    arguments = ["--data", str(pictures), "--out", str(out), "--state", str(tmp_path / "run"), "--snapshots"]
    vae.main(
        [
            *arguments,
            *[
                "--beta",
                "4",
                "--width",
                "8",
                "--latent-dim",
                "3",
                "--batch",
                "64",
                "--epochs",
                "2",
                "--device",
                "cpu",
            ],
        ]
    )
    snapshots = load_snapshots(out)
    assert list(snapshots) == [
        0,
        5,
        10,
    ]  # 5 steps a pass: untrained, a pass, the end (and no steps 30 and 100)
    z = torch.zeros(1, 3)
    drawn = [snapshots[step].decode(z) for step in snapshots]
    assert not any(torch.equal(*pair) for pair in itertools.pairwise(drawn))
    assert len(snapshots[10].info["kl_per_dim"]) == 3
    assert snapshots[10].info["training"]["beta"] == 4 and len(snapshots[0].info["history"]) == 2
    assert snapshots[10].info["training"]["command"].endswith("--width 8 --beta 4 --snapshots")


def test_a_vae_stops_at_the_step_that_was_asked_for_and_goes_on_from_there(pictures, tmp_path):
    for name, parts in {"whole": [8], "parts": [3, 6, 8]}.items():
        for steps in parts:
            vae.main(small_vae(pictures, tmp_path / name, "--steps", str(steps), "--lr", "0"))
            info = VAE.from_pretrained(tmp_path / name).info
            assert info["training"]["steps"] == steps == info["history"][-1]["step"]
    assert [row["step"] for row in info["history"]] == [3, 5, 6, 8]  # logged after each pass and at each end
    vae.main(small_vae(pictures, tmp_path / "parts", "--steps", "2", "--no-resume"))
    assert VAE.from_pretrained(tmp_path / "parts").info["training"]["steps"] == 2


def test_a_vae_grows_and_goes_on_without_the_prior_of_its_old_codes(pictures, tmp_path):
    out = tmp_path / "vae"
    vae.main(small_vae(pictures, out, "--steps", "5"))
    prior.main(
        ["--data", str(pictures), "--out", str(out), "--state", str(tmp_path / "prior"), "--steps", "2"]
    )
    vae.main(small_vae(pictures, out, "--steps", "5"))  # once more, when there is nothing to do
    before = VAE.from_pretrained(out)
    with pytest.raises(SystemExit, match="another network"):
        vae.main(small_vae(pictures, out, "--steps", "6", "--blocks", "2", "--go-on", "--no-resume"))
    more = ["--steps", "15", "--hidden", "16", "--go-on", "--state", str(tmp_path / "second")]
    vae.main(small_vae(pictures, out, *more))
    after = VAE.from_pretrained(out)
    assert after.config.hidden == 16 and before.config.hidden == 0
    assert [row["step"] for row in after.info["history"]] == [5, 10, 15]
    assert after.encoder.head.beside[-1].weight.abs().max() > 0  # at first it added nothing
    assert before.prior is not None and after.prior is None and not (out / "prior.safetensors").exists()
    command = after.info["training"]["command"]
    assert "--hidden 16 " in command and command.endswith("--go-on")


def test_a_vae_learns_likeness_from_the_discriminator_of_a_gan(pictures, tmp_path):
    paths = ["--data", str(pictures), "--out", str(tmp_path / "gan"), "--state", str(tmp_path / "run")]
    gan.main([*paths, "--steps", "4", "--batch", "32", "--device", "cpu"])
    folder = str(tmp_path / "gan")
    arguments = small_vae(
        pictures, tmp_path / "vae", "--set", "fashion", "--gan", folder, "--similarity", "2"
    )
    with pytest.raises(SystemExit):
        vae.main([*arguments, "--pixel-noise", "0"])  # only copies in grey are like or unlike
    args = vae.parse_args([*arguments, "--pixel-noise", "0.1"])
    critic = vae.Critic(args)
    x = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    assert critic(x, x, 0.1).tolist() == [0, 0, 0]
    far, near = critic(x.flip(3), x, 0.1), critic(x, x, 0.1)
    assert (far > near).all()
    # half as much noise counts four times
    assert critic(x.flip(3), x, 0.05).tolist() == pytest.approx((4 * far).tolist(), rel=1e-4)
    vae.main([*arguments, "--pixel-noise", "0.1", "--steps", "5"])
    trained = VAE.from_pretrained(tmp_path / "vae")
    assert trained.config.pixel_noise == 0.1
    assert "--pixel-noise 0.1 --similarity 2" in trained.info["training"]["command"]


def test_a_run_that_goes_on_has_a_state_of_its_own(pictures, corpus, tmp_path, monkeypatch):
    # as the model cards have it: one command after the other, with no word about the state
    monkeypatch.chdir(tmp_path)
    cases = {
        "vae/digits": (vae, pictures, ["--width", "8", "--batch", "64", "--hidden", "0"], ["--hidden", "16"]),
        "gan/fashion-regularised": (gan, pictures, ["--batch", "32"], []),
        "gpt/shakespeare": (gpt, corpus, ["--layers", "1", "--heads", "2", "--width", "16"], []),
    }
    for name, (module, folder, size, more) in cases.items():
        common = ["--data", str(folder), "--device", "cpu", *size]
        module.main([*common, "--steps", "2"])
        module.main([*common, "--steps", "4", "--go-on", *more])
        for state, step in ((f"runs/{name}", 2), (f"runs/{name}-from-2", 4)):
            assert list(Path(state).glob("state-*")) == [Path(state) / f"state-{step}.safetensors"], state


def test_what_is_shipped_is_trained_by_one_short_command():
    fashion = vae.parse_args(["--set", "fashion"])
    assert (fashion.pixel_noise, fashion.similarity, fashion.hidden) == (0.1, 2, 128)
    for more in (["--latent-dim", "2"], ["--snapshots"]):  # these are plain VAEs
        plain = vae.parse_args(["--set", "fashion", *more])
        assert (plain.pixel_noise, plain.similarity, plain.hidden) == (0, 0, 0)
    assert vae.parse_args(["--set", "fashion", "--similarity", "0"]).similarity == 0
    assert vae.parse_args(["--set", "emoji", "--latent-dim", "2"]).pixel_noise == 0.25
    for name in ("digits", "fashion", "emoji"):
        shipped, asked = VAE.from_pretrained(f"pretrained/vae/{name}").config, vae.parse_args(["--set", name])
        assert (shipped.hidden, shipped.pixel_noise) == (asked.hidden, asked.pixel_noise), name


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (vae, "--steps 3 --batch 8 --seed 7 --lr 0.00012345678 --warmup 0 --blocks 2 --width 8 --beta 0.1"),
        (
            vae,
            "--set fashion --latent-dim 2 --similarity 2 --pixel-noise 0.1 --gan 'a b' --stop-after 60 --go-on",
        ),
        (vae, "--set fashion --snapshots --hidden 8 --batch 8"),
        (gan, "--variant unregularised --steps 9 --batch 8 --seed 3 --lr 1e-5 --final-lr 0.5 --momentum 0.1"),
        (gan, "--set digits --gamma 3 --averaging 0.5 --go-on"),
        (
            gpt,
            "--steps 90 --layers 1 --heads 2 --width 16 --tokens 256 --seed 4 --snapshots 0 25 --held-out 0.1",
        ),
        (gpt, "--corpus machado --dropout 0.3 --snapshots --counts 0.5 --teacher counts --go-on"),
        (gpt, "--steps 300"),
    ],
)
def test_the_command_that_is_written_down_makes_the_same(module, options):
    args = module.parse_args(shlex.split(options))
    command = module.made_by(args)
    python, flag, name, *again = shlex.split(command)
    assert [python, flag, name] == ["python", "-m", module.__name__]
    assert module.parse_args(again) == args


def test_usual_options_are_not_written_down():
    assert (
        gan.made_by(gan.parse_args([]))
        == "python -m training.gan --set fashion --variant regularised --steps 20000"
    )
    assert gpt.made_by(gpt.parse_args([])) == "python -m training.gpt --corpus shakespeare --steps 6600"
    options = "--hidden 128 --pixel-noise 0.1 --similarity 2"
    usual = f"python -m training.vae --set fashion --latent-dim 32 --epochs 24 {options}"
    assert vae.made_by(vae.parse_args(["--set", "fashion"])) == usual


def test_a_prior_resumes_exactly(pictures, tmp_path, monkeypatch):
    out = tmp_path / "vae/digits"
    vae.main(small_vae(pictures, out, "--steps", "5"))
    priors = []
    for name in ("whole", "cut"):
        arguments = [
            "--data",
            str(pictures),
            "--out",
            str(out),
            "--state",
            str(tmp_path / name),
            "--device",
            "cpu",
        ]
        arguments += ["--steps", "400", "--batch", "8", "--hidden", "8", "--couplings", "2"]
        if name == "whole":
            prior.main(arguments)
        else:
            interrupted(monkeypatch, prior, "train_step", 300, prior.main, arguments)  # saved after 250
        priors.append(VAE.from_pretrained(out).prior)
    assert same_weights(*priors)
    info = VAE.from_pretrained(out).info["training"]
    made = info["prior"]
    assert (made["steps"], made["batch"], made["seed"]) == (400, 8, 0) and made["seconds"] >= 0
    assert made["command"] == (
        "python -m training.prior --model digits --couplings 2 --hidden 8 --steps 400 --batch 8"
    )
    assert [row["step"] for row in made["history"]] == [250, 400]
    # the VAE is as it was, and so is what was fitted to its codes
    vae.main(small_vae(pictures, out, "--steps", "5"))
    after = VAE.from_pretrained(out)
    assert after.info["training"]["prior"] == made and same_weights(after.prior, priors[0])


def test_a_learned_prior_is_fitted_to_the_codes(pictures, tmp_path, capsys):
    out = tmp_path / "vae/digits"
    common = ["--data", str(pictures), "--out", str(out)]
    short = ["--width", "8", "--latent-dim", "3", "--batch", "64", "--epochs", "1", "--device", "cpu"]
    vae.main([*common, "--state", str(tmp_path / "run"), *short])
    before = VAE.from_pretrained(out).encoder.head.weight
    fast = ["--steps", "60", "--batch", "64", "--lr", "0.01", "--hidden", "16", "--device", "cpu"]
    prior.main([*common, *fast, "--state", str(tmp_path / "run-prior")])
    model = VAE.from_pretrained(out)
    assert torch.equal(model.encoder.head.weight, before)  # the VAE itself stays
    _, held_out = vae.split("digits", str(pictures))
    with torch.inference_mode():
        mu, logvar = vae.codes(model, held_out)
        z = prior.draw(mu, logvar, torch.Generator().manual_seed(5))
        assert model.prior.log_prob(z).mean() > standard_log_prob(z).mean()
    assert "learned" in capsys.readouterr().out


def test_shipped_pictures_are_the_first_test_pictures(pictures, tmp_path):
    picture_files.main(["--set", "fashion", "--data", str(pictures), "--out", str(tmp_path / "pictures")])
    shipped = Pictures.from_pretrained(tmp_path / "pictures")
    assert shipped.images.shape == (250, 1, 28, 28) and shipped.label.tolist() == sorted(shipped.label)
    # class 3 is a bar at rows 10 to 12
    assert shipped.picture(3, 0)[0, 10:13].min() == 1 and shipped.picture(3, 0).sum() == 3 * 28
    assert shipped.picture(3, 25) is None


@pytest.mark.skipif(
    not Path(data.EmojiFaces.FONT).exists(), reason="the Noto Color Emoji font is not installed"
)
def test_emoji_are_drawn_from_the_font():
    pixels, labels = data.images("emoji", None, train=True)
    assert pixels.shape == (sum(map(len, data.EMOJI.values())), 3, 64, 64) == (len(labels), 3, 64, 64)
    assert (pixels[:, :, 0, 0] > 200).all()  # on white paper
    assert len({picture.numpy().tobytes() for picture in pixels}) == len(pixels)  # no two are the same
    # a grinning face is yellow in the middle of its forehead
    red, green, blue = pixels[0, :, 14, 32].tolist()
    assert red > 200 and green > 150 and blue < 100


def test_a_missing_font_is_one_sentence(tmp_path):
    with pytest.raises(SystemExit, match="apt install fonts-noto-color-emoji"):
        data.EmojiFaces(font=tmp_path / "NotoColorEmoji.ttf")


def test_a_vae_of_few_colour_pictures_trains_on_all(monkeypatch, tmp_path):
    few = torch.randint(0, 256, (10, 3, 64, 64), dtype=torch.uint8)
    monkeypatch.setitem(data.DATASETS, "emoji", lambda *_, **__: FewPictures(few, torch.arange(10)))
    monkeypatch.setattr(vae, "PASSES", {"emoji": 2})
    arguments = ["--set", "emoji", "--out", str(tmp_path / "vae/emoji"), "--state", str(tmp_path / "run")]
    vae.main(
        [
            *arguments,
            *["--width", "8", "--latent-dim", "3", "--batch", "4", "--epochs", "1", "--device", "cpu"],
        ]
    )
    model = VAE.from_pretrained(tmp_path / "vae/emoji")
    assert model.info["training"]["steps"] == 5  # 10 pictures twice, by fours
    assert model.reconstruct(few.float() / 255).shape == few.shape and model.config.pixel_noise > 0


@pytest.fixture
def few_emoji(monkeypatch):
    """Ten pictures of 64x64 in colour in place of the font's: plain squares."""
    colours = torch.randint(0, 256, (10, 3, 1, 1), generator=torch.Generator().manual_seed(0))
    few = colours.expand(10, 3, 64, 64).to(torch.uint8).clone()
    few[:, :, 16:48, 16:48] //= 2
    monkeypatch.setitem(data.DATASETS, "emoji", lambda *_, **__: FewPictures(few, torch.arange(10)))
    monkeypatch.setattr(vae, "PASSES", {"emoji": 2})
    return few


def small_emoji_vae(out):
    vae.main(
        [
            *["--set", "emoji", "--out", str(out), "--state", f"{out}-vae", "--device", "cpu"],
            *["--width", "8", "--latent-dim", "3", "--batch", "4", "--steps", "30"],
        ]
    )


def test_a_faster_decoder_learns_from_the_old_one_and_resumes_exactly(few_emoji, tmp_path, monkeypatch):
    small_emoji_vae(tmp_path / "teacher")
    short = ["--steps", "20", "--couplings", "2", "--hidden", "8"]
    prior.main([*where("", tmp_path / "teacher"), *short])
    teacher = VAE.from_pretrained(tmp_path / "teacher")
    students = []
    for name in ("whole", "cut"):
        out = tmp_path / name
        shutil.copytree(tmp_path / "teacher", out)
        arguments = [*where("", out), "--lessons", "50", "--steps", "40", "--batch", "8", "--log-every", "10"]
        arguments += ["--width", "16"]
        if name == "whole":
            distil.main(arguments)
        else:
            interrupted(monkeypatch, distil, "batch", 25, distil.main, arguments)  # saved after 20
        students.append(VAE.from_pretrained(out))
    assert same_weights(*students)
    small = students[0]
    assert same_weights(small.encoder, teacher.encoder) and same_weights(small.prior, teacher.prior)
    assert np.array_equal(small.examples.z, teacher.examples.z)
    assert small.config == replace(teacher.config, patch=4, patch_width=16)
    made = small.info["training"].pop("distilled")
    assert small.info["training"] == teacher.info["training"]
    unlike = [row["unlike"] for row in made["history"]]
    assert len(unlike) == 4 and unlike[-1] < unlike[0]
    z = torch.from_numpy(small.examples.z)
    drawn, black = small.decode(z), torch.zeros(10, 3, 64, 64)
    assert (drawn - teacher.decode(z)).square().mean() < (black - teacher.decode(z)).square().mean()

    with pytest.raises(SystemExit, match="faster decoder already"):
        distil.main(arguments)


@pytest.fixture
def short_watch(monkeypatch):
    """The bound in the log of training.importance is of few pictures and codes."""
    monkeypatch.setattr(importance, "PICTURES", 40)
    monkeypatch.setattr(importance, "SAMPLES", 20)


def test_a_prior_learns_by_importance_and_resumes_exactly(pictures, tmp_path, monkeypatch, short_watch):
    vae.main(small_vae(pictures, tmp_path / "before", "--steps", "40"))
    arguments = ["--steps", "60", "--batch", "16", "--codes", "8", "--lr", "0.003", "--log-every", "20"]
    with pytest.raises(SystemExit, match=r"training\.prior first"):
        importance.main([*where(pictures, tmp_path / "before"), *arguments])
    small = ["--steps", "40", "--couplings", "2", "--hidden", "8", "--state", str(tmp_path / "prior")]
    prior.main([*where(pictures, tmp_path / "before"), *small])
    before = VAE.from_pretrained(tmp_path / "before")
    tuned = []
    for name in ("whole", "cut"):
        out = tmp_path / name
        shutil.copytree(tmp_path / "before", out)
        settings = [*where(pictures, out), *arguments]
        if name == "whole":
            importance.main(settings)
        else:
            interrupted(
                monkeypatch, importance, "train_step", 30, importance.main, settings
            )  # saved after 20
        tuned.append(VAE.from_pretrained(out))
    assert same_weights(*tuned)
    made = tuned[0].info["training"].pop("importance")
    assert tuned[0].info["training"] == before.info["training"] and made["steps"] == 60
    assert same_weights(tuned[0].encoder, before.encoder) and same_weights(tuned[0].decoder, before.decoder)
    assert not same_weights(tuned[0].prior, before.prior)
    # a prior that is fitted anew has not learned by importance
    prior.main([*where(pictures, tmp_path / "cut"), *small])
    assert "importance" not in VAE.from_pretrained(tmp_path / "cut").info["training"]
    pixels, _ = data.images("digits", str(pictures), train=False)
    bounds = []
    for model in (before, tuned[0]):
        draw = torch.Generator().manual_seed(3)
        weights = measures.log_weights(model, vae.binarize(pixels[:40], draw), 20, draw)
        bounds.append(measures.importance_bound(weights).mean().item())
    assert bounds[1] < bounds[0]


@pytest.mark.parametrize("decoder_lr", [0, 1e-3])
def test_a_step_by_importance_scores_codes_by_p_over_q(decoder_lr):
    torch.manual_seed(0)
    model = VAE(VAEConfig(latent_dim=3, width=8)).eval().requires_grad_(False)
    model.info = {"set": "digits"}
    model.prior = RealNVP(3, couplings=2, hidden=8, classes=2).requires_grad_(True)
    for weight in model.prior.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    before = copy.deepcopy(model.prior)
    pixels, labels = torch.randint(256, (6, 1, 28, 28), dtype=torch.uint8), torch.tensor([0, 1, 0, 1, 0, 1])
    args = Namespace(seed=0, device="cpu", batch=4, codes=5, decoder_lr=decoder_lr)
    model.decoder.requires_grad_(decoder_lr > 0)
    step = torch.optim.SGD([*model.prior.parameters(), *model.decoder.parameters()], lr=0.0)
    found = importance.train_step(args, model, step, pixels, labels, 7)
    # the same, one picture and one code after the other
    noise = prior.generator(args, 7)
    rows = torch.randint(6, (4,), generator=noise)
    x = vae.observe(model, pixels[rows], noise)
    mu, logvar = (part.repeat_interleave(5, 0) for part in model.encode(x))
    z = model.reparameterize(mu, logvar, noise)
    bounds, rebuilt = [], []
    for picture, label, codes, means, logvars in zip(
        x, labels[rows], *(part.split(5) for part in (z, mu, logvar))
    ):
        rebuilt.append(recon_loss(model.decode_logits(codes), picture.expand(5, -1, -1, -1)))
        weights = before.log_prob(codes, label.expand(5)) - rebuilt[-1] - log_posterior(codes, means, logvars)
        bounds.append(math.log(5) - weights.logsumexp(0))
    assert found == pytest.approx(torch.stack(bounds).mean().item(), rel=1e-4)
    if not decoder_lr:
        assert all(weight.grad is None for weight in model.decoder.parameters())
        return
    weight = model.decoder.features[
        -1
    ].weight  # in equal parts from this bound and from the one with a single code
    loss = torch.stack(bounds).mean() + torch.cat(rebuilt).mean()
    torch.testing.assert_close(weight.grad, *torch.autograd.grad(loss, weight), rtol=1e-3, atol=1e-4)


def test_a_decoder_learns_by_importance_and_its_losses_are_written_anew(pictures, tmp_path, short_watch):
    out = tmp_path / "digits"
    vae.main(small_vae(pictures, out, "--steps", "40"))
    small = ["--steps", "40", "--couplings", "2", "--hidden", "8", "--state", str(tmp_path / "prior")]
    prior.main([*where(pictures, out), *small])
    before = VAE.from_pretrained(out)
    rates = ["--lr", "0.003", "--decoder-lr", "0.003"]
    steps = ["--steps", "60", "--batch", "16", "--codes", "8", "--log-every", "20"]
    importance.main([*where(pictures, out), *rates, *steps, "--state", str(tmp_path / "importance")])
    after = VAE.from_pretrained(out)
    assert same_weights(after.encoder, before.encoder) and not same_weights(after.decoder, before.decoder)
    assert not same_weights(after.prior, before.prior)
    made = after.info["training"].pop("decoder_tuned")
    assert after.info["training"] == before.info["training"] and made["steps"] == 60
    assert made["history"][-1]["held_out"] < made["history"][0]["held_out"]
    assert made["command"].endswith("--steps 60 --batch 16 --codes 8 --lr 0.003 --decoder-lr 0.003")
    assert after.info["losses"]["recon_loss"] < before.info["losses"]["recon_loss"]


@pytest.mark.parametrize(("real", "count"), [(0.25, 2), (0, 0)])
def test_a_share_of_what_a_faster_decoder_learns_from_are_training_pictures(real, count):
    model = VAE(VAEConfig(latent_dim=3, width=8))
    pictures = torch.full((5, 1, 28, 28), 255, dtype=torch.uint8)
    lesson = torch.zeros(4, 3), torch.zeros(4, 1, 28, 28, dtype=torch.uint8)
    known = torch.ones(5, 3), torch.full((5, 3), -50.0)
    args = Namespace(seed=0, device="cpu", batch=8, real=real)
    z, x = distil.batch(model, pictures, known, lesson, args, 3)
    torch.testing.assert_close(z[:, 0], torch.tensor([1.0] * count + [0.0] * (8 - count)))
    assert x.mean((1, 2, 3)).tolist() == [1] * count + [0] * (8 - count)


def test_the_width_of_a_faster_decoder_and_what_it_is_worth_are_written(pictures, tmp_path, monkeypatch):
    lessons = distil.lessons
    vae.main(small_vae(pictures, tmp_path / "vae", "--steps", "20"))
    teacher = VAE.from_pretrained(tmp_path / "vae")
    seen = []
    monkeypatch.setattr(distil, "lessons", lambda *args: seen.append(lessons(*args)) or seen[0])
    options = [
        "--patch",
        "2",
        "--width",
        "8",
        "--lessons",
        "20",
        "--posterior",
        "30",
        "--real",
        "0.5",
        "--steps",
        "6",
        "--batch",
        "8",
    ]
    state = str(tmp_path / "distil")
    distil.main([*where(pictures, tmp_path / "vae"), "--state", state, *options, "--log-every", "3"])
    small = VAE.from_pretrained(tmp_path / "vae")
    assert small.config.decoder_maps == [(7, 16), (14, 8)]
    made = small.info["training"]["distilled"]
    assert made["command"].endswith(" ".join(["--model emoji", *options]))
    ((z, drawn),) = seen
    assert z.shape == (50, teacher.config.latent_dim)
    assert torch.equal(drawn, data.to_pixels(teacher.decode(z)))
    held_out = vae.split("digits", str(pictures))[1]
    x, mu = held_out / 255, vae.codes(teacher, held_out)[0]
    losses = [recon_loss(model.decode_logits(mu), x).mean().item() for model in (small, teacher)]
    assert made["history"][-1]["held_out"] == pytest.approx(losses[0] - losses[1], abs=0.05)


def test_patches_that_do_not_fit_are_one_sentence(few_emoji, tmp_path):
    small_emoji_vae(tmp_path / "vae")
    with pytest.raises(SystemExit, match="--patch must divide half the side of the pictures, 32"):
        distil.main([*where("", tmp_path / "vae"), "--patch", "5"])


def test_lessons_are_of_every_kind_of_code_that_the_page_decodes():
    model = VAE(VAEConfig(image_size=32, channels=3, latent_dim=4, width=8))
    mu = 5 * torch.eye(4)
    z = distil.every_kind(model, mu, 200, torch.Generator().manual_seed(0))
    straight, turned, four, prior_of, wide = z.view(5, 200, 4)
    assert torch.allclose(straight.sum(1), torch.full((200,), 5.0))  # between two of mu, or on one
    assert torch.allclose(turned.norm(dim=1), torch.full((200,), 5.0), atol=1e-4)
    assert (four.sum(1) - 5).abs().mean() < 4 * distil.SPREAD and four.sum(1).std() > distil.SPREAD
    assert 0 < prior_of.std() < distil.SCALE and 0 < wide.std() < distil.SCALE
    assert not torch.equal(prior_of, wide)


def small_flow(pictures, out, state, *options):
    """Arguments for a tiny run of training.flow."""
    arguments = ["--data", str(pictures), "--out", str(out), "--state", str(state), "--device", "cpu"]
    return [*arguments, "--width", "8", "--condition", "8", "--blocks", "2", *options]


def test_a_flow_resumes_exactly(pictures, tmp_path, monkeypatch):
    out = tmp_path / "vae/digits"
    vae.main(small_vae(pictures, out, "--steps", "5"))
    flows = []
    for name in ("whole", "cut"):
        short = ["--steps", "40", "--batch", "8", "--log-every", "20"]
        arguments = small_flow(pictures, out, tmp_path / name, *short)
        if name == "whole":
            flow.main(arguments)
        else:
            interrupted(monkeypatch, flow, "train_step", 30, flow.main, arguments)  # saved after 20
        flows.append(VAE.from_pretrained(out).flow)
    assert same_weights(*flows)
    made = VAE.from_pretrained(out).info["training"]
    assert made["flow"]["steps"] == 40 and [row["step"] for row in made["flow"]["history"]] == [20, 40]
    assert made["steps"] == 5  # how the VAE was trained stays known
    sizes = "--width 8 --blocks 2 --condition 8"
    assert made["flow"]["command"] == f"python -m training.flow --model digits {sizes} --steps 40 --batch 8"


def test_a_flow_leads_to_the_codes_of_the_class_that_is_told():
    angle = 2 * torch.pi * torch.arange(4) / 4
    centres = 2 * torch.stack([angle.cos(), angle.sin()], 1)  # of four classes
    labels = torch.arange(400) % 4
    train = [centres[labels], torch.full((400, 2), -4.0), labels]  # sigma = exp(-2)
    args = flow.parse_args(["--width", "32", "--condition", "16", "--batch", "256", "--average", "0.9"])
    torch.manual_seed(0)
    model = flow.build(args, Codes(2, 4), *train)
    assert model.shares.tolist() == [0.25] * 4
    # 1 is what taking all codes for one Gaussian gives at best
    assert flow.watch(args, model, train) == pytest.approx(1, abs=0.05)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.005)
    for step in range(300):
        flow.train_step(args, model, optimizer, train, step)
    with torch.inference_mode():
        assert flow.watch(args, model, train) < 0.5
        ends = model.path(range(200), labels[:200])[-1]
        assert (torch.cdist(ends, centres).argmin(1) == labels[:200]).float().mean() > 0.95


class Codes:
    """What training.flow asks of a VAE: the size of its codes, and its classes."""

    def __init__(self, latent_dim, classes):
        self.config, self.info = VAEConfig(latent_dim=latent_dim), {"classes": list("abcdefghij"[:classes])}


def test_what_a_flow_does_not_learn_from_is_held_out(pictures, tmp_path):
    out = tmp_path / "vae/digits"
    vae.main(small_vae(pictures, out, "--steps", "1"))
    model = VAE.from_pretrained(out)
    known = data.images("digits", str(pictures), train=True)
    train, held_out = flow.known(flow.parse_args([]), model, *known)
    assert len(train[0]) == 360 and len(held_out[0]) == 40  # a tenth of 400, the last
    every_fifth = flow.known(flow.parse_args(["--hold-out-every", "5"]), model, *known)[1]
    assert len(every_fifth[0]) == 80 and set(every_fifth[2].tolist()) == {0, 5}


def test_every_shipped_model_has_a_recipe_whose_commands_exist():
    shipped = {
        path.parent.relative_to("pretrained").as_posix() for path in Path("pretrained").rglob("config.json")
    }
    assert set(make.RECIPES) == shipped
    for commands in make.RECIPES.values():
        for name, *options in map(str.split, commands):
            module = importlib.import_module(f"training.{name}")
            assert (name in make.TRAINING) == (hasattr(module, "Run") or hasattr(module, "state_folder"))
            if hasattr(module, "parse_args"):
                module.parse_args(options)


def test_a_recipe_runs_its_commands_in_order_and_passes_options_to_those_that_train(
    monkeypatch, capsys, tmp_path
):
    monkeypatch.chdir(tmp_path)  # a command that ran in earnest would find nothing to write over
    calls, commands = [], [vae, prior, importance, flow, distil, importance, vae_quality]
    for module in set(commands):
        monkeypatch.setattr(module, "main", lambda options, module=module: calls.append((module, options)))
    make.main(["vae/digits", "--steps", "5"])
    assert [module for module, _ in calls] == commands
    trained, fitted, *_, measured = (options for _, options in calls)
    assert trained == ["--set", "digits", "--steps", "5"] and measured == ["--model", "digits"]
    assert prior.parse_args(fitted).steps == 5 and prior.parse_args(fitted).couplings == 10
    assert "python -m training.vae --set digits --steps 5\n" in capsys.readouterr().out
    calls.clear()
    make.main(["vae/digits", "--stat=s"])
    states = [
        run.state_folder(module.parse_args(options), f"{module.__name__}/digits")
        for module, options in calls[:-1]
    ]
    assert states[:2] == ["s/training.vae/digits", "s/training.prior/digits"]
    assert "--several" not in calls[-1][1]
    with pytest.raises(SystemExit):
        make.main(["vae/cats"])


def test_a_recipe_makes_a_model(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make.main(["classifier/digits", "--steps", "2", "--data", str(pictures), "--device", "cpu"])
    assert (tmp_path / "pretrained/classifier/digits/model.safetensors").exists()
    assert (tmp_path / "runs/classifier/digits/state.json").exists()


def test_a_gan_resumes_exactly_and_keeps_its_snapshots(pictures, tmp_path, monkeypatch):
    def arguments(name):
        paths = [
            "--data",
            str(pictures),
            "--out",
            str(tmp_path / name),
            "--state",
            str(tmp_path / f"run-{name}"),
        ]
        return [
            *paths,
            "--steps",
            "6",
            "--batch",
            "16",
            "--save-every",
            "2",
            "--log-every",
            "2",
            "--device",
            "cpu",
        ]

    gan.main(arguments("whole"))
    interrupted(monkeypatch, gan, "generator_step", 4, gan.main, arguments("cut"))
    whole, cut = (GAN.from_pretrained(tmp_path / name) for name in ("whole", "cut"))
    assert whole.snapshots == cut.snapshots == [0, 6]
    assert whole.history["step"] == cut.history["step"] == [2, 4, 6]
    images = [model.sample(range(4)) for model in (whole, cut)]
    assert torch.equal(*images)
    assert not torch.equal(images[0], whole.sample(range(4), snapshot=0))


def test_the_history_of_a_gan_is_the_same_after_an_interruption_between_two_rows(
    pictures, tmp_path, monkeypatch
):
    def arguments(name):
        # saved after 2, 4 and 6 steps, and a row for 3 and 6
        often = ["--steps", "6", "--batch", "16", "--save-every", "2", "--log-every", "3"]
        return [*where(pictures, tmp_path / name), *often]

    gan.main(arguments("whole"))
    interrupted(monkeypatch, gan, "generator_step", 6, gan.main, arguments("cut"))
    whole, cut = (GAN.from_pretrained(tmp_path / name).history for name in ("whole", "cut"))
    assert whole == cut and whole["step"] == [3, 6]


def test_the_unregularised_twin_trains_too(pictures, tmp_path):
    paths = ["--data", str(pictures), "--out", str(tmp_path), "--state", str(tmp_path / "run")]
    gan.main([*paths, "--variant", "unregularised", "--steps", "2", "--batch", "16", "--device", "cpu"])
    assert GAN.from_pretrained(tmp_path, variant="unregularised").snapshots == [0, 2]


def test_a_gan_goes_on_from_its_last_snapshot(pictures, tmp_path):
    common = [
        "--data",
        str(pictures),
        "--out",
        str(tmp_path),
        "--batch",
        "16",
        "--log-every",
        "2",
        "--device",
        "cpu",
    ]
    gan.main([*common, "--state", str(tmp_path / "first"), "--steps", "2"])
    before = GAN.from_pretrained(tmp_path)
    # nothing is learned at a rate of 0: what comes out is what was kept
    still = ["--lr", "0", "--go-on", "--state", str(tmp_path / "second"), "--steps", "4"]
    gan.main([*common, *still])
    after = GAN.from_pretrained(tmp_path)
    assert after.snapshots == [0, 2, 4] and after.history["step"] == [2, 4]
    assert torch.equal(after.sample([1, 2]), before.sample([1, 2]))
    assert after.training["steps"] == 4 and "--go-on" in after.training["command"]


def test_the_quality_of_a_gan_is_written_beside_its_weights(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(gan_quality, "SAMPLES", 100)
    monkeypatch.setattr(gan_quality, "SCORED", 2)
    paths = ["--data", str(pictures)]
    out = ["--out", str(tmp_path)]
    gan.main(
        [*paths, *out, "--state", str(tmp_path / "run"), "--steps", "2", "--batch", "16", "--device", "cpu"]
    )
    assert GAN.from_pretrained(tmp_path).quality is None
    gan_quality.main([*paths, *out])
    model = GAN.from_pretrained(tmp_path)
    names = {
        "cfid",
        "coverage",
        "classes_seen",
        "sharpness",
        "in_class",
        "pairwise_distance",
        "distance_by_class",
    }
    assert model.quality["step"] == model.snapshots == [0, 2]
    assert all(len(model.quality[name]) == 2 for name in names) and set(model.quality["real"]) == names
    # the scores are those of the discriminator of the same snapshot, of its own generator's samples
    rows = np.arange(len(model.scores.labels))
    for i, step in enumerate(model.snapshots):
        labels = torch.from_numpy(model.scores.labels)
        again = model.score(model.sample(rows.tolist(), labels, snapshot=step), labels, step)
        assert np.allclose(model.scores.made[i], again, atol=5e-3)


def test_a_gan_that_is_trained_anew_has_no_measures_of_the_one_before(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(gan_quality, "SAMPLES", 100)
    monkeypatch.setattr(gan_quality, "SCORED", 2)
    where = ["--data", str(pictures), "--out", str(tmp_path)]
    folder = tmp_path / "regularised"

    def trained(state, *more):
        state = ["--state", str(tmp_path / state), "--device", "cpu", "--batch", "16", *more]
        gan.main([*where, *state])
        model, files = GAN.from_pretrained(tmp_path), checkpoint.load_config(folder)["files"]
        measured = model.scores is not None, model.quality is not None
        assert (
            measured
            == ((folder / "scores.safetensors").exists(),) * 2
            == ("scores.safetensors" in files,) * 2
        )
        return measured[0]

    assert not trained("first", "--steps", "2")
    gan_quality.main(where)
    measured = checkpoint.load_config(folder)["quality"]
    assert trained("first", "--steps", "2")  # nothing is trained, and the measures stay
    assert not trained("later", "--steps", "3", "--go-on")
    # the old snapshots are as they were, and so are their rows; the new one has none yet
    kept = checkpoint.load_config(folder)["quality"]
    assert (
        kept == measured and kept["step"] == [0, 2] and GAN.from_pretrained(tmp_path).snapshots == [0, 2, 3]
    )
    gan_quality.main(where)
    assert not trained("anew", "--steps", "2", "--seed", "1")
    assert "quality" not in checkpoint.load_config(folder)


def test_a_gpt_resumes_exactly_and_learns(corpus, tmp_path, monkeypatch):
    def arguments(name):
        paths = [
            "--data",
            str(corpus),
            "--out",
            str(tmp_path / name),
            "--state",
            str(tmp_path / f"run-{name}"),
        ]
        size = ["--layers", "1", "--heads", "2", "--width", "16", "--tokens", "256", "--steps", "12"]
        return [*paths, *size, "--eval-every", "4", "--device", "cpu"]

    gpt.main(arguments("whole"))
    interrupted(monkeypatch, gpt, "train_step", 7, gpt.main, arguments("cut"))
    whole, cut = (GPT.from_pretrained(tmp_path / name) for name in ("whole", "cut"))
    assert same_weights(whole, cut)
    # knowing nothing costs ln(vocab) a character
    assert whole.loss("the cat sat") < np.log(len(whole.tokenizer))


def small_gpt(corpus, out):
    """Arguments of a very short training of a GPT."""
    return [*where(corpus, out), "--layers", "1", "--heads", "2", "--width", "16", "--tokens", "256"]


def test_a_gpt_goes_on_from_its_shipped_file_and_keeps_its_snapshots(corpus, tmp_path, capsys):
    out = tmp_path / "gpt"
    gpt.main([*small_gpt(corpus, out), "--steps", "60", "--snapshots", "25"])
    before, snapshot = GPT.from_pretrained(out), GPT.from_pretrained(out, 25)
    more = ["--steps", "90", "--snapshots", "25", "--go-on", "--state", str(tmp_path / "second")]
    gpt.main([*small_gpt(corpus, out), *more])
    after = gpt_snapshots(out)
    assert list(after) == [0, 25, 90]
    assert same_weights(after[25], snapshot) and not same_weights(after[90], before)
    info = after[90].info
    assert [row["step"] for row in info["history"]] == [0, 25, 50, 60, 90]
    assert info["training"]["command"].endswith("--steps 90 --go-on")
    text = "the cat number 3 sat"
    assert after[90].loss(text) < before.loss(text)
    assert re.search(r"step 50 .* \(left: \d+ min\)", capsys.readouterr().out)


def test_every_fold_is_predicted_by_the_counts_of_the_others():
    text = "abcabd" * 20 + "xyzxyz" * 10
    counts = NgramLM.fit(text, order=3)
    ids = counts.tokenizer.encode(text)
    found = cross_fitting.predictions(ids, counts, 3)
    assert found.shape == (len(ids), len(counts.tokenizer))
    assert torch.allclose(found.float().sum(1), torch.ones(len(ids)), atol=2e-3)
    # the last fold is all of "xyz": the others never saw these letters, and nothing of it is known from itself
    x, y = counts.tokenizer.encode("xy")
    others = NgramLM.fit(text[:120], 3, tokenizer=counts.tokenizer).with_discounts(counts.all_discounts())
    assert found[ids.index(x, 120) + 1, y] == np.float16(others.predict([x]).probs[y])
    assert found[ids.index(x, 120) + 1, y] < 0.1 < 0.9 < counts.predict([x]).probs[y]
    # and the text that all other folds are of is predicted well
    at = 60
    assert found[at, ids[at]] > 0.5


def test_a_gpt_learns_from_the_counts_of_its_corpus(corpus, tmp_path, monkeypatch):
    ngram.main(["--data", str(corpus), "--out", str(tmp_path / "ngram"), "--order", "3", "--folds", "0"])
    arguments = [
        "--steps",
        "12",
        "--eval-every",
        "4",
        "--counts",
        "0.5",
        "--teacher",
        str(tmp_path / "ngram"),
    ]
    gpt.main([*small_gpt(corpus, tmp_path / "whole"), *arguments])
    cut = [*small_gpt(corpus, tmp_path / "cut"), *arguments]
    interrupted(monkeypatch, gpt, "train_step", 7, gpt.main, cut)
    whole, cut = (GPT.from_pretrained(tmp_path / name) for name in ("whole", "cut"))
    assert same_weights(whole, cut)
    assert whole.info["training"]["command"].endswith("--counts 0.5")
    gpt.main([*small_gpt(corpus, tmp_path / "alone"), *arguments[:4]])
    assert not same_weights(whole, GPT.from_pretrained(tmp_path / "alone"))


def test_a_target_is_the_next_token_and_what_a_teacher_says():
    logits = torch.tensor([[2.0, 0.0, -1.0]], requires_grad=True)
    model = nn.Module()
    model.forward = lambda x: logits[None]
    teacher = torch.tensor([[[0.2, 0.5, 0.3]]], dtype=torch.float16)
    loss = gpt.train_step(model, [], torch.tensor([[0]]), torch.tensor([[1]]), 0.25, teacher)
    log_p = torch.log_softmax(logits.detach()[0], 0)
    assert loss == pytest.approx(
        -(0.75 * log_p[1] + 0.25 * (teacher[0, 0].float() * log_p).sum()).item(), rel=1e-4
    )


def test_a_gpt_is_trained_by_two_processes_as_torchrun_starts_them(corpus, tmp_path):
    out = tmp_path / "gpt"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "training.gpt", *small_gpt(corpus, out), "--steps", "40", "--tokens", "512"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("step 40 ") == 1  # one of them speaks
    together = GPT.from_pretrained(out)
    alone = tmp_path / "alone"
    gpt.main([*small_gpt(corpus, alone), "--steps", "40", "--tokens", "512"])
    text = data.text("shakespeare", corpus)[0][:300]
    # as good as one process with the same number of tokens a step, and other windows
    assert together.loss(text) == pytest.approx(GPT.from_pretrained(alone).loss(text), rel=0.1)
    assert together.loss(text) < 0.95 * np.log(len(together.tokenizer))


def test_a_step_too_small_for_its_windows_is_one_sentence(corpus, tmp_path):
    with pytest.raises(SystemExit, match="--tokens must be at least 256 for each process, not 255 for 1"):
        gpt.main([*small_gpt(corpus, tmp_path), "--tokens", "255"])


def test_the_weight_of_a_mixture_is_chosen_on_training_text(corpus, tmp_path, monkeypatch):
    shipped = tmp_path / "pretrained"
    ngram.main(["--data", str(corpus), "--out", str(shipped / "lm/shakespeare/ngram"), "--order", "3"])
    seen = []
    fit = NgramLM.fit.__func__
    monkeypatch.setattr(
        NgramLM, "fit", classmethod(lambda cls, text, *a, **k: seen.append(text) or fit(cls, text, *a, **k))
    )
    arguments = [
        "--data",
        str(corpus),
        "--pretrained",
        str(shipped),
        "--state",
        str(tmp_path / "run"),
        "--steps",
        "3",
    ]
    mixture.main([*arguments, "--device", "cpu"])
    chosen = checkpoint.load_config(shipped / "lm/shakespeare/mixture")
    losses = chosen["nats_per_token"]
    assert losses[f"{chosen['weight']:.2f}"] == min(losses.values()) and len(losses) == 21
    assert chosen["weight"] < 0.5  # after three steps the GPT knows nothing
    made = chosen["training"]
    assert (made["gpt_steps"], made["steps"], made["tokens_a_step"], made["seed"]) == (3, 3, 4096, 0)
    assert (
        made["seconds"] >= 0
        and made["command"] == "python -m training.mixture --corpus shakespeare --steps 3"
    )
    training_text, _ = data.text("shakespeare", corpus)
    assert seen == [training_text[: round(0.9 * len(training_text))]]  # counted: all but what is scored


def test_the_best_weight_of_two_models_that_are_sure_in_turn_is_a_half():
    sure, unsure = -np.log(0.9), -np.log(0.1)
    losses = mixture.by_weight(np.array([sure, unsure]), np.array([unsure, sure]))
    assert min(losses, key=losses.get) == 0.5
    assert losses[0.5] == pytest.approx(-np.log(0.5))  # (0.9 + 0.1) / 2 at each place
    assert losses[1.0] == pytest.approx((sure + unsure) / 2)


def test_a_gpt_keeps_snapshots_and_the_curve_of_its_losses(corpus, tmp_path):
    paths = ["--data", str(corpus), "--out", str(tmp_path / "gpt"), "--state", str(tmp_path / "run")]
    size = ["--layers", "1", "--heads", "2", "--width", "16", "--tokens", "256", "--device", "cpu"]
    gpt.main([*paths, *size, "--steps", "60", "--snapshots", "25"])
    snapshots = gpt_snapshots(tmp_path / "gpt")
    assert list(snapshots) == [0, 25, 60]
    _, validation = data.text("shakespeare", corpus)
    curve = {row["step"]: row for row in snapshots[60].info["history"] if "validation" in row}
    assert list(curve) == [0, 25, 50, 60]
    for step, snapshot in snapshots.items():
        # the kept weights are of half precision
        assert curve[step]["validation"] == pytest.approx(snapshot.loss(validation), rel=5e-3)
    assert curve[60]["train"] < curve[25]["train"] < curve[0]["train"]


@pytest.mark.parametrize(
    ("given", "kept"), [("0 2", [0, 2, 3]), ("2 1 2 3", [0, 1, 2, 3]), ("0", [0, 3]), ("", [3])]
)
def test_snapshots_of_a_gpt_can_be_read_however_they_were_given(corpus, tmp_path, given, kept):
    gpt.main([*small_gpt(corpus, tmp_path / "gpt"), "--steps", "3", "--snapshots", *given.split()])
    assert list(gpt_snapshots(tmp_path / "gpt")) == kept


@pytest.mark.parametrize("go_on", [True, False], ids=["published", "state"])
def test_a_gpt_that_goes_on_has_no_snapshots_of_steps_that_are_past(corpus, tmp_path, capsys, go_on):
    out = tmp_path / "gpt"
    gpt.main([*small_gpt(corpus, out), "--steps", "4", "--snapshots", "2"])
    more = ["--go-on", "--state", str(tmp_path / "second")] * go_on
    gpt.main([*small_gpt(corpus, out), "--steps", "6", "--snapshots", "1", "2", "4", "5", *more])
    assert list(gpt_snapshots(out)) == [0, 2, 5, 6]
    assert "Not kept: the weights of step 1, 4, which" in capsys.readouterr().out


def test_only_published_snapshots_may_be_beyond_the_last_step():
    assert gpt.parse_args(["--steps", "400"]).snapshots == [0, 100]
    assert gpt.parse_args(["--steps", "100"]).snapshots == []
    assert gpt.parse_args(["--steps", "60"]).snapshots == []


def test_machado_is_learned_in_word_pieces_by_counts_and_gpt_alike(corpus, tmp_path):
    paths = ["--corpus", "machado", "--data", str(corpus)]
    ngram.main([*paths, "--out", str(tmp_path / "ngram"), "--folds", "1"])
    size = ["--layers", "1", "--heads", "2", "--width", "16", "--tokens", "256", "--steps", "2"]
    run = ["--out", str(tmp_path / "gpt"), "--state", str(tmp_path / "run"), "--device", "cpu"]
    gpt.main([*paths, *run, *size])
    counts, network = NgramLM.from_pretrained(tmp_path / "ngram"), GPT.from_pretrained(tmp_path / "gpt")
    assert counts.tokenizer.unit == "pieces" and counts.max_order == 4
    assert counts.tokenizer.to_config() == network.tokenizer.to_config()
    training_text, _ = data.text("machado", corpus)
    assert counts.with_order(1).predict([]).total == len(counts.tokenizer.encode(training_text))
    assert " gato" in counts.tokenizer.tokens


def test_counts_are_of_the_training_part_alone(corpus, tmp_path):
    ngram.main(["--data", str(corpus), "--out", str(tmp_path), "--order", "3"])
    training_text, _ = data.text("shakespeare", corpus)
    lm = NgramLM.from_pretrained(tmp_path)
    assert lm.with_order(1).predict([]).total == len(training_text)


def test_tuned_discounts_cost_less_on_what_was_left_out_and_look_at_nothing_else(corpus, tmp_path):
    training_text, _ = data.text("shakespeare", corpus)
    lm = NgramLM.fit(training_text, order=3)
    tuned = lm.with_discounts(ngram.tune(training_text, lm, folds=1))
    # the slice that was left out is the last half: counts of the rest, scored on it
    half = len(training_text) // 2
    rest = NgramLM.fit(training_text[:-half], order=3, tokenizer=lm.tokenizer)
    left_out = training_text[-half:]
    losses = [
        sum(model.with_order(k).loss(left_out) for k in (2, 3))
        for model in (rest, rest.with_discounts(tuned.all_discounts()))
    ]
    assert losses[1] < losses[0]
    # what a text is worth does not depend on the way it is worked out
    evidence = {k: torch.from_numpy(v) for k, v in rest.evidence(lm.tokenizer.encode(left_out)).items()}
    table = torch.from_numpy(np.nan_to_num(rest.all_discounts(), nan=0.5))
    ids = lm.tokenizer.encode(left_out)
    by_hand = -np.mean([rest.predict(ids[i - 2 : i]).logits[ids[i]] for i in range(2, len(ids))])
    assert ngram.cost(evidence, table, 3).item() == pytest.approx(by_hand, abs=1e-9)


def test_the_split_is_nanogpts(corpus):
    whole = (corpus / "tinyshakespeare.txt").read_text("utf-8")
    train, validation = data.text("shakespeare", corpus)
    assert train + validation == whole and len(train) == int(0.9 * len(whole))


def test_whole_books_are_held_out_from_machado(tmp_path):
    books = [f"CAPÍTULO PRIMEIRO\nLivro {number}.\n" for number in range(5)]
    (tmp_path / "machado.txt").write_text("\n".join(books), "utf-8")
    train, validation = data.text("machado", tmp_path)
    assert (train, validation) == ("\n".join(books[:3]), "\n".join(books[3:]))


def test_a_missing_corpus_is_one_sentence(tmp_path):
    with pytest.raises(SystemExit, match=r"tinyshakespeare\.txt is missing"):
        data.text("shakespeare", tmp_path)


def test_the_judge_resumes_exactly(pictures, tmp_path, monkeypatch):
    judges = []
    for name in ("whole", "cut"):
        arguments = [*where(pictures, tmp_path / name), "--set", "fashion", "--steps", "5"]  # 3 a pass
        if name == "whole":
            classifier.main(arguments)
        else:
            interrupted(monkeypatch, classifier, "train_step", 5, classifier.main, arguments)
        judges.append(classifier.Classifier.from_pretrained(tmp_path / name))
    assert same_weights(*judges)


def test_the_rate_of_the_judge_rises_and_falls():
    rates = [rate_of_the_judge(step) for step in (0, 15, 30, 65, 100)]
    # a 25th of 3e-3; half of the way up, 0.04 + 0.96 / 2 of it; all; half of the way down; nothing
    assert [rate for rate, _ in rates] == pytest.approx([0.12e-3, 1.56e-3, 3e-3, 1.5e-3, 0])
    # beta1 goes the other way, from 0.95 to 0.85 and back
    assert [beta for _, beta in rates] == pytest.approx([0.95, 0.9, 0.85, 0.9, 0.95])


def rate_of_the_judge(step):
    """The learning rate and beta1 of a run of 100 steps that continues at `step`."""
    optimizer = torch.optim.AdamW([torch.zeros(1, requires_grad=True)])
    classifier.one_cycle(optimizer, 100, step)
    return optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["betas"][0]


def test_the_judge_learns_ten_bars(pictures, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    classifier.main(["--data", str(pictures), "--set", "digits", "--epochs", "4", "--device", "cpu"])
    assert "accuracy" in capsys.readouterr().out
    judge = classifier.Classifier.from_pretrained("pretrained/classifier/digits")
    assert classifier.accuracy(judge, *data.images("digits", pictures, train=False)) > 0.5
    config = checkpoint.load_config("pretrained/classifier/digits")
    assert config["command"] == "python -m training.classifier --set digits --epochs 4"
    assert config["steps"] == 12  # 400 pictures have three batches of 128


def test_pictures_are_downloaded_where_there_are_none(pictures, tmp_path, monkeypatch):
    # a mirror on this machine with the files of the fixture, zipped as the real ones are, and their checksums
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    resources = []
    for path in sorted((pictures / "MNIST/raw").iterdir()):
        zipped = gzip.compress(path.read_bytes(), mtime=0)
        (mirror / f"{path.name}.gz").write_bytes(zipped)
        resources.append((f"{path.name}.gz", hashlib.md5(zipped).hexdigest()))
    handler = functools.partial(QuietHandler, directory=str(mirror))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(datasets.MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
        monkeypatch.setattr(datasets.MNIST, "resources", resources)
        x, y = data.images("digits", tmp_path / "empty", train=True)
        server.shutdown()
    assert x.shape == (400, 1, 28, 28) and y[:3].tolist() == [0, 1, 2]


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_binarised_pictures_are_black_and_white_at_the_rate_of_their_grey():
    # 10,000 pixels of grey 51 = 0.2: the share of ones is 0.2 +- 0.004 (one standard deviation)
    grey = torch.full((1, 1, 100, 100), 51, dtype=torch.uint8)
    x = vae.binarize(grey, torch.Generator().manual_seed(0))
    assert set(x.unique().tolist()) == {0.0, 1.0}
    assert x.mean().item() == pytest.approx(0.2, abs=0.02)


def test_every_picture_is_seen_once_an_epoch_in_another_order():
    first, second = (data.batches(100, 10, seed=0, epoch=epoch) for epoch in (0, 1))
    assert sorted(first.flatten().tolist()) == sorted(second.flatten().tolist()) == list(range(100))
    assert not torch.equal(first, second) and torch.equal(first, data.batches(100, 10, seed=0, epoch=0))


def test_the_average_follows_and_starts_warm():
    module = torch.nn.Linear(1, 1, bias=False)
    ema = run.averaged(module, 0.9)
    with torch.no_grad():
        module.weight.fill_(1.0)
        ema.module.weight.fill_(0.0)
    # step 1: decay (1 + 1) / (10 + 1), so the average moves by 9 / 11
    ema.update_parameters(module)
    assert ema.module.weight.item() == pytest.approx(9 / 11)
    # late: decay 0.9, a tenth of the remaining 2 / 11
    ema.n_averaged.fill_(10**6)
    ema.update_parameters(module)
    assert ema.module.weight.item() == pytest.approx(9 / 11 + 0.1 * 2 / 11)
    # a run that continues at step 10**6 is as late
    assert run.averaged(module, 0.9, step=10**6).n_averaged.item() == 10**6 + 1


@pytest.mark.parametrize("start", [0, 3])
def test_a_schedule_continues_where_the_run_does(start):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2.0)
    schedule = run.schedule(optimizer, lambda step: 1 / (1 + step), start)
    assert optimizer.param_groups[0]["lr"] == 2 / (1 + start)
    optimizer.step()
    schedule.step()
    assert optimizer.param_groups[0]["lr"] == 2 / (2 + start)


def test_the_published_rates_at_their_turns():
    # VAE: a 200th at first, then 0.505 + 0.495 cos: 0.505 half of the way, 0.01 at the end; a run from step 100 on
    factor = vae.warm_cosine(100, 1100)
    cosine = 0.505 + 0.495 * np.cos(np.pi * 0.199)
    assert [factor(step) for step in (100, 299, 600, 1100)] == pytest.approx([1 / 200, cosine, 0.505, 0.01])
    # GPT: a 50th at first, level until the last 70 %, half of the way down, nothing
    factor = gpt.rate(0, 1000)
    assert [factor(step) for step in (0, 49, 300, 650, 1000)] == pytest.approx([1 / 50, 1, 1, 0.5, 0])


def test_a_state_of_another_network_is_one_sentence(pictures, tmp_path):
    vae.main(small_vae(pictures, tmp_path / "vae", "--steps", "2"))
    with pytest.raises(SystemExit, match="--no-resume"):
        vae.main(small_vae(pictures, tmp_path / "vae", "--steps", "3", "--blocks", "2"))
    (tmp_path / "vae-run/state.json").write_text("{")
    with pytest.raises(SystemExit, match="damaged"):
        vae.main(small_vae(pictures, tmp_path / "vae", "--steps", "3"))


def test_muon_steps_are_nearly_orthogonal():
    matrix = torch.randn(12, 5, generator=torch.Generator().manual_seed(0))
    singular = torch.linalg.svdvals(orthogonalize(matrix))
    # the iteration of the paper ends between about 0.7 and 1.2, on purpose
    assert singular.min() > 0.6 and singular.max() < 1.3


def test_muon_goes_downhill():
    weight = torch.nn.Parameter(torch.randn(6, 4, generator=torch.Generator().manual_seed(1)))
    optimizer = Muon([weight], lr=0.05, weight_decay=0.0)
    before = weight.square().sum().item()
    for _ in range(20):
        optimizer.zero_grad()
        weight.square().sum().backward()
        optimizer.step()
    assert weight.square().sum().item() < before / 2


def test_muon_takes_a_convolution_for_the_matrix_of_its_outputs():
    kernel = torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(2))
    gradient = torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(3))
    stepped = []
    for weight, grad in (
        (kernel.contiguous(memory_format=torch.channels_last), gradient),
        (kernel.flatten(1), gradient.flatten(1)),
    ):
        weight = torch.nn.Parameter(weight.clone())
        weight.grad = grad
        Muon([weight], lr=0.05).step()
        stepped.append(weight.detach())
    assert torch.allclose(stepped[0].flatten(1), stepped[1], atol=1e-6)
    assert not torch.allclose(stepped[1], kernel.flatten(1), atol=1e-3)


def test_frechet_distance_of_known_gaussians():
    normal = np.random.default_rng(0).standard_normal((20_000, 2))
    assert frechet(normal, normal) == pytest.approx(0, abs=1e-8)
    # a shift of (3, 4) is 25; doubling one axis is (2 - 1)^2 = 1
    assert frechet(normal, normal + np.array([3, 4])) == pytest.approx(25)
    assert frechet(normal, normal * [2, 1]) == pytest.approx(1, abs=0.05)


def test_figures_are_put_between_the_marks_of_their_family(tmp_path):
    marks = "<!-- figures, {0}: begin -->\nold {0}\n<!-- figures, {0}: end -->\n"
    (tmp_path / "README.md").write_text("before\n" + marks.format("vae") + marks.format("lm") + "after\n")
    write({"vae": [("vae/digits", "loss", "1.5", "10 pictures")]}, tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert text.startswith("before\n") and text.endswith("after\n")
    assert "old vae" not in text and "old lm" in text
    assert "| vae/digits | loss | **1.5** | 10 pictures |" in text


def test_every_token_but_the_first_is_a_target():
    torch.manual_seed(0)
    for count, starts in ((257, {0}), (258, {0, 1}), (260, {0, 1, 2, 3})):
        drawn = gpt.draw(count, 256 * 200, 256)
        assert set(drawn.tolist()) == starts
        assert gpt.windows(torch.arange(count), drawn, 257).max() == count - 1


def test_epochs_are_written_down_where_whole_ones_were_trained(pictures, tmp_path, capsys):
    vae.main(small_vae(pictures, tmp_path / "steps", "--steps", "4"))
    vae.main(small_vae(pictures, tmp_path / "epochs", "--epochs", "2"))
    vae.main(small_vae(pictures, tmp_path / "stopped", "--epochs", "3", "--stop-after", "0"))
    steps, epochs, stopped = (
        VAE.from_pretrained(tmp_path / name).info["training"] for name in ("steps", "epochs", "stopped")
    )
    assert (steps["steps"], steps.get("epochs")) == (4, None)
    assert (epochs["steps"], epochs["epochs"]) == (10, 2) and (stopped["steps"], stopped["epochs"]) == (5, 1)
    classifier.main([*where(pictures, tmp_path / "judge"), "--set", "digits", "--steps", "2"])
    assert "(250 test pictures)" in capsys.readouterr().out
    assert "epochs" not in checkpoint.load_config(tmp_path / "judge")


def test_the_multiplications_of_the_decoders_of_emoji_are_counted():
    model = VAE.from_pretrained("pretrained/vae/emoji")
    mirror = VAE(replace(model.config, patch=0, patch_width=0)).decoder
    for decoder, plain, few in ((model.decoder, "28.4", "24.5"), (mirror, "148", "111")):
        counted = {"plain": 0, "few": 0}

        def count(layer, given, found, counted=counted):
            pixels = found[0, 0].numel() if found.ndim == 4 else 1
            each = layer.weight.numel() * pixels
            counted["plain"] += each
            # of four weights that meet the same pixel two or three times their sum is multiplied once
            counted["few"] += each * 16 / 36 if isinstance(layer, UpsampledConv) else each

        for part in decoder.modules():
            if isinstance(part, (nn.Linear, nn.Conv2d)):
                part.register_forward_hook(count)
        with torch.no_grad():
            decoder(torch.zeros(1, model.config.latent_dim))
        digits = len(plain.partition(".")[2])
        assert [f"{value / 1e6:.{digits}f}" for value in counted.values()] == [plain, few]
        told = Path("pretrained/README.md").read_text("utf-8")
        assert f"{few} million" in told and f"({plain}" in told
