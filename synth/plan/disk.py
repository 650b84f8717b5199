"""Bytes that a corpus will take: measured on its English rows as Parquet, scaled by the bytes of the language."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from synth.corpus.ids import RowId
from synth.corpus.rows import Provenance, record, write_rows
from synth.outcomes import KEPT, Kind
from synth.plan.dryrun import spread
from synth.sources.base import Example
from synth.tasks import get_task

_ROWS = 512  # as many as a part holds, so that compression is like a part's
_COPIES = 2  # the row, and the teacher's raw answer that it was made of
_PROVENANCE = Provenance(teacher="a-teacher-of-some-size", prompt="prompt-1", unit="joint", finish="stop")


@dataclass(frozen=True, slots=True)
class PartSize:
    """Size of one task's parts: bytes of a part of no length, and bytes that each English row adds."""

    empty: float
    row: float

    def of(self, parts: int, rows: float, factor: float) -> float:
        """Bytes of so many rows in so many parts; `factor` is the language's bytes per byte of English."""
        return _COPIES * (parts * self.empty + rows * self.row * factor)


def part_sizes(examples: Mapping[str, Sequence[Example]]) -> dict[str, PartSize]:
    """The sizes of each task, from its own rows."""
    with tempfile.TemporaryDirectory() as folder:
        return {task: _measure(task, members, Path(folder)) for task, members in examples.items()}


def _measure(task: str, examples: Sequence[Example], folder: Path) -> PartSize:
    some = spread(examples, _ROWS)
    one, all_of_them = (_bytes(task, chosen, folder) for chosen in (some[:1], some))
    row = max(1.0, (all_of_them - one) / max(1, len(some) - 1))
    return PartSize(max(0.0, one - row), row)


def _bytes(task: str, examples: Sequence[Example], folder: Path) -> int:
    rows = [
        record(RowId(task, one.split, one.source_id, "en", Kind.TRANSLATION.value), one.row, KEPT, _PROVENANCE)
        for one in examples
    ]
    path = folder / f"{task}.parquet"
    write_rows(path, get_task(task), rows)
    return path.stat().st_size
