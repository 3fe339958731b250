"""The station Inside: its record is the model's own, for every set, and bad input is told in one sentence."""

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from demo.checks import UserError
from demo.contract import LARGEST_SEED
from demo.prepare import drawing
from demo.server import as_lists, to_json
from demo.vae import endpoints, sources
from demo.vae import inside as station
from demo.vae.inside import MAPS, decoder_shapes, encoder_stages
from tests.calls import for_page
from tests.shipped import MODELS

SETS = ("digits", "fashion", "emoji", "digits-2d", "fashion-2d")


@pytest.fixture(params=SETS)
def vae(request):
    return MODELS.get(f"vae/{request.param}")


@pytest.fixture
def digits():
    return MODELS.get("vae/digits")


def pictures(record):
    """The pictures of a sprite record, float (count, C, size, size) in [0, 1]."""
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(record["png"]))), np.float32) / 255
    sheet = sheet[..., None] if sheet.ndim == 2 else sheet
    size, columns = record["size"], record["columns"]
    corners = [(i // columns * size, i % columns * size) for i in range(record["count"])]
    tiles = np.stack([sheet[top : top + size, left : left + size] for top, left in corners])
    return tiles.transpose(0, 3, 1, 2)


def code(record):
    """mu, sigma and z."""
    return np.array(record["code"], np.float32)


def inside(*args, **kwargs):
    return as_lists(station.inside(*args, **kwargs))


def strokes(*lines, side=112):
    """The base64 text of a drawing."""
    image = Image.new("L", (side, side))
    for line in lines:
        ImageDraw.Draw(image).line(line, fill=255, width=14)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


SEVEN = strokes([(30, 20), (80, 20), (45, 95)])


# --- the numbers are the model's --------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["example:1-0", "seed:7"])
def test_the_losses_are_those_of_the_model_for_this_very_epsilon(vae, end):
    record = inside(vae, end, epsilon=5)
    x = torch.from_numpy(endpoints.picture(vae, end, "a")[0])[None]
    (at_mu,), (kl,) = (values.tolist() for values in vae.losses(x))
    (at_z,), _ = (values.tolist() for values in vae.losses(x, torch.Generator().manual_seed(5)))
    assert record["recon_loss"] == pytest.approx([at_mu, at_z], rel=1e-3)
    assert record["kl"] == pytest.approx(kl, rel=1e-4)
    json.dumps(record, allow_nan=False)


def test_code_and_copies_are_the_models(vae):
    record = inside(vae, "example:2-0", epsilon=3)
    x = torch.from_numpy(endpoints.picture(vae, "example:2-0", "a")[0])[None]
    mu, logvar = vae.encode(x)
    z = vae.reparameterize(mu, logvar, torch.Generator().manual_seed(3))
    wanted = torch.cat([mu, torch.exp(0.5 * logvar), z]).numpy()
    assert code(record) == pytest.approx(wanted, abs=1e-4)
    for copy, where in zip(pictures(record["rebuilt"]), (mu, z), strict=True):
        assert np.abs(copy - vae.decode(where)[0].numpy()).max() < 0.02


def test_one_epsilon_one_copy_and_another_leaves_mu_and_kl(digits):
    first, again, other = (inside(digits, "example:3-1", epsilon=seed) for seed in (1, 1, LARGEST_SEED))
    assert first == again
    assert (code(first)[:2] == code(other)[:2]).all() and first["kl"] == other["kl"]
    assert (code(first)[2] != code(other)[2]).all()


def test_only_fashion_and_emoji_have_originals():
    for name in SETS:
        record = inside(MODELS.get(f"vae/{name}"), "example:0-0", stages=False)
        assert record["original"] is ("digits" not in name)
        assert inside(MODELS.get(f"vae/{name}"), "seed:1", stages=False)["original"] is False


# --- the anatomy is the model's ---------------------------------------------------------------------------


def test_the_stages_are_those_that_the_encoder_computes(vae):
    x = torch.from_numpy(endpoints.picture(vae, "example:1-0", "a")[0])[None]
    *stages, flat = encoder_stages(vae, x)
    computed = [maps for kind, maps in vae.activations(x) if kind != "flatten"]
    for stage in stages:
        height, width, count = stage["shape"]
        # the maps shown are among those of the last step at this size
        (maps,) = [maps for maps in computed if maps.shape[1:] == (count, height, width)][-1]
        assert len(stage["channels"]) == len(set(stage["channels"])) == MAPS == stage["maps"]["count"]
        for shown, channel in zip(pictures(stage["maps"]), stage["channels"], strict=True):
            whole = maps[channel].numpy()
            scaled = (whole - whole.min()) / max(np.ptp(whole), 1e-6)
            assert np.abs(shown[0] - scaled).max() < 0.01
    assert [stage["shape"][0] for stage in stages[:-1]] == [
        vae.config.image_size // 2**level for level in range(vae.config.levels + 1)
    ]
    assert flat == {"kind": "flatten", "shape": [vae.encoder.head.in_features]}


def test_the_shapes_of_the_decoder_are_those_that_it_computes(vae):
    seen = []
    hooks = [
        layer.register_forward_hook(lambda _, __, out: seen.append([*out.shape[2:], out.shape[1]]))
        for layer in [vae.decoder.stem, *vae.decoder.features]
    ]
    vae.decode(torch.zeros(1, vae.config.latent_dim))
    for hook in hooks:
        hook.remove()
    shapes = decoder_shapes(vae)
    assert shapes[0] == seen[0] and shapes[-1] == seen[-1]
    assert all(shape in seen for shape in shapes)


def test_the_same_maps_are_shown_of_every_picture(digits):
    stages = [inside(digits, end)["encoder"] for end in ("example:0-0", "example:1-0", "seed:3")]
    assert len({json.dumps([s.get("channels") for s in some]) for some in stages}) == 1


# --- drawings ---------------------------------------------------------------------------------------------


def test_a_drawing_is_the_end_that_it_becomes(digits):
    drawn = inside(digits, drawing=SEVEN, epsilon=2)
    chosen = inside(digits, drawn["end"], epsilon=2)
    assert drawn["original"] and drawn == chosen
    prepared = drawing(base64.b64decode(SEVEN))
    assert np.array_equal(endpoints.unpack(digits, drawn["end"]), prepared)
    assert np.array_equal(pictures(drawn["picture"])[0], prepared)


def test_without_stages_the_answer_is_small(digits):
    live = station.inside(digits, drawing=SEVEN, stages=False)
    assert "encoder" not in live and len(to_json(live)) < 5000


def test_a_prepared_picture_says_what_was_done(digits):
    record = sources.prepare(digits, "drawing", SEVEN)
    assert record["end"] == inside(digits, drawing=SEVEN, stages=False)["end"]
    assert not (record["inverted"] or record["cropped"] or record["first_frame"])
    uploaded = sources.prepare(digits, "upload", SEVEN)
    assert uploaded["cropped"] and not uploaded["inverted"]


# --- bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong, key",
    [
        ({"drawing": strokes()}, "error.vae_drawing_empty"),
        ({"drawing": "not base64!"}, "error.vae_upload_damaged"),
        ({"drawing": base64.b64encode(b"a text").decode()}, "error.vae_upload_kind"),
        ({"drawing": 7}, "error.vae_upload_kind"),
        ({"drawing": "A" * (sources.LONGEST + 1)}, "error.vae_upload_bytes"),
        ({"a": "example:99-0"}, "error.vae_class"),
        ({"a": "picture:AAAA"}, "error.vae_picture"),
    ],
)
def test_bad_input_is_one_sentence(digits, wrong, key):
    told = json.loads(for_page(lambda **arguments: inside(digits, **arguments))(wrong))
    assert told["error"]["key"] == key


def test_only_digits_are_drawn():
    for name in ("fashion", "emoji"):
        with pytest.raises(UserError) as mistake:
            sources.prepare(MODELS.get(f"vae/{name}"), "drawing", SEVEN)
        assert mistake.value.key == "error.vae_drawing_digits"
    assert sources.prepare(MODELS.get("vae/digits-2d"), "drawing", SEVEN)["end"].startswith("picture:")
