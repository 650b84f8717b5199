"""Heads of all tasks on one backbone: classes of pairs, choices, answer spans, tags.

Transformers has such heads for encoders, but not all of them for decoders (Gemma 3 has neither spans nor tags, no
decoder has choices), and none that share a backbone. A class is read off one piece: the first of encoders (as jiant
and the models' own heads do), the last of decoders, which alone has seen all others. The class head is a layer with
tanh, dropout and a linear layer, as jiant's `ClassificationHead` and RoBERTa's; spans and tags are one linear layer.

torch is imported by whoever imports this module: nothing on the way to `synth --help` may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from synth.tasks import get_task
from synth.tasks.base import Shape
from synth.train.encode.features import IGNORED

DROPOUT = 0.1
"""Of the heads: jiant's and RoBERTa's `hidden_dropout_prob`."""


@dataclass(frozen=True, slots=True)
class Output:
    """Loss (None without labels) and scores of a batch: classes, choices, `[start, end]` or tags on the last axis."""

    loss: Tensor | None
    scores: Tensor


class ClassHead(nn.Module):
    """Scores of classes from one vector.

    Args:
        width: Of the backbone's vectors.
        classes: How many.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)
        self.dropout = nn.Dropout(DROPOUT)
        self.out = nn.Linear(width, classes)

    def forward(self, vectors: Tensor) -> Tensor:
        """Scores by class."""
        found: Tensor = self.out(self.dropout(torch.tanh(self.dense(self.dropout(vectors)))))
        return found


class PieceHead(nn.Module):
    """Scores for every piece.

    Args:
        width: Of the backbone's vectors.
        scores: How many a piece.
    """

    def __init__(self, width: int, scores: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(DROPOUT)
        self.out = nn.Linear(width, scores)

    def forward(self, vectors: Tensor) -> Tensor:
        """Scores of each piece."""
        found: Tensor = self.out(self.dropout(vectors))
        return found


class MultiHead(nn.Module):
    """A backbone with a head for each task.

    Args:
        backbone: What `AutoModel` gives.
        sizes: Scores of each task's head (`head_sizes`).
        decoder: Whether the backbone reads left to right.
    """

    def __init__(self, backbone: nn.Module, sizes: Mapping[str, int], decoder: bool) -> None:
        super().__init__()
        self.backbone = backbone
        self.decoder = decoder
        width = int(backbone.config.hidden_size)  # type: ignore[union-attr, arg-type]
        heads = {task: _head(task, width, size) for task, size in sorted(sizes.items())}
        # Backbones come in their own precision; heads follow it, or their products would not fit together.
        self.heads = nn.ModuleDict(heads).to(next(backbone.parameters()).dtype)

    def forward(self, task: str, batch: Mapping[str, Tensor]) -> Output:
        """Loss and scores of a batch of one task (`synth.train.encode.features.merge_batch`, as tensors)."""
        shape = get_task(task).shape
        ids, mask = batch["input_ids"], batch["attention_mask"]
        choices = ids.shape[1] if shape is Shape.CHOICE else 1
        if shape is Shape.CHOICE:
            ids, mask = ids.flatten(0, 1), mask.flatten(0, 1)
        vectors = self._vectors(ids, mask, batch.get("token_type_ids"))
        if shape in (Shape.PAIR, Shape.CHOICE):
            scores = self.heads[task](self._one(vectors, mask))
            scores = scores.view(-1, choices) if shape is Shape.CHOICE else scores
            return Output(_class_loss(scores, batch.get("labels")), scores)
        scores = self.heads[task](vectors)
        if shape is Shape.SPAN:
            scores = scores.masked_fill(mask[..., None] == 0, torch.finfo(scores.dtype).min)
            return Output(_span_loss(scores, batch), scores)
        return Output(_class_loss(scores.flatten(0, 1), _flat(batch.get("labels"))), scores)

    def _vectors(self, ids: Tensor, mask: Tensor, types: Tensor | None) -> Tensor:
        inputs = {"input_ids": ids, "attention_mask": mask}
        if types is not None and getattr(self.backbone.config, "type_vocab_size", 0) > 1:
            inputs["token_type_ids"] = types.view_as(ids)
        found: Tensor = self.backbone(**inputs).last_hidden_state
        return found

    def _one(self, vectors: Tensor, mask: Tensor) -> Tensor:
        """The vector that a class is read off."""
        if not self.decoder:
            return vectors[:, 0]
        last = mask.sum(dim=1) - 1  # inputs are padded behind their end
        return vectors[torch.arange(len(vectors), device=vectors.device), last]

    def freeze_embeddings(self) -> None:
        """Leave the input embeddings as they are: most of a small multilingual model's weights are there."""
        for weight in self.backbone.get_input_embeddings().parameters():  # type: ignore[operator]
            weight.requires_grad_(False)

    def save_backbone(self, folder: Path) -> None:
        """The backbone as an ordinary checkpoint, which `AutoModel.from_pretrained` loads."""
        self.backbone.save_pretrained(folder)  # type: ignore[operator]


def head_sizes(tasks: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """The size of each task's head.

    Args:
        tasks: By task: number of each tag, for tagging tasks; empty for all others.
    """
    return {task: _size(task, tags) for task, tags in tasks.items()}


def _size(task: str, tags: Mapping[str, int]) -> int:
    sizes = {Shape.PAIR: len(get_task(task).labels), Shape.CHOICE: 1, Shape.SPAN: 2, Shape.TAGS: len(tags)}
    return sizes[get_task(task).shape]


def _head(task: str, width: int, size: int) -> nn.Module:
    one = get_task(task).shape in (Shape.PAIR, Shape.CHOICE)
    return ClassHead(width, size) if one else PieceHead(width, size)


def _flat(labels: Tensor | None) -> Tensor | None:
    return None if labels is None else labels.flatten()


def _class_loss(scores: Tensor, labels: Tensor | None) -> Tensor | None:
    """Mean cross entropy in float32; labels that are `IGNORED` do not count."""
    if labels is None:
        return None
    return functional.cross_entropy(scores.float(), labels, ignore_index=IGNORED)


def _span_loss(scores: Tensor, batch: Mapping[str, Tensor]) -> Tensor | None:
    """Mean of the losses of start and end, as in all SQuAD scripts; piece 0 stands for no answer."""
    if "start_positions" not in batch:
        return None
    losses = [
        functional.cross_entropy(scores[..., index].float(), batch[name])
        for index, name in enumerate(("start_positions", "end_positions"))
    ]
    return (losses[0] + losses[1]) / 2


def to_tensors(columns: Mapping[str, Any]) -> dict[str, Tensor]:
    """A merged batch as tensors."""
    return {name: torch.tensor(values) for name, values in columns.items()}
