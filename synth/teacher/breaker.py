"""Tells one bad request from a teacher that is down, so that an outage stops the run and costs no rows."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient the client is. Times are seconds.

    Args:
        in_flight: Requests under way at once, over all URLs.
        timeout_s: Time for one try; slow self-hosted teachers need minutes, so it is generous.
        attempts: Tries of one call that end in server errors, broken connections or garbage.
        timeouts: Tries of one call that end in a timeout.
        backoff_s: First pause; it doubles with each try up to `backoff_cap_s`.
        outage_s: Time without any success, and with no URL answering, after which the run stops.
        stalled_s: The same where the server answers, but never with success (errors for all, or throttling). A single
            call that is turned away for so long, while others are not, fails alone.
        outage_failures: Failures in a row needed for either.
        restarts: Unexplained deaths of a teacher that we supervise, after which the run stops.
    """

    in_flight: int = 64
    timeout_s: float = 600.0
    attempts: int = 5
    timeouts: int = 2
    backoff_s: float = 0.5
    backoff_cap_s: float = 15.0
    outage_s: float = 60.0
    stalled_s: float = 600.0
    outage_failures: int = 5
    restarts: int = 5


@dataclass(slots=True)
class Breaker:
    """Counts failures since the last success of any call; `now` is a monotonic clock in seconds."""

    limits: Limits
    last_success: float = float("-inf")
    failures: int = 0
    since: float = 0.0
    _callers: set[int] = field(default_factory=set)

    def succeeded(self, now: float) -> None:
        """Any success, or a restart of the teacher, closes the breaker."""
        self.last_success = now
        self.failures = 0
        self._callers.clear()

    def failed(self, caller: int, now: float) -> None:
        """Count a failed try of one call (`caller` identifies it)."""
        if self.failures == 0:
            self.since = now
        self.failures += 1
        self._callers.add(caller)

    def suspects_outage(self, now: float) -> bool:
        """Long enough without success that a check whether anything answers is due."""
        return self.failures >= self.limits.outage_failures and now - self.since >= self.limits.outage_s

    def stalled(self, now: float) -> bool:
        """So long without success that it does not matter whether the server still answers."""
        return self.failures >= self.limits.outage_failures and now - self.since >= self.limits.stalled_s

    def may_blame(self, started: float) -> bool:
        """Whether a call that keeps failing since `started` is itself at fault.

        It is when others got through meanwhile, or when only a few calls fail at all; otherwise the teacher is, and
        giving up on the call would lose its row to an outage.
        """
        return self.last_success > started or self.few()

    def few(self) -> bool:
        """Whether it is only a few calls that fail."""
        return len(self._callers) <= self.limits.outage_failures
