"""Reading Parquet files that may come from someone else: their size, footer and schema are checked before any row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synth.corpus.rows import PROVENANCE, arrow_schema
from synth.errors import BadManifest
from synth.manifest.models import FileRecord
from synth.tasks.base import Task

BATCH_ROWS = 1_024
BATCH_BYTES = 1 << 30  # decoded: a value that is stored once and repeated in every row must not fill the memory
THRIFT_BYTES = 64 << 20  # footer text; a part's footer takes some 10 KiB
THRIFT_ITEMS = 1_000_000
# Uncompressed bytes that a footer may announce: text compresses about 4 to 10 times with zstd, a bomb 10,000 times.
EXPANSION = 200
EXPANSION_FLOOR = 64 << 20


def open_part(path: Path, record: FileRecord, task: Task) -> Any:
    """A `pyarrow.parquet.ParquetFile` whose footer and schema have been checked; use it in `with`.

    Raises:
        BadManifest: It is no Parquet, or holds other rows, columns or amounts than it should.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, thrift_string_size_limit=THRIFT_BYTES, thrift_container_size_limit=THRIFT_ITEMS)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadManifest(f"{path.name} is no readable Parquet file ({_short(error)}); make the part again") from error
    problem = _footer_problem(file.metadata, record) or _schema_problem(file, task)
    if problem:
        file.close()
        raise BadManifest(f"{path.name} {problem}; make the part again with `synth generate` or `synth filter`")
    return file


def _short(error: Exception) -> str:
    return ascii(" ".join(str(error).split())[:160]).strip("'\"")


def _footer_problem(metadata: Any, record: FileRecord) -> str:
    if metadata.num_rows != record.rows:
        return f"holds {metadata.num_rows:,} rows, not {record.rows:,}"
    groups = range(metadata.num_row_groups)
    if sum(metadata.row_group(index).num_rows for index in groups) != record.rows:
        return "has row groups that do not add up"
    unpacked = sum(metadata.row_group(index).total_byte_size for index in groups)
    if not 0 <= unpacked <= max(EXPANSION_FLOOR, EXPANSION * record.bytes):
        return f"announces {unpacked:,} bytes of data in a file of {record.bytes:,}"
    return ""


def _schema_problem(file: Any, task: Task) -> str:
    import pyarrow as pa

    try:
        found = file.schema_arrow
    except (pa.ArrowException, ValueError) as error:
        return f"has a schema that cannot be read ({_short(error)})"
    wanted = arrow_schema(task)
    names = list(task.column_names)
    if found.names[: len(names)] != names:
        return f"does not begin with the columns {', '.join(names)}"
    strange = [name for name in found.names[len(names) :] if not name.startswith("synth_")]
    missing = [name for name in PROVENANCE if name not in found.names]
    if strange or missing or len(set(found.names)) != len(found.names):
        return f"has strange ({strange[:5]!a}), missing ({missing[:5]}) or repeated columns"
    other = [name for name in wanted.names if not found.field(name).type.equals(wanted.field(name).type)]
    if other:
        return f"has another type than expected in {', '.join(other)}"
    return _features_problem(found, wanted, names)


def _features_problem(found: Any, wanted: Any, names: list[str]) -> str:
    """`datasets` reads ClassLabel names from the file's metadata: without it training code would see bare numbers."""
    have, want = (_features(schema) for schema in (found, wanted))
    wrong = [name for name in names if have.get(name) != want.get(name)]
    return f"carries no or wrong `datasets` features for {', '.join(wrong)}" if wrong else ""


def _features(schema: Any) -> dict[str, Any]:
    raw = (schema.metadata or {}).get(b"huggingface", b"{}")
    try:
        value = json.loads(raw)
        features = value["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def rows_of(file: Any, path: Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of an opened part, a bounded batch at a time.

    Raises:
        BadManifest: The data behind the footer is damaged.
    """
    with _damage(path):  # decoding finds texts that are no UTF-8
        for batch in batches_of(file, path, columns):
            yield from batch.to_pylist()


def batches_of(file: Any, path: Path, columns: list[str] | None = None) -> Iterator[Any]:
    """The same rows as Arrow record batches of bounded size, their texts not decoded.

    Raises:
        BadManifest: The data behind the footer is damaged.
    """
    largest = max((file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups)), default=1)
    size = max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, largest)))
    with _damage(path):
        yield from file.iter_batches(batch_size=size, columns=columns)


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadManifest(f"{path.name} is damaged inside ({_short(error)}); make the part again") from error
