"""Fetch and prepare the two corpora: python -m training.texts

    data/text/originals/   the files as their sources have them; what is there and whole is not fetched again
    data/text/             tinyshakespeare.txt and machado.txt, as prepared here

Every file is checked by its sha256. Shakespeare is the file of char-rnn, unchanged. Machado de Assis is made of
seventeen books. In machado.txt a paragraph, a heading or a line of verse is one line, and an empty line ends a book:

- Titles of books, tables of contents and "FIM" are left out. Headings stay.
- A line goes on in the next one, unless it ends a sentence and is short, or the next line begins a speech.
- Some lines of the originals are two lines joined at a hyphen that was lost: "fazêlo", "pôr-dosol". It is put back
  where the parts are a word and a pronoun, or a form that stands elsewhere in the books: "fazê-lo", "pôr-do-sol".
- A hyphen at the end of a line belongs to the word: "casar-" and "se" become "casar-se".
- Quotation marks become " and ', an en dash becomes an em dash, ° becomes º, and & (of two firms) becomes "e". No
  other character is changed.

The last two books, a novel and a book of tales, are for validation (HELD_OUT); the others stand in the order of their
first publication.
"""

import argparse
import hashlib
import http.client
import re
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

from models.corpora import FILES, FOLDER
from training import command

GITHUB = "https://raw.githubusercontent.com"
SHAKESPEARE = "karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
MACHADO = "luxedo/dataset-machado-de-assis/a13ca4a72f268f46db64804a67930d4c0f6db8e7/txt"
TALES = (
    *("contosFluminenses", "historiasMeiaNoite", "papeisAvulsos", "historiasSemData"),
    *("variasHistorias", "paginasRecolhidas", "reliquias"),
)
SHA256 = {  # of the originals, the books in the order of their first publication
    "tinyshakespeare": "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    "contosFluminenses": "eb84024c30a15ca99efdce4e24812128a5c4d83fda0e1bc2d4500dd5760e76de",
    "ressurreicao": "ffc33c6f6adf780b16e7a81b8a128b9a1bab86523cca9d111bb9214fc95a6f60",
    "historiasMeiaNoite": "ff8740d7592a6c0a6c89d6d64532ba59783bc3b08b030b19cd99682972c55241",
    "maoLuva": "b15a6fb8db0291c4e3228a24534907d5b38344b4ecfae4301b3d8041de16e3b7",
    "helena": "13cb0ae9ac7915a745d3d8a5aa7caa6f73eaadaa3ac1640aa3d988434a1e121b",
    "iaia": "e7089fa955d334b5cc26ceb3e0e681695ffd18c74d86b3bf64965314f20cda9c",
    "memoriasBras": "3cb24e357d9c5ae7c95b4efb4949e7b8838a528577281bc875f6e8e9a9780bba",
    "papeisAvulsos": "cfb8934bb81b1b731455565fc4aeacffa0443acbcacf7cd9b86d4bce26429392",
    "historiasSemData": "7b06454bdb9ac08f8c11d6c3188b921458be3f0576f2121b1b58f828258682db",
    "casaVelha": "5defe6c618f2d0538523e3f6fec112d46b1656b1c7a896ec18c57d1eeb99bd64",
    "quincas": "dc7b6452a1aa0f9bfe170035b25bcdef8d2b528fe081fe2aa2d5a6d76a2b5be1",
    "variasHistorias": "da1b48ccbd6e0f6a295ac4b6fbb509e2cc36af75f420e4cf3a4794fa44089dce",
    "domCasmurro": "d2d0da51e599361f12347905e9aedd32527912e0676111131bd919f792ef9360",
    "paginasRecolhidas": "2df54b36a5d15bf22f067b99c8d1ec911b40a904f7bf38b93729d001fd640c0f",
    "esau": "2c6c40a46e0b37157438a0652a859b265c90fcb3f8992dc68035c427dc365ea2",
    "reliquias": "22670d377a0fdd79ee8b69689a26b3df0e12e1ed4b45d0605ba651927d2de37f",
    "memorial-de-aires": "76343d1bb6ab6dd58cc9623d3862f852ebb706b1b6dc827066d83bffa3e78289",
}
BOOKS = tuple(name for name in SHA256 if name != "tinyshakespeare")
HELD_OUT = ("quincas", "paginasRecolhidas")  # a novel and a book of tales
SAME_MARKS = str.maketrans({"“": '"', "”": '"', "’": "'", "–": "—", "°": "º", "&": "e"})

WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
ENDS_SENTENCE = re.compile(r"[.!?…:;»)\"'”’*]$|\.{3}$")
BEGINS_SPEECH = re.compile(r"[—–]")
HEADING = re.compile(r"CAPÍTULO\b|Capítulo [IVXLC]+\b|[IVXLC]+\.?$")
PRONOUNS = {
    *("me", "te", "se", "lhe", "lhes", "nos", "vos", "o", "a", "os", "as"),
    *("lo", "la", "los", "las", "no", "na", "nas", "mo", "ma", "to", "ta", "lho", "lha"),
}
CUT_VERB = re.compile(r"[áâéêíôúûi]$")  # before lo, la, los, las a verb has lost its last letter: fazê-lo


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    words = "folder of all data; default: $PLAYGROUND_DATA, or data/"
    parser.add_argument("--data", type=Path, default=FOLDER, help=words)
    parser.add_argument("--from", dest="host", default=GITHUB, help="where the sources are (default: GitHub)")
    args = parser.parse_args(arguments)
    folder = args.data / "text"
    originals = {name: original(name, folder / "originals", args.host) for name in SHA256}
    machado = prepare({name: originals[name].decode("utf-8") for name in BOOKS})
    prepared = {"shakespeare": originals["tinyshakespeare"], "machado": machado.encode()}
    for corpus, content in prepared.items():
        path = folder / FILES[corpus]
        write(path, content)
        print(f"{path}: {len(content.decode()):,} characters, sha256 {hashlib.sha256(content).hexdigest()}")


# --- fetching --------------------------------------------------------------------------------------------


def original(name, folder, host=GITHUB):
    """The bytes of an original: from `folder`, or fetched and kept there. SystemExit where it cannot be had whole."""
    path = folder / f"{name}.txt"
    if path.exists() and is_whole(name, path.read_bytes()):
        return path.read_bytes()
    url = address(name, host)
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            content = answer.read()
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise SystemExit(f"{url} cannot be fetched ({error}): put the file into {folder} by hand.") from None
    if not is_whole(name, content):
        raise SystemExit(f"{url} is not the file that is meant: its sha256 is another. Nothing was written.")
    write(path, content)
    return content


def write(path, content):
    """Write a file, and make its folder if need be. SystemExit where that is not possible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise SystemExit(
            f"{path} cannot be written ({error.strerror}): name another folder with --data, or in PLAYGROUND_DATA."
        ) from None


def address(name, host):
    """Where the original called `name` is."""
    if name == "tinyshakespeare":
        return f"{host}/{SHAKESPEARE}"
    return f"{host}/{MACHADO}/{'conto' if name in TALES else 'romance'}/{name}.txt"


def is_whole(name, content):
    return hashlib.sha256(content).hexdigest() == SHA256[name]


# --- preparing -------------------------------------------------------------------------------------------


def prepare(books):
    """machado.txt from the originals, {name: text}: the books held out stand last."""
    lines = {name: [line.strip() for line in text.splitlines()] for name, text in books.items()}
    words = Counter(word.lower() for text in books.values() for word in WORD.findall(text))
    order = [name for name in books if name not in HELD_OUT] + [name for name in books if name in HELD_OUT]
    return "\n".join(book(lines[name], words) for name in order)


def book(lines, words):
    """One book as paragraphs, one a line. words: how often each word stands in all books."""
    width = wrap_width(lines)
    lines = [
        with_hyphen(line, width, words) for line in without_contents(lines[1:]) if line not in ("", "FIM")
    ]
    paragraphs = []
    for i, line in enumerate(lines):
        if i and goes_on(lines[i - 1], line, width):
            glue = "" if re.search(r"\w-$", lines[i - 1]) else " "
            paragraphs[-1] += glue + line
        else:
            paragraphs.append(line)
    return "\n".join(paragraphs).translate(SAME_MARKS) + "\n"


def wrap_width(lines):
    """The width at which a book's lines were wrapped: the longest that many lines have."""
    lengths = Counter(map(len, lines))
    return max((length for length, count in lengths.items() if count >= 10), default=max(lengths))


def without_contents(lines):
    """The lines without tables of contents: an "ÍNDICE" and its entries, up to where the first entry is a heading."""
    same = [line.replace("ª", "a") for line in lines]  # "1ª EDIÇÃO" in a table is "1a EDIÇÃO" above its text
    kept, i = [], 0
    while i < len(lines):
        if lines[i] == "ÍNDICE" and same[i + 1] in same[i + 2 :]:
            i = same.index(same[i + 1], i + 2)
        else:
            kept.append(lines[i])
            i += 1
    return kept


def goes_on(line, following, width):
    """True where `following` belongs to the paragraph that `line` stands in."""
    if is_heading(line) or is_heading(following):
        return False
    if re.search(r"\w-$", line):
        return True
    ended = ENDS_SENTENCE.search(line)
    if ended and (BEGINS_SPEECH.match(following) or is_caption(following, width)):
        return False
    if is_caption(line, width) and not following[0].islower():
        return False
    return len(line) > 0.75 * width or not (ended or following[0].isupper())


def is_caption(line, width):
    """True for a short line that ends no sentence, as a date or a line of verse does."""
    return len(line) < 0.6 * width and not ENDS_SENTENCE.search(line) and not line[0].islower()


def is_heading(line):
    """True for a chapter's number, and for lines in capitals."""
    return bool(HEADING.match(line)) or (line.isupper() and len(line) > 4 and not BEGINS_SPEECH.match(line))


def with_hyphen(line, width, words):
    """A line that is two lines joined, with the hyphen between them that was lost; other lines as they are."""
    if len(line) <= width:
        return line
    best, place = 0, None
    for match in WORD.finditer(line):
        if match.start() > width or match.end() < 0.7 * width:
            continue
        word = match[0].lower()
        for cut in range(1, len(word)):
            found = likelihood(word, cut, words)
            if found > best:
                best, place = found, match.start() + cut
    return line if place is None else f"{line[:place]}-{line[place:]}"


def likelihood(word, cut, words):
    """How sure it is that `word` lost a hyphen at `cut`; 0 where nothing speaks for it."""
    if words[word] > 3:
        return 0  # a word of its own
    left, right = word[:cut], word[cut:]
    if "-" in (left[-1], right[0]):
        return 0
    if known := words[f"{left}-{right}"]:
        return 100 + known
    stem = left.split("-")[-1]
    if right in PRONOUNS and (words[stem] or (right[0] == "l" and CUT_VERB.search(stem))):
        return 10 + len(right)
    parts = (stem, right.split("-")[0])
    return 1 if all(words[part] > 5 and len(part) > 1 for part in parts) and words[word] <= 1 else 0


if __name__ == "__main__":
    command.run(main)
