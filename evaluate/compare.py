"""Arms against each other: task by task, cell by cell, and by language, tier, script and coverage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from synth.errors import BadFolder
from synth.evaluate.results import Arm
from synth.evaluate.tasks import EVAL_TASKS, XTREME_R
from synth.evaluate.tasks.base import Relation
from synth.evaluate.uncertainty import (
    CellKey,
    Estimate,
    Replicates,
    benjamini_hochberg,
    estimate,
    holm,
    mean_of,
    point,
    replicate,
)
from synth.languages import LANGUAGES

COVERED, UNCOVERED = "in the corpus", "not in the corpus"


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """An arm's cells with their replicates, drawn in the same way for every arm."""

    arm: Arm
    points: Mapping[CellKey, float]
    replicates: Mapping[CellKey, Replicates]


@dataclass(frozen=True, slots=True)
class TaskEstimate:
    """A task's score or difference. `languages` of `of` are in it: fewer than all is no official score.

    `p_adjusted` is Holm's over the tasks of one comparison (1 where nothing is compared).
    """

    task: str
    estimate: Estimate
    languages: int
    of: int
    p_adjusted: float = 1.0
    relation: Relation = Relation.CROSS

    @property
    def whole(self) -> bool:
        """Whether every language of the task is there."""
        return self.languages == self.of


@dataclass(frozen=True, slots=True)
class CellEstimate:
    """One task and language of one arm: the mean over its seeds, and the error of that over items and seeds."""

    task: str
    lang: str
    estimate: Estimate
    items: int
    small: bool


@dataclass(frozen=True, slots=True)
class CellDifference:
    """One task and language; `p_adjusted` is Benjamini and Hochberg's over all cells of one comparison."""

    task: str
    lang: str
    estimate: Estimate
    p_adjusted: float
    items: int
    small: bool
    covered: bool


@dataclass(frozen=True, slots=True)
class GroupDifference:
    """The mean of the differences of some cells."""

    name: str
    estimate: Estimate
    cells: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`arm` minus `base`, in points, over the cells that both have.

    `overall` is the mean over the tasks of XTREME-R that both have; `whole` says whether that is all ten with all
    languages. `same_task` and `cross_task` are the means over the tasks of one relation (None where there is none).
    """

    arm: str
    base: str
    overall: Estimate | None
    whole: bool
    tasks: tuple[TaskEstimate, ...]
    cells: tuple[CellDifference, ...]
    same_task: Estimate | None
    cross_task: Estimate | None
    languages: tuple[GroupDifference, ...]
    tiers: tuple[GroupDifference, ...]
    scripts: tuple[GroupDifference, ...]
    coverage: tuple[GroupDifference, ...]
    seeds: tuple[int, int]


def sample(arm: Arm, replicates: int, seed: int) -> Sampled:
    """Replicates of every cell that all seeds of the arm have."""
    points = {key: point(arm.seeds_of(key)) for key in arm.keys}
    return Sampled(arm, points, {key: replicate(arm.seeds_of(key), replicates, seed) for key in arm.keys})


def task_estimates(sampled: Sampled) -> tuple[TaskEstimate, ...]:
    """The scores of an arm, task by task."""
    return _by_task(sampled.points, sampled.replicates, sampled.arm)


def cell_estimates(sampled: Sampled) -> tuple[CellEstimate, ...]:
    """The scores of an arm, cell by cell."""
    cells = sampled.arm.runs[0].cells if sampled.arm.runs else {}
    return tuple(
        CellEstimate(
            task,
            lang,
            estimate(sampled.points[task, lang], sampled.replicates[task, lang]),
            cells[task, lang].items,
            EVAL_TASKS[task].small(lang, cells[task, lang].items),
        )
        for task, lang in sampled.points
    )


def overall_estimate(tasks: Iterable[TaskEstimate], sampled: Sampled) -> Estimate | None:
    """XTREME-R's overall score; None unless all ten tasks are whole."""
    whole = [one.task for one in tasks if one.whole and one.task in XTREME_R]
    if len(whole) < len(XTREME_R):
        return None
    return _mean_of_tasks(whole, sampled.points, sampled.replicates, sampled.arm)


def compare(one: Sampled, other: Sampled) -> Comparison:
    """The first arm minus the second.

    Raises:
        BadFolder: They have no cell in common, or were evaluated on different data.
    """
    keys = [key for key in one.points if key in other.points]
    if not keys:
        raise BadFolder(
            f"arms {one.arm.name!r} and {other.arm.name!r} have no task and language in common; evaluate them"
        )
    for key in keys:
        _same_data(key, one.arm, other.arm)
    points = {key: one.points[key] - other.points[key] for key in keys}
    replicates = {key: one.replicates[key] - other.replicates[key] for key in keys}
    tasks = _by_task(points, replicates, one.arm)
    adjusted = holm([task.estimate.p for task in tasks])
    tasks = tuple(replace(task, p_adjusted=p) for task, p in zip(tasks, adjusted, strict=True))
    names = [task.task for task in tasks if task.task in XTREME_R]
    related = {rel: [task.task for task in tasks if task.relation is rel] for rel in Relation}

    def mean(chosen: Sequence[str]) -> Estimate | None:
        return _mean_of_tasks(chosen, points, replicates, one.arm) if chosen else None

    def grouped(label: Callable[[str], str]) -> tuple[GroupDifference, ...]:
        return _groups(points, replicates, label)

    return Comparison(
        arm=one.arm.name,
        base=other.arm.name,
        overall=mean(names),
        whole=len(names) == len(XTREME_R) and all(task.whole for task in tasks if task.task in XTREME_R),
        tasks=tasks,
        cells=_cells(points, replicates, one.arm),
        same_task=mean(related[Relation.SAME]),
        cross_task=mean(related[Relation.CROSS]),
        languages=grouped(lambda lang: lang),
        tiers=grouped(lambda lang: f"tier {LANGUAGES[lang].tier}"),
        scripts=grouped(lambda lang: LANGUAGES[lang].main_script),
        coverage=grouped(lambda lang: COVERED if lang in one.arm.languages else UNCOVERED),
        seeds=(len(one.arm.runs), len(other.arm.runs)),
    )


def _same_data(key: CellKey, one: Arm, other: Arm) -> None:
    mine, theirs = one.runs[0].cells[key], other.runs[0].cells[key]
    if mine.golds != theirs.golds:
        raise BadFolder(
            f"{key[0]} {key[1]}: arms {one.name!r} and {other.name!r} were evaluated on different items or golds; "
            "evaluate both on the same data"
        )


def _weights(task: str, keys: Sequence[CellKey], arm: Arm) -> list[float] | None:
    """LAReQA weighs languages by their questions, all other tasks weigh them alike."""
    return [arm.runs[0].cells[key].items for key in keys] if EVAL_TASKS[task].pooled else None


def _task_parts(
    task: str, points: Mapping[CellKey, float], replicates: Mapping[CellKey, Replicates], arm: Arm
) -> tuple[float, Replicates, int]:
    keys = [key for key in points if key[0] == task]
    weights = _weights(task, keys, arm) or [1.0] * len(keys)
    value = sum(points[key] * weight for key, weight in zip(keys, weights, strict=True)) / sum(weights)
    return value, mean_of([replicates[key] for key in keys], weights), len(keys)


def _by_task(
    points: Mapping[CellKey, float], replicates: Mapping[CellKey, Replicates], arm: Arm
) -> tuple[TaskEstimate, ...]:
    found = []
    for name in dict.fromkeys(task for task, _ in points):
        value, drawn, languages = _task_parts(name, points, replicates, arm)
        task = EVAL_TASKS[name]
        same = any(task.relation(one) is Relation.SAME for one in arm.intermediate)
        relation = Relation.SAME if same else Relation.CROSS
        found.append(TaskEstimate(name, estimate(value, drawn), languages, len(task.languages), relation=relation))
    return tuple(found)


def _mean_of_tasks(
    names: Sequence[str], points: Mapping[CellKey, float], replicates: Mapping[CellKey, Replicates], arm: Arm
) -> Estimate:
    parts = [_task_parts(name, points, replicates, arm) for name in names]
    return estimate(sum(value for value, _, _ in parts) / len(parts), mean_of([drawn for _, drawn, _ in parts]))


def _cells(
    points: Mapping[CellKey, float], replicates: Mapping[CellKey, Replicates], arm: Arm
) -> tuple[CellDifference, ...]:
    found = {key: estimate(points[key], replicates[key]) for key in points}
    adjusted = benjamini_hochberg([one.p for one in found.values()])
    return tuple(
        CellDifference(
            task,
            lang,
            one,
            p,
            arm.runs[0].cells[task, lang].items,
            EVAL_TASKS[task].small(lang, arm.runs[0].cells[task, lang].items),
            lang in arm.languages,
        )
        for ((task, lang), one), p in zip(found.items(), adjusted, strict=True)
    )


def _groups(
    points: Mapping[CellKey, float], replicates: Mapping[CellKey, Replicates], label: Callable[[str], str]
) -> tuple[GroupDifference, ...]:
    members: dict[str, list[CellKey]] = {}
    for key in points:
        members.setdefault(label(key[1]), []).append(key)
    return tuple(
        GroupDifference(
            name,
            estimate(sum(points[key] for key in keys) / len(keys), mean_of([replicates[key] for key in keys])),
            len(keys),
        )
        for name, keys in sorted(members.items())
    )
