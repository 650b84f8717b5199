"""One process or many: who is first, and what the first one tells the others.

Imports torch only where there are several processes (`accelerate launch` says so in the environment).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from synth.errors import BadFlag, SynthError

T = TypeVar("T")
_PATIENCE = timedelta(hours=6)
"""How long processes wait for the first one: NCCL's ten minutes are too few for it to fetch and check large corpora.
(When one dies, the launcher ends the others at once.)"""


def world_size() -> int:
    """Processes of this run, over all machines."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this one is."""
    return int(os.environ.get("RANK", "0"))


def first() -> bool:
    """Whether this is the process that prepares, writes and tells."""
    return rank() == 0


def require_world(processes: int) -> None:
    """The recipe's processes must be those that were started.

    Raises:
        BadFlag: They are not.
    """
    if processes != world_size():
        raise BadFlag(
            f"the recipe has parallel.processes {processes}, and {world_size()} {'is' if world_size() == 1 else 'are'} "
            f"running; start `accelerate launch --num_processes {processes} -m synth.cli train ...`, or set "
            f"`--parallel.processes {world_size()}` (the batch of a step grows with it)"
        )


def join() -> None:
    """Meet the other processes, where there are any."""
    if world_size() > 1:
        from accelerate import PartialState

        PartialState(timeout=_PATIENCE)


def from_first(make: Callable[[], T]) -> T:
    """What the first process makes, in all of them; an error of its is everybody's.

    Raises:
        SynthError: What the first process raised.
    """
    if world_size() == 1:
        return make()
    import torch.distributed as dist

    join()
    told: list[Any] = [None, None]
    if first():
        try:
            told[0] = make()
        except SynthError as error:
            told[1] = error
    dist.broadcast_object_list(told, src=0)
    if told[1] is not None:
        raise told[1]
    found: T = told[0]
    return found


def any_process(asked: bool) -> bool:
    """Whether it holds in any process."""
    if world_size() == 1:
        return asked
    import torch
    import torch.distributed as dist
    from accelerate import PartialState

    flag = torch.tensor([int(asked)], device=PartialState().device)
    dist.all_reduce(flag, op=dist.ReduceOp.MAX)
    return bool(flag.item())


def wait() -> None:
    """Until all processes are here."""
    if world_size() > 1:
        from accelerate import PartialState

        PartialState().wait_for_everyone()
