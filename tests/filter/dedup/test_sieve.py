"""The sieve never rules out a pair that reaches the threshold, and rules out most that do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.filter.dedup.jaccard import HASH_BITS, jaccard, sets_of
from synth.filter.dedup.sieve import Sieve
from tests.filter.dedup import reference

THRESHOLD = 0.8
HASHES = st.sets(st.integers(0, (1 << HASH_BITS) - 1), min_size=1, max_size=60)


def _sieve(sets: list[set[int]]) -> Sieve:
    bounds = np.concatenate([[0], np.cumsum([len(each) for each in sets])])
    return Sieve.of(np.array([value for each in sets for value in sorted(each)], np.int64), bounds, HASH_BITS)


@given(HASHES, HASHES, st.sampled_from([1, 1 << 20, 1 << (HASH_BITS - 3)]), st.floats(0.05, 1.0))
def test_no_pair_that_reaches_the_threshold_is_ruled_out(
    a: set[int], b: set[int], grain: int, threshold: float
) -> None:
    a, b = ({value - value % grain for value in each} for each in (a, b | set(list(a)[::2])))  # elements fall together
    true = len(a & b) / len(a | b)
    sieve = _sieve([a, b])
    possible = sieve.possible(np.array([0, 1, 0]), np.array([1, 0, 0]), threshold)
    assert possible[2]
    if true >= threshold:
        assert possible[0]
        assert possible[1]


def _pairs(kept: float, count: int = 200, size: int = 250) -> list[set[int]]:
    """Pairs of sets that have a part of their elements in common."""
    rng = np.random.default_rng(7)
    sets = []
    for _ in range(count):
        common = {*rng.integers(0, 1 << HASH_BITS, round(size * kept)).tolist()}
        sets += [common | {*rng.integers(0, 1 << HASH_BITS, size - len(common)).tolist()} for _ in range(2)]
    return sets


@pytest.mark.parametrize(("kept", "least", "most"), [(0.9, 200, 200), (0.8, 0, 10), (0.5, 0, 0)])
def test_pairs_well_below_the_threshold_are_ruled_out(kept: float, least: int, most: int) -> None:
    """Sets with 80 % in common have a Jaccard index of .67, with 90 % one of .82."""
    sets = _pairs(kept)
    places = np.arange(0, len(sets), 2)
    possible = _sieve(sets).possible(places, places + 1, THRESHOLD)
    assert least <= np.count_nonzero(possible) <= most


@pytest.mark.parametrize("n", [3, 5])
def test_jaccard_is_exact_above_the_threshold(n: int) -> None:
    base = "the quick brown fox jumps over the lazy dog while seven wizards quietly mix a jug of liquid"
    texts = [base, *(base[:at] + "x" + base[at + 1 :] for at in range(0, len(base), 7)), base[:60], "a", "entirely new"]
    places = np.arange(len(texts))
    left, right = (each.reshape(-1) for each in np.meshgrid(places, places))
    found = jaccard(sets_of(texts, n), left, right, THRESHOLD)
    for a, b, value in zip(left.tolist(), right.tolist(), found.tolist(), strict=True):
        true = reference.jaccard(texts[a], texts[b], n)
        assert value == pytest.approx(true, abs=1e-12) if true >= THRESHOLD else value in (0.0, pytest.approx(true))
