"""Pairs and multiple choice: every text of the example together, labels and order untouched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from synth.generate.asking import NoAnswer, RowTrace
from synth.generate.recipes.common import Job, Made, translate_fields
from synth.generate.recipes.fields import fields_of, option_names, with_fields
from synth.generate.recipes.shared import ask_shared
from synth.spans import clean_text

_NONE = re.compile(r"\b(?:none|all|both|neither|any) of (?:the|these|those)\b", re.IGNORECASE)
_NONE_NOTE = 'A choice such as "None of the above choices" speaks of the other choices: keep that meaning.'
_DISTINCT = "The numbered values are choices of a test: no two of your values may be the same."


async def translate_plain(job: Job, trace: RowTrace) -> Made:
    """Translate a pair or a multiple-choice example."""
    fields = fields_of(job.task, job.example.row)
    options = option_names(job.task, job.example.row)
    if shared := await _together(job, trace):
        texts, unit = shared, "joint"
    else:
        note = _note([fields[name] for name in options])
        texts, unit = await translate_fields(fields, options, job, trace, note)
    if job.chat and collapsed(fields, texts, options):
        texts = await _told_apart(fields, options, texts, job, trace)
    return Made(with_fields(job.task, job.example.row, texts), unit)


async def _together(job: Job, trace: RowTrace) -> dict[str, str] | None:
    """With the rows that share the premise or narrative, where there are any and the teacher takes joint requests."""
    chat = job.chat
    if not chat:
        return None
    return await ask_shared(
        job, trace, lambda texts, options: chat.fields(texts, job.language, _note(options), job.concept)
    )


def _note(options: Sequence[str]) -> str:
    """A word to the teacher where an option speaks of the others, as in three of four Cosmos QA examples."""
    return _NONE_NOTE if any(_NONE.search(option) for option in options) else ""


async def _told_apart(
    fields: Mapping[str, str], options: frozenset[str], texts: dict[str, str], job: Job, trace: RowTrace
) -> dict[str, str]:
    """Ask once more for choices that are all different; the first answer stands when that fails."""
    try:
        return (await translate_fields(fields, options, job, trace, _DISTINCT))[0]
    except NoAnswer:
        return texts


def collapsed(fields: Mapping[str, str], texts: Mapping[str, str], options: Iterable[str]) -> bool:
    """Whether choices that differ in English have become the same text."""
    names = list(options)
    return _distinct(texts[name] for name in names) < _distinct(fields[name] for name in names)


def _distinct(texts: Iterable[str]) -> int:
    return len({clean_text(text).casefold() for text in texts})
