"""What a trainer steps through: optimiser steps by number, each with all its examples, encoded.

A step is a function of its number alone. That is what makes resuming exact, and what lets every process of a run find
its own share without being sent anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from synth.tasks import get_task
from synth.tasks.base import Shape
from synth.train.encode.features import IGNORED, Feature
from synth.train.encode.heads import Encoder

if TYPE_CHECKING:
    from synth.train.arms import ArmData


class HeadKind(StrEnum):
    """What a head reads off the backbone, and how its loss is made."""

    CLASS = "class"  # one of `size` classes for an input of one or two texts
    CHOICE = "choice"  # the best of several inputs
    SPAN = "span"  # first and last piece of an answer; piece 0 is no answer
    TAGS = "tags"  # one of `size` tags for the first piece of every word
    DUAL = "dual"  # two texts whose vectors shall be close: retrieval
    TEXT = "text"  # the next piece, where there is a label (prompts and answers); needs a causal language model
    MLM = "mlm"  # language modelling: masked pieces of encoders, the next piece of decoders


SCALE = 100.0
"""Of a dual encoder's cosines: where XTREME's learned `logit_scale` begins, and stays at 2e-5 a step."""


@dataclass(frozen=True, slots=True)
class HeadSpec:
    """One head.

    Args:
        kind: What it does.
        size: Classes or tags; 1 of choices, 2 of spans; of dual encoders the width of a projection, 0 for none.
        normalise: Of dual encoders: vectors have length one, and their products are multiplied by `SCALE`.
    """

    kind: HeadKind
    size: int = 0
    normalise: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One optimiser step: its head, and every model input of it over all processes."""

    head: str
    features: tuple[Feature, ...]

    @property
    def tokens(self) -> int:
        """Pieces of all inputs, without padding."""
        return sum(feature.tokens for feature in self.features)


class Steps(Protocol):
    """All steps of a run."""

    @property
    def heads(self) -> Mapping[str, HeadSpec]:
        """Every head that a step may name."""
        ...

    @property
    def count(self) -> int:
        """Optimiser steps."""
        ...

    def step(self, number: int) -> Step:
        """The step of this number, from 0."""
        ...


_KINDS = {
    Shape.PAIR: HeadKind.CLASS,
    Shape.CHOICE: HeadKind.CHOICE,
    Shape.SPAN: HeadKind.SPAN,
    Shape.TAGS: HeadKind.TAGS,
}


def head_spec(task: str, tags: Mapping[str, int] | None = None) -> HeadSpec:
    """The head of a task.

    Args:
        task: The task.
        tags: Number of each tag, for tagging tasks.
    """
    kind = _KINDS[get_task(task).shape]
    sizes = {HeadKind.CLASS: len(get_task(task).labels), HeadKind.CHOICE: 1, HeadKind.SPAN: 2}
    return HeadSpec(kind, len(tags or {}) if kind is HeadKind.TAGS else sizes[kind])


def label_count(kind: HeadKind, feature: Feature) -> int:
    """How many labels of a model input the loss is a mean over."""
    if kind is HeadKind.TAGS:
        return sum(label != IGNORED for label in feature.labels["labels"])
    if kind in (HeadKind.TEXT, HeadKind.MLM):  # nothing predicts the first piece
        return sum(label != IGNORED for label in feature.labels["labels"][1:])
    return 1


class ArmSteps:
    """The steps of one arm and seed: its rows, encoded.

    Args:
        data: The arm's rows.
        encoders: By task.
        heads: By task.
    """

    def __init__(self, data: ArmData, encoders: Mapping[str, Encoder], heads: Mapping[str, HeadSpec]) -> None:
        import numpy as np

        self._data, self._encoders = data, encoders
        self.heads = dict(heads)
        self.count = data.plan.steps
        mixer = data.mixer()
        self._tasks, self._order = mixer.tasks, mixer.sequence(0, self.count)
        # The how-many-th step of its task each step is: where its examples begin in the task's endless order.
        self._ranks = np.zeros(self.count, dtype=np.int64)
        for index in range(len(self._tasks)):
            own = self._order == index
            self._ranks[own] = np.arange(int(own.sum()))

    def step(self, number: int) -> Step:
        """The step of this number; a row that became several windows brings all of them."""
        task = self._tasks[int(self._order[number])]
        rows, batch = self._data.rows[task], self._data.batch
        start = int(self._ranks[number]) * batch
        encoder = self._encoders[task]
        found = [encoder(rows.row(place)) for place in range(start, start + batch)]
        return Step(task, tuple(feature for encoded in found for feature in encoded.features))
