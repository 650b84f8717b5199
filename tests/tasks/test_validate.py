"""What `validate` accepts and what it names, task by task, starting from the embedded sample's rows."""

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

NAMES = list(TASKS)


def row_of(task: str, index: int = 0) -> dict[str, Any]:
    return deepcopy(load_sample(task).examples[index].row)


def reasons(task: str, row: dict[str, Any]) -> set[Reason]:
    return {problem.reason for problem in TASKS[task].validate(row)}


@pytest.mark.parametrize(("task", "column"), [(n, c.name) for n in NAMES for c in TASKS[n].columns])
def test_every_column_is_required(task: str, column: str) -> None:
    row = row_of(task)
    del row[column]
    assert reasons(task, row) == {Reason.MISSING_FIELD}
    assert reasons(task, {**row, column: None}) == {Reason.MISSING_FIELD}


@pytest.mark.parametrize(("task", "column"), [(n, c.name) for n in NAMES for c in TASKS[n].columns])
@pytest.mark.parametrize("value", [3.5, True, ["a", 1], {"text": "x"}])
def test_a_value_of_another_type_is_named_and_does_not_crash(task: str, column: str, value: object) -> None:
    problems = TASKS[task].validate({**row_of(task), column: value})
    assert {problem.reason for problem in problems} == {Reason.SCHEMA}
    assert column in problems[0].detail


TEXTS = [
    (name, column.name)
    for name in NAMES
    for column in TASKS[name].columns_with(Policy.TRANSLATE, Policy.CHOICES)
    if column.feature == "string" and column.name != "ctx_b"
] + [("ccg", "id"), ("squad_v1", "id"), ("squad_v2", "id")]


@pytest.mark.parametrize(("task", "column"), TEXTS)
@given(blank=st.text(alphabet=" \n\t\u00a0\u3000", max_size=4))
def test_a_blank_text_is_rejected(task: str, column: str, blank: str) -> None:
    assert Reason.EMPTY_FIELD in reasons(task, {**row_of(task), column: blank})


@pytest.mark.parametrize(
    ("task", "column", "bad"),
    [
        ("mnli", "label", -1),
        ("mnli", "label", 3),
        ("anli_plus", "label", -1),
        ("qqp", "label", 2),
        ("cosmos_qa", "label", 4),
        ("cosmos_qa", "label", -1),
        ("hellaswag", "label", ""),
        ("hellaswag", "label", "4"),
        ("commonsense_qa", "answerKey", ""),
        ("commonsense_qa", "answerKey", "F"),
    ],
)
def test_a_label_out_of_range_is_rejected(task: str, column: str, bad: object) -> None:
    assert reasons(task, {**row_of(task), column: bad}) == {Reason.LABEL}


def test_equal_sides_are_no_fault_of_a_row() -> None:
    assert not reasons("qqp", {**row_of("qqp"), "question1": "Why?", "question2": "Why?"})


def test_extra_columns_such_as_provenance_are_ignored() -> None:
    assert not reasons("mnli", {**row_of("mnli"), "synth_id": "x"})


@pytest.mark.parametrize("task", ["squad_v1", "squad_v2"])
@given(before=st.text(), text=st.text(min_size=1).filter(str.strip), after=st.text(), shift=st.integers(-50, 50))
def test_answers_are_checked_in_code_points(task: str, before: str, text: str, after: str, shift: int) -> None:
    context = before + text + after
    start = len(before) + shift
    row = {**row_of(task), "context": context, "answers": {"text": [text], "answer_start": [start]}}
    if start >= 0 and context[start:].startswith(text):
        assert not reasons(task, row)
    else:
        assert reasons(task, row) == {Reason.SPAN_MISMATCH}


def test_a_negative_offset_is_not_read_from_the_end() -> None:
    row = {**row_of("squad_v1"), "context": "In Oslo now", "answers": {"text": ["Oslo"], "answer_start": [-8]}}
    assert reasons("squad_v1", row) == {Reason.SPAN_MISMATCH}


def test_astral_characters_count_as_one() -> None:
    row = {
        **row_of("squad_v1"),
        "context": "\U0001f600\U0001f600 Oslo",
        "answers": {"text": ["Oslo"], "answer_start": [3]},
    }
    assert not reasons("squad_v1", row)


def test_a_blank_answer_is_rejected() -> None:
    row = {**row_of("squad_v1"), "context": "In  Oslo", "answers": {"text": ["  "], "answer_start": [2]}}
    assert reasons("squad_v1", row) == {Reason.EMPTY_FIELD}


@pytest.mark.parametrize("task", ["hellaswag", "commonsense_qa"])
def test_a_blank_choice_is_rejected(task: str) -> None:
    row = row_of(task)
    texts = row["choices"]["text"] if task == "commonsense_qa" else row["endings"]
    texts[2] = "\u00a0"
    assert reasons(task, row) == {Reason.EMPTY_FIELD}


def test_answer_lists_of_unequal_length_are_rejected() -> None:
    row = {**row_of("squad_v2"), "answers": {"text": ["1987"], "answer_start": []}}
    assert reasons("squad_v2", row) == {Reason.SCHEMA}


def test_only_version_two_may_lack_an_answer() -> None:
    nothing: dict[str, list[Any]] = {"text": [], "answer_start": []}
    assert reasons("squad_v1", {**row_of("squad_v1"), "answers": nothing}) == {Reason.SPAN_LOST}
    assert not reasons("squad_v2", {**row_of("squad_v2"), "answers": nothing})


@pytest.mark.parametrize("endings", [[], ["a", "b", "c"], ["a", "b", "c", "d", "e"]])
def test_hellaswag_has_four_endings(endings: list[str]) -> None:
    assert reasons("hellaswag", {**row_of("hellaswag"), "endings": endings}) == {Reason.CHOICES_COUNT}


def test_hellaswag_context_is_its_halves() -> None:
    row = row_of("hellaswag")
    assert reasons("hellaswag", {**row, "ctx": row["ctx_a"]}) == {Reason.SCHEMA}
    assert not reasons("hellaswag", {**row, "ctx": f"{row['ctx_a']}  {row['ctx_b'].capitalize()}"})


def test_hellaswag_derives_the_context_it_accepts() -> None:
    for half in ("", "sie"):
        row = {**row_of("hellaswag"), "ctx_a": "Eine Frau kocht Tee.", "ctx_b": half, "ctx": "?"}
        row |= TASKS["hellaswag"].derive(row)
        assert row["ctx"] == f"Eine Frau kocht Tee. {half}".rstrip()
        assert not reasons("hellaswag", row)


@pytest.mark.parametrize(
    ("letters", "reason"),
    [
        (["A", "B", "C", "D"], Reason.SCHEMA),
        (["A", "A", "C", "D", "E"], Reason.SCHEMA),
        (["V", "W", "X", "Y", "Z"], Reason.LABEL),
    ],
)
def test_commonsense_letters_fit_the_choices(letters: list[str], reason: Reason) -> None:
    row = row_of("commonsense_qa")
    row["choices"]["label"] = letters
    assert reason in reasons("commonsense_qa", row)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tokens": ["Maria", "reads"]}, Reason.TOKEN_COUNT),
        ({"tokens": [], "tags": []}, Reason.EMPTY_FIELD),
        ({"tokens": ["Maria", " "], "tags": ["N", "N"]}, Reason.EMPTY_FIELD),
        ({"tokens": ["Maria", "reads"], "tags": ["NNP", "VBZ"]}, Reason.LABEL),
    ],
)
def test_ccg_rows_that_break(change: dict[str, Any], reason: Reason) -> None:
    assert reason in reasons("ccg", {**row_of("ccg"), **change})


def test_the_message_names_field_and_value() -> None:
    (problem,) = TASKS["mnli"].validate({**row_of("mnli"), "label": 7})
    assert problem.detail == "label is 7, not 0 to 2"
