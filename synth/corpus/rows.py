"""Rows of a part: the task's Hub columns, then provenance; as Arrow tables and Parquet files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.corpus.files import write_atomic
from synth.corpus.ids import RowId
from synth.outcomes import Verdict
from synth.tasks.base import Task

_TEXT = (
    "synth_id", "synth_task", "synth_split", "synth_source_id", "synth_lang", "synth_kind", "synth_origin",
    "synth_outcome", "synth_reason", "synth_detail", "synth_teacher", "synth_prompt", "synth_unit", "synth_rung",
    "synth_finish", "synth_raw",
)  # fmt: skip
_NUMBERS = ("synth_variant", "synth_attempts", "synth_prompt_tokens", "synth_completion_tokens")
PROVENANCE = (*_TEXT, *_NUMBERS)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a row comes from and how it was made; see docs/corpus.md for each column."""

    origin: str = ""
    teacher: str = ""
    prompt: str = ""
    unit: str = ""
    rung: str = ""
    attempts: int = 0
    finish: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    raw: str = ""


def record(row_id: RowId, values: Mapping[str, Any], verdict: Verdict, how: Provenance) -> dict[str, Any]:
    """The flat dict of one row as it is written."""
    return {
        **values,
        "synth_id": str(row_id), "synth_task": row_id.task, "synth_split": row_id.split,
        "synth_source_id": row_id.source_id, "synth_lang": row_id.lang, "synth_kind": row_id.kind,
        "synth_variant": row_id.variant, "synth_origin": how.origin, "synth_outcome": verdict.outcome.value,
        "synth_reason": verdict.why, "synth_detail": verdict.detail, "synth_teacher": how.teacher,
        "synth_prompt": how.prompt, "synth_unit": how.unit, "synth_rung": how.rung, "synth_attempts": how.attempts,
        "synth_finish": how.finish, "synth_prompt_tokens": how.prompt_tokens,
        "synth_completion_tokens": how.completion_tokens, "synth_raw": how.raw,
    }  # fmt: skip


def arrow_schema(task: Task) -> Any:
    """The Arrow schema of a part, with the Hub features as `datasets` reads them from the file's metadata."""
    import pyarrow as pa

    fields = [pa.field(column.name, _arrow_type(column.feature)) for column in task.columns]
    fields += [pa.field(name, pa.string()) for name in _TEXT]
    fields += [pa.field(name, pa.int32()) for name in _NUMBERS]
    info = {"info": {"features": _features(task)}}
    return pa.schema(fields, metadata={"huggingface": json.dumps(info)})


def _arrow_type(feature: str) -> Any:
    import pyarrow as pa

    strings = pa.list_(pa.string())
    types = {
        "string": pa.string(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "label": pa.int64(),
        "list[string]": strings,
        "tags": strings,
        "answers": pa.struct([("text", strings), ("answer_start", pa.list_(pa.int32()))]),
        "choices": pa.struct([("label", strings), ("text", strings)]),
    }
    return types[feature]


def _features(task: Task) -> dict[str, Any]:
    features = {column.name: _feature(column.feature, task.labels) for column in task.columns}
    features |= {name: _value("string") for name in _TEXT}
    return features | {name: _value("int32") for name in _NUMBERS}


def _value(dtype: str) -> dict[str, Any]:
    return {"dtype": dtype, "_type": "Value"}


def _feature(feature: str, labels: Sequence[str]) -> Any:
    strings = {"feature": _value("string"), "_type": "List"}
    starts = {"feature": _value("int32"), "_type": "List"}
    compound = {
        "label": {"names": list(labels), "_type": "ClassLabel"},
        "list[string]": strings,
        "tags": strings,
        "answers": {"text": strings, "answer_start": starts},
        "choices": {"label": strings, "text": strings},
    }
    return compound.get(feature) or _value(feature)


def write_rows(path: Path, task: Task, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write one part (zstd Parquet), atomically; columns that a row lacks are null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = arrow_schema(task)
    complete = [{name: row.get(name) for name in schema.names} for row in rows]
    table = pa.Table.from_pylist(complete, schema=schema)
    write_atomic(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))


def read_rows(path: Path, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """All rows of one part as dicts."""
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.ParquetFile(path).read(columns=list(columns) if columns else None).to_pylist()
    return rows
