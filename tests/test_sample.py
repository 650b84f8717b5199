"""The embedded sample: sound, balanced, short, and shared between tasks as the real sets are."""

from __future__ import annotations

from collections import Counter

import pytest

from synth.errors import BadFlag
from synth.sources.sample import load_sample
from synth.tasks import TASKS
from synth.tasks.choices import gold_index

SIZES = dict.fromkeys(TASKS, 8) | {"anli_plus": 16, "squad_v2": 12}
every_task = pytest.mark.parametrize("task", TASKS)


@every_task
def test_every_row_is_sound_and_holds_exactly_the_columns(task: str) -> None:
    data = load_sample(task)
    assert (data.task, data.split, data.problems) == (task, "train", ())
    for example in data.examples:
        assert TASKS[task].validate(example.row) == []
        assert tuple(example.row) == TASKS[task].column_names
        assert (example.task, example.split) == (task, "train")


@every_task
def test_there_are_as_many_as_promised_with_ids_of_their_own(task: str) -> None:
    ids = [example.source_id for example in load_sample(task).examples]
    assert len(set(ids)) == len(ids) == SIZES[task]


@every_task
def test_no_row_is_there_twice(task: str) -> None:
    rows = [{k: v for k, v in e.row.items() if k not in ("id", "idx", "ind")} for e in load_sample(task).examples]
    assert len({str(row) for row in rows}) == len(rows)


@pytest.mark.parametrize("task", ["anli_plus", "mnli", "qqp"])
def test_labels_are_about_even(task: str) -> None:
    counts = Counter(example.row["label"] for example in load_sample(task).examples)
    assert set(counts) == set(range(len(TASKS[task].labels)))
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("task", ["hellaswag", "cosmos_qa", "commonsense_qa"])
def test_the_right_choice_stands_at_every_place(task: str) -> None:
    counts = Counter(gold_index(TASKS[task], example.row) for example in load_sample(task).examples)
    assert set(counts) == set(range(len(TASKS[task].labels)))
    assert max(counts.values()) <= 2


def test_texts_are_short_enough_for_the_embedded_teacher() -> None:
    for example in load_sample("anli_plus").examples:
        assert all(4 < len(example.row[side].split()) <= 10 for side in ("premise", "hypothesis"))
    for example in load_sample("commonsense_qa").examples:
        assert len(example.row["question"].split()) <= 12
        assert all(len(text.split()) <= 2 for text in example.row["choices"]["text"])
    for example in load_sample("cosmos_qa").examples:
        assert all(len(example.row[f"answer{index}"].split()) <= 8 for index in range(4))


def test_anli_plus_holds_the_mnli_examples_and_all_other_origins() -> None:
    examples = load_sample("anli_plus").examples
    assert Counter(example.origin for example in examples) == {
        "mnli": 8, "snli": 2, "anli_r1": 2, "anli_r2": 2, "anli_r3": 2
    }  # fmt: skip
    shared = {e.source_id: {k: v for k, v in e.row.items() if k != "idx"} for e in load_sample("mnli").examples}
    assert {e.source_id: e.row for e in examples if e.origin == "mnli"} == shared


def test_squad_v2_holds_the_v1_questions_and_four_without_answer() -> None:
    second = {example.source_id: example.row for example in load_sample("squad_v2").examples}
    first = {example.source_id: example.row for example in load_sample("squad_v1").examples}
    assert all(second.pop(name) == row for name, row in first.items())
    assert [row["answers"]["text"] for row in second.values()] == [[]] * 4
    assert len({row["context"] for row in (first | second).values()}) == 3


def test_the_origin_names_the_file_with_its_checksum() -> None:
    origin = load_sample("qqp").origin
    assert (origin["kind"], origin["parts"][0]["path"], origin["rows"]) == ("sample", "qqp.jsonl", 8)
    assert len(origin["parts"][0]["sha256"]) == 64


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(BadFlag, match="'qpq'"):
        load_sample("qpq")
