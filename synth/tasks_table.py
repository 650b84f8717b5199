"""`synth tasks`: the nine tasks as tables for people, or as one JSON object."""

from __future__ import annotations

import sys
from dataclasses import asdict
from json import dumps
from typing import TYPE_CHECKING, Any

from synth.tasks import TASKS
from synth.tasks.base import Column, HubSource, Policy, Task

if TYPE_CHECKING:
    from rich.table import Table


def print_tasks(json: bool) -> None:
    """Print all tasks to standard output.

    Args:
        json: One JSON object `{"tasks": [...]}` instead of tables.
    """
    if json:
        sys.stdout.write(dumps(tasks_as_json(), ensure_ascii=False, indent=2) + "\n")
        return
    from rich.console import Console

    console = Console()
    console.print(_overview())
    console.print(_details())


def tasks_as_json() -> dict[str, Any]:
    """All tasks as plain values, in the order of `TASKS`."""
    return {"tasks": [_task_as_json(task) for task in TASKS.values()]}


def _task_as_json(task: Task) -> dict[str, Any]:
    """One task as plain values; its functions are left out."""
    return {
        "name": task.name,
        "title": task.title,
        "shape": task.shape.value,
        "family": task.family,
        "columns": [_column_as_json(column) for column in task.columns],
        "labels": list(task.labels),
        "label_column": task.label_column,
        "group_column": task.group_column,
        "metric": task.metric,
        "sizes": dict(task.sizes),
        "licence": asdict(task.licence),
        "hub": [_hub_as_json(part) for part in task.hub],
        "also": list(task.also),
        "paper": task.paper,
    }


def _column_as_json(column: Column) -> dict[str, str]:
    return {"name": column.name, "feature": column.feature, "policy": column.policy.value, "help": column.help}


def _hub_as_json(part: HubSource) -> dict[str, Any]:
    return {
        "repo": part.repo,
        "config": part.config,
        "revision": part.revision,
        "splits": dict(part.splits),
        "origin": part.origin,
    }


def _new_table(title: str, *headers: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_lines=False, pad_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold", no_wrap=header in ("task", "train rows"))
    return table


def _overview() -> Table:
    """What one looks up first: a line a task."""
    table = _new_table("Tasks", "task", "paper's name", "shape", "family", "metric", "train rows", "licence")
    table.columns[5].justify = "right"
    for task in TASKS.values():
        train = f"{task.sizes['train']:,}"
        licence = task.licence.id.replace("LicenseRef-", "")
        table.add_row(task.name, task.title, task.shape.value, task.family, task.metric, train, licence)
    return table


def _details() -> Table:
    """Columns with what happens to them, labels, sizes and where the data lives."""
    table = _new_table("Columns and what generation does with them", "task", "columns", "labels", "rows", "Hub")
    for task in TASKS.values():
        table.add_row(task.name, _columns(task), ", ".join(task.labels) or "-", _sizes(task), _hub(task))
        table.add_section()
    return table


def _columns(task: Task) -> str:
    """Columns by policy, one line a policy: "translate: premise, hypothesis"."""
    lines = []
    for policy in Policy:
        names = ", ".join(column.name for column in task.columns_with(policy))
        if names:
            lines.append(f"{policy.value}: {names}")
    return "\n".join(lines)


def _sizes(task: Task) -> str:
    return "\n".join(f"{split} {rows:,}" for split, rows in task.sizes.items())


def _hub(task: Task) -> str:
    """The Hub's names, one line a repository; what is not on the Hub says so."""
    lines = dict.fromkeys(f"{part.repo} ({part.config})" if part.config else part.repo for part in task.hub)
    return "\n".join(lines) or "not on the Hub: bring your own copy"
