"""`synth tasks`, for people and for programs."""

from __future__ import annotations

import json

import pytest

from synth.tasks import TASKS
from synth.tasks_table import print_tasks


def test_json_is_one_object_with_everything_of_each_task(capsys: pytest.CaptureFixture[str]) -> None:
    print_tasks(json=True)
    printed = capsys.readouterr()
    tasks = json.loads(printed.out)["tasks"]
    assert [task["name"] for task in tasks] == list(TASKS)
    assert printed.err == ""
    swag = tasks[5]
    assert {"name": "ctx", "feature": "string", "policy": "derive", "help": "ctx_a and ctx_b with a blank between"} in (
        swag["columns"]
    )
    assert swag["hub"][0]["repo"] == "Rowan/hellaswag"
    assert tasks[7]["hub"][0]["revision"] == "refs/convert/parquet"
    assert tasks[0]["licence"]["non_commercial"] is True


def test_tables_show_every_task_policy_and_hub_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    print_tasks(json=False)
    shown = capsys.readouterr().out
    assert all(shown.count(name) >= 2 for name in TASKS)
    for text in (
        "project: answers",
        "gloss: tokens",
        "tau/commonsense_qa",
        "392,702",
        "not on the Hub",
        "CC-BY-SA-4.0",
    ):
        assert text in shown
