"""Optional: the meaning is near the source's, by sentence embeddings of a model of the user's choice; off by default.

Cosine similarity of the pooled texts. Where no model is given the column is null and nothing is dropped.
"""

from __future__ import annotations

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, below
from synth.filter.columns import empty_columns
from synth.outcomes import Reason


class SimilarityThresholds(Thresholds):
    """Least cosine similarity to the source; models differ, so fit it to yours."""

    min_cosine: float = 0.0


def score(batch: Batch) -> Columns:
    """Cosine similarity of each row to its English source."""
    embedder = batch.tools.embedder
    if embedder is None or not batch.texts:
        return empty_columns(CHECK, len(batch.rows))
    mine = embedder.embed([text.pooled for text in batch.texts])
    theirs = embedder.embed([text.pooled for text in batch.source_texts])
    cosine = [sum(a * b for a, b in zip(one, other, strict=True)) for one, other in zip(mine, theirs, strict=True)]
    known = [value if text.fields else None for value, text in zip(cosine, batch.source_texts, strict=True)]
    return {"similarity_cosine": known}


def decide(columns: Scored, thresholds: SimilarityThresholds) -> Marks:
    """Too far from the source."""
    return Marks({Reason.SIMILARITY: below(columns["similarity_cosine"], thresholds.min_cosine)})


CHECK = Check(
    name="similarity",
    version=1,
    columns={"similarity_cosine": ColumnType.NUMBER},
    thresholds=SimilarityThresholds,
    score=score,
    decide=decide,
    help="means about what its source means (only with an embedding model)",
)
