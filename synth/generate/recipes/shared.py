"""Rows that share a text (a premise, a narrative): it is sent once, with what each of these rows has besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from synth.generate.asking import NoAnswer, RowTrace
from synth.generate.recipes.common import Job
from synth.generate.recipes.fields import fields_of, option_names
from synth.prompts.base import Prompt
from synth.sources.base import Example
from synth.spans import clean_text

Asking = Callable[[Mapping[str, str], Sequence[str]], Prompt]
_BATCH = 10  # texts in one request besides the shared one


@dataclass(frozen=True, slots=True)
class Shared:
    """The texts of one request for several rows, and the keys under which those of this row are, by field."""

    texts: dict[str, str]
    mine: dict[str, str]


def shared_texts(job: Job) -> Shared | None:
    """What this row asks for together with the others of its group; None where it shares nothing."""
    common = job.task.group_column
    if common is None:
        return None
    own = _besides(job, job.example, common)
    sets = [_besides(job, example, common) for example in job.group]
    distinct = list({tuple(one.items()): one for one in sets}.values())
    size = max(1, _BATCH // max(1, len(own)))
    start = distinct.index(own) // size * size
    batch = distinct[start : start + size]
    if len(batch) == 1:
        return None
    texts = {common: job.example.row[common]}
    for at, one in enumerate(batch, start=1):
        texts |= {f"{name}_{at}": text for name, text in one.items()}
    at = 1 + batch.index(own)
    return Shared(texts, {common: common, **{name: f"{name}_{at}" for name in own}})


def _besides(job: Job, example: Example, common: str) -> dict[str, str]:
    """The texts of a row but for the shared one and blank ones; members of a family have the same fields."""
    return {name: text for name, text in fields_of(job.task, example.row).items() if name != common and text.strip()}


async def ask_shared(job: Job, trace: RowTrace, prompt: Asking) -> dict[str, str] | None:
    """The new texts of this row by field; None where it shares nothing, or is to be asked alone.

    Args:
        job: The row, of a task whose rows are sent as a whole.
        trace: Where its requests are noted.
        prompt: Makes the request of these texts, with these answer options among them.
    """
    shared = shared_texts(job)
    if shared is None:
        return None
    fields = fields_of(job.task, job.example.row)
    together = prompt(shared.texts, _options(job, job.group))
    if trace.is_alone(prompt(fields, _options(job, [job.example])), together, job.fresh):
        return None
    try:
        values = await trace.values(together)
    except NoAnswer:  # whatever it is, a row of the others may be the reason
        return None
    return dict.fromkeys(fields, "") | {name: clean_text(values[key]) for name, key in shared.mine.items()}


def _options(job: Job, group: Sequence[Example]) -> list[str]:
    rows = [example.row for example in group]
    return [fields_of(job.task, row)[name] for row in rows for name in option_names(job.task, row)]
