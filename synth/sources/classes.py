"""Numbered classes: a copy of a data set may number the same classes in another order than the task does.

`datasets` writes the names of a column's classes into the metadata of its Parquet files, so that they can be matched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from synth.sources.readers import Item, Record
from synth.tasks.base import Task


def in_task_order(items: Iterable[Item], names: Sequence[str] | None, task: Task) -> Iterator[Item]:
    """The items, their class numbers turned into words where `names` orders the task's classes differently.

    Args:
        items: Records as they were read.
        names: Names of the label column's classes in the order of their numbers; None where none are known.
        task: The task, whose labels are the classes.
    """
    words = _other_order(names or (), task)
    for item in items:
        yield _worded(item, words, task.label_column or "") if words and isinstance(item, Record) else item


def _other_order(names: Sequence[str], task: Task) -> list[str]:
    found, wanted = ([name.lower() for name in order] for order in (names, task.labels))
    return [] if found == wanted or set(found) != set(wanted) else found


def _worded(record: Record, words: Sequence[str], column: str) -> Record:
    label = record.fields.get(column)
    if not isinstance(label, int) or not 0 <= label < len(words):
        return record
    return Record(record.where, {**record.fields, column: words[label]})


def names_in_parquet(path: Path, column: str | None) -> list[str] | None:
    """Class names of a column as `datasets` noted them in a Parquet file; None without such a note."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        note = (pq.read_schema(path).metadata or {}).get(b"huggingface", b"{}")
        feature = json.loads(note)["info"]["features"][column or ""]
        names = feature["names"]
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError):
        return None
    return [str(name) for name in names] if isinstance(names, list) else None
