"""Checking one drafted row against its task, and giving it its source id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from synth.outcomes import Reason
from synth.sources.files import first_broken
from synth.sources.problems import What
from synth.sources.shapes import NO_INDEX, Draft, Shape
from synth.tasks.base import Task

_ID_DIGITS = 16  # 64 bits: among a million rows a collision has a chance of about 3 in 100 million


def content_id(row: Mapping[str, Any], shape: Shape) -> str:
    """Id of a row without its own: 16 hex digits of the SHA-256 of its content as compact JSON with sorted keys."""
    content = {name: row.get(name) for name in shape.content}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:_ID_DIGITS]


def source_id(draft: Draft, shape: Shape, origin: str) -> str:
    """The example's id: the data set's own or the content's, told apart where parts of ANLI+ could collide.

    Ids of SNLI and of all rounds of ANLI get the prefixes `snli:` and `anli:`. MNLI's get none, so that an example
    has the same id in `mnli` and in `anli_plus`.
    """
    own = draft.own_id or content_id(draft.row, shape)
    part = origin.split("_", maxsplit=1)[0]
    return f"{part}:{own}" if part in {"snli", "anli"} else own


def fit_columns(task: Task, draft: Draft) -> dict[str, Any]:
    """Exactly the task's columns, in order; what the shape does not know gets the empty value of its type."""
    empty = {"string": "", "int32": NO_INDEX, "int64": NO_INDEX}
    row = draft.row
    return {
        column.name: row[column.name] if column.name in row else empty.get(column.feature) for column in task.columns
    }


def flaw_of(task: Task, row: Mapping[str, Any]) -> tuple[What, str] | None:
    """What keeps a row from being an example, and a sentence about it; None when nothing does."""
    for column in task.columns:
        value = row[column.name]
        if value is None:
            return _missing(task, column.name)
        if (broken := _first_broken(value)) is not None:
            return What.BAD_ENCODING, f"{column.name} holds bytes that are not text, at {_short(broken)}"
    # A word that is no label of the task is still a string here (see `class_label`), where the column wants a number.
    if task.label_column and isinstance(row[task.label_column], str) and _is_class(task):
        return What.UNKNOWN_LABEL, f"{task.label_column} is {_short(row[task.label_column])}, not {_labels(task)}"
    for violation in task.validate(row):
        return _WHATS.get(violation.reason, What.INVALID), f"{violation.reason}: {violation.detail}"
    return None


_WHATS = {
    Reason.SPAN_LOST: What.MISSING_LABEL,  # squad_v1: a question without an answer
    Reason.SPAN_MISMATCH: What.WRONG_OFFSET,
    Reason.LABEL: What.UNKNOWN_LABEL,
    Reason.MISSING_FIELD: What.MISSING_FIELD,
}


def _missing(task: Task, name: str) -> tuple[What, str]:
    if name in {task.label_column, "answers"}:
        return What.MISSING_LABEL, f"no gold {name}"
    return What.MISSING_FIELD, f"{name} is not there"


def _is_class(task: Task) -> bool:
    return any(column.name == task.label_column and column.feature != "string" for column in task.columns)


def _labels(task: Task) -> str:
    return ", ".join(f"{number} {name}" for number, name in enumerate(task.labels))


def _first_broken(value: Any) -> str | None:
    """The text from a little before the first undecodable byte anywhere in a value; None when all of it is text."""
    if isinstance(value, str):
        place = first_broken(value)
        return None if place is None else value[max(place - 20, 0) :]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for item in items if (found := _first_broken(item)) is not None), None)


def _short(value: Any) -> str:
    """At most 60 characters of a value, printable whatever it holds."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
