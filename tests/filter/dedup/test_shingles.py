from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.filter.dedup.folding import blocks
from synth.filter.dedup.shingles import fold_block, grams, hashed, text_keys
from tests.filter.dedup import reference

TEXTS = st.lists(
    st.text(st.sampled_from("aAbBß ÉéİıΣς.!?。？ \t\n\r\u0301\u0323\u00a0\u3000日本กา한글\x00\x85𝔘😀'\""), max_size=14),
    min_size=1,
    max_size=8,
)


def folded_texts(texts: list[str]) -> list[str]:
    block = fold_block(texts)
    return ["".join(map(chr, block.codes[a:b])) for a, b in zip(block.starts, block.ends, strict=True)]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Hello   World ?! ", "hello world"),
        ("Cafe\u0301\tau lait.", "café au lait"),
        ("你好吗？", "你好吗"),
        ("...", "..."),
        ("It grew 5%", "it grew 5%"),
        ("ΟΔΟΣ", "οδοσ"),
        (" \n ", ""),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert folded_texts([text]) == [folded]


@given(TEXTS)
def test_folding_a_block_equals_folding_each_text_in_plain_python(texts: list[str]) -> None:
    assert folded_texts(texts) == [reference.fold(text) for text in texts]


@given(TEXTS, st.sampled_from([1, 2, 3, 5]), st.sampled_from([32, 64]))
def test_every_ngram_is_hashed_and_a_short_text_is_its_own(texts: list[str], n: int, bits: int) -> None:
    block = fold_block(texts)
    found = grams(block, n)
    hashes = hashed(block.codes.astype(f"u{bits // 8}"), block, found, n)
    expected = [[reference.gram_hash(gram, n, bits) for gram in reference.grams(text, n)] for text in texts]
    assert found.counts.tolist() == [len(each) for each in expected]
    assert hashes.tolist() == [value for each in expected for value in each]


@given(TEXTS)
def test_keys_are_equal_exactly_for_equal_folded_texts_wherever_they_stand(texts: list[str]) -> None:
    keys = [tuple(key) for key in text_keys(fold_block(texts), 2).tolist()]
    for text, key in zip(texts, keys, strict=True):
        alone = tuple(text_keys(fold_block([text]), 2)[0].tolist())
        assert key == alone
    by_text = {reference.fold(text) for text in texts}
    assert len(set(keys)) == len(by_text)


def test_keys_tell_apart_texts_with_the_same_ngrams_in_another_order() -> None:
    left, right = "aaaaaXaaaaaYaaaaa", "aaaaaYaaaaaXaaaaa"
    assert not np.array_equal(*text_keys(fold_block([left, right])))


def test_blocks_hold_every_text_once_even_one_longer_than_a_block() -> None:
    texts = ["a" * 10, "b" * 500, "", "c"] * 3
    ranges = list(blocks(texts, limit=100))
    assert [text for start, stop in ranges for text in texts[start:stop]] == texts
    assert len(ranges) > 3
