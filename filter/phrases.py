"""The phrases of refusals and announcements, per language, from `filter/data/phrases.yaml`."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

from synth.filter.text import UNSEEN, case_folded

# Languages in which models answer when they do not follow the language that was asked for, whatever that was.
EVERYWHERE = ("en", "es", "fr")


@cache
def phrases(group: str, lang: str) -> tuple[str, ...]:
    """The phrases of one group (`refusal`, `preamble`) in a language, and in those that models fall back to."""
    table = _table()
    languages = dict.fromkeys((lang, *EVERYWHERE))
    found = (phrase for code in languages for phrase in table.get(code, {}).get(group, ()))
    return tuple(dict.fromkeys(fold(phrase) for phrase in found))


@cache
def _table() -> dict[str, Any]:
    import yaml

    text = files("synth.filter").joinpath("data/phrases.yaml").read_text("utf-8")
    table: dict[str, Any] = yaml.safe_load(text)
    return table


def fold(text: str) -> str:
    """The form in which phrases are compared: NFC, case-folded (also `İ`), straight apostrophes, nothing unseen."""
    seen = UNSEEN.sub("", unicodedata.normalize("NFC", text)).replace("’", "'")
    return case_folded(seen)
