import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import tokenizer
from models.errors import InputError
from models.tokenizer import CharTokenizer, PieceTokenizer, WordTokenizer, normalize, plain

few = settings(max_examples=100, deadline=None)


@few
@given(st.text(min_size=1))
def test_characters_come_back_as_they_were(text):
    text = normalize(text)
    characters = CharTokenizer.from_text(text)
    assert characters.decode(characters.encode(text)) == text
    assert characters.unknown(text) == []


def test_an_id_is_the_place_in_tokens():
    characters = CharTokenizer(["b", "a", " "])
    assert characters.encode("ab ab") == [1, 0, 2, 1, 0]
    assert len(characters) == 3 and characters.tokens == ["b", "a", " "]


def test_line_ends_become_line_feeds():
    assert CharTokenizer(["a", "\n"]).encode("a\r\na\ra\n") == [0, 1, 0, 1, 0, 1]


def test_an_accent_typed_apart_is_the_composed_letter():
    assert CharTokenizer(["\u00e9"]).encode("e\u0301") == [0]


def test_encode_names_the_unknown_characters():
    characters = CharTokenizer(["a", "b"])
    with pytest.raises(
        ValueError, match=r"characters .* know: '\U0001f600' \(U\+1F600\), '\\t' \(U\+0009\)\.$"
    ):
        characters.encode("a\U0001f600b\t\U0001f600")


@pytest.mark.parametrize(
    "token, shown",
    [
        ("é", "'é' (U+00E9)"),
        ("não", "'não'"),
        ("👩\u200d👩\u200d👧", "'👩\u200d👩\u200d👧'"),  # joined by characters without width
        ("🏴\U000e0067\U000e0062\U000e007f", "'🏴\U000e0067\U000e0062\U000e007f'"),
        ("می\u200cخواهم", "'می\u200cخواهم'"),
        ("\u200b", "'\\u200b' (U+200B)"),
        ("\u200dx", "'\\u200dx'"),
        ("a\x00", "'a\\x00'"),
        ("a\u2028", "'a\\u2028'"),
    ],
)
def test_what_is_seen_of_an_unknown_token_is_shown_as_it_is(token, shown):
    assert tokenizer.visible(token) == shown


def test_a_long_list_of_unknown_characters_is_cut():
    with pytest.raises(ValueError, match=r"U\+0069\) and 17 more\.$"):  # b..i are 8 of the 25, 17 are left
        CharTokenizer(["a"]).encode("abcdefghijklmnopqrstuvwxyz")


def test_unknown_is_distinct_and_in_order_of_appearance():
    assert CharTokenizer(["a"]).unknown("zayzx") == ["z", "y", "x"]


def test_a_prompt_gets_a_space_for_each_unknown_character():
    characters = CharTokenizer(["a", " "])
    assert characters.encode_prompt("xaxya") == ([1, 0, 1, 1, 0], ["x", "y"])
    assert characters.encode_prompt("aa") == ([0, 0], [])


def test_without_a_space_unknown_characters_are_left_out_and_named():
    assert CharTokenizer(["a"]).encode_prompt("a?a") == ([0, 0], ["?"])


def test_what_is_read_for_the_unknown_is_named():
    assert CharTokenizer(["a", " "]).stand_in == " " and CharTokenizer(["a"]).stand_in == ""
    assert (
        PieceTokenizer.from_text("a casa").stand_in == " "
        and PieceTokenizer.from_text("banana").stand_in == ""
    )
    assert WordTokenizer.from_text("a casa").stand_in == ""


@pytest.mark.parametrize("tokens", [[], ["a", "a"], ["ab"], [""], ["\r"], ["\u212b"]])
def test_a_character_vocabulary_is_checked(tokens):
    with pytest.raises(ValueError):
        CharTokenizer(tokens)


@pytest.mark.parametrize("kind", [CharTokenizer, WordTokenizer])
@pytest.mark.parametrize("bad", [-1, 3, True, 1.0, "a"])
def test_decode_refuses_an_id_outside_the_vocabulary(kind, bad):
    with pytest.raises(ValueError, match="from 0 to 2"):
        kind(["a", "b", "c"]).decode([0, bad])


@pytest.mark.parametrize("kind", [CharTokenizer, WordTokenizer, PieceTokenizer])
def test_config_is_json_and_rebuilds_the_tokenizer(kind):
    made = kind.from_text('Ser ou não ser:\n"eis" a questão.')
    again = tokenizer.from_config(json.loads(json.dumps(made.to_config())))
    assert type(again) is kind and again.tokens == made.tokens


def test_an_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="characters, words, pieces"):
        tokenizer.by_unit("letters")


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("Não, o guarda-chuva!", ["Não", ",", "o", "guarda-chuva", "!"]),
        ("3,14 e 10:30... fim\n", ["3,14", "e", "10:30", "...", "fim", "\n"]),
        ('disse "sim" — e o\'er', ["disse", "“", "sim", "”", "—", "e", "o'er"]),
        ("'tis the lords' (all)", ["‘", "tis", "the", "lords", "’", "(", "all", ")"]),
        ("word--word \t x", ["word", "--", "word", "x"]),
        ("e\u0301 bom", ["\u00e9", "bom"]),
        ("g\u0303uarani", ["g\u0303uarani"]),  # no single character exists for g with a tilde
        ("नमस्ते, எனது আমার", ["नमस्ते", ",", "எனது", "আমার"]),
        ("مُحَمَّد שָׁלוֹם", ["مُحَمَّد", "שָׁלוֹם"]),
        ("می\u200cخواهم بروم", ["می\u200cخواهم", "بروم"]),  # a joiner within a Persian word
        ("我爱你。", ["我", "爱", "你", "。"]),
        ("ラーメン3杯 ok", ["ラ", "ー", "メ", "ン", "3", "杯", "ok"]),
        ("น้ำดี", ["น้ำ", "ดี"]),
        ("oi👍🏽 👩‍👩‍👧🇧🇷🇺🇸", ["oi", "👍🏽", "👩‍👩‍👧", "🇧🇷", "🇺🇸"]),
        ("don’t 'don't'", ["don't", "‘", "don't", "’"]),  # one word, however its apostrophe was typed
    ],
)
def test_words_marks_and_line_ends_are_tokens(text, tokens):
    assert WordTokenizer.split(text) == tokens


@pytest.mark.parametrize(
    "text",
    [
        "Não, o guarda-chuva! (E o chapéu?)\nSim... “talvez”; 3,14 — fim.",
        "ROMEO:\nHe jests at scars that never felt a wound.\n\nBut, soft!",
        "मेरी किताब नई है। என் புத்தகம்، مُحَمَّد؟",
        "他说：“我爱北京。”（真的）",
        "私はラーメンを食べます。",
        "น้ำดี漢 ำ漢 \u0eb3 a 漢 \U000e0041",  # signs that would join what stands before them
    ],
)
def test_words_are_joined_as_they_are_written(text):
    words = WordTokenizer.from_text(text)
    assert words.decode(words.encode(text)) == text


@few
@given(
    st.text(st.sampled_from("ab1 .,'\"’“-—(\n?…é\u0301中ーะำ\u0eb3ﾞ\U000e0041क्👍🏽"), min_size=1, max_size=30)
)
def test_joined_words_split_into_the_same_words(text):
    tokens = WordTokenizer.split(text)
    if tokens:
        words = WordTokenizer.from_text(text)
        assert WordTokenizer.split(words.decode(words.encode(text))) == tokens


@few
@given(st.text())
def test_words_and_marks_hold_every_sign_of_a_text(text):
    # all but white space; quotation marks may change their form, but not their number
    signs = [sign for sign in normalize(text) if sign == "\n" or not sign.isspace()]
    assert len("".join(WordTokenizer.split(text))) == len(signs)


def test_unknown_words_are_named_and_left_out_of_a_prompt():
    words = WordTokenizer(["a", "b"])
    assert words.unknown("a zz b y zz") == ["zz", "y"]
    assert words.encode_prompt("a zz b y zz") == ([0, 1], ["zz", "y"])
    with pytest.raises(ValueError, match="words that this model does not know: 'zz', 'y'"):
        words.encode("a zz b y")


def test_a_text_without_words_has_no_vocabulary():
    with pytest.raises(ValueError, match="empty"):
        WordTokenizer.from_text("  \t ")


# --- word pieces ------------------------------------------------------------------------------------------


@few
@given(st.text(min_size=1))
def test_pieces_give_any_text_back_as_it_was(text):
    text = normalize(text)
    pieces = PieceTokenizer.from_text(text, size=300)
    assert pieces.decode(pieces.encode(text)) == text
    assert pieces.unknown(text) == []
    # also written the other way round: the same characters, other words
    back = normalize(text[::-1])
    assert pieces.unknown(back) or pieces.decode(pieces.encode(back)) == back


def test_the_pairs_that_stand_there_most_are_joined_first():
    # "ab" six times, then "abc" four times; a space belongs to the word after it
    pieces = PieceTokenizer.from_text("abc abc abc abc ab ab", size=8)
    assert pieces.merges[0] == ("a", "b")
    assert set("abc ") < set(pieces.tokens) and len(pieces) <= 8
    text = [pieces.tokens[i] for i in pieces.encode("abc ab")]
    assert "".join(text) == "abc ab" and len(text) < 6
    assert [pieces.tokens[i] for i in pieces.encode("cab")] == ["c", "ab"]


def test_no_piece_reaches_across_two_words():
    pieces = PieceTokenizer.from_text("o rei\no rei, o rei. " * 50, size=60)
    assert all(" " not in token[1:].strip("\n") for token in pieces.tokens if token.strip())
    assert " rei" in pieces.tokens


def test_a_prompt_with_unknown_characters_gets_spaces_for_them():
    pieces = PieceTokenizer.from_text("a casa, a casa")
    ids, unknown = pieces.encode_prompt("a 猫 casa")
    assert unknown == ["猫"] and pieces.decode(ids) == "a   casa"
    with pytest.raises(ValueError, match="猫"):
        pieces.encode("a 猫 casa")


def test_pieces_and_merges_must_fit():
    with pytest.raises(ValueError, match="merges"):
        PieceTokenizer(["a", "b"], [("a", "b")])
    with pytest.raises(ValueError, match="empty"):
        PieceTokenizer.from_text("")


# --- characters of several code points, and marks that a model does not know ------------------------------


def test_a_character_is_what_a_reader_sees():
    text = "क्षत्रिय 👩‍👩‍👧🇧🇷 g\u0303"
    characters = CharTokenizer.from_text(text)
    assert characters.split(text) == ["क्ष", "त्रि", "य", " ", "👩‍👩‍👧", "🇧🇷", " ", "g\u0303"]
    assert characters.decode(characters.encode(text)) == text
    assert CharTokenizer(["a", " "]).encode_prompt("a👩‍👩‍👧a") == ([0, 1, 0], ["👩‍👩‍👧"])


@pytest.mark.parametrize(
    "kind, corpus", [(CharTokenizer, 'I\'ll go--now, "ok" .'), (PieceTokenizer, 'I\'ll go--now, "ok" .')]
)
def test_a_prompt_with_a_phone_s_marks_is_read_with_those_of_the_corpus(kind, corpus):
    model = kind.from_text(corpus)
    for written, read in [
        ("I’ll go", "I'll go"),
        ("“ok”", '"ok"'),
        ("go—now", "go--now"),
        ("go…", "go..."),
        ("go\u00a0now", "go now"),
        ("n\u00ado\u200bw\ufeff", "now"),
    ]:
        ids, unknown = model.encode_prompt(written)
        assert model.decode(ids) == read and unknown == []


def test_a_mark_that_the_corpus_has_stays():
    assert CharTokenizer(["’", "'", "—", "-"]).encode_prompt("’—") == ([0, 2], [])


def test_a_dash_reads_as_the_dash_of_a_text_of_words():
    words = WordTokenizer.from_text("sim — não")
    assert words.encode_prompt("sim – não") == (words.encode("sim — não"), [])


@pytest.mark.parametrize(
    "brought, plainly",
    [
        ("a\u00adb\u200bc\ufeff\u200e\u2068d\u2069", "abcd"),
        ("a\r\nb\rc\u2028d\x0ce", "a\nb\nc\nd\ne"),
        ("e\u200b\u0301", "\u00e9"),  # composed after the character between is gone
        ("a\u200d b\u200cc", "a bc"),  # joiners mean nothing between Latin letters
        ("می\u200cخواهم 👩\u200d👧 क्\u200dष", "می\u200cخواهم 👩\u200d👧 क्\u200dष"),
    ],
)
def test_plain_drops_what_only_lays_out(brought, plainly):
    assert plain(brought) == plainly


@pytest.mark.parametrize(
    "call",
    [
        lambda: CharTokenizer([1, 2]),
        lambda: CharTokenizer([b"a"]),
        lambda: CharTokenizer([["a"]]),
        lambda: CharTokenizer(None),
        lambda: WordTokenizer([1, 2]),
        lambda: PieceTokenizer(["a", "b"], None),
        lambda: PieceTokenizer(["a", "b"], [1]),
        lambda: PieceTokenizer(["a", "b"], [("a", 1)]),
        lambda: PieceTokenizer(["a", "b"], [("a",)]),
        lambda: PieceTokenizer(["a", "b"], [("a", "b", "c")]),
        lambda: PieceTokenizer.from_text("hello", size="x"),
        lambda: PieceTokenizer.from_text("hello", size=2.5),
        lambda: PieceTokenizer.from_text("hello", size=True),
        lambda: PieceTokenizer.from_text("hello", size=-1),
        lambda: PieceTokenizer.from_text("hello", size=10**30),
        lambda: PieceTokenizer.from_text("a\ud800b"),
        lambda: tokenizer.from_config({}),
        lambda: tokenizer.from_config({"unit": "characters"}),
        lambda: tokenizer.from_config(None),
    ],
)
def test_what_makes_no_tokenizer_is_told_in_one_sentence(call):
    with pytest.raises(InputError):
        call()
