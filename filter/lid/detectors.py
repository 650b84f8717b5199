"""The detectors as the vote sees them, which of them are installed, and what they are called in a manifest.

Every detector declares the languages it knows and votes on those alone. One that is not installed is left out, and
`Installed.missing` says what to install; the vote then answers "cannot judge" where nobody is left who knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from synth.errors import BadFlag, MissingExtra
from synth.filter.lid.thresholds import Thresholds
from synth.filter.lid.values import Reading

INSTALL = "pip install 'synth-xtreme[lid]'"


class DetectorName(StrEnum):
    """The detectors, in the order in which they are asked."""

    CLD2 = "cld2"
    FASTTEXT = "fasttext"
    LANGDETECT = "langdetect"


class Detector(Protocol):
    """Reads the language of a cleaned text.

    `knows` are the languages of the 50 that it has a label for, `weak` those of them whose yes alone is worth a vote,
    `identity` is what a manifest records of it (package, version, hash of the model).
    """

    name: DetectorName
    knows: frozenset[str]
    weak: frozenset[str]
    identity: dict[str, str]

    def read(self, text: str) -> Reading:
        """The languages read in a cleaned text."""
        ...


@dataclass(frozen=True, slots=True)
class Installed:
    """The detectors that can be used, and for each of the others a sentence that says what to do."""

    detectors: tuple[Detector, ...]
    missing: dict[DetectorName, str]


def load_detectors(names: Sequence[str] | None, fasttext_model: Path | None, thresholds: Thresholds) -> Installed:
    """The wanted detectors as far as they are installed.

    Args:
        names: Names of detectors, or None for all.
        fasttext_model: A fastText model to use instead of lid.176.ftz.
        thresholds: Name the languages that lid.176 is weak in.

    Raises:
        BadFlag: A name is unknown, or the model file cannot be used.
        MissingExtra: A model file is given and no fastText package is installed.
    """
    wanted = {_name(name) for name in names} if names is not None else set(DetectorName)
    found: list[Detector] = []
    missing: dict[DetectorName, str] = {}
    for name in DetectorName:
        if name in wanted:
            try:
                found.append(_LOADERS[name](fasttext_model, thresholds))
            except ImportError as error:
                missing[name] = f"{name} is not installed ({error}): its votes are missing. {INSTALL}"
    if fasttext_model is not None and DetectorName.FASTTEXT in missing:
        raise MissingExtra(f"fastText model {fasttext_model}: no fastText package is installed. {INSTALL}")
    return Installed(tuple(found), missing)


def _name(name: str) -> DetectorName:
    try:
        return DetectorName(name)
    except ValueError as error:
        raise BadFlag(f"language detector {name!r} is unknown. Choose from {', '.join(DetectorName)}.") from error


def _cld2(_model: Path | None, _thresholds: Thresholds) -> Detector:
    from synth.filter.lid.cld2 import Cld2Detector

    return Cld2Detector()


def _fasttext(model: Path | None, thresholds: Thresholds) -> Detector:
    from synth.filter.lid.fasttext_model import FastTextDetector

    return FastTextDetector(model, frozenset(thresholds.fasttext_weak))


def _langdetect(_model: Path | None, _thresholds: Thresholds) -> Detector:
    from synth.filter.lid.langdetect_profiles import LangdetectDetector

    return LangdetectDetector()


_LOADERS: dict[DetectorName, Callable[[Path | None, Thresholds], Detector]] = {
    DetectorName.CLD2: _cld2,
    DetectorName.FASTTEXT: _fasttext,
    DetectorName.LANGDETECT: _langdetect,
}
