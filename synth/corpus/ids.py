"""Row ids: made of what the row is, never of a position or of prompt text."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

_PARTS = 6


@dataclass(frozen=True, slots=True)
class RowId:
    """The parts of a row's id; `str()` gives `TASK/SPLIT/SOURCE_ID/LANG/KIND/VARIANT`."""

    task: str
    split: str
    source_id: str
    lang: str
    kind: str
    variant: int = 0

    def __str__(self) -> str:
        source = quote(self.source_id, safe=" :;,.!?()[]{}+=@#$&*'\"~^|<>`\\")
        return f"{self.task}/{self.split}/{source}/{self.lang}/{self.kind}/{self.variant}"


def parse_row_id(text: str) -> RowId:
    """The parts of an id; ValueError when it is not one."""
    parts = text.split("/")
    if len(parts) != _PARTS or not parts[5].isdigit():
        raise ValueError(f"not a row id: {text!r}")
    return RowId(parts[0], parts[1], unquote(parts[2]), parts[3], parts[4], int(parts[5]))
