"""NLI and question pairs in every form in which their releases come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sources.files import jsonl, kinds, load, nli, write

GLUE_HEADER = "index\tpromptID\tpairID\tgenre\tsentence1\tsentence2\tlabel1\tgold_label\n"


def rows(data: Any) -> list[tuple[str, str, int]]:
    return [(e.row["premise"], e.row["hypothesis"], e.row["label"]) for e in data.examples]


@pytest.mark.parametrize(
    ("label", "number"),
    [("entailment", 0), ("n", 1), ("Contradiction", 2), (2, 2), ("0", 0), (1.0, 1)],
)
def test_labels_are_read_however_they_are_written(tmp_path: Path, label: object, number: int) -> None:
    write(tmp_path, "a.jsonl", jsonl([nli(1, label)]))
    assert load(tmp_path, "mnli", "a.jsonl").examples[0].row["label"] == number


@pytest.mark.parametrize("label", ["-", -1, "-1", "", None])
def test_rows_without_gold_label_are_counted_and_left_out(tmp_path: Path, label: object) -> None:
    write(tmp_path, "a.jsonl", jsonl([nli(1, label), nli(2)]))
    data = load(tmp_path, "mnli", "a.jsonl")
    assert len(data.examples) == 1
    assert kinds(data) == [("line 1", "missing_label")]


@pytest.mark.parametrize("label", ["maybe", 3])
def test_a_label_that_the_task_does_not_have_is_named(tmp_path: Path, label: object) -> None:
    write(tmp_path, "a.jsonl", jsonl([nli(1), nli(2, label)]))
    data = load(tmp_path, "mnli", "a.jsonl")
    assert kinds(data) == [("line 2", "unknown_label")]


@pytest.mark.parametrize(("idx", "kept"), [("7", 7), (7, 7), (None, -1), (2**31, -1), ("", -1)])
def test_an_index_fits_the_column_or_is_minus_one(tmp_path: Path, idx: object, kept: int) -> None:
    write(tmp_path, "a.jsonl", jsonl([nli(1, idx=idx)]))
    data = load(tmp_path, "mnli", "a.jsonl")
    assert [example.row["idx"] for example in data.examples] == [kept]


def test_glue_tsv_keeps_quotes_and_takes_pair_id_and_index(tmp_path: Path) -> None:
    line = '7\t31\t31n\tfiction\t"Stop, he said.\tHe "whispered".\tneutral\tneutral\n'
    write(tmp_path, "train.tsv", GLUE_HEADER + line)
    example = load(tmp_path, "mnli", {"path": "train.tsv", "format": "mnli_tsv"}).examples[0]
    assert example.source_id == "31n"
    assert example.row == {"premise": '"Stop, he said.', "hypothesis": 'He "whispered".', "label": 1, "idx": 7}


def test_the_last_of_too_many_label_fields_is_the_gold_label(tmp_path: Path) -> None:
    line = "7\t31\t31c\tfiction\tA boat sails.\tIt is a car.\tneutral\tneutral\tcontradiction\tcontradiction\n"
    write(tmp_path, "train.tsv", GLUE_HEADER + line)
    assert load(tmp_path, "mnli", "train.tsv").examples[0].row["label"] == 2


def test_too_many_fields_elsewhere_are_a_bad_row(tmp_path: Path) -> None:
    table = "sentence1\tsentence2\tlabel\nA cat naps.\tIt sleeps.\t0\nA\tcat\tnaps.\t0\nA hen.\tA bird.\t0\n"
    write(tmp_path, "train.tsv", table)
    data = load(tmp_path, "mnli", "train.tsv")
    assert len(data.examples) == 2
    assert kinds(data) == [("line 3", "bad_row")]
    assert data.problems[0].file == "train.tsv"


def test_snli_jsonl_as_its_authors_wrote_it(tmp_path: Path) -> None:
    row = {
        "annotator_labels": ["neutral"], "captionID": "9.jpg#0", "gold_label": "neutral", "pairID": "9.jpg#0r1n",
        "sentence1": "A girl paints.", "sentence2": "She paints a horse.", "sentence1_parse": "(ROOT ...)",
    }  # fmt: skip
    write(tmp_path, "snli.jsonl", jsonl([row, {**row, "pairID": "9.jpg#0r1e", "gold_label": "-"}]))
    data = load(tmp_path, "anli_plus", {"path": "snli.jsonl", "format": "snli_jsonl"})
    assert rows(data) == [("A girl paints.", "She paints a horse.", 1)]
    assert (data.examples[0].source_id, data.examples[0].origin) == ("snli:9.jpg#0r1n", "snli")
    assert kinds(data) == [("line 2", "missing_label")]


def test_anli_csv_by_name_not_by_position(tmp_path: Path) -> None:
    one = 'context,statement,gold_label,uid\n"A ""rare"" bird, seen\nat noon.",A bird was seen.,e,u-1\n'
    two = "uid,gold_label,context,statement\nu-2,c,A long road.,The road is short.\n"
    write(tmp_path, "ANLI_R1_dev.csv", one)
    write(tmp_path, "R3/dev.csv", two)
    paths = [{"path": name, "format": "anli_csv"} for name in ("ANLI_R1_dev.csv", "R3/dev.csv")]
    data = load(tmp_path, "anli_plus", *paths)
    assert rows(data) == [
        ('A "rare" bird, seen\nat noon.', "A bird was seen.", 0),
        ("A long road.", "The road is short.", 2),
    ]
    assert [(e.source_id, e.origin) for e in data.examples] == [("anli:u-1", "anli_r1"), ("anli:u-2", "anli_r3")]


def test_anli_jsonl(tmp_path: Path) -> None:
    row = {"uid": "u-3", "context": "A tall tower.", "hypothesis": "It is tall.", "label": "e", "model_label": "n"}
    write(tmp_path, "train.jsonl", jsonl([row]))
    data = load(tmp_path, "anli_plus", {"path": "train.jsonl", "format": "anli_jsonl", "origin": "anli_r2"})
    assert rows(data) == [("A tall tower.", "It is tall.", 0)]
    assert data.examples[0].source_id == "anli:u-3"


def test_object_of_text_pairs_is_not_named_by_position(tmp_path: Path) -> None:
    pair = {"text_a": "Who bakes bread?", "text_b": "Who makes bread?", "label": "1"}
    other = {"text_a": "Where is Oslo?", "text_b": "What is Oslo?", "label": "0"}
    write(tmp_path, "a.json", json.dumps({"0": pair, "1": other, "2": pair, "3": "?"}))
    write(tmp_path, "b.json", json.dumps({"0": other}))
    data = load(tmp_path, "qqp", "a.json", "b.json")
    assert [e.row["label"] for e in data.examples] == [1, 0]
    assert kinds(data) == [('["2"]', "duplicate_row"), ('["3"]', "bad_row"), ('["0"]', "duplicate_row")]
    assert all(len(e.source_id) == 16 for e in data.examples)
    assert data.examples[0].row["idx"] == -1


def test_qqp_with_header(tmp_path: Path) -> None:
    header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n"
    broken = "12\t5\t6\tWhy is tea\n"  # a line break inside a question, as in GLUE's release
    good = ("11\t1\t2\tIs tea hot?\tIs hot tea hot?\t1\n", "13\t7\t8\tWho?\tWhat?\t0\n")
    write(tmp_path, "train.tsv", header + good[0] + broken + good[1])
    data = load(tmp_path, "qqp", "train.tsv")
    assert [(e.source_id, e.row["label"]) for e in data.examples] == [("11", 1), ("13", 0)]
    assert kinds(data) == [("line 3", "missing_field")]


def test_quora_release_with_quoted_cells(tmp_path: Path) -> None:
    table = 'id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t1\t2\t"What is\n""up""?"\tHow are you?\t0\n'
    write(tmp_path, "quora.tsv", table)
    data = load(tmp_path, "qqp", {"path": "quora.tsv", "quoted": True})
    assert data.examples[0].row["question1"] == 'What is\n"up"?'


def test_wang2017_without_header(tmp_path: Path) -> None:
    write(tmp_path, "dev.tsv", b"1\tIs it late?\tIs it late now?\t18\n0\tCan\x80 fish fly?\tCan birds swim?\t19\n")
    data = load(tmp_path, "qqp", "dev.tsv")
    assert [(e.source_id, e.row["question1"], e.row["label"]) for e in data.examples] == [("18", "Is it late?", 1)]
    assert kinds(data) == [("line 2", "bad_encoding")]
    assert data.origin["parts"][0]["format"] == "qqp_wang2017"


def test_blank_sides_break_the_task(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", jsonl([nli(1), nli(2, premise=" "), nli(3, hypothesis=4), {"premise": "x", "label": 0}]))
    data = load(tmp_path, "mnli", "a.jsonl")
    assert kinds(data) == [("line 2", "invalid"), ("line 3", "invalid"), ("line 4", "missing_field")]
    assert "premise" in data.problems[0].detail
