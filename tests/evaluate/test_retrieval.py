"""Blocks against brute force, ties included, and memory with a million candidates."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadFlag
from synth.evaluate.retrieval import Matrix, nearest_foreign, normalised, top, top_of_pieces


def brute(queries: Matrix, candidates: Matrix, count: int) -> np.ndarray:
    return np.argsort(-(queries @ candidates.T), axis=1, kind="stable")[:, :count]


@settings(deadline=None)  # the machine may be busy
@given(st.integers(1, 40), st.integers(1, 90), st.integers(1, 9), st.integers(1, 30), st.integers(0, 5))
def test_equal_to_brute_force_with_ties(queries: int, candidates: int, count: int, block: int, seed: int) -> None:
    rng = np.random.default_rng(seed)  # whole numbers: many equal scores, no rounding
    one = rng.integers(-2, 3, (queries, 3)).astype(np.float32)
    other = rng.integers(-2, 3, (candidates, 3)).astype(np.float32)
    found = top(one, other, count, block)
    assert (found.rows == brute(one, other, count)).all()
    assert (found.scores == np.take_along_axis(one @ other.T, found.rows, axis=1)).all()


def test_more_queries_than_a_block() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2500, 8)).astype(np.float32), rng.normal(size=(700, 8)).astype(np.float32)
    assert (top(one, other, 5, 100).rows == brute(one, other, 5)).mean() > 0.999  # rounding may swap near ties


def test_memory_stays_bounded_with_many_candidates() -> None:
    def pieces() -> Iterator[tuple[int, Matrix]]:
        rng = np.random.default_rng(1)
        for start in range(0, 200_000, 10_000):
            yield start, rng.normal(size=(10_000, 16)).astype(np.float32)

    queries = np.random.default_rng(2).normal(size=(1500, 16)).astype(np.float32)
    tracemalloc.start()
    found = top_of_pieces(queries, pieces(), 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.rows.max() < 200_000
    assert peak < 400e6  # the whole matrix of scores would be 1.2 GB


def test_tatoeba_asks_for_each_english_sentence_its_nearest_foreign_one() -> None:
    foreign = np.array([[9.0, 0.0], [0.0, 0.1], [1.0, 1.0]])
    english = np.array([[0.0, 5.0], [1.0, 0.1]])
    assert nearest_foreign(english, foreign).tolist() == [1, 0]  # by direction: lengths do not matter


def test_a_row_of_zeros_stays_zero() -> None:
    assert normalised(np.array([[0.0, 0.0], [3.0, 4.0]])).tolist() == [[0.0, 0.0], pytest.approx([0.6, 0.8])]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused(value: float) -> None:
    good, bad = np.ones((2, 2), np.float32), np.full((2, 2), value, np.float32)
    with pytest.raises(BadFlag, match="no numbers"):
        top(good, bad, 1)
    with pytest.raises(BadFlag, match="no numbers"):
        top(bad, good, 1)


def test_different_widths_are_refused() -> None:
    with pytest.raises(BadFlag, match="same model"):
        top(np.ones((2, 3), np.float32), np.ones((2, 4), np.float32), 1)
