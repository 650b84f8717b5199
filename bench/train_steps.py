"""Rows of a source as steps of a trainer, without a corpus between them: what the training benchmarks go through."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from synth.sources import open_source
from synth.train.encode.heads import Encoder
from synth.train.mixing import TaskMixer, task_shares
from synth.train.steps import HeadSpec, Step

Row = Mapping[str, Any]


@cache
def rows_of(source: str, task: str, split: str = "train") -> tuple[dict[str, Any], ...]:
    """All rows of a task, with the two columns that encoders ask for."""
    found = open_source(source).load(task, split).examples
    return tuple({**one.row, "synth_id": one.source_id, "synth_lang": "en"} for one in found)


class RowSteps:
    """Steps over rows, shuffled by the seed; tasks are mixed by size as in a recipe.

    Args:
        rows, encoders, heads: By task.
        count: Steps.
        batch: Rows of a step.
        seed: Of the order.
        temperature: Of the mixing of tasks; 1 is by size, a large one all alike.
    """

    def __init__(
        self, rows: Mapping[str, Sequence[Row]], encoders: Mapping[str, Encoder], heads: Mapping[str, HeadSpec],
        count: int, batch: int, seed: int, temperature: float = 1.0,
    ) -> None:  # fmt: skip
        self.heads, self.count, self._batch, self._encoders = dict(heads), count, batch, encoders
        self._rows = {task: random.Random(seed).sample(list(own), len(own)) for task, own in rows.items()}
        mixer = TaskMixer(
            task_shares({task: len(own) for task, own in rows.items()}, 131_072, temperature), batch, seed
        )
        self._drawn = [mixer.next() for _ in range(count)]

    def step(self, number: int) -> Step:
        """The step of this number."""
        drawn = self._drawn[number]
        own, encoder = self._rows[drawn.task], self._encoders[drawn.task]
        found = [encoder(own[place % len(own)]) for place in drawn.places]
        return Step(drawn.task, tuple(feature for encoded in found for feature in encoded.features))

    def rows_in_order(self) -> list[Row]:
        """The rows of all steps."""
        return [
            self._rows[drawn.task][place % len(self._rows[drawn.task])]
            for drawn in self._drawn
            for place in drawn.places
        ]
