"""Span F1 of tag sequences as seqeval 0.0.12 computes it, and token accuracy.

Which version: XTREME's repository installs seqeval without a version; its scripts are of 2020, when 0.0.12 was the
newest. 0.0.12 takes the tag's first letter as its prefix and all after the last "-" as its type, so that a
tag without a prefix (every UPOS tag) has itself as type: `SCONJ` has prefix "S" and type "SCONJ". 1.2.2 cuts the first
letter off instead, so that CCONJ and SCONJ become one type "CONJ", and confusing them scores as right. Both versions
were compared with this module while it was written; `SeqevalVersion.V0` is the default and the official one.

Quirks kept: runs of the same tag are one span (a wrong word inside a run breaks it), a tag that begins with "S" (SCONJ,
SYM) or "E" closes its span at once, "B" after anything opens one. 1.2.2's default mode differs from 0.0.12 only in how
prefix and type are taken apart, which is what `split` does here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Span = tuple[str, int, int]  # type, first token, last token
Split = Callable[[str], tuple[str, str]]

# Pairs of prefixes between which a span ends, or begins, whatever the types are (seqeval 0.0.12, `end_of_chunk` and
# `start_of_chunk`). "S" and "E" always end their span.
_ENDS: Final = frozenset({"BB", "BS", "BO", "IB", "IS", "IO"})
_BEGINS: Final = frozenset({"EE", "EI", "SE", "SI", "OE", "OI"})
_OUTSIDE: Final = frozenset({"O", "."})


class SeqevalVersion(StrEnum):
    """Whose way of taking a tag apart."""

    V0 = "0.0.12"  # official
    V1 = "1.2.2"


@dataclass(frozen=True, slots=True)
class SpanCounts:
    """Counts of one sentence (or of many, added up): spans found rightly, predicted, gold; tokens right, all."""

    right: int
    predicted: int
    gold: int
    tokens_right: int
    tokens: int


def _split_v0(tag: str) -> tuple[str, str]:
    return tag[0], tag.rpartition("-")[2]


def _split_v1(tag: str) -> tuple[str, str]:
    return tag[0], tag[1:].split("-", maxsplit=1)[-1] or "_"


_SPLITS: Final[dict[SeqevalVersion, Split]] = {SeqevalVersion.V0: _split_v0, SeqevalVersion.V1: _split_v1}


def spans(tags: Sequence[str], version: SeqevalVersion = SeqevalVersion.V0) -> list[Span]:
    """The spans of one sentence, in order."""
    found: list[Span] = []
    start, before, kind = 0, "O", ""
    for place, tag in enumerate((*tags, "O")):
        prefix, name = _SPLITS[version](tag)
        if _ends(before, prefix, kind == name):
            found.append((kind, start, place - 1))
        if _begins(before, prefix, kind == name):
            start = place
        before, kind = prefix, name
    return found


def _ends(before: str, prefix: str, same: bool) -> bool:
    return before in {"E", "S"} or before + prefix in _ENDS or (before not in _OUTSIDE and not same)


def _begins(before: str, prefix: str, same: bool) -> bool:
    return prefix in {"B", "S"} or before + prefix in _BEGINS or (prefix not in _OUTSIDE and not same)


def count_spans(
    gold: Sequence[str], predicted: Sequence[str], version: SeqevalVersion = SeqevalVersion.V0
) -> SpanCounts:
    """Counts of one sentence; sums over sentences give the micro F1, because spans never cross sentences.

    Both sequences have the same length (checked when predictions are read).
    """
    theirs, mine = set(spans(gold, version)), set(spans(predicted, version))
    right = sum(one == other for one, other in zip(gold, predicted, strict=True))
    return SpanCounts(len(theirs & mine), len(mine), len(theirs), right, len(gold))


def f1(right: float, predicted: float, gold: float) -> float:
    """Micro F1, 0 to 1, in the order of operations of seqeval and of XTREME's BUCC score."""
    precision = right / predicted if predicted > 0 else 0.0
    recall = right / gold if gold > 0 else 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
