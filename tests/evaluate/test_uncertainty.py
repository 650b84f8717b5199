"""Intervals: against closed forms, against known coverage, and the corrections against worked examples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadFolder
from synth.evaluate.stats import CellStats, Kind, cell_stats
from synth.evaluate.uncertainty import (
    benjamini_hochberg,
    closed_form_error,
    estimate,
    holm,
    point,
    replicate,
    standard_error,
)
from tests.evaluate.make_results import predictions


def cell(values: np.ndarray, units: tuple[str, ...] = (), golds: str = "g") -> CellStats:
    names = units or tuple(f"i{place}" for place in range(len(values)))
    return CellStats(
        "xnli", "sw", Kind.MEAN, values.reshape(len(values), -1).astype(float), ("accuracy",), names, golds
    )


def test_closed_form_of_xcopa() -> None:
    """500 items at 68 %: the familiar 2.1 points."""
    values = np.array([1.0] * 340 + [0.0] * 160)
    assert closed_form_error(cell(values)) == pytest.approx(100 * np.sqrt(0.68 * 0.32 / 499))


def test_the_bootstrap_agrees_with_the_closed_form() -> None:
    values = np.random.default_rng(0).random((400, 2))
    one = cell(values)
    assert replicate({1: one}, 4000).std() == pytest.approx(closed_form_error(one), rel=0.05)
    assert replicate({1: one}, 4000).mean() == pytest.approx(point({1: one}), abs=0.1)


def test_the_error_of_f1_shrinks_with_the_number_of_sentences() -> None:
    few, many = (cell_stats(predictions("udpos", "de", 0.6, 1, items=items)) for items in (50, 800))
    assert standard_error(few) / standard_error(many) == pytest.approx(4, rel=0.3)
    with pytest.raises(BadFolder, match="no mean"):
        closed_form_error(few)


def test_differences_are_paired() -> None:
    """Two arms that differ on few items: the interval of the difference is far narrower than of either score."""
    base = np.random.default_rng(1).random(600) < 0.6
    better = base.copy()
    better[np.flatnonzero(~base)[:12]] = True
    one, other = replicate({1: cell(better)}), replicate({1: cell(base)})
    gain = estimate(point({1: cell(better)}) - point({1: cell(base)}), one - other)
    assert gain.value == pytest.approx(2.0)
    assert gain.se < 0.4 * one.std()
    assert gain.low > 0
    assert gain.p < 0.01


def test_draws_do_not_depend_on_the_order_of_items() -> None:
    values = np.random.default_rng(2).random(50)
    names = tuple(f"n{place}" for place in range(50))
    order = np.random.default_rng(3).permutation(50)
    shuffled = cell(values[order], tuple(names[place] for place in order))
    assert replicate({1: cell(values, names)}, 200) == pytest.approx(replicate({1: shuffled}, 200))


def test_parallel_sets_are_drawn_together() -> None:
    values = np.random.default_rng(4).random(80)
    apart = tuple(f"other{place}" for place in range(80))
    same = np.corrcoef(replicate({1: cell(values)}), replicate({1: cell(values)}))[0, 1]
    different = np.corrcoef(replicate({1: cell(values)}), replicate({1: cell(values, apart)}))[0, 1]
    assert same == pytest.approx(1.0)
    assert abs(different) < 0.15


def test_seeds_widen_the_interval() -> None:
    """Seeds that differ by far more than items: the standard error is that of the mean of three runs."""
    scores = (0.5, 0.6, 0.7)
    seeds = {seed: cell(np.full(50, score)) for seed, score in enumerate(scores)}
    expected = 100 * np.std(scores, ddof=1) / np.sqrt(3)
    assert replicate(seeds, 6000).std() == pytest.approx(expected, rel=0.05)


def test_seeds_on_different_data_are_refused() -> None:
    values = np.ones(5)
    with pytest.raises(BadFolder, match="same data"):
        replicate({1: cell(values), 2: replace(cell(values), golds="other")}, 10)


def test_equal_arms_have_no_difference() -> None:
    found = estimate(0.0, np.zeros(100))
    assert (found.low, found.high, found.p) == (0.0, 0.0, 1.0)


@pytest.mark.slow
def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng, hits = np.random.default_rng(5), 0
    for _ in range(300):
        values = (rng.random(200) < 0.7).astype(float)
        found = estimate(point({1: cell(values)}), replicate({1: cell(values)}, 300))
        hits += found.low <= 70 <= found.high
    assert 0.90 <= hits / 300 <= 0.985


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_benjamini_hochberg_by_hand() -> None:
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_corrections_keep_the_order_and_never_lower_a_value(p_values: list[float]) -> None:
    for corrected in (holm(p_values), benjamini_hochberg(p_values)):
        assert all(p - 1e-12 <= q <= 1 for p, q in zip(p_values, corrected, strict=True))
        order = np.argsort(p_values, kind="stable")
        assert np.all(np.diff(np.array(corrected)[order]) >= -1e-12)
