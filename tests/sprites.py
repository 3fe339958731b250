"""What a sprite record of the page holds, as pixels."""

import base64
import io

import numpy as np
from PIL import Image


def pictures(record):
    """The pictures of a sprite record, int (count, size, size[, 3])."""
    data = base64.b64decode(record.get("png") or record["webp"])
    sheet = np.asarray(Image.open(io.BytesIO(data))).astype(int)
    size, columns = record["size"], record["columns"]
    corners = [(i // columns * size, i % columns * size) for i in range(record["count"])]
    return np.stack([sheet[top : top + size, left : left + size] for top, left in corners])
