"""Do two arms differ in their intermediate data alone? What else their runs say about themselves is held side by side.

`synth train` compares the arms of one recipe before it trains; runs from other folders or machines meet first in a
report. What is found is told beside the numbers: such a difference is not the data's alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from synth.evaluate.results import Arm, Run
from synth.evaluate.settings import differences

SHOWN: Final = 3  # differences of a pair that are named
SUMMARY: Final = "summary"
"""Key in `settings.train` of a run: what its arm trained on, as `synth.train.matching` sums it up."""


def unlike(one: Arm, other: Arm) -> list[str]:
    """Differences between two arms beside the data of the intermediate stage; none where none is known."""
    found: dict[str, list[int]] = {}
    for mine, theirs in _pairs(one, other):
        for text in (*_trained(mine, theirs), *_evaluated(mine, theirs)):
            found.setdefault(text, []).append(mine.info.seed)
    return [f"{text} (seed {', '.join(map(str, seeds))})" for text, seeds in found.items()]


def _pairs(one: Arm, other: Arm) -> Iterator[tuple[Run, Run]]:
    theirs = {run.info.seed: run for run in other.runs}
    yield from ((run, theirs[run.info.seed]) for run in one.runs if run.info.seed in theirs)


def _trained(mine: Run, theirs: Run) -> Iterator[str]:
    """What the arms were trained on and how, where both were trained and say so."""
    from synth.train.matching import compare, summary_from

    summaries = [(run.info.settings.get("train") or {}).get(SUMMARY) for run in (mine, theirs)]
    arms = [summary_from(summary) for summary in summaries if summary]
    if len(arms) == len(summaries) and all(arm.trains for arm in arms):
        yield from map(str, compare(arms).mismatches)


def _evaluated(mine: Run, theirs: Run) -> Iterator[str]:
    one, other = ((run.info.settings.get("protocol") or {}) for run in (mine, theirs))
    if one and other:
        for key, left, right in differences(one, other):
            yield f"evaluated with {key}: {mine.info.arm} has {left}, {theirs.info.arm} has {right}"
