"""Leases: one worker a chunk, a dead one's chunk is taken over, and who lost a chunk does not write it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from synth.generate.leases import LeaseLost, Leases, clear

QUICK = 0.3  # seconds, where a lease is to run out
STEADY = 1.5  # seconds, where a machine that stands still for a moment must not lose one


def _never() -> bool:
    return False


async def _hold(leases: Leases, seconds: float, log: list[str]) -> None:
    async with leases.hold("chunk", _never) as check:
        assert check is not None
        log.append(f"+{leases.me}")
        await asyncio.sleep(seconds)
        check()
        log.append(f"-{leases.me}")


def test_two_workers_never_hold_one_chunk_at_a_time(tmp_path: Path) -> None:
    first, second = Leases(tmp_path, "run", STEADY), Leases(tmp_path, "run", STEADY)
    log: list[str] = []

    async def both() -> None:
        await asyncio.gather(_hold(first, 1.5 * STEADY, log), _hold(second, 0, log))

    asyncio.run(both())
    assert log == [f"+{first.me}", f"-{first.me}", f"+{second.me}", f"-{second.me}"]
    first.close()
    second.close()
    assert not list(tmp_path.iterdir())


def test_what_another_has_done_is_not_done_again(tmp_path: Path) -> None:
    leases = Leases(tmp_path, "run", QUICK)

    async def hold() -> bool:
        async with leases.hold("chunk", lambda: True) as check:
            return check is None

    assert asyncio.run(hold())
    leases.close()
    assert not list(tmp_path.iterdir())


def test_a_dead_workers_chunk_is_taken_over_and_it_may_not_write_any_more(tmp_path: Path) -> None:
    dead, heir = Leases(tmp_path, "run", QUICK), Leases(tmp_path, "run", QUICK)
    log: list[str] = []

    async def play() -> None:
        async with dead.hold("chunk", _never) as check:
            assert check is not None
            dead._stop.set()  # suspended, or behind a cut network: no sign of life reaches the folder
            await asyncio.wait_for(_hold(heir, 0, log), 60)
            with pytest.raises(LeaseLost):
                check()

    asyncio.run(play())
    assert log == [f"+{heir.me}", f"-{heir.me}"]
    heir.close()


def test_leftovers_of_a_run_are_cleared_and_nobody_elses(tmp_path: Path) -> None:
    folder = tmp_path / "leases"
    folder.mkdir()
    for name, holder in (("a.lease", "run1-host-1"), ("b.lease", "run2-host-1"), ("run1-host-1.alive", "7")):
        (folder / name).write_text(holder)
    clear(folder, "run1")
    assert [path.name for path in folder.iterdir()] == ["b.lease"]
    clear(folder, "run2")
    assert not folder.exists()
