"""What `synth evaluate` hands to whatever predicts a task, and what it wants back.

The command goes through the tasks: it reads the test sets (`TaskData`), asks `predictor_for` for the task's `Predictor`
(which may train on the English set first, and caches what it trained in `RunContext.folder / "target"`), and has it
predict language by language; languages that are on disk already are not asked for. Predictions are checked and written
by the command. A predictor is made once a task and only if a language is missing.

By form of task and style: heads (`synth.evaluate.heads`), vectors (`synth.evaluate.retrieve`), text
(`synth.evaluate.likelihood`). Nothing heavy is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

from synth.evaluate.data.base import EvalSet, EvalSource
from synth.evaluate.data.collect import pool
from synth.evaluate.settings import EvalSettings
from synth.evaluate.tasks.base import EvalTask, Form
from synth.evaluate.tasks.items import Candidate

_TOKENS_CPU: Final = 2_048  # the fastest of 512 to 8,192 for e5-small: what is computed next is still in the cache
_TOKENS_GPU: Final = 16_384


@dataclass(frozen=True, slots=True)
class Place:
    """Where the run's backbone is, as `synth.train.student.load_student` takes it.

    Args:
        place: Hub id or folder; "" with `architecture` for the embedded students.
        architecture: Name of a known student, where it is one.
        revision: Commit of the Hub repository.
        identity: Stands for the weights: what a target-stage training was made from is compared by it.
    """

    place: str
    architecture: str | None = None
    revision: str | None = None
    identity: str = ""


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run that is evaluated.

    Args:
        folder: Of the evaluation: `run.json`, `TASK/LANG.parquet`, `target/NAME/`.
        student: Where the backbone is.
        source: Test sets, and English training sets (splits `train` and `validation` of `en`).
        settings: Protocol.
        seed: Of the target stage: heads, order of the data, dropout.
        device: As torch names it: `cpu`, `cuda`.
        say: Told one line at a time about what is being done (goes to standard error).
    """

    folder: Path
    student: Place
    source: EvalSource
    settings: EvalSettings
    seed: int
    device: str
    say: Callable[[str], None]

    @property
    def tokens(self) -> int:
        """Most pieces of a batch."""
        by_device = _TOKENS_GPU if self.device.startswith("cuda") else _TOKENS_CPU
        return self.settings.prediction.tokens or by_device

    @property
    def precision(self) -> str:
        """`fp32` or `bf16`, for predicting."""
        wanted = self.settings.prediction.precision
        if wanted != "auto":
            return wanted
        import torch

        return "bf16" if self.device.startswith("cuda") and torch.cuda.is_bf16_supported() else "fp32"


class TaskData:
    """The test sets of one task, read when they are asked for.

    Args:
        task: The task.
        languages: Those that are evaluated; of LAReQA, whose languages are one pool, all that the source has.
        source: Where the sets come from.
        items: First items of each set; 0: all.
    """

    def __init__(self, task: EvalTask, languages: Sequence[str], source: EvalSource, items: int = 0) -> None:
        self.task = task
        self.languages = tuple(languages)
        self._source = source
        self._items = items

    def set_of(self, lang: str) -> EvalSet:
        """The test set of one language: what is predicted, and what is scored.

        Raises:
            BadSource: It cannot be used.
        """
        if self.task.form is Form.ANSWERS:
            return self._pooled[0][lang]
        return self._load(lang)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """LAReQA: the sentences of all languages. Other tasks have their candidates in each set."""
        return self._pooled[1] if self.task.form is Form.ANSWERS else ()

    def _load(self, lang: str) -> EvalSet:
        found = self._source.load(self.task.name, lang, self.task.split)
        cut = self._items if self.task.form not in _NEVER_CUT else 0
        return replace(found, items=found.items[:cut]) if cut else found

    @cached_property
    def _pooled(self) -> tuple[dict[str, EvalSet], tuple[Candidate, ...]]:
        """LAReQA's golds are the sentences of all languages, so all sets are read whichever one is predicted."""
        sets, candidates = pool([self._load(lang) for lang in self.languages])
        return {one.lang: one for one in sets}, candidates


_NEVER_CUT = frozenset({Form.BITEXT, Form.MINING, Form.ANSWERS})  # queries and candidates belong together


@dataclass(frozen=True, slots=True)
class Predicted:
    """For every item of a set, in its order: texts (see `Predictions`), and the model's numbers for them."""

    predictions: Sequence[Sequence[str]]
    scores: Sequence[Sequence[float]]


class Predictor(Protocol):
    """What predicts one task with one run's model."""

    @property
    def record(self) -> Mapping[str, Any]:
        """What is kept in `run.json` about how it predicts: training of the target stage, layer, threshold ..."""
        ...

    def predict(self, data: EvalSet) -> Predicted:
        """Predictions for a set."""
        ...


def predictor_for(task: EvalTask, data: TaskData, context: RunContext) -> Predictor:
    """The predictor of a task; it may train for hours first.

    Raises:
        SynthError: The source lacks what must be trained on, or training fails.
    """
    if task.form in {Form.BITEXT, Form.MINING, Form.LINKING, Form.ANSWERS}:
        from synth.evaluate.retrieve import retrieval_predictor

        return retrieval_predictor(task, data, context)
    if context.settings.style == "text":
        from synth.evaluate.likelihood import text_predictor

        return text_predictor(task, data, context)
    from synth.evaluate.heads import head_predictor

    return head_predictor(task, data, context)
