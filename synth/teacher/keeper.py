"""Keeps a teacher of our own alive: notices its death, restarts it, and counts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from synth.errors import TeacherError

# vLLM's API process outlives its engine by a moment: it answers 500 or 503, then shuts itself down.
WATCH_S = 20.0
POLL_S = 0.25


class Supervised(Protocol):
    """A teacher process that we may restart (`synth.teacher.server.VllmServer`, or a stand-in in tests)."""

    @property
    def url(self) -> str:
        """Base URL; may change with a restart."""

    def alive(self) -> bool:
        """Whether the process runs."""

    def restart(self) -> None:
        """Stop what is left of it and start it again; blocks until it is ready.

        Raises:
            TeacherError: it does not come up.
        """

    def abort(self) -> None:
        """Make a `restart` in another thread give up soon."""

    def last_words(self) -> str:
        """The end of its log, for a message."""


class Keeper:
    """Restarts a supervised teacher once per death, however many calls notice it.

    `generation` numbers its lives: a call remembers in which life it was sent, so that each death is handled once.
    A death that was explained (one request killed the engine when it ran alone, see `explained`) is not counted
    against `restarts`, provided that other requests succeed in between.
    """

    def __init__(self, server: Supervised, health: Callable[[str], Awaitable[int | None]], restarts: int) -> None:
        self.server = server
        self.generation = 0
        self.restarts = 0
        self._unexplained = 0
        self._limit = restarts
        self._health = health
        self._up = asyncio.Event()
        self._up.set()
        self._lock = asyncio.Lock()

    async def ready(self) -> int:
        """Wait until the teacher is not being restarted; return the life that it is in."""
        await self._up.wait()
        return self.generation

    async def revive(self, generation: int) -> bool:
        """Restart the teacher if it died in life `generation`; False when it is alive and well.

        Raises:
            TeacherError: it died too often, or does not come up again.
        """
        async with self._lock:
            if self.generation != generation:
                return True
            # Closed before anyone else can be sent to a dead engine, and become a suspect without having been there.
            self._up.clear()
            try:
                if not await self._dead():
                    return False
                self._count()
                await self._restart()
                return True
            finally:
                self._up.set()

    def explained(self) -> None:
        """The deaths so far had one request as their cause, which will not be sent again."""
        self._unexplained = 0

    async def _dead(self) -> bool:
        """Whether the process is gone or its engine is; a process on its way out is given time to go."""
        clock = asyncio.get_running_loop().time
        until = clock() + WATCH_S
        while clock() < until:
            if not self.server.alive():
                return True
            status = await self._health(self.server.url)
            if status is not None:
                return status >= 500
            await asyncio.sleep(POLL_S)
        return False

    def _count(self) -> None:
        self._unexplained += 1
        self.restarts += 1
        if self._unexplained > self._limit:
            raise TeacherError(
                f"the teacher died {self._unexplained} times (its last words: {self.server.last_words()}); what is "
                "done is kept; give it more memory, a smaller --max-model-len or fewer requests in flight, and run "
                "the same command again"
            )

    async def _restart(self) -> None:
        try:
            await asyncio.to_thread(self.server.restart)
        except asyncio.CancelledError:
            self.server.abort()  # else the thread would hold up the end of the program until the teacher is ready
            raise
        self.generation += 1
