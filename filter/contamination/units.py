"""Texts to the units that overlap is counted in: words, or characters in scripts that write no spaces.

Units are compared after NFKC and case folding, with the digits of any script as 0-9, in two forms: plain, without what
is not seen (zero-width characters, direction marks) and with punctuation and symbols as blanks, so that these may
differ; and verbatim, because 13 words as they stand in a tokenised test set, or 30 characters of running text, hold
fewer plain units. A unit is a 64-bit hash (words) or the code point itself (characters); the hash of n units in a
row is a polynomial over them modulo 2^64.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from synth.filter.dedup.arrays import Bools, Hashes, Ints, Words
from synth.filter.dedup.folding import BLANK, Folded, fold, fold_table, spans, strip_table
from synth.filter.dedup.shingles import mix32, roll
from synth.filter.text import UNSEEN, case_folded

UNSPACED_LANGUAGES = frozenset({"zh", "ja", "th", "my", "km", "lo", "bo"})
WORDS = 13  # as in the GPT-3 report (Brown et al. 2020, appendix C)
# 30 characters in a row are found: two of them may be a blank beside another, or a mark that joins what stands before.
# Far fewer are not specific in alphasyllabic scripts: at 18, a tenth of clean Thai sentences was flagged.
CHARACTERS = 28
# A test text that is shorter than that counts when a field is equal to it from end to end, and not below these sizes.
WHOLE_WORDS = 8
WHOLE_CHARACTERS = 16

_LAST_DIGIT = 0x1F000  # decimal digits above are compatibility forms, which NFKC turns to 0-9
_WORD_MULTIPLIER = 0x94D049BB133111EB  # odd, from splitmix64 (Steele, Lea, Flood, OOPSLA 2014)


class Form(StrEnum):
    """In which form units are compared."""

    PLAIN = "plain"
    VERBATIM = "verbatim"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Units in an n-gram, and the fewest units of a whole text."""

    gram: int
    whole: int


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a block of texts: text i has `counts[i]` of them; `positions` say where in `folded` each begins."""

    values: Hashes
    counts: Ints
    positions: Ints
    folded: Folded

    @property
    def starts(self) -> Ints:
        """Index of each text's first unit."""
        return np.cumsum(self.counts) - self.counts

    def text(self, first: int, count: int) -> str:
        """Folded text of `count` units from unit `first` on, for people to read."""
        last = int(self.positions[first + count - 1])
        stop = last + 1
        codes = self.folded.codes
        while codes[stop] not in (BLANK, 0) and stop - last < 64:
            stop += 1
        return "".join(map(chr, codes[int(self.positions[first]) : stop].tolist()))


def sizes_for(lang: str) -> Sizes:
    """What is counted in this language."""
    if lang in UNSPACED_LANGUAGES:
        return Sizes(CHARACTERS, WHOLE_CHARACTERS)
    return Sizes(WORDS, WHOLE_WORDS)


def units_of(texts: Sequence[str], lang: str, form: Form = Form.PLAIN) -> Units:
    """Cut a block of texts into units. Verbatim characters include blanks and marks."""
    texts = [text if text.isascii() else _folded(text, form) for text in texts]
    folded = fold(texts, _table(form), "NFKC", trim_final=False)
    letters = (folded.codes != BLANK) & (folded.codes != 0)
    if lang in UNSPACED_LANGUAGES:
        positions = np.flatnonzero(letters if form is Form.PLAIN else folded.codes != 0)
        values = folded.codes[positions].astype(np.uint64)
    else:
        positions = np.flatnonzero(letters[1:] & ~letters[:-1]) + 1
        positions = np.concatenate([[0], positions]) if letters[0] else positions
        values = _word_hashes(folded.codes, positions, letters)
    edges = np.searchsorted(positions, np.append(folded.starts, len(folded.codes)))
    return Units(values, np.diff(edges), positions, folded)


def _folded(text: str, form: Form) -> str:
    """Full case folding, which may change the length: `ß` is `ss`, and the Turkish `İ` and `i` become one."""
    text = unicodedata.normalize("NFKC", case_folded(unicodedata.normalize("NFKC", text)))
    return UNSEEN.sub("", text) if form is Form.PLAIN else text


@lru_cache(maxsize=2)
def _table(form: Form) -> Words:
    """The folding of `synth.filter.dedup` with the decimal digits of every script as 0-9, and `ı` as `i`."""
    table = (strip_table() if form is Form.PLAIN else fold_table()).copy()
    for code in range(0x80, _LAST_DIGIT):
        if unicodedata.category(chr(code)) == "Nd":
            table[code] = ord("0") + unicodedata.digit(chr(code))
    table[ord("ı")] = ord("i")
    return table


@lru_cache(maxsize=8)
def _powers(multiplier: int, size: int) -> Hashes:
    powers = np.full(size, multiplier, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


def _word_hashes(codes: Words, positions: Ints, letters: Bools) -> Hashes:
    """Polynomial of each word, divided by the power of the place where it begins."""
    if not len(positions):
        return np.zeros(0, np.uint64)
    size = max(1 << 17, 1 << (len(codes) - 1).bit_length())
    mixed = (mix32(codes) * letters).astype(np.uint64)
    sums = np.add.reduceat(mixed * _powers(_WORD_MULTIPLIER, size)[: len(codes)], positions)
    return sums * _powers(pow(_WORD_MULTIPLIER, -1, 1 << 64), size)[positions]


@dataclass(frozen=True, slots=True)
class NGrams:
    """N-gram hashes of a block: `owner` is the text and `first` the unit of each."""

    hashes: Hashes
    owner: Ints
    first: Ints


def ngrams_of(units: Units, n: int) -> NGrams:
    """All n-grams within texts."""
    counts = np.maximum(units.counts - n + 1, 0)
    if len(units.values) < n:
        none = np.zeros(0, np.int64)
        return NGrams(np.zeros(0, np.uint64), none, none)
    first = np.flatnonzero(spans(units.starts, counts, len(units.values)))
    return NGrams(roll(units.values, n)[first], np.repeat(np.arange(len(counts)), counts), first)


def wholes_of(units: Units, sizes: Sizes) -> NGrams:
    """One hash for each text that is long enough to be told by its whole, yet shorter than an n-gram."""
    chosen = np.flatnonzero((units.counts >= sizes.whole) & (units.counts < sizes.gram))
    starts = units.starts[chosen]
    window = np.arange(sizes.gram)
    padded = np.append(units.values, np.zeros(sizes.gram, np.uint64))[starts[:, None] + window]
    padded[window >= units.counts[chosen][:, None]] = 0
    hashes = roll(padded.reshape(-1), sizes.gram)[:: sizes.gram] if len(chosen) else np.zeros(0, np.uint64)
    return NGrams(hashes, chosen, starts)
