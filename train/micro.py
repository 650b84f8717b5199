"""Cutting one optimiser step into micro-batches, and these out to processes, so that nothing depends on the cut.

The loss of a step is the mean over all of its labels. A micro-batch's loss is a mean over its own labels, and its
weight is its share of the step's: the weighted sum is the same whatever the size of a micro-batch and the number of
processes. Inputs are sorted by length within the step (which all belong to one gradient), so that little is padding.

Imports torch when tensors are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synth.train.encode.features import Feature, merge_batch
from synth.train.steps import HeadKind, HeadSpec, Step, label_count

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Micro:
    """A micro-batch.

    Args:
        head: Name of its head.
        arrays: Inputs and labels. (Each tensor that a data loader's process hands over would take an open file.)
        weight: Its share of the labels of the step; 0 where a process has nothing to do but must keep step.
    """

    head: str
    arrays: Mapping[str, NDArray[Any]]
    weight: float

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The same as tensors."""
        import torch

        return {name: torch.from_numpy(array) for name, array in self.arrays.items()}


@dataclass(frozen=True, slots=True)
class Share:
    """What one process does of a step.

    Args:
        head: Name of the step's head.
        micros: Its micro-batches, as many as every other process has.
        tokens: Pieces of the whole step.
        inputs: Model inputs of the whole step.
    """

    head: str
    micros: tuple[Micro, ...]
    tokens: int
    inputs: int


@dataclass(frozen=True, slots=True)
class Cut:
    """How steps are cut.

    Args:
        size: Model inputs of a micro-batch.
        pad: Piece that pads.
        processes: Of the run.
        rank: Which of them this one is.
    """

    size: int
    pad: int
    processes: int = 1
    rank: int = 0


def cut_step(step: Step, spec: HeadSpec, cut: Cut) -> Share:
    """One process's share of a step."""
    groups = _groups(step.features, spec, cut.size)
    labels = sum(label_count(spec.kind, feature) for feature in step.features)
    own = [(group, _labels(spec, group) / max(1, labels)) for group in groups[cut.rank :: cut.processes]]
    if cut.rank >= len(groups) % cut.processes > 0:  # others have one more
        own.append(([groups[0][0]], 0.0))
    micros = tuple(_micro(step.head, group, weight, cut.pad) for group, weight in own)
    return Share(step.head, micros, step.tokens, len(step.features))


def _groups(features: Sequence[Feature], spec: HeadSpec, size: int) -> list[list[Feature]]:
    """Micro-batches of all processes; pairs of texts keep their order, because they are held against their group."""
    found = list(features) if spec.kind is HeadKind.DUAL else sorted(features, key=_length, reverse=True)
    return [found[start : start + size] for start in range(0, len(found), size)]


def _length(feature: Feature) -> int:
    return max(len(one.ids) for one in feature.inputs)


def _labels(spec: HeadSpec, group: Sequence[Feature]) -> int:
    return sum(label_count(spec.kind, feature) for feature in group)


def _micro(head: str, group: Sequence[Feature], weight: float, pad: int) -> Micro:
    import numpy as np

    columns = merge_batch(list(group), pad)
    return Micro(head, {name: np.array(values, dtype=np.int64) for name, values in columns.items()}, weight)
