"""What one cell (a task and language of one run) comes down to: a few numbers an item, from which every score follows.

Keeping them instead of the score makes intervals cheap: resampling items is a weighted sum of these rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from synth.evaluate.metrics import qa, ranking, tagging
from synth.evaluate.predictions import Predictions
from synth.evaluate.tasks import get_eval_task
from synth.evaluate.tasks.base import EvalTask, Metric

Columns = NDArray[np.float64]


class Kind(StrEnum):
    """How rows become a score."""

    MEAN = "mean"  # the mean over all rows and columns
    F1 = "f1"  # columns right, predicted, gold are summed over rows first


@dataclass(frozen=True, slots=True, eq=False)
class CellStats:
    """One cell.

    Args:
        task, lang: Which.
        kind: How the score is computed.
        columns: One row an item. MEAN: values 0 to 1 (QA has F1 and EM). F1: right, predicted, gold.
        names: Names of the columns.
        units: What is resampled: the cluster of a parallel set, else the item.
        golds: Hash of ids and golds, so that runs on different data are never compared.
        token_accuracy: Of tagging, 0 to 100.
    """

    task: str
    lang: str
    kind: Kind
    columns: Columns
    names: tuple[str, ...]
    units: tuple[str, ...]
    golds: str
    token_accuracy: float | None = None

    @property
    def items(self) -> int:
        """Number of items."""
        return len(self.columns)


def cell_stats(made: Predictions) -> CellStats:
    """The rows of a cell from its predictions, without model or data set."""
    task = get_eval_task(made.task)
    rows, names = _rows(task, made)
    columns = np.array(rows, dtype=np.float64).reshape(len(made.item_ids), -1)
    kind = Kind.F1 if task.metric in {Metric.SPAN_F1, Metric.PAIR_F1} else Kind.MEAN
    units = tuple(cluster or name for cluster, name in zip(made.clusters, made.item_ids, strict=True))
    accuracy = None
    if task.metric is Metric.SPAN_F1:
        accuracy = 100 * float(columns[:, 3].sum() / columns[:, 4].sum())
        columns, names = columns[:, :3], names[:3]
    return CellStats(made.task, made.lang, kind, columns, names, units, _hash(made), accuracy)


def _rows(task: EvalTask, made: Predictions) -> tuple[Sequence[Sequence[float]], tuple[str, ...]]:
    pairs = list(zip(made.predictions, made.golds, strict=True))
    match task.metric:
        case Metric.ACCURACY:
            return [(float(mine[0] == gold[0]),) for mine, gold in pairs], ("accuracy",)
        case Metric.SPAN_F1:
            counts = [tagging.count_spans(gold, mine) for mine, gold in pairs]
            names = ("right", "predicted", "gold", "tokens_right", "tokens")
            return [tuple(getattr(one, name) for name in names) for one in counts], names
        case Metric.SQUAD | Metric.MLQA:
            normalise = qa.normaliser(made.lang, task.metric is Metric.MLQA)
            answers = [qa.score_answer(mine[0], gold, normalise) for mine, gold in pairs]
            return [(one.f1, one.exact) for one in answers], ("f1", "exact_match")
        case Metric.PAIR_F1:
            return [_mined(mine, gold) for mine, gold in pairs], ("right", "predicted", "gold")
        case Metric.MAP_20:
            return [(ranking.average_precision(gold, mine),) for mine, gold in pairs], ("map@20",)
        case Metric.MRR_20:
            return [(ranking.reciprocal_rank(gold[0], mine),) for mine, gold in pairs], ("map@20",)


def _mined(mine: Sequence[str], gold: Sequence[str]) -> tuple[float, float, float]:
    return len(set(mine) & set(gold)), len(set(mine)), len(set(gold))


def _hash(made: Predictions) -> str:
    from synth.corpus.files import fingerprint

    return fingerprint([made.item_ids, made.golds])


def values(stats: CellStats) -> Mapping[str, float]:
    """The official numbers of a cell, 0 to 100, by name: `accuracy`, `f1`, `exact_match`, `map@20` ..."""
    if stats.kind is Kind.MEAN:
        # Python's left-to-right sum, as the official scripts add; numpy's pairwise sum differs in the last bits.
        sums = zip(stats.names, map(sum, stats.columns.T.tolist()), strict=True)
        return {name: _percent(total, stats.items, "exact_match" in stats.names) for name, total in sums}
    right, predicted, gold = (float(one) for one in stats.columns.sum(axis=0))
    return {
        "f1": tagging.f1(right, predicted, gold) * 100,
        "precision": right / predicted * 100 if predicted else 0.0,
        "recall": right / gold * 100 if gold else 0.0,
    }


def _percent(total: float, items: int, answers: bool) -> float:
    """The QA scripts multiply first and divide then, the others the other way round: the last digit depends on it."""
    return 100.0 * total / items if answers else total / items * 100


def headline(numbers: Mapping[str, float]) -> float:
    """The one number of a cell: QA's is the mean of F1 and EM."""
    if "exact_match" in numbers:
        return (numbers["exact_match"] + numbers["f1"]) / 2
    return next(numbers[name] for name in ("f1", "accuracy", "map@20") if name in numbers)
