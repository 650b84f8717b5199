"""Optional: the meaning is near the source's, by sentence embeddings of a model of the user's choice; off by default.

Cosine similarity of the pooled texts. Where no model is given the columns are null and nothing is dropped. Models
differ in what a cosine means (unrelated texts have about 0.77 with multilingual-e5-small), so the embedded model has a
floor of its own, fitted by `bench/fit_similarity.py`; for others the user sets one.
"""

from __future__ import annotations

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, below
from synth.filter.columns import empty_columns
from synth.filter.tools import EMBEDDED
from synth.outcomes import Reason

# Not among the languages of multilingual-e5 (XLM-R's hundred): true pairs (XCOPA's premises, median 0.80) and shuffled
# ones (0.76) can hardly be told apart.
UNKNOWN_TO_EMBEDDED = frozenset({"qu"})


class SimilarityThresholds(Thresholds):
    """Least cosine similarity to the source: of the embedded model, and of a model of the user's."""

    min_cosine_embedded: float = 0.79
    min_cosine: float = 0.0


def score(batch: Batch) -> Columns:
    """Cosine similarity of each row to its English source."""
    embedder = batch.tools.embedder
    if embedder is None or not batch.texts or (embedder.name == EMBEDDED and batch.lang in UNKNOWN_TO_EMBEDDED):
        return empty_columns(CHECK, len(batch.rows))
    mine = embedder.embed([text.pooled for text in batch.texts])
    theirs = embedder.embed([text.pooled for text in batch.source_texts])
    cosine = [sum(a * b for a, b in zip(one, other, strict=True)) for one, other in zip(mine, theirs, strict=True)]
    known = [value if text.fields else None for value, text in zip(cosine, batch.source_texts, strict=True)]
    return {"similarity_cosine": known, "similarity_model": [embedder.name] * len(known)}


def decide(columns: Scored, thresholds: SimilarityThresholds) -> Marks:
    """Too far from the source."""
    cosine, embedded = columns["similarity_cosine"], columns["similarity_model"] == EMBEDDED
    far = embedded & below(cosine, thresholds.min_cosine_embedded)
    return Marks({Reason.SIMILARITY: far | (~embedded & below(cosine, thresholds.min_cosine))})


CHECK = Check(
    name="similarity",
    version=2,
    columns={"similarity_cosine": ColumnType.NUMBER, "similarity_model": ColumnType.TEXT},
    thresholds=SimilarityThresholds,
    score=score,
    decide=decide,
    help="means about what its source means (only with an embedding model)",
    tools=("embedder",),
)
