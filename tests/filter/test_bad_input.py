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
from synth.filter.checks import all_checks
from synth.filter.policy import parse_policy
from synth.filter.run import filter_corpus
from synth.outcomes import Failure, Kind
from tests.filter.make_corpus import Plan, changed, make_corpus, rows_of, write_one
from tests.filter.test_run import ALONE, NO_DETECTORS, cell, run


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


def _with(root: Path, name: str, column: pa.Array, task: str = "mnli") -> Path:
    """The corpus with another column in its Spanish part."""
    path = root / f"generated/{task}/es/part-00000.parquet"
    table = pq.read_table(path)
    _spoil(path, table.set_column(table.column_names.index(name), name, column))
    return root


def _no_utf8() -> pa.Array:
    offsets = pa.array([0, 2, 4, 6, 8], pa.int32()).buffers()[1]
    return pa.Array.from_buffers(pa.string(), 4, [None, offsets, pa.py_buffer(b"ab\xff\xfecdef")])


FIRST, SECOND = "mnli/train/q%2F0/es/translation/0", "mnli/train/q%2F1/es/translation/0"


@pytest.mark.parametrize(
    ("name", "column", "message"),
    [
        ("premise", _no_utf8(), "cannot be read as Parquet .*UTF8"),
        ("synth_teacher", _no_utf8(), "cannot be read as Parquet .*UTF8"),
        ("synth_id", pa.array([None] * 4, pa.string()), "row None, which is no synth_id"),
        ("synth_id", pa.array([1, 2, 3, 4]), "row 1, which is no synth_id"),
        ("synth_id", pa.array([FIRST, "x", "y", "z"]), "row x, which is no synth_id"),
        ("synth_id", pa.array([FIRST, SECOND, FIRST, SECOND]), f"row {FIRST}, which is there twice"),
        ("synth_source_id", pa.array([None] * 4, pa.string()), "has no synth_source_id"),
        ("synth_kind", pa.array(["paraphrase"] * 4), "or is of another kind"),
        ("synth_outcome", pa.array(["kept", "kept", "kept", None]), "whose synth_outcome is None"),
    ],
)
def test_rows_that_cannot_be_told_apart_or_read_are_named(
    tmp_path: Path, name: str, column: pa.Array, message: str
) -> None:
    root = _with(make_corpus(tmp_path, Plan(rows=4)), name, column)
    with pytest.raises(BadSource, match=rf"es/part-00000\.parquet.*{message}"):
        run(root)


def test_columns_of_other_writers_are_read(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(rows=4, faults={("mnli", "es", 1): changed(hypothesis="")}))
    path = root / "generated/mnli/es/part-00000.parquet"
    table = pq.read_table(path)
    names = ("synth_reason", "synth_detail")
    fields = [pa.field(f.name, pa.large_string() if f.type == pa.string() else f.type) for f in table.schema]
    table = table.cast(pa.schema(fields))
    for name in names:  # others leave out what is empty
        table = table.set_column(table.column_names.index(name), name, pa.array([None] * 4, pa.large_string()))
    _spoil(path, table)
    result = run(root)
    assert (cell(result, "mnli", "es").kept, cell(result, "mnli", "es").dropped) == (3, {"empty_field": 1})


def test_rows_of_any_type_pass_where_nothing_is_asked_of_them(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(rows=4, tasks=("squad_v1",)))
    _with(root, "answers", pa.array(["x"] * 4), "squad_v1")
    off = parse_policy("\n".join(f"{name}: off" for name in all_checks()), "mine")
    assert cell(filter_corpus(root, off, NO_DETECTORS, ALONE), "squad_v1", "es").kept == 4


def test_an_unknown_language_is_left_out_with_a_note(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(rows=4))
    (root / "generated/mnli/sw").rename(root / "generated/mnli/xx")
    result = run(root)
    assert "generated/mnli/xx is no language that Synth knows; it was left out" in result.warnings
    assert cell(result, "mnli", "es").kept == 4


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


def test_a_part_whose_file_is_gone_is_named(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(rows=16))
    (root / "generated/mnli/sw/part-00001.parquet").unlink()
    assert any("sw/part-00001.parquet is unfinished" in warning for warning in run(root).warnings)


def test_rows_without_their_english_source_are_judged_by_themselves(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, Plan(langs=("es",), rows=4))
    for path in (root / "generated/mnli/en").iterdir():
        path.unlink()
    result = run(root)
    assert cell(result, "mnli", "es").kept == 4
