"""Files as they really are: packed, marked, cut, broken in places, or not there."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from synth.errors import BadFlag, BadSource
from tests.sources.files import jsonl, kinds, load, nli, write

ROWS = [nli(number, pairID=str(number)) for number in range(1, 4)]
IDS = ["1", "2", "3"]


def ids(data: object) -> list[str]:
    return [example.source_id for example in data.examples]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json", "a.data"])
def test_format_and_packing_are_found_out(tmp_path: Path, name: str) -> None:
    content = jsonl(ROWS).encode()
    write(tmp_path, name, gzip.compress(content) if name.endswith("gz") else content)
    assert ids(load(tmp_path, "mnli", name)) == IDS


@pytest.mark.parametrize("name", ["a.tsv", "a.txt"])
def test_byte_order_mark_and_crlf_are_no_text(tmp_path: Path, name: str) -> None:
    table = "\ufeffpremise\thypothesis\tlabel\r\nA dog barks.\tA dog makes noise.\tentailment\r\n"
    write(tmp_path, name, table)
    row = load(tmp_path, "mnli", name).examples[0].row
    assert (row["premise"], row["label"]) == ("A dog barks.", 0)


def test_unusual_line_separators_inside_a_sentence_do_not_end_a_line(tmp_path: Path) -> None:
    write(tmp_path, "a.tsv", "premise\thypothesis\tlabel\nA\u2028dog\x85 \x0cbarks.\tIt\u2029 does.\t0\n")
    assert load(tmp_path, "mnli", "a.tsv").examples[0].row["premise"] == "A\u2028dog\x85 \x0cbarks."


def test_lines_that_are_not_utf8_are_skipped_one_by_one(tmp_path: Path) -> None:
    lines = [line.encode() for line in jsonl([*ROWS, nli(4, premise="Café", pairID="4")]).splitlines(keepends=True)]
    lines[1] = lines[1].replace(b"Baker", b"B\xe4cker")
    write(tmp_path, "a.jsonl", b"".join(lines))
    data = load(tmp_path, "mnli", "a.jsonl")
    assert ids(data) == ["1", "3", "4"]
    assert kinds(data) == [("line 2", "bad_encoding")]
    assert "2: premise" in data.problems[0].detail
    assert data.examples[2].row["premise"] == "Café"


def test_another_encoding_can_be_given(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", jsonl([nli(1, premise="Bäcker")]).encode("latin-1"))
    assert load(tmp_path, "mnli", {"path": "a.jsonl", "encoding": "latin-1"}).examples[0].row["premise"] == "Bäcker"
    write(tmp_path, "b.jsonl", jsonl([nli(1, premise="Bäcker")]).encode("utf-16"))
    with pytest.raises(BadSource, match=r"b\.jsonl starts with a UTF-16.*encoding: utf-16"):
        load(tmp_path, "mnli", "b.jsonl")
    data = load(tmp_path, "mnli", {"path": "b.jsonl", "encoding": "utf-16"})
    assert data.examples[0].row["premise"] == "Bäcker"


def test_lines_that_are_not_json_are_named(tmp_path: Path) -> None:
    deep = "[" * 100_000
    write(tmp_path, "a.jsonl", f'{jsonl(ROWS[:1])}{{"premise": \n\n[1]\n{deep}\n{jsonl(ROWS[1:])}')
    data = load(tmp_path, "mnli", "a.jsonl")
    assert ids(data) == IDS
    assert kinds(data) == [("line 2", "bad_json"), ("line 4", "bad_row"), ("line 5", "bad_json")]


def test_a_cut_archive_gives_what_it_holds_and_is_named(tmp_path: Path) -> None:
    rows = [nli(number, pairID=os.urandom(40).hex()) for number in range(2000)]
    packed = gzip.compress(jsonl(rows).encode())
    write(tmp_path, "a.jsonl.gz", packed[: len(packed) // 2])
    data = load(tmp_path, "mnli", "a.jsonl.gz")
    assert 100 < len(data.examples) < 2000
    assert data.problems[-1].what == "damaged_file"


def test_a_stray_quote_costs_one_row_of_a_csv(tmp_path: Path) -> None:
    rows = "".join(f"p{number},h,0,{number}\n" for number in range(500))
    write(
        tmp_path, "a.csv", f'premise,hypothesis,label,uid\n"a ""fine"" one,\nover two lines",h,0,x\n"open,h,0,y\n{rows}'
    )
    data = load(tmp_path, "anli_plus", {"path": "a.csv", "format": "anli_csv"})
    assert len(data.examples) == 501
    assert kinds(data) == [("line 4", "bad_row")]


def test_bad_files_do_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, "d/1.jsonl", "")
    write(tmp_path, "d/2.parquet", b"PAR1 nothing")
    write(tmp_path, "d/3.jsonl", jsonl(ROWS))
    data = load(tmp_path, "mnli", "d/*")
    assert ids(data) == IDS
    assert [(p.file, p.what) for p in data.problems] == [("d/1.jsonl", "damaged_file"), ("d/2.parquet", "damaged_file")]


def test_only_empty_files_are_an_error_that_names_them(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", "")
    with pytest.raises(BadSource, match=r"a\.jsonl, whole file: the file is empty"):
        load(tmp_path, "mnli", "a.jsonl")


def test_a_header_without_rows(tmp_path: Path) -> None:
    write(tmp_path, "a.tsv", "premise\thypothesis\tlabel\n")
    with pytest.raises(BadSource, match=r"no rows for mnli train: a\.tsv"):
        load(tmp_path, "mnli", "a.tsv")


def test_a_missing_file_is_named_with_its_key_and_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path, "data/train.jsonl", jsonl(ROWS))
    with pytest.raises(
        BadSource, match=r"tasks\.mnli\.train\[1\]\.path: there is no file data/trian\.jsonl.*'train\.jsonl'"
    ):
        load(tmp_path, "mnli", "data/train.jsonl", "data/trian.jsonl")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "auto").mkdir()
    with pytest.raises(BadSource, match="is a folder"):
        load(tmp_path, "ccg", "auto")


def test_another_tasks_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.auto", "ID=w.1\n")
    with pytest.raises(BadFlag, match="ccgbank_auto does not hold mnli"):
        load(tmp_path, "mnli", "a.auto")


def test_a_binary_file_cannot_be_guessed(tmp_path: Path) -> None:
    write(tmp_path, "a.bin", b"\x00\x01\x02")
    with pytest.raises(BadSource, match=r"format of a\.bin cannot be guessed; add `format:`"):
        load(tmp_path, "mnli", "a.bin")


def test_parquet_with_hub_columns(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"premise": f"P {n}.", "hypothesis": "H.", "label": n % 3, "idx": n} for n in range(10)]
    pq.write_table(pa.Table.from_pylist([*rows, {**rows[0], "idx": 10, "label": -1}]), tmp_path / "a.parquet")
    data = load(tmp_path, "mnli", "a.parquet")
    assert [e.row for e in data.examples] == rows
    assert ids(data) == [str(number) for number in range(10)]
    assert kinds(data) == [("row 10", "missing_label")]


def test_parquet_with_broken_text(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    raw = pa.array([b"good", b"b\xffd", b"fine"], pa.binary()).view(pa.string())
    columns = {"premise": raw, "hypothesis": ["H."] * 3, "label": [0, 1, 2], "idx": [0, 1, 2]}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    data = load(tmp_path, "mnli", "a.parquet")
    assert ids(data) == ["0", "2"]
    assert kinds(data) == [("row 1", "bad_encoding")]


def test_what_is_recorded_of_the_files(tmp_path: Path) -> None:
    write(tmp_path, "d/a.jsonl", jsonl([*ROWS, nli(4, "-")]))
    elsewhere = write(tmp_path.parent, f"{tmp_path.name}-b.jsonl", jsonl([nli(5)]))
    origin = load(tmp_path, "mnli", "d/a.jsonl", str(elsewhere)).origin
    first, second = origin["parts"]
    assert (origin["kind"], origin["rows"], origin["examples"], origin["problems"]) == (
        "files",
        5,
        4,
        {"missing_label": 1},
    )
    assert (first["path"], first["rows"], first["examples"]) == ("d/a.jsonl", 4, 3)
    assert len(first["sha256"]) == 64
    assert second["path"] == elsewhere.name, "a manifest does not tell where its author keeps files"
