"""What the two versions of SQuAD share: columns and the invariants of answer spans."""

from __future__ import annotations

from synth.outcomes import Reason, Violation
from synth.tasks.base import Column, Policy, Row
from synth.tasks.invariants import Check, all_filled, filled, same_length, shown

COLUMNS = (
    Column("id", "string", Policy.KEEP, "the question's id"),
    Column("title", "string", Policy.KEEP, "the Wikipedia article's name, underscores for blanks"),
    Column("context", "string", Policy.TRANSLATE, "the paragraph"),
    Column("question", "string", Policy.TRANSLATE, "the question"),
    Column("answers", "answers", Policy.PROJECT, "spans of the paragraph, offsets in code points"),
)


def _texts(row: Row) -> list[str]:
    texts: list[str] = row["answers"]["text"]
    return texts


def _span_problem(context: str, text: str, start: int) -> str:
    """Why an answer is not the span that its offset names, or "". Offsets count code points, as Python's do."""
    if start < 0:
        return f"offset {start} of {shown(text)} is negative"
    found = context[start : start + len(text)]
    return "" if found == text else f"the text at {start} is {shown(found)}, not {shown(text)}"


def spans_match(row: Row) -> list[Violation]:
    """`context[start:start + len(text)] == text` for each answer."""
    answers = row["answers"]
    pairs = zip(answers["text"], answers["answer_start"], strict=False)  # unequal lengths are a problem of their own
    problems = (_span_problem(row["context"], text, start) for text, start in pairs)
    return [Violation(Reason.SPAN_MISMATCH, problem) for problem in problems if problem]


def answered(row: Row) -> list[Violation]:
    """There is an answer (version 1.1 has no unanswerable questions)."""
    return [] if _texts(row) else [Violation(Reason.SPAN_LOST, "the question has no answer")]


CHECKS: tuple[Check, ...] = (
    filled("id", "context", "question"),
    all_filled("answer", _texts),
    same_length(
        Reason.SCHEMA,
        "answer texts",
        "answer offsets",
        lambda row: (row["answers"]["text"], row["answers"]["answer_start"]),
    ),
    spans_match,
)
