"""The detectors at work on one text: whom to ask, in which order, and when to stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import cast as typed

from synth.filter.lid.detectors import Detector, DetectorName
from synth.filter.lid.thresholds import Thresholds
from synth.filter.lid.values import NOTHING_READ, Answer, Ballot, Reading, Vote
from synth.filter.lid.vote import Tally, can_vote, cast, decide, knows_well

if TYPE_CHECKING:
    from synth.filter.lid.cld2 import Cld2Detector


class Panel:
    """Asks CLD2 first, fastText second, langdetect last and only where the two leave it open.

    Args:
        detectors: Those that are installed and wanted.
        thresholds: For their votes.
    """

    def __init__(self, detectors: Sequence[Detector], thresholds: Thresholds) -> None:
        found = {detector.name: detector for detector in detectors}
        self.detectors = found
        self.thresholds = thresholds
        self._cld2 = typed("Cld2Detector | None", found.get(DetectorName.CLD2))
        self._fasttext = found.get(DetectorName.FASTTEXT)
        self._langdetect = found.get(DetectorName.LANGDETECT)

    def read(self, text: str) -> Reading:
        """CLD2's reading of a cleaned text; nothing without CLD2."""
        return self._cld2.read(text) if self._cld2 else NOTHING_READ

    def all_read(self, text: str, code: str, share: float) -> bool:
        """Both fast detectors, or the one that there is, read hardly anything but one language in a cleaned text."""
        asked = [detector for detector in (self._cld2, self._fasttext) if detector]
        return bool(asked) and all(detector.read(text).shares.get(code, 0.0) >= share for detector in asked)

    def cld2_vote(self, reading: Reading, expected: str) -> Vote:
        """CLD2's vote on the expected language."""
        needed = self.thresholds.cld2.share
        if reading.shares.get(expected, 0.0) >= needed:
            return Vote.YES
        return Vote.NO if reading.top_share >= needed else Vote.ABSTAINS

    def tally(self, text: str, expected: str, letters: int, reading: Reading) -> Tally:
        """The votes of all who are needed.

        Args:
            text: Cleaned text.
            expected: The language that it should be in.
            letters: Its letters.
            reading: What `read` returned for it.
        """
        tally = Tally(expected, letters)
        if self._cld2:
            tally = self._ask_cld2(self._cld2, text, tally, reading)
        if self._fasttext:
            tally = _ask(self._fasttext, text, tally, self.thresholds.fasttext.probability)
        if self._langdetect and can_vote(self._langdetect, expected, tally.rival):
            # 50 times slower than the others where langdetect-rs is not installed. Its no is needed as well: asked only
            # where a yes would do, it would leave 4.0 % of text in wrong languages unjudged instead of 2.8 %.
            undecided = decide(tally, self.thresholds)[0] is Answer.CANNOT_JUDGE
            if undecided:
                tally = _ask(self._langdetect, text, tally, self.thresholds.langdetect.probability)
        return tally

    def _ask_cld2(self, cld2: Cld2Detector, text: str, tally: Tally, reading: Reading) -> Tally:
        sure = bool(reading.top)
        if not sure:
            reading = cld2.guess(text)
        vote = self.cld2_vote(reading, tally.expected)
        rival = "" if vote is Vote.YES else reading.top
        if vote is not Vote.YES:
            # A best effort on short text is worth a yes, not a no.
            vote = self._doubt(cld2, text, tally.expected, rival, vote if sure else Vote.ABSTAINS)
        ballot = Ballot(cld2.name, vote, reading.top, reading.top_share)
        return Tally(tally.expected, tally.letters, rival, sure, (ballot,))

    def _doubt(self, cld2: Cld2Detector, text: str, expected: str, rival: str, vote: Vote) -> Vote:
        """CLD2's no is one step milder when a hint is enough to turn it; not between twins, where it always is."""
        if rival in self.thresholds.twins(expected):
            return vote
        if self.cld2_vote(cld2.read_expecting(text, expected), expected) is not Vote.YES:
            return vote
        if vote is Vote.NO:
            return Vote.ABSTAINS
        # Where another detector knows the language well it shall decide: a hinted guess is wrong more often than right.
        others = (self._fasttext, self._langdetect)
        return Vote.ABSTAINS if any(other and knows_well(other, expected) for other in others) else Vote.YES


def _ask(detector: Detector, text: str, tally: Tally, needed: float) -> Tally:
    return tally.plus(cast(detector, detector.read(text), needed, tally.expected, tally.rival))
