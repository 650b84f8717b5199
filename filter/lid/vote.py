"""From readings to an answer: each detector's vote on the expected language, and how the votes are counted.

A detector votes only on languages it declares to know. Its yes is void when CLD2 read a language that this detector
does not know: langdetect has no Azerbaijani and calls it Turkish, so that is no witness against CLD2's "Azerbaijani".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from synth.filter.lid.detectors import Detector
from synth.filter.lid.thresholds import Probability, Thresholds
from synth.filter.lid.values import Answer, Ballot, Reading, Vote
from synth.languages import LANGUAGES


@dataclass(frozen=True, slots=True)
class Tally:
    """What was read so far of one text.

    Args:
        expected: The language that the text should be in.
        letters: Letters of the text.
        rival: Another language that CLD2 read in it, "" if none.
        rival_is_sure: CLD2 read it by its own standard, not as a best effort.
        ballots: The votes.
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

    @property
    def settled(self) -> bool:
        """No further ballot can change the answer for the better; the slow detector need not be asked."""
        yes, no = self.count(Vote.YES), self.count(Vote.NO)
        return (yes > 1 and no == 0) or (yes == 0 and no > 1 and self.agreed_on_rival)


def cast(detector: Detector, reading: Reading, rule: Probability, expected: str, rival: str) -> Ballot:
    """The vote of fastText or langdetect.

    Args:
        detector: Says which languages it knows and which it is weak in.
        reading: What it read.
        rule: Probability for a vote, and for a no about a language that it does not know well.
        expected: The language that the text should be in.
        rival: Another language that CLD2 read, "" if none.
    """
    return Ballot(detector.name, _vote(detector, reading, rule, expected, rival), reading.top, reading.top_share)


def _vote(detector: Detector, reading: Reading, rule: Probability, expected: str, rival: str) -> Vote:
    if not reading.top:
        return Vote.ABSTAINS
    firm = detector.knows - detector.weak
    if expected in detector.knows and reading.shares.get(expected, 0.0) >= rule.probability:
        return Vote.ABSTAINS if rival in LANGUAGES and rival not in firm else Vote.YES
    # About a language it does not know well, only a firm reading of one that it does know well is a no.
    needed = rule.probability if expected in firm else rule.sure
    known = expected in firm or reading.top in firm
    return Vote.NO if known and reading.top != expected and reading.top_share >= needed else Vote.ABSTAINS


def decide(tally: Tally, thresholds: Thresholds) -> tuple[Answer, str]:
    """The answer by count of votes, and why.

    Right: two detectors say yes and fewer say no, or one says yes and none no. Wrong: nobody says yes, and two say no
    or one says no of a text that is long enough. Else the answer is that we cannot judge.
    """
    yes, no = tally.count(Vote.YES), tally.count(Vote.NO)
    if (yes > 1 and yes > no) or (yes == 1 and no == 0):
        return Answer.RIGHT, "vote"
    if yes:
        return Answer.CANNOT_JUDGE, "detectors disagree"
    if tally.rival in thresholds.twins(tally.expected):
        return _decide_twin(tally, no, thresholds)
    if no > 1 or (no == 1 and tally.rival_is_sure and tally.letters >= thresholds.reject_letters):
        return Answer.WRONG, "vote"
    return Answer.CANNOT_JUDGE, "no detector is sure" if no else "no detector knows"


def _decide_twin(tally: Tally, no: int, thresholds: Thresholds) -> tuple[Answer, str]:
    if no and tally.agreed_on_rival and tally.letters >= thresholds.twin_letters:
        return Answer.WRONG, "vote"
    return Answer.CANNOT_JUDGE, f"not told apart from {tally.rival}"
