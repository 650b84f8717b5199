"""The rows of one arm and task on disk, readable in any order: whole data sets are shuffled without filling the memory.

Parquet is read once, in order; the rows that are needed go to one Arrow file, which is mapped into memory and of which
the system keeps as much as it has room for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.corpus.files import write_atomic
from synth.corpus.rows import arrow_schema
from synth.errors import CheckFailed
from synth.tasks import get_task
from synth.train.corpora import batch_ids
from synth.train.hashing import within

if TYPE_CHECKING:
    from synth.train.hashing import Ids, Ints
    from synth.train.matched import Slot

BATCH = 256  # rows of one record batch; a row is found by number // BATCH


@dataclass(frozen=True)
class RowStore:
    """The written rows; can be sent to another process, which maps the file for itself.

    Args:
        path: The Arrow file.
        ids: By slot: the sorted ids that were wanted of it.
        numbers: By slot: the number of each id's row in the file.
    """

    path: Path
    ids: Sequence[Ids]
    numbers: Sequence[Ints]

    @cached_property
    def reader(self) -> Any:
        """The mapped file."""
        return _open(self.path)

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "ids": self.ids, "numbers": self.numbers}

    def row(self, slot: int, example: int) -> dict[str, Any]:
        """The row of an example in a slot."""
        import numpy as np

        place = int(np.searchsorted(self.ids[slot], np.uint64(example)))
        number = int(self.numbers[slot][place])
        batch = self.reader.get_batch(number // BATCH)
        found: dict[str, Any] = batch.slice(number % BATCH, 1).to_pylist()[0]
        return found

    def __len__(self) -> int:
        return sum(len(numbers) for numbers in self.numbers)


def write_store(path: Path, task: str, slots: Sequence[Slot], wanted: Sequence[Ids]) -> RowStore:
    """Write the wanted rows of every slot, and open them.

    Raises:
        CheckFailed: A row that matching had counted is not there any more.
        DiskError: The file cannot be written.
    """
    import numpy as np

    numbers: list[Ints] = [np.full(len(ids), -1, dtype=np.int64) for ids in wanted]
    write_atomic(path, lambda temporary: _fill(temporary, task, slots, wanted, numbers))
    for slot, ids, own in zip(slots, wanted, numbers, strict=True):
        if (own < 0).any():
            raise CheckFailed(
                f"{int((own < 0).sum()):,} of {len(ids):,} rows of {slot.component} {slot.lang} are gone; do not "
                "change a corpus while it is trained on: verify it and start again"
            )
    return RowStore(path.absolute(), tuple(wanted), tuple(numbers))


def _open(path: Path) -> Any:
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(str(path)))


def _fill(path: Path, task: str, slots: Sequence[Slot], wanted: Sequence[Ids], numbers: Sequence[Ints]) -> None:
    import pyarrow as pa

    schema = arrow_schema(get_task(task))
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for batch in _rebatched(_batches(slots, wanted, numbers), schema):
            writer.write_batch(batch)


def _batches(slots: Sequence[Slot], wanted: Sequence[Ids], numbers: Sequence[Ints]) -> Iterator[Any]:
    """Arrow batches of the wanted rows; on the way the number of each row is noted. Of two alike the first is taken."""
    count = 0
    for slot, ids, own in zip(slots, wanted, numbers, strict=True):
        for cell in slot.cells:
            for batch in cell.batches():
                picked = _pick(batch, ids, own, count)
                count += picked.num_rows
                yield picked


def _pick(batch: Any, ids: Ids, own: Ints, count: int) -> Any:
    """The rows of a batch that are wanted and not there yet; they get the numbers from `count` on."""
    import numpy as np

    found, first = np.unique(batch_ids(batch), return_index=True)
    there = within(found, ids)
    places, rows = np.searchsorted(ids, found[there]), first[there]
    new = own[places] < 0
    order = np.argsort(rows[new])
    own[places[new][order]] = np.arange(count, count + len(order))
    return batch.take(rows[new][order])


def _rebatched(batches: Iterator[Any], schema: Any) -> Iterator[Any]:
    """The rows in batches of exactly `BATCH`, but for the last, with exactly the columns of the task."""
    import pyarrow as pa

    waiting = pa.Table.from_batches([], schema=schema)
    for batch in batches:
        own = pa.Table.from_batches([batch]).select(schema.names).cast(schema)
        waiting = pa.concat_tables([waiting, own])
        while waiting.num_rows >= BATCH:
            yield from waiting.slice(0, BATCH).combine_chunks().to_batches()
            waiting = waiting.slice(BATCH)
    if waiting.num_rows:
        yield from waiting.combine_chunks().to_batches()
