"""CCG: each token is replaced in place by its translation in this sentence, so that the supertags stay true.

The result is a *gloss*, not a translation (the code-switching idea of CoSDA-ML, Qin et al. 2020): count and order
of tokens are the source's.
"""

from __future__ import annotations

from collections.abc import Sequence

from synth.generate.asking import NoAnswer, RowTrace
from synth.generate.recipes.common import FALL_BACK, Job, Made, gather_all, translate_text
from synth.prompts.chat import ChatStyle
from synth.spans import clean_text


async def gloss_row(job: Job, trace: RowTrace) -> Made:
    """Gloss the tokens of one sentence; punctuation and numbers are copied."""
    tokens: list[str] = list(job.example.row["tokens"])
    open_places = [at for at, token in enumerate(tokens) if not is_copied(token)]
    words, unit = await _glosses(tokens, open_places, job, trace)
    for at, word in zip(open_places, words, strict=True):
        tokens[at] = clean_text(word) or tokens[at]
    return Made({**job.example.row, "tokens": tokens}, unit)


def is_copied(token: str) -> bool:
    """Whether a token has no word in it: punctuation, numbers, symbols, and the escapes of brackets (-LRB-)."""
    return not any(char.isalpha() for char in token) or (token.startswith("-") and token.endswith("B-"))


async def _glosses(tokens: Sequence[str], places: Sequence[int], job: Job, trace: RowTrace) -> tuple[list[str], str]:
    if job.chat and places:
        try:
            return await _together(tokens, places, job.chat, job, trace), "joint"
        except NoAnswer as error:
            if error.failure not in FALL_BACK:
                raise
    return await _one_by_one(tokens, places, job, trace), "field"


async def _together(
    tokens: Sequence[str], places: Sequence[int], style: ChatStyle, job: Job, trace: RowTrace
) -> list[str]:
    values = await trace.values(style.gloss(tokens, job.language))
    return [values[str(at + 1)] for at in places]


async def _one_by_one(tokens: Sequence[str], places: Sequence[int], job: Job, trace: RowTrace) -> list[str]:
    """Each word behind its sentence and the sentence's translation, so that the right sense is chosen."""
    if not places:
        return []
    sentence = " ".join(tokens)
    translation = await translate_text(sentence, job, trace)
    asked = (trace.text(job.style.answer(tokens[at], sentence, translation, job.language)) for at in places)
    return await gather_all(asked)
