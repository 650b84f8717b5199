"""Running jobs over parts: in this process, or in one process a core. A job is a picklable value with `__call__`."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from synth.errors import StoppedError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """Where jobs run."""

    def map(self, job: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """The results in the order of the items; items run at the same time where the engine can."""


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """All cores of this machine.

    Args:
        workers: Processes; None for one a core, 1 for this process alone.
    """

    workers: int | None = None

    def map(self, job: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Run the job on each item.

        Raises:
            StoppedError: A worker process died (the system ran out of memory, as a rule).
        """
        count = min(self.workers or available_cores(), len(items))
        if count <= 1:
            yield from map(job, items)
            return
        yield from _in_pool(job, items, count)


def _in_pool(job: Callable[[Item], Result], items: Sequence[Item], count: int) -> Iterator[Result]:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # Spawned, not forked: Arrow and Polars own threads, which do not survive a fork.
    with ProcessPoolExecutor(count, get_context("spawn"), _leave_interrupts) as pool:
        try:
            yield from pool.map(job, items)
        except BrokenProcessPool as error:
            raise StoppedError(
                "a worker process died, probably for want of memory; finished parts are kept: "
                "run the same command again, with fewer --workers"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _leave_interrupts() -> None:
    # Ctrl-C reaches all processes of a terminal: the parent stops the run, the workers finish their part in silence.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
