"""Every sentence of the page, in both languages: en.json and pt-BR.json, key -> sentence."""

import functools
import json
from pathlib import Path

from demo.contract import LANGUAGES

__all__ = ["LANGUAGES", "texts"]


@functools.cache
def texts(language: str) -> dict[str, str]:
    """All sentences of one language, key -> sentence."""
    return json.loads((Path(__file__).parent / f"{language}.json").read_text("utf-8"))
