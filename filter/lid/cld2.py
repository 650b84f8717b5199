"""CLD2 (Compact Language Detector 2, package pycld2): the fast one that knows all 50 and measures shares of a text."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Final

import pycld2

from synth.filter.lid.detectors import DetectorName
from synth.filter.lid.values import NOTHING_READ, Reading
from synth.languages import LANGUAGES

_UNKNOWN: Final = "un"
_CODES: Final = {label: code for code, language in LANGUAGES.items() for label in language.cld2}


class Cld2Detector:
    """CLD2's tables, compiled into the package; needs no file. Shares are of the text's bytes."""

    name = DetectorName.CLD2
    weak: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.knows = frozenset(_CODES.values())
        self.identity = {"package": f"pycld2 {version('pycld2')}"}

    def read(self, text: str) -> Reading:
        """Up to three languages and their shares of a cleaned text; nothing when CLD2 is not sure of any."""
        return _reading(_detect(text))

    def guess(self, text: str) -> Reading:
        """As `read`, with CLD2's best effort on text that is too short for it."""
        return _reading(_detect(text, bestEffort=True))

    def read_expecting(self, text: str, code: str) -> Reading:
        """As `read`, with a hint that tips the scales for an expected language: an answer to doubts, no proof."""
        return _reading(_detect(text, hintLanguage=LANGUAGES[code].cld2[0]))


def _detect(text: str, **options: Any) -> Iterable[tuple[str, str, int, float]]:
    try:
        return pycld2.detect(text, isPlainText=True, **options)[2]  # type: ignore[no-any-return]
    except (pycld2.error, UnicodeEncodeError):  # characters that Unicode does not allow in interchange
        return ()


def _reading(details: Iterable[tuple[str, str, int, float]]) -> Reading:
    shares: dict[str, float] = {}
    for _, label, percent, _ in details:
        if label != _UNKNOWN:
            code = _CODES.get(label, label)
            shares[code] = shares.get(code, 0.0) + percent / 100
    return Reading(shares, max(shares, key=shares.__getitem__)) if shares else NOTHING_READ
