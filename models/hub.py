"""Any causal language model that the library `transformers` can read from a folder, such as GPT-2 or SmolLM2.

It is used like models/gpt.py: a `tokenizer`, `predict(ids)` and `cursor(ids)`. Only safetensors are read, and no code
that comes with a model is run. `transformers` is optional (requirements-hub.txt) and imported when a model is read.

What it does not know: anything further back than WINDOW tokens, even if the model itself could look further back. Each
text is computed alone, so it does not depend on others that are written at the same time.
"""

import inspect
import math
import re
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open

from models.sampling import Prediction, softmax
from models.tokenizer import REACH, check_ids, plain

WINDOW = 512  # tokens that a model looks back at most: a longer text would keep all other visitors waiting
HOP = 256  # tokens by which a full window moves forward
CHUNK = (
    32  # tokens of a text that are scored in one pass: each has as many logits as the vocabulary has tokens
)
WRITTEN_OUT = re.compile(r"<0x[0-9A-F]{2}>")  # a byte as SentencePiece names it
BROKEN = "\ufffd"  # what stands for bytes that are no whole character


class HubTokenizer:
    """The tokenizer of a model from the Hub, with the interface of models/tokenizer.py.

    tokens: the text that each id adds behind a letter; one that is only a part of a character is shown by its bytes, as
    "⟨C3⟩". A character may be spread over several tokens: the last of them adds it to a text, the others add nothing.
    """

    unit = "pieces"

    def __init__(self, backend, size):
        self._backend = backend  # a tokenizers.Tokenizer
        # what is read in the place of an unknown character
        self.stand_in = getattr(backend.model, "unk_token", None) or ""
        self._unknown = backend.token_to_id(self.stand_in)
        anchor = self.encode("a")[-1:]
        before = self._text(anchor)
        texts = backend.decode_batch([[*anchor, i] for i in range(size)], skip_special_tokens=False)
        self.tokens = [self._named(i, text[len(before) :]) for i, text in enumerate(texts)]

    def _named(self, token_id, text):
        if text and BROKEN not in text:
            return text
        token = self._backend.id_to_token(token_id)
        return f"⟨{token_id}⟩" if token is None else f"⟨{in_bytes(token)}⟩"

    def __len__(self):
        return len(self.tokens)

    def encode(self, text):
        """The ids of `text`, without any that the model puts before or after it: list of int."""
        return self._backend.encode(text, add_special_tokens=False).ids

    def decode(self, ids):
        """The text of `ids`. Raises ValueError for an id outside the vocabulary."""
        return self._text(check_ids(ids, len(self)))

    def _text(self, ids):
        return self._backend.decode(ids, skip_special_tokens=False)

    def added(self, before, token_id):
        """What `token_id` adds to a text that ends with the ids `before`: nothing, if it only begins a character."""
        in_part = BROKEN in self.decode([token_id])
        for count in range(1, min(REACH, len(before) + 1) if in_part else 0):
            start = before[-count:]
            text = self.decode([*start, token_id])
            if BROKEN not in text:  # it ends the character that these tokens began
                return text[len(self.decode(start).rstrip(BROKEN)) :]
        text = self.decode([*before[-1:], token_id])
        return (text.rstrip(BROKEN) if in_part else text)[len(self.decode(before[-1:])) :]

    def unknown(self, text):
        """The distinct characters of `text` that are not in the vocabulary, in order of appearance."""
        if self._unknown is None or self._unknown not in self.encode(text):
            return []
        return [one for one in dict.fromkeys(text) if self._unknown in self.encode(one)]

    def readable(self, text):
        """`text` as this model can best read it."""
        return plain(text)

    def encode_prompt(self, text):
        """(ids, unknown): the ids of `readable(text)`, and the characters in it that the vocabulary does not have."""
        text = self.readable(text)
        return self.encode(text), self.unknown(text)


def in_bytes(token):
    """A token that is a part of a character: its bytes in hexadecimal, if it has a known form."""
    if WRITTEN_OUT.fullmatch(token):
        return token[3:5]
    values = [BYTES.get(character) for character in token]
    return " ".join(f"{value:02X}" for value in values) if None not in values else token


def _byte_letters():
    """The letter that stands for each byte in byte-level BPE (Radford et al. 2019): itself, or one beyond Latin-1."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = list(accumulate(int(byte not in printable) for byte in range(256)))
    return {chr(b if b in printable else 255 + others[b]): b for b in range(256)}


BYTES = _byte_letters()


class HubLM:
    """A language model from the Hub. It is frozen, and may be shared.

    start: the token that is assumed before a text: what the model's own tokenizer puts there, or the one that stands
    between two texts in its training.
    """

    def __init__(self, network, tokenizer, start):
        self.network, self.tokenizer, self.start = network.eval().requires_grad_(False), tokenizer, start
        limit = getattr(network.config, "max_position_embeddings", None) or WINDOW
        self.size = min(WINDOW, limit)
        self._last_only = "logits_to_keep" in inspect.signature(network.forward).parameters

    @classmethod
    def from_pretrained(cls, folder):
        """Read a folder with settings, tokenizer and safetensors. Raises OSError or ValueError for any other."""
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        weight_files(folder)
        files: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **files
        )
        network, told = loaded
        if told["missing_keys"]:
            raise ValueError(f"the weights {', '.join(sorted(told['missing_keys'])[:3])} are missing")
        own = AutoTokenizer.from_pretrained(folder, **files)
        tokenizer = HubTokenizer(own.backend_tokenizer, network.get_output_embeddings().weight.shape[0])
        lm = cls(network, tokenizer, first_token(own, network.config))
        if not np.isfinite(lm.predict([]).logits).all():
            raise ValueError("its predictions are no numbers")
        return lm

    def predict(self, ids):
        """The Prediction of the token after `ids` (list of int)."""
        return self.cursor(ids).predict()

    def cursor(self, ids):
        """A position in a text, with its key-value cache: predict() the next token, append(token_id)."""
        return HubCursor(self, check_ids(ids, len(self.tokenizer)))

    def window(self, length):
        """The index where the window of a text of `length` tokens begins: 0, or the first hop that is far enough."""
        hop = min(HOP, self.size // 2)
        return hop * max(0, math.ceil((length - self.size) / hop))

    def advance(self, cursors):
        """Compute the next predictions of these cursors, each alone."""
        for cursor in cursors:
            cursor.compute()

    @torch.inference_mode()
    def run(self, ids, cache=None, all_rows=False):
        """(logits, cache) after `ids`, which follow those in the cache: float32 (1 or len(ids), vocab)."""
        fewer = {"logits_to_keep": 1} if self._last_only and not all_rows else {}
        found = self.network(
            input_ids=torch.tensor([ids]), cache=cache, use_cache=True, return_dict=True, **fewer
        )
        rows = found.logits[0] if all_rows else found.logits[0, -1:]
        return rows.float().numpy(), found.cache

    def text_logits(self, ids, pause=lambda: None):
        """The logits at every token of a text, one after the other: an iterator of float32 (vocab,).

        pause: called between two passes.
        """
        ids = [self.start, *check_ids(ids, len(self.tokenizer))]
        begin, cache = 0, None
        for first in range(0, len(ids) - 1, CHUNK):
            last = min(first + CHUNK, len(ids) - 1)
            if first:
                pause()
            if self.window(last) != begin:
                begin = self.window(last)
                _, cache = self.run(ids[begin:first])
            rows, cache = self.run(ids[first:last], cache, all_rows=True)
            yield from rows


class HubCursor:
    """A position in a text. One caller uses it; the model itself does not change and may be shared."""

    def __init__(self, lm, ids):
        self.gpt = lm
        self._ids = [lm.start, *ids]
        self._begin, self._cached, self._cache = (
            0,
            0,
            None,
        )  # the window is ids[begin:]; `cached` of it are in the cache
        self.logits: Any = None  # after the text; None until they are computed

    def predict(self):
        """The Prediction of the next token. A second call returns the stored result."""
        if self.logits is None:
            self.compute()
        logits: np.ndarray = self.logits
        context = self._ids[max(1, self._begin) :]
        return Prediction(context, None, logits, softmax(logits), is_softmax=True)

    def append(self, token_id):
        """Add `token_id` to the text."""
        self._ids += check_ids([token_id], len(self.gpt.tokenizer))
        self.logits = None

    def compute(self):
        begin = self.gpt.window(len(self._ids))
        if begin != self._begin:
            self._begin, self._cached, self._cache = begin, 0, None
        rows, self._cache = self.gpt.run(self._ids[begin + self._cached :], self._cache)
        self._cached = len(self._ids) - begin
        self.logits = rows[0].astype(np.float64)

    def waiting(self):
        """Cursors that must compute before this one can predict: itself, or none."""
        return [self] if self.logits is None else []

    def rows(self):
        """How many tokens of the window are not in the cache."""
        begin = self.gpt.window(len(self._ids))
        return len(self._ids) - begin - (self._cached if begin == self._begin else 0)


def first_token(tokenizer, config):
    """The id of the token that is assumed before a text. Raises ValueError if the model has none."""
    with_others, bare = tokenizer("a").input_ids, tokenizer("a", add_special_tokens=False).input_ids
    ids = [*with_others[: len(with_others) - len(bare)], tokenizer.bos_token_id, tokenizer.eos_token_id]
    ids += [config.bos_token_id, config.eos_token_id, 0]
    return next(i for i in ids if isinstance(i, int))


def weight_files(folder):
    """The safetensors in a folder. Raises ValueError if there are none, and OSError if it cannot be read."""
    found = sorted(path for path in Path(folder).iterdir() if path.suffix == ".safetensors")
    if not found:
        raise ValueError("there are no safetensors in it")
    return found


def parameters(folder):
    """How many numbers the safetensors in a folder hold. Raises OSError or ValueError if there are none."""
    total = 0
    for path in weight_files(folder):
        with safe_open(path, "numpy") as file:
            total += sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118
    return total
