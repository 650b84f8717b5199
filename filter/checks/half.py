"""Half-translated text: some of it is still English.

The sign here is English function words; a run of the source's own words is judged by `copy`, and the share of English
that a language detector sees by `language`. Function words that are words of the target language too are not
counted.
"""

from __future__ import annotations

from functools import cache

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, above
from synth.filter.text import RowText
from synth.filter.words import words
from synth.languages import get_language
from synth.outcomes import Reason

ENGLISH = """
the and of to is was were are that this these those with for from have has had been which their there they would could
should because when where who whose what you your she his her him its our them than then into about while after before
during between through such other some any each every both but not does did will can may might must also only very just
being
"""
FUNCTION_WORDS = frozenset(ENGLISH.split())
# Spelled like an English function word, but a word of the language: those met in its real sentences that are no
# quotation, and known ones ("must" is black in Estonian, "but" a goal in French and a shoe in Polish, "for" a form of
# "to be" in Portuguese, "had" a limit in Malay and an army in Hungarian, "than" coal in Vietnamese).
SHARED = {
    "af": "is was of had been die her",
    "de": "was will also her not",
    "es": "has",
    "et": "must just",
    "fr": "but",
    "hu": "is had",
    "lt": "to",
    "ms": "had",
    "nl": "is was of had been her",
    "pl": "to was but",
    "pt": "for",
    "qu": "may",
    "ro": "are",
    "tl": "may",
    "tr": "her has not",
    "vi": "to can may than",
    "wo": "may can",
    "yo": "to",
}


class HalfThresholds(Thresholds):
    """How much English may stand in a translation."""

    max_function_share: float = 0.08
    min_function_words: int = 3


def score(batch: Batch) -> Columns:
    """Number of English function words, and their share of all words (four letters each where there are no spaces)."""
    counts = [_count(text, batch.lang) for text in batch.texts]
    return {"half_function_words": [n for n, _ in counts], "half_function_share": [share for _, share in counts]}


def _count(text: RowText, lang: str) -> tuple[float | None, float | None]:
    if lang == "en":
        return None, None
    found = [word.casefold() for word in words(text.pooled)]
    english = sum(word in english_words(lang) for word in found)
    total = len(found) if get_language(lang).spaced else sum(1 if word.isascii() else len(word) / 4 for word in found)
    return float(english), english / max(total, 1)


@cache
def english_words(lang: str) -> frozenset[str]:
    """English function words that are no words of this language."""
    return FUNCTION_WORDS - frozenset(SHARED.get(lang, "").split())


def decide(columns: Scored, thresholds: HalfThresholds) -> Marks:
    """Several English function words that make up a share of the text."""
    many = above(columns["half_function_words"], thresholds.min_function_words - 0.5)
    return Marks({Reason.HALF_TRANSLATED: many & above(columns["half_function_share"], thresholds.max_function_share)})


CHECK = Check(
    name="half",
    version=3,
    columns={"half_function_words": ColumnType.NUMBER, "half_function_share": ColumnType.NUMBER},
    thresholds=HalfThresholds,
    score=score,
    decide=decide,
    help="no English left between the translated words",
)
