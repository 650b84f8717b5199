"""Reading all that evaluations will read before hours of training are spent: a broken set is told at once.

Nothing is kept: a task's sets are read again when its turn comes. Imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from synth.errors import BadSource
from synth.evaluate.data.base import EntitySource, EvalSet, EvalSource
from synth.evaluate.english import STAGES, Stage, english_sets
from synth.evaluate.predictions import is_done
from synth.evaluate.settings import EvalSettings
from synth.evaluate.stage import TaskData
from synth.evaluate.tasks import EVAL_TASKS, get_eval_task
from synth.evaluate.tasks.base import EvalTask, Form, Group
from synth.evaluate.tasks.items import QueryItem

Cells = Mapping[str, Collection[str]]
"""Languages by task."""
_BY_VECTORS: Final = frozenset({Form.BITEXT, Form.MINING})


def cells_left(wanted: Cells, folders: Iterable[Path]) -> dict[str, set[str]]:
    """The tasks and languages that some of these evaluations have still to predict."""
    places = list(folders)
    left = {
        task: {lang for lang in langs if not all(is_done(folder, task, lang) for folder in places)}
        for task, langs in wanted.items()
    }
    return {task: langs for task, langs in left.items() if langs}


def check_sets(source: EvalSource, wanted: Cells, settings: EvalSettings, say: Callable[[str], None]) -> None:
    """Read every set that will be predicted, trained on or searched.

    Args:
        source: Where they come from.
        wanted: What will be predicted (`cells_left`).
        settings: Of the evaluations, with their style decided.
        say: Told when it begins.

    Raises:
        BadSource: One of them cannot be used.
    """
    if wanted:
        say("reading the test sets and the English sets, so that a faulty one is told before anything is trained")
    for name, langs in wanted.items():
        _check_task(get_eval_task(name), langs, source)
    for stage in _stages(wanted, settings):
        english_sets(source, stage, settings.targets[stage.target], 0)


def _check_task(task: EvalTask, langs: Collection[str], source: EvalSource) -> None:
    together = source.languages(task.name, task.split) if task.pooled else tuple(langs)
    data = TaskData(task, together, source)
    names = set(_entities(source)) if task.form is Form.LINKING else set()
    for lang in (lang for lang in task.languages if lang in langs):
        found = data.set_of(lang)
        if task.form is Form.LINKING:
            require_candidates(found, names)
        if task.form is Form.MINING:
            source.load(task.name, lang, "validation")


def _entities(source: EvalSource) -> Iterator[str]:
    if isinstance(source, EntitySource):
        yield from (one.item_id for one in source.entities())


def require_candidates(data: EvalSet, known: Collection[str]) -> None:
    """Mewsli-X: what is searched for must be there to be found.

    Args:
        data: Mentions of one language.
        known: Ids of all candidates, in something that is searched fast.

    Raises:
        BadSource: A mention means an entity that is no candidate; the official set has all of them.
    """
    mentions = [item for item in data.items if isinstance(item, QueryItem)]
    absent = [item for item in mentions if not any(gold in known for gold in item.gold)]
    if absent:
        raise BadSource(
            f"mewslix {data.lang}: {len(absent)} of {len(data.items)} mentions mean entities that are not among the "
            f"{len(known):,} candidates, such as {', '.join(absent[0].gold)}; give the whole "
            "candidate_set_entities.jsonl"
        )


def _stages(wanted: Cells, settings: EvalSettings) -> list[Stage]:
    """The trainings of the target stage, each once."""
    as_it_is = settings.style == "text" and not settings.text.train
    needing = [name for name in wanted if not as_it_is or EVAL_TASKS[name].group is Group.RETRIEVAL]
    stages = [stage for name in needing for stage in STAGES.get(name, ())]
    if settings.retrieval.after and any(EVAL_TASKS[name].form in _BY_VECTORS for name in wanted):
        stages += STAGES["xquad"]
    return list({stage.target: stage for stage in stages}.values())
