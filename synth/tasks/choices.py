"""The answer options of the multiple-choice tasks, whichever way the data set stores them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from synth.tasks.base import Policy, Row, Task


def read_choices(task: Task, row: Row) -> tuple[str, ...]:
    """The texts of a row's options in order; empty for tasks without options."""
    texts: list[str] = []
    for column in task.columns_with(Policy.CHOICES):
        value = row[column.name]
        match column.feature:
            case "string":
                texts.append(value)
            case "choices":
                texts.extend(value["text"])
            case _:
                texts.extend(value)
    return tuple(texts)


def write_choices(task: Task, row: Row, texts: Sequence[str]) -> dict[str, Any]:
    """The columns that hold these texts as the options of `row`, in order; letters are kept."""
    columns = task.columns_with(Policy.CHOICES)
    if len(columns) > 1:
        return {column.name: text for column, text in zip(columns, texts, strict=True)}
    column = columns[0]
    if column.feature == "choices":
        return {column.name: {"label": list(row[column.name]["label"]), "text": list(texts)}}
    return {column.name: list(texts)}


def gold_index(task: Task, row: Row) -> int:
    """Position of the right option of a sound row of a multiple-choice task."""
    label = row[task.label_column or "label"]
    if isinstance(label, str) and task.columns_with(Policy.CHOICES)[0].feature == "choices":
        letters: list[str] = row[task.columns_with(Policy.CHOICES)[0].name]["label"]
        return letters.index(label)
    return int(label)
