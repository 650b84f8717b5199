"""Folded texts to hashes of their character n-grams, and to a 128-bit key of the whole text.

The hash of an n-gram is a polynomial over its code points with an odd multiplier, modulo 2^32 for signatures and modulo
2^64 for exact comparison. It is the same on every machine, in every process and for every cut of the rows into parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from synth.filter.dedup.arrays import Bools, Ints, Words
from synth.filter.dedup.folding import Folded, fold, fold_table, spans

Unsigned = TypeVar("Unsigned", np.uint32, np.uint64)

# Odd constants with well mixed bits. 64 bits: the first multiplier of splitmix64 (Steele, Lea, Flood, OOPSLA 2014);
# 32 bits: 2^32 divided by the golden ratio, as in Knuth's multiplicative hashing.
GRAM_MULTIPLIERS = {32: 0x9E3779B1, 64: 0xBF58476D1CE4E5B9}
# Four more whose powers modulo 2^32 repeat as late as can be (they are 3 or 5 modulo 8).
KEY_MULTIPLIERS = (0x85EBCA6B, 0xC2B2AE35, 0x31848BAB, 0xED5AD4BB)


def mix32(values: Words) -> Words:
    """MurmurHash3's 32-bit finaliser (Austin Appleby, public domain): a bijection that spreads similar inputs.

    It leaves 0 where it is.
    """
    values = values ^ (values >> np.uint32(16))
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(13)
    values *= np.uint32(0xC2B2AE35)
    values ^= values >> np.uint32(16)
    return values


@dataclass(frozen=True, slots=True)
class Grams:
    """Where the n-grams of a block of folded texts begin: `valid` marks positions, text i has `counts[i]` of them."""

    valid: Bools
    counts: Ints
    short: Ints  # texts shorter than n: their only gram is the whole text, padded with zeros


def grams(folded: Folded, n: int) -> Grams:
    """Find the n-grams; every text has at least one."""
    lengths = folded.ends - folded.starts
    counts = np.maximum(lengths - n + 1, 1)
    size = len(folded.codes) - n + 1
    return Grams(spans(folded.starts, counts, size), counts, np.flatnonzero(lengths < n))


def roll(units: NDArray[Unsigned], n: int) -> NDArray[Unsigned]:
    """Hash of the n units that start at each position; `len(units) - n + 1` values.

    The last step multiplies once more, so that grams that differ in their last unit alone differ in the upper bits.
    """
    multiplier = units.dtype.type(GRAM_MULTIPLIERS[units.dtype.itemsize * 8])
    count = len(units) - n + 1
    hashes = units[:count] * multiplier
    for offset in range(1, n):
        hashes += units[offset : offset + count]
        hashes *= multiplier
    return hashes


def hashed(codes: NDArray[Unsigned], folded: Folded, found: Grams, n: int) -> NDArray[Unsigned]:
    """The n-gram hashes of a block, text after text, repeats included. `codes` are the block's, in the hash's width."""
    hashes = roll(codes, n)
    if len(found.short):
        starts = folded.starts[found.short]
        windows = codes[starts[:, None] + np.arange(n)]
        windows[np.arange(n) >= (folded.ends[found.short] - starts)[:, None]] = 0
        hashes[starts] = roll(windows.reshape(-1), n)[::n]
    return hashes[found.valid]


def fold_block(texts: Sequence[str]) -> Folded:
    """Fold texts in the form that this package compares: NFC, case, white space, sentence-final punctuation."""
    return fold(texts, fold_table())


@lru_cache(maxsize=16)
def _powers(multiplier: int, size: int) -> Words:
    powers = np.full(size, multiplier, np.uint32)
    powers[0] = 1
    return np.multiply.accumulate(powers)


def text_keys(folded: Folded, words: int = len(KEY_MULTIPLIERS)) -> Words:
    """A key a text of that many 32-bit words, shape (texts, words): equal for equal folded texts.

    Each word is a polynomial over the mixed code points, so that two texts that differ agree in it with odds of 2^-32.
    That of a block is cut into texts by one `reduceat`, and divided by the power at which a text begins, so that a key
    does not depend on the text's place.
    """
    mixed = mix32(folded.codes)
    size = max(1 << 17, 1 << (len(mixed) - 1).bit_length())  # one size for nearly all blocks: tables are kept
    keys = np.empty((len(folded.starts), words), np.uint32)
    for column, multiplier in enumerate(KEY_MULTIPLIERS[:words]):
        sums = np.add.reduceat(mixed * _powers(multiplier, size)[: len(mixed)], folded.starts, dtype=np.uint32)
        inverse = pow(multiplier, -1, 1 << 32)
        keys[:, column] = sums * _powers(inverse, size)[folded.starts]
    return keys
