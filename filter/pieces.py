"""Word pieces of a tokenizer, for the length check that counts what a model will read instead of characters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from synth.corpus.files import fingerprint, sha256_file
from synth.errors import BadFlag, MissingExtra
from synth.filter.tools import EMBEDDED

FILE = "tokenizer.json"


class Pieces:
    """A fast tokenizer; loaded by the first part that needs it and not by the run's own process.

    Args:
        model: `embedded` (multilingual-e5-small's, XLM-R's vocabulary), a folder, a `tokenizer.json` or a Hub id.

    Raises:
        MissingExtra: The package `tokenizers` is not installed.
        BadFlag: There is no such tokenizer.
    """

    def __init__(self, model: str) -> None:
        self.name = model
        self._path = _find(model)
        self.identity = fingerprint([model, sha256_file(self._path)])

    def count(self, texts: Sequence[str]) -> list[int]:
        """Pieces of each text, without those that mark its beginning and end."""
        return [len(self._tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]

    @cached_property
    def _tokenizer(self) -> Any:
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise MissingExtra(
                f'--pieces {self.name} needs tokenizers; pip install "synth-xtreme[align]", or leave it out'
            ) from error
        try:
            tokenizer = Tokenizer.from_file(str(self._path))
        except Exception as error:  # what the package raises has no narrower type
            raise BadFlag(f"--pieces {self.name}: {self._path} is no tokenizer ({error}); give another") from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer


def _find(model: str) -> Path:
    if model == EMBEDDED:
        from synth.encoder import prepare_encoder

        return prepare_encoder() / FILE
    path = Path(model) / FILE if Path(model).is_dir() else Path(model)
    if not path.is_file() and not path.exists() and path.name != FILE:
        path = _on_hub(model) or path
    if not path.is_file():
        raise BadFlag(f"--pieces {model} has no {FILE}; give a model's folder or Hub id that has one, or `embedded`")
    return path


def _on_hub(model: str) -> Path | None:
    try:
        from transformers.utils import cached_file
    except ImportError as error:
        raise MissingExtra(
            f"--pieces {model} is no folder, and reading the Hub needs transformers; pip install "
            '"synth-xtreme[align]", or give a folder'
        ) from error
    try:
        found = cached_file(model, FILE, _raise_exceptions_for_missing_entries=False)
    except (OSError, ValueError):
        return None
    return Path(found) if found else None
