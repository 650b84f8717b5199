"""The judge: cheap and sure signs first, detectors only as far as they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from synth.filter.lid.detectors import Detector, DetectorName, load_detectors
from synth.filter.lid.english import NO_RUNS, EnglishRuns, english_runs, english_word_share, lexicon_bytes
from synth.filter.lid.names import without_capitalised, without_latin_names
from synth.filter.lid.panel import Panel
from synth.filter.lid.text import clean
from synth.filter.lid.thresholds import load_thresholds
from synth.filter.lid.values import Answer, Ballot, Judgement, Reading, Vote, Why
from synth.filter.lid.vote import Tally, decide
from synth.languages import ENGLISH, LANGUAGES, Language, get_language
from synth.scripts import script_counts

_LATIN: Final = "Latn"
_NOT_LETTERS: Final = bytes(byte for byte in range(128) if not chr(byte).isalpha())


def _sole_scripts() -> dict[str, str]:
    users: dict[str, list[str]] = {}
    for code, language in LANGUAGES.items():
        for script in language.letter_scripts:
            users.setdefault(script, []).append(code)
    return {script: codes[0] for script, codes in users.items() if len(codes) == 1}


_SOLE: Final = _sole_scripts()  # scripts that only one of the 50 languages is written in, and that language


@dataclass(frozen=True, slots=True)
class _Expected:
    """An expected language and what is looked up for each of its texts."""

    code: str
    scripts: frozenset[str]
    relatives: frozenset[str]
    twins: frozenset[str]
    alone_letters: int

    @property
    def latin(self) -> bool:
        """The language is written in Latin letters, by some or by all."""
        return _LATIN in self.scripts

    @property
    def english(self) -> bool:
        """English is expected, so that English in the text is no fault."""
        return self.code == ENGLISH.code


@dataclass(slots=True)
class _Subject:
    """A text under judgement, measured once; `script` is its most frequent one."""

    text: str
    expected: _Expected
    script: str
    letters: int
    script_share: float
    runs: EnglishRuns

    @property
    def sole(self) -> bool:
        """The script is used by the expected language alone."""
        return _SOLE.get(self.script) == self.expected.code


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
        known = {code: self._expect(get_language(code)) for code in set(expected)}
        return [self._judge(text, known[code]) for text, code in zip(texts, expected, strict=True)]

    def _expect(self, language: Language) -> _Expected:
        code, alone = language.code, self.thresholds.alone_letters
        return _Expected(
            code=code,
            scripts=language.letter_scripts,
            relatives=self.thresholds.relatives(code),
            twins=self.thresholds.twins(code),
            alone_letters=alone.english if language is ENGLISH else alone.other,
        )

    def _judge(self, text: str, expected: _Expected) -> Judgement:
        text = clean(text)
        counts = _letter_counts(text)
        if not counts:
            return Judgement(Answer.CANNOT_JUDGE, "", "", None, None, False, Why.NO_LETTERS)
        if _LATIN in counts and not expected.latin and _share(counts, expected) >= self.thresholds.names_share:
            text = without_latin_names(text)
            counts = _letter_counts(text)
        return self._settle(self._measure(text, counts, expected))

    def _measure(self, text: str, counts: dict[str, int], expected: _Expected) -> _Subject:
        share, runs = _share(counts, expected), NO_RUNS
        if _LATIN in counts and not expected.english:
            # In a text of the wrong script Latin letters are the text, not a remainder.
            latin = expected.latin or share < self.thresholds.script_share
            runs = english_runs(text, latin=latin)
        return _Subject(text, expected, next(iter(counts)), sum(counts.values()), share, runs)

    def _settle(self, subject: _Subject) -> Judgement:
        for step in (self._by_script, self._by_english_words, self._by_length):
            judgement = step(subject)
            if judgement is not None:
                return judgement
        reading = self._panel.read(subject.text)
        return self._by_cld2(subject, reading) or self._by_vote(subject, reading)

    def _by_script(self, subject: _Subject) -> Judgement | None:
        if subject.script_share >= self.thresholds.script_share:
            return None
        needed = self.thresholds.foreign_letters if subject.script == _LATIN else 1
        if subject.letters < needed:
            return _judgement(subject, Answer.CANNOT_JUDGE, Why.TOO_SHORT)
        detected = self._panel.read(subject.text).top or _SOLE.get(subject.script, "")
        return _judgement(subject, Answer.WRONG, Why.SCRIPT, detected)

    def _by_english_words(self, subject: _Subject) -> Judgement | None:
        rule, runs = self.thresholds.english, subject.runs
        if runs.share < (rule.long_run_share if runs.longest >= rule.long_run else rule.run_share):
            return None
        return self._english_judgement(subject, runs.span)

    def _english_judgement(self, subject: _Subject, share: float, ballots: Sequence[Ballot] = ()) -> Judgement:
        # To tell a text that was not translated at all from one half translated: detectors name the larger part.
        whole = self._panel.all_read(subject.text, ENGLISH.code, self.thresholds.english.whole_share)
        return _judgement(subject, Answer.WRONG, Why.ENGLISH, ENGLISH.code if whole else "", ballots, share)

    def _by_length(self, subject: _Subject) -> Judgement | None:
        least = self.thresholds.letters
        needed = least.sole if subject.sole else least.han if subject.script == "Hani" else least.other
        return None if subject.letters >= needed else _judgement(subject, Answer.CANNOT_JUDGE, Why.TOO_SHORT)

    def _by_cld2(self, subject: _Subject, reading: Reading) -> Judgement | None:
        code, english = subject.expected.code, _english(subject, reading, self.thresholds.english.cld2_letters)
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

    def _by_all_but_names(self, subject: _Subject) -> Judgement | None:
        """English that CLD2 read in names alone is no remainder: right if the rest is right on its own."""
        text = without_capitalised(subject.text) if subject.expected.latin else subject.text
        counts = _letter_counts(text)
        if text == subject.text or sum(counts.values()) < self.thresholds.letters.rest:
            return None
        if english_word_share(text) > self.thresholds.english.rest_share:
            return None
        found = self._settle(self._measure(text, counts, subject.expected))
        return found if found.answer is Answer.RIGHT else None

    def _by_vote(self, subject: _Subject, reading: Reading) -> Judgement:
        tally = self._panel.tally(subject.text, subject.expected.code, subject.letters, reading)
        answer, why = decide(tally, self.thresholds)
        detected = subject.expected.code if answer is Answer.RIGHT else _detected(tally)
        confusable = self._is_confusable(subject, tally.ballots, tally.rival, answer)
        english = _english(subject, reading, self.thresholds.english.cld2_letters)
        return _judgement(subject, answer, why, detected, tally.ballots, english, confusable)

    def _is_confusable(self, subject: _Subject, ballots: Sequence[Ballot], rival: str, answer: Answer) -> bool:
        relatives = subject.expected.relatives
        if not relatives:
            return False
        if rival in relatives or any(ballot.top in relatives for ballot in ballots):
            return True
        near = answer is not Answer.WRONG and subject.letters < self.thresholds.twin_letters
        return near and bool(subject.expected.twins)


def _letter_counts(text: str) -> dict[str, int]:
    if not text.isascii():
        return script_counts(text)
    # A short cut for half of the Latin lines: bytes without letters are deleted in one pass.
    letters = len(text.encode("ascii").translate(None, _NOT_LETTERS))
    return {_LATIN: letters} if letters else {}


def _share(counts: dict[str, int], expected: _Expected) -> float:
    return sum(counts.get(script, 0) for script in expected.scripts) / sum(counts.values())


def _coverage(detector: Detector, code: str) -> str:
    if code not in detector.knows:
        return "lacks"
    return "weak" if code in detector.weak else "knows"


def _english(subject: _Subject, reading: Reading, cld2_letters: int) -> float:
    if subject.expected.english:
        return 0.0
    # In fewer letters CLD2's English is a guess, and was not believed either.
    sure = subject.letters >= cld2_letters
    return max(subject.runs.share, reading.shares.get(ENGLISH.code, 0.0) if sure else 0.0)


def _detected(tally: Tally) -> str:
    if tally.rival_is_sure and tally.rival:
        return tally.rival
    return next((ballot.top for ballot in tally.ballots[::-1] if ballot.share >= 0.5), "")


def _judgement(
    subject: _Subject,
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
