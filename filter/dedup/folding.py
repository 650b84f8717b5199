"""Texts to arrays of folded code points: NFC or NFKC, simple case folding, white space, sentence-final punctuation.

Works on blocks of texts at once, because one numpy call over 64,000 characters costs as much as a Python call over one
short text.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from synth.filter.dedup.arrays import Bools, Ints, Words

Form = Literal["NFC", "NFKC"]

BLOCK_CHARS = 1 << 16  # 64-bit work arrays of one block then stay within a 2 MB L2 cache
BLANK = 32
PAD = 32  # zeros behind the last text, so that windows may reach over its end; the longest n-gram
# What may end a sentence in the scripts of XTREME-R: two texts that differ only in it are the same text.
SENTENCE_END = ".!?…‽。．！？｡؟۔।॥։።။၊"
_LAST_CASED = 0x1F000  # no code point above has a case, is white space or punctuation (Unicode 16)


@dataclass(frozen=True, slots=True)
class Folded:
    """A block of folded texts: text i is `codes[starts[i]:ends[i]]`.

    There is at least one zero after every text and `PAD` of them at the end; no text contains a zero.
    """

    codes: Words
    starts: Ints
    ends: Ints


@lru_cache(maxsize=1)
def fold_table() -> Words:
    """Code point to folded code point: one-to-one case folding, white space and controls to a blank.

    Foldings that make two letters of one (ß to ss) are left out: positions must be kept.
    """
    table = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    for code in range(_LAST_CASED):
        char = chr(code)
        if char.isspace() or unicodedata.category(char) == "Cc":
            table[code] = BLANK
        elif len(folded := char.casefold()) == 1:
            table[code] = ord(folded)
    return table


@lru_cache(maxsize=1)
def strip_table() -> Words:
    """As `fold_table`, with punctuation and symbols as blanks too: for comparing texts word by word."""
    table = fold_table().copy()
    for code in range(_LAST_CASED):
        if unicodedata.category(chr(code))[0] in "PSZ":
            table[code] = BLANK
    return table


def blocks(texts: Sequence[str], limit: int = BLOCK_CHARS) -> Iterator[tuple[int, int]]:
    """Cut into half-open ranges of about `limit` characters, at least one text each."""
    if not texts:
        return
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
    start, done = 0, 0
    while start < len(texts):
        stop = max(start + 1, int(np.searchsorted(ends, done + limit, side="right")))
        yield start, stop
        start, done = stop, int(ends[stop - 1])


def _normalised(texts: Sequence[str], form: Form) -> tuple[str, Sequence[str]]:
    joined = "\n".join(texts) + "\n"
    # ASCII needs no look; a line feed composes with nothing, so that a block can be judged as one string.
    if joined.isascii() or unicodedata.normalize(form, joined) == joined:
        return joined, texts
    texts = [unicodedata.normalize(form, text) for text in texts]
    return "\n".join(texts) + "\n", texts


def _collapse(codes: Words, ends: Ints) -> tuple[Words, Ints, Ints]:
    """Leave one blank where there are several, none at the edges of a text."""
    blank = codes == BLANK
    keep = np.ones(len(codes), np.bool_)
    keep[0] = not blank[0]
    np.logical_and(blank[1:], blank[:-1], out=keep[1:])
    np.logical_not(keep[1:], out=keep[1:])
    keep[ends] = True
    new_ends = np.cumsum(keep)[ends] - 1
    starts = np.concatenate([[0], new_ends[:-1] + 1])
    return codes[keep], starts, new_ends


def _trim(codes: Words, starts: Ints, ends: Ints, drop: Bools) -> Ints:
    """Move ends to the left over characters marked in `drop`; a text of nothing else keeps all."""
    trimmed = ends.copy()
    active = np.flatnonzero(trimmed > starts)
    while len(active):
        active = active[drop[np.minimum(codes[trimmed[active] - 1], len(drop) - 1)]]
        trimmed[active] -= 1
        active = active[trimmed[active] > starts[active]]
    return np.where(trimmed > starts, trimmed, ends)


@lru_cache(maxsize=1)
def _final_marks() -> Bools:
    marks = np.zeros(0x10000, np.bool_)
    marks[[ord(char) for char in SENTENCE_END] + [BLANK]] = True
    return marks


@lru_cache(maxsize=1)
def _blank_marks() -> Bools:
    marks = np.zeros(BLANK + 2, np.bool_)
    marks[BLANK] = True
    return marks


def spans(starts: Ints, lengths: Ints, size: int) -> Bools:
    """True at the positions `starts[i] .. starts[i] + lengths[i] - 1`, for spans that do not touch out of order."""
    edges = np.empty(2 * len(starts) + 1, np.int64)
    edges[0:-1:2] = starts
    edges[1::2] = starts + lengths
    edges[-1] = size
    inside = np.zeros(len(edges), np.bool_)
    inside[0:-1:2] = True
    return np.concatenate([np.zeros(edges[0], np.bool_), np.repeat(inside[:-1], np.diff(edges))])


def fold(texts: Sequence[str], table: Words, form: Form = "NFC", *, trim_final: bool = True) -> Folded:
    """Fold one block.

    Args:
        texts: At least one text.
        table: `fold_table()` or `strip_table()`.
        form: Unicode normal form, applied first.
        trim_final: Drop sentence-final punctuation, unless nothing else would be left.
    """
    joined, texts = _normalised(texts, form)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths + 1) - 1
    starts = ends - lengths
    raw = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    codes = table.take(raw.astype(np.intp), mode="clip")  # "clip": three times as fast as indexing
    blank = codes == BLANK
    if blank[0] or np.any(blank[1:] & blank[:-1]):
        codes, starts, ends = _collapse(codes, ends)
        ends = _trim(codes, starts, ends, _blank_marks())
        ends = np.where((ends == starts + 1) & (codes[starts] == BLANK), starts, ends)
    if trim_final:
        ends = _trim(codes, starts, ends, _final_marks())
    padded = np.zeros(len(codes) + PAD, np.uint32)
    np.multiply(codes, spans(starts, ends - starts, len(codes)), out=padded[: len(codes)])
    return Folded(padded, starts, ends)
