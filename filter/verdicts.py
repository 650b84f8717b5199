"""Stage 3, first half: what the policy says about the scored rows of one part, before duplicates are looked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synth.corpus.layout import Layout, Part
from synth.filter.checks import all_checks
from synth.filter.columns import table_arrays
from synth.filter.io import read_table
from synth.filter.policy import Policy
from synth.filter.score import STAGE
from synth.outcomes import Reason

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(slots=True)
class Verdicts:
    """Reasons (each with what shows it) and notes by row id; rows that are in neither are clean."""

    reasons: dict[str, dict[Reason, str]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)

    def add(self, row_id: str, reason: Reason, detail: str) -> None:
        """Note a reason; the first detail of a reason stays."""
        self.reasons.setdefault(row_id, {}).setdefault(reason, detail)


def part_verdicts(layout: Layout, part: Part, policy: Policy) -> Verdicts:
    """Apply all checks of the policy to a part of `scored/`."""
    return table_verdicts(read_table(layout.part(part, STAGE), needed=_needed()), policy)


def _needed() -> tuple[str, ...]:
    return ("synth_id", *(name for check in all_checks().values() for name in check.columns))


def table_verdicts(table: pa.Table, policy: Policy) -> Verdicts:
    """Apply all checks of the policy to a scored table; pure."""
    ids = table["synth_id"].to_pylist()
    found = Verdicts()
    for check in all_checks().values():
        limits = policy.checks[check.name]
        if limits is None:
            continue
        columns = table_arrays(check, table)
        marks = check.decide(columns, limits)
        for reason, mask in marks.drop.items():
            for place in mask.nonzero()[0]:
                found.add(ids[place], reason, explain({name: column[place] for name, column in columns.items()}))
        for note, mask in marks.note.items():
            for place in mask.nonzero()[0]:
                found.notes.setdefault(ids[place], []).append(note)
    return found


def explain(scores: Mapping[str, Any]) -> str:
    """The scores of one check as a line for people: what is known and says something."""
    detail = scores.get("invariants_detail")
    if detail:
        return str(detail)
    return "; ".join(f"{name} {_shown(value)}" for name, value in scores.items() if _says_something(value))


def _says_something(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isnan(value)
    return bool(value)


def _shown(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
