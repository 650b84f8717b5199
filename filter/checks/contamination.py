"""Overlap with the test sets that the user has; see `synth.filter.contamination` for how it is found.

A row is contaminated when its English source is a test example (by id or paragraph, however the translation is worded),
or when one of its fields shares long n-grams with a test text of its language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synth.filter.checks.base import EVERY_KIND, Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds
from synth.filter.columns import empty_columns
from synth.outcomes import Reason
from synth.tasks.base import Row

if TYPE_CHECKING:
    from synth.filter.contamination import ContaminationIndex


class ContaminationThresholds(Thresholds):
    """What counts: any evidence by default, or n-grams only from a share of the field on."""

    drop: bool = True
    min_share: float = 0.0


@dataclass(frozen=True, slots=True)
class _Found:
    evidence: str = ""  # id, paragraph, ngram, whole
    test_set: str = ""
    share: float | None = None
    excerpt: str = ""


def score(batch: Batch) -> Columns:
    """The evidence against each row, "" where there is none; nulls where no test sets were given."""
    index = batch.tools.test_sets
    if index is None:
        return empty_columns(CHECK, len(batch.rows))
    by_text = _overlaps(batch, index)
    pairs = enumerate(zip(batch.rows, batch.sources, strict=True))
    found = [_refused(row, source, index) or by_text.get(number, _Found()) for number, (row, source) in pairs]
    return {
        "contamination_evidence": [each.evidence for each in found],
        "contamination_set": [each.test_set for each in found],
        "contamination_share": [each.share for each in found],
        "contamination_excerpt": [each.excerpt for each in found],
    }


def _refused(row: Row, source: Row | None, index: ContaminationIndex) -> _Found | None:
    from synth.filter.contamination import refuse_at_source

    refusal = refuse_at_source(source or row, index, str(row["synth_source_id"]))
    return _Found(refusal.evidence.value, refusal.test_set, None, refusal.detail) if refusal else None


def _overlaps(batch: Batch, index: ContaminationIndex) -> dict[int, _Found]:
    """Rows with a field that overlaps: number of the row to its worst field."""
    from synth.filter.contamination import overlap

    owners = [(number, field) for number, text in enumerate(batch.texts) for field in text.fields]
    worst: dict[int, _Found] = {}
    hits = overlap([field.text for _, field in owners], batch.lang, index)
    for (number, field), hit in zip(owners, hits, strict=True):
        if hit is not None and hit.share > (worst.get(number, _Found()).share or 0.0):
            kind = "whole" if hit.whole else "ngram"
            worst[number] = _Found(kind, ",".join(hit.test_sets), hit.share, f"{field.name}: {hit.excerpt}")
    return worst


def decide(columns: Scored, thresholds: ContaminationThresholds) -> Marks:
    """Any evidence; n-grams only from `min_share` on."""
    import numpy as np

    evidence = columns["contamination_evidence"].astype(str)
    with np.errstate(invalid="ignore"):
        enough = ~(columns["contamination_share"] < thresholds.min_share)
    mask = (evidence != "") & enough
    return Marks({Reason.CONTAMINATION: mask}) if thresholds.drop else Marks(note={Reason.CONTAMINATION.value: mask})


CHECK = Check(
    name="contamination",
    version=2,
    columns={
        "contamination_evidence": ColumnType.TEXT,
        "contamination_set": ColumnType.TEXT,
        "contamination_share": ColumnType.NUMBER,
        "contamination_excerpt": ColumnType.TEXT,
    },
    thresholds=ContaminationThresholds,
    score=score,
    decide=decide,
    kinds=EVERY_KIND,
    help="not a test example, nor part of one (only with --testsets)",
    tools=("test_sets",),
)
