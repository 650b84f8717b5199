"""Cutting English text at sentence ends, for teachers that translate one sentence at a time.

A deliberately small rule: what matters is that the pieces join to the text again, and that no piece is cut inside a
span. A missed sentence end only makes a longer request.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_END = re.compile(r"""[.!?]["')\]]*\s+(?=["'(\[]?[A-Z0-9])""")
_NOT_AN_END = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|vs|etc|e\.g|i\.e|No|Vol|Fig|approx|ca|Inc|Ltd|Co|Gen|Col|Lt|Sgt|Rev|Hon|U\.S)"
    r"|\b[A-Z])\.$"
)


def split_sentences(text: str, keep_whole: Sequence[tuple[int, int]] = ()) -> list[str]:
    """Cut `text` behind sentence ends; `"".join(result) == text`, white space stays with the piece before it.

    Args:
        text: English text.
        keep_whole: Code point ranges (start, end) that no cut may divide.
    """
    pieces, start = [], 0
    for found in _END.finditer(text):
        cut = found.end()
        head = text[start : found.start() + 1]
        if _NOT_AN_END.search(head) or any(low < cut < high for low, high in keep_whole):
            continue
        pieces.append(text[start:cut])
        start = cut
    pieces.append(text[start:])
    return [piece for piece in pieces if piece]


def split_offsets(text: str, keep_whole: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """The ranges of `split_sentences`, trailing white space left out of each."""
    ranges, at = [], 0
    for piece in split_sentences(text, keep_whole):
        ranges.append((at, at + len(piece.rstrip())))
        at += len(piece)
    return [(low, high) for low, high in ranges if high > low]
