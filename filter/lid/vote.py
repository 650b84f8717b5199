"""From votes to an answer: what each detector's vote on the expected language is, and how votes are counted.

A detector votes only on languages it declares to know. It is blind where CLD2 read a language that it does not know:
langdetect has no Azerbaijani and calls it Turkish, so that is no witness against CLD2's "Azerbaijani".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from synth.filter.lid.detectors import Detector
from synth.filter.lid.thresholds import Thresholds
from synth.filter.lid.values import Answer, Ballot, Reading, Vote, Why
from synth.languages import LANGUAGES


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes on one text.

    Args:
        expected: The language that the text should be in.
        letters: Letters of the text.
        rival: Another language that CLD2 read in it, "" if none.
        rival_is_sure: CLD2 read it by its own standard, not as a best effort.
        ballots: The votes so far.
    """

    expected: str
    letters: int
    rival: str = ""
    rival_is_sure: bool = False
    ballots: tuple[Ballot, ...] = ()

    def plus(self, ballot: Ballot) -> Tally:
        """The tally with one more vote."""
        return replace(self, ballots=(*self.ballots, ballot))

    def count(self, vote: Vote) -> int:
        """Number of ballots with this vote."""
        return sum(ballot.vote is vote for ballot in self.ballots)

    @property
    def agreed_on_rival(self) -> bool:
        """Two detectors read the same other language."""
        return sum(ballot.top == self.rival for ballot in self.ballots) > 1


def cast(detector: Detector, reading: Reading, needed: float, expected: str, rival: str) -> Ballot:
    """The vote of fastText or langdetect.

    Args:
        detector: Says which languages it knows and which it is weak in.
        reading: What it read.
        needed: Least probability for a vote.
        expected: The language that the text should be in.
        rival: Another language that CLD2 read, "" if none.
    """
    return Ballot(detector.name, _vote(detector, reading, needed, expected, rival), reading.top, reading.top_share)


def _vote(detector: Detector, reading: Reading, needed: float, expected: str, rival: str) -> Vote:
    if not can_vote(detector, expected, rival):
        return Vote.LACKS
    if reading.shares.get(expected, 0.0) >= needed:
        return Vote.YES
    if expected in detector.weak:
        return Vote.LACKS
    return Vote.NO if reading.top_share >= needed else Vote.ABSTAINS


def can_vote(detector: Detector, expected: str, rival: str) -> bool:
    """The detector knows the expected language, and knows well what CLD2 read instead if that is one of the 50."""
    return expected in detector.knows and (rival not in LANGUAGES or knows_well(detector, rival))


def knows_well(detector: Detector, code: str) -> bool:
    """The detector's no about this language is worth a vote, not only its yes."""
    return code in detector.knows and code not in detector.weak


def decide(tally: Tally, thresholds: Thresholds) -> tuple[Answer, Why]:
    """The answer by count of votes, and why.

    Right: more say yes than no, and no more are unsure than say yes. Wrong: nobody says yes, and two say no, or CLD2
    alone does so of a text that is long enough. Else the answer is that we cannot judge.
    """
    yes, no = tally.count(Vote.YES), tally.count(Vote.NO)
    if yes > no and yes >= tally.count(Vote.ABSTAINS):
        return Answer.RIGHT, Why.VOTE
    if yes:
        return Answer.CANNOT_JUDGE, Why.DISAGREE if no else Why.UNSURE
    if tally.rival in thresholds.twins(tally.expected):
        return _decide_twin(tally, no, thresholds)
    if no > 1 or (no == 1 and tally.rival_is_sure and tally.letters >= thresholds.reject_letters):
        return Answer.WRONG, Why.VOTE
    return Answer.CANNOT_JUDGE, _unjudged(tally)


def _decide_twin(tally: Tally, no: int, thresholds: Thresholds) -> tuple[Answer, Why]:
    if no and tally.agreed_on_rival and tally.letters >= thresholds.twin_letters:
        return Answer.WRONG, Why.VOTE
    return Answer.CANNOT_JUDGE, Why.TWINS


def _unjudged(tally: Tally) -> Why:
    known = any(ballot.vote is not Vote.LACKS for ballot in tally.ballots)
    return Why.UNSURE if known else Why.UNKNOWN
