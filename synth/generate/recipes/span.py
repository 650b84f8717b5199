"""SQuAD rows: the shared paragraph, the question in the context of both paragraphs, and the ladder for the answers.

The ladder, tried for each answer until one rung holds (the rung is kept with the row):

1. `markers`: the marks around the answer survived the translation.
2. `verbatim`: the answer (a number, a name) stands unchanged and once in its translated sentence.
3. `sentence`: the answer, translated in its sentence, stands there word for word (CLaP, Parekh et al. 2023).
4. `inflected`: as 3, in another form of the same words.
5. `aligner`: a word aligner of the user's choice maps it.

Otherwise the row is rejected as `span_lost`.
"""

from __future__ import annotations

from collections.abc import Sequence

from synth.generate.asking import NoAnswer, RowTrace
from synth.generate.recipes.common import FALL_BACK, Job, Made, translate_text
from synth.generate.recipes.paragraph import Paragraph, Piece, questions_of, spans_of, translate_paragraph
from synth.outcomes import Reason, Violation
from synth.prompts.base import Prompt
from synth.prompts.chat import ChatStyle
from synth.spans import Span, clean_text, find, find_inflected

RUNGS = ("markers", "verbatim", "sentence", "inflected", "aligner")
_BATCH = 10  # questions of one paragraph in one request


async def translate_span(job: Job, trace: RowTrace) -> Made:
    """Translate one question-answering row."""
    row = job.example.row
    paragraph = await translate_paragraph(job, trace)
    question = await _question(row["question"], paragraph, job, trace)
    texts, starts, rungs, lost = await _answers(paragraph, job, trace)
    answers = {"text": texts, "answer_start": starts}
    values = {**row, "context": paragraph.text, "question": question, "answers": answers}
    rung = max(rungs, key=RUNGS.index) if rungs else ""
    return Made(values, paragraph.unit, rung, tuple(lost))


async def _question(question: str, paragraph: Paragraph, job: Job, trace: RowTrace) -> str:
    if isinstance(job.style, ChatStyle):
        return await _question_in_context(question, paragraph, job.style, job, trace)
    return clean_text(await translate_text(question, job, trace))


async def _question_in_context(question: str, paragraph: Paragraph, style: ChatStyle, job: Job, trace: RowTrace) -> str:
    """Together with the paragraph's other questions; alone when that answer cannot be used."""
    batch = _batch(question, questions_of(job.group)) if job.unit == "joint" else (question,)
    alone, together = (_asked(texts, paragraph, style, job) for texts in ((question,), batch))
    alone_only = len(batch) == 1 or trace.is_alone(alone, together, job.fresh)
    for prompt in (alone,) if alone_only else (together, alone):
        try:
            values = await trace.values(prompt)
            return clean_text(values[f"q{batch.index(question) + 1}" if prompt is together else "q1"])
        except NoAnswer as error:  # of several questions another one may be the reason, whatever the failure
            if prompt is alone and error.failure not in FALL_BACK:
                raise
    return clean_text(await translate_text(question, job, trace))


def _asked(texts: Sequence[str], paragraph: Paragraph, style: ChatStyle, job: Job) -> Prompt:
    keys = {f"q{at}": text for at, text in enumerate(texts, start=1)}
    return style.questions(keys, job.example.row["context"], paragraph.text, job.language)


def _batch(question: str, questions: Sequence[str]) -> tuple[str, ...]:
    first = questions.index(question) // _BATCH * _BATCH
    return tuple(questions[first : first + _BATCH])


async def _answers(
    paragraph: Paragraph, job: Job, trace: RowTrace
) -> tuple[list[str], list[int], list[str], list[Violation]]:
    texts, starts, rungs, lost = [], [], [], []
    for span in spans_of(job.example.row):
        text = span.of(job.example.row["context"])
        place, rung = await _climb(span, text, paragraph, job, trace)
        if place is None:
            lost.append(Violation(Reason.SPAN_LOST, f"no rung of the ladder finds the answer {text!r}"))
            continue
        texts.append(place.of(paragraph.text))
        starts.append(place.start)
        rungs.append(rung)
    return texts, starts, rungs, lost


async def _climb(span: Span, answer: str, paragraph: Paragraph, job: Job, trace: RowTrace) -> tuple[Span | None, str]:
    if span in paragraph.found:
        return paragraph.found[span], "markers"
    piece = paragraph.piece_of(span)
    sentence = piece.target.of(paragraph.text)
    near = (span.start - piece.source.start) / max(1, piece.source.end - piece.source.start)
    if (hit := _verbatim(answer, sentence)) is not None:
        return _moved(hit, piece), "verbatim"
    hit, rung = await _in_sentence(answer, sentence, piece, near, job, trace)
    if hit is None and job.align:
        hit, rung = (
            job.align.project(piece.source.of(job.example.row["context"]), _within(span, piece), sentence),
            "aligner",
        )
    return (_moved(hit, piece), rung) if hit else (None, "")


async def _in_sentence(
    answer: str, sentence: str, piece: Piece, near: float, job: Job, trace: RowTrace
) -> tuple[Span | None, str]:
    source = piece.source.of(job.example.row["context"])
    try:
        said = await trace.text(job.style.answer(answer, source, sentence, job.language))
    except NoAnswer:
        return None, ""
    if (hit := find(said, sentence, near)) is not None:
        return hit, "sentence"
    return find_inflected(said, sentence, near), "inflected"


def _verbatim(answer: str, sentence: str) -> Span | None:
    """A name or number that was copied; ordinary words in lower case prove nothing (they may be left untranslated)."""
    if answer.isascii() and answer.islower():
        return None
    return find(answer, sentence)


def _moved(span: Span, piece: Piece) -> Span:
    return Span(span.start + piece.target.start, span.end + piece.target.start)


def _within(span: Span, piece: Piece) -> Span:
    return Span(span.start - piece.source.start, span.end - piece.source.start)
