"""The preparation of the corpora, and their fetching from a server on this machine."""

import hashlib
from collections import Counter

import pytest

from tests.servers import file_server
from training import texts

BOOK = """Um Livro

ÍNDICE
A CASA
A RUA
A CASA
CAPÍTULO PRIMEIRO
Era uma casa muito velha, com janelas verdes que davam para a rua das flo-
res, e um jardim onde ninguém entrava.
No fim do dia o velho saía.
— Aonde vai? perguntou a moça, que o vira passar muitas vezes sem dizer
palavra a ninguém.
— “À rua”, disse ele – e voltou.
3 de maio
Nada. Voltei ao n° 3 no dia seguinte, pela manhã, e contava ainda vêla à porta, como dantes.
FIM
"""


@pytest.fixture
def server(monkeypatch):
    """(address, files, asked): a server that has the files {path: bytes}, and the paths that were asked for."""
    originals = {name: f"Título\n\nCAPÍTULO PRIMEIRO\nIsto é {name}.\n".encode() for name in texts.SHA256}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in originals.items()}
    monkeypatch.setattr(texts, "SHA256", digests)
    files = {texts.address(name, ""): content for name, content in originals.items()}
    with file_server(files) as (address, asked):
        yield address, files, asked


def prepared(text, **words):
    known = Counter(word.lower() for word in texts.WORD.findall(text)) + Counter(words)
    return texts.book([line.strip() for line in text.splitlines()], known).splitlines()


def test_a_book_becomes_one_paragraph_a_line(monkeypatch):
    monkeypatch.setattr(texts, "wrap_width", lambda lines: 76)
    assert prepared(BOOK) == [
        "A CASA",
        "CAPÍTULO PRIMEIRO",
        # the hyphen at the end of a line stays: only compound words are divided in these books
        "Era uma casa muito velha, com janelas verdes que davam para a rua das flo-res, e um jardim onde ninguém "
        "entrava.",
        "No fim do dia o velho saía.",
        "— Aonde vai? perguntou a moça, que o vira passar muitas vezes sem dizer palavra a ninguém.",
        '— "À rua", disse ele — e voltou.',
        "3 de maio",
        # "vê" lost its r before "la", and the hyphen was lost where two lines were joined
        "Nada. Voltei ao nº 3 no dia seguinte, pela manhã, e contava ainda vê-la à porta, como dantes.",
    ]


@pytest.mark.parametrize(
    "word, cut, words, lost",
    [
        ("pôr-dosol", 6, {"pôr-do-sol": 1}, True),  # the form stands elsewhere
        ("disselhe", 5, {"disse": 9}, True),  # a word and a pronoun
        ("fazêlo", 4, {}, True),  # a verb that lost its r
        ("nela", 2, {"nela": 50, "ne": 1}, False),  # a word of its own
        ("castelo", 5, {"castelo": 4, "caste": 1}, False),
        ("qualquer", 4, {"qualquer": 2, "qual": 90, "quer": 90}, False),
    ],
)
def test_a_lost_hyphen_is_told_from_a_whole_word(word, cut, words, lost):
    assert (texts.likelihood(word, cut, Counter(words)) > 0) is lost


def test_both_texts_are_fetched_checked_and_written(server, tmp_path, capsys):
    address, _, asked = server
    texts.main(["--data", str(tmp_path), "--from", address])
    machado = (tmp_path / "text/machado.txt").read_text("utf-8")
    order = [
        line.removeprefix("Isto é ").removesuffix(".") for line in machado.splitlines() if "Isto" in line
    ]
    assert order == [name for name in texts.BOOKS if name not in texts.HELD_OUT] + list(texts.HELD_OUT)
    assert (tmp_path / "text/tinyshakespeare.txt").read_bytes() == server[1][
        texts.address("tinyshakespeare", "")
    ]
    assert hashlib.sha256(machado.encode()).hexdigest() in capsys.readouterr().out
    # a second run needs no network, and gives the same bytes
    count = len(asked)
    texts.main(["--data", str(tmp_path), "--from", address])
    assert len(asked) == count and (tmp_path / "text/machado.txt").read_text("utf-8") == machado


@pytest.mark.parametrize("taken", ["text", "text/originals", "text/tinyshakespeare.txt"])
def test_a_folder_that_takes_no_files_is_one_sentence(server, tmp_path, taken):
    wrong = tmp_path / taken
    wrong.parent.mkdir(exist_ok=True)
    wrong.mkdir() if taken.endswith(".txt") else wrong.touch()  # a folder for a file, or the other way round
    with pytest.raises(
        SystemExit,
        match=r"^\S+ cannot be written \([^\n]+\): name another folder with --data, or in PLAYGROUND_DATA\.$",
    ):
        texts.main(["--data", str(tmp_path), "--from", server[0]])


@pytest.mark.parametrize("trouble", ["missing", "changed", "no server"])
def test_a_file_that_cannot_be_had_whole_is_one_sentence(server, tmp_path, trouble):
    address, files, _ = server
    path = texts.address("helena", "")
    if trouble == "missing":
        del files[path]
    elif trouble == "changed":
        files[path] += b"!"
    else:
        address = "http://127.0.0.1:9"
    with pytest.raises(SystemExit) as end:
        texts.main(["--data", str(tmp_path), "--from", address])
    assert len(str(end.value).splitlines()) == 1 and address in str(end.value)
    assert not (tmp_path / "text/machado.txt").exists()
