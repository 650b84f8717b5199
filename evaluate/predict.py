"""Running a model over many inputs: batches of like length up to a number of pieces, without gradients. Imports torch.

Inputs are sorted by length inside blocks, so that hardly any padding is computed; what comes out is in the order in
which it went in. Blocks bound the memory: nothing of a test set is held but the block that is being worked on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from synth.errors import CheckFailed, StoppedError
from synth.evaluate.progress import Progress
from synth.train.encode.features import Feature, merge_batch
from synth.train.heads import MultiHead, to_tensors

BLOCK = 4_096
"""Inputs that are sorted together: with 32 to a batch, 128 batches of like length."""

_T = TypeVar("_T")
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Runner:
    """One head of a model, ready to predict.

    Args:
        model: Backbone and heads.
        head: Name of the head.
        pad: Piece that pads.
        tokens: Most pieces of a batch, padding counted.
        device: As torch names it.
        precision: `fp32` or `bf16` (autocast).
    """

    model: MultiHead
    head: str
    pad: int
    tokens: int
    device: str = "cpu"
    precision: str = "fp32"

    def scores(self, features: Sequence[Feature], done: Callable[[int], None] = lambda _inputs: None) -> list[Scores]:
        """The head's scores for each input, in order: of classes or choices, or a row a piece (padding cut off).

        `done` is told after each batch how many inputs it had.
        """
        found: list[Scores | None] = [None] * len(features)
        was_training = self.model.training
        self.model.eval()
        try:
            with torch.inference_mode(), self._cast():
                for batch in batches(features, self.tokens):
                    for place, scores in zip(batch, self._run([features[place] for place in batch]), strict=True):
                        found[place] = scores
                    done(len(batch))
        except torch.OutOfMemoryError:
            raise StoppedError(
                f"the device has too little memory for batches of {self.tokens} pieces; run the same command again "
                f"with --set prediction.tokens={max(self.tokens // 4, 1)}"
            ) from None
        finally:
            self.model.train(was_training)
        return [one for one in found if one is not None]

    def _cast(self) -> Any:
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.partition(":")[0], dtype=torch.bfloat16)

    def _run(self, features: Sequence[Feature]) -> Iterator[Scores]:
        columns = merge_batch([replace(feature, labels={}) for feature in features], self.pad)
        batch = {name: tensor.to(self.device) for name, tensor in to_tensors(columns).items()}
        scores = self.model(self.head, batch).scores.float().cpu().numpy()
        if not np.isfinite(scores).all():
            raise CheckFailed(
                f"the model's scores are no numbers in {self.precision}; predict with --set prediction.precision=fp32, "
                "and train with a smaller learning rate if that does not help"
            )
        for feature, one in zip(features, scores, strict=True):
            yield one[: len(feature.inputs[0].ids)] if one.ndim > 1 else one


def batches(features: Sequence[Feature], tokens: int) -> Iterator[list[int]]:
    """Places of the inputs of each batch: like lengths together, at most `tokens` pieces (one input at least)."""
    batch: list[int] = []
    rows = 0
    order = sorted(range(len(features)), key=lambda place: (_length(features[place]), place))
    for place in order:
        more = len(features[place].inputs)
        if batch and _length(features[place]) * (rows + more) > tokens:  # the longest so far, since they are sorted
            yield batch
            batch, rows = [], 0
        batch.append(place)
        rows += more
    if batch:
        yield batch


def _length(feature: Feature) -> int:
    return max(len(one.ids) for one in feature.inputs)


def run_items(
    items: Sequence[_T], encode: Callable[[_T], tuple[Feature, ...]], runner: Runner, progress: Progress
) -> Iterator[tuple[_T, list[tuple[Feature, Scores]]]]:
    """Every item with its inputs and their scores, in order."""
    for block in _blocks(items, encode):
        features = [feature for _, own in block for feature in own]
        share = len(block) / len(features)  # items an input
        scores = iter(runner.scores(features, lambda inputs, share=share: progress.add(inputs * share)))  # type: ignore[misc]
        for item, own in block:
            yield item, list(zip(own, islice(scores, len(own)), strict=True))


def _blocks(
    items: Iterable[_T], encode: Callable[[_T], tuple[Feature, ...]]
) -> Iterator[list[tuple[_T, tuple[Feature, ...]]]]:
    block: list[tuple[_T, tuple[Feature, ...]]] = []
    size = 0
    for item in items:
        block.append((item, encode(item)))
        size += len(block[-1][1])
        if size >= BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block
