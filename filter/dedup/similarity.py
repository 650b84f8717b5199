"""Similarity of row pairs: the smallest exact Jaccard index over the text fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.filter.dedup.arrays import Bools, Floats, Ints, Words
from synth.filter.dedup.jaccard import jaccard, sets_of

# Pairs whose signatures agree in fewer places than this many standard deviations below the threshold are not verified:
# of pairs exactly at the threshold that loses fewer than 1 in 5,000 (binomial, 60 values), and it spares nearly half of
# the verification.
DEVIATIONS = 3.75
PAIRS_AT_ONCE = 200_000  # at most twice as many sets are in memory: 800 MB with their bits where a text has 200 n-grams


@dataclass(frozen=True, slots=True)
class Field:
    """One text field of the rows: its distinct raw texts, and for each row the index of the one that stands for it.

    Rows whose texts fold to the same have the same index.
    """

    texts: Sequence[str]
    index: Ints


@dataclass(frozen=True, slots=True)
class Glance:
    """A cheap first look at a pair: the lowest byte of each signature value (b-bit minwise hashing, Li, Koenig 2010).

    `sketches` has a row of bytes for each row, which fits a cache line; agreement in a place by accident has odds of
    1 in 256, and errs on the side of a verification too many.
    """

    sketches: NDArray[np.uint8]
    least: int

    @classmethod
    def at(cls, signed: Words, threshold: float) -> Glance:
        """Sketches of signatures of shape (permutations, rows)."""
        count = len(signed)
        deviation = (threshold * (1 - threshold) / count) ** 0.5
        return cls(np.ascontiguousarray(signed.astype(np.uint8).T), int((threshold - DEVIATIONS * deviation) * count))

    def plausible(self, left: Ints, right: Ints) -> Bools:
        """Whether each pair deserves an exact verification."""
        found = np.empty(len(left), np.bool_)
        for start in range(0, len(left), 1 << 15):
            part = slice(start, start + (1 << 15))
            agree = self.sketches[left[part]] == self.sketches[right[part]]
            found[part] = np.count_nonzero(agree, axis=1) >= self.least
        return found


@dataclass(frozen=True, slots=True)
class Similarity:
    """Verifies pairs of rows.

    Args:
        fields: Fields, those with the shortest texts first: they rule a pair out at the lowest price.
        n: Characters in an n-gram.
        threshold: Below it the exact value does not matter, and 0 is returned.
        glance: A cheap look that rules most pairs out; None to verify all.
    """

    fields: tuple[Field, ...]
    n: int
    threshold: float
    glance: Glance | None = None

    def of(self, left: Ints, right: Ints) -> Floats:
        """Similarity of the pairs (left[i], right[i]); 0 where any field is below the threshold."""
        found = np.ones(len(left), np.float64)
        open_pairs = np.arange(len(left))
        if self.glance is not None:
            plausible = self.glance.plausible(left, right)
            found[~plausible] = 0.0
            open_pairs = open_pairs[plausible]
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
        for start in range(0, len(left), PAIRS_AT_ONCE):
            part = slice(start, start + PAIRS_AT_ONCE)
            used, places = np.unique(np.concatenate([left[part], right[part]]), return_inverse=True)
            sets = sets_of([field.texts[text] for text in used.tolist()], self.n)
            half = len(left[part])
            found[part] = jaccard(sets, places[:half], places[half:], self.threshold)
        return found
