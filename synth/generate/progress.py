"""Progress of a run: rows, rate and time left, on stderr; a line now and then where there is no terminal."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from synth.corpus.markers import Marker

_PLAIN_SECONDS = 15.0  # between lines where nobody watches a bar


class Progress:
    """Counts rows and shows a bar (tqdm). `done` rows of an earlier run are counted in, the rate is of this run."""

    def __init__(self, total: int, done: int, quiet: bool = False) -> None:
        from tqdm import tqdm

        self.outcomes: Counter[str] = Counter()
        self.tokens = 0
        self._started = time.monotonic()
        self._bar = tqdm(
            total=total, initial=done, unit="row", disable=quiet, file=sys.stderr, smoothing=0.1, dynamic_ncols=True,
            mininterval=0.5 if sys.stderr.isatty() else _PLAIN_SECONDS, ascii=not sys.stderr.isatty(),
        )  # fmt: skip

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def row(self, row: Mapping[str, Any]) -> None:
        """Count one finished row."""
        self.outcomes[row["synth_outcome"]] += 1
        self.tokens += row["synth_completion_tokens"]
        self._show(1)

    def part(self, marker: Marker) -> None:
        """Count a part that another process has finished."""
        for name, count in marker.outcomes.items():
            self.outcomes[name.partition(":")[0]] += count
        self.tokens += marker.completion_tokens
        self._show(marker.rows)

    def _show(self, rows: int) -> None:
        rate = self.tokens / max(0.001, time.monotonic() - self._started)
        text = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items()))
        self._bar.set_postfix_str(f"{rate:.0f} tokens/s, {text}", refresh=False)
        self._bar.update(rows)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started


def tell(message: str) -> None:
    """Say something to the user while a run goes on (stderr; stdout belongs to results)."""
    print(message, file=sys.stderr, flush=True)


def told_now_and_then(what: str, every: float = 10.0) -> Callable[[float, str], None]:
    """A progress callback (seconds, step) for something slow, that says a line every `every` seconds."""
    last = [0.0]

    def note(seconds: float, step: str) -> None:
        if seconds >= last[0] + every:
            last[0] = seconds
            tell(f"  {what}, {seconds:.0f} s: {step}")

    return note
