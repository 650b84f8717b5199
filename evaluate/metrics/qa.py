"""F1 and exact match of extractive answers: the SQuAD v1.1, SQuAD v2.0 and MLQA scripts' definitions.

Sources: Rajpurkar et al. 2016 (`evaluate-v1.1.py`, as in `third_party/evaluate_squad.py` of google-research/xtreme),
Rajpurkar et al. 2018 (`evaluate-v2.0.py`), Lewis et al. 2020 (`mlqa_evaluation_v1.py`). Quirks that are kept because
published numbers contain them:

- SQuAD's script removes the English articles from every language, only ASCII punctuation, and does not segment zh, th.
- MLQA's Arabic rule removes the letters of the article wherever they stand, also inside words.
- An answer that normalises to nothing scores F1 0 under v1.1 and MLQA, even against an equally empty gold; EM is 1.
- A gold without answers cannot be scored by v1.1 and MLQA; v2.0 treats it as "no answer".
"""

from __future__ import annotations

import re
import string
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from synth.errors import BadFlag

_ASCII_PUNCTUATION: Final = str.maketrans("", "", string.punctuation)
_ENGLISH_ARTICLES: Final = re.compile(r"\b(a|an|the)\b")
# Order and spelling of MLQA's own patterns. The Arabic one is its literal expression: the first alternative, which has
# an end-of-text mark after the article, can only match at the end of the text, so the second one does the work.
_ARTICLES: Final = {
    "en": _ENGLISH_ARTICLES,
    "es": re.compile(r"\b(un|una|unos|unas|el|la|los|las)\b"),
    "vi": re.compile(r"\b(của|là|cái|chiếc|những)\b"),
    "de": re.compile(r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
    "ar": re.compile("\\s\u0627\u0644^|\u0627\u0644"),
}
_MLQA_LANGUAGES: Final = ("en", "es", "hi", "vi", "de", "ar", "zh")
_HAN: Final = re.compile("[\u4e00-\u9fa5]")

Normalise = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Answer:
    """F1 and exact match of one prediction, 0 to 1."""

    f1: float
    exact: float


def normalise_squad(text: str) -> str:
    """Lower case, no ASCII punctuation, no English articles, single spaces (SQuAD v1.1 and v2.0)."""
    return " ".join(_ENGLISH_ARTICLES.sub(" ", text.lower().translate(_ASCII_PUNCTUATION)).split())


def normalise_mlqa(text: str, lang: str) -> str:
    """Lower case, no punctuation of any script, no articles of the language, single spaces; zh by characters.

    Raises:
        BadFlag: The language is not one of MLQA's seven, for which alone the script is defined.
    """
    if lang not in _MLQA_LANGUAGES:
        raise BadFlag(f"MLQA's script has no rules for {lang!r}; its languages are {', '.join(_MLQA_LANGUAGES)}")
    plain = text.lower().translate(_all_punctuation())
    if lang in _ARTICLES:
        plain = _ARTICLES[lang].sub(" ", plain)
    return " ".join(_characters(plain) if lang == "zh" else plain.split())


def normaliser(lang: str, mlqa: bool) -> Normalise:
    """The normalisation of a task in a language."""
    return (lambda text: normalise_mlqa(text, lang)) if mlqa else normalise_squad


@cache
def _all_punctuation() -> dict[int, None]:
    """Unicode's categories P*, and ASCII's punctuation, some of which ($+<=>^`|~) Unicode calls symbols."""
    found = {code for code in range(sys.maxunicode) if unicodedata.category(chr(code)).startswith("P")}
    return dict.fromkeys(found | {ord(char) for char in string.punctuation})


def _characters(text: str) -> list[str]:
    """Every Han character is a token, everything between them is split at white space (punctuation is gone already)."""
    return _HAN.sub(lambda found: f" {found[0]} ", text).split()


def token_f1(prediction: Sequence[str], gold: Sequence[str]) -> float:
    """Harmonic mean of precision and recall over two bags of tokens; 0 when nothing is shared (v1.1)."""
    shared = (Counter(prediction) & Counter(gold)).total()
    if not shared:
        return 0.0
    precision, recall = shared / len(prediction), shared / len(gold)
    return (2 * precision * recall) / (precision + recall)


def score_answer(prediction: str, golds: Sequence[str], normalise: Normalise) -> Answer:
    """Best F1 and best exact match over all accepted answers (v1.1 and MLQA).

    Raises:
        BadFlag: There is no gold answer.
    """
    if not golds:
        raise BadFlag("a question without gold answers cannot be scored by SQuAD v1.1; use the v2.0 metric for it")
    mine = normalise(prediction)
    theirs = [normalise(gold) for gold in golds]
    best = max(token_f1(mine.split(), gold.split()) for gold in theirs)
    return Answer(best, float(mine in theirs))


def score_answer_v2(prediction: str, golds: Sequence[str]) -> Answer:
    """SQuAD v2.0: golds that normalise to nothing are dropped, and none at all means that "" is right.

    When either side is empty, F1 is 1 if both are, else 0 (in v1.1 it is 0 in any case).
    """
    mine = normalise_squad(prediction)
    theirs = [gold for gold in map(normalise_squad, golds) if gold] or [""]
    best = max(_f1_v2(mine.split(), gold.split()) for gold in theirs)
    return Answer(best, float(mine in theirs))


def _f1_v2(prediction: list[str], gold: list[str]) -> float:
    if not prediction or not gold:
        return float(prediction == gold)
    return token_f1(prediction, gold)
