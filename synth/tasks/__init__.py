"""The nine intermediate tasks of Phang et al. (2020), by the names that the command line uses."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from synth.errors import BadFlag
from synth.tasks import anli_plus, ccg, commonsense_qa, cosmos_qa, hellaswag, mnli, qqp, squad_v1, squad_v2
from synth.tasks.base import Task

_MODULES = (anli_plus, mnli, qqp, squad_v1, squad_v2, hellaswag, ccg, cosmos_qa, commonsense_qa)

TASKS: Mapping[str, Task] = MappingProxyType({module.TASK.name: module.TASK for module in _MODULES})
"""All tasks in the order in which tables and runs list them."""


def get_task(name: str) -> Task:
    """The task of this name.

    Raises:
        BadFlag: There is no such task; the message offers the nearest names.
    """
    try:
        return TASKS[name]
    except KeyError:
        raise _unknown(name) from None


def parse_tasks(text: str) -> tuple[str, ...]:
    """The task names that `all` or a comma-separated list means, in the order of `TASKS`, each once.

    Raises:
        BadFlag: A name is unknown, or the list is empty.
    """
    names = [name for part in text.split(",") if (name := part.strip())]
    if not names:
        raise BadFlag(f"--tasks names no task: give 'all' or some of {', '.join(TASKS)}")
    asked = {get_task(name).name for name in names if name != "all"}
    return tuple(name for name in TASKS if "all" in names or name in asked)


def _unknown(name: str) -> BadFlag:
    from synth.nearest import did_you_mean

    parts = (f"There is no task {name!r}.", did_you_mean(name, TASKS), f"The tasks are {', '.join(TASKS)}.")
    return BadFlag(" ".join(filter(None, parts)))
