"""Find near-duplicates of one (task, language, kind): exact copies first, then candidates, then exact verification.

1. Fold texts; rows that agree in all fields and the label are copies of the most preferred of them.
2. The signature of a row is taken over the n-grams of all its fields, marked by field. The Jaccard index of that union
   lies between the smallest and the largest index of the fields (mediant inequality), so that every pair whose fields
   all reach the threshold is found with at least the probability that the bands promise.
3. Rows that agree in a band and in the label are candidates; the star rule (`stars`) decides with exact similarities.
4. Among the rows that stay, candidates with different labels are verified and reported.

A row may be signed wherever it lies: `sign` takes any part of a column, `merge` puts parts side by side, and
`find_duplicates` accepts the result. Which parts were made has no influence on anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synth.filter.dedup.arrays import Floats, Hashes, Ints, Words
from synth.filter.dedup.config import Banding, DedupConfig, Mode
from synth.filter.dedup.prefix import prefix_memberships, prefix_runs
from synth.filter.dedup.result import DedupResult, Pairs, Removals
from synth.filter.dedup.rows import DedupInput, codes_of, combine, distinct, first_of_each, label_codes, preference
from synth.filter.dedup.runs import Runs, group, join
from synth.filter.dedup.signatures import BAND_MULTIPLIER, band_keys, signatures
from synth.filter.dedup.similarity import Field, Glance, Similarity
from synth.filter.dedup.stars import NOBODY, Stars, choose, verified


@dataclass(frozen=True, slots=True)
class SignedColumn:
    """One text column, folded and signed.

    `texts` are its values, most repeats left out, and `index` that of each row; `keys` (texts, 2) identify folded texts
    and `signed` (permutations, texts) are their signatures.
    """

    texts: list[str]
    index: Ints
    keys: Hashes
    signed: Words


def sign(texts: Sequence[str], config: DedupConfig, lang: str, field: int = 0) -> SignedColumn:
    """Sign a column, or a part of one. `field` is the column's place among the text fields."""
    column = distinct(texts)
    count = config.bands().permutations if config.mode is Mode.MINHASH else 0
    signed, keys = signatures(column.texts, config.ngram_of(lang), count, seed=config.seed, field=field)
    return SignedColumn(column.texts, column.index, keys, signed)


def merge(parts: Sequence[SignedColumn]) -> SignedColumn:
    """Put the parts of a column one after the other."""
    offsets = np.cumsum([0] + [len(part.texts) for part in parts])
    return SignedColumn(
        [text for part in parts for text in part.texts],
        np.concatenate([part.index + offset for part, offset in zip(parts, offsets, strict=False)]),
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.signed for part in parts], axis=1),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows in order of preference, copies put aside. `unique` are the places (in that order) of the rows searched."""

    order: Ints  # input position of each place
    leader: Ints  # place of the row that each place is a copy of (itself when unique)
    unique: Ints
    labels: Ints  # of the unique rows
    fields: tuple[Field, ...]  # of the unique rows


def _field(column: SignedColumn, order: Ints) -> Field:
    """Let one raw form stand for all that fold to the same text."""
    codes = codes_of(column.keys)
    forms = np.empty(int(codes.max(initial=-1)) + 1, np.int64)
    forms[codes] = np.arange(len(codes))
    return Field(column.texts, forms[codes][column.index[order]])


def _tabulate(rows: DedupInput, columns: Sequence[SignedColumn]) -> _Table:
    order = preference(rows)
    labels = label_codes(rows.labels, len(order))[order]
    fields = [_field(column, order) for column in columns]
    unique, leader = first_of_each(combine([field.index for field in fields] + [labels]))
    searched = tuple(Field(field.texts, field.index[unique]) for field in fields)
    return _Table(order, leader, unique, labels[unique], searched)


def _row_signatures(columns: Sequence[SignedColumn], rows: Ints, banding: Banding) -> Words:
    """The signature of each row's marked union: the minimum over its fields."""
    signed = np.empty((banding.permutations, len(rows)), np.uint32)
    for number, column in enumerate(columns):
        texts = column.index[rows]
        for values, best in zip(column.signed, signed, strict=True):
            if number == 0:
                np.take(values, texts, out=best, mode="clip")  # "clip" writes straight into `best`
            else:
                np.minimum(best, values[texts], out=best)
    return signed


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Where runs come from: signatures in bands, or rare n-grams."""

    keys: Hashes | None
    rows: Ints | None
    signed: Words | None
    banding: Banding

    def runs(self, count: int, salt: Hashes, among: Ints) -> Runs:
        """Runs among some of the rows; rows of different salt never meet."""
        if self.signed is not None:
            signed = self.signed if len(among) == count else self.signed[:, among]
            bands = [group(band_keys(signed, members) ^ salt[among]) for members in self.banding.members()]
            return join([Runs(among[band.rows], band.starts, band.lengths) for band in bands])
        assert self.keys is not None and self.rows is not None
        alive = np.zeros(count, np.bool_)
        alive[among] = True
        return prefix_runs(self.keys, self.rows, count, salt).only(alive)


def _candidates(table: _Table, columns: Sequence[SignedColumn], config: DedupConfig, n: int) -> _Candidates:
    banding = config.bands()
    if config.mode is Mode.EXACT:
        keys, rows = prefix_memberships(table.fields, len(table.unique), n, config.threshold)
        return _Candidates(keys, rows, None, banding)
    return _Candidates(None, None, _row_signatures(columns, table.order[table.unique], banding), banding)


def _conflicts(found: _Candidates, table: _Table, stars: Stars, similarity: Similarity) -> tuple[Ints, Ints, Floats]:
    """Pairs of unique rows that stay, reach the threshold and have different labels."""
    count = len(table.unique)
    if int(table.labels.max(initial=0)) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    stay = np.flatnonzero(stars.keeper == NOBODY)
    runs = found.runs(count, np.zeros(count, np.uint64), stay)
    mixed = np.ones(0, np.bool_)
    if len(runs.lengths):
        labels = table.labels[runs.rows]
        mixed = np.minimum.reduceat(labels, runs.starts) != np.maximum.reduceat(labels, runs.starts)
    return verified(runs.select(mixed), similarity, count, unlike=table.labels)


def find_duplicates(
    rows: DedupInput, config: DedupConfig | None = None, signed: Mapping[str, SignedColumn] | None = None
) -> DedupResult:
    """Decide which rows of one (task, language, kind) repeat another.

    Args:
        rows: The rows.
        config: Settings; the defaults are those of docs/dedup.md.
        signed: Columns that were signed elsewhere (`sign`, `merge`), by field name, rows in the order of `rows`.
    """
    config = config or DedupConfig()
    n = config.ngram_of(rows.lang)
    columns = [
        signed[name] if signed else sign(texts, config, rows.lang, number)
        for number, (name, texts) in enumerate(rows.fields.items())
    ]
    table = _tabulate(rows, columns)
    count = len(table.unique)
    shortest = sorted(table.fields, key=lambda field: sum(map(len, field.texts)) / max(1, len(field.texts)))
    found = _candidates(table, columns, config, n)
    glance = None if found.signed is None else Glance.at(found.signed, config.threshold)
    similarity = Similarity(tuple(shortest), n, config.threshold, glance)
    salt = table.labels.astype(np.uint64) * BAND_MULTIPLIER
    stars = choose(found.runs(count, salt, np.arange(count)), similarity, count)
    conflicts = _conflicts(found, table, stars, similarity)
    recall = 1.0 if config.mode is Mode.EXACT else found.banding.recall_at(config.threshold)
    return DedupResult(
        len(rows.ids), _removals(rows, table, stars), _reported(rows, table, conflicts), config.threshold, recall
    )


def _removals(rows: DedupInput, table: _Table, stars: Stars) -> Removals:
    places = np.arange(len(table.order))
    number = np.searchsorted(table.unique, table.leader)  # every place's unique row
    starred = stars.keeper[number] != NOBODY
    keeper = np.where(starred, table.unique[np.maximum(stars.keeper[number], 0)], table.leader)
    similarity = np.where(starred, stars.similarity[number], 1.0)
    gone = np.flatnonzero(keeper != places)
    return Removals(
        _ids(rows, table.order[gone]),
        _ids(rows, table.order[keeper[gone]]),
        tuple(similarity[gone].tolist()),
        tuple((~starred[gone]).tolist()),
    )


def _reported(rows: DedupInput, table: _Table, found: tuple[Ints, Ints, Floats]) -> Pairs:
    left, right, similarity = found
    return Pairs(
        _ids(rows, table.order[table.unique[left]]),
        _ids(rows, table.order[table.unique[right]]),
        tuple(similarity.tolist()),
        (False,) * len(left),
    )


def _ids(rows: DedupInput, places: Ints) -> tuple[str, ...]:
    return tuple(rows.ids[place] for place in places.tolist())
