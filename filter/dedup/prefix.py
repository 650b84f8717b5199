"""Exact set join by prefix filter: the reference mode, certain to find every pair, without MinHash.

If two sets have a Jaccard index of at least T, then under any fixed order of all n-grams the first
`|A| - ceil(T |A|) + 1` of each have one in common (Bayardo, Ma, Srikant, WWW 2007). Ordering by rarity keeps the runs
short. The sets joined are the n-grams of all fields of a row, marked by field: their index is a mean of the fields'
indices (the mediant inequality), hence never below the smallest of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synth.filter.dedup.arrays import Hashes, Ints
from synth.filter.dedup.jaccard import BLOCK_TEXTS, sets_of
from synth.filter.dedup.runs import Runs, group
from synth.filter.dedup.similarity import Field

FREQUENCY_BITS = 24  # n-grams share 16 million counters: a shared counter makes an n-gram look commoner, nothing more
TOKEN_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def _tokens(fields: tuple[Field, ...], rows: Ints, n: int) -> tuple[Hashes, Ints]:
    """Distinct marked n-grams of a block of rows and the row (0 for the first) of each; one order for all rows."""
    tokens, owners = [], []
    for number, field in enumerate(fields):
        sets = sets_of([field.texts[text] for text in field.index[rows].tolist()], n)
        tokens.append((sets.hashes.view(np.uint64) + np.uint64(number + 1)) * TOKEN_MULTIPLIER)
        owners.append(np.repeat(np.arange(len(rows)), sets.sizes))
    return np.concatenate(tokens), np.concatenate(owners)


def _blocks(fields: tuple[Field, ...], count: int, n: int) -> Iterator[tuple[int, Hashes, Ints]]:
    for start in range(0, count, BLOCK_TEXTS):
        rows = np.arange(start, min(start + BLOCK_TEXTS, count))
        yield start, *_tokens(fields, rows, n)


def _bucket(tokens: Hashes) -> Ints:
    return (tokens >> np.uint64(64 - FREQUENCY_BITS)).astype(np.int64)


def _prefix(tokens: Hashes, owners: Ints, rarity: Ints, threshold: float) -> Ints:
    """Positions of the tokens within their rows' prefixes."""
    order = np.lexsort((tokens, rarity, owners))
    sizes = np.bincount(owners)
    needed = sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1
    rank = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen: Ints = order[rank < np.repeat(needed, sizes)]
    return chosen


def prefix_memberships(fields: tuple[Field, ...], count: int, n: int, threshold: float) -> tuple[Hashes, Ints]:
    """The rare n-grams of every row: a key and a row each. Rows of a sought pair share at least one key."""
    frequency = np.zeros(1 << FREQUENCY_BITS, np.int64)
    for _, tokens, _ in _blocks(fields, count, n):
        frequency += np.bincount(_bucket(tokens), minlength=len(frequency))
    keys, rows = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for start, tokens, owners in _blocks(fields, count, n):
        rarity = frequency[_bucket(tokens)]
        chosen = _prefix(tokens, owners, rarity, threshold)
        chosen = chosen[rarity[chosen] > 1]  # an n-gram of one row alone makes no pair
        keys.append(tokens[chosen])
        rows.append(owners[chosen] + start)
    return np.concatenate(keys), np.concatenate(rows)


def prefix_runs(keys: Hashes, rows: Ints, count: int, salt: Hashes) -> Runs:
    """Runs of rows that share a rare n-gram; `salt` (a value a row) keeps rows apart that must not meet."""
    return group(keys ^ salt[rows], rows, count)
