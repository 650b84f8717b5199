"""Whether a translation has merged the two sides of a pair, judged beside the pair it was made from.

Equal or contained sides are no fault in themselves: the sources have them, and languages without articles make more of
them ("The dog runs in the park." / "A dog runs."). A side counts as merged when it holds the other one's text more
often than the source does, and is also too much text for what it should hold: a further sentence, or too long.
"""

from __future__ import annotations

import re

from synth.tasks.text import folded, folded_lines, trimmed

# Sentence ends: full stop, exclamation and question mark before a blank or the end; the marks of scripts that need no
# blank behind them (CJK, Devanagari and Bengali danda, Arabic, Armenian and Ethiopic); line break and separators.
_SENTENCE_END = re.compile(r"[.!?]+(?=[\s\"')\]»”]|$)|[。।॥؟۔։።]+|\n|\s[|/]\s")
_JOINTS = ".!?。।॥؟۔։።\n|/:;"

# Below this many characters of English the length of a side says too little ("Yes.").
_JUDGED_CHARS = 12
# A side more than this many times as long as the other hides a merger within the usual spread of lengths.
_JUDGED_RATIO = 2.5
# How far below the expected share the rest of a merged side may be. Without a merger the rest is about one lower.
_TOLERANCE = 0.25


def merged_sides(source: tuple[str, str], target: tuple[str, str]) -> str:
    """Why the two sides of `target` look merged, or "" when they do not.

    Args:
        source: The two English sides.
        target: The two sides made from them, in the same order.
    """
    if folded(target[0]) == folded(target[1]):
        return "" if folded(source[0]) == folded(source[1]) else "both sides have become the same text"
    for holder, other in ((0, 1), (1, 0)):
        if _holds_both(source[holder], source[other], target[holder], target[other]):
            return f"side {holder + 1} also holds the text of side {other + 1}"
    return ""


def _holds_both(source_holder: str, source_other: str, holder: str, other: str) -> bool:
    """Whether the target side `holder` has swallowed the target side `other`."""
    piece = trimmed(folded_lines(other))
    text = trimmed(folded_lines(holder))
    source_piece = trimmed(folded_lines(source_other))
    if not piece or not source_piece:
        return False
    if text.count(piece) <= trimmed(folded_lines(source_holder)).count(source_piece):
        return False
    return _joined(text, piece) and (
        _further_sentence(source_holder, holder, text, piece) or _too_long(source_holder, source_other, text, piece)
    )


def _joined(text: str, piece: str) -> bool:
    """Whether the piece stands at one end of the text: that is where a merger puts it."""
    return text.startswith(piece) or text.endswith(piece)


def _further_sentence(source_holder: str, holder: str, text: str, piece: str) -> bool:
    """Whether the piece is a sentence of its own beside the rest, and the source has fewer sentences."""
    before = text[: -len(piece)].rstrip(" ") if text.endswith(piece) else ""
    after = text[len(piece) :].lstrip(" ") if text.startswith(piece) else ""
    apart = before[-1:] in _JOINTS if before else after[:1] in _JOINTS
    return apart and _sentences(holder) > _sentences(source_holder)


def _sentences(text: str) -> int:
    """Sentences of a text, a last one without an end mark included."""
    return sum(1 for part in _SENTENCE_END.split(folded_lines(text)) if trimmed(part))


def _too_long(source_holder: str, source_other: str, text: str, piece: str) -> bool:
    """Whether what is left beside the piece is as long as the whole side should be, measured in pieces."""
    expected = len(source_holder) / len(source_other)
    if len(source_other) < _JUDGED_CHARS or expected > _JUDGED_RATIO:
        return False
    rest = (len(text) - len(piece)) / len(piece)
    return rest > expected - _TOLERANCE
