"""Checks of a single row, small enough to be composed into a task's `validate`.

A check takes a row and returns what is wrong with it. `sound` runs the column check first and the task's own checks
only on rows whose columns have the right types, so that those need not defend themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

from synth.outcomes import Reason, Violation
from synth.tasks.base import Column, Row

Check = Callable[[Row], list[Violation]]


def is_integer(value: object) -> bool:
    """Whether this is an integer of Python or numpy; True and False are not."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_texts(value: object) -> bool:
    """Whether this is a list of strings (a string is not)."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return False
    return all(isinstance(item, str) for item in value)


def _is_answers(value: object) -> bool:
    """Whether this is SQuAD's `{text, answer_start}`, of whatever lengths."""
    if not isinstance(value, Mapping):
        return False
    starts = value.get("answer_start")
    return is_texts(value.get("text")) and isinstance(starts, Sequence) and all(map(is_integer, starts))


def _is_choices(value: object) -> bool:
    """Whether this is CommonsenseQA's `{label, text}`, of whatever lengths."""
    return isinstance(value, Mapping) and is_texts(value.get("label")) and is_texts(value.get("text"))


_FEATURES: Mapping[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "int32": is_integer,
    "int64": is_integer,
    "label": is_integer,
    "list[string]": is_texts,
    "tags": is_texts,
    "answers": _is_answers,
    "choices": _is_choices,
}


def _column_problem(column: Column, row: Row) -> Violation | None:
    """What is wrong with one column of a row as far as presence and type go."""
    value = row.get(column.name)
    if value is None:
        return Violation(Reason.MISSING_FIELD, f"{column.name} is missing")
    if not _FEATURES[column.feature](value):
        return Violation(Reason.SCHEMA, f"{column.name} should be {column.feature}, not {shown(value)}")
    return None


def shown(value: object, limit: int = 60) -> str:
    """A value as a short piece of a message, at most about `limit` characters."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def schema(columns: Sequence[Column]) -> Check:
    """Every column is there and has its type."""

    def check(row: Row) -> list[Violation]:
        return [problem for column in columns if (problem := _column_problem(column, row))]

    return check


def sound(columns: Sequence[Column], *checks: Check) -> Check:
    """The `validate` of a task: its columns, then, if those are there, its own checks."""
    columns_check = schema(columns)

    def check(row: Row) -> list[Violation]:
        return columns_check(row) or [problem for one in checks for problem in one(row)]

    return check


def filled(*names: str) -> Check:
    """These string columns hold more than white space."""

    def check(row: Row) -> list[Violation]:
        return [Violation(Reason.EMPTY_FIELD, f"{name} is blank") for name in names if not row[name].strip()]

    return check


def all_filled(what: str, texts: Callable[[Row], Sequence[str]]) -> Check:
    """Every text of a list holds more than white space; `what` names one of them in the message."""

    def check(row: Row) -> list[Violation]:
        return [
            Violation(Reason.EMPTY_FIELD, f"{what} {index} is blank")
            for index, text in enumerate(texts(row))
            if not text.strip()
        ]

    return check


def count_of(what: str, count: int, texts: Callable[[Row], Sequence[str]]) -> Check:
    """A list of answer options has exactly `count` members."""

    def check(row: Row) -> list[Violation]:
        found = len(texts(row))
        return [] if found == count else [Violation(Reason.CHOICES_COUNT, f"{found} {what} instead of {count}")]

    return check


def class_index(name: str, classes: int) -> Check:
    """An integer label lies in 0..classes-1; the -1 of unlabelled rows does not."""

    def check(row: Row) -> list[Violation]:
        label = row[name]
        return [] if 0 <= label < classes else [Violation(Reason.LABEL, f"{name} is {label}, not 0 to {classes - 1}")]

    return check


def one_of(name: str, allowed: Callable[[Row], Sequence[str]]) -> Check:
    """A string label is one of the values that this row allows; the "" of unlabelled rows is not."""

    def check(row: Row) -> list[Violation]:
        values = allowed(row)
        if row[name] in values:
            return []
        return [Violation(Reason.LABEL, f"{name} is {shown(row[name])}, not one of {', '.join(values)}")]

    return check


def same_length(reason: Reason, first: str, second: str, lists: Callable[[Row], tuple[Any, Any]]) -> Check:
    """Two lists of a row that belong together have the same length."""

    def check(row: Row) -> list[Violation]:
        one, other = lists(row)
        return [] if len(one) == len(other) else [Violation(reason, f"{len(one)} {first}, but {len(other)} {second}")]

    return check
