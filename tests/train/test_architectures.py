"""The students' numbers: each is built on the meta device and counted against what its authors publish."""

from __future__ import annotations

import importlib.util

import pytest

from synth.errors import BadFlag
from synth.train.architectures import ARCHITECTURES, build_config, build_empty, get_architecture

needs_torch = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")),
    reason="torch and transformers are not installed (extra `train`)",
)


@needs_torch
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_it_has_the_published_number_of_parameters(name: str) -> None:
    model = build_empty(name)
    count = sum(weight.numel() for weight in model.parameters())
    assert count / 1e6 == pytest.approx(get_architecture(name).parameters, rel=0.003)
    assert {weight.device.type for weight in model.parameters()} == {"meta"}


@needs_torch
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_toy_is_the_same_architecture_and_tiny(name: str) -> None:
    toy, whole = build_empty(name, toy=True), build_config(name)
    assert toy.config.model_type == whole.model_type
    assert sum(weight.numel() for weight in toy.parameters()) < 100_000


def test_an_unknown_student_offers_the_nearest() -> None:
    with pytest.raises(BadFlag, match="Did you mean 'gemma3-270m'"):
        get_architecture("gemma3-270")
