"""Ctrl-C and signals while a student trains: the step that is under way is finished and a checkpoint written."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ECHO_S = 2.0


class Stop:
    """Whether somebody asked us to stop."""

    asked = False
    _when = 0.0

    def ask(self, _number: int, _frame: Any) -> None:
        """The handler: the first signal asks, a second one does not wait.

        Unless it comes at once: a scheduler signals a launcher and its processes, and the launcher passes it on.
        """
        if self.asked and time.monotonic() - self._when > _ECHO_S:
            raise KeyboardInterrupt
        if self.asked:
            return
        self.asked, self._when = True, time.monotonic()
        print("stopping after this step; once more to stop at once", file=sys.stderr)


def leave_signals_to_the_parent(_number: int = 0) -> None:
    """For processes that work for us: Ctrl-C is the parent's business, SIGTERM (its way to end them) is theirs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def listening() -> Iterator[Stop]:
    """Catch SIGINT inside the block (`synth` turns SIGTERM into it); other threads than the main one cannot."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, stop.ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
