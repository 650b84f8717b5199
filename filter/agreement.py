"""How often the label survives translation: an estimate on a sample, with its interval.

The user chooses the models: `back` translates a row's texts to English (the teacher, as a rule), `judge` says what
label an English model gives to English texts. Agreement is reported beside what the judge says of the English source,
as the original labels are noisy too.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from synth.tasks.base import Row

Z95 = 1.959964  # the 97.5 % point of the normal distribution, for two-sided 95 % intervals
Translate = Callable[[Sequence[Row]], Sequence[Row]]
Judge = Callable[[Sequence[Row]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share of a sample with its 95 % interval."""

    hits: int
    count: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share itself; NaN for an empty sample."""
        return self.hits / self.count if self.count else math.nan


@dataclass(frozen=True, slots=True)
class Agreement:
    """Label agreement of one (task, language).

    Args:
        back: Judge's label of the back-translation equals the row's label.
        english: Judge's label of the English source equals the row's label: the ceiling that the judge itself sets.
        same: Judge says the same of both: what translation and back-translation left unchanged.
    """

    back: Proportion
    english: Proportion
    same: Proportion


def wilson(hits: int, count: int, z: float = Z95) -> Proportion:
    """The score interval of Wilson 1927 (JASA 22, 209-212), sound for small samples and shares near 0 and 1."""
    if not count:
        return Proportion(0, 0, 0.0, 1.0)
    share = hits / count
    centre = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return Proportion(hits, count, max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale))


def sample_rows(rows: Sequence[Row], size: int, seed: int = 0) -> list[Row]:
    """A sample that depends on row ids and the seed alone, whatever the order of the rows."""
    return sorted(rows, key=lambda row: zlib.crc32(f"{seed}/{row['synth_id']}".encode()))[:size]


def label_agreement(
    rows: Sequence[Row], sources: Sequence[Row], labels: Sequence[str], back: Translate, judge: Judge
) -> Agreement:
    """Estimate agreement on sampled rows.

    Args:
        rows: Kept rows in the target language.
        sources: Their English rows, in the same order.
        labels: Their labels, as the judge names them.
        back: Translates rows to English.
        judge: Labels English rows.
    """
    returned, english = judge(back(rows)), judge(sources)
    count = len(rows)
    return Agreement(
        wilson(sum(a == b for a, b in zip(returned, labels, strict=True)), count),
        wilson(sum(a == b for a, b in zip(english, labels, strict=True)), count),
        wilson(sum(a == b for a, b in zip(returned, english, strict=True)), count),
    )
