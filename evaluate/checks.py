"""What is refused before anything is scored: every message names the file, the item and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from synth.errors import BadFolder
from synth.evaluate.tasks.base import EvalTask, Form

Texts = Sequence[Sequence[str]]

_ONE = frozenset({Form.PAIR, Form.CHOICE, Form.SPAN})  # exactly one text a prediction


def check_rows(
    task: EvalTask, where: str, item_ids: Sequence[str], predictions: Texts, golds: Texts, scores: Sequence[object]
) -> None:
    """All checks of one task and language.

    Raises:
        BadFolder: Repeated ids, different lengths, labels that are not the task's, missing gold.
    """
    _same_length(where, item_ids, predictions, golds, scores)
    repeated = [name for name, count in Counter(item_ids).items() if count > 1]
    if repeated:
        raise BadFolder(f"{where}: {len(repeated)} ids occur more than once, such as {repeated[0]!r}; predict it again")
    for name, prediction, gold in zip(item_ids, predictions, golds, strict=True):
        flaw = _flaw(task, prediction, gold)
        if flaw:
            raise BadFolder(f"{where}, item {name!r}: {flaw}; predict it again")


def _same_length(
    where: str, item_ids: Sequence[str], predictions: Texts, golds: Texts, scores: Sequence[object]
) -> None:
    if not item_ids:
        raise BadFolder(f"{where}: there are no predictions; predict it again")
    lengths = {len(predictions), len(golds), len(item_ids), len(scores) or len(item_ids)}
    if len(lengths) > 1:
        raise BadFolder(
            f"{where}: {len(item_ids)} items, {len(predictions)} predictions, {len(golds)} golds and {len(scores)} "
            "rows of scores; one of each is needed for every item: predict it again"
        )


def _flaw(task: EvalTask, prediction: Sequence[str], gold: Sequence[str]) -> str:
    """What is wrong with one row; "" when nothing is."""
    if task.form is Form.TAGS and len(prediction) != len(gold):
        return f"{len(prediction)} predicted tags for {len(gold)} tokens"
    if task.form in _ONE and len(prediction) != 1:
        return f"{len(prediction)} predictions, one is needed"
    if task.form is not Form.MINING and not gold:
        return "no gold"
    if task.labels:
        unknown = sorted((set(prediction) | set(gold)) - set(task.labels))
        if unknown:
            return f"{', '.join(map(repr, unknown))} is no label of {task.name} ({', '.join(task.labels)})"
    if task.form is Form.BITEXT and len(prediction) < 1:
        return "no sentence was found"
    return ""
