"""How votes are cast and counted."""

from dataclasses import dataclass, field

import pytest

from synth.filter.lid.detectors import DetectorName
from synth.filter.lid.thresholds import load_thresholds
from synth.filter.lid.values import NOTHING_READ, Answer, Ballot, Reading, Vote, Why
from synth.filter.lid.vote import Tally, cast, decide

RULES = load_thresholds()


@dataclass
class Witness:
    """A detector that knows German and Turkish well, and Afrikaans a little."""

    name: DetectorName = DetectorName.FASTTEXT
    knows: frozenset[str] = frozenset({"de", "tr", "af"})
    weak: frozenset[str] = frozenset({"af"})
    identity: dict[str, str] = field(default_factory=dict)

    def read(self, text: str) -> Reading:
        return NOTHING_READ


def vote(shares: dict[str, float], expected: str, rival: str = "") -> Vote:
    top = max(shares, key=shares.__getitem__, default="")
    return cast(Witness(), Reading(shares, top), 0.3, expected, rival).vote


@pytest.mark.parametrize(
    ("shares", "expected", "rival", "result"),
    [
        ({"de": 0.6, "nl": 0.3}, "de", "", Vote.YES),
        ({"nl": 0.6, "de": 0.35}, "de", "", Vote.YES),
        ({"nl": 0.6, "de": 0.2}, "de", "", Vote.NO),
        ({"nl": 0.2, "de": 0.1}, "de", "", Vote.ABSTAINS),
        ({}, "de", "", Vote.ABSTAINS),
        ({"de": 0.9}, "sw", "", Vote.LACKS),
        ({"de": 0.9}, "af", "", Vote.LACKS),
        ({"af": 0.4}, "af", "", Vote.YES),
        ({"tr": 0.9}, "tr", "az", Vote.LACKS),  # it has no Azerbaijani: its Turkish proves nothing
        ({"tr": 0.9}, "tr", "af", Vote.LACKS),
        ({"tr": 0.9}, "tr", "de", Vote.YES),
        ({"tr": 0.9}, "tr", "haw", Vote.YES),  # none of the 50: a slip of CLD2
    ],
)
def test_a_vote_is_cast_on_known_languages_only(
    shares: dict[str, float], expected: str, rival: str, result: Vote
) -> None:
    assert vote(shares, expected, rival) is result


def tally(votes: str, *, letters: int = 100, rival: str = "", tops: str = "fr fr fr") -> Tally:
    ballots = tuple(Ballot("x", Vote(mark), top, 0.9) for mark, top in zip(votes, tops.split(), strict=False))
    return Tally("de", letters, rival, bool(rival), ballots)


@pytest.mark.parametrize(
    ("votes", "answer", "why"),
    [
        ("++", Answer.RIGHT, Why.VOTE),
        ("++-", Answer.RIGHT, Why.VOTE),
        ("+?", Answer.RIGHT, Why.VOTE),
        ("?~+", Answer.RIGHT, Why.VOTE),
        ("??+", Answer.CANNOT_JUDGE, Why.UNSURE),
        ("+-", Answer.CANNOT_JUDGE, Why.DISAGREE),
        ("--", Answer.WRONG, Why.VOTE),
        ("?-", Answer.CANNOT_JUDGE, Why.UNSURE),
        ("??", Answer.CANNOT_JUDGE, Why.UNSURE),
        ("~~", Answer.CANNOT_JUDGE, Why.UNKNOWN),
        ("", Answer.CANNOT_JUDGE, Why.UNKNOWN),
    ],
)
def test_votes_are_counted(votes: str, answer: Answer, why: Why) -> None:
    assert decide(tally(votes), RULES) == (answer, why)


def test_one_sure_no_is_enough_for_long_text_only() -> None:
    assert decide(tally("-~", rival="fr"), RULES)[0] is Answer.WRONG
    assert decide(tally("-~", rival="fr", letters=12), RULES)[0] is Answer.CANNOT_JUDGE


def test_twins_are_wrong_only_in_long_text_that_two_detectors_agree_on() -> None:
    def twin(letters: int, tops: str) -> Answer:
        ballots = tuple(Ballot("x", Vote.NO, top, 0.9) for top in tops.split())
        return decide(Tally("ms", letters, "id", True, ballots), RULES)[0]

    assert twin(80, "id id") is Answer.CANNOT_JUDGE
    assert twin(400, "id jv") is Answer.CANNOT_JUDGE
    assert twin(400, "id id") is Answer.WRONG
