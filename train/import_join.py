"""Joining translated rows to the English examples that they are translations of.

By their English text where they carry it or lie parallel to it, compared without case, white space and punctuation
(XNLI's copy of MNLI is tokenised, SQuAD's copies differ in quotes); else by the data set's own id. A bare number is no
id: it counts rows of one release, and would join rows of another to the wrong examples without anyone noticing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from synth.sources.base import Example
from synth.sources.rows import source_id
from synth.sources.shapes import SHAPES
from synth.tasks import get_task
from synth.tasks.base import Policy

_TEXTS: Mapping[str, tuple[str, ...]] = {
    "qqp": ("question1", "question2"),
    "squad_v1": ("context", "question"),
    "squad_v2": ("context", "question"),
    "mnli": ("premise", "hypothesis"),
    "anli_plus": ("premise", "hypothesis"),
}


def text_columns(task: str) -> tuple[str, ...]:
    """The columns by whose English text rows of a task are joined."""
    own = (column.name for column in get_task(task).columns if column.policy is Policy.TRANSLATE)
    return _TEXTS.get(task) or tuple(own)


def text_key(task: str, fields: Mapping[str, Any]) -> bytes | None:
    """What stands for the English text of a row; None when a part of it is missing."""
    texts = [fields.get(name) for name in text_columns(task)]
    if not texts or not all(isinstance(text, str) for text in texts):
        return None
    return blake2b("\x1f".join(_letters(str(text)) for text in texts).encode(), digest_size=12).digest()


def _letters(text: str) -> str:
    """Letters, digits and marks alone, folded."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in plain if unicodedata.category(char)[0] in "LNM")


class EnglishIndex:
    """The English examples of a task, by id and by text.

    Args:
        task: The task.
        examples: Its examples.
    """

    def __init__(self, task: str, examples: Iterable[Example]) -> None:
        self.task = task
        self.by_id = {example.source_id: example for example in examples}
        self._by_text: dict[bytes, list[str]] = {}
        for example in self.by_id.values():
            key = text_key(task, example.row)
            if key is not None:
                self._by_text.setdefault(key, []).append(example.source_id)

    def find(self, english: Mapping[str, Any], label: Any, used: set[str]) -> Example | None:
        """The example with this English text; of several, one with this label that is not used yet."""
        key = text_key(self.task, english)
        names = self._by_text.get(key, []) if key is not None else []
        free = [self.by_id[name] for name in names if name not in used]
        column = get_task(self.task).label_column
        return next((one for one in free if column and one.row[column] == label), free[0] if free else None)

    def find_id(self, fields: Mapping[str, Any], origin: str) -> Example | None:
        """The example with this row's own id, unless that is a bare number."""
        draft = SHAPES[self.task].draft(fields)
        if draft.own_id is None or draft.own_id.isdigit():
            return None
        return self.by_id.get(source_id(draft, SHAPES[self.task], origin))
