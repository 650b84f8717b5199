"""The task's own invariants, by the same validator as in generation; English source rows are checked too."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from synth.filter.checks.base import EVERY_KIND, Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds
from synth.outcomes import Kind, Reason, Violation
from synth.tasks.base import Row

# What the validator can say; the other reasons of the enum belong to the filter's own checks.
REASONS = (
    Reason.EMPTY_FIELD, Reason.MISSING_FIELD, Reason.CHOICES_NOT_DISTINCT, Reason.CHOICES_COUNT, Reason.SIDES_MERGED,
    Reason.SIDES_SWAPPED, Reason.SPAN_LOST, Reason.SPAN_MISMATCH, Reason.TOKEN_COUNT, Reason.LABEL,
    Reason.NOT_PARAPHRASED, Reason.SCHEMA,
)  # fmt: skip


def _of_a_validator(reason: Reason) -> Reason:
    if reason not in REASONS:
        raise ValueError(f"it is no invariant; give some of {', '.join(REASONS)}")
    return reason


class InvariantThresholds(Thresholds):
    """Which broken invariants drop a row; all by default."""

    reasons: tuple[Annotated[Reason, AfterValidator(_of_a_validator)], ...] = REASONS


def score(batch: Batch) -> Columns:
    """The broken invariants of each row, joined by commas, and a sentence for people."""
    found = [_violations(batch, row, source) for row, source in zip(batch.rows, batch.sources, strict=True)]
    return {
        "invariants_broken": [",".join(dict.fromkeys(v.reason.value for v in each)) for each in found],
        "invariants_detail": [each[0].detail if each else "" for each in found],
    }


def _violations(batch: Batch, row: Row, source: Row | None) -> list[Violation]:
    broken = batch.task.validate(row)
    # `compare` is defined for sound rows only.
    if broken or source is None or batch.kind is Kind.SOURCE:
        return broken
    return batch.task.compare(source, row)


def decide(columns: Scored, thresholds: InvariantThresholds) -> Marks:
    """One mask for each reason that occurs."""
    import numpy as np

    broken = [str(text).split(",") for text in columns["invariants_broken"]]
    masks = {
        reason: np.array([reason.value in each for each in broken], dtype=np.bool_) for reason in thresholds.reasons
    }
    return Marks({reason: mask for reason, mask in masks.items() if mask.any()})


CHECK = Check(
    name="invariants",
    version=1,
    columns={"invariants_broken": ColumnType.TEXT, "invariants_detail": ColumnType.TEXT},
    thresholds=InvariantThresholds,
    score=score,
    decide=decide,
    kinds=EVERY_KIND,
    help="the task's own rules hold: spans match, choices keep count and gold, labels are valid",
)
