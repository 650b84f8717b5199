"""Average precision and reciprocal rank of ranked candidates, cut at 20.

Sources: LAReQA (Roy et al. 2020; `average_precision_at_k` of XTREME's `third_party/utils_lareqa.py`) and Mewsli-X
(`mean_reciprocal_rank` of `third_party/utils_mewslix.py`). With a single gold candidate the two are the same number.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

CUT: Final = 20


def average_precision(gold: Collection[str], ranked: Sequence[str], cut: int = CUT) -> float:
    """Sum over hits of (hits so far / rank), divided by the most hits that are possible within the cut.

    A candidate that is listed twice counts once, at its better rank. 0 when there is no gold candidate: the official
    code divides by zero there, its data have none.
    """
    wanted, seen = set(gold), set[str]()
    score = hits = 0.0
    for rank, candidate in enumerate(ranked[:cut], 1):
        if candidate in wanted and candidate not in seen:
            hits += 1.0
            score += hits / rank
        seen.add(candidate)
    return score / min(len(wanted), cut) if wanted else 0.0


def reciprocal_rank(gold: str, ranked: Sequence[str], cut: int = CUT) -> float:
    """1 / rank of the gold candidate, 0 when it is not within the cut."""
    for rank, candidate in enumerate(ranked[:cut], 1):
        if candidate == gold:
            return 1.0 / rank
    return 0.0
