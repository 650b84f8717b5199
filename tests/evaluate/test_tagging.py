"""Spans against values that seqeval 0.0.12 gave for these tags."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.evaluate.metrics.tagging import SeqevalVersion, count_spans, f1, spans
from synth.evaluate.tasks.panx import TAGS
from synth.evaluate.tasks.udpos import UPOS

SPANS = [
    (["DET", "ADJ", "NOUN", "NOUN", "PUNCT"], [("DET", 0, 0), ("ADJ", 1, 1), ("NOUN", 2, 3), ("PUNCT", 4, 4)]),
    (
        ["CCONJ", "SCONJ", "SCONJ", "SYM", "VERB"],
        [("CCONJ", 0, 0), ("SCONJ", 1, 1), ("SCONJ", 2, 2), ("SYM", 3, 3), ("VERB", 4, 4)],
    ),
    (["INTJ", "INTJ", "X", "X", "ADV", "ADV"], [("INTJ", 0, 1), ("X", 2, 3), ("ADV", 4, 5)]),
    (["B-PER", "I-PER", "O", "I-LOC", "B-LOC", "I-ORG"], [("PER", 0, 1), ("LOC", 3, 3), ("LOC", 4, 4), ("ORG", 5, 5)]),
    (["I-PER", "I-PER", "B-PER", "O"], [("PER", 0, 1), ("PER", 2, 2)]),
    (["O", "O"], []),
]

F1 = [
    ([["DET", "NOUN", "VERB"], ["NOUN", "NOUN"]], [["DET", "NOUN", "NOUN"], ["NOUN", "VERB"]], 0.25),
    ([["PRON", "CCONJ", "VERB"]], [["PRON", "SCONJ", "VERB"]], 0.6666666666666666),
    ([["B-PER", "I-PER", "O"], ["B-LOC"]], [["B-PER", "O", "O"], ["B-LOC"]], 0.5),
    ([["O", "O"]], [["O", "O"]], 0),
    ([["ADJ", "NOUN", "NOUN", "NOUN", "VERB"]], [["ADJ", "NOUN", "ADJ", "NOUN", "VERB"]], 0.5),
]


def micro(gold: list[list[str]], predicted: list[list[str]], version: SeqevalVersion = SeqevalVersion.V0) -> float:
    counts = [count_spans(one, other, version) for one, other in zip(gold, predicted, strict=True)]
    return f1(sum(c.right for c in counts), sum(c.predicted for c in counts), sum(c.gold for c in counts))


@pytest.mark.parametrize(("tags", "expected"), SPANS)
def test_spans_of_seqeval_0_0_12(tags: list[str], expected: list[tuple[str, int, int]]) -> None:
    assert spans(tags) == expected


@pytest.mark.parametrize(("gold", "predicted", "expected"), F1)
def test_f1_of_seqeval_0_0_12(gold: list[list[str]], predicted: list[list[str]], expected: float) -> None:
    assert micro(gold, predicted) == expected


def test_the_version_decides_whether_cconj_for_sconj_is_an_error() -> None:
    gold, predicted = [["PRON", "CCONJ", "VERB"]], [["PRON", "SCONJ", "VERB"]]
    assert micro(gold, predicted, SeqevalVersion.V0) == pytest.approx(2 / 3)
    assert micro(gold, predicted, SeqevalVersion.V1) == 1.0


def test_f1_is_not_token_accuracy() -> None:
    counts = count_spans(["ADJ", "NOUN", "NOUN", "NOUN", "VERB"], ["ADJ", "NOUN", "ADJ", "NOUN", "VERB"])
    assert counts.tokens_right / counts.tokens == 0.8
    assert f1(counts.right, counts.predicted, counts.gold) == 0.5


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.sampled_from([*UPOS, *TAGS]), min_size=1, max_size=12))
def test_spans_of_1_2_2_are_those_of_the_installed_package(tags: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from seqeval.metrics.sequence_labeling import get_entities

        expected = [tuple(one) for one in get_entities(tags)]
    assert spans(tags, SeqevalVersion.V1) == expected


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.sampled_from(UPOS), min_size=1, max_size=12))
def test_without_prefixes_spans_cover_every_token(tags: list[str]) -> None:
    covered = [place for _, start, end in spans(tags) for place in range(start, end + 1)]
    assert sorted(covered) == list(range(len(tags)))
