"""The twelve target tasks: XTREME-R's ten, and PAWS-X and BUCC of XTREME."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from synth.errors import BadFlag
from synth.evaluate.tasks import (
    bucc2018,
    lareqa,
    mewslix,
    mlqa,
    panx,
    pawsx,
    tatoeba,
    tydiqa,
    udpos,
    xcopa,
    xnli,
    xquad,
)
from synth.evaluate.tasks.base import EvalTask, Suite
from synth.nearest import did_you_mean

_MODULES = (xnli, xcopa, udpos, panx, xquad, mlqa, tydiqa, tatoeba, mewslix, lareqa, pawsx, bucc2018)

EVAL_TASKS: Final[Mapping[str, EvalTask]] = MappingProxyType({module.TASK.name: module.TASK for module in _MODULES})
"""By name, in the papers' order."""

XTREME_R: Final = tuple(name for name, task in EVAL_TASKS.items() if task.suite is Suite.XTREME_R)
"""The ten tasks of XTREME-R's overall score, LAReQA included (the official code cannot score it)."""


def get_eval_task(name: str) -> EvalTask:
    """The task of this name.

    Raises:
        BadFlag: There is none; the message names the nearest.
    """
    if name not in EVAL_TASKS:
        hint = did_you_mean(name, EVAL_TASKS)
        raise BadFlag(
            f"there is no target task {name!r}. {hint} `synth evaluate --list` lists all: {', '.join(EVAL_TASKS)}"
        )
    return EVAL_TASKS[name]
