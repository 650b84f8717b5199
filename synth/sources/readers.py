"""Taking files apart into records, one reader for each container: tables, JSON, JSON lines, Parquet.

A reader knows nothing of tasks. It yields a `Record` for everything it could take apart and a `SourceProblem` for
everything it could not, and goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from synth.sources.base import SourceProblem
from synth.sources.files import DataFile, lines, open_text
from synth.sources.problems import What


@dataclass(frozen=True, slots=True)
class Record:
    """One row as the file has it: where it is ("line 12"), and its fields by the file's own names."""

    where: str
    fields: Mapping[str, Any]


Item = Record | SourceProblem
Reader = Callable[[DataFile], Iterator[Item]]


def _record(file: DataFile, where: str, value: Any) -> Item:
    if isinstance(value, dict):
        return Record(where, value)
    return file.problem(where, What.BAD_ROW, f"expected an object with named fields, found {type(value).__name__}")


def read_jsonl(file: DataFile) -> Iterator[Item]:
    """JSON lines: one object a line, blank lines skipped."""
    for number, line in lines(file):
        if not line.strip():
            continue
        where = f"line {number}"
        try:
            yield _record(file, where, json.loads(line))
        except (ValueError, RecursionError) as error:
            yield file.problem(where, What.BAD_JSON, f"not JSON: {error}")


def load_json(file: DataFile) -> Any | SourceProblem:
    """The whole file as one JSON value, or the problem that keeps it from being one."""
    with open_text(file) as handle:
        text = handle.read()
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        return file.problem("whole file", What.BAD_JSON, f"not JSON: {error}")


def read_json(file: DataFile) -> Iterator[Item]:
    """One JSON value that holds all rows: a list, `{"data": [...]}`, or an object of objects (`{"0": {...}, ...}`)."""
    value = load_json(file)
    if isinstance(value, SourceProblem):
        yield value
        return
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        value = value["data"]
    if not isinstance(value, dict | list):
        yield file.problem("whole file", What.BAD_JSON, f"expected a list or an object, found {type(value).__name__}")
        return
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, row in pairs:
        yield _record(file, f"[{json.dumps(key)}]", row)


def read_parquet(file: DataFile) -> Iterator[Item]:
    """A Parquet file, batch by batch; a batch with broken text is read again row by row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file.path) as table:
            start = 0
            for batch in table.iter_batches(batch_size=4096):
                yield from read_batch(file, batch, start)
                start += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        yield file.problem("whole file", What.DAMAGED_FILE, f"not readable as Parquet: {first_line(error)}")


def read_batch(file: DataFile, batch: Any, start: int) -> Iterator[Item]:
    """Records of one Arrow batch (or table) whose first row is row `start` of its file, counted from 0."""
    try:
        rows = batch.to_pylist()
    except UnicodeDecodeError as error:
        if batch.num_rows == 1:
            yield file.problem(f"row {start}", What.BAD_ENCODING, f"text is not UTF-8: {error.reason}")
            return
        for offset in range(batch.num_rows):
            yield from read_batch(file, batch.slice(offset, 1), start + offset)
        return
    for offset, row in enumerate(rows):
        yield Record(f"row {start + offset}", row)


def first_line(error: BaseException) -> str:
    """The first line of an error's text: libraries append long tracebacks of their own."""
    return (str(error).splitlines() or [type(error).__name__])[0]
