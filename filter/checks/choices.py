"""The choices of a row stay different from each other, also when case, spaces and punctuation are ignored."""

from __future__ import annotations

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, above
from synth.filter.text import UNSEEN, RowText
from synth.outcomes import Reason


class ChoiceThresholds(Thresholds):
    """How many choices may coincide with another choice of the row."""

    max_same: int = 0


def score(batch: Batch) -> Columns:
    """Choices that say the same as an earlier one, less those that did in English already."""
    both = zip(batch.texts, batch.source_texts, strict=True)
    return {"choices_same": [_more(text, source) for text, source in both]}


def _more(text: RowText, source: RowText) -> float | None:
    return float(max(0, _same(text) - _same(source))) if text.choices else None


def _same(text: RowText) -> int:
    shapes = [bare(choice) for choice in text.choices]
    return len(shapes) - len(set(shapes))


def bare(text: str) -> str:
    """Letters, digits and marks alone, case-folded; the text itself where nothing is left (`+` and `-`)."""
    seen = UNSEEN.sub("", text)
    kept = "".join(c for c in seen.casefold() if not c.isspace() and c not in ".,;:!?\"'“”‘’«»()[]。、，！？؟،؛।॥…-–—")
    return kept or text


def decide(columns: Scored, thresholds: ChoiceThresholds) -> Marks:
    """More coincidences than allowed."""
    return Marks({Reason.CHOICES_NOT_DISTINCT: above(columns["choices_same"], thresholds.max_same)})


CHECK = Check(
    name="choices",
    version=2,
    columns={"choices_same": ColumnType.NUMBER},
    thresholds=ChoiceThresholds,
    score=score,
    decide=decide,
    help="choices are still different from each other",
)
