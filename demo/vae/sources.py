"""A drawing or an upload as an endpoint of a walk, prepared like the training pictures.

The endpoint contains the prepared picture itself (demo/vae/endpoints.py). The server stores nothing.
"""

import base64
import binascii

from demo import images
from demo.checks import UserError, choice
from demo.contract import DRAWABLE_SETS
from demo.prepare import LARGEST_FILE, UNTOUCHED, drawing, upload
from demo.vae.endpoints import pack

KINDS = ("drawing", "upload")
LONGEST = LARGEST_FILE * 4 // 3 + 4  # characters of base64


def prepare(vae, kind, data, invert="auto"):
    """Prepare a picture given as base64: {"end", "picture" (a sprite), "inverted", "cropped", "middle", "first_frame"}.

    kind: "drawing" (the pixels of the drawing pad, white on black; digits only) or "upload" (a PNG, JPEG or WebP
    file). invert, for uploads: "auto" (depends on the background), "yes" or "no".
    """
    if choice(kind, "kind", KINDS) == "drawing":
        picture, done = drawn(vae, data), UNTOUCHED
    else:
        picture, done = upload(decoded(data), vae.info["set"], invert)
    return {"end": pack(picture), "picture": images.sprite(picture[None])} | done


def drawn(vae, data):
    """The pixels of the drawing pad as base64 -> (1, 28, 28) in [0, 1]."""
    if vae.info["set"] not in DRAWABLE_SETS:
        raise UserError("error.vae_drawing_digits")
    return drawing(decoded(data))


def decoded(data):
    """Base64 text -> bytes."""
    if not isinstance(data, str):
        raise UserError("error.vae_upload_kind")
    if len(data) > LONGEST:
        raise UserError("error.vae_upload_bytes", high=LARGEST_FILE // 1_000_000)
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise UserError("error.vae_upload_damaged") from None
