"""langdetect's 55 character profiles; through langdetect-rs when installed (bit-identical, some 50 times faster).

langdetect draws random numbers: without a seed it answers differently from call to call. The seed is fixed here on
each detector, so that nothing global changes for other users of the package.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

from synth.filter.lid.detectors import DetectorName
from synth.filter.lid.values import NOTHING_READ, Reading
from synth.languages import LANGUAGES

_SEED: Final = 0
_CODES: Final = {label: code for code, language in LANGUAGES.items() for label in language.langdetect}


class LangdetectDetector:
    """langdetect with a fixed seed. Values are probabilities.

    Raises:
        ImportError: Neither langdetect-rs nor langdetect is installed.
    """

    name = DetectorName.LANGDETECT
    weak: frozenset[str] = frozenset()

    def __init__(self) -> None:
        module, package = _module()
        self._factory = module.DetectorFactory()
        self._factory.load_profile(module.PROFILES_DIRECTORY)
        self._error = module.LangDetectException
        self.knows = frozenset(_CODES.values())
        self.identity = {"package": f"{package} {version(package)}", "seed": str(_SEED)}

    def read(self, text: str) -> Reading:
        """The most probable languages of a cleaned text; nothing when it has no letters of the profiles."""
        detector = self._factory.create()
        detector.seed = _SEED
        detector.append(text)
        try:
            found = detector.get_probabilities()
        except self._error:
            return NOTHING_READ
        shares: dict[str, float] = {}
        for language in found:
            code = _CODES.get(language.lang, language.lang)
            shares[code] = shares.get(code, 0.0) + language.prob
        return Reading(shares, max(shares, key=shares.__getitem__)) if shares else NOTHING_READ


def _module() -> tuple[Any, str]:
    try:
        return import_module("langdetect_rs"), "langdetect-rs"
    except ImportError:
        return import_module("langdetect"), "langdetect"
