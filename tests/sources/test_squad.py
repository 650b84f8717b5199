"""SQuAD's own JSON, both versions, with what is wrong in real copies of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadSource
from tests.sources.files import jsonl, kinds, load, write

CONTEXT = "The mill by the river was built in 1790 by Ada Stone."


def question(name: str, text: str = "1790", start: int | None = None, **more: Any) -> dict[str, Any]:
    answer = {"text": text, "answer_start": CONTEXT.find(text) if start is None else start}
    return {"id": name, "question": f"Question {name}?", "answers": [answer], **more}


def squad(*questions: Any, context: Any = CONTEXT) -> str:
    return json.dumps(
        {"version": "x", "data": [{"title": "Mill", "paragraphs": [{"context": context, "qas": questions}]}]}
    )


def test_version_1(tmp_path: Path) -> None:
    write(tmp_path, "train.json", squad(question("q1"), question("q2", "Ada Stone")))
    data = load(tmp_path, "squad_v1", "train.json")
    assert [e.source_id for e in data.examples] == ["q1", "q2"]
    assert data.examples[1].row == {
        "id": "q2", "title": "Mill", "context": CONTEXT, "question": "Question q2?",
        "answers": {"text": ["Ada Stone"], "answer_start": [43]},
    }  # fmt: skip


def test_impossible_questions_have_no_answer_and_plausible_ones_are_not_read(tmp_path: Path) -> None:
    impossible = question("q1", is_impossible=True, plausible_answers=[{"text": "1790", "answer_start": 35}])
    write(tmp_path, "train.json", squad({**impossible, "answers": []}, question("q2", is_impossible=False)))
    data = load(tmp_path, "squad_v2", {"path": "train.json", "format": "squad"})
    assert [e.row["answers"]["text"] for e in data.examples] == [[], ["1790"]]
    assert data.problems == ()


def test_version_2_read_as_version_1_leaves_out_what_has_no_answer(tmp_path: Path) -> None:
    write(tmp_path, "train.json", squad({**question("q1", is_impossible=True), "answers": []}, question("q2")))
    data = load(tmp_path, "squad_v1", "train.json")
    assert [e.source_id for e in data.examples] == ["q2"]
    assert kinds(data) == [("data[0].paragraphs[0].qas[0]", "missing_label")]


def test_wrong_offsets_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    write(tmp_path, "train.json", squad(question("q1", start=34), question("q2"), question("q3", start=-1)))
    data = load(tmp_path, "squad_v1", "train.json")
    assert [e.source_id for e in data.examples] == ["q2"]
    assert [p.what for p in data.problems] == ["wrong_offset", "wrong_offset"]
    assert data.problems[0].row == "data[0].paragraphs[0].qas[0]"
    assert "q1" in data.problems[0].detail


def test_unlabelled_and_unshaped_questions(tmp_path: Path) -> None:
    no_answers = {"id": "q1", "question": "Why?"}
    bad_start = {**question("q2"), "answers": [{"text": "1790", "answer_start": "35"}]}
    write(tmp_path, "train.json", squad(no_answers, bad_start, "q3", question("q4")))
    data = load(tmp_path, "squad_v2", "train.json")
    assert [p.what for p in data.problems] == ["missing_label", "invalid", "bad_row"]


def test_duplicates_by_id(tmp_path: Path) -> None:
    write(tmp_path, "train.json", squad(question("q1"), question("q1"), question("q1", "Ada Stone")))
    data = load(tmp_path, "squad_v1", "train.json")
    assert [e.row["answers"]["text"] for e in data.examples] == [["1790"]]
    assert [p.what for p in data.problems] == ["duplicate_row", "duplicate_id"]
    assert data.origin["problems"] == {"duplicate_id": 1, "duplicate_row": 1}


def test_damaged_articles_do_not_stop_the_others(tmp_path: Path) -> None:
    good = json.loads(squad(question("q1")))["data"][0]
    write(tmp_path, "train.json", json.dumps({"data": [7, {"paragraphs": [{"qas": None}]}, good]}))
    data = load(tmp_path, "squad_v1", "train.json")
    assert kinds(data) == [("data[0]", "bad_row"), ("data[1].paragraphs[0]", "bad_row")]
    assert len(data.examples) == 1


def test_half_a_surrogate_pair_is_bad_encoding(tmp_path: Path) -> None:
    row = {
        "id": "q1",
        "title": "",
        "context": "A \ud83d mill.",
        "question": "?",
        "answers": {"text": [], "answer_start": []},
    }
    fine = {**row, "id": "q2", "context": "A 😀 mill."}
    write(tmp_path, "a.jsonl", "\n".join(json.dumps(one) for one in (row, fine)))
    data = load(tmp_path, "squad_v2", "a.jsonl")
    assert [e.source_id for e in data.examples] == ["q2"]
    assert kinds(data) == [("line 1", "bad_encoding")]


def test_hub_columns_as_json_lines_called_json(tmp_path: Path) -> None:
    row = {
        "id": "q1",
        "title": "T",
        "context": CONTEXT,
        "question": "?",
        "answers": {"text": ["1790"], "answer_start": [35]},
    }
    write(tmp_path, "train.json", jsonl([row, {**row, "id": "q2"}]))
    assert [e.source_id for e in load(tmp_path, "squad_v1", "train.json").examples] == ["q1", "q2"]


def test_a_file_that_is_not_squad_at_all(tmp_path: Path) -> None:
    write(tmp_path, "train.json", '{"data": {}}')
    with pytest.raises(BadSource, match=r"no usable example for squad_v1 train: bad_json 1.*train\.json"):
        load(tmp_path, "squad_v1", "train.json")


@pytest.mark.parametrize(("given", "kept"), [(7, "7"), ("q7", "q7")])
def test_an_id_may_be_a_number(tmp_path: Path, given: object, kept: str) -> None:
    write(tmp_path, "a.json", squad({**question("q"), "id": given}))
    example = load(tmp_path, "squad_v1", "a.json").examples[0]
    assert (example.source_id, example.row["id"]) == (kept, kept)


def test_an_id_that_is_no_id_is_made_of_the_content(tmp_path: Path) -> None:
    write(tmp_path, "a.json", squad({**question("q"), "id": ["x"]}))
    (example,) = load(tmp_path, "squad_v1", "a.json").examples
    assert len(example.source_id) == 16 and example.row["id"] == example.source_id
