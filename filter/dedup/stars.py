"""The star rule: a row goes only when it is itself a near-duplicate of a row that stays.

Rows are numbered by preference. Row v stays if no row u < v that stays is its verified near-duplicate with the same
label: the greedy maximal independent set. Chains (a like b, b like c, a unlike c) therefore keep a and c.

It is computed in rounds (Blelloch, Fineman, Shun, SPAA 2012): a row that is the first of all its runs is certain to
stay, so only it needs to be compared with its run mates. A family of m near-copies then costs m - 1 comparisons, not
m (m - 1) / 2. Once few pairs are left they are all verified at once. The outcome is that of the sequential rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synth.filter.dedup.arrays import Bools, Floats, Ints
from synth.filter.dedup.runs import Runs, all_pairs, unique_pairs
from synth.filter.dedup.similarity import Similarity

NOBODY = -1
PAIRS_PER_MEMBER = 2  # runs are compared in full once they hold no more pairs than this for each of their members
PAIRS_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Stars:
    """For every row: the row that it goes in favour of (-1: it stays) and their similarity (0: it stays)."""

    keeper: Ints
    similarity: Floats


@dataclass(slots=True)
class _State:
    keeper: Ints
    similarity: Floats
    open: Bools

    def remove(self, keepers: Ints, rows: Ints, similarity: Floats) -> None:
        """Remove rows; of several keepers the most preferred one is noted (pairs come sorted by keeper)."""
        rows, first = np.unique(rows, return_index=True)
        self.keeper[rows] = keepers[first]
        self.similarity[rows] = similarity[first]
        self.open[rows] = False


def _leaders(runs: Runs, count: int) -> tuple[Ints, Ints, Ints]:
    """Rows that are the first of all their runs, and the pairs of such a row with each of its run mates."""
    leader = np.repeat(runs.rows[runs.starts], runs.lengths)
    follows = leader != runs.rows
    blocked = np.zeros(count, np.bool_)
    blocked[runs.rows[follows]] = True
    sure = ~blocked[leader]
    pairs = unique_pairs(leader[sure & follows], runs.rows[sure & follows], count)
    return np.unique(leader[sure]), *pairs


def _greedy(left: Ints, right: Ints, similarity: Floats, state: _State) -> None:
    """The sequential rule over verified pairs, row by row."""
    order = np.lexsort((left, right))
    edges = zip(left[order].tolist(), right[order].tolist(), similarity[order].tolist(), strict=True)
    for keeper, row, value in edges:
        if state.keeper[keeper] == NOBODY and state.keeper[row] == NOBODY:
            state.keeper[row] = keeper
            state.similarity[row] = value


def choose(runs: Runs, similarity: Similarity, count: int) -> Stars:
    """Decide which of `count` rows stay, among runs of rows with equal labels."""
    state = _State(np.full(count, NOBODY), np.zeros(count), np.ones(count, np.bool_))
    worthwhile = True
    while worthwhile and runs.pairs > PAIRS_PER_MEMBER * len(runs.rows):
        stay, left, right = _leaders(runs, count)
        values = similarity.of(left, right)
        alike = values >= similarity.threshold
        state.remove(left[alike], right[alike], values[alike])
        state.open[stay] = False
        before, runs = runs, runs.only(state.open)
        # A round looks at one pair a member at most. Runs of unlike rows never repay that: compare those in full.
        worthwhile = before.pairs - runs.pairs > len(before.rows)
    _greedy(*verified(runs, similarity, count), state)
    return Stars(state.keeper, state.similarity)


def verified(runs: Runs, similarity: Similarity, count: int, unlike: Ints | None = None) -> tuple[Ints, Ints, Floats]:
    """All pairs within runs that reach the threshold, with their similarity.

    Args:
        runs: Runs of candidate rows.
        similarity: What verifies.
        count: Number of rows.
        unlike: A label a row: only pairs with different labels are wanted.
    """
    found: list[tuple[Ints, Ints, Floats]] = []
    for part in _portions(runs):
        left, right = all_pairs(part)
        if unlike is not None:
            wanted = unlike[left] != unlike[right]
            left, right = left[wanted], right[wanted]
        left, right = unique_pairs(left, right, count)
        values = similarity.of(left, right)
        alike = values >= similarity.threshold
        found.append((left[alike], right[alike], values[alike]))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    left, right, values = (np.concatenate(column) for column in zip(*found, strict=True))
    _, first = np.unique(left * count + right, return_index=True)
    return left[first], right[first], values[first]


def _portions(runs: Runs) -> Iterator[Runs]:
    """Whole runs, in portions of a bounded number of pairs."""
    if not len(runs.lengths):
        return
    number = (np.cumsum(runs.lengths * (runs.lengths - 1) // 2) - 1) // PAIRS_AT_ONCE
    for portion in np.unique(number).tolist():
        yield runs.select(number == portion)
