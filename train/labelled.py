"""Scores of the pieces that have a label, and of no others.

A language model's last layer costs the most of all where the vocabulary is large (168 of Gemma 3 270M's 268 million
weights), and of a prompt with its answer two or three pieces have a label, of a passage 15 %. So the pieces without
label are taken out in front of the output embeddings; whatever the model does with its scores after them (soft caps,
scales) it still does. The loss is the same, as no other piece counts in it. On a GPU, TRL's fused head does the like.

torch is imported by whoever imports this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from synth.train.encode.features import IGNORED


def label_loss(whole: nn.Module, model: Any, inputs: dict[str, Tensor], labels: Tensor, shift: bool) -> Tensor:
    """Sum of the cross entropies of all labels, in float32; 0 (with gradients) where there is none.

    Args:
        whole: What is called: the model, or what data parallelism or PEFT put around it.
        model: The language model itself.
        inputs: `input_ids`, `attention_mask` and the like.
        labels: As long as the input, `IGNORED` where there is none.
        shift: A label is read off the piece before it (decoders), not off its own (encoders).
    """
    wanted = functional.pad(labels, (0, 1), value=IGNORED)[:, 1:] if shift else labels
    mask = wanted != IGNORED
    if not mask.any():  # keep one piece, so that every weight has a gradient in this process too
        mask = mask.clone()
        mask[0, 0] = True
    with only_labelled(model, mask):
        scores = whole(**inputs).logits
    return functional.cross_entropy(scores.float(), wanted[mask], ignore_index=IGNORED, reduction="sum")


@contextmanager
def only_labelled(model: Any, mask: Tensor) -> Iterator[None]:
    """Within, the model's output embeddings see the pieces of `mask`, one after the other: scores are [pieces, all]."""

    def take(_: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
        return (args[0][mask], *args[1:])

    hook = model.get_output_embeddings().register_forward_pre_hook(take)
    try:
        yield
    finally:
        hook.remove()
