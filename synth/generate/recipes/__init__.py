"""What a row of each shape needs from the teacher; `translate_row` and `paraphrase_row` are the entries."""

from synth.generate.asking import RowTrace
from synth.generate.recipes.common import Job, Made
from synth.generate.recipes.paraphrase import paraphrase_row
from synth.generate.recipes.plain import translate_plain
from synth.generate.recipes.span import translate_span
from synth.generate.recipes.tags import gloss_row
from synth.tasks.base import Shape

__all__ = ["Job", "Made", "paraphrase_row", "translate_row"]


async def translate_row(job: Job, trace: RowTrace) -> Made:
    """Translate one row by the recipe of its task's shape."""
    if job.task.shape is Shape.SPAN:
        return await translate_span(job, trace)
    if job.task.shape is Shape.TAGS:
        return await gloss_row(job, trace)
    return await translate_plain(job, trace)
