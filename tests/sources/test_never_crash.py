"""Whatever bytes a file holds, it yields examples and problems, or one error that names it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.errors import UserError
from synth.tasks import get_task
from tests.sources.files import jsonl, load, nli, write

PAIR = {"text_a": "Who bakes?", "text_b": "Who cooks?", "label": "1"}
QUESTION = {"id": "q", "question": "What?", "answers": [{"text": "mill", "answer_start": 2}], "is_impossible": False}
SQUAD = {"data": [{"title": "T", "paragraphs": [{"context": "A mill.", "qas": [QUESTION]}]}]}
CHOICES = [{"label": letter, "text": letter} for letter in "ABCDE"]
CSQA = {"id": "c", "answerKey": "A", "question": {"stem": "Where?", "question_concept": "x", "choices": CHOICES}}
COSMOS = 'id,context,question,answer0,answer1,answer2,answer3,label\r\nx,"T ""ea""",Why ?,a,b,c,d,3\r\n'
SWAG = {
    "ind": 1, "activity_label": "a", "ctx_a": "One.", "ctx_b": "he", "ctx": "One. he", "split": "train",
    "split_type": "indomain", "label": 0, "endings": ["a", "b", "c", "d"], "source_id": "s",
}  # fmt: skip
AUTO = "ID=w.1 PARSER=GOLD NUMPARSE=1\n(<T NP 0 2> (<L NP/N DT DT the NP/N>) (<L N NN NN mill N>) ) \n"
FILES = {
    "squad": ("squad_v2", json.dumps(SQUAD)),
    "hellaswag_jsonl": ("hellaswag", jsonl([SWAG])),
    "commonsense_qa_jsonl": ("commonsense_qa", jsonl([CSQA])),
    "cosmos_qa_csv": ("cosmos_qa", COSMOS),
    "snli_tsv": ("anli_plus", "sentence1\tsentence2\tgold_label\nA.\tB.\tneutral\n"),
    "snli_jsonl": ("anli_plus", jsonl([nli(1)])),
    "qqp_wang2017": ("qqp", "1\tWho?\tWhat?\t5\n"),
    "text_pair_json": ("qqp", json.dumps({"0": PAIR})),
    "ccgbank_auto": ("ccg", AUTO),
    "packed": ("mnli", ""),
    "parquet": ("mnli", ""),
}


def content(name: str, folder: Path) -> bytes:
    if name == "packed":
        return gzip.compress(jsonl([nli(1)]).encode())
    if name == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist([{**nli(1, 0), "idx": 1}]), folder / "whole.parquet")
        return (folder / "whole.parquet").read_bytes()
    return FILES[name][1].encode()


@pytest.mark.parametrize("name", FILES)
def test_whole_files_are_read(tmp_path: Path, name: str) -> None:
    write(tmp_path, "file", content(name, tmp_path))
    entry = {"path": "file"} if name == "packed" else {"path": "file", "format": name}
    assert len(load(tmp_path, FILES[name][0], entry).examples) == 1


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_changed_files_never_end_in_another_error(tmp_path: Path, name: str, data: st.DataObject) -> None:
    task = FILES[name][0]
    whole = content(name, tmp_path)
    start = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 12))
    words = [b"null", b"[]", b"{}", b'"', b"-1", b"\t", b"\n", b"1e999", b"(<L "]
    junk = data.draw(st.binary(max_size=6) | st.sampled_from(words))
    write(tmp_path, "file", whole[:start] + junk + whole[start + length :])
    entry = {"path": "file"} if name == "packed" else {"path": "file", "format": name}
    try:
        found = load(tmp_path, task, entry)
    except UserError as error:
        assert "file" in str(error)
    else:
        assert all(not get_task(task).validate(example.row) for example in found.examples)
        json.dumps([example.row for example in found.examples], ensure_ascii=False).encode()
