"""MinHash signatures in datasketch's affine32 scheme, bit for bit, without an object per row.

Scheme (datasketch 2.0, `MinHash(scheme="affine32")`): the 32-bit hash of a shingle is mixed once with the MurmurHash3
finaliser; permutation k is `a[k] * h + b[k]` modulo 2^32 with odd `a[k]`; the signature holds the minimum over the set.
A signature made here can be handed to datasketch with `hashvalues=`, and tests hold both to equality.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from synth.filter.dedup.arrays import Hashes, Ints, Words
from synth.filter.dedup.folding import blocks
from synth.filter.dedup.shingles import fold_block, grams, hashed, mix32, text_keys

KEY_WORDS = 4
BAND_MULTIPLIER = np.uint64(0xD6E8FEB86659FD93)  # odd, well mixed (the multiplier of degski's 64-bit mixer)


@lru_cache(maxsize=16)
def permutations(count: int, seed: int) -> tuple[Words, Words]:
    """Multipliers and summands, drawn as datasketch draws them: all multipliers first, made odd, then all summands."""
    generator = np.random.RandomState(seed)
    half = generator.randint(0, 1 << 31, count, dtype=np.uint32)
    return half * np.uint32(2) + np.uint32(1), generator.randint(0, 1 << 32, count, dtype=np.uint32)


def field_salt(field: int) -> np.uint32:
    """What the shingles of a field are marked with, so that equal text in two fields is not the same; 0 for field 0."""
    return np.uint32((field * 0x9E3779B1) & 0xFFFFFFFF)


def minima(values: Words, starts: Ints, count: int, seed: int, out: Words) -> None:
    """Write the signatures of a block of sets into `out`, shape (count, sets).

    Permutation by permutation over the whole block: `minimum.reduceat` in one dimension runs two to four times as fast
    as in two, and the block stays in the cache.
    """
    multipliers, summands = permutations(count, seed)
    mixed = mix32(values)
    work = np.empty_like(mixed)
    for index in range(count):
        np.multiply(mixed, multipliers[index], out=work)
        np.add(work, summands[index], out=work)
        np.minimum.reduceat(work, starts, out=out[index])


def signatures(texts: Sequence[str], n: int, count: int, *, seed: int = 1, field: int = 0) -> tuple[Words, Hashes]:
    """Signatures, shape (count, texts), and 128-bit text keys, shape (texts, 2), of any number of texts.

    Every column depends on its own text alone: parts may be signed anywhere and put side by side. Half of a key is the
    beginning of the signature, which costs nothing; without a signature the other half is made longer.
    """
    signed = np.empty((count, len(texts)), np.uint32)
    own = KEY_WORDS if count < KEY_WORDS else KEY_WORDS // 2  # words of a key that are polynomials
    keys = np.empty((len(texts), KEY_WORDS), np.uint32)
    for start, stop in blocks(texts):
        folded = fold_block(texts[start:stop])
        keys[start:stop, :own] = text_keys(folded, own)
        if count:
            found = grams(folded, n)
            values = hashed(folded.codes, folded, found, n) ^ field_salt(field)
            minima(values, np.cumsum(found.counts) - found.counts, count, seed, signed[:, start:stop])
    keys[:, own:] = signed[: KEY_WORDS - own].T
    return signed, keys.view(np.uint64)


def band_keys(signed: Words, members: tuple[int, ...]) -> Hashes:
    """One 64-bit key a row for one band: equal when all its values are equal."""
    keys = np.zeros(signed.shape[1], np.uint64)
    for position in members:
        keys += signed[position]
        keys *= BAND_MULTIPLIER
        keys ^= keys >> np.uint64(29)
    return keys * BAND_MULTIPLIER
