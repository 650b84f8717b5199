"""The text of a row as the checks see it: which fields hold text, in which order, normalised once.

NFC comes first: with NFD input language identification of Vietnamese fell from 100 to 70 % (own measurement, facts
on language identification), and lengths would count combining marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from synth.tasks.base import Column, Policy, Row, Task

# Written or left out without being seen: zero-width characters, direction marks, soft hyphens, tatweel, variation
# selectors. Checks leave them out where they compare texts.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u0640\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)


def case_folded(text: str) -> str:
    """Full case folding; the Turkish `İ`, which it turns into `i` and a dot above, becomes `i` alone."""
    return text.casefold().replace("i\u0307", "i")


TEXT_POLICIES = (Policy.TRANSLATE, Policy.CHOICES, Policy.GLOSS)


class Field(NamedTuple):
    """One text of a row; one of several choices or not."""

    name: str
    text: str
    choice: bool = False


@dataclass(frozen=True)
class RowText:
    """The texts of a row in column order; the choices of a list are `name[0]`, `name[1]` ..."""

    fields: tuple[Field, ...] = ()

    @cached_property
    def pooled(self) -> str:
        """All fields joined by line breaks: what is judged as a whole."""
        return "\n".join(field.text for field in self.fields)

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The texts that are one of several choices."""
        return tuple(field.text for field in self.fields if field.choice)


NO_TEXT = RowText()


def normalise(text: str) -> str:
    """NFC, without control and surrogate characters (CLD2 fails on them), line breaks and tabs kept."""
    composed = unicodedata.normalize("NFC", text)
    if composed.isprintable():
        return composed
    return "".join(c for c in composed if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def row_text(task: Task, row: Row | None) -> RowText:
    """The texts of a row; fields that are null or empty are left out."""
    if row is None:
        return NO_TEXT
    columns = task.columns_with(*TEXT_POLICIES)
    found = (field for column in columns for field in column_texts(column, row.get(column.name)))
    return RowText(tuple(field for field in found if field.text))


def column_texts(column: Column, value: Any) -> Iterator[Field]:
    """The texts of one column: a string, a list of tokens (joined), or a list of choices (one each)."""
    if isinstance(value, str):
        yield Field(column.name, normalise(value), column.policy is Policy.CHOICES)
    elif column.policy is Policy.CHOICES:
        for number, text in enumerate(choice_texts(value)):
            yield Field(f"{column.name}[{number}]", normalise(text), True)
    elif isinstance(value, list):
        yield Field(column.name, normalise(" ".join(str(token) for token in value)))


def choice_texts(value: Any) -> list[str]:
    """The texts of a choices column, which is a plain list or CommonsenseQA's `{label, text}`."""
    if isinstance(value, Mapping):
        value = value.get("text")
    return [str(text) for text in value if text is not None] if isinstance(value, list) else []
