"""BUCC: mining translated pairs by margin, and the threshold that is chosen on the dev gold.

Sources: Artetxe and Schwenk 2019 ("Margin-based Parallel Corpus Mining", ratio margin, retrieval "max") and XTREME's
`third_party/utils_retrieve.py`. The score of a pair is its cosine divided by the mean of two averages: that of the
source's cosines with its k nearest targets and the target's with its k nearest sources; k is 4.

The official code works on unique sentences: a sentence that occurs twice is encoded once, and neither of its ids can be
found (its text does not tell which). `unique_rows` says which rows those are, `mine` leaves their pairs out at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.evaluate.metrics.tagging import f1
from synth.evaluate.retrieval import Neighbours, normalised, top

NEIGHBOURS: Final = 4

Pair = tuple[str, str]  # source id, target id


class Margin(StrEnum):
    """How a cosine is compared with its neighbourhood; `ratio` is the official one."""

    RATIO = "ratio"
    DISTANCE = "distance"
    ABSOLUTE = "absolute"


@dataclass(frozen=True, slots=True)
class Mined:
    """Candidate pairs, each source and each target at most once, best score first."""

    pairs: tuple[Pair, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Sentences:
    """One side: ids, texts and a vector for each, in the order of the file."""

    ids: Sequence[str]
    texts: Sequence[str]
    vectors: NDArray[np.floating]


def mine(
    source: Sentences, target: Sentences, count: int = NEIGHBOURS, margin: Margin = Margin.RATIO, above: float = 0.0
) -> Mined:
    """All candidate pairs of two corpora ("max": the best of both directions, greedily).

    Args:
        source: The foreign side (the official order: foreign to English).
        target: The English side.
        count: Neighbours of the margin.
        margin: How it is computed.
        above: Only pairs with a larger score are kept (the official code writes those above 0).
    """
    left, right = unique_rows(source.texts), unique_rows(target.texts)
    x, y = normalised(source.vectors[left]), normalised(target.vectors[right])
    forward, backward = top(x, y, count), top(y, x, count)
    means = forward.scores.mean(axis=1), backward.scores.mean(axis=1)
    ahead = _margins(forward, means[0], means[1], margin)
    back = _margins(backward, means[1], means[0], margin)
    best = np.arange(len(x)), forward.rows[np.arange(len(x)), ahead.argmax(axis=1)]
    reverse = backward.rows[np.arange(len(y)), back.argmax(axis=1)], np.arange(len(y))
    sources, targets = np.concatenate((best[0], reverse[0])), np.concatenate((best[1], reverse[1]))
    scores = np.concatenate((ahead.max(axis=1), back.max(axis=1)))
    chosen = [place for place in _greedy(sources, targets, scores) if scores[place] > above]
    found = [(left[sources[place]], right[targets[place]], float(scores[place])) for place in chosen]
    return _named(found, source, target)


def unique_rows(texts: Sequence[str]) -> list[int]:
    """For each different text the last row that has it, in the order of first occurrence (the official choice)."""
    return list({text: row for row, text in enumerate(texts)}.values())


def _margins(
    found: Neighbours, own: NDArray[np.float32], other: NDArray[np.float32], margin: Margin
) -> NDArray[np.float64]:
    around = (own[:, None] + other[found.rows]) / 2
    if margin is Margin.ABSOLUTE:
        return found.scores.astype(np.float64)
    if margin is Margin.DISTANCE:
        return (found.scores - around).astype(np.float64)
    return (found.scores / around).astype(np.float64)


def _greedy(sources: NDArray[np.int64], targets: NDArray[np.int64], scores: NDArray[np.float64]) -> list[int]:
    """Places of the pairs that are taken, best first; the order of equal scores is that of the list."""
    used: tuple[set[int], set[int]] = (set(), set())
    taken = []
    for place in np.argsort(-scores, kind="stable"):
        pair = int(sources[place]), int(targets[place])
        if pair[0] not in used[0] and pair[1] not in used[1]:
            used[0].add(pair[0])
            used[1].add(pair[1])
            taken.append(int(place))
    return taken


def _named(found: list[tuple[int, int, float]], source: Sentences, target: Sentences) -> Mined:
    often = Counter(source.texts), Counter(target.texts)
    kept = [
        (source.ids[row], target.ids[column], score)
        for row, column, score in found
        if often[0][source.texts[row]] == 1 and often[1][target.texts[column]] == 1
    ]
    return Mined(tuple((one, other) for one, other, _ in kept), tuple(score for *_, score in kept))


def best_threshold(mined: Mined, gold: Collection[Pair]) -> float:
    """The score between two neighbours in the ranking at which F1 on the (dev) gold is best; 0 if none is right.

    XTREME's `bucc_optimize`, but for the last pair of the list: where that one is the best cut, the official code fails
    with an index error; here its own score is the threshold.
    """
    order = sorted(range(len(mined.scores)), key=lambda place: -mined.scores[place])
    wanted, right, best, threshold = set(gold), 0, 0.0, 0.0
    for number, place in enumerate(order, 1):
        right += mined.pairs[place] in wanted
        score = f1(right, number, len(wanted))
        if score > best:
            following = order[number] if number < len(order) else place
            best, threshold = score, (mined.scores[place] + mined.scores[following]) / 2
    return threshold


def at_least(mined: Mined, threshold: float) -> tuple[Pair, ...]:
    """The pairs whose score is the threshold or more."""
    return tuple(pair for pair, score in zip(mined.pairs, mined.scores, strict=True) if score >= threshold)


def pair_f1(predicted: Collection[Pair], gold: Collection[Pair]) -> float:
    """F1 of two sets of pairs, 0 to 1."""
    ours, theirs = set(predicted), set(gold)
    return f1(len(ours & theirs), len(ours), len(theirs))
