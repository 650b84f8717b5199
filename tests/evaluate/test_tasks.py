from __future__ import annotations

import json

import pytest

from synth.errors import BadFlag
from synth.evaluate.table import list_tasks
from synth.evaluate.tasks import EVAL_TASKS, XTREME_R, get_eval_task
from synth.evaluate.tasks.base import Relation
from synth.language_table import TASK_LANGUAGES
from synth.tasks import TASKS


def test_ten_tasks_make_the_overall_score() -> None:
    assert len(EVAL_TASKS) == 12
    assert set(EVAL_TASKS) - set(XTREME_R) == {"pawsx", "bucc2018"}


@pytest.mark.parametrize("name", EVAL_TASKS)
def test_languages_are_those_of_the_language_table(name: str) -> None:
    task = EVAL_TASKS[name]
    assert sorted(task.languages) == sorted(TASK_LANGUAGES[name].split())
    assert set(task.sizes) <= set(task.languages)
    assert task.licence.note
    assert task.paper


def test_sizes_of_the_official_releases() -> None:
    totals = {name: sum(task.sizes.values()) for name, task in EVAL_TASKS.items()}
    assert (totals["xnli"], totals["mlqa"], totals["mewslix"], totals["lareqa"]) == (75_150, 42_245, 14_624, 13_090)
    assert "el" not in EVAL_TASKS["udpos"].sizes  # the Hub's copy, which was counted, holds Ancient Greek too
    assert EVAL_TASKS["udpos"].sizes["mr"] == 47


def test_small_sets_are_marked() -> None:
    def small(name: str) -> set[str]:
        return {lang for lang in EVAL_TASKS[name].languages if EVAL_TASKS[name].small(lang)}

    assert small("udpos") == {"mr", "tl", "yo", "ta", "te"}
    assert small("panx") == {"jv", "my", "yo", "qu", "pa", "gu"}
    assert small("xnli") == set()


def test_same_task_and_cross_task() -> None:
    same = {(one, task.name) for task in EVAL_TASKS.values() for one in TASKS if task.relation(one) is Relation.SAME}
    squad = {(one, target) for one in ("squad_v1", "squad_v2") for target in ("xquad", "mlqa", "lareqa")}
    assert same == squad | {("mnli", "xnli"), ("anli_plus", "xnli")}


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    list_tasks(json=True)
    listed = json.loads(capsys.readouterr().out)
    assert [task["name"] for task in listed["tasks"]] == list(EVAL_TASKS)
    assert listed["overall"] == list(XTREME_R)
    assert listed["tasks"][0]["relations"]["mnli"] == "same-task"


def test_list_for_people_names_every_task(capsys: pytest.CaptureFixture[str]) -> None:
    list_tasks(json=False)
    out = capsys.readouterr().out
    assert all(task.title in out for task in EVAL_TASKS.values())


def test_an_unknown_task_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadFlag, match="xquad"):
        get_eval_task("xquda")
