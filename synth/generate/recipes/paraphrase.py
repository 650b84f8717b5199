"""Paraphrases: the English control arm, and rewording of translations, with labels and spans kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from synth.generate.asking import NoAnswer, RowTrace
from synth.generate.recipes.common import FALL_BACK, Job, Made, gather_all, join_sentences
from synth.generate.recipes.fields import fields_of, with_fields
from synth.generate.recipes.paragraph import answer_spans, spans_of
from synth.generate.recipes.shared import ask_shared
from synth.outcomes import Reason, Violation
from synth.prompts.chat import ChatStyle
from synth.sentences import split_offsets
from synth.spans import Span, clean_text, has_marks, mark, unmark
from synth.tasks.base import Shape

_NOTES = {
    "nli": "Whether the hypothesis follows from the premise, contradicts it or neither must stay as it is: "
    "add nothing, leave nothing out.",
    "qqp": "Whether the two questions ask the same thing must stay as it is.",
    "choice": "The right choice must stay the only right one; all choices stay different and in their order.",
    "span": "The answer to the question must stay the same.",
}  # fmt: skip


async def paraphrase_row(job: Job, source: Mapping[str, Any], trace: RowTrace) -> Made:
    """Reword a row (`source`: the English row, or its translation) in the job's language."""
    own = replace(job, example=replace(job.example, row=dict(source)))
    made = await (_span(own, trace) if job.task.shape is Shape.SPAN else _plain(own, trace))
    if same_wording(job, source, made.values):
        violation = Violation(Reason.NOT_PARAPHRASED, "differs from its source at most in case and punctuation")
        return replace(made, violations=(*made.violations, violation))
    return made


def note_of(job: Job) -> str:
    """What the instruction says so that the label holds."""
    return _NOTES.get(job.task.family) or _NOTES.get(job.task.shape.value, "")


async def _plain(job: Job, trace: RowTrace) -> Made:
    if chat := job.chat:
        note = note_of(job)
        shared = await ask_shared(job, trace, lambda texts, _options: chat.paraphrase(texts, job.language, note))
        if shared:
            return Made(with_fields(job.task, job.example.row, shared), "joint")
    fields = fields_of(job.task, job.example.row)
    texts, unit = await _reworded(fields, job, trace)
    return Made(with_fields(job.task, job.example.row, texts), unit)


async def _reworded(fields: Mapping[str, str], job: Job, trace: RowTrace) -> tuple[dict[str, str], str]:
    wanted = {name: text for name, text in fields.items() if text.strip()}
    if job.chat:
        try:
            values = await trace.values(job.chat.paraphrase(wanted, job.language, note_of(job)))
            return {name: clean_text(values.get(name, "")) for name in fields}, "joint"
        except NoAnswer as error:
            if error.failure not in FALL_BACK:
                raise
    texts = await gather_all(_reword(text, job, trace) for text in fields.values())
    return dict(zip(fields, texts, strict=True)), "field"


async def _reword(text: str, job: Job, trace: RowTrace) -> str:
    """One text; an option of one or two words has no other wording and stays."""
    if len(text.split()) <= 2 and len(text) <= 24:
        return text
    if not job.style.by_sentence:
        return clean_text(await trace.text(job.style.reword(text, job.language, marked=False)))
    places = [Span(*pair) for pair in split_offsets(text)]
    asked = (trace.text(job.style.reword(place.of(text), job.language, marked=False)) for place in places)
    return join_sentences(await gather_all(asked), job.language)


async def _span(job: Job, trace: RowTrace) -> Made:
    row = job.example.row
    context, found = await _paragraph(job, trace)
    question = await _question(row["question"], job, trace)
    places = [found.get(span) for span in spans_of(row)]
    kept = [place for place in places if place]
    lost = [
        Violation(Reason.SPAN_LOST, f"the answer {text!r} did not stay as it was")
        for text, place in zip(row["answers"]["text"], places, strict=True)
        if place is None or clean_text(place.of(context)).casefold() != clean_text(text).casefold()
    ]
    new = {"text": [place.of(context) for place in kept], "answer_start": [place.start for place in kept]}
    values = {**row, "context": context, "question": question, "answers": new}
    return Made(values, "joint" if job.chat else "field", "markers" if kept else "", tuple(lost))


async def _question(question: str, job: Job, trace: RowTrace) -> str:
    if isinstance(job.style, ChatStyle):
        return clean_text(await trace.text(job.style.paraphrase({"question": question}, job.language, note_of(job))))
    return clean_text(await trace.text(job.style.reword(question, job.language, marked=False)))


async def _paragraph(job: Job, trace: RowTrace) -> tuple[str, dict[Span, Span]]:
    """The reworded paragraph and where its answers stand now."""
    text, spans = job.example.row["context"], answer_spans(job.group)
    if isinstance(job.style, ChatStyle) and not has_marks(text, job.style.marks):
        prompt = job.style.reword(mark(text, spans, job.style.marks), job.language, marked=bool(spans))
        clean, found = unmark(await trace.text(prompt), len(spans), job.style.marks)
        return clean, {span: place for span, place in zip(spans, found, strict=True) if place}
    return await _around_answers(text, spans, job, trace)


async def _around_answers(text: str, spans: Sequence[Span], job: Job, trace: RowTrace) -> tuple[str, dict[Span, Span]]:
    """Without marks (base models; texts with tags of their own): sentences that hold an answer stay as they are."""
    ranges = [Span(*pair) for pair in split_offsets(text, [(span.start, span.end) for span in spans])]
    jobs = (_free_or_kept(text, place, spans, job, trace) for place in ranges)
    done = await gather_all(jobs)
    found, at = {}, 0
    for place, new in zip(ranges, done, strict=True):
        for span in spans:
            if place.start <= span.start and span.end <= place.end:
                found[span] = Span(span.start - place.start + at, span.end - place.start + at)
        at += len(new) + len(join_sentences(["", ""], job.language))
    return (" " * len(join_sentences(["", ""], job.language))).join(done), found


async def _free_or_kept(text: str, place: Span, spans: Sequence[Span], job: Job, trace: RowTrace) -> str:
    if any(place.start <= span.start and span.end <= place.end for span in spans):
        return place.of(text)
    return await _reword(place.of(text), job, trace)


def same_wording(job: Job, source: Mapping[str, Any], made: Mapping[str, Any]) -> bool:
    """Whether all texts are the same but for case, punctuation and white space."""
    one, other = (fields_of(job.task, row) for row in (source, made))
    return all(_bare(one[name]) == _bare(other[name]) for name in one)


def _bare(text: str) -> str:
    # By category, not by \W: Python's \w leaves out the vowel signs of Indic scripts.
    return "".join(char for char in clean_text(text).casefold() if unicodedata.category(char)[0] in "LMN")
