"""Length of a translation against its source in word pieces: what training will see. Only where a tokenizer is given.

Pieces tell more than characters where a text is in a script that its language is not written in, or is made of rare
characters: noise costs many pieces. The embedded tokenizer has a fitted table, `filter/data/piece_ratio.yaml`
(`bench/fit_length_ratio.py --pieces`); with another one the ratio is measured and drops nothing.
"""

from __future__ import annotations

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, above, below
from synth.filter.checks.length import length_score, length_table
from synth.filter.columns import empty_columns
from synth.filter.tools import EMBEDDED
from synth.outcomes import Reason


class PieceThresholds(Thresholds):
    """How far from the usual number of pieces a translation may be, in spreads of its language."""

    max_z: float = 5.0
    min_z: float = -5.0


def score(batch: Batch) -> Columns:
    """Log ratio of pieces, and its distance from the language's median where that was fitted."""
    pieces = batch.tools.pieces
    if pieces is None:
        return empty_columns(CHECK, len(batch.rows))
    sources = pieces.count([text.pooled for text in batch.source_texts])
    targets = pieces.count([text.pooled for text in batch.texts])
    table = length_table("piece_ratio")
    scores = [length_score(*pair, batch.lang, table) for pair in zip(sources, targets, strict=True)]
    fitted = pieces.name == EMBEDDED
    return {
        "pieces_log_ratio": [ratio for ratio, _ in scores],
        "pieces_z": [z if fitted else None for _, z in scores],
    }


def decide(columns: Scored, thresholds: PieceThresholds) -> Marks:
    """Too many or too few pieces for the language."""
    far = above(columns["pieces_z"], thresholds.max_z) | below(columns["pieces_z"], thresholds.min_z)
    return Marks({Reason.LENGTH_RATIO: far})


CHECK = Check(
    name="pieces",
    version=1,
    columns={"pieces_log_ratio": ColumnType.NUMBER, "pieces_z": ColumnType.NUMBER},
    thresholds=PieceThresholds,
    score=score,
    decide=decide,
    help="about as many word pieces as translations into this language have (only with a tokenizer)",
    tools=("pieces",),
)
