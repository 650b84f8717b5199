"""Upper bounds of how much two sets share, from one bit vector a set: rules most pairs out without comparing them.

Bit h of a set's vector is on when an element falls there. Elements that fall together are "lost": a set of s elements
with p bits on has lost s - p. Two sets have at most as many elements in common as their vectors have bits in common,
plus what the one that lost less has lost: of the elements in common each is one of those bits or is lost in both.
The bound is certain, so that no pair above the threshold is ruled out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.filter.dedup.arrays import Bools, Floats, Hashes, Ints

BITS_PER_ELEMENT = 16  # one element in 32 is lost: the bound then lies 3 % above the truth
MIN_BITS, MAX_BITS = 9, 12  # 512 to 4,096 bits a set, as logarithms: half a kilobyte at most
BLOCK_BYTES = 1 << 20  # work space that stays within a 2 MB L2 cache


@dataclass(frozen=True, slots=True)
class Sieve:
    """Bit vectors of sets, shape (sets, words), with the size of each set and what it has lost."""

    vectors: Hashes
    sizes: Ints
    lost: Ints

    @classmethod
    def of(cls, hashes: Ints, bounds: Ints, hash_bits: int) -> Sieve:
        """Vectors of sets `hashes[bounds[i]:bounds[i + 1]]` of distinct hashes with so many bits."""
        sizes = np.diff(bounds)
        width = 1 << _log_bits(sizes)
        vectors = np.empty((len(sizes), width // 64), np.uint64)
        shift = hash_bits - width.bit_length() + 1
        step = max(1, BLOCK_BYTES // width)
        for start in range(0, len(sizes), step):
            part = sizes[start : start + step]
            flags = np.zeros((len(part), width), np.bool_)
            places = hashes[bounds[start] : bounds[start + len(part)]] >> shift
            places += np.repeat(np.arange(len(part)) * width, part)
            flags.reshape(-1)[places] = True
            vectors[start : start + step] = np.packbits(flags, axis=1).view(np.uint64)
        return cls(vectors, sizes, sizes - _ones(vectors))

    def possible(self, left: Ints, right: Ints, threshold: float) -> Bools:
        """Whether the Jaccard index of each pair may reach the threshold."""
        found = np.empty(len(left), np.bool_)
        step = max(1, BLOCK_BYTES // (8 * self.vectors.shape[1]))
        for start in range(0, len(left), step):
            a, b = left[start : start + step], right[start : start + step]
            common = _ones(self.vectors[a] & self.vectors[b]) + np.minimum(self.lost[a], self.lost[b])
            found[start : start + step] = index(common, self.sizes[a], self.sizes[b]) >= threshold
        return found


def index(common: Ints, left: Ints, right: Ints) -> Floats:
    """Jaccard index of sets of these sizes with so many elements in common."""
    found: Floats = common / (left + right - common)
    return found


def _log_bits(sizes: Ints) -> int:
    wanted = BITS_PER_ELEMENT * float(sizes.mean()) if len(sizes) else 1.0
    return int(np.clip(np.ceil(np.log2(max(1.0, wanted))), MIN_BITS, MAX_BITS))


def _ones(vectors: NDArray[np.uint64]) -> Ints:
    counts: Ints = np.bitwise_count(vectors).sum(axis=1, dtype=np.int64)
    return counts
