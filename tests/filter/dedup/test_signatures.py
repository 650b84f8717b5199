from __future__ import annotations

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH

from synth.filter.dedup.config import Banding
from synth.filter.dedup.runs import all_pairs, group
from synth.filter.dedup.signatures import band_keys, field_salt, permutations, signatures
from tests.filter.dedup import reference


def sketch(texts: list[str], n: int, count: int, seed: int = 1, field: int = 0) -> list[MinHash]:
    made = []
    for text in texts:
        values = [reference.gram_hash(gram, n, 32) ^ int(field_salt(field)) for gram in reference.grams(text, n)]
        minhash = MinHash(count, seed=seed, hashfunc=int, scheme="affine32")
        minhash.update_batch(values)
        made.append(minhash)
    return made


@pytest.mark.parametrize("script", sorted(reference.ALPHABETS))
@pytest.mark.parametrize(("n", "count", "seed", "field"), [(5, 60, 1, 0), (3, 68, 1, 1), (2, 128, 7, 2)])
def test_signatures_are_those_of_datasketch_bit_for_bit(script: str, n: int, count: int, seed: int, field: int) -> None:
    texts = reference.corpus(script, 60, seed=3)
    ours, _ = signatures(texts, n, count, seed=seed, field=field)
    theirs = np.stack([minhash.hashvalues for minhash in sketch(texts, n, count, seed, field)], axis=1)
    assert ours.dtype == theirs.dtype
    assert np.array_equal(ours, theirs)


def test_permutations_are_those_of_datasketch() -> None:
    for count, seed in ((60, 1), (128, 42)):
        assert np.array_equal(permutations(count, seed), MinHash(count, seed=seed, scheme="affine32").permutations)


@pytest.mark.parametrize("script", ["Latn", "Hani"])
def test_bands_give_the_candidates_of_datasketch_lsh(script: str) -> None:
    texts = reference.corpus(script, 400, seed=5)
    banding = Banding(12, 5)
    signed, _ = signatures(texts, 5, banding.permutations)
    ours: set[tuple[int, int]] = set()
    for members in banding.members():
        left, right = all_pairs(group(band_keys(signed, members)))
        ours |= set(zip(left.tolist(), right.tolist(), strict=True))
    index = MinHashLSH(num_perm=banding.permutations, params=(banding.bands, banding.rows))
    theirs: set[tuple[int, int]] = set()
    for row, minhash in enumerate(sketch(texts, 5, banding.permutations)):
        theirs |= {(earlier, row) for earlier in index.query(minhash)}
        index.insert(row, minhash)
    assert ours == theirs
    assert len(ours) > 50


def test_signing_parts_equals_signing_all() -> None:
    texts = reference.corpus("Cyrl", 90, seed=2)
    whole, keys = signatures(texts, 5, 60)
    parts = [signatures(texts[start : start + 17], 5, 60) for start in range(0, len(texts), 17)]
    assert np.array_equal(np.concatenate([part[0] for part in parts], axis=1), whole)
    assert np.array_equal(np.concatenate([part[1] for part in parts]), keys)
