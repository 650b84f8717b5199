"""How far predicting is: items done, rate, time left, on standard error."""

from __future__ import annotations

import sys
import time
from typing import Final

_SECONDS_TERMINAL: Final = 0.5
_SECONDS_FILE: Final = 30.0  # a log file is not to be filled


class Progress:
    """One line that is written over on a terminal, and a line now and then in a log file.

    Args:
        what: What is being predicted.
        total: Items in all.
    """

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done = what, total, 0.0
        self._begun = self._told = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def add(self, items: float) -> None:
        """So many items more are done."""
        self.done += items
        now = time.monotonic()
        if now - self._told >= (_SECONDS_TERMINAL if self._terminal else _SECONDS_FILE):
            self._told = now
            sys.stderr.write(f"\r\x1b[K{self.line()}" if self._terminal else f"{self.line()}\n")
            sys.stderr.flush()

    def end(self) -> None:
        """Take the line off a terminal."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def line(self) -> str:
        """What it says."""
        rate = self.done / max(time.monotonic() - self._begun, 1e-9)
        left = max(self.total - self.done, 0) / rate if rate else 0.0
        return f"{self.what}: {self.done:,.0f} of {self.total:,} items, {rate:,.1f} a second, {left:,.0f} s left"
