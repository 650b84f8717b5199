"""What a generated row must share with the English row it was made from, composed into a task's `compare`.

A comparison takes the source row and the row made from it, both already sound, and returns where they disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from synth.outcomes import Reason, Violation
from synth.tasks.base import Column, Policy, Row
from synth.tasks.invariants import shown
from synth.tasks.sides import merged_sides
from synth.tasks.swapped import swapped_sides
from synth.tasks.text import folded

Comparison = Callable[[Row, Row], list[Violation]]


def agrees(columns: Sequence[Column], *comparisons: Comparison) -> Comparison:
    """The `compare` of a task: kept columns identical, no text lost, then its own comparisons."""
    every = (untouched(columns), nothing_lost(columns), *comparisons)

    def compare(source: Row, row: Row) -> list[Violation]:
        return [problem for one in every for problem in one(source, row)]

    return compare


def _is_label(column: Column) -> bool:
    """Whether a change of this column changes what the example teaches."""
    return column.policy is Policy.COPY and (
        column.feature in ("label", "tags") or column.name in ("label", "answerKey")
    )


def untouched(columns: Sequence[Column]) -> Comparison:
    """Kept and copied columns are identical, labels and tags among them."""
    fixed = [column for column in columns if column.policy in (Policy.KEEP, Policy.COPY)]

    def compare(source: Row, row: Row) -> list[Violation]:
        return [
            Violation(
                Reason.LABEL if _is_label(column) else Reason.SCHEMA,
                f"{column.name} was {shown(source[column.name])} and is now {shown(row[column.name])}",
            )
            for column in fixed
            if source[column.name] != row[column.name]
        ]

    return compare


def nothing_lost(columns: Sequence[Column]) -> Comparison:
    """A text column that says something in the source still does (columns that may be blank are compared here)."""
    names = [column.name for column in columns if column.policy is Policy.TRANSLATE and column.feature == "string"]

    def compare(source: Row, row: Row) -> list[Violation]:
        return [
            Violation(Reason.EMPTY_FIELD, f"{name} is blank, but not in the source")
            for name in names
            if source[name].strip() and not row[name].strip()
        ]

    return compare


def sides_apart(first: str, second: str) -> Comparison:
    """The two sides of a pair are neither merged (`sides.merged_sides`) nor exchanged (`swapped.swapped_sides`)."""

    def compare(source: Row, row: Row) -> list[Violation]:
        before, after = (source[first], source[second]), (row[first], row[second])
        checks = ((Reason.SIDES_MERGED, merged_sides), (Reason.SIDES_SWAPPED, swapped_sides))
        return [
            Violation(reason, f"{first} and {second}: {why}")
            for reason, check in checks
            if (why := check(before, after))
        ]

    return compare


def choices_agree(texts: Callable[[Row], Sequence[str]]) -> Comparison:
    """As many answer options as before, and none that differed have become the same.

    Options that are equal in the source may stay so: 1.3 % of CommonsenseQA's questions offer an option twice.
    """

    def compare(source: Row, row: Row) -> list[Violation]:
        before, after = [folded(text) for text in texts(source)], [folded(text) for text in texts(row)]
        if len(before) != len(after):
            return [Violation(Reason.CHOICES_COUNT, f"{len(before)} choices have become {len(after)}")]
        return [
            Violation(Reason.CHOICES_NOT_DISTINCT, f"choices {one} and {two} are both {shown(texts(row)[one])}")
            for one, two in combinations(range(len(after)), 2)
            if after[one] == after[two] and before[one] != before[two]
        ]

    return compare


def answers_agree(source: Row, row: Row) -> list[Violation]:
    """As many SQuAD answers as before; a question without an answer stays without one."""
    before, after = len(source["answers"]["text"]), len(row["answers"]["text"])
    if before == after:
        return []
    if not before:
        return [Violation(Reason.LABEL, f"an unanswerable question has got {after} answers")]
    reason = Reason.SPAN_LOST if after < before else Reason.SPAN_MISMATCH
    return [Violation(reason, f"{before} answers have become {after}")]


def tokens_agree(source: Row, row: Row) -> list[Violation]:
    """As many tokens as before: the tags stay with their tokens."""
    before, after = len(source["tokens"]), len(row["tokens"])
    return [] if before == after else [Violation(Reason.TOKEN_COUNT, f"{before} tokens have become {after}")]
