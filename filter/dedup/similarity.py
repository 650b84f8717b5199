"""Similarity of row pairs: the smallest exact Jaccard index over the text fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth.filter.dedup.jaccard import Floats, jaccard, sets_of
from synth.filter.dedup.shingles import Ints

TEXTS_AT_ONCE = 100_000  # texts whose n-gram sets are held in memory at a time


@dataclass(frozen=True, slots=True)
class Field:
    """One text field of the rows: its distinct folded texts (one raw form of each), and each row's index among them."""

    texts: Sequence[str]
    index: Ints


@dataclass(frozen=True, slots=True)
class Similarity:
    """Verifies pairs of rows.

    Args:
        fields: Fields, those with the shortest texts first: they rule a pair out at the lowest price.
        n: Characters in an n-gram.
        threshold: Below it the exact value does not matter, and 0 is returned.
    """

    fields: tuple[Field, ...]
    n: int
    threshold: float

    def of(self, left: Ints, right: Ints) -> Floats:
        """Similarity of the pairs (left[i], right[i]); 0 where any field is below the threshold."""
        found = np.ones(len(left), np.float64)
        open_pairs = np.arange(len(left))
        for field in self.fields:
            values = self._of_texts(field, field.index[left[open_pairs]], field.index[right[open_pairs]])
            found[open_pairs] = np.minimum(found[open_pairs], values)
            below = values < self.threshold
            found[open_pairs[below]] = 0.0
            open_pairs = open_pairs[~below]
        return found

    def _of_texts(self, field: Field, left: Ints, right: Ints) -> Floats:
        """Jaccard index of text pairs, each distinct pair computed once; 1 for a text with itself."""
        found = np.ones(len(left), np.float64)
        differ = np.flatnonzero(left != right)
        low, high = np.minimum(left[differ], right[differ]), np.maximum(left[differ], right[differ])
        pairs, back = np.unique(low * len(field.texts) + high, return_inverse=True)
        found[differ] = self._distinct(field, pairs // len(field.texts), pairs % len(field.texts))[back]
        return found

    def _distinct(self, field: Field, left: Ints, right: Ints) -> Floats:
        found = np.empty(len(left), np.float64)
        for start in range(0, len(left), TEXTS_AT_ONCE):
            part = slice(start, start + TEXTS_AT_ONCE)
            used, places = np.unique(np.concatenate([left[part], right[part]]), return_inverse=True)
            sets = sets_of([field.texts[text] for text in used.tolist()], self.n)
            half = len(left[part])
            found[part] = jaccard(sets, places[:half], places[half:], self.threshold)
        return found
