"""The language is the one that was asked for, as far as the detectors can tell; see `synth.filter.lid`.

"Cannot judge" is an answer of its own: it is counted always, and drops a row only where the policy says so.
"""

from __future__ import annotations

from enum import StrEnum

from synth.filter.checks.base import GENERATED, Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, above
from synth.filter.columns import empty_columns
from synth.outcomes import Reason


class Unjudged(StrEnum):
    """What to do with rows whose language nobody can tell."""

    KEEP = "keep"
    DROP = "drop"


class LanguageThresholds(Thresholds):
    """What the answer of the detectors means for a row.

    A text in the wrong language counts as half translated when more than `half_share` of it is English, but not all.
    """

    cannot_judge: Unjudged = Unjudged.KEEP
    half_share: float = 0.1
    max_english_share: float = 0.5
    drop_confusable: bool = False


def score(batch: Batch) -> Columns:
    """The judgement of each row's pooled text; nulls where no detector was asked for."""
    judge = batch.tools.judge
    if judge is None:
        return empty_columns(CHECK, len(batch.rows))
    found = judge.judge_batch([text.pooled for text in batch.texts], [batch.lang] * len(batch.texts))
    return {
        "language_answer": [each.answer.value for each in found],
        "language_detected": [each.detected for each in found],
        "language_english_share": [each.english_share for each in found],
        "language_confusable": [each.confusable for each in found],
        "language_why": [each.why for each in found],
    }


def decide(columns: Scored, thresholds: LanguageThresholds) -> Marks:
    """Wrong language, too much English, and what cannot be judged."""
    answer = columns["language_answer"].astype(str)
    wrong, unjudged = answer == "wrong", answer == "cannot_judge"
    confusable = columns["language_confusable"].astype(bool)
    if thresholds.drop_confusable:
        wrong |= confusable
    share, english = columns["language_english_share"], columns["language_detected"].astype(str) == "en"
    half = wrong & above(share, thresholds.half_share) & ~english
    mixed = half | above(share, thresholds.max_english_share)
    marks = Marks({Reason.LANGUAGE: wrong & ~half, Reason.HALF_TRANSLATED: mixed}, {"language_confusable": confusable})
    if thresholds.cannot_judge is Unjudged.DROP:
        marks.drop[Reason.LANGUAGE_UNJUDGED] = unjudged
    else:
        marks.note[Reason.LANGUAGE_UNJUDGED.value] = unjudged
    return marks


CHECK = Check(
    name="language",
    version=4,
    columns={
        "language_answer": ColumnType.TEXT,
        "language_detected": ColumnType.TEXT,
        "language_english_share": ColumnType.NUMBER,
        "language_confusable": ColumnType.FLAG,
        "language_why": ColumnType.TEXT,
    },
    thresholds=LanguageThresholds,
    score=score,
    decide=decide,
    kinds=GENERATED,
    help="in the language that was asked for, and not partly in English",
    tools=("detectors",),
)
