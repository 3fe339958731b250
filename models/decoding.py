"""The forward pass of a GPT in NumPy, for the next tokens of many texts at once.

A row is one token of one text. Each text brings its own cache of keys and values, and its own length. The rows of all
texts go through the matrices together; each attends only to the tokens of its own text.

What is guaranteed: the logits after a token depend on the tokens before it in its window, and on nothing else, to the
last bit. It makes no difference which other texts take part, or how many tokens of a text are computed at once. For
this, every matrix product has the same shape: a BLAS library may add up a product of another shape in another order.
The rows are computed in blocks of ROWS, and missing ones are zeros. All else is computed row by row, over a length that
depends on the row alone. This assumes that BLAS treats all rows of a block alike, as
tests/unit/test_decoding.py checks.

With one text of few tokens the calls to torch cost more than the arithmetic, so this is faster than torch;
benchmarks/models.py measures by how much.
"""

import math

import numpy as np

ROWS = 4  # of every matrix product: OpenBLAS multiplies so few without copying the matrix, and one costs little less
STRIDE = 32  # a token attends to the next multiple of so many places; those after itself have no weight
EPSILON = np.finfo(np.float32).eps


class Cache:
    """Keys and values of one text, in all layers: (n_layer, 2, nh, room, hs), filled up to `length`.

    Then come those of guesses, if there were any, and zeros; they have no weight. last: the ids of its last tokens, as
    many as the GPT embeds with the next one.
    """

    def __init__(self, config):
        self.layers = np.zeros(
            (config.n_layer, 2, config.n_head, 0, config.n_embd // config.n_head), np.float32
        )
        self.length = 0
        self.before, self.last = config.before, []

    def take(self, ids):
        """Count these tokens, whose keys and values are filled in."""
        self.length += len(ids)
        self.last = [*self.last, *ids][-self.before :] if self.before else []

    def make_room(self, count):
        """See to it that `count` more tokens fit in."""
        room = reach(self.length + count)
        if room > self.layers.shape[3]:
            before = self.layers
            self.layers = np.zeros((*before.shape[:3], room, before.shape[4]), np.float32)
            self.layers[:, :, :, : self.length] = before[:, :, :, : self.length]


class Decoder:
    """decoder([(cache, ids), ...]) is the logits after the last of each text's ids. It shares the GPT's weights.

    Tokens may be guesses: computed with the others, but not taken for granted. If a guess proves right, its cache takes
    it (`Cache.take`), and the logits after it are there already.
    """

    def __init__(self, gpt):
        self.config = gpt.config
        self.embed, self.head = as_array(gpt.embed.weight), as_array(gpt.head.weight).T
        self.before = [as_array(table.weight) for table in gpt.before]
        self.knows_nothing = not (self.head[0].any() or self.head.any())
        self.cos, self.sin = as_array(gpt.cos), as_array(gpt.sin)
        self.blocks = [
            tuple(as_array(part.weight).T for part in (b.attention.qkv, b.attention.out, b.up, b.down))
            for b in gpt.blocks
        ]

    def __call__(self, texts, guesses=None):
        """Logits float32 (len(texts), vocab).

        texts: (cache, ids) each, where `ids` are the tokens that follow the `cache.length` tokens in the cache. The
        caches must be distinct. They are filled with these tokens. guesses: for each text how many of its `ids` at the
        end are guesses; then there are logits before and after each of these: (len(texts) + sum(guesses), vocab).
        """
        guesses = guesses or [0] * len(texts)
        if self.knows_nothing:  # an untrained GPT: its logits are zeros, whatever the text is
            logits = np.zeros((len(texts) + sum(guesses), self.config.vocab_size), np.float32)
        else:
            logits = self.forward(texts, guesses)
        for (cache, ids), count in zip(texts, guesses, strict=True):
            cache.take(ids[: len(ids) - count])
        return logits

    def forward(self, texts, guesses):
        rows = Rows(texts, reach(self.config.block_size))
        x = padded(norm(self.embedded(texts)))  # (R, C)
        cos, sin = self.cos[rows.places, None, None], self.sin[rows.places, None, None]
        for layer, (qkv, out, up, down) in enumerate(self.blocks):
            x = x + product(self.attend(product(norm(x), qkv), layer, rows, cos, sin), out)
            hidden = np.maximum(product(norm(x), up), 0)
            x = x + product(np.square(hidden, out=hidden), down)
        ends = np.cumsum([len(ids) for _, ids in texts])
        wanted = [
            row for end, count in zip(ends, guesses, strict=True) for row in range(end - 1 - count, end)
        ]
        return product(padded(norm(x[wanted])), self.head)[: len(wanted)]

    def embedded(self, texts):
        """The sum of the embeddings of each row's token and of those before it in its window: (rows, C)."""
        x = self.embed[[i for _, ids in texts for i in ids]]
        end = 0
        for cache, ids in texts:
            end += len(ids)
            known = [*cache.last, *ids]
            for table, distance in zip(self.before, range(1, len(known))):
                earlier = known[:-distance][-len(ids) :]
                x[end - len(earlier) : end] += table[earlier]
        return x

    def attend(self, qkv, layer, rows, cos, sin):
        """Attention of each row to the cached tokens of its text and to itself: qkv (R, 3 C) -> (R, C)."""
        count, heads, size = len(rows.places), self.config.n_head, qkv.shape[1] // 3 // self.config.n_head
        parts = qkv[:count].reshape(count, 3, heads, size)
        parts[:, :2] = rotate(norm(parts[:, :2]), cos, sin)
        for cache, begin, end, first in rows.texts:
            cache.layers[layer, :, :, begin:end] = parts[first : first + end - begin, 1:].transpose(
                1, 2, 0, 3
            )
        q = parts[:, 0, :, :, None] / np.float32(math.sqrt(size))  # (rows, nh, hs, 1)
        scores = np.zeros((count, heads, 1, rows.mask.shape[-1]), np.float32)
        for cache, first, end, seen in rows.groups:
            keys = cache.layers[layer, 0, :, :seen]
            np.matmul(keys, q[first:end], out=scores[first:end, :, 0, :seen, None])
        scores += rows.mask
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))  # 0 for what is still to come
        y = np.zeros((len(qkv), heads, 1, size), np.float32)
        for cache, first, end, seen in rows.groups:
            values = cache.layers[layer, 1, :, :seen]
            np.matmul(weights[first:end, :, :, :seen], values, out=y[first:end])
        y[:count] /= weights.sum(axis=-1, keepdims=True)
        return y.reshape(len(qkv), -1)


class Rows:
    """Which row of a pass is which token of which text.

    places (rows,): in the window of its text. texts: (cache, first place, end, first row) each. groups: the rows of a
    text that attend to equally many places: (cache, first row, end, number of places). mask (rows, 1, 1, width): -inf
    where a row must not attend.
    """

    def __init__(self, texts, width):
        self.texts, self.groups, row = [], [], 0
        for cache, ids in texts:
            begin, end = cache.length, cache.length + len(ids)
            cache.make_room(len(ids))
            self.texts.append((cache, begin, end, row))
            while begin < end:
                seen = reach(begin + 1)
                count = min(end, seen) - begin
                self.groups.append((cache, row, row + count, seen))
                begin, row = begin + count, row + count
        self.places = np.concatenate([np.arange(begin, end) for _, begin, end, _ in self.texts])
        later = np.arange(width) > self.places[:, None]
        self.mask = np.where(later, np.float32(-np.inf), np.float32(0))[:, None, None]


def spare_rows(count):
    """How many rows a pass of `count` rows computes besides them, to fill its last block."""
    return -count % ROWS


def reach(length):
    """The multiple of STRIDE that is not below `length`."""
    return -(-length // STRIDE) * STRIDE


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
