"""Folded texts to hashes of their character n-grams, and to a 128-bit key of the whole text.

The hash of an n-gram is a polynomial over its code points with a large odd multiplier, modulo 2^64. It is the same on
every machine, in every process and for every cut of the rows into parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from synth.filter.dedup.folding import Folded, fold, fold_table

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]

# Odd 64-bit constants with well mixed bits: the multipliers of splitmix64 (Steele, Lea, Flood, OOPSLA 2014) and the
# golden-ratio increment of the same generator.
GRAM_MULTIPLIER = 0xBF58476D1CE4E5B9
KEY_MULTIPLIERS = (0x94D049BB133111EB, 0x9E3779B97F4A7C15)
_WORD = 1 << 64


@dataclass(frozen=True, slots=True)
class Shingles:
    """The n-gram hashes of a block, text after text (with repeats), `counts[i]` of them for text i."""

    hashes: Hashes
    counts: Ints

    @property
    def starts(self) -> Ints:
        """Position of each text's first hash; every text has at least one."""
        return np.cumsum(self.counts) - self.counts


def roll(units: Hashes, n: int) -> Hashes:
    """Hash of the n units that start at each position; `len(units) - n + 1` values.

    The last step multiplies once more, so that grams that differ in their last unit alone differ in the upper bits.
    """
    multiplier = np.uint64(GRAM_MULTIPLIER)
    count = len(units) - n + 1
    hashes = units[:count] * multiplier
    for offset in range(1, n):
        hashes += units[offset : offset + count]
        hashes *= multiplier
    return hashes


def _short(codes: Hashes, starts: Ints, lengths: Ints, n: int) -> Hashes:
    """Hashes of texts shorter than n: the whole text, padded with zeros, which no folded text contains."""
    offsets = np.arange(n)
    windows = codes[starts[:, None] + offsets]
    windows[offsets >= lengths[:, None]] = 0
    multiplier = np.uint64(GRAM_MULTIPLIER)
    hashes = windows[:, 0] * multiplier
    for offset in range(1, n):
        hashes = (hashes + windows[:, offset]) * multiplier
    return hashes


def cut(folded: Folded, n: int) -> Shingles:
    """The n-grams of every text of a block; a text shorter than n is its own only shingle."""
    size = len(folded.codes)
    codes = np.zeros(size + n, np.uint64)
    codes[:size] = folded.codes
    lengths = folded.ends - folded.starts
    short = lengths < n
    counts = np.where(short, 1, lengths - n + 1)
    hashes = roll(codes, n)
    if short.any():
        hashes[folded.starts[short]] = _short(codes, folded.starts[short], lengths[short], n)
    marks = np.zeros(len(hashes) + 1, np.int8)
    marks[folded.starts] = 1
    marks[folded.starts + counts] -= 1  # a text of one gram may end where the next begins: then +1 is set first
    return Shingles(hashes[np.cumsum(marks[:-1], dtype=np.int8).view(np.bool_)], counts)


def shingle(texts: Sequence[str], n: int) -> Shingles:
    """Fold and cut one block of texts: what the Jaccard index of this package is defined on."""
    return cut(fold(texts, fold_table()), n)


@lru_cache(maxsize=8)
def _powers(multiplier: int, size: int) -> Hashes:
    powers = np.full(size, multiplier, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


def _sums(mixed: Hashes, starts: Ints, multiplier: int) -> Hashes:
    """Polynomial of each text, independent of where it stands in the block: divided by the power at its start."""
    size = 1 << max(1, len(mixed) - 1).bit_length()
    inverse = pow(multiplier, -1, _WORD)
    sums = np.add.reduceat(mixed * _powers(multiplier, size)[: len(mixed)], starts)
    return sums * _powers(inverse, size)[starts]


def text_keys(shingles: Shingles) -> NDArray[np.uint64]:
    """A 128-bit key a text, shape (texts, 2): equal for equal folded texts; two that differ agree with odds of 2^-128.

    The order of n-grams counts, so that this is identity of text and not of n-gram sets.
    """
    mixed = shingles.hashes ^ (shingles.hashes >> np.uint64(32))
    return np.stack([_sums(mixed, shingles.starts, multiplier) for multiplier in KEY_MULTIPLIERS], axis=1)
