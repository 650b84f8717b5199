"""Untranslated copies: the row says what its English source says, in the source's own words.

Names and numbers are the same in many languages, so words that the English text capitalises inside a sentence, and all
digits, are taken out before comparing; what is then left must be long enough to judge.
"""

from __future__ import annotations

import re

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, above
from synth.filter.checks.half import FUNCTION_WORDS
from synth.filter.text import RowText
from synth.filter.words import containment, ngrams, words
from synth.outcomes import Kind, Reason

NGRAM = 5  # characters: related languages share words, but few runs of five letters and spaces in a row
SHORT_CHOICE = 3  # words
MIN_LETTERS = 12  # letters left of a field after names are removed; shorter ones are judged together with others only
LATIN = frozenset("abcdefghijklmnopqrstuvwxyz")
SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s+|[\"“(\n]\s*)([^\W\d_]+)")


class CopyThresholds(Thresholds):
    """Largest shares that a translation may have in common with its source."""

    max_overlap: float = 0.45
    max_field_overlap: float = 0.9
    max_run: int = 6


def score(batch: Batch) -> Columns:
    """Pooled overlap, the worst field's overlap, and the longest run of common words."""
    measured = [
        _measure(text, source, batch.lang) for text, source in zip(batch.texts, batch.source_texts, strict=True)
    ]
    names = ("copy_overlap", "copy_field_overlap", "copy_run")
    return {name: [each[number] for each in measured] for number, name in enumerate(names)}


def _measure(text: RowText, source: RowText, lang: str) -> tuple[float | None, float | None, float | None]:
    # An English paraphrase shares words with its source by nature: the paraphrase check judges that.
    if not source.fields or lang == "en":
        return None, None, None
    if LATIN.isdisjoint(text.pooled.casefold()):  # nothing to copy with: another script
        return 0.0, 0.0, 0.0
    names = _names(source)
    english = plain(source.pooled, names)
    shared = ngrams(english, NGRAM)
    pooled = plain(text.pooled, names)
    # All choices together are one more field: a word each is too short to be judged.
    fields = [plain(each, names) for each in (*(field.text for field in text.fields), " ".join(text.choices))]
    overlaps = [containment(ngrams(each, NGRAM), shared) for each in fields if len(each) >= MIN_LETTERS]
    overall = containment(ngrams(pooled, NGRAM), shared) if len(pooled) >= MIN_LETTERS else None
    return overall, max(overlaps, default=None), float(_longest_run(pooled.split(), english.split()))


def _names(english: RowText) -> frozenset[str]:
    """Words that English capitalises where no sentence begins (and `I` is none of them).

    A choice of a word or two is no sentence: "Berlin" among "river", "bridge" is a name.
    """
    found: set[str] = set()
    for field in english.fields:
        phrase = field.choice and len(field.text.split()) <= SHORT_CHOICE
        starts = set() if phrase else {match.start(1) for match in SENTENCE_START.finditer(field.text)}
        words_there = re.finditer(r"[^\W\d_]+", field.text)
        capitals = (m for m in words_there if m.start() not in starts and m.group()[0].isupper() and m.group() != "I")
        found |= {match.group().casefold() for match in capitals}
    return frozenset(found)


def plain(text: str, names: frozenset[str]) -> str:
    """Case-folded words without names and digits, joined by spaces."""
    return " ".join(word for word in (w.casefold() for w in words(text)) if word not in names)


def _longest_run(one: list[str], other: list[str]) -> int:
    """Length of the longest run of words in both (dynamic programming over word pairs, only matching pairs kept).

    Function words alone are no run: they are what is left of a list of titles once names are taken out.
    """
    places: dict[str, list[int]] = {}
    for place, word in enumerate(other):
        places.setdefault(word, []).append(place)
    best, previous, hollow = 0, dict[int, int](), 0
    for word in one:
        current = {place: previous.get(place - 1, 0) + 1 for place in places.get(word, ())}
        hollow = hollow + 1 if word in FUNCTION_WORDS else 0
        length = max(current.values(), default=0)
        best = max(best, length) if length > hollow else best
        previous = current
    return best


def decide(columns: Scored, thresholds: CopyThresholds) -> Marks:
    """A copy as a whole or of a field; a long run of the source's words inside a translation is half translated."""
    overlap = above(columns["copy_overlap"], thresholds.max_overlap)
    copied = overlap | above(columns["copy_field_overlap"], thresholds.max_field_overlap)
    run = above(columns["copy_run"], thresholds.max_run)
    return Marks({Reason.COPY: copied, Reason.HALF_TRANSLATED: run & ~copied})


CHECK = Check(
    name="copy",
    version=4,
    columns=dict.fromkeys(("copy_overlap", "copy_field_overlap", "copy_run"), ColumnType.NUMBER),
    thresholds=CopyThresholds,
    score=score,
    decide=decide,
    kinds=frozenset({Kind.TRANSLATION, Kind.PARAPHRASE}),
    help="the text is not an untranslated copy of its English source (names and numbers aside)",
)
