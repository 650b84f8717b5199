"""Rounds of making rows again: which ones a chunk has behind it, and under which keys their answers are found.

The answers of a round have keys of their own, so that a new round asks anew. A journal belongs to one round, so that
what a killed run left behind is never taken for an answer of a later one.
"""

from __future__ import annotations

from synth.corpus.files import fingerprint
from synth.corpus.layout import Layout
from synth.corpus.markers import read_marker
from synth.generate.chunks import Chunk


def salts_of(rounds: int) -> tuple[str, ...]:
    """The salts of request keys after so many rounds, the newest first; "" is the first making of all rows."""
    return (*(fingerprint(["redo", number]) for number in range(rounds, 0, -1)), "")


def rounds_behind(chunk: Chunk, layout: Layout) -> int:
    """Rounds whose answers are kept. A kill while parts are written leaves some of them a round behind."""
    return max(_rounds(chunk, layout))


def rounds_complete(chunk: Chunk, layout: Layout) -> int:
    """Rounds that all parts have behind them."""
    return min(_rounds(chunk, layout))


def _rounds(chunk: Chunk, layout: Layout) -> list[int]:
    markers = [read_marker(layout.part(part)) for part in chunk.parts]
    return [marker.redone if marker else 0 for marker in markers]


def drop_journals(chunk: Chunk, layout: Layout) -> None:
    """Remove the journals of a chunk that is done: a kill right before their removal leaves them."""
    for number in range(rounds_complete(chunk, layout) + 1):
        layout.journal(chunk.owner, number).unlink(missing_ok=True)
