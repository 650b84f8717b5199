"""Cutting steps: the gradient does not depend on the cut, every label counts once, nobody waits for nobody."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.train.encode.features import IGNORED, Feature
from synth.train.encode.pieces import Sequence2
from synth.train.steps import HeadKind, HeadSpec, Step, label_count

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")


def feature(number: int, length: int, labelled: int | None = None) -> Feature:
    """A model input of so many pieces; with `labelled`, so many of them have a tag."""
    ids = tuple(range(5, 5 + length))
    labels: Any = number % 3 if labelled is None else [1] * labelled + [IGNORED] * (length - labelled)
    return Feature(str(number), (Sequence2(ids, (0,) * length, length),), {"labels": labels})


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=20), st.integers(1, 9), st.integers(1, 4), st.booleans(),
)  # fmt: skip
def test_every_process_has_as_many_micro_batches_and_weights_make_one_mean(
    lengths: list[int], size: int, processes: int, tags: bool
) -> None:
    from synth.train.micro import Cut, cut_step

    spec = HeadSpec(HeadKind.TAGS if tags else HeadKind.CLASS, 3)
    found = tuple(feature(number, n, number % (n + 1) if tags else None) for number, n in enumerate(lengths))
    shares = [cut_step(Step("x", found), spec, Cut(size, 0, processes, rank)) for rank in range(processes)]
    assert len({len(share.micros) for share in shares}) == 1
    labels = sum(label_count(spec.kind, one) for one in found)
    weights = [micro.weight for share in shares for micro in share.micros]
    assert sum(weights) == pytest.approx(1.0 if labels else 0.0)
    rows = sum(len(micro.tensors["input_ids"]) for share in shares for micro in share.micros if micro.weight)
    unlabelled = sum(label_count(spec.kind, one) == 0 for one in found)
    assert len(found) - unlabelled <= rows <= len(found)
    assert {(share.tokens, share.inputs) for share in shares} == {(sum(lengths), len(lengths))}


def test_inputs_of_like_length_share_a_micro_batch() -> None:
    from synth.train.micro import Cut, cut_step

    found = tuple(feature(number, 1 + 10 * (number % 2)) for number in range(8))
    share = cut_step(Step("x", found), HeadSpec(HeadKind.CLASS, 3), Cut(4, 0))
    assert [micro.tensors["input_ids"].shape[1] for micro in share.micros] == [11, 1]


def test_pairs_of_texts_stay_with_their_group() -> None:
    from synth.train.micro import Cut, cut_step

    found = tuple(feature(number, 1 + number % 5) for number in range(6))
    share = cut_step(Step("x", found), HeadSpec(HeadKind.DUAL), Cut(3, 0))
    assert [micro.tensors["labels"].tolist() for micro in share.micros] == [[0, 1, 2], [0, 1, 2]]


@pytest.mark.parametrize("kind", [HeadKind.CLASS, HeadKind.TAGS])
def test_the_gradient_is_that_of_the_whole_step(kind: HeadKind) -> None:
    import torch

    from synth.train.heads import MultiHead
    from synth.train.micro import Cut, cut_step
    from tests.train.test_heads import toy

    backbone = toy("e5-small", ("mnli",)).backbone
    spec = HeadSpec(kind, 3)
    torch.manual_seed(1)
    model = MultiHead(backbone, {"x": spec}, decoder=False).eval()
    tags = kind is HeadKind.TAGS
    step = Step("x", tuple(feature(number, 3 + number, 1 + number % 3 if tags else None) for number in range(7)))

    def gradient(size: int, processes: int) -> torch.Tensor:
        model.zero_grad()
        for rank in range(processes):
            for micro in cut_step(step, spec, Cut(size, 0, processes, rank)).micros:
                loss = model("x", micro.tensors).loss
                assert loss is not None
                (loss * micro.weight).backward()
        return torch.cat([weight.grad.flatten() for weight in model.parameters() if weight.grad is not None])

    whole = gradient(7, 1)
    for size, processes in ((1, 1), (3, 1), (2, 2), (4, 3)):
        assert torch.allclose(gradient(size, processes), whole, atol=1e-6)


def test_a_micro_batch_without_labels_adds_nothing() -> None:
    import torch

    from synth.train.losses import mean_loss

    loss = mean_loss(torch.randn(4, 3, requires_grad=True), torch.full((4,), IGNORED))
    assert loss is not None
    loss.backward()
    assert float(loss.detach()) == 0.0
