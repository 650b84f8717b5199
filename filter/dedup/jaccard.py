"""Exact Jaccard index of pairs of texts, over their sets of n-gram hashes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.filter.dedup.arrays import Floats, Ints
from synth.filter.dedup.folding import blocks
from synth.filter.dedup.shingles import fold_block, grams, hashed
from synth.filter.dedup.sieve import Sieve, index

# Within a block the text's number and the n-gram's hash share one word, so that one sort orders all sets at once. With
# 50 bits, two texts of 1,000 n-grams hold a false match with odds of 1e-9.
HASH_BITS = 50
BLOCK_TEXTS = 1 << (64 - HASH_BITS)
CHUNK_ELEMENTS = 1 << 22  # n-grams compared at once: about 150 MB of work space


@dataclass(frozen=True, slots=True)
class Sets:
    """Sorted distinct n-gram hashes of texts: set i is `hashes[bounds[i]:bounds[i + 1]]`."""

    hashes: Ints
    bounds: Ints

    @property
    def sizes(self) -> Ints:
        """Distinct n-grams of each text."""
        return np.diff(self.bounds)


def sets_of(texts: Sequence[str], n: int) -> Sets:
    """The n-gram sets of texts."""
    parts, sizes = [], []
    for start, stop in _small_blocks(texts):
        hashes, counts = _block_sets(texts[start:stop], n)
        parts.append(hashes)
        sizes.append(counts)
    bounds = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]) if sizes else np.zeros(1, np.int64)
    return Sets(np.concatenate(parts) if parts else np.zeros(0, np.int64), bounds)


def _small_blocks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    for start, stop in blocks(texts):
        for low in range(start, stop, BLOCK_TEXTS):
            yield low, min(low + BLOCK_TEXTS, stop)


def _block_sets(texts: Sequence[str], n: int) -> tuple[Ints, Ints]:
    folded = fold_block(texts)
    found = grams(folded, n)
    keys = hashed(folded.codes.astype(np.uint64), folded, found, n)
    keys >>= np.uint64(64 - HASH_BITS)
    keys |= np.repeat(np.arange(len(texts), dtype=np.uint64) << np.uint64(HASH_BITS), found.counts)
    keys.sort()
    keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])]
    edges = np.arange(len(texts) + 1, dtype=np.uint64) << np.uint64(HASH_BITS)
    edges[-1] -= len(texts) == BLOCK_TEXTS  # the last edge of a full block is 2^64, which wraps to zero
    bounds = np.searchsorted(keys, edges)
    bounds[-1] = len(keys)
    keys &= np.uint64((1 << HASH_BITS) - 1)
    return keys.view(np.int64), np.diff(bounds)


def _matrix(sets: Sets) -> Any:
    from scipy.sparse import csr_array

    ones = np.ones(len(sets.hashes), np.bool_)
    matrix = csr_array((ones, sets.hashes, sets.bounds), shape=(len(sets.sizes), 1 << HASH_BITS))
    matrix.has_canonical_format = True  # sorted and distinct by construction: saves scipy a look at every element
    return matrix


def _chunks(weights: Ints) -> Iterator[slice]:
    """Ranges of pairs whose sets together hold about `CHUNK_ELEMENTS` n-grams."""
    ends = np.cumsum(weights)
    start, done = 0, 0
    while start < len(weights):
        stop = max(start + 1, int(np.searchsorted(ends, done + CHUNK_ELEMENTS, side="right")))
        yield slice(start, stop)
        start, done = stop, int(ends[stop - 1])


def jaccard(sets: Sets, left: Ints, right: Ints, threshold: float) -> Floats:
    """Jaccard index of set pairs; 0 where the sizes (|A| < T |B|) or the sieve alone rule the threshold out."""
    sizes = sets.sizes
    small, large = np.minimum(sizes[left], sizes[right]), np.maximum(sizes[left], sizes[right])
    found = np.zeros(len(left), np.float64)
    possible = np.flatnonzero(small >= threshold * large)
    sieve = Sieve.of(sets.hashes, sets.bounds, HASH_BITS)
    possible = possible[sieve.possible(left[possible], right[possible], threshold)]
    left, right = left[possible], right[possible]
    matrix = _matrix(sets)
    for part in _chunks(sizes[left] + sizes[right]):
        common = np.diff(matrix[left[part]].multiply(matrix[right[part]]).indptr)
        found[possible[part]] = index(common, sizes[left[part]], sizes[right[part]])
    return found
