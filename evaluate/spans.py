"""From the scores of windows to one answer: the rule of the official SQuAD script for version 1.1, which XTREME uses.

In each window the `best` highest starts and the `best` highest ends are looked at, over all pieces. A pair counts if
both lie in the paragraph, the end is not before the start, it has at most `longest` pieces, and the start is in no
other window with more context around it (`token_is_max_context`). Of all windows the pair with the highest sum wins; of
equal ones the first. If no pair counts, which takes a model that points outside of the paragraph with all its starts,
the official script answers "empty"; here the answer is "".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.train.encode.features import Feature
from synth.train.encode.heads import span_text

Scores = NDArray[np.float32]
"""A row a piece: start and end."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How an answer is chosen.

    Args:
        stride: Pieces by which each window moves on.
        best: Starts and ends looked at in a window.
        longest: Most pieces of an answer.
    """

    stride: int
    best: int = 20
    longest: int = 30


@dataclass(frozen=True, slots=True)
class _Window:
    """The paragraph's part of one input: its first piece in the input and in the paragraph, and its length."""

    offset: int
    start: int
    length: int

    def context(self, piece: int) -> float:
        """How much context a piece of the paragraph has here; negative when it is not here."""
        left, right = piece - self.start, self.start + self.length - 1 - piece
        return min(left, right) + 0.01 * self.length if left >= 0 and right >= 0 else -1.0


def best_answer(context: str, windows: Sequence[tuple[Feature, Scores]], rule: Rule) -> tuple[str, float]:
    """The answer to one question, and its score: start plus end.

    Args:
        context: The paragraph.
        windows: Every window with its scores, in order.
        rule: How it is chosen.
    """
    places = _places([feature for feature, _ in windows], rule.stride)
    answer, score = "", float("-inf")
    for number, (feature, scores) in enumerate(windows):
        pair = _best_pair(scores, number, places, rule)
        if pair is not None and pair[2] > score:
            answer, score = span_text(context, feature, pair[0], pair[1]), pair[2]
    return answer, score if score > float("-inf") else 0.0


def _places(features: Sequence[Feature], stride: int) -> list[_Window]:
    found: list[_Window] = []
    for number, feature in enumerate(features):
        inside = [place for place, offset in enumerate(feature.offsets) if offset is not None]
        step = min(stride, found[0].length) if found else 0
        found.append(_Window(inside[0] if inside else 0, number * step, len(inside)))
    return found


def _best_pair(scores: Scores, number: int, places: Sequence[_Window], rule: Rule) -> tuple[int, int, float] | None:
    """First and last piece of the best pair of one window, and its score."""
    here = places[number]
    starts, ends = (_highest(scores[:, column], rule.best) for column in (0, 1))
    starts = starts[[_has_most_context(int(place), number, places) for place in starts]]
    ends = ends[(ends >= here.offset) & (ends < here.offset + here.length)]
    if not len(starts) or not len(ends):
        return None
    sums = scores[starts, 0][:, None].astype(np.float64) + scores[ends, 1][None, :]
    lengths = ends[None, :] - starts[:, None] + 1
    sums[(lengths < 1) | (lengths > rule.longest)] = -np.inf
    row, column = np.unravel_index(int(sums.argmax()), sums.shape)
    if not np.isfinite(sums[row, column]):
        return None
    return int(starts[row]), int(ends[column]), float(sums[row, column])


def _highest(scores: Scores, count: int) -> NDArray[np.int64]:
    """Places of the highest scores, best first; of equal ones the first."""
    return np.argsort(-scores, kind="stable")[:count].astype(np.int64)


def _has_most_context(place: int, number: int, places: Sequence[_Window]) -> bool:
    here = places[number]
    if not here.offset <= place < here.offset + here.length:
        return False
    piece = place - here.offset + here.start
    context = [window.context(piece) for window in places]
    return context.index(max(context)) == number
