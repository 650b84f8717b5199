"""Parts and markers: a part is there when its marker and its bytes agree; only what is damaged is made again."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from synth.corpus.files import fingerprint, write_text
from synth.corpus.layout import Layout, Part
from synth.corpus.markers import read_marker
from synth.corpus.rows import PROVENANCE, read_rows
from synth.errors import DiskError
from synth.generate.chunk_run import is_done, run_chunk
from synth.generate.chunks import Chunk, make_chunks
from synth.generate.local import complete, run_open
from synth.outcomes import Kind
from synth.tasks import get_task
from tests.generate.fakes import Teacher, chunk_of, examples, make, tools


def _two_chunks() -> tuple[Chunk, Chunk]:
    first, second = make_chunks(examples("mnli", "qqp", count=4), ["es"], (Kind.TRANSLATION,), "me")
    return first, second


def _run_pending(root: Path, teacher: Teacher) -> list[str]:
    told = tools(root)
    pending = [chunk for chunk in _two_chunks() if not is_done(chunk, told.layout)]
    complete(run_open(iter(pending), told, teacher.send, 64))
    return [chunk.family for chunk in pending]


def test_done_twice_asks_and_writes_nothing_new(tmp_path: Path) -> None:
    assert _run_pending(tmp_path, Teacher()) == ["nli", "qqp"]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    teacher = Teacher()
    assert _run_pending(tmp_path, teacher) == [] and not teacher.calls
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _unmark(path: Path) -> None:
    path.with_name("part-00000.done.json").unlink()


def _half_marker(path: Path) -> None:
    marker = path.with_name("part-00000.done.json")
    marker.write_text(marker.read_text()[:40])


def _strange_marker(path: Path) -> None:
    path.with_name("part-00000.done.json").write_text(json.dumps({"version": 1, "rows": 3}))


@pytest.mark.parametrize("damage", [_cut, _flip, _unmark, _half_marker, _strange_marker, Path.unlink])
def test_only_the_damaged_chunk_is_made_again_and_no_answer_is_paid_for_twice(tmp_path: Path, damage: object) -> None:
    _run_pending(tmp_path, Teacher())
    part, other = (Layout(tmp_path).part(Part(task, "es", Kind.TRANSLATION, 0)) for task in ("mnli", "qqp"))
    rows, mtime = read_rows(part), other.stat().st_mtime_ns
    damage(part)  # type: ignore[operator]
    teacher = Teacher()
    assert _run_pending(tmp_path, teacher) == ["nli"]
    # Costs stand with the row that first needed an answer; here no answer was new.
    free = {"synth_prompt_tokens": 0, "synth_completion_tokens": 0}
    assert [row | free for row in read_rows(part)] == [row | free for row in rows]
    assert not teacher.calls and other.stat().st_mtime_ns == mtime


def test_damaged_answers_of_a_whole_part_change_nothing(tmp_path: Path) -> None:
    _run_pending(tmp_path, Teacher())
    _cut(tmp_path / "answers/nli/es/part-00000.parquet")
    assert _run_pending(tmp_path, Teacher()) == []


def test_a_part_made_from_something_else_does_not_count(tmp_path: Path) -> None:
    told = tools(tmp_path)
    found = examples("qqp", count=3)
    make(chunk_of(found), told, Teacher())
    assert is_done(chunk_of(found), told.layout)
    assert not is_done(chunk_of(examples("qqp", count=2)), told.layout)


def test_a_stop_in_the_middle_keeps_what_was_answered(tmp_path: Path) -> None:
    chunk, told = chunk_of(examples("qqp", count=8)), tools(tmp_path)

    class Stops(Teacher):
        async def send(self, call):  # type: ignore[no-untyped-def]
            if len(self.calls) == 5:
                await asyncio.sleep(0.5)  # the others are answered meanwhile
                raise DiskError("stop here; go on")
            return await super().send(call)

    stopped = Stops()
    with pytest.raises(DiskError, match="stop here"):
        complete(run_open(iter([chunk]), told, stopped.send, 64))
    assert not is_done(chunk, told.layout)
    rest = Teacher()
    rows = make(chunk, told, rest)
    assert len(stopped.calls) + len(rest.calls) == len(rows) == 8
    assert not list(tmp_path.rglob("*.journal.jsonl"))


def test_the_marker_says_what_is_in_the_part(tmp_path: Path) -> None:
    chunk, told = chunk_of(examples("squad_v1", "squad_v2")), tools(tmp_path)
    make(chunk, told, Teacher())
    markers = [read_marker(told.layout.part(part)) for part in chunk.parts]
    assert [marker and (marker.task, marker.rows, marker.outcomes) for marker in markers] == [
        ("squad_v1", 8, {"kept": 8}),
        ("squad_v2", 12, {"kept": 12}),
    ]
    assert markers[0] and markers[1]
    assert markers[0].rungs == {"markers": 8} and markers[1].requests == 0 and markers[0].requests > 0
    tokens = sum(marker.completion_tokens for marker in markers if marker)
    assert tokens == 5 * markers[0].requests


def test_columns_are_the_hubs_then_provenance_and_load_with_datasets(tmp_path: Path) -> None:
    from datasets import ClassLabel, load_dataset

    told = tools(tmp_path)
    for task in ("mnli", "squad_v2", "commonsense_qa", "hellaswag", "ccg"):
        chunk = chunk_of(examples(task, count=2))
        made = make(chunk, told, Teacher())
        path = str(told.layout.part(chunk.owner))
        found = load_dataset("parquet", data_files=path, split="train", cache_dir=str(tmp_path / "cache"))
        assert found.column_names == [*get_task(task).column_names, *PROVENANCE]
        assert found.to_list() == made
        assert isinstance(found.features.get("label"), ClassLabel) == bool(task == "mnli")


def test_ids_are_unique_and_say_what_the_row_is(tmp_path: Path) -> None:
    chunk = chunk_of(examples("qqp", count=2), kinds=(Kind.TRANSLATION, Kind.PARAPHRASE))
    rows = make(chunk, tools(tmp_path), Teacher())
    assert [row["synth_id"] for row in rows][::2] == [
        "qqp/train/sample-qqp-1/es/translation/0",
        "qqp/train/sample-qqp-1/es/paraphrase/0",
    ]
    assert len({row["synth_id"] for row in rows}) == 4


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DiskError, match=r"file/sub.* run the same command again"):
        write_text(tmp_path / "file" / "sub" / "x.txt", "y")


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_text(tmp_path / "x", "old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match="No space left"):
        write_text(tmp_path / "x", "new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"x": "old"}


def test_fingerprints_do_not_depend_on_the_order_of_keys() -> None:
    assert (
        fingerprint({"a": 1, "b": [2, 3]}) == fingerprint({"b": [2, 3], "a": 1}) != fingerprint({"a": 1, "b": [3, 2]})
    )


def test_chunks_of_a_run_write_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    def data(root: Path, backwards: bool) -> dict[str, bytes]:
        chunks = list(_two_chunks())
        told = tools(root)
        for chunk in reversed(chunks) if backwards else chunks:
            asyncio.run(run_chunk(chunk, told, Teacher().send))
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.parquet")}

    assert data(tmp_path / "a", False) == data(tmp_path / "b", True)
