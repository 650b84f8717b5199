"""How much of a text is English, word by word: the remainder that a half-done translation leaves.

Detectors of whole texts do not see it: of sentences whose second half is English, fastText accepts 73 % as the other
language. CLD2 measures shares, but in pieces too coarse for short sentences. English words in a row are the finer sign.
A run of English words counts when it holds a word that is not also a word of the expected language ("die", "was" in
German); in a script that is not Latin, any word of small Latin letters belongs to a run, and a run counts when it holds
an English word or three words: a term of two ("vigna radiata") may be in any language. Words with a capital are names
or titles: they neither break a run nor count in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from synth.filter.lid.lexicon import Lexicon, lexicon

LONG_FOREIGN_RUN: Final = 3  # words
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class EnglishRuns:
    """English words that stand in a row.

    Args:
        longest: Words in the longest run, without a name between them.
        share: Letters in runs over all letters of the text, 0 to 1: a lower bound of its English.
        span: Letters from the start of the first run to the end of the last one over all letters: an estimate.
    """

    longest: int = 0
    share: float = 0.0
    span: float = 0.0


NO_RUNS: Final = EnglishRuns()


@dataclass(slots=True)
class _Run:
    """Words in a row, names between them left out; start and end count the letters of the text."""

    start: int
    end: int = 0
    words: list[str] = field(default_factory=list)
    unbroken: int = 0  # words since the last name
    longest: int = 0

    def add(self, word: str, end: int) -> None:
        self.words.append(word)
        self.end = end
        self.unbroken += 1
        self.longest = max(self.longest, self.unbroken)

    @property
    def letters(self) -> int:
        return sum(map(len, self.words))


def english_runs(text: str, code: str, *, latin: bool) -> EnglishRuns:
    """Runs of at least two English words in a text of another language.

    Args:
        text: Cleaned text.
        code: That language.
        latin: Whether the text is written in Latin letters.
    """
    words = _words(text)
    known = lexicon(code)
    if latin and known.distinctive.isdisjoint(words):
        return NO_RUNS
    total = sum(map(len, words))
    runs = [run for run in _runs(words, known, latin) if _counts(run, total, known, latin)]
    if not runs:
        return NO_RUNS
    inside = sum(run.letters for run in runs)
    return EnglishRuns(max(run.longest for run in runs), inside / total, (runs[-1].end - runs[0].start) / total)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.replace("’", "'") if "’" in text else text)


def _runs(words: list[str], known: Lexicon, latin: bool) -> Iterator[_Run]:
    """All runs, of one word too; `position` counts letters."""
    run, position = None, 0
    for word in words:
        after = position + len(word)
        if _belongs(word, known, latin):
            run = run or _Run(position)
            run.add(word, after)
        elif run and word[0].isupper():
            run.unbroken = 0
        elif run:
            yield run
            run = None
        position = after
    if run:
        yield run


def _belongs(word: str, known: Lexicon, latin: bool) -> bool:
    if latin:
        return word in known.words or word == "I"
    return word.isascii() and (word.islower() or word.lower() in known.words)


def _counts(run: _Run, total: int, known: Lexicon, latin: bool) -> bool:
    if len(run.words) == 1:
        return run.end == total and run.words[0] in known.alone
    if latin:
        return not known.distinctive.isdisjoint(run.words)
    return len(run.words) >= LONG_FOREIGN_RUN or any(word.lower() in known.words for word in run.words)


def english_word_share(text: str, code: str) -> float:
    """Share of words that are English and no words of a language, wherever they stand: 0 to 1; 0 of no words."""
    words, known = _words(text), lexicon(code)
    return sum(word.lower() in known.distinctive for word in words) / max(1, len(words))
