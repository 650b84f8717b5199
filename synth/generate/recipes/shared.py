"""Pairs that share their first side: a premise is sent once, with the hypotheses of all rows that have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from synth.generate.asking import NoAnswer, RowTrace
from synth.generate.recipes.common import Job
from synth.prompts.base import Prompt
from synth.spans import clean_text
from synth.tasks.base import Policy, Shape

_BATCH = 10  # second sides in one request


@dataclass(frozen=True, slots=True)
class Shared:
    """The texts of one request for several rows, and the keys under which those of this row are, by column."""

    texts: dict[str, str]
    mine: dict[str, str]


def shared_texts(job: Job) -> Shared | None:
    """What this row asks for together with the others of its group; None where it shares nothing."""
    first = job.task.group_column
    if job.task.shape is not Shape.PAIR or first is None:
        return None
    (second,) = (column.name for column in job.task.columns_with(Policy.TRANSLATE) if column.name != first)
    own = job.example.row[second]
    sides = list(dict.fromkeys(example.row[second] for example in job.group))
    start = sides.index(own) // _BATCH * _BATCH
    batch = sides[start : start + _BATCH]
    if len(batch) == 1:
        return None
    keys = [f"{second}_{at}" for at in range(1, len(batch) + 1)]
    texts = {first: job.example.row[first], **dict(zip(keys, batch, strict=True))}
    return Shared(texts, {first: first, second: keys[batch.index(own)]})


async def ask_shared(job: Job, trace: RowTrace, prompt: Callable[[Mapping[str, str]], Prompt]) -> dict[str, str] | None:
    """The new texts of this row by column; None where it shares nothing, or the shared answer cannot be used.

    Args:
        job: The row, of a task of pairs.
        trace: Where its requests are noted.
        prompt: Makes the request of these texts.
    """
    shared = shared_texts(job)
    if shared is None:
        return None
    try:
        values = await trace.values(prompt(shared.texts))
    except NoAnswer:  # whatever it is, a row of the others may be the reason
        return None
    return {column: clean_text(values[key]) for column, key in shared.mine.items()}
