"""From the records of all parts of a (task, split) to its examples: shaped, checked, named, without duplicates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from synth.errors import BadSource
from synth.sources.base import Example, SourceData, SourceProblem
from synth.sources.problems import What, count, summary
from synth.sources.readers import Item, Record
from synth.sources.rows import content_id, fit_columns, flaw_of, source_id
from synth.sources.shapes import SHAPES, Shape
from synth.tasks import get_task
from synth.tasks.base import Task


@dataclass(slots=True)
class Part:
    """One file or Hub data set as it is read.

    Args:
        name: What messages call it.
        items: Its records and the problems of taking it apart.
        info: What is recorded of it; the counts are added when it has been read.
        origin: Which part of ANLI+ it is, else "".
    """

    name: str
    items: Iterable[Item]
    info: dict[str, Any]
    origin: str = ""


@dataclass(slots=True)
class _Collector:
    """Examples and problems so far; the state that duplicates across parts need."""

    task: Task
    split: str
    shape: Shape
    examples: list[Example] = field(default_factory=list)
    problems: list[SourceProblem] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)  # source id -> index into examples

    def add(self, part: Part, record: Record) -> None:
        draft = self.shape.draft(record.fields)
        row = fit_columns(self.task, draft)
        if row.get("id") == "":  # tasks with a column `id` want it filled
            row["id"] = content_id(draft.row, self.shape)
        flaw = flaw_of(self.task, row)
        if flaw is not None:
            named = f"{draft.own_id}: {flaw[1]}" if draft.own_id else flaw[1]
            self.problems.append(SourceProblem(part.name, record.where, flaw[0].value, named))
            return
        self._keep(part, record.where, source_id(draft, self.shape, part.origin), row)

    def _keep(self, part: Part, where: str, name: str, row: dict[str, Any]) -> None:
        place = self.places.setdefault(name, len(self.examples))
        if place == len(self.examples):
            self.examples.append(Example(self.task.name, self.split, name, row, part.origin))
        elif _same(self.examples[place].row, row, self.shape):
            self.problems.append(SourceProblem(part.name, where, What.DUPLICATE_ROW.value, f"{name}: read before"))
        else:
            detail = f"{name}: the id was read before with other content; the first one stays"
            self.problems.append(SourceProblem(part.name, where, What.DUPLICATE_ID.value, detail))


def _same(one: dict[str, Any], other: dict[str, Any], shape: Shape) -> bool:
    return all(one.get(name) == other.get(name) for name in shape.content)


def collect(task: str, split: str, parts: Iterable[Part], origin: dict[str, Any]) -> SourceData:
    """Read all parts into one SourceData.

    Args:
        task: Name of the task.
        split: Our name of the split.
        parts: What to read, in order; of two rows with one id the first stays.
        origin: What is recorded of the source as a whole; the parts and the counts are added.

    Raises:
        BadSource: If not a single example is usable.
    """
    collector = _Collector(get_task(task), split, SHAPES[task])
    infos = [_read(collector, part) for part in parts]
    if not collector.examples:
        raise BadSource(_nothing(task, split, infos, collector.problems))
    totals = {
        "parts": infos,
        "rows": sum(info["rows"] for info in infos),
        "examples": len(collector.examples),
        "problems": count(collector.problems),
    }
    return SourceData(task, split, tuple(collector.examples), tuple(collector.problems), {**origin, **totals})


def _read(collector: _Collector, part: Part) -> dict[str, Any]:
    """Read one part to its end; returns what is recorded of it."""
    rows, examples, problems = 0, len(collector.examples), len(collector.problems)
    for item in part.items:
        rows += 1
        if isinstance(item, Record):
            collector.add(part, item)
        else:
            collector.problems.append(item)
    found = count(collector.problems[problems:])
    return {**part.info, "rows": rows, "examples": len(collector.examples) - examples, "problems": found}


def _nothing(task: str, split: str, infos: list[dict[str, Any]], problems: list[SourceProblem]) -> str:
    if not problems:
        names = ", ".join(str(info.get("path") or info.get("repo")) for info in infos)
        return f"no rows for {task} {split}: {names} hold none; name the files that do"
    first = problems[0]
    return (
        f"no usable example for {task} {split}: {summary(problems)}; the first is {first.file}, {first.row}: "
        f"{first.detail}; check that file and format belong to this task"
    )
