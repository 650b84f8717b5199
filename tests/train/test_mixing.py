"""Sampling of tasks and languages: jiant's rule, deterministic, resumable from counters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadFlag, CheckFailed
from synth.train.mixing import State, TaskMixer, is_mlm_step, language_shares, task_shares

SIZES = {"anli_plus": 1_106_000, "squad_v1": 87_599, "commonsense_qa": 9_741}


def test_sizes_count_up_to_the_cap() -> None:
    shares = task_shares(SIZES, cap=131_072)
    assert shares["anli_plus"] / shares["squad_v1"] == pytest.approx(131_072 / 87_599)
    assert sum(shares.values()) == pytest.approx(1)


def test_temperature_is_jiants_power() -> None:
    shares = task_shares({"a": 10_000, "b": 100}, cap=10**9, temperature=2)
    assert shares["a"] / shares["b"] == pytest.approx(10)


def test_tasks_are_drawn_in_proportion() -> None:
    mixer = TaskMixer({"a": 0.7, "b": 0.2, "c": 0.1}, batch=2, seed=0)
    counts = mixer.counts(100_000)
    assert sum(counts.values()) == 200_000
    for task, share in mixer.shares.items():
        assert counts[task] / 200_000 == pytest.approx(share, abs=0.01)  # five standard errors are 0.007


def test_batches_take_up_each_tasks_order_without_gaps() -> None:
    mixer = TaskMixer({"a": 0.5, "b": 0.5}, batch=3, seed=1)
    at = {"a": 0, "b": 0}
    for number in range(50):
        batch = mixer.next()
        assert (batch.step, batch.places) == (number, range(at[batch.task], at[batch.task] + 3))
        at[batch.task] += 3
    assert mixer.counts(50) == at


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 200), st.integers(0, 2**32))
def test_resuming_anywhere_gives_what_an_uninterrupted_run_draws(stop: int, seed: int) -> None:
    shares = {"a": 0.6, "b": 0.3, "c": 0.1}
    whole = TaskMixer(shares, batch=4, seed=seed)
    drawn = [whole.next() for _ in range(stop + 20)]
    begun = TaskMixer(shares, batch=4, seed=seed)
    for _ in range(stop):
        begun.next()
    resumed = TaskMixer(dict(reversed(shares.items())), batch=4, seed=seed)  # the order of tasks is no matter
    resumed.resume(begun.state().as_dict())
    assert [resumed.next() for _ in range(20)] == drawn[stop:]


def test_a_state_of_another_mixture_is_refused() -> None:
    state = TaskMixer({"a": 0.5, "b": 0.5}, batch=4, seed=0).state()
    with pytest.raises(CheckFailed, match="another mixture"):
        TaskMixer({"a": 0.5, "b": 0.5}, batch=8, seed=0).resume(state)


def test_counters_that_do_not_belong_together_are_refused() -> None:
    mixer = TaskMixer({"a": 0.5, "b": 0.5}, batch=4, seed=0)
    state = mixer.state().as_dict() | {"steps": 3}
    with pytest.raises(CheckFailed, match="counters do not belong"):
        mixer.resume(state)


@pytest.mark.parametrize(
    ("sampling", "keys", "expected"),
    [
        ("uniform", {}, 1.0),
        ("proportional", {}, 100.0),
        ("temperature", {"temperature": 2.0}, 10.0),
        ("named", {"weights": {"es": 3.0, "sw": 1.0}}, 3.0),
    ],
)
def test_languages_are_weighted_as_asked(sampling: str, keys: dict[str, Any], expected: float) -> None:
    shares = language_shares({"es": 10_000, "sw": 100}, sampling, **keys)
    assert shares["es"] / shares["sw"] == pytest.approx(expected)


def test_a_language_without_weight_is_named() -> None:
    with pytest.raises(BadFlag, match="lacks sw"):
        language_shares({"es": 1, "sw": 1}, "named", weights={"es": 1.0})


@given(st.floats(0.01, 0.99), st.integers(1, 2_000))
def test_language_modelling_has_its_share_of_any_beginning(share: float, steps: int) -> None:
    count = sum(is_mlm_step(step, share) for step in range(steps))
    assert abs(count - steps * share) <= 1


def test_draws_go_on_over_the_edge_of_a_block() -> None:
    """Draws are made a block of steps at a time; nobody may notice."""
    start = (1 << 16) - 3
    mixer = TaskMixer({"a": 0.5, "b": 0.3, "c": 0.2}, batch=1, seed=0)
    expected = [mixer.tasks[index] for index in mixer.sequence(start, 40)]
    mixer.resume(State(start, mixer.counts(start), mixer.fingerprint))
    assert [mixer.next().task for _ in range(40)] == expected
