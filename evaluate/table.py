"""`synth evaluate --list`: the twelve target tasks as a table for people, or as one JSON object."""

from __future__ import annotations

import sys
from dataclasses import asdict
from json import dumps
from typing import Any, Final

from synth.evaluate.tasks import EVAL_TASKS, XTREME_R
from synth.evaluate.tasks.base import EvalTask
from synth.tasks import TASKS

_WIDTH_WITHOUT_TERMINAL: Final = 160


def list_tasks(json: bool) -> None:
    """Print all target tasks to standard output.

    Args:
        json: One JSON object `{"tasks": [...]}` instead of a table.
    """
    if json:
        sys.stdout.write(dumps(tasks_as_json(), ensure_ascii=False, indent=2) + "\n")
        return
    _print_table()


def tasks_as_json() -> dict[str, Any]:
    """All target tasks as plain values, in the papers' order, and which of them make the overall score."""
    return {"overall": list(XTREME_R), "tasks": [_as_json(task) for task in EVAL_TASKS.values()]}


def _as_json(task: EvalTask) -> dict[str, Any]:
    return {
        "name": task.name,
        "title": task.title,
        "suite": task.suite.value,
        "group": task.group.value,
        "form": task.form.value,
        "metric": task.metric.value,
        "languages": list(task.languages),
        "split": task.split,
        "sizes": dict(task.sizes),
        "dev_sizes": dict(task.dev_sizes),
        "small": [lang for lang in task.languages if task.small(lang)],
        "training": [asdict(stage) for stage in task.training],
        "licence": asdict(task.licence),
        "hub": [
            {
                "repo": p.repo,
                "config": p.config,
                "splits": dict(p.splits),
                "languages": list(p.languages),
                "revision": p.revision,
                "note": "; ".join(filter(None, (p.note, p.mixed))),
            }
            for p in task.hub
        ],
        "labels": list(task.labels),
        "relations": {name: task.relation(name).value for name in TASKS},
        "paper": task.paper,
        "note": task.note,
    }


def _print_table() -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Target tasks", box=SIMPLE_HEAD, title_justify="left", caption_justify="left")
    table.caption = "same-task: intermediate tasks that are this target's own training data; all others are cross-task"
    for name in ("task", "paper's name", "suite", "languages", "test items", "trained on", "metric", "same-task"):
        table.add_column(name, justify="right" if name in {"languages", "test items"} else "left")
    for task in EVAL_TASKS.values():
        table.add_row(*_cells(task))
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console.width = max(console.width, _WIDTH_WITHOUT_TERMINAL)
    console.print(table)


def _cells(task: EvalTask) -> tuple[str, ...]:
    items = sum(task.sizes.values())
    known = len(task.sizes) == len(task.languages)
    return (
        task.name,
        task.title,
        task.suite.value,
        str(len(task.languages)),
        f"{items:,}" if known else f"{items:,}+" if items else "-",
        ", then ".join(f"{stage.name} {stage.rows:,}" for stage in task.training) or "nothing",
        task.metric.value,
        ", ".join(name for name in TASKS if name in task.same_task) or "-",
    )
