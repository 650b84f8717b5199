"""What comes out: pairs with their similarity, and the removed rows with what stays in their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Pairs:
    """Verified pairs as columns, sorted; `similarity` is the smallest Jaccard index over the text fields.

    Pairs with `label_equal` are removals: `left` stays, `right` goes. The others are reported only: both stay.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    similarity: tuple[float, ...]
    label_equal: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, slots=True)
class Removals:
    """Removed rows as columns, sorted by preference.

    `exact` marks rows that equal their keeper after folding (case, white space, final punctuation).
    """

    ids: tuple[str, ...]
    keepers: tuple[str, ...]
    similarity: tuple[float, ...]
    exact: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class DedupResult:
    """The outcome for one (task, language, kind); equal for any order and any partition of the same rows.

    Args:
        rows: Rows searched.
        removed: Rows to leave out, each with a row that stays and that it nearly equals (the star rule).
        conflicts: Pairs of rows that both stay though their texts nearly agree: their labels differ.
        threshold: What "nearly" meant.
        recall: Lower bound of the probability that a pair exactly at the threshold was looked at.
    """

    rows: int
    removed: Removals
    conflicts: Pairs
    threshold: float
    recall: float

    @property
    def pairs(self) -> Pairs:
        """Removals, then conflicts, as one list to write down."""
        removed, conflicts = self.removed, self.conflicts
        return Pairs(
            removed.keepers + conflicts.left,
            removed.ids + conflicts.right,
            removed.similarity + conflicts.similarity,
            (True,) * len(removed) + conflicts.label_equal,
        )


def pair_table(result: DedupResult) -> pa.Table:
    """The pairs as an Arrow table: id_a (stays), id_b, similarity, label_equal."""
    import pyarrow as pa

    pairs = result.pairs
    columns = {
        "id_a": pa.array(pairs.left, pa.string()),
        "id_b": pa.array(pairs.right, pa.string()),
        "similarity": pa.array(pairs.similarity, pa.float64()),
        "label_equal": pa.array(pairs.label_equal, pa.bool_()),
    }
    return pa.table(columns)
