"""What the near-duplicate search is asked to do: threshold, character n-gram length, banding, mode."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from synth.errors import BadFlag

# Character 5-grams for alphabets: one changed word in a text of 15 to 20 words leaves a median J of .84 (word 3-grams:
# .68). A character of these scripts carries about a syllable or a word, so that 3 of them are as specific; with 5, one
# changed character in a text of 25 to 35 would leave .70 (3-grams: .81). Measured on public text, see docs/dedup.md.
SPACED_NGRAM = 5
UNSPACED_NGRAM = 3
SHORT_GRAM_LANGUAGES = frozenset({"zh", "ja", "th", "my", "km", "lo", "bo", "ko", "yue", "wuu", "zh-hant", "zh-hans"})

MAX_PERMUTATIONS = 72  # budget of signature values; 12 x 5 at T=.8, 17 x 4 at T=.7 and 9 x 8 at T=.9 fit it
MAX_BAND_ROWS = 16


class Mode(StrEnum):
    """How candidates are found. Both verify every candidate; only `EXACT` is certain to find all."""

    MINHASH = "minhash"  # locality-sensitive bands: time grows linearly with the rows
    EXACT = "exact"  # prefix-filter set join: recall 100 %, slower on scripts with few common n-grams


@dataclass(frozen=True, slots=True)
class Banding:
    """How signature values are grouped into bands; two rows are candidates when all values of one band agree.

    Args:
        bands: Disjoint bands.
        rows: Values in a band.
        cross: Further bands over the same values, read across the disjoint ones. They cost no hashing, and most pairs
            near the threshold that the disjoint bands miss are found by them.
    """

    bands: int
    rows: int
    cross: int = 0

    @property
    def permutations(self) -> int:
        """Signature length."""
        return self.bands * self.rows

    def members(self) -> list[tuple[int, ...]]:
        """The signature positions of each band."""
        own = [tuple(range(band * self.rows, (band + 1) * self.rows)) for band in range(self.bands)]
        across = [tuple(band + step * self.bands for step in range(self.rows)) for band in range(self.cross)]
        return own + across

    def recall_at(self, jaccard: float) -> float:
        """Lower bound of the probability that a pair with this Jaccard index is a candidate.

        1 - (1 - J^r)^b (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4); `cross` only adds.
        """
        return float(1.0 - (1.0 - jaccard**self.rows) ** self.bands)


def banding_for(threshold: float, recall: float = 0.99, budget: int = MAX_PERMUTATIONS) -> Banding:
    """The longest bands within the budget that find a pair exactly at the threshold with this probability.

    Unlike the usual optimum (smallest area of false positives plus false negatives over all J) this fixes recall:
    candidates are verified, so that false positives only cost time. Solves (1 - T^r)^b <= 1 - recall for b.
    """
    best = Banding(1, MAX_BAND_ROWS)
    if threshold >= 1.0:
        return best
    fitting = []
    for rows in range(2, MAX_BAND_ROWS + 1):
        bands = max(1, math.ceil(math.log1p(-recall) / math.log1p(-(threshold**rows))))
        if bands * rows <= budget:
            fitting.append(Banding(bands, rows, cross=bands))
    if not fitting:
        raise BadFlag(
            f"dedup threshold {threshold} needs more than {budget} signature values for a recall of {recall}; "
            "raise the threshold, or use mode 'exact'."
        )
    return fitting[-1]


def ngram_for(lang: str) -> int:
    """Characters in an n-gram for texts of this language (ISO 639-1 code, as in `synth langs`).

    It depends on the language alone, never on the length of a text: the Jaccard index of two texts exists only when
    both were cut alike.
    """
    return UNSPACED_NGRAM if lang.lower() in SHORT_GRAM_LANGUAGES else SPACED_NGRAM


@dataclass(frozen=True, slots=True)
class DedupConfig:
    """Settings of one search.

    Args:
        threshold: Two rows are near-duplicates when every text field has at least this Jaccard index; in (0, 1].
        mode: How candidates are found.
        ngram: Characters in an n-gram; None for the language's own (`ngram_for`).
        banding: Bands; None for `banding_for(threshold)`.
        seed: Seed of the permutations, as in datasketch's `MinHash(seed=...)`.
    """

    threshold: float = 0.8
    mode: Mode = Mode.MINHASH
    ngram: int | None = None
    banding: Banding | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        if not 0.0 < self.threshold <= 1.0:
            raise BadFlag(f"dedup threshold {self.threshold} is outside (0, 1]; use a value such as 0.8.")
        if self.ngram is not None and not 1 <= self.ngram <= 32:
            raise BadFlag(f"dedup ngram {self.ngram} is outside 1 to 32; use 5, or 3 for scripts without spaces.")

    def bands(self) -> Banding:
        """The banding in force."""
        return self.banding or banding_for(self.threshold)

    def ngram_of(self, lang: str) -> int:
        """The n-gram length in force for a language."""
        return self.ngram or ngram_for(lang)
