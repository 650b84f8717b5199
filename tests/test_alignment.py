"""The aligner's logic without a model: matching, runs, whole words, and what is refused."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from synth.alignment import (
    OUTSIDE_COST,
    UNLINKED_COST,
    best_run,
    iter_max,
    mutual_best,
    plausible,
    unit_rows,
    whole_words,
)
from synth.spans import Span

quick = settings(deadline=None, max_examples=200)
similarities = arrays.arrays(
    np.float32, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(0, 1, width=32)
)
link_tables = arrays.arrays(np.bool_, arrays.array_shapes(min_dims=2, max_dims=2, max_side=8))


@quick
@given(similarities)
def test_argmax_links_each_piece_at_most_once_and_always_somewhere(similarity: np.ndarray) -> None:
    links = mutual_best(similarity)
    assert links.sum(axis=0).max() <= 1
    assert links.sum(axis=1).max() <= 1
    assert links.any()


@quick
@given(similarities)
def test_further_rounds_only_add_links_and_only_for_unlinked_pieces(similarity: np.ndarray) -> None:
    first, second = iter_max(similarity, 1), iter_max(similarity, 2)
    assert (second >= first).all()
    for row, column in np.argwhere(second & ~first):
        assert not first[row].any() or not first[:, column].any()


@quick
@given(st.permutations(range(7)))
def test_a_clear_one_to_one_translation_is_found_whatever_its_order(order: list[int]) -> None:
    similarity = np.full((7, 7), 0.3, np.float32)
    similarity[np.arange(7), order] = 0.9
    assert (np.argwhere(iter_max(similarity))[:, 1] == order).all()


def test_a_word_with_two_counterparts_gets_both_in_the_second_round() -> None:
    # "withdrew" = "zog ... zurück": the second counterpart has no better match; "the" has none at all.
    similarity = np.array([[0.9, 0.2, 0.1], [0.1, 0.8, 0.7], [0.2, 0.3, 0.1]], np.float32)
    assert iter_max(similarity, 1)[1].tolist() == [False, True, False]
    assert iter_max(similarity, 2)[1].tolist() == [False, True, True]


def gain(links: np.ndarray, inside: np.ndarray, first: int, last: int) -> float:
    total = 0.0
    for column in links[:, first : last + 1].T:
        total += float((column & inside).any()) - OUTSIDE_COST * float((column & ~inside).any())
        total -= UNLINKED_COST * float(not column.any())
    return total


@quick
@given(link_tables, st.data())
def test_no_other_run_gains_more(links: np.ndarray, data: st.DataObject) -> None:
    inside = np.array(data.draw(st.lists(st.booleans(), min_size=len(links), max_size=len(links))))
    run = best_run(links, inside)
    ends = [(first, last - 1) for first, last in combinations(range(links.shape[1] + 1), 2)]
    most = max(gain(links, inside, first, last) for first, last in ends)
    if run is None:
        assert most <= 1e-9
    else:
        assert gain(links, inside, *run) == pytest.approx(most)


def test_a_stray_link_far_away_does_not_stretch_the_run() -> None:
    links = np.zeros((3, 30), bool)
    links[0, 2] = links[1, 3] = links[2, 29] = True
    assert best_run(links, np.array([True, True, True])) == (2, 3)


def test_a_gap_inside_is_bridged() -> None:
    links = np.zeros((3, 6), bool)
    links[0, 1] = links[1, 4] = True
    assert best_run(links, np.array([True, True, False])) == (1, 4)


@pytest.mark.parametrize(
    ("text", "piece", "expected"),
    [
        ("El gato, rojo.", "gato,", "gato"),
        ("в Киеве (1991) году", "Киев", "Киеве"),
        ("un 20% del total", "20%", "20%"),
        ("il coûte $30.", "$30.", "$30"),
        ("el Servicio (NHS) de salud", "Servicio (NHS", "Servicio (NHS)"),
        ("他于1984年出生。", "1984", "1984"),
        ("圣约翰斯河沿岸", "约翰斯", "约翰斯"),
        ("ประเทศไทยมีประชากร", "ไทย", "ไทย"),
        ("हिन्दी में", "हिन", "हिन्दी"),
        ("« l'eau »", "« l'eau »", "l'eau"),
        ("«Ελλάδα» και", "Ελλάδα»", "Ελλάδα"),
        ("a — b", "—", None),
    ],
)
def test_spans_are_whole_words_without_punctuation(text: str, piece: str, expected: str | None) -> None:
    start = text.index(piece)
    span = whole_words(text, Span(start, start + len(piece)))
    assert (span.of(text) if span else None) == expected


TEXT = st.text(st.sampled_from("aé1 ,.()%«»คไ中文ひक्ाбЖ\u0301\u200c'-"), min_size=1, max_size=25)


def test_a_vowel_sign_without_a_letter_joins_nothing() -> None:
    span = whole_words(".. ा1", Span(0, 5))
    assert span is not None and span.of(".. ा1") == "1"


@quick
@given(TEXT, st.data())
def test_whole_words_stay_inside_the_text_and_are_stable(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    span = whole_words(text, Span(start, end))
    if span is None:
        return
    assert 0 <= span.start < span.end <= len(text)
    assert not text[span.start].isspace()
    assert not text[span.end - 1].isspace()
    assert span.start < end
    assert span.end > start


def test_a_span_much_longer_than_its_source_is_not_plausible() -> None:
    source, target = "x" * 200, "y" * 200
    assert plausible(source, Span(10, 30), target, Span(0, 72))
    assert not plausible(source, Span(10, 30), target, Span(0, 73))
    assert plausible(source, Span(10, 14), target, Span(0, 24)), "a short name may become a longer one"


@quick
@given(arrays.arrays(np.float32, (4, 3), elements=st.floats(-100, 100, width=16)))
def test_rows_have_length_one_or_are_zero(rows: np.ndarray) -> None:
    lengths = np.linalg.norm(unit_rows(rows), axis=1)
    zero = ~rows.any(axis=1)
    assert lengths[zero] == pytest.approx(0)
    assert lengths[~zero] == pytest.approx(1, abs=1e-3)
