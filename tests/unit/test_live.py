"""A GPT trained in seconds on any text: what is printed, what is learned from, what is kept, and what is refused."""

import base64
import json
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from torch.overrides import TorchFunctionMode

from models import checkpoint
from models.errors import InputError
from models.gpt import GPT
from models.ngram import NgramLM
from training import command, giving_way, live, live_gpt

ROOT = Path(__file__).parents[2]
WORDS = ("the", "cat", "sat", "on", "a", "mat", "and", "saw", "one", "rat", "run", "to", "my", "hat")


def rhyme(seed=0, words=1000):
    draw = random.Random(seed)
    return "".join(draw.choice(WORDS) + draw.choice(" \n") for _ in range(words))


def clock():
    """A module `time` on which every look takes a hundredth of a second."""
    looks = iter(range(10**9))
    return SimpleNamespace(monotonic=lambda: next(looks) / 100)


@pytest.fixture
def steady(monkeypatch):
    """Training does the same steps on any machine."""
    monkeypatch.setattr(live_gpt, "time", clock())
    for module in (live_gpt, giving_way):
        monkeypatch.setattr(module, "BEGAN", 0)
    monkeypatch.setattr(live_gpt, "SIZES", ((32, 2),))
    monkeypatch.setattr(live_gpt, "SAMPLE", {"max_new_tokens": 20})


def lines(folder, capsys, text, *options):
    """What the command prints for a text, as objects."""
    path = folder / "text.txt"
    path.write_text(text, "utf-8")
    live.main([str(path), "--seconds", "1", *options])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_training_says_what_it_does_and_learns(steady, tmp_path, capsys):
    first, *rows, last = lines(tmp_path, capsys, rhyme(), "--prompt", "the cat", "--out", str(tmp_path / "m"))
    whole = first["characters"] + first["held_out_characters"]
    assert whole == len(rhyme()) and round(whole * 0.1) == first["held_out_characters"]
    assert first["unit"] == "characters" and list(first["counts"]) == [str(k) for k in range(1, 9)]
    assert rows[0]["step"] == 0 and len(rows) > 2
    assert rows[0]["held_out"] == pytest.approx(np.log(first["vocabulary"]), abs=1e-4)  # it knows nothing yet
    assert last["done"] and last["held_out"] < rows[0]["held_out"] - 0.5
    assert len(last["sample"]) == 20 and last["tokens_per_second"] > 0
    seconds = [first["setup"], *(row["seconds"] for row in [*rows, last])]
    assert seconds == sorted(seconds)


def test_the_losses_are_those_of_the_file_and_of_the_counts(steady, tmp_path, capsys):
    text = rhyme()
    first, *_, last = lines(tmp_path, capsys, text, "--out", str(tmp_path / "model.safetensors"))
    gpt = GPT.from_file((tmp_path / "model.safetensors").read_bytes())
    learned, held_out = text[: first["characters"]], text[first["characters"] :]
    assert len(held_out) < live_gpt.SLICE["held_out"], "so that all of it is one piece"
    assert last["held_out"] == round(gpt.loss(held_out), 4)
    counts = NgramLM.fit(learned, order=8, tokenizer=gpt.tokenizer)
    assert first["counts"]["3"] == round(counts.with_order(3).loss(held_out), 4)
    assert gpt.info["training"]["steps"] == last["step"]


def test_a_long_text_is_scored_in_pieces_from_all_over_it():
    found = [str(i % 10) for i in range(1000)]
    assert live_gpt.slices(found, 10) == ["".join(found[i : i + 10]) for i in (0, 330, 660, 990)]
    assert live_gpt.slices(found[:5], 10) == ["01234"]


def test_the_last_tenth_is_never_learned_from(steady, tmp_path, capsys, monkeypatch):
    text = rhyme()
    cut = round(len(text) * 0.9)
    other = text[:cut] + text[cut:][::-1]
    files = []
    for version in (text, other):
        monkeypatch.setattr(live_gpt, "time", clock())
        lines(tmp_path, capsys, version, "--out", str(tmp_path / "model"))
        files.append((tmp_path / "model").read_bytes())
    assert text != other and files[0] == files[1]


def test_a_long_text_is_learned_by_word_pieces_of_what_is_learned_from(monkeypatch):
    monkeypatch.setattr(live_gpt, "PIECES_FROM", 2000)
    text = live_gpt.Text(rhyme() + "§" * 20)
    assert text.tokenizer.unit == "pieces" and "§" in text.tokenizer.tokens
    assert len(text.ids) < len(text.learned) / 2
    assert text.described()["counts"][4] < text.described()["counts"][1]
    assert live_gpt.Text(rhyme(words=400)).tokenizer.unit == "characters"
    assert live_gpt.Text("ha" * 2000).tokenizer.unit == "characters"  # of pieces there would be a handful


def test_characters_of_several_code_points_stay_whole():
    text = live_gpt.Text(live.checked("e\u0323\u0302\u0301 👩‍👩‍👧 नि " * 300))
    assert text.tokenizer.decode(text.ids.tolist()) == text.learned
    assert "👩‍👩‍👧" in text.tokenizer.tokens and text.loss(live_gpt.build(text).eval(), "held_out") > 0


def test_lengths_are_in_characters_as_a_reader_sees_them():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    line = f"s\u00e3o {family}\n"  # six characters, and ten code points
    text = live_gpt.Text(live.checked(line * 200))
    said = text.described()
    assert (said["characters"], said["held_out_characters"]) == (1080, 120)
    with pytest.raises(InputError, match="it has 996 characters"):
        live.checked(line * 166)
    assert live_gpt.copied(f"{family * 20}abcd", family * 30) == pytest.approx(20 / 24)
    assert live_gpt.copied(family * 19, family * 30) == 0


def test_what_a_sample_copies():
    learned = "a rose is a rose is a rose by any other name"
    assert live_gpt.copied("xx" + learned[3:28] + "zz", learned) == 25 / 29
    assert live_gpt.copied(learned[:19], learned) == live_gpt.copied("", learned) == 0


@pytest.mark.parametrize("vocabulary", [2, 65, 300, 512, 1000, 3000])
def test_a_network_has_at_most_so_many_parameters(vocabulary):
    class Few:
        tokenizer = live_gpt.CharTokenizer([chr(0x4E00 + i) for i in range(vocabulary)])

    parameters = sum(weight.numel() for weight in live_gpt.build(Few).parameters())
    assert 200_000 < parameters <= live_gpt.MOST_PARAMETERS


# --- giving way -------------------------------------------------------------------------------------------


class Others:
    """Others who want all of the machine, for ever: what waits for them waits as long as it may."""

    def __init__(self, clock):
        self.clock, self.over = clock, False

    def is_set(self):
        return self.over

    def set(self):
        self.over = True

    def wait(self, seconds):
        self.clock.now += max(0.0, seconds)


@pytest.fixture
def others(monkeypatch):
    """A clock that only goes on while a training rests, and a training that is asked to rest from its beginning."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(giving_way, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(giving_way, "BEGAN", 0.0)
    rest = giving_way.Rest()
    rest._free = Others(clock)
    monkeypatch.setattr(live_gpt, "rest", rest)
    return clock


def test_a_training_rests_for_nine_tenths_of_the_time_at_most(others):
    worked, longest = 0.0, 0.0
    for _ in range(500):
        others.now += 0.01
        worked += 0.01
        before = live_gpt.rest.seconds
        live_gpt.rest()
        longest = max(longest, live_gpt.rest.seconds - before)
    assert live_gpt.rest.seconds == pytest.approx(
        9 * worked + 0.9 - 9 * 0.01
    )  # the first second's rest was saved up
    assert longest == pytest.approx(0.9) and others.now == pytest.approx(worked + live_gpt.rest.seconds)


def test_rests_are_not_saved_up_for_long(others):
    live_gpt.rest()  # what is allowed in advance
    others.now += 1000
    before = live_gpt.rest.seconds
    live_gpt.rest()
    assert live_gpt.rest.seconds - before == pytest.approx(0.9)


def test_a_training_that_nobody_asks_to_rest_does_not(monkeypatch):
    rest = giving_way.Rest()
    rest._free.wait = lambda _: pytest.fail("it has rested")
    rest()
    rest.begin()
    rest.end()
    rest()
    assert rest.seconds == 0


def test_it_may_rest_between_and_inside_all_that_it_does(monkeypatch):
    looks = []
    monkeypatch.setattr(live_gpt, "rest", lambda: looks.append(1))
    text = live_gpt.Text(rhyme())
    gpt = live_gpt.build(text)
    live_gpt.rest_between_blocks(gpt)
    optimizers = live_gpt.optimizers_of(gpt).values()
    looks.clear()
    live_gpt.train_step(gpt, optimizers, *live_gpt.batch(text.ids, 64))
    # before each of the two blocks forward and back, before the way back, before each of the two optimizers
    assert len(looks) == 2 + 2 + 1 + 2
    looks.clear()
    text.loss(gpt.eval(), "train")
    assert len(looks) >= live_gpt.SLICES


def test_resting_changes_neither_what_is_learned_in_a_step_nor_the_gradient():
    text = live_gpt.Text(rhyme())
    losses = []
    for attentive in (False, True):
        live_gpt.torch.manual_seed(0)
        gpt = live_gpt.build(text)
        if attentive:
            live_gpt.rest_between_blocks(gpt)
        for _ in range(3):
            live_gpt.train_step(gpt, live_gpt.optimizers_of(gpt).values(), *live_gpt.batch(text.ids, 64))
        losses.append(text.loss(gpt.eval(), "held_out"))
    assert losses[0] == losses[1]


def test_the_budget_goes_on_while_a_training_rests_and_its_speed_counts_the_rests(
    steady, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(live_gpt, "TOKENS", 128)  # small steps: there are many
    rows = {}
    for wished in (False, True):
        ticks = SimpleNamespace(now=0.0)

        def tick(ticks=ticks):
            ticks.now += 0.005
            return ticks.now

        for module in (live_gpt, giving_way):
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=tick))
        rest = giving_way.Rest()
        if wished:
            rest._free = Others(ticks)
        monkeypatch.setattr(live_gpt, "rest", rest)
        rows[wished] = lines(tmp_path, capsys, rhyme(), "--seconds", "5")[-1]
    alone, beside = rows[False], rows[True]
    assert alone["rested"] == 0 and beside["done"]
    assert 0.5 * beside["seconds"] < beside["rested"] < 0.9 * beside["seconds"] + 0.9
    assert 0 < beside["step"] < alone["step"]
    assert beside["tokens_per_second"] < 0.5 * alone["tokens_per_second"]
    assert beside["seconds"] == pytest.approx(alone["seconds"], rel=0.1)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no such timer")
def test_inside_a_block_it_rests_whatever_it_does():
    rest = giving_way.Rest()
    before = signal.getsignal(signal.SIGALRM)
    with rest.anywhere():
        rest.begin()
        while not rest.seconds:  # nothing here calls it
            threading.Timer(0.05, rest.end).start()
            sum(range(10_000))
        rest.begin()
        threading.Timer(0.05, rest.end).start()
        rest()  # a call of the work itself, which the timer may interrupt
    assert signal.getsignal(signal.SIGALRM) is before and signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_until_it_can_rest_it_imports_nothing_that_takes_long():
    found = "import sys, training.live; print(sorted({'torch', 'tqdm'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", found], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.training
def test_it_rests_before_its_first_line_too():
    process = begun("--out", "-")
    say(process, b"rest")
    time.sleep(1)
    say(process, b"go on")
    assert "setup" in json.loads(process.stdout.readline())
    first = json.loads(process.stdout.readline())
    say(process, b"stop")
    process.stdout.read()
    assert process.wait(200) == 0 and first["step"] == 0 and first["rested"] > 0


def test_what_is_to_stop_rests_no_more(monkeypatch):
    stop, rest = threading.Event(), giving_way.Rest()
    monkeypatch.setattr(live, "rest", rest)
    said = []
    for word in (b"rest", b"go on", b"rest", b"stop", b"rest", b"dance"):
        live.obey(word, stop)
        said.append((rest._free.is_set(), stop.is_set()))
    resting, free, end = (False, False), (True, False), (True, True)
    assert said == [resting, free, resting, end, end, end]


# --- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content, words",
    [
        (b"to be or n", "has 10 characters, and 1,000 are needed"),
        (b"a" * 5000, "from 2 to 8,000 different characters, not 1"),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 9000))).encode(), "not 9,000"),
        ("São Paulo".encode("latin-1") * 500, "is not in UTF-8"),
        (b"ab " * 700_000, "has at most 2 MB"),
    ],
)
def test_a_text_that_cannot_be_learned_is_one_sentence(tmp_path, content, words):
    (tmp_path / "text.txt").write_bytes(content)
    with pytest.raises(SystemExit) as error:
        command.run(lambda: live.main([str(tmp_path / "text.txt")]))
    assert words in str(error.value) and "\n" not in str(error.value)


def test_a_text_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(SystemExit) as error:
        command.run(lambda: live.main([str(tmp_path / "none.txt")]))
    assert "none.txt cannot be used: No such file" in str(error.value)


@pytest.mark.parametrize("seconds", ["0", "nan", "-3", "inf", "601", "soon"])
def test_a_budget_out_of_range_is_refused(seconds, capsys):
    with pytest.raises(SystemExit):
        live.parse_args(["text.txt", "--seconds", seconds])
    assert "--seconds: must be a number" in capsys.readouterr().err


# --- the file ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def content():
    return live_gpt.build(live_gpt.Text(rhyme())).to_file({"training": {"steps": 1}})


def changed(content, **entries):
    """The same file with other settings; an entry that is None is left out."""
    settings, tensors = checkpoint.from_one_file(content, 10**7)
    settings = {key: value for key, value in (settings | entries).items() if value is not None}
    return checkpoint.in_one_file(settings, tensors)


def not_finite(content):
    settings, tensors = checkpoint.from_one_file(content, 10**7)
    return checkpoint.in_one_file(
        settings, tensors | {"head.weight": tensors["head.weight"] * np.float16("nan")}
    )


def of_type(content, kind):
    settings, tensors = checkpoint.from_one_file(content, 10**7)
    return checkpoint.in_one_file(settings, {name: array.astype(kind) for name, array in tensors.items()})


def with_a_bit_turned(content, at):
    turned = bytearray(content)
    turned[at] ^= 1
    return bytes(turned)


MODEL = {
    "vocab_size": 16,
    "block_size": 128,
    "n_layer": 2,
    "n_head": 3,
    "n_embd": 96,
    "dropout": 0.0,
    "before": 4,
}


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"",
        lambda content: content[:-10],
        lambda content: content[:100],
        lambda content: b"\xff" * 8 + content[8:],
        lambda content: b"PK\x03\x04" + content,
        lambda content: with_a_bit_turned(content, -1),
        lambda content: with_a_bit_turned(content, -100_000),
        lambda content: content.replace(b'\\"steps\\": 1', b'\\"steps\\": 9'),
        lambda content: save({"w": np.zeros(3, np.float32)}),
        not_finite,
        lambda content: changed(content, tokenizer=None),
        lambda content: changed(content, tokenizer={"unit": "characters", "tokens": ["a", "b"]}),
        lambda content: changed(content, tokenizer={"unit": "spoons", "tokens": ["a", "b"]}),
        lambda content: changed(content, model=MODEL | {"n_layer": 100_000}),
        lambda content: changed(content, model=MODEL | {"n_layer": 2.5}),
        lambda content: changed(content, model=MODEL | {"block_size": 128.0}),
        lambda content: changed(content, model=MODEL | {"block_size": 128.5}),
        lambda content: changed(content, model=MODEL | {"dropout": -0.5}),
        lambda content: of_type(content, np.float64),
        lambda content: of_type(content, np.complex64),
        lambda content: changed(content, model=MODEL | {"n_embd": 95}),
        lambda content: changed(content, model=MODEL | {"block_size": 90_000}),
        lambda content: changed(content, model=MODEL | {"n_head": 5}),
        lambda content: changed(content, model={"latent_dim": 32}),
        lambda content: changed(content, model=[]),
    ],
)
def test_a_damaged_or_foreign_file_is_one_sentence(content, change):
    with pytest.raises(InputError) as error:
        GPT.from_file(change(content))
    assert str(error.value) == checkpoint.NO_MODEL


class Largest(TorchFunctionMode):
    """How many numbers the largest tensor has that takes memory, of those that are made in a with statement."""

    numbers = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor) and not made.is_meta:
            self.numbers = max(self.numbers, made.numel())
        return made


@pytest.mark.parametrize(
    "settings",
    [
        {"n_head": 2.0**-15},
        {"n_embd": 100_000, "n_head": 1},
        {"n_embd": 100_000, "n_head": 2},
        {"n_embd": 99_998, "n_head": 1, "n_layer": 100, "before": 100},
    ],
)
def test_a_small_file_with_large_settings_costs_no_memory(content, settings):
    file = changed(content, model=MODEL | {"block_size": 1024} | settings)
    with Largest() as largest, pytest.raises(InputError):
        GPT.from_file(file)
    assert largest.numbers < 100_000  # and not 50 million, of cos and sin alone
    with Largest() as largest:
        gpt = GPT.from_file(content)
    assert largest.numbers >= gpt.cos.numel()  # so it sees the tables, where they are made


def test_the_settings_that_are_changed_fit_the_file(content):
    assert asdict(GPT.from_file(changed(content, model=MODEL)).config) == MODEL


def test_a_file_from_before_the_sha256_is_still_read(content):
    settings, tensors = checkpoint.from_one_file(content, 10**7)
    gpt = GPT.from_file(save(tensors, {checkpoint.SETTINGS: json.dumps(settings)}))
    assert gpt.info["training"] == {"steps": 1}


def test_a_file_that_is_too_large_is_not_looked_at(content):
    with pytest.raises(InputError, match="too large for a model: at most 4 MB"):
        GPT.from_file(content + b" " * 4_000_000)


# --- the command as the page runs it ----------------------------------------------------------------------


def begun(*options):
    command = [sys.executable, "-m", "training.live", "-", "--seconds", "600", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    say(process, json.dumps(rhyme()).encode())
    return process


def say(process, line):
    process.stdin.write(line + b"\n")
    process.stdin.flush()


def started(*options):
    process = begun(*options)
    assert "setup" in json.loads(process.stdout.readline())
    return process


@pytest.mark.parametrize(
    "line", [b"to be", b"7", b"null", b'["a"]', b'{"text": "a"}', b'{"text": 7, "prompt": ""}', b"[" * 99_999]
)
def test_a_first_line_that_is_no_text_is_one_sentence(line):
    with pytest.raises(InputError, match="must be the text as a JSON string"):
        live.read("-", "", SimpleNamespace(line=lambda: line))


def test_the_first_line_may_bring_the_prompt_along():
    standard_input = SimpleNamespace(line=lambda: b'{"text": "to be", "prompt": "or"}')
    assert live.read("-", "", standard_input) == ("to be", "or")
    assert live.read("-", "or", SimpleNamespace(line=lambda: b'"to be"')) == ("to be", "or")


@pytest.mark.training
def test_a_line_ends_the_training_early_and_keeps_what_was_learned():
    process = started("--out", "-")
    process.stdout.readline()
    say(process, b"stop")
    *_, last = map(json.loads, process.stdout)
    assert process.wait(200) == 0 and last["done"]
    assert GPT.from_file(base64.b64decode(last["model"])).info["training"]["steps"] == last["step"]


@pytest.mark.training
def test_it_rests_when_it_is_told_and_says_for_how_long():
    process = started("--out", "-")
    say(process, b"rest")
    while not (row := json.loads(process.stdout.readline()))["rested"]:
        assert "done" not in row
    say(process, b"stop")
    *_, last = map(json.loads, process.stdout)
    assert process.wait(200) == 0 and last["done"] and last["rested"] >= row["rested"]


@pytest.mark.training
@pytest.mark.parametrize("how", ["closed", "terminated"])
@pytest.mark.parametrize("before", [b"", b"rest\n"])
def test_it_ends_at_once_with_whoever_started_it(how, before):
    process = started()
    process.stdin.write(before)
    process.stdin.flush()
    began = time.monotonic()
    process.stdin.close() if how == "closed" else process.terminate()
    threading.Thread(target=process.stdout.read, daemon=True).start()
    process.wait(200)
    assert time.monotonic() - began < 100, "it would have trained for ten minutes"
