"""Exact nearest neighbours by inner product, in blocks: memory stays bounded however many candidates there are.

A million candidates of 384 float32 numbers are 1.5 GB by themselves; the scores of a block of queries with a block of
candidates are what costs memory beyond that, so both are cut. Candidates may be a `numpy.memmap`, or come in pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadFlag

Matrix = NDArray[np.float32]
Indices = NDArray[np.int64]

QUERY_BLOCK: Final = 1024
CANDIDATE_BLOCK: Final = 16_384  # with QUERY_BLOCK: 64 MiB of scores


@dataclass(frozen=True, slots=True)
class Neighbours:
    """For every query its best candidates, best first: scores and row numbers. Ties go to the lower row number."""

    scores: Matrix
    rows: Indices


def normalised(vectors: NDArray[np.floating]) -> Matrix:
    """Rows of length 1 (L2) as float32; a row of zeros stays one, as in faiss."""
    plain = np.asarray(vectors, dtype=np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", plain, plain))[:, None]
    found: Matrix = np.divide(plain, lengths, out=np.zeros_like(plain), where=lengths > 0)
    return found


def top(queries: Matrix, candidates: Matrix, count: int, block: int = CANDIDATE_BLOCK) -> Neighbours:
    """The `count` candidates with the largest inner product for each query (fewer if there are fewer).

    Args:
        queries: One row a query.
        candidates: One row a candidate; a `numpy.memmap` is read block by block.
        count: Neighbours wanted.
        block: Candidates a block.

    Raises:
        BadFlag: Shapes do not fit, a value is not a number, or nothing is asked for.
    """
    _check(queries, candidates, count, block)
    pieces = (
        (start, np.asarray(candidates[start : start + block], dtype=np.float32))
        for start in range(0, len(candidates), block)
    )
    return top_of_pieces(queries, pieces, min(count, len(candidates)))


def top_of_pieces(queries: Matrix, pieces: Iterable[tuple[int, Matrix]], count: int) -> Neighbours:
    """As `top`, for candidates that come in pieces: (number of its first row, rows), in order."""
    scores = np.full((len(queries), count), -np.inf, dtype=np.float32)
    rows = np.full((len(queries), count), np.iinfo(np.int64).max, dtype=np.int64)
    for first, piece in pieces:
        if not np.isfinite(piece).all():
            raise BadFlag(f"candidates from row {first} hold values that are no numbers; encode them again")
        for part in _blocks(len(queries)):
            scores[part], rows[part] = _merge(scores[part], rows[part], queries[part] @ piece.T, first)
    return Neighbours(scores, rows)


def _merge(scores: Matrix, rows: Indices, new: Matrix, first: int) -> tuple[Matrix, Indices]:
    """The best of what was found so far and of a block of scores."""
    count = scores.shape[1]
    # Whatever is below the worst neighbour so far cannot enter; ties with it neither, because row numbers grow.
    if not (new > scores[:, -1:]).any():
        return scores, rows
    places = _best_places(new, count)
    both = np.concatenate((scores, np.take_along_axis(new, places, axis=1)), axis=1)
    numbers = np.concatenate((rows, places + first), axis=1)
    order = np.lexsort((numbers, -both))[:, :count]
    return np.take_along_axis(both, order, axis=1), np.take_along_axis(numbers, order, axis=1)


def _best_places(new: Matrix, count: int) -> Indices:
    """Columns of the `count` largest scores of each row; of equal scores at the border the lowest columns."""
    width = new.shape[1]
    if width <= count:
        return np.broadcast_to(np.arange(width), new.shape).astype(np.int64)
    places = np.argpartition(new, width - count, axis=1)[:, width - count :]
    border = np.take_along_axis(new, places, axis=1).min(axis=1, keepdims=True)
    for row in np.flatnonzero((new >= border).sum(axis=1) > count):  # argpartition takes any of the equal ones
        places[row] = np.lexsort((np.arange(width), -new[row]))[:count]
    return places.astype(np.int64)


def _blocks(length: int) -> Iterator[slice]:
    return (slice(start, start + QUERY_BLOCK) for start in range(0, length, QUERY_BLOCK))


def _check(queries: Matrix, candidates: Matrix, count: int, block: int) -> None:
    if queries.ndim != 2 or candidates.ndim != 2 or queries.shape[1] != candidates.shape[1]:
        raise BadFlag(
            f"queries {queries.shape} and candidates {candidates.shape} are not rows of one width; encode both with "
            "the same model"
        )
    if not len(candidates) or count < 1 or block < 1:
        raise BadFlag(f"{count} neighbours of {len(candidates)} candidates were asked for; give at least one of each")
    if not np.isfinite(queries).all():
        raise BadFlag("query vectors hold values that are no numbers; encode them again")


def nearest_foreign(english: NDArray[np.floating], foreign: NDArray[np.floating]) -> Indices:
    """Tatoeba: for each English sentence the row of the nearest foreign one.

    The official direction and measure (XTREME's `similarity_search`, foreign as base, English as queries): vectors of
    length 1, smallest Euclidean distance, which is the largest inner product.
    """
    return top(normalised(english), normalised(foreign), 1).rows[:, 0]
