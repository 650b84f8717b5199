"""Endless loops: a unit said again and again, a letter held down, or the same phrases all over the text.

The source is measured too and subtracted, because some sources repeat on purpose ("very, very, very").
"""

from __future__ import annotations

import re

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, above
from synth.filter.text import RowText
from synth.outcomes import Reason

LOOP = re.compile(r"(.{4,60}?)\1{3,}", re.DOTALL)  # four times or more in a row
SHORT_LOOP = re.compile(r"(..)\1{3,}|(...)\2{3,}", re.DOTALL)
RUN = re.compile(r"([^\W\d_])\1{4,}")  # one letter five times or more
NGRAM = 12  # characters: long enough that honest text of a few sentences repeats few of them


class RepetitionThresholds(Thresholds):
    """Largest shares of a text that may be repetition, over what its source has."""

    max_loop: float = 0.25
    max_run: int = 8
    max_repeated: float = 0.35


def score(batch: Batch) -> Columns:
    """Share of the longest loop, longest run of one letter, share of repeated n-grams; each less the source's."""
    found = [_beyond(text, source) for text, source in zip(batch.texts, batch.source_texts, strict=True)]
    names = ("repetition_loop", "repetition_run", "repetition_repeated")
    return {name: [each[number] for each in found] for number, name in enumerate(names)}


def _beyond(text: RowText, source: RowText) -> tuple[float, ...]:
    mine = measure(text)
    if not any(mine):
        return mine
    return tuple(max(0.0, here - there) for here, there in zip(mine, measure(source), strict=True))


def measure(row: RowText) -> tuple[float, float, float]:
    """(share of the text in its longest loop, longest run of one letter, share of repeated 12-grams).

    Loops may go on from field to field; what two fields have in common is no repetition: a hypothesis says again what
    its premise says, a question what the paragraph says.
    """
    text, repeated = row.pooled, _repeated([field.text for field in row.fields])
    runs = (match.end() - match.start() for match in RUN.finditer(text))
    return _longest_loop(text) / max(len(text), 1), float(max(runs, default=0)), repeated


def _longest_loop(text: str) -> int:
    # A unit of p >= 4 characters said four times repeats the 12-gram at its start (p + 12 <= 4p), so that the slow
    # pattern runs only where a 12-gram is repeated.
    patterns = (SHORT_LOOP, LOOP) if _repeated([text]) else (SHORT_LOOP,)
    matches = (match for pattern in patterns for match in pattern.finditer(text))
    return max((len(match[0]) for match in matches if match[0].strip(" .-_*=\n")), default=0)


def _repeated(texts: list[str]) -> float:
    """Share of character 12-grams that repeat an earlier one of the same text."""
    total = sum(max(0, len(text) - NGRAM + 1) for text in texts)
    if total < 2:
        return 0.0
    grams = (len({text[at : at + NGRAM] for at in range(len(text) - NGRAM + 1)}) for text in texts)
    return 1.0 - sum(grams) / total


def decide(columns: Scored, thresholds: RepetitionThresholds) -> Marks:
    """Repetition by any of the three measures."""
    loop = above(columns["repetition_loop"], thresholds.max_loop)
    run = above(columns["repetition_run"], thresholds.max_run)
    return Marks({Reason.REPETITION: loop | run | above(columns["repetition_repeated"], thresholds.max_repeated)})


CHECK = Check(
    name="repetition",
    version=2,
    columns=dict.fromkeys(("repetition_loop", "repetition_run", "repetition_repeated"), ColumnType.NUMBER),
    thresholds=RepetitionThresholds,
    score=score,
    decide=decide,
    help="no endless loop of a phrase or a letter that the source does not have",
)
