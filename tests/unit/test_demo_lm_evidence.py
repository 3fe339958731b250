"""The station "Evidence": parts that add up to the bar, places as many as counted, and what texts copy."""

import errno
import inspect
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.api import Api
from demo.checks import UserError
from demo.lm import copying, evidence
from demo.lm.copying import by_order, piece_of
from demo.lm.evidence import LISTED, PASSAGES, look_up, places, shares
from demo.lm.language_models import LanguageModels
from demo.lm.texts import COMMAND, Texts, counted_text, sha256
from demo.loading import Models
from models.corpora import FILES
from models.ngram import NgramLM
from models.passages import WINDOW, Passages
from models.sampling import generate
from models.tokenizer import PieceTokenizer
from tests.calls import for_api, for_page
from tests.servers import file_server
from tests.shipped import MODELS
from training import data
from training import texts as training_texts

TEXT = (
    "KING:\nThe king is here, and the kin of the king.\n\nQUEEN:\nThe kindest king! What kin?\n"
    "the cat sat on the mat, the rat sat on the hat and the cat ate the fat rat\n"
) * 4
WHOLE = TEXT + "x" * 72  # a text of which the models learn the beginning
LMS = {
    "characters": NgramLM.fit(TEXT, order=6),
    "pieces": NgramLM.fit(TEXT, order=4, tokenizer=PieceTokenizer.from_text(TEXT, 45)),
    "words": NgramLM.fit(TEXT, order=4, unit="words"),
}
PASSAGES_OF = {unit: Passages(lm.tokenizer, TEXT) for unit, lm in LMS.items()}
LANGUAGE_MODELS = LanguageModels(MODELS)
units = st.sampled_from(sorted(LMS))


def functions(language_models, folder):
    """(page, api): name -> function as the page, and as a program, calls it."""
    language_models.texts = Texts(language_models, folder)
    published = {name: getattr(Api(None, language_models), name) for name in ("lm_evidence", "lm_copying")}
    page = evidence.functions(language_models) | {"lm_copying": published["lm_copying"]}
    return (
        {name: for_page(function) for name, function in page.items()},
        {name: for_api(function) for name, function in published.items()},
    )


@pytest.fixture
def station(tmp_path):
    """(page, api) of a station without a corpus on disk."""
    return functions(LANGUAGE_MODELS, tmp_path)


@contextmanager
def mistaken(key, **values):
    with pytest.raises(UserError) as raised:
        yield
    assert raised.value.key == key and values.items() <= raised.value.values.items()


# --- the ladder -------------------------------------------------------------------------------------------


@given(units, st.data())
@settings(deadline=None)  # a busy machine is no failure
def test_the_parts_add_up_to_the_probability(unit, data):
    lm = LMS[unit]
    order = data.draw(st.integers(1, lm.max_order))
    vocab = len(lm.tokenizer)
    ids = data.draw(st.lists(st.integers(0, vocab - 1), max_size=8) | st.sampled_from(windows(unit)))
    lm = lm.with_order(order)
    parts = shares(lm.ladder(ids), vocab)
    assert np.abs(parts.sum(0) - lm.predict(ids).probs).max() < 1e-12
    assert (parts >= 0).all() and parts.sum() == pytest.approx(1, abs=1e-12)


def windows(unit):
    ids = PASSAGES_OF[unit].ids.tolist()
    return [ids[i : i + 5] for i in range(60)]


@pytest.mark.parametrize("corpus, order", [("shakespeare", 8), ("shakespeare", 3), ("machado", 4)])
def test_the_parts_add_up_with_the_shipped_counts(corpus, order):
    lm = LANGUAGE_MODELS.get(corpus, "counts", order)
    rng = np.random.default_rng(0)
    for text in ("", "the king of", "Não sei, disse o", "zzzzq"):
        ids = (
            lm.tokenizer.encode_prompt(text)[0] + rng.integers(0, len(lm.tokenizer), rng.integers(3)).tolist()
        )
        parts = shares(lm.ladder(ids), len(lm.tokenizer))
        assert np.abs(parts.sum(0) - lm.predict(ids).probs).max() < 1e-12


def test_a_part_is_count_less_discount_over_total_of_what_was_handed_down():
    # order 2 after "k": the text has "ki" everywhere after k, so one follower with every count
    lm = NgramLM.fit("kiki", order=2)
    k, i = (lm.tokenizer.encode(letter)[0] for letter in "ki")
    top, below = lm.discounts[1, 1], lm.discounts[0]
    parts = shares(lm.ladder([k]), 2)[:, i]
    # "ki" stands twice, as k does: (2 - D2) / 2, and D2 / 2 goes to the shorter context. There k has the left
    # neighbours edge and i, and i has k: i is counted once of three
    assert parts[0] == pytest.approx((2 - top[1]) / 2)
    assert parts[1] == pytest.approx(top[1] / 2 * (1 - below[1][0]) / 3)
    assert parts[2] == pytest.approx(top[1] / 2 * (below[1][0] + below[1][1]) / 3 / 2)


def test_an_unseen_context_says_nothing_and_the_next_shorter_answers():
    lm = LMS["characters"].with_order(5)
    found = look_up(lm, "zqw the c")
    assert found["answered"] == 4 and found["context"] == list("he c")
    found = look_up(lm, "hxec")  # no x in the text: read as a space, "h ec" was never seen, nor " ec"
    assert found["unknown"] == ["'x' (U+0078)"]
    assert [rung["total"] > 0 for rung in found["rungs"]] == [False, False, False, True, True]
    assert found["answered"] == 1
    follower = found["followers"][found["chosen"]]
    assert len(follower["raw"]) == len(follower["used"]) == 2 and len(follower["parts"]) == 3


@given(units, st.data())
@settings(deadline=None)  # a busy machine is no failure
def test_counts_and_totals_are_those_of_a_slow_count(unit, data):
    lm, tokens = LMS[unit], PASSAGES_OF[unit].ids.tolist()
    lm = lm.with_order(data.draw(st.integers(1, lm.max_order)))
    place = data.draw(st.integers(0, len(tokens) - 1))
    prompt = lm.tokenizer.decode(tokens[:place])
    context = lm.tokenizer.encode(prompt)
    found = look_up(lm, prompt)
    follower = found["followers"][found["chosen"]]
    token = lm.tokenizer.tokens.index(follower["token"])
    for rung in found["rungs"]:
        end = context[len(context) - rung["length"] :]
        after = [
            tokens[i + len(end)] for i in range(len(tokens) - len(end)) if tokens[i : i + len(end)] == end
        ]
        assert rung["total"] == len(after)
        if after:
            assert rung["distinct"] == len(set(after))
            assert follower["raw"][found["answered"] - rung["length"]] == after.count(token)


def test_below_the_top_left_neighbours_are_counted():
    # "b" stands four times, always after a; "c" once after a and once after d
    lm = NgramLM.fit("abababab" + "ac" + "dc", order=2)
    found = look_up(lm, "a", "b")
    follower = found["followers"][found["chosen"]]
    assert follower["raw"] == [4, 4] and follower["used"] == [4, 1]
    found = look_up(lm, "a", "c")
    assert found["followers"][found["chosen"]]["used"] == [1, 2]


def test_the_chosen_token_is_listed_however_unlikely_it_is():
    lm = LANGUAGE_MODELS.get("machado")
    token = lm.tokenizer.tokens[int(lm.predict(lm.tokenizer.encode("Era")).probs.argmin())]
    found = look_up(lm, "Era", token)
    assert len(found["followers"]) == LISTED + 1 and found["chosen"] == LISTED
    assert found["followers"][-1]["token"] == token
    assert found["others"] == len(lm.tokenizer) - LISTED - 1
    likeliest = [follower["p"] for follower in found["followers"]]
    assert likeliest == sorted(likeliest, reverse=True)
    assert look_up(lm, "Era", "no token at all")["chosen"] == 0


# --- the places -------------------------------------------------------------------------------------------


@given(units, st.data())
@settings(deadline=None)  # a busy machine is no failure
def test_there_are_as_many_passages_as_were_counted(unit, data):
    lm, passages = LMS[unit], PASSAGES_OF[unit]
    place = data.draw(st.integers(1, len(passages.ids) - 1))
    prompt = lm.tokenizer.decode(passages.ids[:place].tolist())
    found = look_up(lm, prompt)
    for follower in found["followers"][:3]:
        for at, level in enumerate(range(found["answered"], -1, -1)):
            answer = places(passages, lm, prompt, follower["token"], level)
            assert answer["count"] == follower["raw"][at]
            assert len(answer["passages"]) == min(PASSAGES, answer["count"])
            assert all(passage["token"] == follower["token"] for passage in answer["passages"])


def test_the_passages_go_from_start_to_end():
    lm, passages = LMS["characters"], PASSAGES_OF["characters"]
    answer = places(passages, lm, "the ", "c", 4)
    shown = [passage["at"] for passage in answer["passages"]]
    whole = [TEXT.find("the c"), TEXT.rfind("the c")]
    assert shown == sorted(shown) and [shown[0], shown[-1]] == [place / len(TEXT) for place in whole]
    assert all(passage["context"] == "the " for passage in answer["passages"])
    assert all(passage["before"].startswith("…") for passage in answer["passages"][1:])


# --- texts at hand ----------------------------------------------------------------------------------------


@pytest.fixture
def counted(tmp_path):
    """LanguageModels of counts of TEXT, saved as training/ngram.py saves them, and the folder of texts."""
    folder = tmp_path / "pretrained/lm/shakespeare/ngram"
    text = {"characters": len(TEXT), "sha256": sha256(TEXT)}
    LMS["characters"].save(folder, training={"corpus": "shakespeare", "text": text})
    (tmp_path / "text").mkdir()
    return LanguageModels(Models(tmp_path / "pretrained"), tmp_path / "text")


def put(folder, content, corpus="shakespeare"):
    (folder / FILES[corpus]).write_bytes(content if isinstance(content, bytes) else content.encode())


def test_a_corpus_on_disk_is_read_once_and_its_end_is_held_back(counted, tmp_path):
    put(tmp_path / "text", WHOLE)
    counted.texts.check("shakespeare")
    found = counted.texts.get("shakespeare")
    assert found.text == TEXT and counted.texts.held_back("shakespeare") == "x" * 72
    (tmp_path / "text" / FILES["shakespeare"]).unlink()
    assert counted.texts.get("shakespeare") is found


def test_a_text_that_is_not_there_is_asked_for_by_a_command(tmp_path):
    texts = Texts(LANGUAGE_MODELS, tmp_path)
    for ask_for in (texts.get, texts.held_back, texts.check):
        with mistaken("lm.text.absent", command=COMMAND):
            ask_for("machado")
        with mistaken("error.choice"):
            ask_for("goethe")


@pytest.mark.parametrize(
    "content",
    [
        b"another text altogether, x y z",
        b"",
        b"\xff\xfe\xff",
        TEXT[:-1],  # cut
        TEXT.replace("QUEEN", "KNAVE", 1),
        TEXT.replace("mat, the rat", "rat, the mat", 1),  # the same characters, so the same counts of order 1
    ],
)
def test_another_text_is_not_taken_for_the_one_that_was_counted(counted, tmp_path, content):
    put(tmp_path / "text", content)
    for ask_for in (counted.texts.check, counted.texts.get):
        with mistaken("lm.text.other", file="tinyshakespeare.txt"):
            ask_for("shakespeare")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ELOOP, errno.ENAMETOOLONG])
def test_a_text_that_may_not_be_read_is_not_told_as_another_text(station, monkeypatch, number):
    def refused(path, *_, **__):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "read_text", refused)
    page, _ = station
    values = {"file": "machado.txt", "why": os.strerror(number)}
    missing = {"key": "lm.text.unreadable", "values": values}
    assert ask(page["lm_text"], corpus="machado") == {"missing": missing}


def test_a_folder_for_a_text_or_a_file_for_its_folder_cannot_be_read(tmp_path):
    (tmp_path / "text/machado.txt").mkdir(parents=True)
    with mistaken("lm.text.unreadable", file="machado.txt", why="Is a directory"):
        Texts(LANGUAGE_MODELS, tmp_path / "text").get("machado")
    (tmp_path / "file").touch()
    with mistaken("lm.text.unreadable", why="Not a directory"):
        Texts(LANGUAGE_MODELS, tmp_path / "file/text").get("machado")
    (tmp_path / "text/machado.txt").rmdir()
    (tmp_path / "text/machado.txt").symlink_to("nowhere")
    with mistaken("lm.text.absent"):
        Texts(LANGUAGE_MODELS, tmp_path / "text").get("machado")


def test_counts_that_do_not_say_what_they_counted_have_no_text(counted, tmp_path):
    put(tmp_path / "text", WHOLE)
    LMS["characters"].save(tmp_path / "pretrained/lm/shakespeare/ngram", training={"corpus": "shakespeare"})
    with mistaken("lm.text.other"):
        counted.texts.get("shakespeare")


@pytest.mark.parametrize("corpus", FILES)
def test_a_prepared_text_is_known_again_by_the_shipped_counts(corpus, data_folder):
    """After `python -m training.texts` the page has passages: as many as were counted."""
    folder = data_folder(f"text/{FILES[corpus]}") / "text"
    assert counted_text(MODELS.config(f"lm/{corpus}/ngram"))["sha256"], "made by an older training.ngram"
    texts = Texts(LANGUAGE_MODELS, folder)
    lm = LANGUAGE_MODELS.get(corpus)
    learned, held_back = data.text(corpus, folder)
    assert texts.get(corpus).text == learned
    assert texts.held_back(corpus) == held_back.lstrip("\n")
    seen = lm.with_order(1).predict([]).counts
    assert np.array_equal(np.bincount(texts.get(corpus).ids, minlength=len(seen)), seen)


def test_the_page_learns_whether_a_text_is_at_hand(station, counted, tmp_path):
    page, _ = station
    missing = {"key": "lm.text.absent", "values": {"command": COMMAND}}
    assert ask(page["lm_text"], corpus="machado") == {"missing": missing}
    assert ask(page["lm_text"], corpus="goethe")["error"]["key"] == "error.choice"
    page, _ = functions(counted, tmp_path / "text")
    put(tmp_path / "text", WHOLE)
    assert ask(page["lm_text"], corpus="shakespeare") == {"missing": None}


# --- fetching ---------------------------------------------------------------------------------------------


def test_texts_that_are_fetched_at_the_start_are_at_hand_then(data_folder, tmp_path):
    originals = (
        data_folder("text/originals/tinyshakespeare.txt", "text/originals/helena.txt") / "text/originals"
    )
    files = {
        training_texts.address(name, ""): (originals / f"{name}.txt").read_bytes()
        for name in training_texts.SHA256
    }
    texts = Texts(LANGUAGE_MODELS, tmp_path / "text")
    with file_server(files) as (address, _):
        fetching = texts.fetch(["--from", address])
        with mistaken("lm.text.fetching"):
            texts.check("machado")
        fetching.join(120)
    texts.check("shakespeare")
    assert (tmp_path / "text/machado.txt").exists()


def test_texts_that_cannot_be_fetched_are_one_sentence(tmp_path, capsys):
    texts = Texts(LANGUAGE_MODELS, tmp_path / "text")
    with file_server({}) as (address, asked):
        texts.fetch(["--from", address]).join(60)
    assert len(asked) == 1
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 1 and address in printed
    with mistaken("lm.text.failed", command=COMMAND):
        texts.get("shakespeare")


def test_texts_are_fetched_wherever_python_is(monkeypatch, tmp_path):
    python, commands = "/Program Files/Python/python", []
    monkeypatch.setattr(sys, "executable", python)
    monkeypatch.setattr(Texts, "_run", lambda _, command: commands.append(command))
    Texts(LANGUAGE_MODELS, tmp_path / "text").fetch().join(10)
    assert commands == [[python, "-m", "training.texts", "--data", tmp_path]]


def test_texts_that_are_there_are_not_fetched(monkeypatch, tmp_path):
    monkeypatch.setattr(Texts, "check", lambda *_: None)
    assert Texts(LANGUAGE_MODELS, tmp_path).fetch() is None


def test_a_visitors_own_text_is_at_hand(tmp_path):
    texts = Texts(LANGUAGE_MODELS, tmp_path)
    corpus = f"own:{LANGUAGE_MODELS.own.keep(TEXT, 'words')}"
    assert texts.get(corpus).text == TEXT and texts.get(corpus) is texts.get(corpus)
    with mistaken("error.own_gone"):
        texts.get("own:nobody")


# --- copying ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", sorted(LMS))
def test_a_quotation_is_found_from_end_to_end(unit):
    quoted = "the cat sat on the mat, the rat sat"
    text = f"The queen: {quoted} here"
    found = copying.copying(text, PASSAGES_OF[unit])
    longest = found["longest"]
    assert quoted in longest["text"]
    assert text[longest["start"] : longest["end"]] == longest["text"] and longest["text"] in TEXT
    assert [longest["start"], longest["end"]] in found["runs"]


def test_every_order_continues_the_same_prompt():
    lm, passages = LMS["characters"], PASSAGES_OF["characters"]
    answer = by_order(lm, "the ", 3, passages, TEXT)
    assert [row["order"] for row in answer["rows"]] == [1, 2, 3, 4, 5, 6, None]
    expected = generate(lm.with_order(3), "the ", max_new_tokens=120, seed=3, temperature=0.8, top_p=0.95)
    assert answer["rows"][2]["text"] == "".join(step.text for step in expected)
    for row in answer["rows"]:
        for start, end in row["runs"]:
            assert row["text"][start:end] in TEXT and end - start >= WINDOW
    # the last row is a piece of the text itself
    assert answer["rows"][-1]["longest"]["text"] == answer["rows"][-1]["text"]
    assert len(by_order(lm, "", 3, passages)["rows"]) == 6


def test_a_piece_starts_with_a_line():
    for seed in range(20):
        piece = piece_of(TEXT, 30, seed)
        place = TEXT.find(piece)
        assert 0 < len(piece) <= 30 and (place == 0 or TEXT[place - 1] == "\n")
    assert piece_of("x", 30, 0) == "x"


# --- what the page and programs ask -----------------------------------------------------------------------


def ask(function, **arguments):
    return json.loads(function(arguments))


def test_the_page_asks_for_every_corpus(station):
    page, _ = station
    own = f"own:{LANGUAGE_MODELS.own.keep(TEXT, 'words')}"
    for corpus, order, text in (
        ("shakespeare", 8, "the kin"),
        ("machado", 4, "Era uma"),
        (own, 4, "the cat"),
    ):
        found = ask(page["lm_look_up"], corpus=corpus, order=order, prompt=text)
        assert found["followers"][0]["p"] > 0 and len(found["rungs"]) == len(found["context"]) + 1
        rows = ask(page["lm_copying_by_order"], corpus=corpus, prompt=text, seed="7")
        if corpus == own:
            assert len(rows["rows"]) == order
        else:  # what is copied cannot be known from a table
            assert rows["error"]["key"] == "lm.text.absent"
            assert ask(page["lm_copying"], corpus=corpus, text=text)["error"] == rows["error"]
    answer = ask(page["lm_passages"], corpus=own, order=3, prompt="the cat", token="sat", length=2)
    assert answer["count"] == 4
    absent = ask(page["lm_passages"], corpus="machado", order=3, prompt="Era", token="s", length=1)
    assert absent["error"]["key"] == "lm.text.absent"


def test_any_text_is_looked_up(station):
    page, _ = station
    own = f"own:{LANGUAGE_MODELS.own.keep('x', 'characters')}"
    for corpus, text in (
        ("shakespeare", ""),
        ("shakespeare", "שלום €"),
        ("machado", "\ud800"),
        (own, "xx"),
        (own, "y"),
    ):
        found = ask(page["lm_look_up"], corpus=corpus, order=1, prompt=text)
        assert "error" not in found and found["answered"] == 0
    found = ask(page["lm_look_up"], corpus="shakespeare", order=8, prompt="a" * 10_000)
    assert len(found["context"]) == 7


@pytest.mark.parametrize(
    "changes, key",
    [
        ({"prompt": "x" * 10_001}, "error.too_long"),
        ({"corpus": "own:gone"}, "error.own_gone"),
    ],
)
def test_bad_input_is_one_sentence(station, changes, key):
    page, _ = station
    asked = {"corpus": "shakespeare", "order": 5, "prompt": "the"} | changes
    assert ask(page["lm_look_up"], **asked)["error"]["key"] == key
    more = {"token": "e", "length": 2}
    assert ask(page["lm_passages"], **asked, **more)["error"]["key"] == key


def test_a_context_is_shorter_than_the_order_and_a_text_no_longer_than_20000(station):
    page, _ = station
    asked = {"corpus": "shakespeare", "prompt": "the", "order": 3, "token": "e", "length": 3}
    assert ask(page["lm_passages"], **asked)["error"]["values"] == {"name": "length", "low": 0, "high": 2}
    assert ask(page["lm_copying"], text="x" * 20_001, corpus="machado")["error"]["key"] == "error.long"


def test_a_program_gets_the_whole_evidence(station):
    _, api = station
    answer = api["lm_evidence"]("the kin", "g", order=4)
    lm = LANGUAGE_MODELS.get("shakespeare", "counts", 4)
    seen = lm.predict(lm.tokenizer.encode("the kin"))
    g = lm.tokenizer.encode("g")[0]
    assert (answer["count"], answer["total"]) == (seen.counts[g], seen.total)
    assert answer["p"] == seen.probs[g] and sum(answer["parts"]) == pytest.approx(seen.probs[g], abs=1e-12)
    assert [rung["context"] for rung in answer["ladder"]] == ["kin", "in", "n", ""]
    assert answer["passages"] == [] and len(answer["notes"]) == 1
    likeliest = api["lm_evidence"]("the kin", order=4)
    assert likeliest["p"] == seen.probs.max()
    json.dumps(answer, allow_nan=False)


def test_a_program_gets_passages_of_a_text_at_hand(counted, tmp_path):
    put(tmp_path / "text", WHOLE)
    _, api = functions(counted, tmp_path / "text")
    answer = api["lm_evidence"]("the c", "a")
    assert answer["count"] == len(answer["passages"]) == 8 and answer["notes"] == []
    found = api["lm_copying"]("So the cat sat on the mat, it says", at_least=12)
    assert "the cat sat on the mat, " in found["longest"]["text"]


def test_a_programs_mistakes_are_one_sentence(station):
    _, api = station
    with pytest.raises(gr.Error, match="not a token of this model"):
        api["lm_evidence"]("the kin", "king")
    with pytest.raises(gr.Error, match="20000"):
        api["lm_copying"]("x" * 20_001)
    with pytest.raises(gr.Error, match="training text is not on this machine"):
        api["lm_copying"]("the king")


def test_the_endpoints_are_typed_and_described():
    for function in (Api.lm_evidence, Api.lm_copying):
        signature = inspect.signature(function)
        assert signature.return_annotation is dict
        for name, parameter in list(signature.parameters.items())[1:]:
            assert parameter.annotation is not parameter.empty and f"{name}:" in function.__doc__
