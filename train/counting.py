"""Counting the rows that an arm draws: labels, tokens, and what truncation costs.

Every different row is looked at once, and encoded where tokens are counted. That is most of the time before the first
step (about 5,000 pairs or 1,000 questions a second and core), so that large data are shared out over the cores.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from synth.train.encode.features import Account
from synth.train.encode.texts import label_name
from synth.train.stopping import leave_signals_to_the_parent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synth.train.arms import ArmData
    from synth.train.encode.heads import Encoder

CHUNK = 2_000  # rows that a process counts at a time
_FEW = 20_000  # rows that are counted before other processes would have started


@dataclass(slots=True)
class Counts:
    """Sums over the drawn rows of a task.

    Args:
        labels: Examples by label.
        accounts: Of the encoded rows, by language.
        tokens: Of all examples.
        examples: How many are drawn.
        sources: Different source examples among them.
    """

    labels: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    tokens: int = 0
    examples: int = 0
    sources: int = 0

    def add_row(self, task: str, row: dict[str, Any], times: int, encoder: Encoder | None) -> None:
        """Take in a row that is drawn so many times."""
        label = label_name(task, row)
        self.labels[label] = self.labels.get(label, 0) + times
        self.examples += times
        if encoder is not None:
            encoded = encoder(row)
            self.accounts.setdefault(row["synth_lang"], Account()).add(encoded)
            self.tokens += encoded.tokens * times

    def add(self, other: Counts) -> None:
        """Take in what somebody else counted."""
        for label, count in other.labels.items():
            self.labels[label] = self.labels.get(label, 0) + count
        for lang, account in other.accounts.items():
            own = self.accounts.setdefault(lang, Account())
            for one in fields(Account):
                setattr(own, one.name, getattr(own, one.name) + getattr(account, one.name))
        self.tokens += other.tokens
        self.examples += other.examples


@dataclass(frozen=True, slots=True)
class _Work:
    """What is counted; processes that are forked have it without its being sent."""

    data: ArmData
    task: str
    encoder: Encoder | None
    drawn: Sequence[tuple[int, NDArray[Any], NDArray[Any]]]

    def count(self, part: tuple[int, int]) -> Counts:
        """Count some rows of a slot: its place among `drawn`, and where to begin."""
        index, start = part
        slot, ids, times = self.drawn[index]
        counts, store = Counts(), self.data.rows[self.task].store
        for example, often in zip(ids[start : start + CHUNK], times[start : start + CHUNK], strict=True):
            counts.add_row(self.task, store.row(slot, int(example)), int(often), self.encoder)
        return counts


_work: list[_Work] = []  # of the processes that are forked while it is filled


def count_rows(data: ArmData, task: str, encoder: Encoder | None) -> Counts:
    """Count every row of a task that an arm draws.

    Args:
        data: The arm.
        task: The task.
        encoder: Counts tokens; None: only labels are counted.
    """
    import numpy as np

    drawn = list(_drawn(data, task))
    work = _Work(data, task, encoder, drawn)
    parts = [(index, start) for index, (_, ids, _) in enumerate(drawn) for start in range(0, len(ids), CHUNK)]
    total = Counts()
    for counts in _counted(work, parts, sum(len(ids) for _, ids, _ in drawn)):
        total.add(counts)
    total.sources = len(np.unique(np.concatenate([ids for _, ids, _ in drawn]))) if drawn else 0
    return total


def _counted(work: _Work, parts: Sequence[tuple[int, int]], rows: int) -> Iterator[Counts]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores == 1 or rows < _FEW or work.encoder is None or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(work.count, parts)
        return
    _work.append(work)
    try:
        with multiprocessing.get_context("fork").Pool(min(cores, len(parts)), leave_signals_to_the_parent) as pool:
            yield from pool.imap_unordered(_count_part, parts)
    finally:
        _work.clear()


def _count_part(part: tuple[int, int]) -> Counts:
    return _work[0].count(part)


def _drawn(data: ArmData, task: str) -> Iterator[tuple[int, NDArray[Any], NDArray[Any]]]:
    """For every slot: the different examples that are drawn from it, and how often."""
    import numpy as np

    own = data.rows[task]
    ids, slots = (np.concatenate(parts) for parts in zip(*own.drawn(data.plan.draws[task]), strict=True))
    for slot in range(len(own.draw.slots)):
        found, times = np.unique(ids[slots == slot], return_counts=True)
        yield slot, found, times
