"""The thresholds of the vote, read from `thresholds.yaml` or from a file of the same form."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth.errors import BadFlag

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Letters(_Section):
    """Letters needed before detectors are believed."""

    other: Count
    sole: Count
    han: Count
    rest: Count


class AloneLetters(_Section):
    """Letters from which CLD2 alone decides."""

    other: Count
    english: Count


class English(_Section):
    """From when on a text of another language has too much English in it."""

    cld2_share: Share
    cld2_letters: Count
    run_share: Share
    whole_share: Share
    long_run: Count
    long_run_share: Share
    rest_share: Share


class Cld2(_Section):
    """CLD2 measures shares of the text."""

    share: Share


class Probability(_Section):
    """fastText and langdetect give probabilities."""

    probability: Share


class Thresholds(_Section):
    """All numbers of the vote; `thresholds.yaml` says what each is for."""

    version: Literal[1]
    script_share: Share
    names_share: Share
    foreign_letters: Count
    letters: Letters
    alone_letters: AloneLetters
    reject_letters: Count
    twin_letters: Count
    english: English
    cld2: Cld2
    fasttext: Probability
    langdetect: Probability
    fasttext_weak: tuple[str, ...]
    inseparable: tuple[tuple[str, str], ...]
    confusable: tuple[tuple[str, str], ...]

    @property
    def sha256(self) -> str:
        """Hash of all values, for a manifest."""
        return sha256(self.model_dump_json().encode()).hexdigest()

    def relatives(self, code: str) -> frozenset[str]:
        """Languages that `code` is often confused with."""
        return _partners(self.confusable, code)

    def twins(self, code: str) -> frozenset[str]:
        """Languages that no detector tells from `code` on a sentence."""
        return _partners(self.inseparable, code)


def _partners(pairs: tuple[tuple[str, str], ...], code: str) -> frozenset[str]:
    return frozenset(other for pair in pairs if code in pair for other in pair if other != code)


def load_thresholds(path: Path | None = None) -> Thresholds:
    """The thresholds of a file, or those that come with Synth.

    Raises:
        BadFlag: The file cannot be read, or has an unknown key or a value out of range; the message names it.
    """
    return _built_in() if path is None else _parse(_read(path), str(path))


@cache
def _built_in() -> Thresholds:
    return _parse(files("synth.filter.lid").joinpath("thresholds.yaml").read_text("utf-8"), "thresholds.yaml")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFlag(f"thresholds file {path}: {error}. Name a readable YAML file, or leave it out.") from error


def _parse(text: str, name: str) -> Thresholds:
    try:
        return Thresholds.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise BadFlag(f"thresholds file {name}: {error}. Compare it with filter/lid/thresholds.yaml.") from error
