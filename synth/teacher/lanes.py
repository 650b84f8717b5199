"""Places for requests under way: a bounded shared lane, and an exclusive one for a request that may kill the engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager


class Lanes:
    """At most `limit` requests share the engine, in the order of asking; a suspect runs with none beside it."""

    def __init__(self, limit: int) -> None:
        self._places = asyncio.Semaphore(limit)
        self._shared = asyncio.Event()  # cleared while a suspect waits or runs
        self._shared.set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._alone = asyncio.Lock()
        self._suspects = 0
        self.in_flight = 0

    def place(self, alone: bool) -> AbstractAsyncContextManager[None]:
        """A place for the time of one try; `alone` waits until nothing else is under way, and keeps others out."""
        return self._exclusive() if alone else self._ordinary()

    @asynccontextmanager
    async def _ordinary(self) -> AsyncIterator[None]:
        await self._enter()
        self.in_flight += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._leave()
            self._places.release()

    async def _enter(self) -> None:
        """Take a shared place; one that was taken while a suspect arrived is given back."""
        while True:
            await self._shared.wait()
            await self._places.acquire()
            if self._shared.is_set():
                return
            self._places.release()

    def _leave(self) -> None:
        self.in_flight -= 1
        if self.in_flight == 0:
            self._idle.set()

    @asynccontextmanager
    async def _exclusive(self) -> AsyncIterator[None]:
        self._suspects += 1
        self._shared.clear()
        try:
            async with self._alone:
                await self._idle.wait()
                self.in_flight += 1
                try:
                    yield
                finally:
                    self.in_flight -= 1
        finally:
            self._suspects -= 1
            if self._suspects == 0:
                self._shared.set()
