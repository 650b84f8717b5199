"""From similarities of word pieces to a projected span: matching, choosing the run of pieces, and judging it.

1. `iter_max` links pieces that are each other's best match (Jalili Sabet, Dufter, Yvon and Schütze, "SimAlign: High
   Quality Word Alignments Without Parallel Training Data Using Static and Contextualized Embeddings", Findings of
   EMNLP 2020, section 3).
2. `best_run` chooses the run of target pieces that gains most: links from inside the source span speak for a piece,
   links from outside against it. A gap or a stray link costs something instead of deciding everything.
3. `project` refuses a run to which too little of the span is linked, or that is far longer than the span.

The constants were chosen on every second article of an XQuAD slice and measured on the others (docs/encoder.md).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth.scripts import script_of
from synth.spans import Span

Floats = npt.NDArray[np.float32]
Links = npt.NDArray[np.bool_]

ALPHA = 0.9  # SimAlign's discount for a piece that already has a link (its section 3)
ROUNDS = 2  # ... and its number of rounds
OUTSIDE_COST = 0.4  # of a target piece linked from outside the span; 0.3 to 0.6 measure the same, 1.0 is worse
UNLINKED_COST = 0.05  # of a target piece without links, so that a run does not reach over them for nothing
MIN_COVERED = 0.5  # more than this share of the span's pieces must be linked into the run
MAX_STRETCH = 3.0  # a span may take at most this many times the share of the text that its source takes
STRETCH_SLACK = 12  # ... plus as many characters: short spans (a number, a name) vary by more
_UNSPACED = frozenset({"Hani", "Hira", "Kana", "Thai", "Mymr"})
_CLOSING = {"(": ")", "[": "]", "（": "）", "「": "」", "«": "»", "“": "”"}


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text's word pieces: code point ranges in the text, and one vector of length one for each."""

    offsets: tuple[tuple[int, int], ...]
    vectors: Floats

    def inside(self, span: Span) -> Links:
        """Which pieces share a character with the span."""
        return np.array([start < span.end and end > span.start for start, end in self.offsets], dtype=np.bool_)


def mutual_best(similarity: Floats) -> Links:
    """SimAlign's Argmax: the pairs where each is the other's most similar piece (ties: the first)."""
    rows, columns = similarity.argmax(axis=1), similarity.argmax(axis=0)
    links = np.zeros(similarity.shape, dtype=np.bool_)
    at = np.arange(len(rows))
    links[at, rows] = columns[rows] == at
    return links


def iter_max(similarity: Floats, rounds: int = ROUNDS) -> Links:
    """SimAlign's Itermax: Argmax again among pieces where at least one has no link yet, so that words can have several.

    Args:
        similarity: Source pieces by target pieces, none negative.
        rounds: Rounds in all; 1 is Argmax.
    """
    links = mutual_best(similarity)
    for _ in range(rounds - 1):
        free_row = np.logical_not(links.any(axis=1, keepdims=True))
        free_column = np.logical_not(links.any(axis=0, keepdims=True))
        if not free_row.any() or not free_column.any():
            break
        open_pairs = free_row | free_column
        weights = np.where(free_row & free_column, 1.0, ALPHA) * open_pairs
        fresh = mutual_best((similarity * weights).astype(np.float32)) & open_pairs
        if not fresh.any():
            break
        links |= fresh
    return links


def best_run(links: Links, inside: Links) -> tuple[int, int] | None:
    """First and last target piece of the run with the greatest gain; None when nothing of the span is linked.

    The greatest sum of a contiguous run is Kadane's algorithm (Bentley 1984, Programming Pearls, column 8).
    """
    gains = (
        np.where(links[inside].any(axis=0), 1.0, 0.0)
        - np.where(links[~inside].any(axis=0), OUTSIDE_COST, 0.0)
        - np.where(links.any(axis=0), 0.0, UNLINKED_COST)
    )
    best, run, total, start = 0.0, None, 0.0, 0
    for at, gain in enumerate(gains):
        if total <= 0:
            total, start = 0.0, at
        total += float(gain)
        if total > best:
            best, run = total, (start, at)
    return run


def covered(links: Links, inside: Links, run: tuple[int, int]) -> float:
    """Share of the span's pieces that have a link into the run."""
    return float(links[inside, run[0] : run[1] + 1].any(axis=1).mean())


def project(source: str, span: Span, target: str, pieces: tuple[Pieces, Pieces]) -> Span | None:
    """The span of `target` that corresponds to `span` of `source`; None when there is none that can be trusted.

    Args:
        source: Source text.
        span: Range in it.
        target: Its translation.
        pieces: The pieces of source and target.
    """
    here, there = pieces
    inside = here.inside(span)
    if not inside.any() or not there.offsets:
        return None
    similarity = (here.vectors @ there.vectors.T + 1) / 2
    links = iter_max(similarity.astype(np.float32))
    run = best_run(links, inside)
    if run is None or covered(links, inside, run) <= MIN_COVERED:
        return None
    found = whole_words(target, Span(there.offsets[run[0]][0], there.offsets[run[1]][1]))
    return found if found and plausible(source, span, target, found) else None


def plausible(source: str, span: Span, target: str, found: Span) -> bool:
    """Whether the found span is not far longer, measured by its text, than the source span is by its own."""
    share = (span.end - span.start) / max(1, len(source))
    return found.end - found.start <= MAX_STRETCH * share * len(target) + STRETCH_SLACK


def whole_words(text: str, span: Span) -> Span | None:
    """The span without punctuation and space at its ends, widened to whole words in scripts that have spaces.

    Percent and currency signs stay, and a closing bracket whose opening one is inside. None when nothing is left.
    """
    start, end = span.start, span.end
    while start < end and (_is_edge(text[start]) or _stands_alone(text, start)):
        start += 1
    while start < end and _is_edge(text[end - 1]):
        end -= 1
    if start == end:
        return None
    while start > 0 and _same_word(text, start):
        start -= 1
    while end < len(text) and _same_word(text, end):
        end += 1
    return Span(start, end + _closes(text, start, end))


def _stands_alone(text: str, at: int) -> bool:
    """Whether the character is an accent or vowel sign without a letter before it."""
    return unicodedata.category(text[at]).startswith("M") and (at == 0 or _is_edge(text[at - 1]))


def _is_edge(char: str) -> bool:
    return char not in "%٪‰" and unicodedata.category(char)[0] in "PZC"


def _same_word(text: str, at: int) -> bool:
    """Whether no span may begin or end between the characters at `at - 1` and `at`."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(after).startswith("M"):
        return not _is_edge(before)
    letters = all(_is_letter(char) and script_of(char) not in _UNSPACED for char in (before, after))
    return letters and not _stands_alone(text, at - 1)


def _is_letter(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char).startswith("M")


def _closes(text: str, start: int, end: int) -> int:
    """1 when the character behind the span closes a bracket that is open inside it, else 0."""
    inside, behind = text[start:end], text[end : end + 1]
    return int(any(behind == close and inside.count(open_) > inside.count(close) for open_, close in _CLOSING.items()))


def unit_rows(vectors: Sequence[Sequence[float]] | Floats) -> Floats:
    """Rows scaled to length one, so that products are cosines; rows of zeros stay."""
    rows = np.asarray(vectors, dtype=np.float32)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = rows / np.where(length == 0, np.float32(1), length)
    return unit
