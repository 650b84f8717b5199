"""Numbers and dates of the source are still there, in whatever digits, order and grouping the language uses.

A number is compared as its digits: `1,234.5`, `1.234,5` and `१२३४.५` agree, and a date agrees when its parts are all
there. Numbers of one digit are not required, because languages write them as words.
"""

from __future__ import annotations

import re
from collections import Counter

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, above
from synth.filter.words import ascii_digits
from synth.outcomes import Reason

# Digits with single separators between them: grouping, decimals, times, dates, ranges; \u066b and \u066c are Arabic's.
NUMBER = re.compile(r"\d+(?:[.,:/'’٫٬\u00a0\u202f\u2009–-]\d+| \d{3}(?!\d))*")
GROUP = re.compile(r"\d+")


class NumberThresholds(Thresholds):
    """How many numbers of two and more digits may be changed, lost or invented.

    A changed number is one lost while another has appeared; a number that is only lost may have been written in words,
    as Yoruba and Wolof often do.
    """

    max_changed: int = 0
    max_lost: int = 2
    max_added: int = 2


def score(batch: Batch) -> Columns:
    """Numbers of two or more digits in the source, those lost, and those that only the target has."""
    pairs = zip(batch.texts, batch.source_texts, strict=True)
    found = [_compare(source.pooled, text.pooled) if source.fields else (None, None, None) for text, source in pairs]
    names = ("numbers_source", "numbers_lost", "numbers_added")
    return {name: [each[number] for each in found] for number, name in enumerate(names)}


def _compare(source: str, target: str) -> tuple[float, float, float]:
    wanted, there = numbers(source), numbers(target)
    return float(len(wanted)), float(_missing(wanted, there)), float(_missing(there, wanted))


def numbers(text: str) -> list[tuple[str, ...]]:
    """The numbers of two or more digits, each as its groups of digits: 1,234.5 is (1, 234, 5)."""
    found = (tuple(GROUP.findall(match)) for match in NUMBER.findall(ascii_digits(text)))
    return [each for each in found if sum(map(len, each)) > 1]


def _missing(wanted: list[tuple[str, ...]], there: list[tuple[str, ...]]) -> int:
    """How many numbers have neither all their digits in one place nor each group somewhere."""
    joined = Counter(_whole(each) for each in there)
    single = {_bare(group) for each in there for group in each} | set(joined)
    lost = 0
    for number in wanted:
        if joined[_whole(number)] > 0:
            joined[_whole(number)] -= 1
        elif not all(_is_said(group, single) for group in number):
            lost += 1
    return lost


def _is_said(group: str, there: set[str]) -> bool:
    if len(group) == 1 or _bare(group) in there:
        return True
    # 1995-96 may become 1995-1996.
    return len(group) == 2 and any(len(other) == 4 and other.endswith(group) for other in there)


def _whole(number: tuple[str, ...]) -> str:
    return _bare("".join(number))


def _bare(digits: str) -> str:
    """Without leading zeros: 09:30 is 9.30."""
    return digits.lstrip("0") or "0"


def decide(columns: Scored, thresholds: NumberThresholds) -> Marks:
    """Numbers changed, too many lost, or too many invented."""
    import numpy as np

    lost, added = columns["numbers_lost"], columns["numbers_added"]
    changed = above(np.minimum(lost, added), thresholds.max_changed)
    return Marks({Reason.NUMBERS: changed | above(lost, thresholds.max_lost) | above(added, thresholds.max_added)})


CHECK = Check(
    name="numbers",
    version=1,
    columns=dict.fromkeys(("numbers_source", "numbers_lost", "numbers_added"), ColumnType.NUMBER),
    thresholds=NumberThresholds,
    score=score,
    decide=decide,
    help="numbers and dates of two or more digits are kept, in the digits of any script",
)
