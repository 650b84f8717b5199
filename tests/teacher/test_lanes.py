"""Places for requests: bounded, in order, and one lane for a request that must be alone."""

from __future__ import annotations

import asyncio

from synth.teacher.lanes import Lanes
from tests.teacher.aio import run_async


@run_async
async def test_a_suspect_runs_with_nothing_beside_it_and_nobody_is_lost() -> None:
    lanes, beside, finished = Lanes(4), [], []

    async def work(number: int, alone: bool) -> None:
        async with lanes.place(alone):
            if alone:
                beside.append(lanes.in_flight)
                await asyncio.sleep(0.01)
                beside.append(lanes.in_flight)
            await asyncio.sleep(0.002)
            finished.append(number)

    await asyncio.gather(*[work(number, number % 7 == 3) for number in range(40)])
    assert beside == [1] * 12
    assert sorted(finished) == list(range(40))
    assert lanes.in_flight == 0


@run_async
async def test_a_cancelled_suspect_lets_the_others_go_on() -> None:
    lanes = Lanes(1)

    async def hold(seconds: float, alone: bool) -> None:
        async with lanes.place(alone):
            await asyncio.sleep(seconds)

    busy = asyncio.create_task(hold(0.05, False))
    await asyncio.sleep(0)
    suspect = asyncio.create_task(hold(10, True))
    await asyncio.sleep(0.01)
    suspect.cancel()
    await asyncio.wait_for(asyncio.gather(busy, hold(0, False)), 1)
