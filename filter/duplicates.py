"""Stage 2: duplicates within one (task, language, kind), among the rows that the checks let pass.

The result is kept beside the scores as `TASK/LANG/duplicates-KIND.parquet`, with the rows that stay and the similarity,
and is reused as long as the same rows are looked at with the same threshold. A row that a check drops can so never be
the reason why a good one goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.corpus.files import fingerprint, read_json, write_atomic, write_json
from synth.corpus.layout import marker_of
from synth.errors import BadSource
from synth.filter.group import Group
from synth.filter.io import read_table, remove_marker
from synth.filter.part_texts import TEXTS
from synth.filter.policy import DedupRules, Policy
from synth.filter.score import STAGE as SCORED
from synth.filter.signing import config_of, signed_part
from synth.tasks import get_task

if TYPE_CHECKING:
    from synth.filter.dedup import DedupResult, SignedColumn

DEDUP_VERSION = 1
FILE = "duplicates"


@dataclass(slots=True)
class Duplicates:
    """Row ids that repeat another row, each with the row that stays; and near-duplicates of another label."""

    removed: dict[str, str] = field(default_factory=dict)
    conflicts: set[str] = field(default_factory=set)


def find_in_group(group: Group, survivors: Sequence[set[str]], policy: Policy) -> Duplicates:
    """Duplicates among the surviving rows.

    Args:
        group: The parts.
        survivors: For each part the row ids that passed the checks.
        policy: Its `dedup` section says what is a duplicate; all of it decides which rows survive.
    """
    rules = policy.dedup
    if not rules.enabled:
        return Duplicates()
    ids = [sorted(each) for each in survivors]
    wanted = fingerprint([DEDUP_VERSION, rules.threshold, group.hashes("generated"), ids])
    if _marked(group.file(FILE)).get("fingerprint") != wanted:
        _search(group, survivors, rules, wanted, _inputs(group, policy))
    return read_duplicates(group)


def is_settled(group: Group, policy: Policy) -> bool:
    """Whether duplicates were looked for in these very scores with this policy; reads markers only."""
    return not policy.dedup.enabled or _marked(group.file(FILE)).get("inputs") == _inputs(group, policy)


def _inputs(group: Group, policy: Policy) -> str:
    return fingerprint([DEDUP_VERSION, policy.fingerprint, group.hashes("generated"), group.hashes(SCORED)])


def _marked(path: Path) -> dict[str, Any]:
    marker = read_json(marker_of(path))
    return marker if isinstance(marker, dict) and path.is_file() else {}


def _search(group: Group, survivors: Sequence[set[str]], rules: DedupRules, wanted: str, inputs: str) -> None:
    import pyarrow.parquet as pq

    from synth.filter.dedup import pair_table

    path = group.file(FILE)
    found = _found(group, survivors, rules)
    table = pair_table(found)
    remove_marker(path)
    write_atomic(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))
    facts = {"rows": found.rows, "removed": len(found.removed), "conflicts": len(found.conflicts)}
    marks = {"fingerprint": wanted, "inputs": inputs}
    write_json(marker_of(path), {**marks, **rules.model_dump(mode="json"), **facts, "recall": found.recall})


def _found(group: Group, survivors: Sequence[set[str]], rules: DedupRules) -> DedupResult:
    from synth.filter.dedup import DedupInput, find_duplicates, merge

    task, lang, _ = group.key
    row_ids: dict[str, str] = {}
    labels: list[str] = []
    columns: dict[str, list[SignedColumn]] = {column.name: [] for column in get_task(task).columns_with(*TEXTS)}
    texts: dict[str, list[str]] = {name: [] for name in columns}
    for part, ids in zip(group.parts, survivors, strict=True):
        rows, signed = signed_part(group.layout, part, ids, rules)
        row_ids.update(rows.row_ids)
        labels += rows.labels
        if len(row_ids) != len(labels):
            raise BadSource(
                f"{group.layout.part(part)} holds a row whose source id and variant another row of {task} in {lang} "
                "has too; take it out of the corpus, or generate this part again"
            )
        for name, column in columns.items():
            column.append(signed[name])
            texts[name] += rows.texts[name]
    merged = {name: merge(column) for name, column in columns.items()}
    found = find_duplicates(DedupInput(list(row_ids), texts, lang, labels), config_of(rules), merged)
    return _with_row_ids(found, row_ids)


def _with_row_ids(found: DedupResult, names: Mapping[str, str]) -> DedupResult:
    """The same result with `synth_id` for the keys of the search."""
    removed, conflicts = found.removed, found.conflicts
    return replace(
        found,
        removed=replace(removed, ids=_named(names, removed.ids), keepers=_named(names, removed.keepers)),
        conflicts=replace(conflicts, left=_named(names, conflicts.left), right=_named(names, conflicts.right)),
    )


def _named(names: Mapping[str, str], keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(names[key] for key in keys)


def read_duplicates(group: Group) -> Duplicates:
    """What was found in a group before."""
    found = Duplicates()
    for pair in read_table(group.file(FILE)).to_pylist():
        if pair["label_equal"]:
            found.removed[pair["id_b"]] = pair["id_a"]
        else:
            found.conflicts |= {pair["id_a"], pair["id_b"]}
    return found
