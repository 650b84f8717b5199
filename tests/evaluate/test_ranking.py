from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.evaluate.metrics.ranking import average_precision, reciprocal_rank


@pytest.mark.parametrize(
    ("gold", "ranked", "expected"),
    [
        (["a"], ["b", "a"], 0.5),
        (["a", "b"], ["a", "x", "b"], (1 + 2 / 3) / 2),
        (["a", "b"], ["a", "a", "b"], (1 + 2 / 3) / 2),  # named twice, counted once
        (["a"], [*map(str, range(20)), "a"], 0.0),  # rank 21 is outside
        ([*map(str, range(25))], [*map(str, range(20))], 1.0),  # more golds than places: 20 are all that is possible
        ([], ["a"], 0.0),
    ],
)
def test_average_precision_at_20(gold: list[str], ranked: list[str], expected: float) -> None:
    assert average_precision(gold, ranked) == pytest.approx(expected)


@settings(deadline=None)  # the machine may be busy
@given(st.integers(0, 30), st.lists(st.integers(0, 30), max_size=30, unique=True))
def test_with_one_gold_both_are_the_same(gold: int, ranked: list[int]) -> None:
    names = [str(one) for one in ranked]
    assert average_precision([str(gold)], names) == reciprocal_rank(str(gold), names)
