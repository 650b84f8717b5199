"""The first Ctrl-C stops the work in order; what a second one does is tried on the command (test_kill.py)."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from synth.errors import Interrupted
from synth.generate.stopping import run_stoppable


async def _put_away(done: list[str]) -> None:
    try:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(60)
    finally:
        done.append("put away")


def test_the_first_lets_the_work_put_itself_away() -> None:
    done: list[str] = []
    with pytest.raises(Interrupted, match="Run the same command again"):
        run_stoppable(_put_away(done))
    assert done == ["put away"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_one_that_comes_when_all_is_done_is_heard_too() -> None:
    async def work() -> int:
        signal.raise_signal(signal.SIGINT)
        return 1

    with pytest.raises(Interrupted):
        run_stoppable(work())


def test_what_work_gives_and_raises_comes_through() -> None:
    async def work(wrong: bool) -> int:
        if wrong:
            raise ValueError("wrong")
        return 1

    assert run_stoppable(work(wrong=False)) == 1
    with pytest.raises(ValueError, match="wrong"):
        run_stoppable(work(wrong=True))


def test_a_handler_of_the_program_s_own_stays_and_a_thread_changes_none() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:

        async def work() -> None:
            signal.raise_signal(signal.SIGINT)

        run_stoppable(work())
        assert heard == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)
    found: list[object] = []

    async def which() -> None:
        found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=lambda: run_stoppable(which()))
    thread.start()
    thread.join()
    assert found == [before]
