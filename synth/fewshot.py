"""Example sentences for teachers that only continue text: English beside each of the 49 languages, and paraphrases.

A base model (no instruction tuning) translates when its prompt shows how. The sentences in `data/fewshot.json` are
Synth's own, short and everyday, the same English ones for all languages: a statement with a name and a number, a
question, a longer statement, a noun phrase; one sentence with a bracketed span, for tasks whose answers are spans of
the text; and two pairs of paraphrases. Numbers stay in the digits of English, so that examples teach the model to keep
them as they are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from synth.errors import BadFlag
from synth.languages import ENGLISH, get_language

OPEN, CLOSE = "[", "]"
"""The brackets around the corresponding spans of `marked_example`."""

_FILE: Final = "data/fewshot.json"


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and what the teacher should make of it: its translation, or a paraphrase."""

    source: str
    target: str


@cache
def _data() -> dict[str, Any]:
    text = files("synth").joinpath(_FILE).read_text(encoding="utf-8")
    languages: dict[str, Any] = json.loads(text)["languages"]
    return languages


def _target(lang: str) -> dict[str, Any]:
    code = get_language(lang).code
    if code == ENGLISH.code:
        raise BadFlag("there are no examples of translation into English. Use paraphrases('en') or another language.")
    entry: dict[str, Any] = _data()[code]
    return entry


@cache
def few_shot(lang: str) -> tuple[Pair, ...]:
    """Four English sentences with their translations into `lang` (a code or alias), always in the same order.

    Raises:
        BadFlag: The language is English or none of the 50.
    """
    sources, targets = _data()[ENGLISH.code]["sentences"], _target(lang)["sentences"]
    return tuple(Pair(source, target) for source, target in zip(sources, targets, strict=True))


@cache
def marked_example(lang: str) -> Pair:
    """An English sentence and its translation into `lang`, with the corresponding spans in square brackets.

    Raises:
        BadFlag: The language is English or none of the 50.
    """
    return Pair(_data()[ENGLISH.code]["marked"], _target(lang)["marked"])


@cache
def paraphrases(lang: str) -> tuple[Pair, ...]:
    """Two pairs of sentences in `lang`, English included, that say the same in clearly different words.

    Raises:
        BadFlag: The language is none of the 50.
    """
    return tuple(Pair(first, second) for first, second in _data()[get_language(lang).code]["paraphrases"])
