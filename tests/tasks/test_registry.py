"""The nine tasks as the command line sees them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from synth.errors import BadFlag
from synth.tasks import TASKS, get_task, parse_tasks
from synth.tasks.base import Policy, Shape, Task

ORDER = ("anli_plus", "mnli", "qqp", "squad_v1", "squad_v2", "hellaswag", "ccg", "cosmos_qa", "commonsense_qa")

# Hub columns with their features; the policy's first letter decides what generation does.
COLUMNS = {
    "anli_plus": "premise:string hypothesis:string label:label",
    "mnli": "premise:string hypothesis:string label:label idx:int32",
    "qqp": "question1:string question2:string label:label idx:int32",
    "squad_v1": "id:string title:string context:string question:string answers:answers",
    "squad_v2": "id:string title:string context:string question:string answers:answers",
    "hellaswag": "ind:int32 activity_label:string ctx_a:string ctx_b:string ctx:string endings:list[string] "
    "source_id:string split:string split_type:string label:string",
    "ccg": "id:string tokens:list[string] tags:tags",
    "cosmos_qa": "id:string context:string question:string answer0:string answer1:string answer2:string "
    "answer3:string label:int32",
    "commonsense_qa": "id:string question:string question_concept:string choices:choices answerKey:string",
}

every_task = pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))


def test_order_is_the_one_of_the_documentation() -> None:
    assert tuple(TASKS) == ORDER


@every_task
def test_columns_are_those_of_the_hub(task: Task) -> None:
    assert " ".join(f"{column.name}:{column.feature}" for column in task.columns) == COLUMNS[task.name]


@every_task
def test_labels_and_grouping_name_columns_of_the_task(task: Task) -> None:
    assert {task.label_column, task.group_column} <= {*task.column_names, None}
    assert bool(task.labels) == (task.label_column is not None)


@every_task
def test_the_label_is_copied_never_translated(task: Task) -> None:
    policies = {column.name: column.policy for column in task.columns}
    assert policies.get(task.label_column or "", Policy.COPY) is Policy.COPY


@every_task
def test_there_is_something_to_generate(task: Task) -> None:
    assert task.columns_with(Policy.TRANSLATE, Policy.CHOICES, Policy.GLOSS)


@every_task
def test_hub_parts_are_namespaced_and_map_splits_with_known_sizes(task: Task) -> None:
    assert all("/" in part.repo for part in task.hub)
    assert all(set(part.splits) <= set(task.sizes) and "train" in part.splits for part in task.hub)


def test_parts_of_the_composed_task_are_told_apart() -> None:
    assert [part.origin for part in TASKS["anli_plus"].hub] == ["snli", "mnli", "anli_r1", "anli_r2", "anli_r3"]


def test_families_are_the_tasks_that_share_text() -> None:
    families: dict[str, list[str]] = {}
    for task in TASKS.values():
        families.setdefault(task.family, []).append(task.name)
    shared = {family: names for family, names in families.items() if len(names) > 1}
    assert shared == {"nli": ["anli_plus", "mnli"], "squad": ["squad_v1", "squad_v2"]}


def test_only_ccg_may_not_be_published_and_is_not_on_the_hub() -> None:
    assert [name for name, task in TASKS.items() if not task.licence.redistribute] == ["ccg"]
    assert [name for name, task in TASKS.items() if not task.hub] == ["ccg"]


def test_non_commercial_and_share_alike_terms_reach_their_tasks() -> None:
    assert {name for name, task in TASKS.items() if task.licence.non_commercial} == {"anli_plus", "qqp", "ccg"}
    assert {"anli_plus", "squad_v1", "squad_v2"} <= {n for n, task in TASKS.items() if task.licence.share_alike}


def test_all_means_every_task() -> None:
    assert parse_tasks("all") == ORDER


def test_a_list_is_put_in_order_without_repeats() -> None:
    assert parse_tasks("qqp, mnli,qqp") == ("mnli", "qqp")


@pytest.mark.parametrize("text", ["", " , "])
def test_an_empty_list_is_refused(text: str) -> None:
    with pytest.raises(BadFlag, match="give 'all'"):
        parse_tasks(text)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadFlag, match=r"no task 'helaswag'.*'hellaswag'"):
        parse_tasks("mnli,helaswag")


def test_an_unknown_name_beside_all_is_still_refused() -> None:
    with pytest.raises(BadFlag, match="'sqad'"):
        parse_tasks("all,sqad")


def test_get_task_finds_by_name() -> None:
    assert get_task("ccg").shape is Shape.TAGS


def test_importing_the_tasks_loads_nothing_heavy() -> None:
    heavy = ["datasets", "numpy", "polars", "pyarrow", "pydantic", "rich", "torch", "transformers", "yaml"]
    code = f"import sys, synth.tasks; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
