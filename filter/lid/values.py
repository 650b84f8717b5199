"""What goes in and out of the vote: readings of detectors, ballots, and the judgement of a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Answer(StrEnum):
    """Is the text in the expected language?"""

    RIGHT = "right"
    WRONG = "wrong"
    CANNOT_JUDGE = "cannot_judge"


class Why(StrEnum):
    """What decided a judgement."""

    NO_LETTERS = "no_letters"  # nothing but digits, signs, addresses
    TOO_SHORT = "too_short"
    SCRIPT = "script"  # letters of a wrong script, or of one that only the expected language uses
    ENGLISH = "english"  # too much of the text is English
    CLD2 = "cld2"  # CLD2 alone, on enough text
    VOTE = "vote"
    TWINS = "twins"  # a language was read that nobody tells from the expected one
    DISAGREE = "disagree"  # some detectors say yes, others no
    UNSURE = "unsure"  # detectors that know the language are not sure of the text
    UNKNOWN = "unknown"  # no detector in use knows the language


class Vote(StrEnum):
    """What one detector says about the expected language; the value is its mark in `Judgement.votes`."""

    YES = "+"
    NO = "-"
    ABSTAINS = "?"  # knows the language and is not sure
    LACKS = "~"  # does not know the language, or not well enough to object


@dataclass(frozen=True, slots=True)
class Reading:
    """What a detector read in a text.

    Args:
        shares: Language to share of the text (CLD2) or probability (the others), 0 to 1; our codes, and the detector's
            own for languages that are none of the 50.
        top: The language with the highest value, "" when the detector read none.
    """

    shares: Mapping[str, float]
    top: str

    @property
    def top_share(self) -> float:
        """Value of the top language, 0 when there is none."""
        return self.shares.get(self.top, 0.0)


NOTHING_READ: Final = Reading(MappingProxyType({}), "")


@dataclass(frozen=True, slots=True)
class Ballot:
    """One detector's vote, and the reading it rests on."""

    detector: str
    vote: Vote
    top: str
    share: float

    def __str__(self) -> str:
        """Compact form, such as `+cld2=sw:0.98`."""
        return f"{self.vote}{self.detector}={self.top or 'un'}:{self.share:.2f}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer for one text, and its evidence.

    Args:
        answer: Right, wrong or cannot judge.
        detected: The language that the text seems to be in (a detector's own code if none of the 50), "" if unknown.
        votes: The votes that were needed, such as "+cld2=sw:0.98 ?fasttext=en:0.16"; "" when none was.
        english_share: Share of the text that seems to be English, 0 to 1; None when English is expected or the text
            was settled before it was measured.
        script_share: Share of letters in the scripts of the expected language; None when there are no letters.
        confusable: A detector read the close relative of the expected language that it is often confused with.
        why: What decided.
    """

    answer: Answer
    detected: str
    votes: str
    english_share: float | None
    script_share: float | None
    confusable: bool
    why: Why
