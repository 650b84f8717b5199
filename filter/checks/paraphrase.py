"""A paraphrase says the same in other words: it must differ from what it was made from."""

from __future__ import annotations

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, above
from synth.filter.text import RowText
from synth.filter.words import jaccard, ngrams
from synth.outcomes import Kind, Reason

NGRAM = 4


class ParaphraseThresholds(Thresholds):
    """How alike a paraphrase and its base may be."""

    max_similarity: float = 0.9


def score(batch: Batch) -> Columns:
    """Jaccard similarity of the character 4-grams of the whole row to its base's."""
    pairs = zip(batch.texts, batch.base_texts, strict=True)
    return {"paraphrase_similarity": [_similarity(text, base) if base.fields else None for text, base in pairs]}


def _similarity(text: RowText, base: RowText) -> float:
    return jaccard(ngrams(_plain(text.pooled), NGRAM), ngrams(_plain(base.pooled), NGRAM))


def _plain(text: str) -> str:
    return " ".join("".join(c for c in text.casefold() if c.isalnum() or c.isspace() or ord(c) > 0x2FF).split())


def decide(columns: Scored, thresholds: ParaphraseThresholds) -> Marks:
    """Too much alike."""
    return Marks({Reason.NOT_PARAPHRASED: above(columns["paraphrase_similarity"], thresholds.max_similarity)})


CHECK = Check(
    name="paraphrase",
    version=1,
    columns={"paraphrase_similarity": ColumnType.NUMBER},
    thresholds=ParaphraseThresholds,
    score=score,
    decide=decide,
    kinds=frozenset({Kind.PARAPHRASE}),
    help="a paraphrase differs from what it was made from",
)
