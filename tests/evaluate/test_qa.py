"""Answers against values that the official scripts gave for these sentences of our own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadFlag
from synth.evaluate.metrics.qa import (
    normalise_mlqa,
    normalise_squad,
    normaliser,
    score_answer,
    score_answer_v2,
    token_f1,
)

# prediction, golds, normalised prediction, F1, EM: third_party/evaluate_squad.py of google-research/xtreme
SQUAD = [
    ("the  Old-Bridge, of stone!", ["Old Bridge of stone", "a bridge"], "oldbridge of stone", 0.5714285714285715, 0.0),
    ("in the year 1,204", ["1204"], "in year 1204", 0.5, 0.0),
    ("the", ["a"], "", 0, 1.0),
    ("El puente", ["puente"], "el puente", 0.6666666666666666, 0.0),
    ("ในปี 2450", ["2450"], "ในปี 2450", 0.6666666666666666, 0.0),
    ("大桥在北方", ["大桥"], "大桥在北方", 0, 0.0),
    ("A cat and a dog", ["cat and the dog", "dog"], "cat and dog", 1.0, 1.0),
    ("«stone»", ["stone"], "«stone»", 0, 0.0),
    ("$40", ["40"], "40", 1.0, 1.0),
    ("", ["x"], "", 0, 0.0),
]

# language first: third_party/evaluate_mlqa.py
MLQA = [
    ("en", "“The” old bridge…", ["old bridge"], "old bridge", 1.0, 1.0),
    ("es", "Los puentes de las aldeas", ["puentes de aldeas", "aldea"], "puentes de aldeas", 1.0, 1.0),
    ("de", "dem Haus einer Frau, des Mannes", ["Haus der Frau des Mannes"], "haus frau mannes", 1.0, 1.0),
    ("vi", "những cái cầu của làng là đá", ["cầu làng đá"], "cầu làng đá", 1.0, 1.0),
    ("ar", "الجسر القديم والبال", ["جسر قديم", "بال"], "جسر قديم و ب", 0.6666666666666666, 0.0),
    ("hi", "पुराना पुल।", ["पुराना पुल"], "पुराना पुल", 1.0, 1.0),
    ("zh", "北京abc大学，1998年", ["北京大学1998"], "北 京 abc 大 学 1998 年", 0.8333333333333333, 0.0),
    ("zh", "桥", ["桥梁"], "桥", 0.6666666666666666, 0.0),
    ("zh", "the 桥 is old", ["桥"], "the 桥 is old", 0.4, 0.0),
    ("en", "$5+tax", ["5 tax", "5tax"], "5tax", 1.0, 1.0),
    ("de", "der", ["die"], "", 0, 1.0),
]


@pytest.mark.parametrize(("prediction", "golds", "normal", "f1", "exact"), SQUAD)
def test_squad_script_to_the_last_digit(
    prediction: str, golds: list[str], normal: str, f1: float, exact: float
) -> None:
    found = score_answer(prediction, golds, normalise_squad)
    assert (normalise_squad(prediction), found.f1, found.exact) == (normal, f1, exact)


@pytest.mark.parametrize(("lang", "prediction", "golds", "normal", "f1", "exact"), MLQA)
def test_mlqa_script_to_the_last_digit(
    lang: str, prediction: str, golds: list[str], normal: str, f1: float, exact: float
) -> None:
    found = score_answer(prediction, golds, normaliser(lang, mlqa=True))
    assert (normalise_mlqa(prediction, lang), found.f1, found.exact) == (normal, f1, exact)


def test_a_language_without_rules_is_refused() -> None:
    with pytest.raises(BadFlag, match="sw"):
        normalise_mlqa("jibu", "sw")


def test_a_question_without_gold_is_refused() -> None:
    with pytest.raises(BadFlag, match=r"v2\.0"):
        score_answer("anything", [], normalise_squad)


@pytest.mark.parametrize(
    ("prediction", "golds", "f1", "exact"),
    [
        ("", [], 1.0, 1.0),  # rightly left unanswered
        ("a bridge", [], 0.0, 0.0),
        ("", ["the bridge"], 0.0, 0.0),
        ("old bridge", ["the bridge", "the"], 2 / 3, 0.0),  # "the" normalises to nothing and is dropped
        ("the", ["a"], 1.0, 1.0),  # only empty golds are left: "no answer" is right
    ],
)
def test_squad_v2_counts_no_answer(prediction: str, golds: list[str], f1: float, exact: float) -> None:
    found = score_answer_v2(prediction, golds)
    assert found.f1 == pytest.approx(f1)
    assert found.exact == exact


@settings(deadline=None)  # the machine may be busy
@given(st.text(), st.text())
def test_f1_is_symmetric_and_one_for_equal_answers(one: str, other: str) -> None:
    mine, theirs = normalise_squad(one).split(), normalise_squad(other).split()
    assert token_f1(mine, theirs) == pytest.approx(token_f1(theirs, mine))
    assert token_f1(mine, mine) == (1.0 if mine else 0.0)


@settings(deadline=None)  # the machine may be busy
@given(st.text(), st.sampled_from(["en", "es", "hi", "vi", "de", "zh"]))
def test_exact_match_of_an_answer_with_itself(text: str, lang: str) -> None:
    assert score_answer(text, [text], normaliser(lang, mlqa=True)).exact == 1.0
