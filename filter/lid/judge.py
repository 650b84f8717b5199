"""The judge: cheap and sure signs first, detectors only as far as they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from typing import cast as typed

from synth.filter.lid.detectors import Detector, DetectorName, load_detectors
from synth.filter.lid.english import EnglishRuns, english_runs
from synth.filter.lid.text import clean
from synth.filter.lid.thresholds import load_thresholds
from synth.filter.lid.values import NOTHING_READ, Answer, Ballot, Judgement, Reading, Vote
from synth.filter.lid.vote import Tally, cast, decide
from synth.languages import ENGLISH, LANGUAGES, Language, get_language
from synth.scripts import script_counts

if TYPE_CHECKING:
    from synth.filter.lid.cld2 import Cld2Detector

_LATIN: Final = "Latn"


def _sole_scripts() -> dict[str, str]:
    users: dict[str, list[str]] = {}
    for code, language in LANGUAGES.items():
        for script in language.letter_scripts:
            users.setdefault(script, []).append(code)
    return {script: codes[0] for script, codes in users.items() if len(codes) == 1}


_SOLE: Final = _sole_scripts()  # scripts that only one of the 50 languages is written in, and that language


@dataclass(frozen=True, slots=True)
class _Subject:
    """A text under judgement, measured once; `script` is its most frequent one."""

    text: str
    language: Language
    script: str
    letters: int
    script_share: float
    runs: EnglishRuns

    @property
    def sole(self) -> bool:
        """The script is used by the expected language alone."""
        return _SOLE.get(self.script) == self.language.code


class Judge:
    """Answers whether texts are in the languages they should be in. One per process; not for sharing between threads.

    Args:
        detectors: Names of detectors to use ("cld2", "fasttext", "langdetect"), or None for all that are installed.
        fasttext_model: A fastText model (lid.176.bin, GlotLID, OpenLID) in place of lid.176.ftz.
        thresholds: A file in place of the thresholds that come with Synth.

    Raises:
        BadFlag: A detector's name is unknown, or a file cannot be used.
        MissingExtra: A model is given but no fastText package is installed.
    """

    def __init__(
        self,
        detectors: Sequence[str] | None = None,
        fasttext_model: Path | None = None,
        thresholds: Path | None = None,
    ) -> None:
        self.thresholds = load_thresholds(thresholds)
        installed = load_detectors(detectors, fasttext_model, self.thresholds)
        self.missing: dict[str, str] = {str(name): why for name, why in installed.missing.items()}
        self._detectors = {detector.name: detector for detector in installed.detectors}
        self._cld2 = typed("Cld2Detector | None", self._detectors.get(DetectorName.CLD2))

    @property
    def identity(self) -> dict[str, dict[str, str]]:
        """Packages, versions and model hashes of the detectors in use, for a manifest."""
        return {str(name): dict(detector.identity) for name, detector in self._detectors.items()}

    def coverage(self, code: str) -> dict[str, str]:
        """For each detector in use, "knows", "weak" (only its yes counts) or "lacks" for a language."""
        return {str(name): _coverage(detector, code) for name, detector in self._detectors.items()}

    def judge(self, text: str, expected: str) -> Judgement:
        """The judgement of one text; see `judge_batch`."""
        return self.judge_batch([text], [expected])[0]

    def judge_batch(self, texts: Sequence[str], expected: Sequence[str]) -> list[Judgement]:
        """The judgement of each text, in order; a text's judgement does not depend on the others.

        Args:
            texts: Texts of any length; pool the fields of a row first (`pool_fields`).
            expected: For each text the code of the language that it should be in.

        Raises:
            BadFlag: An expected code is none of the 50.
        """
        languages = {code: get_language(code) for code in set(expected)}
        return [self._judge(text, languages[code]) for text, code in zip(texts, expected, strict=True)]

    def _judge(self, text: str, language: Language) -> Judgement:
        text = clean(text)
        counts = script_counts(text)
        letters = sum(counts.values())
        if not letters:
            return Judgement(Answer.CANNOT_JUDGE, "", "", None, None, False, "no letters")
        script = next(iter(counts))
        share = sum(n for name, n in counts.items() if name in language.letter_scripts) / letters
        runs = EnglishRuns()
        if language is not ENGLISH and _LATIN in counts:
            runs = english_runs(text, latin=_LATIN in language.letter_scripts)
        return self._settle(_Subject(text, language, script, letters, share, runs))

    def _settle(self, subject: _Subject) -> Judgement:
        for step in (self._by_script, self._by_english_words, self._by_length):
            judgement = step(subject)
            if judgement is not None:
                return judgement
        reading = self._cld2.read(subject.text) if self._cld2 else NOTHING_READ
        return self._by_cld2(subject, reading) or self._by_vote(subject, reading)

    def _by_script(self, subject: _Subject) -> Judgement | None:
        if subject.script_share >= self.thresholds.script_share:
            return None
        needed = self.thresholds.foreign_letters if subject.script == _LATIN else 1
        if subject.letters < needed:
            return _judgement(subject, Answer.CANNOT_JUDGE, "too short")
        return _judgement(subject, Answer.WRONG, f"script {subject.script}", detected=_SOLE.get(subject.script, ""))

    def _by_english_words(self, subject: _Subject) -> Judgement | None:
        rule, runs = self.thresholds.english, subject.runs
        needed = rule.long_run_share if runs.longest >= rule.long_run else rule.run_share
        if runs.share < needed:
            return None
        return _judgement(subject, Answer.WRONG, "English words", detected="en" if runs.share > 0.5 else "")

    def _by_length(self, subject: _Subject) -> Judgement | None:
        least = self.thresholds.letters
        needed = least.sole if subject.sole else least.han if subject.script == "Hani" else least.other
        return None if subject.letters >= needed else _judgement(subject, Answer.CANNOT_JUDGE, "too short")

    def _by_cld2(self, subject: _Subject, reading: Reading) -> Judgement | None:
        code, english = subject.language.code, _english(subject, reading)
        ballots = (Ballot(DetectorName.CLD2, self._cld2_vote(reading, code), reading.top, reading.top_share),)
        rule = self.thresholds.english
        if english >= rule.cld2_share and subject.letters >= rule.cld2_letters:
            seen = "en" if reading.top == "en" else ""
            return _judgement(subject, Answer.WRONG, "English share", seen, ballots, english)
        if subject.sole and ballots[0].vote is not Vote.NO:
            return _judgement(subject, Answer.RIGHT, "script", code, ballots if reading.top else (), english)
        alone = self.thresholds.alone_letters
        if ballots[0].vote is Vote.YES and subject.letters >= (alone.english if code == "en" else alone.other):
            confusable = self._is_confusable(subject, ballots, "", Answer.RIGHT)
            return _judgement(subject, Answer.RIGHT, "cld2", code, ballots, english, confusable)
        return None

    def _cld2_vote(self, reading: Reading, code: str) -> Vote:
        needed = self.thresholds.cld2.share
        if reading.shares.get(code, 0.0) >= needed:
            return Vote.YES
        return Vote.NO if reading.top_share >= needed else Vote.ABSTAINS

    def _by_vote(self, subject: _Subject, reading: Reading) -> Judgement:
        tally = self._tally(subject, reading)
        answer, why = decide(tally, self.thresholds)
        detected = subject.language.code if answer is Answer.RIGHT else _detected(tally)
        confusable = self._is_confusable(subject, tally.ballots, tally.rival, answer)
        return _judgement(subject, answer, why, detected, tally.ballots, _english(subject, reading), confusable)

    def _tally(self, subject: _Subject, reading: Reading) -> Tally:
        code = subject.language.code
        tally = self._cld2_tally(self._cld2, subject, reading) if self._cld2 else Tally(code, subject.letters)
        for name in (DetectorName.FASTTEXT, DetectorName.LANGDETECT):
            detector = self._detectors.get(name)
            if detector is not None and not tally.settled:
                rule = self.thresholds.fasttext if name is DetectorName.FASTTEXT else self.thresholds.langdetect
                tally = tally.plus(cast(detector, detector.read(subject.text), rule, code, tally.rival))
        return tally

    def _cld2_tally(self, cld2: Cld2Detector, subject: _Subject, reading: Reading) -> Tally:
        code, sure = subject.language.code, bool(reading.top)
        if not sure:
            reading = cld2.guess(subject.text)
        vote = self._cld2_vote(reading, code)
        rival = reading.top if vote is not Vote.YES else ""
        if not sure and vote is Vote.NO:
            vote = Vote.ABSTAINS  # a best effort on short text is worth a yes, not a no
        ballots = [Ballot(DetectorName.CLD2, vote, reading.top, reading.top_share)]
        if rival not in self.thresholds.twins(code) and not (sure and vote is Vote.YES):
            hinted = cld2.read_expecting(subject.text, code)
            if self._cld2_vote(hinted, code) is Vote.YES:
                ballots.append(Ballot("cld2-hinted", Vote.YES, code, hinted.shares[code]))
        return Tally(code, subject.letters, rival, sure, tuple(ballots))

    def _is_confusable(self, subject: _Subject, ballots: Sequence[Ballot], rival: str, answer: Answer) -> bool:
        code = subject.language.code
        relatives = self.thresholds.relatives(code)
        if rival in relatives or any(ballot.top in relatives for ballot in ballots):
            return True
        near = answer is not Answer.WRONG and subject.letters < self.thresholds.twin_letters
        return near and bool(self.thresholds.twins(code))


def _coverage(detector: Detector, code: str) -> str:
    if code not in detector.knows:
        return "lacks"
    return "weak" if code in detector.weak else "knows"


def _english(subject: _Subject, reading: Reading) -> float:
    if subject.language is ENGLISH:
        return 0.0
    return max(subject.runs.share, reading.shares.get(ENGLISH.code, 0.0))


def _detected(tally: Tally) -> str:
    if tally.rival_is_sure and tally.rival:
        return tally.rival
    return next((ballot.top for ballot in tally.ballots[::-1] if ballot.share >= 0.5), "")


def _judgement(
    subject: _Subject,
    answer: Answer,
    why: str,
    detected: str = "",
    ballots: Sequence[Ballot] = (),
    english: float | None = None,
    confusable: bool = False,
) -> Judgement:
    share = subject.runs.share if english is None else english
    return Judgement(
        answer=answer,
        detected=detected,
        votes=" ".join(map(str, ballots)),
        english_share=None if subject.language is ENGLISH else share,
        script_share=subject.script_share,
        confusable=confusable,
        why=why,
    )
