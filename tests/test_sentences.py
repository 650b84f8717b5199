"""Cutting text at sentence ends: nothing is lost, and no answer is divided."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from synth.sentences import split_offsets, split_sentences

_PIECES = [
    "Mr. ",
    "A dog",
    " ran",
    ". ",
    "! ",
    "? ",
    ".\n",
    '." ',
    "U.S. ",
    "3.5",
    " e.g. ",
    "The",
    " 12 ",
    "(",
    ") ",
    "。",
]
texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_PIECES), max_size=20).map("".join))


@settings(max_examples=150, deadline=None)
@given(texts, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4))
def test_pieces_join_to_the_text_and_cut_no_span(text: str, pairs: list[tuple[int, int]]) -> None:
    spans = [(min(pair), min(max(pair), len(text))) for pair in pairs if min(pair) < min(max(pair), len(text))]
    pieces = split_sentences(text, spans)
    assert "".join(pieces) == text
    assert all(pieces)
    ranges = split_offsets(text, spans)
    assert [text[low:high] for low, high in ranges] == [piece.rstrip() for piece in pieces if piece.strip()]
    cuts = {sum(map(len, pieces[:count])) for count in range(1, len(pieces))}
    assert not any(low < cut < high for low, high in spans for cut in cuts)


def test_sentences_are_cut_where_a_reader_would() -> None:
    text = 'Mr. Bell came at 5.30 p.m. on Monday. He said "Go." Then he left! Why? Nobody in the U.S. Senate knew.'
    assert [piece.strip() for piece in split_sentences(text)] == [
        "Mr. Bell came at 5.30 p.m. on Monday.",
        'He said "Go."',
        "Then he left!",
        "Why?",
        "Nobody in the U.S. Senate knew.",
    ]


def test_a_span_over_two_sentences_keeps_them_together() -> None:
    text = "It rained. They stayed. All slept."
    assert split_sentences(text, [(3, 14)]) == ["It rained. They stayed. ", "All slept."]
