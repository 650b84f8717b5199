"""The local engine: chunks side by side in one process, as many as keep the teacher busy."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from synth.corpus.files import alone
from synth.errors import SynthError
from synth.generate.chunk_run import Tools, run_chunk
from synth.generate.chunks import Chunk
from synth.generate.stopping import run_stoppable

if TYPE_CHECKING:
    from synth.generate.asking import Send
    from synth.teacher.client import TeacherClient

T = TypeVar("T")
_MIN_OPEN_ROWS = 64


def run_local(chunks: Iterable[Chunk], tools: Tools, client: TeacherClient, in_flight: int) -> int:
    """Run chunks to their end; returns the requests sent.

    Raises:
        SynthError: The run had to stop; answers that had arrived are in the journals.
    """
    return complete(_run(chunks, tools, client, in_flight))


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; what stops it is raised as the one error to tell the user.

    Raises:
        SynthError: The run had to stop, or the user stopped it (`Interrupted`).
    """
    try:
        return run_stoppable(work)
    except BaseExceptionGroup as group:
        raise first_cause(group) from None


async def _run(chunks: Iterable[Chunk], tools: Tools, client: TeacherClient, in_flight: int) -> int:
    async with client:
        return await run_open(iter(chunks), tools, client.ask, max(_MIN_OPEN_ROWS, 2 * in_flight))


async def run_open(chunks: Iterator[Chunk], tools: Tools, send: Send, open_rows: int) -> int:
    """Keep chunks with about `open_rows` rows under way until all are done."""
    running: dict[asyncio.Task[int], int] = {}
    requests = 0
    try:
        while True:
            while sum(running.values()) < open_rows and (chunk := next(chunks, None)):
                running[asyncio.create_task(_run_alone(chunk, tools, send))] = chunk.rows
            if not running:
                return requests
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                del running[task]
                requests += task.result()
    finally:
        await _cancel(running)


async def _run_alone(chunk: Chunk, tools: Tools, send: Send) -> int:
    with only_here(tools.layout.journal(chunk.owner)):
        return await run_chunk(chunk, tools, send)


@contextmanager
def only_here(journal: Path) -> Iterator[None]:
    """Hold a lock beside a journal, which the system releases when this process ends in whatever way.

    Raises:
        BadFolder: Another process on this machine holds it: the same command was started twice.
    """
    taken = f"another run is making {journal.parent}; wait until it ends, or give this one other --langs or --out"
    with alone(journal.with_name(f".{journal.name}.lock"), taken):
        yield


async def _cancel(running: Iterable[asyncio.Task[int]]) -> None:
    tasks = list(running)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error to tell the user out of a group: one of ours if there is one."""
    leaves = list(_leaves(group))
    return next((error for error in leaves if isinstance(error, SynthError)), leaves[0])


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
