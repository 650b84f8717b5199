"""The typed items that readers yield, one class for each form of task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PairItem:
    """Two texts and the word of their label ("" when the file has no gold).

    `item_id` is stable: the data set's own id, or a hash of the content. `cluster` is the same for translations of one
    another in parallel test sets ("" where the sets are not parallel), so that resampling can keep them together.
    """

    item_id: str
    lang: str
    first: str
    second: str
    gold: str
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceItem:
    """A premise, a question and options; `gold` is the number of the right option as text ("" without)."""

    item_id: str
    lang: str
    premise: str
    question: str
    choices: tuple[str, ...]
    gold: str
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class TagItem:
    """A sentence of words, with a tag for each."""

    item_id: str
    lang: str
    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class SpanItem:
    """A question about a paragraph, with the accepted answers and where they start (in characters)."""

    item_id: str
    lang: str
    context: str
    question: str
    answers: tuple[str, ...]
    starts: tuple[int, ...]
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class QueryItem:
    """Something to find candidates for: a sentence, a mention in its context, a question.

    `gold` holds the ids of all right candidates. `window` is (start, end) of a mention in `text`, in characters.
    """

    item_id: str
    lang: str
    text: str
    gold: tuple[str, ...]
    window: tuple[int, int] | None = None
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that can be found: a sentence, an entity's description, a sentence with its paragraph (`context`)."""

    item_id: str
    lang: str
    text: str
    context: str = ""


Item = PairItem | ChoiceItem | TagItem | SpanItem | QueryItem


def gold_of(item: Item) -> tuple[str, ...]:
    """The gold of any item in the one form that prediction files use; empty when the file had none."""
    if isinstance(item, TagItem):
        return item.tags
    if isinstance(item, SpanItem):
        return item.answers
    if isinstance(item, QueryItem):
        return item.gold
    return (item.gold,) if item.gold else ()
