"""What a source of English examples yields: examples, and a count of what it had to leave out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Example:
    """One English example of a task.

    `source_id` is unique within (task, split) and never a position in a file: the data set's own id where it has one,
    else a hash of the row's content. `row` holds exactly the task's Hub columns.
    """

    task: str
    split: str
    source_id: str
    row: dict[str, Any]
    origin: str = ""  # "anli_r1", "snli", ...: which part of a composed task


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """A row that could not be used, named so that its owner finds it."""

    file: str
    row: str  # "line 12", "paragraphs[3].qas[1]" or the data set's id
    what: str  # short kind, counted: "wrong_offset", "missing_label", "bad_encoding", "duplicate_id", "invalid"
    detail: str


@dataclass(frozen=True, slots=True)
class SourceData:
    """All usable examples of one (task, split), the problems met, and the exact origin for the manifest."""

    task: str
    split: str
    examples: tuple[Example, ...]
    problems: tuple[SourceProblem, ...] = ()
    origin: dict[str, Any] = field(default_factory=dict)  # kind, repo/config/revision or file names and sha256
