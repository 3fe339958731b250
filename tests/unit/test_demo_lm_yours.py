"""Texts that visitors bring: what is taken and what is refused, what is counted, how long it is kept."""

import hashlib
import json
import re
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from demo.checks import UserError
from demo.contract import OWN_UNITS
from demo.lm import own as owns
from demo.lm import steps, yours
from demo.lm.language_models import LanguageModels
from demo.lm.own import OwnTexts, written
from demo.text import LANGUAGES, texts
from models.ngram import NgramLM
from models.tokenizer import CharTokenizer, PieceTokenizer, WordTokenizer, normalize
from tests.calls import for_page

ODD = [
    "a",
    "a" * 50,
    "\r\none\r\n\r\ntwo\rthree\n",
    "שלום עולם שלום",
    "مرحبا بالعالم",
    "😀👍🏽👩‍👩‍👧😀",
    "\ud800 lone \udfff",
    "e\u0301 e\u0301",
    "x" * 2_000 + " " + "y" * 2_000,
    "tab\there,  two  spaces\u00a0and\u2028more ",
    "\"Yes,\" she said, 'no' ... guarda-chuva -- 3,14 o'er",
    "\ufefftext",
]


@pytest.fixture
def page():
    """name -> (dict in, dict out): what the page can ask of this station and of the tab."""
    found = yours.functions(LanguageModels(models=None))
    answers = {name: for_page(function) for name, function in found.items()}
    return {
        name: lambda _f=answer, **arguments: json.loads(_f(arguments)) for name, answer in answers.items()
    }


def kept(text, unit):
    texts = OwnTexts()
    return texts.get(texts.keep(text, unit))


# --- what is counted --------------------------------------------------------------------------------------


def test_the_sample_by_hand():
    # the: cat sat, mat | rat sat, cat | cat saw, rat
    own = kept(owns.sample(), "words")
    tokens = own.tokenized[0].tokens
    found = yours.after(own, [tokens.index("the")])
    assert [row[1:] for row in found["followers"]] == [["cat", 3], ["rat", 2], ["mat", 1]]
    assert found["total"] == found["places"] == 6
    # o: gato | rato | rato | pato | pato
    found = yours.after(own, [tokens.index("o")])
    assert [row[1:] for row in found["followers"]] == [["pato", 2], ["rato", 2], ["gato", 1]]
    # the last word of the text: nothing comes after it
    found = yours.after(own, [tokens.index("sapato")])
    assert found["followers"] == [] and found["total"] == 0 and found["places"] == 1


def test_the_sample_is_short_and_what_the_page_says_of_it_is_true():
    assert len(owns.sample()) < 300 and owns.sample() == normalize(owns.sample()).strip()
    said = texts("en")["lm.yours.see.1"]
    assert "“cat” follows three times, “rat” twice, “mat” once" in said and "six places" in said
    said = texts("pt-BR")["lm.yours.see.1"]
    assert "“rato” e “pato” vêm duas vezes cada um, “gato” uma" in said and "cinco lugares" in said


def test_the_sample_begins_in_the_reader_s_language(page):
    assert page["lm_keep"](unit="words", language="pt-BR")["sample"].startswith("o gato viu o rato")
    assert page["lm_keep"](unit="words", language="en")["sample"].startswith("the cat sat")
    assert page["lm_keep"](unit="words", language="fr")["error"]["key"] == "error.choice"


@pytest.mark.parametrize(
    "text, unit, first",
    [
        ("  Olá, mundo", "words", "Olá"),
        ("  Olá, mundo", "characters", "Olá,"),
        ("a" * 2400 + " fim", "words", "fim"),  # a token, not a piece of one
        ("a" * 2400, "words", ""),
        ("a" * 2400, "characters", "a" * 24),
        ("我爱你", "words", "我"),
    ],
)
def test_the_first_prompt_is_made_of_whole_tokens(page, text, unit, first):
    assert page["lm_keep"](text=text, unit=unit)["opening"] == first
    tokenizer = kept(text, unit).tokenized[0]
    assert tokenizer.encode_prompt(first)[1] == []


@pytest.mark.parametrize("unit", OWN_UNITS)
def test_counts_are_those_of_a_model_fitted_to_the_text(unit):
    text = owns.sample() + '\nthe cat\'s hat, "the" rat.'
    own, fitted = kept(text, unit), NgramLM.fit(text, order=4, unit=unit)
    assert own.tokenized[0].tokens == fitted.tokenizer.tokens
    assert own.tokenized[1].tolist() == fitted.tokenizer.encode(text)
    for prompt in ("", "the", "the cat", "o rato viu"):
        ids = fitted.tokenizer.encode_prompt(prompt)[0]
        ours, theirs = (lm.with_order(4).predict(ids) for lm in (own.counts, fitted))
        assert np.array_equal(ours.counts, theirs.counts) and np.array_equal(ours.probs, theirs.probs)


@pytest.mark.parametrize("unit", OWN_UNITS)
@pytest.mark.parametrize("text", [*ODD, owns.sample()])
def test_what_followed_is_what_a_plain_search_finds(text, unit):
    own = kept(text, unit)
    ids = own.tokenized[1].tolist()
    for length in range(1, min(4, own.counts.max_order)):
        for place in {0, (len(ids) - length) // 2, len(ids) - length} if len(ids) > length else ():
            context = ids[place : place + length]
            places = [i for i in range(len(ids) - length + 1) if ids[i : i + length] == context]
            counts = Counter(ids[i + length] for i in places if i + length < len(ids))
            found = yours.after(own, context)
            assert own.places_of(context).tolist() == places and found["places"] == len(places)
            assert {i: n for i, _, n in found["followers"]} == dict(counts.most_common(yours.FOLLOWERS))
            assert found["total"] == counts.total() and found["distinct"] == len(counts)
            assert found["place"] in places
            before = found["before"]
            assert ids[found["place"] - len(before) : found["place"] + length] == before + context


@pytest.mark.parametrize("unit", OWN_UNITS)
@pytest.mark.parametrize("text", ODD)
def test_the_overview_holds_the_whole_text(text, unit):
    own = kept(text, unit)
    tokens, ids = own.tokenized
    view = yours.overview(own)
    counts = Counter(ids.tolist())
    assert view["tokens"] == len(ids) and view["distinct"] == len(counts) == len(tokens)
    assert view["once"] == sum(n == 1 for n in counts.values())
    assert [n for _, _, n in view["frequent"]] == sorted(counts.values(), reverse=True)[: yours.FREQUENT]
    assert all(counts[i] == n and tokens.tokens[i] == token for i, token, n in view["frequent"])
    assert (view["written"] is None) == (len(ids) > yours.SHOWN_WHOLE)
    if view["written"]:
        assert [i for _, _, i in view["written"]] == ids.tolist()
        assert own.text.startswith("".join(gap + token for gap, token, _ in view["written"]))
    json.dumps(view).encode()


@pytest.mark.parametrize(
    "brought, counted",
    [
        ("ex\u00adem\u00adplo", ["exemplo"]),  # soft hyphens of a word processor
        ("\ufeffum\u200b dois", ["um", "dois"]),
        (
            "\u200e[03/12] \u202aAna\u202c: oi",
            ["[", "03", "/", "12", "]", "Ana", ":", "oi"],
        ),  # a chat of a phone
        ("guarda\u2011chuva", ["guarda-chuva"]),
        ("um\u2028dois\x0ctrês", ["um", "\n", "dois", "\n", "três"]),
    ],
)
def test_characters_of_layout_are_dropped_from_a_text(brought, counted):
    tokenizer, ids = kept(brought, "words").tokenized
    assert [tokenizer.tokens[i] for i in ids] == counted


def test_a_text_of_characters_of_layout_is_blank():
    with pytest.raises(UserError) as refused:
        kept("\ufeff\u200b\u00ad", "words")
    assert refused.value.key == "error.own_blank"


@pytest.mark.parametrize("unit", OWN_UNITS)
def test_an_emoji_of_several_parts_is_one_token(unit):
    emoji = ["👩‍👩‍👧", "👍🏽", "🇧🇷", "1️⃣", "❤️"]
    tokenizer, ids = kept("".join(emoji), unit).tokenized
    assert [tokenizer.tokens[i] for i in ids] == emoji


def test_the_first_context_is_a_word_of_any_script():
    own = kept("हिन्दी! हिन्दी! !", "words")
    assert own.tokenized[0].tokens[yours.overview(own)["first"]] == "हिन्दी"


def test_of_a_long_text_the_first_places_are_shown():
    own = kept('the cat sat, "so" they say; the dog ran. ' * 300, "words")
    tokenizer = own.tokenized[0]
    context = tokenizer.encode("the cat")
    found = yours.after(own, context)
    assert found["places"] == 300 and len(found["excerpts"]) == yours.EXCERPTS
    for excerpt in found["excerpts"]:
        at, parts = excerpt["at"], excerpt["written"]
        assert [i for _, _, i in parts[at : at + 2]] == context
        assert parts[at + 2][1] == "sat" and parts[at + 2][0] == " " and parts[at + 3][:2] == ("", ",")
    assert yours.overview(own)["written"] is None


# --- tokens as they are written ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ODD)
def test_tokens_with_their_gaps_are_the_text(text):
    text = normalize(text)
    for tokenizer in (CharTokenizer.from_text(text), WordTokenizer.from_text(text)):
        pieces = written(tokenizer, text)
        assert text.startswith("".join(gap + token for gap, token, _ in pieces))
        assert [i for _, _, i in pieces] == tokenizer.encode(text)


def test_what_a_vocabulary_does_not_know_has_no_id():
    pieces = PieceTokenizer.from_text("the cat sat on the mat " * 20, size=40)
    parts = written(pieces, "the ☃☃cat sät")
    assert "".join(token for _, token, _ in parts) == "the ☃☃cat sät"
    assert [token for _, token, i in parts if i is None] == ["☃", "☃", "ä"]
    assert all(pieces.tokens[i] == token for _, token, i in parts if i is not None)
    words = WordTokenizer.from_text("the cat sat")
    assert [token for _, token, i in written(words, "the dog  sat!") if i is None] == ["dog", "!"]


# --- what is refused, in one sentence each ----------------------------------------------------------------

REFUSED = {
    "error.own_empty": [""],
    "error.own_blank": [" \n\t ", "\u00a0\u2003"],
    "error.own_binary": ["text\0text", "\x01\x02\x03" * 20 + "a" * 100],
    "error.own_too_long": ["a" * 2_000_001, "é" * 1_000_001, "\ud800" * 700_000],
    "error.text": [7, ["a"], {"text": "a"}, True, 1.5],
}


@pytest.mark.parametrize("key", REFUSED)
def test_what_is_no_text_is_refused_and_nothing_is_kept(page, key):
    for text in REFUSED[key]:
        error = page["lm_keep"](text=text)["error"]
        assert error["key"] == key
        for language in LANGUAGES:
            sentence = texts(language)[key].format(**error["values"])
            assert sentence.endswith(".")


def test_limits_are_reached_but_not_passed():
    assert kept("a" * 2_000_000, "characters").counts.max_order == 8
    assert kept("text\x0c with one odd \x1b mark in a hundred " + "a" * 100, "words").counts


def test_the_unit_of_a_shipped_corpus_is_refused(page):
    assert page["lm_keep"](text="a b", unit="pieces")["error"]["key"] == "error.choice"


def test_bad_contexts_are_refused(page):
    corpus = "own:" + page["lm_keep"](text="the cat the rat", unit="words")["key"]
    for context in ([], [99], [-1], [True], ["the"], [0.5], None, "the", [0] * 4, [None]):
        assert page["lm_after"](corpus=corpus, context=context)["error"]["key"] == "error.own_context"
    for corpus in ("shakespeare", "own:", "own:nobody", None, 3, ["own:"]):
        assert page["lm_overview"](corpus=corpus)["error"]["key"] == "error.own_gone"
        assert page["lm_after"](corpus=corpus, context=[0])["error"]["key"] == "error.own_gone"


# --- how long it is kept ----------------------------------------------------------------------------------


def test_a_key_is_the_same_for_the_same_text_and_tells_the_unit(page):
    first = page["lm_keep"](text="one\r\ntwo", unit="words")
    assert page["lm_keep"](text="one\ntwo", unit="words") == first
    assert page["lm_keep"](text="one\ntwo", unit="characters")["key"] != first["key"]
    assert re.fullmatch("[0-9a-f]{32}", first["key"]) and first["vocabulary"] == 3


def test_without_a_text_the_sample_is_counted_and_shown(page):
    answer = page["lm_keep"](unit="words")
    assert answer["sample"] == owns.sample() and answer["vocabulary"] == 20
    assert "sample" not in page["lm_keep"](text="mine", unit="words")
    view = page["lm_overview"](corpus=f"own:{answer['key']}")
    assert view["tokens"] == 44 and view["written"][0] == ["", "the", view["first"]]


@pytest.fixture
def kept_by(monkeypatch):
    """kept_by(texts, visitor, text) -> key: keep a text as a visitor, an address and a page. A letter weighs one."""
    monkeypatch.setattr(owns.OwnText, "size", property(lambda own: len(own.text)))
    bounds = {"MOST_BYTES": 100, "MOST_BYTES_OF_ONE": 50, "MOST_TEXTS": 12, "MOST_TEXTS_OF_ONE": 4}
    for name, value in bounds.items():
        monkeypatch.setattr(owns, name, value)

    def keep(texts, visitor, text):
        monkeypatch.setattr(owns, "visitor", lambda: visitor)
        return texts.keep(text, "characters")

    return keep


ME, OTHER = ("1.1.1.1", "a"), ("2.2.2.2", "b")


def still(texts, *keys):
    """Which of these keys are still kept."""
    return [key in texts._kept for key in keys]


def test_of_one_visitor_the_text_that_was_not_used_for_longest_goes_first(kept_by):
    texts = OwnTexts()
    first, second = kept_by(texts, ME, "a" * 20), kept_by(texts, ME, "b" * 20)
    texts.get(first)
    third = kept_by(texts, ME, "c" * 20)
    assert still(texts, first, second, third) == [True, False, True]
    with pytest.raises(UserError) as gone:
        texts.get(second)
    assert gone.value.key == "error.own_gone"
    assert kept_by(texts, ME, "b" * 20) == second and texts.get(second)


def test_a_text_larger_than_all_that_is_kept_is_kept_alone(kept_by):
    texts = OwnTexts()
    small, large = kept_by(texts, ME, "a"), kept_by(texts, ME, "b" * 500)
    assert texts.counts(large).max_order == 8 and still(texts, small, large) == [False, True]


def test_one_visitor_does_not_push_out_the_text_of_another(kept_by):
    texts = OwnTexts()
    mine = kept_by(texts, ME, "mine")
    for i in range(30):
        kept_by(texts, OTHER, f"{i:02}" * 20)  # 40 letters each
    for i in range(30):
        kept_by(texts, OTHER, f"{i}")
    assert still(texts, mine) == [True]
    assert len(texts._kept) <= 1 + owns.MOST_TEXTS_OF_ONE


@pytest.mark.parametrize("letters", [1, 20])
def test_neither_does_one_that_calls_itself_many_pages(kept_by, letters):
    texts = OwnTexts()
    mine = kept_by(texts, ME, "mine")
    for i in range(60):
        last = kept_by(texts, (OTHER[0], f"page {i}"), chr(300 + i) * letters)
    assert still(texts, mine, last) == [True, True]
    assert sum(own.size for own in texts._kept.values()) <= 100 and len(texts._kept) <= 12


def test_behind_one_address_the_page_with_most_makes_room(kept_by):
    texts = OwnTexts()
    pages = [("1.1.1.1", f"pupil {i}") for i in range(3)]
    mine = [kept_by(texts, page, chr(300 + i) * 10) for i, page in enumerate(pages)]
    for i in range(8):
        kept_by(texts, ("1.1.1.1", "greedy"), chr(400 + i) * 45)
    kept_by(texts, ("1.1.1.1", "late"), "x" * 30)
    assert still(texts, *mine) == [True, True, True]


def test_the_same_text_is_kept_once_for_all_who_use_it(kept_by):
    texts = OwnTexts()
    key = kept_by(texts, ME, "shared")
    assert kept_by(texts, OTHER, "shared") == key and len(texts._kept) == 1
    for i in range(10):
        kept_by(texts, ME, f"{i}" * 20)  # pushes out what is mine, but not what the other uses
    assert still(texts, key) == [True]
    for i in range(10):
        kept_by(texts, OTHER, f"{i}" * 20)
    assert still(texts, key) == [False]


def test_what_is_noted_of_visitors_is_bounded_too(kept_by):
    texts = OwnTexts()
    for i in range(100):
        kept_by(texts, (f"1.1.1.{i}", ""), "the same")
    assert len(texts._kept) == 1 and len(texts._used) == owns.MOST_TEXTS


def test_a_text_that_nobody_has_used_for_long_is_forgotten(kept_by, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(owns.time, "monotonic", lambda: now[0])
    texts = OwnTexts()
    old, used = kept_by(texts, ME, "old"), kept_by(texts, ME, "used")
    now[0] += owns.KEPT_FOR - 1
    texts.get(used)
    fresh = kept_by(texts, OTHER, "fresh")
    assert still(texts, old, used, fresh) == [True, True, True]
    now[0] += 2
    texts.get(fresh)
    assert still(texts, old, used, fresh) == [False, True, True]
    with pytest.raises(UserError) as gone:  # the page sends it again
        texts.get(old)
    assert gone.value.key == "error.own_gone"


def test_a_key_cannot_be_made_from_the_text_and_lasts_as_long_as_the_app():
    one, other = OwnTexts(), OwnTexts()
    key = one.keep("my diary", "words")
    assert key == one.keep("my diary", "words") != other.keep("my diary", "words")
    assert key not in hashlib.sha256(b"words\nmy diary").hexdigest()
    assert one.get(key).text == "my diary"  # so a page that was loaded again still finds its text


@pytest.mark.parametrize(
    "text, unit", [("ab" * 5000, "characters"), (" ".join(map(str, range(3000))), "words")]
)
def test_the_size_of_a_text_is_nearly_what_its_parts_take_in_memory(text, unit):
    own = owns.OwnText(text, unit)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    _, ids = own.tokenized
    for end in range(len(ids)):
        own.counts.predict(ids[max(0, end - own.counts.order) : end].tolist())
    now, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.2 * own.size < now - before < own.size


def test_of_a_text_with_very_many_words_few_steps_are_computed_at_a_time():
    language_models = LanguageModels(models=None)
    page = yours.functions(language_models) | steps.functions(language_models)
    words = " ".join(f"{i:x}" for i in range(120_000, 240_000))  # all different: 120,000 of them
    corpus = "own:" + page["lm_keep"](text=words, unit="words")["key"]
    run = {
        "prompt": "",
        "generated": [],
        "model": "counts",
        "corpus": corpus,
        "order": 1,
        "seed": 1,
        "count": 64,
    }
    assert len(page["lm_continue"](**run)["ids"]) == 8  # a million logits
    small = "own:" + page["lm_keep"](text="a b c", unit="words")["key"]
    assert len(page["lm_continue"](**run | {"corpus": small})["ids"]) == 64


def test_nothing_is_written_to_disk(tmp_path, monkeypatch, page):
    monkeypatch.chdir(tmp_path)
    key = page["lm_keep"](text="a secret of mine", unit="words")["key"]
    page["lm_overview"](corpus=f"own:{key}")
    assert list(tmp_path.iterdir()) == [] and "secret" not in key


def test_page_and_server_take_the_same_characters_for_control_characters():
    script = Path("demo/lm/own_text.js").read_text("utf-8")
    assert f"const CONTROLS = /{owns.CONTROLS.pattern}/g;" in script


def test_the_program_that_the_page_shows_runs_and_counts_what_it_says(capsys):
    source = (Path(owns.__file__).parent / "python.js").read_text("utf-8")
    assert all("\n" not in texts(language)["lm.yours.python.own"] for language in LANGUAGES)
    exec(re.search(r"`(.*)`", source, re.S)[1], {})
    printed = capsys.readouterr().out.splitlines()
    # "the" is followed by cat, mat, cat and rat
    assert printed[:3] == ["cat 2 / 4", "mat 1 / 4", "rat 1 / 4"]
    assert printed[3].startswith("{'cat': 0.3")
