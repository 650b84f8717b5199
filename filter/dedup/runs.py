"""Runs: groups of rows that agree in one band (or share one rare n-gram), the raw material of candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synth.filter.dedup.arrays import Bools, Hashes, Ints


@dataclass(frozen=True, slots=True)
class Runs:
    """Members run after run, ascending within a run; every run has at least two.

    `rows[starts[i]:starts[i] + lengths[i]]` is run i.
    """

    rows: Ints
    starts: Ints
    lengths: Ints

    @property
    def pairs(self) -> int:
        """Pairs of members within the runs, counted once a run."""
        return int((self.lengths * (self.lengths - 1) // 2).sum())

    def only(self, alive: Bools) -> Runs:
        """The same runs with the members that are alive; runs of one are dropped."""
        keep = alive[self.rows]
        lengths = np.add.reduceat(keep, self.starts, dtype=np.int64) if len(self.starts) else self.lengths
        whole = lengths >= 2
        keep &= np.repeat(whole, self.lengths)
        return runs_from(self.rows[keep], lengths[whole])

    def select(self, chosen: Bools) -> Runs:
        """Some of the runs."""
        return runs_from(self.rows[np.repeat(chosen, self.lengths)], self.lengths[chosen])


def runs_from(rows: Ints, lengths: Ints) -> Runs:
    """Runs from their members and lengths."""
    return Runs(rows, np.cumsum(lengths) - lengths, lengths)


def group(keys: Hashes, members: Ints | None = None, count: int | None = None) -> Runs:
    """Runs of equal keys.

    Key and row share one 64-bit word (the row takes the bits that it needs), because sorting words is many times
    faster than sorting indices. What is cut off a key may merge runs, which costs a verification and no error.

    Args:
        keys: A key a membership, well mixed in its upper bits.
        members: The row of each membership; None when key i belongs to row i.
        count: Number of rows; needed with `members`.
    """
    rows = np.arange(len(keys)) if members is None else members
    bits = np.uint64(max(1, ((count or len(keys)) - 1).bit_length()))
    low = np.uint64((1 << int(bits)) - 1)
    packed = np.sort((keys & ~low) | rows.astype(np.uint64))
    tops = packed >> bits
    same = tops[1:] == tops[:-1]
    member = np.zeros(len(packed), np.bool_)
    member[1:] = same
    member[:-1] |= same
    begins = np.ones(len(packed), np.bool_)
    begins[1:] = ~same
    starts = np.flatnonzero(begins[member])
    found = (packed[member] & low).astype(np.int64)
    return runs_from(found, np.diff(np.append(starts, len(found))))


def join(parts: list[Runs]) -> Runs:
    """Runs of several bands, one after the other."""
    if not parts:
        return runs_from(np.zeros(0, np.int64), np.zeros(0, np.int64))
    return runs_from(np.concatenate([part.rows for part in parts]), np.concatenate([part.lengths for part in parts]))


def all_pairs(runs: Runs) -> tuple[Ints, Ints]:
    """Every pair (lower row, higher row) of every run; a pair of several runs comes several times."""
    later = np.arange(len(runs.rows)) - np.repeat(runs.starts, runs.lengths)  # members before this one in its run
    right = np.repeat(np.arange(len(runs.rows)), later)
    offset = np.arange(len(right)) - np.repeat(np.cumsum(later) - later, later)
    left = np.repeat(np.repeat(runs.starts, runs.lengths), later) + offset
    return runs.rows[left], runs.rows[right]


def unique_pairs(left: Ints, right: Ints, count: int) -> tuple[Ints, Ints]:
    """Sort pairs of rows below `count` and drop repeats."""
    packed = np.sort(left * count + right)
    packed = packed[np.concatenate([[True], packed[1:] != packed[:-1]])] if len(packed) else packed
    return packed // count, packed % count
