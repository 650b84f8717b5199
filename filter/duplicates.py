"""Stage 2: duplicates within one (task, language, kind), among the rows that the checks let pass.

The result is kept beside the scores as `TASK/LANG/duplicates-KIND.parquet`, with the rows that stay and the similarity,
and is reused as long as the same rows are looked at with the same threshold. A row that a check drops can so never be
the reason why a good one goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from synth.corpus.files import fingerprint, read_json, write_atomic, write_json
from synth.corpus.layout import Layout, Part, marker_of
from synth.filter.group import Group
from synth.filter.io import read_table
from synth.filter.policy import DedupRules
from synth.filter.text import column_texts
from synth.tasks import get_task
from synth.tasks.base import Policy as FieldPolicy
from synth.tasks.base import Row, Task

if TYPE_CHECKING:
    from synth.filter.dedup import DedupInput, DedupResult

DEDUP_VERSION = 1
FILE = "duplicates"
TEXTS = (FieldPolicy.TRANSLATE, FieldPolicy.CHOICES, FieldPolicy.GLOSS)


@dataclass(slots=True)
class Duplicates:
    """Row ids that repeat another row, each with the row that stays; and near-duplicates of another label."""

    removed: dict[str, str] = field(default_factory=dict)
    conflicts: set[str] = field(default_factory=set)


def find_in_group(group: Group, survivors: Sequence[set[str]], rules: DedupRules) -> Duplicates:
    """Duplicates among the surviving rows.

    Args:
        group: The parts.
        survivors: For each part the row ids that passed the checks.
        rules: Threshold.
    """
    if not rules.enabled:
        return Duplicates()
    ids = [sorted(each) for each in survivors]
    wanted = fingerprint([DEDUP_VERSION, rules.threshold, group.hashes("generated"), ids])
    if _marked(group.file(FILE)) != wanted:
        _search(group, survivors, rules, wanted)
    return read_duplicates(group)


def _marked(path: Path) -> str:
    marker = read_json(marker_of(path))
    return str(marker.get("fingerprint")) if isinstance(marker, dict) and path.is_file() else ""


def _search(group: Group, survivors: Sequence[set[str]], rules: DedupRules, wanted: str) -> None:
    import pyarrow.parquet as pq

    from synth.filter.dedup import DedupConfig, find_duplicates, pair_table

    path = group.file(FILE)
    rows = _Rows(get_task(group.parts[0].task))
    for part, ids in zip(group.parts, survivors, strict=True):
        rows.add(_surviving(group.layout, part, ids))
    found = find_duplicates(rows.as_input(group.parts[0].lang), DedupConfig(threshold=rules.threshold))
    table = pair_table(rows.with_row_ids(found))
    marker_of(path).unlink(missing_ok=True)
    write_atomic(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))
    facts = {"rows": found.rows, "removed": len(found.removed), "conflicts": len(found.conflicts)}
    write_json(
        marker_of(path), {"fingerprint": wanted, **rules.model_dump(mode="json"), **facts, "recall": found.recall}
    )


def _surviving(layout: Layout, part: Part, ids: set[str]) -> Iterator[Row]:
    task = get_task(part.task)
    only = ("synth_id", "synth_source_id", "synth_variant", *task.column_names)
    table = read_table(layout.part(part), needed=only, only=only)
    return (row for row in table.to_pylist() if row["synth_id"] in ids)


class _Rows:
    """Rows as columns of texts, keyed so that every language prefers the same source row."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._row_ids: dict[str, str] = {}
        self._columns = task.columns_with(*TEXTS)
        self._texts: dict[str, list[str]] = {column.name: [] for column in self._columns}
        self._labels: list[str] = []

    def add(self, rows: Iterator[Row]) -> None:
        """Append rows."""
        for row in rows:
            self._row_ids[f"{row['synth_source_id']}/{row['synth_variant']}"] = row["synth_id"]
            self._labels.append(label_of(self._task, row))
            for column in self._columns:
                texts = (field.text for field in column_texts(column, row[column.name]))
                self._texts[column.name].append("\n".join(texts))

    def as_input(self, lang: str) -> DedupInput:
        """The columns as the search takes them."""
        from synth.filter.dedup import DedupInput

        return DedupInput(list(self._row_ids), self._texts, lang, self._labels)

    def with_row_ids(self, found: DedupResult) -> DedupResult:
        """The same result with `synth_id` for the keys of the search."""
        names = self._row_ids
        removed, conflicts = found.removed, found.conflicts
        return replace(
            found,
            removed=replace(removed, ids=_named(names, removed.ids), keepers=_named(names, removed.keepers)),
            conflicts=replace(conflicts, left=_named(names, conflicts.left), right=_named(names, conflicts.right)),
        )


def _named(names: dict[str, str], keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(names[key] for key in keys)


def label_of(task: Task, row: Row) -> str:
    """What the example teaches besides its text: the label, the gold choice, the tags, or the answers of a question."""
    taught = [
        row[column.name] for column in task.columns if column.name == task.label_column or column.feature == "tags"
    ]
    answers = [row[column.name] for column in task.columns if column.feature == "answers"]
    return str([*taught, *(answer and answer["text"] for answer in answers)])


def read_duplicates(group: Group) -> Duplicates:
    """What was found in a group before."""
    found = Duplicates()
    for pair in read_table(group.file(FILE)).to_pylist():
        if pair["label_equal"]:
            found.removed[pair["id_b"]] = pair["id_a"]
        else:
            found.conflicts |= {pair["id_a"], pair["id_b"]}
    return found
