"""Refusals written as if they were the translation, in English, in the target language, or in another big one."""

from __future__ import annotations

import re

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds
from synth.filter.phrases import fold, phrases
from synth.filter.text import RowText
from synth.outcomes import Reason

HEAD = 200  # a refusal says so early
# A source that itself talks of these things makes the phrase a faithful translation.
HONEST = re.compile(
    r"\b(?:translat\w*|language models?|ai|artificial intelligence|"
    r"(?:can(?: no|no|')t|unable to|not able to) (?:help|assist|fulfil\w*|provide|translate))\b"
)


class RefusalThresholds(Thresholds):
    """Whether a refusal drops a row."""

    drop: bool = True


def score(batch: Batch) -> Columns:
    """The phrase that shows a refusal, "" when there is none."""
    pairs = zip(batch.texts, batch.source_texts, strict=True)
    return {"refusal_match": [_phrase(text, source, batch.lang) for text, source in pairs]}


def _phrase(text: RowText, source: RowText, lang: str) -> str:
    heads = [fold(field.text[:HEAD]) for field in text.fields]
    found = next((phrase for head in heads for phrase in phrases("refusal", lang) if phrase in head), "")
    if not found:
        return ""
    english = fold(source.pooled)
    return "" if HONEST.search(english) or found in english else found


def decide(columns: Scored, thresholds: RefusalThresholds) -> Marks:
    """Rows with a refusal."""
    import numpy as np

    said = np.array([bool(text) for text in columns["refusal_match"]], dtype=np.bool_)
    return Marks({Reason.REFUSAL: said} if thresholds.drop else {})


CHECK = Check(
    name="refusal",
    version=2,
    columns={"refusal_match": ColumnType.TEXT},
    thresholds=RefusalThresholds,
    score=score,
    decide=decide,
    help="the text is a translation, not a refusal to translate",
)
