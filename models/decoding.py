"""The forward pass of a GPT in NumPy, for the next tokens of many texts at once.

A row is one token of one text. Each text brings its own cache of keys and values, and its own length. The rows of all
texts go through the matrices together; each attends only to the tokens of its own text.

What is guaranteed: the logits after a token depend on the tokens before it in its window, and on nothing else, to the
last bit. It makes no difference which other texts take part, or how many tokens of a text are computed at once. For
this, every matrix product has the same shape: a BLAS library may add up a product of another shape in another order.
The rows are computed in blocks of ROWS, and missing ones are zeros. Everything else is computed row by row, over a
length that depends on the row alone. This assumes that BLAS treats all rows of a block alike, as
tests/unit/test_decoding.py checks.

With one text of few tokens the calls to torch cost more than the arithmetic, so this is faster than torch;
benchmarks/models.py measures by how much.
"""

import math

import numpy as np

ROWS = 4  # of every matrix product: OpenBLAS multiplies so few without copying the matrix, and one costs little less
EPSILON = np.finfo(np.float32).eps


class Cache:
    """Keys and values of one text, in all layers: (n_layer, 2, nh, block_size, hs), filled up to `length`."""

    def __init__(self, config):
        size = config.n_embd // config.n_head
        self.layers = np.empty((config.n_layer, 2, config.n_head, config.block_size, size), np.float32)
        self.length = 0


class Decoder:
    """decoder([(cache, ids), ...]) is the logits after the last of each text's ids. It shares the GPT's weights."""

    def __init__(self, gpt):
        self.config = gpt.config
        self.embed, self.head = as_array(gpt.embed.weight), as_array(gpt.head.weight).T
        self.knows_nothing = not (self.head[0].any() or self.head.any())
        self.cos, self.sin = as_array(gpt.cos), as_array(gpt.sin)
        self.blocks = [
            tuple(as_array(part.weight).T for part in (b.attention.qkv, b.attention.out, b.up, b.down))
            for b in gpt.blocks
        ]

    def __call__(self, texts):
        """Logits float32 (len(texts), vocab).

        texts: (cache, ids) each, where `ids` are the tokens that follow the `cache.length` tokens in the cache. The
        caches must be distinct. They are filled with these tokens.
        """
        if self.knows_nothing:  # an untrained GPT: its logits are zeros, whatever the text is
            logits = np.zeros((len(texts), self.config.vocab_size), np.float32)
        else:
            logits = self.forward(texts)
        for cache, ids in texts:
            cache.length += len(ids)
        return logits

    def forward(self, texts):
        places = [range(cache.length, cache.length + len(ids)) for cache, ids in texts]
        rows = [(cache, place) for (cache, _), own in zip(texts, places) for place in own]
        x = padded(norm(self.embed[[i for _, ids in texts for i in ids]]))  # (R, C)
        angles = [place for _, place in rows]
        cos, sin = self.cos[angles, None, None], self.sin[angles, None, None]
        for layer, (qkv, out, up, down) in enumerate(self.blocks):
            caches = [(cache.layers[layer], place) for cache, place in rows]
            x = x + product(self.attend(product(norm(x), qkv), caches, cos, sin), out)
            hidden = np.maximum(product(norm(x), up), 0)
            x = x + product(np.square(hidden, out=hidden), down)
        last = np.cumsum([len(ids) for _, ids in texts]) - 1
        return product(padded(norm(x[last])), self.head)[: len(texts)]

    def attend(self, qkv, caches, cos, sin):
        """Attention of each row to the cached tokens of its text and to itself: qkv (R, 3 C) -> (R, C).

        caches: for each row that is not padding, the keys and values of this layer (2, nh, block_size, hs), and the
        place of the row in them.
        """
        count, heads, size = len(caches), self.config.n_head, qkv.shape[1] // 3 // self.config.n_head
        parts = qkv[:count].reshape(count, 3, heads, size)
        q, k = np.moveaxis(rotate(norm(parts[:, :2]), cos, sin), 1, 0)  # (rows, nh, hs) each
        for row, (kept, place) in enumerate(caches):
            kept[0, :, place], kept[1, :, place] = k[row], parts[row, 2]
        q = q[..., None] / np.float32(math.sqrt(size))
        scores = np.full((count, heads, 1, self.config.block_size), -np.inf, np.float32)
        for row, (kept, place) in enumerate(caches):
            np.matmul(kept[0, :, : place + 1], q[row], out=scores[row, :, 0, : place + 1, None])
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))  # 0 for what is still to come
        y = np.zeros((len(qkv), heads, 1, size), np.float32)
        for row, (kept, place) in enumerate(caches):
            np.matmul(weights[row, :, :, : place + 1], kept[1, :, : place + 1], out=y[row])
        y[:count] /= weights.sum(axis=-1, keepdims=True)
        return y.reshape(len(qkv), -1)


def product(x, weight):
    """x (R, K) @ weight (K, N) in blocks of ROWS rows. R must be a multiple of ROWS."""
    blocks = x.reshape(-1, ROWS, x.shape[1])
    return np.matmul(blocks, weight).reshape(len(x), -1)


def padded(x):
    """The rows of x, and rows of zeros up to the next multiple of ROWS."""
    rows = np.zeros((-(-len(x) // ROWS) * ROWS, x.shape[1]), np.float32)
    rows[: len(x)] = x
    return rows


def norm(x):
    """models.gpt.norm for arrays: x (..., C)."""
    return x / np.sqrt(np.vecdot(x, x) / np.float32(x.shape[-1]) + EPSILON)[..., None]


def rotate(x, cos, sin):
    """models.gpt.rotate for arrays: x (..., hs); cos, sin of a shape that fits (..., hs / 2)."""
    half = x.shape[-1] // 2
    rotated = np.empty_like(x)
    np.add(x[..., :half] * cos, x[..., half:] * sin, out=rotated[..., :half])
    np.subtract(x[..., half:] * cos, x[..., :half] * sin, out=rotated[..., half:])
    return rotated


def as_array(tensor):
    """A NumPy array that shares the memory of a tensor."""
    return tensor.detach().numpy()
