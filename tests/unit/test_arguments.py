"""What the models' public methods take from Python: numbers of every type, or a ValueError in words."""

import math

import numpy as np
import pytest
import torch

from models import checkpoint, paths, sampling
from models.errors import InputError
from models.flow import Flow, FlowConfig
from models.gan import GAN, Discriminator, GANConfig, Generator
from models.gpt import GPT, GPTConfig
from models.mixture import Mixture
from models.ngram import NgramLM
from models.occlusion import occlusion
from models.passages import Passages
from models.pictures import Pictures
from models.tokenizer import CharTokenizer, PieceTokenizer, WordTokenizer
from models.vae import VAE, RealNVP, VAEConfig

TEXT = "the cat sat on the mat and saw the rat\n"


@pytest.fixture(scope="module")
def vae():
    torch.manual_seed(0)
    vae = VAE(VAEConfig(latent_dim=4, width=8)).eval().requires_grad_(False)
    vae.prior = RealNVP(4, couplings=2, hidden=8).requires_grad_(False)
    return vae


@pytest.fixture(scope="module")
def gan():
    torch.manual_seed(0)
    config = GANConfig(z_dim=4, width=8)
    pair = [part.eval().requires_grad_(False) for part in (Generator(config), Discriminator(config))]
    return GAN(config, {0: pair}, list("0123456789"), {})


@pytest.fixture(scope="module")
def models():
    """Every language model, by name."""
    tokenizer = CharTokenizer.from_text(TEXT)
    gpt = GPT(GPTConfig(len(tokenizer), 64, 1, 2, 8), tokenizer).eval().requires_grad_(False)
    counts = NgramLM.fit(TEXT, 3)
    return {"counts": counts, "gpt": gpt, "mixture": Mixture(counts, gpt)}


X = torch.linspace(0, 1, 2 * 784).view(2, 1, 28, 28)
PICTURES = {
    "float64": X.double(),
    "float16": X.half(),
    "ints": (X > 0.5).long(),
    "truth values": X > 0.5,
    "with a gradient": X.clone().requires_grad_(),
    "not contiguous": X.mT,
    "array": X.numpy(),
    "array of float64": X.double().numpy(),
    "array of integers": (X > 0.5).numpy().astype(np.uint8),
    "array backwards": X.numpy()[:, :, ::-1, ::-1],
    "array of another byte order": X.numpy().astype(">f8"),
    "array that cannot be written": np.broadcast_to(np.zeros((28, 28), np.float32), (2, 1, 28, 28)),
    "lists": X.tolist(),
    "list of tensors": list(X),
}
WRONG = {
    "nothing": None,
    "a word": "x",
    "words": ["x"],
    "a number": 3,
    "rows of unequal length": [[1.0], [1.0, 2.0]],
    "complex": X.to(torch.complex64),
    "complex array": X.numpy() * 1j,
    "sparse": X.to_sparse(),
    "objects": np.array([None]),
    "none at all": X[:0],
    "one without a batch": X[0],
    "another size": X[:, :, :27],
}
NOT_PIXELS = {"NaN": X * math.nan, "infinite": X + math.inf, "0 to 255": X * 255, "negative": X - 1}


def expected(pictures):
    """The same pictures as float32."""
    if isinstance(pictures, list):
        return X
    return (
        torch.from_numpy(pictures.astype(np.float32))
        if isinstance(pictures, np.ndarray)
        else pictures.float()
    )


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_every_type_are_taken(vae, gan, name):
    pictures, same = PICTURES[name], expected(PICTURES[name])
    for method in (vae.encode, vae.reconstruct, vae.losses, vae.activations, gan.score, gan.feature_maps):
        found, wanted = method(pictures), method(same)
        flat = [part[-1] if isinstance(part, tuple) else part for part in found]
        for one, other in zip(
            flat, [part[-1] if isinstance(part, tuple) else part for part in wanted], strict=True
        ):
            assert torch.equal(one, other) and one.dtype == torch.float32


@pytest.mark.parametrize("name", [*WRONG, *NOT_PIXELS])
def test_what_is_no_picture_is_told_in_words(vae, gan, name):
    methods = [vae.encode, vae.reconstruct, vae.losses, vae.activations, gan.score]
    for method in methods if name in NOT_PIXELS else [*methods, gan.feature_maps]:
        refused(method, (WRONG | NOT_PIXELS)[name])


def refused(call, *arguments, **named):
    with pytest.raises(InputError) as error:
        call(*arguments, **named)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)


Z = torch.tensor([[0.0, 1.0, -2.0, 3.0], [1.0, 0.0, 0.0, 1.0]])


@pytest.mark.parametrize(
    "z",
    [Z.double(), Z.int(), Z.numpy(), Z.double().numpy(), Z.tolist(), Z.numpy()[:, ::-1]],
    ids=lambda z: str(type(z)),
)
def test_codes_of_every_type_are_taken(vae, gan, z):
    same = torch.tensor(np.array(z, dtype=np.float32))
    for method in (vae.decode, vae.decode_logits, vae.prior_log_prob, gan.generate):
        assert torch.equal(method(z), method(same))
    seeded = [torch.Generator().manual_seed(1) for _ in range(2)]
    assert torch.equal(vae.reparameterize(z, z, seeded[0]), vae.reparameterize(same, same, seeded[1]))
    for model in (vae, gan):
        assert torch.equal(model.interpolate(z[0], z[1], np.int64(5)), model.interpolate(same[0], same[1], 5))


@pytest.mark.parametrize(
    "z",
    [
        None,
        "x",
        3,
        [[1.0], [1.0, 2.0]],
        Z[0],
        Z[:, :3],
        Z[:0],
        Z * math.nan,
        Z + math.inf,
        Z + 1e30,
        Z.double() + 1e300,
        Z * 1j,
    ],
    ids=str,
)
def test_what_is_no_code_is_told_in_words(vae, gan, z):
    for method in (vae.decode, vae.decode_logits, vae.prior_log_prob, gan.generate):
        refused(method, z)
    refused(vae.reparameterize, z, Z)
    refused(vae.reparameterize, Z, z)
    for model in (vae, gan):
        refused(model.interpolate, Z, Z[0], 5)
        refused(model.interpolate, Z[0], [math.nan] * 4, 5)


def test_numbers_that_are_large_but_allowed_give_no_nan(vae, gan):
    z = torch.full((2, 4), 1e6) * torch.tensor([[1.0], [-1.0]])
    found = [vae.decode(z), vae.prior_log_prob(z), gan.generate(z, truncation_psi=2), vae.interpolate(*z, 5)]
    found += [vae.sample([1], 1000), vae.reparameterize(z, torch.full((2, 4), 100.0))]
    assert all(torch.isfinite(one).all() for one in found)


def test_seeds_and_numbers_of_every_type_are_taken_or_told(vae, gan):
    for model in (vae, gan):
        same = model.sample([0, 1, 2])
        for seeds in (
            range(3),
            np.arange(3),
            torch.arange(3),
            iter([0, 1, 2]),
            [np.uint8(0), np.int64(1), torch.tensor(2)],
        ):
            assert torch.equal(model.sample(seeds), same)
        for seeds in (None, 5, "12", [1.0], [-1], [True], [], np.zeros((2, 2), int), [None]):
            refused(model.sample, seeds)
    for wrong in (None, "1", math.nan, math.inf, [1], 1j, True, 10**400, -(10**400)):
        refused(vae.sample, [1], wrong)
        refused(gan.sample, [1], None, wrong)
    assert torch.equal(vae.sample([1], np.float32(0.5)), vae.sample([1], 0.5))
    refused(vae.losses, X, 7)  # no generator
    refused(vae.reparameterize, Z, Z, "generator")
    for name in (["standard"], np.array(["standard", "flow"]), np.zeros((40, 2))):
        refused(vae.sample, [1], 1.0, name)
        refused(vae.interpolate, Z[0], Z[1], 5, name)
    for steps in (1, 257, 5.0, "5", None, True):
        refused(vae.interpolate, Z[0], Z[1], steps)
    refused(vae.interpolate, Z[0], Z[1], 5, ["linear"])
    for prior in (
        "standard",
        "learned",
        None,
    ):  # steps and guidance are for the flow, and must be numbers with any
        for steps in ("many", 0, -1, 1001, 1.5, None, True, [5]):
            refused(vae.latents, [1], 1.0, prior, None, 1.0, steps)
        for guidance in (np.ones(2), torch.ones(2), "1", None, math.nan, -1, [1], 2):
            refused(vae.latents, [1], 1.0, prior, None, guidance)


def test_labels_and_snapshots_of_every_type_are_taken_or_told(gan):
    same = gan.sample([1, 2], [3, 4])
    for labels in (
        np.array([3, 4]),
        np.array([3, 4], np.uint64),
        torch.tensor([3, 4], dtype=torch.int8),
        (3, 4),
    ):
        assert torch.equal(gan.sample([1, 2], labels), same)
        assert torch.equal(gan.score(X, labels), gan.score(X, [3, 4]))
    shares = np.eye(10)[[3, 4]]
    for mixed in (
        shares,
        shares.astype(int),
        shares.tolist(),
        torch.tensor(shares),
        list(torch.tensor(shares)),
    ):
        assert torch.allclose(gan.sample([1, 2], mixed), same, atol=1e-5)
    for labels in (
        [1.0, 2.0],
        ["a", "b"],
        [None, 1],
        [1],
        [1, 10],
        [-1, 1],
        1,
        [True, False],
        [[1], [1, 2]],
        "12",
    ):
        refused(gan.sample, [1, 2], labels)
        refused(gan.score, X, labels)
    for labels in (shares * math.nan, shares * 2, shares[:, :9], np.zeros((2, 2, 2))):
        refused(gan.sample, [1, 2], labels)
    assert torch.equal(gan.sample([1], snapshot=np.int64(0)), gan.sample([1], snapshot=0))
    for snapshot in (1, "0", [0], {}):
        refused(gan.sample, [1], snapshot=snapshot)


def test_a_step_without_a_snapshot_lists_those_that_there_are(vae, gan, models, tmp_path):
    vae.save_snapshot(tmp_path / "vae", 0, {"snapshots": [0]})
    models["gpt"].save_pretrained(tmp_path / "gpt", {"snapshots": [0]})
    for call in (
        lambda step: VAE.from_pretrained(tmp_path / "vae", snapshot=step),
        lambda step: GPT.from_pretrained(tmp_path / "gpt", snapshot=step),
        lambda step: gan.sample([1], snapshot=step),
    ):
        for step in (0, np.int64(0), np.array(0), torch.tensor(0)):
            call(step)
        for step in (7, -1, 0.0, 7.5, "x", "0", True, [0], {}, np.array([0, 7]), torch.tensor([0]), 10**400):
            refused(call, step)
            with pytest.raises(InputError, match=r": choose one of 0\.$"):
                call(step)
    # of snapshots alone, like those of VAE Training
    with pytest.raises(InputError, match=r"vae has weights of its snapshots alone: choose one of 0\.$"):
        VAE.from_pretrained(tmp_path / "vae")
    models["gpt"].save_pretrained(tmp_path / "last", {})
    with pytest.raises(InputError, match="no snapshots"):
        GPT.from_pretrained(tmp_path / "last", 0)


def test_paths_and_ends_take_what_codes_may_be(vae):
    flow = Flow(FlowConfig(4, 2, width=8, blocks=1, condition=8)).eval().requires_grad_(False)
    way = flow.path([1, 2], steps=3)
    for same in (way.tolist(), way.numpy(), way.double()):
        assert torch.equal(flow.ends(same), flow.ends(way))
    for wrong in (
        None,
        "x",
        3,
        way[0],
        way[..., :3],
        way[:, :0],
        way[:0],
        np.zeros((1, 1, 0)),
        np.zeros((1, 0, 4)),
        np.zeros((0, 0, 0)),
        [[1.0], [1.0, 2.0]],
        way * math.nan,
    ):
        refused(flow.ends, wrong)
    for method in paths.METHODS:
        straight = paths.interpolate(Z[0], Z[1], 5, method)
        for z in (Z.tolist(), Z.numpy(), Z.double()):
            assert torch.equal(paths.interpolate(z[0], z[1], 5, method), straight)
    for wrong in (None, "x", 3, [], Z, Z[0, :3], ["x"]):
        refused(paths.interpolate, wrong, Z[0], 5)
        refused(paths.interpolate, Z[0], wrong, 5)


def test_a_picture_that_is_not_there_is_none():
    two = Pictures(np.zeros((3, 1, 2, 2), np.uint8), np.array([0, 1, 1]), ["a", "b"])
    assert two.picture(1, 1).shape == (1, 2, 2)
    for label, index in ((1, 2), (1, -1), (1, -(10**6)), (1, 10**30), (2, 0), (-1, 0)):
        assert two.picture(label, index) is None


# --- language models --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["counts", "gpt", "mixture"])
def test_ids_of_every_type_are_taken_or_told(models, name):
    lm = models[name]
    same, nats = lm.predict([1, 2]).probs, lm.token_nats([1, 2])
    for ids in (np.array([1, 2]), np.array([1, 2], np.uint8), torch.tensor([1, 2]), (1, 2), range(1, 3)):
        assert (lm.predict(ids).probs == same).all() and (lm.token_nats(ids) == nats).all()
    assert (lm.predict(iter([1, 2])).probs == same).all() and (lm.token_nats(iter([1, 2])) == nats).all()
    for ids in (None, 3, np.array(3), "ab", [1.0], [[1, 2]], np.array([[1, 2]]), [-1], [99], [True], [None]):
        for method in (lm.predict, lm.token_nats, lm.cursor, lm.tokenizer.decode):
            refused(method, ids)
        if not isinstance(ids, str):  # a prompt may be a text
            refused(sampling.generate, lm, ids, max_new_tokens=1)
    for text in (None, 3, b"cat", "", "☃"):
        refused(lm.loss, text)
    for text in (None, 3, b"cat"):
        for method in (lm.tokenizer.encode, lm.tokenizer.unknown, lm.tokenizer.encode_prompt):
            refused(method, text)


@pytest.mark.parametrize("name", ["counts", "gpt", "mixture"])
def test_what_is_no_id_is_named_in_one_short_line(models, name):
    lm = models[name]
    batch = torch.arange(600).view(3, 200)
    for ids in (
        batch,
        batch.numpy(),
        batch.tolist(),
        [*batch],
        ["a\n" * 999],
        [10**5000],
        [1e300],
        [{1: "x" * 999}],
        [b"x" * 999],
    ):
        for call in (
            lm.predict,
            lm.cursor,
            lm.token_nats,
            lm.tokenizer.decode,
            lm.cursor([1]).append,
            lambda ids: sampling.generate(lm, ids, max_new_tokens=1),
            lambda ids: lm.cursor([1]).append(ids[0]),
        ):
            with pytest.raises(InputError) as told:
                call(ids)
            assert len(str(told.value)) < 150 and "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["counts", "gpt", "mixture"])
def test_a_token_is_refused_when_it_is_appended(models, name):
    cursor = models[name].cursor([1])
    for token_id in (-1, 999, 1.0, "a", None, True):
        refused(cursor.append, token_id)
    cursor.append(np.int64(2))
    assert (cursor.predict().probs == models[name].predict([1, 2]).probs).all()


def test_what_is_hidden_of_a_text_is_taken_or_told(models):
    gpt = models["gpt"]
    same = occlusion(gpt, [1, 2, 3], 2).without
    for ids in (iter([1, 2, 3]), np.array([1, 2, 3]), torch.tensor([1, 2, 3])):
        assert (occlusion(gpt, ids, np.int64(2)).without == same).all()
    assert len(occlusion(gpt, [1, 2, 3], 0).without) == 0
    for most in (1.5, 2.0, -1, "2", None, True, 10**400):
        refused(occlusion, gpt, [1, 2, 3], most)
    for other in (models["counts"], models["mixture"], None, "gpt", GPT, 3):
        refused(occlusion, other, [1, 2, 3])
    ids = torch.tensor([[1, 2, 3], [3, 2, 1]])
    same = gpt(ids, hidden=torch.tensor([1, 2]))
    for hidden in ([1, 2], np.array([1, 2]), torch.tensor([1, 2], dtype=torch.int32)):
        assert torch.equal(gpt(ids, hidden=hidden), same)
    wrong = (
        [2],
        2,
        "ab",
        [1, 3],
        [-1, 0],
        [99, 0],
        [0, 1, 2],
        [[0, 1]],
        [0.0, 1.0],
        [],
        [None, 1],
        torch.tensor([1]),
        {},
    )
    for hidden in wrong:
        refused(lambda hidden: gpt(ids, hidden=hidden), hidden)


def test_what_is_no_language_model_is_told(models):
    counts, gpt, _ = models.values()
    for wrong in (None, "path", 3, GPT, NgramLM, counts.tokenizer, {}, [gpt]):
        refused(Mixture, wrong, gpt)
        refused(Mixture, counts, wrong)
        refused(sampling.generate, wrong, "the", max_new_tokens=1)
    for wrong in ("characters", CharTokenizer, 3, ["a"], {}, counts):
        refused(lambda wrong: NgramLM.fit("abc", tokenizer=wrong), wrong)
    assert len(NgramLM.fit("cat", 2, tokenizer=counts.tokenizer).tokenizer) == len(counts.tokenizer)
    for few in ([], [1]):
        refused(counts.evidence, few)  # of order 3: the first position has two tokens before it
    assert counts.evidence([1, 2, 3])["uniform"].shape == (1,)


def test_the_tokens_of_passages_are_taken_or_told(models):
    tokenizer = models["gpt"].tokenizer
    wanted = Passages(tokenizer, TEXT)
    ids, word = wanted.ids.tolist(), tokenizer.encode("the")
    places = [i for i in range(len(TEXT)) if TEXT.startswith("the", i)]
    for same in (ids, tuple(ids), iter(ids), np.array(ids), torch.tensor(ids)):
        passages = Passages(tokenizer, TEXT, same)
        for of_word in (word, tuple(word), iter(word), np.array(word), torch.tensor(word)):
            assert passages.places(of_word).tolist() == places
    for wrong in (3, "the", [999], [-1], np.array([999]), np.array([0.5]), np.array([[1]]), [None]):
        refused(Passages, tokenizer, TEXT, wrong)
        refused(wanted.places, wrong)
    refused(wanted.places, [])
    last = len(ids) - 1
    assert (
        wanted.passage(np.int64(last), 1).token == "\n" and wanted.passage(0, last + 1).context == TEXT[:-1]
    )
    for place, length in (
        (10**6, 2),
        (-1, 1),
        (last, 2),
        (0, 0),
        (0, -1),
        (0, last + 2),
        (0.0, 1),
        ("0", 1),
        (None, 1),
        (0, None),
        (True, 1),
    ):
        refused(wanted.passage, place, length)
    for around in (-1, "5", None, 1.5):
        refused(wanted.passage, 0, 1, around)
    assert wanted.copied("on the mat and", 12) == [(0, 14)] == wanted.copied("on the mat and", np.int64(14))
    for text, at_least in (
        (None, 12),
        (3, 12),
        (b"abc", 12),
        (["abc"], 12),
        ("abc", "x"),
        ("abc", None),
        ("abc", 1.5),
        ("abc", 11),
        ("abc", -1),
        ("abc", True),
    ):
        refused(wanted.copied, text, at_least)


def test_no_tokenizer_has_an_empty_token():
    for kind in (CharTokenizer, WordTokenizer, lambda tokens: PieceTokenizer(tokens, [])):
        refused(kind, ["", "a"])
    for tokens in (["\ud800"], ["a", "b\udfff"]):  # half a character, which no word piece can hold
        refused(PieceTokenizer, tokens, [])


def test_the_network_itself_takes_ids_or_tells(models):
    gpt = models["gpt"]
    same = gpt(torch.tensor([[1, 2]]))
    for ids in ([[1, 2]], np.array([[1, 2]]), torch.tensor([[1, 2]], dtype=torch.int32)):
        assert torch.equal(gpt(ids), same)
    for ids in (None, [1, 2], [[1.0]], torch.tensor([[1.0]]), [[-1]], [[99]], [[]], "ab", [[0] * 65]):
        refused(gpt, ids)
    for stride in (0, -1, 65, 1.5, "64", None, True):
        refused(gpt.loss, "the cat", stride)
    assert gpt.loss("the cat", np.int64(64)) == gpt.loss("the cat", 64)


def test_orders_units_weights_and_discounts_are_taken_or_told(models):
    counts, gpt, _ = models.values()
    assert counts.with_order(np.int64(2)).order == 2
    for order in (0, 4, 2.0, "2", None, True, [2]):
        refused(counts.with_order, order)
        refused(NgramLM.fit, "abc", order if order != 4 else 99)
    for unit in ("syllables", ["words"], None, np.array(["words", "pieces"])):
        refused(NgramLM.fit, "abc", 2, unit)
    assert Mixture(counts, gpt, np.float32(0.5)).weight == 0.5
    for weight in (-1, 2, "0.5", None, [0.5], math.nan, True, 10**400):
        refused(Mixture, counts, gpt, weight)
    for discounts in (None, "x", [1], np.full((2, 3, 8, 3), math.nan), np.zeros((2, 3, 8, 3))):
        refused(counts.with_discounts, discounts)


def test_rows_of_numbers_are_taken_or_told():
    same = sampling.sampling_probs([0.0, 1.0])
    for logits in (
        np.array([0, 1]),
        torch.tensor([0.0, 1.0], requires_grad=True),
        np.array([0, 1], np.float16),
    ):
        assert (sampling.sampling_probs(logits) == same).all()
    for logits in ("x", None, ["a"], [[0.0, 1.0]], [], [math.nan], [-math.inf], [1j]):
        refused(sampling.sampling_probs, logits)
    for probs in ("x", None, [[0.5, 0.5]], [], [math.nan], [-1.0, 2.0], [0.0]):
        refused(sampling.sample, probs, 0.5)
    for u in ("x", None, 1.0, -0.1, math.nan, [0.5], True):
        refused(sampling.sample, [0.5, 0.5], u)


# --- folders ----------------------------------------------------------------------------------------------


def test_a_folder_of_another_kind_of_model_is_told_in_words(vae, models, tmp_path):
    vae.save_pretrained(tmp_path / "vae", {})
    models["counts"].save(tmp_path / "counts")
    models["gpt"].save_pretrained(tmp_path / "gpt", {})
    for cls, folders in {
        VAE: ("counts", "gpt"),
        NgramLM: ("vae", "gpt"),
        GPT: ("vae", "counts"),
        Pictures: ("vae", "counts", "gpt"),
    }.items():
        for folder in folders:
            with pytest.raises(checkpoint.CheckpointError):
                cls.from_pretrained(tmp_path / folder)
    vae.save_pretrained(tmp_path / "regularised", {})
    with pytest.raises(checkpoint.CheckpointError, match="another kind of model"):
        GAN.from_pretrained(tmp_path)
    for cls in (VAE, GAN, NgramLM, GPT, Pictures):
        refused(cls.from_pretrained, None)
        with pytest.raises(checkpoint.CheckpointError, match="is missing"):
            cls.from_pretrained(tmp_path / "nowhere")
        for name in ("a\0b", "\ud800"):
            refused(cls.from_pretrained, name)
    for variant in (
        "regularized",
        "Regularised",
        "",
        "..",
        "../regularised",
        "a\0b",
        None,
        5,
        ["regularised"],
        b"x",
    ):
        with pytest.raises(InputError, match="variant must be one of regularised, unregularised, not "):
            GAN.from_pretrained(tmp_path, variant)


def test_to_read_a_model_draws_no_random_numbers_and_gives_the_same_each_time():
    folders = {VAE: ["vae/digits", "vae/digits-beta1"], GAN: ["gan/digits"], GPT: ["lm/machado/gpt"]}
    for kind, names in folders.items():
        for folder in (f"pretrained/{name}" for name in names):
            steps = [0] if "beta" in folder or kind is GPT else []
            for step in steps or [None]:
                state, models = torch.get_rng_state(), []
                for _ in range(2):
                    models.append(kind.from_pretrained(folder, *[step] * len(steps)))
                assert torch.equal(torch.get_rng_state(), state), (folder, step)
                if kind is not GAN:
                    weights = [list(model.state_dict().values()) for model in models]
                    assert all(map(torch.equal, *weights)), (folder, step)
