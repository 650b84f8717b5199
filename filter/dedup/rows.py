"""What goes in: the rows of one (task, language, kind), as columns; and their order of preference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synth.errors import BadSource
from synth.filter.dedup.arrays import Hashes, Ints


@dataclass(frozen=True, slots=True)
class DedupInput:
    """Rows as columns, in any order.

    Args:
        ids: A unique id a row. Give source ids, so that every language prefers the same row of a group.
        fields: The text columns by name; a row is a near-duplicate only when all of them are.
        lang: Language of the texts; it decides the n-gram length.
        labels: A label a row, or None when the task has none. Rows with different labels never remove each other.
        quality: A score a row, the higher the better; of a group the best row stays, then the one with the lowest id.
    """

    ids: Sequence[str]
    fields: Mapping[str, Sequence[str]]
    lang: str
    labels: Sequence[str | int | None] | None = None
    quality: Sequence[float] | None = None

    def __post_init__(self) -> None:
        """Refuse columns of different lengths and rows that cannot be told apart."""
        columns = dict(self.fields) | {"labels": self.labels, "quality": self.quality}
        for name, column in columns.items():
            if column is not None and len(column) != len(self.ids):
                raise BadSource(
                    f"dedup column {name!r} has {len(column)} rows, the ids have {len(self.ids)}; pass whole columns."
                )
        if not self.fields:
            raise BadSource("dedup was given no text field; pass at least one column of texts.")
        if len(set(self.ids)) != len(self.ids):
            twice = Counter(self.ids).most_common(1)[0][0]
            raise BadSource(f"dedup row id {twice!r} occurs twice; make the ids unique within task, language and kind.")


WORTH_NUMBERING = 0.9


@dataclass(frozen=True, slots=True)
class Distinct:
    """The values of one column, most repeats left out: `texts`, and for every row its index among them."""

    texts: list[str]
    index: Ints


def distinct(column: Sequence[str]) -> Distinct:
    """Distinct raw texts of a column, so that a paragraph shared by many rows is cut and signed once.

    Where few texts repeat, numbering them costs more than it saves: then every row keeps its own.
    """
    texts = dict.fromkeys(column)
    if len(texts) > WORTH_NUMBERING * len(column):
        return Distinct(list(column), np.arange(len(column)))
    numbers = {text: number for number, text in enumerate(texts)}
    index = np.fromiter(map(numbers.__getitem__, column), np.int64, len(column))
    return Distinct(list(numbers), index)


def codes_of(keys: Hashes) -> Ints:
    """Number rows of 128-bit keys: equal numbers for equal keys. Shape (rows, 2) to (rows,)."""
    order = np.argsort(keys[:, 0], kind="stable")
    first, second = keys[order, 0], keys[order, 1]
    if np.any((first[1:] == first[:-1]) & (second[1:] != second[:-1])):  # two texts share half a key: sort by both
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        first, second = keys[order, 0], keys[order, 1]
    new = np.ones(len(order), np.int64)
    new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    codes = np.empty(len(order), np.int64)
    codes[order] = np.cumsum(new) - 1
    return codes


def combine(columns: Sequence[Ints]) -> Ints:
    """Number the distinct tuples over several columns of numbers."""
    codes = columns[0]
    for column in columns[1:]:
        both = codes * (int(column.max(initial=0)) + 1) + column
        codes = np.unique(both, return_inverse=True)[1].reshape(-1)
    return codes


def label_codes(labels: Sequence[str | int | None] | None, count: int) -> Ints:
    """Number the labels in sorted order; zeros without labels."""
    if labels is None:
        return np.zeros(count, np.int64)
    names = {
        name: number for number, name in enumerate(sorted(set(labels), key=lambda name: (str(type(name)), str(name))))
    }
    return np.fromiter(map(names.__getitem__, labels), np.int64, count)


def preference(rows: DedupInput) -> Ints:
    """Row positions from the most to the least preferred: quality, then id. The order of the input has no say."""
    import polars as pl

    frame = pl.DataFrame({"id": pl.Series(rows.ids, dtype=pl.String)}).with_row_index("row")
    if rows.quality is None:
        ordered = frame.sort("id")
    else:
        quality = pl.Series("quality", np.asarray(rows.quality, np.float64))
        ordered = frame.with_columns(quality).sort(["quality", "id"], descending=[True, False])
    return ordered["row"].to_numpy().astype(np.int64)


def first_of_each(codes: Ints) -> tuple[Ints, Ints]:
    """Positions of the first occurrence of each code, ascending; and for every position its first occurrence."""
    first = np.full(int(codes.max(initial=-1)) + 1, len(codes), np.int64)
    np.minimum.at(first, codes, np.arange(len(codes)))
    leader = first[codes]
    return np.flatnonzero(leader == np.arange(len(codes))), leader
