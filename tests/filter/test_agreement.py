"""Wilson intervals and label agreement."""

from __future__ import annotations

import math

import pytest

from synth.filter.agreement import label_agreement, sample_rows, wilson


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    # worked out by hand from the formula: centre (p + z²/2n)/(1 + z²/n)
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_wilson_interval(hits: int, count: int, low: float, high: float) -> None:
    found = wilson(hits, count)
    assert found.low == pytest.approx(low, abs=1e-3)
    assert found.high == pytest.approx(high, abs=1e-3)


def test_nothing_is_known_of_an_empty_sample() -> None:
    found = wilson(0, 0)
    assert (found.low, found.high) == (0.0, 1.0)
    assert math.isnan(found.share)


def test_agreement_is_counted_on_both_sides() -> None:
    rows = [{"synth_id": str(n), "text": text} for n, text in enumerate(["si", "no", "quiza", "no"])]
    english = [{"text": text} for text in ["yes", "no", "maybe", "yes"]]
    words = {"si": "yes", "no": "no", "quiza": "no"}
    found = label_agreement(
        rows,
        english,
        ["yes", "no", "maybe", "no"],
        back=lambda given: [{"text": words[row["text"]]} for row in given],
        judge=lambda given: [row["text"] for row in given],
    )
    assert (found.back.hits, found.english.hits, found.same.hits) == (3, 3, 2)


def test_the_sample_does_not_depend_on_order() -> None:
    rows = [{"synth_id": f"r{n}"} for n in range(50)]
    assert sample_rows(rows, 5) == sample_rows(rows[::-1], 5)
    assert sample_rows(rows, 5) != sample_rows(rows, 5, seed=1)
