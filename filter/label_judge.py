"""An English model that labels sentence pairs, for the estimate of label agreement; of the user's choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from synth.errors import BadFlag
from synth.tasks.base import Policy, Shape, Task

Pair = tuple[str, str]


class PairJudge(Protocol):
    """Labels pairs of English texts; `name` is what the user calls it."""

    name: str

    @property
    def labels(self) -> Sequence[str]:
        """Its label names, in class order."""

    def judge(self, pairs: Sequence[Pair]) -> Sequence[str]:
        """One of `labels` for each pair."""


class SequenceJudge:
    """A sequence-classification model by folder or Hub id, run by the transformers pipeline.

    Raises:
        MissingExtra: torch or transformers is not installed.
        BadFlag: There is no such model, or it labels nothing.
    """

    def __init__(self, model: str) -> None:
        from synth.encoder.prepare import require_torch

        require_torch("--judge")
        from transformers import pipeline

        from synth.encoder.quiet import without_bars

        try:
            with without_bars():
                self._pipeline: Any = pipeline("text-classification", model=model, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise BadFlag(
                f"--judge {model} cannot be loaded ({error}); give a sequence-classification model's folder or id"
            ) from error
        self.name = model
        names: Mapping[int, str] = self._pipeline.model.config.id2label
        self.labels = tuple(names[number] for number in sorted(names))

    def judge(self, pairs: Sequence[Pair]) -> list[str]:
        """The likeliest label of each pair; long pairs are cut at the model's limit."""
        given = [{"text": first, "text_pair": second} for first, second in pairs]
        return [found["label"] for found in self._pipeline(given, truncation=True)] if given else []


def pair_columns(task: Task) -> tuple[str, str] | None:
    """The two text columns of a task that a judge of pairs can label; None for the other tasks."""
    columns = [column.name for column in task.columns_with(Policy.TRANSLATE)]
    if task.shape is not Shape.PAIR or task.label_column is None or len(columns) != 2:
        return None
    return columns[0], columns[1]


def label_names(judge: Sequence[str], task: Task) -> dict[str, str] | None:
    """The judge's labels in the task's words; None where the judge knows other classes.

    Models without names (`LABEL_0` ...) are taken to have the task's order, when they have as many classes.
    """
    known = {_plain(name): name for name in task.labels}
    if {_plain(name) for name in judge} == set(known):
        return {name: known[_plain(name)] for name in judge}
    if len(judge) == len(task.labels) and all(name == f"LABEL_{number}" for number, name in enumerate(judge)):
        return dict(zip(judge, task.labels, strict=True))
    return None


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")
