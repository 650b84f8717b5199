"""The judge: cheap and sure signs first, detectors only as far as they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from synth.filter.lid.detectors import Detector, DetectorName, load_detectors
from synth.filter.lid.english import english_word_share
from synth.filter.lid.lexicon import lexicon_bytes
from synth.filter.lid.names import without_capitalised, without_latin_names
from synth.filter.lid.panel import Panel
from synth.filter.lid.subject import LATIN, SOLE, Expected, Subject, letter_counts
from synth.filter.lid.text import clean
from synth.filter.lid.thresholds import load_thresholds
from synth.filter.lid.values import Answer, Ballot, Judgement, Reading, Vote, Why
from synth.filter.lid.vote import Tally, decide
from synth.languages import ENGLISH, get_language


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
        self._panel = Panel(installed.detectors, self.thresholds)

    @property
    def identity(self) -> dict[str, dict[str, str]]:
        """Packages, versions and hashes of the detectors in use and of the rules, for a manifest."""
        rules = {"thresholds": self.thresholds.sha256, "english_words": sha256(lexicon_bytes()).hexdigest()}
        return {str(name): dict(each.identity) for name, each in self._panel.detectors.items()} | {"rules": rules}

    def coverage(self, code: str) -> dict[str, str]:
        """For each detector in use, "knows", "weak" (only its yes counts) or "lacks" for a language."""
        return {str(name): _coverage(detector, code) for name, detector in self._panel.detectors.items()}

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
        known = {code: Expected.of(get_language(code), self.thresholds) for code in set(expected)}
        return [self._judge(text, known[code]) for text, code in zip(texts, expected, strict=True)]

    def _judge(self, text: str, expected: Expected) -> Judgement:
        text = clean(text)
        counts = letter_counts(text)
        if not counts:
            return Judgement(Answer.CANNOT_JUDGE, "", "", None, None, False, Why.NO_LETTERS)
        if LATIN in counts and not expected.latin and expected.share(counts) >= self.thresholds.names_share:
            text = without_latin_names(text)
            counts = letter_counts(text)
        return self._settle(Subject.of(text, counts, expected, self.thresholds.script_share))

    def _settle(self, subject: Subject) -> Judgement:
        for step in (self._by_script, self._by_english_words, self._by_length):
            judgement = step(subject)
            if judgement is not None:
                return judgement
        reading = self._panel.read(subject.text)
        return self._by_cld2(subject, reading) or self._by_vote(subject, reading)

    def _by_script(self, subject: Subject) -> Judgement | None:
        if subject.script_share >= self.thresholds.script_share:
            return None
        needed = self.thresholds.foreign_letters if subject.script == LATIN else 1
        if subject.letters < needed:
            return _judgement(subject, Answer.CANNOT_JUDGE, Why.TOO_SHORT)
        detected = self._panel.read(subject.text).top or SOLE.get(subject.script, "")
        return _judgement(subject, Answer.WRONG, Why.SCRIPT, detected)

    def _by_english_words(self, subject: Subject) -> Judgement | None:
        rule, runs = self.thresholds.english, subject.runs
        if runs.share < (rule.long_run_share if runs.longest >= rule.long_run else rule.run_share):
            return None
        return self._english_judgement(subject, runs.span)

    def _english_judgement(self, subject: Subject, share: float, ballots: Sequence[Ballot] = ()) -> Judgement:
        # To tell a text that was not translated at all from one half translated: detectors name the larger part.
        whole = self._panel.all_read(subject.text, ENGLISH.code, self.thresholds.english.whole_share)
        return _judgement(subject, Answer.WRONG, Why.ENGLISH, ENGLISH.code if whole else "", ballots, share)

    def _by_length(self, subject: Subject) -> Judgement | None:
        least = self.thresholds.letters
        needed = least.sole if subject.sole else least.han if subject.script == "Hani" else least.other
        return None if subject.letters >= needed else _judgement(subject, Answer.CANNOT_JUDGE, Why.TOO_SHORT)

    def _by_cld2(self, subject: Subject, reading: Reading) -> Judgement | None:
        code, english = subject.expected.code, subject.english(reading, self.thresholds.english.cld2_letters)
        ballots = (Ballot(DetectorName.CLD2, self._panel.cld2_vote(reading, code), reading.top, reading.top_share),)
        rule = self.thresholds.english
        if english >= rule.cld2_share and subject.letters >= rule.cld2_letters:
            found = self._by_all_but_names(subject)
            return found or self._english_judgement(subject, max(english, subject.runs.span), ballots)
        if subject.sole and ballots[0].vote is not Vote.NO:
            return _judgement(subject, Answer.RIGHT, Why.SCRIPT, code, ballots if reading.top else (), english)
        if ballots[0].vote is Vote.YES and subject.letters >= subject.expected.alone_letters:
            confusable = self._is_confusable(subject, ballots, "", Answer.RIGHT)
            return _judgement(subject, Answer.RIGHT, Why.CLD2, code, ballots, english, confusable)
        return None

    def _by_all_but_names(self, subject: Subject) -> Judgement | None:
        """English that CLD2 read in names alone is no remainder: right if the rest is right on its own."""
        text = without_capitalised(subject.text) if subject.expected.latin else subject.text
        counts = letter_counts(text)
        if text == subject.text or sum(counts.values()) < self.thresholds.letters.rest:
            return None
        if english_word_share(text, subject.expected.code) > self.thresholds.english.rest_share:
            return None
        found = self._settle(Subject.of(text, counts, subject.expected, self.thresholds.script_share))
        return found if found.answer is Answer.RIGHT else None

    def _by_vote(self, subject: Subject, reading: Reading) -> Judgement:
        tally = self._panel.tally(subject.text, subject.expected.code, subject.letters, reading)
        answer, why = decide(tally, self.thresholds)
        detected = subject.expected.code if answer is Answer.RIGHT else _detected(tally)
        confusable = self._is_confusable(subject, tally.ballots, tally.rival, answer)
        english = subject.english(reading, self.thresholds.english.cld2_letters)
        return _judgement(subject, answer, why, detected, tally.ballots, english, confusable)

    def _is_confusable(self, subject: Subject, ballots: Sequence[Ballot], rival: str, answer: Answer) -> bool:
        relatives = subject.expected.relatives
        if not relatives:
            return False
        if rival in relatives or any(ballot.top in relatives for ballot in ballots):
            return True
        near = answer is not Answer.WRONG and subject.letters < self.thresholds.twin_letters
        return near and bool(subject.expected.twins)


def _coverage(detector: Detector, code: str) -> str:
    if code not in detector.knows:
        return "lacks"
    return "weak" if code in detector.weak else "knows"


def _detected(tally: Tally) -> str:
    if tally.rival_is_sure and tally.rival:
        return tally.rival
    return next((ballot.top for ballot in tally.ballots[::-1] if ballot.share >= 0.5), "")


def _judgement(
    subject: Subject,
    answer: Answer,
    why: Why,
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
        english_share=None if subject.expected.english else share,
        script_share=subject.script_share,
        confusable=confusable,
        why=why,
    )
