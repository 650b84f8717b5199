"""How many tokens a text is for the teacher, and how many a translation is for each of its English.

The teacher's own tokenizer is used where it can be had: of the embedded teacher or a model folder from its files, of a
model on the Hub by its `tokenizer.json`, behind a URL by vLLM's `/tokenize`. Elsewhere four bytes of UTF-8 are taken
for a token (OpenAI's rule of thumb for English, help.openai.com, "What are tokens"), and the plan says so.

The ratio of a language to English is measured on the few-shot sentences, which say the same in all languages.
"""

from __future__ import annotations

import json
import os
import socket
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from synth.fewshot import few_shot, marked_example
from synth.generate.teachers import Teacher
from synth.network import network_errors
from synth.plan.placeholder import pieces

BYTES_PER_TOKEN = 4.0
_TIMEOUT_S = 10.0
_HUB_S = 4.0
Count = Callable[[str], float]


@dataclass(slots=True)
class Tokens:
    """Counts tokens; what has been counted is remembered, because instructions repeat.

    Args:
        count: Tokens of one text as it stands.
        how: Where the counts come from, for people.
        measured: Whether they are the teacher's own.
    """

    count: Count
    how: str
    measured: bool
    _known: dict[str, float] = field(default_factory=dict)
    _ratios: dict[str, float] = field(default_factory=dict)

    def of(self, text: str, lang: str) -> float:
        """Tokens of a prompt or answer; stand-in translations count as text of `lang`."""
        return sum(self._one(piece) * (self.ratio(lang) if foreign else 1.0) for piece, foreign in pieces(text))

    def ratio(self, lang: str) -> float:
        """Tokens of a text in `lang` for each token of its English."""
        if lang not in self._ratios:
            self._ratios[lang] = 1.0 if lang == "en" else self._measured_ratio(lang)
        return self._ratios[lang]

    def _measured_ratio(self, lang: str) -> float:
        pairs = (*few_shot(lang), marked_example(lang))
        english, other = (" ".join(getattr(pair, side) for pair in pairs) for side in ("source", "target"))
        return self._one(other) / self._one(english)

    def _one(self, text: str) -> float:
        if text not in self._known:
            self._known[text] = self.count(text)
        return self._known[text]


def bytes_ratio(lang: str) -> float:
    """Bytes of UTF-8 of a text in `lang` for each byte of its English."""
    if lang == "en":
        return 1.0
    pairs = few_shot(lang)
    return sum(len(pair.target.encode()) for pair in pairs) / sum(len(pair.source.encode()) for pair in pairs)


def tokens_of(teacher: Teacher) -> Tokens:
    """The best count that can be had for this teacher without starting it."""
    own = _from_server(teacher) or _from_files(teacher)
    if own:
        return own
    return Tokens(
        lambda text: len(text.encode()) / BYTES_PER_TOKEN,
        f"assumed: {BYTES_PER_TOKEN:g} bytes of UTF-8 a token, because the tokenizer of {teacher.model} cannot be had",
        measured=False,
    )


def _from_files(teacher: Teacher) -> Tokens | None:
    try:
        from tokenizers import Tokenizer
    except ImportError:
        return None
    path = _tokenizer_file(teacher)
    if path is None:
        return None
    tokenizer = Tokenizer.from_file(str(path))
    return Tokens(
        lambda text: float(len(tokenizer.encode(text, add_special_tokens=False).ids)),
        f"measured with the tokenizer of {teacher.model}",
        measured=True,
    )


def _tokenizer_file(teacher: Teacher) -> Path | None:
    """`tokenizer.json` of a folder, of the embedded teacher if it has been made, or of a model on the Hub."""
    from synth.teacher.embedded import cache_folder
    from synth.teacher.profiles import EMBEDDED

    folder = cache_folder() if teacher.profile.name == EMBEDDED else Path(teacher.model)
    if folder.is_dir():
        path = folder / "tokenizer.json"
        return path if path.is_file() else None
    return None if teacher.profile.name == EMBEDDED or "/" not in teacher.model else _from_hub(teacher)


def _from_hub(teacher: Teacher) -> Path | None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HFValidationError

    revision, away = teacher.profile.revision or None, not _hub_answers()
    expected: tuple[type[Exception], ...] = (*network_errors(), HFValidationError)
    try:
        return Path(hf_hub_download(teacher.model, "tokenizer.json", revision=revision, local_files_only=away))
    except expected:
        return None


def _hub_answers() -> bool:
    """Whether to try the Hub at all: its client tries for most of a minute where there is no network."""
    from huggingface_hub import constants

    if constants.is_offline_mode():
        return False
    if any(name.lower() == "https_proxy" for name in os.environ):
        return True
    parts = urlsplit(constants.ENDPOINT)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 443), _HUB_S).close()
    except OSError:
        return False
    return True


def _from_server(teacher: Teacher) -> Tokens | None:
    """vLLM's `/tokenize`, asked for whole sentences only: tokens a byte are taken from them, a language each."""
    if not teacher.urls:
        return None
    try:
        _tokenize(teacher, "Is there a tokenizer?")
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return _Sparing(teacher).tokens()


class _Sparing:
    """Asks the server for the first texts, and counts bytes at their rate from then on."""

    _ENOUGH = 400  # texts, so that a plan asks for seconds and not for minutes

    def __init__(self, teacher: Teacher) -> None:
        self._teacher = teacher
        self._asked = 0
        self._bytes = 0
        self._tokens = 0.0

    def tokens(self) -> Tokens:
        return Tokens(self._count, f"measured by {self._teacher.urls[0]}/tokenize", measured=True)

    def _count(self, text: str) -> float:
        size = len(text.encode())
        if self._asked >= self._ENOUGH and text.isascii():
            return size * self._tokens / max(1, self._bytes)
        found = float(_tokenize(self._teacher, text))
        if text.isascii():
            self._asked, self._bytes, self._tokens = self._asked + 1, self._bytes + size, self._tokens + found
        return found


def _tokenize(teacher: Teacher, text: str) -> int:
    from synth.teacher.probe import key_headers, normal_url

    base = normal_url(teacher.urls[0])
    body = {"model": teacher.model, "prompt": text, "add_special_tokens": False}
    request = urllib.request.Request(  # noqa: S310 - normal_url lets only http and https through
        base + "/tokenize", json.dumps(body).encode(), key_headers(base)
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310 - as above
        found: Any = json.load(response)
    return int(found["count"])
