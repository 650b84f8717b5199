"""Dual encoders for LAReQA and Mewsli-X: trained on English pairs, one encoder for both sides. Imports torch.

As XTREME's `run_retrieval_qa.py` and `run_retrieval_el.py`: a text's vector has length one, the loss is the softmax of
a pair's cosine (times 100) against the others of its micro-batch. The vector is the last layer's first piece (decoders:
the last one); the official code puts the pre-trained pooler behind it, a layer that few of today's checkpoints have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import torch

from synth.corpus.files import fingerprint
from synth.evaluate.data.base import EvalSet
from synth.evaluate.embed import Pooling, VectorSettings, encode
from synth.evaluate.progress import Progress
from synth.evaluate.retrieval import Matrix, normalised
from synth.evaluate.retrieve.backbone import load_student_of
from synth.evaluate.stage import RunContext
from synth.evaluate.target import Training, trained
from synth.evaluate.target_steps import HEAD, TargetSteps
from synth.evaluate.tasks.items import Item
from synth.train.encode.features import Feature, merge_batch
from synth.train.encode.pieces import Cutter
from synth.train.hashing import salt
from synth.train.heads import MultiHead, to_tensors
from synth.train.steps import HeadKind, HeadSpec
from synth.train.student import Student

SPEC: Final = HeadSpec(HeadKind.DUAL, normalise=True)
PairOf = Callable[[Item], tuple[str, str] | None]
"""The two texts of a training item; None for one that has none."""


@dataclass(frozen=True, slots=True)
class Lengths2:
    """Most pieces of a query and of a candidate, special ones included."""

    query: int
    candidate: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """What a dual encoder is trained on.

    Args:
        target: Its key in the settings, and its folder below `target/`.
        train: Items that all have a pair.
        dev: Items that the model is selected by; None without.
        pair_of: The texts of an item.
        lengths: Most pieces.
    """

    target: str
    train: EvalSet
    dev: EvalSet | None
    pair_of: PairOf
    lengths: Lengths2


@dataclass(frozen=True, slots=True)
class DualEncoder:
    """A trained dual encoder.

    Args:
        student: Its tokenizer and backbone.
        lengths: Most pieces.
        tokens: Padded pieces of a batch.
        precision: `fp32` or `bf16`.
        record: Its training.
    """

    student: Student
    lengths: Lengths2
    tokens: int
    precision: str
    record: dict[str, Any]

    def queries(self, texts: Sequence[str], what: str) -> Matrix:
        """Vectors of queries, of length one."""
        return self._vectors(texts, self.lengths.query, what)

    def candidates(self, texts: Sequence[str], what: str) -> Matrix:
        """Vectors of candidates, of length one."""
        return self._vectors(texts, self.lengths.candidate, what)

    def _vectors(self, texts: Sequence[str], length: int, what: str) -> Matrix:
        pooling = Pooling.LAST if self.student.decoder else Pooling.FIRST
        settings = VectorSettings(-1, pooling, length, "", self.tokens, self.precision)
        progress = Progress(what, len(set(texts)))
        found = normalised(encode(texts, self.student, settings, done=progress.add))
        progress.end()
        return found


def dual_encoder(pairs: Pairs, context: RunContext) -> DualEncoder:
    """Train the run's backbone on English pairs, or find it trained.

    Raises:
        SynthError: As `synth.evaluate.target.trained`.
    """
    student = load_student_of(context)
    torch.manual_seed(salt("heads", context.seed) % 2**63)
    model = MultiHead(student.backbone, {HEAD: SPEC}, student.decoder, context.settings.dropout).to(context.device)
    record = trained(model, training_of(pairs, student, context), context)
    model.to(context.device).eval()
    tokens = context.tokens
    return DualEncoder(student, pairs.lengths, tokens, context.precision, {"target": [record], "style": "dual encoder"})


def training_of(pairs: Pairs, student: Student, context: RunContext) -> Training:
    """The training, as the target stage keeps it."""
    settings = context.settings.targets[pairs.target]
    encode_item = item_features(pairs.pair_of, Cutter(student.tokenizer, student.decoder), pairs.lengths)
    batch, items = settings.optim.examples_a_step, pairs.train.items
    dev, pad = pairs.dev, int(student.tokenizer.pad_token_id)
    return Training(
        pairs.target,
        settings,
        fingerprint([pairs.train.origin, [item.item_id for item in items]]),
        pairs.train.origin,
        lambda: TargetSteps(items, encode_item, SPEC, batch, settings.epochs, context.seed),
        (lambda model: -dev_loss(model, dev.items, encode_item, settings.optim.batch_size, pad)) if dev else None,
    )


def item_features(pair_of: PairOf, cutter: Cutter, lengths: Lengths2) -> Callable[[Item], tuple[Feature, ...]]:
    """What makes the model input of one pair; what does not fit is cut off at the end, as in the official scripts."""
    added = cutter.template.added_to_one

    def features(item: Item) -> tuple[Feature, ...]:
        pair = pair_of(item)
        assert pair is not None  # `with_pairs` has taken the others out
        query = cutter.one(cutter.cut(pair[0]).cut(0, lengths.query - added))
        candidate = cutter.one(cutter.cut(pair[1]).cut(0, lengths.candidate - added))
        return (Feature(item.item_id, (query, candidate), {"labels": 0}),)

    return features


def with_pairs(data: EvalSet, pair_of: PairOf) -> EvalSet:
    """The set without the items that have no pair."""
    return replace(data, items=tuple(item for item in data.items if pair_of(item) is not None))


def dev_loss(
    model: MultiHead, items: Sequence[Item], encode_item: Callable[[Item], tuple[Feature, ...]], batch: int, pad: int
) -> float:
    """The loss on English dev by which the official scripts select: mean over batches of the training's size."""
    device, was_training = next(model.parameters()).device, model.training
    losses = []
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(items), batch):
            features = [one for item in items[start : start + batch] for one in encode_item(item)]
            columns = to_tensors(merge_batch(features, pad))
            loss = model(HEAD, {name: column.to(device) for name, column in columns.items()}).loss
            losses.append(float(loss))
    model.train(was_training)
    return sum(losses) / len(losses)
