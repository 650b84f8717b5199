"""From cells to tasks to the overall score, as `evaluate.py` of google-research/xtreme does, with holes for gaps.

- A task is the mean over its languages, English included where the official list has it; QA is the mean of the mean F1
  and the mean EM; LAReQA is the mean over all questions of all languages.
- The overall score is the unweighted mean over the ten tasks of XTREME-R, **LAReQA included**: the official code lists
  it among the tasks, has no reader for it, and so never prints a total.
- A missing cell makes its task a hole, a task with a hole makes the overall score a hole. What is there is averaged
  too, under the name `partial`, and is never shown as the score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from synth.evaluate.stats import CellStats, headline, values
from synth.evaluate.tasks import EVAL_TASKS, XTREME_R, get_eval_task
from synth.evaluate.tasks.base import Group


@dataclass(frozen=True, slots=True)
class Hole:
    """A number that is not there, and why."""

    task: str
    lang: str  # "" for the whole task
    why: str


@dataclass(frozen=True, slots=True)
class CellScore:
    """One task and language of one run, 0 to 100."""

    task: str
    lang: str
    items: int
    values: Mapping[str, float]
    headline: float
    small: bool
    token_accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class TaskScore:
    """One task of one run.

    `value` is None when a language is missing; `partial` is the mean over the languages that are there.
    """

    task: str
    value: float | None
    averages: Mapping[str, float]
    cells: Mapping[str, CellScore]
    holes: tuple[Hole, ...]
    partial: float | None


@dataclass(frozen=True, slots=True)
class Overall:
    """The mean over tasks; None with any hole."""

    value: float | None
    tasks: tuple[str, ...]
    holes: tuple[Hole, ...]


def score_cell(stats: CellStats) -> CellScore:
    """The official numbers of a cell."""
    numbers = values(stats)
    small = get_eval_task(stats.task).small(stats.lang, stats.items)
    return CellScore(stats.task, stats.lang, stats.items, numbers, headline(numbers), small, stats.token_accuracy)


def score_task(name: str, cells: Iterable[CellScore]) -> TaskScore:
    """The score of a task from the cells that are there."""
    task = get_eval_task(name)
    by_lang = {cell.lang: cell for cell in cells}
    there = {lang: by_lang[lang] for lang in task.languages if lang in by_lang}
    holes = tuple(Hole(name, lang, "not evaluated") for lang in task.languages if lang not in by_lang)
    if not there:
        return TaskScore(name, None, {}, {}, (Hole(name, "", "not evaluated"),), None)
    averages = _pooled(there) if task.pooled else _macro(there)
    partial = headline(averages)
    return TaskScore(name, None if holes else partial, averages, there, holes, partial)


def _macro(cells: Mapping[str, CellScore]) -> dict[str, float]:
    names = next(iter(cells.values())).values
    return {name: sum(cell.values[name] for cell in cells.values()) / len(cells) for name in names}


def _pooled(cells: Mapping[str, CellScore]) -> dict[str, float]:
    items = sum(cell.items for cell in cells.values())
    names = next(iter(cells.values())).values
    return {name: sum(cell.values[name] * cell.items for cell in cells.values()) / items for name in names}


def overall(scores: Mapping[str, TaskScore], tasks: tuple[str, ...] = XTREME_R) -> Overall:
    """The mean over tasks, or the holes that keep it from being one."""
    holes = [hole for name in tasks if name in scores for hole in scores[name].holes]
    holes += [Hole(name, "", "not evaluated") for name in tasks if name not in scores]
    found = [scores[name].value for name in tasks if name in scores]
    whole = [value for value in found if value is not None]
    if holes or len(whole) < len(tasks):
        return Overall(None, tasks, tuple(holes))
    return Overall(sum(whole) / len(tasks), tasks, ())


def groups(scores: Mapping[str, TaskScore]) -> dict[Group, Overall]:
    """The means over the groups of XTREME-R's tasks; retrieval holds LAReQA, which the official grouping leaves out."""
    members = {group: tuple(n for n in XTREME_R if EVAL_TASKS[n].group is group) for group in Group}
    return {group: overall(scores, names) for group, names in members.items()}
