"""A small GPT: a decoder-only transformer over tokens, with a key-value cache for each text.

Sources: Radford et al. 2018 (decoder-only language model); pre-norm with RMSNorm (Zhang and Sennrich 2019,
arXiv 1910.07467); rotary positions (Su et al. 2021, arXiv 2104.09864); normalised queries and keys (Henry et
al. 2020, arXiv 2010.04245); squared ReLU (So et al. 2021, arXiv 2109.08668). No biases. A GPT that is trained in
seconds also embeds the few tokens before each one, each in a table of its own for its distance.

What it does not know: anything further back than its context. In a text longer than `block_size` the context is a
window that moves in hops of HOP tokens. A prediction is a function of the text alone, to the last bit: with or without
the cache, alone or together with other texts (models/decoding.py).
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from models import arrays, checkpoint
from models.decoding import Cache, Decoder
from models.errors import InputError
from models.networks import filled, is_outline
from models.sampling import Prediction, softmax
from models.tokenizer import TOKENIZERS, characters, check_ids, from_config, normalize

WEIGHTS = "model.safetensors"
HOP = 64  # tokens by which a full window moves forward

LARGEST_FILE = 4_000_000  # bytes of a GPT in one file: two million parameters
LONGEST_BLOCK = 1024  # of a GPT in one file


@dataclass(frozen=True)
class GPTConfig:
    vocab_size: int = 65
    block_size: int = 256
    n_layer: int = 4
    n_head: int = 6
    n_embd: int = 192
    dropout: float = 0.0  # on the embedding and on each residual branch, in training only
    before: int = 0  # how many tokens before each one are embedded with it


def load_snapshots(folder, last=True):
    """All snapshots of one training run, {step: GPT}, ascending. The last one is the published model.

    last: whether it is read, too.
    """
    with checkpoint.reading(folder):
        steps = checkpoint.load_config(folder)["snapshots"]
        steps = steps if last else steps[:-1]
    return {step: GPT.from_pretrained(folder, step) for step in steps}


def norm(x):
    return F.rms_norm(x, (x.shape[-1],))


def rotary(length, size):
    """cos and sin of the rotation at each position: (length, size / 2) each."""
    if is_outline():  # and torch.arange would import torch's compiler
        return torch.empty(length, size // 2), torch.empty(length, size // 2)
    rate = 1.0 / 10000 ** (torch.arange(0, size, 2, dtype=torch.float32) / size)
    angle = torch.outer(torch.arange(length, dtype=torch.float32), rate)
    return angle.cos(), angle.sin()


def rotate(x, cos, sin):
    """Rotate each pair of features by the angle of its position. x (..., T, hs); cos, sin (T, hs / 2)."""
    x1, x2 = x.chunk(2, dim=-1)
    return torch.cat([x1 * cos + x2 * sin, x2 * cos - x1 * sin], dim=-1)


def all_but(hidden, length):
    """What each token attends to: bool (B, 1, length, length), itself and all before it but the hidden one."""
    places = torch.arange(length)
    is_hidden = (places == hidden[:, None, None]) & (places[:, None] > hidden[:, None, None])
    return ((places[:, None] >= places) & ~is_hidden)[:, None]


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.n_head = config.n_head
        self.qkv = nn.Linear(config.n_embd, 3 * config.n_embd, bias=False)
        self.out = nn.Linear(config.n_embd, config.n_embd, bias=False)

    def forward(self, x, cos, sin, seen=None):
        B, T, C = x.shape
        qkv = self.qkv(x).view(B, T, 3, self.n_head, C // self.n_head)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (B, nh, T, hs) each
        q, k = rotate(norm(q), cos, sin), rotate(norm(k), cos, sin)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, is_causal=seen is None)
        return self.out(y.transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.attention = Attention(config)
        self.up = nn.Linear(config.n_embd, 4 * config.n_embd, bias=False)
        self.down = nn.Linear(4 * config.n_embd, config.n_embd, bias=False)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x, cos, sin, seen=None):
        x = x + self.dropout(self.attention(norm(x), cos, sin, seen))
        return x + self.dropout(self.down(F.relu(self.up(norm(x))).square()))  # (B, T, C)


class GPT(nn.Module):
    cos: torch.Tensor
    sin: torch.Tensor

    def __init__(self, config, tokenizer=None):
        super().__init__()
        self.config = config
        self.tokenizer = tokenizer
        self.info = {}  # the content of config.json
        self.draft = None  # guesses its tokens, if there is one (models/drafting.py)
        self.embed = nn.Embedding(config.vocab_size, config.n_embd)
        self.before = nn.ModuleList(
            nn.Embedding(config.vocab_size, config.n_embd) for _ in range(config.before)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        cos, sin = rotary(config.block_size, config.n_embd // config.n_head)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self._initialize()

    def _initialize(self):
        for name, weight in self.named_parameters():
            if name.endswith(("out.weight", "down.weight", "head.weight")):
                nn.init.zeros_(weight)
            elif name.startswith(("embed.", "before.")):
                nn.init.normal_(weight)
            else:
                nn.init.normal_(weight, std=1 / math.sqrt(weight.shape[1]))

    @classmethod
    @checkpoint.reader
    def from_pretrained(cls, folder, snapshot=None):
        """Read a checkpoint folder; eval mode, frozen. snapshot: one of the training steps in info["snapshots"], by
        default the last.

        Step 0 has no file: the head of an untrained model is all zeros, so all tokens are equally likely, whatever
        the other weights are. Raises checkpoint.CheckpointError (a ValueError), and InputError for a step that is no
        snapshot.
        """
        config = checkpoint.load_config(folder)
        steps = config.get("snapshots", [])
        step = None if snapshot is None else checkpoint.check_snapshot(snapshot, steps)
        with checkpoint.reading(folder):
            tokenizer = TOKENIZERS[config["tokenizer"]["unit"]].from_config(config["tokenizer"])
            settings = _config(config["model"], tokenizer)
            last = step is None or step == steps[-1]
            file = checkpoint.load_tensors(
                folder, WEIGHTS if last or step == 0 else checkpoint.snapshot_file(step)
            )
            gpt = filled(lambda: cls(settings, tokenizer), checkpoint.full(file))._by_inputs()
            if step == 0:
                with torch.random.fork_rng(devices=()):  # the random numbers of the caller stay as they are
                    torch.default_generator.manual_seed(0)
                    gpt = cls(settings, tokenizer).eval().requires_grad_(False)
            gpt.info = config
            gpt.predict([0])
        return gpt

    def _by_inputs(self):
        """The same GPT with its matrices transposed in memory, by which models/decoding.py multiplies much faster."""
        for part in self.modules():
            if isinstance(part, nn.Linear):
                part.weight.data = part.weight.data.T.contiguous().T
        return self

    def save_pretrained(self, folder, info):
        """Write weights (as int8), settings and tokenizer."""
        config = {"model": asdict(self.config), "tokenizer": self.tokenizer.to_config()} | info
        checkpoint.save(folder, config, checkpoint.eight_bits(self._weights()))

    def save_snapshot(self, folder, step):
        """Write the weights at one training step beside those that `save_pretrained` writes."""
        checkpoint.save(folder, {}, checkpoint.eight_bits(self._weights()), checkpoint.snapshot_file(step))

    def _weights(self):
        return {k: v.detach().cpu().float().numpy() for k, v in self.state_dict().items()}

    def to_file(self, info):
        """The bytes of one safetensors file with weights (as float16), settings and tokenizer."""
        settings = {"model": asdict(self.config), "tokenizer": self.tokenizer.to_config()} | info
        return checkpoint.in_one_file(settings, checkpoint.half(self._weights()))

    @classmethod
    def from_file(cls, content):
        """Read the bytes that `to_file` returned; eval mode, frozen. Raises InputError for any others, and for a GPT
        that would be slow: one of more than LARGEST_FILE bytes, or with a context beyond LONGEST_BLOCK.
        """
        settings, tensors = checkpoint.from_one_file(content, LARGEST_FILE)
        try:
            tokenizer = from_config(settings["tokenizer"])
            config = _config(settings["model"], tokenizer)
            if not HOP < config.block_size <= LONGEST_BLOCK:
                raise ValueError("The context is too short or too long.")
            gpt = filled(lambda: cls(config, tokenizer), checkpoint.full(tensors))._by_inputs()
            gpt.info = settings
            if not np.isfinite(gpt.predict([0]).probs).all():
                raise ValueError("The weights give no probabilities.")
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError):
            raise InputError(checkpoint.NO_MODEL) from None
        return gpt

    def forward(self, ids, hidden=None):
        """ids (B, T), T <= block_size -> logits (B, T, vocab).

        hidden: int64 (B,), for each text the place of a token that is a blank, and that no later one attends to.
        """
        ids = ids if self.training else self._checked(ids)
        length = ids.shape[1]
        if length > self.config.block_size:
            raise InputError(f"The context must be at most {self.config.block_size} tokens, not {length}.")
        cos, sin = self.cos[:length], self.sin[:length]
        hidden = None if hidden is None else self._checked_places(hidden, *ids.shape)
        x = self.dropout(norm(self._embedded(ids, hidden)))  # (B, T, C)
        seen = None if hidden is None else all_but(hidden, length)
        for block in self.blocks:
            x = block(x, cos, sin, seen)
        return self.head(norm(x))

    def _embedded(self, ids, hidden=None):
        """The sum of the embeddings of each token and of those before it in the window: (B, T, C)."""
        blank = None if hidden is None else (torch.arange(ids.shape[1]) == hidden[:, None])[..., None]

        def look_up(table):
            found = table(ids)
            return found if blank is None else found.masked_fill(blank, 0.0)

        x = look_up(self.embed)
        for distance, table in zip(range(1, ids.shape[1]), self.before):
            x = x + F.pad(look_up(table)[:, :-distance], (0, 0, distance, 0))
        return x

    def _checked_places(self, hidden, texts, length):
        """The place that is hidden of each of the texts, as int64 (texts,). Raises InputError for anything else."""
        hidden = arrays.whole_numbers(hidden, "hidden")
        if hidden.shape != (texts,) or hidden.min() < 0 or hidden.max() >= length:
            raise InputError(
                f"hidden must be {texts} whole numbers from 0 to {length - 1}, one for each text."
            )
        return hidden

    def _checked(self, ids):
        """Ids as callers give them, as int64 (B, T). Raises ValueError for anything that is not in the vocabulary."""
        ids = arrays.whole_numbers(ids, "ids")
        if ids.ndim != 2 or not ids.numel():
            raise InputError(f"ids must have shape (B, T), not {tuple(ids.shape)}.")
        if ids.min() < 0 or ids.max() >= self.config.vocab_size:
            raise InputError(f"A token id must be a whole number from 0 to {self.config.vocab_size - 1}.")
        return ids

    def window(self, length):
        """The index where the window of a text of `length` tokens begins: 0, or the first hop that is far enough."""
        return HOP * max(0, math.ceil((length - self.config.block_size) / HOP))

    def predict(self, ids):
        """The Prediction of the token after `ids` (list of int). A line end is assumed before the text."""
        return self.cursor(ids).predict()

    def cursor(self, ids):
        """A position in a text, with its key-value cache: predict() the next token, append(token_id)."""
        return Cursor(self, check_ids(ids, len(self.tokenizer)))

    def advance(self, cursors):
        """Compute the next predictions of many cursors of this GPT in one pass, each as it would be alone."""
        guesses = [len(cursor.guesses) for cursor in cursors]
        logits = cursors[0].decoder([cursor.unseen() for cursor in cursors], guesses).astype(np.float64)
        # copies, or whoever keeps one row would keep those of all texts
        rows = ((row.copy(), probs.copy()) for row, probs in zip(logits, softmax(logits), strict=True))
        for cursor, count in zip(cursors, guesses, strict=True):
            cursor.take([next(rows) for _ in range(1 + count)])

    def loss(self, text, stride=64):
        """Nats per character of `text`, every token scored once (see `token_nats`). ValueError for an empty text."""
        ids = self.tokenizer.encode(text)
        if not ids:
            raise InputError("The text is empty: there is nothing to score.")
        return float(self.token_nats(ids, stride).sum()) / len(characters(normalize(text)))

    def token_nats(self, ids, stride=64):
        """-log p of every token of a text: float64 (len(ids),). A line end is assumed before the first token.

        The windows have block_size tokens and are `stride` apart. The first one scores all its tokens, the others
        their last `stride` tokens; so each token has at least block_size - stride tokens of context, if the text has.
        """
        ids = torch.tensor(self.start() + check_ids(ids, len(self.tokenizer)))
        nats = [
            F.cross_entropy(logits, ids[first + 1 : first + 1 + len(logits)], reduction="none")
            for first, logits in self._windows(ids, stride)
        ]
        return torch.cat(nats).double().numpy() if nats else np.zeros(0)

    def text_logits(self, ids, stride=64, pause=lambda: None):
        """The logits at every token of a text: float32 (len(ids), vocab). Windows as in `token_nats`.

        pause: called between two windows.
        """
        ids = torch.tensor(self.start() + check_ids(ids, len(self.tokenizer)))
        rows: list[torch.Tensor] = []
        for _, logits in self._windows(ids, stride):
            if rows:
                pause()
            rows.append(logits)
        return torch.cat(rows).numpy() if rows else np.zeros((0, len(self.tokenizer)), np.float32)

    @torch.inference_mode()
    def _windows(self, ids, stride):
        """(first, logits) of each window: the logits of the tokens after ids[first], ids[first + 1], ..."""
        size, scored = self.config.block_size, 0
        stride = arrays.whole(stride, "stride", 1, size)
        while scored < len(ids) - 1:
            end = min(len(ids) - 1, scored + stride if scored else size)
            begin = max(0, end - size)
            yield scored, self(ids[None, begin:end])[0, scored - begin :]
            scored = end

    def start(self):
        """The token that is assumed before a text: a line end, or the first of the vocabulary if it has no line end."""
        return [self.tokenizer.tokens.index("\n") if "\n" in self.tokenizer.tokens else 0]


def _config(settings, tokenizer):
    """The GPTConfig of settings that were read. Raises ValueError if they do not fit each other or the tokenizer."""
    config = GPTConfig(**settings)
    fits = config.vocab_size == len(tokenizer) and config.n_embd % (2 * config.n_head) == 0
    if not fits or config.block_size < HOP:
        raise ValueError("The parts do not fit.")
    return config


class Cursor:
    """A position in a text. One caller uses it; the GPT itself does not change and may be shared."""

    def __init__(self, gpt, ids):
        self.gpt, self.decoder = gpt, Decoder(gpt)
        self._ids = gpt.start() + ids  # the whole text, of which the model sees a window
        self._begin = 0  # the window is ids[begin:], of which the first are in the cache
        self._cache: Any = None
        self.row: Any = None  # (logits, probs) after the text; None until they are computed
        self.guesses: list[int] = []  # tokens after the text, for the next pass
        self._ahead: list[tuple] = []  # (guess, row after it) each, of the last pass

    def predict(self):
        """The Prediction of the next token. A second call returns the stored result."""
        if self.row is None:
            self.gpt.advance([self])
        logits, probs = self.row
        return Prediction(self._ids[self._begin :], None, logits, probs, is_softmax=True)

    def append(self, token_id):
        """Add `token_id` to the text. If it was guessed, its prediction is there already."""
        self._ids += check_ids([token_id], len(self.gpt.tokenizer))
        if self._ahead and self._ahead[0][0] == token_id:
            self._cache.take([token_id])
            self.row = self._ahead.pop(0)[1]
        else:
            self._ahead, self.row = [], None

    def guess(self, ids):
        """Tokens that may follow the text: the next pass computes the predictions after them, too.

        Returns how many of them it will: those for which the window stays where it is.
        """
        end = self.gpt.window(len(self._ids)) + self.gpt.config.block_size
        self.guesses = ids[: end - len(self._ids)]
        return len(self.guesses)

    def take(self, rows):
        """What a pass computed: (logits, probs) after the text, and after each guess."""
        self.row, *later = rows
        self._ahead = list(zip(self.guesses, later, strict=True))
        self.guesses = []

    def waiting(self):
        """Cursors of a GPT that must compute before this one can predict: itself, or none."""
        return [self] if self.row is None else []

    def rows(self):
        """How many tokens of the window are not in the cache."""
        begin = self.gpt.window(len(self._ids))
        cached = self._cache.length if self._cache and begin == self._begin else 0
        return len(self._ids) - begin - cached

    def unseen(self):
        """(cache, ids): the tokens of the window that are not in the cache, and the guesses."""
        begin = self.gpt.window(len(self._ids))
        if self._cache is None or begin != self._begin:
            # a new window: all its tokens have new positions
            self._begin, self._cache = begin, Cache(self.gpt.config)
        return self._cache, self._ids[begin + self._cache.length :] + self.guesses
