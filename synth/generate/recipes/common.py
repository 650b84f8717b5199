"""What all recipes share: the values they work with, and translating one text or the fields of one example."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synth.generate.asking import NoAnswer, RowTrace
from synth.languages import Language
from synth.outcomes import Failure, Violation
from synth.prompts.base import Style
from synth.prompts.chat import ChatStyle
from synth.sentences import split_sentences
from synth.sources.base import Example
from synth.spans import clean_text
from synth.tasks.base import Task

# A joint request that ends like this may still succeed field by field.
FALL_BACK = frozenset({Failure.MALFORMED, Failure.TRUNCATED, Failure.TOO_LONG, Failure.REPETITION, Failure.EMPTY})
_UNSPACED = frozenset({"zh", "ja"})  # sentences follow each other without a space
_SHORT_OPTION = 3  # words up to which an option needs its question to be understood


@dataclass(frozen=True, slots=True)
class Made:
    """The Hub columns of a new row, and how they came about. `violations` are what the recipe itself found."""

    values: dict[str, Any]
    unit: str
    rung: str = ""
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One row to make: its example, those that share its paragraph, and who is asked for which language."""

    task: Task
    example: Example
    group: tuple[Example, ...]
    style: Style
    language: Language
    unit: str = "joint"  # "field" switches joint requests off
    align: Any = None  # a `synth.align.Aligner`, or None
    fresh: bool = False  # made again by `--redo`

    @property
    def chat(self) -> ChatStyle | None:
        """The style when joint requests are possible and wanted."""
        return self.style if isinstance(self.style, ChatStyle) and self.unit == "joint" else None

    @property
    def concept(self) -> str:
        """What the example is about: CommonsenseQA's concept, "" for other tasks."""
        return str(self.example.row.get("question_concept") or "").strip()


async def translate_text(text: str, job: Job, trace: RowTrace) -> str:
    """One text in the target language: in one request, or sentence by sentence where the style asks for that."""
    if not text.strip():
        return ""
    pieces = split_sentences(text) if job.style.by_sentence else [text]
    asked = (trace.text(job.style.text(piece.strip(), job.language)) for piece in pieces if piece.strip())
    return join_sentences(await gather_all(asked), job.language)


def join_sentences(pieces: Sequence[str], language: Language) -> str:
    """Translated sentences in a row, as the language writes them."""
    return ("" if language.code in _UNSPACED else " ").join(clean_text(piece) for piece in pieces)


async def gather_all(coroutines: Any) -> list[Any]:
    """Run all to their end, then raise the first failure: every request that was sent is used or at least kept."""
    results = await asyncio.gather(*coroutines, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return list(results)


async def translate_fields(
    fields: Mapping[str, str], options: Collection[str], job: Job, trace: RowTrace, note: str = ""
) -> tuple[dict[str, str], str]:
    """All fields of an example and the unit ("joint" or "field") that gave them; blank fields stay blank."""
    wanted = {name: text for name, text in fields.items() if text.strip()}
    if job.chat and len(wanted) > 1:
        try:
            values = await trace.values(job.chat.fields(wanted, job.language, note, job.concept))
            return _with_blanks(fields, values), "joint"
        except NoAnswer as error:
            if error.failure not in FALL_BACK:
                raise
    return await _one_by_one(fields, options, job, trace), "field"


def _with_blanks(fields: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: clean_text(values.get(name, "")) for name in fields}


async def _one_by_one(fields: Mapping[str, str], options: Collection[str], job: Job, trace: RowTrace) -> dict[str, str]:
    """Field by field; short options of a question are asked for behind the translated question."""
    short = [name for name in fields if name in options and len(fields[name].split()) <= _SHORT_OPTION]
    short = short if "question" in fields else []
    plain = [name for name in fields if name not in short]
    texts = await gather_all(translate_text(fields[name], job, trace) for name in plain)
    done = dict(zip(plain, texts, strict=True))
    asked = (_option(fields[name], fields["question"], done["question"], job, trace) for name in short)
    done |= dict(zip(short, await gather_all(asked), strict=True))
    return {name: clean_text(done[name]) for name in fields}


async def _option(option: str, question: str, translation: str, job: Job, trace: RowTrace) -> str:
    if isinstance(job.style, ChatStyle):
        both = {"question": question, "option": option}
        return (await trace.values(job.style.fields(both, job.language, "", job.concept)))["option"]
    return await trace.text(job.style.answer(option, question, translation, job.language))
