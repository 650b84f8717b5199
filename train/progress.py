"""How far a run is, on stderr: steps, loss, inputs and tokens a second, time left."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

_PAUSE_S = {True: 0.5, False: 15.0}  # between lines, on a terminal and in a log file


class Progress:
    """Tells how far a run is, not too often.

    Args:
        name: Of the run.
        steps: Of the whole run.
        tells: Whether this process is the one that tells.
    """

    def __init__(self, name: str, steps: int, tells: bool) -> None:
        self._name, self._steps, self._tells = name, steps, tells
        self._terminal = sys.stderr.isatty()
        self._step = self._inputs = self._tokens = self._first = 0
        self._began = self._told = time.monotonic()

    def begin(self, step: int) -> None:
        """The run goes on after `step`."""
        self._first, self._began = step, time.monotonic()

    def tell(self, step: int, loss: float, inputs: int, tokens: int) -> None:
        """A step is done."""
        self._inputs, self._tokens = self._inputs + inputs, self._tokens + tokens
        now = time.monotonic()
        if not self._tells or (now - self._told < _PAUSE_S[self._terminal] and step < self._steps):
            return
        self._told = now
        spent = max(now - self._began, 1e-9)
        left = timedelta(seconds=round(spent / (step - self._first) * (self._steps - step)))
        line = (
            f"{self._name}: step {step:,} of {self._steps:,}, loss {loss:.3f}, {self._inputs / spent:,.1f} inputs/s, "
            f"{self._tokens / spent:,.0f} tokens/s, {left} left"
        )
        print(
            f"\r\033[K{line}" if self._terminal else line,
            end="" if self._terminal else "\n",
            file=sys.stderr,
            flush=True,
        )

    def end(self) -> None:
        """The run is over: leave the line as it is."""
        if self._tells and self._terminal:
            print(file=sys.stderr)
