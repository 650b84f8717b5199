"""Stage 3: every row of a part ends in `kept/` or `dropped/`, with one outcome and all its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synth.corpus.ids import parse_row_id
from synth.filter.io import with_column
from synth.filter.order import in_order
from synth.filter.verdicts import Verdicts
from synth.outcomes import Outcome, Reason

if TYPE_CHECKING:
    import pyarrow as pa

REASONS, NOTES = "synth_reasons", "synth_notes"
CONFLICT = "label_conflict"
STRINGS_FEATURE = {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"}


@dataclass(frozen=True, slots=True)
class Decided:
    """A part split in two, both with the columns of `generated/` and `synth_reasons`, `synth_notes`."""

    kept: pa.Table
    dropped: pa.Table

    @property
    def outcomes(self) -> tuple[dict[str, int], dict[str, int]]:
        """Rows by outcome of both halves, as markers count them."""
        return _tally(self.kept), _tally(self.dropped)


def _tally(table: pa.Table) -> dict[str, int]:
    pairs = zip(table["synth_outcome"].to_pylist(), table["synth_reason"].to_pylist(), strict=True)
    return dict(Counter(f"{outcome}:{reason}".rstrip(":") for outcome, reason in pairs))


def split(
    table: pa.Table,
    verdicts: Verdicts,
    removed: Mapping[str, str],
    siblings: Mapping[str, str],
    conflicts: Collection[str] = (),
) -> Decided:
    """Decide a part.

    Args:
        table: The part as generated.
        verdicts: What the checks say.
        removed: Row ids that repeat another row, and which.
        siblings: Source ids that go because of another language, and why.
        conflicts: Row ids that nearly repeat a row of another label: noted, and no reason to go.
    """
    import pyarrow as pa

    generated = table["synth_outcome"].to_pylist()
    ids = table["synth_id"].to_pylist()
    usable = [outcome == Outcome.KEPT for outcome in generated]
    found = [
        _reasons(row_id, verdicts, removed, siblings) if good else {} for row_id, good in zip(ids, usable, strict=True)
    ]
    keep = [good and not reasons for good, reasons in zip(usable, found, strict=True)]
    table = _with_ends(table, found, usable)
    notes = [[*verdicts.notes.get(row_id, ()), *([CONFLICT] if row_id in conflicts else ())] for row_id in ids]
    table = with_column(table, NOTES, notes, pa.list_(pa.string()), STRINGS_FEATURE)
    mask = pa.array(keep, pa.bool_())
    return Decided(table.filter(mask), table.filter(pa.array([not each for each in keep], pa.bool_())))


def _reasons(
    row_id: str, verdicts: Verdicts, removed: Mapping[str, str], siblings: Mapping[str, str]
) -> dict[Reason, str]:
    """All reasons of a row, main one first, each with what shows it."""
    found = dict(verdicts.reasons.get(row_id, {}))
    if row_id in removed:
        found[Reason.DUPLICATE] = f"repeats {removed[row_id]}"
    elif siblings:
        why = siblings.get(parse_row_id(row_id).source_id)
        if why is not None:
            found[Reason.SIBLING_DROPPED] = why
    return {reason: found[reason] for reason in in_order(found)}


def _with_ends(table: pa.Table, found: list[dict[Reason, str]], usable: list[bool]) -> pa.Table:
    """Outcome, reason, detail and all reasons; rows that generation did not keep stay as they are."""
    import pyarrow as pa

    ends = ("synth_outcome", "synth_reason", "synth_detail")
    before = {name: [value or "" for value in table[name].to_pylist()] for name in ends}
    after: dict[str, list[Any]] = {name: list(values) for name, values in before.items()}
    reasons: list[list[str]] = []
    for place, each in enumerate(found):
        if each:
            main = next(iter(each))
            for name, value in zip(after, (Outcome.REJECTED.value, main.value, each[main]), strict=True):
                after[name][place] = value
        generated = [] if usable[place] else [before["synth_reason"][place]]
        reasons.append([reason.value for reason in each] or generated)
    for name, values in after.items():
        table = table.set_column(
            table.column_names.index(name), pa.field(name, pa.string()), pa.array(values, pa.string())
        )
    return with_column(table, REASONS, reasons, pa.list_(pa.string()), STRINGS_FEATURE)
