"""Ask a teacher many things at once, and lose nothing to its bad days.

    async with TeacherClient([url], model) as client:
        reply = await client.ask(Call(Endpoint.CHAT, {"messages": [...], "max_tokens": 256}))

A failed try is mended here: pauses, retries, another URL, a restart of a server of our own. What `ask` raises is final:
a `CallError` ends one row, a `TeacherError` the run.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from synth.errors import TeacherError
from synth.teacher.breaker import Breaker, Limits
from synth.teacher.calls import Call, CallError, CallTimedOut, Counters, EngineKilled, Reply, RequestRefused, Served
from synth.teacher.keeper import Keeper, Supervised
from synth.teacher.lanes import Lanes
from synth.teacher.probe import key_headers, normal_url, probe, served_models
from synth.teacher.transport import NotFound, Trouble, TroubleKind, exchange

if TYPE_CHECKING:
    import aiohttp

HEALTH_S = 10.0
COOL_S = 5.0
RETRY_AFTER_CAP_S = 300.0
# A request that was under way in this many deaths of the engine is tried once more, alone.
SUSPECT_DEATHS = 2
# So many refusals (400, 422) before any success mean that the server cannot take what we send at all.
REFUSED_FROM_THE_START = 20
_MAYBE_DEAD = (TroubleKind.REFUSED, TroubleKind.UNAVAILABLE, TroubleKind.LOST, TroubleKind.SERVER)
_NEVER_ITS_FAULT = (TroubleKind.REFUSED, TroubleKind.UNAVAILABLE, TroubleKind.THROTTLED)


@dataclass(slots=True)
class _Place:
    """One URL: how many requests it works on, and until when it is left alone."""

    base: str
    load: int = 0
    cool_until: float = 0.0


@dataclass(slots=True)
class _History:
    """What happened to one call so far."""

    number: int
    started: float
    tries: int = 0
    faults: int = 0
    timeouts: int = 0
    deaths: int = 0
    generation: int = 0
    alone: bool = False


class TeacherClient:
    """Requests to one teacher behind one or more URLs.

    Args:
        urls: Base URLs that serve the same model; empty where `server` is given.
        model: Name under which it is served.
        limits: Patience and concurrency.
        api_key: Else taken from the environment (`synth.teacher.probe.api_key_for`).
        server: A running server of our own; it is restarted when it dies. Starting and stopping it is the caller's.
    """

    def __init__(
        self,
        urls: Sequence[str],
        model: str,
        *,
        limits: Limits | None = None,
        api_key: str | None = None,
        server: Supervised | None = None,
    ) -> None:
        self.model = model
        self.limits = limits or Limits()
        self.counters = Counters()
        self._server = server
        self._api_key = api_key
        bases = [normal_url(url) for url in urls] or ([server.url] if server else [])
        if not bases:
            raise TeacherError("there is no teacher to ask; give a URL or a model")
        self._places = [_Place(base) for base in dict.fromkeys(bases)]
        self._lanes = Lanes(self.limits.in_flight)
        self._breaker = Breaker(self.limits)
        self._keeper = Keeper(server, self._health, self.limits.restarts) if server else None
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._numbers = itertools.count()
        self._refused = 0
        self._fatal = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def probe(self) -> tuple[Served, ...]:
        """What every URL serves; a URL that does not answer, or lacks the model, is a `BadFlag` that names it."""
        return tuple([await probe(place.base, self.model, self._api_key) for place in self._places])

    async def ask(self, call: Call) -> Reply:
        """One answer, after as many tries as it takes.

        Raises:
            PromptTooLong, RequestRefused, CallTimedOut, EngineKilled: this call has no answer; others may.
            TeacherError: no call has: the teacher is gone, does not know the model or does not accept the key.
        """
        history = _History(next(self._numbers), time.monotonic())
        try:
            reply = await self._ask(self._with_model(call), history)
        except CallError as error:
            self.counters.failed += 1
            self._stop_if_all_are_refused(error)
            raise
        self.counters.done += 1
        self.counters.prompt_tokens += reply.prompt_tokens
        self.counters.completion_tokens += reply.completion_tokens
        return reply

    def _stop_if_all_are_refused(self, error: CallError) -> None:
        """A server that does not know our parameters must not cost a whole run of rows."""
        self._refused += isinstance(error, RequestRefused)
        if self.counters.done == 0 and self._refused >= REFUSED_FROM_THE_START:
            where = ", ".join(place.base for place in self._places)
            self._stop(
                f"the teacher at {where} refuses every request ({error}); choose a --profile whose style and sampling "
                "this server takes, and run the same command again"
            )

    def _with_model(self, call: Call) -> Call:
        return call if "model" in call.payload else replace(call, payload={"model": self.model, **call.payload})

    async def _ask(self, call: Call, history: _History) -> Reply:
        while True:
            try:
                return await self._try(call, history)
            except Trouble as trouble:
                self.counters.retried += 1
                pause = await self._after(trouble, history)
            # No place is held here: a pause must not keep others from being sent.
            await asyncio.sleep(pause)

    async def _try(self, call: Call, history: _History) -> Reply:
        """One try in a place of its own; a success closes the breaker."""
        history.alone = history.deaths >= SUSPECT_DEATHS
        async with self._lanes.place(history.alone):
            if self._keeper:
                history.generation = await self._keeper.ready()
            self._stop_if_fatal()
            history.tries += 1
            place = self._least_loaded()
            began = time.monotonic()
            reply = await self._send(call, place)
        now = time.monotonic()
        self._breaker.succeeded(now)
        return replace(reply, attempts=history.tries, seconds=now - began)

    async def _send(self, call: Call, place: _Place) -> Reply:
        place.load += 1
        self.counters.sent += 1
        self.counters.in_flight += 1
        try:
            return await exchange(self._session(place.base), place.base, call, self.limits.timeout_s)
        except Trouble as trouble:
            if trouble.kind in _NEVER_ITS_FAULT:
                place.cool_until = time.monotonic() + min(trouble.after or COOL_S, RETRY_AFTER_CAP_S)
            raise
        except CallError:
            self._breaker.succeeded(time.monotonic())  # the server judged the request: it is alive
            raise
        except NotFound as error:
            models = await served_models(self._session(place.base), place.base)
            known = f"it serves {', '.join(models)}" if models else "it does not say what it serves"
            self._stop(f"{place.base} does not know {self.model!r} ({error}); {known}: correct the model name or URL")
        except TeacherError as error:
            self._stop(f"{place.base}: {error}")
        finally:
            place.load -= 1
            self.counters.in_flight -= 1

    def _least_loaded(self) -> _Place:
        """The URL with the fewest requests under way, among those that answer if there are any."""
        now = time.monotonic()
        if self._server:
            self._places[0].base = self._server.url
        return min(self._places, key=lambda place: (place.cool_until > now, place.load))

    async def _after(self, trouble: Trouble, history: _History) -> float:
        """Decide what a failed try means; return the pause before the next one."""
        if self._keeper and trouble.kind in _MAYBE_DEAD and await self._revived(self._keeper, trouble, history):
            return 0.0
        now = time.monotonic()
        self._breaker.failed(history.number, now)
        await self._stop_at_outage(trouble, now)
        self._give_up_if_spent(trouble, history)
        return self._pause(trouble, history, now)

    async def _revived(self, keeper: Keeper, trouble: Trouble, history: _History) -> bool:
        """True if the server had died and runs again; a call that keeps killing it ends here."""
        try:
            if not await keeper.revive(history.generation):
                return False
        except TeacherError as error:
            self._stop(str(error))
        self.counters.restarts = keeper.restarts
        succeeded = self._breaker.last_success > history.started
        self._breaker.succeeded(time.monotonic())
        if trouble.kind is not TroubleKind.REFUSED:  # what was never sent did not kill it
            history.deaths += 1
            if history.alone:
                if succeeded:
                    keeper.explained()
                raise EngineKilled(f"the engine died {history.deaths} times with this request under way ({trouble})")
        return True

    async def _stop_at_outage(self, trouble: Trouble, now: float) -> None:
        if not self._breaker.suspects_outage(now):
            return
        bearable = not self._breaker.stalled(now) or self._breaker.few()
        if bearable and any([await self._answers(place.base) for place in self._places]):
            return
        if self._breaker.suspects_outage(time.monotonic()):  # nobody succeeded while we asked
            where = ", ".join(place.base for place in self._places)
            self._stop(
                f"no request to the teacher at {where} has succeeded for {now - self._breaker.since:.0f} s "
                f"(the last: {trouble}); what is done is kept; start the server and run the same command again"
            )

    def _give_up_if_spent(self, trouble: Trouble, history: _History) -> None:
        """Raise the call's own failure once its tries are used up and the teacher is not the one to blame."""
        if trouble.kind in _NEVER_ITS_FAULT:
            self._give_up_if_alone(trouble, history)
            return
        timed_out = trouble.kind is TroubleKind.TIMEOUT
        history.timeouts += timed_out
        history.faults += not timed_out
        if history.timeouts >= self.limits.timeouts:
            raise CallTimedOut(f"{trouble}, {history.timeouts} times")
        if history.faults >= self.limits.attempts and self._breaker.may_blame(history.started):
            raise RequestRefused(f"failed {history.faults} times, the last: {trouble}")

    def _give_up_if_alone(self, trouble: Trouble, history: _History) -> None:
        """Raise where one call is turned away again and again for no fault of the server's.

        Some services answer 429 to a request that is larger than their limit a minute, whenever it comes.
        """
        waited = time.monotonic() - history.started
        spent = history.tries >= self.limits.attempts and waited >= self.limits.stalled_s
        if spent and trouble.kind is not TroubleKind.REFUSED and self._breaker.may_blame(history.started):
            raise RequestRefused(f"turned away {history.tries} times in {waited:.0f} s, the last: {trouble}")

    def _pause(self, trouble: Trouble, history: _History, now: float) -> float:
        """Exponential backoff with jitter over its upper half, or what the server asked for.

        Another URL that answers needs no pause.
        """
        if trouble.kind in _NEVER_ITS_FAULT and any(place.cool_until <= now for place in self._places):
            return 0.0
        if trouble.after is not None:
            return min(trouble.after, RETRY_AFTER_CAP_S)
        full = min(self.limits.backoff_s * 2.0 ** min(history.tries - 1, 16), self.limits.backoff_cap_s)
        return full * random.uniform(0.5, 1.0)

    def _stop(self, message: str) -> NoReturn:
        """End this and all other calls with the same message."""
        self._fatal = self._fatal or message
        raise TeacherError(self._fatal)

    def _stop_if_fatal(self) -> None:
        if self._fatal:
            raise TeacherError(self._fatal)

    async def _answers(self, base: str) -> bool:
        """Whether anything but a gateway's error comes back from there."""
        status = await self._health(base)
        return status is not None and status < 500

    async def _health(self, base: str) -> int | None:
        """Status of `/health`, None when nothing answers."""
        import aiohttp

        limits = aiohttp.ClientTimeout(total=HEALTH_S)
        try:
            async with self._session(base).get(base + "/health", timeout=limits, allow_redirects=False) as answer:
                return answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None

    def _session(self, base: str) -> aiohttp.ClientSession:
        """One session per URL, without a limit of its own: `Lanes` has it."""
        import aiohttp

        if base not in self._sessions:
            headers = key_headers(base, self._api_key)
            self._sessions[base] = aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0))
        return self._sessions[base]
