"""A text under judgement and the language that it should be in: what is measured before any detector is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from synth.filter.lid.english import NO_RUNS, EnglishRuns, english_runs
from synth.filter.lid.thresholds import Thresholds
from synth.filter.lid.values import Reading
from synth.languages import ENGLISH, LANGUAGES, Language
from synth.scripts import script_counts

LATIN: Final = "Latn"
_NOT_LETTERS: Final = bytes(byte for byte in range(128) if not chr(byte).isalpha())


def _sole_scripts() -> dict[str, str]:
    users: dict[str, list[str]] = {}
    for code, language in LANGUAGES.items():
        for script in language.letter_scripts:
            users.setdefault(script, []).append(code)
    return {script: codes[0] for script, codes in users.items() if len(codes) == 1}


SOLE: Final = _sole_scripts()  # scripts that only one of the 50 languages is written in, and that language


@dataclass(frozen=True, slots=True)
class Expected:
    """An expected language and what is looked up for each of its texts."""

    code: str
    scripts: frozenset[str]
    relatives: frozenset[str]
    twins: frozenset[str]
    alone_letters: int

    @classmethod
    def of(cls, language: Language, thresholds: Thresholds) -> Expected:
        """What the thresholds say about a language."""
        code, alone = language.code, thresholds.alone_letters
        return cls(
            code=code,
            scripts=language.letter_scripts,
            relatives=thresholds.relatives(code),
            twins=thresholds.twins(code),
            alone_letters=alone.english if language is ENGLISH else alone.other,
        )

    @property
    def latin(self) -> bool:
        """The language is written in Latin letters, by some or by all."""
        return LATIN in self.scripts

    @property
    def english(self) -> bool:
        """English is expected, so that English in the text is no fault."""
        return self.code == ENGLISH.code

    def share(self, counts: dict[str, int]) -> float:
        """Share of the letters that are in the language's scripts; there must be letters."""
        return sum(counts.get(script, 0) for script in self.scripts) / sum(counts.values())


@dataclass(slots=True)
class Subject:
    """A text under judgement, measured once; `script` is its most frequent one."""

    text: str
    expected: Expected
    script: str
    letters: int
    script_share: float
    runs: EnglishRuns

    @classmethod
    def of(cls, text: str, counts: dict[str, int], expected: Expected, least_share: float) -> Subject:
        """Measure a cleaned text with these letters; below `least_share` of its letters it is in a wrong script."""
        share, runs = expected.share(counts), NO_RUNS
        if LATIN in counts and not expected.english:
            # In a text of the wrong script Latin letters are the text, not a remainder.
            runs = english_runs(text, expected.code, latin=expected.latin or share < least_share)
        return cls(text, expected, next(iter(counts)), sum(counts.values()), share, runs)

    @property
    def sole(self) -> bool:
        """The script is used by the expected language alone."""
        return SOLE.get(self.script) == self.expected.code

    def english(self, reading: Reading, cld2_letters: int) -> float:
        """Share of English, from its words or from CLD2, which in fewer letters than this is guessing."""
        if self.expected.english:
            return 0.0
        sure = self.letters >= cld2_letters
        return max(self.runs.share, reading.shares.get(ENGLISH.code, 0.0) if sure else 0.0)


def letter_counts(text: str) -> dict[str, int]:
    """Letters by script, most frequent first; empty without letters."""
    if not text.isascii():
        return script_counts(text)
    # A short cut for half of the Latin lines: bytes without letters are deleted in one pass.
    letters = len(text.encode("ascii").translate(None, _NOT_LETTERS))
    return {LATIN: letters} if letters else {}
