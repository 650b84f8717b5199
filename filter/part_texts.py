"""The rows of one part as the search for duplicates takes them: text columns, labels, and keys of preference."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from synth.corpus.layout import Layout, Part
from synth.filter.io import read_table
from synth.filter.text import column_texts
from synth.tasks import get_task
from synth.tasks.base import Policy as FieldPolicy
from synth.tasks.base import Row, Task

TEXTS = (FieldPolicy.TRANSLATE, FieldPolicy.CHOICES, FieldPolicy.GLOSS)


@dataclass(frozen=True, slots=True)
class PartTexts:
    """Rows as columns.

    Args:
        row_ids: `synth_id` by `SOURCE_ID/VARIANT`, so that every language prefers the same source row.
        texts: The text columns by name, choices joined by line breaks.
        labels: See `label_of`.
    """

    row_ids: Mapping[str, str]
    texts: Mapping[str, list[str]]
    labels: list[str]


def read_part_texts(layout: Layout, part: Part, ids: Collection[str]) -> PartTexts:
    """The generated rows of a part with these `synth_id`s, in the part's order."""
    task = get_task(part.task)
    only = ("synth_id", "synth_source_id", "synth_variant", *task.column_names)
    table = read_table(layout.part(part), needed=only, only=only)
    rows = [row for row in table.to_pylist() if row["synth_id"] in ids]
    return PartTexts(
        {f"{row['synth_source_id']}/{row['synth_variant']}": row["synth_id"] for row in rows},
        {
            column.name: ["\n".join(field.text for field in column_texts(column, row[column.name])) for row in rows]
            for column in task.columns_with(*TEXTS)
        },
        [label_of(task, row) for row in rows],
    )


def label_of(task: Task, row: Row) -> str:
    """What the example teaches besides its text: the label, the gold choice, the tags, or the answers of a question."""
    taught = [
        row[column.name] for column in task.columns if column.name == task.label_column or column.feature == "tags"
    ]
    answers = [row[column.name] for column in task.columns if column.feature == "answers"]
    # Where the policy has `invariants: off`, answers may be anything.
    return str([*taught, *(answer["text"] if isinstance(answer, Mapping) else answer for answer in answers)])
