"""Words, numbers and character n-grams as several checks use them; plain Unicode, no language model."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# A word with its combining marks: \w alone splits Indic and Burmese words at vowel signs, which are Mc and Mn.
WORD = re.compile(
    r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670"
    r"\u06d6-\u06dc\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0980-\u0dff\u0e31\u0e34-\u0e3a"
    r"\u0e47-\u0e4e\u102b-\u103e\u1056-\u1059\u200c\u200d'’ʼ-])*"
)
NOT_LETTERS = re.compile(r"[\W\d_]+")


def words(text: str) -> list[str]:
    """Words in order, as written."""
    return WORD.findall(text)


def ngrams(text: str, size: int) -> set[str]:
    """The set of character n-grams; a text shorter than `size` is one n-gram."""
    if len(text) <= size:
        return {text} if text else set()
    return {text[start : start + size] for start in range(len(text) - size + 1)}


def containment(part: set[str], whole: set[str]) -> float:
    """Share of `part` that lies in `whole`; 0 for an empty part (Broder 1997, containment of shingles)."""
    return len(part & whole) / len(part) if part else 0.0


def jaccard(one: set[str], other: set[str]) -> float:
    """Intersection over union; two empty sets count as equal."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0


def squeeze(text: str) -> str:
    """Case-folded text with everything but letters and their marks turned to single spaces."""
    return " ".join(word.casefold() for word in words(text))


def ascii_digits(text: str) -> str:
    """The text with the decimal digits of every script turned to 0-9 (`unicodedata.digit`)."""
    if text.isascii():
        return text
    return "".join(_digit(c) if c > "\x7f" else c for c in text)


@lru_cache(maxsize=65536)
def _digit(character: str) -> str:
    # Only Nd: superscripts and circled numbers have a digit value too, but are footnotes and list marks in text.
    return str(unicodedata.digit(character)) if unicodedata.category(character) == "Nd" else character
