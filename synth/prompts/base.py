"""What a prompt is, and what every teacher style can be asked for.

Prompts are versioned: any change of wording changes `version` and with it the identity of a corpus. Source text is
data: styles quote it (JSON values, or a line of its own) and never splice it into instructions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from synth.languages import Language


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request without sampling, model and limits: those belong to the teacher's profile.

    `keys` are the JSON keys that the answer must have (empty: the answer is plain text), `shown` those that were only
    shown, and which it may give back. `echoes` are answers of the
    examples that the prompt shows: a teacher that gives one of them has translated nothing.
    """

    endpoint: str  # "completions" or "chat"
    payload: Mapping[str, Any]
    source_chars: int  # code points of source text, from which the token limit is estimated
    keys: tuple[str, ...] = ()
    echoes: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Marks:
    """How answers are marked inside a text: `open(n)` ... `close(n)`."""

    opening: str  # with {n}
    closing: str
    several: bool  # whether more than one span can be marked in one text

    def open(self, number: int) -> str:
        """The opening mark of span `number` (1-based)."""
        return self.opening.format(n=number)

    def close(self, number: int) -> str:
        """The closing mark of span `number`."""
        return self.closing.format(n=number)


TAGS = Marks("<a{n}>", "</a{n}>", several=True)
BRACKETS = Marks("[", "]", several=False)


class Style(Protocol):
    """What every teacher can be asked for, one text a request. `ChatStyle` adds the joint requests."""

    @property
    def version(self) -> str:
        """Version of the wording; part of a corpus' identity."""
        ...

    @property
    def by_sentence(self) -> bool:
        """Whether long text is cut at sentence ends first."""
        ...

    @property
    def marks(self) -> Marks:
        """How spans are marked for this teacher."""
        ...

    def text(self, text: str, language: Language) -> Prompt:
        """Translate one text."""
        ...

    def marked(self, text: str, language: Language) -> Prompt:
        """Translate one text that carries marks, keeping them around the same content."""
        ...

    def answer(self, answer: str, sentence: str, translation: str, language: Language) -> Prompt:
        """Find or translate a phrase as it stands in the translated sentence."""
        ...

    def reword(self, text: str, language: Language, marked: bool) -> Prompt:
        """Say one text of `language` in other words; marked words stay as they are."""
        ...
