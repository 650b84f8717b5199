"""Corpora that are broken: the message names what is wrong, and nothing already made is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.corpus.files import sha256_file
from synth.corpus.layout import Part
from synth.errors import BadFolder, BadSource, DiskError
from synth.outcomes import Failure, Kind
from tests.filter.make_corpus import Plan, make_corpus, rows_of, write_one
from tests.filter.test_run import cell, run


def test_no_corpus_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match="no corpus folder"):
        run(tmp_path / "missing")
    with pytest.raises(BadFolder, match="no finished part"):
        run(tmp_path)


def _spoil(path: Path, table: pa.Table | None = None) -> None:
    """Replace a part and make its marker agree, as a copied foreign file would not."""
    if table is None:
        path.write_bytes(path.read_bytes()[:200])
    else:
        pq.write_table(table, path)
    marker_file = path.with_suffix("").with_suffix(".done.json")
    marker = json.loads(marker_file.read_text())
    marker_file.write_text(json.dumps({**marker, "sha256": sha256_file(path), "bytes": path.stat().st_size}))


def test_a_corrupt_part_is_named_and_finished_parts_stay(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(rows=16))
    _spoil(root / "generated/mnli/sw/part-00001.parquet")
    with pytest.raises(BadSource, match=r"sw/part-00001\.parquet cannot be read as Parquet"):
        run(root)
    done = len(list((root / "scored").glob("*/*/*.done.json")))
    assert done >= 4
    make_corpus(tmp_path, Plan(rows=16))
    assert run(root).scored == 6 - done


def test_missing_columns_are_named(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan())
    path = root / "generated/mnli/es/part-00000.parquet"
    _spoil(path, pq.read_table(path).drop_columns(["hypothesis", "synth_outcome"]))
    with pytest.raises(BadSource, match=r"es/part-00000.parquet has no column hypothesis, synth_outcome"):
        run(root)


def test_rows_of_another_language_are_refused(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan())
    write_one(root, Part("mnli", "sw", Kind.TRANSLATION, 0), list(rows_of(root, "generated", "mnli", "es")))
    with pytest.raises(BadSource, match="belongs to another task or language"):
        run(root)


def test_an_unknown_task_is_left_out_with_a_note(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan())
    (root / "generated/mnli").rename(root / "generated/mnly")
    with pytest.raises(BadFolder, match="no task that Synth knows"):
        run(root)
    make_corpus(tmp_path, Plan())
    assert any("mnly" in warning for warning in run(root).warnings)


def test_a_language_without_rows_is_named(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(rows=2, failures={("mnli", "sw", n): Failure.REFUSED for n in range(2)}))
    write_one(root, Part("mnli", "th", Kind.TRANSLATION, 0), [])
    result = run(root)
    assert [w for w in result.warnings if "no usable row" in w] == ["mnli (translation) has no usable row in sw, th"]
    assert cell(result, "mnli", "th").generated == 0
    assert cell(result, "mnli", "sw").generated == 2


def test_rows_that_share_a_source_id_are_named(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan())
    path = root / "generated/mnli/es/part-00000.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("synth_source_id")
    same = table.set_column(place, "synth_source_id", pa.array(["q"] * len(table)))
    _spoil(path, same.replace_schema_metadata(table.schema.metadata))
    with pytest.raises(BadSource, match=r"es/part-00000\.parquet holds a row whose source id"):
        run(root)


def test_a_corrupt_score_is_named_with_the_command_that_makes_it_again(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan())
    run(root)
    path = root / "scored/mnli/es/part-00000.parquet"
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(BadSource, match=r"scored/mnli/es/.* then run `synth filter` again"):
        run(root, "strict")


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan())
    (root / "kept").write_text("mine", "utf-8")
    with pytest.raises(DiskError, match="Everything made so far is kept"):
        run(root)


def test_an_unfinished_part_is_left_out_and_named(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(rows=16))
    (root / "generated/mnli/sw/part-00001.done.json").write_text('{"version": 1, "finge')
    result = run(root)
    assert any("sw/part-00001.parquet is unfinished" in warning for warning in result.warnings)
    assert cell(result, "mnli", "sw").generated == 8


def test_rows_without_their_english_source_are_judged_by_themselves(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(langs=("es",), rows=4))
    for path in (root / "generated/mnli/en").iterdir():
        path.unlink()
    result = run(root)
    assert cell(result, "mnli", "es").kept == 4
