"""The English sets that targets are trained on: which, in which order, and from where.

They are splits of the tasks in the evaluation source, loaded for `en`. SQuAD v1.1 stands with XQuAD and serves MLQA and
LAReQA too; Social IQa, which XCOPA is trained on before COPA, has splits of its own names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from synth.errors import BadSource
from synth.evaluate.aggregate import score_cell
from synth.evaluate.data.base import EvalSet, EvalSource
from synth.evaluate.predictions import Predictions
from synth.evaluate.settings import Target
from synth.evaluate.stage import Predicted
from synth.evaluate.stats import cell_stats
from synth.evaluate.tasks.items import gold_of
from synth.train.hashing import ids64, mixed, salt


@dataclass(frozen=True, slots=True)
class Stage:
    """One training of the target stage.

    Args:
        target: Its key in the settings, and its folder below `target/`.
        task: The task of the source whose splits it reads.
        train: Name of the split to train on.
        validation: Name of the split that selects the model.
    """

    target: str
    task: str
    train: str = "train"
    validation: str = "validation"


_SQUAD: Final = Stage("squad", "xquad")
STAGES: Final[Mapping[str, tuple[Stage, ...]]] = MappingProxyType(
    {
        "xnli": (Stage("xnli", "xnli"),),
        "pawsx": (Stage("pawsx", "pawsx"),),
        "xcopa": (Stage("siqa", "xcopa", "siqa_train", "siqa_validation"), Stage("copa", "xcopa")),
        "udpos": (Stage("udpos", "udpos"),),
        "panx": (Stage("panx", "panx"),),
        "xquad": (_SQUAD,),
        "mlqa": (_SQUAD,),
        "tydiqa": (Stage("tydiqa", "tydiqa"),),
        "lareqa": (Stage("lareqa", "xquad"),),
        "mewslix": (Stage("mewslix", "mewslix", "train", "pairs_validation"),),
    }
)
"""By task: its trainings, one after the other; none of Tatoeba and BUCC."""


@dataclass(frozen=True, slots=True)
class English:
    """What one training reads; `dev` is None where the source has none, and then the last weights are taken."""

    train: EvalSet
    dev: EvalSet | None


def english_sets(source: EvalSource, stage: Stage, settings: Target, seed: int) -> English:
    """Training and development set of a stage.

    Raises:
        BadSource: There is no training set, or it cannot be used.
    """
    if "en" not in _languages(source, stage.task, stage.train):
        raise BadSource(
            f"{stage.target}: the source has no English training set ({stage.task}, split {stage.train}); name it in "
            f"the sources file as `{stage.task}: {{{stage.train}: FILE}}`, or leave its tasks out with --tasks"
        )
    train = _drawn(source.load(stage.task, "en", stage.train), settings.rows, seed)
    if not settings.select_every or "en" not in _languages(source, stage.task, stage.validation):
        return English(train, None)
    return English(train, _drawn(source.load(stage.task, "en", stage.validation), settings.dev_rows, seed))


def _languages(source: EvalSource, task: str, split: str) -> tuple[str, ...]:
    """As the source says; XCOPA's own languages do not hold English, which its training sets are in."""
    return source.languages(task, split)


def _drawn(data: EvalSet, rows: int, seed: int) -> EvalSet:
    """At most so many items, drawn by the seed and the items' ids, in the order of the file."""
    if not rows or len(data.items) <= rows:
        return data
    ranks = mixed(ids64(item.item_id for item in data.items), salt("rows", seed)).argsort(kind="stable")
    return replace(data, items=tuple(data.items[place] for place in sorted(ranks[:rows].tolist())))


def english_score(dev: EvalSet, found: Predicted) -> float:
    """The task's own metric, 0 to 100, of predictions for an English development set: models are selected by it."""
    made = Predictions(
        dev.task,
        "en",
        dev.split,
        tuple(item.item_id for item in dev.items),
        ("",) * len(dev.items),
        tuple(map(tuple, found.predictions)),
        tuple(gold_of(item) for item in dev.items),
    )
    return score_cell(cell_stats(made)).headline
