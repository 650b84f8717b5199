"""The loss of the labelled pieces alone is the model's own loss, for every student's language model."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from synth.train.architectures import ARCHITECTURES, Role, build_config

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")),
    reason="torch and transformers are not installed (extra `train`)",
)


def toy(name: str) -> Any:
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

    torch.manual_seed(0)
    auto = AutoModelForMaskedLM if ARCHITECTURES[name].role is Role.ENCODER else AutoModelForCausalLM
    return auto.from_config(build_config(name, toy=True), dtype=torch.float32).eval()


def batch() -> tuple[dict[str, Any], Any]:
    """Three inputs, one of them padded, with labels at different places."""
    import torch

    ids = torch.arange(10, 37).view(3, 9)
    mask = torch.ones_like(ids)
    mask[2, 6:] = 0
    labels = torch.full_like(ids, -100)
    labels[:2, 5:7], labels[1, 8], labels[2, 4] = ids[:2, 5:7], 3, 50
    return {"input_ids": ids, "attention_mask": mask}, labels


@pytest.mark.parametrize("name", ["xlmr-large", "xlmr-xl", "mmbert-base", "e5-small", "llama3.2-1b", "gemma3-1b"])
def test_it_is_the_model_s_own_loss_and_gradient(name: str) -> None:
    import torch

    from synth.train.labelled import label_loss

    inputs, labels = batch()
    model, other = toy(name), toy(name)
    own = model(**inputs, labels=labels).loss * int((labels != -100).sum())
    ours = label_loss(other, other, inputs, labels, ARCHITECTURES[name].role is Role.DECODER)
    own.backward()
    ours.backward()
    assert ours.item() == pytest.approx(own.item(), rel=1e-5)
    for (key, weight), twin in zip(model.named_parameters(), other.parameters(), strict=True):
        if weight.grad is not None:
            assert twin.grad is not None and torch.allclose(weight.grad, twin.grad, atol=1e-5), key


def test_soft_caps_on_scores_are_kept() -> None:
    import torch

    from synth.train.labelled import label_loss

    model = toy("gemma3-1b")
    model.config.final_logit_softcapping = 0.5
    inputs, labels = batch()
    with torch.no_grad():
        own = model(**inputs, labels=labels).loss * int((labels != -100).sum())
        assert float(label_loss(model, model, inputs, labels, True)) == pytest.approx(float(own), rel=1e-5)


def test_without_a_label_the_loss_is_0_and_has_gradients() -> None:
    import torch

    from synth.train.labelled import label_loss

    model = toy("llama3.2-1b")
    inputs, labels = batch()
    loss = label_loss(model, model, inputs, torch.full_like(labels, -100), True)
    loss.backward()
    assert loss.item() == 0
    assert all(weight.grad is not None and not weight.grad.any() for weight in model.parameters())


def test_the_model_is_as_it_was_afterwards() -> None:
    import torch

    from synth.train.labelled import label_loss

    model = toy("qwen3-1.7b")
    inputs, labels = batch()
    with torch.no_grad():
        before = model(**inputs).logits
        label_loss(model, model, inputs, labels, True)
        assert torch.equal(model(**inputs).logits, before)
