"""Rates that tables and cards show: computed from the funnel, always with the counts they come from."""

from __future__ import annotations

from dataclasses import dataclass

from synth.manifest.models import Funnel
from synth.outcomes import Reason

_SPAN = (Reason.SPAN_LOST, Reason.SPAN_MISMATCH)


@dataclass(frozen=True, slots=True)
class Rate:
    """A part of a whole."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None when there is nothing to divide by."""
        return self.part / self.whole if self.whole else None

    def __str__(self) -> str:
        return "–" if self.share is None else f"{self.share:.1%} ({self.part:,} of {self.whole:,})"


def kept_rate(entry: Funnel) -> Rate:
    """Kept rows of generated rows."""
    return Rate(entry.kept, entry.generated)


def language_rate(entry: Funnel) -> Rate:
    """Rows in the right language, of the rows whose language could be judged (before the filter took any out)."""
    right = entry.language.get("right", 0)
    return Rate(right, right + entry.language.get("wrong", 0))


def span_rate(entry: Funnel) -> Rate:
    """Answer spans that were found, of those that were looked for (answerable questions with a usable answer)."""
    found = sum(entry.rungs.values())
    return Rate(found, found + sum(entry.rejected.get(reason, 0) for reason in _SPAN))


def add_up(entries: list[Funnel]) -> Funnel:
    """The sum of several entries."""
    failed = {key: sum(e.failed.get(key, 0) for e in entries) for e2 in entries for key in e2.failed}
    rejected = {key: sum(e.rejected.get(key, 0) for e in entries) for e2 in entries for key in e2.rejected}
    rungs = {key: sum(e.rungs.get(key, 0) for e in entries) for e2 in entries for key in e2.rungs}
    language = {key: sum(e.language.get(key, 0) for e in entries) for e2 in entries for key in e2.language}
    return Funnel(
        source=sum(e.source for e in entries),
        generated=sum(e.generated for e in entries),
        failed=failed,
        rejected=rejected,
        kept=sum(e.kept for e in entries),
        rungs=rungs,
        language=language,
        requests=sum(e.requests for e in entries),
        prompt_tokens=sum(e.prompt_tokens for e in entries),
        completion_tokens=sum(e.completion_tokens for e in entries),
        seconds=sum(e.seconds for e in entries),
    )
