"""Losses as means over labels, in float32. A batch without any label has the loss 0, not NaN.

Imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from synth.train.encode.features import IGNORED


def mean_loss(scores: Tensor, labels: Tensor | None) -> Tensor | None:
    """Mean cross entropy; labels that are `IGNORED` do not count. None without labels.

    Args:
        scores: `[labels, classes]`.
        labels: `[labels]`.
    """
    if labels is None:
        return None
    total = functional.cross_entropy(scores.float(), labels, ignore_index=IGNORED, reduction="sum")
    return total / (labels != IGNORED).sum().clamp(min=1)


def span_loss(scores: Tensor, batch: Mapping[str, Tensor]) -> Tensor | None:
    """Mean of the losses of start and end, as in all SQuAD scripts; piece 0 stands for no answer.

    Args:
        scores: `[examples, pieces, 2]`.
        batch: With `start_positions` and `end_positions`, `[examples]` each, when it is labelled.
    """
    if "start_positions" not in batch:
        return None
    losses = [
        functional.cross_entropy(scores[..., index].float(), batch[name])
        for index, name in enumerate(("start_positions", "end_positions"))
    ]
    return (losses[0] + losses[1]) / 2


def pair_loss(pairs: Tensor, scale: float = 1.0) -> Tensor:
    """In-batch softmax of inner products: each first text's own second text against those of all other examples.

    Args:
        pairs: `[examples, 2, width]`.
        scale: What the products are multiplied by.
    """
    scores = pairs[:, 0] @ pairs[:, 1].T * scale
    return functional.cross_entropy(scores, torch.arange(len(pairs), device=pairs.device))
