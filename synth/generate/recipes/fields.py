"""Flattening a row's texts to named fields and putting translated texts back into the Hub's columns."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from synth.tasks.base import Column, Policy, Row, Task


def fields_of(task: Task, row: Row) -> dict[str, str]:
    """The texts of a row that generation changes, by name; a list column gives `endings_1`, `endings_2` ..."""
    fields: dict[str, str] = {}
    for column in task.columns_with(Policy.TRANSLATE, Policy.CHOICES):
        fields |= dict(_texts(column, row[column.name]))
    return fields


def option_names(task: Task, row: Row) -> frozenset[str]:
    """Those fields of `fields_of` that are answer options."""
    return frozenset(
        name for column in task.columns_with(Policy.CHOICES) for name, _ in _texts(column, row[column.name])
    )


def _texts(column: Column, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(column.name, value)]
    texts = value["text"] if isinstance(value, Mapping) else value
    return [(f"{column.name}_{at}", text) for at, text in enumerate(texts, start=1)]


def with_fields(task: Task, row: Row, fields: Mapping[str, str]) -> dict[str, Any]:
    """A copy of `row` that holds new texts; everything else (labels, ids, tags) is the source's."""
    new = copy.deepcopy(dict(row))
    for column in task.columns_with(Policy.TRANSLATE, Policy.CHOICES):
        names = [name for name, _ in _texts(column, row[column.name])]
        texts = [fields[name] for name in names]
        if isinstance(row[column.name], str):
            new[column.name] = texts[0]
        elif isinstance(row[column.name], Mapping):
            new[column.name]["text"] = texts
        else:
            new[column.name] = texts
    return new | task.derive(new)
