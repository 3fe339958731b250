"""Every sentence of the page in every language: one file for each, such as en.json and pt-BR.json, key -> sentence."""

import functools
import json
from pathlib import Path

__all__ = ["LANGUAGES", "language_for", "texts"]

FOLDER = Path(__file__).parent
FIRST = "en"  # has every key; a sentence that another language lacks is shown in this one
LANGUAGES = (FIRST, *sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != FIRST))


@functools.cache
def texts(language: str) -> dict[str, str]:
    """All sentences of one language, key -> sentence. Those that it lacks are English."""
    own = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    return own if language == FIRST else texts(FIRST) | own


def language_for(wanted: str) -> str:
    """The language of the page for a tag that a browser names: "pt-PT" -> "pt-BR", and "en" if there is none."""
    wanted = wanted.lower()
    for same in (str.lower, primary):
        for language in LANGUAGES:
            if same(language) == same(wanted):
                return language
    return FIRST


def primary(tag):
    return tag.lower().split("-")[0]
