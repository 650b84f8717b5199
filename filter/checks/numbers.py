"""Numbers and dates of the source are still there, in whatever digits, order and grouping the language uses.

A number is compared as its digits: `1,234.5`, `1.234,5` and `१२३४.५` agree, and a date agrees when its parts are all
there. Numbers of one digit are not required, because languages write them as words.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, above
from synth.filter.words import ascii_digits
from synth.outcomes import Reason

# Digits with single separators between them: grouping, decimals, times, dates, ranges; \u066b and \u066c are Arabic's.
NUMBER = re.compile(r"\d+(?:[.,:/'’٫٬\u00a0\u202f\u2009–-]\d+| \d{3}(?!\d))*")
GROUP = re.compile(r"\d+")
DECADE = re.compile(r"(\d{1,2})\s?世[纪紀]\s?(\d0)\s?年代")  # Chinese for the 1930s: the thirties of the 20th century
# Years as Thailand, Japan and Taiwan count them, and what is to be added to get the common one.
ERAS = {
    "พ.ศ.": -543,
    "พุทธศักราช": -543,
    "明治": 1867,
    "大正": 1911,
    "昭和": 1925,
    "平成": 1988,
    "令和": 2018,
    "民國": 1911,
}
ERAS |= {"พศ": -543, "民国": 1911}
ERA_YEAR = re.compile(rf"({'|'.join(map(re.escape, ERAS))})\s?(\d{{1,4}})(?!\d)")
# Words of magnitude right behind a number. Units differ: 10 million is 1000 ten-thousands in Chinese, 1 crore in Hindi.
MAGNITUDE = re.compile(
    r"\s?(?:thousand|million|billion|trillion|[万萬億亿兆千百]|[만억조천]|lakh|crore|लाख|करोड़|हज़ार|हजार|লাখ|লক্ষ|কোটি|હજાર|લાખ|કરોડ"
    r"|ਲੱਖ|ਕਰੋੜ|ਹਜ਼ਾਰ|లక్ష|కోట్ల|ലക്ഷ|കോടി|இலட்ச|லட்ச|கோடி|لاکھ|کروڑ|ล้าน|แสน|หมื่น|พัน|သန်း|သိန်း|သောင်း)",
    re.IGNORECASE,
)


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
    wanted = numbers(source)
    there = numbers(_common_years(target, {number.digits for number in wanted}))
    lost, added = _missing(wanted, there), _missing(there, wanted)
    return float(sum(number.long for number in wanted)), float(lost), float(added)


def _common_years(text: str, wanted: set[str]) -> str:
    """The text with years of other eras as common ones, but for those that the source has too."""

    def common(year: re.Match[str]) -> str:
        return year[0] if _bare(year[2]) in wanted else str(int(year[2]) + ERAS[year[1]])

    return ERA_YEAR.sub(common, ascii_digits(text))


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a text: its groups of digits (1,234.5 is 1, 234, 5), and whether a word of magnitude follows it."""

    groups: tuple[str, ...]
    scaled: bool

    @property
    def digits(self) -> str:
        """All digits without leading zeros: 09:30 is 9.30."""
        return _bare("".join(self.groups))

    @property
    def significant(self) -> str:
        """Digits without zeros at either end: the same in `10 million` and in 1000 ten-thousands."""
        return self.digits.strip("0") or "0"

    @property
    def long(self) -> bool:
        """Two or more digits: numbers that languages do not usually write as words."""
        return sum(map(len, self.groups)) > 1


def numbers(text: str) -> list[Number]:
    """The numbers of a text in order, in 0-9 whatever the script."""
    text = DECADE.sub(lambda m: f"{100 * (int(m[1]) - 1) + int(m[2])}年代", ascii_digits(text))
    found = NUMBER.finditer(text)
    return [Number(tuple(GROUP.findall(m.group())), MAGNITUDE.match(text, m.end()) is not None) for m in found]


def _missing(wanted: list[Number], there: list[Number]) -> int:
    """How many long numbers have neither all their digits in one place, nor each group somewhere, nor another unit."""
    whole = Counter(number.digits for number in there)
    single = {_bare(group) for number in there for group in number.groups} | set(whole)
    lost = 0
    for number in wanted:
        if not number.long:
            continue
        if whole[number.digits] > 0:
            whole[number.digits] -= 1
        elif not (all(_is_said(group, single) for group in number.groups) or _is_rescaled(number, there)):
            lost += 1
    return lost


def _is_said(group: str, there: set[str]) -> bool:
    if len(group) == 1 or _bare(group) in there:
        return True
    # 1995-96 may become 1995-1996.
    return len(group) == 2 and any(len(other) == 4 and other.endswith(group) for other in there)


def _is_rescaled(number: Number, there: list[Number]) -> bool:
    return any((number.scaled or other.scaled) and number.significant == other.significant for other in there)


def _bare(digits: str) -> str:
    return digits.lstrip("0") or "0"


def decide(columns: Scored, thresholds: NumberThresholds) -> Marks:
    """Numbers changed, too many lost, or too many invented."""
    import numpy as np

    lost, added = columns["numbers_lost"], columns["numbers_added"]
    changed = above(np.minimum(lost, added), thresholds.max_changed)
    return Marks({Reason.NUMBERS: changed | above(lost, thresholds.max_lost) | above(added, thresholds.max_added)})


CHECK = Check(
    name="numbers",
    version=4,
    columns=dict.fromkeys(("numbers_source", "numbers_lost", "numbers_added"), ColumnType.NUMBER),
    thresholds=NumberThresholds,
    score=score,
    decide=decide,
    help="numbers and dates of two or more digits are kept, in the digits of any script",
)
