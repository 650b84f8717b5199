from __future__ import annotations

import pytest

from synth.filter.dedup import Reach, spread

REMOVED = {"en": ["s1"], "es": ["s1", "s2"], "sw": ["s3"], "th": []}


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        (Reach.PER_LANGUAGE, {"en": ["s1"], "es": ["s1", "s2"], "sw": ["s3"], "th": []}),
        (Reach.ENGLISH, {"en": ["s1"], "es": ["s1"], "sw": ["s1"], "th": ["s1"]}),
        (Reach.ENGLISH_AND_OWN, {"en": ["s1"], "es": ["s1", "s2"], "sw": ["s1", "s3"], "th": ["s1"]}),
        (Reach.ANY, {lang: ["s1", "s2", "s3"] for lang in REMOVED}),
    ],
)
def test_each_policy(reach: Reach, expected: dict[str, list[str]]) -> None:
    assert {lang: list(ids) for lang, ids in spread(REMOVED, reach).items()} == expected


def test_a_removal_says_whose_duplicate_it_was() -> None:
    found = spread(REMOVED, Reach.ANY)
    assert found["es"]["s1"].own
    assert found["es"]["s1"].because_of == ("en", "es")
    assert not found["th"]["s3"].own
    assert found["th"]["s3"].because_of == ("sw",)
