"""What a teacher says besides the translation: announcements, role words, parts of the prompt, markup, span marks.

Everything is compared with the source first: what the English text has too (a dialogue with "User:", a page with tags)
is translated faithfully and no leak.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds
from synth.filter.phrases import fold, phrases
from synth.filter.text import RowText
from synth.outcomes import Reason

HEAD = 60  # an announcement stands at the beginning of a field, within this many characters
PATTERNS = (
    # marks of answer spans that were not taken out: <a1> ... </a1>, also as models write them
    ("marker", re.compile(r"[<＜]\s*/?\s*a\s*\d+\s*[>＞]", re.IGNORECASE)),
    # special tokens of chat templates (ChatML, Llama, Gemma, Mistral), thinking tags
    ("role", re.compile(r"<\|[\w ]+\|>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>|</?think>|<unk>|<pad>|<eos>|<bos>")),
    ("role", re.compile(r"(?:^|\n)\s*(?:user|assistant|system|model|human|ai)\s*[:：]", re.IGNORECASE)),
    ("markup", re.compile(r"```|\*\*[^*\n]+\*\*|(?:^|\n)#{1,4} |&(?:quot|amp|lt|gt|#\d+);")),
    ("markup", re.compile(r"</?(?:b|i|p|br|div|span|strong|em|ul|li|h\d)\s*/?>", re.IGNORECASE)),
    ("json", re.compile(r"[{\[]\s*\"\w+\"\s*:|\"\s*}\s*$|\\u[0-9a-f]{4}|\\n")),
)  # fmt: skip
Kind = Literal["preamble", "role", "label", "marker", "markup", "json"]
FIELD_WORDS = ("text", "input", "output", "source", "target", "sentence", "answer", "question", "options")


class LeakageThresholds(Thresholds):
    """Which kinds of leak drop a row."""

    kinds: tuple[Kind, ...] = ("preamble", "role", "label", "marker", "markup", "json")


def score(batch: Batch) -> Columns:
    """The kind of the first leak of each row ("" when there is none) and the words that show it."""
    labels = _labels(batch.lang, tuple(column.name for column in batch.task.columns))
    pairs = zip(batch.texts, batch.source_texts, strict=True)
    found = [_first(text, source, batch.lang, labels) for text, source in pairs]
    return {"leakage_kind": [kind for kind, _ in found], "leakage_match": [match for _, match in found]}


def _first(text: RowText, source: RowText, lang: str, labels: re.Pattern[str]) -> tuple[str, str]:
    pooled, english = text.pooled, source.pooled
    for kind, pattern in (*PATTERNS, ("label", labels)):
        match = pattern.search(pooled)
        if match and not pattern.search(english):
            return kind, match.group().strip()[:80]
    for field in text.fields:
        said = _announcement(field.text, english, lang)
        if said:
            return "preamble", said
    return "", ""


def _announcement(value: str, english: str, lang: str) -> str:
    head = fold(value[:HEAD])
    said = next((phrase for phrase in phrases("preamble", lang) if phrase in head), "")
    # "Translation", "note" and the like in the source make the same words in the translation honest.
    return "" if said and re.search(r"translat|paraphras|\bhere('s| is)\b|\bnote\b", english, re.IGNORECASE) else said


@cache
def _labels(lang: str, fields: tuple[str, ...]) -> re.Pattern[str]:
    """`Spanish:`, `English:`, `Español:`, `premise:` at the beginning of a line."""
    names = ("English", *_language_names(lang), *fields, *FIELD_WORDS)
    choice = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(rf"(?:^|\n)\s*[\"'*]*(?:{choice})(?: text| translation)?[\"'*]*\s*[:：]", re.IGNORECASE)


def _language_names(lang: str) -> tuple[str, ...]:
    from synth.languages import get_language

    found = get_language(lang)
    return found.name, found.endonym


def decide(columns: Scored, thresholds: LeakageThresholds) -> Marks:
    """Rows with a leak of a listed kind."""
    import numpy as np

    return Marks({Reason.LEAKAGE: np.isin(columns["leakage_kind"].astype(str), thresholds.kinds)})


CHECK = Check(
    name="leakage",
    version=2,
    columns={"leakage_kind": ColumnType.TEXT, "leakage_match": ColumnType.TEXT},
    thresholds=LeakageThresholds,
    score=score,
    decide=decide,
    help="nothing but the text: no announcement, role word, prompt part, markup or span mark",
)
