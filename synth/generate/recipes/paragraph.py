"""A paragraph of the SQuAD tasks: translated once for all its questions, with every answer marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synth.generate.asking import NoAnswer, RowTrace
from synth.generate.recipes.common import FALL_BACK, Job, gather_all, join_sentences
from synth.sentences import split_offsets
from synth.sources.base import Example
from synth.spans import Span, has_marks, mark, unmark
from synth.tasks.base import Row


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence (or the whole paragraph) and its translation; both as ranges of the paragraphs."""

    source: Span
    target: Span


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A translated paragraph: its text, the answers whose marks survived, and which piece became which."""

    text: str
    found: dict[Span, Span]
    pieces: tuple[Piece, ...]
    unit: str

    def piece_of(self, span: Span) -> Piece:
        """The piece that holds a source span."""
        return next(piece for piece in self.pieces if piece.source.start <= span.start and span.end <= piece.source.end)


def spans_of(row: Row) -> list[Span]:
    """The answers of a row as ranges of its paragraph, without white space at their ends (SQuAD has some there)."""
    return [
        Span(start + len(text) - len(text.lstrip()), start + len(text.rstrip()))
        for text, start in zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True)
    ]


def answer_spans(group: Sequence[Example]) -> tuple[Span, ...]:
    """Every answer of every question of a paragraph, each once, in the paragraph's order."""
    spans = {span for example in group for span in spans_of(example.row)}
    return tuple(sorted(spans, key=lambda span: (span.start, -span.end)))


def questions_of(group: Sequence[Example]) -> tuple[str, ...]:
    """The questions of a paragraph, each once, in order."""
    return tuple(dict.fromkeys(example.row["question"] for example in group))


async def translate_paragraph(job: Job, trace: RowTrace) -> Paragraph:
    """Translate the paragraph of a row's group. All rows of the group ask the same, so it is paid for once."""
    text, spans = job.example.row["context"], answer_spans(job.group)
    if not job.style.by_sentence:
        try:
            return await _whole(text, spans, job, trace)
        except NoAnswer as error:
            if error.failure not in FALL_BACK:
                raise
    return await _by_sentence(text, spans, job, trace)


async def _whole(text: str, spans: Sequence[Span], job: Job, trace: RowTrace) -> Paragraph:
    clean, found = await _piece(text, spans, job, trace)
    return Paragraph(clean, found, (Piece(Span(0, len(text)), Span(0, len(clean))),), "joint" if job.chat else "field")


async def _by_sentence(text: str, spans: Sequence[Span], job: Job, trace: RowTrace) -> Paragraph:
    ranges = [Span(*pair) for pair in split_offsets(text, [(span.start, span.end) for span in spans])]
    jobs = (_piece(place.of(text), _inside(spans, place), job, trace) for place in ranges)
    done = await gather_all(jobs)
    gap = len(join_sentences(["", ""], job.language))
    pieces, found, at = [], {}, 0
    for place, (clean, inner) in zip(ranges, done, strict=True):
        pieces.append(Piece(place, Span(at, at + len(clean))))
        for source, target in inner.items():
            moved = Span(source.start + place.start, source.end + place.start)
            found[moved] = Span(target.start + at, target.end + at)
        at += len(clean) + gap
    whole = (" " * gap).join(clean for clean, _ in done)
    return Paragraph(whole, found, tuple(pieces), "field")


def _inside(spans: Sequence[Span], place: Span) -> list[Span]:
    return [
        Span(span.start - place.start, span.end - place.start)
        for span in spans
        if place.start <= span.start and span.end <= place.end
    ]


async def _piece(text: str, spans: Sequence[Span], job: Job, trace: RowTrace) -> tuple[str, dict[Span, Span]]:
    """One text and those of its spans whose marks survived. Unmarked where marks would be ambiguous."""
    marks = job.style.marks
    markable = bool(spans) and (marks.several or len(spans) == 1) and not has_marks(text, marks)
    if not markable:
        return unmark(await trace.text(job.style.text(text, job.language)), 0, marks)[0], {}
    answer = await trace.text(job.style.marked(mark(text, spans, marks), job.language))
    clean, found = unmark(answer, len(spans), marks)
    return clean, {span: place for span, place in zip(spans, found, strict=True) if place}
