"""Heads of all kinds on one backbone: classes, choices, answer spans, tags, pairs of texts, language modelling.

Transformers has such heads for encoders, but not all of them for decoders (Gemma 3 has neither spans nor tags, no
decoder has choices), and none that share a backbone. A class is read off one piece: the first of encoders (as jiant
and the models' own heads do), the last of decoders, which alone has seen all others. The class head is a layer with
tanh, dropout and a linear layer, as jiant's `ClassificationHead` and RoBERTa's; spans and tags are one linear layer.

torch is imported by whoever imports this module: nothing on the way to `synth --help` may.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from synth.train.encode.features import IGNORED
from synth.train.losses import mean_loss, pair_loss, span_loss
from synth.train.steps import SCALE, HeadKind, HeadSpec

if TYPE_CHECKING:
    from synth.train.recipe import Lora

DROPOUT = 0.1
"""Of the heads: jiant's and RoBERTa's `hidden_dropout_prob`."""


class Output(NamedTuple):
    """Loss (None without labels) and scores of a batch.

    Scores are classes, choices, `[start, end]` or tags on the last axis; of dual heads `[examples, 2, width]`, the
    vectors of both texts; of language modelling the scores of the pieces that have a label. (A tuple, because
    DistributedDataParallel looks for tensors in what a model returns and knows no dataclasses.)
    """

    loss: Tensor | None
    scores: Tensor


class ClassHead(nn.Module):
    """Scores of classes from one vector.

    Args:
        width: Of the backbone's vectors.
        classes: How many.
        dropout: Share of numbers that are left out while it trains.
    """

    def __init__(self, width: int, classes: int, dropout: float = DROPOUT) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
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
        dropout: Share of numbers that are left out while it trains.
    """

    def __init__(self, width: int, scores: int, dropout: float = DROPOUT) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(width, scores)

    def forward(self, vectors: Tensor) -> Tensor:
        """Scores of each piece."""
        found: Tensor = self.out(self.dropout(vectors))
        return found


class MultiHead(nn.Module):
    """A backbone with heads by name (of the intermediate stage: a head for each task, by the task's name).

    Args:
        backbone: What `AutoModel` gives.
        heads: What each head is.
        decoder: Whether the backbone reads left to right.
        dropout: Of the heads; the usual one when None.
        language_model: The model with its output layer, whose `base_model` is the backbone; for the kinds `text` and
            `mlm`.
    """

    def __init__(
        self, backbone: nn.Module, heads: Mapping[str, HeadSpec], decoder: bool, dropout: float | None = None,
        language_model: nn.Module | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.backbone: Any = backbone  # Transformers' classes have more than nn.Module says
        self.decoder = decoder
        self.specs = dict(heads)
        width = int(backbone.config.hidden_size)  # type: ignore[union-attr, arg-type]
        own = {
            name: _head(spec, width, DROPOUT if dropout is None else dropout) for name, spec in sorted(heads.items())
        }
        self.heads = nn.ModuleDict({name: head for name, head in own.items() if head is not None})
        self.language_model = language_model
        self.full_state: dict[str, Tensor] | None = None  # FSDP: all weights, gathered when training has ended
        self._no_split_modules = getattr(backbone, "_no_split_modules", None)  # what FSDP shards one by one

    def forward(self, head: str, batch: Mapping[str, Tensor]) -> Output:
        """Loss and scores of a batch for one head (`synth.train.encode.features.merge_batch`, as tensors)."""
        spec = self.specs[head]
        ids, mask = batch["input_ids"], batch["attention_mask"]
        if spec.kind is HeadKind.DUAL:
            return self._dual(head, batch)
        texts = ids.shape[1] if spec.kind is HeadKind.CHOICE else 1
        if ids.dim() > 2:
            ids, mask = ids.flatten(0, 1), mask.flatten(0, 1)
        vectors = self._vectors(ids, mask, batch.get("token_type_ids"))
        if spec.kind in (HeadKind.TEXT, HeadKind.MLM):
            return self._language(vectors, batch, spec.kind)
        vectors = vectors.float()  # heads stay in float32 whatever the backbone's precision is
        if spec.kind in (HeadKind.CLASS, HeadKind.CHOICE):
            scores = self.heads[head](self._one(vectors, mask))
            scores = scores.view(-1, texts) if spec.kind is HeadKind.CHOICE else scores
            return Output(mean_loss(scores, batch.get("labels")), scores)
        scores = self.heads[head](vectors)
        if spec.kind is HeadKind.SPAN:
            scores = scores.masked_fill(mask[..., None] == 0, torch.finfo(scores.dtype).min)
            return Output(span_loss(scores, batch), scores)
        return Output(mean_loss(scores.flatten(0, 1), _flat(batch.get("labels"))), scores)

    def _dual(self, head: str, batch: Mapping[str, Tensor]) -> Output:
        """Every example's first text against the second texts of the whole batch."""
        pairs = torch.stack([self._side(batch, side) for side in (0, 1)], dim=1).float()
        spec = self.specs[head]
        pairs = self.heads[head](pairs) if head in self.heads else pairs
        pairs = functional.normalize(pairs, dim=-1) if spec.normalise else pairs
        loss = pair_loss(pairs, SCALE if spec.normalise else 1.0) if "labels" in batch else None
        return Output(loss, pairs)

    def _side(self, batch: Mapping[str, Tensor], side: int) -> Tensor:
        """Vectors of the first or the second texts, without the padding that only the other ones need."""
        mask, types = batch["attention_mask"][:, side], batch.get("token_type_ids")
        length = int(mask.sum(dim=1).max())
        mask, ids = mask[:, :length], batch["input_ids"][:, side, :length]
        return self._one(self._vectors(ids, mask, None if types is None else types[:, side, :length]), mask)

    def _language(self, vectors: Tensor, batch: Mapping[str, Tensor], kind: HeadKind) -> Output:
        """Only the pieces that have a label are held against the vocabulary: its scores are most of the memory."""
        labels = batch["labels"]
        if kind is HeadKind.TEXT or self.decoder:  # a piece is told from those before it
            vectors, labels = vectors[:, :-1], labels[:, 1:]
        labelled = labels != IGNORED
        scores = output_layer(self.language_model)(vectors[labelled])
        return Output(mean_loss(scores, labels[labelled]), scores)

    def _vectors(self, ids: Tensor, mask: Tensor, types: Tensor | None) -> Tensor:
        inputs = {"input_ids": ids, "attention_mask": mask}
        if types is not None and getattr(self.backbone.config, "type_vocab_size", 0) > 1:
            inputs["token_type_ids"] = types.view_as(ids)
        more = {"use_cache": False} if self.decoder else {}  # keys and values serve writing, not training
        found: Tensor = self.backbone(**inputs, **more).last_hidden_state
        return found

    def _one(self, vectors: Tensor, mask: Tensor) -> Tensor:
        """The vector that a class is read off."""
        if not self.decoder:
            return vectors[:, 0]
        last = mask.sum(dim=1) - 1  # inputs are padded behind their end
        return vectors[torch.arange(len(vectors), device=vectors.device), last]

    def freeze_embeddings(self) -> None:
        """Leave the input embeddings as they are: most of a small multilingual model's weights are there."""
        for weight in self.backbone.get_input_embeddings().parameters():
            weight.requires_grad_(False)

    def checkpoint_gradients(self) -> None:
        """Compute activations again on the way back instead of keeping them: less memory, a third more time."""
        self.backbone.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})

    def add_lora(self, lora: Lora) -> None:
        """Freeze the backbone and put low-rank adapters beside its layers; heads train as they are."""
        from peft import LoraConfig, PeftModel, TaskType, get_peft_model

        if isinstance(self.backbone, PeftModel):
            return
        targets = lora.targets if lora.targets == "all-linear" else [name.strip() for name in lora.targets.split(",")]
        config = LoraConfig(
            r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules=targets,
            task_type=TaskType.FEATURE_EXTRACTION,
        )  # fmt: skip
        self.backbone = get_peft_model(self.backbone, config)

    def head_state(self) -> dict[str, Tensor]:
        """The weights of the heads by name."""
        return dict(self.heads.state_dict())

    def save_backbone(self, folder: Path) -> None:
        """The backbone as an ordinary checkpoint, which `AutoModel.from_pretrained` loads."""
        self.backbone.save_pretrained(folder)


def output_layer(model: Any) -> nn.Module:
    """What makes scores of pieces out of the vectors of a language model, by the names that Transformers gives it."""
    if hasattr(model, "cls"):  # BERT
        return model.cls  # type: ignore[no-any-return]
    if hasattr(model, "lm_head"):  # RoBERTa and XLM-R (with its layers), decoders (one layer)
        return model.lm_head  # type: ignore[no-any-return]
    return nn.Sequential(model.head, model.decoder)  # ModernBERT


def _head(spec: HeadSpec, width: int, dropout: float) -> nn.Module | None:
    if spec.kind in (HeadKind.CLASS, HeadKind.CHOICE):
        return ClassHead(width, spec.size, dropout)
    if spec.kind in (HeadKind.SPAN, HeadKind.TAGS):
        return PieceHead(width, spec.size, dropout)
    if spec.kind is HeadKind.DUAL and spec.size:
        return nn.Linear(width, spec.size)
    return None


def _flat(labels: Tensor | None) -> Tensor | None:
    return None if labels is None else labels.flatten()


def to_tensors(columns: Mapping[str, Any]) -> dict[str, Tensor]:
    """A merged batch as tensors."""
    return {name: torch.tensor(values) for name, values in columns.items()}
