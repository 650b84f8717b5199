"""What reading one (task, language, split) gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, runtime_checkable

from synth.evaluate.tasks.base import EvalTask
from synth.evaluate.tasks.items import Candidate, Item
from synth.languages import LANGUAGES
from synth.sources.base import SourceProblem


@dataclass(frozen=True, slots=True)
class EvalSet:
    """All usable items of one language, in the order of the file (which is the order of XTREME's submission files).

    Args:
        task: Name of the target task.
        lang: Language of the items; of Tatoeba and BUCC the foreign one.
        split: Our name of the split.
        items: What is predicted and scored.
        candidates: What is retrieved from; empty for other forms.
        problems: Records that could not be used, and oddities of those that were.
        origin: Files with their hashes, or repository and resolved revision.
    """

    task: str
    lang: str
    split: str
    items: tuple[Item, ...]
    candidates: tuple[Candidate, ...] = ()
    problems: tuple[SourceProblem, ...] = ()
    origin: dict[str, Any] = field(default_factory=dict)


class EvalSource(Protocol):
    """Where test sets come from."""

    def languages(self, task: str, split: str) -> tuple[str, ...]:
        """The task's languages (`languages_of`) that the source has, in the task's order."""
        ...

    def load(self, task: str, lang: str, split: str) -> EvalSet:
        """All usable items.

        Raises:
            BadSource: The source has no such set, or nothing in it can be used.
        """
        ...


ENTITIES: Final = "candidates"
"""Name of the split that holds Mewsli-X's entities, the same ones for all languages."""


@runtime_checkable
class EntitySource(Protocol):
    """A source that has Mewsli-X's candidates."""

    def entities(self) -> Iterator[Candidate]:
        """All entities, a million of them, one by one.

        Raises:
            BadSource: There are none, or they cannot be read.
        """
        ...


def fill(text: str, lang: str, small: bool = False) -> str:
    """The text with `{lang}`, `{lang3}` and `{name}` put in; the name in small letters if so wished."""
    language = LANGUAGES[lang]
    name = language.name.lower() if small else language.name
    for key, value in (("lang", lang), ("lang3", language.iso639_3), ("name", name)):
        text = text.replace(f"{{{key}}}", value)
    return text


def languages_of(task: EvalTask, split: str) -> tuple[str, ...]:
    """Languages that a split of a task may have: those of the test sets, and English, which targets are trained on."""
    return task.languages if split == task.split else tuple(dict.fromkeys((*task.languages, "en")))
