"""HellaSwag, CommonsenseQA and Cosmos QA as their authors wrote them, and in the Hub's columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sources.files import jsonl, kinds, load, write

ENDINGS = ["bows.", "flies away.", "melts.", "swims."]


def hellaswag(number: int, **more: Any) -> dict[str, Any]:
    return {
        "ind": number, "activity_label": "Juggling", "ctx_a": "A man throws balls.", "ctx_b": "he",
        "ctx": "A man throws balls. he", "split": "train", "split_type": "indomain", "label": 0, "endings": ENDINGS,
        "source_id": "activitynet~v_x", **more,
    }  # fmt: skip


def commonsense(name: str, **more: Any) -> dict[str, Any]:
    choices = [{"label": letter, "text": f"place {letter}"} for letter in "ABCDE"]
    question = {"question_concept": "spoon", "stem": "Where is a spoon?", "choices": choices}
    return {"id": name, "question": question, "answerKey": "B", **more}


def test_hellaswag_labels_become_strings_and_ids_tell_rows_of_one_clip_apart(tmp_path: Path) -> None:
    wiki = {"ctx_a": "Boil the water.", "ctx_b": "", "ctx": "Boil the water.", "source_id": "wikihow~7", "label": "3"}
    write(tmp_path, "h.jsonl", jsonl([hellaswag(4), hellaswag(5), hellaswag(4, **wiki)]))
    data = load(tmp_path, "hellaswag", "h.jsonl")
    assert [e.row["label"] for e in data.examples] == ["0", "0", "3"]
    assert [e.source_id for e in data.examples] == ["activitynet~v_x#4", "activitynet~v_x#5", "wikihow~7#4"]
    assert data.problems == ()


def test_hellaswag_test_rows_and_broken_rows(tmp_path: Path) -> None:
    rows = [hellaswag(1, label=""), hellaswag(2, endings=ENDINGS[:3]), hellaswag(3, label=7), hellaswag(4)]
    write(tmp_path, "h.jsonl", jsonl(rows))
    data = load(tmp_path, "hellaswag", "h.jsonl")
    assert kinds(data) == [("line 1", "missing_label"), ("line 2", "invalid"), ("line 3", "unknown_label")]


def test_commonsense_qa_is_flattened_to_the_hubs_columns(tmp_path: Path) -> None:
    write(tmp_path, "c.jsonl", jsonl([commonsense("c1")]))
    row = load(tmp_path, "commonsense_qa", {"path": "c.jsonl", "format": "commonsense_qa_jsonl"}).examples[0].row
    texts = [f"place {letter}" for letter in "ABCDE"]
    assert row == {
        "id": "c1", "question": "Where is a spoon?", "question_concept": "spoon",
        "choices": {"label": list("ABCDE"), "text": texts}, "answerKey": "B",
    }  # fmt: skip
    write(tmp_path, "hub.jsonl", jsonl([row]))
    assert load(tmp_path, "commonsense_qa", "hub.jsonl").examples[0].row == row


def test_commonsense_qa_without_answers_or_with_a_letter_too_many(tmp_path: Path) -> None:
    hidden = {key: value for key, value in commonsense("c1").items() if key != "answerKey"}
    write(tmp_path, "c.jsonl", jsonl([hidden, commonsense("c2", answerKey="F"), commonsense("c3")]))
    data = load(tmp_path, "commonsense_qa", "c.jsonl")
    assert kinds(data) == [("line 1", "missing_label"), ("line 2", "unknown_label")]


def test_cosmos_csv_with_crlf_and_line_breaks_in_cells(tmp_path: Path) -> None:
    header = "id,context,question,answer0,answer1,answer2,answer3,label\r\n"
    first = 'x##1,"I came ""home"" ,\r\ntired .",Why ?,a,b,c,None of the above choices .,1\r\n'
    write(tmp_path, "valid.csv", header + first + "x##2,Tea .,Why ?,a,b,c,d,3\r\n")
    data = load(tmp_path, "cosmos_qa", "valid.csv")
    assert [(e.source_id, e.row["label"]) for e in data.examples] == [("x##1", 1), ("x##2", 3)]
    assert data.examples[0].row["context"] == 'I came "home" ,\ntired .'


def test_cosmos_jsonl(tmp_path: Path) -> None:
    row = {
        "id": "x",
        "context": "Tea .",
        "question": "Why ?",
        **{f"answer{n}": f"a{n}" for n in range(4)},
        "label": "2",
    }
    write(tmp_path, "c.jsonl", jsonl([row]))
    assert load(tmp_path, "cosmos_qa", {"path": "c.jsonl", "format": "cosmos_qa_jsonl"}).examples[0].row["label"] == 2
