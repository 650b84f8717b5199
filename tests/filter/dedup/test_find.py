from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadSource
from synth.filter.dedup import DedupConfig, DedupInput, DedupResult, Mode, find_duplicates, merge, pair_table, sign
from tests.filter.dedup import reference

BASE = "the committee decided to postpone the meeting until the end of the month because of the weather"


def search(texts: list[str], lang: str = "en", mode: Mode = Mode.MINHASH, **columns: object) -> DedupResult:
    ids = [f"r{row:05d}" for row in range(len(texts))]
    return find_duplicates(DedupInput(ids, {"text": texts}, lang, **columns), DedupConfig(mode=mode))  # type: ignore[arg-type]


def star(rows: list[tuple[str, ...]], n: int, threshold: float, labels: list[int]) -> set[int]:
    """The rows that the rule removes, from all pairs: row by row, in order of preference."""
    pairs = reference.similar_pairs(rows, n, threshold)
    removed: set[int] = set()
    for a, b in sorted(pairs, key=lambda pair: (pair[1], pair[0])):
        if labels[a] == labels[b] and a not in removed and b not in removed:
            removed.add(b)
    return removed


@pytest.mark.parametrize("script", sorted(reference.ALPHABETS))
@pytest.mark.parametrize("mode", list(Mode))
def test_removes_what_brute_force_removes(script: str, mode: Mode) -> None:
    texts = reference.corpus(script, 300, seed=11)
    lang = reference.LANGS[script]
    n = DedupConfig().ngram_of(lang)
    found = search(texts, lang, mode)
    expected = star([(text,) for text in texts], n, 0.8, [0] * len(texts))
    assert {int(row[1:]) for row in found.removed.ids} == expected
    assert len(expected) > 20


@pytest.mark.parametrize("script", ["Latn", "Hani", "Arab"])
def test_star_rule_and_true_similarity(script: str) -> None:
    texts = reference.corpus(script, 400, seed=4)
    lang = reference.LANGS[script]
    found = search(texts, lang).removed
    n = DedupConfig().ngram_of(lang)
    assert not set(found.keepers) & set(found.ids)
    for row, keeper, similarity, exact in zip(found.ids, found.keepers, found.similarity, found.exact, strict=True):
        left, right = texts[int(row[1:])], texts[int(keeper[1:])]
        assert similarity == pytest.approx(reference.jaccard(left, right, n), abs=1e-12)
        assert similarity >= 0.8
        assert exact == (reference.fold(left) == reference.fold(right))


def test_a_chain_keeps_both_ends() -> None:
    words = BASE.split()
    middle = " ".join([*words[:-1], "rain"])
    end = " ".join(["a", *words[1:-1], "rain"])
    assert (
        reference.jaccard(BASE, end, 5)
        < 0.85
        <= min(reference.jaccard(BASE, middle, 5), reference.jaccard(middle, end, 5))
    )
    rows = DedupInput(["a", "b", "c"], {"text": [BASE, middle, end]}, "en")
    found = find_duplicates(rows, DedupConfig(threshold=0.85))
    assert (found.removed.ids, found.removed.keepers) == (("b",), ("a",))


def test_a_large_family_costs_no_quadratic_list_and_leaves_one() -> None:
    rng = random.Random(1)
    words = BASE.split() * 3
    texts = []
    for _ in range(3000):
        copy = list(words)
        copy[rng.randrange(len(copy))] = "".join(rng.choices("xyzq", k=5))
        texts.append(" ".join(copy))
    found = search(texts)
    assert len(found.removed) == 3000 - 1
    assert len(found.pairs) == len(found.removed)


def test_different_labels_are_reported_and_both_stay() -> None:
    near = BASE.replace("weather", "whether")
    found = search([BASE, BASE, near, BASE.upper(), "something else entirely"], labels=[0, 1, 1, 0, 0])
    assert found.removed.ids == ("r00002", "r00003")
    assert found.removed.keepers == ("r00001", "r00000")
    assert (found.conflicts.left, found.conflicts.right) == (("r00000",), ("r00001",))
    assert found.conflicts.similarity == (1.0,)
    assert found.pairs.label_equal == (True, True, False)
    assert pair_table(found).column_names == ["id_a", "id_b", "similarity", "label_equal"]


@pytest.mark.parametrize("mode", list(Mode))
def test_all_conflicts_between_rows_that_stay_are_reported(mode: Mode) -> None:
    texts = reference.corpus("Latn", 300, seed=8)
    rng = random.Random(2)
    labels = [rng.randrange(3) for _ in texts]
    found = search(texts, "es", mode, labels=labels)
    gone = {int(row[1:]) for row in found.removed.ids}
    assert gone == star([(text,) for text in texts], 5, 0.8, labels)
    expected = {
        pair
        for pair in reference.similar_pairs([(text,) for text in texts], 5, 0.8)
        if labels[pair[0]] != labels[pair[1]] and not gone & set(pair)
    }
    pairs = zip(found.conflicts.left, found.conflicts.right, strict=True)
    assert {(int(left[1:]), int(right[1:])) for left, right in pairs} == expected
    assert len(expected) > 10


@pytest.mark.parametrize("mode", list(Mode))
def test_every_field_must_be_similar(mode: Mode) -> None:
    premises = reference.corpus("Latn", 60, seed=1)
    hypotheses = reference.corpus("Latn", 60, seed=2)
    rng = random.Random(3)
    rows: list[tuple[str, ...]] = [(rng.choice(premises), rng.choice(hypotheses)) for _ in range(500)]
    ids = [f"r{row:05d}" for row in range(len(rows))]
    columns = {"premise": [row[0] for row in rows], "hypothesis": [row[1] for row in rows]}
    found = find_duplicates(DedupInput(ids, columns, "es"), DedupConfig(mode=mode))
    expected = star(rows, 5, 0.8, [0] * len(rows))
    assert {int(row[1:]) for row in found.removed.ids} == expected
    assert len(expected) > 20
    smallest = [
        min(reference.jaccard(a, b, 5) for a, b in zip(rows[int(left[1:])], rows[int(right[1:])], strict=True))
        for left, right in zip(found.pairs.left, found.pairs.right, strict=True)
    ]
    assert found.pairs.similarity == pytest.approx(tuple(smallest))


def test_the_same_text_in_another_field_is_no_duplicate() -> None:
    other = "the harbour was closed for repairs during most of the following winter and spring"
    rows = DedupInput(["a", "b"], {"one": [BASE, other], "two": [other, BASE]}, "en")
    assert len(find_duplicates(rows).removed) == 0


def test_short_texts_are_compared_whole_and_never_dropped_for_being_short() -> None:
    found = search(["a", "b", "A", "", "ab", "ab.", "abc", "是", "否", "是"])
    assert found.removed.ids == ("r00002", "r00005", "r00009")
    assert found.removed.similarity == (1.0, 1.0, 1.0)


def test_the_better_row_stays_then_the_lower_id() -> None:
    rows = DedupInput(["c", "a", "b"], {"text": [BASE, BASE, BASE]}, "en")
    assert find_duplicates(rows).removed.keepers == ("a", "a")
    assert find_duplicates(replace(rows, quality=[0.9, 0.1, 0.5])).removed.ids == ("b", "a")


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 5), st.sampled_from(["Latn", "Hani"]))
def test_order_and_partition_change_nothing(rng: random.Random, parts: int, script: str) -> None:
    texts = reference.corpus(script, 150, seed=6)
    lang, config = reference.LANGS[script], DedupConfig()
    rows = [(f"r{row:05d}", text, row % 2) for row, text in enumerate(texts)]
    expected = find_duplicates(DedupInput([row[0] for row in rows], {"t": texts}, lang, [row[2] for row in rows]))
    rng.shuffle(rows)
    columns = [row[1] for row in rows]
    cuts = sorted(rng.randrange(len(rows)) for _ in range(parts - 1))
    ranges = zip([0, *cuts], [*cuts, len(rows)], strict=True)
    signed = {"t": merge([sign(columns[a:b], config, lang) for a, b in ranges])}
    shuffled = DedupInput([row[0] for row in rows], {"t": columns}, lang, [row[2] for row in rows])
    assert find_duplicates(shuffled, config, signed) == expected


def test_columns_that_do_not_fit_are_refused() -> None:
    with pytest.raises(BadSource, match="'text' has 1 rows"):
        DedupInput(["a", "b"], {"text": ["x"]}, "en")
    with pytest.raises(BadSource, match="'a' occurs twice"):
        DedupInput(["a", "a"], {"text": ["x", "y"]}, "en")
    with pytest.raises(BadSource, match="no text field"):
        DedupInput(["a"], {}, "en")


@pytest.mark.parametrize("mode", list(Mode))
def test_no_rows_is_no_error(mode: Mode) -> None:
    found = search([], mode=mode)
    assert (found.rows, len(found.pairs)) == (0, 0)


def test_recall_of_isolated_pairs_just_above_the_threshold() -> None:
    rng = np.random.default_rng(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    texts, true = [], 0
    for _ in range(1500):
        text = "".join(letters[i] for i in rng.integers(0, 26, 100))
        edits = "".join("#" if i in set(rng.integers(5, 95, 2).tolist()) else char for i, char in enumerate(text))
        texts += [text, edits]
        true += reference.jaccard(text, edits, 5) >= 0.8
    assert true > 1000
    assert len(search(texts).removed) >= 0.999 * true
