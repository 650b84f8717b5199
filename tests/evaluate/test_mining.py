from __future__ import annotations

import numpy as np
import pytest

from synth.evaluate.metrics.mining import Margin, Mined, Sentences, at_least, best_threshold, mine, pair_f1, unique_rows


def sentences(prefix: str, vectors: list[list[float]], texts: list[str] | None = None) -> Sentences:
    names = [f"{prefix}-{place}" for place in range(len(vectors))]
    return Sentences(names, texts or names, np.array(vectors))


def planted(noise: float = 0.1, count: int = 30, pairs: int = 12) -> tuple[Sentences, Sentences]:
    rng = np.random.default_rng(3)
    target = rng.normal(size=(count, 24))
    source = rng.normal(size=(count, 24))
    source[:pairs] = target[:pairs] + noise * rng.normal(size=(pairs, 24))
    return sentences("de", source.tolist()), sentences("en", target.tolist())


def test_planted_pairs_are_found_first() -> None:
    found = mine(*planted())
    assert set(found.pairs[:12]) == {(f"de-{place}", f"en-{place}") for place in range(12)}
    assert list(found.scores) == sorted(found.scores, reverse=True)
    assert len({one for one, _ in found.pairs}) == len({other for _, other in found.pairs}) == len(found.pairs)


def test_the_ratio_margin_by_hand() -> None:
    """Two neighbours: cosines 1 and 0 from each side, so that the means are 0.5 and the ratio is 2."""
    found = mine(sentences("de", [[1, 0], [0, 1]]), sentences("en", [[2, 0], [0, 3]]), count=2)
    assert found == Mined((("de-0", "en-0"), ("de-1", "en-1")), (2.0, 2.0))


def test_other_margins_are_options() -> None:
    args = sentences("de", [[1, 0], [0, 1]]), sentences("en", [[2, 0], [0, 3]])
    assert mine(*args, count=2, margin=Margin.ABSOLUTE).scores == (1.0, 1.0)
    assert mine(*args, count=2, margin=Margin.DISTANCE).scores == (0.5, 0.5)


def test_a_sentence_that_occurs_twice_cannot_be_found() -> None:
    source, target = planted()
    texts = ["same" if place in {0, 20} else name for place, name in enumerate(source.ids)]
    found = mine(Sentences(source.ids, texts, source.vectors), target)
    assert not {"de-0", "de-20"} & {one for one, _ in found.pairs}
    assert unique_rows(["a", "b", "a"]) == [2, 1]  # the last vector, at the place of the first


def test_threshold_lies_between_the_last_right_pair_and_the_next() -> None:
    mined = Mined((("a", "x"), ("b", "y"), ("c", "z")), (3.0, 2.0, 1.0))
    threshold = best_threshold(mined, {("a", "x"), ("b", "y")})
    assert threshold == 1.5
    assert pair_f1(at_least(mined, threshold), {("a", "x"), ("b", "y")}) == 1.0


def test_threshold_at_the_last_pair_where_the_official_code_fails() -> None:
    mined = Mined((("a", "x"), ("b", "y")), (3.0, 2.0))
    assert best_threshold(mined, {("a", "x"), ("b", "y")}) == 2.0


def test_f1_of_pairs() -> None:
    assert pair_f1([("a", "x"), ("b", "y")], [("a", "x"), ("c", "z"), ("d", "w")]) == pytest.approx(0.4)
    assert pair_f1([], [("a", "x")]) == 0.0
