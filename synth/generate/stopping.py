"""What Ctrl-C and SIGTERM do while an event loop runs: the first stops the work in order, the second ends the process.

Left to asyncio, a second one is raised wherever the program happens to be, also while it puts its tasks away, and
tracebacks of all kinds come of it. Every answer is on disk as soon as it is there, so nothing is lost either way.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from synth.errors import Interrupted

T = TypeVar("T")
STOPPED: Final = "stopped; everything that was answered is kept. Run the same command again to go on from here"


def run_stoppable(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` that SIGINT stops (SIGTERM is passed on as SIGINT by `synth.cli`).

    Raises:
        Interrupted: It was stopped.
    """
    stops = _Stops()
    try:
        with stops.heard():
            found = asyncio.run(stops.watched(work))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Interrupted(STOPPED) from None
    if stops.count:  # so late that there was nothing left to cancel
        raise Interrupted(STOPPED)
    return found


class _Stops:
    """The handler of SIGINT, and how many there were."""

    def __init__(self) -> None:
        self.count = 0
        self._cancel: Callable[[], object] | None = None

    async def watched(self, work: Coroutine[Any, Any, T]) -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)  # wakes the loop too
        return await work

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Nothing is changed in a program that has its own handler, or from a thread, where it cannot be."""
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if not usual or threading.current_thread() is not threading.main_thread():
            yield
            return
        signal.signal(signal.SIGINT, self)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def __call__(self, _number: int, _frame: object) -> None:
        self.count += 1
        if self.count > 1:
            sys.stderr.write(f"\nsynth: {STOPPED}\n")  # after a line of progress
            sys.stderr.flush()
            os._exit(Interrupted.exit_code)
        if self._cancel is None:
            raise KeyboardInterrupt
        try:
            self._cancel()
        except RuntimeError:  # the loop is closed already
            return
