"""How much of a text is English, word by word: the remainder that a half-done translation leaves.

Detectors of whole texts do not see it: of sentences whose second half is English, fastText accepts 73 % as the other
language. CLD2 measures shares, but in pieces too coarse for short sentences. English words in a row are the finer sign.
A run of English words counts when it holds a word that is not also a word of another language ("die", "was", "is");
in a script that is not Latin, any word of small Latin letters belongs to a run, and a run counts when it holds an
English word or three words: a term of two ("vigna radiata") may be in any language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Final

import yaml

LONG_FOREIGN_RUN: Final = 3  # words
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class EnglishRuns:
    """English words that stand in a row.

    Args:
        longest: Words in the longest run.
        share: Letters in runs over all letters of the text, 0 to 1: a lower bound of its English.
        span: Letters from the start of the first run to the end of the last one over all letters: an estimate.
    """

    longest: int = 0
    share: float = 0.0
    span: float = 0.0


NO_RUNS: Final = EnglishRuns()


@dataclass(frozen=True, slots=True)
class _Lexicon:
    words: frozenset[str]
    distinctive: frozenset[str]  # not spelled like a common word of another language of the 50


@cache
def lexicon_bytes() -> bytes:
    """The file of English words as it is, for reading and for a manifest's hash."""
    return files("synth.filter.lid").joinpath("english_words.yaml").read_bytes()


@cache
def lexicon() -> _Lexicon:
    """The English words of `english_words.yaml`."""
    data = yaml.safe_load(lexicon_bytes())
    words, shared = frozenset(data["words"].split()), frozenset(data["shared"].split())
    return _Lexicon(words | shared, words - shared)


def english_runs(text: str, *, latin: bool) -> EnglishRuns:
    """Runs of at least two English words in a text of another language.

    Args:
        text: Cleaned text.
        latin: Whether that language is written in Latin letters.
    """
    words = _WORD.findall(text.replace("’", "'") if "’" in text else text)
    known = lexicon()
    if latin and known.distinctive.isdisjoint(words):
        return NO_RUNS
    longest = inside = position = end = 0
    start = -1
    for english, run in groupby(words, _is_english if latin else _is_foreign):
        found = list(run)
        letters = sum(map(len, found))
        # A title ("The Daily Show") is no remainder: the word that proves English is in small letters.
        if english and len(found) > 1 and _counts(found, latin):
            longest, inside = max(longest, len(found)), inside + letters
            start, end = position if start < 0 else start, position + letters
        position += letters
    return EnglishRuns(longest, inside / position, (end - start) / position) if inside else NO_RUNS


def _counts(run: list[str], latin: bool) -> bool:
    if latin:
        return not lexicon().distinctive.isdisjoint(run)
    return len(run) >= LONG_FOREIGN_RUN or any(map(_is_english, run))


def english_word_share(text: str) -> float:
    """Share of words that are English and of no other language, wherever they stand: 0 to 1."""
    words = [word.lower() for word in _WORD.findall(text.replace("’", "'"))]
    return sum(word in lexicon().distinctive for word in words) / max(1, len(words))


def _is_english(word: str) -> bool:
    return word.lower() in lexicon().words


def _is_foreign(word: str) -> bool:
    return word.isascii() and (word.islower() or _is_english(word))
