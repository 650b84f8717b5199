"""The choice of an answer, held against the official rule written out plainly."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from synth.evaluate.spans import Rule, best_answer
from synth.train.encode.features import Feature
from synth.train.encode.heads import Limits, encode_span
from synth.train.encode.pieces import Cutter
from tests.train.encode.tokenizers_of import tokenizer

WORDS = ("the", "old", "harbour", "is", "cold", "and", "ships", "sing", "at", "night", "near", "stone", "bridge")
LIMITS = Limits(span=24, stride=5, question=6)


def windows(rng: random.Random, words: int) -> tuple[str, list[tuple[Feature, Any]]]:
    context = " ".join(rng.choice(WORDS) for _ in range(words))
    row = {"synth_id": "q", "question": "where is it?", "context": context, "answers": {"text": []}}
    features = encode_span(row, Cutter(tokenizer("unigram")), LIMITS).features
    made = np.random.default_rng(rng.randrange(2**32))
    # Few different values, so that there are ties.
    return context, [(one, made.integers(-4, 5, (len(one.offsets), 2)).astype(np.float32)) for one in features]


def official(context: str, given: list[tuple[Feature, Any]], rule: Rule) -> list[tuple[float, str]]:
    """Every answer that the official script would look at, in its order, with its score."""
    places, start = [], 0
    for feature, _ in given:
        inside = [at for at, offset in enumerate(feature.offsets) if offset is not None]
        places.append({"start": start, "length": len(inside), "first": inside[0]})
        start += rule.stride

    def max_context(window: int, position: int) -> bool:
        best, owner = None, None
        for number, span in enumerate(places):
            end = span["start"] + span["length"] - 1
            if span["start"] <= position <= end:
                score = min(position - span["start"], end - position) + 0.01 * span["length"]
                if best is None or score > best:
                    best, owner = score, number
        return owner == window

    found = []
    for number, (feature, scores) in enumerate(given):
        ranked = [
            [at for at, _ in sorted(enumerate(scores[:, column]), key=lambda pair: -pair[1])][: rule.best]
            for column in (0, 1)
        ]
        for first in ranked[0]:
            for last in ranked[1]:
                a, b = feature.offsets[first], feature.offsets[last]
                position = first - places[number]["first"] + places[number]["start"]
                if a is None or b is None or not max_context(number, position):
                    continue
                if last < first or last - first + 1 > rule.longest:
                    continue
                inside = [offset for offset in feature.offsets[first : last + 1] if offset is not None]
                text = context[min(s for s, _ in inside) : max(e for _, e in inside)]
                found.append((float(scores[first, 0]) + float(scores[last, 1]), text))
    return found


@pytest.mark.parametrize("seed", range(60))
def test_the_best_answer_is_the_official_one(seed: int) -> None:
    rng = random.Random(seed)
    context, given = windows(rng, rng.choice([1, 4, 12, 30]))
    rule = Rule(LIMITS.stride, best=rng.choice([1, 3, 20]), longest=rng.choice([1, 3, 30]))
    options = official(context, given, rule)
    text, score = best_answer(context, given, rule)
    if not options:
        assert (text, score) == ("", 0.0)
        return
    best = max(one for one, _ in options)
    assert score == best
    assert text == next(answer for one, answer in options if one == best)  # of equal ones the first


def test_a_start_at_the_edge_of_a_window_is_left_to_the_window_that_sees_more() -> None:
    context, given = windows(random.Random(3), 30)
    assert len(given) > 1
    feature = given[0][0]
    quiet = [(one, np.zeros_like(numbers)) for one, numbers in given]
    last = max(at for at, offset in enumerate(feature.offsets) if offset is not None)
    quiet[0][1][last] = 9.0
    text, score = best_answer(context, quiet, Rule(LIMITS.stride))
    assert score < 18.0
    assert text != context[slice(*feature.offsets[last])] or score == 0.0  # type: ignore[misc]
