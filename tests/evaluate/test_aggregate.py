"""Task and overall scores: official averages, and holes where something is missing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from synth.evaluate.aggregate import CellScore, groups, overall, score_cell, score_task
from synth.evaluate.predictions import Predictions
from synth.evaluate.stats import cell_stats, headline, values
from synth.evaluate.tasks import EVAL_TASKS, XTREME_R
from synth.evaluate.tasks.base import Group


def cell(task: str, lang: str, items: int = 10, **numbers: float) -> CellScore:
    return CellScore(task, lang, items, numbers, headline(numbers), small=False)


def every(task: str, numbers: Mapping[str, float]) -> list[CellScore]:
    return [CellScore(task, lang, 10, numbers, headline(numbers), small=False) for lang in EVAL_TASKS[task].languages]


def test_qa_is_the_mean_of_mean_f1_and_mean_em() -> None:
    cells = every("mlqa", {"f1": 70.0, "exact_match": 50.0})
    cells[0] = cell("mlqa", "en", f1=84.0, exact_match=71.0)
    found = score_task("mlqa", cells)
    assert found.averages == {"f1": pytest.approx(72.0), "exact_match": pytest.approx(53.0)}
    assert found.value == pytest.approx(62.5)


def test_lareqa_is_the_mean_over_all_questions() -> None:
    cells = [cell("lareqa", lang, items=10, **{"map@20": 50.0}) for lang in EVAL_TASKS["lareqa"].languages]
    cells[0] = cell("lareqa", "ar", items=100, **{"map@20": 100.0})
    assert score_task("lareqa", cells).value == pytest.approx((100 * 100 + 10 * 10 * 50) / 200)


def test_a_missing_language_is_a_hole_and_gives_no_score() -> None:
    found = score_task("xnli", every("xnli", {"accuracy": 80.0})[1:])
    assert found.value is None
    assert found.partial == 80.0
    assert [(hole.task, hole.lang) for hole in found.holes] == [("xnli", "ar")]


def test_overall_is_the_mean_of_ten_tasks_with_lareqa() -> None:
    numbers = {"accuracy": 60.0, "f1": 60.0, "exact_match": 60.0, "map@20": 60.0}
    scores = {}
    for place, name in enumerate(XTREME_R):
        wanted = {key: value + place for key, value in _fitting(name, numbers).items()}
        scores[name] = score_task(name, every(name, wanted))
    assert overall(scores).value == pytest.approx(64.5)
    assert groups(scores)[Group.RETRIEVAL].tasks == ("tatoeba", "mewslix", "lareqa")
    del scores["lareqa"]
    assert overall(scores).value is None
    assert [hole.task for hole in overall(scores).holes] == ["lareqa"]


def _fitting(name: str, numbers: dict[str, float]) -> dict[str, float]:
    names = {"qa": ("f1", "exact_match"), "tagging": ("f1",), "classification": ("accuracy",)}
    keys = names.get(EVAL_TASKS[name].group.value) or (("accuracy",) if name == "tatoeba" else ("map@20",))
    return {key: numbers[key] for key in keys}


Pairs = list[tuple[tuple[str, ...], tuple[str, ...]]]  # prediction, gold


def made(task: str, lang: str, pairs: Pairs) -> Predictions:
    names = tuple(f"i{place}" for place in range(len(pairs)))
    mine, golds = zip(*pairs, strict=True)
    return Predictions(task, lang, "test", names, ("",) * len(pairs), mine, golds)


@pytest.mark.parametrize(
    ("task", "lang", "pairs", "expected"),
    [
        # accuracy / 3 * 100 and 100 * sum / 3: the order of operations decides about the last digit
        ("xnli", "sw", [(("neutral",), ("neutral",))] * 2 + [(("neutral",), ("entailment",))], 2 / 3 * 100),
        ("tatoeba", "sw", [(("4",), ("4",)), (("1",), ("2",)), (("3",), ("5",))], 1 / 3 * 100),
        ("xquad", "zh", [(("大桥",), ("大桥",)), (("大桥在",), ("大桥",))], 50.0),  # no segmentation
        ("mlqa", "zh", [(("大桥在",), ("大桥",))], (80.0 + 0) / 2),  # by characters: 2/3 and 1
        ("mewslix", "fa", [(("Q2", "Q1"), ("Q1",)), (("Q3",), ("Q3",))], 75.0),
        ("lareqa", "ar", [(("a", "x", "b"), ("a", "b"))], (1 + 2 / 3) / 2 * 100),
        ("bucc2018", "de", [(("e1",), ("e1",)), (("e2",), ()), ((), ("e3",)), ((), ())], 50.0),
        ("udpos", "de", [(("DET", "NOUN", "VERB"), ("DET", "NOUN", "NOUN"))], 2 * (1 / 3) * (1 / 2) / (5 / 6) * 100),
    ],
)
def test_each_metric_by_hand(
    task: str, lang: str, pairs: list[tuple[tuple[str, ...], tuple[str, ...]]], expected: float
) -> None:
    assert score_cell(cell_stats(made(task, lang, pairs))).headline == pytest.approx(expected, abs=1e-12)


def test_token_accuracy_stands_beside_f1() -> None:
    found = score_cell(cell_stats(made("udpos", "de", [(("DET", "NOUN", "VERB"), ("DET", "NOUN", "NOUN"))])))
    assert found.token_accuracy == pytest.approx(200 / 3)


def test_precision_and_recall_of_pairs() -> None:
    stats = cell_stats(made("bucc2018", "de", [(("e1",), ("e1",)), ((), ("e2",))]))
    assert values(stats) == {"f1": pytest.approx(200 / 3), "precision": 100.0, "recall": 50.0}
