"""What a generated row must share with its English source."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.outcomes import Reason
from synth.sources.sample import load_sample
from synth.tasks import TASKS
from synth.tasks.base import Policy
from synth.tasks.choices import gold_index, read_choices, write_choices

CHOICE_TASKS = ["hellaswag", "cosmos_qa", "commonsense_qa"]
FIXED = [(n, c) for n in TASKS for c in TASKS[n].columns_with(Policy.KEEP, Policy.COPY)]


def row_of(task: str, index: int = 0) -> dict[str, Any]:
    return deepcopy(load_sample(task).examples[index].row)


def reasons(task: str, source: dict[str, Any], row: dict[str, Any]) -> set[Reason]:
    return {problem.reason for problem in TASKS[task].compare(source, row)}


@pytest.mark.parametrize("task", TASKS)
def test_a_row_agrees_with_itself(task: str) -> None:
    for example in load_sample(task).examples:
        assert not TASKS[task].compare(example.row, deepcopy(example.row))


@pytest.mark.parametrize(("task", "column"), FIXED, ids=[f"{n}-{c.name}" for n, c in FIXED])
def test_kept_and_copied_columns_may_not_change(task: str, column: Any) -> None:
    source = row_of(task)
    value = source[column.name]
    changed: Any = value + 1 if isinstance(value, int) else value[:-1] if isinstance(value, list) else value + "x"
    is_label = column.name in (TASKS[task].label_column, "tags")
    assert reasons(task, source, {**source, column.name: changed}) == {Reason.LABEL if is_label else Reason.SCHEMA}


def test_a_half_that_was_there_may_not_vanish_and_an_empty_one_may_stay_empty() -> None:
    with_half, without = row_of("hellaswag", 0), row_of("hellaswag", 4)
    assert with_half["ctx_b"]
    assert not without["ctx_b"]
    assert reasons("hellaswag", with_half, {**with_half, "ctx_b": " "}) == {Reason.EMPTY_FIELD}
    assert not reasons("hellaswag", without, without)


@pytest.mark.parametrize("task", CHOICE_TASKS)
def test_choices_that_differed_may_not_become_equal(task: str) -> None:
    source = row_of(task)
    texts = list(read_choices(TASKS[task], source))
    texts[3] = f" {texts[0].upper()}\u3000"
    row = source | write_choices(TASKS[task], source, texts)
    assert reasons(task, source, row) == {Reason.CHOICES_NOT_DISTINCT}


@pytest.mark.parametrize("task", CHOICE_TASKS)
def test_choices_that_were_equal_may_stay_so(task: str) -> None:
    source = row_of(task)
    texts = list(read_choices(TASKS[task], source))
    texts[3] = texts[0]
    source |= write_choices(TASKS[task], source, texts)
    assert not reasons(task, source, deepcopy(source))


@pytest.mark.parametrize("task", ["hellaswag", "commonsense_qa"])
def test_a_choice_may_not_get_lost(task: str) -> None:
    source = row_of(task)
    row = source | write_choices(TASKS[task], source, read_choices(TASKS[task], source)[:-1])
    assert Reason.CHOICES_COUNT in reasons(task, source, row)


@given(texts=st.lists(st.text(min_size=1), min_size=5, max_size=5))
def test_any_choices_are_distinct_exactly_where_no_violation_is_reported(texts: list[str]) -> None:
    from synth.tasks.text import folded

    source = row_of("commonsense_qa")
    row = source | write_choices(TASKS["commonsense_qa"], source, texts)
    found = reasons("commonsense_qa", source, row)
    distinct = len({folded(text) for text in texts}) == len(texts)
    assert found == (set() if distinct else {Reason.CHOICES_NOT_DISTINCT})


def test_letters_may_not_be_reordered() -> None:
    source, row = row_of("commonsense_qa"), row_of("commonsense_qa")
    row["choices"]["label"] = ["B", "A", "C", "D", "E"]
    assert reasons("commonsense_qa", source, row) == {Reason.LABEL}


@pytest.mark.parametrize("task", CHOICE_TASKS)
def test_choices_are_read_back_as_written_and_the_gold_stays(task: str) -> None:
    for example in load_sample(task).examples:
        texts = [f"choice {index}" for index in range(len(read_choices(TASKS[task], example.row)))]
        row = example.row | write_choices(TASKS[task], example.row, texts)
        assert list(read_choices(TASKS[task], row)) == texts
        assert not TASKS[task].validate(row)
        assert gold_index(TASKS[task], row) == gold_index(TASKS[task], example.row)


def test_gold_of_the_first_examples() -> None:
    golds = [read_choices(TASKS[t], row_of(t, 1))[gold_index(TASKS[t], row_of(t, 1))] for t in CHOICE_TASKS]
    assert golds == ["pumps air into the flat tyre.", "The soup did not taste good.", "scissors"]


def test_lost_and_added_answers_are_told_apart() -> None:
    source = row_of("squad_v2", 0)
    two = {"text": ["The", "1987"], "answer_start": [0, 40]}
    none: dict[str, list[Any]] = {"text": [], "answer_start": []}
    assert reasons("squad_v2", source, {**source, "answers": two}) == {Reason.SPAN_MISMATCH}
    assert reasons("squad_v2", source, {**source, "answers": none}) == {Reason.SPAN_LOST}


def test_unanswerable_stays_unanswerable() -> None:
    source = next(e.row for e in load_sample("squad_v2").examples if not e.row["answers"]["text"])
    row = {**source, "answers": {"text": ["The"], "answer_start": [0]}}
    assert reasons("squad_v2", source, row) == {Reason.LABEL}


def test_glosses_keep_the_number_of_tokens() -> None:
    source = row_of("ccg")
    assert Reason.TOKEN_COUNT in reasons("ccg", source, {**source, "tokens": source["tokens"][:-1]})
    assert not reasons("ccg", source, {**source, "tokens": ["x"] * len(source["tokens"])})


@pytest.mark.parametrize(
    ("task", "first", "second"), [("mnli", "premise", "hypothesis"), ("qqp", "question1", "question2")]
)
def test_merged_sides_are_reported(task: str, first: str, second: str) -> None:
    source = row_of(task)
    row = {**source, first: f"{source[first]} {source[second]}"}
    assert reasons(task, source, row) == {Reason.SIDES_MERGED}
