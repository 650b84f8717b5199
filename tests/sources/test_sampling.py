"""The same examples for every limit, order of the file, language and machine."""

from __future__ import annotations

import random

import pytest

from synth.errors import BadFlag
from synth.sources import Example
from synth.sources.sampling import sample, sample_rule

EXAMPLES = [Example("mnli", "train", f"{number}e", {}) for number in range(500)]


def ids(limit: int | None, seed: int = 0, examples: list[Example] = EXAMPLES) -> list[str]:
    return [example.source_id for example in sample(examples, limit, seed)]


def test_a_smaller_limit_is_the_beginning_of_a_larger_one() -> None:
    assert ids(100) == ids(200)[:100] == ids(None)[:100]
    assert len(set(ids(200))) == 200


def test_the_order_of_the_file_does_not_matter() -> None:
    shuffled = random.Random(1).sample(EXAMPLES, len(EXAMPLES))
    assert ids(50, examples=shuffled) == ids(50)


def test_the_task_does_not_matter_and_dropped_rows_move_nothing_else() -> None:
    other = [Example("anli_plus", "train", e.source_id, {}, "mnli") for e in EXAMPLES if e.source_id not in ids(3)]
    assert ids(20, examples=other) == ids(23)[3:]


def test_the_seed_matters() -> None:
    assert len(set(ids(100, seed=0)) & set(ids(100, seed=1))) < 50


def test_the_choice_is_the_same_on_every_machine() -> None:
    assert ids(5, seed=13) == ["302e", "17e", "319e", "43e", "333e"]


def test_limits_at_the_edges() -> None:
    assert ids(0) == []
    assert len(ids(10_000)) == 500
    with pytest.raises(BadFlag, match="limit is -1"):
        ids(-1)


def test_the_rule_says_all_that_is_needed() -> None:
    assert sample_rule(100, 13) == {"method": "blake2b64(seed, source_id)", "seed": 13, "limit": 100}
