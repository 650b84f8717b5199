"""Which tasks and languages are evaluated, and which ones are missing, with the reason: a hole is always named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from synth.errors import BadFlag, BadSource
from synth.evaluate.aggregate import Hole
from synth.evaluate.data.base import ENTITIES, EvalSource
from synth.evaluate.english import STAGES
from synth.evaluate.tasks import EVAL_TASKS, get_eval_task
from synth.evaluate.tasks.base import EvalTask, Form, Group
from synth.languages import parse_languages


@dataclass(frozen=True, slots=True)
class Selection:
    """What is evaluated.

    Args:
        languages: By task, in the order of the tasks.
        holes: What a full evaluation would have had besides.
    """

    languages: Mapping[str, tuple[str, ...]]
    holes: tuple[Hole, ...]


def select(source: EvalSource, tasks: str | None, langs: str | None, style: str, train: bool = True) -> Selection:
    """The cells that a source has and the command line wants.

    Args:
        source: Where test sets and English training sets come from.
        tasks: Names with commas; None: all that the source has.
        langs: Codes with commas; None: all that the source has.
        style: `heads` or `text`; retrieval tasks need what they need in either style.
        train: Whether text models are trained on the English sets; if not, they need none.

    Raises:
        BadFlag: A name is unknown, or names nothing that could be evaluated.
        BadSource: A task that was named cannot be evaluated from the source.
    """
    names = _names(tasks)
    wanted = None if langs in {None, "all"} else parse_languages(str(langs), with_english=True)
    found: dict[str, tuple[str, ...]] = {}
    holes: list[Hole] = []
    for name in names:
        why = _why_not(source, name, style == "text" and not train)
        if why:
            if tasks not in {None, "all"}:
                raise BadSource(f"{name} cannot be evaluated: {why}")
            holes.append(Hole(name, "", why))
            continue
        found[name], missing = _cells(source, name, wanted)
        holes += missing
    found = {name: cells for name, cells in found.items() if cells}
    if not found:
        raise BadFlag(_nothing(holes, langs))
    return Selection(found, tuple(holes))


def _names(tasks: str | None) -> tuple[str, ...]:
    if tasks in {None, "all"}:
        return tuple(EVAL_TASKS)
    asked = {get_eval_task(word.strip()).name for word in str(tasks).split(",") if word.strip()}
    if not asked:
        raise BadFlag(f"--tasks names no task: give some of {', '.join(EVAL_TASKS)}")
    return tuple(name for name in EVAL_TASKS if name in asked)


def _why_not(source: EvalSource, name: str, as_it_is: bool) -> str:
    """Why a task cannot be evaluated at all, as text by a model `as_it_is` or after a training; "" when it can."""
    task = EVAL_TASKS[name]
    if not source.languages(name, task.split):
        return f"the source has no test set of it (split {task.split}); name its files, or take it from the Hub"
    if task.group is Group.RETRIEVAL and _lacking(source, task):
        return f"the source has no {_lacking(source, task)} of it; name its files in the sources file"
    if as_it_is and task.form is Form.TAGS:
        return "it cannot be asked as text: a head is trained for it, and text.train is false"
    if not as_it_is or task.group is Group.RETRIEVAL:
        for stage in STAGES.get(name, ()):
            if "en" not in source.languages(stage.task, stage.train):
                return (
                    f"the source has no English training set for it ({stage.task}, split {stage.train}); add it to "
                    "the sources file"
                )
    return ""


def _lacking(source: EvalSource, task: EvalTask) -> str:
    """What a retrieval task needs beside its test sets and the source has not."""
    if task.form is Form.MINING and not source.languages(task.name, "validation"):
        return "development corpora (split validation), on which the threshold is chosen,"
    if task.form is Form.LINKING and not source.languages(task.name, ENTITIES):
        return f"entities (split {ENTITIES})"
    return ""


def _cells(source: EvalSource, name: str, wanted: tuple[str, ...] | None) -> tuple[tuple[str, ...], list[Hole]]:
    task = EVAL_TASKS[name]
    there = source.languages(name, task.split)
    cells = tuple(lang for lang in there if wanted is None or lang in wanted)
    holes = [Hole(name, lang, "not in the source") for lang in task.languages if lang not in there]
    holes += [Hole(name, lang, "left out by --langs") for lang in there if lang not in cells]
    if task.form is Form.MINING:
        dev = source.languages(name, "validation")
        holes += [Hole(name, lang, "no development corpora (split validation)") for lang in cells if lang not in dev]
        cells = tuple(lang for lang in cells if lang in dev)
    return cells, holes


def _nothing(holes: list[Hole], langs: str | None) -> str:
    first = holes[0] if holes else None
    why = f"{first.task} {first.lang}: {first.why}" if first else "no task"
    asked = f" in the languages {langs}" if langs else ""
    return f"there is nothing to evaluate{asked} ({why}); check --tasks, --langs and --source"


def describe(holes: tuple[Hole, ...]) -> list[str]:
    """A line for each task that has holes."""
    by_task: dict[tuple[str, str], list[str]] = {}
    for hole in holes:
        by_task.setdefault((hole.task, hole.why), []).append(hole.lang)
    return [
        f"{task}: no {', '.join(langs)} ({why})" if all(langs) else f"{task}: not evaluated ({why})"
        for (task, why), langs in by_task.items()
    ]
